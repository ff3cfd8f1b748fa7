"""Stages 3 and 4: read the data, predict once, run the checks. What comes out is a document; nothing is judged here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from pydantic import Field

from auditkit.batches import plan_key
from auditkit.case import Case
from auditkit.case_settings import CaseSettings
from auditkit.checks.checking import run_checks
from auditkit.checks.events import Listener, PlanMade, Stage
from auditkit.checks.summaries import (
    computing_of,
    cut_notes,
    data_summary,
    group_sizes,
    load_facts,
    number_notes,
    subject_of,
)
from auditkit.columns import split_columns
from auditkit.compute import Broker
from auditkit.data.periods import labels_in_order
from auditkit.data.roles import input_columns, kept_back, recorded_columns
from auditkit.dataset import Codes, SplitName, labels_of
from auditkit.disclosure.suppression import Cell
from auditkit.document import Document
from auditkit.errors import DataError, ModelError, did_you_mean
from auditkit.evidence import EvidenceStore, evidence_key
from auditkit.finding import Finding
from auditkit.governance.gathering import read_records
from auditkit.governance.links import linked
from auditkit.governance.record import Record
from auditkit.hosting.choosing import accept_groups
from auditkit.hosting.surroundings import code_of
from auditkit.other_models.own_training import digest_of_training, trusted_training
from auditkit.other_models.states import digests_of_states
from auditkit.precision import precision_note
from auditkit.predictions import ClassScores, Predictions
from auditkit.result import BatchPlan, CheckTime, Computing, DataSummary, ReferenceModel, Subject
from auditkit.subject import Identified, identify

if TYPE_CHECKING:
    from auditkit.host import Host
    from auditkit.spec import AuditSpec


class Measured(Document):
    """Everything that stages 3 and 4 found out. Small cells are still in it: it never leaves the machine."""

    subject: Subject
    data: DataSummary
    findings: tuple[Finding, ...]
    times: tuple[CheckTime, ...]
    batch_plans: tuple[BatchPlan, ...]
    computing: Computing | None = None
    device: str = Field(default="cpu", description="where the model ran, as it says itself")
    sizes: tuple[tuple[tuple[tuple[str, str], ...], int], ...] = Field(
        description="rows of every group and intersection"
    )
    governance: tuple[Record, ...] = Field(default=(), description="with what links to findings came to")
    keys: dict[str, tuple[str, str]] = Field(description="split -> store keys of its rows and its predictions")

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
    broker: Broker | None = None,
    store: EvidenceStore | None = None,
) -> Measured:
    """Read, predict, check.

    Args:
        spec: what to audit.
        host: the plugins.
        listen: is told what begins and ends.
        fresh: forget what the evidence store holds.
        lost: place in the plan -> the finding of a check that killed its process, which is not run again.
        broker: holds data or a model that are in memory already; None: both are read from what the spec names.
        store: where evidence is kept; None: beside the spec.
    """
    plan = host.plan(spec)
    listen(PlanMade(tuple(item.check.id for item in plan)))
    listen(Stage("reading the data"))
    broker = broker or Broker(spec, host)
    broker.listen = listen
    # Read before the store is made: data that are refused leave nothing behind.
    accept_groups(spec, plan, broker.dataset.audit.groups)
    case, identified = open_case(spec, broker, store or EvidenceStore.open(spec.folder, fresh=fresh))
    for note in number_notes(broker.dataset.audit):
        listen(Stage(f"warning: {note}"))
    listen(Stage("predicting"))
    predict_once(case)
    subject = subject_of(spec, case, identified)
    trusted = (*subject.trusted, *trusted_training(spec))
    subject = subject.model_copy(update={"reference_model": _reference_of(spec, case), "trusted": trusted})
    computing = computing_of(case)
    case = with_records(case, read_records(spec, _today(), subject))
    listen(Stage("checking"))
    findings, times = run_checks(host, case, plan, listen, lost or {}, spec.compute.max_rows)
    plans = tuple(case.store.get(plan_key(key)) for _, key in case.keys.values() if plan_key(key) in case.store)
    return Measured(
        subject=subject.model_copy(
            update={"notes": (*subject.notes, *precision_note(computing), *broker.dataset.notes, *cut_notes(plans))}
        ),
        data=data_summary(spec, broker.dataset, case.predictions, case.settings.positive),
        findings=findings,
        times=times,
        batch_plans=plans,
        computing=computing,
        device=load_facts(case)["device"],
        sizes=tuple(group_sizes(case, findings).items()),
        governance=linked(case.settings.governance, findings),
        keys=dict(case.keys),
    )


def with_records(case: Case[Any], records: tuple[Record, ...]) -> Case[Any]:
    """The same case, of a model for which these records answer."""
    return replace(case, settings=replace(case.settings, governance=records), _kept=case._kept)  # noqa: SLF001  what was read is shared


def _today() -> date:
    from auditkit.auditing import created

    return created().date()


def open_case(spec: AuditSpec, broker: Broker, store: EvidenceStore) -> tuple[Case[Any], Identified]:
    """A case on the spec's data, and what identifies its subject. Opens no model."""
    dataset = broker.dataset
    broker.store = store
    identified = identified_subject(spec, broker)
    model_key = _model_key(spec, broker, identified)
    beside = {} if spec.model.reference_model is None else {"reference_model": _reference_key(broker)}
    keys: dict[SplitName, tuple[str, str]] = {}
    for split in dataset.splits:
        rows = evidence_key(
            "split", name=split.name, digest=split.digest, data=spec.data.model_dump(mode="json"), **beside
        )
        keys[split.name] = (rows, evidence_key("predictions", model=model_key, inputs=split.digest, name=split.name))
        if rows not in store:
            store.put(rows, split_columns(split))
    items = () if dataset.audit.item_groups is None else dataset.audit.item_groups.labels
    settings = case_settings(spec, broker.host, dataset.audit.period, items)
    settings = replace(settings, stated=spec.governance.stated, files=tuple(dataset.files.items()))
    return Case(settings, store, keys, broker), identified


