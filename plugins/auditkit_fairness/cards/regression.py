"""The metric cards of the fairness of predicted numbers. By group, the metrics are those of `performance.error`."""

from auditkit import MetricCard

_TWO_GROUPS = "When fewer than two groups have the policy's smallest group size in rows with a target."
_PAIRS = "Welch (1947), Biometrika 34, 28-35, at Bonferroni's level for all pairs of groups"
_NO_TARGET = "When no row of the group has a target."
_MOVER = "the groups' own intervals, squared and added (Zou and Donner 2008, Stat. Med. 27, 1693-1702), for all pairs"

ERROR_CARDS = (
    MetricCard(
        name="mean_absolute_error",
        title="Mean absolute error",
        asks="How far off is a prediction on average, in the target's own unit?",
        formula="mean over the group's rows of |prediction - target|",
        source="sklearn.metrics.mean_absolute_error; interval: Student's, over rows or units",
        better="lower",
        undefined=_NO_TARGET,
        misleads="It is an average: errors that are rare and grave hide in it. Groups whose targets vary more "
        "are harder "
        "to predict.",
    ),
    MetricCard(
        name="root_mean_squared_error",
        title="Root mean squared error",
        asks="How far off is a prediction, when large errors count for more?",
        formula="square root of the mean over the group's rows of (prediction - target)^2",
        source="sklearn.metrics.root_mean_squared_error; interval: Student's on the log of the mean square, "
        "then the root",
        better="lower",
        undefined=_NO_TARGET,
        misleads="A few rows can make nearly all of it; where errors have a long tail and rows are few, its interval "
        "is too short.",
    ),
    MetricCard(
        name="mean_error",
        title="Mean error (bias)",
        asks="Does the model say too much, or too little, on average?",
        formula="mean over the group's rows of prediction - target; above 0 it says too much",
        source="interval: Student's, over rows or units",
        better="target",
        undefined=_NO_TARGET,
        misleads="Errors in both directions cancel: a bias of 0 can hide two parts of the group with opposite ones.",
    ),
    MetricCard(
        name="r2_score",
        title="Coefficient of determination (R squared)",
        asks="How much better is the model than answering the average for everybody? 1 is perfect, 0 no better.",
        formula="1 - sum of (prediction - target)^2 / sum of (target - the group's mean target)^2",
        source="sklearn.metrics.r2_score; interval: delta method on the log of that ratio",
        better="higher",
        undefined="When no row of the group has a target, or all of its targets are the same.",
        misleads="It rests on how much the targets vary within the group: the same errors score lower in a "
        "group that is "
        "more alike.",
    ),
    MetricCard(
        name="interval_coverage",
        title="Coverage of the model's interval",
        asks="How often does the truth lie in the interval that the model gives?",
        formula="rows with lower <= target <= upper / rows with a target; of a model that gives a spread, the interval "
        "of a normal distribution at the audit's level",
        source="interval: Wilson (1927), over rows or units",
        better="target",
        tolerance=0,
        undefined="When no row of the group has a target, or the model gives no interval.",
        misleads="An interval that is endlessly wide always covers: look at its width.",
    ),
)

GAP_CARDS = (
    MetricCard(
        name="mean_error_difference",
        title="Gap in mean errors (bias)",
        asks="Does the model say too much of one group and too little of another, and how far are they apart?",
        formula="largest mean of prediction - target over the groups, less the smallest",
        source=_PAIRS + "; test: Welch (1951), Biometrika 38, 330-336",
        better="lower",
        undefined=_TWO_GROUPS,
        misleads="Targets that were themselves recorded too low for a group make a right model look biased, and "
        "a biased "
        "one right.",
    ),
    MetricCard(
        name="mean_absolute_error_difference",
        title="Gap in mean absolute errors",
        asks="How much further off is the model for the group that it serves worst, in the target's own unit?",
        formula="largest mean absolute error of a group, less the smallest",
        source=_PAIRS + "; fairlearn.metrics.mean_absolute_error_group_max less its group_min",
        better="lower",
        undefined=_TWO_GROUPS,
        misleads="Groups whose targets vary more have larger errors without fault of the model.",
    ),
    MetricCard(
        name="mean_absolute_error_ratio",
        title="Ratio of mean absolute errors",
        asks="How do the errors of the best served group compare with those of the worst served?",
        formula="smallest mean absolute error of a group by the largest; 1 is equal",
        source="holisticai.bias.metrics.mae_ratio, of the groups that lie furthest apart; interval: Welch's of "
        "the logs",
        better="higher",
        undefined=_TWO_GROUPS + " When a group has no error at all.",
        misleads="Where errors are tiny for all, their ratio is of no weight: read the difference.",
    ),
    MetricCard(
        name="root_mean_squared_error_difference",
        title="Gap in root mean squared errors",
        asks="How much further off is the model for the group that it serves worst, when large errors count for more?",
        formula="largest root mean squared error of a group, less the smallest",
        source="interval: " + _MOVER,
        better="lower",
        undefined=_TWO_GROUPS,
        misleads="A few rows of one group can make all of it.",
    ),
    MetricCard(
        name="root_mean_squared_error_ratio",
        title="Ratio of root mean squared errors",
        asks="How do the large errors of the best served group compare with those of the worst served?",
        formula="smallest root mean squared error of a group by the largest; 1 is equal",
        source="holisticai.bias.metrics.rmse_ratio, of the groups that lie furthest apart; interval: Welch's of "
        "the logs",
        better="higher",
        undefined=_TWO_GROUPS + " When a group has no error at all.",
        misleads="Where errors are tiny for all, their ratio is of no weight: read the difference.",
    ),
    MetricCard(
        name="r2_score_difference",
        title="Gap in R squared",
        asks="How far apart are the groups in how much of their variation the model explains?",
        formula="largest R squared of a group, less the smallest",
        source="interval: " + _MOVER,
        better="lower",
        undefined=_TWO_GROUPS + " Groups whose targets are all the same are left out.",
        misleads="With equal errors it still differs where the targets of one group vary less.",
    ),
    MetricCard(
        name="interval_coverage_difference",
        title="Gap in the coverage of the model's interval",
        asks="How far apart are the groups in how often the truth lies in the model's interval?",
        formula="largest coverage of a group, less the smallest",
        source="interval: Newcombe (1998), Stat. Med. 17, 873-890, at Bonferroni's level for all pairs of groups",
        better="lower",
        undefined=_TWO_GROUPS + " When the model gives no interval.",
        misleads="Groups can be covered alike by intervals that are far wider for one of them.",
    ),
)

