"""Planted defects and clean twins of predictions that are no classes: numbers, rankings, entities, several labels.

As in `defects`, each returns a factory for `planted` and `clean`, and nothing in its cases is drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit.case import Case
from auditkit.predictions import ClassScores, LabelScores, Rankings, TokenLabels, Values
from auditkit.testing.cases import toy_case, with_model
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


def reads_protected_input(size: float = 0.3, *, rows: int = ROWS) -> Factory:
    """A model of a table whose score of yes is its column `need`, and higher by `size` where `sex_code` is 1.

    The groups are by sex, which `sex_code` carries ([data] protected_inputs); inputs and model can be asked anew.
    """
    return partial(_of_a_table, size=size, rows=rows)


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


def group_misses_label(size: float = 0.5, *, rows: int = ROWS) -> Factory:
    """Of two labels, fever and cough, a share of group B's coughs is scored as none; all else is right."""
    return partial(_labels_by_group, size=size, rows=rows)


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


@dataclass(frozen=True)
class TableModel:
    """Scores no and yes from a table's columns `need` and `sex_code`, see `reads_protected_input`."""

    size: float

    def predict(self, inputs: Any) -> ClassScores:
        """The scores of a DataFrame's rows."""
        favoured = np.array([str(cell) == "1" for cell in inputs["sex_code"]])
        yes = inputs["need"].to_numpy(dtype=float) + self.size * favoured
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def _of_a_table(_: np.random.Generator, *, size: float, rows: int) -> Case[Any]:
    import pandas as pd

    codes = np.resize(["1", "2"], rows)
    table = pd.DataFrame({"need": np.linspace(0.05, 0.65, rows), "sex_code": codes.astype(object)})
    model = TableModel(size)
    said, true = model.predict(table), ["yes" if row % 3 == 0 else "no" for row in range(rows)]
    groups = {"sex": ["F" if code == "1" else "M" for code in codes]}
    carried = {"sex": "sex_code"}
    return with_model(toy_case(said, true, groups, positive="yes", inputs=table, protected_inputs=carried), model)


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


def _labels_by_group(_: np.random.Generator, *, size: float, rows: int) -> Case[Any]:
    true = np.array([(row % 2, row // 2 % 2) for row in range(rows)], dtype=bool)
    groups = np.array(["A", "B"] * 2).repeat(4)[np.arange(rows) % 16]
    scores = np.where(true, 0.9, 0.1)
    coughs = np.flatnonzero(true[:, 1] & (groups == "B"))
    scores[coughs[: round(size * len(coughs))], 1] = 0.1
    return toy_case(LabelScores(LABELS, scores), list(true), {"group": groups.tolist()})
