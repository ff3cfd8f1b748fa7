"""`explainability.attributions`: what is attributed, from what baseline, in how many steps; does it add up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Measurement, Quote, Table, Text, Texts, Values, check
from auditkit.perturbation import Answers, Question, Rows, refuse_none
from auditkit_explainability.attributing import (
    GRADIENT_INPUT,
    INTEGRATED,
    KERNEL_SHAP,
    OCCLUSION,
    SMOOTHED,
    asked_methods,
    attributions,
    has_gradients,
    sloped_methods,
    target_words,
)
from auditkit_explainability.attributing.gradients import TOLERANCE
from auditkit_explainability.attributing.methods import BY_GRADIENT
from auditkit_explainability.cards.attributions import ATTRIBUTION_CARDS
from auditkit_explainability.explained import ROWS, asks_to_attribute, explained
from auditkit_explainability.pieces import MOST_PIECES, pieces_of
from auditkit_explainability.planted.attributions import ATTRIBUTION_CONTROLS

Floats = npt.NDArray[np.floating]

COMPLETENESS, INCOMPLETE, INCOMPLETE_GAP = (card.name for card in ATTRIBUTION_CARDS)
_KINDS = ("words", "regions", "columns")
_NOTHING = {
    "words": "without the word",
    "regions": "filled with the picture's mean colour",
    "columns": "with the column's median or commonest cell",
}
_PADDED = "with padding in the word's place"
_PROMISES = {
    INTEGRATED: "must add up",
    KERNEL_SHAP: "adds up by how it is solved",
    SMOOTHED: "promises no sum",
    GRADIENT_INPUT: "promises no sum",
    OCCLUSION: "promises no sum",
}


def accept_pieces(**options: Any) -> None:
    """Refuse no rows, and no pieces.

    Raises:
        AuditError: an option is below 1.
    """
    refuse_none(options, "most_rows", "most_pieces")


def asks_to_explain(*, rows: int, most_rows: int, most_pieces: int, **_: Any) -> int:
    """Predictions beside those of the rows."""
    return asks_to_attribute(min(rows, most_rows), pieces=most_pieces)


@check(
    "explainability.attributions",
    on=(ClassScores, LabelScores, Values, Texts),
    metrics=ATTRIBUTION_CARDS,
    accepts=accept_pieces,
    controls=ATTRIBUTION_CONTROLS,
    asks=asks_to_explain,
)
def attributed_answers(
    case: Case[Answers | Texts], *, most_rows: int = ROWS, most_pieces: int = MOST_PIECES, column: str = ""
) -> Iterator[Measurement | Table]:
    """To what in a row answers are attributed, and whether attributions add up.

    An answer is attributed to the words of a text, the regions of a picture or the columns of a table: by integrated
    gradients, whose steps are raised from 50 to 300 until they add up, of pictures smoothed too, and by gradient times
    input, where the model gives gradients; by occlusion, which takes out one piece at a time, and where there are no
    gradients by KernelShap. Of a model that writes it is the chance that its answer begins as it did, by occlusion
    alone. With the defaults that is 50 to 650 gradients a row, or 256 predictions, and a prediction a piece, of at most
    `most_rows` rows drawn at random. A longer text is cut into `most_pieces` runs of words, a picture into as many
    squares. `column` names the texts where rows hold more.
    """
    case = explained(case, most_rows)
    about: dict[str, Any] = {"column": column, "most": most_pieces}
    rows = Rows.of(case)
    (kind,) = {_KINDS[one] for one in case.compute(kinds, **about).tolist()} or {_KINDS[0]}
    slopes = bool(np.all(case.compute(sloped))) if len(case) else False
    methods = sloped_methods(pictures=kind == _KINDS[1]) if slopes else asked_methods(case)
    for method in methods:
        found = rows.share(np.minimum(case.compute(gaps, method=method, **about), 1.0))
        yield found.measurement(COMPLETENESS, rows.level, conditions={"method": method})
    if slopes:
        short = (case.compute(gaps, method=INTEGRATED, **about) > TOLERANCE).astype(float)
        question = Question(INCOMPLETE, INCOMPLETE_GAP, short, Rows.share)
        yield question.overall(rows)
        yield from question.by_group(case, rows)
    else:
        why = Text.of("the model gives no gradients down to what the rows hold")
        yield Measurement(metric=INCOMPLETE, value=None, undefined=why, n=0)
    yield _table(case, methods, kind, about)


def sloped(case: Case[Any]) -> npt.NDArray[np.bool_]:
    """[n]: of every row alike, whether the model gives gradients down to it."""
    return np.full(len(case), has_gradients(case))


def kinds(case: Case[Any], *, column: str, most: int) -> npt.NDArray[np.uint8]:
    """[n]: of every row alike, what its pieces are: 0 words, 1 regions, 2 columns."""
    return np.full(len(case), _KINDS.index(pieces_of(case, column=column, most=most).kind), dtype=np.uint8)


def gaps(case: Case[Any], *, method: str, column: str, most: int) -> npt.NDArray[np.float32]:
    """[n]: how far each row's attributions are from adding up, as a share."""
    return attributions(case, method, column=column, most=most).gap.astype(np.float32)


def efforts(case: Case[Any], *, method: str, column: str, most: int) -> npt.NDArray[np.int32]:
    """[n]: how many steps each row's attributions took, or how many changed rows were asked about."""
    return attributions(case, method, column=column, most=most).steps.astype(np.int32)


def _table(case: Case[Any], methods: tuple[str, ...], kind: str, about: dict[str, Any]) -> Table:
    """A line a method: what is attributed, how, and how far it is from adding up."""
    names = ("method", "rows", "what is attributed", "compared with the row", "effort", "gap", "interval", "promise")
    lines = []
    for method in methods:
        efforted = case.compute(efforts, method=method, **about)
        said = f"{efforted.min():,} to {efforted.max():,}" if len(efforted) else "none"
        which, by_gradient = {"method": method}, method in BY_GRADIENT
        lines.append(
            (
                Text.of(method),
                Quote(metric=COMPLETENESS, conditions=which, shows="n"),
                Text.of(target_words(case, by_gradient=by_gradient)),
                Text.of(_PADDED if by_gradient and kind == "words" else _NOTHING[kind]),
                said,
                Quote(metric=COMPLETENESS, conditions=which),
                Quote(metric=COMPLETENESS, conditions=which, shows="interval"),
                Text.of(_PROMISES[method]),
            )
        )
    title = Text.of("How answers were attributed, and whether the attributions add up")
    return Table(title=title, columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)
