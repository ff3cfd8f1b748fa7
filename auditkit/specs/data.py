"""The section `[data]` of a spec: the tables, what their columns are, and which of them contradict each other."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from auditkit.document import Document
from auditkit.errors import did_you_mean
from auditkit.specs.mistakes import Name, Names, OneOrMore, mistake, refuse_repeats
from auditkit.specs.values import as_label_or_labels, as_labels, as_list, as_moment


class ExpectedColumns(Document):
    """`[data.expected]`: the columns that say what an answer in words is to hold. Cells may be empty."""

    required: Name | None = Field(default=None, description="column of statements that the answer must hold")
    forbidden: Name | None = Field(default=None, description="column of statements that it must not hold")
    emergency: Name | None = Field(
        default=None, description="column of yes and no: whether the asker must be sent to emergency care"
    )
    caution: Name | None = Field(
        default=None, description="column of yes and no: whether an answer that names a dose must urge caution"
    )
    same_question: Name | None = Field(
        default=None, description="column whose equal labels mark rows that ask the same in other words"
    )
    pair: Name | None = Field(
        default=None, description="column whose equal labels mark prompts that are alike but for whom they are about"
    )
    neutral: Name | None = Field(
        default=None, description="column of wordings that say nothing of a person: what they do is the yardstick"
    )
    choices: Name | None = Field(
        default=None, description="column of the keys to three lettered answers, as the loader bbq makes it"
    )
    judge: Name | None = Field(
        default=None, description="column of yes and no: whether a judge, such as a model, finds a recorded answer good"
    )
    judged_by_people: Name | None = Field(
        default=None, description="column of yes and no, empty for most rows: what people say of the same answers"
    )

    @property
    def columns(self) -> dict[str, str]:
        """Each role that the spec names a column for -> the column."""
        named = {role: getattr(self, role) for role in type(self).model_fields}
        return {role: column for role, column in named.items() if column is not None}

    @model_validator(mode="after")
    def _a_column_has_one_role(self) -> Self:
        for role, column in self.columns.items():
            if list(self.columns.values()).count(column) > 1:
                raise mistake(f"is '{column}', which has another role too", role, hint="a column for each role")
        return self


class DataSpec(Document):
    """`[data]`: the rows, and what each column means. Labels are canonical strings, see `canonical_label`."""

    loader: Name = Field(default="csv", description="what reads the tables, see the plugin loaders")
    audit: Name = Field(description="the rows that are judged")
    training: Name | None = Field(default=None, description="the members, for privacy, leakage and drift")
    reference: Name | None = Field(default=None, description="the population that the data should represent")
    canaries: Name | None = Field(
        default=None, description="the key of the rows that a coin put into the training, see auditkit canaries"
    )
    canaries_commitment: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = Field(
        default=None, description="what was published of that key before the model was trained"
    )
    input: OneOrMore | None = Field(
        default=None,
        description="what the model is given: a column of texts or of paths; a list: the columns of a table",
    )
    target: OneOrMore | None = Field(default=None, description="a list: multi-label, one column of 0 and 1 a label")
    positive: Annotated[OneOrMore | None, BeforeValidator(as_label_or_labels)] = Field(
        default=None, description="the class that counts as selected; a list: each in turn; absent: every class in turn"
    )
    threshold: float | None = Field(default=None, description="positive when its score is at or above")
    score_kind: Literal["probability", "score"] = Field(
        default="probability", description="score: no probability, so that calibration does not apply"
    )
    groups: Names = Field(default=(), description="columns of protected attributes")
    bands: dict[str, Annotated[tuple[float, ...], Field(min_length=1)]] = Field(
        default_factory=dict, description="a column of numbers -> where its bands begin; age makes a column age_band"
    )
    unit: Name | None = Field(default=None, description="who a row belongs to; rows of one unit are resampled together")
    weights: Name | None = Field(default=None, description="the column of how much each row weighs")
    salt_file: Name | None = Field(default=None, description="the key of the row digests; never bundled")
    period: Name | None = Field(
        default=None, description="the column that says when each audit row was: dates, or labels in order"
    )
    quasi_identifiers: Names = Field(
        default=(), description="columns that an acquaintance may know of a person, and find their row by"
    )
    readers: Names = Field(
        default=(), description="columns of what readers, clinicians for example, said of the audit rows"
    )
    expected: ExpectedColumns = Field(
        default_factory=ExpectedColumns, description="columns that say what an answer in words is to hold"
    )
    missing: Annotated[tuple[str, ...], BeforeValidator(as_labels)] = Field(
        default=(), description="cells that are missing, besides empty ones"
    )
    protected_inputs: dict[str, str] = Field(
        default_factory=dict, description="group -> the input column that carries it"
    )
    scores: Annotated[Names, BeforeValidator(as_list)] = Field(
        default=(), description="recorded: a column of scores a class, or one, of positive"
    )
    predicted: Name | None = Field(default=None, description="recorded: the column of predicted labels or values")
    classes: Annotated[Names, BeforeValidator(as_labels)] = Field(
        default=(), description="the label of each column of scores"
    )
    spread: Name | None = Field(default=None, description="the column of the standard deviation of a predicted value")
    lower: Name | None = Field(default=None, description="the column where a predicted value's interval begins")
    upper: Name | None = Field(default=None, description="and where it ends")
    level: float | None = Field(default=None, gt=0, lt=1, description="of the interval from lower to upper")
    user: Name = Field(default="user", description="the column of users in tables of interactions and of rankings")
    item: Name = Field(default="item", description="the column of items in the same tables")
    rating: Name = Field(
        default="rating", description="the column of ratings in tables of interactions, when it is there"
    )
    time: Name = Field(default="time", description="the column of times in tables of interactions, when it is there")
    split_at: Annotated[Name | None, BeforeValidator(as_moment)] = Field(
        default=None, description="the audit table is divided: rows at or after this time are judged, others training"
    )
    holdout: Literal["last"] | None = Field(
        default=None, description="the audit table is divided: each user's last row is judged, the others are training"
    )
    users: Name | None = Field(default=None, description="a table of users' attributes, one row a user")
    items: Name | None = Field(default=None, description="a table of items' attributes, one row an item")
    item_groups: Names = Field(
        default=(), description="columns of that table: whose exposure is compared, and what slates are made of"
    )
    provider: Name | None = Field(
        default=None,
        description="the column of that table that says who offers an item: intervals of exposure hold for others too",
    )
    contraindications: Name | None = Field(
        default=None, description="a table of what must not be recommended to whom, by columns of users and of items"
    )
    rankings: Name | None = Field(
        default=None, description="a table of what was recommended: user, item, rank or score"
    )
    k: int = Field(default=10, ge=1, description="how deep rankings are looked at")
    generated: Name | None = Field(default=None, description="the column of recorded answers")
    options: dict[str, Any] = Field(default_factory=dict, description="every further key: the loader's own")

    @model_validator(mode="after")
    def _groups_are_columns_of_their_own(self) -> Self:
        refuse_repeats("groups", self.groups)
        refuse_repeats("item_groups", self.item_groups)
        refuse_repeats("quasi_identifiers", self.quasi_identifiers)
        targets = (self.target,) if isinstance(self.target, str) else self.target or ()
        for name in self.groups:
            if name in targets:
                raise mistake(
                    f"names '{name}', which is the target", "groups", hint="a group is known before the outcome"
                )
        for name in self.protected_inputs:
            if name not in self.groups:
                hint = did_you_mean(name, self.groups, otherwise="name it in groups too")
                raise mistake(f"names '{name}', which is not one of the groups", "protected_inputs", name, hint=hint)
        return self

    @model_validator(mode="after")
    def _target_is_not_given_away(self) -> Self:
        inputs = (self.input,) if isinstance(self.input, str) else self.input or ()
        targets = (self.target,) if isinstance(self.target, str) else self.target or ()
        for name in inputs:
            if name in targets:
                raise mistake(
                    f"names '{name}', which is the target: the model would be told what it is to find",
                    "input",
                    hint="leave it out of input",
                )
        return self

    @model_validator(mode="after")
    def _item_groups_have_a_table(self) -> Self:
        if self.item_groups and self.items is None:
            message = f"names '{self.item_groups[0]}', and no table says what it is for each item"
            raise mistake(message, "item_groups", hint='name it: items = "items.csv", one row an item')
        if self.provider and not self.item_groups:
            message = f"names '{self.provider}', and no groups of items are compared"
            raise mistake(message, "provider", hint='name them: item_groups = ["kind"]')
        return self

    @model_validator(mode="after")
    def _bands_rise(self) -> Self:
        for name, begins in self.bands.items():
            if any(low >= high for low, high in itertools.pairwise(begins)):
                raise mistake("has bands that do not rise", "bands", name, example=(name, [40, 65]))
        return self

    @model_validator(mode="after")
    def _verdicts_are_of_recorded_answers(self) -> Self:
        judge, people = self.expected.judge, self.expected.judged_by_people
        if (judge is None) != (people is None):
            given, absent = ("judge", "judged_by_people") if people is None else ("judged_by_people", "judge")
            raise mistake(f"is given without {absent}", "expected", given, hint=f'add: {absent} = "..."')
        if judge is not None and self.generated is None:
            said = "is given without [data] generated: verdicts are of answers that were recorded"
            raise mistake(said, "expected", "judge", hint='adapter = "recorded", and [data] generated = "answer"')
        return self

    @model_validator(mode="after")
    def _classes_hold_positive(self) -> Self:
        refuse_repeats("classes", self.classes)
        refuse_repeats("scores", self.scores)
        chosen = (self.positive,) if isinstance(self.positive, str) else self.positive or ()
        refuse_repeats("positive", chosen)
        for label in chosen:
            if self.classes and label not in self.classes:
                raise mistake(
                    f"is '{label}', which is not one of the classes", "positive", hint=did_you_mean(label, self.classes)
                )
        return self

    @model_validator(mode="after")
    def _threshold_has_a_class(self) -> Self:
        if self.threshold is None:
            return self
        if not isinstance(self.positive, str):
            said = "none" if self.positive is None else "a list"
            message = f"is '{self.threshold:g}', which needs one positive class; positive is {said}"
            raise mistake(message, "threshold", example=("positive", self.positive[0] if self.positive else "yes"))
        if self.score_kind == "probability" and not 0 <= self.threshold <= 1:
            message = f"is '{self.threshold:g}', which no probability is"
            raise mistake(message, "threshold", example=("score_kind", "score"))
        return self

    @model_validator(mode="after")
    def _one_table_is_divided_once(self) -> Self:
        if self.split_at is not None and self.holdout is not None:
            raise mistake("is given, and so is split_at", "holdout", hint="keep one of them")
        key = "split_at" if self.split_at is not None else "holdout"
        if getattr(self, key) is not None and self.training is not None:
            hint = f"leave out training: the audit table is divided; or leave out {key}"
            raise mistake("is given, and so is a table of training rows", key, hint=hint)
        return self

    @model_validator(mode="after")
    def _commitment_has_a_key(self) -> Self:
        if self.canaries_commitment is not None and self.canaries is None:
            raise mistake("is given without canaries", "canaries_commitment", example=("canaries", "canaries.key"))
        return self

    @model_validator(mode="after")
    def _interval_has_two_ends(self) -> Self:
        if (self.lower is None) != (self.upper is None):
            given, absent = ("lower", "upper") if self.upper is None else ("upper", "lower")
            raise mistake(f"is given without {absent}", given, example=(absent, f"{absent}_bound"))
        return self
