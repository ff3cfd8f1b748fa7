"""Cumulative calibration errors: MCGrad's and MAPIE's own test cases, a hand-worked one, the law and the exact p."""

import itertools

import numpy as np
import pytest

from auditkit.statistics.calibration import cumulative_error, cumulative_test, range_p, reach_p


@pytest.mark.parametrize(
    ("came_true", "weights", "spread", "standardised"),
    [
        ([0, 1, 0, 1], None, 0.15, 0.67082),
        ([1, 1, 1, 1], None, 0.5, 2.23607),
        ([0, 1, 0, 0], None, 0.3, 1.34164),
        ([0, 1, 0, 0], [0.4, 0.3, 0.2, 0.1], 0.32, 1.289317),
    ],
)
def test_agrees_with_the_test_cases_of_mcgrad(came_true, weights, spread, standardised):
    # src/mcgrad/tests/test_metrics.py at 0155fe7, "kuiper_calibration"
    mass = None if weights is None else np.array(weights)
    found = cumulative_error(np.array([0.6, 0.8, 0.2, 0.4]), np.array(came_true) == 1, weights=mass)
    assert found.spread == pytest.approx(spread)
    assert found.standardised == pytest.approx(standardised, abs=1e-5)


def test_the_empty_sum_counts_where_mapie_leaves_it_out():
    # mapie/tests/test_metrics.py at 60031ac says 5.354395: the largest sum less the smallest, but without the sum of 0.
    generator = np.random.RandomState(1)
    came_true, scores = generator.choice([0, 1], size=100), generator.uniform(size=100)
    found = cumulative_error(scores, came_true == 1)
    assert found.standardised == pytest.approx(5.607741, abs=1e-6)
    order = np.argsort(scores)
    sums = np.cumsum((came_true - scores)[order]) / 100
    assert np.ptp(sums) / found.scatter == pytest.approx(5.354395, abs=1e-6)
    assert found.p < 1e-5


def test_both_errors_by_hand():
    # Residuals from the lowest score: -.1, +.7, -.6, -.8: sums 0, -.1, .6, 0, -.8, and each row is a quarter.
    found = cumulative_error(np.array([0.1, 0.3, 0.6, 0.8]), np.array([False, True, False, False]))
    assert found.spread == pytest.approx((0.6 + 0.8) / 4)
    assert found.reach == pytest.approx(0.8 / 4)
    assert found.scatter == pytest.approx(np.sqrt(0.09 + 0.21 + 0.24 + 0.16) / 4)


def test_the_order_of_rows_with_one_score_says_nothing():
    scores = np.array([0.2, 0.5, 0.5, 0.5, 0.5, 0.9])
    came_true = np.array([False, True, True, False, False, True])
    first = cumulative_error(scores, came_true)
    # -.2 at .2; 0 more at .5, though its rows rise by 1 and fall again; +.1 at .9
    assert first.spread == pytest.approx(0.2 / 6)
    for order in itertools.permutations(range(6)):
        again = cumulative_error(scores[list(order)], came_true[list(order)])
        assert (again.spread, again.reach) == pytest.approx((first.spread, first.reach), abs=1e-14)


def test_weights_count_like_repeated_rows():
    scores, came_true, times = np.array([0.2, 0.4, 0.7]), np.array([True, False, True]), np.array([3, 1, 2])
    weighed = cumulative_error(scores, came_true, weights=times)
    repeated = cumulative_error(np.repeat(scores, times), np.repeat(came_true, times))
    assert (weighed.spread, weighed.reach) == pytest.approx((repeated.spread, repeated.reach))
    assert weighed.n == 3
    # But three rows of one weight each tell more than one of weight three.
    assert weighed.scatter > repeated.scatter
    without = cumulative_error(np.append(scores, 0.9), np.append(came_true, [False]), weights=np.append(times, 0))
    assert without == weighed


def test_no_rows_and_sure_answers():
    assert cumulative_error(np.zeros(0), np.zeros(0, dtype=bool)) is None
    assert cumulative_test(np.zeros(1), np.zeros(1) == 1, rng=np.random.default_rng(0), weights=np.zeros(1)) is None
    sure = np.array([0.0, 1.0])
    right, wrong = cumulative_error(sure, sure == 1), cumulative_error(sure, sure == 0)
    assert (right.standardised, right.p) == (0.0, 1.0)
    assert (wrong.standardised, wrong.p) == (np.inf, 0.0)


def test_the_laws_against_published_values():
    # MAPIE's tests of its cumulative distribution; and 2.2414, the 95% point of the reach (Erdos and Kac 1946)
    assert 1 - range_p([1, 2, 3]) == pytest.approx([0.063365, 0.818506, 0.989201], abs=1e-6)
    assert reach_p(2.2414) == pytest.approx(0.05, abs=1e-5)
    assert range_p([0.0, np.inf]).tolist() == [1.0, 0.0]
    assert reach_p([0.0, np.inf]).tolist() == [1.0, 0.0]


@pytest.mark.parametrize("law", [range_p, reach_p])
def test_both_series_of_a_law_meet_and_fall(law):
    below, above = law([1.5 - 1e-9, 1.5])
    assert below == pytest.approx(above, abs=1e-8)
    assert (np.diff(law(np.linspace(0.01, 12, 400))) <= 1e-12).all()
    assert 0 < law(12) < 1e-25


def test_the_law_is_that_of_a_random_walk():
    rng = np.random.default_rng(4)
    walks = np.cumsum(rng.choice([-1.0, 1.0], (2000, 2000)), axis=1) / np.sqrt(2000)
    spread = np.maximum(walks.max(axis=1), 0) - np.minimum(walks.min(axis=1), 0)
    for x in (1.2, 1.6, 2.2):
        assert np.mean(spread >= x) == pytest.approx(range_p(x), abs=0.05)


def test_the_drawn_p_is_the_exact_one():
    scores, came_true = np.array([0.1, 0.3, 0.3, 0.8]), np.array([True, True, False, False])
    seen = cumulative_error(scores, came_true)
    exact = np.zeros(2)
    for outcome in itertools.product([False, True], repeat=4):
        chance = np.prod(np.where(outcome, scores, 1 - scores))
        found = cumulative_error(scores, np.array(outcome))
        exact += chance * np.array([found.spread >= seen.spread - 1e-12, found.reach >= seen.reach - 1e-12])
    found = cumulative_test(scores, came_true, rng=np.random.default_rng(0), draws=4000)
    assert [found.p, found.p_of_reach] == pytest.approx(exact, abs=0.025)
    assert found.draws == 4000
