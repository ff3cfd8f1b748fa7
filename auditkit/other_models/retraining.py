"""Models that are trained anew, as the audited one was, on some of the training and audit rows: for shadow models."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from auditkit.batches import take_inputs
from auditkit.capabilities import Trainable
from auditkit.data.long_tables import LongInputs
from auditkit.dataset import Codes, Split
from auditkit.errors import NotApplicable
from auditkit.other_models.own_training import OwnTraining
from auditkit.predictions import Predictions

if TYPE_CHECKING:
    from auditkit.compute import Broker

P_co = TypeVar("P_co", bound=Predictions, covariant=True)


@dataclass(frozen=True)
class Retrained(Generic[P_co]):
    """What a model that was trained anew says of all rows, also of those that it was not taught."""

    training: P_co
    """[m]: of the training rows."""
    audit: P_co
    """[n]: of the audit rows."""


def retrained(broker: Broker, taught: npt.NDArray[np.bool_], seeds: Sequence[int]) -> Iterator[Retrained[Any]]:
    """One after another, what models say that were taught some rows; they are trained together where the model can.

    Args:
        broker: with the data and the audited model, which stays as it is.
        taught: [k, m + n], which of the m training rows and then the n audit rows each new model is taught.
        seeds: [k], from each of which a new model's random numbers come.

    Raises:
        NotApplicable: the model cannot be trained anew, or the table is too long to be held in memory.
    """
    model, pool = trainable(broker)
    for fresh in trained(broker, model, pool, taught, seeds):
        said = replace(broker, _model=fresh, listen=None).predict(pool.inputs)
        first = np.arange(len(broker.split("training")))
        yield Retrained(said.take(first), said.take(len(first) + np.arange(len(broker.split("audit")))))


def trainable(broker: Broker) -> tuple[Any, Split]:
    """What trains models: the spec's own function, or the opened model; and all rows that they may be taught.

    Raises:
        NotApplicable: the model cannot be trained anew, or the table is too long to be held in memory.
    """
    own = broker.spec.model.train is not None
    # The spec's own function goes before what the adapter can do, and needs no model to be opened.
    model: Any = None if own else broker.model_that(Trainable)  # type: ignore[type-abstract]  # what is asked for
    training, audit = broker.split("training"), broker.split("audit")
    if isinstance(training.inputs, LongInputs) or isinstance(audit.inputs, LongInputs):
        raise NotApplicable("the table is too long to train on in memory")
    pool = pooled(training, audit)
    if own:
        with broker.blaming("the function that trains it could not be had"):
            model = OwnTraining.of(broker, pool)
    return model, pool


def trained(
    broker: Broker, model: Any, pool: Split, taught: npt.NDArray[np.bool_], seeds: Sequence[int]
) -> Iterable[Any]:
    """The new models, of which nothing is asked yet; the arguments are those of `trainable` and `retrained`."""
    many = getattr(model, "fit_many", None)
    if callable(many):
        with broker.blaming("the model failed to be trained anew, several at once"):
            yield from many(pool, taught, seeds)
        return
    for rows, seed in zip(taught, seeds, strict=True):
        with broker.blaming("the model failed to be trained anew"):
            fresh = model.fit(chosen(pool, np.flatnonzero(rows)), np.random.default_rng(seed))
        yield fresh


def pooled(training: Split, audit: Split) -> Split:
    """Both splits' rows with what is true of them, the training rows first; of whom they are is left out."""
    return Split(
        name="training",
        inputs=_joined_inputs(training.inputs, audit.inputs),
        targets=_joined_codes(training.targets, audit.targets),
        label_targets=_joined(training.label_targets, audit.label_targets),
        groups={},
        units=None,
        weights=None,
        digest="",
        truth=None if training.truth is None or audit.truth is None else _concat(training.truth, audit.truth),
        truth_known=_joined(training.truth_known, audit.truth_known),
    )


def chosen(split: Split, rows: npt.NDArray[np.integer]) -> Split:
    """Some rows of a split, in the order given, with what is true of them."""
    return replace(
        split,
        inputs=take_inputs(split.inputs, rows),
        targets=None if split.targets is None else split.targets.take(rows),
        label_targets=None if split.label_targets is None else split.label_targets[rows],
        groups={},
        units=None,
        weights=None,
        truth=None if split.truth is None else split.truth.take(rows),
        truth_known=None if split.truth_known is None else split.truth_known[rows],
    )


def _joined_inputs(first: Any, second: Any) -> Any:
    if hasattr(first, "iloc"):
        import pandas as pd

        return pd.concat([first, second], ignore_index=True)
    return np.concatenate([first, second]) if isinstance(first, np.ndarray) else [*first, *second]


def _joined_codes(first: Codes | None, second: Codes | None) -> Codes | None:
    if first is None or second is None:
        return None
    names = tuple(dict.fromkeys((*first.vocabulary, *second.vocabulary)))
    place = {name: index for index, name in enumerate(names)}
    tables = [np.array([*(place[name] for name in one.vocabulary), -1]) for one in (first, second)]
    codes = [table[one.codes] for table, one in zip(tables, (first, second), strict=True)]
    return Codes(np.concatenate(codes), names)


def _joined(first: Any, second: Any) -> Any:
    return None if first is None or second is None else np.concatenate([first, second])


def _concat(first: Predictions, second: Predictions) -> Predictions:
    return type(first).concat([first, second])
