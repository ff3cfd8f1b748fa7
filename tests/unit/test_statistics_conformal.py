"""The law of split-conformal coverage: against scipy, published quantiles, MAPIE, and in simulated audits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import betabinom

from auditkit.statistics import CoverageLaw, threshold_of


@pytest.mark.parametrize(
    ("rows", "alpha", "low", "high"), [(100, 0.1, 0.848, 0.945), (500, 0.1, 0.877, 0.921), (1000, 0.05, 0.938, 0.961)]
)
def test_nine_in_ten_calibrations_cover_so_much(rows, alpha, low, high):
    # Angelopoulos and Bates (2023), Conformal prediction: a gentle introduction, section 3.2, draws the same law.
    assert CoverageLaw.of(rows, alpha).quantiles(0.05, 0.95) == pytest.approx([low, high], abs=5e-4)


def test_the_mean_is_a_little_more_than_promised():
    assert CoverageLaw.of(100, 0.1).mean == pytest.approx(91 / 101)
    assert CoverageLaw.of(99, 0.1).mean == 0.9  # (n + 1)(1 - alpha) is 90, and not 90.00000001


def test_the_threshold_is_a_rank_of_the_scores():
    scores = np.arange(1, 20)[::-1] / 20
    # (19 + 1) * 0.9 = 18 of 19
    assert threshold_of(scores, 0.1) == 18 / 20
    assert threshold_of(scores[:8], 0.1) == np.inf
    assert CoverageLaw.of(8, 0.1).is_vacuous
    assert not CoverageLaw.of(9, 0.1).is_vacuous


@pytest.mark.parametrize(("covered", "rows"), [(80, 100), (95, 100), (10, 12), (880, 1000), (0, 5), (5, 5)])
def test_the_law_is_beta_binomial(covered, rows):
    law = CoverageLaw.of(100, 0.1)
    exact = betabinom(rows, 91, 10)
    assert law.at_most(covered, rows) == pytest.approx(exact.cdf(covered), abs=1e-6)
    tails = exact.cdf(covered), exact.sf(covered - 1)
    assert law.p_value(covered, rows) == pytest.approx(min(1.0, 2 * min(tails)), abs=1e-6)


@pytest.mark.parametrize(("covered", "rows"), [(80, 100), (88, 100), (100, 100), (0, 30), (450, 500)])
def test_limits_are_the_means_that_the_law_would_just_not_deny(covered, rows):
    law = CoverageLaw.of(100, 0.1)
    low, high = law.limits(covered, rows)
    assert low <= covered / rows <= high
    if covered > 0:
        assert betabinom(rows, low * 101, (1 - low) * 101).sf(covered - 1) == pytest.approx(0.025, abs=1e-4)
    if covered < rows:
        assert betabinom(rows, high * 101, (1 - high) * 101).cdf(covered) == pytest.approx(0.025, abs=1e-4)


@pytest.mark.parametrize("covered", range(75, 100, 4))
def test_the_interval_holds_the_laws_mean_where_p_says_so(covered):
    law = CoverageLaw.of(100, 0.1)
    low, high = law.limits(covered, 100)
    assert (low <= law.mean <= high) == (law.p_value(covered, 100) > 0.05)


MAPIE = [(0.1, 121, 88, 0, 21), (0.2, 96, 77, 4, 0)]
"""MAPIE 1.6.0, SplitConformalClassifier(conformity_score="lac"), on a logistic regression with the coefficients below:
alpha, classes in all sets, sets that hold the truth, empty sets, sets of both classes."""


@pytest.mark.parametrize(("alpha", "classes", "held", "empty", "both"), MAPIE)
def test_sets_agree_with_mapie(alpha, classes, held, empty, both):
    place = np.arange(300)
    x = ((place * 37 % 300) + 0.5) / 300
    y = (place * 53 % 300 < 300 * x**2).astype(int)
    yes = 1 / (1 + np.exp(-(5.203969686120747 * x - 3.38292744173823)))
    scores = np.column_stack([1 - yes, yes])
    bound = -threshold_of(-scores[np.arange(100, 200), y[100:200]], alpha)
    sets = scores[200:] >= bound
    assert sets.sum() == classes
    assert sets[np.arange(100), y[200:]].sum() == held
    assert (sets.sum(axis=1) == 0).sum() == empty
    assert (sets.sum(axis=1) == 2).sum() == both


@pytest.mark.slow
def test_exchangeable_rows_are_seldom_denied():
    rng, law, denied = np.random.default_rng(5), CoverageLaw.of(100, 0.1), 0
    for _ in range(2000):
        scores = rng.normal(size=250)
        covered = int((scores[100:] <= threshold_of(scores[:100], 0.1)).sum())
        denied += law.p_value(covered, 150) <= 0.05
    assert denied / 2000 <= 0.05 + 2 * (0.05 * 0.95 / 2000) ** 0.5


@pytest.mark.parametrize("rows", [1000, 4000])
def test_a_p_value_is_a_chance_however_far_out_the_coverage_lies(rows):
    law = CoverageLaw.of(4000, 0.1)
    found = [law.p_value(covered, rows) for covered in (0, 1, rows - 5, rows - 1, rows)]
    assert all(0 < one <= 1 for one in found)
    assert max(found) < 1e-6
