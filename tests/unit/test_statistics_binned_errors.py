"""Binned calibration errors: every example of verified_calibration's and torchmetrics' own tests, in each norm."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.statistics.calibration import binned_error, equal_mass, equal_width


def norms(scores, came_true, places):
    """The error over bins as a sum, as a root of squares, of cubes, and the largest."""
    scores, came_true = np.asarray(scores, dtype=float), np.asarray(came_true, dtype=float)
    kinds, at = np.unique(places, return_inverse=True)
    rows = np.bincount(at)
    off = np.abs(np.bincount(at, came_true - scores)) / rows
    share = rows / len(scores)
    assert binned_error((came_true - scores) / len(scores), at, len(kinds)) == pytest.approx(share @ off)
    return [(share @ off**power) ** (1 / power) for power in (1, 2, 3)] + [off.max()]


def places_of(scores):
    """Each score a bin of its own, as verified_calibration's discrete bins."""
    return np.unique(scores, return_inverse=True)[1]


def test_torchmetrics_norms():
    # torchmetrics.functional.classification.{binary,multiclass}_calibration_error, norms l1, l2 and max
    scores, came_true = np.array([0.25, 0.25, 0.55, 0.75, 0.75]), [0, 0, 1, 1, 1]
    first, second, _, largest = norms(scores, came_true, equal_width(scores, 2))
    assert (first, second, largest) == pytest.approx((0.29, 0.2918, 0.3167), abs=5e-5)
    confidence = np.array([0.55, 0.55, 0.6, 0.9])
    first, second, _, largest = norms(confidence, [0, 0, 1, 1], equal_width(confidence, 3))
    assert (first, second, largest) == pytest.approx((0.2, 0.2082, 0.2333), abs=5e-5)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_nine_points(power):
    scores = np.array([0.5, 0.5, 0.5, 0.6, 0.5, 0.6, 0.6, 0.6, 0.6])
    found = norms(scores, [0, 1, 0, 1, 0, 1, 1, 1, 0], places_of(scores))[power - 1]
    assert found == pytest.approx((4 / 9 * 0.25**power + 5 / 9 * 0.2**power) ** (1 / power))


@pytest.mark.parametrize("power", [1, 2, 3])
def test_three_classes_each_and_the_likeliest(power):
    rows = [[0.6, 0.3, 0.1]] * 6 + [[0.1, 0.8, 0.1]] * 4 + [[0.1, 0.0, 0.9]] * 4
    scores, labels = np.array(rows), np.array([0] * 5 + [1] * 4 + [2] * 5)
    each = [norms(scores[:, one], labels == one, places_of(scores[:, one]))[power - 1] ** power for one in range(3)]
    wanted = (4 * 0.1**power + 6 * (5 / 6 - 0.6) ** power + 8 * 0.1**power + 4 * 0.05**power) / 42
    wanted += 6 * (0.3 - 1 / 6) ** power / 42
    assert np.mean(each) == pytest.approx(wanted)
    top = scores.argmax(axis=1)
    confidence = scores[np.arange(14), top]
    found = norms(confidence, top == labels, places_of(confidence))[power - 1] ** power
    assert found == pytest.approx((6 * (5 / 6 - 0.6) ** power + 4 * 0.05**power + 4 * 0.1**power) / 14)


def test_bins_of_equal_width():
    scores = np.array([0.6, 0.7, 0.8, 0.9])
    assert norms(scores, [0, 0, 1, 1], equal_width(scores, 2))[0] == pytest.approx(0.25)
    confidence = np.array([0.8, 0.6, 0.9, 1.0, 0.4, 0.85])
    found = norms(confidence, [1, 1, 1, 1, 0, 1], equal_width(confidence, 3))[0]
    assert found == pytest.approx(4 / 6 * (1 - (0.8 + 0.85 + 0.9 + 1.0) / 4))
    scores = np.array([0.9, 0.1, 0.3])
    assert norms(scores, [0, 0, 0], equal_width(scores, 1))[0] == pytest.approx(1.3 / 3)
    assert norms(scores, [1, 1, 1], equal_width(scores, 1))[0] == pytest.approx(1.7 / 3)


EQUAL_MASS = [
    ([0.1], [1], 1, 0.9),
    ([0.1], [0], 1, 0.1),
    ([0.1, 0.7], [0, 1], 1, 0.1),
    ([0.7, 0.1], [1, 0], 1, 0.1),
    ([0.1, 0.7, 0.4], [0, 0, 0], 1, 0.4),
    ([0.1, 0.9], [0, 1], 1, 0.0),
    ([0.1, 0.7], [0, 1], 2, 0.2),
    ([0.1, 0.1, 0.7], [0, 1, 1], 2, 0.4 * 2 / 3 + 0.3 * 1 / 3),
    ([0.1, 0.1, 0.1, 0.1, 0.7], [0, 1, 0, 0, 1], 2, 0.15 * 4 / 5 + 0.3 * 1 / 5),
    ([0.1, 0.7, 0.5, 0.9], [0, 1, 0, 1], 2, 0.25),
    ([0.1, 0.7, 0.5, 0.9], [0, 1, 0, 1], 4, 0.25),
    ([0.6, 0.7, 0.8, 0.9], [0, 0, 1, 1], 2, 0.4),
    ([0.1, 0.7, 0.5, 0.9], [0, 1, 1, 1], 2, 0.2),
    ([0.1, 0.7, 0.5, 0.9], [0, 1, 1, 1], 4, 0.25),
]
"""verified_calibration, calibration/util_test.py: scores, what came true, bins, error."""


@pytest.mark.parametrize(("scores", "came_true", "bins", "error"), EQUAL_MASS)
def test_bins_of_equal_mass(scores, came_true, bins, error):
    assert norms(scores, came_true, equal_mass(np.array(scores), bins))[0] == pytest.approx(error)
