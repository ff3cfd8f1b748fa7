"""The areas under risk-coverage curves: by hand, against fd-shifts, and against their own definitions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from auditkit.statistics import risk_coverage, selective, tellable

ROWS = 100
SAME, TWO = np.ones(ROWS), np.arange(ROWS) % 2
RISING, FOUR = np.linspace(0, 1, ROWS), np.repeat([0.2, 0.4, 0.6, 0.8], ROWS // 4)

FD_SHIFTS = [
    # confidence, right, aurc (achievable: fd-shifts' curve between points as ours), augrc
    (SAME, TWO, 0.5, 0.25),
    (TWO, TWO, 0.15342640972002733, 0.125),
    (TWO, RISING, 0.4964992566638387, 0.24873737373737373),
    (TWO, FOUR, 0.4972274112777597, 0.24899999999999978),
    (RISING, RISING, 0.24753863826243439, 0.16583333333333353),
    (FOUR, RISING, 0.27047759219727724, 0.17108585858585845),
    (FOUR, FOUR, 0.31821825302024637, 0.18750000000000097),
    # where a point is dominated fd-shifts leaves it out of the first, and only the second compares
    (1 - TWO, TWO, None, 0.375),
    (RISING, TWO, None, 0.2475),
    (FOUR, TWO, None, 0.2475),
]
"""fd-shifts, commit 56b11fc3 (2024), tests/utils.py, RC_STATS_TEST_CASES, whose residuals are one less `right`."""


@pytest.mark.parametrize(("confidence", "right", "aurc", "augrc"), FD_SHIFTS)
def test_areas_agree_with_fd_shifts(confidence, right, aurc, augrc):
    found = selective(confidence, 1.0 - right)
    assert found is not None
    assert found.augrc.value == pytest.approx(augrc, abs=1e-12)
    if aurc is not None:
        assert found.aurc.value == pytest.approx(aurc, abs=1e-12)


def test_the_excess_agrees_with_fd_shifts():
    found = selective(SAME, 1.0 - TWO)
    assert found is not None
    assert found.excess_aurc.value == pytest.approx(0.3465735902799724, abs=1e-12)


def test_a_curve_by_hand():
    # Surest first: right, wrong | wrong, right: of equal confidence, so they enter together.
    curve = risk_coverage(np.array([0.9, 0.8, 0.6, 0.6]), np.array([0.0, 1.0, 1.0, 0.0]))
    assert curve.coverage.tolist() == [0.25, 0.5, 1.0]
    assert curve.risk.tolist() == [0.0, 0.5, 0.5]
    assert [curve.threshold(one) for one in (0.2, 0.25, 0.26, 0.5, 0.51, 1.0)] == [0.9, 0.9, 0.8, 0.8, 0.6, 0.6]


def test_a_weight_counts_like_a_row_more():
    rng = np.random.default_rng(2)
    confidence, loss, times = rng.integers(0, 9, 60), rng.integers(0, 2, 60), rng.integers(1, 4, 60)
    weighted = selective(confidence, loss, weights=times.astype(float))
    repeated = selective(np.repeat(confidence, times), np.repeat(loss, times), units=np.repeat(np.arange(60), times))
    assert weighted is not None
    assert repeated is not None
    for name in ("aurc", "excess_aurc", "augrc"):
        one, other = getattr(weighted, name), getattr(repeated, name)
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_the_second_area_is_what_the_auroc_makes_of_it(rows):
    confidence, wrong = np.array([one for one, _ in rows]), np.array([one for _, one in rows], dtype=float)
    if wrong.min() == wrong.max():
        return
    found = selective(confidence, wrong)
    assert found is not None
    share, auroc = wrong.mean(), roc_auc_score(1 - wrong, confidence)
    assert found.augrc.value == pytest.approx((1 - auroc) * share * (1 - share) + share**2 / 2, abs=1e-9)
    assert found.excess_aurc.value >= 0
    assert found.aurc.low <= found.aurc.value <= found.aurc.high


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=3, max_size=12), st.integers(0, 999))
def test_the_first_area_is_the_mean_over_orders_of_equal_rows(rows, seed):
    """Of many copies of each row, ties in random order: the step-wise mean of the error of the first k rows."""
    found = selective(np.array([one for one, _ in rows]), np.array([one for _, one in rows], dtype=float))
    assert found is not None
    many = np.random.default_rng(seed).permutation(np.array(rows * 400))  # one number drawn, not an order of thousands
    wrong = many[np.argsort(-many[:, 0], kind="stable"), 1].astype(float)
    seen = float(np.mean(np.cumsum(wrong) / np.arange(1, len(wrong) + 1)))
    # Of a thousand rows or more, whose order alone is by chance.
    assert found.aurc.value == pytest.approx(seen, abs=0.12)


@pytest.mark.parametrize("wrong", [np.zeros(50), np.ones(50)])
def test_a_model_that_is_never_or_always_wrong_has_an_interval(wrong):
    found = selective(np.arange(50), wrong)
    assert found is not None
    assert found.aurc.value == wrong[0]
    assert 0.05 < found.aurc.high - found.aurc.low < 0.09
    assert found.excess_aurc.value == 0


def test_no_rows_have_no_area():
    assert selective(np.zeros(0), np.zeros(0)) is None
    assert selective(np.ones(2), np.ones(2), weights=np.zeros(2)) is None


def test_what_is_told_at_two_coverages_tells_of_no_few_between_them():
    kept = np.array([[0, 12], [9, 20], [20, 31], [38, 31], [45, 40], [50, 60]])
    # From the full one back: 5 fewer of the first; 12 and 29 fewer; 18 and 0 fewer; 9 of the first; 20 and 19 fewer.
    assert tellable(kept).tolist() == [True, False, True, True, False, True]
    assert tellable(np.array([[3], [20]])).tolist() == [False, True]


def covered(rows, draws, *, seed, shape=(1.0, 1.0)):
    """How often each interval holds the area of two million rows."""
    rng = np.random.default_rng(seed)

    def world(n):
        p = rng.beta(*shape, n)
        return np.abs(p - 0.5), ((rng.random(n) < p) != (p >= 0.5)).astype(float)

    names = ("aurc", "excess_aurc", "augrc")
    whole = selective(*world(2_000_000))
    found = [selective(*world(rows)) for _ in range(draws)]
    return [
        np.mean([getattr(one, name).low <= getattr(whole, name).value <= getattr(one, name).high for one in found])
        for name in names
    ]


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "least"), [(50, 0.88), (100, 0.91), (300, 0.91), (1000, 0.925)])
def test_intervals_hold_the_truth_as_often_as_the_page_says(rows, least):
    assert min(covered(rows, 1000, seed=rows)) >= least
