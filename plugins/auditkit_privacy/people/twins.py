"""Rows that are on both sides: the same, or nearly the same, in the training and in the audit, as a model sees them.

Equal rows are found among all; texts that share most of their phrases by MinHash, among so many as are affordable.
Source of the latter: Broder (1997), "On the resemblance and containment of documents", SEQUENCES.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit_privacy.people.rows_seen import distinct, is_prose, numbers_in, plain, rounded, table_of, texts_in

Codes = npt.NDArray[np.uint8]
Keys = npt.NDArray[np.uint64]
Array = npt.NDArray[Any]

NONE, SAME, NEAR, PERSON, UNSEEN = 0, 1, 2, 3, 9
"""What is said of a row: it has no twin; the same row is on the other side, or nearly the same, or another one of its
person; nobody could look."""

MOST_TEXTS = 20_000
"""Texts a side of which phrases are compared; equal texts are found among all."""
ALIKE = 0.8
"""The share of their phrases that near twins have in common, of all phrases of the two."""

_WORDS = 3
_HASHES, _BAND = 32, 4
_IN_A_BAND = 8
_PRIME = np.uint64((1 << 61) - 1)


def twins_of_others(case: Case[Any]) -> Codes:
    """[n]: of each audit row whether it is in the training rows too."""
    found = case.audit.compute(twins)["outside"]
    return found if case.rows is None else found[case.rows]


def twins_of_members(case: Case[Any]) -> Codes:
    """[m]: of each training row whether it is among the audit rows too."""
    found = case.audit.compute(twins)["inside"]
    return found if case.rows is None else found[case.rows]


def twins(case: Case[Any]) -> dict[str, Codes]:
    """What is said of the training rows and of the audit rows, which are the case's, after one look at both."""
    cases = case.training, case
    keyed = [Keyed.of(one) for one in cases]
    inside, outside = (
        np.where(_shared_people(own, other), PERSON, NONE).astype(np.uint8) for own, other in (cases, cases[::-1])
    )
    one, two = keyed
    if one is None or two is None:
        for found in (inside, outside):
            found[found == NONE] = UNSEEN
        return {"inside": inside, "outside": outside}
    prose = None
    if one.prose is not None and two.prose is not None:
        prose = [Phrased.of(one.prose), Phrased.of(two.prose)]
    for found, (own, other), texts in ((inside, (one, two), prose), (outside, (two, one), prose and prose[::-1])):
        found[_among(own.rounded, other.rounded)] = NEAR
        if texts is not None:
            found[texts[0].alike(texts[1])] = NEAR
        found[_among(own.exact, other.exact)] = SAME
    return {"inside": inside, "outside": outside}


def are_canaries(case: Case[Any]) -> npt.NDArray[np.bool_]:
    """[m]: of each training row whether it has a canary's inputs."""
    own, made = Keyed.of(case), Keyed.of(case.canaries)
    return np.zeros(len(case), dtype=bool) if own is None or made is None else _among(own.exact, made.exact)


def _among(own: Keys, other: Keys) -> npt.NDArray[np.bool_]:
    import pandas as pd

    # Five times as fast as numpy's, of long columns.
    return np.asarray(pd.Series(own).isin(other))


def _shared_people(own: Case[Any], other: Case[Any]) -> npt.NDArray[np.bool_]:
    """[n]: which rows are of people who have rows on the other side too.

    Found here, where rows are looked at: a bundle's evidence names people anew in each split, and a replay, which could
    not compare them, takes what is said here.
    """
    ours, theirs = own.units, other.units
    if ours is None or theirs is None:
        return np.zeros(len(own), dtype=bool)
    has = np.bincount(theirs.codes[theirs.codes >= 0], minlength=len(theirs.vocabulary)) > 0
    names = {name for name, here in zip(theirs.vocabulary, has, strict=True) if here}
    return np.asarray(np.array([*(name in names for name in ours.vocabulary), False])[ours.codes])


@dataclass(frozen=True)
class Keyed:
    """What rows are told apart by."""

    exact: Keys
    """[n]: a hash of the row as it is."""
    rounded: Keys
    """[n]: a hash of it with numbers rounded, and texts without case and punctuation."""
    prose: Array | None
    """[n]: the row's text; None: it has none, or is a table that has many columns beside it."""

    @classmethod
    def of(cls, case: Case[Any]) -> Keyed | None:
        """Of a case, chunk by chunk; None when there is nothing to look at."""
        parts = []
        for chunk in case.chunks():
            part = _keys_of_chunk(chunk)
            if part is None:
                return None
            parts.append(part)
        if not parts:
            return None
        texts = [part.prose for part in parts if part.prose is not None]
        return cls(
            np.concatenate([part.exact for part in parts]),
            np.concatenate([part.rounded for part in parts]),
            np.concatenate(texts) if len(texts) == len(parts) else None,
        )


