"""The metric cards of `reliability.intervals`."""

from auditkit import MetricCard

_NONE = "When no row has a target. Of a model that says nothing of how sure it is the check does not apply."
_NORMAL = "When no row has a target, or the model gives two quantiles and no standard deviation."
_BAND = "; interval: the value, give or take the band of Dvoretzky, Kiefer and Wolfowitz (1956), which is wide"

CARDS = (
    MetricCard(
        name="pit_distance",
        title="Distance of the probability integral transform from uniform",
        asks="Does the truth lie where the predicted distribution says it should?",
        formula="sup over u of |share of rows whose transform is at most u - u|; the transform of a row is the share "
        "of its normal distribution that lies below the truth",
        source="Gneiting, Balabdaoui & Raftery (2007), JRSS-B 69, 243-268; agrees with scipy.stats.kstest" + _BAND,
        better="lower",
        undefined=_NORMAL,
        misleads="A model that gives everybody the same distribution, that of all targets, is calibrated, and tells "
        "nobody apart: read it with the CRPS. Being right over all rows, it can be wrong in a group.",
    ),
    MetricCard(
        name="interval_calibration_error",
        title="Calibration error of intervals",
        asks="By how much do central intervals hold the truth more or less often than they promise?",
        formula="mean over 100 promises p from 0 to 1 of |share of rows whose central interval of p holds the truth "
        "- p|",
        source="Kuleshov, Fenner & Ermon (2018), ICML; agrees with uncertainty-toolbox 0.1.1, "
        "mean_absolute_calibration_error" + _BAND,
        better="lower",
        undefined=_NORMAL,
        misleads="Predictions that are too high on average can hide in it behind a spread that is too large.",
    ),
    MetricCard(
        name="crps",
        title="Continuous ranked probability score",
        asks="How far is the truth from the predicted distribution, in its own unit?",
        formula="mean of s (z (2 Phi(z) - 1) + 2 phi(z) - 1 / sqrt(pi)), z = (truth - mean) / s; of s = 0 the "
        "absolute error",
        source="Gneiting & Raftery (2007), JASA 102, 359-378; agrees with properscoring 0.1; interval: Student's",
        better="lower",
        undefined=_NORMAL,
        misleads="It is in the target's unit, and so no model's is good or bad by itself: compare it with another's "
        "on the same rows.",
    ),
    MetricCard(
        name="central_interval_coverage",
        title="Coverage of central intervals",
        asks="How often does the truth lie in the interval that the model gives?",
        formula="rows whose truth lies in the interval / rows; of a standard deviation s it is the mean give or take "
        "z s",
        source="interval: Wilson's, of several groups Clopper and Pearson's at once",
        better="target",
        undefined=_NONE,
        misleads="Intervals wide enough hold anything: read it with their width.",
    ),
    MetricCard(
        name="central_interval_coverage_difference",
        title="Coverage of central intervals: difference",
        asks="Do the intervals hold the truth more often for one group than for another?",
        formula="largest less smallest coverage over the groups",
        source="interval: Newcombe's for all pairs of groups",
        better="lower",
        undefined="When fewer than two groups have enough rows with a target.",
        misleads="Both groups can be covered far less often than promised.",
    ),
    MetricCard(
        name="interval_score",
        title="Interval score",
        asks="How wide are the intervals, counting how far the truth lies outside?",
        formula="mean of (u - l) + 2 / a (l - y)+ + 2 / a (y - u)+, for intervals from l to u that promise 1 - a",
        source="Gneiting & Raftery (2007), JASA 102, 359-378; agrees with uncertainty-toolbox 0.1.1, interval_score; "
        "interval: Student's",
        better="lower",
        undefined=_NONE,
        misleads="It is in the target's unit: compare it with another model's on the same rows.",
    ),
    MetricCard(
        name="central_interval_width",
        title="Width of central intervals",
        asks="How much does the model leave open?",
        formula="mean of upper less lower end, in the target's unit",
        source="sharpness, Gneiting, Balabdaoui & Raftery (2007); interval: Student's",
        better="lower",
        undefined=_NONE,
        misleads="Narrow intervals are only worth something where they hold: a model that claims too much has the "
        "narrowest.",
    ),
)
