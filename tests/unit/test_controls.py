"""A check's controls: when they run, what they are given, what is kept, and what becomes of a check that fails one."""

from __future__ import annotations

import pickle
import types
from dataclasses import replace

import numpy as np
import pytest

from auditkit import (
    ClassScores,
    Control,
    Interval,
    Measurement,
    NotApplicable,
    Table,
    Text,
    check,
    clean,
    hookimpl,
    planted,
)
from auditkit.checks.checking import run_check
from auditkit.checks.controls import run_control, run_controls
from auditkit.errors import PluginError
from auditkit.host import Host, Planned
from auditkit.hosting.discovery import Plugin
from auditkit.options import validate_options
from auditkit.testing import (
    above,
    below,
    every,
    fair_groups,
    group_under_selected,
    near,
    not_above,
    not_below,
    toy_case,
)
from auditkit.testing.cases import cases_in

SELECTED = near("selected", 0.5)


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch):
    # Other tests share what controls found: the checks here have one name, and different controls.
    monkeypatch.setattr("auditkit.checks.checking.run_controls", run_controls)
    with cases_in(tmp_path):
        yield


def case(**settings):
    yes = np.linspace(0.01, 0.99, 40)
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), ["no", "yes"] * 20, **settings)


def selected(case, *, least: float = 0.5):
    """How many are selected."""
    yield Measurement.share("selected", case.predictions.scores[:, 1] > least)


def nothing(case):
    """Nothing is ever found."""
    yield Measurement(metric="selected", value=0, n=len(case), exact=True)


def made(function, *controls):
    return check("a.check", on=ClassScores, controls=controls)(function)


def finding(one, given=None, **options):
    module = types.ModuleType("toy_plugin")
    module.auditkit_register_checks = hookimpl(lambda: [one])
    host = Host([Plugin.of_module(module)])
    planned_check = Planned(one, validate_options(one.run, options, owner=one.id))
    return run_check(host, case() if given is None else given, planned_check, None).finding


def test_controls_that_pass_stand_in_the_finding_before_those_that_the_check_yields():
    words = Text.of("w")

    def both(case):
        """A question."""
        yield from selected(case)
        yield Control(kind="clean", title=words, expected=words, observed=words, passed=True)

    found = finding(made(both, planted("half", fair_groups(), SELECTED)))
    assert found.status == "measured"
    assert [str(one.title) for one in found.controls] == ["half", "w"]
    assert str(found.controls[0].expected) == "selected is 0.500"
    assert str(found.controls[0].observed) == "selected: 0.500 (0.451 to 0.549)"


def test_a_planted_defect_that_is_not_found_makes_the_finding_an_error_without_numbers():
    found = finding(made(nothing, planted("half are selected", fair_groups(), above("selected", 0.3))))
    assert found.status == "error"
    assert found.measurements == ()
    assert not found.crashed
    assert str(found.reason) == (
        "the check did not find a planted defect, 'half are selected': "
        "expected: selected is above 0.30; observed: selected: 0"
    )
    assert "[[checks]] use" in found.hint
    assert [one.passed for one in found.controls] == [False]


def test_a_defect_that_is_found_in_a_clean_twin_makes_the_finding_an_error():
    found = finding(made(selected, clean("fair", fair_groups(), not_above("selected", 0.1))))
    assert found.status == "error"
    assert str(found.reason).startswith(
        "the check failed on a clean twin, 'fair': expected: selected is not above 0.10; observed: selected: 0.500"
    )


def test_of_several_failed_controls_the_first_is_told_and_the_others_are_counted():
    known = [clean(f"twin {place}", fair_groups(), not_above("selected", 0.1)) for place in range(3)]
    good = planted("half", fair_groups(), SELECTED)
    assert str(finding(made(selected, good, *known)).reason).startswith("the check failed on a clean twin, 'twin 0': ")
    assert str(finding(made(selected, good, *known)).reason).endswith("; and 2 more failed")
    assert "more failed" not in str(finding(made(selected, good, known[0])).reason)


def test_a_failed_control_that_the_check_itself_yields_makes_it_an_error_too():
    words = Text.of("w")

    def sceptical(case):
        """A question."""
        yield from selected(case)
        yield Table(title=words, columns=(words,), rows=((1,),))
        yield Control(kind="clean", title=Text.of("own"), expected=words, observed=Text.of("odd"), passed=False)

    found = finding(made(sceptical))
    assert (found.status, found.measurements, found.evidence) == ("error", (), ())
    assert str(found.reason) == "the check failed on a clean twin, 'own': expected: w; observed: odd"


def test_a_control_that_raises_has_failed_and_says_where_but_not_what():
    def broken(_):
        raise ValueError("patient 4711")

    found = finding(made(selected, planted("half", broken, SELECTED)))
    assert found.status == "error"
    assert "ValueError in test_controls.py, line" in str(found.reason)
    assert b"4711" not in found.to_json()


