"""Rarefaction: a case by hand, hypergeometric chances and draws as witnesses."""

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from auditkit.statistics import expected_distinct, rarefy

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=8).filter(lambda counts: sum(counts) > 0)


def test_two_rows_of_four_by_hand() -> None:
    # a a b c: 6 pairs, of which one is a a: (1 + 5 * 2) / 6
    assert expected_distinct(np.array([2, 1, 1]), 2) == pytest.approx(11 / 6)


def test_all_subsets_counted_out() -> None:
    counts = np.array([4, 0, 2, 1])
    rows = np.repeat(np.arange(4), counts)
    for size in range(1, 8):
        held = [len(set(subset)) for subset in combinations(rows.tolist(), size)]
        assert expected_distinct(counts, size) == pytest.approx(np.mean(held))


@given(COUNTS, st.data())
def test_the_sum_of_hypergeometric_chances(counts: list[int], data: Any) -> None:
    size = data.draw(st.integers(0, sum(counts)))
    missed = [stats.hypergeom(sum(counts), count, size).pmf(0) for count in counts]
    assert expected_distinct(np.array(counts), size) == pytest.approx(sum(1 - np.array(missed)), abs=1e-9)


def test_at_full_size_every_item_is_there_and_beyond_it_nothing_is_known() -> None:
    counts = np.array([5, 0, 2])
    assert expected_distinct(counts, [0, 1, 7]) == pytest.approx([0, 1, 2])
    assert np.isnan(expected_distinct(counts, 8))


def test_many_rows_keep_their_digits() -> None:
    # 10^9 rows, of which an item is one: seen in half of them with chance one half
    counts = np.array([10**9 - 1, 1])
    assert expected_distinct(counts, 5 * 10**8) == pytest.approx(1.5, abs=1e-9)


def test_rarefied_counts_have_the_expected_number_of_items() -> None:
    counts = np.array([60, 25, 10, 3, 1, 1, 0])
    drawn = rarefy(counts, 20, np.random.default_rng(0), draws=5000)
    assert drawn.shape == (5000, 7)
    assert (drawn.sum(axis=1) == 20).all()
    assert (drawn <= counts).all()
    assert (drawn > 0).sum(axis=1).mean() == pytest.approx(float(expected_distinct(counts, 20)), abs=0.05)
    assert drawn.mean(axis=0) == pytest.approx(counts / 5, abs=0.1)
