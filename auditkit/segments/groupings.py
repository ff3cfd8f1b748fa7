"""The ways in which rows fall into groups: by one protected attribute, by several at once, and by bands of scores."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case

Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

JOINED = " \N{MULTIPLICATION SIGN} "
FEWEST = 10
"""People that a group is told of at least, whatever the policy's smallest group."""


@dataclass(frozen=True)
class Grouping:
    """Some rows by one attribute, or by the intersection of several."""

    attributes: tuple[str, ...]
    codes: Integers
    """[n], the place in `members`; -1 where an attribute is missing."""
    members: tuple[dict[str, str], ...]

    @property
    def everyone(self) -> dict[str, str]:
        """How a comparison between all its groups is named."""
        return dict.fromkeys(self.attributes, "*")

    @property
    def name(self) -> str:
        """The attributes in words."""
        return JOINED.join(self.attributes)

    @property
    def labels(self) -> tuple[str, ...]:
        """The groups in words."""
        return tuple(JOINED.join(member.values()) for member in self.members)


def groupings(case: Case[Any], rows: Integers, *, depth: int) -> Iterator[Grouping]:
    """Every attribute alone, then every combination of up to `depth` of them; only groups that have rows.

    Args:
        case: whose groups.
        rows: which of its rows, [n].
        depth: 1 or more.

    Raises:
        AuditError: the depth is less than 1.
    """
    if depth < 1:
        raise AuditError(f"option 'depth' is '{depth}'", hint="write 1 for single attributes, 2 for pairs of them")
    groups = case.groups
    for size in range(1, min(depth, len(groups)) + 1):
        for names in itertools.combinations(groups, size):
            columns = [groups[name].codes[rows] for name in names]
            yield _cross(names, columns, [groups[name].vocabulary for name in names])


def _cross(names: tuple[str, ...], columns: Sequence[Integers], vocabularies: Sequence[Sequence[str]]) -> Grouping:
    sizes = [max(len(vocabulary), 1) for vocabulary in vocabularies]
    known = np.all([codes >= 0 for codes in columns], axis=0)
    cells = np.ravel_multi_index([codes[known] for codes in columns], sizes)
    found, places = np.unique(cells, return_inverse=True)
    codes = np.full(len(known), -1, dtype=np.int64)
    codes[known] = places.ravel()
    parts = np.unravel_index(found, sizes)
    labels = [[words[code] for code in part] for words, part in zip(vocabularies, parts, strict=True)]
    return Grouping(names, codes, tuple(dict(zip(names, row, strict=True)) for row in zip(*labels, strict=True)))


def people_in(codes: Integers, groups: int, owners: Integers) -> Integers:
    """[groups], how many people have rows in each.

    Args:
        codes: [n], the group of each row; -1: none.
        groups: how many there are.
        owners: [n], whose row it is, numbered from 0.
    """
    inside = codes >= 0
    people = int(owners.max(initial=-1)) + 1
    pairs = np.unique(codes[inside] * people + owners[inside])
    return np.bincount(pairs // max(people, 1), minlength=groups)


def large_enough(people: Integers, case: Case[Any]) -> Flags:
    """[groups], whether the group is looked at: as large as the policy's smallest group, and never fewer than ten."""
    return np.asarray(people >= max(case.min_group_size, FEWEST))
