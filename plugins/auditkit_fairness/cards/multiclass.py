"""The metric cards of `fairness.multiclass` and `fairness.differential`."""

from auditkit import MetricCard
from auditkit_fairness.cards.tests import FEW

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

DIFFERENTIAL_CARDS = (
    MetricCard(
        name="differential_fairness_epsilon",
        title="Differential fairness (epsilon)",
        asks="How many times as likely can a decision be for one group as for another?",
        formula="max over classes c and groups a, b of |ln P(D = c | A = a) - ln P(D = c | A = b)|, where "
        "P(D = c | A = a) = (rows of a given c + 1 / |C|) / (rows of a + 1)",
        source="Foulds, Islam, Keya and Pan (2020), ICDE, doi:10.1109/ICDE48307.2020.00203; AIF360's "
        "smoothed_empirical_differential_fairness; interval for all pairs and classes from the bootstrap of their "
        "largest error",
        better="lower",
        undefined=FEW,
        misleads="It is a logarithm: 0.69 is twice as likely, 0.22 is four fifths. The rarest class decides it, and in "
        " small groups it is large by chance: read the interval. It asks nothing of targets.",
    ),
)
