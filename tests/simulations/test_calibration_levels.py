"""How often the tests of calibration reject a calibrated model, and how often they find one that is off."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from auditkit.statistics.calibration import (
    Kinds,
    Recalibration,
    binned_error,
    brier_limits,
    equal_mass,
    hosmer_lemeshow,
    null_of,
    recalibration,
    spiegelhalter,
    squared_error,
    summed,
)

pytestmark = pytest.mark.slow
WORLDS = 100


def p_values(n: int, *, sharp: float, seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    found: dict[str, list[float]] = {"spiegelhalter": [], "hosmer-lemeshow": [], "cox": [], "ece": []}
    for _ in range(WORLDS):
        true = rng.beta(1.2, 2.5, n)
        scores = special.expit(sharp * special.logit(true))
        came_true = rng.random(n) < true
        places = equal_mass(scores, 10)
        z, bins = spiegelhalter(scores, came_true), hosmer_lemeshow(scores, came_true, places)
        line = recalibration(scores, came_true, units=None)
        assert z is not None
        assert bins is not None
        assert isinstance(line, Recalibration)
        shares = np.full(n, 1 / n)
        kinds = Kinds.of(scores, shares, places)
        drawn = [np.abs(summed(kinds, one, kinds.places[0], 10)).sum(axis=1) for one in kinds.residuals(rng, 199)]
        error = binned_error(shares * (came_true - scores), places, 10)
        found["spiegelhalter"].append(z.p_value)
        found["hosmer-lemeshow"].append(bins.p_value)
        found["cox"].append(line.p_value)
        found["ece"].append(null_of(error, np.concatenate(drawn)).test.p_value)
    return {name: np.array(values) for name, values in found.items()}


@pytest.mark.parametrize("n", [200, 1000])
def test_tests_keep_their_level(n):
    for name, values in p_values(n, sharp=1.0, seed=n).items():
        assert np.mean(values <= 0.05) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / WORLDS), name


def test_tests_find_overconfidence():
    found = p_values(1000, sharp=1.6, seed=7)
    assert np.mean(found["cox"] <= 0.05) > 0.95
    assert np.mean(found["spiegelhalter"] <= 0.05) > 0.95
    assert np.mean(found["ece"] <= 0.05) > 0.8
    assert np.mean(found["hosmer-lemeshow"] <= 0.05) > 0.8


@pytest.mark.parametrize("sharp", [1.0, 2.0])
def test_intervals_of_squares_and_parts_hold_the_truth(sharp):
    rng = np.random.default_rng(11)
    many = rng.beta(1.2, 1.2, 400_000)
    truth = np.mean((special.expit(sharp * special.logit(many)) - many) ** 2)
    held = np.zeros(2)
    for _ in range(200):
        true = rng.beta(1.2, 1.2, 600)
        scores = special.expit(sharp * special.logit(true))
        came_true, shares = rng.random(600) < true, np.full(600, 1 / 600)
        limits = brier_limits(scores, came_true, shares, level=0.9, rng=rng, draws=199).miscalibration
        places = equal_mass(scores, 15)
        off = [np.mean((true - scores)[places == place]) for place in range(15)]
        of_bins = float(np.mean(np.array(off) ** 2))
        square = squared_error(shares * (came_true - scores), shares, places, rng=rng, level=0.9)
        assert square is not None
        held += [limits.low - 1e-9 <= truth <= limits.high, square.limits.low <= of_bins <= square.limits.high]
    # The parts' interval is rather too short for a model that is off: nine in ten promised, at least 83% held.
    assert held[0] / 200 >= 0.83
    assert held[1] / 200 >= 0.9 - 2 * np.sqrt(0.09 / 200)
