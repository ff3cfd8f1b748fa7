"""The glossary: every metric of the report, as the card that its check gave it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from auditkit.finding import Better, MetricCard
from auditkit.report.areas import placed
from auditkit.report.cards import card_for, cards_of
from auditkit.report.context import Area, CardLink, CheckSection, Fact, GlossaryEntry
from auditkit.report.wording import SENTENCE_LIMIT, Wording
from auditkit.result import AuditResult

MOST_CARDS = 60

_BEST: dict[Better, str] = {
    "lower": "lower is better",
    "higher": "higher is better",
    "target": "neither low nor high is better in itself",
}


def glossary(result: AuditResult, wording: Wording) -> tuple[GlossaryEntry, ...]:
    """A card for each metric that was measured, that a crashed check would measure or that a rule names; by name.

    What only checks measure that do not apply is not explained: this report has no such number.
    """
    judged = {rule.metric for rule in result.policy.policy.rules}
    shown = enumerate(_explained(result, wording), start=1)
    return tuple(_entry(card, wording, place, judged=card.name in judged) for place, card in shown)


def linked(
    areas: Iterable[Area], entries: Iterable[GlossaryEntry], result: AuditResult, wording: Wording
) -> tuple[Area, ...]:
    """The areas with each check's metrics tied to their entries, in the glossary's order; what none explains is not."""
    # By the card's own name: an entry's is as a reader may see it, cut and without what cannot be seen.
    pairs = zip(_explained(result, wording), entries, strict=True)
    by_name = {card.name: CardLink(entry.name, entry.anchor) for card, entry in pairs}
    measured = {
        one.anchor: dict.fromkeys(measurement.metric for measurement in one.finding.measurements)
        for members in placed(result).values()
        for one in members
    }

    def of(section: CheckSection) -> CheckSection:
        names = measured.get(section.anchor, {})
        return replace(section, cards=tuple(by_name[name] for name in names if name in by_name))

    return tuple(replace(area, checks=tuple(map(of, area.checks))) for area in areas)


def _explained(result: AuditResult, wording: Wording) -> list[MetricCard]:
    return sorted(_cards(result, wording)[:MOST_CARDS], key=lambda card: card.name)


def glossary_note(result: AuditResult, wording: Wording) -> str:
    """Says how many cards were left out, when the glossary was folded."""
    count = len(_cards(result, wording))
    if count <= MOST_CARDS:
        return ""
    return wording.say(
        "{shown} of {count} metrics are explained here, first those that a rule names; the cards of all stand in the "
        "embedded result.",
        shown=MOST_CARDS,
        count=count,
    )


def _cards(result: AuditResult, wording: Wording) -> list[MetricCard]:
    """Those that a rule names first, so that folding takes them last."""
    judged = {rule.metric for rule in result.policy.policy.rules}
    measured = {one.metric for finding in result.findings for one in finding.measurements}
    here = cards_of(finding for finding in result.findings if finding.status != "not_applicable")
    cards = (card_for(metric, wording.cards) for metric in judged | measured | here.keys())
    return sorted((card for card in cards if card), key=lambda card: (card.name not in judged, card.name))


def _entry(card: MetricCard, wording: Wording, place: int, *, judged: bool) -> GlossaryEntry:
    said = (
        ("It asks", card.asks),
        ("Formula", card.formula),
        ("Best", _BEST[card.better]),
        ("Undefined", card.undefined),
        ("Misleads", card.misleads),
    )
    facts = [Fact(wording.say(term), wording.explained(text)) for term, text in said if text]
    if card.source:
        # Titles of papers are not translated, and a name of Brier (1950) is looked for as it is written.
        facts.append(Fact(wording.say("Source"), wording.label(card.source, limit=SENTENCE_LIMIT), english=True))
    return GlossaryEntry(
        f"metric-{place}", wording.label(card.name), wording.explained(card.title), tuple(facts), judged
    )
