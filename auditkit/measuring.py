"""Stages 3 and 4: read the data, predict once, run the checks. What comes out is a document; nothing is judged here."""

from __future__ import annotations

import importlib.metadata
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from auditkit.case import Case, CaseSettings, split_columns
from auditkit.compute import Broker, plan_key
from auditkit.dataset import AuditDataset, Codes, Split, SplitName
from auditkit.discovery import distribution_digest
from auditkit.document import Document, Text
from auditkit.errors import AuditError, NotApplicable
from auditkit.evidence import EvidenceStore, evidence_key
from auditkit.finding import Chart, Control, Finding, Measurement, Table
from auditkit.plugin import Check
from auditkit.predictions import ClassScores, LabelScores, Predictions
from auditkit.result import (
    Attribute,
    BatchPlan,
    CheckTime,
    DataSummary,
    GroupSize,
    SplitSummary,
    Subject,
)
from auditkit.subject import subject_digest
from auditkit.suppression import Cell

if TYPE_CHECKING:
    from auditkit.host import Host, Planned
    from auditkit.spec import AuditSpec

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stage:
    """A stage begins."""

    name: str


@dataclass(frozen=True)
class PlanMade:
    """The checks that will run, in order."""

    checks: tuple[str, ...]


@dataclass(frozen=True)
class CheckStarted:
    """The check at this place of the plan begins."""

    place: int
    check: str


@dataclass(frozen=True)
class CheckFinished:
    """A check has ended."""

    place: int
    finding: Finding
    seconds: float
    resumed: bool


Event = Stage | PlanMade | CheckStarted | CheckFinished
Listener = Callable[[Event], None]


class Measured(Document):
    """Everything that stages 3 and 4 found out. Small cells are still in it: it never leaves the machine."""

    subject: Subject
    data: DataSummary
    findings: tuple[Finding, ...]
    times: tuple[CheckTime, ...]
    batch_plans: tuple[BatchPlan, ...]
    sizes: tuple[tuple[tuple[tuple[str, str], ...], int], ...] = Field(
        description="rows of every group and intersection"
    )
    keys: dict[str, tuple[str, str]] = Field(description="split -> store keys of its rows and its predictions")
    notes: tuple[Text, ...] = ()

    @property
    def cells(self) -> dict[Cell, int]:
        """Rows of every group and intersection; () is everybody."""
        return dict(self.sizes)


def measure(
    spec: AuditSpec,
    host: Host,
    listen: Listener,
    *,
    fresh: bool = False,
    lost: Mapping[int, Finding] | None = None,
) -> Measured:
    """Read, predict, check.

    Args:
        spec: what to audit.
        host: the plugins.
        listen: is told what begins and ends.
        fresh: forget what the evidence store holds.
        lost: place in the plan -> the finding of a check that killed its process, which is not run again.
    """
    plan = host.plan(spec)
    listen(PlanMade(tuple(item.check.id for item in plan)))
    listen(Stage("reading the data"))
    broker = Broker(spec, host)
    _ = broker.dataset  # read before the store is made: data that are refused leave nothing behind
    case, digest = open_case(spec, broker, EvidenceStore.open(spec.folder, fresh=fresh))
    listen(Stage("predicting"))
    predict_once(case)
    _forbid_writing(case)
    subject = _subject(spec, case, digest)
    listen(Stage("checking"))
    findings, times = run_checks(host, case, plan, listen, lost or {}, spec.compute.max_rows)
    return Measured(
        subject=subject,
        data=_data_summary(spec, broker.dataset, case.predictions),
        findings=findings,
        times=times,
        batch_plans=tuple(
            case.store.get(plan_key(pair[1])) for pair in case.keys.values() if plan_key(pair[1]) in case.store
        ),
        sizes=tuple(group_sizes(case, findings).items()),
        keys=dict(case.keys),
    )


