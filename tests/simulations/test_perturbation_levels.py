"""How often noise is said to hurt one group more where it does not, and how often it is found where it does.

docs/robustness.md has the figures of the slow runs.
"""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import ClassScores
from auditkit.perturbation import Question, Rows
from auditkit.testing import toy_case

CHANGES = 20
TIMES = [100, pytest.param(2000, marks=pytest.mark.slow)]


def flips(rng, rows, mean, spread=5.0):
    """The share of changes that flip each row's decision; rows differ in how near to the edge they are."""
    return rng.binomial(CHANGES, rng.beta(mean * spread, (1 - mean) * spread, rows)) / CHANGES


def losses(rng, rows, mean):
    """Right before less right after, over all changes; one row in five was wrong and now and then turns right."""
    return flips(rng, rows, mean) * np.where(rng.random(rows) < 0.8, 1.0, -0.3)


def gaps(times, rows, means, draw, mean):
    """The interval of the widest difference between groups of so many rows each, so many times."""
    labels = [f"g{place}" for place in range(len(means)) for _ in range(rows)]
    said = ClassScores(("no", "yes"), np.full((len(labels), 2), 0.5))
    case = toy_case(said, groups={"ward": labels}, min_group_size=10)
    rng = np.random.default_rng([rows, len(means), round(1000 * sum(means))])
    for _ in range(times):
        numbers = np.concatenate([draw(rng, rows, one) for one in means])
        *_, gap = Question("flip_rate", "flip_rate_difference", numbers, mean, is_dealt=True).by_group(
            case, Rows.of(case)
        )
        yield gap.interval.low, gap.interval.high


def said(times, *about):
    """How often a difference is said."""
    return float(np.mean([low > 0 for low, _ in gaps(times, *about)]))


NO_HARM = {
    "30 rows": (30, (0.1, 0.1), flips, Rows.share),
    "100 rows": (100, (0.1, 0.1), flips, Rows.share),
    "five groups of 100 rows": (100, (0.1,) * 5, flips, Rows.share),
    "losses, 30 rows": (30, (0.1, 0.1), losses, Rows.loss),
    "losses, 100 rows": (100, (0.1, 0.1), losses, Rows.loss),
}


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("name", NO_HARM)
def test_no_group_is_said_to_be_hurt_more_where_none_is(times, name):
    found = said(times, *NO_HARM[name])
    assert found <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / times)


@pytest.mark.parametrize("times", TIMES)
def test_nor_where_next_to_nothing_flips(times):
    # By the limits alone it would be said in one of ten.
    found = said(times, 100, (0.01, 0.01), flips, Rows.share)
    assert found <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / times)


@pytest.mark.parametrize("times", TIMES)
def test_noise_that_flips_every_fifth_decision_of_one_group_is_found(times):
    found = said(times, 100, (0.05, 0.2), flips, Rows.share)
    few = said(times, 30, (0.05, 0.2), flips, Rows.share)
    assert found > 0.95
    assert few > 0.6


@pytest.mark.parametrize("times", TIMES)
def test_the_interval_holds_the_true_difference(times):
    inside = [low <= 0.15 <= high for low, high in gaps(times, 100, (0.05, 0.2), flips, Rows.share)]
    assert np.mean(inside) >= 0.93 - 2 * np.sqrt(0.05 * 0.95 / times)
