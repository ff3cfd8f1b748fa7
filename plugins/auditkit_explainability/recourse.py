"""`explainability.recourse`: the smallest change that flips a decision, and for whom it is larger."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Measurement, NotApplicable, Quote, Table, Text, check
from auditkit.perturbation import Question, Rows, refuse_none, refuse_recorded
from auditkit.segments import PEOPLE, People, names_in
from auditkit_explainability.cards.recourse import RECOURSE
from auditkit_explainability.changing import asking
from auditkit_explainability.changing.medians import mean_count, median_up_to
from auditkit_explainability.planted.recourse import RECOURSE_CONTROLS

Floats = npt.NDArray[np.floating]

DISTANCE, COLUMNS, FOUND, WORDS = (card.name for card in RECOURSE[:4])
_DIGITS = 3
_FEW = Text.of("withheld: fewer than ten people")
_WORDS_OF = {
    DISTANCE: "how far, in median deviations (median)",
    COLUMNS: "how many columns (mean)",
    FOUND: "a change was found for",
    WORDS: "how many words (median)",
}


def accept_search(**options: Any) -> None:
    """Refuse a search among nothing.

    Raises:
        AuditError: an option is below 1.
    """
    refuse_none(options, "most_rows", "most_columns", "most_words")


@check(
    "explainability.recourse",
    on=ClassScores,
    metrics=RECOURSE,
    accepts=accept_search,
    controls=RECOURSE_CONTROLS,
)
def recourse(
    case: Case[ClassScores],
    *,
    most_rows: int = 120,
    most_columns: int = 30,
    most_words: int = 10,
    fixed: tuple[str, ...] = (),
    column: str = "",
) -> Iterator[Measurement | Table]:
    """How little would have to be different for another decision.

    Of a table: rows that are not decided for the positive class, or all where none is named, are changed until they
    would be; columns in `fixed` and protected inputs stay as they are. The search starts from near rows of the other
    decision and from one column at a time, puts back what need not change, and halves numbers towards the row's own: of
    at most `most_rows` rows drawn at random and the first `most_columns` columns, at about 50 predictions a row and
    column. Of texts: the fewest words, up to `most_words`, without which the decision is another one, at 1 prediction a
    word and some more; `column` names the texts where rows hold more. All are upper bounds.
    """
    refuse_recorded(case)
    if not len(case):
        raise NotApplicable("there are no rows")
    if case.compute(asking.is_text, column=column)[0]:
        yield from _of_texts(case, column, most_rows, most_words)
    else:
        yield from _of_a_table(case, names_in(case, most_columns), fixed, most_rows)


def _of_a_table(
    case: Case[ClassScores], names: list[str], fixed: tuple[str, ...], most_rows: int
) -> Iterator[Measurement | Table]:
    for name in fixed:
        if name not in case.settings.given:
            given = Text.listed(map(str, case.settings.given))
            raise NotApplicable(
                "'fixed' names '{column}', which the model is not given; it is given {given}", column=name, given=given
            )
    protected = {name for _, name in case.settings.protected_inputs}
    about: dict[str, Any] = {"columns": names, "fixed": sorted({*fixed, *protected}), "most_rows": most_rows}
    far = np.asarray(case.compute(asking.distance, **about), dtype=float)
    if np.isnan(far).all():
        raise NotApplicable("no row is decided otherwise than for the positive class")
    most = float(case.compute(asking.ceiling, **about)[0])
    found = np.where(np.isnan(far), np.nan, np.isfinite(far))
    count = np.asarray(case.compute(asking.count, **about), dtype=float)
    questions = [
        Question(DISTANCE, f"{DISTANCE}_difference", np.where(np.isinf(far), most, far), median_up_to(most)),
        Question(COLUMNS, f"{COLUMNS}_difference", count, mean_count(len(names))),
        Question(FOUND, f"{FOUND}_difference", found, Rows.share),
    ]
    yield from _measured(case, questions)
    yield _table(questions, "How little would have to be different for the decision to be another one, at most")
    yield _columns_table(case, names, about)


def _of_texts(case: Case[ClassScores], column: str, most_rows: int, most_words: int) -> Iterator[Measurement | Table]:
    about: dict[str, Any] = {"column": column, "most_rows": most_rows, "most_words": most_words}
    few = np.asarray(case.compute(asking.words, **about), dtype=float)
    found = np.where(np.isnan(few), np.nan, np.isfinite(few))
    ceiling = float(most_words + 1)
    questions = [
        Question(WORDS, f"{WORDS}_difference", np.where(np.isinf(few), ceiling, few), median_up_to(ceiling)),
        Question(FOUND, f"{FOUND}_difference", found, Rows.share),
    ]
    yield from _measured(case, questions)
    yield _table(questions, "How few words would have to go for the decision to be another one, at most")


def _measured(case: Case[ClassScores], questions: list[Question]) -> Iterator[Measurement]:
    rows, better = Rows.of(case), {card.name: card.better for card in RECOURSE}
    for question in questions:
        for one in (question.overall(rows), *question.by_group(case, rows)):
            yield one.model_copy(update={"better": better[one.metric]})


def _table(questions: list[Question], title: str) -> Table:
    lines = [
        (
            Text.of(_WORDS_OF[one.metric]),
            Quote(metric=one.metric, shows="n"),
            Quote(metric=one.metric),
            Quote(metric=one.metric, shows="interval"),
        )
        for one in questions
    ]
    names = tuple(Text.of(name) for name in ("what", "rows", "value", "interval"))
    return Table(title=Text.of(title), columns=names, rows=tuple(lines), prominent=True)


def _columns_table(case: Case[ClassScores], names: list[str], about: dict[str, Any]) -> Table:
    """How often the smallest change goes through each column, and by how much; of fewer than ten people nothing."""
    people = People.of(case)
    lines: list[tuple[Any, ...]] = []
    for place, name in enumerate(names):
        if name in about["fixed"]:
            lines.append((name, Text.of("stays as it is"), Text.of("none")))
            continue
        touched = np.asarray(case.compute(asking.touches, place=place, **about), dtype=float)
        shifts = np.asarray(case.compute(asking.shift, place=place, **about), dtype=float)
        share, middle = _mean_of(touched, people), _middle(shifts, people)
        lines.append((name, _FEW if share is None else round(share, _DIGITS), middle))
    title = Text.of("Through which columns the smallest change goes, of the rows for which one is found")
    columns = tuple(Text.of(head) for head in ("column", "share of rows", "by how much, the middle one"))
    return Table(title=title, columns=columns, rows=tuple(lines))


def _mean_of(numbers: Floats, people: People) -> float | None:
    known = np.isfinite(numbers) & (people.weights > 0)
    if people.count(known) < PEOPLE:
        return None
    return float(np.average(numbers[known], weights=people.weights[known]))


def _middle(shifts: Floats, people: People) -> Text | float:
    """The median shift, to two digits: one person's own is told of nobody."""
    known = np.isfinite(shifts) & (people.weights > 0)
    if not known.any():
        return Text.of("none")
    return float(f"{np.median(shifts[known]):.2g}") if people.count(known) >= PEOPLE else _FEW
