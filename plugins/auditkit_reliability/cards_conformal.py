"""The metric cards of `reliability.conformal`."""

from auditkit import MetricCard

_NONE = (
    "When no row has a target, or too few to calibrate on; of rows with weights, or of labels alone, it does not apply."
)
_GROUPS = "When fewer than two groups have enough judged rows."
_LAW = "Vovk (2012), ACML: given n calibration rows coverage is Beta(k, n + 1 - k), k = ceil((n + 1)(1 - alpha))"

CARDS = (
    MetricCard(
        name="conformal_coverage",
        title="Coverage of prediction sets",
        asks="How often is the truth in the set of classes that the model's scores give?",
        formula="judged rows whose set holds the true class / judged rows; a set holds each class whose score is at "
        "least the one that k of n calibration rows reach with their true class",
        source="Sadinle, Lei & Wasserman (2019), JASA 114, 223-234; agrees with MAPIE's lac; interval: Wilson's, of "
        "several groups Clopper and Pearson's at once, the calibration taken as given",
        better="target",
        undefined=_NONE,
        misleads="It holds over all rows whatever the model: sets that hold everything cover everybody. Of one class "
        "or group it can be far lower. It is not to be held against 1 - alpha, from which a good calibration of few "
        "rows strays.",
    ),
    MetricCard(
        name="conformal_shortfall",
        title="Shortfall of coverage below its law",
        asks="Is the truth in the set less often than the calibration promises, beyond what chance explains?",
        formula="k / (n + 1) - coverage: below 0 where more is covered than promised",
        source=_LAW
        + "; interval: Clopper and Pearson's construction on the beta-binomial law, of groups, classes and sizes at "
        "Bonferroni's level",
        better="lower",
        undefined=_NONE,
        misleads="With calibration rows out of the same audit rows it is near 0 over all rows whatever the model, "
        "and says something of groups, classes and sizes alone. With reference rows it says whether they are like "
        "the audit rows.",
    ),
    MetricCard(
        name="conformal_coverage_difference",
        title="Coverage of prediction sets: difference",
        asks="Is the truth in the set more often for one group than for another?",
        formula="largest less smallest coverage over the groups",
        source="interval: Newcombe's for all pairs of groups",
        better="lower",
        undefined=_GROUPS,
        misleads="Equal coverage can come at the price of much larger sets for one group: read it with their sizes.",
    ),
    MetricCard(
        name="mean_set_size",
        title="Mean size of prediction sets",
        asks="How many classes are left open on average?",
        formula="mean number of classes in a set; a set can be empty",
        source="Sadinle, Lei & Wasserman (2019), JASA 114, 223-234; interval: Wilson's for numbers between two bounds",
        better="lower",
        undefined=_NONE,
        misleads="Small sets are only worth something where they hold the truth.",
    ),
    MetricCard(
        name="mean_set_size_difference",
        title="Mean size of prediction sets: difference",
        asks="Is more left open for one group than for another?",
        formula="largest less smallest mean size over the groups",
        source="interval: Welch's for all pairs of groups",
        better="lower",
        undefined=_GROUPS,
        misleads="A group whose cases are harder rightly has larger sets.",
    ),
)
