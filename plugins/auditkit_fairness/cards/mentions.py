"""The metric cards of how well scores order texts that mention a group of people."""

from __future__ import annotations

from auditkit import MetricCard

SUBGROUP, BPSN, BNSP = "mention_subgroup_auc", "mention_bpsn_auc", "mention_bnsp_auc"
AREAS = (SUBGROUP, BPSN, BNSP)

_SOURCE = (
    "Borkan et al. (2019), Nuanced Metrics for Measuring Unintended Bias with Real Data for Text Classification, WWW "
    "companion, arXiv 1903.04561, section 3"
)
_INTERVAL = "interval: DeLong et al. (1988) on the logit scale, widened to Newcombe (2006) where rows are few"
_FEW = "When fewer than ten texts mention the group, or fewer than five of either class are to be ordered."
_MENTION = "A short list of words finds some mentions and misses others, and who is mentioned need not be who is meant."


def power_mean_of(metric: str) -> str:
    """The name of its power mean."""
    return f"{metric}_power_mean"


def _mean(name: str, title: str) -> MetricCard:
    return MetricCard(
        name=power_mean_of(name),
        title=title,
        asks="How well are texts that mention a group of people ordered, where the worst ordered group counts most?",
        formula="(mean over groups of area ** -5) ** (-1 / 5)",
        source=f"{_SOURCE}, and its generalised mean with p = -5; interval: from the groups' limits at Bonferroni's "
        "level, of which it is a rising function",
        better="higher",
        undefined="When fewer than two groups are mentioned in enough texts.",
        misleads="It hangs on which groups the list of words has; the worst group is in the table.",
    )


MENTION_CARDS = (
    MetricCard(
        name=SUBGROUP,
        title="Area under the ROC curve of texts that mention a group",
        asks="Does the score tell the classes apart among texts that mention a group of people?",
        formula="the share of pairs of a positive and a negative text, both with the mention, in which the positive "
        "one has the higher score; equal scores count half",
        source=f"{_SOURCE}; {_INTERVAL}",
        better="higher",
        undefined=_FEW,
        misleads=f"It is blind to a score that is higher for all texts with the mention: see the other two. {_MENTION}",
    ),
    MetricCard(
        name=BPSN,
        title="Area under the ROC curve of positive texts without and negative texts with a mention",
        asks="Do negative texts score high because they mention a group of people?",
        formula="the share of pairs of a positive text without the mention and a negative text with it in which the "
        "positive one has the higher score: background positive, subgroup negative",
        source=f"{_SOURCE}; {_INTERVAL}",
        better="higher",
        undefined=_FEW,
        misleads=f"Texts with the mention may be harder for another reason. {_MENTION}",
    ),
    MetricCard(
        name=BNSP,
        title="Area under the ROC curve of negative texts without and positive texts with a mention",
        asks="Do positive texts score low because they mention a group of people?",
        formula="the share of pairs of a negative text without the mention and a positive text with it in which the "
        "positive one has the higher score: background negative, subgroup positive",
        source=f"{_SOURCE}; {_INTERVAL}",
        better="higher",
        undefined=_FEW,
        misleads=f"Texts with the mention may be harder for another reason. {_MENTION}",
    ),
    _mean(SUBGROUP, "Power mean over groups of the area among texts that mention them"),
    _mean(BPSN, "Power mean over groups of the area of positive texts without and negative texts with a mention"),
    _mean(BNSP, "Power mean over groups of the area of negative texts without and positive texts with a mention"),
)
