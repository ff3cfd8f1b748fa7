"""The metric cards of `fairness.score-balance`."""

from auditkit import MetricCard
from auditkit_fairness.cards.tests import FEW

_KLEINBERG = "Kleinberg, Mullainathan and Raghavan (2017), ITCS, doi:10.4230/LIPIcs.ITCS.2017.43; AIF360's generalized "


def _balance(kind: str, words: str, other: str) -> MetricCard:
    return MetricCard(
        name=f"{kind}_class_score_difference",
        title=f"Gap in the mean score of {words} (balance for the {kind} class)",
        asks=f"Do {words} get the same score on average, whatever their group?",
        formula=f"max - min over the groups a of E[score | Y = {int(kind == 'positive')}, A = a]",
        source=_KLEINBERG + f"{other} rate, largest less smallest; Wilson's interval at the size that the variance is "
        "worth, or Welch's for scores beyond 0 and 1, for all pairs of groups",
        better="lower",
        undefined=FEW,
        misleads="Where groups have different shares of positives, scores that are calibrated in each group cannot be "
        "balanced for both classes too, unless they are perfect.",
    )


SCORE_CARDS = (
    _balance("positive", "positives", "false negative"),
    _balance("negative", "negatives", "false positive"),
    MetricCard(
        name="abroca",
        title="Area between ROC curves (ABROCA)",
        asks="Does the model rank one group's rows as well as the reference group's, at every threshold?",
        formula="integral over t in [0, 1] of |ROC of a (t) - ROC of the reference (t)|; the reference is named, or "
        "the largest group",
        source="Gardner, Brooks and Baker (2019), LAK, doi:10.1145/3303772.3303791; holisticai's abroca; interval by "
        "the bootstrap of the difference of the curves",
        better="lower",
        undefined=FEW,
        misleads="It is never negative, and far from 0 by chance where rows are few: read the interval and the p. "
        "Curves say nothing of where the threshold puts each group on its own curve.",
    ),
)
