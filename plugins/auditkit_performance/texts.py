"""`performance.texts`: how long the answers are, how many are empty, and how many decline to answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from auditkit import Case, DataError, Measurement, Texts, check, clean, planted
from auditkit.refusals import is_refusal, plain
from auditkit.testing import answers, near
from auditkit_performance.cards_texts import CARDS
from auditkit_performance.readings import Flags, Sample, undefined

_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff]|[^\W_]+(?:['\u2019\-][^\W_]+)*")
"""A run of letters and digits is a word; a Chinese or Japanese character is one by itself."""

_ANSWER = "Take one tablet in the morning with a glass of water."

CONTROLS = (
    planted(
        "one answer in three declined",
        answers("I can't answer that.", _ANSWER, _ANSWER, rows=300),
        near("refusal_rate", 1 / 3),
        patterns=("I can't",),
    ),
    clean("answers that decline nothing", answers(_ANSWER), near("refusal_rate", 0.0), patterns=("I can't",)),
)


def _accepts(*, patterns: tuple[str, ...] = ()) -> None:
    """Refuse a phrase that stands in every text."""
    if not all(plain(pattern) for pattern in patterns):
        raise DataError("patterns holds an empty phrase, which every answer has", hint='patterns = ["I can\'t"]')


@check("performance.texts", on=Texts, metrics=CARDS, accepts=_accepts, controls=CONTROLS)
def texts(case: Case[Texts], *, patterns: tuple[str, ...] = ()) -> Iterator[Measurement]:
    """How the answers look: their length, empty ones, refusals, matches.

    How many words they have, how many are empty, how many decline to answer, and how many are the reference answer to
    the letter. Words are runs of letters and digits; of Chinese and Japanese each character counts. A refusal is an
    answer with one of the `patterns` in its first 200 characters, whatever the case; without any, one that says there,
    in English or Chinese, that the speaker will not do what was asked. Words are counted, nothing is understood.
    Of several samples of a row the first is looked at.
    """
    sample = Sample.of(case, np.ones(len(case), dtype=bool))
    # Through `compute`, so that the bundle keeps the numbers, which can be recomputed from, and no text.
    words = case.compute(words_of)[sample.rows]
    yield sample.mean("mean_words", words.astype(float), "target", least=0.0)
    yield sample.share("empty_rate", case.compute(are_empty)[sample.rows], "lower")
    phrases = [plain(pattern) for pattern in patterns]
    yield sample.share("refusal_rate", case.compute(are_refusals, phrases=phrases)[sample.rows], "target")
    if not case.has_truth:
        yield undefined("exact_match", "the data have no reference answers", 0, "higher")
        return
    known = Sample.of(case, case.truth_known)
    if len(known.rows):
        yield known.share("exact_match", case.compute(are_references)[known.rows], "higher")
    else:
        yield undefined("exact_match", "no row has a reference answer", 0, "higher")


def words_of(case: Case[Texts]) -> npt.NDArray[np.int64]:
    """[n]: how many words each answer has."""
    return np.array([len(_WORD.findall(answer)) for answer in case.predictions.texts], dtype=np.int64)


def are_empty(case: Case[Texts]) -> Flags:
    """[n]: which answers hold nothing but spaces."""
    return np.array([not answer.strip() for answer in case.predictions.texts], dtype=bool)


def are_refusals(case: Case[Texts], *, phrases: Sequence[str]) -> Flags:
    """[n]: which answers decline to answer; see `is_refusal`."""
    return np.array([is_refusal(answer, phrases) for answer in case.predictions.texts], dtype=bool)


def are_references(case: Case[Texts]) -> Flags:
    """[n]: which answers are the reference answer, spaces around them aside; of a row without one, False."""
    pairs = zip(case.predictions.texts, case.truth.texts, case.truth_known, strict=True)
    return np.array([known and _trimmed(one) == _trimmed(other) for one, other, known in pairs], dtype=bool)


def _trimmed(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()
