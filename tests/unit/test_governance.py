"""Governance records: each planted fault is found by its rule, the clean folder is silent, bad files are refused."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from signed_bundles import Desk

from auditkit.document import Text
from auditkit.errors import SpecError
from auditkit.finding import Finding, Measurement
from auditkit.governance.gathering import read_records
from auditkit.governance.links import linked
from auditkit.governance.reading import read_sheets
from auditkit.governance.rules import is_contact, is_placeholder, is_short
from auditkit.result import ModelFacts, Subject
from auditkit.spec import read_spec

EXAMPLE = Path(__file__).parents[2] / "examples" / "heart_disease"
TODAY = date(2026, 11, 23)
MODEL = "d2492ceffe45ec10813b97950de8488c327c511b4c3520025d3d990f01a4372a"
LOG = "ts,case,output,confidence,operator,override,reason,sex\n"


def subject(**facts):
    return Subject(adapter="recorded", path="model.safetensors", digest=MODEL, prediction_type="ClassScores",
                   facts=ModelFacts(**facts) if facts else None)  # fmt: skip


@pytest.fixture
def folder(tmp_path):
    """The example's spec and records, in a folder of their own."""
    shutil.copytree(EXAMPLE / "governance", tmp_path / "governance")
    for name in ("governed.toml", "NOTICE"):
        shutil.copy(EXAMPLE / name, tmp_path)
    return tmp_path


def found(folder, of=None, findings=()):
    return linked(read_records(read_spec(folder / "governed.toml"), TODAY, of or subject()), findings)


def ids(records):
    return {fault.id for one in records for fault in one.faults}


def measured(check, **values):
    told = tuple(Measurement(metric=name, value=value, n=20, exact=True) for name, value in values.items())
    return Finding(check=check, title=Text.of("t"), text=Text.of("t"), status="measured", measurements=told)


RAN = (measured("performance.overall", accuracy=0.8),)


def test_the_clean_folder_is_silent(folder):
    records = found(folder, findings=RAN)
    assert ids(records) == set()
    assert {one.status for one in records} == {"present", "not-applicable"}
    assert len(records) == 14


