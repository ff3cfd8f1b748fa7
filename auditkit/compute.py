"""The broker that runs the model: opened when first needed, in batches by a stored plan, its answers checked."""

from __future__ import annotations

import contextlib
import functools
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import numpy.typing as npt

from auditkit.batches import (
    Rows,
    Work,
    as_given,
    batches_of,
    numbers_of,
    order_key,
    part_key,
    plan_key,
    plan_of,
    take_inputs,
    whole_number,
    work_key,
    work_of,
)
from auditkit.capabilities import Embeds, sound_vectors, why_not
from auditkit.checks.events import Predicting
from auditkit.data.gathering import OF_NUMBERS, Gathered
from auditkit.data.long_tables import LongInputs
from auditkit.data.mapped import PIECE
from auditkit.dataset import labels_of
from auditkit.errors import AuditError, CrashError, ModelError, NotApplicable, OutOfMemory, words_of
from auditkit.evidence import EvidenceStore
from auditkit.forecasts.timing import Pace, Timed, batch_weights, time_sample
from auditkit.kept import Kept
from auditkit.other_models.reference import reference_spec
from auditkit.predictions import Predictions
from auditkit.result import WITHOUT_MODEL, BatchPlan
from auditkit.soundness import SoundRows, Unsound, in_order_of, sound_predictions

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

