"""Lists made anew of each user's candidates, so that groups of items get the attention that they should: the remedies.

Each is fitted on one half of the users and used on the other: the shares that groups should have, where what users went
for says so, and how strongly lists are changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Rankings, Text
from auditkit.statistics import attention, deal_folds, det_const_sort, det_greedy, own_units, served
from auditkit_fairness.rankings.candidates import pool
from auditkit_fairness.rankings.exposed import WANTED, catalogue_codes, of_labels

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

AS_IT_IS = "none"
GREEDY, SORTED, GENTLE = "DetGreedy", "DetConstSort", "DetGreedy in turns"
TARGETS = ("catalogue", "merit", "named")
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
GOAL = 0.9
"""Of its share of attention that every group is to get, for the least strength that is enough."""


@dataclass(frozen=True)
class Reranking:
    """One way to make the lists anew; or, `AS_IT_IS`, the lists as they are."""

    attribute: str
    algorithm: str
    target: str
    shares: Mapping[str, float]
    """Those that the audit names, by label; empty: it names none."""
    candidates: int
    relevant_from: float | None

    @property
    def name(self) -> str:
        """As a measurement's `conditions = {"remedy": ...}` name it."""
        if self.algorithm == AS_IT_IS:
            return AS_IT_IS
        return f"{self.algorithm} to {self.target} shares by {self.attribute}"

    @property
    def about(self) -> dict[str, Any]:
        """What it is computed by."""
        return vars(self) | {"shares": dict(self.shares)}


def ways(case: Case[Rankings], attribute: str, named: Mapping[str, float], about: Mapping[str, Any]) -> list[Reranking]:
    """The lists as they are; then every algorithm to every target that there is."""
    targets = [one for one in TARGETS if (one != "merit" or case.has_truth) and (one != "named" or named)]
    every = [Reranking(attribute, AS_IT_IS, "", {}, **about)]
    for target in targets:
        shares = named if target == "named" else {}
        every += [Reranking(attribute, one, target, shares, **about) for one in (GREEDY, SORTED, GENTLE)]
    return every


def of_users(case: Case[Rankings], way: Reranking, what: str) -> Floats:
    """[n]: one number a user of `reranked`, kept by the row for a replay."""
    return np.asarray(case.compute(column_of, what=what, **way.about))


def column_of(case: Case[Rankings], *, what: str, **way: Any) -> Floats:
    """[n]: what `reranked` has under a name, or `shown LABEL`."""
    found = case.compute(reranked, **way)
    name, _, label = what.partition(" ")
    return np.ascontiguousarray(found[name][:, int(label)] if label else found[name], dtype=float)


def reranked(
    case: Case[Rankings],
    *,
    attribute: str,
    algorithm: str,
    target: str,
    shares: dict[str, float],
    candidates: int,
    relevant_from: float | None,
) -> dict[str, Any]:
    """The new lists, and what they are like.

    `lists` [n, depth] are places in the catalogue, -1: none of it; `shown` [n, labels] the attention to each label;
    `ndcg` and `recall` [n]; `changed` [n] whether the list is another, `replaced` [n] the share of its items that are;
    `strength` [n] and `due` [n, labels], what was fitted to the other half of the users.
    """
    pooled = case.compute(pool, candidates=candidates)
    known = case.item_groups
    places = catalogue_codes(known.items, pooled.items)
    there = pooled.items != None  # noqa: E711  cell by cell
    groups = len(known.groups[attribute].vocabulary)
    labels = np.where(places >= 0, np.append(known.groups[attribute].codes, -1)[places], -1)
    # One more group: items without a label.
    labels = np.where(there, np.where(labels >= 0, labels, groups), -1)
    remaking = _Remaking(case, labels, groups, attribute, relevant_from)
    taken = np.tile(np.arange(case.depth), (len(case), 1))
    taken = np.where(taken < there.shape[1], taken, -1)
    strength, due = np.zeros(len(case)), np.zeros((len(case), groups))
    if algorithm != AS_IT_IS:
        for half in (0, 1):
            fitted, judged = remaking.halves != half, remaking.halves == half
            wanted = remaking.target(target, shares, fitted)
            how = remaking.strength(wanted, fitted) if algorithm == GENTLE else 1.0
            taken[judged] = remaking.lists(algorithm, wanted, how, judged)
            strength[judged], due[judged] = how, wanted[:groups]
    taken = np.where(np.take_along_axis(there, np.maximum(taken, 0), axis=1) & (taken >= 0), taken, -1)
    found = {"strength": strength, "due": due, "shown": remaking.shown(taken)[:, :groups]}
    items = np.take_along_axis(pooled.items, np.maximum(taken, 0), axis=1)
    items[taken < 0] = None
    found["lists"] = np.where(taken >= 0, np.take_along_axis(places, np.maximum(taken, 0), axis=1), -1)
    first = pooled.items[:, : case.depth]
    width = min(first.shape[1], items.shape[1])
    found["changed"] = (items[:, :width] != first[:, :width]).any(axis=1).astype(float)
    # What stood deeper than the list is new on it.
    length = np.maximum((taken >= 0).sum(axis=1), 1)
    found["replaced"] = (taken >= case.depth).sum(axis=1) / length
    if case.has_truth:
        scores = served(items, case.truth.items, case.truth.worth(relevant_from=relevant_from), case.depth)
        told = scores.scores()
        found |= {"ndcg": told["ndcg"], "recall": np.where(scores.relevant > 0, told["recall"], 0.0)}
        found["judged"] = (scores.relevant > 0).astype(float)
    return found


