"""Keys that a spec may hold and that this version does not act on: refused where silence would mislead, else named."""

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
        SpecError: another executor, another language, or a task, that this version does not have.
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


def unused_keys(spec: AuditSpec) -> Iterator[str]:
    """Keys that the spec holds and that change nothing, e.g. `[data] period`."""
    for section, keys in _RESERVED.items():
        given = getattr(spec, section).model_fields_set
        yield from (f"[{section}] {key}" for key in keys if key in given)
    if spec.governance:
        yield "[governance]"
    if "pdf" in spec.report.formats:
        yield '[report] formats = ["pdf"]'
