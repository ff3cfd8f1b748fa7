"""Tables whose effects are known: scores that go with a column, with it for one ward alone, or with none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case, with_model

ROWS = 160


@dataclass(frozen=True)
class Ramp:
    """Scores yes at 0.5, more by `slope` times how far the column `need` of -1 to 1 is from 0; for one ward or all."""

    slope: float
    other: float

    def predict(self, inputs: Any) -> ClassScores:
        """The scores of a DataFrame's rows."""
        need = inputs["need"].to_numpy(dtype=float)
        north = np.array([str(cell) == "north" for cell in inputs["ward"]])
        yes = 0.5 + np.where(north, self.slope, self.other) * need
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def of_ramps(*, slope: float, other: float | None = None, rows: int = ROWS) -> Any:
    """Rows of a column `need`, a column `noise` that no model reads, and a ward; `other`: the slope of the south."""
    return partial(_ramps, slope=slope, other=slope if other is None else other, rows=rows)


def _ramps(_: np.random.Generator, *, slope: float, other: float, rows: int) -> Case[Any]:
    import pandas as pd

    wards = ["north" if row % 2 else "south" for row in range(rows)]
    need = np.round(np.linspace(-1, 1, rows), 6)
    noise = np.round(np.cos(np.arange(rows) * 2.4), 6)
    table = pd.DataFrame({"need": need, "noise": noise, "ward": pd.Series(wards, dtype=object)})
    model = Ramp(slope, other)
    said = model.predict(table)
    true = ["yes" if (row * 7 % 10) / 10 < score else "no" for row, score in enumerate(said.scores[:, 1])]
    case = toy_case(said, true, {"ward": wards}, positive="yes", inputs=table, min_group_size=10)
    return with_model(replace(case, settings=replace(case.settings, given=("need", "noise", "ward"))), model)


_QUICK: dict[str, Any] = {"most_rows": ROWS, "most_columns": 3, "bins": 6, "shuffles": 2}
_NEED: dict[str, Any] = {"conditions": {"column": "need"}}
_NOISE: dict[str, Any] = {"conditions": {"column": "noise"}}

EFFECT_CONTROLS = (
    planted(
        "a score that goes from 0.05 to 0.95 with one column",
        of_ramps(slope=0.45),
        every(above("effect_range", 0.7, **_NEED), above("permutation_importance", 0.05, **_NEED)),
        **_QUICK,
    ),
    planted(
        "a score that goes with the column in one of two wards alone",
        of_ramps(slope=0.45, other=0.0),
        every(above("effect_range_difference", 0.7, **_NEED), near("effect_range_difference", 0.0, **_NOISE)),
        **_QUICK,
    ),
    clean(
        "a column that the model does not read, beside one that it reads alike for both wards",
        of_ramps(slope=0.45),
        every(
            near("effect_range", 0.0, **_NOISE),
            near("permutation_importance", 0.0, **_NOISE),
            not_above("effect_range_difference", 0.1),
            not_above("permutation_importance_difference", 0.1),
        ),
        **_QUICK,
    ),
)
