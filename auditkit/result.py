"""AuditResult: the document that is signed. Its fields are a contract; `schema_version` counts its changes."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, PrivateAttr

from auditkit.document import Document, Grown, Text, canonical_json, digest_of
from auditkit.earlier import Change
from auditkit.finding import Finding, Measurement
from auditkit.frameworks import Framework
from auditkit.governance.record import Record
from auditkit.policy import Outcome, Policy, VerdictOutcome
from auditkit.sealing.record import SealRecord
from auditkit.stated import Stated

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.inmemory.writing import Held

SCHEMA_VERSION = 1


class FileDigest(Document):
    """A file and the SHA-256 of its bytes."""

    name: str
    sha256: str
    size: int


WITHOUT_MODEL = frozenset({"recorded", "given"})
"""The adapters of predictions that were made before: no model is run."""


class ModelFacts(Document):
    """What a model's files say of it. Its card is its maker's word."""

    architectures: tuple[str, ...] = Field(default=(), description="by config.json, e.g. BertForTokenClassification")
    parameters: int | None = Field(
        default=None, description="floating numbers in its safetensors, running means and the like among them"
    )
    stored: dict[str, int] = Field(
        default_factory=dict, description="type -> how many numbers the safetensors hold, e.g. float32 -> 22713216"
    )
    base_models: tuple[str, ...] = Field(default=(), description="what it was made from, by its card")
    licence: str | None = Field(default=None, description="by its card")
    datasets: tuple[str, ...] = Field(default=(), description="what it was trained on, by its card")

    @property
    def floating(self) -> dict[str, int]:
        """Those of `stored` that are floating: its parameters, with running means and the like."""
        return {name: count for name, count in self.stored.items() if "float" in name}


class ModelSignature(Document):
    """The signature that lies with a model, by OpenSSF model signing."""

    file: str
    made_with: Literal["key", "certificate", "unknown"]
    verified: bool = Field(default=False, description="False: the spec names no key to verify it with")
    key: str | None = Field(default=None, description="the keyid of the key that it was verified with")
    unsigned: tuple[str, ...] = Field(default=(), description="files of the model that its signer left out")


class ReferenceModel(Document):
    """Another model of the same kind, which attacks hold the audited one against."""

    path: str = Field(description="as the spec says it")
    digest: str = Field(description="over all its files and their names, as the subject's")
    files: tuple[FileDigest, ...] = ()
    notes: tuple[Text, ...] = Field(default=(), description="what opening it has to tell")
    trusted: tuple[Text, ...] = Field(default=(), description="what could have run code of its own, as the subject's")


class Subject(Document):
    """What was audited."""

    adapter: str
    path: str | None = Field(description="as the spec says it; None: no model file was named")
    class_name: str | None = Field(
        default=None,
        description="of what was given in memory, e.g. 'sklearn.svm._classes.SVC'; None: nothing was",
    )
    digest: str = Field(
        description="over all files and their names; over what names a model that runs elsewhere; or over the recorded "
        "predictions when there is neither"
    )
    remote: dict[str, str] = Field(
        default_factory=dict,
        description="what names a model that ran elsewhere, e.g. its endpoint: nobody here has seen its weights",
    )
    root_digest: str | None = Field(
        default=None, description="over all files without their names: what OpenSSF model signing names a model by"
    )
    files: tuple[FileDigest, ...] = ()
    facts: ModelFacts | None = Field(default=None, description="None: its files tell nothing, or there are none")
    signature: ModelSignature | None = Field(default=None, description="None: there is none")
    prediction_type: str
    classes: tuple[str, ...] = ()
    notes: tuple[Text, ...] = Field(
        default=(), description="what opening the model has to tell, e.g. the type that its weights are stored in"
    )
    trusted: tuple[Text, ...] = Field(
        default=(), description="what could have run code of the model's own, by leave of the spec, e.g. a pickle"
    )
    reference_model: ReferenceModel | None = Field(
        default=None, description="None: the spec names none. That it was trained on other rows is the spec's word"
    )


class GroupSize(Document):
    """How many rows one group has. None: withheld, because they are too few to tell."""

    label: str
    rows: int | None


class Attribute(Document):
    """A protected attribute in a split: its groups, and how many rows do not say."""

    name: str
    groups: tuple[GroupSize, ...]
    missing: int


class SplitSummary(Document):
    """One split of the data, without its rows."""

    name: Literal["audit", "training", "reference", "canaries"]
    file: FileDigest | None = Field(description="None: the rows were given in memory, and no file was read")
    rows: int
    digest: str = Field(description="of the rows as auditkit read them")
    keyed: bool = Field(description="whether digests are HMACs under the salt file")
    missing_targets: int
    target_classes: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    units: int | None = Field(default=None, description="how many different units, e.g. patients; None: rows are units")
    weight_sum: float | None = Field(default=None, description="of the rows' weights; None: every row weighs the same")


class DataSummary(Document):
    """The data that were looked at."""

    loader: str
    splits: tuple[SplitSummary, ...]
    target: str | None
    positive: tuple[str, ...] = ()
    threshold: float | None = None
    weights: str | None = Field(default=None, description="the column of weights; None: every row weighs the same")
    available: tuple[str, ...] = Field(description="what rules may need: targets, groups, scores, training, ...")
    notes: tuple[Text, ...] = Field(default=(), description="what is odd about the data, and what to do about it")


class EndedWaiver(Document):
    """A waiver that would have covered what a rule found, and is over."""

    waiver: int = Field(description="its place in the policy")
    why: Text


class Growth(Document):
    """How many times the rows would decide a rule, in 80% of audits, if what was measured is true."""

    times: float | None = Field(description="None: no number can be named")


class Judgement(Grown):
    """What one rule says about the findings."""

    grown: ClassVar[frozenset[str]] = frozenset({"ended", "growth"})

    rule: str = Field(description="the rule's id")
    outcome: Outcome
    worst: Measurement | None = Field(default=None, description="the measurement that decided")
    check: str | None = Field(default=None, description="the check that measured it")
    reason: Text
    listed: tuple[Measurement, ...] = Field(
        default=(), description="small groups that the policy lists and does not judge"
    )
    waiver: int | None = Field(default=None, description="the place of the waiver in the policy; set when it applies")
    unwaived: Outcome | None = Field(default=None, description="without waivers; set when one made a difference")
    ended: tuple[EndedWaiver, ...] = Field(
        default=(), description="waivers that would have covered it, and why each is over"
    )
    growth: Growth | None = Field(
        default=None, description="None: it is decided, more rows would not decide it, or nothing was worked out"
    )


class Verdict(Document):
    """What the policy says of the whole."""

    outcome: VerdictOutcome
    judgements: tuple[Judgement, ...]
    waivers_in_force: int = 0
    waivers_expired: tuple[int, ...] = Field(
        default=(), description="the places in the policy of waivers that are over"
    )


class JudgedPolicy(Grown):
    """The policy as it was used, with its digest."""

    grown: ClassVar[frozenset[str]] = frozenset({"versions"})

    policy: Policy
    digest: str
    source: str = Field(description="'spec', or 'baseline' when no rules were given")
    versions: dict[str, str] = Field(default={}, description="of the packs that it extends, where they say one")


class PluginRecord(Document):
    """A plugin that was loaded: nothing else had a part in the numbers."""

    name: str
    distribution: str
    version: str
    digest: str
    hooks: tuple[str, ...]


class BatchPlan(Document):
    """How the rows were batched when they were first predicted; resuming and re-runs follow it."""

    split: str
    rows: int
    batch_size: int
    order: Literal["as given", "by length"] = "as given"
    limit: int | None = Field(default=None, description="the most tokens of a text that the model looks at")
    cut: int = Field(default=0, description="how many texts are longer than that: their ends were not looked at")
    digest: str = Field(description="of the order and the sizes")


class PrecisionEffect(Document):
    """What a lower precision did to the predictions, on a sample of the audit rows that was run in both."""

    rows: int = Field(description="how many were drawn and run in both")
    of: int = Field(description="rows of the audit split")
    largest: float | None = Field(
        description="the largest absolute difference of a score, or of a value in its unit; None: they hold no number"
    )
    mean: float | None = Field(description="the mean absolute difference")
    changed: int | None = Field(description="rows that are decided otherwise; None: nothing is decided, as of values")


class Computing(Document):
    """How torch computed the predictions."""

    devices: tuple[str, ...] = Field(
        description="e.g. 'cuda:0 (NVIDIA H100 80GB HBM3)'; several: a share of a batch each"
    )
    threads: int | None = Field(default=None, description="of the CPU; None: it ran elsewhere")
    precision: Literal["float32", "bfloat16", "float16"] = Field(
        default="float32", description="of products and convolutions, by autocast; weights are float32"
    )
    deterministic: bool = Field(description="whether torch took algorithms that give the same bits twice, where it has")
    tf32: bool = Field(description="whether float32 may have been computed in TF32")
    effect: PrecisionEffect | None = Field(default=None, description="None: it computed in float32")


class Provenance(Document):
    """What the numbers came from, besides model and data."""

    auditkit: str
    python: str
    platform: str
    seed: int
    level: float
    spec_digest: str
    plugins: tuple[PluginRecord, ...]
    libraries: dict[str, str]
    batch_plans: tuple[BatchPlan, ...]
    computing: Computing | None = Field(default=None, description="None: no model was run by torch, as far as is known")


class NotLookedAt(Document):
    """Something that this audit does not speak about, and why."""

    what: Text
    why: Text


class CheckTime(Grown):
    """How long a check took. 0 when its finding was already in the evidence store."""

    grown: ClassVar[frozenset[str]] = frozenset({"apart"})

    check: str
    seconds: float
    resumed: bool = False
    apart: tuple[Text, ...] = Field(
        default=(), description="of a check in a worker of its own: what that was without, and what it kept"
    )


class RulePlace(Document):
    """Where a rule was read from: the same policy may stand on other lines, and in another notation."""

    rule: str = Field(description="the rule's id; 'baseline' is what asks to be held against the release before")
    file: str = Field(description="its path in the repository that it lies in; outside of one its name")
    line: int = Field(ge=1, description="of the rule; of what brings it in, when it is a pack's")


class Run(Grown):
    """About this one run. The only block outside `result_digest`."""

    grown: ClassVar[frozenset[str]] = frozenset({"places"})

    created: str = Field(description="ISO 8601, UTC")
    seconds: float
    device: str
    executor: str
    checks: tuple[CheckTime, ...] = ()
    troubles: tuple[str, ...] = Field(default=(), description="watchers that failed: plugin, hook, kind of error")
    places: tuple[RulePlace, ...] = Field(default=(), description="of the rules that were read from a file")


class AuditResult(Grown):  # noqa: PLW1641  it holds dicts, and was never hashable
    """Everything that an audit found, judged, and frozen."""

    grown: ClassVar[frozenset[str]] = frozenset({"seal", "stated", "change", "governance", "frameworks"})

    schema_version: int = SCHEMA_VERSION
    result_digest: str = Field(default="", description="SHA-256 of the canonical JSON without `run` and this field")
    name: str
    language: str = "en"
    subject: Subject
    data: DataSummary
    findings: tuple[Finding, ...]
    policy: JudgedPolicy
    verdict: Verdict
    not_looked_at: tuple[NotLookedAt, ...]
    provenance: Provenance
    seal: SealRecord | None = Field(default=None, description="None: nothing was sealed before the run")
    change: Change | None = Field(default=None, description="None: the spec names no audit before this one")
    stated: Stated = Field(default=Stated(), description="what the spec states of use, people and data")
    governance: tuple[Record, ...] = Field(
        default=(), description="who answers for the model; none: the spec names no records"
    )
    frameworks: tuple[Framework, ...] = Field(
        default=(), description="of the rule maps that the policy extends, the state of each clause"
    )
    run: Run

    def digest(self, raw: bytes | None = None) -> str:
        """What `result_digest` must be.

        `raw`: the bytes of `to_json`, where they are at hand; writing a large result again takes a tenth of a second.
        """
        if raw is not None:
            left_out = {"result_digest": self.result_digest, "run": self.run.model_dump(mode="json")}
            told = canonical_json(left_out)[1:-1] + b","  # the two stand side by side, and not at the end
            if raw.count(told) == 1:
                return hashlib.sha256(raw.replace(told, b"")).hexdigest()
        body: dict[str, Any] = self.model_dump(mode="json", exclude={"run", "result_digest"})
        return digest_of(body)

    def sealed(self) -> AuditResult:
        """The same result with its digest filled in."""
        return self.model_copy(update={"result_digest": self.digest()})

    # For people who audit in Python. None of this is part of the document.

    _held: Any = PrivateAttr(default=None)

    def held_by(self, held: Held) -> Self:
        """The same result with the evidence that it rests on, from which it can be written as a bundle."""
        result = self.model_copy()
        result._held = held  # noqa: SLF001  of its own copy
        return result

    def __eq__(self, other: object) -> bool:
        """Whether both say the same; where their evidence lies is no part of it."""
        return isinstance(other, AuditResult) and self.__dict__ == other.__dict__

    def to_frame(self) -> pd.DataFrame:
        """Every measurement as a row of a table; of a check that measured nothing, one row with the reason."""
        from auditkit.showing.frame import frame_of

        return frame_of(self)

    def write(  # noqa: PLR0913  the keys of [report] and [signing]
        self,
        folder: Path | str,
        *,
        key: Path | str | None = None,
        formats: tuple[str, ...] | list[str] | None = None,
        evidence: Literal["rows", "aggregates", "none"] | None = None,
        exports: tuple[str, ...] | list[str] | None = None,
        sequence: int | None = None,
        valid_days: int | None = None,
        assurance: Literal["self_attested", "second_party", "third_party"] | None = None,
        force: bool = False,
    ) -> Path:
        """Sign the result and write it as the bundle that `auditkit run` writes; returns the folder.

        Args:
            folder: the folder to make; its parent is there already.
            key: the signer's key, see `auditkit keygen`, or its address; absent: the development key of this machine.
            formats: of the report: "html", "pdf".
            evidence: what the bundle holds of the rows: "rows", "aggregates" or "none".
            exports: other formats, by name, e.g. "junit.xml".
            sequence: counts the audits of one model.
            valid_days: how long the bundle is valid.
            assurance: how independent the signer is.
            force: replace the bundle that is there.

        Raises:
            AuditError: the folder is there, the key is not, or this result was read from a file: the evidence that it
                rests on is where it was measured.
        """
        from auditkit.inmemory.writing import write_result

        report = {"formats": formats, "evidence": evidence, "exports": exports}
        signing = {"key": key, "sequence": sequence, "valid_days": valid_days, "assurance": assurance}
        return write_result(self, self._held, Path(folder), force=force, report=report, signing=signing)

    def _repr_html_(self) -> str:
        from auditkit.showing.notebook import html_of

        return html_of(self)

    def __repr__(self) -> str:
        """The verdict in one line, for a prompt."""
        from auditkit.showing.lines import line_of

        return line_of(self)

    def __str__(self) -> str:
        """The verdict, the rules and the worst findings, for `print`."""
        from auditkit.showing.lines import lines_of

        return lines_of(self)
