"""Whether two methods say the same of each row, and what shape a method's attributions have."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit_explainability.judged.agreeing import (
    chance_of_signs,
    feature_agreement,
    rank_agreement,
    rank_correlation,
    sign_agreement,
    top,
)
from auditkit_explainability.judged.qualities import values_of
from auditkit_explainability.judged.shape import complexity, sparseness
from auditkit_explainability.judged.taking import Taking

Floats = npt.NDArray[np.floating]

AGREE = ("features", "ranks", "signs", "correlation")
SHAPES = {"sparseness": sparseness, "complexity": complexity}


def agreement(case: Case[Any], *, test: str, methods: list[str], named: bool, effort: dict[str, Any]) -> Floats:
    """[n]: how far two methods agree, less what chance gives; NaN where the model has not both.

    Args:
        case: the rows.
        test: one of `AGREE`.
        methods: two of them.
        named: whether somebody asked for them; else they are NaN where they are not among those that suit the model.
        effort: how many pieces are at the `top`, and the `column` of the texts.
    """
    found = case.compute(agreements, methods=methods, named=named, effort=effort)
    return np.asarray(found[AGREE.index(test)], dtype=np.float64)


def agreements(case: Case[Any], *, methods: list[str], named: bool, effort: dict[str, Any]) -> Floats:
    """[tests, n], see `agreement`."""
    taking, found = Taking.of(case, effort["column"]), np.full((len(AGREE), len(case)), np.nan)
    one, other = (values_of(case, method, named=named, column=effort["column"]) for method in methods)
    if one is None or other is None:
        return found
    for row in taking.told_of(one, other):
        first, second = one.of(row), other.of(row)
        if not (first.any() and second.any()):
            continue  # what attributes nothing names no piece, on which another could agree
        pieces = len(first)
        count, ties = min(effort["top"], max(1, pieces // 2)), taking.rng(row, "ties").random(pieces)
        tops = top(first, count, ties), top(second, count, ties)
        found[:, row] = (
            feature_agreement(*tops) - count / pieces,
            rank_agreement(*tops) - 1 / pieces,
            sign_agreement(first, second, *tops) - chance_of_signs(first, second, *tops),
            rank_correlation(first, second),
        )
    return found


def shape(case: Case[Any], *, test: str, method: str, named: bool, column: str) -> Floats:
    """[n]: the sparseness or the complexity of a method's attributions; NaN where the model does not have it."""
    taking, found = Taking.of(case, column), np.full(len(case), np.nan)
    values = values_of(case, method, named=named, column=column)
    if values is not None:
        for row in taking.told_of(values):
            found[row] = SHAPES[test](values.of(row))
    return found
