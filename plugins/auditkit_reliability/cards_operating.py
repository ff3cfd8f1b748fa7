"""The metric cards of `reliability.operating-point` and `reliability.net-benefit`."""

from auditkit import MetricCard

_WILSON = "; interval: Wilson's, of several groups Clopper and Pearson's at once"
_FOLLOWS = "It follows how common cases are in the data, so it does not carry over to where they are rarer."

CARDS = (
    MetricCard(
        name="true_positive_rate",
        title="True positive rate (sensitivity)",
        asks="Of those who are positive, how many does the model find?",
        formula="P(D = 1 | Y = 1): cases found / cases, at the declared threshold",
        source="sklearn.metrics.recall_score" + _WILSON,
        better="higher",
        tolerance=0,
        undefined="When no row is a case.",
        misleads="It says nothing of false alarms: calling everybody a case finds every one.",
    ),
    MetricCard(
        name="true_negative_rate",
        title="True negative rate (specificity)",
        asks="Of those who are negative, how many does the model leave alone?",
        formula="P(D = 0 | Y = 0): others not called cases / others, at the declared threshold",
        source="sklearn.metrics.recall_score of the other class" + _WILSON,
        better="higher",
        tolerance=0,
        undefined="When every row is a case.",
        misleads="Where cases are rare a high specificity can still mean that most alerts are false.",
    ),
    MetricCard(
        name="precision",
        title="Precision (positive predictive value)",
        asks="Of those whom the model calls positive, how many are?",
        formula="P(Y = 1 | D = 1): cases among the alerts whose target is known, at the declared threshold",
        source="sklearn.metrics.precision_score" + _WILSON,
        better="higher",
        tolerance=0,
        undefined="When no row with a target was called a case.",
        misleads=_FOLLOWS,
    ),
    MetricCard(
        name="negative_predictive_value",
        title="Negative predictive value",
        asks="Of those whom the model does not call positive, how many are negative?",
        formula="P(Y = 0 | D = 0): others among the all-clears whose target is known, at the declared threshold",
        source="sklearn.metrics.precision_score of the other class" + _WILSON,
        better="higher",
        tolerance=0,
        undefined="When every row with a target was called a case.",
        misleads="Where few are ill, nearly every all-clear is true, of a model that finds nobody too.",
    ),
    MetricCard(
        name="alerts_per_case_found",
        title="Alerts for each case found",
        asks="How many alerts does somebody have to look at for one case?",
        formula="1 / P(Y = 1 | D = 1): alerts / cases among them",
        source="the number needed to evaluate, e.g. Romero-Brufau et al. (2015), Crit. Care 19, 285; interval: the "
        "inverse of that of the positive predictive value",
        better="lower",
        undefined="When no row was called a case, or no alert was one.",
        misleads="A model that alarms only at the plainest cases needs few alerts, and misses the others. " + _FOLLOWS,
    ),
)

BENEFIT_CARDS = (
    MetricCard(
        name="net_benefit",
        title="Net benefit",
        asks="How many cases does the model find per person, less the false alarms at what they weigh?",
        formula="cases found / rows - false alarms / rows * t / (1 - t), at the threshold probability t; with a stated "
        "prevalence of sensitivity and false positive rate",
        source="Vickers & Elkin (2006), Med. Decis. Making 26, 565-574; agrees with dcurves; interval: Wilson's for "
        "numbers between two bounds, with a stated prevalence Zou and Donner's",
        better="higher",
        undefined="When no row has a target.",
        misleads="It holds at the weights that the threshold stands for, and for probabilities that mean what they "
        "say: of a model that is not calibrated another threshold may serve better.",
    ),
    MetricCard(
        name="net_benefit_gain",
        title="Net benefit gained over treating all or none",
        asks="Is deciding by the model better than treating everybody, and than treating nobody?",
        formula="net benefit of the model - max(net benefit of treating all, 0)",
        source="Vickers & Elkin (2006); interval: of the smaller of both gains, each at Bonferroni's level",
        better="higher",
        undefined="When no row has a target.",
        misleads="A gain is no cost-benefit analysis: it leaves out what the model and its alerts cost to run.",
    ),
)
