"""The metric cards of `performance.error`."""

from auditkit import MetricCard

_NONE = "When no row has a target."

CARDS = (
    MetricCard(
        name="mean_absolute_error",
        title="Mean absolute error",
        asks="How far off is a prediction on average, in the target's own unit?",
        formula="mean over rows of |prediction - target|",
        source="sklearn.metrics.mean_absolute_error; interval: Student's, over rows or units",
        better="lower",
        undefined=_NONE,
        misleads="It is an average over all: errors that are rare and grave hide in it, and so does a group for which "
        "the model is off.",
    ),
    MetricCard(
        name="root_mean_squared_error",
        title="Root mean squared error",
        asks="How far off is a prediction, when large errors count for more?",
        formula="square root of the mean over rows of (prediction - target)^2",
        source="sklearn.metrics.root_mean_squared_error; interval: Student's on the log of the mean square, then the "
        "root; simulated coverage at 95%: 0.93 at 30 rows and 0.95 at 300 for normal errors, 0.89 and 0.94 for "
        "Laplace's; below 30 rows, or units, no interval is given",
        better="lower",
        undefined=_NONE,
        misleads="A few rows can make nearly all of it; where errors have a long tail and rows are few, its interval "
        "is too short.",
    ),
    MetricCard(
        name="mean_error",
        title="Mean error (bias)",
        asks="Does the model say too much, or too little, on average?",
        formula="mean over rows of prediction - target; above 0 it says too much",
        source="interval: Student's, over rows or units",
        better="target",
        undefined=_NONE,
        misleads="Errors in both directions cancel: a bias of 0 can hide two groups with opposite ones.",
    ),
    MetricCard(
        name="r2_score",
        title="Coefficient of determination (R squared)",
        asks="How much better is the model than answering the average for everybody? 1 is perfect, 0 no better.",
        formula="1 - sum of (prediction - target)^2 / sum of (target - mean target)^2",
        source="sklearn.metrics.r2_score; interval: delta method on the log of that ratio; simulated coverage at 95%: "
        "0.92 to 0.93 at 30 rows and 0.95 at 300 for normal errors, 0.91 and 0.94 for Laplace's; below 30 rows, or "
        "units, no interval is given",
        better="higher",
        undefined="When no row has a target, or all targets are the same.",
        misleads="It rests on how much the targets vary: the same errors score better on a mixed population than on a "
        "uniform one.",
    ),
    MetricCard(
        name="interval_coverage",
        title="Coverage of the model's interval",
        asks="How often does the truth lie in the interval that the model gives?",
        formula="rows with lower <= target <= upper / rows with a target",
        source="interval: Wilson (1927); promised coverage: [data] level",
        better="target",
        tolerance=0,
        undefined="When no row has a target, or the model gives no interval.",
        misleads="An interval that is endlessly wide always covers: look at its width. Coverage over all can hide "
        "groups that are hardly covered.",
    ),
    MetricCard(
        name="mean_interval_width",
        title="Width of the model's interval",
        asks="How wide is the interval that the model gives, in the target's own unit?",
        formula="mean over rows of upper - lower",
        source="Gneiting and Raftery (2007), J. Am. Stat. Assoc. 102, 359-378, on sharpness; interval: Student's",
        better="lower",
        undefined="When no row has a target, or the model gives no interval.",
        misleads="Narrow is good only where the coverage is what was promised.",
    ),
)
