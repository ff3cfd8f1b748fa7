"""The metric cards of `fairness.local-law-144`."""

from auditkit import MetricCard
from auditkit_fairness.cards.rates import RATE_CARDS
from auditkit_fairness.cards.regression import VALUE_CARDS

_LAW = "Rules of the City of New York, title 6, "
_UNDEFINED = (
    "When the category is under `exclude_below` of all individuals, when fewer than two categories are left to "
    "compare, and when nobody {hit} in any of them: 0 / 0."
)
_INTERVAL = "; interval by Donner and Zou (2012), Stat. Methods Med. Res. 21, 347-359, for all pairs of categories"
_MISLEADS = (
    "The law sets no bar, and four fifths of it prove nothing either way: few people cross it by chance. The largest "
    "of many categories is high by chance, which makes all ratios low."
)

LAW_CARDS = (
    RATE_CARDS[0],
    MetricCard(
        name="impact_ratio",
        title="Impact ratio of selection",
        asks="How often is a category selected, against the category that is selected most?",
        formula="selection rate of the category / largest selection rate of a category that is not excluded",
        source=_LAW + "sections 5-300 and 5-301(b) and (d)" + _INTERVAL,
        better="higher",
        tolerance=0,
        undefined=_UNDEFINED.format(hit="was selected"),
        misleads=_MISLEADS,
    ),
    next(card for card in VALUE_CARDS if card.name == "scoring_rate"),
    MetricCard(
        name="scoring_impact_ratio",
        title="Impact ratio of scores",
        asks="How often does a category score above the median, against the category that does so most?",
        formula="scoring rate of the category / largest scoring rate of a category that is not excluded",
        source=_LAW + "sections 5-300 and 5-301(c) and (d)" + _INTERVAL,
        better="higher",
        undefined=_UNDEFINED.format(hit="scored above the median"),
        misleads=_MISLEADS + " And it sees nothing of scores but on which side of the median they lie.",
    ),
)
