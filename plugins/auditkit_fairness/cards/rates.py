"""The metric cards of the fairness checks: what each number is, where it comes from, and when it misleads."""

from auditkit import MetricCard

_FAIRLEARN = "fairlearn.metrics.{name}, which it equals wherever both are defined"
_TWO_GROUPS = "When fewer than two groups have the policy's smallest group size in every denominator."
_SOKOLOVA = "Sokolova and Lapalme (2009), doi:10.1016/j.ipm.2009.03.002; "
_HARDT = "Hardt, Price and Srebro (2016), Equality of opportunity in supervised learning, arXiv:1610.02413; "

RATE_CARDS = (
    MetricCard(
        name="selection_rate",
        title="Selection rate",
        asks="How often does the model choose the positive class?",
        formula="P(D = 1): rows given the positive class / all rows",
        source="29 CFR 1607.4; " + _FAIRLEARN.format(name="selection_rate"),
        better="target",
        tolerance=0,
        undefined="When the group has no rows.",
        misleads="Groups whose need differs should not be chosen equally often, and equal selection can go with "
        "unequal errors: it does not look at who was right.",
    ),
    MetricCard(
        name="accuracy",
        title="Accuracy",
        asks="How often is the model right?",
        formula="P(D = Y): rows decided rightly / rows with a target",
        source=_SOKOLOVA + "sklearn.metrics.accuracy_score",
        better="higher",
        tolerance=0,
        undefined="When no row of the group has a target.",
        misleads="Where one class is rare, always answering the other is accurate and useless.",
    ),
    MetricCard(
        name="true_positive_rate",
        title="True positive rate (sensitivity)",
        asks="Of those who are positive, how many does the model find?",
        formula="P(D = 1 | Y = 1): positives found / positives",
        source=_SOKOLOVA + "fairlearn.metrics.true_positive_rate, but undefined where fairlearn says 0",
        better="higher",
        tolerance=0,
        undefined="When the group has no positives.",
        misleads="It says nothing of false alarms: choosing everybody finds every positive. Read it beside the false "
        "positive rate.",
    ),
    MetricCard(
        name="false_positive_rate",
        title="False positive rate (false alarms)",
        asks="Of those who are negative, how many does the model wrongly call positive?",
        formula="P(D = 1 | Y = 0): negatives wrongly chosen / negatives",
        source=_SOKOLOVA + "fairlearn.metrics.false_positive_rate, but undefined where fairlearn says 0",
        better="lower",
        tolerance=0,
        undefined="When the group has no negatives.",
        misleads="Choosing nobody gives 0: read it beside the true positive rate. Where positives are rare, a small "
        "rate can still mean that most alarms are false.",
    ),
    MetricCard(
        name="false_negative_rate",
        title="False negative rate (misses)",
        asks="Of those who are positive, how many does the model miss?",
        formula="P(D = 0 | Y = 1): positives missed / positives",
        source=_SOKOLOVA + "fairlearn.metrics.false_negative_rate, but undefined where fairlearn says 0",
        better="lower",
        tolerance=0,
        undefined="When the group has no positives.",
        misleads="It is one less the true positive rate: the two are one finding, not two. Targets that record who was "
        "treated, not who was ill, hide those whom nobody looked at.",
    ),
    MetricCard(
        name="precision",
        title="Precision (positive predictive value)",
        asks="Of those whom the model calls positive, how many are?",
        formula="P(Y = 1 | D = 1): positives among the rows chosen that have a target",
        source=_SOKOLOVA + "sklearn.metrics.precision_score",
        better="higher",
        tolerance=0,
        undefined="When nobody with a target was chosen.",
        misleads="It follows the share of positives in the group: groups with different shares differ without fault.",
    ),
)

