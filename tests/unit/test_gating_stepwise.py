"""Holm's steps: statsmodels decides the same, and intervals lie on one side of their bounds exactly where it does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import special
from statsmodels.stats.multitest import multipletests

from auditkit.gating.stepwise import Claim, Step, stepwise
from auditkit.statistics.intervals import Limits

ALPHA = 0.05


def normal(value: float, error: float, *, bound: float = -0.02, higher: bool = True) -> Claim:
    def limits(alpha: float) -> Limits:
        half = float(-special.ndtri(alpha)) * error
        return Limits(value - half, value + half)

    return Claim(limits, bound, higher, ALPHA)


def met(claim: Claim, step: Step) -> bool:
    return step.low >= claim.bound if claim.higher_is_better else step.high <= claim.bound


def unmet(claim: Claim, step: Step) -> bool:
    return step.high < claim.bound if claim.higher_is_better else step.low > claim.bound


FAMILIES = st.lists(st.tuples(st.floats(-0.1, 0.1), st.floats(0.001, 0.05)), min_size=1, max_size=8)


@settings(max_examples=40)
@given(FAMILIES)
def test_the_intervals_decide_as_holm_does(family: list[tuple[float, float]]) -> None:
    claims = [normal(value, error) for value, error in family]
    z = np.array([(value + 0.02) / error for value, error in family])
    steps = stepwise(claims)
    for side, decided in ((1, met), (-1, unmet)):
        p = special.ndtr(-side * z)
        if np.min(np.abs(np.subtract.outer(p, ALPHA / np.arange(1, 10)))) < 1e-9:
            continue  # on the edge a rounding error decides
        witness = multipletests(p, ALPHA, method="holm")[0]
        assert [decided(claim, step) for claim, step in zip(claims, steps, strict=True)] == witness.tolist()


@given(FAMILIES)
def test_what_is_better_low_is_the_mirror_image(family: list[tuple[float, float]]) -> None:
    high = stepwise([normal(value, error) for value, error in family])
    low = stepwise([normal(-value, error, bound=0.02, higher=False) for value, error in family])
    for one, two in zip(high, low, strict=True):
        assert (one.low, one.high) == pytest.approx((-two.high, -two.low))
        assert (one.low_error, one.high_error) == (two.high_error, two.low_error)


def test_the_steps_by_hand() -> None:
    # z of the three beyond the bound: 3, 2, 1; one-sided p .00135, .0228, .159, held against .05/3, .05/2 and .05/1
    claims = [normal(-0.02 + z * 0.01, 0.01) for z in (3, 2, 1)]
    first, second, third = stepwise(claims)
    assert first.low_error == pytest.approx(ALPHA / 3)
    assert second.low_error == pytest.approx(ALPHA / 2)
    assert third.low_error == pytest.approx(ALPHA)
    assert first.low > -0.02
    assert second.low > -0.02
    assert third.low < -0.02
    # nobody is far below the bound: all are told at the first step of the other direction
    assert {step.high_error for step in (first, second, third)} == {ALPHA / 3}
    assert third.level == pytest.approx(1 - ALPHA - ALPHA / 3)


def test_alone_it_is_a_one_sided_test() -> None:
    (step,) = stepwise([normal(0.0, 0.01)])
    assert step.low == pytest.approx(-special.ndtri(0.95) * 0.01)
    assert step.level == pytest.approx(0.9)


def test_no_claims_no_steps() -> None:
    assert stepwise([]) == ()


def test_false_claims_of_a_family_are_as_rare_as_promised() -> None:
    # five comparisons that lie exactly on the margin, all correlated: either kind of claim is false
    rng = np.random.default_rng(5)
    draws, wrong = 1000, np.zeros(2)
    for _ in range(draws):
        shared = rng.normal()
        values = -0.02 + 0.01 * (0.5**0.5 * shared + 0.5**0.5 * rng.normal(size=5))
        claims = [normal(value, 0.01) for value in values]
        steps = stepwise(claims)
        pairs = list(zip(claims, steps, strict=True))
        wrong += [any(decided(claim, step) for claim, step in pairs) for decided in (met, unmet)]
    assert (wrong / draws <= ALPHA + 2 * (ALPHA * (1 - ALPHA) / draws) ** 0.5).all(), wrong / draws
