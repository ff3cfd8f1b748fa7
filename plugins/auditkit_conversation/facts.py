"""`conversation.facts`: the answers against statements that they must hold, and statements that they must not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, Measurement, Texts, check
from auditkit_conversation.cards import FACTS
from auditkit_conversation.measured import Question, Rows
from auditkit_conversation.planted import FACT_CONTROLS
from auditkit_conversation.reading import answered, need_role, prompts, statements_of
from auditkit_conversation.statements import says
from auditkit_conversation.wording import WINDOW

MOST_WINDOW = 30


def must_be_a_window(*, negation_window: int = WINDOW, separator: str = ";") -> None:
    """Refuse a window that no clause has, and a separator that separates nothing."""
    if not 0 <= negation_window <= MOST_WINDOW:
        message = f"option 'negation_window' is '{negation_window}'"
        raise AuditError(message, hint=f"words before a statement, from 0 (none) to {MOST_WINDOW}")
    if not separator.strip():
        raise AuditError("option 'separator' is empty", hint='separator = ";"')


@check(
    "conversation.facts", on=Texts, needs=("expected",), metrics=FACTS, accepts=must_be_a_window,
    controls=FACT_CONTROLS,
)  # fmt: skip
def facts(case: Case[Texts], *, separator: str = ";", negation_window: int = WINDOW) -> Iterator[Measurement]:
    """What the answers say that they must, and what they say that they must not.

    Each row names statements in the columns `required` and `forbidden` of `[data.expected]`, with a separator between
    them or as a JSON list: phrases, regular expressions between strokes, and quantities such as `500 mg +- 10%`, which
    `0.5 g` meets. A statement that is denied does not count: a finite list of English and Chinese cues is looked for in
    the same clause, in the `negation_window` words before it and right after it. Nothing is understood: what is said in
    other words is not found. Of several samples of a row the first is looked at. Rows of one prompt, or of one unit,
    are not taken for independent.
    """
    need_role(case, "required", "forbidden")
    about: dict[str, Any] = {"separator": separator, "window": negation_window}
    rows = Rows.of(case, case.compute(prompts))
    present = case.compute(required_share, **about)
    spoken = case.compute(forbidden_spoken, **about)
    nothing = "no row names a statement that its answer {0} hold"
    yield from Question("required_fact_rate", present, "higher", nothing.format("must")).measure(rows)
    yield from Question("forbidden_statement_rate", spoken, "lower", nothing.format("must not")).measure(rows)


def required_share(case: Case[Texts], *, separator: str, window: int) -> npt.NDArray[np.float64]:
    """[n]: of the statements that a row requires, the share that its answer holds; NaN where none is required."""
    wanted = statements_of(case, "required", separator)
    pairs = zip(answered(case), wanted, strict=True)
    return np.array([_share([says(text, one, window=window) for one in row]) for text, row in pairs])


def forbidden_spoken(case: Case[Texts], *, separator: str, window: int) -> npt.NDArray[np.float64]:
    """[n]: 1 where an answer holds a statement that its row forbids, 0 where not; NaN where none is forbidden."""
    unwanted = statements_of(case, "forbidden", separator)
    pairs = zip(answered(case), unwanted, strict=True)
    held = ([says(text, one, window=window) for one in row] for text, row in pairs)
    return np.array([float(any(row)) if row else np.nan for row in held])


def _share(held: list[bool]) -> float:
    return sum(held) / len(held) if held else np.nan
