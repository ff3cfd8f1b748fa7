"""Checks that break their contract, each in one way: the kit says which law, what it saw, and what to do."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import numpy as np
import pytest

from auditkit import ClassScores, Interval, Measurement, MetricCard, check, clean, planted
from auditkit.plugin import Check
from auditkit.testing import ContractBroken, check_laws, fair_groups, near, obey_contract, recipe

CARD = MetricCard(
    name="rate", title="Rate", asks="How often?", formula="yes / rows", source="counted", better="target",
    undefined="without rows", misleads="alone",
)  # fmt: skip
CASE = recipe(ClassScores, 60)
GOOD = (planted("half", fair_groups(), near("rate", 0.5, group={})), clean("twin", fair_groups(), near("rate", 0.5)))


def yes(case):
    return case.predictions.scores[:, 1] >= 0.5


def weights(case):
    return np.ones(len(case)) if case.weights is None else case.weights


def share(flags, mass):
    if mass.sum() == 0:
        return Measurement.rate("rate", 0, 0)
    value = float(mass @ flags / mass.sum())
    interval = Interval(low=max(value - 0.2, 0), high=min(value + 0.2, 1), level=0.99, method="made up")
    return Measurement(metric="rate", value=value, n=len(flags), interval=interval)


def good(case):
    """How often it says yes."""
    yield share(yes(case), weights(case))


def first_half(case):
    """Order-dependent."""
    yield share(yes(case)[: len(case) // 2 + 1], weights(case)[: len(case) // 2 + 1])


def global_random(case):
    """Draws from the generator of all."""
    yield share(yes(case) & (np.random.random(len(case)) < 0.9), weights(case))  # noqa: NPY002


def seeds(case):
    """Seeds the generator of all."""
    random.seed(3)
    yield from good(case)


def predicts_again(case):
    """Asks the model again."""
    case.predict(np.arange(len(case)), conditions={"again": "yes"})
    yield from good(case)


def by_name(case):
    """Looks at women alone."""
    codes = case.groups["sex"]
    chosen = np.array([label == "F" for label in codes.labels()])
    yield share(yes(case), weights(case) * (1 + chosen))


def one_class(case):
    """Divides by the positives."""
    positives = int(np.count_nonzero(case.targets.codes == 1))
    _ = 1 // positives
    yield from good(case)


def no_weights(case):
    """Ignores weights."""
    yield share(yes(case), np.ones(len(case)))


def sum_of_weights(case):
    """Measures in weights."""
    value = float(weights(case) @ yes(case))
    yield Measurement(metric="rate", value=value, n=len(case), exact=True)


CALLS = []


def grows(case):
    """Remembers."""
    CALLS.append(1)
    yield share(yes(case), weights(case)).model_copy(update={"n": len(CALLS)})


def remembers_cases(case, seen=[]):  # noqa: B006  the very mistake
    """Answers for the first case ever after."""
    seen.append(len(case))
    yield share(yes(case), weights(case)).model_copy(update={"n": seen[-1] + len(set(seen))})


def outside(case):
    """An interval that its value lies outside of."""
    far = Interval.model_construct(low=2.0, high=3.0, level=0.99, method="wrong", simultaneous=False)
    yield share(yes(case), weights(case)).model_copy(update={"interval": far})


def versus_one_and_another(case):
    """The first rows against two others: what is said of one must not hide what is said of the other."""
    half = len(case) // 2 + 1
    yield share(yes(case)[:half], weights(case)[:half]).model_copy(update={"versus": {"sex": "F"}})
    yield share(yes(case), weights(case)).model_copy(update={"versus": {"sex": "M"}})


def drops_rows(case):
    """Every other row."""
    yield share(yes(case)[::2], weights(case)[::2])


def no_interval(case):
    """A bare number."""
    yield replace_interval(share(yes(case), weights(case)))


def replace_interval(found):
    return found.model_copy(update={"interval": None})


def bare(_):
    """A float."""
    yield 0.5


def silent(_):
    """Says nothing."""
    yield from ()


def uncarded(case):
    """Another metric."""
    yield share(yes(case), weights(case)).model_copy(update={"metric": "ratio"})


def wider(case):
    """The more rows, the wider."""
    half = min(len(case) / 1000, 0.4)
    value = float(weights(case) @ yes(case) / weights(case).sum()) * 0.2 + 0.4
    about = Interval(low=value - half, high=value + half, level=0.99, method="odd")
    yield Measurement(metric="rate", value=value, n=len(case), interval=about)


def slow(case):
    """Works on each pair of rows."""
    end = time.process_time() + len(case) ** 2 * 2e-6
    while time.process_time() < end:
        pass
    yield from good(case)


def clock(case):
    """Looks at the clock."""
    yield share(yes(case), weights(case)).model_copy(update={"n": time.monotonic_ns() % 10_000_000})


BAD = [
    (first_half, "permuting rows", "do not take the first ones"),
    (drops_rows, "permuting rows", "in another order"),
    (versus_one_and_another, "permuting rows", "in another order"),
    (global_random, "global random numbers", 'case.rng("a name")'),
    (seeds, "global random numbers", "neither seed nor use"),
    (predicts_again, "no second prediction", "the model was asked about the audit rows again"),
    (by_name, "relabelling groups", "whatever they are called"),
    (one_class, "degenerate inputs", "one class alone: ZeroDivisionError"),
    (no_weights, "counting weights", "a row of weight 2 counts as two rows"),
    (sum_of_weights, "scaling weights", "Divide by the sum of the weights"),
    (sum_of_weights, "duplicating data", "every row of ClassScores twice"),
    (grows, "determinism", "keep no state"),
    (clock, "determinism", "look at no clock"),
    (remembers_cases, "no state", "no default that grows"),
    (outside, "ordinary cases", "outside its own interval"),
    (no_interval, "uncertainty", "without an interval"),
    (bare, "ordinary cases", "a check yields measurements"),
    (silent, "ordinary cases", "ended without a measurement"),
    (uncarded, "metric cards", "'ratio' is measured on ClassScores and has no card"),
    (wider, "duplicating data", "the interval of 'rate' grew"),
    (slow, "time", "10 times the rows of ClassScores took"),
]


def made(function, controls=GOOD):
    return check("a.check", on=ClassScores, metrics=[CARD], controls=controls)(function)


def broken(one, **how):
    with pytest.raises(ContractBroken) as raised:
        obey_contract(one, recipes=[CASE], **how)
    return raised.value


def test_a_good_check_obeys():
    obey_contract(made(good), recipes=[CASE])


@pytest.mark.parametrize(("function", "law", "says"), BAD, ids=[f"{row[0].__name__}-{row[1]}" for row in BAD])
def test_a_bad_check_is_told_which_law_it_breaks_and_what_to_do(function, law, says):
    error = broken(made(function))
    assert law in error.laws
    (breach,) = [breach for breach in error.breaches if breach.law == law]
    assert says in str(breach)
    assert breach.remedy in str(error)


def test_no_docstring_is_told():
    good_without = lambda case: good(case)  # noqa: E731, PLW0108  a lambda has no docstring
    error = broken(Check("a.check", good_without, on=(ClassScores,), metrics=(CARD,), controls=GOOD))
    assert error.laws == ("words",)
    assert "there is no docstring" in str(error)


def test_a_check_without_controls_is_told():
    assert "it carries no planted defect" in str(broken(made(good, ())))


def test_a_check_that_fails_its_control_is_told():
    wrong = (planted("none is found", fair_groups(), near("rate", 0.9)), GOOD[1])
    assert "the check did not find 'none is found'" in str(broken(made(good, wrong)))


def test_controls_that_cost_too_much_are_told(monkeypatch):
    monkeypatch.setattr(check_laws, "CONTROL_SECONDS", 0.2)
    twin = fair_groups()

    def dear(rng):
        end = time.process_time() + 0.3
        while time.process_time() < end:
            pass
        return twin(rng)

    error = broken(made(good, (GOOD[0], clean("dear", dear, near("rate", 0.5)))))
    assert error.laws == ("controls",)
    assert "s of the processor, over 0.2 s together: make their cases smaller" in str(error)


def test_an_excuse_needs_a_law_and_a_reason():
    one = made(no_weights)
    with pytest.raises(ValueError, match="excused without a reason"):
        obey_contract(one, recipes=[CASE], except_={"counting weights": ""})
    with pytest.raises(ValueError, match="there is no law 'weights'"):
        obey_contract(one, recipes=[CASE], except_={"weights": "a reason that is long enough"})
    obey_contract(one, recipes=[CASE], except_={"counting weights": "every row is one vote, by statute"})


def test_what_is_neither_a_check_nor_an_adapter_has_no_contract():
    with pytest.raises(TypeError, match="an exporter has a contract, not a function"):
        obey_contract(good)
    assert replace(CASE, name="x").name == "x"
