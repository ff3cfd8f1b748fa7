"""The metric cards of `fairness.multiclass` and `fairness.differential`."""

from auditkit import MetricCard
from auditkit_fairness.cards_tests import FEW

MULTICLASS_CARDS = (
    MetricCard(
        name="multiclass_demographic_parity_difference",
        title="Gap in what groups are given, over all classes (total variation)",
        asks="How differently do the predicted classes fall in two groups?",
        formula="max over pairs of groups a, b of 1/2 sum over classes c of |P(D = c | A = a) - P(D = c | A = b)|",
        source="holisticai's multiclass_statistical_parity, largest in place of mean; interval: Newcombe (1998), at "
        "Bonferroni's level for all pairs of groups and all ways to divide the classes in two",
        better="lower",
        undefined=FEW,
        misleads="In samples it is above 0 although groups are treated alike, the more so the more classes and groups "
        "there are: read the interval. Groups who differ in what is true of them are rightly given different classes.",
    ),
)
