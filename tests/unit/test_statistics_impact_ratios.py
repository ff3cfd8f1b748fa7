"""Impact ratios: by hand, against the gap's smallest ratio, and covered where the highest is found by looking."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.statistics import Shares, impact_limits, impact_ratios, share_ratio, smallest_ratio


def shares(hits, n):
    n = np.array(n)
    return Shares(np.array(hits) / n, n, n.astype(float))


def test_ratios_are_to_the_largest_share():
    found = impact_ratios(shares([48, 30, 0], [80, 60, 50]))
    assert found.highest == 0
    assert found.ratio.tolist() == pytest.approx([1.0, (30 / 60) / (48 / 80), 0.0])
    assert found.limits.low[2] == 0
    assert (found.limits.low <= found.ratio).all()
    assert (found.limits.high >= found.ratio).all()
    assert found.limits.high[0] == 1


def test_of_equal_shares_the_one_of_more_rows_is_the_highest():
    assert impact_ratios(shares([5, 50, 50], [10, 100, 100])).highest == 1


def test_nobody_in_any_group_has_no_ratio():
    assert impact_ratios(shares([0, 0], [10, 20])) is None


def test_two_groups_have_the_interval_of_their_ratio():
    found = impact_ratios(shares([30, 48], [60, 80]))
    low, high = share_ratio(30, 60, 48, 80, 0.95)
    assert (found.limits.low[0], found.limits.high[0]) == pytest.approx((low, min(high, 1)))
    # The other is the highest only in this sample: it may be the lower one in truth.
    assert found.limits.low[1] == pytest.approx(min(1, share_ratio(48, 80, 30, 60, 0.95).low))


def test_the_lowest_of_them_has_the_low_end_of_the_smallest_ratio():
    one = shares([48, 30, 20, 9], [80, 60, 50, 30])
    gap, found = smallest_ratio(one), impact_ratios(one)
    assert found.limits.low.min() == pytest.approx(gap.low)
    assert found.ratio[gap.lowest] == pytest.approx(gap.value)


@pytest.mark.parametrize("rates", [(0.3, 0.3, 0.3, 0.3), (0.5, 0.4, 0.3, 0.1), (0.05, 0.05, 0.04, 0.02)])
def test_all_true_ratios_are_held_at_once(rates):
    """2,000 draws of groups of 400, 200, 100 and 40: at least 95% of them hold all four true ratios."""
    rates, n = np.array(rates), np.array([400, 200, 100, 40])
    value = np.random.default_rng(1).binomial(n, rates, size=(2000, 4)) / n
    low, high = impact_limits(value, n.astype(float))
    true = rates / rates.max()
    held = ((low <= true + 1e-12) & (true <= high + 1e-12)).all(axis=1)
    assert held.mean() >= 0.95
