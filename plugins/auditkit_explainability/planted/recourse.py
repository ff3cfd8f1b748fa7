"""Tables and texts whose recourse is known: a bar to reach, for all the same or for one ward a higher one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case, with_model

ROWS = 80
_HALF = 0.5


@dataclass(frozen=True)
class Bar:
    """Says yes where twice the column `points` plus `extra` reaches a bar: 20, or another one for the south."""

    south: float = 20.0

    def predict(self, inputs: Any) -> ClassScores:
        """0.9 for the class that it finds."""
        points, extra = (inputs[name].to_numpy(dtype=float) for name in ("points", "extra"))
        bar = np.where(np.array([str(cell) == "south" for cell in inputs["ward"]]), self.south, 20.0)
        found = 2 * points + extra >= bar - 1e-9
        return ClassScores(("no", "yes"), np.column_stack([0.9 - 0.8 * found, 0.1 + 0.8 * found]))


def of_bars(*, south: float = 20.0, rows: int = ROWS) -> Any:
    """Rows of 6 to 8 points, every fourth of 18 to 20, of some more from 0 to 2, and a ward that nobody can change."""
    return partial(_bars, south=south, rows=rows)


def _bars(_: np.random.Generator, *, south: float, rows: int) -> Case[Any]:
    import pandas as pd

    half = rows // 2
    high = np.arange(half) % 4 == 3  # noqa: PLR2004  every fourth
    points = np.tile(np.round(np.where(high, 18.0, 6.0) + np.linspace(0, 2, half), 3), 2)
    extra = np.tile(np.round(np.arange(half) * 7 % half * 2 / half, 3), 2)
    wards = ["north"] * half + ["south"] * half
    table = pd.DataFrame({"points": points, "extra": extra, "ward": pd.Series(wards, dtype=object)})
    model = Bar(south)
    about: dict[str, Any] = {"positive": "yes", "inputs": table, "min_group_size": 10}
    case = toy_case(model.predict(table), None, {"ward": wards}, protected_inputs={"ward": "ward"}, **about)
    return with_model(replace(case, settings=replace(case.settings, given=("points", "extra", "ward"))), model)


@dataclass(frozen=True)
class Finder:
    """Says yes of texts that say `fever`; from the south only of texts that say it twice or more often."""

    wary: bool

    def predict(self, inputs: Any) -> ClassScores:
        """More the oftener it is said."""
        said = np.array([str(text).split().count("fever") for text in inputs], dtype=float)
        south = np.array(["south" in str(text) for text in inputs]) & self.wary
        yes = np.clip(0.6 + 0.1 * said - 0.4 * (said == 0) - 0.1 * south, 0, 1)
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def of_fevers(*, twice: bool, rows: int = 48) -> Any:
    """Notes that say `fever` once, those of the south twice where `twice` is, and a model that looks for the word."""
    return partial(_fevers, twice=twice, rows=rows)


def _fevers(_: np.random.Generator, *, twice: bool, rows: int) -> Case[Any]:
    import pandas as pd

    wards = ["north" if row % 2 else "south" for row in range(rows)]
    again = {"north": "", "south": "and fever before " if twice else ""}
    notes = [f"{ward} ward seen with fever {again[ward]}in bed {row}" for row, ward in enumerate(wards)]
    given, model = pd.Series(notes, dtype=object), Finder(wary=False)
    case = toy_case(model.predict(given), None, {"ward": wards}, positive="yes", inputs=given, min_group_size=10)
    return with_model(case, model)


_QUICK: dict[str, Any] = {"most_rows": ROWS, "most_columns": 3, "most_words": 4, "fixed": (), "column": ""}

RECOURSE_CONTROLS = (
    planted(
        "a bar that is higher for one of two wards",
        of_bars(south=32.0),
        every(above("recourse_distance_difference", 2.0), near("recourse_found_rate", 1.0)),
        **_QUICK,
    ),
    planted(
        "texts of one ward that say twice what is looked for",
        of_fevers(twice=True),
        above("recourse_words_difference", 0.5),
        **_QUICK,
    ),
    clean(
        "one bar for both wards",
        of_bars(),
        every(not_above("recourse_distance_difference", 0.0), near("recourse_found_rate", 1.0)),
        **_QUICK,
    ),
    clean(
        "texts of both wards that say it once",
        of_fevers(twice=False),
        every(near("recourse_words", 1.0), not_above("recourse_words_difference", 0.1)),
        **_QUICK,
    ),
)