VALUE_CARDS = (
    MetricCard(
        name="mean_prediction",
        title="Mean prediction",
        asks="What does the model say of a group on average?",
        formula="mean over the group's rows of the prediction",
        source="fairlearn.metrics.mean_prediction; interval: Student's, over rows or units",
        better="target",
        undefined="When there are no rows.",
        misleads="Groups whose true values differ should not be given equal predictions.",
    ),
    MetricCard(
        name="mean_prediction_difference",
        title="Gap in mean predictions",
        asks="How far apart are the groups in what the model says of them on average?",
        formula="largest mean prediction of a group, less the smallest",
        source="holisticai.bias.metrics.avg_score_diff, of the groups that lie furthest apart; interval: " + _PAIRS,
        better="lower",
        undefined="When fewer than two groups have the policy's smallest group size.",
        misleads="Equal means can go with very different distributions, and unequal ones with true differences.",
    ),
    MetricCard(
        name="scoring_rate",
        title="Scoring rate",
        asks="How often is a group given more than the median of all?",
        formula="rows with a prediction above the median of all rows' predictions, strictly / rows",
        source="6 RCNY 5-300 (New York City, Local Law 144), scoring rate; interval: Wilson (1927), with the "
        "median as given",
        better="target",
        undefined="When there are no rows.",
        misleads="Where many rows share the median, fewer than half are above it. Order alone counts, not how "
        "far above.",
    ),
    MetricCard(
        name="scoring_rate_difference",
        title="Gap in scoring rates",
        asks="How far apart are the groups in how often they are given more than the median?",
        formula="largest scoring rate of a group, less the smallest",
        source="Agarwal, Dudik and Wu (2019), arXiv:1905.12843, at one threshold; interval: Newcombe (1998), all pairs",
        better="lower",
        undefined="When fewer than two groups have the policy's smallest group size.",
        misleads="It looks at one threshold: groups that differ at the top or at the bottom alone look equal.",
    ),
    MetricCard(
        name="scoring_rate_ratio",
        title="Ratio of scoring rates",
        asks="How often is the lowest scoring group above the median, against the highest scoring one?",
        formula="smallest scoring rate of a group by the largest",
        source="6 RCNY 5-300, impact ratio by scoring rate; interval: Donner and Zou (2012), all pairs",
        better="higher",
        undefined="When fewer than two groups have the policy's smallest group size, or nobody is above the median.",
        misleads="The law sets no bound for it. Small samples cross four fifths by chance: read the interval.",
    ),
    MetricCard(
        name="prediction_kolmogorov_distance",
        title="Statistical parity of predicted numbers (Kolmogorov's distance)",
        asks="At the threshold where it is worst, how far apart are the groups in how often they lie below it?",
        formula="largest over pairs of groups of sup over z of |F_a(z) - F_b(z)|, F the distribution of predictions",
        source="Agarwal, Dudik and Wu (2019), arXiv:1905.12843, statistical parity; interval: Massart (1990), Ann. "
        "Probab. 18, 1269-1283, for all groups; test: permutation of whole units",
        better="lower",
        undefined="When fewer than two groups have the policy's smallest group size.",
        misleads="Groups whose true values differ should differ in their predictions. It does not say by how much in "
        "the target's unit. Its interval is wide.",
    ),
    MetricCard(
        name="prediction_wasserstein_distance",
        title="Wasserstein distance of predicted numbers",
        asks="How many standard deviations must predictions move on average to make two groups alike?",
        formula="largest over pairs of groups of the integral of |F_a(z) - F_b(z)| dz, by the predictions' standard "
        "deviation",
        source="scipy.stats.wasserstein_distance; interval: triangle inequality with each group's sampling noise, "
        "which is drawn anew",
        better="lower",
        undefined="When fewer than two groups have the policy's smallest group size, or all predictions are the same.",
        misleads="Groups whose true values differ should differ in their predictions.",
    ),
)