class _Remaking:
    """The candidates of all users by group, and what is fitted to one half of them."""

    def __init__(
        self, case: Case[Rankings], labels: Integers, groups: int, attribute: str, relevant_from: float | None
    ) -> None:
        self._case, self._labels, self._groups, self._attribute = case, labels, groups, attribute
        self._relevant_from = relevant_from
        self._mass = np.ones(len(case)) if case.weights is None else np.asarray(case.weights, dtype=float)
        names = np.array(case.predictions.users, dtype=object).astype(str)
        order = np.argsort(names, kind="stable")
        owners = np.arange(len(case))
        if case.units is not None:
            owners = np.unique(own_units(case.units.codes), return_inverse=True)[1].ravel()
        self.halves = np.empty(len(case), dtype=np.int64)
        self.halves[order] = deal_folds(owners[order], 2, case.rng("halves"))
        self._lots = np.empty((len(case), groups + 1))
        self._lots[order] = case.rng("lots").random((len(case), groups + 1))

    def _first(self) -> Floats:
        """[n, groups + 1]: the share of each group of the places of each list as it is; zeros of an empty one."""
        first = self._labels[:, : self._case.depth]
        counts = np.stack([(first == group).sum(axis=1) for group in range(self._groups + 1)], axis=1)
        return np.asarray(counts / np.maximum(counts.sum(axis=1, keepdims=True), 1))

    def target(self, kind: str, named: Mapping[str, float], fitted: Flags) -> Floats:
        """[groups + 1]: the shares that the groups should have; items without one keep theirs."""
        _, vocabulary, sizes, _ = next(one for one in self._case.settings.item_groups if one[0] == self._attribute)
        catalogue = np.array(sizes, dtype=float) / max(sum(sizes), 1)
        mass = self._mass[fitted]
        shares = catalogue
        if kind == "merit":
            about: dict[str, Any] = {"attribute": self._attribute, "relevant_from": self._relevant_from}
            wanted = mass @ of_labels(self._case, kind=WANTED, **about)[fitted]
            shares = wanted / wanted.sum() if wanted.sum() > 0 else catalogue
        if kind == "named":
            told = np.array([named.get(label, np.nan) for label in vocabulary])
            rest = np.where(np.isnan(told), catalogue, 0.0)
            left = max(1 - np.nansum(told), 0.0)
            shares = np.where(np.isnan(told), left * rest / max(rest.sum(), 1e-300), told)
            shares = shares / shares.sum()
        unlabelled = float(np.average(self._first()[fitted, -1], weights=mass)) if mass.sum() > 0 else 0.0
        return np.append(shares * (1 - unlabelled), unlabelled)

    def lists(self, algorithm: str, target: Floats, strength: float, rows: Flags) -> Integers:
        """[rows, depth]: places among the candidates of some users."""
        labels, depth = self._labels[rows], self._case.depth
        if strength == 0:
            return np.tile(np.arange(depth), (len(labels), 1))
        shares = np.tile(target, (len(labels), 1))
        if algorithm == SORTED:
            return det_const_sort(labels, shares, depth)
        if algorithm == GREEDY:
            return det_greedy(labels, shares, depth)
        shares = (1 - strength) * self._first()[rows] + strength * shares
        return det_greedy(labels, shares, depth, self._lots[rows])

    def strength(self, target: Floats, fitted: Flags) -> float:
        """The least strength by which every group gets as much of its share as it is to."""
        asked = target[: self._groups]
        for strength in STRENGTHS[:-1]:
            seen = self._mass[fitted] @ self.shown(self.lists(GENTLE, target, strength, fitted), fitted)
            shares = seen[: self._groups] / max(seen[: self._groups].sum(), 1e-300) * asked.sum()
            if (shares >= GOAL * asked).all():
                return strength
        return 1.0

    def shown(self, taken: Integers, rows: Flags | slice = slice(None)) -> Floats:
        """[rows, groups + 1]: the attention of lists to each group."""
        labels = self._labels[rows]
        taken = np.where(taken < labels.shape[1], taken, -1)
        of = np.where(taken >= 0, np.take_along_axis(labels, np.maximum(taken, 0), axis=1), -1)
        weight = attention(self._case.depth)
        return np.stack([(of == group) @ weight for group in range(self._groups + 1)], axis=1)


def told_strengths(case: Case[Rankings], way: Reranking) -> Iterator[float]:
    """The strengths that were fitted to either half, the lesser first."""
    strength = of_users(case, way, "strength")
    yield from (float(strength.min()), float(strength.max()))


def needs_of(way: Reranking) -> Text:
    """What using it would take."""
    if way.algorithm == GENTLE:
        return Text.of("longer lists of candidates, and lots drawn for each list")
    return Text.of("longer lists of candidates")
