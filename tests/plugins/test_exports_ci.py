"""What CI systems read: counts by hand, each outcome in each format, and what the readers of others make of it."""

from __future__ import annotations

import json
from datetime import date

import jsonschema
import pytest
from exported import exported, many, placed, result_of, sarif_schema
from junitparser import Error, Failure, JUnitXml, Skipped
from sarif_pydantic import Sarif

from auditkit.testing.results import toy_result

ALL = ("pass", "warn", "fail", "inconclusive", "error", "no_evidence", "not_applicable", "waived")
GREEN = [("pass",), ("pass", "warn", "waived", "not_applicable")]
RED = [
    (("pass", "fail"), "fail"),
    (("pass", "error"), "error"),
    (("no_evidence",), "error"),
    (("pass", "inconclusive"), "inconclusive"),
    (("warn", "waived", "fail", "inconclusive"), "fail"),
]


def suite_of(result):
    return JUnitXml.fromstring(exported("junit.xml", result))


def cases_of(result):
    return [case for suite in suite_of(result) for case in suite]


def alerts_of(result):
    return json.loads(exported("results.sarif", result))["runs"][0]["results"]


def annotations_of(result):
    return exported("github-annotations.txt", result).decode().splitlines()


def test_junit_has_a_case_for_each_rule_counted_by_kind():
    found = suite_of(toy_result())
    # one rule of each outcome: fail and inconclusive are failures; error and no evidence are errors; not applicable
    # and waived are skipped; pass and warn are neither
    assert (found.tests, found.failures, found.errors, found.skipped) == (8, 2, 2, 2)


@pytest.mark.parametrize(
    ("outcome", "verdict", "kinds"),
    [
        ("pass", "pass", []),
        ("warn", "pass", []),
        ("fail", "fail", [Failure]),
        ("inconclusive", "inconclusive", [Failure]),
        ("error", "error", [Error]),
        ("no_evidence", "error", [Error]),
        ("not_applicable", "pass", [Skipped]),
        ("waived", "pass", [Skipped]),
    ],
)
def test_junit_says_each_outcome_in_its_own_way(outcome, verdict, kinds):
    _, case = cases_of(result_of("pass", outcome, verdict=verdict))
    assert [type(one) for one in case.result] == kinds
    assert [one.type for one in case.result if kinds != [Skipped]] == [outcome for _ in kinds if kinds != [Skipped]]


def test_junit_prints_a_warning_and_who_waived():
    warned, waived = cases_of(result_of("warn", "waived", verdict="pass"))
    assert warned.system_out == "warn: so it is; accuracy, sex = F: 0.500 (95% interval 0.352 to 0.648, n = 40)"
    assert waived.result[0].message.startswith(
        "waived by R. Okafor, approved by M. Chen, until 2027-05-31: until May; so it is; accuracy"
    )


@pytest.mark.parametrize("outcomes", GREEN)
def test_every_format_is_green_when_the_verdict_is_pass(outcomes):
    result = result_of(*outcomes, verdict="pass")
    found = suite_of(result)
    assert found.failures + found.errors == 0
    assert "error" not in {alert["level"] for alert in alerts_of(result)}
    assert not any(line.startswith("::error") for line in annotations_of(result))
    assert exported("summary.md", result).startswith(b"## PASS")


@pytest.mark.parametrize(("outcomes", "verdict"), RED)
def test_every_format_is_red_when_the_verdict_is_not_pass(outcomes, verdict):
    result = result_of(*outcomes, verdict=verdict)
    found = suite_of(result)
    assert found.failures + found.errors > 0
    assert "error" in {alert["level"] for alert in alerts_of(result)}
    assert any(line.startswith("::error") for line in annotations_of(result))
    assert exported("summary.md", result).startswith(f"## {verdict.upper()}".encode())


@pytest.mark.parametrize("outcome", ["fail", "error", "no_evidence", "inconclusive"])
def test_a_rule_that_is_not_required_makes_nothing_red(outcome):
    result = result_of(outcome, verdict="pass", required=False)
    (case,) = cases_of(result)
    assert [type(one) for one in case.result] == [Skipped]
    assert "(not required)" in case.result[0].message
    assert [alert["level"] for alert in alerts_of(result)] == ["note"]
    assert [line.partition(" ")[0] for line in annotations_of(result)] == ["::warning"]


def test_a_verdict_that_no_rule_explains_has_a_line_of_its_own():
    (case,) = cases_of(result_of(verdict="inconclusive"))
    assert (case.name, [one.type for one in case.result]) == ("verdict", ["inconclusive"])
    assert [alert["ruleId"] for alert in alerts_of(result_of(verdict="inconclusive"))] == ["verdict"]


@pytest.mark.parametrize(
    "result", [toy_result(), placed(toy_result()), result_of(verdict="inconclusive"), result_of("pass", verdict="pass")]
)
def test_sarif_obeys_the_schema_of_oasis(result):
    jsonschema.Draft7Validator(sarif_schema()).validate(json.loads(exported("results.sarif", result)))