PLANTED = [
    ("owners.toml", 'role = "model owner"', 'role = "TODO"', "record.placeholder"),
    ("owners.toml", 'contact = "ana.ruiz@hospital.example"', 'contact = ""', "record.no-contact"),
    ("owners.toml", "ana.ruiz@hospital.example", "room 12", "record.bad-contact"),
    ("owners.toml", 'name = "Sam Okoro"', 'name = "Li Chen"', "record.twice"),
    ("owners.toml", 'owner = "Ana Ruiz"', "", "record.no-owner"),
    ("owners.toml", "date = 2026-10-01", "", "record.no-date"),
    ("owners.toml", "date = 2026-10-01", 'date = "1 October"', "record.bad-date"),
    ("owners.toml", "date = 2026-10-01", "date = 2027-01-01", "record.future"),
    ("owners.toml", "date = 2026-10-01", "date = 2026-10-01\nexpires = 2026-09-01", "record.ends-before"),
    ("intended-use.md", "Shows how an audit", "Lorem ipsum dolor. Shows how an audit", "record.placeholder"),
    ("intended-use.md", 'users = "Readers who want to see what auditkit prints"', "", "record.empty"),
    ("affected-people.md", 'owner = "Ana Ruiz"', 'owner = "Bo Berg"', "record.unknown-person"),
    ("affected-people.md", 'groups = ["women and men", "people of four sites"]', "groups = []", "record.empty"),
    ("override-log.toml", "The model decides nothing, so that there is nothing to override.", "N/A",
     "record.placeholder"),
    ("responsibilities.toml", 'accountable = "Ana Ruiz"', "", "responsibility.nobody"),
    ("responsibilities.toml", 'accountable = "Ana Ruiz"', 'accountable = ["Ana Ruiz", "Li Chen"]',
     "responsibility.several"),
    ("responsibilities.toml", 'responsible = ["Ana Ruiz"]', "", "responsibility.no-hands"),
    ("responsibilities.toml", 'duty = "risk-owner"', 'duty = "model-owner"', "responsibility.no-row"),
    ("responsibilities.toml", 'duty = "risk-owner"', 'duty = "model-owner"', "responsibility.twice"),
    ("responsibilities.toml", 'informed = ["Ana Ruiz"]', 'informed = ["Bo Berg"]', "record.unknown-person"),
    ("human-oversight.md", 'may_stop = ["Li Chen", "Ana Ruiz"]', "may_stop = []", "oversight.no-stop"),
    ("human-oversight.md", "escalation_hours = 24", "", "oversight.no-escalation"),
    ("human-oversight.md", 'people = ["Li Chen"]', "people = []", "oversight.nobody"),
    ("incident-contact.toml", "answer_hours = 48", "", "contact.no-time"),
    ("complaint-channel.toml", 'person = "Sam Okoro"', "", "record.no-contact"),
    ("monitoring-plan.toml", 'evidence = ["check:performance.overall"]', "", "evidence.none"),
    ("monitoring-plan.toml", '["check:performance.overall"]', '["check:privacy.membership"]', "evidence.broken"),
    ("monitoring-plan.toml", '["check:performance.overall"]', '["../secret.pdf"]', "evidence.broken"),
    ("monitoring-plan.toml", '["check:performance.overall"]', '["minutes.pdf"]', "evidence.broken"),
    ("monitoring-plan.toml", '["check:performance.overall"]', f'[{{file = "NOTICE", sha256 = "{MODEL}"}}]',
     "evidence.broken"),
    ("monitoring-plan.toml", '["check:performance.overall"]', '[{file = "NOTICE", bundle = "x"}]', "evidence.broken"),
    ("monitoring-plan.toml", '"Each release is audited before it is shown."\nevidence = ["check:performance.overall"]',
     '"Monitored monthly."\nevidence = [{file = "NOTICE", date = 2026-07-23}]', "evidence.stale"),
    ("monitoring-plan.toml", '"Each release is audited before it is shown."\nevidence = ["check:performance.overall"]',
     '"每月监测一次。"\nevidence = ["NOTICE"]', "evidence.no-date"),
    ("change-log.toml", MODEL, "0" * 64, "change-log.other-model"),
    ("change-log.toml", f'model = "{MODEL}"', "", "provenance.weights"),
    ("change-log.toml", 'commit = "ddacd4e"', "", "provenance.commit"),
    ("change-log.toml", 'version = "1.0"', 'version = ""', "record.empty"),
    ("change-log.toml", "[[changes]]", ('[[changes]]\nversion = "0.9"\ndate = 2026-10-02\nwhat = "The first that '
     'was tried out."\n\n[[changes]]'), "change-log.order"),
    ("change-log.toml", "[[changes]]", ('[[changes]]\nversion = "1.0"\ndate = 2026-08-02\nwhat = "The first that '
     'was tried out."\n\n[[changes]]'), "change-log.twice"),
    ("third-party-parts.toml", 'version = "2.13.0"', "", "parts.no-version"),
    ("third-party-parts.toml", 'licence = "BSD-3-Clause"', 'licence = "free"', "licences.unknown"),
    ("third-party-parts.toml", 'licence = "BSD-3-Clause"', "", "licences.none"),
    ("third-party-parts.toml", 'lock = "governance/requirements.lock"', "", "provenance.lock"),
    ("third-party-parts.toml", "governance/requirements.lock", "governance/none.lock", "evidence.broken"),
    ("licences.toml", 'of = "model"', 'of = "weights"', "provenance.licence"),
    ("licences.toml", 'of = "Heart Disease, UCI"', 'of = "torch"', "licences.differ"),
    ("protective-measures.toml", "The table holds no names, no dates of birth and no numbers of patients.", "TBD",
     "record.placeholder"),
    ("protective-measures.toml", '"de-identification"', '"differential-privacy"', "measure.no-epsilon"),
    ("protective-measures.toml", '"de-identification"', '"differential-privacy"\nepsilon = 1', "measure.untested"),
    ("protective-measures.toml", 'evidence = [{file = "NOTICE"}]', "", "measure.unsupported"),
    ("protective-measures.toml", '"de-identification"\n', '"encryption"\n', None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "was", "now", "rule"), PLANTED)
def test_a_planted_fault_is_found_by_its_rule(folder, name, was, now, rule):
    path = folder / "governance" / name
    text = path.read_text(encoding="utf-8")
    assert was in text
    path.write_text(text.replace(was, now, 1), encoding="utf-8")
    records = found(folder, findings=RAN)
    if rule is None:
        assert ids(records) == set()
        return
    wrong = {one.kind for one in records if rule in {fault.id for fault in one.faults}}
    assert wrong, ids(records)
    assert all(one.status in ("partial", "expired") for one in records if one.kind in wrong)


def test_a_record_that_is_not_there_is_missing_and_one_that_has_run_out_is_expired(folder):
    (folder / "governance" / "owners.toml").unlink()
    path = folder / "governance" / "licences.toml"
    path.write_text(path.read_text().replace("date = 2026-10-01", "date = 2026-10-01\nexpires = 2026-11-22"))
    status = {one.kind: one.status for one in found(folder)}
    assert status["owners"] == "missing"
    assert status["licences"] == "expired"
    assert "record.unknown-person" in ids(found(folder))  # nobody is known


def test_parts_and_licences_are_held_against_the_models_card(folder):
    told = ids(found(folder, subject(base_models=("bert-base",), licence="mit")))
    assert {"provenance.base-model", "provenance.licence"} <= told
    assert "provenance.licence" not in ids(found(folder, subject(licence="apache-2.0")))


