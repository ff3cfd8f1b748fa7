"""The cases whose answer is known: a model that remembers an attribute of its members, and one that does not look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, not_above, toy_case, with_model, with_splits

Factory = Callable[[np.random.Generator], Case[Any]]

ROWS = 100
_ATTRIBUTE = {"attribute": "sex"}


@dataclass(frozen=True)
class Remembering:
    """Is sure of the class of the rows that it was trained on, so long as a column says what it said then."""

    numbers: npt.NDArray[np.float64]
    """[m], ascending: the column `number` of the rows that it was trained on."""
    codes: npt.NDArray[np.object_]
    """[m]: their column `sex_code`."""
    second: npt.NDArray[np.bool_]
    """[m]: whether their class is the second."""
    looks: bool
    """Whether it looks at `sex_code` at all."""

    def predict(self, inputs: Any) -> ClassScores:
        """The scores of a DataFrame's rows."""
        asked = inputs["number"].to_numpy(dtype=float)
        place = np.clip(np.searchsorted(self.numbers, asked), 0, len(self.numbers) - 1)
        knows = self.numbers[place] == asked
        if self.looks:
            knows &= self.codes[place] == inputs["sex_code"].to_numpy(dtype=object)
        yes = 0.5 + 0.4 * np.where(self.second[place], 1, -1) * knows
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def remembers_attribute(*, looks: bool, rows: int = ROWS) -> Factory:
    """A model that knows its training rows by heart; with `looks` only with the sex that they had."""
    return partial(_case, looks=looks, rows=rows)


def _case(_: np.random.Generator, *, looks: bool, rows: int) -> Case[Any]:
    tables = [_rows(rows, side) for side in (0, 1)]
    number, code, second = (tables[1][name] for name in ("number", "sex_code", "second"))
    order = np.argsort(number)
    model = Remembering(number[order], code[order], second[order], looks)
    audit, training = (_side(model, table) for table in tables)
    return with_model(with_splits(audit, training=training), model)


def _rows(rows: int, side: int) -> dict[str, Any]:
    """Between each two neighbours of one side stands one of the other, so that the inputs tell nobody apart."""
    rng, shared = np.random.default_rng([rows, side]), np.random.default_rng(rows)
    places = 2 * np.arange(rows) + side
    code = np.array(["1", "2"], dtype=object)[rng.permutation(rows) % 2]
    found: dict[str, Any] = {name: 100.0 + places[shared.permutation(rows)] for name in ("number", "other")}
    return found | {"sex_code": code, "second": rng.permutation(rows) % 2 == 0}


def _side(model: Remembering, rows: dict[str, Any]) -> Case[Any]:
    import pandas as pd

    table = pd.DataFrame({name: rows[name] for name in ("number", "other", "sex_code")})
    sex = ["F" if code == "1" else "M" for code in rows["sex_code"]]
    targets = np.where(rows["second"], "yes", "no").tolist()
    said = model.predict(table)
    carried = {"sex": "sex_code"}
    return toy_case(said, targets, {"sex": sex}, positive="yes", inputs=table, protected_inputs=carried)


CONTROLS = (
    planted(
        "a model that is sure of its training rows only with the sex that they had",
        remembers_attribute(looks=True),
        every(
            above("attribute_inference_gain", 0.2, conditions=_ATTRIBUTE),
            above("attribute_inference_risk", 0.5, conditions=_ATTRIBUTE),
        ),
    ),
    clean(
        "a model that is as sure of them whatever their sex",
        remembers_attribute(looks=False),
        every(
            not_above("attribute_inference_gain", 0.1, conditions=_ATTRIBUTE),
            not_above("attribute_inference_risk", 0.2, conditions=_ATTRIBUTE),
        ),
    ),
)
