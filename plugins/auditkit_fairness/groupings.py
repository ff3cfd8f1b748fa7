"""The ways in which rows fall into groups: by one protected attribute, and by several at once."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case

_AND = " \N{MULTIPLICATION SIGN} "


@dataclass(frozen=True)
class Grouping:
    """The rows by one attribute, or by the intersection of several."""

    attributes: tuple[str, ...]
    codes: npt.NDArray[np.integer]
    """[n], the place in `members`; -1 where an attribute is missing."""
    members: tuple[dict[str, str], ...]

    @property
    def everyone(self) -> dict[str, str]:
        """How a comparison between all its groups is named."""
        return dict.fromkeys(self.attributes, "*")

    @property
    def name(self) -> str:
        """The attributes in words."""
        return _AND.join(self.attributes)

    @property
    def labels(self) -> tuple[str, ...]:
        """The groups in words."""
        return tuple(_AND.join(member.values()) for member in self.members)


def groupings_of(case: Case[Any], *, depth: int) -> list[Grouping]:
    """`groupings` of a case's rows, its chunks one after the other; without the codes of its rows.

    Raises:
        AuditError: the depth is less than 1.
    """
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
    if depth < 1:
        raise AuditError(f"option 'depth' is '{depth}'", hint="write 1 for single attributes, 2 for pairs of them")
    sizes = range(1, min(depth, len(groups)) + 1)
    return [_cross(groups, names) for size in sizes for names in itertools.combinations(groups, size)]


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
    parts = np.unravel_index(cells, [max(len(groups[name].vocabulary), 1) for name in names])
    labels = [[groups[name].vocabulary[code] for code in part] for name, part in zip(names, parts, strict=True)]
    return Grouping(names, inside, tuple(dict(zip(names, row, strict=True)) for row in zip(*labels, strict=True)))
