"""The power table: for each group the gap that this audit could have found, so that "no gap found" can be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit import Table, Text
from auditkit.segments import Grouping
from auditkit.statistics import (
    POWER,
    RATES,
    OutcomeTable,
    Shares,
    detectable_difference,
    detectable_gaps,
    family_level,
    largest_other,
)
from auditkit_fairness.counting import Counted

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

FAMILY = {"selection_rate": 1, "true_positive_rate": 2, "false_positive_rate": 2, "accuracy": 1}
"""The rates of the table, and over how many rates the family of intervals runs that rules usually judge them by:
equalized odds looks at two."""

_NOT_COMPARED = Text.of("not compared")
_DECIMALS = 1000


@dataclass(frozen=True)
class _Asked:
    """One rate of one class, in all groups."""

    shares: Shares
    takes_part: Flags
    share: float
    """Over all rows."""
    comparisons: int


def power_tables(
    answers: Sequence[Counted], place: int, grouping: Grouping, *, least: int, level: float
) -> Iterator[Table]:
    """The smallest gap of each group to the largest other one that would have been found: one table, or none.

    With several classes the number is that of the class in which a gap is the hardest to find. Two groups are named on
    each row: one of either that is withheld takes the numbers with it.

    Args:
        answers: what was counted.
        place: of the grouping, among those that were counted.
        grouping: whose groups they are.
        least: the smallest group that is compared.
        level: the confidence of a gap's interval.
    """
    rows = np.max([answer.by_group[place].rows.sum(axis=1) for answer in answers], axis=0)
    if len(rows) < 2:  # noqa: PLR2004  a gap lies between two
        return
    other = largest_other(rows)
    columns = {}
    for rate, families in FAMILY.items():
        asked = [
            _ask(answer.overall, answer.by_group[place], rate, families, least, level)
            for answer in answers
            if rate in answer.question.rates
        ]
        found = _hardest(asked, other, level)
        if not np.isnan(found).all():
            columns[rate] = found
    if columns:
        has_classes = any(answer.question.label is not None for answer in answers)
        yield _table(grouping, columns, other, has_classes=has_classes)


def _ask(overall: OutcomeTable, table: OutcomeTable, rate: str, families: int, least: int, level: float) -> _Asked:
    takes_part = table.people(RATES[rate]) >= max(least, 1)
    groups = int(np.count_nonzero(takes_part))
    comparisons = max(groups * (groups - 1) // 2 * families, 1)
    shares = table.shares(RATES[rate], level=family_level(level, comparisons))
    return _Asked(shares, takes_part, float(overall.shares(RATES[rate]).value[0]), comparisons)


def _hardest(asked: Sequence[_Asked], other: npt.NDArray[np.integer], level: float) -> Floats:
    """[groups], the largest of the gaps in the classes; NaN where a group, or its other one, is not compared."""
    guesses = np.array([_guess(one, other, level) for one in asked])
    found = np.full((len(asked), len(other)), np.nan)
    # The formula tells in which class it is the hardest; only that one is worked out.
    for place in np.unique(np.argmax(np.nan_to_num(guesses, nan=-1.0), axis=0)) if len(asked) else ():
        one, known = asked[place], ~np.isnan(guesses[place])
        if known.any():
            found[place] = _worked_out(one, known, other, level)
    return np.fmax.reduce(found, axis=0, initial=np.nan) if len(asked) else np.full(len(other), np.nan)


def _guess(one: _Asked, other: npt.NDArray[np.integer], level: float) -> Floats:
    known = one.takes_part & one.takes_part[other]
    sizes = np.where(known, one.shares.size, np.nan)
    others = np.where(known, one.shares.size[other], np.nan)
    return np.asarray(detectable_difference(sizes, others, one.share, level=level, comparisons=one.comparisons))


def _worked_out(one: _Asked, known: Flags, other: npt.NDArray[np.integer], level: float) -> Floats:
    kept = np.flatnonzero(one.takes_part)
    position = np.full(len(other), 0)
    position[kept] = np.arange(len(kept))
    # A group whose other one is not compared is held against itself, and left out of what is told.
    against = np.where(known, position[other], position)[kept]
    gaps = detectable_gaps(one.shares.size[kept], one.share, other=against, level=level, comparisons=one.comparisons)
    told = np.full(len(other), np.nan)
    told[kept] = gaps.value
    told[~known] = np.nan
    return told


def _table(
    grouping: Grouping, columns: dict[str, Floats], other: npt.NDArray[np.integer], *, has_classes: bool
) -> Table:
    labels = grouping.labels
    words: dict[str, str | float] = {"attributes": grouping.name, "power": POWER}
    title = Text.of("Gaps by {attributes} that this audit would have found with a chance of {power:percent}", **words)
    if has_classes:
        title = Text.of(
            "Gaps by {attributes} that this audit would have found with a chance of {power:percent}, in the class "
            "where they are hardest to find",
            **words,
        )
    rows = [
        (labels[place], labels[other[place]], *(_cell(found[place]) for found in columns.values()))
        for place in range(len(labels))
        if not all(np.isnan(found[place]) for found in columns.values())
    ]
    names = ("group", "largest other group", *(rate.replace("_", " ") for rate in columns))
    return Table(
        title=title,
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(rows),
        attributes=grouping.attributes,
    )


def _cell(gap: float) -> Text | float:
    """Rounded up: it would still be found."""
    return _NOT_COMPARED if np.isnan(gap) else float(np.ceil(gap * _DECIMALS - 1e-9) / _DECIMALS)
