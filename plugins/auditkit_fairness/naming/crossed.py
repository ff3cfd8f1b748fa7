"""All answers about renamed texts, by text and by name: shares of each kind of name, and how far kinds lie apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics import (
    Limits,
    TwoWay,
    clustered_limits,
    standardised_shares,
    widest_between,
)
from auditkit_fairness.naming.asking import UNTOUCHED, unpacked
from auditkit_fairness.naming.lists import FEWEST_NAMES, NameList

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

DEALS = 999
TEXTS, NAMES, EXACT, AS_PERSON, AS_OTHER, TRUE, FOUND, HITS, OVERLAPPING = range(9)

Share = Callable[[Floats], Floats]
"""From totals [..., 9] to a share [...]; NaN where nothing was asked."""


def _ratio(above: Floats, below: Floats) -> Floats:
    return np.asarray(np.divide(above, below, out=np.full(np.shape(below), np.nan), where=below > 0))


def recall(totals: Floats) -> Floats:
    """Names found with start, end and label."""
    return _ratio(totals[..., EXACT], totals[..., NAMES])


def missed(totals: Floats) -> Floats:
    """Names that no found person overlaps: error type 1."""
    return _ratio(totals[..., NAMES] - totals[..., AS_PERSON], totals[..., NAMES])


def mislabelled(totals: Floats) -> Floats:
    """Names that only something else overlaps: type 2."""
    return _ratio(totals[..., AS_OTHER], totals[..., NAMES])


def untagged(totals: Floats) -> Floats:
    """Names that nothing overlaps: type 3."""
    return _ratio(totals[..., NAMES] - totals[..., AS_PERSON] - totals[..., AS_OTHER], totals[..., NAMES])


def strict_f1(totals: Floats) -> Floats:
    """Of all entities of the renamed texts."""
    return _ratio(2 * totals[..., HITS], totals[..., TRUE] + totals[..., FOUND])


def overlap_f1(totals: Floats) -> Floats:
    """The same, where an overlap with the same label is enough."""
    return _ratio(2 * totals[..., OVERLAPPING], totals[..., TRUE] + totals[..., FOUND])


@dataclass(frozen=True)
class Gap:
    """How far the kinds that lie furthest apart do."""

    value: float
    low: float
    high: float
    n: int
    contexts: int


@dataclass(frozen=True)
class Estimated:
    """A share of each kind of names."""

    value: Floats
    """[labels]."""
    variance: Floats
    """[labels], between samples of texts and of names."""


@dataclass(frozen=True)
class Kinds:
    """The kinds of names by one attribute, of those with enough names."""

    attribute: str
    labels: tuple[str, ...]
    codes: Integers
    """[names]: the label of each; -1: of too few names to be compared."""
    strata: Integers
    """[names]: the labels of all other attributes together, within which labels may be dealt anew."""

    @property
    def pairs(self) -> int:
        """How many pairs there are to compare."""
        return len(self.labels) * (len(self.labels) - 1) // 2

    @property
    def member(self) -> Floats:
        """[labels, names]: 1 where a name has the label."""
        return np.asarray(self.codes[None] == np.arange(len(self.labels))[:, None], dtype=float)


@dataclass(frozen=True)
class Crossed:
    """The answers with the names of one list."""

    names: NameList
    cells: Floats
    """[contexts, names, 9], weighted: what was asked of each pair, and found."""
    asked: Integers
    """[names]: texts asked about, each counted once."""
    pieces: Integers
    """[names]: how many tokens the model makes of it; 0: not known."""

    @classmethod
    def of(
        cls,
        names: NameList,
        answers: Sequence[tuple[Integers, Integers]],
        contexts: Integers,
        weights: Floats | None,
    ) -> Crossed | None:
        """Put together; None: nobody could be renamed.

        Args:
            names: the list.
            answers: of each question `persons` and `entities`, [n] each.
            contexts: [n], from 0: which rows share a text, or a person.
            weights: [n], how much each row counts.
        """
        _, places = np.unique(contexts, return_inverse=True)
        cells = np.zeros((int(places.max(initial=-1)) + 1, len(names.names), 9))
        asked, pieces = (np.zeros(len(names.names), dtype=np.int64) for _ in range(2))
        for persons, entities in answers:
            rows = np.flatnonzero(persons != UNTOUCHED)
            of_persons, of_entities = unpacked(persons[rows]), unpacked(entities[rows])
            name, made_of = of_persons[:, 0], of_persons[:, 1]
            mass = np.ones(len(rows)) if weights is None else weights[rows]
            found = np.column_stack([np.ones(len(rows)), of_persons[:, 2:], of_entities]) * mass[:, None]
            np.add.at(cells, (places[rows], name), found)
            np.add.at(asked, name, 1)
            pieces[name] = made_of
        kept = cells[:, :, TEXTS].any(axis=1)
        return cls(names, cells[kept], asked, pieces) if kept.any() else None

    @property
    def contexts(self) -> int:
        """How many texts, or people, were asked about."""
        return len(self.cells)

    @cached_property
    def by_name(self) -> Floats:
        """[names, 9]."""
        return np.asarray(self.cells.sum(axis=0))

    def drawn_again(self, rng: np.random.Generator) -> TwoWay:
        """Texts and names drawn again; names within their kind, of those that were asked about."""
        strata = np.array([self.names.kinds.index(one.kind) for one in self.names.names], dtype=np.int64)
        return TwoWay.of(self.cells, np.where(self.asked > 0, strata, -1), rng)

    def families(self) -> Iterator[Kinds]:
        """Each attribute, with its labels in order."""
        for place, attribute in enumerate(self.names.attributes):
            own = [one.kind[place] for one in self.names.names]
            labels = sorted(set(own))
            counts = {
                label: int(sum(self.asked[at] > 0 for at, one in enumerate(own) if one == label)) for label in labels
            }
            enough = tuple(label for label in labels if counts[label] >= FEWEST_NAMES)
            codes = np.array([enough.index(one) if one in enough else -1 for one in own], dtype=np.int64)
            rest = [one.kind[:place] + one.kind[place + 1 :] for one in self.names.names]
            strata = np.array([sorted(set(rest)).index(one) for one in rest], dtype=np.int64)
            yield Kinds(attribute, enough, np.where(self.asked > 0, codes, -1), strata)

    def limits(self, kinds: Kinds, value: Floats, variance: Floats, *, level: float, comparisons: int = 1) -> Limits:
        """[labels]: the interval of each label's share."""
        ends = []
        for place in range(len(kinds.labels)):
            mine = kinds.codes == place
            clusters = min(self.contexts, int(np.count_nonzero(mine)))
            about: dict[str, Any] = {"clusters": clusters, "n": float(self.asked[mine].sum()), "level": level}
            found = clustered_limits(float(value[place]), float(variance[place]), comparisons=comparisons, **about)
            ends.append(found)
        return Limits(np.array([one.low for one in ends]), np.array([one.high for one in ends]))

    def gap(self, kinds: Kinds, told: Estimated, *, chance: float, level: float, comparisons: int) -> Gap:
        """How far the kinds lie apart, whichever two do most; it begins at 0 where names dealt anew lie as far."""
        limits = self.limits(kinds, told.value, told.variance, level=level, comparisons=comparisons)
        found = widest_between(told.value, limits)
        low = 0.0 if chance > 1 - level else found.low
        return Gap(found.value, low, found.high, int(self.asked[kinds.codes >= 0].sum()), self.contexts)

    def dealt(self, kinds: Kinds, share: Share, rng: np.random.Generator) -> Floats:
        """[deals]: the widest gap where labels are dealt out to the names anew, within the other attributes' labels."""
        order = np.flatnonzero(kinds.codes >= 0)
        codes, strata, totals = kinds.codes[order], kinds.strata[order], self.by_name[order]
        dealt = np.repeat(codes[None], DEALS, axis=0)
        for one in np.unique(strata):
            part = np.flatnonzero(strata == one)
            dealt[:, part] = rng.permuted(dealt[:, part], axis=1)
        member = (dealt[:, None] == np.arange(len(kinds.labels))[:, None]).astype(float)
        return np.asarray(np.ptp(share(member @ totals), axis=1))

    def same_length(self, kinds: Kinds, by_name: Floats) -> Floats:
        """[..., labels]: the recall of each kind, had its names the lengths, and frequencies, of all names."""
        chosen = np.flatnonzero(kinds.codes >= 0)
        codes, pieces = kinds.codes[chosen], self.pieces[chosen]
        columns = [pieces.astype(float)]
        frequencies = [self.names.names[place].frequency for place in chosen]
        if all(one is not None for one in frequencies):
            columns.append(np.log(np.array(frequencies, dtype=float)))
        totals = by_name[..., chosen, :]
        return standardised_shares(codes, np.column_stack(columns), totals[..., EXACT], totals[..., NAMES])

    def can_compare_lengths(self, kinds: Kinds) -> bool:
        """Whether every kind shares a length with the names of the others."""
        chosen = kinds.codes >= 0
        codes, pieces = kinds.codes[chosen], self.pieces[chosen]
        if not len(codes) or pieces.min() <= 0:
            return False
        return all(np.isin(pieces[codes == place], pieces[codes != place]).any() for place in range(len(kinds.labels)))


def p_value(value: float, dealt: Floats) -> float:
    """How often names dealt anew lie at least as far apart, by Phipson and Smyth (2010)."""
    return float((1 + np.count_nonzero(dealt >= value - 1e-12)) / (len(dealt) + 1))
