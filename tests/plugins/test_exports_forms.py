"""The forms that are handed in: each valid by its own schema, filled from what was said, with holes for the rest."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import docx
import pytest
import xmlschema
from exported import HOSTILE, ORACLES, drenched, exported, placed, result_of

from auditkit.document import Text
from auditkit.finding import Interval, Table
from auditkit.governance.record import Detail, Person, Record
from auditkit.result import NotLookedAt
from auditkit.stated import Stated
from auditkit.testing.results import measured, toy_result

NAME = "applied-model-card.xml"
NOTHING = "Nothing of this was measured"
SPACE = {"": "https://mc.chai.org/v0.2/schema.xsd"}
SCHEMA = ORACLES / "chai" / "schema-v0.2.xsd"
needs_schema = pytest.mark.skipif(not SCHEMA.is_file(), reason="the schema of CHAI's card is not at hand")
RECORDS = (
    Record(
        kind="change-log", title="Changes", status="present", source="c.toml",
        details=(
            Detail(name="changes.1.version", value="1.0"), Detail(name="changes.1.date", value="2026-01-05"),
            Detail(name="changes.2.version", value="2.0"), Detail(name="changes.2.date", value="2026-05-05"),
        ),
    ),
    Record(
        kind="incident-contact", title="Incidents", status="present", source="i.toml",
        people=(Person(name="Ward desk", contact="desk@hospital.example"),),
    ),
    Record(kind="monitoring-plan", title="Plan", status="missing", source=""),
    Record(
        kind="intended-use", title="Use", status="expired", expires="2026-02-01", source="u.md",
        details=(Detail(name="users", value="Nurses of the ward"),),
    ),
)  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> xmlschema.XMLSchema:
    """CHAI's schema, with that of XML signatures from the validator's own shelf."""
    signatures = Path(xmlschema.__file__).parent / "schemas" / "DSIG" / "xmldsig-core-schema.xsd"
    return xmlschema.XMLSchema(
        str(SCHEMA), locations={"http://www.w3.org/2000/09/xmldsig#": str(signatures)}, allow="local"
    )


def card(result) -> ET.Element:
    return ET.fromstring(exported(NAME, result))  # noqa: S314  our own document


def said(element: ET.Element, path: str) -> str:
    found = element.find(path, SPACE)
    assert found is not None, path
    return found.text or ""


@needs_schema
@pytest.mark.parametrize(
    "result",
    [
        toy_result(),
        placed(toy_result()),
        result_of("pass", "waived", "warn", verdict="pass"),
        result_of(verdict="inconclusive"),
        toy_result(findings=(), not_looked_at=()),
        toy_result(governance=RECORDS),
        *map(drenched, HOSTILE),
    ],
)
def test_a_card_is_valid_by_chais_schema(result, schema):
    schema.validate(card(result))


@needs_schema
def test_a_card_without_one_of_its_parts_is_not(schema):
    bare = card(toy_result())
    bare.remove(bare.find("Warnings", SPACE))
    assert not schema.is_valid(bare)


def test_what_people_said_stands_in_the_card_and_the_rest_is_a_hole():
    stated = Stated(
        supplied_by="Ward Models Ltd", intended_use="To call a nurse.", affected_people="Patients on the ward"
    )
    filled = card(toy_result(governance=RECORDS, stated=stated))
    assert said(filled, "BasicInfo/ModelDeveloper") == "Ward Models Ltd."
    assert said(filled, "BasicInfo/DeveloperContact") == "Ward desk, desk@hospital.example"
    assert (said(filled, "ReleaseInfo/ReleaseVersion"), said(filled, "ReleaseInfo/ReleaseDate")) == (
        "2.0",
        "2026-05-05",
    )
    users = said(filled, "UsesAndDirections/PrimaryIntendedUsers")
    assert users == "Nurses of the ward. (The record ended on 2026-02-01.)"
    assert said(filled, "UsesAndDirections/TargetedPatientPopulation") == "Patients on the ward."
    for path in ("Warnings/ClinicalRiskLevel", "TrustIngredients/AISystemFacts/OngoingMaintenance"):
        assert said(filled, path).startswith("[TO BE WRITTEN: ")
    bare = card(toy_result())
    assert said(bare, "BasicInfo/ModelDeveloper") == "[TO BE WRITTEN: who made the model]"


def test_numbers_stand_in_the_card_as_they_were_measured():
    result = toy_result()
    told = {
        said(one, "Label"): json.loads(said(one, "ValueJson"))
        for one in card(result).findall("KeyMetrics/*/Results/MetricResult", SPACE)
    }
    numbers = [one for finding in result.findings for one in finding.measurements if one.value is not None]
    assert {next(iter(value.values())) for value in told.values()} <= {"single", "estimate_ci"}
    values = [value.get("estimate", value.get("value")) for label, value in told.items() if label != NOTHING]
    plain = [one for one in numbers if not one.conditions]
    assert sorted(values) == sorted(one.value for one in plain)
    with_ends = [value for value in told.values() if value["kind"] == "estimate_ci"]
    ends: list[Interval] = [one.interval for one in plain if one.interval is not None]
    assert sorted((one["lower"], one["upper"]) for one in with_ends) == sorted((one.low, one.high) for one in ends)
    assert {one["level"] for one in with_ends} == {95}


def test_what_a_rule_missed_is_a_warning_and_never_left_out():
    warned = card(result_of("fail", "pass", verdict="fail"))
    both = said(warned, "Warnings/KnownRisksAndLimitations") + said(
        warned, "Warnings/KnownBiasesOrEthicalConsiderations"
    )
    assert "fail: rule-0" in both
    assert "rule-1" not in both
    assert "FAIL" in said(warned, "ModelSummary/Summary")


def notice(result) -> str:
    return exported("patient-notice.md", result).decode()


@pytest.mark.parametrize(
    ("outcome", "says"),
    [
        ("pass", "It met everything that was asked of it and could be judged."),
        ("fail", "It did not meet everything that was asked of it."),
        ("inconclusive", "could not settle"),
        ("error", "could not be finished"),
    ],
)
def test_a_notice_says_how_the_check_came_out(outcome, says):
    texts = [notice(result_of(verdict=one)) for one in ("pass", "fail", "inconclusive", "error")]
    assert [says in text for text in texts] == [one == outcome for one in ("pass", "fail", "inconclusive", "error")]


def fair(*outcomes: str, verdict: str = "pass"):
    """A result whose rules are on fairness; the measurement that decided is about `sex`."""
    result = result_of(*outcomes, verdict=verdict)
    judged = tuple(one.model_copy(update={"check": "fairness.gaps"}) for one in result.verdict.judgements)
    return result.model_copy(update={"verdict": result.verdict.model_copy(update={"judgements": judged})})


def test_a_notice_says_for_whom_it_is_worse_and_a_waiver_makes_nobody_better_off():
    for missed in (fair("pass", "fail", verdict="fail"), fair("pass", "waived"), fair("warn")):
        assert "No. It does less well, or decides otherwise, for some people, compared by: sex." in notice(missed)
    assert "could not be settled, compared by: sex" in notice(fair("pass", "inconclusive", verdict="inconclusive"))
    assert "no difference larger than the rules allow was found" in notice(fair("pass", "pass"))
    assert "No rule asked about it" in notice(result_of("pass", verdict="pass"))


def test_a_rule_on_everybody_says_nothing_of_groups():
    for outcome in ("pass", "fail"):
        result = fair(outcome, verdict=outcome)
        (accuracy,) = [
            one
            for finding in result.findings
            for one in finding.measurements
            if one.metric == "accuracy" and not one.group
        ]
        judged = tuple(one.model_copy(update={"worst": accuracy}) for one in result.verdict.judgements)
        verdict = result.verdict.model_copy(update={"judgements": judged})
        assert "No rule asked about it" in notice(result.model_copy(update={"verdict": verdict}))


def test_shares_are_told_of_a_hundred_people_and_their_ends_rounded_outwards():
    result = toy_result()
    (one,) = [
        one for finding in result.findings for one in finding.measurements if one.metric == "accuracy" and not one.group
    ]
    assert [round(part, 3) for part in (one.value, one.interval.low, one.interval.high)] == [0.793, 0.746, 0.833]
    assert "Of 100 people it is right about 79. As few cases can mislead, it may be 74 to 84." in notice(result)


def of_type(kind: str, *numbers):
    """The toy's notice, had its model given this and been measured so."""
    toy = toy_result()
    finding = toy.findings[-1].model_copy(update={"measurements": numbers})
    return notice(toy_result(findings=(finding,), subject=toy.subject.model_copy(update={"prediction_type": kind})))


