"""Planted defects and clean twins of predictions that are no classes: numbers, rankings, entities, several labels.

As in `defects`, each returns a factory for `planted` and `clean`, and nothing in its cases is drawn.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from auditkit.case import Case
from auditkit.predictions import LabelScores, Rankings, TokenLabels, Values
from auditkit.testing.cases import toy_case
from auditkit.testing.defects import ROWS, Factory

LABELS = ("fever", "cough")
_USERS, _LISTED = 200, 10


def numbers_off(by: float = 0.0, *, rows: int = ROWS) -> Factory:
    """Predicted numbers that are too high by this much on average; each is 3 above or below that."""
    return partial(_numbers, by=by, rows=rows)


def group_misjudged(by: float = 2.0, *, times: float = 1.0, rows: int = ROWS) -> Factory:
    """Numbers of two groups with the same targets, each 3 above or below the truth; B's are lower by `by`.

    Of B the errors are `times` as large. The model gives an interval that is 3.5 wide on either side.
    """
    return partial(_misjudged, by=by, times=times, rows=rows)


def wanted_last(*, users: int = _USERS) -> Factory:
    """Lists of ten whose last two items are what each user went for."""
    return partial(_lists, places=slice(-2, None), users=users)


def wanted_first(*, users: int = _USERS) -> Factory:
    """Lists of ten whose first two items are what each user went for."""
    return partial(_lists, places=slice(0, 2), users=users)


def entities_missed(label: str | None = None, *, rows: int = 300) -> Factory:
    """A DRUG and a DOSE in each row, of which nine in ten are found; of one label none, when it is named."""
    return partial(_entities, missed=label, rows=rows)


def label_missed(size: float = 0.5, *, rows: int = ROWS) -> Factory:
    """Of two labels, fever and cough, a share of the coughs is scored as none; all else is right."""
    return partial(_labels, size=size, rows=rows)


def _numbers(_: np.random.Generator, *, by: float, rows: int) -> Case[Any]:
    true = np.linspace(20.0, 80.0, rows)
    return toy_case(Values(true + by + np.resize([3.0, -3.0], rows)), truth=Values(true))


def _misjudged(_: np.random.Generator, *, by: float, times: float, rows: int) -> Case[Any]:
    half = np.linspace(20.0, 80.0, rows // 2)
    off = np.resize([3.0, -3.0, 3.0, -4.0], rows // 2)
    true, said = np.tile(half, 2), np.concatenate([half + off, half + times * off - by])
    said_between = np.column_stack([said - 3.5, said + 3.5])
    groups = {"group": ["A"] * (rows // 2) + ["B"] * (rows // 2)}
    return toy_case(Values(said, None, said_between, (0.05, 0.95)), groups=groups, truth=Values(true))


def _lists(_: np.random.Generator, *, places: slice, users: int) -> Case[Any]:
    lists = np.array([[f"item {(user + place) % 40}" for place in range(_LISTED)] for user in range(users)], object)
    names = tuple(f"user {user}" for user in range(users))
    return toy_case(Rankings(names, lists), truth=Rankings(names, lists[:, places]))


def _entities(_: np.random.Generator, *, missed: str | None, rows: int) -> Case[Any]:
    true = ((0, 4, "DRUG", 1.0), (5, 9, "DOSE", 1.0))
    # The drug of the first row in ten is overlooked, and the dose of the sixth.
    overlooked = {"DRUG": 0, "DOSE": 5}
    found = [tuple(one for one in true if one[2] != missed and row % 10 != overlooked[one[2]]) for row in range(rows)]
    return toy_case(TokenLabels(tuple(found)), truth=TokenLabels((true,) * rows))


def _labels(_: np.random.Generator, *, size: float, rows: int) -> Case[Any]:
    true = np.array([(row % 2, row // 2 % 2) for row in range(rows)], dtype=bool)
    scores = np.where(true, 0.9, 0.1)
    coughs = np.flatnonzero(true[:, 1])
    scores[coughs[: round(size * len(coughs))], 1] = 0.1
    return toy_case(LabelScores(LABELS, scores), list(true))
