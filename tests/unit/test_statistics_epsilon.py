"""Lower bounds of epsilon: published tables, closed forms, a randomised response whose epsilon is known."""

from typing import Any

import numpy as np
import pytest
from scipy import special, stats

from auditkit.statistics import (
    clopper_pearson,
    epsilon_of_rates,
    gaussian_delta,
    gaussian_epsilon,
    gaussian_mu,
    one_run_epsilon,
    one_run_p_value,
    roc,
    two_world_epsilon,
)

# canaries, guesses, right, delta -> epsilon at 95%, computed with jax_privacy 2.3's auditor
ONE_RUN = [
    ((1000, 1000, 600, 1e-5), 0.297227),
    ((1000, 100, 95, 1e-5), 2.165176),
    ((1000, 100, 100, 1e-5), 3.465376),
    ((1000, 100, 100, 0.0), 3.492965),
    ((10000, 1000, 800, 1e-5), 1.250792),
    ((100, 100, 75, 1e-6), 0.702187),
    ((5000, 200, 199, 1e-5), 3.644205),
]


@pytest.mark.parametrize(("given", "epsilon"), ONE_RUN)
def test_one_run_agrees_with_the_published_table(given: Any, epsilon: float) -> None:
    canaries, guesses, right, delta = given
    assert one_run_epsilon(canaries, guesses, right, delta=delta) == pytest.approx(epsilon, abs=1e-6)


@pytest.mark.parametrize(("guesses", "epsilon"), [(10, 1.051873), (50, 2.784727), (1000, 5.809068)])
def test_all_right_without_delta_is_a_closed_form(guesses: int, epsilon: float) -> None:
    assert one_run_epsilon(guesses, guesses, guesses) == pytest.approx(special.logit(0.05 ** (1 / guesses)))
    assert one_run_epsilon(guesses, guesses, guesses) == pytest.approx(epsilon, abs=1e-6)


def test_guessing_bounds_nothing_and_impossible_counts_are_refused() -> None:
    assert one_run_epsilon(1000, 100, 55) == 0
    assert one_run_epsilon(1000, 0, 0) == 0
    with pytest.raises(ValueError, match="7 right of 6 guesses about 9 canaries"):
        one_run_epsilon(9, 6, 7)


@pytest.mark.parametrize(
    ("m", "r", "v", "eps", "delta"), [(50, 20, 15, 0.5, 1e-3), (30, 30, 30, 1, 1e-2), (9, 5, 0, 2, 0.1)]
)
def test_one_run_p_value_by_its_definition(m: int, r: int, v: int, eps: float, delta: float) -> None:
    # all i one after the other, tails added up term by term
    q = 1 / (1 + np.exp(-eps))
    tail = [sum(stats.binom.pmf(k, r, q) for k in range(v - i, r + 1)) for i in range(v + 1)]
    alpha = max([(tail[i] - tail[0]) / i for i in range(1, v + 1)], default=0)
    assert one_run_p_value(m, r, v, epsilon=eps, delta=delta) == pytest.approx(min(1, tail[0] + 2 * m * delta * alpha))


def spread_normal(mean: float, n: int) -> Any:
    """Quantiles in the middle of n equal shares."""
    return stats.norm.ppf((np.arange(n) + 0.5) / n) + mean