def open_case(spec: AuditSpec, broker: Broker, store: EvidenceStore) -> tuple[Case[Any], tuple[str, Any]]:
    """A case on the spec's data, and the digest and files of its subject. Opens no model."""
    dataset = broker.dataset
    adapter, options = broker.host.adapter_for(spec)
    digest = subject_digest(spec, dataset)
    model_key = evidence_key(
        "model",
        digest=digest[0],
        files=[(file.name, file.sha256) for file in digest[1]],
        adapter=adapter.id,
        code=broker.host.owner_of(adapter).digest,
        options={name: repr(value) for name, value in options.items()},
        labels=spec.model.labels,
        batch_size=spec.model.batch_size,
        columns=spec.data.model_dump(
            mode="json", include={"scores", "predicted", "classes", "score_kind", "input", "target", "positive"}
        ),
    )
    keys: dict[SplitName, tuple[str, str]] = {}
    for split in dataset.splits:
        rows = evidence_key("split", name=split.name, digest=split.digest, data=spec.data.model_dump(mode="json"))
        keys[split.name] = (rows, evidence_key("predictions", model=model_key, inputs=split.digest, name=split.name))
        if rows not in store:
            store.put(rows, split_columns(split))
    return Case(case_settings(spec), store, keys, broker), digest


def case_settings(spec: AuditSpec) -> CaseSettings:
    """What the spec says that every check needs to know."""
    positive = spec.data.positive
    named = (positive,) if isinstance(positive, str) else tuple(positive or ())
    least = spec.policy.min_group_size if spec.policy else 30
    return CaseSettings(spec.seed, spec.level, least, named, spec.data.threshold)


def predict_once(case: Case[Predictions]) -> None:
    """Predict the audit split, and refuse what no check could use: a model that cannot predict ends the audit here."""
    predictions = case.predictions
    classes = getattr(predictions, "classes", getattr(predictions, "labels", ()))
    for name in case.settings.positive:
        if classes and name not in classes:
            from auditkit.errors import DataError, did_you_mean

            raise DataError(
                f"the positive class '{name}' is none of the model's classes", hint=did_you_mean(name, classes)
            )
    if case.settings.threshold is not None and len(classes) != 2 and isinstance(predictions, ClassScores):  # noqa: PLR2004
        from auditkit.errors import DataError

        raise DataError(
            f"a threshold needs two classes, and the model has {len(classes)}", hint="leave out [data] threshold"
        )
    if case.has_targets and isinstance(predictions, ClassScores):
        _ = case.targets


def _forbid_writing(case: Case[Any]) -> None:
    """Make what checks share read-only: one that writes into it must fail, not change what the next one sees."""
    shared = [getattr(case.predictions, field.name) for field in fields(case.predictions)]
    if isinstance(case.predictions, ClassScores):
        shared += [case.decisions, *([case.targets.codes] if case.has_targets else [])]
    for array in shared:
        if isinstance(array, np.ndarray):
            array.setflags(write=False)


def run_checks(
    host: Host,
    case: Case[Any],
    plan: tuple[Planned, ...],
    listen: Listener,
    lost: Mapping[int, Finding],
    max_rows: int | None,
) -> tuple[tuple[Finding, ...], tuple[CheckTime, ...]]:
    """Run the planned checks in order; what one of them does cannot stop the others."""
    findings, times = [], []
    for place, item in enumerate(plan):
        listen(CheckStarted(place, item.check.id))
        began = time.monotonic()
        if place in lost:
            finding, resumed = lost[place], False
        else:
            finding, resumed = run_check(host, case, item, max_rows)
        seconds = round(time.monotonic() - began, 3)
        listen(CheckFinished(place, finding, seconds, resumed))
        findings.append(finding)
        times.append(CheckTime(check=item.check.id, seconds=seconds, resumed=resumed))
    return tuple(findings), tuple(times)


def run_check(host: Host, case: Case[Any], item: Planned, max_rows: int | None) -> tuple[Finding, bool]:
    """One check's finding, and whether it was in the evidence store already."""
    given = replace(case, identity="\0".join(item.identity), _kept=case._kept)  # noqa: SLF001  what was read is shared
    notes: list[Text] = []
    if max_rows is not None and len(case) > max_rows and not item.check.streams:
        chosen = np.sort(given.rng("sample").choice(len(case), size=max_rows, replace=False))
        given = given.narrowed(chosen.astype(np.int64))
        notes.append(
            Text.of(
                "measured on a random sample of {rows} of {all} rows ([compute] max_rows)", rows=max_rows, all=len(case)
            )
        )
    key = evidence_key(
        "finding",
        identity=list(item.identity),
        code=[
            host.owner_of(item.check).digest,
            distribution_digest(item.check.run.__module__),
            distribution_digest("auditkit"),
        ],
        case=given.key,
    )
    if key in case.store:
        return case.store.get(key), True
    finding = _ask(item, given, notes)
    if finding.status != "error":
        case.store.put(key, finding)
    return finding, False


