"""What the columns of two splits hold: numbers or categories, and which cells are missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, canonical_label
from auditkit_shift.pictures import is_picture, picture_numbers

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
Kind = Literal["numbers", "categories"]

MOST_CATEGORIES = 20
"""The most frequent ones have a cell each; all others share one."""
FEW_NUMBERS = 10
"""Up to so many distinct numbers are taken for categories."""
_WORDS_OF_A_TEXT = 3


@dataclass(frozen=True)
class Column:
    """One column of both splits."""

    name: str
    kind: Kind
    reference: Floats
    """[n]: numbers, or the places of categories; NaN: missing."""
    audit: Floats
    """[m]."""
    cells: int = 0
    """How many categories there are."""

    @property
    def sides(self) -> tuple[Floats, Floats]:
        """The reference first."""
        return self.reference, self.audit


def columns_of(case: Case[Any], *, groups: bool = True) -> list[Column]:
    """The columns that both splits have: what the model is given, but no recorded prediction; and the groups.

    Texts are told by their length, pictures by how bright, contrasted, sharp and large they are.

    Raises:
        NotApplicable: they have none in common.
    """
    found = list(_of_inputs(case))
    if groups and case.has_groups:
        known = {column.name for column in found}
        found += [column for column in _of_groups(case) if column.name not in known]
    if not found:
        raise NotApplicable(
            "the audit rows and the reference rows have no column in common",
            hint="the table of [data] reference needs the columns of [data] input, or of groups",
        )
    return found


def cells_of(case: Case[Any]) -> Iterator[tuple[str, list[Any], list[Any]]]:
    """The name of each input column that both splits have, with its cells in the reference and in the audit rows."""
    # Asked of the settings: where only recorded predictions are given, a replay has no inputs to look at.
    if case.settings.recorded and not case.settings.given:
        return
    audit, reference = (_named(one.given) for one in (case, case.reference))
    for name in audit:
        if name not in case.settings.recorded and name in reference:
            yield name or "input", reference[name], audit[name]


def _named(inputs: Any) -> dict[str, list[Any]]:
    if hasattr(inputs, "iloc"):
        inputs = inputs.iloc[:]  # of a long table all rows, as pandas has them
    if hasattr(inputs, "columns"):
        return {str(name): list(inputs[name]) for name in inputs.columns}
    return {str(getattr(inputs, "name", None) or ""): list(inputs)}


def _of_inputs(case: Case[Any]) -> Iterator[Column]:
    for name, reference, audit in cells_of(case):
        if any(map(is_picture, reference[:1])) and any(map(is_picture, audit[:1])):
            sides = [picture_numbers(cells) for cells in (reference, audit)]
            for what in sides[0]:
                yield Column(f"{name}: {what}", "numbers", sides[0][what], sides[1][what])
            continue
        labels = [_labels(cells) for cells in (reference, audit)]
        numbers = [_numbers(one) for one in labels]
        if numbers[0] is not None and numbers[1] is not None and not _are_few(*numbers):
            yield Column(name, "numbers", numbers[0], numbers[1])
        elif are_texts(labels):
            yield from _of_texts(name, labels)
        else:
            yield _categories(name, *labels)


def _of_groups(case: Case[Any]) -> Iterator[Column]:
    other = case.reference.groups
    for name, codes in case.groups.items():
        if name in other:
            yield _categories(name, np.array(other[name].labels(), object), np.array(codes.labels(), object))


def _labels(cells: Sequence[Any]) -> npt.NDArray[Any]:
    return np.array([None if cell is None else canonical_label(cell) for cell in cells], dtype=object)


def _numbers(labels: npt.NDArray[Any]) -> Floats | None:
    """[n], NaN where a cell is missing; None: the column holds something else."""
    try:
        found = np.array([np.nan if label is None else float(label) for label in labels], dtype=np.float64)
    except ValueError:
        return None
    return np.where(np.isinf(found), np.nan, found)


def _are_few(reference: Any, audit: Any) -> bool:
    both = np.concatenate([reference, audit])
    return len(np.unique(both[~np.isnan(both)])) <= FEW_NUMBERS


def are_texts(labels: Sequence[npt.NDArray[Any]]) -> bool:
    """Whether cells are sentences: many different ones, of several words."""
    known = [str(label) for side in labels for label in side if label is not None]
    if len(set(known)) <= MOST_CATEGORIES:
        return False
    return float(np.median([len(text.split()) for text in known])) >= _WORDS_OF_A_TEXT or any(
        len(text) > _MOST_IN_A_NAME for text in known
    )


_MOST_IN_A_NAME = 100


def _of_texts(name: str, labels: Sequence[npt.NDArray[Any]]) -> Iterator[Column]:
    for what, measure in (("characters", len), ("words", lambda text: len(text.split()))):
        sides = [np.array([np.nan if one is None else float(measure(one)) for one in side]) for side in labels]
        yield Column(f"{name}: {what}", "numbers", sides[0], sides[1])


def _categories(name: str, reference: npt.NDArray[Any], audit: npt.NDArray[Any]) -> Column:
    """The most frequent labels of the reference in its order, then one cell for all others."""
    known, counts = np.unique([str(label) for label in reference if label is not None], return_counts=True)
    order = np.lexsort([known, -counts])[:MOST_CATEGORIES]
    place = {str(known[at]): rank for rank, at in enumerate(order)}
    sides = [
        np.array([np.nan if label is None else place.get(str(label), len(place)) for label in side], dtype=float)
        for side in (reference, audit)
    ]
    return Column(name, "categories", sides[0], sides[1], len(place) + 1)
