"""Which task an audit is about: as the spec says, or as its columns tell beyond doubt; never guessed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.dataset import distinct_labels
from auditkit.labels import canonical_label

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.errors import AuditError
    from auditkit.plugin import Adapter
    from auditkit.spec import AuditSpec, Task

CLASS_TASKS = frozenset({"binary", "multiclass", "multilabel"})

MOST_NUMBERED_CLASSES = 20
"""More different numbers than this in a column are values, or the spec says that they are classes."""

_KEYS: dict[str, tuple[str, ...]] = {
    "regression": ("spread", "lower", "upper", "level"),
    "ranking": (
        *("user", "item", "rating", "time", "users", "items"),
        *("item_groups", "provider", "contraindications", "rankings", "k"),
    ),
    "text": ("generated",),
}
"""Keys of `[data]` that only one task uses."""

_HOLDS_PREDICTIONS: dict[str, tuple[str, str]] = {
    "regression": ("predicted", "yhat"),
    "ranking": ("rankings", "topk.csv"),
    "tokens": ("predicted", "found"),
    "text": ("generated", "answer"),
}
"""The key of the recorded predictions of a task, and an example of what it names."""


_TASK_OF: dict[str, Task] = {"Values": "regression", "TokenLabels": "tokens", "Texts": "text"}
"""The task that a prediction type is of, where no other is."""


def said_task(spec: AuditSpec) -> Task | None:
    """The task that the spec says, in a word or by the keys that it uses; None: classes, or whatever the data tell."""
    data = spec.data
    if spec.task is not None:
        return spec.task
    if data.scores:
        return "multilabel" if isinstance(data.target, tuple) else None
    if data.rankings or data.loader == "interactions":
        return "ranking"
    if data.generated:
        return "text"
    if data.loader == "conll":
        return "tokens"
    return "regression" if data.spread or data.lower else None


def task_of(spec: AuditSpec, frame: pd.DataFrame) -> Task | None:
    """The task of a spec on its data; None: one class a row, which is what labels that are no numbers tell.

    Args:
        spec: names the columns.
        frame: the audit rows.

    Raises:
        SpecError: the columns hold numbers that could be values, or the names of classes.
    """
    said = said_task(spec)
    data = spec.data
    if said is not None or data.scores or not data.predicted or data.predicted not in frame.columns:
        return said
    if data.classes or data.positive is not None:
        return None
    columns = [data.predicted, *([data.target] if isinstance(data.target, str) else [])]
    if any(name not in frame.columns for name in columns):
        return None
    cells = [frame[name].to_numpy(dtype=object) for name in columns]
    if _hold_lists(cells[0]):
        return "tokens"
    numbers = [_distinct_numbers(column) for column in cells]
    if any(found is None for found in numbers):
        return None
    return _of_numbers(spec, np.unique(np.concatenate([found for found in numbers if found is not None])))


def task_with(adapter: Adapter, spec: AuditSpec, frame: pd.DataFrame) -> Task | None:
    """The task of a spec on its data, which an adapter that always gives one type decides where they do not say.

    Raises:
        SpecError: the spec says another task than the adapter's, or the columns leave it open.
    """
    found = task_of(spec, frame)
    gives = "" if adapter.gives is None else adapter.gives.__name__
    given = _TASK_OF.get(gives)
    if given is not None and spec.task is not None and found != given:
        message = f"is '{spec.task}', and the adapter '{adapter.id}' always gives {gives}"
        raise spec.source.error(("task",), message, f'task = "{given}", or leave it out')
    return found or given


def _of_numbers(spec: AuditSpec, numbers: Any) -> Task | None:
    """Many numbers with fractions are values; few whole ones are classes; what is between is for the spec to say."""
    are_whole = bool(np.all(numbers == np.floor(numbers)))
    are_many = len(numbers) > MOST_NUMBERED_CLASSES
    if are_whole != are_many:
        return None if are_whole else "regression"
    kind = "whole numbers" if are_whole else "numbers with fractions"
    raise spec.source.error(
        ("data", "predicted"),
        f"is '{spec.data.predicted}', which holds {len(numbers):,} different {kind}: they could be values, or classes",
        'say which: task = "regression", or task = "multiclass", above [model]',
    )


def _hold_lists(cells: Any) -> bool:
    """Whether the first cell that is not empty is a list, or a text that is written like one."""
    first = next((cell for cell in cells if isinstance(cell, list | np.ndarray) or canonical_label(cell)), None)
    return isinstance(first, list | np.ndarray) or (isinstance(first, str) and first.lstrip().startswith("["))


def _distinct_numbers(cells: Any) -> Any:
    """The different numbers of a column; None when a cell is none, or when there is none."""
    if any(isinstance(cell, list | dict | bool | np.ndarray) for cell in cells):
        return None
    _, labels = distinct_labels(cells)
    try:
        numbers = np.array([float(label) for label in labels if label is not None])
    except ValueError:
        return None
    return numbers if len(numbers) and np.all(np.isfinite(numbers)) else None


def foreign_keys(spec: AuditSpec, task: str | None) -> list[str]:
    """Keys of `[data]` that the spec holds and that belong to another task."""
    said = spec.data.model_fields_set
    found = [key for other, keys in _KEYS.items() if other != task for key in keys if key in said]
    if spec.model.adapter == "recorded" and task is not None:
        used = {"regression": "predicted", "tokens": "predicted", "text": "generated", "ranking": "rankings"}.get(task)
        found += [key for key in ("scores", "predicted") if used not in (key, None) and key in said]
    if task == "ranking" and "target" in said:
        found.append("target")
    if task in _HOLDS_PREDICTIONS and "readers" in said:
        found.append("readers")  # they name classes
    return found


def contradiction(spec: AuditSpec) -> AuditError | None:
    """What the spec says of its task and cannot mean together with the keys that it uses."""
    data = spec.data
    targets = (data.target,) if isinstance(data.target, str) else data.target or ()
    for key, names in (("scores", data.scores), ("predicted", (data.predicted,)), ("generated", (data.generated,))):
        if spec.model.adapter == "recorded" and (both := next((name for name in names if name in targets), None)):
            message = f"is '{both}', which is the target: predictions would be held against themselves"
            return spec.source.error(("data", key), message, "name the column of what the model said")
    if spec.model.adapter == "recorded" and spec.task in _HOLDS_PREDICTIONS:
        key, example = _HOLDS_PREDICTIONS[spec.task]
        if not getattr(data, key):
            message = f"is '{spec.task}', and [data] does not say which column or file holds the predictions"
            return spec.source.error(("task",), message, f'[data] {key} = "{example}"')
    if data.loader == "interactions" and said_task(spec) != "ranking":
        return spec.source.error(("task",), f"is '{spec.task}', and interactions are ranked", 'task = "ranking"')
    if spec.task == "ranking" and data.loader != "interactions":
        message = f"is '{data.loader}', and rankings are held against a table of interactions"
        return spec.source.error(("data", "loader"), message, 'loader = "interactions"')
    if data.lower and data.level is None:
        message = "is given without level: nothing says how often the truth should lie from lower to upper"
        return spec.source.error(("data", "lower"), message, "add: level = 0.9, or whatever the model promises")
    return _divided_otherwise(spec)


def _divided_otherwise(spec: AuditSpec) -> AuditError | None:
    """A division by time of a table that is none of interactions."""
    key = next((key for key in ("split_at", "holdout") if getattr(spec.data, key) is not None), None)
    if key is None or said_task(spec) == "ranking":
        return None
    message = f"is '{getattr(spec.data, key)}', and only a table of interactions is divided by time"
    return spec.source.error(("data", key), message, 'loader = "interactions", or leave it out')