def test_sarif_points_at_the_line_of_the_rule():
    (alert,) = (
        Sarif.model_validate_json(exported("results.sarif", placed(result_of("fail", verdict="fail")))).runs[0].results
    )
    where = alert.locations[0].physical_location
    assert (where.artifact_location.uri, where.region.start_line) == ("audit.toml", 7)


def test_sarif_lists_what_is_not_met_and_suppresses_what_is_waived():
    result = toy_result()
    alerts = {alert["properties"]["outcome"]: alert for alert in alerts_of(result)}
    assert set(alerts) == {"fail", "error", "no_evidence", "inconclusive", "warn", "waived"}
    assert {outcome: alert["level"] for outcome, alert in alerts.items()} == {
        "fail": "error",
        "error": "error",
        "no_evidence": "error",
        "inconclusive": "error",
        "warn": "warning",
        "waived": "note",
    }
    (suppression,) = alerts["waived"]["suppressions"]
    assert (suppression["kind"], suppression["status"]) == ("external", "accepted")
    assert "R. Okafor" in suppression["justification"]
    assert all("suppressions" not in alert for outcome, alert in alerts.items() if outcome != "waived")


def test_an_alert_stays_the_same_when_the_lines_move():
    here, there = (alerts_of(placed(toy_result(), first=line)) for line in (3, 90))
    prints = [[alert["partialFingerprints"] for alert in alerts] for alerts in (here, there)]
    assert prints[0] == prints[1]
    assert len({str(one) for one in prints[0]}) == len(prints[0])


def test_sarif_lists_no_more_than_code_scanning_shows_and_says_so():
    result = many(16_000)
    log = json.loads(exported("results.sarif", result))
    (run,) = log["runs"]
    assert len(run["results"]) == 5_000
    (note,) = run["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"].startswith("334 more")
    assert run["properties"]["outcomes"] == {"fail": 5_334, "pass": 10_666}


def test_annotations_are_nine_and_a_count_of_each_level():
    lines = annotations_of(many(60))
    assert len(lines) == 10
    assert lines[0].startswith("::error file=audit.toml,line=7,title=rule-0::fail: so it is")
    assert lines[-1] == "::error title=auditkit::11 more, see the report"


def test_the_summary_has_thirty_rows_and_fits_a_step():
    text = exported("summary.md", many(16_000))
    rows = [line for line in text.decode().splitlines() if line.startswith("| **fail**")]
    assert len(rows) == 30
    assert "15970 more are in the report." in text.decode()
    assert len(text) < 1 << 20


def test_the_code_quality_report_has_the_fields_that_gitlab_reads():
    problems = json.loads(exported("gl-code-quality.json", placed(toy_result())))
    for problem in problems:
        assert set(problem) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert problem["location"]["path"] == "audit.toml"
        assert problem["location"]["lines"]["begin"] > 0
    assert len({problem["fingerprint"] for problem in problems}) == len(problems) == 6
    assert [problem["severity"] for problem in problems] == ["critical", "major", "major", "major", "minor", "info"]


@pytest.mark.parametrize("outcome", ALL)
def test_no_format_decides_an_outcome_itself(outcome):
    """Every format tells the outcome of the verdict's judgement, whatever the numbers beside it look like."""
    verdict = {"fail": "fail", "inconclusive": "inconclusive", "error": "error", "no_evidence": "error"}
    result = result_of(outcome, verdict=verdict.get(outcome, "pass"))
    assert f"1 {outcome.replace('_', ' ')}." in exported("summary.md", result).decode()


def owned(result):
    """The same with an owner and a due day of every rule."""
    whose = {"owner": "A. Weber", "due": date(2027, 1, 31)}
    policy = result.policy.policy
    policy = policy.model_copy(update={"rules": tuple(one.model_copy(update=whose) for one in policy.rules)})
    return result.model_copy(update={"policy": result.policy.model_copy(update={"policy": policy})})


def test_who_answers_for_a_miss_stands_where_a_format_has_room():
    result = owned(toy_result())
    failed = next(case for case in cases_of(result) if case.result and isinstance(case.result[0], Failure))
    assert failed.result[0].text.endswith("owner: A. Weber\ndue: 2027-01-31")
    alerts = alerts_of(result)
    assert {(one["properties"]["owner"], one["properties"]["due"]) for one in alerts} == {("A. Weber", "2027-01-31")}
    assert "owner: A. Weber; due: 2027-01-31" in exported("summary.md", result).decode()
    results = json.loads(exported("oscal-assessment-results.json", result))["assessment-results"]["results"][0]
    open_risk = next(risk for risk in results["risks"] if risk["status"] == "open")
    assert open_risk["deadline"] == "2027-01-31T00:00:00Z"
    assert [one["value"] for one in open_risk["props"]] == ["A. Weber"]


def test_a_rule_that_names_nobody_adds_nothing():
    assert all("owner" not in one["properties"] for one in alerts_of(toy_result()))
