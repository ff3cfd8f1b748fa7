"""`explainability.shortcuts`: single words, and places of pictures, that decide across many rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditkit import AuditError, Case, ClassScores, LabelScores, Measurement, Table, Values, check
from auditkit.perturbation import Answers, refuse_none, refuse_recorded
from auditkit_explainability.cards.shortcuts import SHORTCUTS
from auditkit_explainability.planted.shortcuts import SHORTCUT_CONTROLS
from auditkit_explainability.relying.given import gives_pictures
from auditkit_explainability.relying.searching import PATCHES, WORDS, Searched

FEWEST_PEOPLE = 10
"""People whose texts must hold a word for it to be tried, and told; the policy's smallest group where that is more."""


def accept_search(**options: Any) -> None:
    """Refuse a search for nothing.

    Raises:
        AuditError: an option is too small, or no share of a score.
    """
    refuse_none(options, "most_words", "most_regions", "most_rows")
    if not 0 <= options.get("least", 0.0) < 1:
        raise AuditError(f"option 'least' is {options['least']:g}", hint="a part of the score, e.g. least = 0.1")


def asks_shortened(*, rows: int, most_rows: int, **_: Any) -> int:
    """Predictions beside those of the rows: of pictures; texts want fewer."""
    return 24 * min(rows, most_rows) + 720


@check(
    "explainability.shortcuts",
    on=(ClassScores, LabelScores, Values),
    metrics=SHORTCUTS,
    accepts=accept_search,
    controls=SHORTCUT_CONTROLS,
    asks=asks_shortened,
)
def shortcuts(
    case: Case[Answers],
    *,
    least: float = 0.1,
    most_words: int = 16,
    most_regions: int = 6,
    most_rows: int = 100,
    may_decide: tuple[str, ...] = (),
    column: str = "",
) -> Iterator[Measurement | Table]:
    """Single words, and places of pictures, that decide across many rows.

    Texts: on one half of the people the words are chosen that tell the score best; on the other half each is taken out
    of the texts that hold it, and put into those that do not. Pictures: each of 36 patches is another row's on one
    half; on the other half those that moved the score furthest are filled with the mean colour, and are another row's.
    What counts is how much further that moves the score than four words that tell it least, or six patches drawn at
    random, do in the same rows. Found is what moves it by more than `least` on average, with an interval that holds for
    all that were tried. Words that fewer people's texts hold than the policy's smallest group, and ten, are never
    tried, nor those in `may_decide`; what looks like a name is not written down. At most 20 predictions a row of texts,
    or 24 of pictures and 720 more, of at most `most_rows` rows. `column` names the texts.
    """
    refuse_recorded(case)
    how: dict[str, Any] = {"most_rows": most_rows, "may_decide": list(may_decide)}
    if gives_pictures(case):
        searched = Searched.of(case, PATCHES, least, most_regions=most_regions, **how)
        title = "Places of pictures that decide across many rows"
    else:
        people = max(FEWEST_PEOPLE, case.min_group_size)
        searched = Searched.of(case, WORDS, least, most_words=most_words, column=column, people=people, **how)
        title = "Words that decide across many rows"
    yield from searched.measurements()
    told = searched.table(title)
    if told is not None:
        yield told
