"""Counts of long tables whose rows share units or have weights: a piece of the rows at a time, some units at a time."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores
from auditkit.segments import Grouping
from auditkit.statistics import (
    Outcome,
    OutcomeTable,
    UnitEntries,
    UnitSums,
    cell_places,
    code_outcomes,
    join_outcomes,
    outcomes_of_units,
    plain_where_possible,
)
from auditkit_fairness.questions import questions
from auditkit_fairness.tallying import asked

Integers = npt.NDArray[np.integer]

WHOLE = 65_536
"""Up to so many rows are counted at once."""
_ROWS = 1 << 21
"""Of about so many rows the units are summed at a time; for the units of more, all rows are gone through again."""
_ENTRIES = 1 << 17
"""So many sums are made into tables at a time."""
_MOST = 1 << 40


@dataclass(frozen=True)
class Summed:
    """The sums of some units, with their codes in each of the columns."""

    columns: tuple[Integers, ...]
    """[entries] each; -1: missing."""
    entries: UnitEntries


def is_long(case: Case[Any]) -> bool:
    """Whether rows share units or have weights, and there are too many to be counted at once."""
    return len(case) > WHOLE and (case.has_units or case.weights is not None)


def can_sum(case: Case[Any]) -> bool:
    """Whether there are not too many combinations of units, groups and answers to be told apart."""
    groups = math.prod(1 + len(column.vocabulary) for column in case.narrowed(slice(0, 0)).groups.values())
    answers = (
        (1 + len(case.predictions.classes)) ** 2 if isinstance(case.predictions, ClassScores) else 1 + len(Outcome)
    )
    return groups * answers * (1 + _units_of(case)) < _MOST


def _units_of(case: Case[Any]) -> int:
    units = case.narrowed(slice(0, 0)).units
    return 0 if units is None else len(units.vocabulary)


def weights_differ(case: Case[Any]) -> bool:
    """Whether weights say something: those above 0 are not all equal."""
    if case.weights is None:
        return False
    ends = [part[part > 0] for part in (chunk.weights for chunk in case.chunks()) if part is not None]
    return bool(np.ptp([end for part in ends if len(part) for end in (part.min(), part.max())] or [0.0]) > 0)


def summed(
    case: Case[Any], sizes: Sequence[int], columns: Callable[[Case[Any]], Sequence[Integers]]
) -> Iterator[Summed]:
    """The rows' sums by unit and labels, for some units after the other.

    Args:
        case: the rows.
        sizes: how many labels each column has.
        columns: of some of the case's rows, their codes [rows] each; -1: missing.
    """
    shape = tuple(size + 1 for size in sizes)
    units = _units_of(case)
    together = max(units * _ROWS // max(len(case), 1), 1)
    for first in range(0, max(units, 1), together):
        sums = UnitSums(math.prod(shape))
        for chunk in case.chunks():
            cells, weights, whose = cell_places(columns(chunk), sizes), chunk.weights, chunk.units
            codes = None if whose is None else whose.codes
            if codes is not None and units > together:
                here = (codes >= first) & (codes < first + together) | ((codes < 0) & (first == 0))
                cells, codes = cells[here], codes[here]
                weights = None if weights is None else weights[here]
            sums.add(cells, units=codes, weights=weights)
        for entries in sums.entries().parts(_ENTRIES):
            parts = np.unravel_index(entries.cells, shape)
            yield Summed(tuple(part.astype(np.int64) - 1 for part in parts), entries)


def codes_in(
    vocabularies: Sequence[Sequence[str]], columns: Sequence[Integers], members: Sequence[Mapping[str, str]]
) -> Integers:
    """[entries], the place of each among the members of a grouping; -1 where an attribute is missing.

    Args:
        vocabularies: of the grouping's attributes.
        columns: their codes.
        members: all that have rows, in the order of the vocabularies.
    """
    sizes = [max(len(labels), 1) for labels in vocabularies]
    known = np.all([column >= 0 for column in columns], axis=0)
    crossed = np.ravel_multi_index([np.maximum(column, 0) for column in columns], sizes)
    place = [{label: at for at, label in enumerate(labels)} for labels in vocabularies]
    parts = [[at[label] for at, label in zip(place, member.values(), strict=True)] for member in members]
    # Members are in the order of their labels: so are their numbers.
    ordered = np.ravel_multi_index(np.array(parts, dtype=np.int64).reshape(-1, len(sizes)).T, sizes)
    return np.where(known, np.searchsorted(ordered, crossed), -1)


Tables = tuple[OutcomeTable, ...]
"""Of one question: the table of all rows, then that of each grouping."""


@dataclass(frozen=True)
class _Pass:
    """Questions that are answered by the same sums."""

    sizes: Sequence[int]
    """How many answers each of the columns has that stand behind the attributes."""
    columns: Callable[[Case[Any]], list[Integers]]
    outcomes: Sequence[Callable[[Sequence[Integers]], Integers]]
    """For each question, from those columns."""


def count_over_units(case: Case[Any], by_group: Sequence[Grouping]) -> list[Tables]:
    """The tables of each question that is `asked` of a case."""
    weigh = weights_differ(case)
    vocabularies = {name: column.vocabulary for name, column in case.narrowed(slice(0, 0)).groups.items()}
    sizes = [len(labels) for labels in vocabularies.values()]
    found: list[Tables] = []
    for one in _passes(case):
        tables: list[Tables] = []
        for part in summed(case, [*sizes, *one.sizes], one.columns):
            ways = _ways(part, vocabularies, by_group)
            answers = part.columns[len(sizes) :]
            more = [_tables(part, ways, outcomes(answers), weigh=weigh) for outcomes in one.outcomes]
            tables = [_joined(*pair, weigh=weigh) for pair in zip(tables, more, strict=True)] if tables else more
        found += tables
    return [tuple(plain_where_possible(table, weigh=weigh) for table in tables) for tables in found]


_Way = tuple[Integers, int]
"""The group of each entry, and how many there are."""


def _ways(part: Summed, vocabularies: Mapping[str, Sequence[str]], by_group: Sequence[Grouping]) -> list[_Way]:
    columns = dict(zip(vocabularies, part.columns, strict=False))
    ways: list[_Way] = [(np.zeros(len(part.entries.cells), dtype=np.int64), 1)]
    for grouping in by_group:
        own = {name: vocabularies[name] for name in grouping.attributes}
        codes = codes_in(list(own.values()), [columns[name] for name in own], grouping.members)
        ways.append((codes, len(grouping.members)))
    return ways


def _tables(part: Summed, ways: Sequence[_Way], outcomes: Integers, *, weigh: bool) -> Tables:
    return tuple(
        outcomes_of_units(part.entries, codes, outcomes, group_count=count, weigh=weigh) for codes, count in ways
    )


def _joined(some: Tables, more: Tables, *, weigh: bool) -> Tables:
    return tuple(join_outcomes(pair, weigh=weigh) for pair in zip(some, more, strict=True))


def _passes(case: Case[Any]) -> Iterator[_Pass]:
    """Classes are asked for together; labels one by one: what a row says of the first says nothing of the next."""
    if isinstance(case.predictions, ClassScores):
        sizes = [len(case.predictions.classes)] * (1 + case.has_targets)
        yield _Pass(sizes, _of_classes, [partial(_outcomes, place=place) for _, place in asked(case)])
        return
    for positive in case.positives:
        yield _Pass([len(Outcome)], partial(_of_label, positive=positive), [lambda answers: answers[0]])


def _of_classes(chunk: Case[Any]) -> list[Integers]:
    targets = [chunk.targets.codes] if chunk.has_targets else []
    return [*(column.codes for column in chunk.groups.values()), *targets, chunk.decisions]


def _of_label(chunk: Case[Any], *, positive: str) -> list[Integers]:
    (question,) = questions(chunk, [positive])
    return [*(column.codes for column in chunk.groups.values()), question.outcomes.astype(np.int64)]


def _outcomes(answers: Sequence[Integers], *, place: int | None) -> Integers:
    """What `questions` makes of targets and decisions; a place of None asks whether they are the same."""
    if len(answers) == 1:
        return code_outcomes(answers[0] == place)
    targets, decisions = answers
    wanted = np.ones(len(targets), dtype=bool) if place is None else targets == place
    return code_outcomes(decisions == (targets if place is None else place), wanted, targets >= 0)
