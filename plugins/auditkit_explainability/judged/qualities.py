"""What five tests make of a method's attributions, and of the same numbers dealt at random, a row each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable
from auditkit_explainability.attributing import GRADIENT, INTEGRATED, attributions, climbs_by, methods_of
from auditkit_explainability.judged.accounting import unaccounted
from auditkit_explainability.judged.removing import (
    CURVE,
    SHARES,
    area,
    comprehensiveness,
    dealt,
    order_of,
    sufficiency,
)
from auditkit_explainability.judged.taking import Taking

Floats = npt.NDArray[np.floating]

DELETION, INSERTION, COMPREHENSIVENESS, SUFFICIENCY, INFIDELITY = TESTS = (
    "deletion", "insertion", "comprehensiveness", "sufficiency", "infidelity"
)  # fmt: skip
MORE_IS_BETTER = (INSERTION, COMPREHENSIVENESS)
OWN, BY_CHANCE = "own", "by chance"


def quality(case: Case[Any], *, test: str, side: str, method: str, named: bool, effort: dict[str, Any]) -> Floats:
    """[n]: what a test makes of a method's attributions, or of the same numbers dealt at random.

    Args:
        case: the rows.
        test: one of `TESTS`.
        side: `OWN`, or `BY_CHANCE`: the mean over random attributions of the row.
        method: of `attributing`.
        named: whether somebody asked for this method; else it is NaN where it is not one that suits the model.
        effort: `orders` by chance, `draws` of handfuls of pieces, and the `column` of the texts.
    """
    found = case.compute(qualities, method=method, named=named, effort=effort)
    return np.asarray(found[side][TESTS.index(test)], dtype=np.float64)


def qualities(case: Case[Any], *, method: str, named: bool, effort: dict[str, Any]) -> dict[str, Floats]:
    """`own` and `by chance`, [tests, n] each; NaN where the model does not have the method, or a row one piece alone.

    Raises:
        NotApplicable: the rows have no pieces, or the method that was asked for is none for the model.
    """
    taking = Taking.of(case, effort["column"])
    found = {side: np.full((len(TESTS), len(case)), np.nan) for side in (OWN, BY_CHANCE)}
    values = values_of(case, method, named=named, column=effort["column"])
    if values is None:
        return found
    chance = case.compute(by_chance, effort=effort)
    rows = taking.told_of(values)
    gone, kept = taking.curves([(row, order_of(values.of(row), taking.rng(row, "ties"))) for row in rows])
    for place, row in enumerate(rows):
        if not _is_answered(chance, row, gone[place], kept[place]):
            continue
        ends = float(chance["whole"][row]), float(chance["nothing"][row])
        orders = taking.orders(row, effort["orders"])
        others = zip(chance["gone"][row], chance["kept"][row], strict=True)
        found[OWN][:4, row] = _of_curves(*ends, gone[place], kept[place])
        found[BY_CHANCE][:4, row] = np.mean([_of_curves(*ends, *pair) for pair in others], axis=0)
        taken, changes = taking.handfuls(row, effort["draws"]).astype(float), chance["changes"][row]
        told = np.array([dealt(values.of(row), order) for order in orders]) @ taken.T
        found[OWN][4, row] = unaccounted(taken @ values.of(row), changes)
        found[BY_CHANCE][4, row] = unaccounted(told, np.broadcast_to(changes, told.shape)).mean()
    return found


def _is_answered(chance: Mapping[str, Floats], row: int, *curves: Floats) -> bool:
    """Whether there was an answer to each question about a row."""
    asked = (*(chance[name][row] for name in ("whole", "nothing", "gone", "kept", "changes")), *curves)
    return all(bool(np.isfinite(one).all()) for one in asked)


def unanswered(case: Case[Any], *, method: str, named: bool, effort: dict[str, Any]) -> npt.NDArray[np.bool_]:
    """[n]: whether a row is left out of a method's tests because an answer was none once pieces were taken out."""
    if values_of(case, method, named=named, column=effort["column"]) is None:
        return np.zeros(len(case), dtype=bool)
    has_pieces = np.isin(np.arange(len(case)), Taking.of(case, effort["column"]).rows)
    found = case.compute(qualities, method=method, named=named, effort=effort)
    return np.asarray(has_pieces & np.isnan(found[OWN][0]))


def values_of(case: Case[Any], method: str, *, named: bool, column: str) -> Any:
    """Attributions of a case's rows; None where a method that nobody named does not suit the model.

    Raises:
        NotApplicable: the method was asked for, or needs nothing but answers, and there is none all the same.
    """
    if not named and method not in suiting(case):
        return None
    try:
        return attributions(case, method, column=column)
    except NotApplicable:
        # Others may do for a model whose gradients cannot be had of these rows.
        if climbs_by(method) is not None and not named:
            return None
        raise


def suiting(case: Case[Any]) -> tuple[str, ...]:
    """The methods that suit a case's model, and the least of them, which the others are to do better than."""
    own = methods_of(case)
    return (*own, GRADIENT) if INTEGRATED in own else own


def by_chance(case: Case[Any], *, effort: dict[str, Any]) -> dict[str, Floats]:
    """What every method is compared with, asked once.

    `whole` and `nothing` [n], the score of the row as it is and with everything taken out; `gone` and `kept`
    [n, orders, shares], of orders by chance; `changes` [n, draws], how far the target falls without some pieces.
    """
    taking, orders, draws = Taking.of(case, effort["column"]), effort["orders"], effort["draws"]
    rows, shape = taking.rows, (len(case), orders, len(CURVE))
    found: dict[str, Any] = {"gone": np.full(shape, np.nan), "kept": np.full(shape, np.nan)}
    scores = taking.curves([(row, order) for row in rows for order in taking.orders(row, orders)])
    for name, of in zip(("gone", "kept"), scores, strict=True):
        found[name][rows] = of.reshape(len(rows), orders, len(CURVE))
    found["whole"], found["nothing"] = taking.whole(), taking.nothing()
    some = taking.scores([(row, flags) for row in rows for flags in taking.handfuls(row, draws)])
    whole = taking.attributed(found["whole"][rows])[:, None]
    found["changes"] = np.full((len(case), draws), np.nan)
    found["changes"][rows] = whole - taking.attributed(some).reshape(len(rows), draws)
    return found


def _of_curves(whole: float, nothing: float, gone: Floats, kept: Floats) -> list[float]:
    """The first four tests, of one order."""
    shares, at = (0.0, *CURVE, 1.0), [CURVE.index(share) for share in SHARES]
    return [
        area(shares, np.array([whole, *gone, nothing])),
        area(shares, np.array([nothing, *kept, whole])),
        comprehensiveness(whole, gone[at]),
        sufficiency(whole, kept[at]),
    ]
