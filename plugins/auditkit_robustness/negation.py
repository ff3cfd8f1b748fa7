"""`robustness.negation`: audit notes with what they affirm denied, where a finite list of patterns finds it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, ClassScores, LabelScores, Measurement, NotApplicable, check
from auditkit.perturbation import (
    Question,
    Rows,
    column_of,
    marks,
    names_of,
    refuse_no_texts,
    refuse_recorded,
    taken,
    with_column,
)
from auditkit_robustness.behaving.failing import labels_of, refuse_labels, wrong_way
from auditkit_robustness.cards_behaviour import NEGATED
from auditkit_robustness.noise.negating import negated
from auditkit_robustness.planted_negation import NEGATION_CONTROLS

RATE, GAP = "negation_failure_rate", "negation_failure_rate_difference"
UNSOUND_RATE = "unsound_answer_rate"
FOLLOWED, FAILED, NO_ROOM, UNSOUND, UNTOUCHED = 0, 1, 2, 3, 255
"""What becomes of a row."""


def accept_move(**options: Any) -> None:
    """Refuse a move that is none, and no rows.

    Raises:
        AuditError: which it is.
    """
    if not 0 <= options.get("by", 0.1) < 1:
        raise AuditError(f"option 'by' is {options['by']:g}", hint="how far a score may move, or must: by = 0.1")
    if options.get("most_rows", 1) < 1:
        raise AuditError(f"option 'most_rows' is {options['most_rows']}", hint="at least 1 row")


@check(
    "robustness.negation",
    on=(ClassScores, LabelScores),
    metrics=NEGATED,
    accepts=accept_move,
    controls=NEGATION_CONTROLS,
)
def negation(
    case: Case[ClassScores | LabelScores],
    *,
    label: str,
    must: Literal["fall", "rise", "not fall", "not rise"],
    by: float = 0.1,
    findings: tuple[str, ...] = (),
    most_rows: int = 200,
    column: str = "",
) -> Iterator[Measurement]:
    """Whether the score follows when what a note affirms is denied.

    "has chest pain" becomes "has no chest pain", and so in Chinese, in the notes in which one of a finite list of
    patterns affirms one of a finite list of findings, or of `findings`; no other note is asked about. The score of
    `label` `must` then fall or rise by more than `by`, where it has room to, or not fall or not rise by more. Which it
    is, is declared: nothing is assumed about what a finding means. At most `most_rows` such notes are asked about.
    """
    how = {"label": label, "must": must, "by": by, "findings": list(findings), "most_rows": most_rows, "column": column}
    refuse_recorded(case)
    code = case.compute(outcomes, **how)
    if not (code != UNTOUCHED).any():
        raise NotApplicable(
            "no note affirms what is known how to deny", hint='findings = ["..."] adds words to the list'
        )
    # An answer that is none follows nothing.
    failed = np.where(np.isin(code, (NO_ROOM, UNTOUCHED)), np.nan, code != FOLLOWED)
    question, rows = Question(RATE, GAP, failed, Rows.share, is_dealt=True), Rows.of(case)
    yield question.overall(rows)
    yield from question.by_group(case, rows)
    if (code == UNSOUND).any():
        unsound = np.where(code == UNTOUCHED, np.nan, code == UNSOUND)
        yield rows.share(unsound).measurement(UNSOUND_RATE, rows.level)


def outcomes(
    case: Case[Any], *, label: str, must: str, by: float, findings: list[str], most_rows: int, column: str
) -> npt.NDArray[np.uint8]:
    """[n]: 0 where the score moves as it must, 1 where not, 2 where it has no room to, 3 where the answer is none.

    Rows that are not asked about are 255.

    Raises:
        NotApplicable: the rows hold no texts, or the model has no such label.
    """
    names = names_of(case.inputs)
    name = column or names[0]
    if name not in names or (not column and len(names) != 1):
        raise NotApplicable("the rows have no one column of texts", hint='name it: column = "note"')
    notes = column_of(case.inputs, name)
    refuse_no_texts(notes)
    refuse_labels(case.predictions, [label])
    made = {row: denied for row, note in enumerate(notes) if (denied := negated(note, findings)) is not None}
    chosen = _drawn(case, list(made), most_rows)
    found = np.full(len(case), UNTOUCHED, dtype=np.uint8)
    if len(chosen):
        changed = with_column(taken(case.inputs, chosen), name, [made[int(row)] for row in chosen])
        sound, place = case.predict_sound(changed, {"change": "negation"}), labels_of(case.predictions).index(label)
        found[chosen], answered = UNSOUND, chosen[sound.rows]
        before, after = case.predictions.scores[answered, place], sound.predictions.scores[:, place]
        wrong = wrong_way(np.asarray(before, dtype=float), np.asarray(after, dtype=float), must, by)
        found[answered] = np.where(np.isnan(wrong), NO_ROOM, np.nan_to_num(wrong)).astype(np.uint8)
    return found


def _drawn(case: Case[Any], rows: list[int], most: int) -> npt.NDArray[np.int64]:
    """At most so many of the rows, by what they hold, in order."""
    places = np.array(rows, dtype=np.int64)
    if len(places) <= most:
        return places
    order = [case.rng(f"row {mark}").random() for mark in marks(taken(case.inputs, places))]
    return np.sort(places[np.argsort(order, kind="stable")[:most]])