def test_a_notice_says_how_far_a_number_is_off_and_how_often_a_suggestion_suits():
    off = of_type("Values", measured("mean_absolute_error", 4.769, 300, 4.345, 5.194))
    assert "A computer program works out a number" in off
    assert "is wrong by 4.769 on average. As few cases can mislead, it may be 4.345 to 5.194." in off
    suits = of_type("Rankings", measured("hit_rate_at_3", 0.825, 1500, 0.8049, 0.8434))
    assert "A computer program suggests things to choose from." in suits
    assert "Of 100 people, 82 get at least one suggestion that suits them among the first 3." in suits
    assert "it may be 80 to 85" in suits
    assert "As few cases" not in of_type("Texts")


def test_a_notice_names_what_nobody_looked_at_in_plain_words_and_counts_the_rest():
    unseen = [NotLookedAt(what=Text.of(name), why=Text.of("so")) for name in ("data quality", "Who writes", "A check")]
    text = notice(toy_result(not_looked_at=tuple(unseen)))
    assert "- whether the data that it was checked with are good enough" in text
    assert "- single questions, which the report names: 2" in text
    assert "Who writes" not in text


def test_a_notice_has_holes_for_what_nobody_stated_and_none_for_the_rest():
    bare = notice(toy_result())
    assert bare.count("TO BE WRITTEN") == 4
    stated = Stated(
        intended_use="To call a nurse.", human_review="A nurse reads each.", data_source="The ward's records"
    )
    complaints = Record(
        kind="complaint-channel", title="Complaints", status="present", source="c.toml",
        people=(Person(name="Ombudsperson", contact="+49 30 1234"),),
    )  # fmt: skip
    full = notice(toy_result(stated=stated, governance=(complaints,)))
    assert "TO BE WRITTEN" not in full
    assert all(words in full for words in ("To call a nurse", "A nurse reads each", "Ombudsperson, +49 30 1234"))


