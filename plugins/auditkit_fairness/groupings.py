"""The ways in which rows fall into groups: by one protected attribute, and by several at once."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case
from auditkit.segments import Grouping
from auditkit_fairness.tallying import tally_of


def groupings_of(case: Case[Any], *, depth: int) -> list[Grouping]:
    """`groupings` of a case's rows, its chunks one after the other; without the codes of its rows.

    Raises:
        AuditError: the depth is less than 1.
    """
    tally = tally_of(case)
    if tally is not None:
        combinations = _combinations(tally.attributes, depth)
        return [
            Grouping(names, _NO_CODES, _members(tally.attributes, names, tally.members(names)))
            for names in combinations
        ]
    found: list[Grouping] = []
    for chunk in case.chunks():
        here = groupings(chunk.groups, depth=depth)
        found = [_joined(*pair, chunk.groups) for pair in zip(found, here, strict=True)] if found else here
    return [Grouping(one.attributes, _NO_CODES, one.members) for one in found]


_NO_CODES = np.zeros(0, dtype=np.int64)


def _joined(one: Grouping, other: Grouping, groups: Mapping[str, Any]) -> Grouping:
    """The members of both, in the order that all rows together would give."""
    vocabularies = [groups[name].vocabulary for name in one.attributes]
    both = {tuple(member.values()): member for member in (*one.members, *other.members)}
    order = sorted(both, key=lambda labels: [v.index(label) for v, label in zip(vocabularies, labels, strict=True)])
    return Grouping(one.attributes, _NO_CODES, tuple(both[labels] for labels in order))


def groupings(groups: Mapping[str, Any], *, depth: int) -> list[Grouping]:
    """Every attribute alone, then every combination of up to `depth` of them.

    Args:
        groups: attribute -> codes and vocabulary.
        depth: 1 or more.

    Raises:
        AuditError: the depth is less than 1.
    """
    return [_cross(groups, names) for names in _combinations(groups, depth)]


def _combinations(attributes: Collection[str], depth: int) -> list[tuple[str, ...]]:
    if depth < 1:
        raise AuditError(f"option 'depth' is '{depth}'", hint="write 1 for single attributes, 2 for pairs of them")
    sizes = range(1, min(depth, len(attributes)) + 1)
    return [names for size in sizes for names in itertools.combinations(attributes, size)]


def _members(
    vocabularies: Mapping[str, Sequence[str]], names: tuple[str, ...], cells: npt.NDArray[np.integer]
) -> tuple[dict[str, str], ...]:
    """The groups that so many cells of a cross stand for; the last attribute varies fastest."""
    parts = np.unravel_index(cells, [max(len(vocabularies[name]), 1) for name in names])
    labels = [[vocabularies[name][code] for code in part] for name, part in zip(names, parts, strict=True)]
    return tuple(dict(zip(names, row, strict=True)) for row in zip(*labels, strict=True))


def _cross(groups: Mapping[str, Any], names: tuple[str, ...]) -> Grouping:
    if len(names) == 1:
        column = groups[names[0]]
        return Grouping(names, column.codes, tuple({names[0]: label} for label in column.vocabulary))
    codes = np.zeros(len(groups[names[0]].codes), dtype=np.int64)
    known = np.ones(len(codes), dtype=bool)
    for name in names:
        codes = codes * len(groups[name].vocabulary) + groups[name].codes
        known &= groups[name].codes >= 0
    # Most combinations of many labels do not occur; only those that do are groups.
    cells, places = np.unique(codes[known], return_inverse=True)
    inside = np.full(len(codes), -1, dtype=np.int64)
    inside[known] = places
    return Grouping(names, inside, _members({name: groups[name].vocabulary for name in names}, names, cells))
