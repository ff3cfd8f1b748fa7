"""`conversation.agreement`: whether the same question gets the same answer, in other words and another time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, NotApplicable, Texts, check
from auditkit.refusals import is_refusal
from auditkit_conversation.cards import AGREEMENT
from auditkit_conversation.emergencies import built_in
from auditkit_conversation.facts import must_be_a_window
from auditkit_conversation.measured import Question, Rows
from auditkit_conversation.planted import AGREEMENT_CONTROLS
from auditkit_conversation.reading import has_role, prompts, questions, statements_of
from auditkit_conversation.statements import Statement, says, says_any
from auditkit_conversation.wording import WINDOW, plain, words_in

Floats = npt.NDArray[np.float64]
Outcome = tuple[tuple[bool, ...], bool, bool, bool]
"""Which required statements are there, whether a forbidden one is, whether it sends to emergency care, or refuses."""

MOST_PARTNERS = 50
"""Rows of one question that a row is held against: those after it, and round again from the first."""


@check(
    "conversation.agreement", on=Texts, metrics=AGREEMENT, accepts=must_be_a_window, controls=AGREEMENT_CONTROLS
)  # fmt: skip
def agreement(case: Case[Texts], *, separator: str = ";", negation_window: int = WINDOW) -> Iterator[Measurement]:
    """Whether a question that is asked in other words, or again, gets the same answer.

    Rows with one label in the column `same_question` of `[data.expected]` ask the same thing; samples of a row, where
    the adapter draws several, answer the same words. Each pair of answers is compared twice: whether the rules find the
    same in both (which of the row's required statements are there, whether a forbidden one is, whether it sends to
    emergency care, whether it refuses), and how many of their words they share (Jaccard). By group a row counts for its
    own group, held against all rows of its question. Rows of one question or one unit are not independent.
    """
    if not has_role(case, "same_question") and (case.compute(samples_of) < _PAIR).all():
        raise NotApplicable(
            "no rows are marked as the same question, and each has one answer",
            hint='[data.expected] same_question = "..." names a column, [model] samples = 5 draws several answers',
        )
    rows = Rows.of(case, case.compute(prompts))
    how = {"separator": separator, "window": negation_window}
    if has_role(case, "same_question"):
        by_question = Rows.of(case, case.compute(prompts), case.compute(questions))
        why = "no two rows are marked as the same question"
        outcome, wording = case.compute(question_outcomes, **how), case.compute(question_wordings)
        yield from Question("paraphrase_outcome_agreement", outcome, "higher", why).measure(by_question)
        yield from Question("paraphrase_wording_agreement", wording, "higher", why).measure(by_question)
    if (case.compute(samples_of) >= _PAIR).any():
        why = "no row has two answers"
        outcome, wording = case.compute(sample_outcomes, **how), case.compute(sample_wordings)
        yield from Question("sample_outcome_agreement", outcome, "higher", why).measure(rows)
        yield from Question("sample_wording_agreement", wording, "higher", why).measure(rows)


_PAIR = 2


def samples_of(case: Case[Texts]) -> npt.NDArray[np.int64]:
    """[n]: how many answers each row has."""
    return np.array([len(row) for row in case.predictions.samples], dtype=np.int64)


def question_outcomes(case: Case[Texts], *, separator: str, window: int) -> Floats:
    """[n]: the share of the other rows of its question of whose answer the rules say the same; NaN without others."""
    said = list(_outcomes(case, (row[:1] for row in case.predictions.samples), separator, window))
    return _with_partners(case, lambda one, other: float(said[one] == said[other]))


def question_wordings(case: Case[Texts]) -> Floats:
    """[n]: the words that its answer shares with those of the other rows of its question, on average; NaN without."""
    words = [words_in(text) for text in case.predictions.texts]
    return _with_partners(case, lambda one, other: jaccard(words[one], words[other]))


def sample_outcomes(case: Case[Texts], *, separator: str, window: int) -> Floats:
    """[n]: the share of pairs of a row's answers of which the rules say the same; NaN with fewer than two answers."""
    said = _outcomes(case, case.predictions.samples, separator, window)
    return np.array([_mean([float(one == other) for one, other in combinations(row, 2)]) for row in said])


def sample_wordings(case: Case[Texts]) -> Floats:
    """[n]: the words that two answers of a row share, on average over its pairs; NaN with fewer than two answers."""
    words = ([words_in(text) for text in row] for row in case.predictions.samples)
    return np.array([_mean([jaccard(one, other) for one, other in combinations(row, 2)]) for row in words])


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """The words that two texts share, of those that either has; of two without words 1.

    Source: Jaccard (1912), New Phytol. 11, 37-50.
    """
    return len(one & other) / len(one | other) if one | other else 1.0


def _outcomes(
    case: Case[Texts], samples: Iterable[Sequence[str]], separator: str, window: int
) -> Iterator[list[Outcome]]:
    """What the rules find in each answer of each row."""
    required = statements_of(case, "required", separator)
    forbidden = statements_of(case, "forbidden", separator)
    for texts, wanted, unwanted in zip(samples, required, forbidden, strict=True):
        yield [_outcome(text, wanted, unwanted, window) for text in texts]


def _outcome(answer: str, required: Sequence[Statement], forbidden: Sequence[Statement], window: int) -> Outcome:
    text = plain(answer)
    present = tuple(says(text, one, window=window) for one in required)
    sent = says_any(text, built_in(), window=window, unconditionally=True)
    return present, says_any(text, forbidden, window=window), sent, is_refusal(answer)


def _with_partners(case: Case[Texts], compare: Callable[[int, int], float]) -> Floats:
    """[n]: the mean of `compare(row, other)` over the other rows of its question; NaN without others."""
    codes = questions(case)
    found = np.full(len(case), np.nan)
    for question in np.unique(codes[codes >= 0]):
        rows = np.flatnonzero(codes == question)
        for place, row in enumerate(rows):
            others = np.roll(rows, -place)[1 : MOST_PARTNERS + 1]
            found[row] = _mean([compare(int(row), int(other)) for other in others])
    return found


def _mean(numbers: Sequence[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else np.nan
