"""Telling an attribute from the vectors, and from the rows themselves: on one half of the people by the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Texts, Values
from auditkit_privacy.inference.guessing import guess, standardised
from auditkit_privacy.inference.halved import dealt_halves
from auditkit_privacy.people.features import Features
from auditkit_privacy.people.together import one_thread
from auditkit_privacy.people.twins import Keyed
from auditkit_privacy.reach.choosing import owners_of
from auditkit_privacy.validity.blind import hashed_words

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

VECTORS, INPUTS = "vectors", "inputs"

_DIGITS = 9
_TWO = 2
_STEADINESS = 4.0
"""Over the number of columns: the line's inverse ridge. What all columns together are expected to say of a row's log
odds then has a spread of 2, however long the vectors are."""


def width_of(case: Case[Any]) -> Floats:
    """[n]: how long the vectors are, in every row.

    Raises:
        NotApplicable: the model makes none, and why.
    """
    return np.full(len(case), float(case.embeddings.shape[1]))


def half_of(case: Case[Any], *, attribute: str) -> Integers:
    """[n]: which half of the people each row is in, 0 or 1; those who have a value are in both, as nearly as can be.

    Where nobody says whose the rows are, rows that are nearly equal stay together: the one would give the other away.
    """
    keyed = Keyed.of(case)
    order = _order(keyed, len(case))
    units = case.units
    owners = owners_of(None if units is None else units.codes, len(case))
    if units is None and keyed is not None:
        owners = np.unique(keyed.rounded, return_inverse=True)[1]
    return dealt_halves(owners, case.groups[attribute].codes, order, case.rng(f"halves of people, {attribute}"))


def told(case: Case[Any], *, source: str, attribute: str, value: int) -> Floats:
    """[n]: how likely one value of an attribute is, as places within the row's half; NaN: nobody could look."""
    found = case.compute(told_of_all, source=source, attribute=attribute)
    return np.asarray(found[:, value])


def told_of_all(case: Case[Any], *, source: str, attribute: str) -> Floats:
    """[n, values]: the same for all values."""
    codes = case.groups[attribute].codes
    half = case.compute(half_of, attribute=attribute)
    order = _order(Keyed.of(case), len(case))
    found = np.full((len(case), len(case.groups[attribute].vocabulary)), np.nan)
    with one_thread():
        rows = _Rows.of(case, source, attribute)
        for one in range(_TWO):
            learns = order[(half[order] != one) & (codes[order] >= 0)]
            judged = np.flatnonzero(half == one)
            if rows is not None and len(learns) and len(judged):
                said = rows.say(codes, learns, judged)
                found[judged] = 0.0
                found[judged, : said.shape[1]] = said
                found[judged] = _places(found[judged])
    return found


class _Rows:
    """What is learnt from: vectors by a line, the rows themselves as attribute inference reads them."""

    def __init__(self, numbers: Floats, words: Any, *, is_vectors: bool) -> None:
        self.numbers = numbers
        self.words = words
        self.is_vectors = is_vectors

    @classmethod
    def of(cls, case: Case[Any], source: str, attribute: str) -> _Rows | None:
        """None: there is nothing to look at."""
        if source == VECTORS:
            return cls(np.asarray(case.embeddings, dtype=np.float64), None, is_vectors=True)
        if not _says_truth(case):
            return None
        features = Features.of(case, case.narrowed(np.zeros(0, dtype=np.int64)))
        if not features.sees_inputs:
            return None
        carrier = dict(case.settings.protected_inputs).get(attribute)
        numbers = features.without({attribute, *([] if carrier is None else [carrier])}).numbers
        if features.texts is None:
            return cls(numbers, None, is_vectors=False)
        lengths = np.log1p([len(text) for text in features.texts])
        return cls(np.column_stack([numbers, lengths]), hashed_words(features.texts), is_vectors=False)

    def say(self, codes: Integers, learns: Integers, judged: Integers) -> Floats:
        """[judged, values]: the higher, the likelier."""
        if not self.is_vectors:
            return guess(self.numbers, self.words, codes, learns, judged)
        return lines(self.numbers, codes, learns, judged)


def lines(vectors: Floats, codes: Integers, learns: Integers, judged: Integers) -> Floats:
    """[judged, values]: log odds of each value against all others, by logistic regression with a ridge.

    Args:
        vectors: [n, d], standardised by those who are learnt from.
        codes: [n], from 0; -1 where the value is not known.
        learns: rows to learn from, whose value is known.
        judged: rows to tell of.
    """
    from sklearn.linear_model import LogisticRegression

    inside, outside = standardised(vectors, learns, judged)
    found = np.zeros((len(judged), int(codes.max(initial=-1)) + 1))
    had, first = np.unique(codes[learns], return_index=True)
    names = had[np.argsort(first)]
    if len(names) < _TWO:
        return found
    ridge = min(_STEADINESS / max(vectors.shape[1], 1), 1.0)
    # Of two values one tells of the other; which, is not decided by what they are called.
    for value in names if len(names) > _TWO else names[1:]:
        line = LogisticRegression(C=ridge, max_iter=1_000).fit(inside, codes[learns] == value)
        found[:, value] = line.decision_function(outside)
    if len(names) == _TWO:
        found[:, names[0]] = -found[:, names[1]]
    return found


def _says_truth(case: Case[Any]) -> bool:
    """Whether what is true of the rows, which the baseline is told too, is there as it wants it."""
    if isinstance(case.predictions, Texts):
        return True
    return case.has_truth if isinstance(case.predictions, Values) else case.has_targets


def _order(keyed: Keyed | None, rows: int) -> Integers:
    """[n]: the rows as what they hold orders them, and not their file; as they come where nobody can look."""
    return np.arange(rows) if keyed is None else np.argsort(keyed.exact, kind="stable")


def _places(said: Floats) -> Floats:
    """[n, values]: each column as its places among the n, within 0 and 1; equal ones share the middle of theirs."""
    from scipy.stats import rankdata

    return np.asarray((rankdata(np.round(said, _DIGITS), axis=0) - 0.5) / len(said))
