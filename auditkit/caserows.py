"""CaseRows: what a case says of its rows, each read once from the store: predictions, truth, groups, units, weights."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Generic, TypeVar, cast

import numpy as np
import numpy.typing as npt

from auditkit.batches import take_inputs
from auditkit.case_items import RowsOfUsers
from auditkit.case_settings import CaseSettings
from auditkit.columns import in_order_of_classes, sealed, split_columns, stored_columns
from auditkit.compute import Broker
from auditkit.data.gathering import taken_in_blocks
from auditkit.data.long_tables import LongInputs
from auditkit.dataset import Codes, SplitName
from auditkit.errors import NotApplicable
from auditkit.evidence import EvidenceStore
from auditkit.looking import Looked
from auditkit.predictions import ClassScores, LabelScores, Predictions

P_co = TypeVar("P_co", bound=Predictions, covariant=True)

CLASSES_IN_TURN = 50
"""Without a named positive class every class is taken in turn; beyond this many, the most frequent ones."""


@dataclass(frozen=True)
class CaseRows(RowsOfUsers, Generic[P_co]):
    """The rows of one split, or some of them, with what the model said of them and what is true."""

    settings: CaseSettings
    store: EvidenceStore
    keys: Mapping[SplitName, tuple[str, str]]
    """Split -> the keys of its rows and of its predictions in the store."""
    broker: Broker = field(repr=False)
    split: SplitName = "audit"
    identity: str = ""
    """The check that it was given to, with its options; part of every random seed."""
    rows: slice | npt.NDArray[np.int64] | None = None
    """Which rows of the split; None is all of them."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """{} is the split as it is; anything else names what was done to the inputs."""
    is_control: bool = False
    """Whether its answer is known: a check need not yield controls of its own beside it."""
    _kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _whole: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What was read of the whole split, shared with every narrowed case, so that each chunk does not read it again."""
    looked: Looked | None = field(default=None, repr=False, compare=False)
    """Notes what is looked at, for the evidence; shared with every case that is made of this one."""

    def __getstate__(self) -> dict[str, Any]:
        """The handle, without what was read through it."""
        return {**self.__dict__, "_kept": {}, "_whole": {}}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)

    def __len__(self) -> int:
        """The number of rows, for which no model is asked."""
        rows: int | None = None if "predictions" in self._kept else self._columns()["rows"]
        if rows is None:
            return len(self.predictions)
        if self.rows is None:
            return rows
        return len(range(rows)[self.rows]) if isinstance(self.rows, slice) else len(self.rows)

    # What every check knows.

    @property
    def level(self) -> float:
        """The confidence of every interval."""
        return self.settings.level

    @property
    def min_group_size(self) -> int:
        """The policy's smallest denominator that a group is judged by."""
        return self.settings.min_group_size

    @property
    def depth(self) -> int:
        """How deep rankings are looked at: the `10` of `ndcg_at_10`."""
        return self.settings.depth

    @property
    def protected_inputs(self) -> Mapping[str, str]:
        """Protected attribute -> the input column that carries it.

        Raises:
            NotApplicable: the spec names none.
        """
        if not self.settings.protected_inputs:
            hint = 'if the model is given one: [data] protected_inputs = {sex = "sex_code"}, the group and its column'
            raise NotApplicable("the spec names no protected_inputs", hint=hint)
        return MappingProxyType(dict(self.settings.protected_inputs))

    @property
    def claimed_epsilon(self) -> float | None:
        """The epsilon of differential privacy that the spec claims for the model's training; None: none."""
        return self.settings.claimed_epsilon

    @property
    def claimed_delta(self) -> float:
        """The delta of the same claim."""
        return self.settings.claimed_delta

    # The rows.

    @property
    def predictions(self) -> P_co:
        """What the model said; computed once for all checks."""
        return cast("P_co", self._keep("predictions", self._predictions))

    def _predictions(self) -> Predictions:
        key = self.keys[self.split][1]
        if "predictions" not in self._whole:
            compute = functools.partial(self.broker.predict_split, self.split, self.store, key)
            self._whole["predictions"] = self.store.remember(key, compute)
        whole = self._whole["predictions"]
        return cast("Predictions", whole if self.rows is None else taken_in_blocks(whole, self.rows))

    @property
    def inputs(self) -> Any:
        """What the model was given: a DataFrame or a Series."""
        inputs = self.broker.split(self.split).inputs
        if self.rows is None:
            return inputs.iloc[:] if isinstance(inputs, LongInputs) else inputs
        return take_inputs(inputs, self.rows)

    @property
    def has_targets(self) -> bool:
        """Whether the data say what is true."""
        return self._columns()["targets"] is not None or self._columns()["label_targets"] is not None

    @property
    def targets(self) -> Codes:
        """What is true of each row, one label a row; for ClassScores coded in the order of the model's classes.

        Raises:
            NotApplicable: the data have no target.
            DataError: a target is none of the model's classes.
        """
        codes: Codes | None = self._columns()["targets"]
        if codes is None:
            raise NotApplicable("the data have no target", hint='name the column: [data] target = "..."')
        aligned: Codes = self._keep("targets", lambda: self._in_order_of_classes(codes))
        return aligned

    def _in_order_of_classes(self, codes: Codes) -> Codes:
        codes = codes.take(slice(None) if self.rows is None else self.rows)
        if not isinstance(self.predictions, ClassScores):
            return codes
        return in_order_of_classes(codes, self.predictions.classes)

    @property
    def label_targets(self) -> npt.NDArray[np.bool_]:
        """[n, k]: which labels are right, for multi-label data."""
        flags = self._columns()["label_targets"]
        if flags is None:
            raise NotApplicable("the data have no target", hint='name the columns: [data] target = ["...", "..."]')
        return np.asarray(flags if self.rows is None else flags[self.rows], dtype=bool)

    @property
    def has_truth(self) -> bool:
        """Whether `truth` can be asked for."""
        return self._columns()["truth"] is not None

    @property
    def truth(self) -> P_co:
        """[n]: what is true of each row, in the type of the predictions; see `truth_known` for rows without one.

        Values: the number, NaN without one. Rankings: each user's own items, with their ratings as scores when there
        are any. TokenLabels: the spans, with score 1. Texts: one reference each. Classes have `targets`, labels
        `label_targets`.

        Raises:
            NotApplicable: the data have none, or it is of another type than the predictions.
        """
        return cast("P_co", self._keep("truth", self._truth))

    def _truth(self) -> Predictions:
        whole: Predictions | None = self._columns()["truth"]
        if whole is None:
            raise NotApplicable("the data do not say what is true", hint='name the column: [data] target = "..."')
        return whole if self.rows is None else whole.take(self.rows)

    @property
    def truth_known(self) -> npt.NDArray[np.bool_]:
        """[n]: which rows have a truth; a text without a reference is not one whose reference is empty."""
        flags = self._columns()["truth_known"]
        if flags is None:
            return np.ones(len(self.truth), dtype=bool)
        return np.asarray(flags if self.rows is None else flags[self.rows], dtype=bool)

    @property
    def decisions(self) -> npt.NDArray[np.int64]:
        """[n]: the class that the model decides for, as an index into `predictions.classes`."""
        return cast("npt.NDArray[np.int64]", self._keep("decisions", self._decisions))

    def _decisions(self) -> Any:
        if not isinstance(self.predictions, ClassScores):
            raise NotApplicable("the model does not decide for one class")
        positive = self.settings.positive[0] if len(self.settings.positive) == 1 else None
        return self.predictions.decide(positive, self.settings.threshold)

    @property
    def label_decisions(self) -> npt.NDArray[np.bool_]:
        """[n, k]: the labels that the model decides for: those with a score at or above the threshold, or 0.5."""
        if not isinstance(self.predictions, LabelScores):
            raise NotApplicable("the model does not decide for several labels")
        threshold = 0.5 if self.settings.threshold is None else self.settings.threshold
        return np.asarray(self.predictions.scores >= threshold)

    @property
    def positives(self) -> tuple[str, ...]:
        """The classes to take as positive, one after the other: those that the spec names, or every one."""
        predictions = self.predictions
        classes = predictions.labels if isinstance(predictions, LabelScores) else getattr(predictions, "classes", ())
        if self.settings.positive:
            return self.settings.positive
        return tuple(classes) if len(classes) <= CLASSES_IN_TURN else self._most_frequent(classes)

    def _most_frequent(self, classes: tuple[str, ...]) -> tuple[str, ...]:
        if isinstance(self.predictions, LabelScores):
            counts = (self.label_targets if self.has_targets else self.label_decisions).sum(axis=0)
        else:
            source = self.targets.codes if self.has_targets else self.decisions
            counts = np.bincount(source[source >= 0], minlength=len(classes))
        chosen = np.sort(np.argsort(-counts, kind="stable")[:CLASSES_IN_TURN])
        return tuple(classes[index] for index in chosen)

    def label_for(self, positive: str) -> str | None:
        """A measurement's `label`: the class, unless there are two and the spec names which one is positive."""
        classes = getattr(self.predictions, "classes", ())
        return None if len(classes) == 2 and len(self.settings.positive) == 1 else positive  # noqa: PLR2004  binary

    @property
    def groups(self) -> Mapping[str, Codes]:
        """The protected attributes, in the spec's order.

        Raises:
            NotApplicable: the spec names none.
        """
        groups: Mapping[str, Codes] = self._columns()["groups"]
        if not groups:
            raise NotApplicable("the data have no groups", hint='name them: [data] groups = ["sex"]')
        rows = slice(None) if self.rows is None else self.rows
        return MappingProxyType({name: codes.take(rows) for name, codes in groups.items()})

    @property
    def has_groups(self) -> bool:
        """Whether the spec names protected attributes."""
        return bool(self._columns()["groups"])

    @property
    def quasi_identifiers(self) -> Mapping[str, Codes]:
        """The columns by which somebody who knows a person could find their row, in the spec's order.

        Evidence never holds them: let `compute` make numbers of them that tell none of their labels.

        Raises:
            NotApplicable: the spec names none.
        """
        if not self.settings.quasi_identifiers:
            hint = 'name what an acquaintance could know of a person: [data] quasi_identifiers = ["age_band", "sex"]'
            raise NotApplicable("the spec names no quasi_identifiers", hint=hint)
        return self._of_broker("quasi_identifiers")

    @property
    def readers(self) -> Mapping[str, Codes]:
        """What readers, clinicians for example, said of each audit row, in the spec's order; missing: not read.

        Evidence never holds them: let `compute` make numbers of them.

        Raises:
            NotApplicable: the spec names none.
        """
        if not self.settings.readers:
            hint = 'name the columns of what readers said: [data] readers = ["dr_a", "dr_b"]'
            raise NotApplicable("the spec names no readers", hint=hint)
        return self._of_broker("readers")

    @property
    def expected(self) -> Mapping[str, Codes]:
        """What the answer to each audit row is to hold, by role: the cells of `[data.expected]`; missing: not said.

        Evidence never holds them: let `compute` make numbers of them.

        Raises:
            NotApplicable: the spec names none.
        """
        if not self.settings.expected:
            hint = 'name the columns that say what answers are to hold: [data.expected] required = "must_say"'
            raise NotApplicable("the spec names no expected statements", hint=hint)
        return self._of_broker("expected")

    @property
    def period(self) -> Codes:
        """When each audit row was, as the table writes it.

        Evidence never holds it: let `compute` make numbers of it that tell no more than the check needs.

        Raises:
            NotApplicable: the spec names no such column.
        """
        if not self.settings.period:
            hint = 'name the column of dates, or of labels in order: [data] period = "admitted"'
            raise NotApplicable("the spec names no period", hint=hint)
        codes: Codes | None = self._columns()["period"]
        if codes is None:
            codes = self.broker.split(self.split).period
        if codes is None:
            raise NotApplicable("the {split} rows have no period", split=self.split)
        return codes.take(slice(None) if self.rows is None else self.rows)

    @property
    def given(self) -> Any:
        """What the model is given of these rows: of reference rows its own columns alone, so far as they are there."""
        split = self.broker.split(self.split)
        given = split.inputs if split.given is None else split.given
        return given if self.rows is None else take_inputs(given, self.rows)

    @property
    def included(self) -> npt.NDArray[np.bool_]:
        """[n], of canaries: which of them the coins put into the training data.

        Evidence holds it only as what a check's `compute` gave.

        Raises:
            NotApplicable: these rows are no canaries.
        """
        flags = self.broker.split(self.split).included
        if flags is None:
            raise NotApplicable("the {split} rows are no canaries", split=self.split)
        return np.asarray(flags if self.rows is None else flags[self.rows], dtype=bool)

    @property
    def units(self) -> Codes | None:
        """Whose row it is; None: every row stands for itself."""
        units: Codes | None = self._columns()["units"]
        return None if units is None else units.take(slice(None) if self.rows is None else self.rows)

    @property
    def has_units(self) -> bool:
        """Whether the spec says whose each row is; `units` of a long table is read for it, this is not."""
        return self._columns()["units"] is not None

    @property
    def weights(self) -> npt.NDArray[np.float64] | None:
        """How much each row counts beside the others; None: all the same.

        What the data say, times a power of two: the largest of the split lies between 1 and 2. Only proportions count,
        and squares of very small or large numbers would be 0 or infinite.
        """
        weights = self._columns()["weights"]
        if weights is None:
            return None
        if "largest weight" not in self._whole:
            self._whole["largest weight"] = int(np.frexp(weights.max())[1])
        chosen = weights if self.rows is None else weights[self.rows]
        return np.asarray(sealed(np.ldexp(chosen, 1 - self._whole["largest weight"])))

    @property
    def row_digests(self) -> tuple[str, ...] | None:
        """Keyed digests of the rows, for pairing; None without a salt file."""
        digests = self._columns()["row_digests"]
        if digests is None or self.rows is None:
            return None if digests is None else tuple(digests)
        return tuple(np.array(digests, dtype=object)[self.rows])

    @property
    def split_digest(self) -> str:
        """The digest of the split's rows, without what a model said of them."""
        return str(self._columns()["rows_digest"])

    def _of_broker(self, name: str) -> Mapping[str, Codes]:
        """Coded columns that evidence does not hold: of the store, or of the data themselves."""
        named: Mapping[str, Codes] | None = self._columns()[name]
        if named is None:
            named = getattr(self.broker.split(self.split), name)
        rows = slice(None) if self.rows is None else self.rows
        return MappingProxyType({column: codes.take(rows) for column, codes in named.items()})

    def _columns(self) -> dict[str, Any]:
        if "columns" not in self._whole:
            rows_key = self.keys[self.split][0]
            stored = self.store.remember(rows_key, lambda: split_columns(self.broker.split(self.split)))
            self._whole["columns"] = stored_columns(stored)
        return cast("dict[str, Any]", self._whole["columns"])

    def _keep(self, name: str, read: Callable[[], Any]) -> Any:
        if name not in self._kept:
            self._kept[name] = sealed(read())
        return self._kept[name]
