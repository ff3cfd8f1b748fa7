"""The variance between groups: a case by hand and simulations as witnesses."""

from typing import Any

import numpy as np
import pytest

from auditkit.statistics import Shares, between_variance


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def shares(counts: Any, sizes: Any) -> Shares:
    counts, sizes = np.array(counts), np.array(sizes)
    return Shares(counts / sizes, sizes, sizes.astype(float))


def test_two_groups_by_hand() -> None:
    # .2 and .4: variance .02, less (.2 * .8 / 9 + .4 * .6 / 19) / 2
    found = between_variance(shares([2, 8], [10, 20]), rng=rng())
    assert (found.naive, found.groups) == (pytest.approx(0.02), 2)
    assert found.value == pytest.approx(0.02 - (0.16 / 9 + 0.24 / 19) / 2)


def test_nothing_is_left_of_the_variance_of_twenty_equal_groups() -> None:
    # Lum, Zhang and Bower's point; a share of .3 in 100 rows varies by .0021, and 2,000 audits leave an error of 1.6e-5
    sizes = np.full(20, 100)
    found = [
        between_variance(shares(counts, sizes), rng=rng(), replicates=2)
        for counts in rng(1).binomial(sizes, 0.3, (2000, 20))
    ]
    assert np.mean([one.naive for one in found]) == pytest.approx(0.0021, rel=0.03)
    assert np.mean([one.value for one in found]) == pytest.approx(0, abs=6e-5)


def test_groups_that_differ_keep_their_variance() -> None:
    rates, sizes = np.linspace(0.1, 0.5, 8), np.array([20, 40, 60, 80, 100, 200, 400, 800])
    found = [
        between_variance(shares(counts, sizes), rng=rng(), replicates=2).value
        for counts in rng(2).binomial(sizes, rates, (2000, 8))
    ]
    assert np.mean(found) == pytest.approx(rates.var(ddof=1), rel=0.04)


def test_the_interval_of_equal_groups_holds_none_and_that_of_unequal_ones_does_not() -> None:
    assert between_variance(shares([30, 28, 31, 33], [100] * 4), rng=rng()).low <= 0
    apart = between_variance(shares([100, 300, 500], [1000] * 3), rng=rng())
    assert 0.02 < apart.low < apart.value < apart.high < 0.07


@pytest.mark.parametrize("hits", [(30, 30), (50, 50), (1, 1), (10, 40), (0, 100), (2, 98)])
def test_the_limits_hold_the_value_and_what_a_variance_can_be(hits: tuple[int, int]) -> None:
    """Two shares of 30 in 100 vary by 0, less .3 * .7 / 99: below what a variance can be, and so is the low end."""
    for seed in range(20):
        found = between_variance(shares(hits, [100, 100]), rng=rng(seed), replicates=20)
        assert found.low <= found.value <= found.high
        assert found.high >= 0
    assert between_variance(shares([30, 30], [100, 100]), rng=rng()).value == pytest.approx(-0.21 / 99)


def test_a_group_of_one_row_takes_no_part() -> None:
    with_one = between_variance(shares([2, 8, 1], [10, 20, 1]), rng=rng())
    assert with_one == between_variance(shares([2, 8], [10, 20]), rng=rng())
    assert between_variance(shares([2, 1], [10, 1]), rng=rng()) is None


def test_a_group_without_rows_takes_no_part() -> None:
    empty = Shares(np.array([0.2, np.nan, 0.4]), np.array([10, 0, 20]), np.array([10.0, 0.0, 20.0]))
    assert between_variance(empty, rng=rng()) == between_variance(shares([2, 8], [10, 20]), rng=rng())


def test_rows_that_tell_half_as_much_leave_less_variance() -> None:
    full = shares([20, 80], [100, 200])
    halved = Shares(full.value, full.n, full.size / 2, is_effective=True)
    assert between_variance(halved, rng=rng()).value < between_variance(full, rng=rng()).value
