"""The search put to a case's refused rows, and a number a row kept of what it found."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit.perturbation import marks
from auditkit.segments import People, table_of
from auditkit_explainability.changing.cutting import fewest_words
from auditkit_explainability.changing.searching import Search, wanted_class
from auditkit_explainability.changing.space import Space
from auditkit_explainability.pieces import pieces_of

Floats = npt.NDArray[np.floating]

NOT_FOUND = np.inf


def is_text(case: Case[Any], *, column: str) -> npt.NDArray[np.bool_]:
    """[n]: in every row whether the rows are texts, and not a table."""
    return np.full(len(case), pieces_of(case, column=column).kind == "words")


def distance(case: Case[Any], **about: Any) -> Floats:
    """[n]: the smallest change that was found; infinite: none; NaN: the row was not asked about."""
    return np.asarray(case.compute(changed, **about)["distance"])


def count(case: Case[Any], **about: Any) -> Floats:
    """[n]: the fewest columns that were found to have to change; NaN: none was found, or the row not asked about."""
    return np.asarray(case.compute(changed, **about)["count"])


def touches(case: Case[Any], *, place: int, **about: Any) -> Floats:
    """[n]: whether the smallest change touches the column at this place of `columns`; NaN where there is none."""
    return np.asarray(case.compute(changed, **about)["touches"][place])


def shift(case: Case[Any], *, place: int, **about: Any) -> Floats:
    """[n]: by how much the smallest change moves the number in a column; NaN: not at all, or it holds no number."""
    return np.asarray(case.compute(changed, **about)["shifts"][place])


def ceiling(case: Case[Any], **about: Any) -> Floats:
    """[n]: in every row the largest change that the table allows."""
    return np.full(len(case), case.compute(changed, **about)["most"])


def changed(case: Case[Any], *, columns: list[str], fixed: list[str], most_rows: int) -> dict[str, Any]:
    """`distance` and `count` [n], `touches` and `shifts` [columns, n], and `most`."""
    space = Space.of(table_of(case), columns, fixed, People.of(case).weights)
    rows = refused(case, most_rows)
    found = Search(case, space).ways(rows)
    costs = space.costs(found.rows, found.values)
    far, many = np.full(len(case), np.nan), np.full(len(case), np.nan)
    touching, shifts = (np.full((len(columns), len(case)), np.nan) for _ in range(2))
    numbers = np.array([one.is_number for one in space.dimensions])
    places = [columns.index(one.column.name) for one in space.dimensions]
    far[rows] = NOT_FOUND
    for row in rows.tolist():
        own = np.flatnonzero(found.rows == row)
        if len(own):
            total, used = np.round(costs[own].sum(axis=1), 9), (costs[own] > 0).sum(axis=1)
            best = int(own[np.lexsort([used, total])[0]])
            far[row], many[row] = total.min(), used.min()
            touching[:, row] = 0.0
            touching[places, row] = costs[best] > 0
            shifts[places, row] = np.where(numbers & (costs[best] > 0), found.values[best] - space.values[row], np.nan)
    return {"distance": far, "count": many, "touches": touching, "shifts": shifts, "most": space.most}


def words(case: Case[Any], *, column: str, most_rows: int, most_words: int) -> Floats:
    """[n]: the fewest words that were found to flip the decision when taken out; infinite: none; NaN: not asked."""
    return fewest_words(case, drawn(case, np.arange(len(case)), most_rows), column=column, most=most_words)


def refused(case: Case[Any], most_rows: int) -> npt.NDArray[np.int64]:
    """At most so many rows that are decided otherwise than is wanted, drawn by what they hold."""
    wanted = wanted_class(case)
    rows = np.arange(len(case)) if wanted is None else np.flatnonzero(case.decisions != wanted)
    return drawn(case, rows, most_rows)


def drawn(case: Case[Any], rows: npt.NDArray[np.integer], most_rows: int) -> npt.NDArray[np.int64]:
    """At most so many of these rows."""
    if len(rows) <= most_rows:
        return np.asarray(rows, dtype=np.int64)
    names = marks(case.inputs)
    draws = np.array([case.rng(f"row {names[int(row)]}").random() for row in rows])
    return np.sort(rows[np.argsort(draws, kind="stable")[:most_rows]]).astype(np.int64)
