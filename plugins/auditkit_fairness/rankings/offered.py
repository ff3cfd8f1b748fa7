"""Who offers the items: how far the attention to groups of items would be another with other providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Rankings
from auditkit.statistics import SharedSpread, own_units
from auditkit_fairness.rankings.candidates import had_before, items_before
from auditkit_fairness.rankings.exposed import (
    ABOVE,
    ELIGIBLE,
    FRESH,
    FURTHER_ABOVE,
    FURTHER_PAIRS,
    HITS,
    NEW,
    PAIRS,
    SHOWN,
    TARGET,
    WANTED,
    attention_of,
    catalogue_codes,
    due,
    lists_of,
    of_labels,
    pairs_of_right,
    pairs_of_wrong,
    right_and_wrong,
)
from auditkit_fairness.rankings.reranked import reranked

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

AFTER, CATALOGUE, ASKED = "after", "catalogue", "asked"
"""Attention of lists made anew; items that there are; attention of lists of users who went for anything."""

BASE = (SHOWN, WANTED, CATALOGUE)
MADE_ANEW = (AFTER, WANTED, CATALOGUE, SHOWN)
RATES = ((FRESH, ELIGIBLE), (HITS, NEW), (ABOVE, PAIRS), (FURTHER_ABOVE, FURTHER_PAIRS))
"""Of each, the parts and the wholes."""
EXPECTED = (ASKED, TARGET)


def shared_spread(
    case: Case[Rankings],
    attribute: str,
    labels: int,
    relevant_from: float | None,
    *,
    kinds: tuple[str, ...] = BASE,
    after: Mapping[str, Any] | None = None,
    given: list[float] | None = None,
) -> SharedSpread | None:
    """How much other providers would move the columns of each label, those of the first kind first.

    Of `RATES`, and of the `EXPECTED` exposure, it is what they would move rates and means: a draw of more providers
    changes parts with wholes, and does not change how much attention a list gives.

    None where the spec names no provider, or where one stands alone behind a group: nothing then says what another
    would have brought, and the interval holds for these providers.

    Args:
        case: whose lists are looked at.
        attribute: of items.
        labels: how many it has.
        relevant_from: the rating from which an item counts as gone for.
        kinds: `BASE`, `MADE_ANEW`, one of `RATES`, or `EXPECTED`.
        after: how lists are made anew, for `MADE_ANEW`.
        given: [depth], the attention to each rank; None: it falls with the logarithm.
    """
    if not case.settings.provider:
        return None
    size = len(kinds) * labels
    wanted = labels + size * (size + 1) // 2
    parts = -(-wanted // len(case))
    asked = {
        "attribute": attribute,
        "relevant_from": relevant_from,
        "kinds": list(kinds),
        "after": after,
        "given": given,
    }
    told = np.concatenate([case.compute(part_of_numbers, part=part, **asked) for part in range(parts)])[:wanted]
    covariance = np.zeros((size, size))
    covariance[np.triu_indices(size)] = told[labels:]
    covariance += np.triu(covariance, 1).T
    behind = told[:labels][told[:labels] > 0]
    fewest = int(behind.min()) if len(behind) else 0
    return SharedSpread(covariance, fewest) if fewest > 1 else None


def part_of_numbers(
    case: Case[Rankings],
    *,
    attribute: str,
    relevant_from: float | None,
    kinds: list[str],
    after: Mapping[str, Any] | None,
    given: list[float] | None,
    part: int,
) -> Floats:
    """[n]: some of `numbers_of`, 0 where they end: evidence keeps numbers by the row, and no more than a row's."""
    about = {"attribute": attribute, "relevant_from": relevant_from, "kinds": kinds, "after": after, "given": given}
    whole = case.compute(numbers_of, **about)
    found = np.zeros(len(case))
    own = whole[part * len(case) : (part + 1) * len(case)]
    found[: len(own)] = own
    return found


def numbers_of(
    case: Case[Rankings],
    *,
    attribute: str,
    relevant_from: float | None,
    kinds: list[str],
    after: Mapping[str, Any] | None,
    given: list[float] | None,
) -> Floats:
    """How many providers stand behind each label, and the upper half of the covariance that they add."""
    known = case.item_groups
    assert known.providers is not None  # noqa: S101  settings.provider says so
    codes, labels = known.groups[attribute].codes, len(known.groups[attribute].vocabulary)
    whose = np.unique(own_units(known.providers.codes), return_inverse=True)[1].ravel()
    sizes = np.zeros((int(whose.max(initial=-1)) + 1, labels))
    np.add.at(sizes, (whose[codes >= 0], codes[codes >= 0]), 1.0)
    people, mass = _people(case)
    adding = Adding(case, attribute, relevant_from, after, given)
    by_provider, within = crossed([adding.of(kind) for kind in kinds], whose, sizes, people, mass)
    turn = _turn(adding, kinds, mass)
    found = SharedSpread.of(by_provider @ turn.T, turn @ within @ turn.T, providers=0).covariance
    return np.concatenate([np.count_nonzero(sizes, axis=0).astype(float), found[np.triu_indices(len(found))]])