@pytest.mark.parametrize("word", HOSTILE)
def test_nothing_in_a_notice_is_markup_that_somebody_else_wrote(word):
    text = notice(drenched(word))
    plain = notice(drenched("plain"))
    assert len([line for line in text.splitlines() if line.startswith("#")]) == len(
        [line for line in plain.splitlines() if line.startswith("#")]
    )
    assert re.search(r"(?<!\\)<\w|(?<!\\)\]\(", text) is None


def test_rules_that_found_no_evidence_are_unsettled_and_not_unasked():
    result = fair("no_evidence", verdict="error")
    rules = tuple(one.model_copy(update={"group": "sex"}) for one in result.policy.policy.rules)
    policy = result.policy.model_copy(update={"policy": result.policy.policy.model_copy(update={"rules": rules})})
    judged = tuple(one.model_copy(update={"check": None, "worst": None}) for one in result.verdict.judgements)
    verdict = result.verdict.model_copy(update={"judgements": judged})
    bare = result.model_copy(update={"policy": policy, "verdict": verdict, "findings": ()})
    assert "could not be settled, compared by: sex" in notice(bare)


def test_a_person_is_promised_by_a_record_alone():
    promise = "You may ask that a person looks at your case."
    assert promise not in notice(toy_result(stated=Stated(human_review="None")))
    overseen = Record(kind="human-oversight", title="Oversight", status="present", source="o.md")
    assert promise in notice(toy_result(governance=(overseen,)))


POINTS = [f"{place}. " for place in range(1, 10)]


def documented(result) -> str:
    return exported("technical-documentation.md", result).decode()


def word_file(result):
    return docx.Document(io.BytesIO(exported("technical-documentation.docx", result)))


def test_the_technical_documentation_has_nine_points_in_both_files():
    titles = [line[3:] for line in documented(toy_result()).splitlines() if line.startswith("## ")]
    assert [title[:3] for title in titles] == POINTS
    assert [one.text for one in word_file(toy_result()).paragraphs if one.style.name == "Heading 1"] == titles


