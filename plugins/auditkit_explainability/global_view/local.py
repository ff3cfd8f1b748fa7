"""What the score does when one column moves by a little and all else stays: two answers a row, kept as numbers a row.

Source: Apley and Zhu (2020), J. R. Stat. Soc. B 82, 1059-1086: accumulated local effects.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Values
from auditkit.segments import (
    Column,
    People,
    bins_of,
    column_in,
    edges_of,
    levels_of,
    spelled,
    table_of,
)

Answers = ClassScores | LabelScores | Values
Floats = npt.NDArray[np.floating]

KINDS = ("other", "numbers", "categories")


def scores_of(said: Answers) -> Floats:
    """[m, k]: a score for each class or label, or the number."""
    if isinstance(said, Values):
        return np.asarray(said.values, dtype=np.float64)[:, None]
    return np.asarray(said.scores, dtype=np.float64)


def sound_scores(case: Case[Any], inputs: Any, about: Mapping[str, str]) -> Floats:
    """[m, k]: what the model says of rows that were changed; NaN where its answer is none."""
    sound = case.predict_sound(inputs, about)
    said = scores_of(sound.predictions)
    found = np.full((len(inputs), scores_of(case.predictions).shape[1]), np.nan)
    found[sound.rows] = said
    return found


def spread_of(case: Case[Any]) -> float:
    """Of numbers the standard deviation of what the model says, so that effects on different models compare; else 1."""
    if not isinstance(case.predictions, Values):
        return 1.0
    values = np.asarray(case.predictions.values, dtype=float)
    centre = np.average(values, weights=case.weights)
    return float(np.sqrt(np.average((values - centre) ** 2, weights=case.weights))) or 1.0


def kind_of(case: Case[Any], *, column: str) -> npt.NDArray[np.uint8]:
    """[n]: in every row what the column holds, as a place in `KINDS`."""
    found = column_in(table_of(case), column)
    return np.full(len(case), KINDS.index("other" if found is None else found.kind), dtype=np.uint8)


def lower(case: Case[Any], *, column: str, attribute: str, bins: int) -> Floats:
    """[n]: the lower edge of the bin that the row lies in; NaN: in none."""
    return np.asarray(case.compute(moved, column=column, attribute=attribute, bins=bins)["lower"])


def upper(case: Case[Any], *, column: str, attribute: str, bins: int) -> Floats:
    """[n]: the upper edge of the bin that the row lies in; NaN: in none."""
    return np.asarray(case.compute(moved, column=column, attribute=attribute, bins=bins)["upper"])


def difference(case: Case[Any], *, column: str, attribute: str, bins: int, place: int) -> Floats:
    """[n]: the score at the upper edge less that at the lower one; NaN: in no bin, or an answer is none."""
    return np.asarray(case.compute(moved, column=column, attribute=attribute, bins=bins)["difference"][place])


def moved(case: Case[Any], *, column: str, attribute: str, bins: int) -> dict[str, Any]:
    """Each row asked with its column at either end of its bin: `lower` and `upper` [n], `difference` [k, n].

    The bins are those of all rows, or of each group of an attribute its own: a group's curve is about values that the
    group has.
    """
    table = table_of(case)
    found = column_in(table, column)
    classes = scores_of(case.predictions).shape[1]
    ends = np.full((2, len(case)), np.nan)
    answer = np.full((classes, len(case)), np.nan)
    if found is not None and found.kind == "numbers":
        people = People.of(case)
        for rows in _parts(case, attribute):
            edges = edges_of(found.numbers, people, rows, bins=bins, is_whole=found.is_whole)
            if len(edges) > 1:
                inside = np.flatnonzero(rows & np.isfinite(found.numbers))
                places = bins_of(found.numbers[inside], edges)
                ends[:, inside] = edges[places], edges[places + 1]
    rows_asked = np.flatnonzero(np.isfinite(ends[0]))
    if found is not None and len(rows_asked):
        low, high = (_score_at(case, table, found, rows_asked, ends[place, rows_asked]) for place in (0, 1))
        answer[:, rows_asked] = (high - low).T
    return {"lower": ends[0], "upper": ends[1], "difference": answer}


def _parts(case: Case[Any], attribute: str) -> list[npt.NDArray[np.bool_]]:
    if not attribute:
        return [np.ones(len(case), dtype=bool)]
    codes = case.groups[attribute]
    return [np.asarray(codes.codes == place) for place in range(len(codes.vocabulary))]


def _score_at(case: Case[Any], table: Any, column: Column, rows: npt.NDArray[np.int64], numbers: Floats) -> Floats:
    changed = table.iloc[rows].assign(**{column.name: column.of_numbers(numbers, rows)})
    return sound_scores(case, changed, {"moved": column.name})


def level_count(case: Case[Any], *, column: str) -> npt.NDArray[np.int64]:
    """[n]: in every row how many categories of the column at least ten people have."""
    return np.full(len(case), len(_levels(case, column)), dtype=np.int64)


def level_name(case: Case[Any], *, column: str, place: int) -> npt.NDArray[np.int64]:
    """[n]: the name of one of these categories, spelled."""
    return spelled(_levels(case, column)[place], len(case))


def level_score(case: Case[Any], *, column: str, place: int, of: int) -> Floats:
    """[n]: a row's score for class `of` with the column set to one of these categories."""
    return np.asarray(case.compute(set_to, column=column, place=place)[of])


def set_to(case: Case[Any], *, column: str, place: int) -> Floats:
    """[k, n]: the scores of each row with the column set to one category; one that holds it already is not asked."""
    table = table_of(case)
    found = column_in(table, column)
    assert found is not None  # noqa: S101  `level_count` found it
    label = _levels(case, column)[place]
    answer = scores_of(case.predictions).T.copy()
    rows = np.flatnonzero(found.labels != label)
    if len(rows):
        changed = table.iloc[rows].assign(**{column: found.of_label(label, rows)})
        answer[:, rows] = sound_scores(case, changed, {"set": column, "to": label}).T
    return answer


def _levels(case: Case[Any], column: str) -> list[str]:
    found = column_in(table_of(case), column)
    return levels_of(found, People.of(case)) if found is not None and found.kind == "categories" else []
