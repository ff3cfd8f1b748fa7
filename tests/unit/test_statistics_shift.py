"""Two samples and a number through time: by hand, against scipy, statsmodels and scikit-learn, and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import rbf_kernel

from auditkit.statistics import delong
from auditkit.statistics.shift import (
    CellShares,
    PeriodNumbers,
    area_by_period,
    chi_squared_test,
    count_cells,
    deciles,
    discrepancy,
    gaussian_gram,
    ks_distance,
    mmd_squared,
    shares_from_decisions,
    stability,
    stability_index,
    stability_test,
    tell_samples_apart,
    trend,
    trend_z,
    worst_period,
)

TENTHS = np.full(10, 0.1)


def plain(counts):
    counts = np.asarray(counts, dtype=float)
    return CellShares(counts / counts.sum(), int(counts.sum()), float(counts.sum()), is_plain=True)


# The population stability index.


def test_index_of_ten_cells():
    actual = np.array([0.08, 0.09, 0.1, 0.11, 0.12, 0.1, 0.1, 0.1, 0.1, 0.1])
    by_hand = -0.02 * np.log(0.8) - 0.01 * np.log(0.9) + 0.01 * np.log(1.1) + 0.02 * np.log(1.2)
    assert stability_index(TENTHS, actual) == pytest.approx(by_hand)
    assert stability_index(TENTHS, actual) == pytest.approx(0.0101160, abs=5e-8)


@pytest.mark.parametrize(
    ("m", "exceeded"), [(100, 0.1726), (200, 0.088), (500, 0.0372), (1000, 0.0203), (5000, 0.0068)]
)
def test_what_chance_exceeds_once_in_twenty(m, exceeded):
    found = stability(plain([500] * 10), plain([m // 10] * 10))
    assert found.chance_95 == pytest.approx(exceeded, abs=5e-5)
    assert found.by_chance == pytest.approx(9 * (1 / 5000 + 1 / m))


def test_a_cell_without_rows_is_half_a_row():
    found = stability(plain([5, 5]), plain([10, 0]))
    assert found.value == pytest.approx(0.5 * np.log(2) + (0.05 - 0.5) * np.log(0.1))


def test_no_difference_is_no_index_and_begins_at_zero():
    found = stability(plain([20] * 5), plain([10] * 5))
    assert (found.value, found.low) == (0.0, 0.0)
    assert 0 < found.high < 0.5
    assert found.p_value == pytest.approx(1.0)


def test_interval_inverts_the_noncentral_chi_squared():
    found = stability(plain([200] * 10), plain([34, 29, 22, 20, 20, 20, 20, 17, 10, 8]), level=0.9)
    noise = 1 / 2000 + 1 / 200
    assert stats.ncx2.cdf(found.value / noise, 9, found.low / noise) == pytest.approx(0.95, abs=1e-6)
    assert stats.ncx2.cdf(found.value / noise, 9, found.high / noise) <= 0.05 + 1e-6


def test_deciles_are_the_references_and_ties_share_a_cell():
    assert deciles(np.arange(1.0, 101.0)).tolist() == [10, 20, 30, 40, 50, 60, 70, 80, 90]
    assert deciles(np.repeat([1.0, 2.0, 3.0], 10)).tolist() == [1, 2]
    assert len(deciles(np.ones(30))) == 0
    doubled = deciles(np.arange(1.0, 101.0), weights=np.full(100, 2.0))
    assert doubled.tolist() == deciles(np.arange(1.0, 101.0)).tolist()


def test_rows_of_one_unit_are_worth_one_row():
    codes = np.tile([0, 1, 2, 1], 25)
    alone = count_cells(codes, 3)
    tripled = count_cells(np.repeat(codes, 3), 3, units=np.repeat(np.arange(100), 3))
    assert alone.size == 100
    assert tripled.size == pytest.approx(100)
    assert tripled.shares == pytest.approx(alone.shares)
    with pytest.raises(ValueError, match="no row"):
        count_cells(np.array([-1]), 2)


def test_dealing_out_rows_agrees_with_chi_squared_where_cells_are_full():
    reference, audit = plain([500, 300, 200]), plain([240, 160, 100])
    expected = stats.chi2_contingency([[500, 300, 200], [240, 160, 100]], correction=False).pvalue
    assert chi_squared_test(reference, audit, rng=np.random.default_rng(1), deals=9999) == pytest.approx(
        expected, abs=0.02
    )
    assert stability_test(reference, audit, rng=np.random.default_rng(1)).p_value == pytest.approx(expected, abs=0.05)


# Kolmogorov and Smirnov.


def test_distance_is_scipys():
    rng = np.random.default_rng(2)
    one, other = rng.normal(size=80), np.round(rng.normal(0.4, 1, 50), 1)
    found, expected = ks_distance(one, other), stats.ks_2samp(one, other)
    assert found.value == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue, abs=0.03)
    assert found.low <= found.value <= found.high


def test_distance_of_weighted_rows_is_that_of_repeated_ones():
    one, other = np.array([1.0, 2.0, 3.0]), np.array([2.0, 4.0])
    repeated = ks_distance(one, np.array([2.0, 2.0, 2.0, 4.0]))
    assert ks_distance(one, other, weights=(None, np.array([3.0, 1.0]))).value == pytest.approx(repeated.value)
    assert repeated.value == pytest.approx(1 / 3)  # below 2: one of three against none; below 3: 2/3 against 3/4


# Whole rows.


def test_discrepancy_of_four_points_by_hand():
    points = np.array([[0.0], [1.0], [3.0], [4.0]])
    gram = gaussian_gram(points)
    # distances 1 1 2 3 3 4: the squares' median is (4 + 9) / 2
    e = {d: np.exp(-(d**2) / 13.0) for d in (1, 2, 3, 4)}
    assert gram == pytest.approx(rbf_kernel(points, gamma=1 / 13))
    expected = e[1] + e[1] - 2 * (e[3] + e[4] + e[2] + e[3]) / 4
    first = np.array([True, True, False, False])
    assert mmd_squared(gram, first) == pytest.approx([expected])
    assert mmd_squared(gram, np.column_stack([first, ~first])) == pytest.approx([expected] * 2)


def test_a_shift_of_whole_rows_is_found_and_none_is_not():
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(160, 3))
    first = np.arange(160) < 70
    gram = gaussian_gram(rows)
    assert discrepancy(gram, first, rng=rng).test.p_value > 0.05
    assert tell_samples_apart(gram, first, rng=rng).low < 0.5
    rows[first] += 1.0
    gram = gaussian_gram(rows)
    apart, told = discrepancy(gram, first, rng=rng), tell_samples_apart(gram, first, rng=rng)
    assert apart.low > 0
    assert apart.test.p_value == pytest.approx(1 / 500)
    assert told.low > 0.6


def test_a_classifier_needs_ten_units_of_either_sample():
    gram = gaussian_gram(np.arange(40.0)[:, None])
    first = np.arange(40) < 20
    assert tell_samples_apart(gram, first, rng=np.random.default_rng(0), units=np.arange(40) // 5) is None


def test_rows_that_are_alike_are_guessed_at():
    told = tell_samples_apart(np.ones((40, 40)), np.arange(40) < 20, rng=np.random.default_rng(0))
    assert told.value == pytest.approx(0.5)


# Prevalence.


def test_shares_of_two_classes_are_rogan_and_gladens():
    confusion = np.array([[80, 20], [10, 90]])  # of 100 well people 20 are called ill; of 100 ill ones 90
    found = shares_from_decisions(confusion, np.array([130, 70]))
    expected = (0.35 + 0.8 - 1) / (0.9 + 0.8 - 1)
    assert found.shares == pytest.approx([1 - expected, expected])
    assert found.difference[1] == pytest.approx(expected - 0.5)
    known = 0.35 * 0.65 / 200 + expected**2 * 0.09 / 100 + (1 - expected) ** 2 * 0.16 / 100
    assert found.error[1] == pytest.approx(np.sqrt(known / 0.7**2 + 0.25 / 200))


def test_decisions_that_tell_nothing_tell_no_shares():
    assert shares_from_decisions(np.array([[50, 50], [51, 49]]), np.array([10, 10])) is None
    assert shares_from_decisions(np.array([[50, 50], [0, 0]]), np.array([10, 10])) is None


# Periods.


def test_trend_is_cochran_and_armitages():
    import statsmodels.api as sm

    hits, sizes = np.array([45, 38, 30, 33]), np.array([50, 50, 40, 50])
    table = sm.stats.Table(np.column_stack([sizes - hits, hits]))
    expected = table.test_ordinal_association(row_scores=np.arange(4), col_scores=np.array([0, 1]))
    z = trend_z(hits, sizes, np.arange(4.0))
    # statsmodels divides by n - 1 in its permutation variance
    assert z * np.sqrt(189 / 190) == pytest.approx(float(expected.zscore), abs=1e-9)


def test_line_of_three_periods_by_hand():
    numbers = np.array([1.0, 1.0, 2.0, 2.0, 3.0, 3.0])
    found = PeriodNumbers.of(numbers, np.repeat([0, 1, 2], 2), 3)
    line = trend(found, np.arange(3.0))
    assert line.value == pytest.approx(2.0)
    assert trend(found, np.zeros(3)) is None


def test_variance_of_a_mean_is_that_of_whole_units():
    numbers = np.array([0.0, 0.0, 1.0, 1.0, 1.0, 0.0])
    alone = PeriodNumbers.of(numbers, np.zeros(6, dtype=int), 1)
    assert alone.covariance[0, 0] == pytest.approx(numbers.var(ddof=1) / 6)
    paired = PeriodNumbers.of(numbers, np.zeros(6, dtype=int), 1, units=np.array([0, 0, 1, 1, 2, 2]))
    assert paired.covariance[0, 0] == pytest.approx(np.var([0.0, 1.0, 0.5], ddof=1) / 3)


def test_area_in_each_period_is_scikit_learns_and_varies_as_delongs():
    rng = np.random.default_rng(5)
    positive, periods = rng.random(120) < 0.4, np.repeat([0, 1], 60)
    scores = np.round(rng.normal(size=120) + positive, 1)
    found = area_by_period(scores, positive, periods, 2)
    for place in (0, 1):
        here = periods == place
        assert found.values[place] == pytest.approx(roc_auc_score(positive[here], scores[here]))
        known = delong(scores[here], positive[here])
        assert np.sum(found.moved[:, place] ** 2) == pytest.approx(known.variance, rel=0.1)


def test_worst_period_is_held_against_all_others():
    numbers = np.concatenate([np.tile([0.0, 1.0], 50), np.tile([0.0, 0.0, 0.0, 1.0], 25), np.tile([0.0, 1.0], 50)])
    found = PeriodNumbers.of(numbers, np.repeat([0, 1, 2], 100), 3, are_flags=True)
    worst = worst_period(found, -1, rng=np.random.default_rng(0))
    assert worst.place == 1
    assert worst.value == pytest.approx(0.25)
    assert 0 < worst.low < 0.25 < worst.high
    assert (
        worst_period(PeriodNumbers.of(numbers, np.zeros(300, dtype=int), 1), -1, rng=np.random.default_rng(0)) is None
    )


def test_a_share_of_one_has_a_variance():
    found = PeriodNumbers.of(np.ones(20), np.repeat([0, 1], 10), 2, are_flags=True)
    assert np.diag(found.covariance) == pytest.approx([(11 / 12) * (1 / 12) / 12] * 2)
