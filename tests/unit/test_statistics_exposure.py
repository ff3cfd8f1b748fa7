"""Attention to groups of items: published and hand-worked values, and how often the intervals hold."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from auditkit.statistics import JointSums, Ratios, attention, attention_fairness, gini, js_divergence, kl_divergence


def test_the_example_of_singh_and_joachims():
    """Six people, three men above three women: Singh and Joachims (2018), KDD, table 1, as METHODS has it."""
    weight = attention(6)
    assert weight == pytest.approx([1, 0.6309, 0.5, 0.4307, 0.3869, 0.3562], abs=1e-4)
    men, women = weight[:3].mean(), weight[3:].mean()
    assert (men, women) == pytest.approx((0.7103, 0.3912), abs=1e-4)
    relevance = np.array([0.80, 0.79, 0.78, 0.77, 0.76, 0.75])
    columns = np.array([[men, women, relevance[:3].mean(), relevance[3:].mean()]] * 4)
    ratios = Ratios.of(JointSums.of(columns), 2)
    assert ratios.value[0] / ratios.value[1] == pytest.approx(1.7466, abs=1e-4)
    gap = ratios.smallest_by_largest(np.array([True, True]), 0.95)
    assert (gap.value, gap.lowest, gap.highest) == (pytest.approx(1 / 1.7466, abs=1e-4), 1, 0)
    assert np.isnan([gap.low, gap.high]).all()  # all users alike: nothing is known of others


def test_sums_and_their_covariance_by_hand():
    sums = JointSums.of(np.array([[1.0, 2.0], [3.0, 2.0]]))
    assert sums.totals.tolist() == [4, 4]
    assert sums.covariance.tolist() == [[4, 0], [0, 0]]  # 2 / (2 - 1) x ((1 - 2)^2 + (3 - 2)^2)
    both = JointSums.of(np.array([[1.0], [3.0], [5.0]]), units=np.array([0, 0, 1]))
    # 4 and 5, of the mean 4.5: 2 / (2 - 1) x (0.5^2 + 0.5^2)
    assert (both.totals.tolist(), both.covariance.tolist(), both.count) == ([9], [[1]], 2)


def test_weights_count_rows():
    draw = np.random.default_rng(0).random((5, 2))
    weighed = JointSums.of(draw, weights=np.array([2.0, 1, 1, 1, 0]))
    assert weighed.totals == pytest.approx(draw[[0, 0, 1, 2, 3]].sum(axis=0))


def test_divergences_agree_with_scipy():
    one, other = np.array([0.5, 0.3, 0.2]), np.array([0.2, 0.2, 0.6])
    assert js_divergence(one, other) == pytest.approx(jensenshannon(one, other, base=2) ** 2)
    assert kl_divergence(one, other) == pytest.approx(np.sum(one * np.log2(one / other)))
    assert js_divergence(np.array([1.0, 0]), np.array([0.0, 1])) == 1.0


@pytest.mark.parametrize(
    ("counts", "plain"), [([1, 1, 1], 0), ([1, 2, 3], 2 / 9), ([0, 0, 5], 2 / 3), ([0, 1], 1 / 2), ([4], 0)]
)
def test_gini_by_hand(counts, plain):
    size = len(counts)
    assert gini(np.array(counts, dtype=float)) == pytest.approx(plain)
    assert gini(np.array(counts, dtype=float), corrected=True) == pytest.approx(plain * size / max(size - 1, 1))


def drawn(rng, users, share):
    """Attention to three groups, of the first `share` less; what users went for is the same of all."""
    shown = rng.gamma(2.0, 1.0, (users, 3)) * [1 - share, 1, 1]
    return JointSums.of(np.hstack([shown, rng.poisson(1.5, (users, 3))]))


@pytest.mark.parametrize("share", [0.0, 0.3])
def test_intervals_hold(share):
    """Of 200 draws at level 0.95 at least 0.9 hold: fewer have a chance below 0.002."""
    rng, held, fair = np.random.default_rng(3), 0, 0
    true = np.array([1 - share, 1, 1])
    target = 1 - js_divergence(true / true.sum(), np.full(3, 1 / 3))
    for _ in range(200):
        sums = drawn(rng, 150, share)
        gap = Ratios.of(sums, 3).smallest_by_largest(np.ones(3, dtype=bool), 0.95)
        held += gap.low <= 1 - share <= gap.high
        found = attention_fairness(sums, 3, level=0.95, rng=rng)
        fair += found.low <= target <= found.high
    assert held >= 180
    assert fair >= 180
