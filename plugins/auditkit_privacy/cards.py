"""The metric cards of `privacy.membership`: what each number is, where it comes from, and when it misleads."""

from __future__ import annotations

from auditkit import MetricCard

_UNDEFINED = (
    "When either side has fewer than 10 rows, and when the attack cannot be judged: members and others differ so that "
    "they can be told apart without the model, or nobody could look whether they do."
)

MEMBERSHIP_CARDS = (
    MetricCard(
        name="membership_auc",
        title="Membership attack, area under the ROC",
        asks="Can somebody who sees the model's answers tell who was in its training data?",
        formula="the chance that a member's score is above that of somebody who is none, ties counting one half; with "
        "no condition, of the strongest attack, chosen on one half of the people and judged on the other, the median "
        "over ten halvings; n is the smaller of the two sides",
        source="Carlini et al. (2022), IEEE S&P, for the attacks; DeLong, DeLong & Clarke-Pearson (1988) for the "
        "interval; Meinshausen, Meier & Buhlmann (2009) for the median over halvings",
        better="lower",
        undefined=_UNDEFINED,
        misleads="It is an average over everybody: an attack that is sure of a few people and blind to all others has "
        "an area near 0.5, which is why rates at low false positive rates stand beside it. A low area is that of the "
        "attacks that were tried: a stronger attacker, with reference or shadow models, may reach more.",
    ),
)
