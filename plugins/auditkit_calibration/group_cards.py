"""The metric cards of `calibration.groups`."""

from auditkit import MetricCard
from auditkit_calibration.cards import CARDS, CUMULATIVE_CARD
from auditkit_calibration.cards_tests import TESTS_CARDS

_GAP = "When fewer than two groups are as large as the policy's smallest group, and ten people."

GROUP_CARDS = (
    CARDS[0],
    TESTS_CARDS[0],
    CUMULATIVE_CARD,
    MetricCard(
        name="calibration_in_the_large_difference",
        title="Difference in calibration in the large",
        asks="Does the model say too much of one group and too little of another?",
        formula="the largest less the smallest, over groups, of (share that came true - mean probability)",
        source="calibration in the large: Steyerberg (2019), Clinical Prediction Models, section 15.3; interval: "
        "Welch's of every pair of groups, Bonferroni",
        better="lower",
        undefined=_GAP + " Also where all rows of a group are off by the same, so that nothing tells how sure that is.",
        misleads="Means only: a group whose scores are too extreme in both directions has none. Groups that differ in "
        "what the model cannot know may differ here though the scores mean what they say for everybody together.",
    ),
    MetricCard(
        name="smooth_calibration_error_difference",
        title="Difference in smooth calibration error",
        asks="Are the probabilities of one group further from the truth than those of another?",
        formula="the largest less the smallest, over groups, of the smooth calibration error",
        source="smooth calibration error: Blasiok & Nakkiran (2023), arXiv:2309.12236; interval: from the groups' own, "
        "all of which hold at once (Bonferroni)",
        better="lower",
        undefined=_GAP,
        misleads="A small group shows a larger error by chance alone. Two groups that are off by as much in opposite "
        "directions have a difference of 0: read that in calibration in the large beside it.",
    ),
)
