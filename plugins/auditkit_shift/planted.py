"""The cases whose answer is known. Nothing in them is drawn, but what no column tells of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, clean, planted
from auditkit.testing import above, below, every, near, not_above, toy_case, with_model, with_splits

Factory = Callable[[np.random.Generator], Case[Any]]

ROWS = 240


def _spread(rows: int, step: int) -> Any:
    """Numbers from 0 to 1 in another order for each step: neighbours in one column are none in another."""
    return (np.arange(rows) * step % rows + 0.5) / rows


def _table(rows: int, *, later: float = 0.0, together: bool = False) -> Any:
    import pandas as pd

    age = 20 + 60 * _spread(rows, 7)
    pressure = 20 + 60 * _spread(rows, 7 if together else 11)
    ward = [("north", "south", "west")[row % 3] for row in range(rows)]
    return pd.DataFrame({"age": age + later, "pressure": pressure, "ward": pd.Series(ward, dtype=object)})


def _case(table: Any, yes: Any = None, true: Any = None, **about: Any) -> Case[ClassScores]:
    rows = len(table)
    yes = np.full(rows, 0.5) if yes is None else yes
    said = ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))
    made = toy_case(said, true, positive="yes", inputs=table, **about)
    return replace(
        made, settings=replace(made.settings, given=tuple(str(name) for name in getattr(table, "columns", ())))
    )


def older(years: float) -> Factory:
    """Audit rows whose people are so many years older than those of the reference; else they are alike."""
    return partial(_older, years=years)


def _older(_: np.random.Generator, *, years: float) -> Case[Any]:
    return with_splits(_case(_table(ROWS, later=years)), reference=_case(_table(ROWS)))


COLUMN_CONTROLS = (
    planted(
        "people who are thirty years older than those of the reference",
        older(30.0),
        every(
            above("population_stability_index", 0.25, conditions={"column": "age"}),
            above("ks_distance", 0.2, conditions={"column": "age"}),
            not_above("population_stability_index", 0.0, conditions={"column": "ward"}),
            above("largest_population_stability_index", 0.25),
        ),
        cells=10,
    ),
    clean(
        "the rows of the reference over again",
        older(0.0),
        every(
            near("largest_population_stability_index", 0.0),
            not_above("largest_population_stability_index", 0.0),
            near("missing_rate_difference", 0.0),
        ),
        cells=10,
    ),
)


def tied(*, together: bool) -> Factory:
    """Age and pressure that rise together among the audit rows, each distributed as in the reference; or as there."""
    return partial(_tied, together=together)


def _tied(rng: np.random.Generator, *, together: bool) -> Case[Any]:
    import pandas as pd

    sides = []
    for tie in (together, False):
        one = rng.standard_normal(120)
        other = one if tie else rng.standard_normal(120)
        sides.append(_case(pd.DataFrame({"age": one, "pressure": other})))
    return with_model(with_splits(sides[0], reference=sides[1]), Coin())


class Coin:
    """A model that knows nothing, and makes no vectors of its rows."""

    def predict(self, inputs: Any) -> ClassScores:
        """Half and half."""
        return ClassScores(("no", "yes"), np.full((len(inputs), 2), 0.5))


JOINT_CONTROLS = (
    planted(
        "two columns that rise together, each of which is distributed as it was",
        tied(together=True),
        every(above("mmd_squared", 0.0), above("sample_telling_auc", 0.5)),
        most_rows=120,
    ),
    clean(
        "other rows of the same population",
        tied(together=False),
        every(not_above("mmd_squared", 0.01), not_above("sample_telling_auc", 0.6)),
        most_rows=120,
    ),
)


def answered(ill: float) -> Factory:
    """A model that finds 9 in 10 of either class; three in ten of the reference are ill, and so many audit rows."""
    return partial(_answered, ill=ill)


def _answered(_: np.random.Generator, *, ill: float) -> Case[Any]:
    sides = []
    for share in (ill, 0.3):
        rows = 400
        is_ill = np.arange(rows) < round(rows * share)
        is_right = np.arange(rows) % 10 < 9  # noqa: PLR2004  of the docstring
        yes = np.where(is_ill == is_right, 0.6, 0.1) + 0.3 * _spread(rows, 7)
        true = np.where(is_ill, "yes", "no").tolist()
        sides.append(_case(_table(rows), yes, true))
    return with_splits(sides[0], reference=sides[1])


PREDICTION_CONTROLS = (
    planted(
        "seven in ten are ill, in place of three, and the model is as good as it was",
        answered(0.7),
        every(
            above("score_ks_distance", 0.1),
            near("label_share_difference", 0.4),
            near("estimated_label_share_difference", 0.4),
            above("estimated_label_share_difference", 0.2),
        ),
    ),
    clean(
        "as many are ill as in the reference",
        answered(0.3),
        every(
            not_above("score_ks_distance", 0.0),
            near("label_share_difference", 0.0),
            near("estimated_label_share_difference", 0.0),
        ),
    ),
)


def months(*, worse: float = 0.0, dip: float = 0.0) -> Factory:
    """Six months of 100 rows of which 9 in 10 are right; `worse` in the last than in the first, `dip` in the fourth."""
    return partial(_months, worse=worse, dip=dip)


def _months(_: np.random.Generator, *, worse: float, dip: float) -> Case[Any]:
    rows, month = 600, np.arange(600) // 100
    wrong = 0.1 + worse * month / 5 + dip * (month == 3)  # noqa: PLR2004  the fourth
    true = np.arange(rows) % 2 == 0
    # In each month, pairs of a row of either class are wrong, as many as the share says.
    is_wrong = (np.arange(rows) % 100) // 2 < np.rint(50 * wrong)
    yes = np.where(true ^ is_wrong, 0.9, 0.1)
    labels = [f"2025-{1 + one:02}-15" for one in month]
    return _case(np.arange(rows), yes, np.where(true, "yes", "no").tolist(), period=labels)


PERIOD_CONTROLS = (
    planted(
        "a model that is right of 90 in 100 in January, and of 60 in June",
        months(worse=0.3),
        every(near("accuracy_trend", -0.3, within=0.01), below("accuracy_trend", -0.1), below("roc_auc_trend", -0.1)),
        every="month",
    ),
    planted(
        "a month in which it is right of 60 in 100, and of 90 in all others",
        months(dip=0.3),
        every(near("accuracy_period_gap", 0.3), above("accuracy_period_gap", 0.1)),
        every="month",
    ),
    clean(
        "the same rows in every month",
        months(),
        every(
            near("accuracy_trend", 0.0),
            near("accuracy_period_gap", 0.0),
            not_above("accuracy_period_gap", 0.0),
            near("mean_probability_error", 0.0, conditions={"period": "2025-03"}),
        ),
        every="month",
    ),
)
