"""Which rows are shown: a few of each class that was decided, drawn by what they hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit.perturbation import marks
from auditkit_explainability.attributing import targets_of

MOST_CLASSES = 6
"""The commonest; a report is no list of rows."""


def chosen(case: Case[Any], most_rows: int) -> npt.NDArray[np.int64]:
    """[k]: places of rows, at most so many of each class decided, of a person one; in another order the same.

    Args:
        case: the rows.
        most_rows: of each class; of numbers, in all.
    """
    names = marks(case.inputs)
    drawn = np.array([case.rng(f"example {name}").random() for name in names])
    people = _people(case, names)
    classes = targets_of(case, case.predictions)
    values, counts = np.unique(classes, return_counts=True)
    wanted = sorted(values[np.argsort(-counts, kind="stable")[:MOST_CLASSES]].tolist())
    found: list[int] = []
    for value in wanted:
        seen: set[str] = set()
        mine = np.flatnonzero(classes == value)
        for row in mine[np.argsort(drawn[mine], kind="stable")].tolist():
            if people[row] not in seen and len(seen) < most_rows:
                seen.add(people[row])
                found.append(row)
    return np.array(found, dtype=np.int64)


def _people(case: Case[Any], names: list[str]) -> list[str]:
    """[n]: whose row it is; of rows without a unit what they hold, so that no row is shown twice."""
    if case.units is None:
        return names
    return [f"unit {unit}" if unit >= 0 else name for unit, name in zip(case.units.codes.tolist(), names, strict=True)]