GAP_CARDS = (
    MetricCard(
        name="demographic_parity_difference",
        title="Demographic parity difference",
        asks="How far apart are the groups in how often they are chosen?",
        formula="largest selection rate, P(D = 1 | A = a), less the smallest, over the groups a",
        source="Agarwal et al. (2018), arXiv:1803.02453; " + _FAIRLEARN.format(name="demographic_parity_difference"),
        better="lower",
        tolerance=0,
        undefined=_TWO_GROUPS,
        misleads="Equal rates can be had by choosing the wrong people of one group. A maximum over many small groups "
        "is far from 0 by chance alone: read the interval.",
    ),
    MetricCard(
        name="demographic_parity_ratio",
        title="Demographic parity ratio (impact ratio)",
        asks="How often is the least chosen group chosen, against the most chosen one?",
        formula="smallest selection rate, P(D = 1 | A = a), by the largest, over the groups a",
        source=_FAIRLEARN.format(name="demographic_parity_ratio") + "; 29 CFR 1607.4(D), the four-fifths rule",
        better="higher",
        tolerance=0,
        undefined=_TWO_GROUPS + " When nobody was chosen in any of them: 0 / 0.",
        misleads="It depends on which class is positive: 1% against 2% is one half, 98% against 99% is nearly 1. "
        "Small samples cross four fifths by chance: read the interval.",
    ),
    MetricCard(
        name="equalized_odds_difference",
        title="Equalized odds difference",
        asks="How far apart are the groups in being found when positive, or in being wrongly called positive?",
        formula="the larger of the gap in true positive rates and the gap in false positive rates",
        source=_HARDT + _FAIRLEARN.format(name="equalized_odds_difference"),
        better="lower",
        tolerance=0,
        undefined=_TWO_GROUPS,
        misleads="One number for two kinds of error: look at both rates to see which one it is. It "
        "trusts the targets: where those are biased, equal errors against them are not equal errors.",
    ),
    MetricCard(
        name="equal_opportunity_difference",
        title="Equal opportunity difference",
        asks="How far apart are the groups in being found when they are positive?",
        formula="largest true positive rate, P(D = 1 | Y = 1, A = a), less the smallest, over the groups a",
        source=_HARDT + _FAIRLEARN.format(name="equal_opportunity_difference"),
        better="lower",
        tolerance=0,
        undefined=_TWO_GROUPS,
        misleads="It looks away from false alarms, which can fall on one group alone.",
    ),
    MetricCard(
        name="false_positive_rate_difference",
        title="Gap in false positive rates",
        asks="How far apart are the groups in being wrongly called positive?",
        formula="largest false positive rate, P(D = 1 | Y = 0, A = a), less the smallest, over the groups a",
        source=_FAIRLEARN.format(name="false_positive_rate_difference"),
        better="lower",
        tolerance=0,
        undefined=_TWO_GROUPS,
        misleads="It looks away from misses, which can fall on one group alone.",
    ),
    MetricCard(
        name="false_negative_rate_difference",
        title="Gap in false negative rates",
        asks="How far apart are the groups in being missed when they are positive?",
        formula="largest false negative rate, P(D = 0 | Y = 1, A = a), less the smallest, over the groups a; equals "
        "the equal opportunity difference",
        source=_FAIRLEARN.format(name="false_negative_rate_difference"),
        better="lower",
        tolerance=0,
        undefined=_TWO_GROUPS,
        misleads="As the equal opportunity difference, of which it is the mirror image.",
    ),
    MetricCard(
        name="accuracy_difference",
        title="Gap in accuracy",
        asks="How far apart are the groups in how often the model is right about them?",
        formula="largest accuracy, P(D = Y | A = a), less the smallest, over the groups a",
        source="fairlearn.metrics.accuracy_score_difference",
        better="lower",
        tolerance=0,
        undefined=_TWO_GROUPS,
        misleads="Misses in one group and false alarms in another balance out to no gap.",
    ),
    MetricCard(
        name="precision_difference",
        title="Gap in precision",
        asks="How far apart are the groups in how often a positive call about them is true?",
        formula="largest precision, P(Y = 1 | D = 1, A = a), less the smallest, over the groups a",
        source="fairlearn.metrics.MetricFrame(metrics=sklearn.metrics.precision_score).difference()",
        better="lower",
        tolerance=0,
        undefined=_TWO_GROUPS,
        misleads="Groups with different shares of positives cannot in general have equal precision and equal odds at "
        "once (Chouldechova 2017, Big Data 5, 153-163).",
    ),
)
