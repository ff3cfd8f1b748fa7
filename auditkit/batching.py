"""The model, asked in batches: in the size that fits, its answers checked, what it raises named after its adapter."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.batches import Rows, Work, as_given, batches_of, numbers_of, take_inputs, whole_number, work_of
from auditkit.capabilities import sound_vectors
from auditkit.data.long_tables import LongInputs
from auditkit.data.mapped import PIECE
from auditkit.errors import AuditError, CrashError, ModelError, OutOfMemory, words_of
from auditkit.predictions import Predictions
from auditkit.result import WITHOUT_MODEL, BatchPlan
from auditkit.soundness import Unsound, in_order_of, sound_predictions

if TYPE_CHECKING:
    from auditkit.capabilities import Embeds
    from auditkit.spec import AuditSpec

logger = logging.getLogger(__name__)

DEFAULT_BATCH = 65_536
"""Rows a batch when neither the spec nor the model says: enough for recorded predictions, which only slice."""
_MANY_BATCHES = 32
"""A batch is doubled while the rows make so many: what was tried is run again, and must be a small part of all."""


@dataclass(frozen=True)
class Batching:
    """One model of a spec, as it is asked about rows; `batches` says which rows are asked about together."""

    spec: AuditSpec
    opened: Callable[[], Any]
    """The model, which is opened by asking for it."""
    unsound: Unsound | None = None
    """Notes rows whose answers are none; None: these are refused."""

    @property
    def model(self) -> Any:
        """The model."""
        return self.opened()

    @property
    def who(self) -> str:
        """Who answers, for messages."""
        return f"adapter '{self.spec.model.adapter}'"

    def predict(self, inputs: Any, *, batch_size: int | None = None) -> Predictions:
        """The answers to rows, in their order; without those that `unsound` notes."""
        work = self.work(inputs)
        order = None if work is None else work.order
        wanted = self.size(inputs) if batch_size is None else batch_size
        # Halved like a split's own: what was done to the rows may have made them longer.
        first, size = self.first(inputs, order, wanted)
        rest = list(batches_of(len(inputs), size, order))[1:]
        later = [self.batch(inputs, rows, after) for rows, after in zip_longest(rest, rest[1:])]
        if self.unsound is not None and order is not None:
            order = np.array([row for row in order if row + 1 not in self.unsound.rows], dtype=np.int64)
        return as_given(self.together([first, *later]), order)

    def vectors(self, model: Embeds, inputs: Any, *, batch_size: int | None = None) -> npt.NDArray[np.floating]:
        """[n, d]: the model's vectors of rows, in their order."""
        work = self.work(inputs)
        order = None if work is None else work.order
        size = self.size(inputs) if batch_size is None else batch_size
        parts = []
        for rows in batches_of(len(inputs), size, order):
            with self.blaming("the model failed to embed its rows"):
                answer = model.embed(take_inputs(inputs, rows))
            parts.append(sound_vectors(answer, rows=len(numbers_of(rows)), who=self.who))
        try:
            whole = np.concatenate(parts)
        except ValueError as error:
            raise ModelError(
                f"{self.who}: the batches differ in the length of their vectors", hint="one length for all rows"
            ) from error
        return whole if order is None else whole[np.argsort(order)]

    @property
    def only_slices(self) -> bool:
        """Whether answering costs so little that no batch is worth keeping: the model would take all rows at once."""
        said = getattr(self.model, "batch_size", None)
        return self.spec.model.batch_size == "auto" and isinstance(said, int) and said > DEFAULT_BATCH

    def first(self, inputs: Any, order: Any, size: int) -> tuple[Predictions, int]:
        """The first batch's answers, and the batch size: halved until it fits, where the spec leaves it open."""
        while True:
            try:
                return self.batch(inputs, next(batches_of(len(inputs), size, order))), size
            except OutOfMemory as error:
                size = self._smaller(min(size, len(inputs)), error)
                logger.info("%s; trying %s rows", error.message, size)

    def grown(self, inputs: Any, order: Any, wanted: int) -> tuple[Predictions, int]:
        """The first batch in twice the size, and twice that, until it does not fit, where the model says that it pays.

        Never by a clock, whose answer differs from run to run. What did not fit before is not tried again.
        """
        first, size = self.first(inputs, order, wanted)
        most = min(self._largest_batch, len(inputs) // _MANY_BATCHES)
        while size >= wanted and size * 2 <= most:
            try:
                first = self.batch(inputs, next(batches_of(len(inputs), size * 2, order)))
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
        return whole_number("largest_batch", said, who=self.who)

    def _smaller(self, size: int, error: OutOfMemory) -> int:
        if size <= 1:
            hint = '[model] device = "cpu" has the memory of the machine'
            raise OutOfMemory(f"{self.who}: not even one row fits: {error.message}", hint=hint) from error
        if self.spec.model.batch_size != "auto":
            raise ModelError(
                f"{self.who}: batch_size = {self.spec.model.batch_size} is too large: {error.message}",
                hint=f'[model] batch_size = {size // 2}, or "auto", which tries smaller ones by itself',
            ) from error
        return size // 2

    def later(self, inputs: Any, rows: Rows, plan: BatchPlan, place: int, after: Rows | None) -> Predictions:
        """The answers to the rows of a batch of a plan, in the size that is fixed by now."""
        try:
            return self.batch(inputs, rows, after)
        except OutOfMemory as error:
            fitted = "a batch as large fitted before" if place else "the batch plan was made where it fitted"
            raise OutOfMemory(
                f"{self.who}: {error.message}; {fitted}",
                hint=f"free memory and run again: what was predicted is kept; "
                f"or [model] batch_size = {max(1, plan.batch_size // 2)}",
            ) from error

    def work(self, inputs: Any) -> Work | None:
        """How much each row asks of the model, where it says so."""
        with self.blaming("the model failed to tell its rows' sizes"):
            return work_of(self.model, inputs, who=self.who)

    def together(self, parts: list[Predictions]) -> Predictions:
        """Batches put together; what they do not agree on is an error that names the adapter."""
        kinds = list(dict.fromkeys(type(part).__name__ for part in parts))
        if len(kinds) > 1:
            raise ModelError(
                f"{self.who}: the batches differ in their type: {kinds[0]}, then {kinds[1]}",
                hint="an adapter answers every batch with the same prediction type",
            )
        try:
            return type(parts[0]).concat(parts)
        except ModelError as error:
            raise ModelError(f"{self.who}: {error.message}", hint=error.hint) from error
        except ValueError as error:
            raise ModelError(
                f"{self.who}: the batches differ in their columns: {error}",
                hint="an adapter answers every batch with as many columns",
            ) from error

    def size(self, inputs: Any) -> int:
        """How many rows are asked about at once, unless they do not fit: what the spec says, or else the model."""
        wanted = self.spec.model.batch_size
        if wanted != "auto":
            return max(1, int(wanted))
        said = getattr(self.model, "batch_size", None)
        size = DEFAULT_BATCH if said is None else whole_number("batch_size", said, who=self.who)
        # A long table is never whole in memory, not even for a model that would take all of it at once.
        return max(1, min(size, PIECE if isinstance(inputs, LongInputs) else size, len(inputs)))

    def batch(self, inputs: Any, rows: Rows, after: Rows | None = None) -> Predictions:
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
        read = sound_predictions if self.unsound is None else self.unsound.left_out
        sound = read(answer, rows=numbers, who=self.who)
        by_position = self.spec.model.adapter in WITHOUT_MODEL
        return in_order_of(self.spec.data.target, sound, who=self.who, by_position=by_position)

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
                f"{self.who}: {what}: {type(error).__name__}: {words_of(error)}",
                hint="run again with --debug for its traceback; batches that were predicted are kept",
            ) from error


def _some(numbers: Sequence[int], most: int = 5) -> str:
    """Rows that do not follow one another."""
    shown = ", ".join(map(str, numbers[:most]))
    return f"rows {shown}" if len(numbers) <= most else f"rows {shown} and {len(numbers) - most} more"
