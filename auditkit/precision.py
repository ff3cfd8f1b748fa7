"""What a lower precision does to a model's predictions: a sample of rows is run in it and in float32, and compared."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.batches import take_inputs
from auditkit.document import Text
from auditkit.errors import ModelError
from auditkit.predictions import ClassScores, Floats, LabelScores, Predictions, Rankings, Texts, TokenLabels, Values
from auditkit.result import Computing, PrecisionEffect

if TYPE_CHECKING:
    from auditkit.case import Case
    from auditkit.compute import Broker

SAMPLE = 256
"""Rows that are run twice: enough to see what rounding does, and seconds of most models."""


def measure_effect(case: Case[Any], precision: str) -> PrecisionEffect:
    """Run a sample of the audit rows, drawn by the audit's seed, in the model's precision and in float32.

    Both are run in the same batches, so that nothing but the precision differs.

    Args:
        case: the audit split.
        precision: the model's, for messages.

    Raises:
        ModelError: the model does not say how it computes in float32.
        AuditError: it cannot predict the sample.
    """
    broker: Broker = case.broker
    if not callable(getattr(broker.model, "in_float32", None)):
        raise ModelError(
            f"adapter '{broker.spec.model.adapter}': its model computes in {precision}, and not in float32 too",
            hint="it has in_float32(), which returns the same model computing in float32",
        )
    split = broker.split("audit")
    drawn = np.random.default_rng(case.settings.seed).permutation(len(split))[:SAMPLE]
    inputs = take_inputs(split.inputs, np.sort(drawn))
    whole = dataclasses.replace(broker, _model=broker.model.in_float32())
    # float32 takes the most memory: the batch that it fits into is the one of both.
    size = _at_once(broker, len(drawn))
    low, exact = (one.predict(inputs, batch_size=size) for one in (broker, whole))
    return compare(low, exact, of=len(split), threshold=case.settings.threshold, positive=case.settings.positive)


def _at_once(broker: Broker, rows: int) -> int:
    said = broker.spec.model.batch_size
    size = getattr(broker.model, "batch_size", rows) if said == "auto" else said
    return max(1, min(int(size), rows))


def compare(
    low: Predictions, exact: Predictions, *, of: int, threshold: float | None = None, positive: tuple[str, ...] = ()
) -> PrecisionEffect:
    """How two predictions of the same rows differ: in their scores, and in what they decide.

    Args:
        low: in the lower precision.
        exact: in float32.
        of: rows of the audit split.
        threshold: of the spec, from which a score decides.
        positive: the classes that count as selected.
    """
    apart = np.abs(_numbers(low, exact) - _numbers(exact, low))
    return PrecisionEffect(
        rows=len(exact),
        of=of,
        largest=float(apart.max()) if apart.size else None,
        mean=float(apart.mean()) if apart.size else None,
        changed=_changed(low, exact, threshold, positive),
    )


def _numbers(one: Predictions, other: Predictions) -> Floats:
    """The scores or values of one; of entities those that the other has too; of rankings and texts none."""
    if isinstance(one, ClassScores | LabelScores):
        return np.asarray(one.scores, dtype=np.float64)
    if isinstance(one, Values):
        parts = [one.values[:, None]]
        parts += [] if one.spread is None else [one.spread[:, None]]
        parts += [] if one.quantiles is None else [one.quantiles]
        return np.concatenate(parts, axis=1, dtype=np.float64)
    if isinstance(one, TokenLabels) and isinstance(other, TokenLabels):
        rows = zip(_entities(one), _entities(other), strict=True)
        return np.array([mine[name] for mine, theirs in rows for name in mine if name in theirs], dtype=np.float64)
    return np.zeros(0)


def _entities(predictions: TokenLabels) -> list[dict[tuple[int, int, str], float]]:
    """For each row its entities, in order, each with its score."""
    return [{(start, end, label): score for start, end, label, score in sorted(row)} for row in predictions.spans]


def _changed(low: Predictions, exact: Predictions, threshold: float | None, positive: tuple[str, ...]) -> int | None:
    """Rows that are decided otherwise; None: nothing is decided."""
    if isinstance(low, ClassScores) and isinstance(exact, ClassScores):
        chosen = positive[0] if len(positive) == 1 else None
        return int(np.count_nonzero(low.decide(chosen, threshold) != exact.decide(chosen, threshold)))
    if isinstance(low, LabelScores) and isinstance(exact, LabelScores):
        bound = 0.5 if threshold is None else threshold
        return int(np.count_nonzero(((low.scores >= bound) != (exact.scores >= bound)).any(axis=1)))
    if isinstance(low, TokenLabels) and isinstance(exact, TokenLabels):
        return sum(one.keys() != other.keys() for one, other in zip(_entities(low), _entities(exact), strict=True))
    if isinstance(low, Rankings) and isinstance(exact, Rankings):
        return int(np.count_nonzero((low.items != exact.items).any(axis=1)))
    if isinstance(low, Texts) and isinstance(exact, Texts):
        return sum(one != other for one, other in zip(low.texts, exact.texts, strict=True))
    return None


def precision_note(computing: Computing | None) -> tuple[Text, ...]:
    """What the report says of predictions that were computed in a lower precision."""
    effect = None if computing is None else computing.effect
    if computing is None or effect is None:
        return ()
    said = "the model was run in {precision}, and {rows} of {of} audit rows in float32 too"
    about: dict[str, Any] = {"precision": computing.precision, "rows": effect.rows, "of": effect.of}
    if effect.largest is not None and effect.mean is not None:
        said += ": its numbers differ by at most {largest}, {mean} on average"
        about |= {"largest": f"{effect.largest:.2g}", "mean": f"{effect.mean:.2g}"}
    if effect.changed is not None:
        said += "; rows decided otherwise: {changed}"
        about |= {"changed": effect.changed}
    return (Text.of(said, **about),)