def _keys_of_chunk(case: Case[Any]) -> Keyed | None:
    frame = table_of(case)
    if frame is None:
        return None
    exact = np.zeros(len(frame), dtype=np.uint64)
    near, prose = exact.copy(), []
    for place, name in enumerate(frame.columns):
        # Each spelling is looked at once, however many rows have it.
        cells, codes = distinct(frame[name])
        numbers = numbers_in(cells)
        is_number = np.isfinite(numbers)
        own = _mixed(np.where(is_number, numbers, 0.0) + 0.0, 2 * place)
        almost = _mixed(np.where(is_number, rounded(numbers), 0.0), 2 * place)
        if not is_number.all():
            texts = np.full(len(cells), "", dtype=object)
            texts[~is_number] = texts_in(cells[~is_number])
            spelt = np.array([plain(text) for text in texts], dtype=object)
            own += _mixed(texts, 2 * place + 1)
            almost += _mixed(spelt, 2 * place + 1)
            prose += [spelt[codes]] if is_prose(texts, codes) else []
        exact += own[codes]
        near += almost[codes]
    return Keyed(exact, near, prose[0] if len(frame.columns) == len(prose) == 1 else None)


def _mixed(cells: Array, place: int) -> Keys:
    """A hash of each cell, to be added to those of other columns: a text that is empty adds nothing.

    So a column that is all numbers in one chunk adds the same there as one with texts.
    """
    import pandas as pd

    hashed = pd.util.hash_array(cells)
    neutral = pd.util.hash_array(np.array([""], dtype=object))[0] if cells.dtype == object else np.uint64(0)
    mixed = (hashed ^ neutral) * np.uint64(2 * place + 1)
    return np.asarray((mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9))


def alike(ours: Array, theirs: Array) -> npt.NDArray[np.bool_]:
    """[n]: which of our texts [n] share at least `ALIKE` of their phrases of three words with one of theirs [m].

    Of more than `MOST_TEXTS` on a side those are compared that come first by a hash of their words.
    """
    return Phrased.of(ours).alike(Phrased.of(theirs))


@dataclass(frozen=True)
class Phrased:
    """Texts as sets of phrases, and their keys."""

    texts: int
    places: npt.NDArray[np.int64]
    """Of those that are compared, among all of them."""
    phrases: list[frozenset[int]]
    bands: list[list[bytes]]

    @classmethod
    def of(cls, texts: Array) -> Phrased:
        """Of texts [n]."""
        places = _first(texts)
        phrases = [_phrases(texts[place]) for place in places]
        return cls(len(texts), places, phrases, list(_bands(phrases)))

    def alike(self, other: Phrased) -> npt.NDArray[np.bool_]:
        """[n]: which of the texts have one that is alike among the others."""
        found = np.zeros(self.texts, dtype=bool)
        buckets: list[dict[bytes, list[int]]] = [defaultdict(list) for _ in range(_HASHES // _BAND)]
        for place, bands in enumerate(other.bands):
            for bucket, key in zip(buckets, bands, strict=True):
                if len(bucket[key]) < _IN_A_BAND:
                    bucket[key].append(place)
        for place, bands in enumerate(self.bands):
            near = {one for bucket, key in zip(buckets, bands, strict=True) for one in bucket.get(key, ())}
            own = self.phrases[place]
            found[self.places[place]] = any(_shared(own, other.phrases[one]) >= ALIKE for one in near)
        return found


def _first(texts: Array) -> npt.NDArray[np.int64]:
    if len(texts) <= MOST_TEXTS:
        return np.arange(len(texts))
    marks = np.array([zlib.crc32(text.encode("utf-8", "surrogatepass")) for text in texts], dtype=np.int64)
    return np.sort(np.argsort(marks, kind="stable")[:MOST_TEXTS])


def _phrases(text: str) -> frozenset[int]:
    """Each three words in a row, hashed; of texts without spaces each three characters."""
    words = text.split()
    if len(words) <= _WORDS and len(text) > 2 * _WORDS * _WORDS:
        words = list(text)
    count = max(len(words) - _WORDS + 1, 1)
    return frozenset(
        zlib.crc32(" ".join(words[start : start + _WORDS]).encode("utf-8", "surrogatepass")) for start in range(count)
    )


def _bands(sets: list[frozenset[int]]) -> Iterator[list[bytes]]:
    """For each set the keys of its bands: sets that share a band are likely alike."""
    if not sets:
        return
    rng = np.random.default_rng(20_261_122)  # a fixed family of hash functions
    factors = rng.integers(1, 1 << 29, _HASHES, dtype=np.uint64)
    shifts = rng.integers(0, 1 << 29, _HASHES, dtype=np.uint64)
    values = np.array([value for one in sets for value in sorted(one)], dtype=np.uint64)
    starts = np.cumsum([0, *(len(one) for one in sets[:-1])])
    least = np.column_stack(
        [
            np.minimum.reduceat((values * factor + shift) % _PRIME, starts)
            for factor, shift in zip(factors, shifts, strict=True)
        ]
    )
    for row in least:
        yield [row[start : start + _BAND].tobytes() for start in range(0, _HASHES, _BAND)]


def _shared(one: frozenset[int], other: frozenset[int]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both)
