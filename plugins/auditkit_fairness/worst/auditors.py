"""A second model that is taught where the first one is wrong: a shallow tree and a ridge regression, on parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit import Text
from auditkit_fairness.worst.dividing import Divisions

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

DEPTH = 3
_PENALTY = 10.0
_SMALLEST_LEAF = 0.05
_FEWEST_IN_LEAF = 10
_HALF = 0.5


@dataclass(frozen=True)
class Features:
    """A yes or no for each part of each column."""

    values: Floats
    """[n, parts]"""
    columns: Integers
    """[parts]"""
    parts: Integers
    """[parts]"""

    @classmethod
    def of(cls, divisions: Divisions) -> Features:
        """Of all columns."""
        flags, columns, parts = [], [], []
        for place, one in enumerate(divisions.parts):
            for part in range(one.count):
                flags.append(one.codes == part)
                columns.append(place)
                parts.append(part)
        return cls(np.column_stack(flags).astype(float), np.array(columns), np.array(parts))


def taught_line(values: Floats, residuals: Floats, mass: Floats) -> Floats:
    """[parts + 1]: the weights of a ridge regression, and its constant, which is not held back.

    Args:
        values: [n, parts].
        residuals: [n], what it is to say.
        mass: [n], how much each row counts.
    """
    share = mass / mass.sum()
    centre, mean = share @ values, float(share @ residuals)
    away = values - centre
    gram = away.T @ (away * mass[:, None]) + _PENALTY * float(mass.mean()) * np.eye(values.shape[1])
    weights = np.linalg.solve(gram, away.T @ (mass * (residuals - mean)))
    return np.append(weights, mean - float(centre @ weights))


@dataclass(frozen=True)
class Node:
    """A question of a tree, or, without one, a leaf."""

    expected: float
    feature: int = -1
    no: int = -1
    yes: int = -1


def grown(values: Floats, residuals: Floats, mass: Floats) -> list[Node]:
    """A regression tree of at most three questions about yes or no, each the one that takes most squares away.

    Of questions that are as good the first is asked. Source: Breiman, Friedman, Olshen and Stone (1984), chapter 8.

    Args:
        values: [n, parts], 1 or 0.
        residuals: [n], what it is to say.
        mass: [n], how much each row counts.
    """
    least = _SMALLEST_LEAF * float(mass.sum())
    nodes: list[Node] = []

    def grow(rows: Integers, depth: int) -> int:
        place, own = len(nodes), mass[rows]
        nodes.append(Node(float(np.average(residuals[rows], weights=own))))
        if depth == 0:
            return place
        here = values[rows]
        heavy, total = own @ here, (own * residuals[rows]) @ here
        all_heavy, all_total, count = float(own.sum()), float(own @ residuals[rows]), here.sum(axis=0)
        rest = all_heavy - heavy
        allowed = (np.minimum(heavy, rest) >= least) & (np.minimum(count, len(rows) - count) >= _FEWEST_IN_LEAF)
        if not allowed.any():
            return place
        with np.errstate(divide="ignore", invalid="ignore"):
            gained = total**2 / heavy + (all_total - total) ** 2 / rest - all_total**2 / all_heavy
        gained = np.where(allowed, np.round(gained / all_heavy, 12), -1.0)
        best = int(np.argmax(gained))
        if gained[best] <= 0:
            return place
        is_yes = here[:, best] > _HALF
        no, yes = grow(rows[~is_yes], depth - 1), grow(rows[is_yes], depth - 1)
        nodes[place] = Node(nodes[place].expected, best, no, yes)
        return place

    grow(np.arange(len(residuals)), DEPTH)
    return nodes


def leaves_of(nodes: Sequence[Node], values: Floats) -> Integers:
    """[n]: the leaf that each row ends in."""
    found = np.zeros(len(values), dtype=np.int64)
    for _ in range(DEPTH):
        for place, node in enumerate(nodes):
            if node.feature >= 0:
                here = found == place
                found[here] = np.where(values[here, node.feature] > _HALF, node.yes, node.no)
    return found


@dataclass(frozen=True)
class Auditor:
    """What it expects of each row, and the rules of its tree."""

    expected: Floats
    """[n]"""
    leaf: Integers
    """[n], the tree's leaf."""
    nodes: Sequence[Node]

    @classmethod
    def taught(cls, features: Features, residuals: Floats, mass: Floats, rows: Integers) -> Auditor:
        """On some rows, for all."""
        nodes = grown(features.values[rows], residuals[rows], mass[rows])
        leaf = leaves_of(nodes, features.values)
        weights = taught_line(features.values[rows], residuals[rows], mass[rows])
        line = features.values @ weights[:-1] + weights[-1]
        both = (np.array([node.expected for node in nodes])[leaf] + line) / 2
        return cls(np.round(both, 12), leaf, nodes)

    def words(self, leaf: int, features: Features, divisions: Divisions) -> Text:
        """What leads to a leaf."""
        said: list[Text] = []
        for node, is_yes in _path(self.nodes, leaf):
            feature = self.nodes[node].feature
            words = divisions.columns[int(features.columns[feature])].words[int(features.parts[feature])]
            said.append(words if is_yes else Text.of("not ({what})", what=words))
        if not said:
            return Text.of("all rows")
        found = said[0]
        for one in said[1:]:
            found = Text.of("{one}, and {other}", one=found, other=one)
        return found


def _path(nodes: Sequence[Node], leaf: int) -> Sequence[tuple[int, bool]]:
    """The questions that lead to a leaf, each with whether its answer is yes."""
    above: dict[int, tuple[int, bool]] = {}
    for place, node in enumerate(nodes):
        if node.feature >= 0:
            above[node.no], above[node.yes] = (place, False), (place, True)
    found: list[tuple[int, bool]] = []
    while leaf in above:
        found.append(above[leaf])
        leaf = above[leaf][0]
    return found[::-1]
