"""The metric cards that a result carries: which of them explains a metric. How a card is shown is the glossary's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from auditkit.document import fill
from auditkit.finding import Finding, MetricCard


def cards_of(findings: Iterable[Finding]) -> dict[str, MetricCard]:
    """Metric -> its card; where checks explain one metric differently, the first finding's card stands for all."""
    cards: dict[str, MetricCard] = {}
    for finding in findings:
        for card in finding.cards:
            cards.setdefault(card.name, card)
    return cards


def card_for(metric: str, cards: Mapping[str, MetricCard]) -> MetricCard | None:
    """The card of a metric; a gap between groups that has none of its own is explained by the metric compared."""
    if metric in cards:
        return cards[metric]
    for suffix, make in (("_difference", _difference), ("_ratio", _ratio)):
        compared = cards.get(metric.removesuffix(suffix))
        if compared and metric.endswith(suffix):
            return make(metric, compared)
    return None


WIDEST = "{card}: widest gap"
SMALLEST = "{card}: smallest against largest"
HOW_FAR = "How far apart are the groups? {card}"
HOW_MANY_TIMES = "How many times smaller is the smallest group's value? {card}"


def taken_apart(text: str) -> tuple[str, str] | None:
    """A text of a card that was made here: its pattern, and what of the compared metric's card stands in it."""
    for pattern in (WIDEST, SMALLEST, HOW_FAR, HOW_MANY_TIMES):
        before, _, after = pattern.partition("{card}")
        if text.startswith(before) and text.endswith(after) and len(text) > len(before) + len(after):
            return pattern, text[len(before) : len(text) - len(after)]
    return None


def _difference(metric: str, compared: MetricCard) -> MetricCard:
    return MetricCard(
        name=metric,
        title=fill(WIDEST, {"card": compared.title}),
        asks=fill(HOW_FAR, {"card": compared.asks}).strip(),
        formula="the largest group's value less the smallest group's",
        source=compared.source,
        better="lower",
        undefined="When fewer than two groups have a value.",
        misleads="The largest of several gaps is never below 0: even equal groups show some gap. Its interval, where "
        "it has one, allows for that.",
    )


def _ratio(metric: str, compared: MetricCard) -> MetricCard:
    return MetricCard(
        name=metric,
        title=fill(SMALLEST, {"card": compared.title}),
        asks=fill(HOW_MANY_TIMES, {"card": compared.asks}).strip(),
        formula="the smallest group's value ÷ the largest group's",
        source=compared.source,
        better="higher",
        undefined="When fewer than two groups have a value, or all values are 0.",
        misleads="A ratio exaggerates where rates are small: 1% against 2% is 0.5.",
    )
