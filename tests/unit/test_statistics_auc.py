"""The area under the ROC curve: scikit-learn and a direct computation as witnesses."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from sklearn.metrics import roc_auc_score

from auditkit.statistics import delong


def direct(scores: Any, positive: Any) -> tuple[float, float]:
    """Area and variance from all pairs, as in the paper."""
    above, below = scores[positive][:, None], scores[~positive][None, :]
    wins = (above > below) + 0.5 * (above == below)
    by_positive, by_negative = wins.mean(axis=1), wins.mean(axis=0)
    variance = by_positive.var(ddof=1) / len(by_positive) + by_negative.var(ddof=1) / len(by_negative)
    return wins.mean(), variance


def drawn(seed: int, n: int = 120, shift: float = 0.8) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.35
    return np.round(rng.normal(size=n) + shift * positive, 1), positive


def test_area_by_hand() -> None:
    # pairs: 3 beats 1 and 2, 2 beats 1 and ties with 2: 3.5 of 4
    found = delong(np.array([3.0, 2.0, 1.0, 2.0]), np.array([True, True, False, False]))
    assert (found.value, found.positives, found.negatives) == (0.875, 2, 2)


def test_the_variance_is_that_of_r_proc() -> None:
    # pROC's ci(roc(...)) of 50 even numbers that are negative and 50 odd ones that are positive: Wald's interval.
    found = delong(np.r_[0:99:2, 1:100:2].astype(float), np.arange(100) >= 50)
    reach = 1.959963984540054 * np.sqrt(found.variance)
    assert (found.value - reach, found.value + reach) == pytest.approx((0.3957154, 0.6242846), abs=1e-7)


@pytest.mark.parametrize("seed", range(5))
def test_area_and_variance_agree_with_all_pairs_and_scikit_learn(seed: int) -> None:
    scores, positive = drawn(seed)
    found = delong(scores, positive)
    assert (found.value, found.variance) == pytest.approx(direct(scores, positive))
    assert found.value == pytest.approx(roc_auc_score(positive, scores))


def test_weighted_area_agrees_with_scikit_learn() -> None:
    scores, positive = drawn(1)
    weights = np.random.default_rng(2).uniform(0, 3, len(scores))
    found = delong(scores, positive, weights=weights)
    assert found.value == pytest.approx(roc_auc_score(positive, scores, sample_weight=weights))


def test_equal_weights_and_single_units_change_nothing() -> None:
    scores, positive = drawn(3)
    plain = delong(scores, positive).variance
    assert delong(scores, positive, weights=np.full(len(scores), 0.2)).variance == pytest.approx(plain)
    assert delong(scores, positive, units=np.arange(len(scores))).variance == pytest.approx(plain)


def test_copies_of_rows_are_no_further_evidence_when_they_share_a_unit() -> None:
    scores, positive = drawn(4)
    once = delong(scores, positive).variance
    copied = delong(np.tile(scores, 3), np.tile(positive, 3), units=np.tile(np.arange(len(scores)), 3)).variance
    assert copied == pytest.approx(once)


@pytest.mark.parametrize("positive", [[True, True], [False, False]])
def test_one_class_alone_has_no_area(positive: Any) -> None:
    assert delong(np.array([0.1, 0.2]), np.array(positive)) is None


@pytest.mark.parametrize("scores", [[0.0, 0.1, 0.8, 0.9], [0.9, 0.8, 0.1, 0.0], [0.5, 0.5, 0.5, 0.5]])
def test_no_interval_is_a_point(scores: Any) -> None:
    found = delong(np.array(scores), np.array([False, False, True, True]))
    assert found.low <= found.value <= found.high
    assert found.high - found.low > 0.1


def test_the_low_end_of_separated_scores_is_the_root_that_scipy_finds() -> None:
    def excess(area: float) -> float:  # 2 positives, 2 negatives; the half of 4 rows, less 1, is 1
        variance = area * (1 - area) * (1 + (1 - area) / (2 - area) + area / (1 + area)) / 4
        return (1 - area) ** 2 - 1.959963984540054**2 * variance

    found = delong(np.array([0.0, 0.1, 0.8, 0.9]), np.array([False, False, True, True]))
    assert found.high == 1
    assert found.low == pytest.approx(brentq(excess, 1e-12, 1 - 1e-12), abs=1e-10)


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_the_area_lies_in_its_interval_and_turns_over_with_the_scores(rows: list[tuple[int, bool]]) -> None:
    scores, positive = (np.array(column) for column in zip(*rows, strict=True))
    found, turned = delong(scores * 1.0, positive), delong(-scores * 1.0, positive)
    if found is not None:
        assert 0 <= found.low <= found.value <= found.high <= 1
        assert turned.value == pytest.approx(1 - found.value)
        assert (turned.low, turned.high) == pytest.approx((1 - found.high, 1 - found.low), abs=1e-6)


def test_the_interval_covers() -> None:
    rng = np.random.default_rng(8)
    truth, covered = 0.9213503964748575, 0  # two normals with means 2 apart: the normal distribution at sqrt(2)
    for _ in range(500):
        scores = np.concatenate([rng.normal(2, 1, 25), rng.normal(0, 1, 60)])
        found = delong(scores, np.arange(85) < 25)
        covered += found.low <= truth <= found.high
    assert covered / 500 >= 0.93


@pytest.mark.parametrize(("positives", "negatives"), [(2, 500), (5, 200), (20, 500), (50, 500)])
def test_few_positives_seldom_make_the_area_look_surely_better_than_it_is(positives: int, negatives: int) -> None:
    rng = np.random.default_rng(9)
    truth = 0.9614500641282291  # two normals with means 2.5 apart: the normal distribution at 2.5 / sqrt(2)
    covered = flattered = 0
    for _ in range(400):
        scores = np.concatenate([rng.normal(2.5, 1, positives), rng.normal(0, 1, negatives)])
        found = delong(scores, np.arange(len(scores)) < positives)
        covered += found.low <= truth <= found.high
        flattered += found.low > truth
    assert covered / 400 >= 0.93
    assert flattered / 400 <= 0.04


def test_copies_of_few_rows_leave_the_interval_as_it_was() -> None:
    scores, positive = drawn(4)
    once = delong(scores, positive)
    copied = delong(np.tile(scores, 3), np.tile(positive, 3), units=np.tile(np.arange(len(scores)), 3))
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high))
    assert copied.method == once.method == "delong, logit, widened to newcombe"
