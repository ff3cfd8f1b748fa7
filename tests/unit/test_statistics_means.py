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
