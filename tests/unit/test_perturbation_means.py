"""Means of what is lost and won: neither closer than Student's interval, nor without width where nothing happens."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditkit.perturbation import Rows

ROWS = Rows(None, None, 0.95)


def student(numbers):
    half = stats.t.ppf(0.975, len(numbers) - 1) * numbers.std(ddof=1) / np.sqrt(len(numbers))
    return numbers.mean() - half, numbers.mean() + half


def test_what_many_rows_lose_and_win_is_no_closer_than_students():
    numbers = np.random.default_rng(1).normal(0, 0.2, 60).clip(-1, 1)
    found = ROWS.loss(numbers)
    low, high = student(numbers)
    assert found.value == pytest.approx(numbers.mean())
    assert found.limits.low <= low + 1e-12
    assert found.limits.high >= high - 1e-12


def test_where_nothing_is_lost_the_interval_has_a_width_all_the_same():
    found = ROWS.loss(np.zeros(40))
    assert found.value == 0
    assert -0.15 < found.limits.low < -0.05
    assert 0.05 < found.limits.high < 0.15


def test_changes_without_bounds_are_students_from_ten_rows_on():
    numbers = np.random.default_rng(2).normal(3, 2, 10)
    found = ROWS.change(numbers, is_bounded=False)
    assert (found.limits.low, found.limits.high) == pytest.approx(student(numbers))
    assert ROWS.change(numbers[:9], is_bounded=False).value is None
    people = Rows(None, np.repeat(np.arange(5), 4), 0.95)
    assert people.change(np.tile(numbers, 2), is_bounded=False).value is None


def test_bounded_changes_are_losses_turned_round():
    numbers = np.random.default_rng(3).uniform(-1, 1, 30)
    found, lost = ROWS.change(numbers, is_bounded=True), ROWS.loss(-numbers)
    assert found.value == pytest.approx(-lost.value)
    assert (found.limits.low, found.limits.high) == pytest.approx((-lost.limits.high, -lost.limits.low))


@pytest.mark.slow
@pytest.mark.parametrize("rows", [30, 100])
def test_intervals_of_what_either_way_goes_by_chance_keep_their_promise(rows):
    draw, held, times = np.random.default_rng(rows), 0, 1000
    for _ in range(times):
        found = ROWS.loss(draw.normal(0, 0.2, rows).clip(-1, 1))
        held += found.limits.low <= 0 <= found.limits.high
    assert held >= stats.binom.ppf(0.001, times, 0.945)
