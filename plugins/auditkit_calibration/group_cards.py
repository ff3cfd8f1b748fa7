"""The metric cards of `calibration.groups`."""

from auditkit import MetricCard
from auditkit_calibration.cards import CARDS
from auditkit_calibration.cards_tests import TESTS_CARDS

_UNDEFINED = "When the group has no row with a target. Scores that are no probabilities cannot be calibrated."
_GAP = "When fewer than two groups are as large as the policy's smallest group, and ten people."

GROUP_CARDS = (
    CARDS[0],
    TESTS_CARDS[0],
    MetricCard(
        name="cumulative_calibration_error",
        title="Cumulative calibration error",
        asks="By how much, of all rows, do outcomes differ from what was said, in the stretch of scores where most?",
        formula="ECCE-R: the largest less the smallest of 0 and the sums, from the lowest score up to each score, of "
        "outcome less probability, over the sum of weights; sums are looked at where a score ends",
        source="Arrieta-Ibarra et al. (2022), JMLR 23(351); agrees with MCGrad's ecce; interval: the value, give or "
        "take the 95% point of the range of Brownian motion (Feller 1951), times the standard error",
        better="lower",
        undefined=_UNDEFINED,
        misleads="It is above 0 for a calibrated model too, by about 1.6 standard errors: read the interval. An error "
        "in few rows counts little, however large it is there.",
    ),
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
