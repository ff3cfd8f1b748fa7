"""How often the bound of canaries is above an epsilon that the mechanism is known to keep, and what it finds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from auditkit.statistics import gaussian_epsilon, one_run

RUNS = 1000
FEWER = 200
"""With a delta a bound is searched for, which takes a tenth of a second."""
ALLOWED = 0.05 + 2 * np.sqrt(0.05 * 0.95 / RUNS)

pytestmark = pytest.mark.slow


def responses(epsilon, count, rng):
    """Randomised response: each coin is told, and a lie with a chance of 1 / (1 + e^epsilon): pure epsilon."""
    included = rng.random(count) < 0.5
    told = included ^ (rng.random(count) > special.expit(epsilon))
    return told + rng.random(count) / 2, included


def noised(mu, count, rng):
    """Each coin plus Gaussian noise of 1 / mu: mu-Gaussian private, one canary's part in it being its own."""
    included = rng.random(count) < 0.5
    return mu * included + rng.normal(size=count), included


@pytest.mark.parametrize("count", [100, 500])
@pytest.mark.parametrize("epsilon", [0.0, 0.5, 1.0, 2.0])
def test_randomised_response_is_accused_in_at_most_one_run_of_twenty(epsilon, count):
    rng = np.random.default_rng([20_261_122, count, int(10 * epsilon)])
    bounds = np.array([one_run(*responses(epsilon, count, rng)).epsilon for _ in range(RUNS)])
    assert np.mean(bounds > epsilon) <= ALLOWED


@pytest.mark.parametrize("mu", [0.5, 1.0])
def test_gaussian_noise_is_accused_in_at_most_one_run_of_twenty(mu):
    delta = 1e-5
    epsilon = gaussian_epsilon(mu, delta)
    rng = np.random.default_rng([20_261_123, int(10 * mu)])
    bounds = np.array([one_run(*noised(mu, 200, rng), delta=delta).epsilon for _ in range(FEWER)])
    assert np.mean(bounds > epsilon) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / FEWER)


def test_a_leak_of_epsilon_3_refutes_a_claim_of_1_nine_times_in_ten():
    rng = np.random.default_rng(20_261_124)
    bounds = np.array([one_run(*responses(3.0, 200, rng)).epsilon for _ in range(RUNS // 5)])
    assert np.mean(bounds > 1.0) >= 0.9
