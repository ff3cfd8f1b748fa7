"""`ml-bom.cdx.json`: a CycloneDX 1.6 bill of materials of a model, with its model card and what is declared of it.

Source: ECMA-424 (CycloneDX 1.6). The rules are a standard's requirements, each judgement a claim with its evidence, and
what was measured stands in the model card.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from auditkit import AuditResult, Measurement, exporter
from auditkit_exports.lines import Line, lines_of, outcome_in_words
from auditkit_exports.measured import of_whom
from auditkit_exports.plain import plain, plain_name

_MODEL, _POLICY, _ASSESSOR = "model", "policy", "auditkit"
_SCORES = {"pass": 1.0, "fail": 0.0}


@exporter("ml-bom.cdx.json", on_request=True)
def cyclonedx(result: AuditResult) -> bytes:
    """A bill of materials of the model, with its card (CycloneDX)."""
    lines = lines_of(result)
    data = [_split(split) for split in result.data.splits]
    said = f"https://auditkit.dev/cyclonedx#{result.result_digest}/{result.policy.digest}/{result.run.created}"
    tool = {"type": "application", "name": "auditkit", "version": plain(result.provenance.auditkit.partition(" ")[0])}
    bom = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, said)}",
        "version": 1,
        "metadata": {
            "timestamp": result.run.created,
            "tools": {"components": [tool]},
            "properties": [
                {"name": "auditkit:verdict", "value": result.verdict.outcome},
                {"name": "auditkit:result-sha256", "value": result.result_digest},
            ],
        },
        "components": [_model(result, lines, [one["bom-ref"] for one in data]), *data],
        **(_declared(result, lines) if lines else {}),
    }
    return json.dumps(bom, indent=1, ensure_ascii=False).encode()


def _model(result: AuditResult, lines: tuple[Line, ...], data: list[str]) -> dict[str, Any]:
    subject = result.subject
    files = {file.name: file for file in subject.files}
    model: dict[str, Any] = {
        "bom-ref": _MODEL,
        "type": "machine-learning-model",
        "name": plain_name(result.name),
        "modelCard": _card(result, lines, data),
        "properties": [
            {"name": "auditkit:model-sha256", "value": subject.digest},
            {"name": "auditkit:adapter", "value": plain(subject.adapter)},
        ],
    }
    if files:
        model["components"] = [
            {"type": "file", "name": plain_name(file.name), "hashes": [_hash(file.sha256)]} for file in files.values()
        ]
    if subject.facts is not None and subject.facts.licence:
        model["licenses"] = [{"license": {"name": plain(subject.facts.licence)}}]
    return model


def _card(result: AuditResult, lines: tuple[Line, ...], data: list[str]) -> dict[str, Any]:
    facts = result.subject.facts
    parameters: dict[str, Any] = {"task": plain(result.subject.prediction_type)}
    if facts is not None and facts.architectures:
        parameters["modelArchitecture"] = plain(", ".join(facts.architectures))
    if data:
        parameters["datasets"] = [{"ref": ref} for ref in data]
    metrics = [
        _metric(measurement)
        for finding in result.findings
        for measurement in finding.measurements
        if measurement.value is not None
    ]
    return {
        "modelParameters": parameters,
        **({"quantitativeAnalysis": {"performanceMetrics": metrics}} if metrics else {}),
        "considerations": dict(_considerations(result, lines)),
    }


def _considerations(result: AuditResult, lines: tuple[Line, ...]) -> Iterator[tuple[str, Any]]:
    unseen = [plain(f"Not looked at: {one.what}: {one.why}") for one in result.not_looked_at]
    undecided = [
        f"{line.rule}: {line.message}" for line in lines if line.outcome in {"inconclusive", "no_evidence", "error"}
    ]
    # The schema wants each of them once.
    if unseen or undecided:
        yield "technicalLimitations", list(dict.fromkeys([*undecided, *unseen]))
    missed = [line for line in lines if line.outcome in {"fail", "warn", "waived"}]
    if missed:
        yield "ethicalConsiderations", [{"name": f"{line.rule}: {line.message}"} for line in missed]
    groups = [line for line in missed if line.judgement and line.judgement.worst and line.judgement.worst.group]
    if groups:
        yield "fairnessAssessments", [_fairness(line) for line in groups]


def _fairness(line: Line) -> dict[str, Any]:
    worst = line.judgement.worst if line.judgement else None
    return {"groupAtRisk": of_whom(worst) if worst else "", "harms": line.message}


def _metric(measurement: Measurement) -> dict[str, Any]:
    metric: dict[str, Any] = {"type": plain(measurement.metric), "value": repr(measurement.value)}
    if whom := of_whom(measurement):
        metric["slice"] = whom
    if measurement.interval is not None:
        interval = measurement.interval
        metric["confidenceInterval"] = {"lowerBound": repr(interval.low), "upperBound": repr(interval.high)}
    return metric


def _split(split: Any) -> dict[str, Any]:
    name = split.file.name if split.file else f"{split.name} rows, given in memory"
    return {
        "bom-ref": f"data-{split.name}",
        "type": "data",
        "name": plain_name(name),
        "description": f"{split.rows} rows, as {split.name}",
        "hashes": [_hash(split.file.sha256 if split.file else split.digest)],
        "data": [{"type": "dataset", "name": plain_name(name)}],
    }


def _hash(sha256: str) -> dict[str, str]:
    return {"alg": "SHA-256", "content": sha256}


def _declared(result: AuditResult, lines: tuple[Line, ...]) -> dict[str, Any]:
    """Claims are about rules; nobody is named who did not say so: the signature on the bundle names its signer."""
    return {
        "declarations": {
            "assessors": [{"bom-ref": _ASSESSOR}],
            "attestations": [
                {
                    "summary": f"Judged by auditkit: {result.verdict.outcome}",
                    "assessor": _ASSESSOR,
                    "map": [_answered(place, line) for place, line in enumerate(lines)],
                }
            ],
            "claims": [_claim(place, line) for place, line in enumerate(lines)],
            "evidence": [_evidence(place, line) for place, line in enumerate(lines)],
        },
        "definitions": {
            "standards": [
                {
                    "bom-ref": _POLICY,
                    "name": "The policy that the model was judged by",
                    "version": result.policy.digest[:16],
                    "requirements": [_requirement(place, line) for place, line in enumerate(lines)],
                }
            ]
        },
    }


def _answered(place: int, line: Line) -> dict[str, Any]:
    side = "claims" if line.outcome == "pass" else "counterClaims"
    score = {"score": _SCORES[line.outcome]} if line.outcome in _SCORES else {}
    return {
        "requirement": f"requirement-{place}",
        side: [f"claim-{place}"],
        "conformance": {**score, "rationale": line.message},
    }


def _claim(place: int, line: Line) -> dict[str, Any]:
    return {
        "bom-ref": f"claim-{place}",
        "target": _MODEL,
        "predicate": f"{line.rule}: {outcome_in_words(line.outcome)}",
        "reasoning": line.message,
        "evidence": [f"evidence-{place}"],
    }


def _evidence(place: int, line: Line) -> dict[str, Any]:
    return {
        "bom-ref": f"evidence-{place}",
        "propertyName": "auditkit:check",
        "description": f"{line.check or 'policy'}: {line.why}",
        "data": [{"name": "result.json", "contents": {"url": "result.json"}}],
    }


def _requirement(place: int, line: Line) -> dict[str, Any]:
    because = {"text": line.because} if line.because else {}
    return {"bom-ref": f"requirement-{place}", "identifier": line.rule, "title": line.rule, **because}
