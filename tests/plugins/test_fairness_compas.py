"""COMPAS, two-year recidivism (ProPublica 2016): its published rates from its 24 counts, through the checks."""

from typing import Any

import numpy as np
import pytest

from auditkit import Case, ClassScores, Measurement
from auditkit.testing import toy_case
from auditkit_fairness import gaps, group_rates, other_rates

COUNTS = {
    "African-American": (990, 805, 532, 1369),
    "Caucasian": (1139, 349, 461, 505),
    "Hispanic": (318, 87, 129, 103),
    "Other": (208, 36, 90, 43),
    "Asian": (21, 2, 3, 6),
    "Native American": (5, 3, 1, 9),
}
"""TN, FP, FN, TP of medium or high risk against low, n = 7,214. Counts alone: the file itself holds names."""


def compas(*races: str, **fields: Any) -> Case[ClassScores]:
    counts = {race: COUNTS[race] for race in races or COUNTS}
    outcomes = np.concatenate([np.repeat(np.arange(4), parts) for parts in counts.values()])
    chosen, wanted = outcomes % 2 == 1, outcomes > 1
    predictions = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    names = np.repeat(list(counts), [sum(parts) for parts in counts.values()])
    return toy_case(predictions, np.where(wanted, "yes", "no"), {"race": list(names)}, positive="yes", **fields)


def found(readings: Any, metric: str, race: str | None) -> Measurement:
    about = {} if race is None else {"race": race}
    (one,) = [one for one in readings if isinstance(one, Measurement) and (one.metric, one.group) == (metric, about)]
    return one


@pytest.mark.parametrize(
    ("race", "false_positives", "false_negatives"),
    [(None, 0.323492, 0.374039), ("African-American", 0.448468, 0.279853), ("Caucasian", 0.234543, 0.477226),
     ("Hispanic", 0.214815, 0.556034)],
)  # fmt: skip
def test_propublicas_rates(race: str | None, false_positives: float, false_negatives: float) -> None:
    readings = list(group_rates(compas()))
    assert found(readings, "false_positive_rate", race).value == pytest.approx(false_positives, abs=1e-6)
    assert found(readings, "false_negative_rate", race).value == pytest.approx(false_negatives, abs=1e-6)


def test_precision_is_nearly_the_same_where_error_rates_are_not() -> None:
    readings = list(group_rates(compas()))
    assert found(readings, "precision", "African-American").value == pytest.approx(0.6297, abs=1e-4)
    assert found(readings, "precision", "Caucasian").value == pytest.approx(0.5913, abs=1e-4)
    other = list(other_rates(compas()))
    assert found(other, "treatment_equality", "African-American").value == pytest.approx(532 / 805)
    assert found(other, "treatment_equality", "Caucasian").value == pytest.approx(461 / 349)


def test_the_gap_in_false_positive_rates_has_newcombes_interval() -> None:
    gap = found(list(gaps(compas("African-American", "Caucasian"))), "false_positive_rate_difference", "*")
    assert gap.value == pytest.approx(0.213925, abs=1e-6)
    assert gap.interval is not None
    assert (gap.interval.low, gap.interval.high) == (
        pytest.approx(0.182053, abs=1e-6),
        pytest.approx(0.245023, abs=1e-6),
    )


def test_the_smallest_groups_are_not_compared() -> None:
    gap = found(list(gaps(compas())), "equal_opportunity_difference", "*")
    assert [part.label for part in gap.compared if not part.compared] == ["Asian", "Native American"]