@pytest.mark.parametrize(
    ("shift", "epsilon"),
    [
        (0, 0),
        pytest.param(1, 1.13346, marks=pytest.mark.slow),
        pytest.param(2, 2.311945, marks=pytest.mark.slow),
        (4, 4.395568),
    ],
)
def test_the_hulls_bonferroni_gives_the_published_numbers(shift: float, epsilon: float) -> None:
    # jax_privacy 2.3 tests/auditing_test.py, test_epsilon_one_run_close. It divides the error by the number of the
    # hull's vertices, which depends on the data: an oracle for `one_run_epsilon` and `hull`, and no bound of ours.
    n = 10_000
    scores = np.concatenate([spread_normal(shift, n), spread_normal(0, n)])
    hull = roc(scores, np.arange(2 * n) < n).hull()
    error, best = 0.05 / len(hull.thresholds), 0.0
    for right, wrong in zip(hull.true_positives.tolist(), hull.false_positives.tolist(), strict=True):
        guesses = right + wrong
        # only a vertex that rejects the best so far can be better: first without delta, which is quick
        if stats.binom.sf(right - 1, guesses, special.expit(best)) > error:
            continue
        if one_run_p_value(2 * n, guesses, right, epsilon=best, delta=1e-6) <= error:
            best = one_run_epsilon(2 * n, guesses, right, delta=1e-6, level=1 - error)
    assert best == pytest.approx(epsilon, rel=1e-5)


def test_rates_at_a_fixed_threshold_by_hand() -> None:
    low, high = clopper_pearson(60, 100).low, clopper_pearson(5, 100).high
    assert epsilon_of_rates(60, 100, 5, 100) == pytest.approx(np.log(low / high))
    assert epsilon_of_rates(60, 100, 5, 100, delta=0.1) == pytest.approx(np.log((low - 0.1) / high))
    assert epsilon_of_rates(5, 100, 60, 100) == 0
    assert epsilon_of_rates(0, 100, 0, 100) == 0


def answers(epsilon: float, n: int, rng: Any) -> tuple[Any, Any]:
    """Randomised response: each row's bit of membership, told truly with probability e^eps / (1 + e^eps)."""
    positive = rng.random(n) < 0.5
    return np.where(rng.random(n) < special.expit(epsilon), positive, ~positive).astype(float), positive


def test_two_worlds_bound_a_randomised_response_from_below() -> None:
    rng = np.random.default_rng(4)
    found = two_world_epsilon(*answers(2.0, 20_000, rng), rng=rng)
    assert 1.7 < found.epsilon < 2.0
    # told the other way round, the attack clears whom it accused before
    scores, positive = answers(2.0, 20_000, rng)
    rare = np.where(positive & (rng.random(20_000) < 0.3), 0.5, scores)
    assert two_world_epsilon(rare, positive, rng=rng).epsilon > 1
    assert two_world_epsilon(*answers(0.0, 500, rng), rng=rng).epsilon == 0
    assert two_world_epsilon(np.zeros(3), np.array([True, False, False]), rng=rng) is None


@pytest.mark.slow
def test_bounds_are_over_the_truth_as_rarely_as_they_promise() -> None:
    rng, over = np.random.default_rng(8), np.zeros(2)
    draws = 1000
    for _ in range(draws):
        scores, positive = answers(1.0, 400, rng)
        over[0] += two_world_epsilon(scores, positive, rng=rng, splits=5).epsilon > 1
        right = int(np.count_nonzero((scores > 0.5) == positive))
        over[1] += one_run_p_value(400, 400, right, epsilon=1.0, delta=0.0) <= 0.05
    assert (over / draws <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / draws)).all(), over / draws


def test_gaussian_privacy_by_its_known_values() -> None:
    # mu 1: delta(1) = Phi(-.5) - e Phi(-1.5) = .126936...; and there and back again
    assert gaussian_delta(1, 1) == pytest.approx(stats.norm.cdf(-0.5) - np.e * stats.norm.cdf(-1.5))
    for mu in (0.1, 1.0, 3.0, 30.0):
        for delta in (1e-9, 1e-5, 0.01):
            assert gaussian_delta(mu, gaussian_epsilon(mu, delta)) == pytest.approx(delta, rel=1e-6)
    assert gaussian_epsilon(0, 1e-5) == 0
    assert gaussian_epsilon(0.001, 0.01) == 0
    assert gaussian_mu(special.ndtr(-1.0), special.ndtr(-2.5)) == pytest.approx(1.5)
    assert gaussian_mu(0.1, 0.2) == 0
