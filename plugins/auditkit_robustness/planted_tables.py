"""Tables whose answer is known: a model that hangs on the last digit of a column, and one that goes by its size."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, not_above, toy_case, with_model

_ROWS = 60


@dataclass(frozen=True)
class Weigher:
    """Says yes of an age above 50; a fragile one goes by whether the age is odd, for one ward or for both."""

    is_fragile: bool
    ward: str = ""

    def predict(self, inputs: Any) -> ClassScores:
        """0.9 for the class that it finds."""
        age = np.array([float(cell) for cell in inputs["age"]])
        here = np.array([self.ward in ("", str(cell)) for cell in inputs["ward"]])
        found = np.where(self.is_fragile & here, np.rint(age) % 2 == 1, age > 50)  # noqa: PLR2004  of the docstring
        return ClassScores(("no", "yes"), np.column_stack([0.9 - 0.8 * found, 0.1 + 0.8 * found]))


def of_ages(*, fragile: bool, ward: str = "", rows: int = _ROWS) -> Any:
    """Ages far from 50 on either side, and a model that is right of all of them as they stand."""
    return partial(_ages, fragile=fragile, ward=ward, rows=rows)


def _ages(_: np.random.Generator, *, fragile: bool, ward: str, rows: int) -> Case[Any]:
    import pandas as pd

    wards = ["north" if row % 4 < 2 else "south" for row in range(rows)]  # noqa: PLR2004  two and two
    age = [20 + row % 10 if row % 2 else 80 + row % 11 for row in range(rows)]
    table = pd.DataFrame({"age": age, "ward": pd.Series(wards, dtype=object)})
    model = Weigher(fragile, ward)
    said = model.predict(table)
    true = ["yes" if one[1] > one[0] else "no" for one in said.scores]
    case = toy_case(said, true, {"ward": wards}, positive="yes", inputs=table, min_group_size=10)
    return with_model(replace(case, settings=replace(case.settings, given=("age",))), model)


_QUICK: dict[str, Any] = {"most_rows": _ROWS, "noise": 0.1}
_OF_NOISE = {"column": "age", "change": "noise"}

TABLE_CONTROLS = (
    planted(
        "a model that goes by whether an age is odd",
        of_ages(fragile=True),
        every(above("perturbed_flip_rate", 0.2, conditions=_OF_NOISE), above("mean_accuracy_loss", 0.2)),
        **_QUICK,
    ),
    planted(
        "the same in one of two wards",
        of_ages(fragile=True, ward="north"),
        every(above("perturbed_flip_rate", 0.05, conditions=_OF_NOISE)),
        **_QUICK,
    ),
    clean(
        "a model that goes by whether an age is above 50, far from which all lie",
        of_ages(fragile=False),
        every(
            not_above("perturbed_flip_rate", 0.05, conditions=_OF_NOISE),
            not_above("accuracy_loss_difference", 0.1),
            not_above("perturbed_accuracy_loss", 0.05, conditions=_OF_NOISE),
        ),
        **_QUICK,
    ),
)
