"""What a model finds in a text, held against what is there: exactly, as seqeval's strict mode, and by overlap.

Source of the errors: Mehrabi et al. (2020), Man is to Person as Woman is to Location, ACM Hypertext, section 3: a name
that is not tagged as a person (type 1) is tagged as something else (type 2), or not at all (type 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[int, int, str]
"""Start, end, label."""


@dataclass(frozen=True)
class Matched:
    """How many of the names, and of all entities, of a text are found."""

    names: int
    """Places where the name stands."""
    exact: int
    """Of these, those found with start, end and label."""
    as_person: int
    """Those that a found person overlaps."""
    as_other: int
    """Those that something else overlaps, and no person: error type 2."""
    true: int
    found: int
    hits: int
    """True entities that are found with start, end and label."""
    overlapping: int
    """Pairs of a true and a found entity of one label that overlap, each in one pair at most."""


def matched(names: Sequence[Span], true: Sequence[Span], found: Sequence[Span]) -> Matched:
    """Hold what was found against what is there.

    Args:
        names: where the swapped name stands, with the label of persons.
        true: all entities, with these among them.
        found: what the model says; the same span twice counts once.
    """
    said, there = set(found), set(true)
    exact = sum(one in said for one in names)
    over = [{other[2] for other in said if _overlap(one, other)} for one in names]
    as_person = sum(one[2] in labels for one, labels in zip(names, over, strict=True))
    as_other = sum(bool(labels) and one[2] not in labels for one, labels in zip(names, over, strict=True))
    pairs = _pairs(sorted(there), sorted(said))
    return Matched(len(names), exact, as_person, as_other, len(there), len(said), len(there & said), pairs)


def _overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _pairs(true: Sequence[Span], found: Sequence[Span]) -> int:
    """Exact pairs first, then from left to right."""
    left = [one for one in found if one not in true]
    count = sum(one in found for one in true)
    for one in true:
        if one in found:
            continue
        other = next((other for other in left if other[2] == one[2] and _overlap(one, other)), None)
        if other is not None:
            left.remove(other)
            count += 1
    return count
