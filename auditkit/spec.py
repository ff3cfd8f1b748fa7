"""What a person asks for: AuditSpec and its sections as documents, and `read_spec`, which reads one from TOML or YAML.

How a file becomes plain values with lines stands in `specs.reading`; how a mistake is worded, in `specs.wording`.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, StringConstraints, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from auditkit.document import Document, digest_of
from auditkit.errors import did_you_mean
from auditkit.policy import Policy
from auditkit.specs.reading import read_source
from auditkit.specs.source import Keys, Source
from auditkit.specs.values import as_label_or_labels, as_label_values, as_labels, as_list, as_moment

Task = Literal["binary", "multiclass", "multilabel", "regression", "ranking", "tokens", "text"]

_LARGEST_SEED = 2**53 - 1  # what canonical JSON can say


Name = Annotated[str, StringConstraints(min_length=1)]
Names = tuple[Name, ...]
OneOrMore = Name | Annotated[Names, Field(min_length=1)]


def _mistake(message: str, *keys: str, hint: str = "", example: tuple[str, Any] | None = None) -> PydanticCustomError:
    """What a cross-check raises; `specs.wording` puts the file, the line and the key in front."""
    return PydanticCustomError(
        "mistake", "{message}", {"message": message, "keys": keys, "hint": hint, "example": example}
    )


def _refuse_repeats(key: str, names: tuple[str, ...]) -> None:
    for name, times in Counter(names).items():
        if times > 1:
            raise _mistake(f"names '{name}' more than once", key, hint="keep one of them")


class ModelSpec(Document):
    """`[model]`: what is audited, and which adapter opens it."""

    adapter: Name
    path: Name | None = Field(
        default=None, description="a file or folder beside the spec; absent: there is no model file"
    )
    device: Name = Field(default="auto", description="auto: cuda, then mps, then cpu")
    batch_size: Annotated[int, Field(ge=1)] | Literal["auto"] = "auto"
    labels: Annotated[dict[str, str], BeforeValidator(as_label_values)] = Field(
        default_factory=dict, description="the model's names of the classes -> the targets' names"
    )
    signature_key: Name | None = Field(
        default=None, description="the public key, in PEM, that must have signed the model's files: OpenSSF model.sig"
    )
    checkpoints: Names = Field(
        default=(), description="earlier states of the model, in order: files or folders that the same adapter opens"
    )
    reference_model: Name | None = Field(
        default=None, description="a model of the same kind, trained on other rows; opened as the model is"
    )
    train: Name | None = Field(default=None, description="module:function, which trains the model again on given rows")
    claimed_epsilon: float | None = Field(
        default=None, ge=0, description="the epsilon of differential privacy that its training is said to have kept"
    )
    claimed_delta: float = Field(default=0.0, ge=0, lt=1, description="of the same claim")
    options: dict[str, Any] = Field(default_factory=dict, description="every further key: the adapter's own")

    @model_validator(mode="after")
    def _the_rest_is_of_a_model(self) -> Self:
        _refuse_repeats("checkpoints", self.checkpoints)
        if self.checkpoints and self.path is None:
            raise _mistake("are given without path: of no model", "checkpoints", example=("path", "model"))
        if self.reference_model is not None and self.path in {None, self.reference_model}:
            said = "is given without path" if self.path is None else f"is '{self.path}', which is the model itself"
            raise _mistake(said, "reference_model", hint="beside path: a model that was trained on other rows")
        return self

    @model_validator(mode="after")
    def _delta_has_an_epsilon(self) -> Self:
        if self.claimed_epsilon is None and self.claimed_delta:
            raise _mistake("is given without claimed_epsilon", "claimed_delta", example=("claimed_epsilon", 1.0))
        return self

    @model_validator(mode="after")
    def _key_has_a_model(self) -> Self:
        if self.signature_key is not None and self.path is None:
            raise _mistake("is given without path: no model was signed", "signature_key", example=("path", "model"))
        return self


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
                raise _mistake(f"is '{column}', which has another role too", role, hint="a column for each role")
        return self


class DataSpec(Document):
    """`[data]`: the rows, and what each column means. Labels are canonical strings, see `canonical_label`."""

    loader: Name = "csv"
    audit: Name = Field(description="the rows that are judged")
    training: Name | None = Field(default=None, description="the members, for privacy, leakage and drift")
    reference: Name | None = Field(default=None, description="the population that the data should represent")
    canaries: Name | None = Field(
        default=None, description="the key of the rows that a coin put into the training, see auditkit canaries"
    )
    canaries_commitment: Annotated[str, StringConstraints(pattern="^[0-9a-f]{64}$")] | None = Field(
        default=None, description="what was published of that key before the model was trained"
    )
    input: OneOrMore | None = None
    target: OneOrMore | None = Field(default=None, description="a list: multi-label, one column of 0 and 1 a label")
    positive: Annotated[OneOrMore | None, BeforeValidator(as_label_or_labels)] = Field(
        default=None, description="the class that counts as selected; a list: each in turn; absent: every class in turn"
    )
    threshold: float | None = Field(default=None, description="positive when its score is at or above")
    score_kind: Literal["probability", "score"] = "probability"
    groups: Names = Field(default=(), description="columns of protected attributes")
    bands: dict[str, Annotated[tuple[float, ...], Field(min_length=1)]] = Field(
        default_factory=dict, description="a column of numbers -> where its bands begin; age makes a column age_band"
    )
    unit: Name | None = Field(default=None, description="who a row belongs to; rows of one unit are resampled together")
    weights: Name | None = None
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
    scores: Annotated[Names, BeforeValidator(as_list)] = ()
    predicted: Name | None = None
    classes: Annotated[Names, BeforeValidator(as_labels)] = Field(
        default=(), description="the label of each column of scores"
    )
    spread: Name | None = Field(default=None, description="the column of the standard deviation of a predicted value")
    lower: Name | None = None
    upper: Name | None = None
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
    item_groups: Names = ()
    rankings: Name | None = Field(
        default=None, description="a table of what was recommended: user, item, rank or score"
    )
    k: int = Field(default=10, ge=1, description="how deep rankings are looked at")
    generated: Name | None = Field(default=None, description="the column of recorded answers")
    options: dict[str, Any] = Field(default_factory=dict, description="every further key: the loader's own")

    @model_validator(mode="after")
    def _groups_are_columns_of_their_own(self) -> Self:
        _refuse_repeats("groups", self.groups)
        _refuse_repeats("item_groups", self.item_groups)
        _refuse_repeats("quasi_identifiers", self.quasi_identifiers)
        targets = (self.target,) if isinstance(self.target, str) else self.target or ()
        for name in self.groups:
            if name in targets:
                raise _mistake(
                    f"names '{name}', which is the target", "groups", hint="a group is known before the outcome"
                )
        for name in self.protected_inputs:
            if name not in self.groups:
                hint = did_you_mean(name, self.groups, otherwise="name it in groups too")
                raise _mistake(f"names '{name}', which is not one of the groups", "protected_inputs", name, hint=hint)
        return self

    @model_validator(mode="after")
    def _target_is_not_given_away(self) -> Self:
        inputs = (self.input,) if isinstance(self.input, str) else self.input or ()
        targets = (self.target,) if isinstance(self.target, str) else self.target or ()
        for name in inputs:
            if name in targets:
                raise _mistake(
                    f"names '{name}', which is the target: the model would be told what it is to find",
                    "input",
                    hint="leave it out of input",
                )
        return self

    @model_validator(mode="after")
    def _bands_rise(self) -> Self:
        for name, begins in self.bands.items():
            if any(low >= high for low, high in itertools.pairwise(begins)):
                raise _mistake("has bands that do not rise", "bands", name, example=(name, [40, 65]))
        return self

    @model_validator(mode="after")
    def _verdicts_are_of_recorded_answers(self) -> Self:
        judge, people = self.expected.judge, self.expected.judged_by_people
        if (judge is None) != (people is None):
            given, absent = ("judge", "judged_by_people") if people is None else ("judged_by_people", "judge")
            raise _mistake(f"is given without {absent}", "expected", given, hint=f'add: {absent} = "..."')
        if judge is not None and self.generated is None:
            said = "is given without [data] generated: verdicts are of answers that were recorded"
            raise _mistake(said, "expected", "judge", hint='adapter = "recorded", and [data] generated = "answer"')
        return self

    @model_validator(mode="after")
    def _classes_hold_positive(self) -> Self:
        _refuse_repeats("classes", self.classes)
        _refuse_repeats("scores", self.scores)
        chosen = (self.positive,) if isinstance(self.positive, str) else self.positive or ()
        _refuse_repeats("positive", chosen)
        for label in chosen:
            if self.classes and label not in self.classes:
                raise _mistake(
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
            raise _mistake(message, "threshold", example=("positive", self.positive[0] if self.positive else "yes"))
        if self.score_kind == "probability" and not 0 <= self.threshold <= 1:
            message = f"is '{self.threshold:g}', which no probability is"
            raise _mistake(message, "threshold", example=("score_kind", "score"))
        return self

    @model_validator(mode="after")
    def _one_table_is_divided_once(self) -> Self:
        if self.split_at is not None and self.holdout is not None:
            raise _mistake("is given, and so is split_at", "holdout", hint="keep one of them")
        key = "split_at" if self.split_at is not None else "holdout"
        if getattr(self, key) is not None and self.training is not None:
            hint = f"leave out training: the audit table is divided; or leave out {key}"
            raise _mistake("is given, and so is a table of training rows", key, hint=hint)
        return self

    @model_validator(mode="after")
    def _commitment_has_a_key(self) -> Self:
        if self.canaries_commitment is not None and self.canaries is None:
            raise _mistake("is given without canaries", "canaries_commitment", example=("canaries", "canaries.key"))
        return self

    @model_validator(mode="after")
    def _interval_has_two_ends(self) -> Self:
        if (self.lower is None) != (self.upper is None):
            given, absent = ("lower", "upper") if self.upper is None else ("upper", "lower")
            raise _mistake(f"is given without {absent}", given, example=(absent, f"{absent}_bound"))
        return self


class CheckSpec(Document):
    """One of `[[checks]]`: an area or a check by id, with options."""

    use: Name
    options: dict[str, Any] = Field(default_factory=dict, description="every further key: the check's own")


class ReportSpec(Document):
    """`[report]`: what is written for people."""

    formats: Annotated[tuple[Literal["html", "pdf"], ...], Field(min_length=1)] = ("html", "pdf")
    language: Literal["en", "zh-CN"] = "en"
    evidence: Literal["rows", "aggregates", "none"] = "rows"
    examples: Literal["none", "synthetic", "released"] = "none"


class SigningSpec(Document):
    """`[signing]`: who vouches for the bundle, and for how long."""

    key: Name | None = Field(default=None, description="absent: a local development key, and everything says so")
    sequence: int = Field(
        default=0, ge=0, le=_LARGEST_SEED, description="counts the audits of one model, against replay"
    )
    valid_days: int = Field(default=365, ge=1, le=36500)
    assurance: Literal["self_attested", "second_party", "third_party"] = "self_attested"


class ComputeSpec(Document):
    """`[compute]`: where the work is done, and how much of it."""

    executor: Name = "local"
    address: Name | None = Field(default=None, description="of a cluster")
    devices: Names = ()
    max_rows: int | None = Field(
        default=1_000_000, ge=1, description="above it, checks that do not stream get a named sample"
    )
    budget: float | None = Field(default=None, gt=0, description="seconds that the whole audit may take")
    time_limit: float = Field(default=3600.0, gt=0, description="seconds that one check may take")


class PluginsSpec(Document):
    """`[plugins]`: which plugins may be loaded. `allow` None: all that are installed."""

    allow: Names | None = None
    pin: dict[str, str] = Field(
        default_factory=dict, description="distribution -> the SHA-256 that its plugins must have"
    )


class AuditSpec(Document):
    """A whole spec. Paths in it are relative to `folder`."""

    name: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
    seed: int = Field(default=0, ge=0, le=_LARGEST_SEED)
    level: float = Field(default=0.95, gt=0, lt=1, description="of every interval")
    task: Task | None = Field(default=None, description="absent: inferred from the predictions")
    model: ModelSpec
    data: DataSpec
    checks: tuple[CheckSpec, ...] = Field(default=(), description="none at all: every check that applies")
    policy: Policy | None = Field(default=None, description="absent: the pack baseline")
    report: ReportSpec = ReportSpec()
    signing: SigningSpec = SigningSpec()
    compute: ComputeSpec = ComputeSpec()
    plugins: PluginsSpec = PluginsSpec()
    governance: dict[str, Any] = Field(default_factory=dict)

    _source: Source = PrivateAttr(default_factory=Source)

    def model_post_init(self, context: Any, /) -> None:
        """Keep the source that `read_spec` hands over, so that later stages can name lines."""
        if isinstance(context, Mapping) and "source" in context:
            self._source = context["source"]

    @model_validator(mode="after")
    def _recorded_predictions_are_named(self) -> Self:
        data = self.data
        named = (data.scores, data.predicted, data.generated, data.rankings)
        if self.model.adapter == "recorded" and not any(named):
            message = "does not say which column or file holds the predictions that the adapter 'recorded' reads"
            example = ("rankings", "topk.csv") if data.loader == "interactions" else ("predicted", "yhat")
            raise _mistake(message, "data", example=example)
        return self

    @property
    def source(self) -> Source:
        """The file that this was read from; an empty one when it was made in Python."""
        return self._source

    @property
    def folder(self) -> Path:
        """The folder that paths are relative to, absolute."""
        return self._source.folder

    @property
    def interval_level(self) -> float:
        """The confidence of this audit's intervals: `level`, or what a plan of re-audits leaves for this look."""
        plan = self.policy.reaudit if self.policy else None
        return self.level if plan is None else plan.level_of(self.level)

    @property
    def digest(self) -> str:
        """The SHA-256 of the canonical JSON of all that the spec says, defaults included; equal for TOML and YAML."""
        return digest_of(self.model_dump(mode="json"))


