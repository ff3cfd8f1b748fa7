"""The broker that runs the model: opened when first needed, a whole split by a stored plan of batches."""

from __future__ import annotations

import functools
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from auditkit.batches import (
    as_given,
    batches_of,
    order_key,
    part_key,
    plan_key,
    plan_of,
    work_key,
)
from auditkit.batching import Batching
from auditkit.capabilities import Embeds, why_not
from auditkit.checks.events import Predicting
from auditkit.data.gathering import OF_NUMBERS, Gathered
from auditkit.data.mapped import PIECE
from auditkit.dataset import labels_of
from auditkit.errors import NotApplicable
from auditkit.evidence import EvidenceStore
from auditkit.forecasts.timing import Pace, Timed, batch_weights, time_sample
from auditkit.kept import Kept
from auditkit.other_models.reference import reference_spec
from auditkit.predictions import Predictions
from auditkit.result import BatchPlan
from auditkit.soundness import SoundRows, Unsound

if TYPE_CHECKING:
    from auditkit.case import Case
    from auditkit.checks.events import Listener
    from auditkit.dataset import AuditDataset, Split, SplitName
    from auditkit.document import Text
    from auditkit.host import Host
    from auditkit.redacting import Recogniser
    from auditkit.spec import AuditSpec

C = TypeVar("C")

logger = logging.getLogger(__name__)


