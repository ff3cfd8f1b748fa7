"""How often attacks on membership are wrong: alarms on clean models, and intervals of the exact optimal attack."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.choosing import strongest


def audits(count, *, shift, rows=150, seed=0):
    """Of so many audits the strongest of four attacks that see the same thing with more or less noise."""
    for place in range(count):
        rng = np.random.default_rng([seed, place])
        inside, outside = rng.normal(size=rows) + shift, rng.normal(size=rows)
        scores = {
            f"noise {noise}": Sides(inside + noise * rng.normal(size=rows), outside + noise * rng.normal(size=rows))
            for noise in (0.0, 1.0, 2.0, 4.0)
        }
        yield strongest(scores, units=None, level=0.95, rng=rng)


@pytest.mark.parametrize("count", [40, pytest.param(400, marks=pytest.mark.slow)])
def test_clean_models_are_called_leaky_no_more_often_than_promised(count):
    found = list(audits(count, shift=0.0))
    most = 0.05 + 2 * np.sqrt(0.05 * 0.95 / count)
    assert np.mean([one.low > 0.5 for one in found]) <= most
    assert np.mean([one.p_value <= 0.05 for one in found]) <= most
    assert np.mean([one.value for one in found]) == pytest.approx(0.5, abs=4 * 0.033 / np.sqrt(count))


@pytest.mark.parametrize("count", [20, pytest.param(200, marks=pytest.mark.slow)])
def test_the_interval_holds_the_area_of_the_exact_optimal_attack(count):
    """Of a model that says the mean of its rows the optimal attack is normal, one standard deviation apart."""
    wanted = stats.norm.cdf(1 / np.sqrt(2))
    assert wanted == pytest.approx(0.760250, abs=1e-6)
    found = list(audits(count, shift=1.0, seed=1))
    assert all(one.name == "noise 0.0" for one in found)
    held = np.mean([one.low <= wanted <= one.high for one in found])
    assert held >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / count)
