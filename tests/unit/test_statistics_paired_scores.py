"""The score interval of a paired difference: published tables, a numerical witness, statsmodels' McNemar."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import optimize, stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from auditkit.statistics import (
    Pairs,
    count_pairs,
    effective_pairs,
    paired_difference,
    paired_score,
    paired_score_limits,
)

CELLS = st.tuples(*[st.integers(0, 40)] * 4).filter(lambda cells: sum(cells) > 0)


@pytest.mark.parametrize(
    ("cells", "limits"),
    [
        # Newcombe's published spreadsheet for Tango's method: 50 pairs, 12 and 2 of which disagree
        ((36, 12, 2, 0), (0.0611, 0.3447)),
        # Fagerland, Lydersen and Laake (2014), Stat. Med. 33, 2850-2875: airways before and after a transplantation
        ((1, 1, 7, 12), (-0.517, -0.026)),
    ],
)
def test_published_intervals(cells: tuple[int, int, int, int], limits: tuple[float, float]) -> None:
    places = max(len(str(limit).split(".")[1]) for limit in limits)
    assert paired_score_limits(Pairs(*cells)) == pytest.approx(limits, abs=0.6 * 10**-places)


@pytest.mark.parametrize("n", [10, 200, 5000])
def test_where_no_pair_disagrees_the_width_is_tangos(n: int) -> None:
    # Tango (1998): z^2 / (n + z^2) to either side
    z = stats.norm.ppf(0.975) ** 2
    assert paired_score_limits(Pairs(n, 0, 0, 0)) == pytest.approx((-z / (n + z), z / (n + z)))


@pytest.mark.parametrize("cells", [(36, 12, 2, 0), (1, 1, 7, 12), (59, 6, 16, 80), (80, 0, 3, 17)])
@pytest.mark.parametrize("at", [-0.3, -0.02, 0.1])
def test_the_variance_is_that_of_the_likeliest_shares(cells: tuple[int, int, int, int], at: float) -> None:
    both, first, second, neither = cells
    n = sum(cells)

    def unlikely(lost: float) -> float:
        shares = np.array([lost + at, lost, 1 - 2 * lost - at])
        counts = np.array([first, second, both + neither])
        return -float(np.sum(np.where(counts > 0, counts * np.log(np.maximum(shares, 1e-300)), 0)))

    bounds = (max(0, -at), (1 - at) / 2)
    lost = optimize.minimize_scalar(unlikely, bounds=bounds, method="bounded", options={"xatol": 1e-12}).x
    expected = (first - second - n * at) / np.sqrt(n * (2 * lost + at - at**2))
    assert float(paired_score(Pairs(*cells), at)) == pytest.approx(expected, rel=1e-4)


@given(CELLS)
def test_at_no_difference_its_square_is_mcnemars(cells: tuple[int, int, int, int]) -> None:
    both, first, second, neither = cells
    if first + second:
        witness = statsmodels_mcnemar([[both, first], [second, neither]], exact=False, correction=False)
        assert float(paired_score(Pairs(*cells), 0.0)) ** 2 == pytest.approx(witness.statistic)


@given(CELLS, st.sampled_from([0.8, 0.95, 0.999]))
def test_the_interval_holds_the_difference_and_turns_over(cells: tuple[int, int, int, int], level: float) -> None:
    both, first, second, neither = cells
    low, high = paired_score_limits(Pairs(*cells), level)
    turned = paired_score_limits(Pairs(both, second, first, neither), level)
    assert -1 <= low <= (first - second) / sum(cells) <= high <= 1
    assert (low, high) == pytest.approx((-turned.high, -turned.low), abs=1e-9)


@given(CELLS)
def test_each_end_is_where_the_test_turns(cells: tuple[int, int, int, int]) -> None:
    low, high = paired_score_limits(Pairs(*cells))
    z = stats.norm.ppf(0.975)
    for end, side in ((low, 1), (high, -1)):
        if -1 + 1e-6 < end < 1 - 1e-6:
            inward, outward = (
                float(paired_score(Pairs(*cells), end + step)) * side for step in (1e-6 * side, -1e-6 * side)
            )
            assert inward <= z + 1e-6
            assert outward >= z - 1e-6


def test_arrays_give_what_numbers_do() -> None:
    columns = np.array([[36, 12, 2, 0], [1, 1, 7, 12], [9, 0, 0, 0]]).T
    low, high = paired_score_limits(Pairs(*columns))
    for place, cells in enumerate(columns.T.tolist()):
        assert (low[place], high[place]) == pytest.approx(paired_score_limits(Pairs(*cells)))


def test_independent_pairs_are_counted_as_they_are() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.random((2, 200)) < 0.7
    assert effective_pairs(first, second) == count_pairs(first, second)


def test_pairs_that_stand_there_twice_count_once() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.random((2, 300)) < 0.7
    units = np.repeat(np.arange(300), 2)
    twice = effective_pairs(np.repeat(first, 2), np.repeat(second, 2), units=units)
    once = count_pairs(first, second)
    # but for Student's quantiles of 299 units beside 599 rows
    assert twice.first == pytest.approx(once.first, rel=0.01)
    assert twice.both + twice.first + twice.second + twice.neither == pytest.approx(300, rel=0.01)
    assert twice.first <= once.first


def test_pairs_that_never_disagree_are_worth_their_units() -> None:
    flags = np.ones(60, dtype=bool)
    found = effective_pairs(flags, flags, units=np.arange(60) // 3)
    assert found == Pairs(20, 0, 0, 0)


def test_equal_weights_change_nothing() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.random((2, 100)) < 0.6
    weighed = effective_pairs(first, second, weights=np.full(100, 7.0))
    plain = count_pairs(first, second)
    for one, two in zip(vars(weighed).values(), vars(plain).values(), strict=True):
        assert one == pytest.approx(two, rel=1e-9)


def test_it_is_near_newcombes_where_there_are_many_pairs() -> None:
    pairs = Pairs(7900, 300, 350, 1450)
    assert paired_score_limits(pairs) == pytest.approx(paired_difference(pairs), abs=2e-4)
