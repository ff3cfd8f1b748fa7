"""The segments that multicalibration looks at: everybody, groups, intersections, bands of scores, groups in bands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Text
from auditkit.segments import JOINED, Grouping, groupings, large_enough, people_in
from auditkit.statistics import withheld_parts
from auditkit.statistics.calibration import Partition, SegmentedRows, equal_mass
from auditkit_calibration.questions import Question, Rows

Integers = npt.NDArray[np.integer]

SCORE_BAND = Text.of("score band")


@dataclass(frozen=True)
class Segments:
    """Segments that share no row, and are large enough to be looked at."""

    attributes: tuple[str, ...]
    """Whose groups they are; none: bands of scores over everybody, or everybody."""
    bands: int
    """Of scores, that divide them too; 1: none do."""
    names: tuple[str, ...]
    partition: Partition
    people: Integers
    """[segments]"""

    @property
    def by(self) -> str | Text:
        """What divides them, in words."""
        named = JOINED.join(self.attributes)
        if self.bands > 1:
            return Text.of("{attributes} \N{MULTIPLICATION SIGN} score band", attributes=named) if named else SCORE_BAND
        return named or Text.of("all rows")


@dataclass(frozen=True)
class Looked:
    """What is looked at for one question."""

    groupings: tuple[Grouping, ...]
    people: tuple[Integers, ...]
    """Of each grouping, [groups]: small ones too."""
    segments: tuple[Segments, ...]
    """Those that have any; the first is everybody."""

    def rows(self, question: Question, case: Case[Any]) -> SegmentedRows:
        """What the statistics take."""
        alone = int(question.owners.max()) + 1 == len(question)
        return SegmentedRows(
            question.scores,
            question.came_true,
            [one.partition for one in self.segments],
            weights=None if case.weights is None else question.shares,
            units=None if alone else question.owners,
        )


def segments_of(case: Case[Any], question: Question, *, depth: int, bands: int) -> Looked:
    """All segments of a question that has rows; without groups, everybody and the bands alone."""
    rows = Rows.of(case).kept
    by_group = tuple(groupings(case, rows, depth=depth)) if case.has_groups else ()
    people = tuple(people_in(one.codes, len(one.members), question.owners) for one in by_group)
    found = [_everybody(question)]
    found += [_of_groups(case, one, sizes) for one, sizes in zip(by_group, people, strict=True)]
    found += list(_banded(case, question, by_group, bands)) if bands > 1 else []
    return Looked(by_group, people, tuple(one for one in found if len(one.names)))


def _everybody(question: Question) -> Segments:
    owners = int(question.owners.max()) + 1
    codes = np.zeros(len(question), dtype=np.int64)
    return Segments((), 1, ("all rows",), Partition(codes, 1), np.array([owners]))


def _of_groups(case: Case[Any], grouping: Grouping, people: Integers) -> Segments:
    return _kept(grouping.attributes, 1, grouping.labels, grouping.codes, people, large_enough(people, case))


def _banded(case: Case[Any], question: Question, by_group: tuple[Grouping, ...], bands: int) -> Iterator[Segments]:
    """Bands of equal mass, and each attribute's groups within them."""
    band = equal_mass(question.scores, bands, question.shares)
    words = tuple(f"band {place + 1} of {bands}" for place in range(bands))
    yield _within((), ("",), np.zeros(len(band), dtype=np.int64), band, words, case, question)
    for grouping in by_group:
        if len(grouping.attributes) == 1:
            yield _within(grouping.attributes, grouping.labels, grouping.codes, band, words, case, question)


def _within(
    attributes: tuple[str, ...],
    labels: tuple[str, ...],
    groups: Integers,
    band: Integers,
    words: tuple[str, ...],
    case: Case[Any],
    question: Question,
) -> Segments:
    bands = len(words)
    codes = np.where(groups >= 0, groups * bands + band, -1)
    people = people_in(codes, len(labels) * bands, question.owners)
    # What is left out of a group must not be had from the others of it and the whole.
    given_away = np.array([withheld_parts(part) for part in people.reshape(-1, bands)], dtype=bool).ravel()
    names = tuple(JOINED.join(part for part in (label, word) if part) for label in labels for word in words)
    return _kept(attributes, bands, names, codes, people, large_enough(people, case) & ~given_away)


def _kept(
    attributes: tuple[str, ...],
    bands: int,
    names: tuple[str, ...],
    codes: Integers,
    people: Integers,
    takes_part: npt.NDArray[np.bool_],
) -> Segments:
    """Those that take part, numbered anew."""
    number = np.append(np.where(takes_part, np.cumsum(takes_part) - 1, -1), -1)
    inside = number[codes]  # the last number, for rows that lie in none
    chosen = tuple(name for name, part in zip(names, takes_part, strict=True) if part)
    return Segments(attributes, bands, chosen, Partition(inside, len(chosen)), people[takes_part])
