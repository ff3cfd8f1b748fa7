"""The metric cards of `fairness.exposure-remedies`, at a depth of 10; the host puts the audit's own in its place."""

from __future__ import annotations

from auditkit import MetricCard
from auditkit_fairness.cards.exposure import CARDS as EXPOSURE_CARDS
from auditkit_fairness.cards.exposure import LOGARITHMIC, WEIGHT
from auditkit_fairness.cards.remedies import PREFIX

SHARE = f"{PREFIX}exposure_share_at_10"
SHARE_CHANGE = f"{SHARE}_change"
NDCG_CHANGE, RECALL_CHANGE = f"{PREFIX}ndcg_at_10_change", f"{PREFIX}recall_at_10_change"
LISTS_CHANGED, ITEMS_REPLACED = f"{PREFIX}lists_changed_at_10", f"{PREFIX}items_replaced_at_10"
GAPS = tuple(
    PREFIX + metric
    for metric in (
        "exposure_per_item_at_10_ratio",
        "exposure_per_merit_at_10_ratio",
        "attention_fairness_at_10",
        "attention_inequity_at_10",
    )
)

_SIMULATED = (
    "It is what other lists of the same candidates would show: nobody has changed the recommender, and users would go "
    "for other things if they were shown them. What is put to use wants an audit of its own."
)
_FITTED = (
    "shares and strengths are fitted to one half of the users and used on the other, and intervals take them as given"
)
_FEW = "When fewer than 100 users have more candidates than their list holds."
_SOURCE = "Geyik, Ambler and Kenthapadi (2019), KDD, 2221-2231"
_FAMILY = "at Bonferroni's level for all remedies of the attribute"
_OF_ONE = {card.name: card for card in EXPOSURE_CARDS}


def _gap(metric: str) -> MetricCard:
    one = _OF_ONE[metric.removeprefix(PREFIX)]
    formula = one.formula.replace(WEIGHT, LOGARITHMIC)
    return MetricCard(
        name=metric,
        title=f"{one.title}, after a remedy",
        asks=f"If lists were made anew: {one.asks[0].lower()}{one.asks[1:]}",
        formula=f"{formula}, of lists that are made anew of longer lists of candidates",
        source=f"{_SOURCE}; {_FITTED}, {_FAMILY}; {one.source}",
        better=one.better,
        undefined=f"{one.undefined} {_FEW}",
        misleads=f"{_SIMULATED} {one.misleads}",
    )


def _change(name: str, title: str, asks: str, formula: str, better: str, interval: str) -> MetricCard:
    return MetricCard(
        name=name,
        title=title,
        asks=asks,
        formula=formula,
        source=f"{_SOURCE}; {_FITTED}; interval: {interval}, {_FAMILY}, of groups over its groups too",
        better=better,
        undefined=_FEW,
        misleads=_SIMULATED,
    )


CARDS = (
    *(_gap(metric) for metric in GAPS),
    _gap(SHARE),
    _change(
        SHARE_CHANGE, "Change of a group's share of attention by a remedy, at 10",
        "How much more of users' attention would a group of items get?",
        f"exposure_share_at_10 of the group after the remedy, less before it, of the same users; {LOGARITHMIC}",
        "target",
        "delta method of the paired sums, over users or units, and over providers where [data] provider names them",
    ),
    _change(
        NDCG_CHANGE, "Change of NDCG by a remedy, at 10", "Would lists meet less well what users go for?",
        "mean over users with a relevant item of NDCG after the remedy, less before it", "higher",
        "Student's of the differences",
    ),
    _change(
        RECALL_CHANGE, "Change of recall by a remedy, at 10", "Would users find less of what they go for?",
        "mean over users with a relevant item of recall after the remedy, less before it", "higher",
        "Student's of the differences",
    ),
    _change(
        LISTS_CHANGED, "Lists that a remedy would change, at 10", "How many users would see another list?",
        "users with another item, or another order, among the first 10 / users", "lower",
        "Wilson's, at the effective size of rows with weights or units",
    ),
    _change(
        ITEMS_REPLACED, "Items that a remedy would replace, at 10", "How much of their list would be new to users?",
        "mean over users of the items among the first 10 that were not among them before / items on the list", "lower",
        "Wilson's, at the effective size of the mean over users",
    ),
)  # fmt: skip
"""All of them."""
