"""Which formats a bundle holds: those that `[report] exports` names; and where a policy's rules stand."""

from __future__ import annotations

import json
import types
from pathlib import Path

import pandas as pd
import pytest
from commands import Folder

from auditkit import AuditError, NotApplicable, audit, exporter, hookimpl
from auditkit.bundle.dsse import read_envelope
from auditkit.errors import PluginError, SpecError
from auditkit.host import Host
from auditkit.hosting.discovery import Plugin
from auditkit.resolving import resolve_policy
from auditkit.rule_places import name_in_repository, places_in_policy, places_in_spec
from auditkit.spec import AuditSpec, DataSpec, ModelSpec, ReportSpec, read_policy, read_spec
from auditkit.testing.results import toy_result


@exporter("always.txt")
def always(_):
    """What is written unless a spec says otherwise."""
    return b"always"


@exporter("asked.txt", on_request=True)
def asked(_):
    """What is written where it is named."""
    return b"asked"


@exporter("pass.dsse.json", on_request=True, statement=True)
def only_of_a_pass(_):
    """Nothing, of a result that failed."""
    raise NotApplicable("it failed")


def host_of(*exporters):
    module = types.ModuleType("formats")
    module.auditkit_register_exporters = hookimpl(lambda: exporters, specname="auditkit_register_exporters")
    return Host([Plugin("formats", module, "formats-distribution", "1.0", "0" * 64)])


HOST = host_of(always, asked, only_of_a_pass)


def spec_with(exports):
    return AuditSpec(
        name="x", model=ModelSpec(adapter="a"), data=DataSpec(audit="a"), report=ReportSpec(exports=exports)
    )


@pytest.mark.parametrize(
    ("exports", "chosen"),
    [
        (None, ("always.txt",)),
        ((), ()),
        (("asked.txt",), ("asked.txt",)),
        (("asked.txt", "always.txt"), ("asked.txt", "always.txt")),
    ],
)
def test_a_spec_gets_the_formats_that_it_names(exports, chosen):
    assert HOST.exports_of(spec_with(exports)) == chosen


def test_none_of_auditkits_own_formats_is_written_unasked():
    assert Host.installed().exports_of(spec_with(None)) == ()


def test_a_format_that_is_not_installed_is_refused_with_the_list():
    with pytest.raises(SpecError, match=r"\[report\] exports 'junit' is not installed") as caught:
        HOST.exports_of(spec_with(("junit",)))
    assert caught.value.hint == "installed are: always.txt, asked.txt, pass.dsse.json"


def test_an_exporter_with_nothing_to_write_writes_nothing():
    assert HOST.export(toy_result()) == {"always.txt": b"always", "asked.txt": b"asked"}


def test_a_statement_is_named_as_the_envelope_that_holds_it():
    with pytest.raises(PluginError, match=r"exporter 'svr' gives a statement to sign") as caught:
        exporter("svr", statement=True)(always.run)
    assert caught.value.hint == "name it 'svr.dsse.json'"


def test_a_spec_that_names_no_exports_keeps_the_digest_that_it_had():
    plain = AuditSpec(name="x", model=ModelSpec(adapter="a"), data=DataSpec(audit="a"))
    assert plain.digest == spec_with(None).digest != spec_with(()).digest
    assert "exports" not in plain.model_dump(mode="json")["report"]


ASKED = ("[report]\n", '[report]\nexports = ["junit.xml", "results.sarif", "test-result.dsse.json", "svr.dsse.json"]\n')


def test_a_bundle_holds_what_the_spec_names_and_signs_the_statements(folder: Folder):
    folder.spec(ASKED)
    assert folder.run_here().code == 0
    names = {path.name for path in (folder.bundle / "exports").iterdir()}
    assert names == {"junit.xml", "results.sarif", "test-result.dsse.json", "svr.dsse.json"}
    assert folder.run_here("verify", "audit-audit", "--allow-dev-key").code == 0
    envelope = read_envelope((folder.bundle / "exports" / "svr.dsse.json").read_bytes(), name="svr")
    statement = json.loads(envelope.payload)
    assert statement["subject"][0]["digest"]["sha256"] == folder.result()["subject"]["digest"]
    assert len(envelope.signatures) == 1
    log = json.loads((folder.bundle / "exports" / "results.sarif").read_bytes())
    assert log["runs"][0]["properties"]["verdict"] == "pass"