def read_spec(path: Path | str) -> AuditSpec:
    """Read a spec from a .toml, .yaml or .yml file.

    Every mistake is a SpecError that names the file, the line and the key.
    """
    return make_spec(read_source(path))


def make_spec(source: Source) -> AuditSpec:
    """A spec of plain values, from a file or from Python; every mistake is a SpecError that names the key."""
    try:
        spec = AuditSpec.model_validate(_spec_input(source.content), strict=True, context={"source": source})
    except ValidationError as error:
        raise _worded(error, source, AuditSpec) from None
    _refuse_equal_rules(spec.policy or Policy(), source, ("policy",))
    return spec


def read_policy(path: Path | str) -> Policy:
    """Read a policy from a file of its own: the keys of `[policy]`, at the top level.

    Every mistake is a SpecError that names the file, the line and the key.
    """
    source = read_source(path)
    try:
        policy = Policy.model_validate(_frozen(source.content), strict=True)
    except ValidationError as error:
        raise _worded(error, source, Policy) from None
    _refuse_equal_rules(policy, source, ())
    return policy


def _refuse_equal_rules(policy: Policy, source: Source, table: Keys) -> None:
    seen: set[str] = set()
    for place, rule in enumerate(policy.rules):
        name = rule.identified().id
        if name in seen:
            hint = "keep one of the two, or give one an id of its own"
            raise source.error((*table, "rules", place), f"has the id of an earlier rule: '{name}'", hint)
        seen.add(name)


def _worded(error: ValidationError, source: Source, document: type[Document]) -> Exception:
    from auditkit.specs.wording import worded

    return worded(error, source, document)


def _spec_input(content: Mapping[str, Any]) -> dict[str, Any]:
    """What the file says in the shape of AuditSpec: keys that are not designed move to `options`, as they are."""
    given = {key: value if key == "governance" else _frozen(value) for key, value in content.items()}
    for key, document in (("model", ModelSpec), ("data", DataSpec)):
        if key in content:
            given[key] = _with_options(content[key], document)
    if isinstance(content.get("checks"), list):
        given["checks"] = tuple(_with_options(check, CheckSpec) for check in content["checks"])
    return given


def _with_options(table: Any, document: type[Document]) -> Any:
    if not isinstance(table, Mapping):
        return table
    designed = document.model_fields.keys() - {"options"}
    given = {key: _frozen(value) for key, value in table.items() if key in designed}
    return {**given, "options": {key: value for key, value in table.items() if key not in designed}}


def _frozen(value: Any) -> Any:
    """Lists become tuples, which is what frozen documents hold."""
    if isinstance(value, Mapping):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
