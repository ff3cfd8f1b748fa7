"""The one way in which a column of cells becomes spans of text with labels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.errors import DataError
from auditkit.labels import canonical_label
from auditkit.predictions import TokenLabels

Span = tuple[int, int, str, float]

_LONGEST = 1 << 53
"""Characters: beyond this a float no longer holds every whole number."""

_HINT = 'a cell is a list such as [{"start": 0, "end": 4, "label": "DRUG"}]; no entity is []'


def parse_spans(
    cells: Any, *, column: str, where: str = "the data", texts: Any = None
) -> tuple[TokenLabels, npt.NDArray[np.bool_]]:
    """A column of lists of `{start, end, label}`, or of their JSON, as spans; and [n], which rows have a list at all.

    `start` and `end` count characters from 0, the end left out; `score` is optional and 1 otherwise.

    Args:
        cells: [n]; None and the empty cell have no list, which is another thing than the empty list.
        column: its name, for messages.
        where: the table's name, for messages.
        texts: [n], what the spans are in; None: it is not known how far they may reach.

    Raises:
        DataError: a cell is no such list, a span is empty, reaches beyond its text, or crosses another of its label.
    """
    rows, known = [], np.zeros(len(cells), dtype=bool)
    for place, cell in enumerate(cells):
        here = f"{where} column '{column}' in row {place + 1}"
        given = _as_list(cell, here)
        known[place] = given is not None
        text = None if texts is None else str(canonical_label(texts[place]) or "")
        rows.append(_row(given or (), here, None if text is None else len(text)))
    return TokenLabels(tuple(rows)), known


def _as_list(cell: Any, here: str) -> Sequence[Any] | None:
    if isinstance(cell, list | tuple | np.ndarray):
        return list(cell)
    written = json.dumps(cell, default=str) if isinstance(cell, Mapping) else canonical_label(cell)
    if written is None or not written.strip():
        return None
    try:
        given = json.loads(written)
    except ValueError as error:
        raise DataError(f"{here} holds '{written[:40]}', which is no JSON", hint=_HINT) from error
    if not isinstance(given, list):
        raise DataError(f"{here} holds '{written[:40]}', which is no list", hint=_HINT)
    return given


def _row(given: Sequence[Any], here: str, length: int | None) -> tuple[Span, ...]:
    spans = sorted(_span(item, here, length) for item in given)
    for place, (start, end, label, _) in enumerate(spans):
        for other in spans[place + 1 :]:
            if other[0] >= end:
                break
            # One inside another is how nested entities are written; the same twice, or two that cross, is a mistake.
            is_same, crosses = other[:2] == (start, end), other[0] > start and other[1] > end
            if label == other[2] and (is_same or crosses):
                which = "stands twice" if is_same else f"overlaps {other[0]} to {other[1]}"
                raise DataError(
                    f"{here}: the span {start} to {end} of '{label}' {which}", hint="each entity is one span, once"
                )
    return tuple(spans)


def _span(item: Any, here: str, length: int | None) -> Span:
    if not isinstance(item, Mapping) or not {"start", "end", "label"} <= item.keys():
        raise DataError(f"{here} holds {item!r:.60} for a span", hint=_HINT)
    if isinstance(item["label"], Mapping | list | tuple | np.ndarray):
        raise DataError(f"{here}: the label of the span {item!r:.80} is no text", hint=_HINT)
    start, end, label = _whole(item["start"]), _whole(item["end"]), canonical_label(item["label"])
    if start is None or end is None or not 0 <= start < end or not label:
        raise DataError(
            f"{here}: the span {item!r:.80} is empty or upside down", hint="0 <= start < end, in characters; a label"
        )
    if length is not None and end > length:
        raise DataError(
            f"{here}: the span {start} to {end} of '{label}' reaches beyond its text of {length} characters",
            hint="start and end count characters of the input column from 0, the end left out; not bytes, not words",
        )
    try:
        score = float(item.get("score", 1.0))
    except (TypeError, ValueError):
        score = np.nan
    if not np.isfinite(score):
        raise DataError(f"{here}: the score of {item!r:.80} is no number", hint="leave it out, or give a number")
    return start, end, label, score


def _whole(value: Any) -> int | None:
    """A whole number, of whatever type a file gave it: 3, 3.0; anything else, and what no text is long as, is None."""
    if isinstance(value, bool | str) or not isinstance(value, int | float | np.integer | np.floating):
        return None
    number: Any = value
    return int(number) if abs(number) < _LONGEST and float(number).is_integer() else None
