"""`robustness.consistency`: the same rows asked again: as they were, in another order, in batches of other sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, ClassScores, LabelScores, Measurement, Quote, Table, Text, Values, check
from auditkit.perturbation import DECIDING, Answers, Question, Rows, flipped, moved, sampled, taken
from auditkit_robustness.cards_behaviour import REPEATED
from auditkit_robustness.planted_consistency import CONSISTENCY_CONTROLS

DECISIONS, SCORES = "inconsistent_decision_rate", "inconsistent_score_rate"
AGAIN, BACKWARDS = "as they were", "in another order"
Floats = npt.NDArray[np.floating]


def accept_sizes(**options: Any) -> None:
    """Refuse batches of no row, no rows, and a tolerance that is none.

    Raises:
        AuditError: which it is.
    """
    bad = [size for size in options.get("batch_sizes", ()) if size < 1]
    if bad:
        raise AuditError(f"option 'batch_sizes' holds {bad[0]}", hint="rows asked together, e.g. [1, 16]")
    if options.get("most_rows", 1) < 1:
        raise AuditError(f"option 'most_rows' is {options['most_rows']}", hint="at least 1 row")
    if not options.get("tolerance", 0.0) >= 0:
        raise AuditError(f"option 'tolerance' is {options['tolerance']:g}", hint="e.g. 0.001")


@check(
    "robustness.consistency",
    on=(ClassScores, LabelScores, Values),
    metrics=REPEATED,
    accepts=accept_sizes,
    controls=CONSISTENCY_CONTROLS,
)
def consistency(
    case: Case[Answers], *, most_rows: int = 100, batch_sizes: tuple[int, ...] = (1, 16), tolerance: float = 0.001
) -> Iterator[Measurement | Table]:
    """Whether the same row gets the same answer when it is asked again.

    At most `most_rows` rows, drawn at random, are asked again: as they were, in another order, and in batches of
    `batch_sizes`; each answer is held against the audit's own. Whatever a row is asked beside, and whenever, the
    decision should be the same, and the score too, up to `tolerance`: numbers in standard deviations of the
    predictions. Dropout that was left on, answers drawn at random and padding that is not masked do otherwise. An
    answer that is none, such as a missing number, is another than the audit's.
    """
    case = sampled(case, most_rows)
    ways = [_Way.of(case, name, size) for name, size in _ways(batch_sizes)]
    rows = Rows.of(case)
    limit = tolerance * _spread(case)
    decides = isinstance(case.predictions, DECIDING)
    for question in _questions(ways, limit, decides=decides):
        yield question.overall(rows)
        yield from question.by_group(case, rows)
    for way in ways:
        if decides:
            yield rows.share(way.flips).measurement(DECISIONS, rows.level, conditions=way.conditions)
        unsteady = np.asarray(way.moved > limit, dtype=float)
        yield rows.share(unsteady).measurement(SCORES, rows.level, conditions=way.conditions)
    yield _table(ways, _spread(case), decides=decides)


def _ways(batch_sizes: Sequence[int]) -> Iterator[tuple[str, int | None]]:
    yield AGAIN, None
    yield BACKWARDS, None
    for size in dict.fromkeys(batch_sizes):
        yield ("one at a time" if size == 1 else f"{size} at a time"), size


@dataclass(frozen=True)
class _Way:
    """One way of asking again, with what came of it."""

    name: str
    flips: Floats
    """[n]: 1 where the decision is another one than the audit's; all 0 of numbers."""
    moved: Floats
    """[n]: how far the score is from the audit's."""

    @classmethod
    def of(cls, case: Case[Any], name: str, size: int | None) -> _Way:
        """Ask; a number a row is kept, for a replay has no rows to ask about."""
        flips = case.compute(flips_of, way=name, size=size) if isinstance(case.predictions, DECIDING) else None
        shift = np.asarray(case.compute(moves_of, way=name, size=size), dtype=float)
        return cls(name, np.zeros(len(shift)) if flips is None else np.asarray(flips, dtype=float), shift)

    @property
    def conditions(self) -> dict[str, str]:
        """What names its measurements."""
        return {"asked": self.name}


def flips_of(case: Case[Any], *, way: str, size: int | None) -> npt.NDArray[np.bool_]:
    """[n]: whether the decision is another one than the audit's."""
    return np.asarray(case.compute(asked_again, way=way, size=size)["flips"])


def moves_of(case: Case[Any], *, way: str, size: int | None) -> npt.NDArray[np.float64]:
    """[n]: how far the score is from the audit's."""
    return np.asarray(case.compute(asked_again, way=way, size=size)["moved"])


def asked_again(case: Case[Any], *, way: str, size: int | None) -> dict[str, npt.NDArray[Any]]:
    """`flips` and `moved`, [n] each, of the rows asked once more."""
    order = np.arange(len(case), dtype=np.int64)
    if way == BACKWARDS:
        order = order[::-1].copy()
    found = case.predict_sound(taken(case.inputs, order), {"asked": way}, batch_size=size)
    rows, said = order[found.rows], found.predictions
    before, decides = case.predictions.take(rows), isinstance(said, DECIDING)
    # An answer that is none is another than the audit's, and as far from it as can be.
    flips, shift = np.full(len(order), decides), np.full(len(order), np.inf)
    shift[rows] = moved(before, said)
    if isinstance(said, DECIDING):
        flips[rows] = flipped(case, before, said)
    return {"flips": flips, "moved": shift}


def _spread(case: Case[Any]) -> float:
    """Of numbers their standard deviation, so that one tolerance serves all models."""
    if not isinstance(case.predictions, Values):
        return 1.0
    return float(np.std(np.asarray(case.predictions.values, dtype=float))) or 1.0


def _questions(ways: Sequence[_Way], limit: float, *, decides: bool) -> Iterator[Question]:
    """Whether any way gave another answer, of all rows and by group."""
    if decides:
        any_flip = np.max([way.flips for way in ways], axis=0)
        yield Question(DECISIONS, f"{DECISIONS}_difference", any_flip, Rows.share, is_dealt=True)
    any_move = np.asarray(np.max([way.moved for way in ways], axis=0) > limit, dtype=float)
    yield Question(SCORES, f"{SCORES}_difference", any_move, Rows.share, is_dealt=True)


def _table(ways: Sequence[_Way], spread: float, *, decides: bool) -> Table:
    columns = ["asked again", "rows", *(["decisions that differ"] if decides else [])]
    columns += ["scores that move", "largest move"]
    rows = []
    for way in ways:
        shown = [Quote(metric=SCORES, conditions=way.conditions, shows="n")]
        shown += [Quote(metric=DECISIONS, conditions=way.conditions)] if decides else []
        shown += [Quote(metric=SCORES, conditions=way.conditions)]
        furthest = float(f"{way.moved.max() / spread:.3g}")
        rows.append((way.name, *shown, furthest if np.isfinite(furthest) else Text.of("an answer that is none")))
    title = Text.of("The same rows asked again, against the audit's own answers")
    return Table(title=title, columns=tuple(map(Text.of, columns)), rows=tuple(rows), prominent=True)
