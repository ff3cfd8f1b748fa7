"""The metric cards of agreement between explanations, and of their shape."""

from __future__ import annotations

from auditkit import MetricCard

_KRISHNA = (
    "Krishna et al. (2022), The disagreement problem in explainable machine learning, arXiv 2202.01602; less what "
    "chance gives. Interval: limits of more and less combined over rows, for all pairs at once at Bonferroni's level"
)
_BOTH = "Two methods may agree and both be wrong, as gradients of a flat function are: see `faithfulness_over_random`."
_TOP = "the k pieces with the largest attributions in size, k = 5 or half of a row's p pieces"

FEATURES = MetricCard(
    name="feature_agreement_over_chance",
    title="Agreement on the most important pieces, over chance",
    asks="Do two methods name the same pieces?",
    formula=f"share of one method's top pieces that are the other's too - k / p; the top pieces are {_TOP}",
    source=_KRISHNA,
    better="higher",
    undefined="When no row has two pieces, to any of which both methods attribute something.",
    misleads=f"{_BOTH} Of rows with few pieces chance gives much, and little is left to agree on.",
)
RANKS = MetricCard(
    name="rank_agreement_over_chance",
    title="Agreement on the order of the most important pieces, over chance",
    asks="Do two methods name the same pieces in the same order?",
    formula=f"share of one method's top pieces that have the same rank by the other - 1 / p; the top pieces are {_TOP}",
    source=_KRISHNA,
    better="higher",
    undefined="When no row has two pieces, to any of which both methods attribute something.",
    misleads=f"{_BOTH} Pieces that count almost alike change places for nothing.",
)
SIGNS = MetricCard(
    name="sign_agreement_over_chance",
    title="Agreement on what the most important pieces speak for, over chance",
    asks="Do two methods say of the same pieces that they speak for the answer, or against it?",
    formula="share of one method's top pieces that are the other's too, with the same sign - the mean of that if the "
    f"other's numbers were dealt to the pieces at random; the top pieces are {_TOP}",
    source=_KRISHNA,
    better="higher",
    undefined="When no row has two pieces, to any of which both methods attribute something.",
    misleads=_BOTH,
)
CORRELATION = MetricCard(
    name="attribution_rank_correlation",
    title="Rank correlation of two methods' attributions",
    asks="Do two methods order all pieces alike?",
    formula="Spearman's rank correlation of a row's attributions, with equals sharing their mean rank; mean over rows",
    source="Spearman (1904), Am. J. Psychol. 15, 72-101; chance gives 0. Interval: limits of more and less combined "
    "over rows",
    better="higher",
    undefined="When no row has two pieces of different attributions by both methods.",
    misleads=f"{_BOTH} It counts the many pieces that hardly matter as much as the few that do.",
)
SPARSENESS = MetricCard(
    name="attribution_sparseness",
    title="Sparseness of an explanation",
    asks="Does the explanation name a few pieces, or all of them?",
    formula="Gini's index of the sizes of a row's attributions: sum over i of (2i - p - 1) |v|_(i) / (p sum |v|), with "
    "the sizes rising; the mean over rows",
    source="Hurley and Rickard (2009), IEEE Trans. Inf. Theory 55, 4723-4741; Chalasani et al. (2020), ICML. Interval: "
    "Wilson's over rows",
    better="higher",
    undefined="When nothing is attributed to any piece.",
    misleads="A sparse explanation is easy to read, and no truer: if the model uses everything, it hides that.",
)
COMPLEXITY = MetricCard(
    name="attribution_complexity",
    title="Complexity of an explanation",
    asks="How many pieces does it take to say what the explanation says?",
    formula="entropy in nats of a row's attributions' sizes as parts of their sum: 0 of one piece, ln p of p alike; "
    "the mean over rows",
    source="Bhatt, Weller and Moura (2020), Evaluating and aggregating feature-based model explanations, IJCAI. "
    "Interval: Student's over rows",
    better="lower",
    undefined="When nothing is attributed to any piece, or to fewer than ten rows'.",
    misleads="It grows with how many pieces a row has: compare methods on the same rows, and no text with another.",
)

AGREEMENT = (FEATURES, RANKS, SIGNS, CORRELATION, SPARSENESS, COMPLEXITY)
"""What `explainability.agreement` measures."""