def _reference_of(spec: AuditSpec, case: Case[Any]) -> ReferenceModel | None:
    """What the reference model is, which is opened for it, so that one that cannot be ends the audit here."""
    if spec.model.reference_model is None:
        return None
    beside = case.broker.of_reference()
    found = identified_subject(beside.spec, beside)
    # A copy goes by another name.
    same = [sorted(one.sha256 for one in of.files) for of in (found, identified_subject(spec, case.broker))]
    if same[0] and same[0] == same[1]:
        raise ModelError(
            f"reference_model '{spec.model.reference_model}' holds the same files as the model",
            hint="name a model of the same kind that was trained on other rows",
        )
    key = evidence_key("load-facts of the reference", of=case.by_reference.keys["audit"][1])
    facts = case.store.remember(key, lambda: {name: list(getattr(beside.model, name, ())) for name in _TOLD})
    told = {name: tuple(facts[name]) for name in _TOLD}
    return ReferenceModel(path=spec.model.reference_model, digest=found.digest, files=found.files, **told)


_TOLD = ("notes", "trusted")


def _reference_key(broker: Broker) -> str:
    beside = broker.of_reference()
    return _model_key(beside.spec, beside, identified_subject(beside.spec, beside))


def _model_key(spec: AuditSpec, broker: Broker, identified: Identified) -> str:
    """A digest of everything that a model's answers can depend on, but the rows."""
    adapter, options = broker.host.adapter_for(spec)
    dataset = broker.dataset
    return evidence_key(
        "model",
        digest=identified.digest,
        adapter=adapter.id,
        code=[broker.host.owner_of(adapter).digest, code_of(adapter.run.__module__)],
        options={name: repr(value) for name, value in options.items()},
        own_code=_own_code(spec, options),
        labels=spec.model.labels,
        batch_size=spec.model.batch_size,
        device=spec.model.device,
        task=dataset.task,
        target_classes=labels_of(dataset.audit),
        history=dataset.history.digest if dataset.history else None,
        columns=spec.data.model_dump(
            mode="json",
            include={
                "k",
                "scores",
                "predicted",
                "classes",
                "score_kind",
                "input",
                "target",
                "positive",
                "level",
                "spread",
                "lower",
                "upper",
                "generated",
            },
        ),
    )


