"""How often a shift is said where there is none, how often a planted one is found, and how often intervals are right.

docs/shift.md has the figures of the slow runs.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from auditkit.statistics.shift import (
    PeriodNumbers,
    area_by_period,
    count_cells,
    deciles,
    discrepancy,
    gaussian_gram,
    ks_distance,
    shares_from_decisions,
    stability,
    stability_index,
    stability_test,
    tell_samples_apart,
    trend,
    worst_period,
)

TIMES = [60, pytest.param(1000, marks=pytest.mark.slow)]
FEWER = [12, pytest.param(200, marks=pytest.mark.slow)]


def most(times, level=0.05):
    return level + 2 * np.sqrt(level * (1 - level) / times)


def columns(times, n, m, *, by=0.0, rows=1, seed=1):
    """Of so many pairs of samples the index with its permutation test, and the distance; `rows` of each unit."""
    rng = np.random.default_rng([seed, n, m])
    for _ in range(times):
        samples = [np.repeat(rng.normal(size=size // rows), rows) for size in (n, m)]
        if rows > 1:
            samples = [one + rng.normal(size=len(one)) * 0.5 for one in samples]
        samples[1] = samples[1] + by
        units = [None if rows == 1 else np.arange(len(one)) // rows for one in samples]
        cuts = deciles(samples[0])
        cells = [
            count_cells(np.searchsorted(cuts, one, "left"), len(cuts) + 1, units=owners)
            for one, owners in zip(samples, units, strict=True)
        ]
        found, test = stability(*cells), stability_test(*cells, rng=rng)
        low = 0.0 if test is not None and test.tail_p > 0.025 else found.low
        yield found, low, ks_distance(*samples, sizes=tuple(one.worst_size or one.size for one in cells))


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize(("n", "m", "rows"), [(500, 100, 1), (300, 300, 1), (2000, 200, 1), (900, 300, 3)])
def test_no_shift_of_a_column_is_said_where_there_is_none(times, n, m, rows):
    found = list(columns(times, n, m, rows=rows))
    assert np.mean([low > 0 for _, low, _ in found]) <= most(times)
    assert np.mean([distance.low > 0 for *_, distance in found]) <= most(times)
    if rows == 1 and m <= 200:  # the folklore: what it would say of the same samples
        assert np.mean([one.value > 0.1 for one, *_ in found]) > (0.2 if m == 100 else 0.005)


@pytest.mark.parametrize("times", TIMES)
def test_half_a_standard_deviation_is_found_in_200_rows(times):
    found = list(columns(times, 1000, 200, by=0.5))
    assert np.mean([low > 0 for _, low, _ in found]) >= 0.8
    assert np.mean([distance.low > 0 for *_, distance in found]) >= 0.8


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("by", [0.2, 0.5, 1.0])
def test_intervals_hold_the_true_index_and_distance(times, by):
    shares = np.diff([0, *norm.cdf(norm.ppf(np.arange(1, 10) / 10) - by), 1])
    index, distance = stability_index(np.full(10, 0.1), shares), 2 * norm.cdf(by / 2) - 1
    found = list(columns(times, 1000, 300, by=by))
    assert np.mean([low <= index <= one.high for one, low, _ in found]) >= 1 - most(times, 0.06)
    assert np.mean([one.low <= distance <= one.high for *_, one in found]) >= 1 - most(times)


def rows_of(times, *, tie=0.0, by=0.0, size=100, wide=4):
    rng = np.random.default_rng(2)
    first = np.arange(2 * size) < size
    for _ in range(times):
        rows = rng.normal(size=(2 * size, wide))
        rows[first, 1] = tie * rows[first, 0] + np.sqrt(1 - tie**2) * rows[first, 1]
        rows[first, 0] += by
        gram = gaussian_gram(rows)
        yield discrepancy(gram, first, rng=rng), tell_samples_apart(gram, first, rng=rng)


@pytest.mark.parametrize("times", FEWER)
def test_whole_rows_of_one_population_are_not_told_apart(times):
    found = list(rows_of(times))
    assert np.mean([one.test.p_value <= 0.05 for one, _ in found]) <= most(times)
    assert np.mean([one.low > 0 for one, _ in found]) <= most(times)
    assert np.mean([two.test.p_value <= 0.05 for _, two in found]) <= most(times)
    assert np.mean([two.low > 0.5 for _, two in found]) <= most(times)


@pytest.mark.parametrize("times", FEWER)
def test_columns_that_rise_together_are_found_by_whole_rows(times):
    assert np.mean([one.test.p_value <= 0.05 for one, _ in rows_of(times, tie=0.9, size=150, wide=2)]) >= 0.8


@pytest.mark.parametrize("times", FEWER)
def test_a_moved_column_is_found_by_whole_rows(times):
    found = list(rows_of(times, by=0.8))
    assert np.mean([one.test.p_value <= 0.05 for one, _ in found]) >= 0.8
    assert np.mean([two.low > 0.5 for _, two in found]) >= 0.8


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("now", [0.3, 0.5])
def test_shares_told_from_decisions_are_held_by_their_intervals(times, now):
    rng, held = np.random.default_rng(3), []
    for _ in range(times):
        ill = rng.random(400) < 0.3
        said = np.where(ill, rng.random(400) < 0.85, rng.random(400) < 0.15)
        confusion = np.array([[np.sum(~ill & ~said), np.sum(~ill & said)], [np.sum(ill & ~said), np.sum(ill & said)]])
        later = rng.random(300) < now
        called = np.where(later, rng.random(300) < 0.85, rng.random(300) < 0.15)
        found = shares_from_decisions(confusion, np.array([np.sum(~called), np.sum(called)]))
        held.append(abs(found.difference[1] - (now - 0.3)) <= 1.96 * found.error[1])
    assert np.mean(held) >= 1 - most(times)


def months(times, *, count=12, rows=80, right=0.9, dip=0.0, fall=0.0, people=1, area=False):  # noqa: PLR0913  a month has this many sides
    """Of so many audits the trend and the worst of some months."""
    rng = np.random.default_rng([4, count, rows])
    periods = np.repeat(np.arange(count), rows)
    units = None
    for _ in range(times):
        chance = right - dip * (periods == count // 2) - fall * periods / (count - 1)
        if area:
            positive = rng.random(len(periods)) < 0.4
            found = area_by_period(rng.normal(size=len(periods)) + positive, positive, periods, count)
        else:
            drawn = rng.random(len(periods))
            if people > 1:  # of one person several rows over the months, alike
                units = np.arange(len(periods)) % (len(periods) // people)
                drawn = np.where(rng.random(len(periods)) < 0.7, rng.random(len(periods) // people)[units], drawn)
            flags = (drawn < chance).astype(float)
            found = PeriodNumbers.of(flags, periods, count, units=units, are_flags=True)
        sign = -1
        yield trend(found, np.arange(float(count))), worst_period(found, sign, rng=rng)


SETTINGS = [
    {},
    {"count": 4, "rows": 40},
    {"count": 24, "rows": 40, "right": 0.8},
    {"people": 4},
    {"area": True},
]


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_no_month_is_said_to_be_worse_where_none_is(times, setting):
    found = list(months(times, **setting))
    assert np.mean([line.p_value <= 0.05 for line, _ in found]) <= most(times)
    assert np.mean([worst.low > 0 for _, worst in found]) <= most(times)


@pytest.mark.parametrize("times", TIMES)
def test_a_bad_month_and_a_steady_fall_are_found(times):
    assert np.mean([worst.low > 0 for _, worst in months(times, dip=0.25)]) >= 0.8
    assert np.mean([line.high < 0 for line, _ in months(times, fall=0.15)]) >= 0.8
