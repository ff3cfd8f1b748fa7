"""`applied-model-card.xml`: the Applied Model Card v0.2 of the Coalition for Health AI, filled from the result.

Source: the schema https://mc.chai.org/v0.2/schema.xsd, which asks for every element that is written here. What the
audit does not know, and nobody stated, is a hole that a person fills before the card is handed on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from xml.etree import ElementTree as ET

from auditkit import AuditResult, Measurement, exporter
from auditkit_exports.lines import Line, lines_of, outcome_in_words, worst_first
from auditkit_exports.measured import of_whom
from auditkit_exports.plain import plain
from auditkit_exports.stated import contact, hole, joined, listed, recorded

_NAMESPACE = "https://mc.chai.org/v0.2/schema.xsd"
_MOST = 40
"""Numbers and rules of one section; the report has them all."""

_AREAS = {
    "UsefulnessUsabilityEfficacy": ("performance", "calibration", "reliability", "conversation"),
    "FairnessEquity": ("fairness",),
    "SafetyReliability": ("robustness", "privacy", "shift", "explainability", "data-quality", "accountability"),
}
_GOALS = {
    "UsefulnessUsabilityEfficacy": "How often the model is right, and whether its probabilities can be relied on",
    "FairnessEquity": "Whether groups of people are treated and served alike",
    "SafetyReliability": "Whether it withstands changed inputs, keeps its training data to itself, and is watched",
}

Filled = Mapping[str, "str | Filled | list[tuple[str, Filled | str]]"]
"""Elements in the order of the schema: text, elements in it, or several of one name."""


@exporter("applied-model-card.xml", on_request=True)
def applied_model_card(result: AuditResult) -> bytes:
    """The Applied Model Card v0.2 of the Coalition for Health AI."""
    ET.register_namespace("", _NAMESPACE)
    card = ET.Element(f"{{{_NAMESPACE}}}AppliedModelCard")
    _fill(card, _card(result))
    ET.indent(card)
    return bytes(ET.tostring(card, encoding="UTF-8", xml_declaration=True)) + b"\n"


def _fill(element: ET.Element, filled: Filled) -> None:
    for name, value in filled.items():
        for tag, one in value if isinstance(value, list) else [(name, value)]:
            child = ET.SubElement(element, f"{{{_NAMESPACE}}}{tag}")
            if isinstance(one, str):
                child.text = one
            else:
                _fill(child, one)


def _card(result: AuditResult) -> Filled:
    lines = worst_first(lines_of(result))
    return {
        "BasicInfo": {
            "ModelName": plain(result.name),
            "ModelDeveloper": joined(result.stated.supplied_by) or hole("who made the model"),
            "DeveloperContact": contact(result, "incident-contact", "complaint-channel", "owners")
            or hole("an e-mail address of the maker"),
        },
        "ReleaseInfo": _release(result),
        "ModelSummary": {
            "Summary": joined(result.stated.intended_use) + _verdict(result),
            "Keywords": {"Keyword": _keywords(result)},
        },
        "UsesAndDirections": _uses(result),
        "Warnings": _warnings(result, lines),
        "TrustIngredients": {"AISystemFacts": _facts(result), "TransparencyInformation": _transparency(result)},
        "KeyMetrics": {name: _key_metric(name, result, lines) for name in _AREAS},
        "Resources": {
            "EvaluationReferences": f"Signed audit, result sha256:{result.result_digest}",
            "PeerReviewedPublications": hole("publications, or that there are none"),
            "PatientConsentOrDisclosure": recorded(result, "affected-people", "text")
            or hole("what patients are told, and what they agree to"),
        },
        "Bibliography": "\n".join(dict.fromkeys(line.because for line in lines if line.because)) or hole("sources"),
    }


def _release(result: AuditResult) -> Filled:
    versions = listed(result, "change-log", "changes", "version", "date").split("; ")
    version, _, day = versions[-1].partition(", ")
    return {
        "ReleaseStage": hole("e.g. in development, pilot, in use"),
        "ReleaseDate": day or hole("when this version was released"),
        "ReleaseVersion": joined(result.stated.model_version).rstrip(".") or version or hole("its version"),
        "GlobalAvailability": joined(result.stated.deployment) or hole("where it can be had"),
    }


def _verdict(result: AuditResult) -> str:
    return (
        f" The audit of {result.run.created[:10]} came to the verdict {result.verdict.outcome.upper()} on "
        f"{result.data.splits[0].rows:,} rows."
    ).lstrip("" if result.stated.intended_use else " ")


def _keywords(result: AuditResult) -> list[tuple[str, Filled | str]]:
    facts = result.subject.facts
    words = (result.subject.adapter, *(facts.architectures if facts else ()))
    return [("Keyword", plain(word)) for word in words]


def _uses(result: AuditResult) -> Filled:
    stated = result.stated
    use = joined(stated.intended_use, stated.human_review) or recorded(result, "intended-use", "text")
    threshold = result.data.threshold
    decided = f"An answer counts as positive from a score of {threshold:g} on." if threshold is not None else ""
    return {
        "IntendedUseAndWorkflow": use or hole("what its answers are for, and where in the work they come"),
        "PrimaryIntendedUsers": recorded(result, "intended-use", "users") or hole("who reads its answers"),
        "HowToUse": " ".join((decided, hole("how a user works with it"))).strip(),
        "TargetedPatientPopulation": joined(stated.affected_people, stated.data_represents)
        or recorded(result, "affected-people", "text", "groups")
        or hole("for which patients it is meant"),
        "CautionedOutOfScopeSettings": joined(stated.not_intended)
        or recorded(result, "intended-use", "not_intended")
        or hole("where it must not be used"),
    }


def _warnings(result: AuditResult, lines: tuple[Line, ...]) -> Filled:
    missed = [line for line in lines if line.is_problem]
    unseen = [f"Not looked at: {plain(str(one.what))} ({plain(str(one.why))})" for one in result.not_looked_at]
    unfair = [_said(line) for line in missed if line.check.startswith("fairness")]
    other = [_said(line) for line in missed if not line.check.startswith("fairness")]
    nothing = "No rule of the policy is missed or undecided."
    return {
        "KnownRisksAndLimitations": "\n".join([*other[:_MOST], *unseen[:_MOST]]) or nothing,
        "KnownBiasesOrEthicalConsiderations": "\n".join(unfair[:_MOST])
        or "No rule on fairness is missed or undecided; a number without a rule is in the report.",
        "ClinicalRiskLevel": hole("the level of risk in care, and who determined it"),
    }


def _said(line: Line) -> str:
    return f"{outcome_in_words(line.outcome)}: {line.rule}: {line.why}"


def _facts(result: AuditResult) -> Filled:
    subject, facts = result.subject, result.subject.facts
    classes = f" of {', '.join(map(plain, subject.classes[:_MOST]))}" if subject.classes else ""
    audited = "; ".join(_split(result))
    filled: dict[str, str] = {
        "OutcomesAndOutputs": f"{plain(subject.prediction_type)}{classes}",
        "ModelType": ", ".join(map(plain, facts.architectures))
        if facts and facts.architectures
        else plain(subject.adapter),
    }
    if facts is not None and facts.base_models:
        filled["FoundationModels"] = ", ".join(map(plain, facts.base_models))
    return filled | {
        "InputDataSource": joined(result.stated.data_source) or hole("where its inputs come from"),
        "OutputAndInputDataTypes": f"Output: {plain(subject.prediction_type)}. Input: {plain(result.data.loader)}",
        "DevelopmentDataCharacterization": " ".join(
            (joined(result.stated.data_collected, result.stated.data_represents), f"Rows of the audit: {audited}.")
        ).strip(),
        "BiasMitigationApproaches": hole("what was done about bias in its making"),
        "OngoingMaintenance": listed(result, "monitoring-plan", "statements", "")
        or hole("how it is watched, corrected and updated"),
        "Security": listed(result, "protective-measures", "measures", "measure", "text")
        or hole("how it and its data are protected"),
        "Transparency": f"Model sha256:{subject.digest}; audited by auditkit {plain(result.provenance.auditkit)}.",
    }


def _split(result: AuditResult) -> Iterator[str]:
    for split in result.data.splits:
        groups = [
            f"{plain(attribute.name)} {plain(one.label)} {'withheld' if one.rows is None else f'{one.rows:,}'}"
            for attribute in split.attributes
            for one in attribute.groups[:_MOST]
        ]
        beside = f" ({', '.join(groups)})" if groups else ""
        yield f"{split.name} {split.rows:,}{beside}"


def _transparency(result: AuditResult) -> Filled:
    parts = listed(result, "third-party-parts", "parts", "name", "version", "licence")
    filled = {"FundingSource": hole("who paid for it")}
    if parts:
        filled["ThirdPartyInformation"] = parts
    return filled | {"StakeholdersConsulted": hole("who was consulted")}


def _key_metric(name: str, result: AuditResult, lines: tuple[Line, ...]) -> Filled:
    areas = _AREAS[name]
    judged = [line for line in lines if line.check.partition(".")[0] in areas]
    told: list[tuple[str, Filled | str]] = [
        ("MetricResult", _told(one)) for one in islice(_measured(result, areas), _MOST)
    ]
    nothing = {"Label": "Nothing of this was measured", "ValueJson": json.dumps({"kind": "single", "value": None})}
    split = result.data.splits[0]
    return {
        "MetricGoal": _GOALS[name],
        "Results": {"MetricResult": told or [("MetricResult", nothing)]},
        "Interpretation": "\n".join(map(_said, judged[:_MOST])) or "No rule of the policy is about these numbers.",
        "TestType": f"Audit of recorded or computed answers by auditkit {plain(result.provenance.auditkit)}",
        "TestingDataDescription": f"{split.rows:,} rows, sha256:{split.digest}",
        "ValidationProcessAndJustification": f"Intervals at {result.provenance.level:.0%}; rules sealed in the policy "
        f"sha256:{result.policy.digest}. Each check was first held to cases whose answer is known.",
    }


def _measured(result: AuditResult, areas: tuple[str, ...]) -> Iterator[Measurement]:
    """What is said of all rows, of groups, and of gaps, on the rows as they are."""
    for finding in result.findings:
        if finding.check.partition(".")[0] in areas and finding.controls_passed:
            yield from (one for one in finding.measurements if one.value is not None and not one.conditions)


def _told(one: Measurement) -> Filled:
    """A number as CHAI's cards write one, with its interval where it has one."""
    assert one.value is not None  # noqa: S101  the caller looked
    value: dict[str, str | float] = {"kind": "single", "value": one.value}
    if one.interval is not None:
        ends = {"lower": one.interval.low, "upper": one.interval.high, "level": round(100 * one.interval.level, 6)}
        value = {"kind": "estimate_ci", "estimate": one.value, **ends}
    if one.unit:
        value["unit"] = plain(one.unit)
    whom = of_whom(one) or "all rows"
    n = "" if one.n is None else f", n = {one.n:,}"
    return {"Label": f"{plain(one.metric)} ({whom}{n})", "ValueJson": json.dumps(value, ensure_ascii=False)}