def test_a_claimed_epsilon_is_that_of_the_spec(folder):
    path = folder / "governance" / "protective-measures.toml"
    claim = '"differential-privacy"\nepsilon = 2\ndelta = 1e-5'
    path.write_text(path.read_text().replace('"de-identification"', claim))
    spec = folder / "governed.toml"
    spec.write_text(spec.read_text().replace('path = "model', 'claimed_epsilon = 1.0\npath = "model'))
    assert "measure.other-claim" in ids(found(folder))
    spec.write_text(spec.read_text().replace("claimed_epsilon = 1.0", "claimed_epsilon = 2.0\nclaimed_delta = 1e-5"))
    assert not {"measure.other-claim", "measure.untested"} & ids(found(folder))


@pytest.mark.parametrize(("rate", "rule"), [(0.0, None), (0.2, "measure.contradicted")])
def test_what_the_audit_measures_speaks_for_or_against_a_measure(folder, rate, rule):
    records = found(folder, findings=(*RAN, measured("privacy.personal-data", personal_data_rate=rate)))
    assert ids(records) == (set() if rule is None else {rule})
    (link,) = [link for one in records for link in one.evidence if link.measure and link.kind == "check"]
    assert link.state == ("holds" if rule is None else "broken")


def plan_of(folder, evidence):
    path = folder / "governance" / "monitoring-plan.toml"
    path.write_text(path.read_text().replace('["check:performance.overall"]', evidence))


def test_a_bundle_is_verified_and_must_be_of_this_model(folder):
    Desk.at(folder).write("audited")
    plan_of(folder, '["audited"]')
    (link,) = [link for one in found(folder) if one.kind == "monitoring-plan" for link in one.evidence]
    assert link.kind == "bundle"
    assert link.state == "broken"
    assert "not of this model" in str(link.said)
    spec = folder / "governed.toml"
    name = str(link.said.params["other"])
    spec.write_text(spec.read_text().replace('"Heart disease at four sites, governed"', f'"{name}"'))
    assert "evidence.broken" not in ids(found(folder))
    summary = folder / "audited" / "exports" / "summary.md"
    summary.write_bytes(summary.read_bytes() + b"passed")
    assert "evidence.broken" in ids(found(folder))


def log(folder, rows, columns=LOG):
    (folder / "log.csv").write_text(columns + "".join(rows), encoding="utf-8")
    path = folder / "governance" / "override-log.toml"
    path.write_text('owner = "Ana Ruiz"\ndate = 2026-10-01\nfile = "log.csv"\ngroups = ["sex"]\n')
    (one,) = [one for one in found(folder) if one.kind == "override-log"]
    return one


def row(place, who="A", override="no", reason="", sex="F"):
    return f"2026-11-{place % 20 + 1:02d},c{place},yes,0.9,{who},{override},{reason},{sex}\n"


def in_order(rows):
    return sorted(rows)


def test_an_override_log_in_order_is_counted_by_group(folder):
    rows = [row(i, "AB"[i % 2], "yes" if i % 5 == 0 else "no", f"saw {i}" if i % 5 == 0 else "", "FM"[i % 2])
            for i in range(100)]  # fmt: skip
    one = log(folder, in_order(rows))
    assert ids((one,)) == set()
    assert one.log.rows == 100
    # 20 of 100 overridden: of even places (F) 0, 10, ..., 90, and as many of odd ones
    assert [(c.label, c.decisions, c.overridden) for c in one.log.counts] == [
        ("", 100, 20),
        ("F", 50, 10),
        ("M", 50, 10),
    ]


OFF = [row(i, override="yes", reason="seen otherwise") for i in range(40)]
LOGS = [
    ([row(i) for i in range(40)], LOG, "overrides.never"),
    ([row(i, override="yes") for i in range(40)], LOG, "overrides.no-reason"),
    (OFF, LOG, "overrides.same-reason"),
    ([row(i, override="perhaps") for i in range(40)], LOG, "overrides.unclear"),
    (["2026-12-01,c,yes,.9,A,yes,why,F\n"], LOG, "overrides.future"),
    (["yesterday,c,yes,.9,A,yes,why,F\n"], LOG, "overrides.bad-time"),
    (["2026-11-02,c,yes,.9,A,yes,why,F\n", "2026-11-01,c,yes,.9,A,yes,why,F\n"], LOG, "overrides.order"),
    (["2026-11-02,,yes,.9,A,yes,why,F\n"], LOG, "overrides.no-case"),
    (["2026-11-02,c,yes,.9,A,yes,F\n"], "ts,case,output,confidence,operator,override,sex\n", "overrides.no-field"),
    (["2026-11-02,c,yes,.9,A,yes,why\n"], "ts,case,output,confidence,operator,override,reason\n", "overrides.no-group"),
    (["a,b\n"], LOG, "overrides.unreadable"),
    ([], LOG, "overrides.empty"),
]


