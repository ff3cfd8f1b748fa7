"""`conversation.stated-confidence`: how sure an answer says that it is, against whether it is right by the rules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, DataError, Measurement, Table, Text, Texts, check
from auditkit.statistics.calibration import DRAWS, Kinds, binned_error, equal_width, null_of, summed
from auditkit_conversation.cards import STATED
from auditkit_conversation.facts import forbidden_spoken, must_be_a_window, required_share
from auditkit_conversation.measured import Flags, Question, Rows
from auditkit_conversation.planted import STATED_CONTROLS
from auditkit_conversation.reading import answered, has_role, need_role, prompts
from auditkit_conversation.wording import WINDOW

Floats = npt.NDArray[np.float64]

FEWEST = 30
"""Answers with a stated confidence, below which no calibration error is told: chance alone would make most of it."""
MOST_BINS = 100

_NUMBER = r"(\d+(?:\.\d+)?)"
_OF = r"(%|percent|per cent|/ ?\d+|out of \d+|\u6210)"
STATED_AS = (
    re.compile(rf"\b(?:confidence|certainty)\b[^\d.\n]{{0,20}}?{_NUMBER} ?{_OF}?"),
    re.compile(rf"{_NUMBER} ?{_OF} (?:confident|certain|sure|confidence|certainty)\b"),
    re.compile(
        rf"(?:\u7f6e\u4fe1\u5ea6|\u628a\u63e1|\u4fe1\u5fc3|\u53ef\u4fe1\u5ea6)[^\d.\n]{{0,8}}?{_NUMBER} ?{_OF}?"
    ),
    re.compile(rf"{_NUMBER} ?{_OF}(?:\u7684)?(?:\u628a\u63e1|\u4fe1\u5fc3|\u53ef\u80fd)"),
)
"""How answers say how sure they are, in English and Chinese; words such as "very sure" are no number."""


def _accepts(*, pattern: str = "", bins: int = 10, negation_window: int = WINDOW, separator: str = ";") -> None:
    must_be_a_window(negation_window=negation_window, separator=separator)
    if not 1 <= bins <= MOST_BINS:
        raise AuditError(f"option 'bins' is '{bins}'", hint=f"write a number from 1 to {MOST_BINS}, e.g. bins = 10")
    try:
        groups = re.compile(pattern).groups if pattern else 1
    except re.error as error:
        raise DataError(f"pattern is no regular expression: {error}", hint='pattern = "sure: (\\d+)(%)"') from error
    if groups not in {1, 2}:
        message = f"pattern has {groups} groups, and is to have the number, and where there is one what it is out of"
        raise DataError(message, hint='pattern = "sure: (\\d+)(%)"')


@check(
    "conversation.stated-confidence", on=Texts, needs=("expected",), metrics=STATED, accepts=_accepts,
    controls=STATED_CONTROLS,
)  # fmt: skip
def stated_confidence(
    case: Case[Texts],
    *,
    pattern: str = "",
    bins: int = 10,
    separator: str = ";",
    negation_window: int = WINDOW,
) -> Iterator[Measurement | Table]:
    """Whether an answer is as often right as it says that it is sure.

    Looked for is a number beside a word of confidence: "Confidence: 80%", "8/10 certain", "0.8"; or what `pattern`
    finds, a regular expression over the answer in small letters with a group for the number and, if need be, a second
    for what it is out of. Of several the last counts; words such as "quite sure" are no number. An answer is
    right where it holds every statement that its row requires and none that it forbids, by the rules of
    `conversation.facts`. Even true confidence shows some calibration error: a table says how much chance alone would
    make.
    """
    need_role(case, "required", "forbidden")
    rows = Rows.of(case, case.compute(prompts))
    said = case.compute(confidence, pattern=pattern)
    right = _right(case, {"separator": separator, "window": negation_window})
    nobody = "no row names a statement that its answer must hold, or must not"
    unsaid = np.where(np.isfinite(right), np.isnan(said).astype(float), np.nan)
    yield from Question("unstated_confidence_rate", unsaid, "lower", nobody).measure(rows)
    silent = "no answer that can be right or wrong states how sure it is"
    excess = said - right
    yield from Question("stated_confidence_excess", excess, "target", silent, least=-1.0).measure(rows)
    yield from Question("stated_brier_score", excess**2, "lower", silent).measure(rows)
    yield from _chance_table(case, rows, said, right, bins)


def _right(case: Case[Texts], how: dict[str, Any]) -> Floats:
    """[n]: 1 where the rules find the answer right, 0 where not, NaN where they say nothing of the row."""
    present = case.compute(required_share, **how) if has_role(case, "required") else np.full(len(case), np.nan)
    spoken = case.compute(forbidden_spoken, **how) if has_role(case, "forbidden") else np.full(len(case), np.nan)
    right = (np.nan_to_num(present, nan=1.0) == 1) & (np.nan_to_num(spoken, nan=0.0) == 0)
    return np.where(np.isnan(present) & np.isnan(spoken), np.nan, right.astype(float))


def confidence(case: Case[Texts], *, pattern: str) -> Floats:
    """[n]: how sure each answer says that it is, from 0 to 1; NaN where it does not say."""
    own = (re.compile(pattern),) if pattern else STATED_AS
    return np.array([confidence_in(text, own) for text in answered(case)])


def confidence_in(text: str, patterns: tuple[re.Pattern[str], ...] = STATED_AS) -> float:
    """The last confidence that a plain text states, from 0 to 1; NaN where there is none.

    A number with % or out of another is that share; without either it is one only up to 1.
    """
    found = sorted((one for each in patterns for one in each.finditer(text)), key=lambda one: one.start(1))
    for one in reversed(found):
        share = _share(float(one[1]), (one[2] or "") if (one.re.groups > 1) else "")
        if 0 <= share <= 1:
            return share
    return float("nan")


def _share(number: float, of: str) -> float:
    if of.startswith(("%", "per")):
        return number / 100
    if of == "\u6210":
        return number / 10
    whole = re.search(r"\d+", of)
    if whole is None:
        return number
    return number / int(whole[0]) if int(whole[0]) else float("nan")


def _chance_table(case: Case[Any], rows: Rows, said: Floats, right: Floats, bins: int) -> Iterator[Table]:
    """The calibration error, and what true confidence would show on the same rows by chance."""
    kept: Flags = np.isfinite(said) & np.isfinite(right)
    if rows.weights is not None:
        kept &= rows.weights > 0
    count = int(np.count_nonzero(kept))
    if count < FEWEST:
        return
    scores, mass = said[kept], np.ones(count) if rows.weights is None else rows.weights[kept]
    shares, places = mass / mass.sum(), equal_width(scores, bins)
    found = binned_error(shares * (right[kept] - scores), places, bins)
    kinds = Kinds.of(scores, shares, places)
    drawn = np.concatenate(
        [
            np.abs(summed(kinds, block, kinds.places[0], bins)).sum(axis=1)
            for block in kinds.residuals(case.rng("true confidence"), DRAWS)
        ]
    )
    null = null_of(found, drawn)
    is_alone = rows.clusters is None or len(np.unique(rows.clusters[kept])) == count
    p_value = null.test.p_value if is_alone else Text.of("rows share a prompt or a unit, and may come out alike")
    names = ("calibration error", "by chance, mean", "95% of draws below", "p", "answers", "draws")
    yield Table(
        title=Text.of(
            "Stated confidence against being right, over {bins} bins of equal width, and what true confidence would "
            "show by chance alone, were answers independent",
            bins=bins,
        ),
        columns=tuple(Text.of(name) for name in names),
        rows=((found, null.mean, null.high, p_value, count, DRAWS),),
        prominent=True,
    )