@dataclass(frozen=True)
class Added:
    """What items add to the columns of one kind."""

    rows: Integers
    """[cells]"""
    items: Integers
    """[cells], places in the catalogue."""
    labels: Integers
    """[cells]"""
    values: Floats
    """[cells]"""
    each: Floats
    """[n]: what every item of the catalogue adds for a user, to the columns of its own label."""


@dataclass(frozen=True)
class Adding:
    """What items add to columns of every kind."""

    case: Case[Rankings]
    attribute: str
    relevant_from: float | None
    after: Mapping[str, Any] | None = None
    given: list[float] | None = None

    def of(self, kind: str) -> Added:
        """Of one kind; of pairs, both items add them."""
        case = self.case
        if kind == AFTER:
            return self._added(self._none, (case.compute(reranked, **self.after or {})["lists"], self._weight()))
        if kind in (ABOVE, PAIRS, FURTHER_ABOVE, FURTHER_PAIRS):
            return self._pairs(kind)
        shown = case.predictions.items[:, : case.depth]
        listed = self._places(shown)
        if kind not in (SHOWN, ASKED, FRESH, HITS):
            return self._of_catalogue(kind)
        values = self._weight() * np.ones(shown.shape)
        if kind == ASKED:
            asked = case.compute(
                of_labels,
                kind=TARGET,
                attribute=self.attribute,
                relevant_from=self.relevant_from,
                given=self.given,
            )
            values = values * (asked.sum(axis=1, keepdims=True) > 0)
        elif kind != SHOWN:
            values = (~had_before(case, shown)).astype(float)
            if kind == HITS:
                values = values * right_and_wrong(case, shown, self.relevant_from)[0]
        return self._added(self._none, (listed, values))

    def _of_catalogue(self, kind: str) -> Added:
        case, n = self.case, len(self.case)
        if kind == CATALOGUE:
            return self._added(np.ones(n))
        before = items_before(case)
        had = self._places(before), -np.ones(before.shape)
        if kind == ELIGIBLE:
            return self._added(np.ones(n), had)
        if not case.has_truth:
            return self._added(self._none)
        wanted = self._places(case.truth.items)
        relevant = case.truth.worth(relevant_from=self.relevant_from) > 0
        if kind == WANTED:
            return self._added(self._none, (wanted, relevant))
        new = relevant & ~had_before(case, case.truth.items)
        if kind == NEW:
            return self._added(self._none, (wanted, new))
        about = {"attribute": self.attribute, "relevant_from": self.relevant_from}
        own, left = due(
            relevant,
            case.compute(of_labels, kind=ELIGIBLE, **about) - case.compute(of_labels, kind=NEW, **about),
            attention_of(case, self.given),
        )
        values = relevant * own[:, None] - new * left[:, None]
        return self._added(left, (wanted, values), (had[0], had[1] * left[:, None]))

    def _pairs(self, kind: str) -> Added:
        """Of both items of a pair: the provider of either could have been another."""
        lists = lists_of(self.case, kind, self.relevant_from)
        if lists is None:
            return self._added(self._none)
        listed = self._places(lists.items)
        right = pairs_of_right(self.case, lists, kind, self.relevant_from)
        mine = self._added(self._none, (listed, right))
        parts = [mine]
        for label in range(len(self.case.item_groups.groups[self.attribute].vocabulary)):
            wrong = pairs_of_wrong(self.case, lists, self.attribute, kind, label, self.relevant_from)
            row, column = np.nonzero((listed >= 0) & (wrong != 0))
            labels = np.full(len(row), label)
            parts.append(Added(row, listed[row, column], labels, wrong[row, column], mine.each))
        cells = [(one.rows, one.items, one.labels, one.values) for one in parts]
        return Added(*_joined(cells), each=mine.each)

    def _added(self, each: Floats, *tables: tuple[Integers, Floats | Flags]) -> Added:
        codes = self.case.item_groups.groups[self.attribute].codes
        cells: list[tuple[Integers, Integers, Integers, Floats]] = []
        for places, values in tables:
            row, column = np.nonzero((places >= 0) & (values != 0) & (np.append(codes, -1)[places] >= 0))
            item = places[row, column]
            cells.append((row, item, codes[item], values[row, column].astype(float)))
        nothing = np.zeros(0, dtype=np.int64)
        cells.append((nothing, nothing, nothing, np.zeros(0)))
        return Added(*_joined(cells), each=each)

    def _places(self, items: npt.NDArray[np.object_]) -> Integers:
        return catalogue_codes(self.case.item_groups.items, items)

    def _weight(self) -> Floats:
        shown = self.case.depth if self.after else min(self.case.predictions.items.shape[1], self.case.depth)
        return np.broadcast_to(attention_of(self.case, self.given)[:shown], (len(self.case), shown))

    @property
    def _none(self) -> Floats:
        return np.zeros(len(self.case))


