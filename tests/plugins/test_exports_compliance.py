"""What others read of a release: statements, OSCAL, CycloneDX and a model card, each by its own validator or reader."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from exported import exported, host, placed, result_of
from huggingface_hub import ModelCard
from oscal_bindings import parse_assessment_results

from auditkit.result import FileDigest
from auditkit.testing.results import toy_result

RESULTS = [
    toy_result(),
    placed(toy_result()),
    result_of("pass", verdict="pass"),
    result_of("pass", "waived", "warn", verdict="pass"),
    result_of(verdict="inconclusive"),
    toy_result(findings=(), not_looked_at=()),
]


def statement_of(name, result):
    return json.loads(exported(name, result))


def oscal_of(result):
    return json.loads(exported("oscal-assessment-results.json", result))["assessment-results"]


def bom_of(result):
    return json.loads(exported("ml-bom.cdx.json", result))


@pytest.mark.parametrize(
    ("outcomes", "verdict", "said"),
    [
        (("pass", "not_applicable"), "pass", "PASSED"),
        (("pass", "warn"), "pass", "WARNED"),
        (("pass", "waived"), "pass", "WARNED"),
        (("pass", "fail"), "fail", "FAILED"),
        (("pass", "inconclusive"), "inconclusive", "FAILED"),
        (("pass", "error"), "error", "FAILED"),
    ],
)
def test_a_test_result_lists_what_was_passed_warned_of_and_failed(outcomes, verdict, said):
    statement = statement_of("test-result.dsse.json", result_of(*outcomes, verdict=verdict))
    assert statement["_type"] == "https://in-toto.io/Statement/v1"
    assert statement["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    predicate = statement["predicate"]
    assert predicate["result"] == said
    assert predicate["passedTests"] == ["rule-0"]
    assert predicate["warnedTests"] == (["rule-1"] if said == "WARNED" else [])
    assert predicate["failedTests"] == (["rule-1"] if said == "FAILED" else [])
    assert [one["name"] for one in predicate["configuration"]] == ["spec", "policy", "result"]


def test_the_subjects_are_the_model_and_its_files():
    files = (
        FileDigest(name="weights.safetensors", sha256="ab" * 32, size=1),
        FileDigest(name="config.json", sha256="cd" * 32, size=1),
    )
    toy = toy_result()
    result = toy_result(subject=toy.subject.model_copy(update={"files": files}))
    subjects = statement_of("test-result.dsse.json", result)["subject"]
    assert {one["name"]: one["digest"]["sha256"] for one in subjects} == {
        "Heart disease, release 3": toy.subject.digest,
        "weights.safetensors": "ab" * 32,
        "config.json": "cd" * 32,
    }


def test_a_certificate_is_written_of_a_pass_and_of_nothing_else():
    for verdict in ("fail", "error", "inconclusive"):
        assert host().export(result_of("pass", verdict=verdict), ["svr.dsse.json"]) == {}
    passed = statement_of("svr.dsse.json", result_of("pass", "not_applicable", verdict="pass"))
    assert passed["predicateType"] == "https://in-toto.io/attestation/svr/v0.2"
    assert passed["predicate"]["properties"] == [
        "AUDITKIT_VERDICT_PASS",
        "AUDITKIT_NO_WAIVER_IN_FORCE",
        "AUDITKIT_RULE_PASS:rule-0",
    ]
    assert [one["name"] for one in passed["predicate"]["verifier"]["policies"]] == ["policy"]


def test_a_certificate_of_a_waived_rule_does_not_say_that_nothing_was_waived():
    holds = statement_of("svr.dsse.json", result_of("pass", "waived", verdict="pass"))["predicate"]["properties"]
    assert holds == ["AUDITKIT_VERDICT_PASS", "AUDITKIT_RULE_PASS:rule-0"]


@pytest.mark.parametrize("result", RESULTS)
def test_oscal_is_read_by_the_bindings(result):
    parse_assessment_results(exported("oscal-assessment-results.json", result))


def test_the_bindings_would_tell():
    """The reader refuses a state that OSCAL does not know, so that its silence above means something."""
    raw = exported("oscal-assessment-results.json", toy_result())
    with pytest.raises(Exception, match="validation error"):
        parse_assessment_results(raw.replace(b'"not-satisfied"', b'"maybe"'))


def test_oscal_says_what_is_satisfied_and_what_is_a_risk():
    (results,) = oscal_of(toy_result())["results"]
    states = {one["title"]: one["target"]["status"] for one in results["findings"]}
    reasons = sorted((status["state"], status["reason"]) for status in states.values())
    # Of 8 rules one is not applicable and has no finding, one passes, one fails, and five are neither.
    assert reasons == [("not-satisfied", "fail"), *[("not-satisfied", "other")] * 5, ("satisfied", "pass")]
    risks = {one["title"].partition(": ")[2].partition("[")[0]: one["status"] for one in results["risks"]}
    assert risks == {
        "demographic_parity_ratio": "open",
        "equalized_odds_difference": "open",
        "equal_opportunity_difference": "deviation-approved",
    }
    assert len(results["observations"]) == 8


def test_every_reference_in_oscal_leads_somewhere():
    document = oscal_of(toy_result())
    text = json.dumps(document)
    defined = re.findall(r'"uuid": "([0-9a-f-]{36})"', text)
    assert len(set(defined)) == len(defined)
    named = re.findall(r'"(?:observation|risk|subject)-uuid": "([0-9a-f-]{36})"', text)
    assert set(named) | set(re.findall(r'"#([0-9a-f-]{36})"', text)) <= set(defined)


@pytest.mark.parametrize("result", RESULTS)
@pytest.mark.parametrize("version", [SchemaVersion.V1_6, SchemaVersion.V1_7])
def test_the_bill_of_materials_is_strictly_valid(result, version):
    text = json.dumps(bom_of(result) | {"specVersion": version.to_version()})
    # The schema's own name stands in the document, of the version that is written.
    text = text.replace("bom-1.6.schema", f"bom-{version.to_version()}.schema")
    assert JsonStrictValidator(version).validate_str(text) is None


def test_the_bill_of_materials_says_what_was_measured_of_whom():
    bom = bom_of(toy_result())
    (model,) = [one for one in bom["components"] if one["type"] == "machine-learning-model"]
    metrics = model["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    women = [one for one in metrics if one["type"] == "selection_rate" and one.get("slice") == "sex = F"]
    assert women == [
        {
            "type": "selection_rate",
            "value": repr(40 / 174),
            "slice": "sex = F",
            "confidenceInterval": {"lowerBound": "0.173606", "upperBound": "0.297834"},
        }
    ]
    assert not any("Long Beach" in one.get("slice", "") for one in metrics), "a withheld cell is not told"
    (attestation,) = bom["declarations"]["attestations"]
    scores = [one["conformance"].get("score") for one in attestation["map"]]
    assert sorted(scores, key=str) == [0.0, 1.0, None, None, None, None, None, None]


def test_references_in_the_bill_of_materials_lead_somewhere():
    bom = bom_of(toy_result())
    text = json.dumps(bom)
    defined = re.findall(r'"bom-ref": "([^"]+)"', text)
    assert len(set(defined)) == len(defined)
    said = bom["declarations"]
    named = {one["target"] for one in said["claims"]} | {ref for one in said["claims"] for ref in one["evidence"]}
    named |= {one["requirement"] for one in said["attestations"][0]["map"]}
    assert named <= set(defined)


@pytest.mark.parametrize("result", RESULTS)
def test_the_model_card_is_read_by_the_hub_client(result):
    ModelCard(exported("model-card.md", result).decode(), ignore_metadata_errors=False)


def test_the_hub_client_reads_the_numbers():
    card = ModelCard(exported("model-card.md", toy_result()).decode())
    assert card.data.model_name == "Heart disease, release 3"
    assert card.data.license == "apache-2.0"
    accuracy = next(one for one in card.data.eval_results if one.metric_type == "accuracy")
    assert (accuracy.metric_value, accuracy.dataset_name, accuracy.dataset_split) == (260 / 328, "scores.csv", "audit")
    gaps = {one.metric_name for one in card.data.eval_results if "over sex" in one.metric_name}
    assert "equalized odds difference (over sex)" in gaps


def test_a_model_card_without_numbers_has_no_index():
    head = exported("model-card.md", toy_result(findings=())).decode().split("---\n")[1]
    assert "model-index" not in yaml.safe_load(head)
