"""Predictions as columns, and columns as the same predictions: to the bit, and without a text or a user's name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.predictions import (
    ClassScores,
    LabelScores,
    Predictions,
    Rankings,
    TokenLabels,
    Values,
)
from auditkit.rows.layout import Answers

if TYPE_CHECKING:
    import pyarrow as pa

Columns = dict[str, Any]
"""Name -> a NumPy array or a pyarrow array of n rows."""


def columns_of(predictions: Predictions, prefix: str, user: Callable[[str], int]) -> tuple[Answers, Columns]:
    """What is kept of predictions.

    Args:
        predictions: n rows.
        prefix: in front of every column's name: "" or "truth:".
        user: a user's name -> the number that stands for them.
    """
    if isinstance(predictions, ClassScores):
        answers = _scores_answers(predictions, predictions.classes, kind=predictions.kind)
        return answers, _score_columns(predictions.scores, predictions.classes, prefix)
    if isinstance(predictions, LabelScores):
        answers = _scores_answers(predictions, predictions.labels)
        return answers, _score_columns(predictions.scores, predictions.labels, prefix)
    if isinstance(predictions, Values):
        return _values_columns(predictions, prefix)
    if isinstance(predictions, Rankings):
        return _ranking_columns(predictions, prefix, user)
    if isinstance(predictions, TokenLabels):
        return Answers(type="TokenLabels"), _span_columns(predictions, prefix)
    # What a model wrote may quote what it was given: nothing of it is kept.
    return Answers(type="Texts"), {}


def _scores_answers(predictions: ClassScores | LabelScores, names: tuple[str, ...], **more: Any) -> Answers:
    by_column = _lies_by_column(predictions.scores)
    kind: Any = type(predictions).__name__
    return Answers(type=kind, names=names, by_column=by_column, **more)


def _lies_by_column(table: npt.NDArray[Any]) -> bool:
    return bool(table.flags.f_contiguous and not table.flags.c_contiguous)


def _score_columns(scores: npt.NDArray[Any], names: Sequence[str], prefix: str) -> Columns:
    return {f"{prefix}score:{name}": np.ascontiguousarray(scores[:, place]) for place, name in enumerate(names)}


def _values_columns(predictions: Values, prefix: str) -> tuple[Answers, Columns]:
    columns: Columns = {f"{prefix}value": np.ascontiguousarray(predictions.values)}
    parts = []
    if predictions.spread is not None:
        parts.append("spread")
        columns[f"{prefix}spread"] = np.ascontiguousarray(predictions.spread)
    if predictions.quantiles is not None:
        parts.append("quantiles")
        for place in range(predictions.quantiles.shape[1]):
            columns[f"{prefix}quantile:{place}"] = np.ascontiguousarray(predictions.quantiles[:, place])
    width = 0 if predictions.quantiles is None else predictions.quantiles.shape[1]
    answers = Answers(type="Values", levels=predictions.levels, parts=tuple(parts), width=width)
    by_column = predictions.quantiles is not None and _lies_by_column(predictions.quantiles)
    return answers.model_copy(update={"by_column": by_column}), columns


def _ranking_columns(rankings: Rankings, prefix: str, user: Callable[[str], int]) -> tuple[Answers, Columns]:
    import pyarrow as pa

    items, scores = rankings.items, rankings.scores
    count, width = items.shape
    is_item = np.array([item is not None for item in items.ravel()], dtype=bool).reshape(items.shape)
    kept = is_item if scores is None else is_item | ~np.isnan(scores)
    # A list ends where nothing follows but padding: no item, and no score.
    lengths = np.where(kept.any(axis=1), width - np.argmax(kept[:, ::-1], axis=1), 0) if width else np.zeros(count, int)
    inside = np.arange(width) < lengths[:, None]
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    columns: Columns = {
        f"{prefix}user": np.array([user(name) for name in rankings.users], dtype=np.int64),
        f"{prefix}item": pa.ListArray.from_arrays(offsets, pa.array(items[inside], pa.string())),
    }
    if scores is not None:
        columns[f"{prefix}item_score"] = pa.ListArray.from_arrays(offsets, pa.array(scores[inside]))
    parts = () if scores is None else ("scores",)
    return Answers(type="Rankings", width=width, parts=parts), columns


def _span_columns(labels: TokenLabels, prefix: str) -> Columns:
    import pyarrow as pa

    spans = [span for row in labels.spans for span in row]
    offsets = pa.array(np.concatenate([[0], np.cumsum([len(row) for row in labels.spans])]), pa.int32())
    start, end, label, score = zip(*spans, strict=True) if spans else ((), (), (), ())
    kinds = {"start": pa.int64(), "end": pa.int64(), "label": pa.string(), "score": pa.float64()}
    return {
        f"{prefix}span_{name}": pa.ListArray.from_arrays(offsets, pa.array(values, kind))
        for (name, kind), values in zip(kinds.items(), (start, end, label, score), strict=True)
    }


def column_types(answers: Answers, prefix: str) -> dict[str, tuple[pa.DataType, ...]]:
    """The columns that `columns_of` makes, by name, with the types that each may have."""
    import pyarrow as pa

    floats = (pa.float64(), pa.float32(), pa.float16())
    if answers.type in {"ClassScores", "LabelScores"}:
        return {f"{prefix}score:{name}": floats for name in answers.names}
    if answers.type == "Values":
        spread = {f"{prefix}spread": floats} if "spread" in answers.parts else {}
        return {f"{prefix}value": floats, **spread, **{f"{prefix}quantile:{q}": floats for q in range(answers.width)}}
    if answers.type == "Rankings":
        lists = tuple(pa.list_(number) for number in floats)
        scores = {f"{prefix}item_score": lists} if "scores" in answers.parts else {}
        return {f"{prefix}user": (pa.int64(),), f"{prefix}item": (pa.list_(pa.string()),), **scores}
    if answers.type == "TokenLabels":
        kinds = {"start": pa.int64(), "end": pa.int64(), "label": pa.string(), "score": pa.float64()}
        return {f"{prefix}span_{name}": (pa.list_(kind),) for name, kind in kinds.items()}
    return {}


def predictions_of(answers: Answers, columns: Mapping[str, pa.Array], prefix: str, rows: int) -> Predictions | None:
    """The predictions that were kept, to the bit; None for texts, of which nothing is.

    Raises:
        ValueError: the columns do not fit together.
    """
    if answers.type == "ClassScores":
        scores = _table(answers, [columns[f"{prefix}score:{name}"] for name in answers.names], rows)
        return ClassScores(answers.names, scores, answers.kind or "probability")
    if answers.type == "LabelScores":
        scores = _table(answers, [columns[f"{prefix}score:{name}"] for name in answers.names], rows)
        return LabelScores(answers.names, scores)
    if answers.type == "Values":
        return _values(answers, columns, prefix, rows)
    if answers.type == "Rankings":
        return _rankings(answers, columns, prefix, rows)
    return _spans(columns, prefix) if answers.type == "TokenLabels" else None


def numbers_of(column: pa.Array) -> npt.NDArray[Any]:
    """A column without nulls as an array of its own type, which owns its memory."""
    return np.array(column.to_numpy(zero_copy_only=False))


def _table(answers: Answers, columns: Sequence[pa.Array], rows: int) -> npt.NDArray[Any]:
    """[n, k], in the order in memory that the model gave: the last bits of a sum depend on it."""
    parts = [numbers_of(column) for column in columns] or [np.empty(rows)]
    if len({part.dtype for part in parts}) > 1:
        raise ValueError("scores of one width are wanted")
    table = np.empty((rows, len(columns)), dtype=parts[0].dtype, order="F" if answers.by_column else "C")
    for place, part in enumerate(parts[: len(columns)]):
        table[:, place] = part
    return table


def _values(answers: Answers, columns: Mapping[str, pa.Array], prefix: str, rows: int) -> Values:
    spread = numbers_of(columns[f"{prefix}spread"]) if "spread" in answers.parts else None
    quantiles = None
    if "quantiles" in answers.parts:
        quantiles = _table(answers, [columns[f"{prefix}quantile:{q}"] for q in range(answers.width)], rows)
    return Values(numbers_of(columns[f"{prefix}value"]), spread, quantiles, answers.levels)


def _rankings(answers: Answers, columns: Mapping[str, pa.Array], prefix: str, rows: int) -> Rankings:
    listed = columns[f"{prefix}item"]
    offsets = listed.offsets.to_numpy()
    lengths = np.diff(offsets)
    if lengths.max(initial=0) > answers.width:
        raise ValueError(f"a list of more than {answers.width} items")
    inside = np.arange(answers.width) < lengths[:, None]
    items = np.full((rows, answers.width), None, dtype=object)
    items[inside] = listed.flatten().to_numpy(zero_copy_only=False)
    users = columns[f"{prefix}user"].to_numpy()
    digits = len(str(users.max(initial=0)))
    names = tuple(f"user {user:0{digits}d}" for user in users)
    if "scores" not in answers.parts:
        return Rankings(names, items)
    scored = columns[f"{prefix}item_score"]
    if not np.array_equal(scored.offsets.to_numpy(), offsets):
        raise ValueError("as many scores as items are wanted")
    kept = numbers_of(scored.flatten())
    scores = np.full((rows, answers.width), np.nan, dtype=kept.dtype)
    scores[inside] = kept
    return Rankings(names, items, scores)


def _spans(columns: Mapping[str, pa.Array], prefix: str) -> TokenLabels:
    parts = [columns[f"{prefix}span_{name}"] for name in ("start", "end", "label", "score")]
    offsets = parts[0].offsets.to_numpy()
    if any(not np.array_equal(part.offsets.to_numpy(), offsets) for part in parts):
        raise ValueError("as many labels as spans are wanted")
    spans = list(zip(*(part.flatten().to_pylist() for part in parts), strict=True))
    return TokenLabels(tuple(tuple(spans[low:high]) for low, high in itertools.pairwise(offsets)))
