"""`explainability.examples`: a few rows with what their answers are attributed to, as the spec lets rows be shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    LabelScores,
    Measurement,
    NotApplicable,
    Passage,
    Squares,
    Table,
    Text,
    TextFile,
    Values,
    check,
)
from auditkit.perturbation import Answers, refuse_none
from auditkit_explainability.attributing import attributions
from auditkit_explainability.cards.examples import EXAMPLE_CARDS, REDACTED, SHOWN
from auditkit_explainability.explained import DRAWS, ORDERS, ROWS, explained
from auditkit_explainability.pieces import Pieces, pieces_of
from auditkit_explainability.planted.examples import EXAMPLE_CONTROLS
from auditkit_explainability.showing.choosing import chosen
from auditkit_explainability.showing.laying_out import Layout, personal_places
from auditkit_explainability.showing.made_up import MadeUp, attributed_to, pieces_of_made, read_rows
from auditkit_explainability.showing.trusting import best_of

RELEASED, SYNTHETIC = "released", "synthetic"
_MOST_ROWS = 10


def accept_examples(*, rows: TextFile | None = None, **options: Any) -> None:
    """Refuse a table of made-up rows that is none, and numbers of rows that cannot be meant.

    Raises:
        AuditError: what is wrong.
    """
    refuse_none(options, "most_rows", "judged_rows", "orders", "draws")
    if options.get("most_rows", 1) > _MOST_ROWS:
        raise AuditError(f"option 'most_rows' is {options['most_rows']}", hint=f"at most {_MOST_ROWS} of each class")
    if rows is not None and rows.text is not None:
        read_rows(rows.text)


@check(
    "explainability.examples",
    on=(ClassScores, LabelScores, Values),
    metrics=EXAMPLE_CARDS,
    accepts=accept_examples,
    controls=EXAMPLE_CONTROLS,
)
def examples(
    case: Case[Answers],
    *,
    most_rows: int = 3,
    rows: TextFile | None = None,
    judged_rows: int = ROWS,
    orders: int = ORDERS,
    draws: int = DRAWS,
    column: str = "",
) -> Iterator[Measurement | Table | Passage | Squares]:
    """A few rows, each with what its answer is attributed to.

    Which rows may be shown the spec says: `[report] examples`. With "none", which it is unless said, none is; with
    "synthetic" those that the spec's author made up: `rows` names a CSV beside the spec with the model's columns;
    with "released" rows of the audit, `most_rows` of each of the commonest classes that were decided, drawn at
    random. Personal data that the recognisers of the plugins find are taken out, and without any recogniser nothing is
    shown; names without a title, and stories, are not found. Columns of groups, quasi-identifiers, units and dates are
    named, and what they hold is not shown. A picture is shown small. The method is the one that does best in
    `explainability.faithfulness` with the same `judged_rows` (there `most_rows`), `orders`, `draws` and `column`, whose
    numbers are used; an explanation that is no better there than a random one is marked: do not rely on this.
    """
    allowed = case.settings.examples
    if allowed not in {RELEASED, SYNTHETIC}:
        raise NotApplicable(
            "the spec lets no row be shown",
            hint='[report] examples = "synthetic" for rows that you make up, "released" for rows of the audit',
        )
    if allowed == SYNTHETIC and rows is None:
        raise NotApplicable(
            "no made-up rows are named",
            hint='[[checks]] use = "explainability.examples" and rows = "made-up.csv", with the model\'s columns',
        )
    effort: dict[str, Any] = {"orders": orders, "draws": draws, "column": column}
    judged = explained(case, judged_rows)
    best = best_of(judged, effort)
    how: dict[str, Any] = {"method": best.method, "column": column, "relied": best.relied}
    trust = [best.trust.msgid, dict(best.trust.params)]
    if allowed == SYNTHETIC:
        assert rows is not None  # noqa: S101  refused above
        found = judged.compute(made_up_examples, text=rows.text or "", trust=trust, **how)
    else:
        found = judged.compute(released_examples, most_rows=most_rows, trust=trust, **how)
    about: dict[str, Any] = {"n": len(judged), "exact": True, "conditions": {"examples": allowed}}
    yield Measurement(metric=SHOWN.name, value=float(len(found["shown"])), better="target", **about)
    yield Measurement(metric=REDACTED.name, value=float(found["redacted"]), better="target", **about)
    yield from found["shown"]


def released_examples(
    case: Case[Any], *, most_rows: int, method: str, column: str, trust: list[Any], relied: bool
) -> dict[str, Any]:
    """`shown`, rows of the case as examples, and in how many `redacted` places of them something personal stood."""
    pieces = pieces_of(case, column=column)
    found = attributions(case, method, column=column)
    layout = Layout(case, pieces, method, Text(msgid=trust[0], params=trust[1]), relied, made_up=False)
    places = chosen(case, most_rows).tolist()
    return _laid_out(layout, pieces, places, found.by_piece)


def made_up_examples(
    case: Case[Any], *, text: str, method: str, column: str, trust: list[Any], relied: bool
) -> dict[str, Any]:
    """The same of rows that the spec's author made up."""
    made = MadeUp.of(case, read_rows(text))
    pieces = pieces_of_made(made, case, column)
    layout = Layout(made, pieces, method, Text(msgid=trust[0], params=trust[1]), relied, made_up=True)
    return _laid_out(layout, pieces, list(range(len(made))), attributed_to(made, pieces, method))


def _laid_out(layout: Layout, pieces: Pieces, places: list[int], by_piece: Any) -> dict[str, Any]:
    shown, places = [], _said_of(pieces, by_piece, places)
    for number, row in enumerate(places, 1):
        own = by_piece[row]
        shown.append(layout.row(row, own[np.isfinite(own)], number))
    return {"shown": shown, "redacted": sum(personal_places(layout.case, pieces, row) for row in places)}


def _said_of(pieces: Pieces, by_piece: Any, places: list[int]) -> list[int]:
    """Those of which every piece is told: an answer that is none leaves a row without."""
    return [row for row in places if int(np.isfinite(by_piece[row]).sum()) == len(pieces.names[row])]
