"""What a spec says, or leaves out, that this version cannot act on: refused where silence would mislead, else named."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditkit.data.tasks import contradiction, foreign_keys, said_task
from auditkit.memory import is_told

if TYPE_CHECKING:
    from auditkit.spec import AuditSpec

_RESERVED = {
    "compute": ("address", "devices", "budget"),
}  # fmt: skip


_TASKS = {"Values": "regression", "Rankings": "ranking", "TokenLabels": "tokens", "Texts": "text"}


def refuse_unbuilt(spec: AuditSpec) -> None:
    """Refuse what a reader of the report would believe had been done.

    Raises:
        SpecError: another executor that this version does not have; a task that the other keys
            contradict; recorded predictions that decide nothing; governance records that cannot be read.
    """
    if spec.compute.executor != "local":
        raise spec.source.error(
            ("compute", "executor"),
            f"is '{spec.compute.executor}', which this version does not have",
            'executor = "local"',
        )
    if spec.compute.memory_limit is not None and not is_told():
        raise spec.source.error(
            ("compute", "memory_limit"),
            "cannot be kept: this system does not tell how much memory a process holds",
            "leave it out; Linux tells",
        )
    if spec.governance.records is not None:
        from auditkit.governance.reading import read_sheets

        read_sheets(spec)
    if (mistake := contradiction(spec)) is not None:
        raise mistake
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


def unused_keys(spec: AuditSpec, prediction_type: str = "") -> Iterator[str]:
    """Keys that the spec holds and that change nothing, e.g. `[data] items`; also those of another type."""
    for section, keys in _RESERVED.items():
        given = getattr(spec, section).model_fields_set
        yield from (f"[{section}] {key}" for key in keys if key in given)
    foreign = foreign_keys(spec, _TASKS.get(prediction_type, said_task(spec)))
    is_idle = not spec.data.item_groups and spec.data.contraindications is None
    if spec.data.items is not None and is_idle and "items" not in foreign:
        yield "[data] items"
    yield from (f"[data] {key}" for key in foreign)
    yield from (f"[governance] {key}" for key in spec.governance.options)
