"""Equivalence classes: rows that look the same, numbered so that the number says nothing of what they look like."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]

_LARGEST = 2**62


def number_classes(columns: Iterable[npt.NDArray[np.integer]], rows: int) -> Integers:
    """[rows]: a number from 0 on for each combination of the columns' codes; equal rows have equal numbers.

    Args:
        columns: [rows] each, whole numbers; -1 is a value of its own.
        rows: how many, also where there is no column.
    """
    keys, width = np.zeros(rows, dtype=np.int64), 1
    for column in columns:
        codes, states = _compact(column)
        if width > _LARGEST // max(states, 1):
            keys, width = _compact(keys)
        keys = keys * states + codes
        width *= max(states, 1)
    return _compact(keys)[0]


def _compact(codes: npt.NDArray[np.integer]) -> tuple[Integers, int]:
    """The same codes as numbers from 0 on, and how many there are."""
    known, places = np.unique(codes, return_inverse=True)
    return places.astype(np.int64).ravel(), len(known)


def shuffled(classes: Integers, rng: np.random.Generator) -> Integers:
    """The same classes under numbers that were drawn: sorted ones would tell who is older."""
    return np.asarray(rng.permutation(int(classes.max(initial=-1)) + 1)[classes], dtype=np.int64)


def people_of(classes: Integers, units: Integers | None) -> npt.NDArray[np.float64]:
    """[rows]: what each row counts, so that a class counts its people: of a unit with several rows in it each a part.

    Args:
        classes: [rows].
        units: [rows]: whose row it is; None: each is another person's.
    """
    if units is None:
        return np.ones(len(classes))
    pairs = number_classes((classes, units), len(classes))
    return 1.0 / np.bincount(pairs)[pairs]


def sizes_of(classes: Integers, people: npt.NDArray[np.float64]) -> Integers:
    """[classes]: how many people each has."""
    return np.rint(np.bincount(classes, people)).astype(np.int64)
