"""Whether what an adapter answered are sound predictions: types, shapes and ranges. What is not is refused, not mended.

Only the dress is changed: a subclass becomes the prediction type that it is, a list of names a tuple, integers floats.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast, get_args

import numpy as np
import numpy.typing as npt

from auditkit.errors import ModelError
from auditkit.numbers import LARGEST
from auditkit.predictions import (
    ClassScores,
    Floats,
    LabelScores,
    Predictions,
    Rankings,
    ScoreKind,
    Texts,
    TokenLabels,
    Values,
)

P_co = TypeVar("P_co", bound=Predictions, covariant=True)

_ROUNDING = 1e-3
"""Three decimals are how probabilities are written down."""
_TABLE = 2
"""The dimensions of a table: rows and columns."""
_WIDEST = 8
"""Bytes of the widest float that every reader of the evidence knows."""


def sound_predictions(answer: Any, *, rows: Sequence[int], who: str) -> Predictions:
    """The same predictions, in exactly one of the six types, when no check can come to nonsense by them.

    Args:
        answer: what `predict` returned.
        rows: the numbers of the rows that were asked for, from 1, for the message.
        who: who answered, for the message.

    Raises:
        ModelError: no prediction type, the wrong number of rows, or a field that is not what its type promises.
    """
    kind = next((kind for kind in _READERS if isinstance(answer, kind)), None)
    if kind is None:
        raise ModelError(
            f"{who}: predict returned a {type(answer).__name__}",
            hint="it returns a prediction type, e.g. auditkit.ClassScores",
        )
    return _READERS[kind](answer, _Witness(f"{who}: predict returned {kind.__name__}", who, rows))


class UnsoundRowsError(ModelError):
    """The answers to some rows are none, and those to others may be: numbers are missing or out of their range."""

    def __init__(self, message: str, *, hint: str = "", places: npt.NDArray[np.integer] | None = None) -> None:
        super().__init__(message, hint=hint)
        self.places = np.zeros(0, dtype=np.int64) if places is None else places


@dataclass(frozen=True)
class SoundRows(Generic[P_co]):
    """Sound answers to some of the rows that were asked about."""

    predictions: P_co
    """[m]."""
    rows: npt.NDArray[np.integer]
    """[m]: the places of those rows, in order; to all others the answer was none."""


@dataclass
class Unsound:
    """Notes the rows whose answers are none, where these are looked for, and not refused."""

    rows: set[int] = field(default_factory=set)

    def left_out(self, answer: Any, *, rows: Sequence[int], who: str) -> Predictions:
        """As `sound_predictions`, of the rows that have a sound answer."""
        kept = np.asarray(rows)
        while True:
            try:
                return sound_predictions(answer, rows=kept.tolist(), who=who)
            except UnsoundRowsError as error:
                self.rows.update(kept[error.places].tolist())
                stays = np.setdiff1d(np.arange(len(kept)), error.places)
                answer, kept = answer.take(stays), kept[stays]


def in_order_of(
    target: str | tuple[str, ...] | None, answer: Predictions, *, who: str, by_position: bool
) -> Predictions:
    """Scores for several labels in the order of the target's columns, which is how they are held against each other.

    Args:
        target: `[data] target`; answers are reordered where it is a list of columns.
        answer: what the model said.
        who: who answered, for the message.
        by_position: whether labels that all have other names than the columns are the columns one by one:
            where somebody wrote both lists side by side. An opened model's outputs have an order of their own.

    Raises:
        ModelError: the labels are not the columns.
    """
    if not isinstance(answer, LabelScores) or not isinstance(target, tuple) or answer.labels == target:
        return answer
    if len(answer.labels) == len(target) and set(answer.labels).isdisjoint(target):
        if by_position:
            return answer
        both = zip(answer.labels, target, strict=True)
        pairs = ", ".join(f"{json.dumps(said)} = {json.dumps(wanted)}" for said, wanted in both)
        raise ModelError(
            f"{who}: the model's labels are {_listed(answer.labels)}, and the target's columns {_listed(target)}: "
            "nothing says which is which",
            hint=f"[model] labels = {{{pairs}}}, if that is what they stand for",
        )
    if set(answer.labels) != set(target):
        more = min(set(answer.labels) ^ set(target))
        has, lacks = ("the model gives", "the target") if more in answer.labels else ("the target has", "the model")
        raise ModelError(
            f"{who}: {has} a label '{more}', which {lacks} has not: they are held against each other column by column",
            hint=f"[data] target = {list(answer.labels)}, a column of 0 and 1 for each label of the model",
        )
    order = [answer.labels.index(name) for name in target]
    return LabelScores(target, np.ascontiguousarray(answer.scores[:, order]))


def _listed(names: Sequence[str], most: int = 8) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


@dataclass(frozen=True)
class _Witness:
    """Who answered, and which rows were asked for."""

    said: str
    who: str
    rows: Sequence[int]

    def refuse(self, what: str, hint: str) -> ModelError:
        return ModelError(f"{self.said}: {what}", hint=hint)

    def counted(self, found: int) -> None:
        if found != len(self.rows):
            raise ModelError(
                f"{self.who}: predict returned {found} rows for {len(self.rows)}",
                hint="it answers every row that it is given, in order",
            )

    def refuse_rows(self, bad: Any, values: Any, what: str, hint: str) -> None:
        """Refuse when any row is bad, and name the first, counted from 1."""
        rows = np.flatnonzero(bad if np.ndim(bad) == 1 else np.any(bad, axis=1))
        if len(rows):
            shown = np.array2string(np.atleast_1d(values[rows[0]])[:5], precision=4)
            where = f"in {len(rows)} rows, first in row {self.rows[rows[0]]}: {shown}"
            raise UnsoundRowsError(f"{self.who}: {what} {where}", hint=hint, places=rows)

    def array(self, name: str, value: Any, dimensions: int, width: int | None = None) -> Any:
        """A plain NumPy array of the wanted shape, with a row for each that was asked for."""
        if not isinstance(value, np.ndarray) or isinstance(value, np.ma.MaskedArray | np.matrix):
            raise self.refuse(f"its {name} are a {type(value).__name__}", "give them as a plain NumPy array")
        if value.ndim != dimensions or (width is not None and value.shape[1] != width):
            columns = ("", f", {'k' if width is None else width}")[dimensions == _TABLE]
            raise self.refuse(f"its {name} have the shape {value.shape}", f"give them the shape [rows{columns}]")
        self.counted(len(value))
        return np.asarray(value)

    def numbers(self, name: str, value: Any, dimensions: int = 1, width: int | None = None) -> Floats:
        """An array of floats; NaN and infinity are left to `finite`."""
        array = self.array(name, value, dimensions, width)
        if array.dtype.kind not in "fiub":
            raise self.refuse(f"its {name} have the type {array.dtype}", "give them as floats")
        if array.dtype.kind == "f" and array.dtype.isnative and array.dtype.itemsize <= _WIDEST:
            # In one layout: sums over rows that lie otherwise in memory differ in their last bits.
            return np.ascontiguousarray(cast("Floats", array))
        return cast("Floats", array.astype(np.float64, order="C"))

    def finite(self, name: str, value: Any, dimensions: int = 1, width: int | None = None) -> Floats:
        """An array of floats, none of them missing."""
        array = self.numbers(name, value, dimensions, width)
        hint = "every row needs a finite number; a row without a prediction does not belong in the audit file"
        self.refuse_rows(~np.isfinite(array), array, f"one of the {name} is missing, NaN or infinite", hint)
        return array

    def scores(self, value: Any, width: int, kind: str) -> Floats:
        """Scores, [n, k], that are what their kind says."""
        scores = self.numbers("scores", value, _TABLE, width)
        refuse_unsound_scores(scores, kind, self)
        return scores

    def names(self, field: str, value: Any) -> tuple[str, ...]:
        """Names that can be written down."""
        if not isinstance(value, tuple | list):
            raise self.refuse(f"its {field} are a {type(value).__name__}", f"give {field} as a tuple of texts")
        if set(map(type, value)) <= {str} and "".join(value).isascii():
            return tuple(value)  # a name of each user: there can be millions
        return tuple(self.text(field, name) for name in value)

    def different(self, field: str, value: Any) -> tuple[str, ...]:
        """Names of columns: at least one, and none twice."""
        names = self.names(field, value)
        if not names or len(set(names)) != len(names):
            raise self.refuse(f"its {field} are {names}", "name at least one, and none twice")
        return names

    def text(self, field: str, value: Any) -> str:
        if not isinstance(value, str):
            raise self.refuse(f"one of its {field} is a {type(value).__name__}: {value!r:.60}", "give it as text")
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise self.refuse(
                f"one of its {field} holds half of a character pair: {value!a:.60}",
                "decode what the model writes with errors='replace'",
            )
        return str(value)

    def in_rows(self, field: str, value: Any) -> Sequence[Any]:
        """A list for each row."""
        if not isinstance(value, tuple | list):
            raise self.refuse(f"its {field} are a {type(value).__name__}", "give a tuple with a tuple for each row")
        self.counted(len(value))
        for place, row in zip(self.rows, value, strict=True):
            if not isinstance(row, tuple | list):
                raise self.refuse(f"its {field} in row {place} are a {type(row).__name__}", "give a tuple for each row")
        return value


def refuse_unsound_scores(scores: Floats, kind: str, witness: _Witness) -> None:
    """Refuse scores that are NaN or infinite, and probabilities outside [0, 1] or that do not sum to one.

    `kind` is "probability" (a distribution over classes), "label" (each in [0, 1]) or "score" (any finite number).
    """
    witness.refuse_rows(
        ~np.isfinite(scores),
        scores,
        "a score is missing, NaN or infinite",
        "every row needs a finite score; a row without a prediction does not belong in the audit file",
    )
    if kind == "score":
        return
    other = 'say [data] score_kind = "score" if these are not probabilities'
    witness.refuse_rows((scores < 0) | (scores > 1), scores, "a probability is below 0 or above 1", other)
    if kind == "probability":
        off = np.abs(scores.sum(axis=1) - 1) > _ROUNDING
        witness.refuse_rows(
            off, scores, "the probabilities do not sum to 1", f"name a column for every class, or {other}"
        )


def _class_scores(answer: ClassScores, witness: _Witness) -> ClassScores:
    if answer.kind not in get_args(ScoreKind):
        raise witness.refuse(f"its kind is {answer.kind!r:.60}", f"one of {', '.join(get_args(ScoreKind))}")
    classes = witness.different("classes", answer.classes)
    return ClassScores(classes, witness.scores(answer.scores, len(classes), answer.kind), answer.kind)


def _label_scores(answer: LabelScores, witness: _Witness) -> LabelScores:
    labels = witness.different("labels", answer.labels)
    return LabelScores(labels, witness.scores(answer.scores, len(labels), "label"))


def _values(answer: Values, witness: _Witness) -> Values:
    values = witness.finite("values", answer.values)
    witness.refuse_rows(
        np.abs(values.astype(np.float64)) > LARGEST, values, f"a value is beyond {LARGEST:g}", "give it in another unit"
    )
    spread = None if answer.spread is None else witness.finite("spread", answer.spread)
    if spread is not None:
        witness.refuse_rows(spread < 0, spread, "a spread is negative", "it is a standard deviation")
    levels = _levels(answer.levels, witness)
    if answer.quantiles is None:
        if levels:
            raise witness.refuse(f"it has levels {levels} and no quantiles", "give both, or neither")
        return Values(values, spread)
    quantiles = witness.finite("quantiles", answer.quantiles, _TABLE, len(levels))
    descends = np.diff(quantiles, axis=1) < 0
    witness.refuse_rows(descends, quantiles, "quantiles descend", "give them in the order of ascending levels")
    return Values(values, spread, quantiles, levels)


def _levels(given: Any, witness: _Witness) -> tuple[float, ...]:
    hint = "levels are a tuple of ascending numbers between 0 and 1"
    numbers = (int, float, np.integer, np.floating)
    if not isinstance(given, tuple | list) or not all(isinstance(level, numbers) for level in given):
        raise witness.refuse(f"its levels are {given!r:.60}", hint)
    levels = tuple(float(level) for level in given)
    if not all(0 < level < 1 for level in levels) or list(levels) != sorted(set(levels)):
        raise witness.refuse(f"its levels are {levels}", hint)
    return levels


def _texts(answer: Texts, witness: _Witness) -> Texts:
    samples = tuple(
        tuple(witness.text("samples", sample) for sample in row) for row in witness.in_rows("samples", answer.samples)
    )
    if not all(samples):
        row = next(place for place, row in zip(witness.rows, samples, strict=True) if not row)
        raise witness.refuse(f"it has no sample in row {row}", "a model that wrote nothing gave the empty text")
    logprobs = None if answer.logprobs is None else witness.finite("logprobs", answer.logprobs)
    if logprobs is not None:
        witness.refuse_rows(
            logprobs > _ROUNDING, logprobs, "the logarithm of a probability is above 0", "give log(p), with p at most 1"
        )
    cut = None if answer.cut is None else witness.array("cut", answer.cut, 1)
    if cut is not None and cut.dtype.kind != "b":
        raise witness.refuse(f"its cut has the type {cut.dtype}", "say yes or no of each row")
    return Texts(samples, logprobs, cut)


def _rankings(answer: Rankings, witness: _Witness) -> Rankings:
    users = witness.names("users", answer.users)
    witness.counted(len(users))
    items = witness.array("items", answer.items, _TABLE)
    # Each item is looked at once, however often it is recommended; where one is no text, cell by cell.
    codes, kinds = _different(items)
    texts = np.array([*(witness.text("items", item) for item in kinds), None], dtype=object)
    named = texts[codes]
    present = named != None  # noqa: E711  cell by cell
    gaps = present[:, 1:] & ~present[:, :-1]
    witness.refuse_rows(gaps, named, "an item comes after None", "None only fills a list that is shorter")
    if answer.scores is None:
        return Rankings(users, named)
    return Rankings(users, named, _ranking_scores(answer.scores, present, witness))


def _different(items: Any) -> tuple[Any, tuple[Any, ...]]:
    """For each cell the place of its item among those that differ, -1 for None; and these, in order."""
    import pandas as pd

    cells = items.astype(object).ravel()
    try:
        codes, kinds = pd.factorize(cells)
    except TypeError:  # what cannot be compared is no text
        kinds = cells
    else:
        if all(cell is None for cell in cells[codes < 0]) and all(isinstance(kind, str) for kind in kinds):
            return codes.reshape(items.shape), tuple(kinds)
    return np.zeros(items.shape, dtype=np.int64), tuple(cell for cell in cells if cell is not None)


def _ranking_scores(given: Any, present: Any, witness: _Witness) -> Floats:
    scores = witness.numbers("scores", given, _TABLE, present.shape[1])
    missing = present & ~np.isfinite(scores)
    witness.refuse_rows(missing, scores, "a score is missing, NaN or infinite", "every item needs a finite score")
    # Where both are there: what fills a shorter list has no score that could ascend.
    ascends = present[:, 1:] & (scores[:, 1:] > scores[:, :-1])
    witness.refuse_rows(ascends, scores, "scores ascend", "give the best item first")
    return scores


def _token_labels(answer: TokenLabels, witness: _Witness) -> TokenLabels:
    rows = witness.in_rows("spans", answer.spans)
    return TokenLabels(
        tuple(tuple(_span(span, place, witness) for span in row) for place, row in zip(witness.rows, rows, strict=True))
    )


def _span(span: Any, place: int, witness: _Witness) -> tuple[int, int, str, float]:
    try:
        start, end, label, score = span
        is_number = not isinstance(score, str | bool) and np.isfinite(score)
    except (TypeError, ValueError):
        is_number = False
    whole = (int, np.integer)
    if not is_number or not isinstance(start, whole) or not isinstance(end, whole) or not 0 <= start <= end:
        raise witness.refuse(
            f"it has the span {span!r:.60} in row {place}", "a span is (start, end, label, score), start not after end"
        )
    return int(start), int(end), witness.text("labels", label), float(score)


_READERS: Mapping[type[Predictions], Callable[[Any, _Witness], Predictions]] = {
    ClassScores: _class_scores,
    LabelScores: _label_scores,
    Values: _values,
    Texts: _texts,
    Rankings: _rankings,
    TokenLabels: _token_labels,
}
