"""The metric cards of `privacy.attribute-inference`: what each number is, where it comes from, and when it misleads."""

from __future__ import annotations

from auditkit import MetricCard

_OF_WHOM = (
    "Of the members, so far as there are training rows, and else of the audit rows; at most 2,000 of them, of pictures "
    "400. The condition `attribute` names which attribute. "
)
_UNDEFINED = (
    "Where fewer than 20 rows of a side, or fewer than two values that 10 of them have, are left; and where the inputs "
    "are not there to tell the attribute from without the model."
)
_SOURCE = (
    'Jayaraman and Evans (2022), "Are attribute inference attacks just imputation?", CCS, for the baseline; Fredrikson '
    "et al. (2014), USENIX Security, and Yeom et al. (2018), CSF, for trying each value"
)
_PLAIN = (
    "What an attacker can tell of everybody, members or not, is no leak of the training: it is what the model and the "
    "columns say of the population. "
)

INFERENCE_CARDS = (
    MetricCard(
        name="attribute_inference_rate",
        title="Attribute told with the model's answers",
        asks="How often can somebody who holds the other columns and the model's answers tell the attribute of "
        "a person?",
        formula="rows whose attribute the attack tells ÷ rows; learnt on one half of the people and judged on "
        "the other; "
        "of several attacks the one that did better on the other half",
        source=f"{_SOURCE}; interval: Wilson (1927), over people by linearisation, the mean of the ends of both halves",
        better="lower",
        undefined=_UNDEFINED,
        misleads=f"{_OF_WHOM}Most of it may be what the other columns tell without any model, and a value that nearly "
        "everybody has is told by saying it of everybody: read what the model adds.",
    ),
    MetricCard(
        name="attribute_imputation_rate",
        title="Attribute told without the model",
        asks="How often can somebody who holds the other columns alone tell the attribute of a person?",
        formula="the same rows, with a classifier of the same kind that is given the other columns, what is "
        "true of the "
        "row and the other groups, and no answer of the model",
        source=f"{_SOURCE}; interval as attribute_inference_rate",
        better="lower",
        undefined=_UNDEFINED,
        misleads=f"{_OF_WHOM}It is about the data, and not about the model: a column that says the same under another "
        "name makes it 1, and leaves nothing that a model could add.",
    ),
    MetricCard(
        name="attribute_inference_gain",
        title="What the model adds to telling an attribute",
        asks="How much more often is the attribute told with the model's answers than without them?",
        formula="attribute_inference_rate - attribute_imputation_rate, on the same rows",
        source=f"{_SOURCE}; interval: Newcombe (1998) for pairs, over people Student's, widened to it, the mean of "
        "both halves' ends",
        better="lower",
        undefined=_UNDEFINED,
        misleads=f"{_OF_WHOM}{_PLAIN}Where one value is rare the likeliest value hardly changes: read the area "
        "beside it.",
    ),
    MetricCard(
        name="attribute_inference_auc_gain",
        title="What the model adds to ranking who has a value",
        asks="How much better are those who have a value told from the others with the model's answers than without?",
        formula="area under the ROC of the attack's likelihood of the value, less that of the baseline's, the mean of "
        "both halves of the people; the group is the value, and the intervals of an attribute hold together",
        source=f"{_SOURCE}; interval: DeLong, DeLong and Clarke-Pearson (1988), over people Obuchowski (1997), "
        "the mean of both halves' ends",
        better="lower",
        undefined="Where fewer than 10 rows have the value or have it not; and as the rate.",
        misleads=f"{_OF_WHOM}{_PLAIN}Of two values both areas are the same.",
    ),
    MetricCard(
        name="attribute_inference_control_rate",
        title="Attribute of non-members told with the model's answers",
        asks="How often does the same attack tell the attribute of people whom the model was not trained on?",
        formula="attribute_inference_rate, of the audit rows that are not in the training",
        source="Giomi et al. (2023), PoPETs 2023(2), for the control; interval as attribute_inference_rate",
        better="lower",
        undefined="Without training rows; and as the rate.",
        misleads="It is what the attack tells of everybody. Where members and others are people of different kinds it "
        "says nothing of members.",
    ),
    MetricCard(
        name="attribute_inference_risk",
        title="What is told of members more than of others",
        asks="Does having been in the training put somebody's attribute at risk?",
        formula="(rate - control rate) / (1 - control rate), not below 0: of the others' attributes that the attack "
        "misses, the part that it would not miss of members",
        source="Giomi et al. (2023), PoPETs 2023(2); interval: Koopman (1984) for the ratio of failures; "
        "anonymeter's own "
        "estimate of it stands in the table",
        better="lower",
        undefined="Without training rows; where a gate fails, so that members and others differ without the "
        "model; where "
        "the attack never fails on others; and as the rate.",
        misleads="A low risk is that of the attacks that were tried. It is near 0 where everybody's attribute is told: "
        "read the gain beside it.",
    ),
)
RATE, IMPUTATION, GAIN, AREA, CONTROL, RISK = (card.name for card in INFERENCE_CARDS)
