"""Withholds more until no withheld number about few people can be worked out: the attacker runs before all is told.

What counts as worked out: `DOUBT`. What the attacker knows: `bounding`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from auditkit.disclosure.bounding import Bound, Reader, Unsolved, blocks_of
from auditkit.disclosure.told import COUNTED, FN, FP, OUTCOMES, TN, TP, Cell, Counts, Known, Sum

DOUBT = 1
"""How far apart the bounds of a withheld count have to lie for whoever reads all that is told.

A count is withheld because it is one of fewer than ten people: the size of a group, or how many of the group are
positive, negative, or have a target at all. It is worked out when the least and the most that it can be lie closer
together than this. Where it is told how many of a group were chosen and these are fewer than ten, what is withheld is
how many of them were chosen rightly, which must not be worked out either.
"""

MOST_ROUNDS = 400
"""Withholding one group after another ends here; then whole tables go."""


@dataclass
class Withheld:
    """Groups of which nothing is told, and groups of which only the decisions are."""

    groups: set[Cell]
    parts: set[Cell]

    def hide(self, cells: set[Cell]) -> None:
        """Tell nothing of these groups."""
        self.groups |= cells
        self.parts -= cells

    def known(self, counts: Counts) -> list[Known]:
        """What is told."""
        told = [cell for cell in counts.rows if cell not in self.groups]
        return [one for cell in told for one in counts.known(cell, also_truth=cell not in self.parts)]


@dataclass(frozen=True)
class Secret:
    """A withheld count, and how far apart its bounds have to be."""

    sum: Sum
    doubt: int


def withhold_until_unsolvable(
    counts: Counts, withheld: Withheld, families: Sequence[tuple[Cell, list[Cell]]], threshold: int
) -> None:
    """Add to what is withheld until nothing of it can be worked out.

    The group that goes next is one whose numbers have a part in the bound: of those one that crosses the most
    attributes, that loses its truth alone rather than everything, and that has the fewest rows.

    Args:
        counts: all, before anything is withheld.
        withheld: what is withheld already, added to in place.
        families: wholes and the groups that make them up.
        threshold: the fewest people that a number may be about.
    """
    if _solve(counts, withheld, families, threshold):
        return
    # Too large a table, or one that contradicts itself: crossings go, and each attribute is looked at by itself.
    withheld.hide({cell for cell in counts.rows if len(cell) > 1})
    for name in sorted({cell[0][0] for cell in counts.rows if len(cell) == 1}):
        alone = counts.within({name})
        if not _solve(alone, withheld, families, threshold):
            withheld.hide(set(alone.rows) - {()})


def _solve(counts: Counts, withheld: Withheld, families: Sequence[tuple[Cell, list[Cell]]], threshold: int) -> bool:
    """Withhold until nothing can be worked out; False where that cannot be found out."""
    blocks = blocks_of(counts)
    if blocks is None:
        return False
    reader = Reader(counts, blocks)
    try:
        for _ in range(MOST_ROUNDS):
            if not _withhold_one(reader, counts, withheld, families, threshold):
                return True
    except Unsolved:
        pass
    return False


def _withhold_one(
    reader: Reader, counts: Counts, withheld: Withheld, families: Sequence[tuple[Cell, list[Cell]]], threshold: int
) -> bool:
    """Withhold one more group, if a secret can be worked out; whether it could."""
    if _withhold_beside_few(counts, withheld, families, threshold):
        return True
    secrets = list(secrets_of(counts, threshold))
    found = reader.bounds([one.sum for one in secrets], [one.doubt for one in secrets], withheld.known(counts))
    for _, bound in found:
        cell = _to_withhold(bound, counts)
        if cell is not None:
            is_of_truth = any(one.is_of_truth for one in bound.told_by if one.cell == cell)
            if is_of_truth:
                withheld.parts.add(cell)
            else:
                withheld.hide({cell})
            return True
    return False


def _to_withhold(bound: Bound, counts: Counts) -> Cell | None:
    """The group whose numbers are the least loss among those that the bound rests on; None: it rests on everybody's."""
    told = [one for one in bound.told_by if one.cell]
    if not told:
        return None
    return min(told, key=lambda one: (-len(one.cell), not one.is_of_truth, counts.rows[one.cell], one.cell)).cell


def _withhold_beside_few(
    counts: Counts, withheld: Withheld, families: Sequence[tuple[Cell, list[Cell]]], threshold: int
) -> bool:
    """Withhold a sibling where what is left of a whole, its told groups taken away, has a rate about few people."""
    for whole, family in families:
        if whole in withheld.groups or whole in withheld.parts or not set(family) <= counts.rows.keys():
            continue
        unknown = [cell for cell in family if cell in withheld.groups or cell in withheld.parts]
        told = [cell for cell in family if cell not in withheld.groups and cell not in withheld.parts]
        if unknown and told and any(0 < one < threshold for one in _people(counts, unknown)):
            withheld.parts.add(min(told, key=lambda cell: (counts.rows[cell], cell)))
            return True
    return False


def _people(counts: Counts, cells: Sequence[Cell]) -> Iterator[int]:
    """How many people each of the rates is about, in some groups together."""
    for (_, metric), shares in counts.shares.items():
        if metric != "selection_rate":
            yield sum(shares[cell][2] for cell in cells if cell in shares)


def secrets_of(counts: Counts, threshold: int) -> Iterator[Secret]:
    """What nobody may work out: the small counts of groups."""
    found: dict[Sum, int] = {}
    whole = tuple(OUTCOMES)
    label = counts.labels[0]
    for cell, people in counts.people.items():
        if cell and 0 < people < threshold and counts.rows[cell] < counts.rows[()]:
            found[Sum(cell, label, whole)] = DOUBT
    for (of, metric), shares in counts.shares.items():
        counted, among = COUNTED[metric]
        for cell, (_, n, people) in shares.items():
            if not cell or not 0 < people < threshold or metric == "selection_rate":
                continue
            if among in _OF_DECISIONS:
                found[Sum(cell, of, counted)] = min(DOUBT, n)
            else:
                found[Sum(cell, of, among)] = DOUBT
    yield from (Secret(one, doubt) for one, doubt in found.items())


_OF_DECISIONS = {(TP, FP), (TN, FN)}
