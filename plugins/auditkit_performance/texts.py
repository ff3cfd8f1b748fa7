"""`performance.texts`: how long the answers are, how many are empty, and how many decline to answer."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, Texts, check
from auditkit_performance.cards_texts import CARDS
from auditkit_performance.controls_texts import CONTROLS
from auditkit_performance.readings import Sample, undefined

OPENING = 200
"""Characters of an answer in which a refusal is looked for: what declines to answer says so at once."""

REFUSALS = (
    "i can't", "i cannot", "i can not", "i'm not able to", "i am not able to", "i'm unable to", "i am unable to",
    "i won't", "i will not", "i must decline", "i have to decline", "i'm sorry, but", "i am sorry, but",
    "sorry, i can", "i apologize, but", "as an ai", "as a language model",
    "我不能", "我无法", "无法回答", "不能回答", "无法提供", "不能提供", "很抱歉", "抱歉,", "对不起,",
    "作为一个人工智能", "作为ai",
)  # fmt: skip
"""Phrases that decline to answer, in English and Chinese, as `plain` writes them."""

_WORD = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\u3040-\u30ff]|[^\W_]+(?:['\u2019\-][^\W_]+)*")
"""A run of letters and digits is a word; a Chinese or Japanese character is one by itself."""


@check("performance.texts", on=Texts, metrics=CARDS, controls=CONTROLS)
def texts(case: Case[Texts], *, patterns: tuple[str, ...] = ()) -> Iterator[Measurement]:
    """How the answers look: their length, empty ones, refusals, matches.

    How many words they have, how many are empty, how many decline to answer, and how many are the reference answer to
    the letter. Words are runs of letters and digits; of Chinese and Japanese each character counts. A refusal is an
    answer with one of the `patterns` in its first 200 characters, whatever the case; without any, with one of a list of
    phrases in English and Chinese. Phrases are counted, nothing is understood.
    Of several samples of a row the first is looked at.
    """
    sample = Sample.of(case, np.ones(len(case), dtype=bool))
    answers = [case.predictions.samples[row][0] for row in sample.rows]
    words = np.array([len(_WORD.findall(answer)) for answer in answers], dtype=float)
    yield sample.mean("mean_words", words, "target", least=0.0)
    yield sample.share("empty_rate", _flags([not answer.strip() for answer in answers]), "lower")
    phrases = [plain(pattern) for pattern in patterns or REFUSALS]
    yield sample.share("refusal_rate", _flags([is_refusal(answer, phrases) for answer in answers]), "target")
    if not case.has_truth:
        yield undefined("exact_match", "the data have no reference answers", 0, "higher")
        return
    known = Sample.of(case, case.truth_known)
    pairs = ((case.predictions.samples[row][0], case.truth.samples[row][0]) for row in known.rows)
    same = _flags([_trimmed(answer) == _trimmed(reference) for answer, reference in pairs])
    if len(same):
        yield known.share("exact_match", same, "higher")
    else:
        yield undefined("exact_match", "no row has a reference answer", 0, "higher")


def is_refusal(answer: str, phrases: Sequence[str]) -> bool:
    """Whether one of the phrases, which are plain, stands at the beginning of an answer."""
    opening = plain(answer[: 2 * OPENING])[:OPENING]
    return any(phrase in opening for phrase in phrases)


def plain(text: str) -> str:
    """Small letters, straight apostrophes, half-width commas, single spaces."""
    folded = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return " ".join(folded.split())


def _trimmed(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()


def _flags(answers: list[bool]) -> npt.NDArray[np.bool_]:
    return np.array(answers, dtype=bool)
