"""The metric cards of `fairness.remedies`: each gap after a remedy, and what the remedy would cost."""

from __future__ import annotations

from auditkit import MetricCard
from auditkit_fairness.cards.rates import GAP_CARDS

GAPS = (
    "demographic_parity_difference",
    "equal_opportunity_difference",
    "false_positive_rate_difference",
    "equalized_odds_difference",
)
"""The gaps that are told after each remedy."""
PREFIX = "remedied_"
RIGHT_CHANGE, FOUND_CHANGE, ALARMS_CHANGE = (
    f"{PREFIX}{rate}_change" for rate in ("accuracy", "true_positive_rate", "false_positive_rate")
)
OTHERWISE = f"{PREFIX}decisions_changed"

_CROSSED = (
    "It is what such decisions would be, fitted to four fifths of these rows and tried on the fifth that they never "
    "saw; at most 20,000 rows are tried. Nobody has changed the model or its use: what is put to use wants an audit of "
    "its own, and a lawyer where groups may not be treated by different thresholds."
)
_TOO_FEW = (
    "When there are fewer than 100 people with a target, or fewer than 20 rows with or without the class; when fewer "
    "than two groups have the policy's smallest group size in every denominator."
)
_FEW = "When there are fewer than 100 people with a target, or fewer than 20 rows with or without the class"
_PAIRED = (
    "interval: Newcombe (1998), method 10, paired, as wide as of the four fifths of the rows that decisions are fitted "
    "to; with weights or units Student's of the differences; Bonferroni over the remedies of the attribute"
)
_DOWN = (
    " Groups can be made equal by serving one of them worse and nobody better: read the changes of each group "
    "(Mittelstadt, Wachter and Russell 2023, arXiv:2302.02404)."
)
_OF_ONE = {card.name: card for card in GAP_CARDS}


def _gap(metric: str) -> MetricCard:
    one = _OF_ONE[metric]
    return MetricCard(
        name=PREFIX + metric,
        title=f"{one.title}, after a remedy",
        asks=one.asks.removesuffix("?") + ", if decisions were made otherwise?",
        formula=f"{one.formula}, of decisions by thresholds that were fitted to the other folds",
        source="Hardt, Price and Srebro (2016), arXiv:1610.02413, section 3.2; by lot "
        "fairlearn.postprocessing.ThresholdOptimizer; interval: Newcombe (1998), at Bonferroni's level for all pairs "
        "of groups of all remedies of the attribute, as wide as of the four fifths of the rows that are fitted to",
        better="lower",
        undefined=_TOO_FEW,
        misleads=_CROSSED + _DOWN,
    )


def _change(name: str, title: str, asks: str, formula: str, better: str) -> MetricCard:
    return MetricCard(
        name=name,
        title=title,
        asks=asks,
        formula=f"{formula} after the remedy, less before it, of the same rows",
        source=_PAIRED + ", of groups over its groups too",
        better=better,
        undefined=_FEW + "; of a group: when it has fewer people than the policy's smallest group.",
        misleads=_CROSSED + _DOWN,
    )


CARDS = (
    *(_gap(metric) for metric in GAPS),
    _change(
        RIGHT_CHANGE, "Change of accuracy by a remedy", "Would the model be right less often?",
        "rows decided rightly / rows", "higher",
    ),
    _change(
        FOUND_CHANGE, "Change of the true positive rate by a remedy", "Would fewer of those who are positive be found?",
        "positives found / positives", "higher",
    ),
    _change(
        ALARMS_CHANGE, "Change of the false positive rate by a remedy", "Would there be more false alarms?",
        "negatives wrongly chosen / negatives", "lower",
    ),
    MetricCard(
        name=OTHERWISE,
        title="Decisions that a remedy would change",
        asks="How many people would be decided otherwise?",
        formula="rows whose decision is another after the remedy / rows",
        source="interval: Wilson's, at the effective size of rows with weights or units",
        better="lower",
        undefined=_FEW + ".",
        misleads=_CROSSED + " It counts changes for the better and for the worse alike.",
    ),
)  # fmt: skip
"""All of them."""