def test_a_bundle_that_fails_holds_no_certificate_and_points_at_the_rule(folder: Folder):
    folder.spec(ASKED, ("min = 0.5", "min = 0.999"))
    assert folder.run_here().code == 1
    names = {path.name for path in (folder.bundle / "exports").iterdir()}
    assert names == {"junit.xml", "results.sarif", "test-result.dsse.json"}
    (alert,) = json.loads((folder.bundle / "exports" / "results.sarif").read_bytes())["runs"][0]["results"]
    where = alert["locations"][0]["physicalLocation"]
    line = 1 + (folder.path / "audit.toml").read_text().splitlines().index("[[policy.rules]]")
    assert (where["artifactLocation"]["uri"], where["region"]["startLine"]) == ("audit.toml", line)


def test_a_run_and_a_plan_refuse_an_unknown_format_before_any_work(folder: Folder):
    folder.spec(("[report]\n", '[report]\nexports = ["junit.xm"]\n'))
    for verb in ("run", "plan"):
        answer = folder.run_here(verb, "audit.toml")
        answer.refused("[report] exports 'junit.xm' is not installed", "installed are: ", "junit.xml", "summary.md")
    folder.nothing_written()


def test_rules_of_packs_files_and_the_spec_each_have_their_place(folder: Folder):
    folder.write("house.toml", '# house rules\n[[rules]]\nmetric = "brier_score"\nmax = 0.9\nbecause = "a test"\n')
    folder.spec(("[policy]\n", '[policy]\nextends = ["baseline", "house.toml"]\n'))
    spec = read_spec(folder.path / "audit.toml")
    policy = resolve_policy(
        spec.policy, Host.installed().policies, {"house.toml": read_policy(folder.path / "house.toml")}
    )
    places = {place.rule: (place.file, place.line) for place in places_in_spec(spec, policy)}
    lines = (folder.path / "audit.toml").read_text().splitlines()
    assert places["brier_score<=0.9"] == ("house.toml", 2)
    assert places["accuracy>=0.5"] == ("audit.toml", 1 + lines.index("[[policy.rules]]"))
    assert places["equalized_odds_difference<=0.1"] == (
        "audit.toml",
        1 + lines.index('extends = ["baseline", "house.toml"]'),
    )
    # What the gate makes of a policy that names no comparison is asked for by the policy as a whole.
    assert places["baseline"] == ("audit.toml", 1 + lines.index("[policy]"))
    assert set(places) == {rule.id for rule in policy.rules} | {"baseline"}


def test_rules_of_a_policy_file_have_its_lines(tmp_path: Path):
    rules = [f'[[rules]]\nmetric = "accuracy"\nmin = {bound}\nbecause = "a test"\n' for bound in (0.5, 0.6)]
    path = tmp_path / "strict.toml"
    path.write_text("\n".join(rules))
    written = read_policy(path)
    policy = resolve_policy(written, {}, {})
    found = [(place.rule, place.line) for place in places_in_policy(path, written, policy)]
    assert found == [("accuracy>=0.5", 1), ("accuracy>=0.6", 6), ("baseline", 1)]


def test_a_spec_made_in_python_stands_nowhere():
    spec = spec_with(None)
    assert places_in_spec(spec, resolve_policy(None, Host.installed().policies, {})) == ()


def test_a_file_is_named_as_its_repository_names_it(tmp_path: Path):
    spec = tmp_path / "models" / "triage" / "audit.toml"
    spec.parent.mkdir(parents=True)
    assert name_in_repository(spec) == "audit.toml"
    (tmp_path / ".git").mkdir()
    assert name_in_repository(spec) == "models/triage/audit.toml"


def test_what_asks_for_a_baseline_has_its_place(folder: Folder):
    folder.spec(more='\n[policy.baseline]\nmetric = "accuracy"\nmargin = 0.05\n')
    spec = read_spec(folder.path / "audit.toml")
    policy = resolve_policy(spec.policy, {}, {})
    places = {place.rule: place.line for place in places_in_spec(spec, policy)}
    lines = (folder.path / "audit.toml").read_text().splitlines()
    assert places["baseline"] == 1 + lines.index("[policy.baseline]")


def test_a_result_in_python_is_written_in_the_formats_that_are_named(tmp_path: Path):
    people = pd.DataFrame({"sex": ["F", "M"] * 40, "ill": ["no", "no", "yes", "yes"] * 20})
    result = audit([0.1, 0.4, 0.7, 0.9] * 20, people, target="ill", positive="yes", checks=["performance.overall"])
    bundle = result.write(tmp_path / "bundle", formats=["html"], exports=["summary.md"])
    assert [path.name for path in (bundle / "exports").iterdir()] == ["summary.md"]
    with pytest.raises(AuditError, match="exports 'junit' is not installed"):
        result.write(tmp_path / "other", formats=["html"], exports=["junit"])
    assert not (tmp_path / "other").exists()
