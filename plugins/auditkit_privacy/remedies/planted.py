"""The cases whose answer is known: a leak in digits that rounding takes away, and one that rounding keeps."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, below, every, near, toy_case, with_splits
from auditkit_privacy.reach.exposure import AUC
from auditkit_privacy.remedies.handing import AS_IT_IS
from auditkit_privacy.remedies.telling import CHANGE

_ROWS = 120


def in_the_fourth_decimal(_: np.random.Generator) -> Case[Any]:
    """Every row has 0.75 for its true class or 0.25, and every member some ten-thousandths more."""
    return with_splits(_side(0.0, "out"), training=_side(0.0004, "in"))


def in_the_first_decimal(_: np.random.Generator) -> Case[Any]:
    """The same, with a tenth more: rounding keeps all of it."""
    return with_splits(_side(0.0, "out"), training=_side(0.1, "in"))


def _side(more: float, side: str) -> Case[Any]:
    import pandas as pd

    rng = np.random.default_rng([_ROWS, side == "in"])
    true = np.where(rng.permutation(_ROWS) % 4 == 0, 0.3, 0.7) + more
    second = rng.permutation(_ROWS) % 2 == 0
    yes = np.where(second, true, 1 - true)
    # Between each two neighbours of one side stands one of the other, so that the inputs tell nobody apart.
    between = np.random.default_rng(_ROWS)
    places = 2 * np.arange(_ROWS) + (side == "in")
    inputs = pd.DataFrame({name: 100.0 + places[between.permutation(_ROWS)] for name in ("first", "second", "third")})
    targets = np.where(second, "yes", "no").tolist()
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), targets, positive="yes", inputs=inputs)


def _remedy(name: str) -> dict[str, str]:
    return {"remedy": name}


CONTROLS = (
    planted(
        "a model that gives its members away in the fourth decimal",
        in_the_fourth_decimal,
        every(
            above(AUC, 0.6, conditions=_remedy(AS_IT_IS)),
            near(AUC, 0.5, 0.06, conditions=_remedy("2 decimals")),
            below(CHANGE, 0.0, conditions=_remedy("2 decimals")),
        ),
    ),
    clean(
        "a model whose rounded answers tell as much as the others",
        in_the_first_decimal,
        every(
            above(AUC, 0.6, conditions=_remedy("2 decimals")),
            near(CHANGE, 0.0, conditions=_remedy("2 decimals")),
        ),
    ),
)
