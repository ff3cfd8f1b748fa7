"""A second model that is taught where the first one is wrong: a shallow tree and a ridge regression, on parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
class Auditor:
    """What it expects of each row, and the rules of its tree."""

    expected: Floats
    """[n]"""
    leaf: Integers
    """[n], the tree's leaf."""
    tree: Any

    @classmethod
    def taught(cls, features: Features, residuals: Floats, mass: Floats, rows: Integers) -> Auditor:
        """On some rows, for all."""
        from sklearn.tree import DecisionTreeRegressor

        tree = DecisionTreeRegressor(
            max_depth=DEPTH, min_samples_leaf=_FEWEST_IN_LEAF, min_weight_fraction_leaf=_SMALLEST_LEAF, random_state=0
        )
        tree.fit(features.values[rows], residuals[rows], sample_weight=mass[rows])
        weights = taught_line(features.values[rows], residuals[rows], mass[rows])
        line = features.values @ weights[:-1] + weights[-1]
        both = (np.asarray(tree.predict(features.values)) + line) / 2
        return cls(np.round(both, 12), np.asarray(tree.apply(features.values)), tree.tree_)

    def words(self, leaf: int, features: Features, divisions: Divisions) -> Text:
        """What leads to a leaf."""
        said: list[Text] = []
        for node, is_yes in _path(self.tree, leaf):
            feature = int(self.tree.feature[node])
            words = divisions.columns[int(features.columns[feature])].words[int(features.parts[feature])]
            said.append(words if is_yes else Text.of("not ({what})", what=words))
        if not said:
            return Text.of("all rows")
        found = said[0]
        for one in said[1:]:
            found = Text.of("{one}, and {other}", one=found, other=one)
        return found


def _path(tree: Any, leaf: int) -> Sequence[tuple[int, bool]]:
    """The questions that lead to a leaf, each with whether its answer is yes."""
    above: dict[int, tuple[int, bool]] = {}
    for node in range(tree.node_count):
        above[int(tree.children_left[node])] = (node, False)
        above[int(tree.children_right[node])] = (node, True)
    found: list[tuple[int, bool]] = []
    while leaf in above:
        found.append(above[leaf])
        leaf = above[leaf][0]
    return found[::-1]
