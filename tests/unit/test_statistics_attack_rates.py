"""The ROC of an attack: worked points, the Gaussian pair whose answers are known, and scikit-learn as a witness."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats
from sklearn.metrics import roc_auc_score, roc_curve

from auditkit.statistics import (
    advantage,
    clopper_pearson,
    delong,
    negatives_needed,
    resolution,
    roc,
    top_precision,
    tpr_at_fpr,
)


def labelled(members: Any, others: Any) -> tuple[Any, Any]:
    scores = np.concatenate([np.asarray(members, float), np.asarray(others, float)])
    return scores, np.arange(len(scores)) < len(members)


def quantiles(mean: float, n: int) -> Any:
    """Scores that lie where a normal sample's would: the analytic answers, but for steps of 1 / n."""
    return stats.norm.ppf((np.arange(n) + 0.5) / n) + mean


def test_the_hull_of_two_and_two_is_the_published_one() -> None:
    # jax_privacy 2.3 tests/auditing_test.py, test_tpr_at_given_fpr_simple: 3 first, then 2 and 1 by a coin
    curve = roc(*labelled([1, 3], [0, 2]))
    assert curve.hull().between([0, 0.25, 0.5, 0.75, 1]).tolist() == [0.5, 0.75, 1, 1, 1]
    assert [curve.tpr_at(x) for x in (0, 0.25, 0.5, 0.75, 1)] == [0.5, 0.5, 1, 1, 1]
    assert curve.area == 12 / 16  # 3 beats both, 1 beats 0: 3 of 4 pairs


def test_the_hulls_area_is_the_published_one_and_larger_than_the_curves() -> None:
    # the same file, test_attack_auroc_simple: the hull has (0, 0), (0, 2), (1, 3), (4, 4) of 4 and 4
    curve = roc(*labelled([0, 4, 6, 7], [1, 2, 3, 5]))
    assert curve.hull().area == 13 / 16
    assert list(zip(curve.hull().false_positives, curve.hull().true_positives, strict=True)) == [
        (0, 0), (0, 2), (1, 3), (4, 4),
    ]  # fmt: skip
    assert curve.area == 11 / 16  # 4 beats three, 6 and 7 beat four each


@given(st.integers(0, 10**6), st.integers(1, 40), st.integers(1, 40), st.integers(1, 12))
def test_the_curve_agrees_with_scikit_learn_and_the_hull_lies_above(seed: int, m: int, n: int, kinds: int) -> None:
    rng = np.random.default_rng(seed)
    scores, positive = labelled(rng.integers(0, kinds, m), rng.integers(0, kinds, n))
    curve = roc(scores, positive)
    fpr, tpr, thresholds = roc_curve(positive, scores, drop_intermediate=False)
    assert (curve.fpr, curve.tpr) == (pytest.approx(fpr), pytest.approx(tpr))
    assert curve.thresholds[1:].tolist() == thresholds[1:].tolist()
    assert curve.area == pytest.approx(roc_auc_score(positive, scores))
    assert curve.area == pytest.approx(delong(scores, positive).value)
    assert (curve.hull().between(curve.fpr) >= curve.tpr - 1e-12).all()
    assert curve.hull().area >= curve.area - 1e-12


def test_a_curve_of_one_class_is_none_and_of_nan_an_error() -> None:
    assert roc(np.ones(3), np.ones(3, bool)) is None
    with pytest.raises(ValueError, match="NaN"):
        roc(np.array([1, np.nan]), np.array([True, False]))


def test_points_for_log_scales_begin_at_one_row() -> None:
    curve = roc(*labelled(quantiles(1, 5000), quantiles(0, 2000)))
    x, y = curve.drawn(most=60)
    assert (x[0], x[-1], y[-1]) == (1 / 2000, 1, 1)
    assert len(x) <= 60
    assert (np.diff(x) > 0).all()
    assert (y >= x).all()


def test_normal_scores_have_the_analytic_answers() -> None:
    # N(1, 1) against N(0, 1): the area is Phi(1 / sqrt 2), the advantage 2 Phi(1/2) - 1, the share Phi(1 - z)
    scores, positive = labelled(quantiles(1, 200_000), quantiles(0, 200_000))
    curve = roc(scores, positive)
    assert curve.area == pytest.approx(0.760250, abs=1e-5)
    assert curve.tpr_at(0.01) == pytest.approx(0.092362, abs=2e-5)
    assert curve.tpr_at(0.001) == pytest.approx(0.018298, abs=5e-5)
    found = advantage(scores, positive, rng=np.random.default_rng(0))
    assert found.in_sample == pytest.approx(0.382925, abs=1e-5)
    assert found.value == pytest.approx(0.382925, abs=5e-3)
    assert found.balanced_accuracy == pytest.approx(special.ndtr(0.5), abs=3e-3)
    at = tpr_at_fpr(scores, positive, 0.01, rng=np.random.default_rng(0))
    assert at.value == pytest.approx(0.092362, abs=3e-3)
    assert at.low < 0.092362 < at.high
    assert at.fpr_seen == pytest.approx(0.01, abs=5e-4)


