"""What a person asks for: AuditSpec and its sections as documents, and `read_spec`, which reads one from TOML or YAML.

The section `[data]` stands in `specs.data`; how a file becomes plain values with lines, in `specs.reading`; how a
mistake is worded, in `specs.wording`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, StringConstraints, ValidationError, model_validator

from auditkit.document import Document, Grown, digest_of
from auditkit.policy import Policy
from auditkit.specs.data import DataSpec
from auditkit.specs.mistakes import Name, Names, mistake, refuse_repeats
from auditkit.specs.reading import read_source
from auditkit.specs.source import Keys, Source
from auditkit.specs.values import as_label_values, frozen
from auditkit.stated import GovernanceSpec

__all__ = [
    "AuditSpec",
    "CheckSpec",
    "ComputeSpec",
    "DataSpec",
    "GovernanceSpec",
    "ModelSpec",
    "PluginsSpec",
    "ReportSpec",
    "SigningSpec",
    "Task",
    "make_spec",
    "read_policy",
    "read_spec",
]

Task = Literal["binary", "multiclass", "multilabel", "regression", "ranking", "tokens", "text"]

_LARGEST_SEED = 2**53 - 1  # what canonical JSON can say


class ModelSpec(Document):
    """`[model]`: what is audited, and which adapter opens it."""

    adapter: Name = Field(description="what opens the model, see auditkit adapters; recorded: predictions in the table")
    path: Name | None = Field(
        default=None, description="a file or folder beside the spec; absent: there is no model file"
    )
    device: Name = Field(default="auto", description="auto: cuda, then mps, then cpu")
    batch_size: Annotated[int, Field(ge=1)] | Literal["auto"] = Field(
        default="auto", description="rows that the model is asked about at once; auto: tried out, within the memory"
    )
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
        refuse_repeats("checkpoints", self.checkpoints)
        if self.checkpoints and self.path is None:
            raise mistake("are given without path: of no model", "checkpoints", example=("path", "model"))
        if self.reference_model is not None and self.path in {None, self.reference_model}:
            said = "is given without path" if self.path is None else f"is '{self.path}', which is the model itself"
            raise mistake(said, "reference_model", hint="beside path: a model that was trained on other rows")
        return self

    @model_validator(mode="after")
    def _delta_has_an_epsilon(self) -> Self:
        if self.claimed_epsilon is None and self.claimed_delta:
            raise mistake("is given without claimed_epsilon", "claimed_delta", example=("claimed_epsilon", 1.0))
        return self

    @model_validator(mode="after")
    def _key_has_a_model(self) -> Self:
        if self.signature_key is not None and self.path is None:
            raise mistake("is given without path: no model was signed", "signature_key", example=("path", "model"))
        return self


class CheckSpec(Document):
    """One of `[[checks]]`: an area or a check by id, with options."""

    use: Name = Field(description="an area, e.g. fairness, or one check by id, e.g. calibration.error")
    options: dict[str, Any] = Field(default_factory=dict, description="every further key: the check's own")


class ReportSpec(Grown):
    """`[report]`: what is written for people."""

    grown: ClassVar[frozenset[str]] = frozenset({"exports", "released", "previous", "previous_key"})

    formats: Annotated[tuple[Literal["html", "pdf"], ...], Field(min_length=1)] = Field(
        default=("html", "pdf"), description="what the report is written as"
    )
    language: Literal["en", "zh-CN"] = Field(default="en", description="of the report")
    evidence: Literal["rows", "aggregates", "none"] = Field(
        default="rows", description="what the bundle keeps, for replay and for a later baseline; inputs never"
    )
    examples: Literal["none", "synthetic", "released"] = Field(
        default="none", description="which rows may be shown: synthetic and released say what the audit rows are"
    )
    exports: Names | None = Field(
        default=None, description="other formats, by name; absent: all that do not wait to be named"
    )
    released: Names = Field(
        default=(), description="columns whose cells may stand in the report; those of others are refused there"
    )

    previous: Name | None = Field(
        default=None, description="the bundle of the audit before: the report tells what changed since, with a test"
    )
    previous_key: Name | None = Field(
        default=None, description="the public key that must have signed it; absent: it is intact, signed by whomever"
    )

    @model_validator(mode="after")
    def _previous_key_has_a_bundle(self) -> Self:
        if self.previous_key is not None and self.previous is None:
            raise mistake("is given without previous: nothing was signed", "previous_key", example=("previous", "old"))
        return self

    @model_validator(mode="after")
    def _exports_are_named_once(self) -> Self:
        refuse_repeats("exports", self.exports or ())
        return self


class SigningSpec(Grown):
    """`[signing]`: who vouches for the bundle, and for how long."""

    grown: ClassVar[frozenset[str]] = frozenset({"tsa", "long_term"})

    key: Name | None = Field(
        default=None,
        description="a key file, or the address of a key (pkcs11:, awskms:, gcpkms:, azurekms:, hv:); absent: a local "
        "development key, and everything says so",
    )
    sequence: int = Field(
        default=0, ge=0, le=_LARGEST_SEED, description="counts the audits of one model, against replay"
    )
    valid_days: int = Field(default=365, ge=1, le=36500, description="until the attestation expires")
    assurance: Literal["self_attested", "second_party", "third_party"] = Field(
        default="self_attested", description="who the signer is to the model's maker"
    )
    tsa: Name | None = Field(
        default=None, description="address of a time-stamping authority, which is asked by HTTP; absent: nobody is"
    )
    long_term: Names = Field(
        default=(),
        description="certificates and revocation lists that the PDF carries (PAdES B-LT): files, or addresses to fetch",
    )


class ComputeSpec(Grown):
    """`[compute]`: where the work is done, and how much of it."""

    grown: ClassVar[frozenset[str]] = frozenset({"memory_limit"})

    executor: Name = Field(default="local", description="what runs the checks; this version has local alone")
    address: Name | None = Field(default=None, description="of a cluster")
    devices: Names = Field(default=(), description="of a cluster; not used by this version")
    max_rows: int | None = Field(
        default=1_000_000, ge=1, description="above it, checks that do not stream get a named sample"
    )
    budget: float | None = Field(default=None, gt=0, description="seconds that the whole audit may take")
    time_limit: float = Field(default=3600.0, gt=0, description="seconds that one check may take")
    memory_limit: float | None = Field(
        default=None, gt=0, description="GiB that the audit's worker may hold while a check runs; absent: no limit"
    )


class PluginsSpec(Document):
    """`[plugins]`: which plugins may be loaded."""

    allow: Names | None = Field(default=None, description="the distributions that may offer plugins; absent: all")
    isolate: bool | Names = Field(
        default=False,
        description="whose checks get a worker of their own, without network and writing; true: all but auditkit's",
    )
    pin: dict[str, str] = Field(
        default_factory=dict, description="distribution -> the SHA-256 that its plugins must have"
    )


class AuditSpec(Document):
    """A whole spec. Paths in it are relative to `folder`."""

    name: Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)] = Field(
        description="of the audit, at the head of the report and in the attestation"
    )
    seed: int = Field(default=0, ge=0, le=_LARGEST_SEED, description="of everything that is drawn at random")
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
    governance: GovernanceSpec = GovernanceSpec()

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
            raise mistake(message, "data", example=example)
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
        policy = Policy.model_validate(frozen(source.content), strict=True)
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
    given = {key: value if key == "governance" else frozen(value) for key, value in content.items()}
    for key, document in (("model", ModelSpec), ("data", DataSpec), ("governance", GovernanceSpec)):
        if key in content:
            given[key] = _with_options(content[key], document)
    if isinstance(content.get("checks"), list):
        given["checks"] = tuple(_with_options(check, CheckSpec) for check in content["checks"])
    return given


def _with_options(table: Any, document: type[Document]) -> Any:
    if not isinstance(table, Mapping):
        return table
    designed = document.model_fields.keys() - {"options"}
    given = {key: frozen(value) for key, value in table.items() if key in designed}
    return {**given, "options": {key: value for key, value in table.items() if key not in designed}}