@pytest.mark.parametrize(("rows", "columns", "rule"), LOGS)
def test_a_planted_fault_of_a_log_is_found(folder, rows, columns, rule):
    rows = in_order(rows) if rule != "overrides.order" else rows
    assert rule in ids((log(folder, rows, columns),))


def test_counts_of_few_decisions_are_withheld_and_one_more_with_them(folder):
    one = log(folder, in_order([row(i, override="yes", reason=f"r{i}", sex="FMX"[0 if i < 20 else 1 if i < 32 else 2])
                                for i in range(35)]))  # fmt: skip
    # 20, 12 and 3: the 3 are few, and 35 - 20 - 12 would tell them
    assert {c.label: c.decisions for c in one.log.counts} == {"": 35, "F": 20, "M": None, "X": None}


def test_answers_go_stale_and_must_name_a_question(folder):
    path = folder / "governance" / "process-answers.toml"
    path.write_text(
        'owner = "Ana Ruiz"\ndate = 2026-10-01\n'
        '[[answers]]\nid = "go"\nasked = "0"\nanswer = "The board, by the audit\'s verdict."\nauthor = "Ana Ruiz"\n'
        "date = 2026-01-01\n"
        '[[answers]]\nid = "nothing"\nanswer = "x"\nauthor = ""\n'
    )
    assert {"answers.changed", "answers.unknown", "answers.open"} <= ids(found(folder))


REFUSED = [
    ("owners.toml", b"[[people]\nname = 1", "owners.toml:1"),
    ("owners.toml", b"peple = []", "did you mean 'people'"),
    ("owners.toml", b"people = 3", "wanted"),
    ("owners.toml", b'title = "a"\nowner = "\xff"', "owners.toml:2"),
    ("owners.toml", "title = 'a'\nowner = 'b\u202e'".encode(), "owners.toml:2"),
    ("owners.toml", b"#" * (300 << 10), "too large"),
    ("onwers.toml", b'title = "a"', "did you mean 'owners'"),
    ("owners.toml", b'kind = ["owners"]', "a kind that is no text"),
    ("owners.md", b"+++\ntitle = 'x'\n", "not closed"),
    ("owners.md", b"---\ntitle: x\n---\n", "YAML"),
    ("owners.md", b"+++\ntitle = \n+++\n", "owners.md:2"),
]


@pytest.mark.parametrize(("name", "raw", "said"), REFUSED)
def test_a_file_that_is_no_record_is_refused_with_its_line(folder, name, raw, said):
    (folder / "governance" / name).write_bytes(raw)
    with pytest.raises(SpecError) as refused:
        read_sheets(read_spec(folder / "governed.toml"))
    assert said in f"{refused.value.message} {refused.value.hint}"


def test_nothing_is_read_outside_of_the_folder(folder, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "licences.toml").write_text("title = 'x'")
    (folder / "governance" / "licences.toml").unlink()
    (folder / "governance" / "licences.toml").symlink_to(elsewhere / "licences.toml")
    with pytest.raises(SpecError, match="leads out"):
        read_sheets(read_spec(folder / "governed.toml"))
    spec = folder / "governed.toml"
    spec.write_text(spec.read_text().replace('records = "governance"', 'records = "../elsewhere0"'))
    with pytest.raises(SpecError, match="leads out"):
        read_sheets(read_spec(spec))


def test_markup_in_a_record_stays_words_and_a_readme_is_no_record(folder):
    (folder / "governance" / "README.md").write_text("# What these are\n")
    path = folder / "governance" / "affected-people.md"
    path.write_text(path.read_text().replace("Nobody. Were", "<script>alert(1)</script> Were"))
    (one,) = [one for one in found(folder) if one.kind == "affected-people"]
    assert "<script>" in one.says("text")


@pytest.mark.parametrize("said", ["TODO", "tbd", "n/a", "N/A", "xxx", "...", "Lorem ipsum", "<name>", "待定", "暂无"])
def test_placeholders_are_told(said):
    assert is_placeholder(said)


@pytest.mark.parametrize("said", ["Ana Ruiz", "Kept by Li.", "由李陈负责", "Text of the note is read"])
def test_words_are_no_placeholders(said):
    assert not is_placeholder(said)


def test_contacts_and_length():
    assert all(map(is_contact, ("a@b.example", "https://b.example/x", "+86 10 5550 1234", "tel:+1 555 0100 22")))
    assert not any(map(is_contact, ("room 12", "a@b", "12345", "http://", "@b.example")))
    assert is_short("too short")
    assert not is_short("每个版本发布之前都要审计")
