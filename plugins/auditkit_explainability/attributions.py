"""`explainability.attributions`: what is attributed, from what baseline, in how many steps; does it add up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    LabelScores,
    Measurement,
    Quote,
    Table,
    Text,
    Texts,
    TokenLabels,
    Values,
    check,
)
from auditkit.perturbation import Answers, Question, Rows, refuse_none
from auditkit_explainability.attributing import (
    ATTENTION,
    DEEP_LIFT,
    GUIDED,
    INTEGRATED,
    KERNEL_SHAP,
    asked_methods,
    attributions,
    climbs_by,
    has_gradients,
    inside_methods,
    refusals,
    shown,
    sloped_methods,
    target_words,
)
from auditkit_explainability.attributing.gradients import TOLERANCE
from auditkit_explainability.attributing.networks import REASONS
from auditkit_explainability.cards.attributions import ATTRIBUTION_CARDS
from auditkit_explainability.explained import ROWS, asks_to_attribute, explained, left_out
from auditkit_explainability.judged.options import accept_effort
from auditkit_explainability.pieces import MOST_PIECES, pieces_of
from auditkit_explainability.planted.attributions import ATTRIBUTION_CONTROLS
from auditkit_explainability.relying.mass import illustrated

Floats = npt.NDArray[np.floating]

COMPLETENESS, INCOMPLETE, INCOMPLETE_GAP = (card.name for card in ATTRIBUTION_CARDS)
_KINDS = ("words", "regions", "columns")
_NOTHING = {
    "words": "without the word",
    "regions": "filled with the picture's mean colour",
    "columns": "with the column's median or commonest cell, or a full stop for a text",
}
_NOT_NAMED = "integrated gradients are not among the methods that are named"
_LOOKS = "nothing: it says where the model looked, whatever it decided"
_BLANK = "with a blank in the word's place"
_PADDED = "with padding in the word's place"
_PROMISES = {
    INTEGRATED: "must add up",
    KERNEL_SHAP: "adds up by how it is solved",
    DEEP_LIFT: "must add up",
}


def accept_pieces(**options: Any) -> None:
    """Refuse no rows, no pieces, and methods that do not exist.

    Raises:
        AuditError: an option is below 1, or there is no such method.
    """
    accept_effort(**options)
    refuse_none(options, "most_rows", "most_pieces")


def asks_to_explain(*, rows: int, most_rows: int, most_pieces: int, **_: Any) -> int:
    """Predictions beside those of the rows."""
    return asks_to_attribute(min(rows, most_rows), pieces=most_pieces)


@check(
    "explainability.attributions",
    on=(ClassScores, LabelScores, Values, Texts, TokenLabels),
    metrics=ATTRIBUTION_CARDS,
    accepts=accept_pieces,
    controls=ATTRIBUTION_CONTROLS,
    asks=asks_to_explain,
)
def attributed_answers(
    case: Case[Answers | Texts | TokenLabels],
    *,
    methods: tuple[str, ...] = (),
    most_rows: int = ROWS,
    most_pieces: int = MOST_PIECES,
    column: str = "",
) -> Iterator[Measurement | Table]:
    """To what in a row answers are attributed, and whether attributions add up.

    An answer is attributed to the words of a text, the regions of a picture or the columns of a table: by integrated
    gradients, whose steps are raised from 15 to 511 until they add up, of pictures smoothed too, and by gradient times
    input, where the model gives gradients; by DeepLift and, of pictures, guided Grad-CAM, where its network lets them
    look inside, and else it is said why not; by occlusion, which takes out one piece at a time, and where there are no
    gradients by KernelShap. Of a model that finds entities it is how sure it is of one of a row's, drawn at random, and
    a blank stands in the place of a word that is taken out. Of a model that writes it is the chance that its answer
    begins as it did, by occlusion alone.

    `methods` names those to be tried instead; "guided grad-cam at layer4.conv2" names the convolution too, which is the
    last one otherwise. With the defaults that is 15 to 511 gradients a row, or 256 predictions, and a prediction a
    piece, of at most `most_rows` rows drawn at random. A longer text is cut into `most_pieces` runs of words, a picture
    into as many squares. `column` names the texts where rows hold more.
    """
    case = explained(case, most_rows)
    about: dict[str, Any] = {"column": column, "most": most_pieces}
    rows = Rows.of(case)
    (kind,) = {_KINDS[one] for one in case.compute(kinds, **about).tolist()} or {_KINDS[0]}
    slopes = bool(np.all(case.compute(sloped))) if len(case) else False
    refused = refused_methods(case, pictures=kind == _KINDS[1]) if slopes and not methods else {}
    methods = methods or _suiting(case, kind, refused, slopes=slopes)
    for method in methods:
        found = rows.share(np.minimum(case.compute(gaps, method=method, **about), 1.0))
        yield found.measurement(COMPLETENESS, rows.level, conditions={"method": method})
    if slopes and INTEGRATED in methods:
        short = (case.compute(gaps, method=INTEGRATED, **about) > TOLERANCE).astype(float)
        question = Question(INCOMPLETE, INCOMPLETE_GAP, short, Rows.share)
        yield question.overall(rows)
        yield from question.by_group(case, rows)
    else:
        why = _NOT_NAMED if slopes else "the model gives no gradients down to what the rows hold"
        yield Measurement(metric=INCOMPLETE, value=None, undefined=Text.of(why), n=0)
    yield _table(case, methods, kind, about)
    protected = dict(case.settings.protected_inputs) if kind == _KINDS[2] else {}
    yield from illustrated(case, "column", list(protected), most_rows=most_rows, inputs=protected)
    yield from left_out({method: np.isnan(case.compute(gaps, method=method, **about)) for method in methods})
    if refused:
        lines = tuple((Text.of(method), Text.of(why)) for method, why in refused.items())
        title = Text.of("Methods that the model does not let look inside")
        yield Table(title=title, columns=(Text.of("method"), Text.of("why not")), rows=lines)


def refused_methods(case: Case[Any], *, pictures: bool) -> dict[str, str]:
    """The methods that look inside a network, and cannot into this one: of each why."""
    said = {method: case.compute(refusals, method=method) for method in inside_methods(pictures=pictures)}
    return {method: REASONS[int(places[0]) - 1] for method, places in said.items() if places.any()}


def _suiting(case: Case[Any], kind: str, refused: Mapping[str, str], *, slopes: bool) -> tuple[str, ...]:
    """The methods that suit the model."""
    if not slopes:
        return asked_methods(case)
    pictures = kind == _KINDS[1]
    inside = tuple(method for method in inside_methods(pictures=pictures) if method not in refused)
    return sloped_methods(pictures=pictures, inside=inside)


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
        said = Text.of("none")
        if len(efforted):
            said = Text.of("{low} to {high}", low=f"{efforted.min():,}", high=f"{efforted.max():,}")
        which, by_gradient = {"method": method}, climbs_by(method) is not None
        blank = isinstance(case.predictions, TokenLabels)
        beside = _BLANK if blank else _PADDED if by_gradient and kind == "words" else _NOTHING[kind]
        lines.append(
            (
                shown(method),
                Quote(metric=COMPLETENESS, conditions=which, shows="n"),
                Text.of(_LOOKS if method == ATTENTION else target_words(case, by_gradient=by_gradient)),
                Text.of("nothing" if method.startswith((GUIDED, ATTENTION)) else beside),
                said,
                Quote(metric=COMPLETENESS, conditions=which),
                Quote(metric=COMPLETENESS, conditions=which, shows="interval"),
                Text.of(_PROMISES.get(method, "promises no sum")),
            )
        )
    title = Text.of("How answers were attributed, and whether the attributions add up")
    return Table(title=title, columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)
