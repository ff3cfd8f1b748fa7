"""The difference of two areas: R's pROC, a direct computation and a simulation as witnesses."""

from typing import Any

import numpy as np
import pytest
from scipy import stats

from auditkit.statistics import delong, delong_difference


def drawn(seed: int, n: int = 120) -> tuple[Any, Any, Any]:
    """Two scores that share half of their noise, in coarse steps, and the class."""
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.35
    shared = rng.normal(size=n) + positive
    return np.round(shared + rng.normal(size=n), 1), np.round(shared + rng.normal(size=n), 1), positive


def test_rs_proc_by_the_figures_in_google_healths_tests() -> None:
    # roc.test(c(rep(0, 20), rep(1, 30)), 1:50 %% 4, 1:50 %% 8, method = "delong")
    places = np.arange(1, 51)
    found = delong_difference(places % 4, places % 8, places > 20)
    assert (found.first.value, found.second.value) == pytest.approx((0.5, 0.5233333333))
    assert (found.value, found.z, found.p_value) == pytest.approx((-0.0233333333, -0.27058646, 0.7867091))


@pytest.mark.parametrize("seed", range(4))
def test_the_variance_is_that_of_all_pairs(seed: int) -> None:
    one, two, positive = drawn(seed, 700)
    components = []
    for scores in (one, two):
        above, below = scores[positive][:, None], scores[~positive][None, :]
        wins = (above > below) + 0.5 * (above == below)
        components.append((wins.mean(), wins.mean(axis=1), wins.mean(axis=0)))
    variance = sum(
        (components[0][place] - components[1][place]).var(ddof=1) / len(components[0][place]) for place in (1, 2)
    )
    value = components[0][0] - components[1][0]
    found = delong_difference(one, two, positive)
    assert found.method == "delong"
    assert found.z == pytest.approx(value / variance**0.5)
    assert (found.low, found.high) == pytest.approx(stats.norm.interval(0.95, value, variance**0.5))
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(value) / variance**0.5))


def test_scores_turned_over_turn_the_difference() -> None:
    one, two, positive = drawn(5)
    found, turned = delong_difference(one, two, positive), delong_difference(two, one, positive)
    assert (turned.value, turned.z, turned.p_value) == pytest.approx((-found.value, -found.z, found.p_value))
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low))


def test_copies_of_rows_in_one_unit_are_no_further_evidence() -> None:
    one, two, positive = drawn(6)
    once = delong_difference(one, two, positive)
    threefold = [np.tile(part, 3) for part in (one, two, positive, np.arange(len(one)))]
    copied = delong_difference(*threefold[:3], units=threefold[3])
    assert copied.z == pytest.approx(once.z)
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high))
    assert abs(delong_difference(*threefold[:3]).z) > 1.5 * abs(once.z)


def test_equal_weights_change_nothing_and_a_weight_of_zero_leaves_a_row_out() -> None:
    one, two, positive = drawn(7)
    plain = delong_difference(one, two, positive)
    weighted = delong_difference(one, two, positive, weights=np.full(len(one), 0.2))
    assert weighted.z == pytest.approx(plain.z)
    kept = np.arange(len(one)) < 90
    assert delong_difference(one, two, positive, weights=kept * 1.0).z == pytest.approx(
        delong_difference(one[kept], two[kept], positive[kept]).z
    )


def test_the_same_scores_do_not_differ() -> None:
    one, _, positive = drawn(8)
    found = delong_difference(one, 3 * one, positive)
    assert (found.value, found.z, found.p_value) == (0, 0, 1)
    assert found.low <= 0 <= found.high


def test_two_scores_that_separate_the_classes_leave_room() -> None:
    positive = np.arange(12) < 6
    one, two = positive + np.arange(12) / 100, positive * 2 + np.arange(12)[::-1] / 100
    same = delong_difference(one, two, positive)
    assert (same.value, same.p_value) == (0, 1)
    assert same.high - same.low > 0.2
    opposed = delong_difference(one, -two, positive)
    assert opposed.value == 1
    assert opposed.low < 0.8
    # One separates, the other turns round: p is one less the level at which the interval of the difference ends at 0.
    assert 0 < opposed.p_value < 0.05
    at = delong_difference(one, -two, positive, level=1 - opposed.p_value)
    assert at.low == pytest.approx(0, abs=1e-6)
    turned = delong_difference(-two, one, positive)
    assert (turned.z, turned.p_value) == pytest.approx((-opposed.z, opposed.p_value))


def test_areas_of_one_that_weights_make_miss_each_other_by_a_rounding_are_equal() -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        positive, weights = np.arange(30) < 12, rng.random(30) + 0.1
        one, two = (positive + rng.random(30) / 2 for _ in range(2))
        found = delong_difference(one, two, positive, weights=weights)
        assert (found.z, found.p_value) == (0, 1)


def test_one_class_alone_has_no_areas_to_compare() -> None:
    assert delong_difference(np.arange(3.0), np.arange(3.0), np.ones(3, dtype=bool)) is None


def test_few_rows_have_a_wider_interval_than_delongs() -> None:
    one, two, positive = drawn(9, 60)
    found = delong_difference(one, two, positive)
    assert found.method == "delong, widened to newcombe"
    half = (found.value / found.z) * stats.norm.ppf(0.975)
    assert found.low <= found.value - half
    assert found.high >= found.value + half


def test_many_rows_take_no_pairs() -> None:
    one, two, positive = drawn(10, 200_000)
    found = delong_difference(one, two, positive)
    assert found.first == delong(one, positive)
    assert abs(found.value) < 0.01
