"""A text classifier asked by templates through the command line: what is signed, shown, refused and replayed."""

from __future__ import annotations

import hashlib
import json

import pytest
from commands import as_csv
from tiny_bert import SENTENCES, build, notes_spec

TEMPLATES = """\
[lexicons]
what = ["chest pain", "mild cough", "severe headache", "fever", "an itchy rash"]
[lexicons.who]
first = ["the patient", "a patient"]
second = ["the nurse"]

[[tests]]
name = "who it is does not matter"
kind = "INV"
templates = ["{who} has {what} since this morning", "{what} in {who} for three days"]
vary = "who"
by = 1.0

[[tests]]
name = "pain is yes"
kind = "MFT"
templates = ["{who} has {what} since this morning", "{what} in {who} for three days"]
expect = "yes"
"""
CHECKS = """
[[checks]]
use = "robustness.behaviour"
templates = "templates.toml"
[[checks]]
use = "robustness.consistency"
[[policy.rules]]
metric = "behaviour_failure_rate"
conditions = {test = "pain is yes"}
max = 1.0
because = "a test"
[[policy.rules]]
metric = "inconsistent_decision_rate"
max = 0.2
because = "a test"
"""


@pytest.fixture(scope="module")
def audited(make_folder):
    folder = make_folder()
    build(folder.path / "model")
    rows = [(SENTENCES[row % 6], ("no", "yes")[row % 2], "FM"[row % 2]) for row in range(60)]
    folder.write("rows.csv", as_csv(("note", "outcome", "sex"), rows))
    folder.write("templates.toml", TEMPLATES)
    head, policy, tail = notes_spec(data='groups = ["sex"]').partition("[report]")
    folder.write("audit.toml", head + CHECKS + policy + tail)
    answer = folder.run()
    return folder, answer, folder.result()


def test_the_templates_are_asked_and_judged(audited):
    _, answer, result = audited
    assert answer.code == 0, answer
    found = {finding["check"]: finding for finding in result["findings"]}["robustness.behaviour"]
    assert found["status"] == "measured"
    assert all(control["passed"] for control in found["controls"])
    n = {one["conditions"].get("test"): one["n"] for one in found["measurements"]}
    assert (n["who it is does not matter"], n["pain is yes"]) == (10, 30)


def test_the_result_holds_the_files_digest_and_not_its_words(audited):
    folder, _, result = audited
    found = {finding["check"]: finding for finding in result["findings"]}["robustness.behaviour"]
    digest = hashlib.sha256(TEMPLATES.encode()).hexdigest()
    assert found["options"]["templates"] == {"name": "templates.toml", "sha256": digest}
    for text in (json.dumps(result), folder.page()):
        assert "severe headache" not in text
        assert "pain is yes" in text


def test_nothing_is_asked_again_until_the_file_is_another(audited):
    folder, _, _ = audited
    before = folder.finding("robustness.behaviour")["measurements"]
    folder.write("templates.toml", TEMPLATES.replace('"the nurse"', '"the nurse", "the doctor"'))
    assert folder.run("run", "audit.toml", "--force").code == 0
    after = folder.finding("robustness.behaviour")["measurements"]
    folder.write("templates.toml", TEMPLATES)
    assert folder.run("run", "audit.toml", "--force").code == 0
    assert [one["n"] for one in after] != [one["n"] for one in before]
    assert folder.finding("robustness.behaviour")["measurements"] == before


def test_a_replay_recomputes_what_the_rows_can_tell(audited):
    folder, _, _ = audited
    answer = folder.run("replay", "audit-audit", "--allow-dev-key", "--json")
    parts = {part["name"]: part for part in json.loads(answer.out)["parts"]}
    assert answer.code == 2, answer  # nothing differs, and what was asked of the model cannot be asked again
    assert parts["robustness.consistency"]["replayed"]
    assert not any(part["differences"] for part in parts.values())
    assert not parts["robustness.behaviour"]["replayed"]
    assert "evidence holds no" in parts["robustness.behaviour"]["why"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            '"templates.toml"',
            '"template.toml"',
            ("option 'templates' is 'template.toml'", "did you mean 'templates.toml'?"),
        ),
        ('"templates.toml"', "3", ("wanted the name of a file beside the spec",)),
        ('"templates.toml"', '"rows.csv"', ("no TOML",)),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_line(audited, old, new, words):
    folder, _, _ = audited
    spec = (folder.path / "audit.toml").read_text()
    folder.write("other.toml", spec.replace(old, new, 1))
    folder.run("plan", "other.toml").refused(*words)
