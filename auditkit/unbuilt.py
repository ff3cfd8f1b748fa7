"""What a spec says, or leaves out, that this version cannot act on: refused where silence would mislead, else named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditkit.spec import AuditSpec

_RESERVED = {
    "data": ("period", "quasi_identifiers", "readers", "spread", "lower", "upper", "level", "users", "items",
             "item_groups", "rankings", "k", "generated"),
    "report": ("examples",),
    "compute": ("address", "devices", "budget"),
}  # fmt: skip


def refuse_unbuilt(spec: AuditSpec) -> None:
    """Refuse what a reader of the report would believe had been done.

    Raises:
        SpecError: another executor, another language, or a task, that this version does not have; recorded
            predictions that decide nothing.
    """
    if spec.compute.executor != "local":
        raise spec.source.error(
            ("compute", "executor"),
            f"is '{spec.compute.executor}', which this version does not have",
            'executor = "local"',
        )
    if spec.report.language != "en":
        raise spec.source.error(
            ("report", "language"), f"is '{spec.report.language}', which has no catalogue yet", 'language = "en"'
        )
    if spec.model.adapter == "recorded" and spec.task not in {None, "binary", "multiclass", "multilabel"}:
        raise spec.source.error(
            ("task",), f"is '{spec.task}', and recorded predictions are classes in this version", 'task = "multiclass"'
        )
    if spec.model.adapter == "recorded" and spec.task == "multilabel" and not isinstance(spec.data.target, tuple):
        raise spec.source.error(
            ("task",), "is 'multilabel', which needs a target column for each label", 'target = ["cough", "fever"]'
        )
    if spec.model.adapter == "recorded":
        _refuse_undecided(spec)


def _refuse_undecided(spec: AuditSpec) -> None:
    """Refuse one column of raw scores without a threshold: nothing says from which score on a row is positive."""
    data = spec.data
    is_one_raw_column = data.score_kind == "score" and len(data.scores) == 1 and not isinstance(data.target, tuple)
    if is_one_raw_column and data.threshold is None:
        raise spec.source.error(
            ("data", "score_kind"),
            f"is 'score', and nothing says from which '{data.scores[0]}' on a row is positive",
            "add: threshold = ..., the lowest score that is positive",
        )


def unused_keys(spec: AuditSpec) -> Iterator[str]:
    """Keys that the spec holds and that change nothing, e.g. `[data] period`."""
    for section, keys in _RESERVED.items():
        given = getattr(spec, section).model_fields_set
        yield from (f"[{section}] {key}" for key in keys if key in given)
    if spec.governance:
        yield "[governance]"
    if "pdf" in spec.report.formats:
        yield '[report] formats = ["pdf"]'
