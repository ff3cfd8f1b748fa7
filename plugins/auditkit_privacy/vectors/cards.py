"""The metric cards of `privacy.embeddings`: what each number is, where it comes from, and when it misleads."""

from __future__ import annotations

from auditkit import MetricCard

_OF_WHOM = (
    "Of at most 500 rows of the audit, unless `rows` says otherwise. The group is the value, and the intervals of "
    "one attribute hold together. "
)
_HALVES = (
    "learnt on one half of the people and judged on the other, the mean of both halves; of rows of nobody known nearly "
    "equal ones stay together"
)
_INTERVAL = (
    "interval: DeLong, DeLong and Clarke-Pearson (1988) on either half, over people Obuchowski (1997), the mean of the "
    "halves' ends"
)
_UNDEFINED = "Where fewer than 20 rows have the value, or have it not"
_SIDES = "Of at most 500 rows a side, unless `rows` says otherwise, half of the members being what the attacker knows. "
_UNJUDGED = (
    "Without training rows; with fewer than 10 rows of a side; where a gate fails, so that members and others can be "
    "told apart without the model, or nobody could look whether they can."
)

EMBEDDING_CARDS = (
    MetricCard(
        name="embedding_attribute_auc",
        title="Attribute told from the model's vectors",
        asks="Can somebody who is handed the vectors that the model makes of rows tell an attribute of the people?",
        formula="area under the ROC of a logistic regression with a ridge on the standardised vectors, against having "
        f"the value or not; {_HALVES}",
        source=f"Alain and Bengio (2017), ICLR workshop, for linear probes; Song and Raghunathan (2020), CCS; "
        f"{_INTERVAL}",
        better="lower",
        undefined=f"{_UNDEFINED}.",
        misleads=f"{_OF_WHOM}It is about those who hold the vectors. That a vector carries an attribute does not say "
        "that the model decides by it, nor does the contrary of it: see the area of fairness. A value near 0.5 is that "
        "of a straight line; what is curled up may still be told. Of two values both areas are the same.",
    ),
    MetricCard(
        name="input_attribute_auc",
        title="Attribute told from the rows themselves",
        asks="Could the attribute be told from what the model is given, without any model?",
        formula="the same of a classifier that is given the row: other columns, what is true of it and the other "
        "groups; of texts their words and length, of pictures their size, colours and a thumbnail; learnt and judged "
        "on the same halves",
        source=f"Jayaraman and Evans (2022), CCS, for the baseline; {_INTERVAL}",
        better="lower",
        undefined=f"{_UNDEFINED}; where nobody could look at the inputs, or what is true is not known.",
        misleads=f"{_OF_WHOM}It is about the data, and no rule for the model.",
    ),
    MetricCard(
        name="embedding_attribute_auc_gain",
        title="Attribute told from the vectors rather than from the rows",
        asks="Do the vectors give away more of people than the rows that they were made of?",
        formula="embedding_attribute_auc - input_attribute_auc, of the same rows",
        source=f"Jayaraman and Evans (2022), CCS, for the comparison; {_INTERVAL}",
        better="lower",
        undefined="As input_attribute_auc.",
        misleads=f"{_OF_WHOM}At 0 or below, the vectors are as telling as the rows: who may not see the rows should "
        "not be handed the vectors either. Above 0 the model may know what a small classifier of words or pixels does "
        "not learn from so few rows.",
    ),
    MetricCard(
        name="embedding_membership_auc",
        title="Membership told from the model's vectors",
        asks="Can somebody who is handed vectors tell whose rows the model was trained on?",
        formula="the chance that a member's score is above that of somebody who is none, ties counting one half; the "
        "score is how near the vector lies to the nearest of other members, how near to their mean, or how long it is; "
        "with no condition of the strongest of them, chosen on one half of the people and judged on the other, the "
        "median over ten halvings; n is the smaller side",
        source="Song and Raghunathan (2020), CCS, for the question; interval as membership_auc",
        better="lower",
        undefined=_UNJUDGED,
        misleads=f"{_SIDES}The attacker sees no answer, knows no class and trains nothing: see membership_auc for one "
        "who does. An area near 0.5 is that of these attacks.",
    ),
    MetricCard(
        name="training_distance_ratio",
        title="Distance of members to the training, by that of others",
        asks="Does the model draw the people that it was trained on together?",
        formula="mean Euclidean distance of a member's vector to the nearest of other members' ÷ mean distance of "
        "a non-member's to the nearest of the same; columns by their spread among these; people and near twins of the "
        "same are not compared",
        source="auditkit, of sides that are halved by person; interval: Zou and Donner (2008) for the logs of two "
        "means with Student's",
        better="target",
        undefined=f"{_UNJUDGED} Where the distances of a side do not vary.",
        misleads=f"{_SIDES}1 is alike. Below 1 members lie nearer to each other than others do to them, as where "
        "a model has drawn its training rows to a few places. It is no attack: how many can be told by it is "
        "embedding_membership_auc.",
    ),
)
ATTRIBUTE, INPUT, GAIN, MEMBERSHIP, RATIO = (card.name for card in EMBEDDING_CARDS)
