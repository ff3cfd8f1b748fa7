"""A shallow tree grown on the model's own answers to one half of the rows, for people to read and for the other half.

Source: Craven and Shavlik (1996), NIPS 8, 24-30: a tree that is taught what another model says, and its fidelity.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit.perturbation import marks
from auditkit.segments import (
    PEOPLE,
    Column,
    People,
    column_in,
    edges_of,
    levels_of,
    spelled,
    table_of,
)
from auditkit_explainability.global_view.local import scores_of

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_BINS = 16
_SMALLEST_LEAF = 0.05
_FEW_NUMBERS = 10
_BETWEEN = 0.5
_LATER_DIGITS = 2.0**24


@dataclass(frozen=True)
class Feature:
    """What a question of the tree can be about: one column of numbers, one category of a column, or a missing cell."""

    values: Floats
    """[n]: of numbers how many thresholds lie below; else 1 where it holds."""
    name: str
    thresholds: tuple[float, ...] = ()
    holds: str = ""
    """Of what is no number, what holds where it is 1: `= north`, `is missing`."""

    def words(self, place: int, *, is_below: bool) -> str:
        """One answer to a question, e.g. `age <= 50`."""
        if self.thresholds:
            return f"{self.name} {'<=' if is_below else '>'} {self.thresholds[place]:g}"
        if self.holds.startswith("= "):
            return f"{self.name} {'is not' if is_below else 'is'} {self.holds[2:]}"
        return f"{self.name} {'is there' if is_below else 'is missing'}"


def chosen(case: Case[Any], *, columns: Sequence[str], most_rows: int) -> Flags:
    """[n]: whether the row is one of at most so many that the tree is grown and judged on."""
    draws = _draws(case, columns, "rows")
    found = np.zeros(len(draws), dtype=bool)
    found[np.argsort(draws, kind="stable")[:most_rows]] = True
    return found


def judged(case: Case[Any], *, columns: Sequence[str], depth: int) -> Flags:
    """[n]: whether the row is in the half that the tree is judged on."""
    return np.asarray(case.compute(grown, columns=list(columns), depth=depth)["judged"])


def leaf(case: Case[Any], *, columns: Sequence[str], depth: int) -> npt.NDArray[np.int64]:
    """[n]: the leaf of the tree that the row ends in, from 0."""
    return np.asarray(case.compute(grown, columns=list(columns), depth=depth)["leaf"])


def said(case: Case[Any], *, columns: Sequence[str], depth: int, place: int) -> Floats:
    """[n]: the score that the tree gives one class, label or number."""
    return np.asarray(case.compute(grown, columns=list(columns), depth=depth)["said"][place])


def rule(case: Case[Any], *, columns: Sequence[str], depth: int, place: int) -> npt.NDArray[np.int64]:
    """[n]: what leads to one leaf, spelled."""
    rules = case.compute(grown, columns=list(columns), depth=depth)["rules"]
    return spelled(rules[place], len(case))


def grown(case: Case[Any], *, columns: list[str], depth: int) -> dict[str, Any]:
    """The tree: `judged` and `leaf` [n], `said` [k, n], and the `rules` that lead to the leaves.

    A half is of whole people. Thresholds are edges with ten people between each two, and a leaf has at least ten rows
    and a twentieth of the weight, so that no question is about a single person.
    """
    from sklearn.tree import DecisionTreeRegressor

    people, table = People.of(case), table_of(case)
    draws = _draws(case, columns, "halves")
    owners, whose = np.unique(people.units, return_inverse=True)
    first = np.full(len(owners), np.inf)
    np.minimum.at(first, whose, draws)
    # The least of a person's numbers is small where they have many rows: its later digits are as good as new ones.
    is_judged = np.modf(first * _LATER_DIGITS)[0][whose] < _BETWEEN
    answers = scores_of(case.predictions)
    features = [one for name in columns for one in _features(column_in(table, name), people)]
    taught = np.flatnonzero(~is_judged & (people.weights > 0))
    if not features or len(taught) < 2 * PEOPLE:
        return {"judged": is_judged, "leaf": np.zeros(len(case), np.int64), "said": answers.T * np.nan, "rules": []}
    values = np.column_stack([one.values for one in features])
    # In an order that the rows' content decides, so that sums, and with them ties, do not hang on their places.
    taught = taught[np.argsort(draws[taught], kind="stable")]
    tree = DecisionTreeRegressor(
        max_depth=depth, min_samples_leaf=PEOPLE, min_weight_fraction_leaf=_SMALLEST_LEAF, random_state=0
    )
    tree.fit(values[taught], answers[taught], sample_weight=people.weights[taught])
    nodes = tree.apply(values)
    rules = dict(_paths(tree.tree_, features))
    places = {node: place for place, node in enumerate(rules)}
    found = np.asarray(tree.predict(values), dtype=float).reshape(len(case), -1).T
    leaves = np.array([places[node] for node in nodes], dtype=np.int64)
    return {"judged": is_judged, "leaf": leaves, "said": found, "rules": list(rules.values())}


def _draws(case: Case[Any], columns: Sequence[str], name: str) -> Floats:
    """[n]: a number from 0 to 1 that is decided by what a row holds."""
    table = table_of(case)
    salt = int(case.rng(name).integers(2**62))
    own = table[[one for one in columns if one in table.columns]]
    # Of rows that hold the same, each is drawn for itself: a table of few categories has but a few kinds of rows.
    seen: Counter[str] = Counter()
    digests = []
    for mark in marks(own):
        seen[mark] += 1
        digests.append(hashlib.sha256(f"{salt} {mark} {seen[mark]}".encode()).digest())
    return np.array([int.from_bytes(one[:7], "big") / 2.0**56 for one in digests])


def _features(column: Column | None, people: People) -> Iterator[Feature]:
    if column is None or column.kind == "other":
        return
    if column.kind == "categories":
        for label in levels_of(column, people):
            yield Feature(np.asarray(column.labels == label, dtype=float), column.name, holds=f"= {label}")
    else:
        edges = _thresholds(column, people)
        if len(edges):
            numbers = np.where(column.known, column.numbers, np.nanmedian(column.numbers))
            values = np.searchsorted(edges, numbers, side="left").astype(float)
            yield Feature(values, column.name, thresholds=tuple(map(float, edges)))
    if min(people.count(column.known), people.count(~column.known)) >= PEOPLE:
        yield Feature(np.asarray(~column.known, dtype=float), column.name, holds="is missing")


def _thresholds(column: Column, people: People) -> Floats:
    everybody = np.ones(len(column.labels), dtype=bool)
    edges = edges_of(column.numbers, people, everybody, bins=_BINS, is_whole=column.is_whole)
    distinct = np.unique(column.numbers[np.isfinite(column.numbers)])
    # Of few distinct numbers the edges are these, of which the last has none above.
    return edges[:-1] if len(distinct) <= _FEW_NUMBERS else edges[1:-1]


def _paths(tree: Any, features: Sequence[Feature], node: int = 0, before: tuple[str, ...] = ()) -> Iterator[Any]:
    """Each leaf of a tree with what leads to it, from left to right."""
    if tree.children_left[node] < 0:
        yield node, " and ".join(_shortened(before)) or "always"
        return
    feature = features[tree.feature[node]]
    place = int(np.floor(tree.threshold[node]))
    for child, is_below in ((tree.children_left[node], True), (tree.children_right[node], False)):
        yield from _paths(tree, features, child, (*before, feature.words(place, is_below=is_below)))


def _shortened(parts: tuple[str, ...]) -> list[str]:
    """Without what a later question about the same side of the same column says more narrowly."""
    heads = [part.rpartition(" ")[0] if "<=" in part or ">" in part else part for part in parts]
    return [part for place, part in enumerate(parts) if heads[place] not in heads[place + 1 :]]
