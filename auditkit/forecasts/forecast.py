"""What an audit would do, from the spec, the plugins and the data alone: nothing is predicted, no model is opened."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditkit.auditing import policy_of
from auditkit.case_settings import NEEDS_STATED
from auditkit.checks.measuring import open_case
from auditkit.checks.summaries import expected_evidence, number_notes
from auditkit.compute import Broker
from auditkit.data.tasks import said_task
from auditkit.disclosure.few import compares_few
from auditkit.errors import AuditError, ModelError, NotApplicable
from auditkit.evidence import FOLDER, EvidenceStore
from auditkit.forecasts.foreseen import foreseen_gaps
from auditkit.forecasts.foreseen_gate import foreseen_gate
from auditkit.forecasts.timing import about, size_in_words
from auditkit.governance.record import NEEDS_RECORDS
from auditkit.hosting.choosing import accept_groups
from auditkit.options import said_options
from auditkit.predictions import ClassScores, LabelScores, Predictions, Rankings, Texts, TokenLabels, Values
from auditkit.report.catalogues import refuse_language
from auditkit.sealing.record import METRIC
from auditkit.specs.unbuilt import refuse_unbuilt
from auditkit.subject import check_signature, facts_at, facts_of_merged, model_files

if TYPE_CHECKING:
    from auditkit.checks.planning import Planned
    from auditkit.dataset import AuditDataset
    from auditkit.host import Host
    from auditkit.plugin import Trainings
    from auditkit.policy import Rule
    from auditkit.result import ModelFacts
    from auditkit.spec import AuditSpec, Task


@dataclass(frozen=True)
class PlannedCheck:
    """One check, and what is known of it before it runs."""

    id: str
    says: str


@dataclass(frozen=True)
class Forecast:
    """What would run, on what, and what for."""

    subject: str
    model: tuple[str, ...]
    """What the model's files say of it, and whose signature lies with them."""
    predictions: str
    rows: str
    groups: str
    cost: str
    costs: tuple[str, ...]
    """What its answers cost besides time; empty: nothing."""
    measured: tuple[str, ...]
    """What time and memory predicting would take; empty: it was not asked for."""
    checks: tuple[PlannedCheck, ...]
    warnings: tuple[str, ...]
    """What is odd about the data, and what to do about it."""
    gaps: tuple[tuple[str, ...], ...]
    """The gaps that the groups' sizes would let it find: lines of a table, its head first; empty: none is known."""
    gate: tuple[tuple[str, ...], ...]
    """What a gate could see of a later release: lines of a table, its head first; empty: nothing can be said."""
    gate_if: str
    """What that rests on."""
    policy: str
    rules: tuple[tuple[str, str], ...]


def forecast(spec: AuditSpec, host: Host, *, measure: bool = False) -> Forecast:
    """Look at a spec without running it; with `measure`, open the model all the same, and time a sample of the rows.

    Raises:
        AuditError: anything that `run` would refuse before it opens the model.
    """
    host.adapter_for(spec)
    refuse_unbuilt(spec)
    refuse_language(spec, host.template_dirs())
    host.exports_of(spec)
    planned = host.plan(spec)
    policy = policy_of(spec, host)
    broker = Broker(spec, host)
    dataset = broker.dataset
    accept_groups(spec, planned, dataset.audit.groups)
    kind = expected_type(spec, host, dataset.task)
    have = _evidence(spec, dataset, kind)
    beside = _beside(planned, kind, spec, dataset)
    asked = [item for item in planned if _refusal(item, dataset) is None]
    measured = {card.at_depth(spec.data.k).name for item in asked for card in item.check.metrics}
    installed = {card.at_depth(spec.data.k).name for check in host.checks.values() for card in check.metrics}
    gate_if, gate = foreseen_gate(spec, dataset.audit, policy.policy, kind)
    return Forecast(
        gate=gate,
        gate_if=gate_if,
        subject=f"{_subject(spec, host)} (adapter {spec.model.adapter})",
        model=_model(spec, broker),
        predictions=kind.__name__ if kind else "known when the model is opened",
        rows=", ".join(f"{len(split):,} {split.name}" for split in dataset.splits),
        groups=_groups(dataset),
        warnings=tuple(map(str, (*number_notes(dataset.audit), *filter(None, [compares_few(policy.policy)])))),
        cost=_cost(spec, broker),
        costs=host.costs(spec, dataset.audit.inputs),
        measured=(*_measured(broker, beside), *_trained(broker, planned)) if measure else (),
        checks=tuple(PlannedCheck(item.check.id, _says(item, kind, spec, dataset)) for item in planned),
        gaps=foreseen_gaps(spec, dataset.audit, policy.policy.min_group_size, kind),
        policy=f"{policy.source}, smallest group {policy.policy.min_group_size}",
        rules=tuple((rule.id, _says_of_rule(rule, measured, have, installed)) for rule in policy.policy.rules),
    )


