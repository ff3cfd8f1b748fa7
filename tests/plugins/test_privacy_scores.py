"""What single rows give away: scores against worked numbers, whose peers' tests have them too."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from auditkit_privacy.attacks.quantile import cross_fitted
from auditkit_privacy.attacks.scores import (
    hinge,
    log_probabilities,
    modified_entropy,
    scaled_logit,
    true_log_probability,
)

BINARY = np.array([[0.15, 0.85], [0.6, 0.4], [0.5, 0.5]])
YES = np.array([1, 1, 1])


def test_the_scaled_logit_of_probabilities_is_their_log_odds():
    # TensorFlow Privacy's advanced_mia_test has the first two.
    np.testing.assert_allclose(
        scaled_logit(log_probabilities(BINARY), YES), [1.73460106, -0.40546511, 0.0], rtol=1e-7, atol=1e-15
    )
    np.testing.assert_allclose(scaled_logit(log_probabilities(BINARY), YES), special.logit(BINARY[:, 1]), atol=1e-14)


@pytest.mark.parametrize(("logits", "target", "wanted"), [([1, 2, -3], 1, 0.98185009), ([-1, 1, 0], 2, -1.12692802)])
def test_the_scaled_logit_of_logits_is_that_of_tensorflow_privacy(logits, target, wanted):
    np.testing.assert_allclose(scaled_logit(np.array([logits]), np.array([target])), [wanted], rtol=1e-7)
    moved = scaled_logit(np.array([logits]) + 1e3, np.array([target]))
    np.testing.assert_allclose(moved, [wanted], rtol=1e-7)


def test_no_score_is_infinite_where_a_probability_is_0_or_1_or_float32_is_used_up():
    sure = np.array([[0.0, 1.0], [1.0, 0.0]], dtype=np.float32)
    for score in (scaled_logit(log_probabilities(sure), YES[:2]), hinge(log_probabilities(sure), YES[:2])):
        assert np.isfinite(score).all()
        assert score[0] > 700
        assert score[1] < -700
    for of in (modified_entropy, true_log_probability):
        assert np.isfinite(of(sure, YES[:2])).all()
    # 1 - p is 0 in float32 for both, and what is left to the others still tells them apart.
    close = np.array([[1e-12, 1.0], [1e-20, 1.0]], dtype=np.float32)
    np.testing.assert_allclose(scaled_logit(log_probabilities(close), YES[:2]), [27.631, 46.052], rtol=1e-4)


def test_the_hinge_is_the_distance_to_the_best_of_the_others():
    np.testing.assert_allclose(hinge(np.array([[1, 2, -3], [3, 0, 1]]), np.array([1, 1])), [1.0, -3.0])


def test_the_modified_entropy_is_the_worked_one():
    three = np.array([[0.7, 0.2, 0.1]])
    worked = 0.3 * np.log(0.7) + 0.2 * np.log(0.8) + 0.1 * np.log(0.9)
    np.testing.assert_allclose(modified_entropy(three, np.array([0])), [worked])
    # Plain entropy cannot tell a row that is surely wrong from one that is surely right; this one can.
    sure = np.array([[0.98, 0.01, 0.01], [0.01, 0.98, 0.01]])
    right, wrong = modified_entropy(sure, np.array([0, 0]))
    assert stats.entropy(sure[0]) == pytest.approx(stats.entropy(sure[1]))
    assert right > -0.03
    assert wrong < -4


def test_with_two_classes_every_score_orders_rows_alike():
    rng = np.random.default_rng(0)
    chance = rng.uniform(0.01, 0.99, 50)
    scores, targets = np.column_stack([1 - chance, chance]), rng.integers(0, 2, 50)
    logs = log_probabilities(scores)
    ranks = [
        stats.rankdata(one)
        for one in (
            scaled_logit(logs, targets), hinge(logs, targets), true_log_probability(scores, targets),
            modified_entropy(scores, targets),
        )
    ]  # fmt: skip
    for other in ranks[1:]:
        np.testing.assert_array_equal(other, ranks[0])


def test_a_quantile_is_learnt_from_other_peoples_rows_alone():
    rng = np.random.default_rng(1)
    signal = rng.normal(size=300)
    features = signal[:, np.newaxis].copy()  # it would be foretold exactly, by whoever may look at it
    features[:] = rng.normal(size=(300, 1))
    folds, learners = np.arange(300) % 5, np.arange(150)
    whole = cross_fitted(features, signal, folds, learners)
    for fold in (0, 3):
        changed = signal.copy()
        changed[folds == fold] = 1e6
        again = cross_fitted(features, changed, folds, learners)
        np.testing.assert_array_equal(again[folds == fold], whole[folds == fold])
        assert not np.array_equal(again[folds != fold], whole[folds != fold])
    # A tenth of the others is above the line, within what 150 rows can say.
    assert np.mean(signal[:150] > whole[:150]) == pytest.approx(0.1, abs=0.08)


def test_a_quantile_of_nothing_is_nothing():
    assert np.isnan(cross_fitted(np.zeros((20, 0)), np.zeros(20), np.arange(20) % 5, np.arange(10))).all()
