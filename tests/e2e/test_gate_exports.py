"""`auditkit gate --export`: the gate's own verdict in other formats, and on GitHub what its users expect."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Folder
from junitparser import JUnitXml

from auditkit.bundle.dsse import read_envelope

STRICT = '[[rules]]\nmetric = "accuracy"\nmin = 0.999\nbecause = "a test"\n\n'


@pytest.fixture(scope="module")
def audited(make_folder: Callable[[], Folder]) -> Folder:
    folder = make_folder()
    assert folder.run_here().code == 0
    assert folder.run_here("keygen", "gatekeeper", "--name", "The gate").code == 0
    folder.write("strict.toml", "# the house's\n" + STRICT)
    return folder


def gate(folder: Folder, *arguments: str):
    return folder.run_here("gate", "audit-audit", "--allow-dev-key", *arguments)


def test_an_export_carries_the_verdict_of_the_gate_and_not_of_the_audit(audited):
    answer = gate(audited, "--policy", "strict.toml", "--export", "junit.xml=gate.xml", "--export", "results.sarif")
    assert answer.code == 1
    assert "junit.xml is written to gate.xml" in answer.err
    found = JUnitXml.fromfile(str(audited.path / "gate.xml"))
    assert (found.tests, found.failures) == (1, 1)
    (alert,) = json.loads((audited.path / "results.sarif").read_bytes())["runs"][0]["results"]
    where = alert["locations"][0]["physicalLocation"]
    assert (where["artifactLocation"]["uri"], where["region"]["startLine"]) == ("strict.toml", 2)


def test_by_the_bundles_own_policy_the_lines_are_the_specs(audited):
    assert gate(audited, "--export", "junit.xml=own.xml").code == 0
    (case,) = [case for suite in JUnitXml.fromfile(str(audited.path / "own.xml")) for case in suite]
    line = 1 + (audited.path / "audit.toml").read_text().splitlines().index("[[policy.rules]]")
    assert (case._elem.get("file"), case._elem.get("line")) == ("audit.toml", str(line))


def test_a_dash_prints_the_export(audited):
    answer = gate(audited, "--export", "summary.md=-")
    assert "## PASS: A small audit" in answer.out


def test_a_statement_is_signed_by_the_key_that_is_given(audited):
    answer = gate(audited, "--sign", "gatekeeper.key", "--export", "svr.dsse.json=svr.json")
    assert answer.code == 0, answer
    envelope = read_envelope((audited.path / "svr.json").read_bytes(), name="svr")
    assert json.loads(envelope.payload)["predicateType"] == "https://in-toto.io/attestation/svr/v0.2"
    assert len(envelope.signatures) == 1


def test_a_certificate_of_what_does_not_pass_is_not_written(audited):
    answer = gate(audited, "--policy", "strict.toml", "--sign", "gatekeeper.key", "--export", "svr.dsse.json=none.json")
    assert answer.code == 1
    assert "svr.dsse.json is not written: it does not apply to this verdict" in answer.err
    assert not (audited.path / "none.json").exists()


@pytest.mark.parametrize(
    ("export", "words"),
    [
        ("junit", ("there is no export 'junit'", "installed are: ", "junit.xml")),
        ("junit.xml=audit-audit/exports/junit.xml", ("lies in the bundle",)),
        ("junit.xml=no/such/j.xml", ("there is no folder 'no/such'", "mkdir -p")),
        ("svr.dsse.json", ("is a statement, and nobody signs it", "--sign audit.key")),
    ],
)
def test_what_cannot_be_written_is_refused_before_judging(audited, export, words):
    answer = gate(audited, "--export", export)
    answer.refused(*words)
    assert answer.out == ""


def test_on_github_the_gate_annotates_and_adds_to_the_summary(audited, monkeypatch):
    summary = audited.write("step.md", "what another step said\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    answer = gate(audited, "--policy", "strict.toml")
    assert answer.code == 1
    lines = answer.out.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert len(token) == 32
    closed = lines.index(f"::{token}::")
    assert any(line.startswith("verdict  FAIL") for line in lines[:closed])
    (command,) = [line for line in lines[closed + 1 :] if line.startswith("::")]
    assert command.startswith("::error file=strict.toml,line=2,title=accuracy>=0.999::fail: ")
    text = summary.read_text()
    assert text.startswith("what another step said\n## FAIL: A small audit")


def test_elsewhere_and_when_told_so_the_gate_prints_no_commands(audited, monkeypatch):
    assert "::" not in gate(audited, "--policy", "strict.toml").out
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert "::" not in gate(audited, "--policy", "strict.toml", "--ci", "none").out


def test_the_bundle_is_left_as_it_was(audited):
    gate(audited, "--export", "junit.xml=after.xml")
    assert audited.run_here("verify", "audit-audit", "--allow-dev-key").code == 0
    assert not Path(audited.bundle / "exports").exists()


def test_a_comparison_with_a_baseline_is_a_case_like_any_other(audited):
    assert audited.run_here("run", "audit.toml", "--out", "before").code == 0
    answer = gate(
        audited, "--baseline", "before", "--export", "junit.xml=pair.xml", "--export", "results.sarif=pair.sarif"
    )
    found = JUnitXml.fromfile(str(audited.path / "pair.xml"))
    compared = [case.name for suite in found for case in suite if case.name.startswith("baseline:")]
    assert compared
    assert (found.failures + found.errors == 0) == (answer.code == 0)
    alerts = json.loads((audited.path / "pair.sarif").read_bytes())["runs"][0]["results"]
    places = {alert["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for alert in alerts}
    assert places <= {"audit.toml"}