def _subject(spec: AuditSpec, host: Host) -> str:
    elsewhere = host.model_elsewhere(spec)
    return ", ".join(elsewhere.values()) if elsewhere else spec.model.path or "recorded predictions"


def _model(spec: AuditSpec, broker: Broker) -> tuple[str, ...]:
    where = broker.host.model_path(spec)
    if where is None:
        return ()
    if not where.exists():
        raise ModelError(f"there is no model at '{where}'", hint="[model] path is relative to the spec file")
    base, key = broker.host.base_path(spec), spec.model.signature_key
    told = facts_at(where) if base is None else facts_of_merged(where, base)
    files = model_files(where) if key else ()
    signature = check_signature(where, files, spec.folder / key if key else None)
    lines = [] if told is None else list(_told(told))
    if signature is not None:
        lines.append(f"{signature.file}: " + ("the signature holds" if signature.verified else "signed, not verified"))
    return tuple(lines)


def _told(told: ModelFacts) -> Iterator[str]:
    if told.architectures:
        yield ", ".join(told.architectures)
    if told.parameters:
        yield f"{told.parameters:,} parameters, stored as {', '.join(told.floating)}"
    if told.base_models:
        yield f"made from {', '.join(told.base_models)}, by its card"
    if told.licence:
        yield f"licence {told.licence}, by its card"
    if told.datasets:
        yield f"trained on {', '.join(told.datasets)}, by its card"


def expected_type(spec: AuditSpec, host: Host, task: Task | None = None) -> type[Predictions] | None:
    """The prediction type that the spec implies, with the task that its data tell; None: only the model can tell."""
    found = task or said_task(spec)
    if found is not None:
        return _TYPES[found]
    if spec.data.scores or spec.data.predicted:
        return ClassScores
    return host.adapters[spec.model.adapter].gives


_TYPES: Mapping[Task, type[Predictions]] = {
    "binary": ClassScores,
    "multiclass": ClassScores,
    "multilabel": LabelScores,
    "regression": Values,
    "ranking": Rankings,
    "tokens": TokenLabels,
    "text": Texts,
}


def _says(item: Planned, kind: type[Predictions] | None, spec: AuditSpec, dataset: AuditDataset) -> str:
    check = item.check
    if check.on is not None and kind is not None and not issubclass(kind, check.on):
        return f"would not apply: it looks at {' or '.join(t.__name__ for t in check.on)}"
    absent = [need for need in check.needs if not _has(spec, dataset, need)]
    if absent == [NEEDS_RECORDS]:
        return "would not apply: the spec names no [governance] records"
    if absent:
        return f"would not apply: the data have no {' and no '.join(absent)}"
    if (why := _refusal(item, dataset)) is not None:
        return f"would not apply: {why}"
    said = said_options(item.options)
    again = _trainings(item, dataset)
    more = "" if again is None else f": {again.models} models more, each trained on {again.rows:,} rows{again.note}"
    beside = _asks(item, spec, dataset)
    more += f": up to about {beside:,} predictions more" if beside else ""
    return (f"would run with {said}" if said else "would run") + more


def _refusal(item: Planned, dataset: AuditDataset) -> str | None:
    """Why a check has nothing to say of the groups that the rows are in; None: it has, or does not look at them."""
    if item.check.applies is None:
        return None
    try:
        item.check.applies(**item.options, groups=dataset.audit.groups)
    except NotApplicable as why:
        return why.message.format(**why.params)
    return None


def _beside(planned: Iterable[Planned], kind: type[Predictions] | None, spec: AuditSpec, dataset: AuditDataset) -> int:
    """About how many predictions all checks want together that look at such predictions."""
    suits = (item for item in planned if kind is None or item.check.on is None or issubclass(kind, item.check.on))
    return sum(_asks(item, spec, dataset) for item in suits)


def _asks(item: Planned, spec: AuditSpec, dataset: AuditDataset) -> int:
    """About how many predictions a check wants beside those of the rows; 0 where it does not apply."""
    if item.check.asks is None or spec.model.adapter == "recorded":
        return 0
    return item.check.asks(**item.options, rows=len(dataset.audit))


