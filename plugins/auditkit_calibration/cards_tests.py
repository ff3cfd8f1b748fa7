"""The metric cards of `calibration.tests`."""

from auditkit import MetricCard

_FITTED = "the line is fitted by Newton's steps, which end below 1e-10, a hundredth of this"
_LINE = (
    "When fewer than 10 rows came true, or fewer than 10 did not; when all scores that are not 0 or 1 are the same; "
    "when they separate what came true from what did not, so that no line is the likeliest."
)

TESTS_CARDS = (
    MetricCard(
        name="observed_expected_ratio",
        title="Observed over expected (calibration in the large)",
        asks="Do as many cases come true as the probabilities say in all? 1 is as many.",
        formula="rows that came true / sum of their probabilities; above 1 the model says too little",
        source="Debray et al. (2017), BMJ 356, i6460; interval: Wilson's of the share that came true, at its effective "
        "size, over the mean probability",
        better="target",
        undefined="When no row has a target, or all probabilities are 0.",
        misleads="It is a total: a model that says too much of some and too little of others can have exactly 1.",
    ),
    MetricCard(
        name="calibration_intercept",
        title="Calibration intercept",
        asks="By how much are log odds off, on average? 0 is not at all.",
        formula="a in log odds of coming true = a + logit(p), by maximum likelihood; below 0 the model says too much",
        source="Cox (1958), Biometrika 45, 562-565; Steyerberg (2019), Clinical Prediction Models, section 15.3; "
        "interval: profile likelihood, of more than 2,000 rows Wald's, with weights or units the sandwich's",
        better="target",
        tolerance=1e-8,
        tolerance_because=_FITTED,
        undefined=_LINE,
        misleads="Like observed over expected it is right where errors in both directions cancel out.",
    ),
    MetricCard(
        name="calibration_slope",
        title="Calibration slope",
        asks="Are the probabilities too extreme (below 1), or too timid (above 1)?",
        formula="b in log odds of coming true = a + b logit(p), by maximum likelihood; rows with p = 0 or 1 "
        "are left out",
        source="Cox (1958), Biometrika 45, 562-565; Van Calster et al. (2016), J. Clin. Epidemiol. 74, 167-176; "
        "interval: profile likelihood, of more than 2,000 rows Wald's, with weights or units the sandwich's",
        better="target",
        tolerance=1e-8,
        tolerance_because=_FITTED,
        undefined=_LINE,
        misleads="A slope of 1 beside an intercept far from 0 is off for everybody; and a curve that is no line on "
        "this scale can have a slope of 1.",
    ),
)
