"""Recorded predictions that are no classes: numbers, rankings, spans of text, texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from auditkit import DataError, Rankings, Text, Texts, TokenLabels, Values, canonical_label, parse_numbers, parse_spans

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

WHOLE_SPLIT = 1 << 62
"""Nothing is computed, so nothing needs batches."""


@dataclass(frozen=True)
class RecordedValues:
    """A number for each row; with it a standard deviation, or an interval that should hold the truth."""

    column: str
    spread: str | None
    limits: tuple[str, str] | None
    level: float | None
    batch_size: int = WHOLE_SPLIT

    def predict(self, inputs: pd.DataFrame) -> Values:
        """The recorded numbers of these rows.

        Raises:
            DataError: a row has none, a spread is negative, or an interval is upside down.
        """
        import numpy as np

        values = _finite(inputs, self.column)
        spread = None if self.spread is None else _finite(inputs, self.spread)
        if spread is not None:
            _refuse_rows(spread < 0, f"column '{self.spread}' is negative", "a spread is a standard deviation")
        if self.limits is None or self.level is None:
            return Values(values, spread)
        low, high = (_finite(inputs, name) for name in self.limits)
        _refuse_rows(low > high, f"'{self.limits[0]}' is above '{self.limits[1]}'", "have they been mixed up?")
        tail = (1 - self.level) / 2
        return Values(values, spread, np.column_stack([low, high]), (tail, 1 - tail))


def _finite(inputs: pd.DataFrame, column: str) -> npt.NDArray[np.floating]:
    import numpy as np

    values: npt.NDArray[np.floating] = parse_numbers(inputs[column].to_numpy(dtype=object), column=column)
    hint = "every row needs a finite number; a row without a prediction does not belong in the audit file"
    _refuse_rows(~np.isfinite(values), f"column '{column}' is empty, NaN or infinite", hint)
    return values


def _refuse_rows(bad: npt.NDArray[np.bool_], what: str, hint: str) -> None:
    import numpy as np

    rows = np.flatnonzero(bad)
    if len(rows):
        raise DataError(f"{what} in {len(rows):,} rows, first in row {rows[0] + 1}", hint=hint)


@dataclass(frozen=True)
class RecordedRankings:
    """What was recommended to each user, as the host has put it together from the table of rankings."""

    batch_size: int = WHOLE_SPLIT
    notes: list[Text] = field(default_factory=list)

    def predict(self, inputs: pd.DataFrame) -> Rankings:
        """The recorded lists of these users; an empty one for a user to whom nothing was recommended."""
        import numpy as np

        self.notes[:] = inputs.attrs.get("notes", ())
        items = inputs[[name for name in inputs.columns if name.startswith("item ")]].to_numpy(dtype=object)
        scores = inputs[[name for name in inputs.columns if name.startswith("score ")]].to_numpy(dtype=np.float64)
        return Rankings(tuple(inputs["user"]), items, scores if scores.shape[1] else None)


@dataclass(frozen=True)
class RecordedSpans:
    """For each row, a list of `{start, end, label}`, or its JSON."""

    column: str
    text: str | None
    """The column that the spans are in, when there is one."""
    batch_size: int = WHOLE_SPLIT

    def predict(self, inputs: pd.DataFrame) -> TokenLabels:
        """The recorded spans of these rows.

        Raises:
            DataError: a row has no list; one in which nothing was found is the empty list.
        """
        texts = None if self.text is None else inputs[self.text].to_numpy(dtype=object)
        spans, known = parse_spans(inputs[self.column].to_numpy(dtype=object), column=self.column, texts=texts)
        _refuse_rows(~known, f"column '{self.column}' has no list of spans", "where nothing was found, write []")
        return spans


@dataclass(frozen=True)
class RecordedTexts:
    """What was written for each row; the empty cell is the empty text."""

    column: str
    batch_size: int = WHOLE_SPLIT

    def predict(self, inputs: pd.DataFrame) -> Texts:
        """The recorded texts of these rows."""
        return Texts(tuple((canonical_label(cell) or "",) for cell in inputs[self.column].to_numpy(dtype=object)))


Recorded = RecordedValues | RecordedRankings | RecordedSpans | RecordedTexts


def recorded_others(task: str | None, data: Any) -> Recorded | None:
    """What reads the predictions of a task; None: they are classes."""
    if task == "regression":
        limits = (data.lower, data.upper) if data.lower else None
        return RecordedValues(data.predicted, data.spread, limits, data.level)
    if task == "ranking":
        return RecordedRankings()
    if task == "tokens":
        return RecordedSpans(data.predicted, data.input if isinstance(data.input, str) else None)
    return RecordedTexts(data.generated) if task == "text" else None
