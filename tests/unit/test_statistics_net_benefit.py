"""Net benefit: by hand, against dcurves, under a stated prevalence, and how often its intervals hold."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.statistics import net_benefit


def test_net_benefit_by_hand():
    # At 0.25 a false alarm weighs a third of a case: treated are 0.3 (no), 0.25 (yes), 0.9 (yes); missed 0.1 (yes).
    scores, positive = np.array([0.3, 0.25, 0.9, 0.1, 0.2]), np.array([False, True, True, True, False])
    found = net_benefit(scores, positive, 0.25)
    assert found is not None
    assert found.model.value == pytest.approx(2 / 5 - 1 / 5 / 3)
    assert found.treat_all == pytest.approx(3 / 5 - 2 / 5 / 3)
    assert found.gain.value == pytest.approx(found.model.value - found.treat_all)
    assert found.n == 5


def test_a_stated_prevalence_weighs_the_rates():
    scores, positive = np.array([0.9, 0.2, 0.9, 0.1]), np.array([True, True, False, False])
    found = net_benefit(scores, positive, 0.5, prevalence=0.1)
    assert found is not None
    # Half of either class is treated: 0.1 / 2 - 0.9 / 2; treating all is 0.1 - 0.9, treating nobody is better.
    assert found.model.value == pytest.approx(-0.4)
    assert found.treat_all == pytest.approx(-0.8)
    assert found.gain.value == pytest.approx(-0.4)


def test_the_prevalence_of_the_rows_is_what_no_prevalence_means():
    scores, positive = rows_of(300)
    one, other = (net_benefit(scores, positive, 0.3, prevalence=part) for part in (None, positive.mean()))
    assert one is not None
    assert other is not None
    assert (one.model.value, one.treat_all, one.gain.value) == pytest.approx(
        (other.model.value, other.treat_all, other.gain.value)
    )


def test_a_weight_counts_like_a_row_more():
    scores, positive = rows_of(80)
    times = np.arange(80) % 3 + 1
    for prevalence in (None, 0.1):
        one = net_benefit(scores, positive, 0.2, prevalence=prevalence, weights=times.astype(float))
        other = net_benefit(
            np.repeat(scores, times), np.repeat(positive, times), 0.2, prevalence=prevalence,
            units=np.repeat(np.arange(80), times),
        )  # fmt: skip
        assert one is not None
        assert other is not None
        for name in ("model", "gain"):
            parts = [getattr(found, name) for found in (one, other)]
            assert parts[0].value == pytest.approx(parts[1].value)
            if prevalence is None:
                assert (parts[0].low, parts[0].high) == pytest.approx((parts[1].low, parts[1].high))


def test_nobody_treated_is_worth_nothing_and_not_known_for_certain():
    found = net_benefit(np.full(100, 0.1), np.arange(100) < 10, 0.5)
    assert found is not None
    assert (found.model.value, found.gain.value) == (0, 0)
    assert found.model.low < 0 < found.model.high


def test_no_rows_or_no_one_of_a_class_have_none():
    assert net_benefit(np.zeros(0), np.zeros(0, dtype=bool), 0.5) is None
    assert net_benefit(np.ones(3), np.ones(3, dtype=bool), 0.5, prevalence=0.1) is None


def rows_of(rows, seed=0):
    rng = np.random.default_rng(seed)
    scores = rng.beta(1, 4, rows)
    return scores, rng.random(rows) < scores


DCURVES = [
    (0.1, None, 0.27222222222222225, 0.2666666666666667),
    (0.3, None, 0.16428571428571434, 0.05714285714285716),
    (0.6, None, 0.0750000000000001, -0.6499999999999997),
    (0.1, 0.05, -0.04109724697959992, -0.05555555555555555),
    (0.3, 0.05, -0.18353705118411004, -0.35714285714285715),
    (0.6, 0.05, -0.24097593582887697, -1.3749999999999998),
]
"""dcurves 1.1.7 (Python), dca(...) of the rows below: threshold, prevalence, of the model, of treating all."""


@pytest.mark.parametrize(("threshold", "prevalence", "model", "everybody"), DCURVES)
def test_net_benefits_agree_with_dcurves(threshold, prevalence, model, everybody):
    place = np.arange(200)
    scores = (place * 37 % 200 + 0.5) / 200
    positive = place * 53 % 200 < 200 * scores**2
    found = net_benefit(scores, positive, threshold, prevalence=prevalence)
    assert found is not None
    assert found.model.value == pytest.approx(model, abs=1e-9)
    assert found.treat_all == pytest.approx(everybody, abs=1e-9)


def held(rows, draws, threshold, prevalence):
    truth = net_benefit(*rows_of(2_000_000, seed=1), threshold, prevalence=prevalence)
    found = [net_benefit(*rows_of(rows, seed=[2, draw]), threshold, prevalence=prevalence) for draw in range(draws)]
    return [
        np.mean([getattr(one, name).low <= getattr(truth, name).value <= getattr(one, name).high for one in found])
        for name in ("model", "gain")
    ]


@pytest.mark.slow
@pytest.mark.parametrize("prevalence", [None, 0.1])
@pytest.mark.parametrize(("rows", "least"), [(100, 0.85), (1000, 0.93)])
def test_intervals_hold_the_truth_as_often_as_the_page_says(rows, least, prevalence):
    for threshold in (0.1, 0.3, 0.6):
        assert min(held(rows, 1000, threshold, prevalence)) >= least
