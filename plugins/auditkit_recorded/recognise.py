"""What `auditkit init` is told of recorded predictions: the columns that hold them, by their names and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit import DataError, canonical_label, parse_numbers
from auditkit.recognising import Certainty, Glimpse, Recognised, Setting
from auditkit_recorded.rankings import recognise_rankings

if TYPE_CHECKING:
    import pandas as pd

_OF_A_CLASS = re.compile(r"(?:p|prob|proba|probability|score|概率|得分)[_ .-]+(?:of[_ ]+)?(.+)", re.IGNORECASE)
_SCORES = ("score", "scores", "prob", "proba", "probability", "p", "risk", "risk_score", "y_score", "y_prob",
           "predicted_probability", "p_positive", "概率", "预测概率", "得分", "风险")  # fmt: skip
_PREDICTED = ("predicted", "prediction", "predictions", "pred", "y_pred", "ypred", "yhat", "y_hat", "predicted_label",
              "model_said", "said", "预测", "预测值", "预测结果")  # fmt: skip
_GENERATED = ("generated", "answer", "response", "output", "completion", "generated_text", "model_answer", "回答",
              "模型回答")  # fmt: skip
_SPREADS = ("spread", "sd", "std", "stdev", "sigma", "y_std", "标准差")
_LOWERS = ("lower", "low", "lower_bound", "下限")
_UPPERS = ("upper", "high", "upper_bound", "上限")
_MOST_CLASSES = 20
_SUMS = 0.02
"""How far from 1 the probabilities of a row may be: files round them."""
_LONG = 40
"""Characters of a text that is an answer, on average, and no label."""


def recognise_recorded(seen: Glimpse) -> Recognised | None:
    """A table with columns of predictions; a model beside it, when one is named, lends its digest."""
    rows = seen.rows
    if rows is None or seen.is_url:
        return None
    if (rankings := recognise_rankings(seen)) is not None:
        return rankings
    names = {str(name).casefold(): str(name) for name in rows.columns}
    found = (
        _scores_of_classes(rows)
        or _one_score(rows, names)
        or _generated(rows, names)
        or _predicted(rows, names)
    )  # fmt: skip
    if found is None or seen.path is None:
        return found
    # A model that an adapter opens says more than what somebody wrote down of it.
    return Recognised(
        "possible" if seen.is_folder else "likely", found.reason, found.settings, found.data, found.task,
        takes=found.takes, gives=found.gives, classes=found.classes,
    )  # fmt: skip


def _scores_of_classes(rows: pd.DataFrame) -> Recognised | None:
    """Columns such as p_no and p_yes, whose names end in the labels of another column or stand for labels."""
    named = {str(name): match[1] for name in rows.columns if (match := _OF_A_CLASS.fullmatch(str(name)))}
    numbers = {name: _numbers(rows, name) for name in named}
    columns = [name for name, cells in numbers.items() if cells is not None]
    if len(columns) < 2:  # noqa: PLR2004  a class and another
        return None
    cells = np.column_stack([numbers[name] for name in columns])
    classes = [named[name] for name in columns]
    if _is_of_labels(rows, classes):
        data = [Setting("scores", columns, "one column a label"), Setting("classes", classes, "what stands behind p_")]
        reason = f"{len(columns)} columns of scores, and one of 0 and 1 for each"
        return _found(reason, data, classes=classes, gives="LabelScores")
    are_probabilities = bool(np.all(np.abs(cells.sum(axis=1) - 1) <= _SUMS) and cells.min() >= 0)
    data = [Setting("scores", columns, "one column a class, by their names")]
    data += [] if are_probabilities else [Setting("score_kind", "score", "they do not add up to 1 in each row")]
    labels = _labels_like(rows, classes, columns)
    data.append(Setting("classes", labels or None, "what the target calls them, in the same order", bool(labels)))
    said = "add up to 1" if are_probabilities else "hold a score of each class"
    return _found(f"{len(columns)} columns {said}", data, classes=labels)


def _is_of_labels(rows: pd.DataFrame, classes: list[str]) -> bool:
    return all(name in rows.columns and _labels(rows, name) <= {"0", "1"} for name in classes)


def _labels_like(rows: pd.DataFrame, classes: list[str], columns: list[str]) -> list[str]:
    """The labels of another column that are called as the columns of scores are; none: there is no such column."""
    wanted = {name.casefold(): name for name in classes}
    for name in map(str, rows.columns):
        labels = {label.casefold(): label for label in _labels(rows, name)} if name not in columns else {}
        if labels and labels.keys() <= wanted.keys():
            return [labels.get(one.casefold(), one) for one in classes]
    return []


def _one_score(rows: pd.DataFrame, names: dict[str, str]) -> Recognised | None:
    """One column of scores, of the positive class."""
    column = next((names[name] for name in _SCORES if name in names), None)
    column = column or next((name for name in map(str, rows.columns) if _OF_A_CLASS.fullmatch(name)), None)
    cells = None if column is None else _numbers(rows, column)
    if column is None or cells is None:
        return None
    data = [Setting("scores", [column], "by its name: the score of the positive class")]
    if cells.min() < 0 or cells.max() > 1:
        data.append(Setting("score_kind", "score", "its numbers are no probabilities"))
        data.append(Setting("threshold", why="the lowest score that counts as positive", is_safe=False))
    return _found(f"a column '{column}' of scores", data, gives="ClassScores")


def _predicted(rows: pd.DataFrame, names: dict[str, str]) -> Recognised | None:
    """One column of labels, values or entities."""
    column = next((names[name] for name in _PREDICTED if name in names), None)
    if column is None:
        return None
    data = [Setting("predicted", column, "by its name")]
    reason = f"a column '{column}' of predictions"
    cells = _numbers(rows, column)
    if cells is None:
        first = next((cell for cell in rows[column] if canonical_label(cell)), None)
        are_spans = isinstance(first, list) or str(first).lstrip().startswith("[{")
        return _found(reason, data, task="tokens" if are_spans else None, gives="TokenLabels" if are_spans else None)
    if len(np.unique(cells)) <= _MOST_CLASSES and bool(np.all(cells == np.floor(cells))):
        return _found(reason, data, gives="ClassScores")
    return _found(reason, [*data, *_uncertainty(names)], task="regression", gives="Values")


def _uncertainty(names: dict[str, str]) -> Iterator[Setting]:
    spread, lower, upper = (
        next((names[name] for name in known if name in names), None) for known in (_SPREADS, _LOWERS, _UPPERS)
    )
    if spread is not None:
        yield Setting("spread", spread, "by its name: the standard deviation of each value")
    elif lower is not None and upper is not None:
        yield Setting("lower", lower, "by its name")
        yield Setting("upper", upper, "by its name")
        yield Setting("level", why="how often the truth should lie between them, e.g. 0.9", is_safe=False)


def _generated(rows: pd.DataFrame, names: dict[str, str]) -> Recognised | None:
    """One column of texts that a model wrote."""
    column = next((names[name] for name in _GENERATED if name in names), None)
    if column is None:
        return None
    lengths = [len(cell) for cell in rows[column] if isinstance(cell, str)]
    if not lengths or sum(lengths) < _LONG * len(lengths):
        return None
    data = [Setting("generated", column, "by its name, and its long texts")]
    return _found(f"a column '{column}' of answers", data, task="text", gives="Texts")


def _found(
    reason: str, data: list[Setting], *, task: str | None = None, gives: str | None = None, classes: Any = ()
) -> Recognised:
    certainty: Certainty = "likely"
    return Recognised(
        certainty, reason, (), tuple(data), task, takes="nothing", gives=gives or "ClassScores", classes=tuple(classes)
    )


def _numbers(rows: pd.DataFrame, name: str) -> Any:
    """A column's numbers without those that are missing; None: it holds something else."""
    try:
        cells = parse_numbers(rows[name].to_numpy(dtype=object), column=name)
    except DataError:
        return None
    cells = np.nan_to_num(cells, nan=np.nanmin(cells)) if np.isfinite(cells).any() else cells[:0]
    return cells if len(cells) else None


def _labels(rows: pd.DataFrame, name: str) -> set[str]:
    """The different labels of a column; none: there are more than classes have."""
    found = {canonical_label(cell) for cell in rows[name] if not isinstance(cell, list | dict)} - {None}
    return {str(label) for label in found} if len(found) <= _MOST_CLASSES else set()