@dataclass
class Broker:
    """Runs the model for a case. Holds the spec; finds plugins, reads data and opens the model only when asked."""

    spec: AuditSpec
    _host: Host | None = field(default=None, repr=False)
    _dataset: AuditDataset | None = field(default=None, repr=False)
    _model: Any = field(default=None, repr=False)
    _reference: Broker | None = field(default=None, repr=False)
    listen: Listener | None = field(default=None, repr=False)
    """Is told how far predicting is."""
    model_digest: str | None = None
    """What identifies a model that was given in memory; None: its files do, or the recorded predictions."""
    store: EvidenceStore | None = field(default=None, repr=False)
    """Beside which an adapter may keep single answers; None: in memory."""
    _recognisers: tuple[Recogniser, ...] | None = field(default=None, repr=False)
    """What finds personal data in texts; None: what the plugins offer."""

    def __getstate__(self) -> dict[str, Any]:
        """The spec alone: a model stays in its process."""
        return {
            "spec": self.spec,
            "_host": None,
            "_dataset": None,
            "_model": None,
            "_reference": None,
            "_recognisers": self._recognisers,
            "listen": None,
            "model_digest": self.model_digest,
            "store": self.store,
        }

    @property
    def host(self) -> Host:
        """The plugins."""
        if self._host is None:
            from auditkit.host import Host

            self._host = Host.installed(self.spec)
        return self._host

    @property
    def recognisers(self) -> tuple[Recogniser, ...]:
        """What finds personal data in texts that will be shown."""
        return self.host.recognisers if self._recognisers is None else self._recognisers

    @property
    def has_host(self) -> bool:
        """Whether plugins have been looked for in this process."""
        return self._host is not None

    @property
    def dataset(self) -> AuditDataset:
        """The data, read once."""
        if self._dataset is None:
            from auditkit.data.reader import read_dataset

            self._dataset = read_dataset(self.spec, self.host)
        return self._dataset

    @property
    def model(self) -> Any:
        """The model, opened once."""
        if self._model is None:
            # With the task that the data tell, when the spec says none.
            spec = self.spec.model_copy(update={"task": self.dataset.task or self.spec.task})
            self._model = self.host.open_model(
                spec,
                target_classes=labels_of(self.dataset.audit),
                history=self.dataset.history,
                kept=Kept.beside(self.store),
            )
            logger.info("opened the model with adapter %s", self.spec.model.adapter)
        return self._model

    @property
    def opened(self) -> bool:
        """Whether the model had to be opened in this process."""
        return self._model is not None

    def of_reference(self) -> Broker:
        """One of the reference model, which is opened once too, on the same data."""
        if self._reference is None:
            spec = reference_spec(self.spec)
            self._reference = replace(self, spec=spec, model_digest=None, _model=None, _reference=None, listen=None)
        return self._reference

    @property
    def batching(self) -> Batching:
        """The model, as it is asked in batches; opened when the first is."""
        return Batching(self.spec, lambda: self.model)

    def blaming(self, what: str) -> AbstractContextManager[None]:
        """Turn what a model raises, and did not mean as an error of auditkit's, into one that names its adapter."""
        return self.batching.blaming(what)

    def told(self) -> list[Text]:
        """What the opened model has to tell: of itself, and of its answers to the audit rows."""
        notes_on = getattr(self.model, "notes_on", None)
        notes = list(getattr(self.model, "notes", ()))
        if callable(notes_on):
            with self.blaming("the model failed to tell of its answers"):
                notes += notes_on(self.split("audit").inputs)
        return notes

    def split(self, name: SplitName) -> Split:
        """One split of the data."""
        found = getattr(self.dataset, name)
        if found is None:
            raise LookupError(name)
        return cast("Split", found)

    def rows_for_model(self, name: SplitName) -> Any:
        """What the model is given of a split's rows.

        Raises:
            NotApplicable: the reference rows lack a column that the model is given.
        """
        split = self.split(name)
        if name != "reference" or self.spec.model.adapter == "none":
            return split.inputs
        if split.given is None:
            hint = "a reference of fewer rows is read whole, and then the model is asked about it"
            raise NotApplicable(
                "the reference is a table of interactions, or of too many rows to be asked about", hint=hint
            )
        audit = self.split("audit").inputs
        wanted = [str(column) for column in getattr(audit, "columns", [getattr(audit, "name", None)])]
        held = getattr(split.given, "columns", [getattr(split.given, "name", None)])
        absent = [column for column in wanted if column not in {str(one) for one in held}]
        if absent:
            raise NotApplicable(
                "the reference rows do not hold '{column}', which the model is given",
                hint="add the model's columns to the table of [data] reference",
                column=absent[0],
            )
        return split.given

    def computed(
        self,
        asked: str,  # noqa: ARG002  a replay goes by it
        case: Case[Any],
        function: Callable[..., Any],
        parameters: Mapping[str, Any],
    ) -> Any:
        """What a function makes of a case; `asked` names that question, in an audit and in its replay."""
        return function(case, **parameters)

    def predict_split(self, name: SplitName, store: EvidenceStore, key: str) -> Predictions:
        """Predict a whole split by its stored batch plan; batches that are already in the store are not run again."""
        split = replace(self.split(name), inputs=self.rows_for_model(name))
        if plan_key(key) not in store and (whole := self._begin(split, store, key)) is not None:
            return whole
        plan: BatchPlan = store.get(plan_key(key))
        order = store.get(order_key(key)) if plan.order == "by length" else None
        batching = self.batching
        parts: list[Predictions] = []
        gathered: Gathered | None = None
        batches = list(batches_of(plan.rows, plan.batch_size, order))
        pace = Pace(batch_weights(batches, store.get(work_key(key)) if work_key(key) in store else None))
        for place, rows in enumerate(batches):
            after = batches[place + 1] if place + 1 < len(batches) else None
            batch = functools.partial(batching.later, split.inputs, rows, plan, place, after)
            part = part_key(key, place, plan.batch_size)
            is_kept, began = part in store, time.monotonic()
            said = batch() if len(batches) == 1 or batching.only_slices else store.remember(part, batch)
            if plan.rows > PIECE and isinstance(said, OF_NUMBERS):
                gathered = gathered or Gathered(store.root, plan.rows, said)
                # Of the others no row is kept: what they must agree on is looked at, as if they were put together.
                parts = [batching.together([one.take(slice(0, 0)) for one in (*parts, said)])]
                gathered.put(said, rows)
            else:
                parts.append(said)
            pace.passed(place, None if is_kept else time.monotonic() - began)
            self._tell(name, pace, done=place + 1, of=len(batches))
        return as_given(batching.together(parts), order) if gathered is None else gathered.whole()

    def _tell(self, split: SplitName, pace: Pace, *, done: int, of: int) -> None:
        if self.listen is not None and pace.left is not None:
            self.listen(Predicting(split, done, of, pace.left))

    def time_sample(self, *, rows: int = 256) -> Timed:
        """What a row of the audit split costs, measured on about so many; opens the model.

        Raises:
            AuditError: the model cannot be opened, or cannot predict.
        """
        size = self.spec.model.batch_size
        model, inputs = self.model, self.split("audit").inputs
        with self.blaming("the model failed on a sample of the rows"):
            return time_sample(model, inputs, rows=rows, batch_size=None if size == "auto" else size)

    def _begin(self, split: Split, store: EvidenceStore, key: str) -> Predictions | None:
        """Predict the first batch, in the size that fits, and fix the plan; the answers, if that batch is all."""
        batching = self.batching
        work = batching.work(split.inputs)
        order = None if work is None else work.order
        first, size = batching.grown(split.inputs, order, batching.size(split.inputs))
        if work is not None:
            store.put(order_key(key), order)
            store.put(work_key(key), work.done)
        if len(split) > size and not batching.only_slices:
            store.put(part_key(key, 0, size), first)
        store.put(plan_key(key), plan_of(split.name, len(split), size, work))
        logger.info("predicted the first batch of %s rows: %s", size, type(first).__name__)
        return as_given(first, order) if len(split) <= size else None

    def predict(self, inputs: Any, *, batch_size: int | None = None) -> Predictions:
        """Predict rows that are not a split's own, e.g. perturbed ones; in batches of the plan's size."""
        return self.batching.predict(inputs, batch_size=batch_size)

    def predict_sound(self, inputs: Any, *, batch_size: int | None = None) -> SoundRows[Predictions]:
        """As `predict`, with the rows left out whose answers are none."""
        unsound = Unsound()
        said = Batching(self.spec, lambda: self.model, unsound).predict(inputs, batch_size=batch_size)
        return SoundRows(said, np.array([row for row in range(len(inputs)) if row + 1 not in unsound.rows], dtype=int))

    def model_that(self, capability: type[C]) -> C:
        """The model, as one that has a capability; see `auditkit.capabilities`.

        Raises:
            NotApplicable: it has not, and why; where its adapter says so, it is not even opened.
        """
        if self.opened and isinstance(self.model, capability) and why_not(self.model, capability.__name__) is None:
            return self.model
        adapter = self.host.adapters.get(self.spec.model.adapter)
        why = adapter.cannot.get(capability.__name__) if adapter else None
        if self.spec.model.adapter == "none" and not self.opened:
            why = "there is no model behind these predictions"
        if why is None:
            why = why_not(self.model, capability.__name__)
        if why is None and isinstance(self.model, capability):
            return self.model
        raise NotApplicable(
            "the model is not {capability}: {why}",
            hint="auditkit adapters, to see what each opens",
            capability=capability.__name__,
            why=why or f"what {self.batching.who} opened has no such method",
        )

    def embed(self, inputs: Any, *, batch_size: int | None = None) -> npt.NDArray[np.floating]:
        """[n, d]: the model's vectors of rows, in order; in batches as `predict` makes them.

        Raises:
            NotApplicable: the model embeds nothing.
        """
        model = self.model_that(Embeds)  # type: ignore[type-abstract]  # a protocol is what is asked for
        return self.batching.vectors(model, inputs, batch_size=batch_size)
