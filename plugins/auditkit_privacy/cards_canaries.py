"""The metric cards of `privacy.canaries`: what the bound of epsilon is, where it comes from, and when it misleads."""

from __future__ import annotations

from auditkit import MetricCard

_SOURCE = (
    "Steinke, Nasr & Jagielski (2023), Privacy auditing with one (1) training run, NeurIPS, theorem 5.2; Bonferroni "
    "over the numbers of guesses"
)
_UNDEFINED = (
    "With fewer than 20 canaries, and where the training rows do not hold the canaries that the coins put in, or hold "
    "others."
)

CANARY_CARDS = (
    MetricCard(
        name="epsilon_lower_bound",
        title="Lower bound of epsilon",
        asks="Which epsilon of differential privacy can the model's training not have kept?",
        formula="the largest epsilon that the number of right guesses about canaries rejects, the best of ten numbers "
        "of guesses that are fixed by the number of canaries alone; the interval begins at the bound and ends at what "
        "the same guesses may show of more canaries",
        source=_SOURCE,
        better="lower",
        undefined=_UNDEFINED,
        misleads="It is a bound from below. A bound of 0 says that this attack on these canaries showed nothing, and "
        "nobody has proven privacy: a stronger attack may show more, and so few canaries can show no more than the "
        "report says.",
    ),
    MetricCard(
        name="epsilon_above_claim",
        title="Epsilon above the claimed one",
        asks="Is the epsilon that the model's training is said to have kept refuted?",
        formula="the lower bound of epsilon less [model] claimed_epsilon, at the claimed delta",
        source=_SOURCE,
        better="lower",
        undefined=_UNDEFINED + " And where so few canaries could not refute the claim, whatever the model does.",
        misleads="At or below 0 the claim is not refuted, which does not prove it.",
    ),
)
