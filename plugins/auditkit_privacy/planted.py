"""The cases whose answer is known: a model that is surer of its training rows than of others, and one that is not."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, not_above, toy_case, with_splits

Factory = Callable[[np.random.Generator], Case[Any]]

ROWS = 200


def remembers(shift: float, *, rows: int = ROWS) -> Factory:
    """The log odds of the true class are higher by `shift` standard deviations for rows of the training."""
    return partial(_case, shift=shift, rows=rows)


def _case(_: np.random.Generator, *, shift: float, rows: int) -> Case[Any]:
    training = _side(rows, shift, "in")
    return with_splits(_side(rows, 0.0, "out"), training=training)


def _side(rows: int, shift: float, side: str) -> Case[Any]:
    """The same odds on both sides but for the shift, and inputs that have nothing to do with either."""
    import pandas as pd
    from scipy import special

    rng = np.random.default_rng([rows, side == "in"])
    odds = special.ndtri((np.arange(rows) + 0.5) / rows)[rng.permutation(rows)] + shift
    true = special.expit(odds + 1)
    second = rng.permutation(rows) % 2 == 0
    yes = np.where(second, true, 1 - true)
    # Between each two neighbours of one side stands one of the other, so that the inputs tell nobody apart.
    between = np.random.default_rng(rows)
    places = 2 * np.arange(rows) + (side == "in")
    inputs = pd.DataFrame({name: 100.0 + places[between.permutation(rows)] for name in ("first", "second", "third")})
    targets = np.where(second, "yes", "no").tolist()
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), targets, positive="yes", inputs=inputs)


CONTROLS = (
    planted("a model that is surer of the rows that it was trained on", remembers(1.0), above("membership_auc", 0.6)),
    clean("a model that is as sure of others", remembers(0.0), not_above("membership_auc", 0.53)),
)
