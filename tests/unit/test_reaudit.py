"""A plan of re-audits: every look has its part, the parts add up, and all looks together keep the promise."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from pydantic import ValidationError

from auditkit import Measurement
from auditkit.document import Text
from auditkit.finding import Finding
from auditkit.judging import judge
from auditkit.policy import LEAST_SPENT, Policy, Reaudit, Rule


def parts(looks, spending, level=0.95):
    return [Reaudit(look=k, looks=looks, spending=spending).part(level) for k in range(1, looks + 1)]


@pytest.mark.parametrize("spending", ["even", "pocock", "obrien-fleming"])
@pytest.mark.parametrize("looks", [1, 2, 12, 60])
def test_parts_add_up_to_what_one_audit_may_err(looks, spending):
    assert sum(parts(looks, spending)) == pytest.approx(1.0)
    assert min(parts(looks, spending)) > 0


def test_an_even_plan_divides_evenly():
    assert Reaudit(look=3, looks=12).level_of(0.95) == pytest.approx(1 - 0.05 / 12)


def test_parts_of_pocock_and_of_obrien_and_fleming_by_hand():
    # 0.05 ln(1 + (e - 1) / 2) at half time; 2 - 2 Phi(1.96 / sqrt(1/2)) there, as Lan and DeMets give it
    assert parts(2, "pocock")[0] == pytest.approx(np.log(1 + (np.e - 1) / 2))
    assert parts(2, "obrien-fleming")[0] == pytest.approx(0.0055746 / 0.05, abs=1e-4)
    early = parts(12, "obrien-fleming")
    assert early[0] == pytest.approx(LEAST_SPENT / 0.05, rel=0.05)
    assert early == sorted(early)


def test_an_open_plan_never_spends_more_than_all():
    spent = [Reaudit(look=k).part(0.95) for k in range(1, 2000)]
    assert spent[:3] == pytest.approx([1 / 2, 1 / 6, 1 / 12])
    assert sum(spent) < 1
    assert sum(spent) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("said", [{"look": 0}, {"look": 3, "looks": 2}, {"look": 1, "spending": "pocock"}])
def test_a_plan_that_cannot_be_is_refused(said):
    with pytest.raises(ValidationError):
        Reaudit(**said)


def test_a_policy_without_a_plan_has_the_digest_that_it_had():
    old = Policy().model_dump(mode="json")
    assert old.pop("reaudit") is None
    from auditkit.document import digest_of

    assert Policy().digest == digest_of(old)
    assert Policy(reaudit=Reaudit(look=1)).digest != Policy().digest


def outcome(hits, rows, level):
    policy = Policy(rules=(Rule(metric="accuracy", min=0.9, because="a test").identified(),))
    found = Measurement.rate("accuracy", hits, rows, level=level)
    finding = Finding(
        check="a.b", options={}, title=Text.of("t"), text=Text.of("t"), status="measured", measurements=(found,)
    )
    return judge(policy, (finding,), ("decisions",), date(2026, 1, 1)).judgements[0].outcome


def false_alarms(audits, *, plan, shared):
    """How often one of ten audits fails a model that is exactly as good as the rule asks."""
    alarms, rng = 0, np.random.default_rng(11)
    for _ in range(audits):
        seen = rng.random((10, 400)) < 0.9
        if shared:  # each look has the rows of all that went before, as a growing register has
            hits, rows = seen.sum(axis=1).cumsum(), 400 * np.arange(1, 11)
        else:
            hits, rows = seen.sum(axis=1), np.full(10, 400)
        levels = [plan(look).level_of(0.95) if plan else 0.95 for look in range(1, 11)]
        alarms += any(
            outcome(int(h), int(n), level) == "fail"
            for h, n, level in zip(hits, rows, levels, strict=True)
            if h / n < 0.9 - 1.9 * np.sqrt(0.09 / n)  # else no interval lies below the bound, and judging is dear
        )
    return alarms / audits


AUDITS = [pytest.param(200), pytest.param(2000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("audits", AUDITS)
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("spending", ["even", "pocock", "obrien-fleming", "open"])
def test_ten_audits_alarm_no_more_often_than_one_may(audits, shared, spending):
    def plan(look):
        return Reaudit(look=look) if spending == "open" else Reaudit(look=look, looks=10, spending=spending)

    assert false_alarms(audits, plan=plan, shared=shared) <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / audits)


@pytest.mark.parametrize("shared", [False, True])
def test_ten_audits_without_a_plan_alarm_more_often(shared):
    assert false_alarms(400, plan=None, shared=shared) > 0.06
