"""Rules that lie so near their bound that another machine may judge them otherwise."""

from __future__ import annotations

import math

import pytest
from judgements import TODAY, card, finding, measured, rule, verdict_of

from auditkit.judging import judge
from auditkit.policy import Policy
from auditkit.replay.tolerances import LAST_BITS, turns_within
from auditkit.resolving import resolve_policy
from auditkit.result import JudgedPolicy
from auditkit.testing.results import toy_result


def turned(bound: float, *, tolerance: float | None = None, value: float = 0.05, low: float = 0.02, high: float = 0.1):
    """What is told of a rule with a maximum, of one measurement: (outcome here, outcome there)."""
    policy = resolve_policy(Policy(rules=(rule(max=bound),)), {}, {})
    held = JudgedPolicy(policy=policy, digest=policy.digest, source="spec")
    result = toy_result().model_copy(update={"policy": held})
    because = "its solver stops there" if tolerance else ""
    cards = (card("gap").model_copy(update={"tolerance": tolerance, "tolerance_because": because}),)
    found = [finding(measured(value, low, high)).model_copy(update={"cards": cards})]
    judgements = judge(policy, found, (), TODAY).judgements
    return [(one.outcome, one.may_be) for one in turns_within(result, found, judgements, TODAY)]


@pytest.mark.parametrize(
    ("bound", "told"),
    [
        (0.1, [("pass", "inconclusive")]),
        (0.1 * (1 + 0.9e-9), [("pass", "inconclusive")]),
        (0.1 * (1 + 1.1e-9), []),
        (0.1 * (1 - 0.9e-9), [("inconclusive", "pass")]),
        (0.1 * (1 - 1.1e-9), []),
        (0.02 * (1 - 0.9e-9), [("fail", "inconclusive")]),
        (0.02, [("inconclusive", "fail")]),
        (0.02 * (1 - 1.1e-9), []),
    ],
)
def test_a_rule_within_the_tolerance_of_its_bound_is_told_and_one_beyond_is_not(bound, told):
    assert turned(bound) == told


def test_a_wider_tolerance_turns_more_and_says_so():
    """However wide a card makes it, no outcome turns in silence."""
    bound = 0.1 * (1 + 5e-6)
    assert turned(bound) == []
    assert turned(bound, tolerance=1e-5) == [("pass", "inconclusive")]


def test_what_is_withheld_is_not_told_by_its_bound():
    policy = resolve_policy(Policy(rules=(rule(max=0.1),)), {}, {})
    held = JudgedPolicy(policy=policy, digest=policy.digest, source="spec")
    result = toy_result().model_copy(update={"policy": held})
    found = [finding(measured(0.05, 0.02, 0.1))]
    (judgement,) = verdict_of(rule(max=0.1), *found).judgements
    gone = judgement.worst.model_copy(update={"value": None, "interval": None, "suppressed": True})
    assert list(turns_within(result, found, [judgement.model_copy(update={"worst": gone})], TODAY)) == []


def test_the_order_of_a_sum_stays_within_what_sums_are_allowed():
    """A million fractions of one sign, from the left, from the right and by halves, against the exact sum."""
    import numpy as np

    values = np.random.default_rng(5).random(1_000_000) ** 8
    exact = math.fsum(values)
    orders = [float(np.cumsum(values)[-1]), float(np.cumsum(values[::-1])[-1]), float(values.sum()),
              float(np.sort(values)[::-1].cumsum()[-1])]  # fmt: skip
    assert len({*orders, exact}) > 1
    assert all(LAST_BITS.of(exact, one) is not None for one in orders)
    assert max(abs(one - exact) for one in orders) <= len(values) * 2**-53 * exact
