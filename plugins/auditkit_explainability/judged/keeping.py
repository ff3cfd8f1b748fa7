"""How far a method's attributions move beside neighbours of a row, and beside the same model with random parameters."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit_explainability.attributing import has_gradients, targets_of
from auditkit_explainability.attributing.gradients import Method, climbed, integrated
from auditkit_explainability.attributing.methods import INTEGRATED, climbs_by
from auditkit_explainability.attributing.stepping import STEPS
from auditkit_explainability.judged.agreeing import rank_correlation
from auditkit_explainability.judged.moving import Moved, moved, refuse_texts
from auditkit_explainability.judged.nearby import Entropies, Neighbour, Ranges
from auditkit_explainability.judged.qualities import BY_CHANCE, OWN, values_of
from auditkit_explainability.judged.removing import dealt
from auditkit_explainability.judged.shape import entropy_rise
from auditkit_explainability.judged.steadiness import max_sensitivity, relative_stability
from auditkit_explainability.judged.taking import Taking

Floats = npt.NDArray[np.floating]

SENSITIVITY, INPUT_STABILITY, OUTPUT_STABILITY = MOVES = (
    "max-sensitivity", "relative input stability", "relative output stability"
)  # fmt: skip
RISE, CORRELATION = RANDOMISED = ("entropy's rise", "rank correlation")


def steadiness(case: Case[Any], *, test: str, side: str, method: str, named: bool, effort: dict[str, Any]) -> Floats:
    """[n]: what a test makes of a method's attributions of neighbours, or of random ones of the same numbers.

    Args:
        case: the rows.
        test: one of `MOVES`.
        side: `OWN`, or `BY_CHANCE`.
        method: one by gradients, or one that asks.
        named: whether somebody asked for this method; else it is NaN where it is not one that suits the model.
        effort: `neighbours` of each row, within which `radius`, and the `column` of the texts.
    """
    found = case.compute(moves, method=method, named=named, effort=effort)
    return np.asarray(found[side][MOVES.index(test)], dtype=np.float64)


def moves(case: Case[Any], *, method: str, named: bool, effort: dict[str, Any]) -> dict[str, Floats]:
    """`own` and `by chance`, [tests, n] each; NaN where the model has no such method, or a row one piece alone."""
    taking, count = Taking.of(case, effort["column"]), effort["neighbours"]
    found = {side: np.full((len(MOVES), len(case)), np.nan) for side in (OWN, BY_CHANCE)}
    climbs = climbs_by(method)
    if climbs is None and not named and has_gradients(case):
        # Whoever has gradients has neighbours of which they tell more, at less.
        return found
    if climbs is None:
        refuse_texts(taking.asker.pieces)
    values = values_of(case, method, named=named, column=effort["column"])
    if values is None:
        return found
    near = _climbed(case, taking, climbs, effort) if climbs is not None else _asked(taking, method, effort)
    others, inputs, outputs, same = (
        np.array([getattr(one, name) for one in near]) for name in ("by_piece", "input_moved", "output_moved", "same")
    )
    for row in taking.told_of(values):
        if not inputs[:, row].any():
            continue  # nothing of the row moves: it has no neighbours
        own = values.of(row)
        theirs = np.array([one[row, : len(own)] for one in others])
        by_lot = np.array([dealt(own, order) for order in taking.orders(row, count)])
        for side, attributed in ((OWN, theirs), (BY_CHANCE, by_lot)):
            found[side][:, row] = (
                max_sensitivity(own, attributed),
                relative_stability(own, attributed, inputs[:, row], same[:, row]),
                relative_stability(own, attributed, outputs[:, row], same[:, row]),
            )
    return found


def _climbed(case: Case[Any], taking: Taking, climbs: Method, effort: dict[str, Any]) -> list[Moved]:
    """So many neighbours of each row, in the form in which gradients are taken."""
    targets, draws, reach, found = targets_of(case, case.predictions), _draws(taking), None, []
    if taking.asker.pieces.kind == "columns":
        ranges = Ranges()
        climbed(case, taking.asker.pieces, targets, ranges)
        reach = ranges.reach
    for _ in range(effort["neighbours"]):
        # The draws go on from one neighbour to the next.
        one = Neighbour(climbs, case.predictions, draws, effort["radius"], reach)
        values = climbed(case, taking.asker.pieces, targets, one).by_piece
        distances = (np.array(numbers) for numbers in (one.input_moved, one.output_moved, one.same))
        found.append(Moved(values, *distances))
    return found


def _asked(taking: Taking, method: str, effort: dict[str, Any]) -> list[Moved]:
    """The same, in the form in which any model is given its rows."""
    case, draws = taking.case, _draws(taking)
    # As the row's own attributions draw their coalitions.
    names = [f"{method} 0 {name}" for name in taking.names]
    return [
        moved(taking.asker, method, draws, [case.rng(name) for name in names], effort["radius"])
        for _ in range(effort["neighbours"])
    ]


def _draws(taking: Taking) -> list[np.random.Generator]:
    return [taking.rng(row, "neighbours") for row in range(len(taking.case))]


def likeness(case: Case[Any], *, test: str, draw: int, method: str, named: bool, effort: dict[str, Any]) -> Floats:
    """[n]: how a method's attributions differ from those of the model with random parameters.

    Args:
        case: the rows.
        test: one of `RANDOMISED`.
        draw: which of the random models.
        method: one by gradients.
        named: whether somebody asked for this method; else it is NaN where it is not one that suits the model.
        effort: `randomisations`, and the `column` of the texts.
    """
    found = case.compute(randomised, method=method, named=named, effort=effort)
    return np.asarray(found[RANDOMISED.index(test)][draw], dtype=np.float64)


def randomised(case: Case[Any], *, method: str, named: bool, effort: dict[str, Any]) -> Floats:
    """[2, draws, n]: the rise of the entropy, and the rank correlation of the attributions' sizes."""
    taking, draws = Taking.of(case, effort["column"]), effort["randomisations"]
    found = np.full((len(RANDOMISED), draws, len(case)), np.nan)
    values = values_of(case, method, named=named, column=effort["column"])
    if values is None:
        return found
    # In as many steps for all models: outputs that hardly move never add up, and only evenness and order count here.
    climbs = partial(integrated, ladder=STEPS[:1]) if method == INTEGRATED else climbs_by(method)
    assert climbs is not None  # noqa: S101  of no other method
    targets, own = targets_of(case, case.predictions), Entropies(climbs)
    climbed(case, taking.asker.pieces, targets, own)
    for draw in range(draws):
        one = Entropies(climbs, int(case.rng(f"parameters {draw}").integers(2**62)))
        theirs = climbed(case, taking.asker.pieces, targets, one).by_piece
        found[0, draw] = [entropy_rise(*pair) for pair in zip(own.found, one.found, strict=True)]
        for row in taking.told_of(values):
            mine = values.of(row)
            found[1, draw, row] = rank_correlation(np.abs(mine), np.abs(theirs[row, : len(mine)]))
    return found