def _joined(
    cells: Sequence[tuple[Integers, Integers, Integers, Floats]],
) -> tuple[Integers, Integers, Integers, Floats]:
    rows, items, labels, values = zip(*cells, strict=True)
    return np.concatenate(rows), np.concatenate(items), np.concatenate(labels), np.concatenate(values)


def crossed(
    kinds: Sequence[Added], whose: Integers, sizes: Floats, people: Integers, mass: Floats
) -> tuple[Floats, Floats]:
    """[providers, columns], the totals of each; and the products of columns, summed over people and providers."""
    from scipy import sparse

    providers, labels = sizes.shape
    width = len(kinds) * labels
    cell = np.concatenate([people[one.rows].astype(np.int64) * providers + whose[one.items] for one in kinds])
    column = np.concatenate([place * labels + one.labels for place, one in enumerate(kinds)])
    value = np.concatenate([one.values * mass[one.rows] for one in kinds])
    seen, place = np.unique(cell, return_inverse=True)
    table = sparse.csr_matrix((value, (place.ravel(), column)), shape=(len(seen), width))
    within = np.asarray((table.T @ table).todense(), dtype=float)
    by_provider = np.zeros((providers, width))
    np.add.at(by_provider, (cell % providers, column), value)
    heavy = [np.bincount(people, mass * one.each) for one in kinds]
    for one, first in enumerate(heavy):
        if not first.any():
            continue
        mine = slice(one * labels, (one + 1) * labels)
        # Everybody could be shown every item: what one provider has in the catalogue counts for each person.
        cross = table.T @ (sizes[seen % providers] * first[seen // providers, None])
        within[:, mine] += cross
        within[mine, :] += cross.T
        for other, second in enumerate(heavy):
            within[mine, other * labels : (other + 1) * labels] += (first @ second) * (sizes.T @ sizes)
        by_provider[:, mine] += first.sum() * sizes
    return by_provider, within


def _turn(adding: Adding, kinds: Sequence[str], mass: Floats) -> Floats:
    """[columns, columns]: from totals to what moves rates, or means."""
    case, attribute = adding.case, adding.attribute
    labels = len(case.item_groups.groups[attribute].vocabulary)
    if len(kinds) != len(EXPECTED):
        return np.eye(len(kinds) * labels)
    about: dict[str, Any] = {"attribute": attribute, "relevant_from": adding.relevant_from}
    turn = np.eye(2 * labels)
    if tuple(kinds) == EXPECTED:
        about["given"] = adding.given
        target, seen = (case.compute(of_labels, kind=kind, **about) for kind in (TARGET, SHOWN))
        for place, column in enumerate((seen, target)):
            total = (mass * (target.sum(axis=1) > 0)) @ column
            mine = slice(place * labels, (place + 1) * labels)
            turn[mine, mine] -= (total / max(total.sum(), 1e-300))[:, None]
        return turn
    part, whole = (mass @ case.compute(of_labels, kind=kind, **about) for kind in kinds)
    rates = np.divide(part, whole, out=np.zeros(labels), where=whole > 0)
    turn[:labels, labels:] = -np.diag(rates)
    turn[labels:] = 0.0
    return turn


def _people(case: Case[Rankings]) -> tuple[Integers, Floats]:
    """[n]: who each user is, by the unit, and how much the row counts."""
    mass = np.ones(len(case)) if case.weights is None else np.asarray(case.weights, dtype=float)
    if case.units is None:
        return np.arange(len(case)), mass
    return np.unique(own_units(case.units.codes), return_inverse=True)[1].ravel(), mass
