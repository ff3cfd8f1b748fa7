"""Predicted distributions against uncertainty-toolbox, properscoring and scipy; and how often the band holds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditkit.statistics import (
    held_by,
    interval_calibration_error,
    interval_score,
    normal_crps,
    normal_pit,
    pit_distance,
)

MEANS, SPREAD, TRUTH = np.array([1.0, 2, 3]), np.array([0.1, 0.5, 1]), np.array([1.5, 3, 2])
"""The example of uncertainty-toolbox's own tests."""


def test_crps_agrees_with_properscoring_and_uncertainty_toolbox():
    found = normal_crps(MEANS, SPREAD, TRUTH)
    # properscoring 0.1, crps_gaussian
    assert found == pytest.approx([0.4435810523375554, 0.7263959108429516, 0.6024413576276163], abs=1e-12)
    # uncertainty-toolbox 0.1.1, crps_gaussian
    assert found.mean() == pytest.approx(0.5908061069360411, abs=1e-12)


def test_without_a_spread_it_is_the_error():
    assert normal_crps(np.array([1.0, 2]), np.zeros(2), np.array([1.5, 2])).tolist() == [0.5, 0.0]
    assert normal_pit(np.array([1.0, 2, 3]), np.zeros(3), np.array([1.5, 2, 1])).tolist() == [1.0, 0.5, 0.0]


def test_the_interval_score_agrees_with_uncertainty_toolbox():
    scores = []
    for promised in np.linspace(0.01, 0.99, 99):
        reach = stats.norm.ppf(0.5 + promised / 2) * SPREAD
        scores.append(interval_score(MEANS - reach, MEANS + reach, TRUTH, 1 - promised).mean())
    # uncertainty-toolbox 0.1.1, interval_score, whose default are these 99 promises
    assert np.mean(scores) == pytest.approx(3.2075570086199594, abs=1e-9)


def test_the_interval_score_by_hand():
    # Width 4; 1 below the lower end at 2 / 0.1 each.
    assert interval_score(np.array([2.0, 2]), np.array([6.0, 6]), np.array([1.0, 5]), 0.1).tolist() == [24.0, 4.0]


def test_calibration_errors_agree_with_uncertainty_toolbox():
    pit = normal_pit(MEANS, SPREAD, TRUTH)
    # uncertainty-toolbox 0.1.1, mean_absolute_calibration_error and root_mean_squared_calibration_error
    assert interval_calibration_error(pit).value == pytest.approx(0.3733333333333335, abs=1e-12)
    promised = np.linspace(0, 1, 100)
    apart = held_by(pit, promised) - promised
    assert np.sqrt(np.mean(apart**2)) == pytest.approx(0.4165757476562379, abs=1e-12)


def test_transforms_and_curves_hold_the_other_numbers_of_uncertainty_toolbox():
    # The same tests: miscalibration_area, and both errors with prop_type="quantile", which are of the transforms.
    pit, promised = normal_pit(MEANS, SPREAD, TRUTH), np.linspace(0, 1, 100)
    area = np.trapezoid(np.abs(held_by(pit, promised) - promised), promised)
    assert area == pytest.approx(0.37710437710437716, abs=1e-12)
    apart = (pit[:, None] <= promised).mean(axis=0) - promised
    assert np.mean(np.abs(apart)) == pytest.approx(0.23757575757575766, abs=1e-12)
    assert np.sqrt(np.mean(apart**2)) == pytest.approx(0.3036256777490208, abs=1e-12)


def test_the_crps_is_twice_the_mean_check_loss_over_all_quantiles():
    # uncertainty-toolbox' check_score of the same rows is .298014373, over 99 quantiles; over all it is half the CRPS.
    def check_loss(levels):
        said = MEANS[:, None] + SPREAD[:, None] * stats.norm.ppf(levels)
        off = TRUTH[:, None] - said
        return float(np.maximum(levels * off, (levels - 1) * off).mean())

    assert check_loss(np.linspace(0.01, 0.99, 99)) == pytest.approx(0.29801437323836477, abs=1e-12)
    fine = (np.arange(20_000) + 0.5) / 20_000
    assert 2 * check_loss(fine) == pytest.approx(normal_crps(MEANS, SPREAD, TRUTH).mean(), abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_distance_is_kolmogorovs(seed):
    pit = np.random.default_rng(seed).random(50) ** 1.3
    assert pit_distance(pit).value == pytest.approx(stats.kstest(pit, "uniform").statistic, abs=1e-12)


def test_a_weight_counts_like_a_row_more():
    rng = np.random.default_rng(2)
    pit, times = rng.random(40), rng.integers(1, 4, 40)
    repeated, owners = np.repeat(pit, times), np.repeat(np.arange(40), times)
    for find in (pit_distance, interval_calibration_error):
        one, other = find(pit, weights=times.astype(float)), find(repeated, units=owners)
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


def test_the_band_of_400_rows():
    found = pit_distance((np.arange(400) + 0.5) / 400)
    assert found.value == pytest.approx(1 / 800)
    assert found.low == 0
    assert found.high - found.value == pytest.approx(0.0679, abs=1e-4)


def missed(rows, draws):
    """How often the interval of either departure leaves out the truth: none, and that of a spread half as large."""
    rng, out = np.random.default_rng(rows), np.zeros(4)
    grid = np.linspace(0, 1, 100_001)[1:-1]
    far = normal_pit(np.zeros(99_999), np.full(99_999, 0.5), stats.norm.ppf(grid))
    truths = [0.0, pit_distance(far).value, 0.0, interval_calibration_error(far).value]
    for _ in range(draws):
        truth = rng.normal(size=rows)
        pits = [normal_pit(np.zeros(rows), np.full(rows, spread), truth) for spread in (1.0, 0.5)]
        found = [find(pit) for find in (pit_distance, interval_calibration_error) for pit in pits]
        out += [not one.low <= true <= one.high for one, true in zip(found, truths, strict=True)]
    return out / draws


def test_the_intervals_hold_the_truth():
    assert max(missed(200, 100)) <= 0.05 + 2.5 * (0.05 * 0.95 / 100) ** 0.5


@pytest.mark.slow
@pytest.mark.parametrize("rows", [30, 300])
def test_the_intervals_hold_the_truth_as_often_as_they_promise(rows):
    assert max(missed(rows, 2000)) <= 0.05 + 2 * (0.05 * 0.95 / 2000) ** 0.5
