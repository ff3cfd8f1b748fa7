"""Guesses about canaries: hand-counted ranks, closed forms, the published bound, a mechanism whose epsilon is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from auditkit.statistics import Plan, guess_plans, largest_bound, one_run, one_run_epsilon


def test_the_plans_are_fixed_by_the_number_of_canaries():
    plans = guess_plans(80)
    assert plans == (
        Plan(40, 40),
        Plan(10, 0), Plan(0, 10), Plan(5, 5),
        Plan(20, 0), Plan(0, 20), Plan(10, 10),
        Plan(40, 0), Plan(0, 40), Plan(20, 20),
    )  # fmt: skip
    assert [plan.guesses for plan in plans] == [80, 10, 10, 10, 20, 20, 20, 40, 40, 40]
    assert all(plan.guesses for plan in guess_plans(2))


def test_right_guesses_are_counted_among_the_highest_and_the_lowest():
    # From the highest score to the lowest: in, in, out, in | out, out, in, out.
    included = np.array([1, 1, 0, 1, 0, 0, 1, 0], dtype=bool)
    found = one_run(np.arange(8, 0, -1, dtype=float), included)
    right = {(one.plan.ins, one.plan.outs): one.right for one in found.tried}
    assert right == {(4, 4): 6, (1, 0): 1, (0, 1): 1, (0, 2): 1, (2, 0): 2, (1, 1): 2, (4, 0): 3, (0, 4): 3, (2, 2): 3}


def test_when_all_are_told_apart_the_bound_is_a_closed_form():
    included = np.arange(400) < 200
    found = one_run(np.where(included, 1.0, 0.0), included)
    assert found.epsilon == pytest.approx(special.logit(0.005 ** (1 / 400)), abs=1e-9)
    assert found.best.plan == Plan(200, 200)
    assert found.best.right == 400
    assert found.largest == found.epsilon == largest_bound(400)
    # all but one wrong: P[at most 399 of 400] = 1 - p^400 = 0.005
    assert found.best.high == pytest.approx(special.logit(0.995 ** (1 / 400)), abs=1e-9)


def test_each_plan_is_bounded_as_published_at_its_part_of_the_level():
    rng = np.random.default_rng(4)
    included = rng.random(500) < 0.5
    found = one_run(rng.normal(size=500) + included, included, delta=1e-5, level=0.9)
    for one in found.tried:
        again = one_run_epsilon(500, one.plan.guesses, one.right, delta=1e-5, level=0.99)
        assert one.low == again
        assert one.low <= one.high
    assert found.epsilon == max(one.low for one in found.tried) > 0.5
    assert found.high == max(one.high for one in found.tried)


def test_the_upper_end_is_that_of_the_share_right():
    included = np.tile([True, False], 100)
    found = one_run(np.zeros(200), included)  # ties go by place: half of all guesses are right
    whole = next(one for one in found.tried if one.plan == Plan(100, 100))
    assert whole.right == 100
    assert whole.low == 0
    assert whole.high == pytest.approx(special.logit(stats.beta.ppf(0.995, 101, 100)))


def test_more_canaries_can_show_more():
    bounds = [largest_bound(count) for count in (20, 50, 100, 200, 500, 1000)]
    assert bounds == sorted(bounds)
    assert largest_bound(1000, delta=1e-5) < largest_bound(1000)


def test_nothing_is_made_of_no_scores():
    with pytest.raises(ValueError, match="at least two canaries"):
        one_run(np.array([1.0]), np.array([True]))
    with pytest.raises(ValueError, match="at least two canaries"):
        one_run(np.array([1.0, np.nan]), np.array([True, False]))


def of_randomised_response(epsilon: float, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Scores of a mechanism that tells each coin, and lies with a chance of 1 / (1 + e^epsilon); and the coins."""
    included = rng.random(count) < 0.5
    told = included ^ (rng.random(count) > special.expit(epsilon))
    return told + rng.random(count) / 2, included


@pytest.mark.parametrize("epsilon", [0.0, 1.0])
def test_the_bound_is_seldom_above_an_epsilon_that_is_known(epsilon):
    rng = np.random.default_rng(20_261_122)
    found = [one_run(*of_randomised_response(epsilon, 200, rng)).epsilon for _ in range(100)]
    assert np.mean([one > epsilon for one in found]) <= 0.05
    if epsilon:
        assert np.median(found) > 0.3  # and it is not idle
