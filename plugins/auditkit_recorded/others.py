"""Recorded predictions that are no classes: numbers, rankings, spans of text, texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from auditkit import DataError, Rankings, Text, Texts, TokenLabels, Values, canonical_label, parse_numbers, parse_spans
from auditkit_recorded.spelling import file_of, refuse_other_spelling

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

WHOLE_SPLIT = 1 << 62
"""Nothing is computed, so nothing needs batches."""


class AnswersARow:
    """Recorded answers that are one a row, and no lists."""

    cannot: ClassVar[Mapping[str, str]] = {"RanksDeeper": "one answer a row was recorded, and no list"}


@dataclass(frozen=True)
class RecordedValues(AnswersARow):
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
            where = file_of(inputs)
            _refuse_rows(spread < 0, f"{where} column '{self.spread}' is negative", "a spread is a standard deviation")
        if self.limits is None or self.level is None:
            return Values(values, spread)
        low, high = (_finite(inputs, name) for name in self.limits)
        what = f"{file_of(inputs)} column '{self.limits[0]}' is above '{self.limits[1]}'"
        _refuse_rows(low > high, what, "an interval goes from lower to upper; have they been mixed up?")
        tail = (1 - self.level) / 2
        return Values(values, spread, np.column_stack([low, high]), (tail, 1 - tail))


def _finite(inputs: pd.DataFrame, column: str) -> npt.NDArray[np.floating]:
    import numpy as np

    where = file_of(inputs)
    values: npt.NDArray[np.floating] = parse_numbers(inputs[column].to_numpy(dtype=object), column=column, where=where)
    hint = "every row needs a finite number; a row without a prediction does not belong in the audit file"
    _refuse_rows(~np.isfinite(values), f"{where} column '{column}' is empty, NaN or infinite", hint)
    return values


def _refuse_rows(bad: npt.NDArray[np.bool_], what: str, hint: str) -> None:
    import numpy as np

    rows = np.flatnonzero(bad)
    if len(rows):
        raise DataError(f"{what} in {len(rows):,} rows, first in row {rows[0] + 1}", hint=hint)


@dataclass(frozen=True)
class RecordedRankings:
    """What was recommended to each user, as the host has put it together from the table of rankings."""

    depth: int
    """How deep they are looked at; the table may go deeper."""
    batch_size: int = WHOLE_SPLIT
    notes: list[Text] = field(default_factory=list)

    def predict(self, inputs: pd.DataFrame) -> Rankings:
        """The recorded lists of these users; an empty one for a user to whom nothing was recommended."""
        return self.ranked(inputs, self.depth)

    def ranked(self, inputs: pd.DataFrame, depth: int) -> Rankings:
        """The recorded lists down to a depth, so far as they go."""
        import numpy as np

        self.notes[:] = inputs.attrs.get("notes") or self.notes  # those of the audit stay: training lists have none
        of_items, of_scores = (
            [name for name in inputs.columns if name.startswith(kind)][:depth] for kind in ("item ", "score ")
        )
        items, scores = inputs[of_items].to_numpy(dtype=object), inputs[of_scores].to_numpy(dtype=np.float64)
        return Rankings(tuple(inputs["user"]), items, scores if scores.shape[1] else None)


@dataclass(frozen=True)
class RecordedSpans(AnswersARow):
    """For each row, a list of `{start, end, label}`, or its JSON."""

    column: str
    text: str | None
    """The column that the spans are in, when there is one."""
    target_labels: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Labels of the model -> the target's."""
    batch_size: int = WHOLE_SPLIT

    def predict(self, inputs: pd.DataFrame) -> TokenLabels:
        """The recorded spans of these rows.

        Raises:
            DataError: a row has no list (one in which nothing was found is the empty list), or a label spells one of
                the target's in another way.
        """
        texts = None if self.text is None else inputs[self.text].to_numpy(dtype=object)
        where = file_of(inputs)
        cells = inputs[self.column].to_numpy(dtype=object)
        spans, known = parse_spans(cells, column=self.column, where=where, texts=texts)
        hint = "where nothing was found, write []"
        _refuse_rows(~known, f"{where} column '{self.column}' has no list of spans", hint)
        named = tuple(
            tuple((start, end, self.renamed.get(label, label), score) for start, end, label, score in row)
            for row in spans.spans
        )
        said = {label for row in spans.spans for _, _, label, _ in row}
        # One that the spec maps is meant as it is; mapped to a label of the target, it is one that they share.
        mapped = {self.renamed[label] for label in said & self.renamed.keys()}
        found = (said - self.renamed.keys()) | (mapped & set(self.target_labels))
        refuse_other_spelling(
            found, self.target_labels, f"{where} column '{self.column}'", may="map them to themselves"
        )
        return TokenLabels(named)


@dataclass(frozen=True)
class RecordedTexts(AnswersARow):
    """What was written for each row; the empty cell is the empty text."""

    column: str
    batch_size: int = WHOLE_SPLIT

    def predict(self, inputs: pd.DataFrame) -> Texts:
        """The recorded texts of these rows."""
        return Texts(tuple((canonical_label(cell) or "",) for cell in inputs[self.column].to_numpy(dtype=object)))


Recorded = RecordedValues | RecordedRankings | RecordedSpans | RecordedTexts


def recorded_others(
    task: str | None, data: Any, target_labels: tuple[str, ...], renamed: Mapping[str, str]
) -> Recorded | None:
    """What reads the predictions of a task; None: they are classes."""
    if task == "regression":
        limits = (data.lower, data.upper) if data.lower else None
        return RecordedValues(data.predicted, data.spread, limits, data.level)
    if task == "ranking":
        return RecordedRankings(data.k)
    if task == "tokens":
        text = data.input if isinstance(data.input, str) else None
        return RecordedSpans(data.predicted, text, target_labels, renamed)
    return RecordedTexts(data.generated) if task == "text" else None
