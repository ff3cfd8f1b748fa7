"""The metric cards that a result carries: which of them explains a metric. How a card is shown is the glossary's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

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


def _difference(metric: str, compared: MetricCard) -> MetricCard:
    return MetricCard(
        name=metric,
        title=f"{compared.title}: widest gap",
        asks=f"How far apart are the groups? {compared.asks}".strip(),
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
        title=f"{compared.title}: smallest against largest",
        asks=f"How many times smaller is the smallest group's value? {compared.asks}".strip(),
        formula="the smallest group's value ÷ the largest group's",
        source=compared.source,
        better="higher",
        undefined="When fewer than two groups have a value, or all values are 0.",
        misleads="A ratio exaggerates where rates are small: 1% against 2% is 0.5.",
    )
