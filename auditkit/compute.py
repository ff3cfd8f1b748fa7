"""The broker that runs the model: opened when first needed, in batches by a stored plan, its answers checked."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from auditkit.errors import AuditError, CrashError, ModelError, words_of
from auditkit.evidence import EvidenceStore, evidence_key
from auditkit.predictions import Predictions
from auditkit.result import BatchPlan
from auditkit.soundness import sound_predictions

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
    model_digest: str | None = None
    """What identifies a model that was given in memory; None: its files do, or the recorded predictions."""

    def __getstate__(self) -> dict[str, Any]:
        """The spec alone: a model stays in its process."""
        return {"spec": self.spec, "_host": None, "_dataset": None, "_model": None, "model_digest": self.model_digest}

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
            # With the task that the data tell, when the spec says none.
            spec = self.spec.model_copy(update={"task": self.dataset.task or self.spec.task})
            self._model = self.host.open_model(spec, target_classes=targets.vocabulary if targets else ())
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
        return self._together(parts)

    def predict(self, inputs: Any) -> Predictions:
        """Predict rows that are not a split's own, e.g. perturbed ones; in batches of the plan's size."""
        rows = len(inputs)
        size = self._batch_size(rows)
        slices = [slice(start, min(start + size, rows)) for start in range(0, max(rows, 1), size)]
        parts = [self._batch(inputs, part, first=place == 0) for place, part in enumerate(slices)]
        return self._together(parts)

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

    def _plan(self, split: Split) -> BatchPlan:
        size = self._batch_size(len(split))
        order = hashlib.sha256(f"as given:{len(split)}:{size}".encode()).hexdigest()
        return BatchPlan(split=split.name, rows=len(split), batch_size=size, digest=order)

    def _batch_size(self, rows: int) -> int:
        wanted = self.spec.model.batch_size
        if wanted != "auto":
            return max(1, int(wanted))
        said = getattr(self.model, "batch_size", None)
        said = DEFAULT_BATCH if said is None else said
        if isinstance(said, bool) or not isinstance(said, int | np.integer) or said < 1:
            raise ModelError(
                f"{self._who}: its model's batch_size is {said!r:.60}",
                hint="a whole number of rows, at least 1; or leave it out",
            )
        return max(1, min(int(said), rows))

    def _batch(self, inputs: Any, rows: slice, *, first: bool) -> Predictions:
        model = self.model
        try:
            answer = model.predict(take_inputs(inputs, rows))
        except AuditError:
            raise
        except (Exception, SystemExit) as error:
            logger.exception("the model failed")
            where = f"the model failed on rows {rows.start + 1} to {rows.stop}"
            raise CrashError(
                f"{self._who}: {where}: {type(error).__name__}: {words_of(error)}",
                hint="run again with --debug for its traceback; batches that were predicted are kept",
            ) from error
        sound = sound_predictions(answer, rows=rows.stop - rows.start, who=self._who, first_row=rows.start)
        if first:
            logger.info("predicted the first batch: %s", type(sound).__name__)
        return sound


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
