"""`oscal-assessment-results.json`: NIST's OSCAL 1.2.1 assessment results, a finding a rule.

The rules of the policy are the objectives; which control of which catalogue a rule serves is for its reader to say, so
no mapping is made up. Source: https://pages.nist.gov/OSCAL-Reference/models/v1.2.1/assessment-results/.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

from auditkit import AuditResult, exporter
from auditkit_exports.lines import Line, lines_of, outcome_in_words, waived_in_words
from auditkit_exports.plain import plain

_VERSION = "1.2.1"
_NS = "https://auditkit.dev/ns/oscal"


@exporter("oscal-assessment-results.json", on_request=True)
def oscal(result: AuditResult) -> bytes:
    """Assessment results for compliance tools (OSCAL)."""
    return json.dumps({"assessment-results": _Document(result).body()}, indent=1, ensure_ascii=False).encode()


class _Document:
    """One document: its parts name each other by UUIDs that follow from the result."""

    def __init__(self, result: AuditResult) -> None:
        self._result = result
        self._lines = lines_of(result)
        self._time = result.run.created

    def body(self) -> dict[str, Any]:
        result = self._result
        return {
            "uuid": self._uuid("document"),
            "metadata": {
                "title": f"Audit of {_string(result.name)}",
                "last-modified": self._time,
                "version": result.result_digest[:16],
                "oscal-version": _VERSION,
            },
            "import-ap": {
                "href": f"#{self._uuid('policy')}",
                "remarks": "The policy, which stands in the bundle's result, is the plan of this assessment.",
            },
            "results": [self._results()],
            "back-matter": {"resources": self._resources()},
        }

    def _results(self) -> dict[str, Any]:
        result = self._result
        risks = [self._risk(line) for line in self._lines if _is_risk(line)]
        findings = [self._finding(line) for line in self._lines if line.outcome != "not_applicable"]
        body = {
            "uuid": self._uuid("result"),
            "title": f"Verdict: {result.verdict.outcome}",
            "description": f"{len(self._lines)} rules, {len(risks)} of them not met.",
            "start": self._time,
            "end": self._time,
            "props": list(_props({"verdict": result.verdict.outcome, "result-sha256": result.result_digest})),
            "local-definitions": {"components": [self._model()]},
            "reviewed-controls": self._reviewed(),
            "observations": [self._observation(line) for line in self._lines],
            "risks": risks,
            "findings": findings,
        }
        # The schema allows no empty list.
        return {key: value for key, value in body.items() if value != []}

    def _reviewed(self) -> dict[str, Any]:
        objectives = [{"objective-id": _objective(line)} for line in self._lines]
        selected = {"control-objective-selections": [{"include-objectives": objectives}]} if objectives else {}
        return {
            "description": "The objectives are the rules of the policy.",
            "control-selections": [{"include-all": {}}],
            **selected,
        }

    def _model(self) -> dict[str, Any]:
        subject = self._result.subject
        return {
            "uuid": self._uuid("model"),
            "type": "software",
            "title": _string(self._result.name),
            "description": f"The model that was audited, opened by the adapter {_string(subject.adapter)}.",
            "props": list(_props({"model-sha256": subject.digest, "prediction-type": subject.prediction_type})),
            "status": {"state": "other", "remarks": "Audited before release."},
        }

    def _observation(self, line: Line) -> dict[str, Any]:
        return {
            "uuid": self._uuid("observation", line.fingerprint),
            "title": _string(line.rule),
            "description": _string(line.message),
            "props": list(_props(_numbers(line))),
            "methods": ["TEST"],
            "types": ["finding"],
            "subjects": [{"subject-uuid": self._uuid("model"), "type": "component"}],
            "relevant-evidence": [
                {"href": f"#{self._uuid('evidence')}", "description": "The bundle's result holds every measurement."}
            ],
            "collected": self._time,
        }

    def _risk(self, line: Line) -> dict[str, Any]:
        day = line.due if line.waiver is None else line.waiver.expires.isoformat()
        deadline = {"deadline": f"{day}T00:00:00Z"} if day else {}
        answers = list(_props({"owner": line.owner})) if line.owner else []
        excused = "" if line.waiver is None else f"{waived_in_words(line.waiver)}; "
        return {
            "uuid": self._uuid("risk", line.fingerprint),
            "title": _string(f"Not met: {line.rule}"),
            "description": _string(f"{excused}{line.why}"),
            **({"props": answers} if answers else {}),
            "statement": _string(line.because or "The rule gives no reason."),
            "status": "open" if line.waiver is None else "deviation-approved",
            **deadline,
        }

    def _finding(self, line: Line) -> dict[str, Any]:
        met = line.outcome == "pass"
        reason = {"pass": "pass", "fail": "fail"}.get(line.outcome, "other")
        risks = [{"risk-uuid": self._uuid("risk", line.fingerprint)}] if _is_risk(line) else []
        body = {
            "uuid": self._uuid("finding", line.fingerprint),
            "title": _string(line.rule),
            "description": _string(line.message),
            "target": {
                "type": "objective-id",
                "target-id": _objective(line),
                "status": {
                    "state": "satisfied" if met else "not-satisfied",
                    "reason": reason,
                    "remarks": f"Outcome: {outcome_in_words(line.outcome)}.",
                },
            },
            "related-observations": [{"observation-uuid": self._uuid("observation", line.fingerprint)}],
            "related-risks": risks,
        }
        return {key: value for key, value in body.items() if value != []}

    def _resources(self) -> list[dict[str, Any]]:
        policy = {"policy-sha256": self._result.policy.digest}
        return [
            {
                "uuid": self._uuid("policy"),
                "title": "The policy that the model was judged by",
                "props": list(_props(policy)),
                "rlinks": [{"href": "result.json", "media-type": "application/json"}],
            },
            {
                "uuid": self._uuid("evidence"),
                "title": "The result of the audit",
                "props": list(_props({"result-sha256": self._result.result_digest})),
                "rlinks": [{"href": "result.json", "media-type": "application/json"}],
            },
        ]

    def _uuid(self, *parts: str) -> str:
        decided = self._result.result_digest, self._result.policy.digest, self._time
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join((_NS, *decided, *parts))))


def _is_risk(line: Line) -> bool:
    """Whether a bound is known to be missed; what could not be decided is no risk, and no all-clear."""
    return line.outcome in {"fail", "warn", "waived"}


def _objective(line: Line) -> str:
    """The rule's id as a token of OSCAL."""
    words = re.sub(r"[^A-Za-z0-9_]+", "-", line.rule).strip("-")[:80]
    return f"rule-{words}-{line.fingerprint[:8]}"


def _numbers(line: Line) -> dict[str, str]:
    said = {"outcome": line.outcome, "required": "yes" if line.required else "no"}
    worst = line.judgement.worst if line.judgement else None
    if worst is None:
        return said
    said["metric"] = worst.metric
    if worst.value is not None:
        said["estimate"] = repr(worst.value)
    if worst.interval is not None:
        interval = worst.interval
        said |= {"low": repr(interval.low), "high": repr(interval.high), "level": repr(interval.level)}
    if worst.n is not None:
        said["rows"] = str(worst.n)
    return said


def _props(values: dict[str, str]) -> Iterator[dict[str, str]]:
    for name, value in values.items():
        yield {"name": name, "ns": _NS, "value": _string(value)}


def _string(text: str) -> str:
    """A string of OSCAL: one line, not empty."""
    return plain(text) or "none"
