"""The metric cards of `privacy.membership`: what each number is, where it comes from, and when it misleads."""

from __future__ import annotations

from auditkit import MetricCard

_UNDEFINED = (
    "When either side has fewer than 10 rows, and when the attack cannot be judged: members and others differ so that "
    "they can be told apart without the model, or nobody could look whether they do."
)

_CHOSEN = (
    "With no condition it is of the attack that was chosen most often by its area; where rows share people, of people, "
    "by the mean of their rows' scores. "
)


def _tpr_card(fpr: str, percent: str) -> MetricCard:
    return MetricCard(
        name=f"membership_tpr_at_fpr_{fpr}",
        title=f"Members found at {percent} false alarms",
        asks=f"How many members does an attacker find who wrongly accuses {percent} of the others?",
        formula=f"the share of members above the threshold at which {percent} of the others are accused; the threshold "
        "is chosen on one half and judged on the other, the median of ten halvings",
        source="Carlini et al. (2022), IEEE S&P; interval: Clopper and Pearson's at the order statistics between which "
        "the threshold lies",
        better="lower",
        undefined="Where the others are too few to hold the false alarms under twice the rate with 95% confidence; "
        "and as the area.",
        misleads=_CHOSEN + "An attacker who guesses reaches the false positive rate itself.",
    )


def _tail_card(fnr: str, percent: str) -> MetricCard:
    return MetricCard(
        name=f"membership_tail_at_fnr_{fnr}",
        title=f"Others beyond all but {percent} of the members",
        asks=f"What share of others does the model treat worse than all but {percent} of its members?",
        formula=f"the share of non-members whose loss is above that of all members but {percent}",
        source='Dodd et al. (2025), "The tail tells all", arXiv:2510.19773; interval: Clopper and Pearson (1934)',
        better="lower",
        undefined="Where the members are too few for the rate; and as the area.",
        misleads="It is no attack, but a sign of how much one with reference models would find. The threshold is taken "
        "as known, and of few members it is not.",
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
    MetricCard(
        name="membership_advantage",
        title="Membership advantage",
        asks="How much better than by guessing does an attacker with one threshold do?",
        formula="the largest |TPR - FPR| over thresholds; the threshold is chosen on one half and judged on the other, "
        "the median of ten halvings",
        source="Yeom et al. (2018), CSF, definition 4; interval: the halves' below, Dvoretzky, Kiefer and Wolfowitz "
        "above",
        better="lower",
        undefined=_UNDEFINED,
        misleads=_CHOSEN + "It is about the best threshold for everybody, and hides an attack that is sure of a few.",
    ),
    MetricCard(
        name="heuristic_epsilon",
        title="Heuristic epsilon: no bound, since no coin decided who is a member",
        asks="What would the attack's advantage be worth, had coins decided who was trained on?",
        formula="ln((1 + a) / (1 - a)) of the membership advantage a, 0 where that is not above 0; a is taken to be at "
        "most n / (n + 1)",
        source="Humphries et al. (2023), CSF, for the advantage that an epsilon allows",
        better="lower",
        undefined="As the advantage.",
        misleads="It is no lower bound of epsilon and refutes no claim: members and others may differ for other "
        "reasons. For a bound see privacy.canaries. A small one is no privacy either.",
    ),
    _tpr_card("0.1", "10%"),
    _tpr_card("0.01", "1%"),
    _tpr_card("0.001", "0.1%"),
    _tail_card("0.01", "1%"),
    _tail_card("0.001", "0.1%"),
)
