"""The broker that runs the model: opened when first needed, in batches by a stored plan, its answers checked."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from auditkit.errors import AuditError, CrashError, ModelError
from auditkit.evidence import EvidenceStore, evidence_key
from auditkit.predictions import ClassScores, LabelScores, Predictions
from auditkit.result import BatchPlan

if TYPE_CHECKING:
    from auditkit.dataset import AuditDataset, Split, SplitName
    from auditkit.host import Host
    from auditkit.spec import AuditSpec

logger = logging.getLogger(__name__)

DEFAULT_BATCH = 65_536
"""Rows a batch when neither the spec nor the model says: enough for recorded predictions, which only slice."""


@dataclass
class Broker:
    """Runs the model for a case. Holds the spec; finds plugins, reads data and opens the model only when asked."""

    spec: AuditSpec
    _host: Host | None = field(default=None, repr=False)
    _dataset: AuditDataset | None = field(default=None, repr=False)
    _model: Any = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, Any]:
        """The spec alone: a model stays in its process."""
        return {"spec": self.spec, "_host": None, "_dataset": None, "_model": None}

    @property
    def host(self) -> Host:
        """The plugins."""
        if self._host is None:
            from auditkit.host import Host

            self._host = Host.installed(self.spec)
        return self._host

    @property
    def dataset(self) -> AuditDataset:
        """The data, read once."""
        if self._dataset is None:
            from auditkit.datareader import read_dataset

            self._dataset = read_dataset(self.spec, self.host)
        return self._dataset

    @property
    def model(self) -> Any:
        """The model, opened once."""
        if self._model is None:
            targets = self.dataset.audit.targets
            self._model = self.host.open_model(self.spec, target_classes=targets.vocabulary if targets else ())
            logger.info("opened the model with adapter %s", self.spec.model.adapter)
        return self._model

    @property
    def opened(self) -> bool:
        """Whether the model had to be opened in this process."""
        return self._model is not None

    def split(self, name: SplitName) -> Split:
        """One split of the data."""
        found = getattr(self.dataset, name)
        if found is None:
            raise LookupError(name)
        return cast("Split", found)

    def predict_split(self, name: SplitName, store: EvidenceStore, key: str) -> Predictions:
        """Predict a whole split by its stored batch plan; batches that are already in the store are not run again."""
        split = self.split(name)
        plan: BatchPlan = store.remember(plan_key(key), lambda: self._plan(split))
        parts: list[Predictions] = []
        for place, rows in enumerate(_batches(plan)):
            if plan.rows <= plan.batch_size:
                return self._batch(split.inputs, rows, first=True)
            part_key = evidence_key("batch", of=key, place=place)
            batch = functools.partial(self._batch, split.inputs, rows, first=place == 0)
            parts.append(store.remember(part_key, batch))
        return type(parts[0]).concat(parts)

    def predict(self, inputs: Any) -> Predictions:
        """Predict rows that are not a split's own, e.g. perturbed ones; in batches of the plan's size."""
        rows = len(inputs)
        size = self._batch_size(rows)
        slices = [slice(start, min(start + size, rows)) for start in range(0, max(rows, 1), size)]
        parts = [self._batch(inputs, part, first=place == 0) for place, part in enumerate(slices)]
        return type(parts[0]).concat(parts)

    def _plan(self, split: Split) -> BatchPlan:
        size = self._batch_size(len(split))
        order = hashlib.sha256(f"as given:{len(split)}:{size}".encode()).hexdigest()
        return BatchPlan(split=split.name, rows=len(split), batch_size=size, digest=order)

    def _batch_size(self, rows: int) -> int:
        wanted = self.spec.model.batch_size
        if wanted != "auto":
            return max(1, int(wanted))
        return max(1, min(int(getattr(self.model, "batch_size", DEFAULT_BATCH)), rows))

    def _batch(self, inputs: Any, rows: slice, *, first: bool) -> Predictions:
        model = self.model
        try:
            answer = model.predict(take_inputs(inputs, rows))
        except AuditError:
            raise
        except Exception as error:
            logger.exception("the model failed")
            raise CrashError(
                f"the model failed on rows {rows.start + 1} to {rows.stop}: {type(error).__name__}: {error}",
                hint="run again with --debug for its traceback; batches that were predicted are kept",
            ) from error
        _must_be_sound(answer, rows, self.spec.model.adapter)
        if first:
            logger.info("predicted the first batch: %s", type(answer).__name__)
        return cast("Predictions", answer)


def plan_key(predictions_key: str) -> str:
    """Where the batch plan of some predictions is stored."""
    return evidence_key("batch-plan", of=predictions_key)


def take_inputs(inputs: Any, rows: slice | np.ndarray[Any, Any]) -> Any:
    """Some rows of a DataFrame, a Series, an array or a list."""
    if hasattr(inputs, "iloc"):
        return inputs.iloc[rows]
    if isinstance(inputs, np.ndarray) or isinstance(rows, slice):
        return inputs[rows]
    return [inputs[int(row)] for row in rows]


def _batches(plan: BatchPlan) -> Iterator[slice]:
    for start in range(0, plan.rows, plan.batch_size):
        yield slice(start, min(start + plan.batch_size, plan.rows))


def _must_be_sound(answer: Any, rows: slice, adapter: str) -> None:
    """Refuse predictions that would make nonsense of every check.

    Raises:
        ModelError: not a prediction type, the wrong number of rows, NaN, infinity, or probabilities that are none.
    """
    if not isinstance(answer, Predictions):
        raise ModelError(
            f"adapter '{adapter}': predict returned a {type(answer).__name__}",
            hint="it returns a prediction type, e.g. auditkit.ClassScores",
        )
    wanted = rows.stop - rows.start
    if len(answer) != wanted:
        raise ModelError(
            f"adapter '{adapter}': predict returned {len(answer)} rows for {wanted}",
            hint="it answers every row that it is given, in order",
        )
    if isinstance(answer, ClassScores | LabelScores):
        kind = answer.kind if isinstance(answer, ClassScores) else "label"
        refuse_unsound_scores(answer.scores, kind, f"adapter '{adapter}'", first_row=rows.start)


def refuse_unsound_scores(scores: Any, kind: str, who: str, *, first_row: int = 0) -> None:
    """Refuse scores that are NaN or infinite, and probabilities outside [0, 1] or that do not sum to one.

    Args:
        scores: [n, k].
        kind: "probability" (a distribution over classes), "label" (each in [0, 1]) or "score" (any finite number).
        who: who gave them, for the message.
        first_row: how many rows of the split come before these.

    Raises:
        ModelError: it names the first such row, counted from 1.
    """

    def refuse(bad: Any, what: str, hint: str) -> None:
        rows = np.flatnonzero(bad)
        if len(rows):
            shown = np.array2string(scores[rows[0]][:5], precision=4)
            where = f"in {len(rows)} rows, first in row {first_row + rows[0] + 1}: {shown}"
            raise ModelError(f"{who}: {what} {where}", hint=hint)

    refuse(
        ~np.isfinite(scores).all(axis=1),
        "a score is missing, NaN or infinite",
        "every row needs a finite score; a row without a prediction does not belong in the audit file",
    )
    if kind == "score":
        return
    other = 'say [data] score_kind = "score" if these are not probabilities'
    refuse(((scores < 0) | (scores > 1)).any(axis=1), "a probability is below 0 or above 1", other)
    if kind == "probability":
        # Three decimals are how probabilities are written down.
        off = np.abs(scores.sum(axis=1) - 1) > 1e-3  # noqa: PLR2004
        refuse(off, "the probabilities do not sum to 1", f"name a column for every class, or {other}")
