"""What the spec states of use, people and data, as the report shows it: by its author's word, or not stated."""

from __future__ import annotations

from auditkit.report.context import Fact
from auditkit.report.wording import SENTENCE_LIMIT, Wording
from auditkit.result import AuditResult

_USE = {
    "model_version": "Version",
    "supplied_by": "Supplied by",
    "intended_use": "Intended use",
    "not_intended": "Not intended for",
    "deployment": "Deployment",
    "affected_people": "Affected people",
    "human_review": "Human review",
}
_DATA = {
    "data_source": "Source",
    "data_collected": "Collected",
    "data_represents": "Stands for",
}


def use_facts(result: AuditResult, wording: Wording) -> tuple[Fact, ...]:
    """What the model is for, whom it affects, and what people review."""
    return tuple(_fact(result, key, term, wording) for key, term in _USE.items())


def data_statements(result: AuditResult, wording: Wording) -> tuple[Fact, ...]:
    """Where the data come from, and whom they stand for."""
    return tuple(_fact(result, key, term, wording) for key, term in _DATA.items())


def _fact(result: AuditResult, key: str, term: str, wording: Wording) -> Fact:
    said = getattr(result.stated, key)
    return Fact(wording.say(term), wording.label(said, limit=SENTENCE_LIMIT) if said else wording.say("not stated"))