def _ask(item: Planned, case: Case[Any], notes: list[Text]) -> Finding:
    if (refusal := _wrong_type(item.check, case.predictions)) is not None:
        return not_applicable(item, refusal)
    try:
        readings = tuple(item.check.run(case, **item.options))
        finding = _measured(item, readings, [*notes, *_case_notes(case, item.check)])
        finding.to_json()  # what cannot be written down would end the audit when the result is frozen
    except NotApplicable as why:
        return not_applicable(item, Text(msgid=why.message, params=dict(why.params)), why.hint)
    except (Exception, SystemExit) as error:
        # A broken check must not lose the rest of the audit, nor look like a clean one.
        logger.exception("check %s failed", item.check.id)
        hint = error.hint if isinstance(error, AuditError) else "its traceback: run again with --debug"
        return crashed(item, Text.of("{kind}: {message}", kind=type(error).__name__, message=words_of(error)), hint)
    return finding


def words_of(error: BaseException) -> str:
    """What an exception says, cut to 500 characters and fit to be written down."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001  a plugin's exception may fail at this too
        said = "it cannot say what went wrong"
    return said[:500].encode("utf-8", errors="backslashreplace").decode("utf-8")


def _measured(item: Planned, readings: Iterable[Any], notes: list[Text]) -> Finding:
    measurements, evidence, controls = [], [], []
    for reading in readings:
        if isinstance(reading, Measurement):
            measurements.append(reading)
        elif isinstance(reading, Table | Chart):
            evidence.append(reading)
        elif isinstance(reading, Control):
            controls.append(reading)
        else:
            raise TypeError(f"a check yields measurements, tables, charts and controls, not {type(reading).__name__}")
    if not measurements and not evidence:
        return crashed(
            item,
            Text.of("the check ended without a measurement or a reason"),
            "yield a Measurement, or raise NotApplicable",
        )
    return _finding(
        item,
        status="measured",
        measurements=tuple(measurements),
        evidence=tuple(evidence),
        controls=tuple(controls),
        notes=tuple(notes),
    )


def not_applicable(item: Planned, reason: Text, hint: str = "") -> Finding:
    """The finding of a check that has nothing to say about this case."""
    return _finding(item, status="not_applicable", reason=reason, hint=hint)


def crashed(item: Planned, reason: Text, hint: str = "") -> Finding:
    """The finding of a check that raised, hung, or killed its process."""
    return _finding(item, status="error", reason=reason, hint=hint)


def _finding(item: Planned, **fields: Any) -> Finding:
    check = item.check
    return Finding(
        check=check.id,
        options={
            name: value if isinstance(value, bool | int | float | str | None) else str(value)
            for name, value in item.options.items()
        },
        title=Text(msgid=check.title),
        text=Text(msgid=check.text),
        cards=check.metrics,
        **fields,
    )


def _wrong_type(check: Check, predictions: Predictions) -> Text | None:
    if check.on is None or isinstance(predictions, check.on):
        return None
    wanted = " or ".join(kind.__name__ for kind in check.on)
    return Text.of(
        "it looks at {wanted}, and this model gives {given}", wanted=wanted, given=type(predictions).__name__
    )


def _case_notes(case: Case[Any], check: Check) -> Iterable[Text]:
    classes = getattr(case.predictions, "classes", ())
    if check.on is not None and len(case.positives) < len(classes) and not case.settings.positive:
        yield Text.of(
            "of {all} classes the {some} most frequent were taken in turn; name others with [data] positive",
            all=len(classes),
            some=len(case.positives),
        )


def _subject(spec: AuditSpec, case: Case[Any], digest: tuple[str, Any]) -> Subject:
    predictions = case.predictions
    notes_key = evidence_key("load-notes", of=case.keys["audit"][1])
    # The model is open when it has just predicted; later runs find the notes in the store, and open nothing.
    notes = case.store.remember(notes_key, lambda: list(getattr(case.broker.model, "notes", ())))
    return Subject(
        adapter=spec.model.adapter,
        path=spec.model.path,
        digest=digest[0],
        files=digest[1],
        prediction_type=type(predictions).__name__,
        classes=tuple(getattr(predictions, "classes", getattr(predictions, "labels", ()))),
        notes=tuple(notes),
    )


def _data_summary(spec: AuditSpec, dataset: AuditDataset, predictions: Predictions) -> DataSummary:
    target = spec.data.target
    positive = case_settings(spec).positive
    return DataSummary(
        loader=spec.data.loader,
        splits=tuple(_split_summary(split, dataset, keyed=spec.data.salt_file is not None) for split in dataset.splits),
        target=", ".join(target) if isinstance(target, tuple) else target,
        positive=positive,
        threshold=spec.data.threshold,
        available=available_evidence(spec, dataset, predictions),
    )


def available_evidence(spec: AuditSpec, dataset: AuditDataset, predictions: Predictions) -> tuple[str, ...]:
    """What rules may need, of what there is."""
    scores = isinstance(predictions, LabelScores) or (
        isinstance(predictions, ClassScores) and predictions.kind == "probability"
    )
    has = {
        "targets": spec.data.target is not None,
        "groups": bool(spec.data.groups),
        "scores": scores,
        "training": dataset.training is not None,
        "reference": dataset.reference is not None,
        "protected_inputs": bool(spec.data.protected_inputs),
    }
    return tuple(name for name, there in has.items() if there)


def _split_summary(split: Split, dataset: AuditDataset, *, keyed: bool) -> SplitSummary:
    return SplitSummary(
        name=split.name,
        file=dataset.files[split.name],
        rows=len(split),
        digest=split.digest,
        keyed=keyed,
        missing_targets=0 if split.targets is None else split.targets.missing,
        target_classes=() if split.targets is None else split.targets.vocabulary,
        attributes=tuple(_attribute(name, codes) for name, codes in split.groups.items()),
        units=None if split.units is None else len(split.units.vocabulary),
    )


def _attribute(name: str, codes: Codes) -> Attribute:
    groups = tuple(
        GroupSize(label=label, rows=int(rows)) for label, rows in zip(codes.vocabulary, codes.counts(), strict=True)
    )
    return Attribute(name=name, groups=groups, missing=codes.missing)


def group_sizes(case: Case[Any], findings: Iterable[Finding]) -> dict[Cell, int]:
    """Rows of every group and every intersection that some measurement may be about; () is everybody."""
    sizes: dict[Cell, int] = {(): len(case)}
    if not case.has_groups:
        return sizes
    groups = case.groups
    measured = {tuple(sorted(m.group)) for finding in findings for m in finding.measurements if m.group}
    wanted = {part for names in measured for size in range(1, len(names) + 1) for part in combinations(names, size)}
    for names in sorted(wanted | {(name,) for name in groups}):
        if all(name in groups for name in names):
            sizes.update(_intersection_sizes([(name, groups[name]) for name in names]))
    return sizes


def _intersection_sizes(columns: list[tuple[str, Codes]]) -> dict[Cell, int]:
    combined = np.column_stack([codes.codes for _, codes in columns])
    known = combined[(combined >= 0).all(axis=1)]
    cells, counts = np.unique(known, axis=0, return_counts=True)
    return {
        tuple(sorted((name, codes.vocabulary[code]) for (name, codes), code in zip(columns, cell, strict=True))): int(
            rows
        )
        for cell, rows in zip(cells, counts, strict=True)
    }


LIBRARIES = ("numpy", "scipy", "pandas", "pyarrow", "scikit-learn", "fairlearn", "torch", "transformers", "captum")


def library_versions() -> dict[str, str]:
    """The versions of what may have had a part in the numbers; what is not installed is left out."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