def test_a_word_reader_finds_every_word_of_the_markdown():
    read = word_file(toy_result(governance=RECORDS))
    words = [one.text for one in read.paragraphs]
    words += [cell.text for table in read.tables for row in table.rows for cell in row.cells]
    marks = re.compile(r"<!-- -->|\\(?=[^a-zA-Z0-9\s])|\*\*|^#+ |^- ", re.MULTILINE)
    plain_text = marks.sub("", documented(toy_result(governance=RECORDS)))
    told = [cell for line in plain_text.splitlines() for cell in re.split(r"^\| ?| ?\| ?", line) if cell.strip("-")]
    assert sorted(one for one in words if one) == sorted(told)
    marked = [run for one in read.paragraphs for run in one.runs if run.font.highlight_color is not None]
    assert marked
    assert all(run.text.startswith("[TO BE WRITTEN BY ") for run in marked)


def test_the_technical_documentation_counts_its_holes_and_says_that_no_law_was_read():
    for result in (toy_result(), toy_result(governance=RECORDS, stated=Stated(intended_use="To call a nurse."))):
        text = documented(result)
        assert f"must still write: {text.count('TO BE WRITTEN')}." in text
        assert "does not say that any of them is met" in text
        assert "the regulation's own text was not read for this form" in text
    assert "To call a nurse." in text
    assert "Nurses of the ward. (The record ended on 2026-02-01.)" in text
    assert "- 2.0, 2026-05-05" in text


def test_the_technical_documentation_has_the_numbers_of_the_result_and_withholds_what_it_withholds():
    text = documented(toy_result())
    assert "| Accuracy | all rows | 0.793 | 0.746 to 0.833 (95%) | 328 |" in text
    assert "| Equalized odds difference | between groups by sex | 0.332 | 0.142 to 0.510 (95%) | 324 |" in text
    assert "| site | Long Beach | withheld |" in text
    assert re.search(r"\| site = Long Beach \| withheld: fewer than 10 rows \|  \| withheld \|", text)


def test_a_word_file_is_of_one_time_and_of_the_result_alone():
    raw = exported("technical-documentation.docx", toy_result())
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        assert {one.date_time for one in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    about = word_file(toy_result()).core_properties
    assert (about.author, about.comments) == ("auditkit", "")
    assert about.created.isoformat()[:10] == toy_result().run.created[:10]


def described_data(licence: str):
    """The toy, had its data been described by a Croissant file and been counted."""
    told = Table(
        title=Text.of("What is stated of the data, and what is not"),
        columns=(Text.of("what"), Text.of("stated")),
        rows=((Text.of("the Croissant file's name"), "hearts"), (Text.of("its licence"), licence)),
    )
    base = toy_result().findings[-1]
    finding = base.model_copy(
        update={
            "check": "data-quality.provenance",
            "measurements": (measured("missing_rate", 0.02, 330, 0.0094, 0.0414, label="chol"),),
            "evidence": (told,),
        }
    )
    return toy_result(findings=(*toy_result().findings, finding))


def test_a_datasheet_asks_the_seven_groups_of_questions_and_answers_what_the_audit_knows():
    text = exported("datasheet.md", described_data("CC-BY-4.0")).decode()
    titles = [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert titles == [
        "Motivation", "Composition", "Collection", "Preprocessing, cleaning and labelling", "Uses", "Distribution",
        "Maintenance",
    ]  # fmt: skip
    assert "| missing\\_rate | chol | 0.020 | 0.009 to 0.041 (95%) | 330 |" in text
    assert "| site | Long Beach | withheld |" in text
    assert "| the Croissant file's name | hearts |" in text
    assert "| who may have them, and under which licence | CC-BY-4.0 |" in text
    assert "Accuracy" not in text


def test_a_datasheet_without_checks_of_the_data_says_so_and_has_holes():
    text = exported("datasheet.md", toy_result(stated=Stated(data_source="Three clinics"))).decode()
    assert "No check of data quality was run" in text
    assert "| where the data come from | Three clinics. |" in text
    assert "licence | **\\[TO BE WRITTEN BY whoever answers for the data: who may have them" in text
