"""One worker at a time: what it says is passed on once, and nothing of it stays behind."""

from __future__ import annotations

import pytest
from commands import SPEC, Folder

from auditkit.auditing import policy_of, run_audit
from auditkit.checks.events import CheckFinished, PlanMade, Stage
from auditkit.errors import AuditError, CrashError
from auditkit.host import Host
from auditkit.spec import read_spec
from auditkit.supervisor import measure_supervised


def supervised(folder: Folder, **options):
    spec = read_spec(folder.path / "audit.toml")
    heard = []
    return measure_supervised(spec, Host.installed(spec), heard.append, **options), heard


def test_the_worker_finds_what_this_process_finds(folder):
    measured, heard = supervised(folder)
    spec = read_spec(folder.path / "audit.toml")
    result = run_audit(spec, Host.installed(spec), fresh=True)
    assert {one.check: one.status for one in measured.findings} == {one.check: one.status for one in result.findings}
    assert [event.name for event in heard if isinstance(event, Stage)] == [
        "reading the data",
        "predicting",
        "checking",
    ]
    assert sum(isinstance(event, PlanMade) for event in heard) == 1
    assert [event.place for event in heard if isinstance(event, CheckFinished)] == list(range(len(measured.findings)))


def test_what_the_worker_refuses_is_raised_here_with_its_hint(folder):
    folder.write("rows.csv", "sex,band\nF,old\n")
    with pytest.raises(AuditError, match="has no column 'p_no'") as caught:
        supervised(folder)
    assert caught.value.hint
    assert not isinstance(caught.value, CrashError)
    assert not folder.store.exists()


def test_the_policy_is_the_baseline_when_the_spec_has_none(folder):
    spec = read_spec(folder.path / "audit.toml")
    host = Host.installed(spec)
    assert policy_of(spec, host).source == "spec"
    bare = policy_of(spec.model_copy(update={"policy": None}), host)
    assert bare.source == "baseline"
    folder.spec((SPEC.partition("[policy]\n")[2], ""), more="min_group_size = 50\n")
    silent = policy_of(read_spec(folder.path / "audit.toml"), host)
    assert (silent.source, silent.policy.rules) == ("baseline", bare.policy.rules)
    assert silent.policy.min_group_size == 50
    assert [rule.id for rule in bare.policy.rules] == [rule.identified().id for rule in host.policies["baseline"].rules]
