"""Two shares of the same rows: published tables, statsmodels and scipy as witnesses."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar

from auditkit.statistics import Pairs, count_pairs, mcnemar, newcombe, paired_difference

CELLS = st.tuples(*[st.integers(0, 40)] * 4).filter(lambda cells: sum(cells) > 0)


def test_pairs_are_counted() -> None:
    first = np.array([True, True, True, False, False, True])
    second = np.array([True, False, False, True, False, True])
    assert count_pairs(first, second) == Pairs(both=2, first=2, second=1, neither=1)


@pytest.mark.parametrize(
    ("cells", "limits"),
    [
        # Newcombe (1998), Stat. Med. 17, table II, method 10
        ((36, 12, 2, 0), (0.0569, 0.3404)),
        # Fagerland, Lydersen and Laake (2014), Stat. Med. 33, 2850-2875: airways before and after a transplantation
        ((1, 1, 7, 12), (-0.507, -0.026)),
        # the same authors' program contingencytables 3: complete response before and after a therapy (Cavo, 2012)
        ((59, 6, 16, 80), (-0.1186, -0.0046)),
    ],
)
def test_published_intervals(cells: tuple[int, int, int, int], limits: tuple[float, float]) -> None:
    places = max(len(str(limit).split(".")[1]) for limit in limits)
    assert paired_difference(Pairs(*cells)) == pytest.approx(limits, abs=0.6 * 10**-places)


@given(CELLS)
def test_the_interval_holds_the_difference_and_turns_over(cells: tuple[int, int, int, int]) -> None:
    both, first, second, neither = cells
    low, high = paired_difference(Pairs(*cells))
    turned = paired_difference(Pairs(both, second, first, neither))
    assert -1 <= low <= (first - second) / sum(cells) + 1e-12
    assert (first - second) / sum(cells) - 1e-12 <= high <= 1
    assert (low, high) == pytest.approx((-turned.high, -turned.low))


def test_answers_that_have_nothing_to_do_with_each_other_are_as_two_samples() -> None:
    # the cells are the products of the margins: phi is 0
    assert paired_difference(Pairs(18, 42, 12, 28)) == pytest.approx(newcombe(60, 100, 30, 100))


def test_answers_that_agree_have_a_shorter_interval() -> None:
    low, high = paired_difference(Pairs(55, 5, 3, 37))
    apart = newcombe(60, 100, 58, 100)
    assert high - low < 0.7 * (apart.high - apart.low)


def test_nothing_is_known_of_no_rows() -> None:
    assert np.isnan(paired_difference(Pairs(0, 0, 0, 0))).all()
    assert mcnemar(Pairs(0, 0, 0, 0)) == 1


@given(CELLS)
def test_mcnemars_p_value_is_that_of_statsmodels_and_scipy(cells: tuple[int, int, int, int]) -> None:
    both, first, second, neither = cells
    found = float(mcnemar(Pairs(*cells)))
    if first + second:
        assert found == pytest.approx(stats.binomtest(first, first + second).pvalue)
    assert found == pytest.approx(statsmodels_mcnemar([[both, first], [second, neither]], exact=True).pvalue)


def test_mcnemar_by_hand() -> None:
    # 1 of 8 pairs that disagree: 2 (1 + 8) / 2^8
    assert mcnemar(Pairs(1, 1, 7, 12)) == pytest.approx(18 / 256)


def test_arrays_give_what_numbers_do() -> None:
    columns = np.array([[36, 12, 2, 0], [1, 1, 7, 12], [0, 0, 0, 9]]).T
    low, high = paired_difference(Pairs(*columns))
    p_values = mcnemar(Pairs(*columns))
    for place, cells in enumerate(columns.T.tolist()):
        assert (low[place], high[place]) == pytest.approx(paired_difference(Pairs(*cells)))
        assert p_values[place] == pytest.approx(float(mcnemar(Pairs(*cells))))