def _trainings(item: Planned, dataset: AuditDataset) -> Trainings | None:
    """How often a check would train the model again; None: never."""
    if item.check.trains is None or dataset.training is None:
        return None
    found = item.check.trains(**item.options, training=len(dataset.training), audit=len(dataset.audit))
    return found if found.models else None


def _has(spec: AuditSpec, dataset: AuditDataset, need: str) -> bool:
    if need in {NEEDS_RECORDS, NEEDS_STATED}:
        return need == NEEDS_STATED or spec.governance.records is not None
    if need == "expected":
        return bool(spec.data.expected.columns)
    if need in {"protected_inputs", "quasi_identifiers", "readers", "period", "contraindications", "item_groups"}:
        return bool(getattr(spec.data, need))
    if need == "groups":
        return bool(dataset.audit.groups)
    if need == "targets":
        audit = dataset.audit
        return any(found is not None for found in (audit.targets, audit.label_targets, audit.truth))
    return getattr(dataset, need, None) is not None


def _evidence(spec: AuditSpec, dataset: AuditDataset, kind: type[Predictions] | None) -> Collection[str] | None:
    """What rules may need of what there will be; None: only the model can tell."""
    if kind is None:
        return None
    are_labels = spec.model.adapter == "recorded" and not spec.data.scores
    is_scored = issubclass(kind, ClassScores) and not are_labels
    return expected_evidence(spec, dataset, kind, are_probabilities=is_scored)


def _says_of_rule(rule: Rule, measured: set[str], have: Collection[str] | None, installed: set[str]) -> str:
    absent = [] if have is None else [need for need in rule.needs if need not in have]
    if "decisions" in absent:
        return "would not apply: this model makes no decisions between classes"
    if absent:
        return f"would not apply: the data have no {' and no '.join(absent)}"
    if rule.metric in measured:
        return ""
    if rule.metric == METRIC:
        return "tells whether what was sealed has moved: auditkit seal, before the run"
    which = "planned" if rule.metric in installed else "installed"
    return f"no {which} check measures it" + (": the verdict would be an error" if rule.required else "")


def _groups(dataset: AuditDataset) -> str:
    named = [f"{name} ({len(codes.vocabulary)})" for name, codes in dataset.audit.groups.items()]
    return ", ".join(named) or 'none, so nobody is compared; name columns under [data], for example groups = ["sex"]'


def _cost(spec: AuditSpec, broker: Broker) -> str:
    rows = len(broker.dataset.audit)
    if spec.model.adapter == "recorded":
        return "nothing to predict: seconds"
    if (spec.folder / FOLDER).is_dir():
        store = EvidenceStore(spec.folder / FOLDER)
        case, _ = open_case(spec, broker, store)
        if case.keys["audit"][1] in store:
            return "predictions are kept from before: the model would not be opened"
    return f"{rows:,} predictions with the model, on {spec.model.device}"


def _trained(broker: Broker, planned: Iterable[Planned]) -> Iterator[str]:
    """Of each check that trains the model again, how long that takes here: one is trained on a part of the rows."""
    from auditkit.forecasts.training import time_training

    for item in planned:
        again = _trainings(item, broker.dataset)
        if again is None:
            continue
        who = f"{again.models} models more for {item.check.id}"
        try:
            yield f"{who}: {time_training(broker, again)}"
        except AuditError as error:
            yield f"{who}: not timed: {error.message}"


def _measured(broker: Broker, beside: int) -> tuple[str, ...]:
    """Time and memory of predicting the audit rows, and of what checks ask beside, from a sample of the rows."""
    if broker.spec.model.adapter == "recorded":
        return ()
    if broker.host.model_elsewhere(broker.spec):
        return ("not timed: the model runs elsewhere, and each answer may have its price",)
    began = time.monotonic()
    _ = broker.model
    opening = time.monotonic() - began
    sample, rows = broker.time_sample(), len(broker.dataset.audit)
    on_device = "" if sample.device_bytes is None else f", and {size_in_words(sample.device_bytes)} on its device"
    told = (
        f"{about(sample.seconds_a_row * rows)} for {rows:,} audit rows: {sample.seconds_a_row * 1000:.3g} ms a row, "
        f"by {sample.rows:,} of them, {sample.batch_size:,} at once; opening the model took {opening:.0f} s"
    )
    more = (f"{about(sample.seconds_a_row * beside)} at most for what checks ask beside, {beside:,} predictions",)
    return told, *(more if beside else ()), f"{size_in_words(sample.peak_bytes)} of memory at most so far{on_device}"
