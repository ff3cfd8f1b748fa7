"""The smooth calibration error against closed forms and a sum over reflected kernels; and its interval's coverage."""

from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from auditkit.statistics.calibration import NARROWEST, smooth_error, smoothed_size, waves_of
from auditkit_calibration.estimates import estimate_binned_error, estimate_smooth_error
from auditkit_calibration.noise import Effort
from auditkit_calibration.questions import Question


def question(scores: Any, came_true: Any) -> Question:
    rows = len(scores)
    return Question(
        "test", None, np.asarray(scores, float), np.asarray(came_true, bool), np.full(rows, 1 / rows), np.arange(rows)
    )


def error_of(asked: Question) -> float:
    return smooth_error(asked.scores, asked.residuals)


def reflected_kernel_sum(scores: Any, residuals: Any, width: float) -> float:
    """The integral of |mean of residual times a Gaussian around each score and all its mirror images|, by sums."""
    places = np.linspace(0, 1, 1501)
    images = np.concatenate(
        [scores + 2 * turn for turn in range(-3, 4)] + [-scores + 2 * turn for turn in range(-3, 4)]
    )
    curve = norm.pdf(places[:, np.newaxis], images, width) @ np.tile(residuals, 14) / len(scores)
    return float(np.trapezoid(np.abs(curve), places))


@pytest.mark.parametrize("score", [0.0, 0.2, 0.50013, 1.0])
@pytest.mark.parametrize("hits", [0, 13, 40])
def test_a_constant_score_is_off_by_the_mean(score: float, hits: int) -> None:
    found = error_of(question(np.full(40, score), np.arange(40) < hits))
    assert found == pytest.approx(abs(hits / 40 - score), abs=1e-6)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("power", [1.0, 3.0])
def test_agrees_with_a_sum_over_reflected_kernels(seed: int, power: float) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.beta(0.6, 0.8, 120)
    came_true = rng.random(120) < scores**power
    expected = brentq(lambda width: reflected_kernel_sum(scores, came_true - scores, width) - width, 0.005, 1)
    assert error_of(question(scores, came_true)) == pytest.approx(expected, abs=1e-4)


def test_answers_that_are_sure_and_right_have_no_error() -> None:
    came_true = np.arange(50) < 20
    assert error_of(question(came_true.astype(float), came_true)) == 0


def test_an_error_below_the_narrowest_width_is_right_to_within_it() -> None:
    # 1 of 10,000 rows came true and all were given 0: the error is 0.0001, less than the width of 0.0005.
    found = estimate_smooth_error(
        question(np.zeros(10_000), np.arange(10_000) < 1), level=0.95, rng=np.random.default_rng(0)
    )
    assert found.value == pytest.approx(1e-4)
    assert found.high > NARROWEST


def test_rows_that_all_turned_out_alike_still_leave_doubt() -> None:
    # Among 20 rows without an event up to 3 / 20 may be the truth: the rule of three.
    found = estimate_smooth_error(question(np.full(20, 0.01), np.zeros(20)), level=0.95, rng=np.random.default_rng(0))
    assert found.value == pytest.approx(0.01, abs=1e-6)
    assert 3 / 20 < found.high < 0.3


def test_pooling_many_units_leaves_the_bound_as_it_was() -> None:
    rng = np.random.default_rng(11)
    scores = rng.random(3000)
    asked = question(scores, rng.random(3000) < scores)
    alone, pooled = (
        estimate_smooth_error(
            asked, level=0.95, rng=np.random.default_rng(1), effort=Effort(draws=1000, beyond=1, pools=pools)
        )
        for pools in (3000, 1000)
    )
    assert pooled.high == pytest.approx(alone.high, rel=0.05)


WORLDS = {
    # name: how scores are drawn, the true chance given the score, and the true error
    "calibrated": (lambda rng, rows: rng.beta(0.5, 1, rows), lambda scores: scores, 0.0),
    "calibrated and rare": (lambda rng, rows: rng.beta(0.3, 15, rows), lambda scores: scores, 0.0),
    "ten points too low": (lambda rng, rows: rng.random(rows) * 0.8, lambda scores: scores + 0.1, 0.1),
    "sure, and wrong once in twenty": (
        lambda rng, rows: np.where(rng.random(rows) < 0.5, 0.0, 1.0),
        lambda scores: 0.05 + 0.9 * scores,
        0.05,
    ),
}


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("estimate", [estimate_smooth_error, estimate_binned_error])
def test_intervals_hold_the_truth_as_often_as_they_say(world: str, estimate: Any) -> None:
    draw, chance, truth = WORLDS[world]
    options = {"bins": 10} if estimate is estimate_binned_error else {}
    rng = np.random.default_rng(20)
    held, worlds = 0, 120
    for _ in range(worlds):
        scores = draw(rng, 200)
        asked = question(scores, rng.random(200) < chance(scores))
        found = estimate(asked, level=0.9, rng=rng, effort=Effort(draws=200, beyond=1, pools=2048), **options)
        held += found.low - 1e-9 <= truth <= found.high + 1e-9
    # Two standard errors of so many worlds under the level.
    assert held / worlds >= 0.9 - 2 * np.sqrt(0.9 * 0.1 / worlds)


@pytest.mark.parametrize("width", [NARROWEST, 0.001, 0.003, 0.01])
def test_the_size_at_a_narrow_width_is_the_exact_one(width: float) -> None:
    rng = np.random.default_rng(7)
    scores = np.sort(rng.beta(0.8, 1.2, 60))
    residuals = ((rng.random(60) < scores) - scores) / 60
    # A narrow kernel is 0 but near its row: each is summed there alone, on a grid of its own.
    places = np.linspace(0, 1, 200_001)
    curve = np.zeros(len(places))
    for score, residual in zip(scores, residuals, strict=True):
        for image in (score, -score, 2 - score):
            low, high = np.searchsorted(places, [image - 8 * width, image + 8 * width])
            curve[low:high] += residual * norm.pdf(places[low:high], image, width)
    exact = float(np.trapezoid(np.abs(curve), places))
    assert float(smoothed_size(waves_of(scores, residuals, width), width)) == pytest.approx(exact, abs=1e-4)
