"""ABROCA: worked curves, scikit-learn's ROC curves on a fine grid, coverage, and the level of its test."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from auditkit.statistics import ScoredRows, abroca


def rows(rng: np.random.Generator, n: int, lift: float = 1.0, decimals: int = 9) -> ScoredRows:
    """Two groups of the same size: positives score `1` higher in the first, `lift` in the second."""
    positive, second = rng.random(n) < 0.5, np.arange(n) % 2 == 1
    scores = rng.normal(size=n) + positive * np.where(second, lift, 1.0)
    return ScoredRows(np.round(scores, decimals), positive, second)


def test_a_perfect_and_a_useless_model_are_half_the_square_apart() -> None:
    scores = np.array([2.0, 2, 1, 1, 1, 1, 1, 1] * 10)
    positive = np.array([True, True, False, False, True, True, False, False] * 10)
    second = np.array([False] * 4 + [True] * 4)
    found = abroca(ScoredRows(scores, positive, np.tile(second, 10)), rng=np.random.default_rng(0))
    assert found.value == pytest.approx(0.5)
    assert found.low > 0.2
    # No deal comes near: the least that 499 of them can tell.
    assert found.p == pytest.approx(1 / 500**2)


@pytest.mark.parametrize("decimals", [9, 0], ids=["no ties", "ties"])
def test_it_agrees_with_scikit_learns_curves(decimals: int) -> None:
    some = rows(np.random.default_rng(1), 300, 0.2, decimals)
    grid = (np.arange(200_000) + 0.5) / 200_000
    curves = []
    for side in (False, True):
        inside = some.is_second == side
        fpr, tpr, _ = roc_curve(some.positive[inside], some.scores[inside], drop_intermediate=False)
        curves.append(np.interp(grid, fpr, tpr))
    found = abroca(some, rng=np.random.default_rng(0))
    assert found.value == pytest.approx(np.abs(curves[0] - curves[1]).mean(), abs=2e-5)
    areas = [roc_auc_score(some.positive[some.is_second == s], some.scores[some.is_second == s]) for s in (False, True)]
    assert found.value >= abs(areas[0] - areas[1]) - 1e-12
    assert found.low <= found.value <= found.high


def test_weights_count_as_rows_do() -> None:
    rng = np.random.default_rng(2)
    some = rows(rng, 200, 0.3)
    times = rng.integers(1, 3, 200)
    weighted = ScoredRows(some.scores, some.positive, some.is_second, weights=times.astype(float))
    places = np.repeat(np.arange(200), times)
    repeated = ScoredRows(some.scores[places], some.positive[places], some.is_second[places])
    one, other = (abroca(each, rng=np.random.default_rng(0)).value for each in (weighted, repeated))
    assert one == pytest.approx(other)


def test_rows_told_thrice_are_no_more_certain_when_they_share_a_unit() -> None:
    some = rows(np.random.default_rng(3), 200)
    places = np.tile(np.arange(200), 3)
    thrice = ScoredRows(some.scores[places], some.positive[places], some.is_second[places], units=places)
    one, other = (abroca(each, rng=np.random.default_rng(0)) for each in (some, thrice))
    assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.25)
    assert other.p > 0.01


@pytest.mark.slow
@pytest.mark.parametrize("replicates", [499, 199], ids=["few groups", "many groups"])
def test_its_level_and_coverage_where_nothing_differs_and_where_something_does(replicates: int) -> None:
    rng = np.random.default_rng(4)
    rejected = null_held = held = 0
    truth = abroca(rows(rng, 400_000, 0.0), rng=rng).value
    for _ in range(100):
        same = abroca(rows(rng, 300), rng=rng, replicates=replicates)
        rejected += same.p <= 0.05
        null_held += same.low == 0
        other = abroca(rows(rng, 300, 0.0), rng=rng, replicates=replicates)
        held += other.low <= truth <= other.high
    noise = np.sqrt(0.05 * 0.95 / 100)
    assert rejected / 100 <= 0.05 + 2 * noise
    assert null_held / 100 >= 0.95 - 2 * noise
    assert held / 100 >= 0.95 - 2 * noise


def test_curves_that_are_one_lie_no_nearer_than_any_deal() -> None:
    # Both groups are set apart without an error, at scores of their own: binned over both, the curves seem to differ.
    rng = np.random.default_rng(2)
    positive, second = np.arange(800) % 4 < 2, np.arange(800) % 2 == 1
    scores = np.where(positive, np.where(second, 0.6, 0.9), np.where(second, 0.4, 0.1)) + rng.uniform(0, 0.05, 800)
    found = abroca(ScoredRows(scores, positive, second), rng=np.random.default_rng(0))
    assert (found.value, found.p) == (0, 1)
