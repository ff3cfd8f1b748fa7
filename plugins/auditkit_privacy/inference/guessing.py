"""Learning on one half of the people to tell an attribute, and telling it of the other half."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_ROUNDS = 30
_FEW_IN_A_LEAF, _MOST_IN_A_LEAF = 3, 20
_FARTHEST = 10.0


def guess(numbers: Floats, words: Any, codes: Integers, learns: Integers, judged: Integers) -> Floats:
    """[judged, values]: how likely each value is, by a classifier that learnt from other people.

    Of tables the mean of what a line and a few trees say; with texts a line alone. A value that nobody had among those
    who were learnt from has the likelihood 0.

    Args:
        numbers: [r, d]; NaN where missing.
        words: [r, h], sparse, or None.
        codes: [r], from 0; -1 where the value is not known.
        learns: rows to learn from.
        judged: rows to tell of.
    """
    count = int(codes.max(initial=-1)) + 1
    learns = learns[codes[learns] >= 0]
    found = np.zeros((len(judged), count))
    had = np.unique(codes[learns])
    if len(had) < 2:  # noqa: PLR2004  nothing to tell apart
        found[:, had] = 1.0
        return found
    # By appearance, so that what a value is called has no part in the last digits.
    first = np.unique(codes[learns], return_index=True)[1]
    names = had[np.argsort(first)]
    place = np.full(count, -1)
    place[names] = np.arange(len(names))
    told = place[codes[learns]]
    said = _line(numbers, words, told, learns, judged)
    if words is None:
        said = (said + _trees(numbers, told, learns, judged)) / 2
    found[:, names] = said
    return found


def _line(numbers: Floats, words: Any, told: Integers, learns: Integers, judged: Integers) -> Floats:
    """Of each value against all others, which add up to 1."""
    from scipy import sparse
    from sklearn.linear_model import LogisticRegression

    inside, outside = standardised(numbers, learns, judged)
    if words is not None:
        inside = sparse.hstack([sparse.csr_matrix(inside), words[learns]], format="csr")
        outside = sparse.hstack([sparse.csr_matrix(outside), words[judged]], format="csr")
    elif not inside.shape[1]:
        return np.tile(np.bincount(told) / len(told), (len(judged), 1))
    how: dict[str, Any] = {"solver": "liblinear", "random_state": 0, "max_iter": 1_000}
    how |= {"C": 1.0} if words is None else {"C": 4.0, "dual": True, "tol": 1e-2}
    count = int(told.max()) + 1
    odds = [
        LogisticRegression(**how).fit(inside, told == value).decision_function(outside)
        for value in (range(count) if count > 2 else (1,))  # noqa: PLR2004  one of two tells of the other
    ]
    shares = 1 / (1 + np.exp(-np.clip(np.column_stack(odds), -700, 700)))
    if count == 2:  # noqa: PLR2004  same
        return np.column_stack([1 - shares, shares])
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def _trees(numbers: Floats, told: Integers, learns: Integers, judged: Integers) -> Floats:
    """What thresholds of several columns together tell; of few rows leaves are small, or no tree would have any."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    if not numbers.shape[1]:
        return np.tile(np.bincount(told) / len(told), (len(judged), 1))
    leaf = int(np.clip(len(learns) // 10, _FEW_IN_A_LEAF, _MOST_IN_A_LEAF))
    trees = HistGradientBoostingClassifier(
        max_iter=_ROUNDS, max_leaf_nodes=15, min_samples_leaf=leaf, early_stopping=False, random_state=0
    )
    return np.asarray(trees.fit(numbers[learns], told).predict_proba(numbers[judged]))


def standardised(numbers: Floats, learns: Integers, judged: Integers) -> tuple[Floats, Floats]:
    """By the mean and spread of those who are learnt from; what is missing, or never varied, is their mean."""
    known = np.isfinite(numbers[learns])
    mean = np.where(known, numbers[learns], 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1)
    parts = [np.where(np.isfinite(numbers[rows]), numbers[rows] - mean, 0.0) for rows in (learns, judged)]
    spread = parts[0].std(axis=0)
    scale = np.where(spread > 0, spread, np.inf)
    inside, outside = (np.clip(part / scale, -_FARTHEST, _FARTHEST) for part in parts)
    return inside, outside
