"""Parts of the rows, for checks that look at many of them: what they are made of, what they are called, who is in them.

`columns` reads a table's columns, and finds edges between numbers that tell of nobody; `spelling` keeps what a report
tells in words as numbers, since a replay has no inputs to read them from. `groupings` crosses protected attributes and
counts people;
`parts` divides rows by attributes and by columns, and says in words what holds of each part.
"""

from __future__ import annotations

from auditkit.segments.columns import (
    MOST_CATEGORIES,
    PEOPLE,
    Column,
    People,
    bins_of,
    column_in,
    edges_of,
    levels_of,
    names_in,
    numbers_of,
    table_of,
)
from auditkit.segments.groupings import FEWEST, JOINED, Grouping, groupings, large_enough, people_in
from auditkit.segments.parts import Divided, divided_by
from auditkit.segments.spelling import LONGEST, read_spelled, spelled, told_words

__all__ = [
    "FEWEST",
    "JOINED",
    "LONGEST",
    "MOST_CATEGORIES",
    "PEOPLE",
    "Column",
    "Divided",
    "Grouping",
    "People",
    "bins_of",
    "column_in",
    "divided_by",
    "edges_of",
    "groupings",
    "large_enough",
    "levels_of",
    "names_in",
    "numbers_of",
    "people_in",
    "read_spelled",
    "spelled",
    "table_of",
    "told_words",
]
