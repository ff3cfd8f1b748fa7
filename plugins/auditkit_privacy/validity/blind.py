"""The blind baseline: who is a member, guessed by a classifier that never sees the model.

Where it can tell, members and others are of different kinds, and an attack that tells them apart says nothing of the
model. Source: Das, Zhang and Tramer (2024), "Blind baselines beat membership inference attacks", arXiv:2406.16201.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Texts
from auditkit.statistics import Auc, delong
from auditkit_privacy.people.features import Features, written
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.people.together import fitted, one_thread
from auditkit_privacy.people.twins import Keyed
from auditkit_privacy.reach.choosing import owners_of
from auditkit_privacy.validity.chance import permutation_p

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

MOST_ROWS = 2_000
"""Rows a side that the classifier learns from and is judged on."""
FOLDS = 5
LEVEL = 0.99
"""The confidence of the baseline's interval, at least: folds share the rows that they learn from, so that DeLong's
variance is too small, and of sides that are alike an interval of 95% left out one half in 5 of 60 simulated audits."""
STRATA = 5
"""Parts of like blind scores, within which the attacks are judged again."""

_HASHED = 2**16
_ROUNDS = 30
_FEW_IN_A_LEAF, _MOST_IN_A_LEAF = 3, 20


@dataclass(frozen=True)
class Blind:
    """What a classifier makes of the rows without the model."""

    area: Auc | None
    """None: it could not be tried, for want of inputs or of rows."""
    p_value: float
    scores: Sides
    """NaN for rows that it was not given."""
    rows: int
    """On both sides together."""

    @property
    def tells(self) -> bool:
        """Whether it can tell members from others, so that no attack says anything of the model."""
        return self.area is not None and self.area.low > 0.5  # noqa: PLR2004  chance


def blind_baseline(
    members: Case[Any], others: Case[Any], chosen: Sides, units: Sides | None, *, level: float, rng: np.random.Generator
) -> Blind:
    """The baseline on chosen rows: each is judged by a classifier that learnt from other people."""
    scores = fitted("auditkit_privacy.validity.blind:fit_blind", members, others, chosen)
    values, member = scores.finite()
    owners = None
    if units is not None:
        owners = owners_of(units.joined[~np.isnan(scores.joined)], len(values))
    area = delong(values, member, level=max(level, LEVEL), units=owners) if len(values) else None
    if area is None:
        return Blind(None, 1.0, scores, 0)
    order = np.lexsort((values, member))
    p_value = permutation_p(values[order], member[order], None if owners is None else owners[order], rng)
    return Blind(area, p_value, scores, len(values))


def fit_blind(members: Case[Any], others: Case[Any]) -> Sides:
    """Out of fold log odds of membership: what `fitted` runs. NaN throughout when there is nothing to learn from."""
    empty = Sides(np.full(len(members), np.nan), np.full(len(others), np.nan))
    if min(len(members), len(others)) < 2 * FOLDS:
        return empty
    features = Features.of(members, others)
    if not features.sees_inputs:
        return empty
    member = np.arange(len(members) + len(others)) < len(members)
    order = order_of_content(members, others)
    folds = folds_of(units_of(members, others), member, order, others.rng("blind folds"))
    found = np.full(len(member), np.nan)
    with one_thread():
        matrix = _matrix(features)
        for fold in range(FOLDS):
            learns, judged = order[folds[order] != fold], np.flatnonzero(folds == fold)
            if len(judged) and 0 < np.count_nonzero(member[learns]) < len(learns):
                found[judged] = _odds(matrix, member, learns, judged, is_sparse=features.texts is not None)
    return Sides(found[: len(members)], found[len(members) :])


def units_of(members: Case[Any], others: Case[Any]) -> Integers | None:
    """[m + n]: whose row each is, the sides apart, -1 of nobody known; None: rows stand alone."""
    one, two = members.units, others.units
    if one is None or two is None:
        return None
    return np.concatenate([one.codes, np.where(two.codes < 0, -1, two.codes + len(one.vocabulary))])


def order_of_content(members: Case[Any], others: Case[Any]) -> Integers:
    """[m + n]: the rows in an order that what they hold decides, and not their file."""
    keys = [Keyed.of(case) for case in (members, others)]
    sides = np.arange(len(members) + len(others)) >= len(members)
    known = [
        np.zeros(len(case), dtype=np.uint64) if key is None else key.exact
        for case, key in zip((members, others), keys, strict=True)
    ]
    truths = [_truth(case) for case in (members, others)]
    return np.lexsort((np.concatenate(truths), np.concatenate(known), sides))


def _truth(case: Case[Any]) -> Floats:
    if hasattr(case.predictions, "classes"):
        return case.targets.codes.astype(float)
    if hasattr(case.predictions, "labels"):
        return case.label_targets @ (2.0 ** np.arange(case.label_targets.shape[1]))
    if isinstance(case.predictions, Texts):
        return np.array([zlib.crc32(text.encode("utf-8", "surrogatepass")) for text in written(case)], dtype=float)
    return np.asarray(case.truth.values, dtype=float)


def folds_of(
    units: Integers | None, member: Flags, order: Integers, rng: np.random.Generator, count: int = FOLDS
) -> Integers:
    """[r]: a fold for each row; all rows of a person are in one, and each side is spread over all."""
    owners = owners_of(units, len(member))
    folds = np.zeros(len(member), dtype=np.int64)
    for side in (member, ~member):
        mine = order[side[order]]
        people, starts = np.unique(owners[mine], return_index=True)
        people = people[np.argsort(starts)]
        of_person = np.zeros(int(owners.max(initial=0)) + 1, dtype=np.int64)
        of_person[people[rng.permutation(len(people))]] = np.arange(len(people)) % count
        folds[mine] = of_person[owners[mine]]
    return folds


def _matrix(features: Features) -> Any:
    if features.texts is None:
        return features.numbers
    from scipy import sparse

    numbers = np.nan_to_num(features.numbers)
    spread = numbers.std(axis=0)
    scaled = (numbers - numbers.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    return sparse.hstack([sparse.csr_matrix(scaled), hashed_words(features.texts)], format="csr")


def hashed_words(texts: npt.NDArray[Any]) -> Any:
    """[n, 2 * `_HASHED`], sparse: the words, pairs of words and runs of letters of each text."""
    from scipy import sparse
    from sklearn.feature_extraction.text import HashingVectorizer

    words = HashingVectorizer(n_features=_HASHED, ngram_range=(1, 2), alternate_sign=False)
    letters = HashingVectorizer(n_features=_HASHED, analyzer="char_wb", ngram_range=(3, 4), alternate_sign=False)
    return sparse.hstack([words.transform(texts), letters.transform(texts)], format="csr")


def _odds(matrix: Any, member: Flags, learns: Integers, judged: Integers, *, is_sparse: bool) -> Floats:
    if is_sparse:
        from sklearn.linear_model import LogisticRegression

        # The dual problem has one unknown a row, where the primal has one a word: 15 times as fast here.
        linear = LogisticRegression(
            solver="liblinear", dual=True, C=4.0, tol=1e-2, max_iter=1_000, class_weight="balanced", random_state=0
        )
        return np.asarray(linear.fit(matrix[learns], member[learns]).decision_function(matrix[judged]))
    return _standard(_line(matrix, member, learns, judged)) + _standard(_trees(matrix, member, learns, judged))


def _trees(matrix: Floats, member: Flags, learns: Integers, judged: Integers) -> Floats:
    """What thresholds of several columns together tell; of few rows leaves are small, or no tree would have any."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    leaf = int(np.clip(len(learns) // 10, _FEW_IN_A_LEAF, _MOST_IN_A_LEAF))
    trees = HistGradientBoostingClassifier(
        max_iter=_ROUNDS, max_leaf_nodes=15, min_samples_leaf=leaf, early_stopping=False, random_state=0
    )
    return np.asarray(trees.fit(matrix[learns], member[learns]).decision_function(matrix[judged]))


