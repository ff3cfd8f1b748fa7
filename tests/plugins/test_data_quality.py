"""The checks of data quality: what they say of cases that can be worked by hand, and of few and strange rows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditkit import ClassScores
from auditkit.checks.asking import ask
from auditkit.testing import toy_case
from auditkit_data_quality.sample_size import people_for, sample_size

SIZES = {"half_width": 0.1, "depth": 2}


def coin(rows):
    return ClassScores(("no", "yes"), np.full((rows, 2), 0.5))


# Sample size.


def test_the_half_width_is_that_of_wilsons_interval_at_a_half():
    found = ask(sample_size, toy_case(coin(100)), SIZES)
    interval = stats.binomtest(50, 100).proportion_ci(method="wilson")
    assert found.value("rate_half_width") == pytest.approx((interval.high - interval.low) / 2)
    assert found.value("group_size") == 100
    low, high = stats.binomtest(people_for(0.1, 0.95) // 2, people_for(0.1, 0.95)).proportion_ci(method="wilson")
    assert (high - low) / 2 <= 0.1 < (high - low) / 2 + 0.002


def test_people_are_counted_and_not_their_rows():
    case = toy_case(coin(40), groups={"sex": ["F", "M"] * 20}, units=[row // 4 for row in range(40)])
    found = ask(sample_size, case, SIZES)
    (women,) = found.of("group_size", group={"sex": "F"})
    assert (women.value, women.n, women.people) == (10, 20, 10)


def test_heavy_rows_tell_less():
    weights = [9.0] + [1.0] * 9
    found = ask(sample_size, toy_case(coin(10), weights=weights), SIZES)
    kish = 18**2 / (81 + 9)
    z = stats.norm.isf(0.025)
    assert found.value("rate_half_width") == pytest.approx(z / (2 * np.sqrt(kish + z**2)))


def test_cells_that_nobody_is_in_are_counted_those_of_absent_intersections_too():
    groups = {"sex": ["F", "F", "M", "M"], "band": ["old", "young", "old", "old"]}
    found = ask(sample_size, toy_case(coin(4), ["yes", "no", "yes", "no"], groups), SIZES)
    assert found.value("empty_cell_count", group={"sex": "*"}) == 0
    assert found.value("empty_cell_count", group={"band": "*"}) == 1  # nobody young is ill
    assert found.value("empty_cell_count", group={"sex": "*", "band": "*"}) == 4