DEFAULT_BATCH = 65_536
"""Rows a batch when neither the spec nor the model says: enough for recorded predictions, which only slice."""
_MANY_BATCHES = 32
"""A batch is doubled while the rows make so many: what was tried is run again, and must be a small part of all."""


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
    _unsound: Unsound | None = field(default=None, repr=False)
    """Notes rows whose answers are none; None: these are refused."""
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
            "_unsound": None,
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
        parts: list[Predictions] = []
        gathered: Gathered | None = None
        batches = list(batches_of(plan.rows, plan.batch_size, order))
        pace = Pace(batch_weights(batches, store.get(work_key(key)) if work_key(key) in store else None))
        for place, rows in enumerate(batches):
            after = batches[place + 1] if place + 1 < len(batches) else None
            batch = functools.partial(self._later_batch, split.inputs, rows, plan, place, after)
            part = part_key(key, place, plan.batch_size)
            is_kept, began = part in store, time.monotonic()
            said = batch() if len(batches) == 1 or self._only_slices else store.remember(part, batch)
            if plan.rows > PIECE and isinstance(said, OF_NUMBERS):
                gathered = gathered or Gathered(store.root, plan.rows, said)
                # Of the others no row is kept: what they must agree on is looked at, as if they were put together.
                parts = [self._together([one.take(slice(0, 0)) for one in (*parts, said)])]
                gathered.put(said, rows)
            else:
                parts.append(said)
            pace.passed(place, None if is_kept else time.monotonic() - began)
            self._tell(name, pace, done=place + 1, of=len(batches))
        return as_given(self._together(parts), order) if gathered is None else gathered.whole()

    @property
    def _only_slices(self) -> bool:
        """Whether answering costs so little that no batch is worth keeping: the model would take all rows at once."""
        said = getattr(self.model, "batch_size", None)
        return self.spec.model.batch_size == "auto" and isinstance(said, int) and said > DEFAULT_BATCH

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
        work = self._work(split.inputs)
        order = None if work is None else work.order
        wanted = self._batch_size(split.inputs)
        first, size = self._grown(split.inputs, order, *self._first_batch(split.inputs, order, wanted), wanted)
        if work is not None:
            store.put(order_key(key), order)
            store.put(work_key(key), work.done)
        if len(split) > size and not self._only_slices:
            store.put(part_key(key, 0, size), first)
        store.put(plan_key(key), plan_of(split.name, len(split), size, work))
        logger.info("predicted the first batch of %s rows: %s", size, type(first).__name__)
        return as_given(first, order) if len(split) <= size else None

    def _first_batch(self, inputs: Any, order: Any, size: int) -> tuple[Predictions, int]:
        """The first batch's answers, and the batch size: halved until it fits, where the spec leaves it open."""
        while True:
            try:
                return self._batch(inputs, next(batches_of(len(inputs), size, order))), size
            except OutOfMemory as error:
                size = self._smaller(min(size, len(inputs)), error)
                logger.info("%s; trying %s rows", error.message, size)

    def _grown(self, inputs: Any, order: Any, first: Predictions, size: int, wanted: int) -> tuple[Predictions, int]:
        """The first batch in twice the size, and twice that, until it does not fit, where the model says that it pays.

        Never by a clock, whose answer differs from run to run. What did not fit before is not tried again.
        """
        most = min(self._largest_batch, len(inputs) // _MANY_BATCHES)
        while size >= wanted and size * 2 <= most:
            try:
                first = self._batch(inputs, next(batches_of(len(inputs), size * 2, order)))
            except OutOfMemory as error:
                logger.info("%s; staying with %s rows", error.message, size)
                break
            size *= 2
        return first, size

    @property
    def _largest_batch(self) -> int:
        """Up to how many rows a batch may be doubled; 0: not at all."""
        said = getattr(self.model, "largest_batch", None)
        if said is None or self.spec.model.batch_size != "auto":
            return 0
        return whole_number("largest_batch", said, who=self._who)

    def _smaller(self, size: int, error: OutOfMemory) -> int:
        if size <= 1:
            hint = '[model] device = "cpu" has the memory of the machine'
            raise OutOfMemory(f"{self._who}: not even one row fits: {error.message}", hint=hint) from error
        if self.spec.model.batch_size != "auto":
            raise ModelError(
                f"{self._who}: batch_size = {self.spec.model.batch_size} is too large: {error.message}",
                hint=f'[model] batch_size = {size // 2}, or "auto", which tries smaller ones by itself',
            ) from error
        return size // 2

    def _later_batch(self, inputs: Any, rows: Rows, plan: BatchPlan, place: int, after: Rows | None) -> Predictions:
        try:
            return self._batch(inputs, rows, after)
        except OutOfMemory as error:
            fitted = "a batch as large fitted before" if place else "the batch plan was made where it fitted"
            raise OutOfMemory(
                f"{self._who}: {error.message}; {fitted}",
                hint=f"free memory and run again: what was predicted is kept; "
                f"or [model] batch_size = {max(1, plan.batch_size // 2)}",
            ) from error

    def predict(self, inputs: Any, *, batch_size: int | None = None) -> Predictions:
        """Predict rows that are not a split's own, e.g. perturbed ones; in batches of the plan's size."""
        work = self._work(inputs)
        order = None if work is None else work.order
        wanted = self._batch_size(inputs) if batch_size is None else batch_size
        # Halved like a split's own: what was done to the rows may have made them longer.
        first, size = self._first_batch(inputs, order, wanted)
        rest = list(batches_of(len(inputs), size, order))[1:]
        later = [self._batch(inputs, rows, after) for rows, after in zip_longest(rest, rest[1:])]
        if self._unsound is not None and order is not None:
            order = np.array([row for row in order if row + 1 not in self._unsound.rows], dtype=np.int64)
        return as_given(self._together([first, *later]), order)

    def predict_sound(self, inputs: Any, *, batch_size: int | None = None) -> SoundRows[Predictions]:
        """As `predict`, with the rows left out whose answers are none."""
        unsound = Unsound()
        said = replace(self, _model=self.model, _unsound=unsound).predict(inputs, batch_size=batch_size)
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
        if why is None:
            why = why_not(self.model, capability.__name__)
        if why is None and isinstance(self.model, capability):
            return self.model
        raise NotApplicable(
            "the model is not {capability}: {why}",
            hint="auditkit adapters, to see what each opens",
            capability=capability.__name__,
            why=why or f"what {self._who} opened has no such method",
        )

    def embed(self, inputs: Any, *, batch_size: int | None = None) -> npt.NDArray[np.floating]:
        """[n, d]: the model's vectors of rows, in order; in batches as `predict` makes them.

        Raises:
            NotApplicable: the model embeds nothing.
        """
        model = self.model_that(Embeds)  # type: ignore[type-abstract]  # a protocol is what is asked for
        work = self._work(inputs)
        order = None if work is None else work.order
        size = self._batch_size(inputs) if batch_size is None else batch_size
        parts = []
        for rows in batches_of(len(inputs), size, order):
            with self.blaming("the model failed to embed its rows"):
                answer = model.embed(take_inputs(inputs, rows))
            parts.append(sound_vectors(answer, rows=len(numbers_of(rows)), who=self._who))
        try:
            whole = np.concatenate(parts)
        except ValueError as error:
            raise ModelError(
                f"{self._who}: the batches differ in the length of their vectors", hint="one length for all rows"
            ) from error
        return whole if order is None else whole[np.argsort(order)]

    def _work(self, inputs: Any) -> Work | None:
        with self.blaming("the model failed to tell its rows' sizes"):
            return work_of(self.model, inputs, who=self._who)

    @property
    def _who(self) -> str:
        return f"adapter '{self.spec.model.adapter}'"

    def _together(self, parts: list[Predictions]) -> Predictions:
        """Batches put together; what they do not agree on is an error that names the adapter."""
        kinds = list(dict.fromkeys(type(part).__name__ for part in parts))
        if len(kinds) > 1:
            raise ModelError(
                f"{self._who}: the batches differ in their type: {kinds[0]}, then {kinds[1]}",
                hint="an adapter answers every batch with the same prediction type",
            )
        try:
            return type(parts[0]).concat(parts)
        except ModelError as error:
            raise ModelError(f"{self._who}: {error.message}", hint=error.hint) from error
        except ValueError as error:
            raise ModelError(
                f"{self._who}: the batches differ in their columns: {error}",
                hint="an adapter answers every batch with as many columns",
            ) from error

    def _batch_size(self, inputs: Any) -> int:
        wanted = self.spec.model.batch_size
        if wanted != "auto":
            return max(1, int(wanted))
        said = getattr(self.model, "batch_size", None)
        size = DEFAULT_BATCH if said is None else whole_number("batch_size", said, who=self._who)
        # A long table is never whole in memory, not even for a model that would take all of it at once.
        return max(1, min(size, PIECE if isinstance(inputs, LongInputs) else size, len(inputs)))

    def _batch(self, inputs: Any, rows: Rows, after: Rows | None = None) -> Predictions:
        """The answers to some rows; what the rows `after` them need is begun meanwhile, where the model can."""
        numbers = numbers_of(rows)
        model = self.model
        which = f"rows {numbers[0]} to {numbers[-1]}" if isinstance(rows, slice) and len(numbers) else _some(numbers)
        given = take_inputs(inputs, rows)
        with self.blaming(f"the model failed on {which}"):
            if after is not None and callable(getattr(model, "ahead", None)):
                model.ahead(given)
                model.ahead(take_inputs(inputs, after))
            answer = model.predict(given)
        read = sound_predictions if self._unsound is None else self._unsound.left_out
        sound = read(answer, rows=numbers, who=self._who)
        by_position = self.spec.model.adapter in WITHOUT_MODEL
        return in_order_of(self.spec.data.target, sound, who=self._who, by_position=by_position)

    @contextlib.contextmanager
    def blaming(self, what: str) -> Iterator[None]:
        """Turn what a model raises, and did not mean as an error of auditkit's, into one that names its adapter."""
        try:
            yield
        except AuditError:
            raise
        except (Exception, SystemExit) as error:
            # A model may raise anything. The audit ends with it, and says which adapter's it was.
            logger.exception("the model failed")
            raise CrashError(
                f"{self._who}: {what}: {type(error).__name__}: {words_of(error)}",
                hint="run again with --debug for its traceback; batches that were predicted are kept",
            ) from error


def _some(numbers: Sequence[int], most: int = 5) -> str:
    """Rows that do not follow one another."""
    shown = ", ".join(map(str, numbers[:most]))
    return f"rows {shown}" if len(numbers) <= most else f"rows {shown} and {len(numbers) - most} more"