def test_a_check_that_does_not_apply_to_its_control_has_failed_it():
    def choosy(case):
        """A question."""
        if case.is_control:
            raise NotApplicable("no thanks")
        yield from selected(case)

    found = finding(made(choosy, planted("half", fair_groups(), SELECTED)))
    assert "the check does not apply to it: no thanks" in str(found.reason)


def test_controls_of_a_check_that_does_not_apply_are_not_run():
    def absent(_):
        """A question."""
        raise NotApplicable("there is nothing to ask")

    found = finding(made(absent, planted("half", fair_groups(), SELECTED)))
    assert (found.status, found.controls) == ("not_applicable", ())


def test_a_control_is_run_with_the_options_and_the_level_of_the_audit():
    seen = []

    def watched(case, *, least: float = 0.5):
        """A question."""
        seen.append((case.is_control, case.level, least, len(case)))
        yield from selected(case, least=least)

    one = made(watched, planted("half", fair_groups(), lambda _: True))
    finding(one, case(level=0.99), least=0.7)
    assert seen == [(False, 0.99, 0.7, 40), (True, 0.99, 0.7, 400)]


def test_a_control_may_fix_the_option_that_it_is_about():
    one = made(selected, planted("half", fair_groups(), SELECTED, least=0.5))
    assert finding(one, least=0.99).status == "measured"
    assert finding(made(selected, planted("half", fair_groups(), SELECTED)), least=0.99).status == "error"


def test_a_control_runs_once_a_version_and_whatever_the_data():
    runs = []

    def counted(readings):
        runs.append(len(readings))
        return True

    one = made(selected, planted("half", fair_groups(), counted))
    first, other = case(), replace(case(), settings=case(seed=9).settings)
    finding(one, first)
    finding(one, replace(other, store=first.store))
    assert len(runs) == 1
    finding(one, first, least=0.6)
    assert len(runs) == 2


def test_a_control_that_failed_is_put_again():
    answers = iter(["not yet", True])
    one = made(selected, planted("half", fair_groups(), lambda _: next(answers)))
    given = case()
    assert str(finding(one, given).reason).endswith("'half': expected: the defect is found; observed: not yet")
    assert finding(one, given).status == "measured"


def test_controls_leave_nothing_in_the_store_but_what_came_of_them(tmp_path):
    finding(made(selected, planted("half", fair_groups(), SELECTED)))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".writing")]


def test_a_control_is_the_same_at_every_run():
    def drawn(rng):
        yes = rng.random(50)
        return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])))

    one = made(selected, planted("drawn", drawn, above("selected", 0)))
    assert run_control(one, one.controls[0]) == run_control(one, one.controls[0])


def test_two_controls_of_one_title_are_refused():
    with pytest.raises(PluginError, match="two controls 'half'"):
        made(selected, planted("half", fair_groups(), SELECTED), planted("half", fair_groups(), SELECTED))


def test_what_the_kit_makes_can_be_sent_to_another_process():
    known = planted("half", group_under_selected(0.4), every(SELECTED, above("selected", 0.1)))
    again = pickle.loads(pickle.dumps(known))
    one = made(selected, known)
    assert run_control(one, again) == run_control(one, known)


@pytest.mark.parametrize(
    ("expects", "passes"),
    [
        (above("rate", 0.2), True), (above("rate", 0.45), False), (above("rate", 0.2, group={"sex": "F"}), False),
        (below("rate", 0.8), True), (below("rate", 0.55), False), (not_above("rate", 0.45), True),
        (not_above("rate", 0.2), False), (not_above("other", 0.2), False), (not_below("rate", 0.55), True),
        (not_below("rate", 0.9), False), (near("rate", 0.5), True), (near("rate", 0.52, 0.01), False),
        (every(above("rate", 0.2), near("rate", 0.5)), True), (every(above("rate", 0.2), near("rate", 0.6)), False),
    ],
)  # fmt: skip
def test_expectations_by_hand(expects, passes):
    def half(_):
        """Fifty of a hundred: 0.404 to 0.596."""
        yield Measurement.rate("rate", 50, 100)

    control, _ = run_control(made(half, planted("t", fair_groups(), expects)), planted("t", fair_groups(), expects))
    assert control.passed is passes, control


def test_a_control_prints_what_rounding_leaves_of_a_zero_as_zero():
    def nearly(_):
        """Nothing, but for the rounding."""
        yield Measurement(
            metric="rate",
            value=1.04e-16,
            n=9,
            interval=Interval(low=-2e-17, high=0.06974, level=0.95, method="bootstrap"),
        )

    known = planted("t", fair_groups(), near("rate", 0.0))
    assert str(run_control(made(nearly, known), known)[0].observed) == "rate: 0 (0 to 0.070)"
    assert str(near("rate", 0.25, 0.02).expected) == "rate is 0.250, give or take 0.020"
