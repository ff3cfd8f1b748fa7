"""Tables whose model is a tree, is none, or is one for one of two wards."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, below, every, not_above, toy_case, with_model

ROWS = 240
_HALF = 0.5


@dataclass(frozen=True)
class Ruled:
    """Says yes from `need` of 0.5 on; of the wards that it names it goes by whether the last digit is odd."""

    erratic: tuple[str, ...] = ()

    def predict(self, inputs: Any) -> ClassScores:
        """0.9 for the class that it finds."""
        need = inputs["need"].to_numpy(dtype=float)
        away = np.array([str(cell) in self.erratic for cell in inputs["ward"]])
        found = np.where(away, np.rint(need * 1000) % 2 == 1, need >= _HALF)
        return ClassScores(("no", "yes"), np.column_stack([0.9 - 0.8 * found, 0.1 + 0.8 * found]))


def of_rules(*, erratic: tuple[str, ...] = (), rows: int = ROWS) -> Any:
    """Rows of a need from 0 to 1 and a ward, and a model that goes by the need, or by its last digit."""
    return partial(_rules, erratic=erratic, rows=rows)


def _rules(_: np.random.Generator, *, erratic: tuple[str, ...], rows: int) -> Case[Any]:
    import pandas as pd

    wards = ["north" if row % 4 < 2 else "south" for row in range(rows)]  # noqa: PLR2004  two and two
    need = np.round(np.arange(rows) * 617 % 1000 / 1000, 3)
    table = pd.DataFrame({"need": need, "ward": pd.Series(wards, dtype=object)})
    model = Ruled(erratic)
    case = toy_case(model.predict(table), None, {"ward": wards}, positive="yes", inputs=table, min_group_size=10)
    return with_model(replace(case, settings=replace(case.settings, given=("need", "ward"))), model)


_QUICK: dict[str, Any] = {"most_rows": ROWS, "most_columns": 2, "depth": 3}

SURROGATE_CONTROLS = (
    planted(
        "a model that goes by the last digit of a number",
        of_rules(erratic=("north", "south")),
        every(below("surrogate_fidelity", 0.5), below("surrogate_agreement", 0.8)),
        **_QUICK,
    ),
    planted(
        "the same in one of two wards",
        of_rules(erratic=("south",)),
        above("surrogate_agreement_difference", 0.1),
        **_QUICK,
    ),
    clean(
        "a model that is a rule itself",
        of_rules(),
        every(
            above("surrogate_fidelity", 0.5),
            above("surrogate_agreement", 0.8),
            not_above("surrogate_agreement_difference", 0.1),
        ),
        **_QUICK,
    ),
)
