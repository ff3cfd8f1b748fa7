"""Confident learning: which labels a model's out-of-sample probabilities speak against, and how labels are mixed up.

Source: Northcutt, Jiang and Chuang (2021), Confident Learning: Estimating Uncertainty in Dataset Labels, J. Artif.
Intell. Res. 70, 1373-1411; sections 3.1 and 3.2. Agrees with cleanlab's `compute_confident_joint`,
`find_label_issues(filter_by="confident_learning")` and `get_label_quality_scores`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_SLACK = 1e-6
"""A probability at its threshold is above it, whatever the order in which a mean was summed."""
_NEVER = 2.0


@dataclass(frozen=True)
class Confident:
    """What probabilities say of labels."""

    thresholds: Floats
    """[k]: the mean probability of each class among the rows of its label; 2 for a class that no row has."""
    joint: Integers
    """[k, k]: rows of each label by the class that the model is confident of; at least one on the diagonal."""
    likely_wrong: npt.NDArray[np.bool_]
    """[n]: the model is confident of another class than the label, which it finds less likely than that one."""
    self_confidence: Floats
    """[n]: the probability of the label."""
    margin: Floats
    """[n]: from 0 to 1: half of one and the probability of the label less that of the likeliest other class."""

    def noise(self, counts: Integers) -> Floats:
        """[k, k], label by class: how often rows of a class have each label, of so many rows of each label.

        Each label's row of the joint is brought to its number of rows; a column is divided by its sum (section 3.1).
        """
        whole = self.joint / self.joint.sum(axis=1, keepdims=True) * counts[:, None]
        return np.asarray(whole / np.maximum(whole.sum(axis=0, keepdims=True), 1e-12))


def confident(labels: Integers, probabilities: Floats) -> Confident:
    """Confident learning of labels.

    Args:
        labels: [n], from 0 to k - 1.
        probabilities: [n, k], of a model that was not trained on these rows.
    """
    rows, classes = probabilities.shape
    own = probabilities[np.arange(rows), labels]
    counts = np.bincount(labels, minlength=classes)
    sums = np.bincount(labels, weights=own, minlength=classes)
    thresholds = np.where(counts > 0, sums / np.maximum(counts, 1), _NEVER)
    above = probabilities >= thresholds - _SLACK
    how_many = above.sum(axis=1)
    guess = np.where(how_many > 1, probabilities.argmax(axis=1), above.argmax(axis=1))
    is_told = how_many > 0
    joint = np.zeros((classes, classes), dtype=np.int64)
    np.add.at(joint, (labels[is_told], guess[is_told]), 1)
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), 1))
    others = probabilities.copy()
    others[np.arange(rows), labels] = -np.inf
    rival = others.max(axis=1, initial=-np.inf)
    wrong = is_told & (guess != labels) & (rival > own)
    return Confident(thresholds, joint, wrong, own, (own - np.where(np.isfinite(rival), rival, 0.0) + 1) / 2)


def by_chance(probabilities: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """[draws]: the share of labels called likely wrong where each was drawn from the model's own probabilities.

    Such labels are as right as the model knows, so that this much is owed to the model's doubt alone. Rows are put in
    an order by what the model says of them first: theirs has no part in it.
    """
    order = np.lexsort(probabilities.T)
    cumulated = np.cumsum(probabilities[order], axis=1)
    cumulated /= cumulated[:, -1:]
    found = np.empty(draws)
    for draw in range(draws):
        labels = (rng.random(len(order))[:, None] > cumulated[:, :-1]).sum(axis=1)
        found[draw] = confident(labels, probabilities[order]).likely_wrong.mean()
    return found
