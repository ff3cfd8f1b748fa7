"""The mean of per-row scores: scipy as witness."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from auditkit.statistics import mean


def test_mean_agrees_with_students_interval() -> None:
    scores = np.random.default_rng(0).gamma(2, 1, 50)
    found = mean(scores)
    assert found.value == pytest.approx(scores.mean())
    assert found.limits == pytest.approx(stats.t.interval(0.95, 49, scores.mean(), stats.sem(scores)))


def test_weighted_mean_by_hand() -> None:
    found = mean(np.array([1.0, 2.0, 4.0]), weights=np.array([1.0, 0.0, 3.0]))
    assert (found.value, found.n) == (pytest.approx(13 / 4), 2)


def test_copies_of_a_unit_are_no_further_evidence() -> None:
    scores = np.random.default_rng(1).normal(size=30)
    copied = mean(np.tile(scores, 4), units=np.tile(np.arange(30), 4))
    assert copied.limits == pytest.approx(mean(scores).limits)


@pytest.mark.parametrize("scores", [[0.3], [0.3, 0.3, 0.3]])
def test_rows_that_do_not_differ_give_no_interval(scores: Any) -> None:
    assert mean(np.array(scores)).limits is None


def test_no_rows_have_no_mean() -> None:
    assert mean(np.array([])) is None


def test_a_weighted_interval_by_hand() -> None:
    found = mean(np.array([0.0, 1.0, 3.0]), weights=np.array([2.0, 1.0, 1.0]))
    # Influences -2, 0 and 2 of units with 1/2, 1/4 and 1/4 of the weight: 4 / (1/2) + 4 / (3/4). Kish: 16 / 6 units.
    error = np.sqrt(8 + 16 / 3) / 4
    assert found.limits == pytest.approx(stats.t.interval(0.95, 16 / 6 - 1, 1.0, error))


def test_a_few_heavy_rows_leave_the_interval_long_enough() -> None:
    rng = np.random.default_rng(2)
    draws = 400
    scores, weights = rng.normal(size=(draws, 40)), np.where(rng.random((draws, 40)) < 0.03, 50.0, 1.0)
    found = [mean(one, weights=mass) for one, mass in zip(scores, weights, strict=True)]
    holds = np.mean([one.limits.low <= 0 <= one.limits.high for one in found])
    assert holds > 0.92  # with the textbook's n - 1 degrees of freedom 0.72
