"""What the spec states of use, people and data, as the report shows it: by its author's word, or not stated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
    return tuple(_facts(result, _USE, wording))


def data_statements(result: AuditResult, wording: Wording) -> tuple[Fact, ...]:
    """Where the data come from, and whom they stand for."""
    return tuple(_facts(result, _DATA, wording))


def _facts(result: AuditResult, terms: Mapping[str, str], wording: Wording) -> Iterator[Fact]:
    """What is stated, and in one line what is not."""
    silent = []
    for key, term in terms.items():
        said = getattr(result.stated, key)
        if said:
            yield Fact(wording.say(term), wording.label(said, limit=SENTENCE_LIMIT))
        else:
            silent.append(wording.bracketed(wording.say(term), key))
    if silent:
        listed = wording.clauses(silent)
        yield Fact(
            wording.say("Not stated"),
            wording.say("{what}. A spec states it under [governance], by the words in brackets.", what=listed),
        )
