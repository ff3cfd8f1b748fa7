"""Statements for those who admit a model to a place: what was tested, and, of a pass alone, what holds of it.

Both are in-toto Statements v1 whose subjects are the model and its files. Sources: in-toto attestation, predicates
Test Result v0.1 and Simple Verification Result v0.2.
"""

from __future__ import annotations

import json
from typing import Any

from auditkit import AuditResult, NotApplicable, exporter
from auditkit_exports.lines import Line, lines_of
from auditkit_exports.plain import plain_name

_STATEMENT = "https://in-toto.io/Statement/v1"
_TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
_SVR = "https://in-toto.io/attestation/svr/v0.2"
_VERIFIER = "https://auditkit.dev/policy-verdict/v1"


@exporter("test-result.dsse.json", on_request=True, statement=True)
def test_result(result: AuditResult) -> bytes:
    """A signed list of the rules that the model passed, was warned of and failed."""
    lines = lines_of(result)
    clean = result.verdict.outcome == "pass"
    warned = [line.rule for line in lines if _is_warning(line)]
    predicate = {
        "result": "FAILED" if not clean else "WARNED" if warned else "PASSED",
        "configuration": [
            _resource("spec", result.provenance.spec_digest),
            _resource("policy", result.policy.digest),
            _resource("result", result.result_digest),
        ],
        "passedTests": [line.rule for line in lines if line.outcome == "pass"],
        "warnedTests": warned,
        "failedTests": [line.rule for line in lines if line.bars],
    }
    return _statement(result, _TEST_RESULT, predicate)


@exporter("svr.dsse.json", on_request=True, statement=True)
def svr(result: AuditResult) -> bytes:
    """A signed certificate of what holds of the model; written of a pass alone."""
    if result.verdict.outcome != "pass":
        raise NotApplicable(
            "the verdict is {outcome}, and it is written of a pass alone", outcome=result.verdict.outcome
        )
    lines = lines_of(result)
    excused = any(line.waiver is not None for line in lines)
    holds = [f"AUDITKIT_RULE_PASS:{line.rule}" for line in lines if line.outcome == "pass"]
    predicate = {
        "verifier": {"id": _VERIFIER, "policies": [_resource("policy", result.policy.digest)]},
        "timeCreated": result.run.created,
        "properties": ["AUDITKIT_VERDICT_PASS", *([] if excused else ["AUDITKIT_NO_WAIVER_IN_FORCE"]), *holds],
    }
    return _statement(result, _SVR, predicate)


def _is_warning(line: Line) -> bool:
    return line.is_problem and not line.bars


def _resource(name: str, digest: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest}}


def _statement(result: AuditResult, predicate_type: str, predicate: dict[str, Any]) -> bytes:
    subjects = {result.subject.digest: _resource(plain_name(result.name), result.subject.digest)}
    for file in result.subject.files:
        subjects.setdefault(file.sha256, _resource(plain_name(file.name), file.sha256))
    return json.dumps(
        {
            "_type": _STATEMENT,
            "subject": list(subjects.values()),
            "predicateType": predicate_type,
            "predicate": predicate,
        }
    ).encode()
