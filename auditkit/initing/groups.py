"""Columns that look like protected attributes, by their names and values: proposed, and for a person to decide."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping

from auditkit.initing.columns import MOST_LABELS, Column
from auditkit.initing.words import AGES, GROUPS, SEXES, is_called

BANDS = (18, 40, 65)
"""Where bands of age begin, when nothing else is said: of age, and the ends of what registers call middle age."""


def proposed_groups(columns: Iterable[Column], taken: frozenset[str]) -> dict[str, str]:
    """The columns of protected attributes, each with why."""
    found = {}
    for column in columns:
        if column.name in taken or len(column.labels) < 2:  # noqa: PLR2004  one group is compared with none
            continue
        what = _what(column)
        if what is not None:
            found[column.name] = f"{what}, {len(column.labels)} values"
    return found


def _what(column: Column) -> str | None:
    for what, (words, parts) in GROUPS.items():
        if is_called(column.name, words, parts):
            if what == "sex or gender" and not any(label.casefold() in SEXES for label in column.labels):
                continue
            return what
    # Ages of their own are numbers; a few of them in the first rows are bands that somebody made.
    is_bands = is_called(column.name, *AGES) and column.numbers is None
    return "bands of age" if is_bands else None


def proposed_bands(columns: Iterable[Column], groups: Mapping[str, str]) -> dict[str, list[int]]:
    """A column of ages in years, and where its bands begin; none where bands are there already."""
    if any(is_called(name, *AGES) for name in groups):
        return {}
    columns = list(columns)
    there = {column.name for column in columns}
    for column in columns:
        if not is_called(column.name, *AGES) or column.numbers is None or not len(column.numbers):
            continue
        if f"{column.name}_band" in there:  # the bands would take the name of another column
            continue
        low, high = column.numbers.min(), column.numbers.max()
        bands = [begin for begin in BANDS if low < begin <= high]
        if bands and column.distinct > MOST_LABELS and low >= 0 and high < 130:  # noqa: PLR2004  nobody is older
            return {column.name: bands}
    return {}


def other_candidates(columns: Iterable[Column], taken: Container[str]) -> list[str]:
    """Columns with few values that are proposed for nothing: a site, a scanner, a ward."""
    return [
        f"{column.name} ({len(column.labels)})"
        for column in columns
        if column.name not in taken and 2 <= len(column.labels) <= MOST_LABELS  # noqa: PLR2004  as above
    ]
