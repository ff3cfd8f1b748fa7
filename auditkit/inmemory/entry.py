"""`auditkit.audit`: the whole audit of what is in memory, by the same machinery as the command line."""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from auditkit.auditing import conclude, created, policy_of
from auditkit.checks.measuring import Measured, measure
from auditkit.compute import Broker
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.inmemory.asking import Asked
from auditkit.inmemory.identity import answers_digest
from auditkit.inmemory.models import Outputs
from auditkit.inmemory.saying import in_python
from auditkit.inmemory.subjects import Given, Prepared, prepare
from auditkit.inmemory.surroundings import left_as_found
from auditkit.inmemory.writing import Held
from auditkit.pipeline import case_of, watched
from auditkit.spec import Task
from auditkit.specs.unbuilt import refuse_unbuilt

if TYPE_CHECKING:
    from auditkit.policy import Policy, Rule
    from auditkit.result import AuditResult


def audit(  # noqa: PLR0913  the keys of a spec, each by its name
    model: Any,
    data: Any,
    *,
    target: Any = None,
    groups: Any = None,
    positive: Any = None,
    input: Any = None,
    classes: Sequence[Any] | None = None,
    labels: Mapping[Any, Any] | None = None,
    threshold: float | None = None,
    score_kind: Literal["probability", "score"] | None = None,
    outputs: Outputs = "logits",
    task: Task | None = None,
    training: Any = None,
    training_predictions: Any = None,
    reference: Any = None,
    unit: Any = None,
    weights: Any = None,
    period: Any = None,
    readers: Sequence[str] | None = None,
    expected: Mapping[str, str] | None = None,
    missing: Sequence[Any] | None = None,
    protected_inputs: Mapping[str, str] | None = None,
    checks: str | Sequence[str | Mapping[str, Any]] | None = None,
    policy: Policy | Mapping[str, Any] | Sequence[Rule | Mapping[str, Any]] | str | Path | None = None,
    adapter: str | None = None,
    options: Mapping[str, Any] | None = None,
    device: str = "auto",
    batch_size: int | Literal["auto"] = "auto",
    max_rows: int | None = None,
    name: str | None = None,
    seed: int = 0,
    level: float = 0.95,
    store: Path | str | None = None,
) -> AuditResult:
    """Audit a model, or predictions that were made already, in this process.

    What is measured, judged and withheld is what `auditkit run` measures, judges and withholds. Only the time limits
    of checks do not hold here: a check that never ends has to be interrupted.

    Args:
        model: a path to a model's folder; a fitted scikit-learn estimator or pipeline; a `torch.nn.Module`; a Hugging
            Face pipeline; an object with `predict`, or a function, that gives an array or a prediction type; or
            predictions: a prediction type, floats [n] (the scores of `positive`) or [n, k], labels [n].
        data: the rows that are judged: a DataFrame, a dict of columns, or a path to a .csv, .parquet or .jsonl file.
            Rows go by their order; an index is not looked at.
        target: the column of what is true, or an array [n]; a list of columns for multi-label data.
        groups: the columns of protected attributes, or arrays with names: a dict, a DataFrame, a Series.
        positive: the class that counts as selected; several: each in turn; absent: every class in turn.
        input: the column, or the list of columns, that the model is given. An estimator that was fitted on a DataFrame
            knows them; when the target is an array, all columns of `data` are.
        classes: what the columns of scores [n, k] are called in the target, in their order.
        labels: the model's names of the classes -> the target's.
        threshold: positive when its score is at or above.
        score_kind: "score" for scores that are no probabilities, and so are not calibrated.
        outputs: what a torch module gives: "logits", "probabilities" or "values".
        task: inferred from the predictions unless it is said; "regression" for an array of predicted numbers.
        training: the rows that the model was trained on, as `data`.
        training_predictions: what was predicted for them, when `model` is predictions.
        reference: the population that the data should represent, as `data`.
        unit: the column, or an array, of whose row it is, e.g. the patient.
        weights: the column, or an array, of how much each row counts.
        period: the column, or an array, of when each row was: dates, or labels in order.
        readers: the columns of what people, clinicians for example, said of the rows.
        expected: what an answer in words is to hold, role -> column: {"required": "must_say", "emergency": "red_flag"}.
        missing: cells that are missing, besides empty ones.
        protected_inputs: group -> the input column that carries it.
        checks: areas or checks by name, each alone or as a dict with options; absent: every check that applies.
        policy: rules, a policy, a pack's name, or a path to a file of rules; absent: the pack `baseline`.
        adapter: who opens the path; absent: "text-classifier" when it is a transformers folder.
        options: the adapter's own.
        device: of an adapter: "auto" is cuda, then mps, then cpu. What is in memory stays where it is.
        batch_size: rows at a time.
        max_rows: above it, checks that do not stream get a named sample.
        name: of the audit.
        seed: of every random number.
        level: of every interval.
        store: the folder that keeps the evidence; absent: a temporary one, which goes with the result.

    Raises:
        AuditError: what was asked cannot be meant, the data do not hold it, or the model fails; its hint, also in the
            traceback, says what to write instead.
    """
    asked = Asked(
        target=target, groups=groups, positive=positive, input=input, classes=classes, labels=labels,
        threshold=threshold, score_kind=score_kind, task=task, unit=unit, weights=weights, missing=missing,
        period=period, readers=readers, expected=expected,
        protected_inputs=protected_inputs, checks=checks, policy=policy, name=name, seed=seed, level=level,
        device=device, batch_size=batch_size, max_rows=max_rows,
    )  # fmt: skip
    given = Given(model, data, training, training_predictions, reference, outputs, adapter, dict(options or {}))
    with in_python(), left_as_found():
        return _audited(asked, given, None if store is None else Path(store))


def _audited(asked: Asked, given: Given, store: Path | None) -> AuditResult:
    began = time.monotonic()
    created()  # a time that cannot be is told of now
    prepared = prepare(asked, given, Host.installed())
    spec, host = prepared.spec, prepared.host
    refuse_unbuilt(spec)
    policy = policy_of(spec, host)
    troubles = host.watch("auditkit_audit_started", spec=spec, plan=tuple(item.check.id for item in host.plan(spec)))
    folder = _folder(store)
    try:
        evidence = EvidenceStore.open(folder)
        broker = Broker(spec, host, prepared.dataset, model_digest=prepared.placeholder)
        measured = measure(spec, host, watched(host, lambda _: None, troubles), broker=broker, store=evidence)
        # Held without the model, and with the rows: a bundle is looked over for what it tells of them.
        case = case_of(spec, prepared.installed, measured, evidence, prepared.dataset)
        held = Held(spec, case, folder if store is None else None)
        result = conclude(
            spec,
            host,
            policy,
            _identified(prepared, measured, held),
            seconds=time.monotonic() - began,
            executor="this process",
            troubles=tuple(troubles),
        )
    except BaseException:  # Ctrl-C too: nobody will ask for this evidence
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return result.held_by(held)


def _folder(store: Path | None) -> Path:
    """A folder of this audit's own: what an object in memory said before does not tell what it says now."""
    if store is None:
        return Path(tempfile.mkdtemp(prefix="auditkit-"))
    store.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="audit-", dir=store))


def _identified(prepared: Prepared, measured: Measured, held: Held) -> Measured:
    """The same, with a subject that is identified by what it said where nothing else can tell it."""
    if not prepared.by_answers:
        return measured
    digest = answers_digest(held.case.predictions, prepared.dataset.audit.digest)
    return measured.model_copy(update={"subject": measured.subject.model_copy(update={"digest": digest})})