def test_the_limits_of_a_share_by_hand() -> None:
    # of 1,000 others at 1%, P(at most 3 above) = .0101 and P(at most 4) = .0287: the 4th score from above is surely
    # above the threshold, at an error of .0125; P(at least 19) = .0069 < .0125 < P(at least 18) = .0140, so the 19th
    # is surely below
    others, members = np.arange(1000.0), np.arange(0.5, 2000, 2)
    at = tpr_at_fpr(*labelled(members, others), 0.01, rng=np.random.default_rng(1))
    strict, lenient = np.count_nonzero(members > 996), np.count_nonzero(members >= 981)
    assert at.low == clopper_pearson(strict, 1000, 0.975).low
    assert at.high == clopper_pearson(lenient, 1000, 0.975).high


def test_too_few_others_leave_the_share_open_below() -> None:
    # 100 others may well all lie below the true threshold of 1%
    at = tpr_at_fpr(*labelled(np.full(100, 9.0), np.arange(100) / 100), 0.01, rng=np.random.default_rng(1))
    assert (at.value, at.low, at.high) == (1, 0, 1)
    assert at.resolution.can_be_told
    assert not at.resolution.is_sound


def test_how_many_others_a_rate_needs() -> None:
    # 3 of n: the one-sided 95% bound is about 7.75 / n, at most twice the rate from 3.88 / rate on
    assert [negatives_needed(rate) for rate in (0.01, 0.001, 0.0001)] == [386, 3875, 38766]
    for rate in (0.1, 0.01, 0.001):
        needed = negatives_needed(rate)
        bound = stats.binomtest(int(needed * rate), needed, alternative="less").proportion_ci(0.95, "exact").high
        assert resolution(rate, needed).upper == pytest.approx(bound)
        assert resolution(rate, needed).is_sound
        assert not resolution(rate, needed - 1).is_sound
    assert not resolution(0.01, 99).can_be_told
    assert resolution(0.01, 100).can_be_told
    assert resolution(0.01, 0).upper == 1


@pytest.mark.parametrize("sign", [1, -1])
def test_advantage_finds_either_direction(sign: int) -> None:
    rng = np.random.default_rng(5)
    scores, positive = labelled(rng.normal(size=400) + 1, rng.normal(size=400))
    found = advantage(sign * scores, positive, rng=np.random.default_rng(0))
    assert 0.1 < found.low < 0.382925 < found.high
    assert found.in_sample == pytest.approx(stats.ks_2samp(scores[positive], scores[~positive]).statistic)


def test_scores_that_say_nothing_have_no_advantage_that_is_sure() -> None:
    rng = np.random.default_rng(3)
    scores, positive = labelled(rng.normal(size=100), rng.normal(size=100))
    found = advantage(scores, positive, rng=rng)
    assert found.low == 0
    assert found.in_sample > 0.05
    assert advantage(*labelled([1], [0]), rng=rng) is None
    assert advantage(np.zeros(8), np.arange(8) < 4, rng=rng).value == 0


def test_the_surest_accusations_by_hand() -> None:
    scores, positive = labelled([9, 8, 7, 1], [8, 3, 2, 0, 0, 0])
    # 20% of 10 rows are 9 and the tie of two at 8: 2 of 3 are members
    found = top_precision(scores, positive, share=0.2)
    assert (found.value, found.accused, found.base) == (pytest.approx(2 / 3), 3, 0.4)
    assert (found.low, found.high) == tuple(clopper_pearson(2, 3))
    assert top_precision(scores, positive).accused == 1


@pytest.mark.slow
def test_the_interval_of_a_share_holds_the_truth() -> None:
    rng, held, draws = np.random.default_rng(7), np.zeros(4), 1500
    for _ in range(draws):
        scores, positive = labelled(rng.normal(size=600) + 1, rng.normal(size=800))
        for place, rate in enumerate((0.1, 0.01, 0.001)):
            at = tpr_at_fpr(scores, positive, rate, rng=rng, splits=2)
            held[place] += at.low <= special.ndtr(1 + special.ndtri(rate)) <= at.high
        found = advantage(scores, positive, rng=rng)
        held[3] += found.low <= 2 * special.ndtr(0.5) - 1 <= found.high
    # two standard errors of 1,500 draws are .011
    assert (held / draws >= 0.95 - 0.011).all(), held / draws
