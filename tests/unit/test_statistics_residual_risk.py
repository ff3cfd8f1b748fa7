"""Residual risk: anonymeter's own pairs, a case by hand, and how often the interval holds what is true."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.statistics import attack_rate, excess_risk, residual_risk
from auditkit.statistics.residual_risk import AttackRate, ResidualRisk


@pytest.mark.parametrize(
    ("successes", "n", "level", "value", "error", "digits"),
    [
        # anonymeter 0188bdf, tests/test_confidence.py
        (850, 1000, 0.95, 0.849, 0.022, 3),
        (0, 1000, 0.95, 0.002, 0.002, 3),
        (1000, 1000, 0.95, 0.998, 0.002, 3),
        (100, 100, 0.95, 0.9815032508965071, 0.01849674910349284, 12),
        (0, 100, 0.95, 0.01849674910349284, 0.01849674910349284, 12),
        (100, 100, 0.68, 0.9951036894831882, 0.004896310516811869, 12),
        (0, 100, 0.68, 0.0048963105168118685, 0.004896310516811869, 12),
        (23, 100, 0.95, 0.23998824451588613, 0.08155558571285167, 12),
        (11, 100, 0.95, 0.1244274643007244, 0.06188550073007873, 12),
        (84, 111, 0, 84 / 111, 0.0, 12),
    ],
)  # fmt: skip
def test_rates_are_anonymeters(successes, n, level, value, error, digits):
    found = attack_rate(successes, n, level)
    assert round(found.value, digits) == pytest.approx(round(value, digits), abs=10**-digits / 2)
    assert round(found.error, digits) == pytest.approx(round(error, digits), abs=10**-digits / 2)


@pytest.mark.parametrize(
    ("attack", "control", "value", "error"),
    [((0.9, 0.0), (0.8, 0.0), 0.5, 0.0), ((0.9, 0.02), (0.85, 0.02), 0.333, 0.16)],
)
def test_the_residual_of_two_rates_is_anonymeters(attack, control, value, error):
    found = residual_risk(AttackRate(*attack), AttackRate(*control))
    assert (round(found.value, 3), round(found.error, 3)) == (value, error)


@pytest.mark.parametrize(
    ("value", "error", "bound"),
    [(0.1, 0.3, (0.1, 0.0, 0.4)), (1.1, 0.5, (1.0, 0.6, 1.0)), (-0.1, 0.2, (0.0, 0.0, 0.1))],
)
def test_a_risk_is_kept_within_bounds_as_anonymeter_keeps_it(value, error, bound):
    assert ResidualRisk(value, error).bound == pytest.approx(bound)


def test_there_is_no_residual_of_a_control_that_never_fails():
    assert residual_risk(AttackRate(1.0, 0.0), AttackRate(1.0, 0.0)) is None
    assert excess_risk(10, 10, 10, 10) is None
    assert excess_risk(0, 0, 5, 10) is None


def test_the_excess_by_hand():
    # 10 of 100 members escape, and 20 of 100 others: half of what was left is reached.
    found = excess_risk(90, 100, 80, 100)
    assert found.value == pytest.approx(0.5)
    # The score interval of the ratio of failures, 10 of 100 against 20 of 100, of statsmodels 0.15.0's
    # confint_proportions_2indep, without the correction of its variance.
    assert (1 - found.high, 1 - found.low) == pytest.approx((0.2485239724, 0.9932291402), abs=1e-9)
    worse = excess_risk(80, 100, 90, 100)
    assert (worse.value, worse.low) == (0.0, 0.0)
    assert worse.high == pytest.approx(0.0, abs=0.02)


@pytest.mark.parametrize(("members", "others"), [(0.8, 0.6), (0.5, 0.5)])
def test_the_excess_holds_what_is_true_nearly_as_often_as_it_says(members, others):
    """Draws of the two binomials, each outcome put once."""
    rng = np.random.default_rng(11)
    truth = max(1 - (1 - members) / (1 - others), 0.0)
    drawn = np.column_stack([rng.binomial(80, members, 200), rng.binomial(60, others, 200)])
    outcomes, times = np.unique(drawn, axis=0, return_counts=True)
    likely = times > 0
    found = [excess_risk(int(one), 80, int(two), 60) for one, two in outcomes[likely]]
    covered = [one is not None and one.low - 1e-9 <= truth <= one.high + 1e-9 for one in found]
    assert np.dot(covered, times[likely]) / times[likely].sum() > 0.93
