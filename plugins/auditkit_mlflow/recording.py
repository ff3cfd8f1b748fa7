"""Writing a result to MLflow: numbers as metrics, what they rest on as params, the verdict as tags.

Nothing is logged that the signed result does not hold: cells that are withheld there have no value here.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit import AuditResult, needs_extra
from auditkit_mlflow.naming import name_of

if TYPE_CHECKING:
    from auditkit_mlflow.settings import Settings

_AT_ONCE = 500
"""Metrics a request; MLflow takes 1,000 entries."""
_LONGEST = 500
"""Characters of a param or a tag; servers of before MLflow 2.8 take no more."""
_LEFT_OUT = "evidence"
"""The folder of the bundle that holds rows. Without it the bundle still verifies, and says that it is not there."""


def record(result: AuditResult, bundle: Path | None, settings: Settings) -> str:
    """Log a result into a run of its own, or into the run that the environment names; returns the run's id.

    Args:
        result: of a finished audit.
        bundle: the folder to log, without its evidence; None: the numbers alone.
        settings: which store, experiment and run.
    """
    # MLflow tells its makers who uses it unless it is told not to; auditkit sends nothing to anybody else.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    with needs_extra("mlflow"):
        from mlflow import MlflowClient
        from mlflow.entities import Metric, Param, RunTag

    client = MlflowClient(tracking_uri=settings.tracking_uri)
    created = int(datetime.fromisoformat(result.run.created).timestamp() * 1000)
    own = settings.run_id is None
    run_id = settings.run_id or _new_run(client, settings.experiment, result.name[:_LONGEST])
    values = _values(result)
    while batch := list(islice(values, _AT_ONCE)):
        client.log_batch(run_id, metrics=[Metric(name, value, created, 0) for name, value in batch])
    # Params cannot be changed: a run that is audited twice keeps what it rests on in its tags.
    client.log_batch(
        run_id,
        params=[Param(name, value[:_LONGEST]) for name, value in _facts(result)] if own else [],
        tags=[RunTag(name, value[:_LONGEST]) for name, value in _tags(result, with_facts=not own)],
    )
    if bundle is not None:
        _log_bundle(client, run_id, bundle)
    if own:
        client.set_terminated(run_id)
    return run_id


def _new_run(client: Any, experiment: str, name: str) -> str:
    found = client.get_experiment_by_name(experiment)
    place = found.experiment_id if found is not None else client.create_experiment(experiment)
    return str(client.create_run(place, run_name=name).info.run_id)


def _values(result: AuditResult) -> Iterator[tuple[str, float]]:
    for finding in result.findings:
        for measurement in finding.measurements:
            if measurement.value is None:
                continue
            name = name_of(measurement)
            yield name, measurement.value
            if measurement.interval is not None:
                yield f"{name}.low", measurement.interval.low
                yield f"{name}.high", measurement.interval.high
    for outcome, count in sorted(Counter(one.outcome for one in result.verdict.judgements).items()):
        yield f"auditkit.rules.{outcome}", float(count)


def _facts(result: AuditResult) -> Iterator[tuple[str, str]]:
    yield "auditkit.adapter", result.subject.adapter
    yield "auditkit.prediction_type", result.subject.prediction_type
    yield "auditkit.seed", str(result.provenance.seed)
    yield "auditkit.level", str(result.provenance.level)
    yield "auditkit.policy_sha256", result.policy.digest
    yield "auditkit.spec_sha256", result.provenance.spec_digest
    for split in result.data.splits:
        yield f"auditkit.rows.{split.name}", str(split.rows)


def _tags(result: AuditResult, *, with_facts: bool) -> Iterator[tuple[str, str]]:
    yield "auditkit.verdict", result.verdict.outcome
    yield "auditkit.audit", result.name
    yield "auditkit.model_sha256", result.subject.digest
    yield "auditkit.result_sha256", result.result_digest
    yield "auditkit.waivers_in_force", str(result.verdict.waivers_in_force)
    yield "auditkit.version", result.provenance.auditkit.partition(" ")[0]
    if with_facts:
        yield from _facts(result)


def _log_bundle(client: Any, run_id: str, bundle: Path) -> None:
    for path in sorted(bundle.rglob("*")):
        inside = path.relative_to(bundle)
        if path.is_file() and inside.parts[0] != _LEFT_OUT:
            client.log_artifact(run_id, str(path), str(Path("auditkit", inside.parent)))
