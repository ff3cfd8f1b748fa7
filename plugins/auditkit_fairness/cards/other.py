"""The metric cards of `fairness.other-rates`."""

from auditkit import MetricCard
from auditkit_fairness.cards.tests import FEW

_WILSON = "; interval: Wilson's, of several groups Clopper and Pearson's at once"
_PAIRS = "; interval for all pairs of groups"
_MOVER = "; interval by Zou and Donner (2008), Stat. Med. 27, 1693-1702, from Wilson's"

_RATES = (
    MetricCard(
        name="true_negative_rate",
        title="True negative rate (specificity)",
        asks="Of those who are negative, how many does the model leave alone?",
        formula="P(D = 0 | Y = 0): negatives not chosen / negatives",
        source="fairlearn.metrics.true_negative_rate, but undefined where fairlearn says 0" + _WILSON,
        better="higher",
        tolerance=0,
        undefined="When the group has no negatives.",
        misleads="It is one less the false positive rate: the two are one finding, not two.",
    ),
    MetricCard(
        name="negative_predictive_value",
        title="Negative predictive value",
        asks="Of those whom the model does not call positive, how many are negative?",
        formula="P(Y = 0 | D = 0): negatives among the rows not chosen that have a target",
        source="aequitas' npv; sklearn.metrics.precision_score of the other class" + _WILSON,
        better="higher",
        tolerance=0,
        undefined="When everybody with a target was chosen.",
        misleads="It follows the share of positives in the group: where few are ill, nearly every all-clear is true.",
    ),
    MetricCard(
        name="false_discovery_rate",
        title="False discovery rate",
        asks="Of those whom the model calls positive, how many are not?",
        formula="P(Y = 0 | D = 1): negatives among the rows chosen that have a target",
        source="aequitas' fdr" + _WILSON,
        better="lower",
        tolerance=0,
        undefined="When nobody with a target was chosen.",
        misleads="It is one less precision: the two are one finding, not two.",
    ),
    MetricCard(
        name="false_omission_rate",
        title="False omission rate",
        asks="Of those whom the model does not call positive, how many are?",
        formula="P(Y = 1 | D = 0): positives among the rows not chosen that have a target",
        source="aequitas' for" + _WILSON,
        better="lower",
        tolerance=0,
        undefined="When everybody with a target was chosen.",
        misleads="It is one less the negative predictive value, and follows the share of positives in the group.",
    ),
    MetricCard(
        name="balanced_accuracy",
        title="Balanced accuracy",
        asks="How often is the model right, when positives and negatives count the same?",
        formula="(P(D = 1 | Y = 1) + P(D = 0 | Y = 0)) / 2",
        source="sklearn.metrics.balanced_accuracy_score of two classes" + _MOVER,
        better="higher",
        undefined="When the group has no positives, or no negatives.",
        misleads="Misses and false alarms seldom cost the same.",
    ),
    MetricCard(
        name="f1_score",
        title="F1 score",
        asks="How good is the model at finding positives without calling others positive?",
        formula="2 TP / (2 TP + FP + FN)",
        source="sklearn.metrics.f1_score, but undefined where it says 0 for want of positives" + _WILSON + ", of "
        "TP / (TP + FP + FN), of which F1 is a rising function",
        better="higher",
        undefined="When the group has no positives and none was chosen.",
        misleads="It follows the share of positives in the group, and never looks at those rightly left alone.",
    ),
    MetricCard(
        name="treatment_equality",
        title="Misses for each false alarm (treatment equality)",
        asks="When the model is wrong about a group, in which direction?",
        formula="FN / FP: misses / false alarms",
        source="Berk et al. (2021), Sociological Methods & Research 50, 3-44" + _WILSON + ", of FN / (FN + FP)",
        better="target",
        undefined="When there is no false alarm to divide by.",
        misleads="Two groups can have the same ratio with few and with many errors.",
    ),
)


def _difference(name: str, words: str, asks: str, source: str, misleads: str) -> MetricCard:
    return MetricCard(
        name=f"{name}_difference",
        title=f"Gap in {words}",
        asks=f"How far apart are the groups in {asks}?",
        formula=f"the largest of the groups' {words} less the smallest",
        source=source + _PAIRS,
        better="lower",
        undefined=FEW,
        misleads=misleads,
    )


_FRAME = "fairlearn.metrics.MetricFrame(...).difference()"
_BASE = "Groups with different shares of positives differ in it without fault."

_GAPS = (
    _difference(
        "true_negative_rate",
        "true negative rates",
        "being left alone when they are negative",
        "fairlearn.metrics.true_negative_rate_difference",
        "As the gap in false positive rates, of which it is the mirror image.",
    ),
    _difference(
        "negative_predictive_value",
        "negative predictive values",
        "how often an all-clear is true",
        _FRAME,
        _BASE,
    ),
    _difference(
        "false_discovery_rate",
        "false discovery rates",
        "how often a positive call is false",
        "AIF360's false_discovery_rate_difference, largest less smallest",
        "As the gap in precision, of which it is the mirror image. " + _BASE,
    ),
    _difference(
        "false_omission_rate",
        "false omission rates",
        "how often an all-clear is false",
        "AIF360's false_omission_rate_difference, largest less smallest",
        _BASE,
    ),
    _difference(
        "balanced_accuracy",
        "balanced accuracies",
        "how often the model is right about positives and negatives alike",
        _FRAME,
        "More misses in one group and more false alarms in another balance out to no gap.",
    ),
    _difference("f1_score", "F1 scores", "F1", _FRAME, _BASE),
    MetricCard(
        name="treatment_equality_ratio",
        title="Treatment equality ratio",
        asks="Do errors go in the same direction in all groups?",
        formula="smallest FN / FP of a group, by the largest",
        source="Berk et al. (2021), Sociological Methods & Research 50, 3-44; interval on the log scale" + _PAIRS,
        better="higher",
        undefined=FEW + " When a group has no misses or no false alarms.",
        misleads="It does not say how many errors there are, and swings widely where there are few.",
    ),
    MetricCard(
        name="equalized_odds_ratio",
        title="Equalized odds ratio",
        asks="How often is the least favoured group found, or falsely alarmed, against the most favoured one?",
        formula="the smaller of min / max of true positive rates and min / max of false positive rates",
        source="fairlearn.metrics.equalized_odds_ratio, which it equals wherever both are defined; Hardt, Price and "
        "Srebro (2016), arXiv:1610.02413",
        better="higher",
        undefined=FEW + " When a rate is 0 in all groups: 0 / 0.",
        misleads="Where false alarms are rare, 1 in 1,000 against 2 in 1,000 is one half: read the difference too.",
    ),
    MetricCard(
        name="average_odds_difference",
        title="Average odds difference",
        asks="Is a group called positive more often, or less, than the reference group with the same truth?",
        formula="((TPR of a - TPR of the reference) + (FPR of a - FPR of the reference)) / 2; the reference is named, "
        "or the largest group",
        source="AIF360's average_odds_difference" + _MOVER,
        better="target",
        undefined=FEW + " When the reference is too small.",
        misleads="Being found less often and falsely alarmed more often cancel out to 0: read both rates.",
    ),
)

OTHER_CARDS = (*_RATES, *_GAPS)