def _line(matrix: Floats, member: Flags, learns: Integers, judged: Integers) -> Floats:
    """What a weighted sum of the columns tells: of few rows more than trees do."""
    from sklearn.linear_model import LogisticRegression

    known = np.isfinite(matrix[learns])
    counts = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, matrix[learns], 0.0).sum(axis=0) / counts
    parts = []
    for rows in (learns, judged):
        seen = np.isfinite(matrix[rows])
        parts.append(np.where(seen, matrix[rows] - mean, 0.0))
    spread = parts[0].std(axis=0)
    # Of a value that none of the learnt rows comes near, no more is made than of a far one of theirs.
    inside, judged_numbers = (np.clip(part / np.where(spread > 0, spread, np.inf), -10.0, 10.0) for part in parts)
    linear = LogisticRegression(C=0.1, class_weight="balanced", solver="liblinear", random_state=0)
    return np.asarray(linear.fit(inside, member[learns]).decision_function(judged_numbers))


def _standard(odds: Floats) -> Floats:
    """With a spread of one, so that neither classifier outshouts the other."""
    spread = float(odds.std())
    return odds / spread if spread > 0 else odds


def within_strata(scores: Sides, blind: Sides, *, level: float) -> tuple[float, float, float] | None:
    """An attack's area among rows of like blind scores, with its interval; None where too few rows have both.

    The mean of the areas in `STRATA` parts, each as heavy as its smaller side. Among rows that look as much like a
    member without the model, what the attack still tells is the model's.

    Args:
        scores: the attack's, NaN where it says nothing.
        blind: the baseline's, NaN where it was not tried.
        level: the interval's confidence.
    """
    attack, known, member = scores.joined.astype(np.float64), blind.joined, scores.member
    kept = ~np.isnan(attack) & ~np.isnan(known)
    if not kept.any():
        return None
    attack, known, member = attack[kept], known[kept], member[kept]
    edges = np.quantile(known, np.arange(1, STRATA) / STRATA)
    stratum = np.searchsorted(edges, known, side="right")
    weights, parts = [], []
    for place in range(STRATA):
        here = stratum == place
        area = delong(attack[here], member[here], level=level)
        if area is not None:
            parts.append(area)
            weights.append(float(min(area.positives, area.negatives)))
    if not parts:
        return None
    shares = np.array(weights) / sum(weights)
    value = float(shares @ [part.value for part in parts])
    down = float(np.hypot.reduce(shares * [part.value - part.low for part in parts]))
    up = float(np.hypot.reduce(shares * [part.high - part.value for part in parts]))
    return value, max(value - down, 0.0), min(value + up, 1.0)


def shown(blind: Blind) -> Mapping[str, float]:
    """The baseline's numbers, for a sentence."""
    assert blind.area is not None  # noqa: S101  only of one that was tried
    return {"value": blind.area.value, "low": blind.area.low, "high": blind.area.high, "p": blind.p_value}