def _own_code(spec: AuditSpec, options: dict[str, Any]) -> str | None:
    """What identifies the code that the spec names as `module`: its file is none of the model's."""
    module = options.get("module")
    if not isinstance(module, str):
        return None
    from auditkit.checkpoints.user_code import code_digest

    return code_digest(module, spec.folder)


def identified_subject(spec: AuditSpec, broker: Broker) -> Identified:
    """What identifies the subject of an audit; opens no model."""
    if broker.model_digest is not None:
        return Identified(broker.model_digest)
    key = spec.model.signature_key
    elsewhere = broker.host.model_elsewhere(spec)
    where = broker.host.model_path(spec)
    signed_by = None if key is None else spec.folder / key
    base = broker.host.base_path(spec)
    return identify(where, broker.dataset, base=base, signature_key=signed_by, remote=elsewhere)


def case_settings(
    spec: AuditSpec,
    host: Host,
    period: Codes | None,
    item_groups: tuple[tuple[str, tuple[str, ...], tuple[int, ...], int], ...] = (),
) -> CaseSettings:
    """What the spec says that every check needs to know.

    Args:
        spec: what to audit.
        host: the plugins.
        period: when each audit row was; None: the spec names no such column.
        item_groups: the labels of attributes of items, see `CaseSettings`.
    """
    positive = spec.data.positive
    named = (positive,) if isinstance(positive, str) else tuple(positive or ())
    least = spec.policy.min_group_size if spec.policy else 30
    carried = tuple(spec.data.protected_inputs.items())
    # Rankings are recorded in a file of their own, which stands for its columns.
    said = (*recorded_columns(spec.data), *((spec.data.rankings,) if spec.data.rankings else ()))
    roles = said, tuple(input_columns(spec.data))
    data, quasi = spec.data, spec.data.quasi_identifiers
    states, beside = digests_of_states(spec, host), spec.model.reference_model or ""
    common = (spec.seed, spec.interval_level, least, named, data.threshold, data.k, carried)
    # One file may hold several functions.
    own = f"{spec.model.train} {digest_of_training(spec)}" if spec.model.train else ""
    claim = spec.model.claimed_epsilon, spec.model.claimed_delta
    when = data.period or "", labels_in_order(period)
    told = data.readers, tuple(data.expected.columns)
    shown = spec.report.examples, kept_back(spec)
    barred, whose = data.contraindications or "", data.provider or ""
    return CaseSettings(
        *common, *roles, quasi, *told, *when, states, beside, own, *claim, *shown, barred, item_groups, whose
    )


def predict_once(case: Case[Predictions]) -> None:
    """Predict the audit split, and refuse what no check could use: a model that cannot predict ends the audit here."""
    predictions = case.predictions
    classes = getattr(predictions, "classes", getattr(predictions, "labels", ()))
    for name in case.settings.positive:
        if classes and name not in classes:
            raise DataError(
                f"the positive class '{name}' is none of the model's classes", hint=did_you_mean(name, classes)
            )
    if case.settings.threshold is not None and len(classes) != 2 and isinstance(predictions, ClassScores):  # noqa: PLR2004
        raise DataError(
            f"a threshold needs two classes, and the model has {len(classes)}", hint="leave out [data] threshold"
        )
    if case.has_targets and isinstance(predictions, ClassScores):
        _ = case.narrowed(slice(0, 1)).targets  # any row tells whether all labels are classes
