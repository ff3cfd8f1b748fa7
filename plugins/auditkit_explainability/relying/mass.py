"""How much of the attributions falls on what says who somebody is: beside the interventions, and only to illustrate.

What counts is what an intervention does. Attributions can lie where the model does not decide, and the other way round;
so the share is no metric, no rule can be about it, and it stands beside the share that chance would give.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, Table, Text
from auditkit.perturbation import Rows, text_column
from auditkit.perturbation.lexicon import read_terms
from auditkit_explainability.attributing import INTEGRATED, OCCLUSION, attributions, has_gradients
from auditkit_explainability.explained import explained
from auditkit_explainability.pieces import Pieces, pieces_of
from auditkit_explainability.relying.regions import Box, regions_of

Floats = npt.NDArray[np.floating]

ROWS = 20
"""Whose attributions are shared out."""
METHODS = (INTEGRATED, OCCLUSION)
"""By gradients where the model gives them, and else by asking."""
SHARE, CHANCE = SIDES = ("share", "by chance")
_FINE = 60
"""Places down, and to the right, at which each square of a picture is looked at."""
TITLE = "How much of the attributions falls on what says who somebody is: an illustration, nothing is judged by it"


def illustrated(case: Case[Any], kind: str, names: Sequence[str], *, most_rows: int, **about: Any) -> Iterator[Table]:
    """A line for each attribute, or region; none where rows have no attributions.

    Args:
        case: the rows.
        kind: "attribute" of texts, "region" of pictures, "column" of tables.
        names: of what is looked at.
        most_rows: whose attributions are shared out; 0: of none, and there is no table.
        **about: of texts their `column`, and the `terms`; of pictures the `regions`; of tables the `inputs`.
    """
    if not most_rows:
        return
    case = explained(case, most_rows)
    rows, lines = Rows.of(case), []
    method = METHODS[int(case.compute(by_asking).any())] if len(case) else OCCLUSION
    for name in names:
        share, chance = (case.compute(mass, kind=kind, name=name, side=side, about=about) for side in SIDES)
        found = rows.share(np.asarray(share, dtype=float))
        if found.value is None:
            continue
        said: str | Text = ""
        if found.limits is not None:
            ends = {"low": round(found.limits.low, 3), "high": round(found.limits.high, 3)}
            said = Text.of("{low} to {high}", **ends)
        by_chance = rows.share(np.asarray(chance, dtype=float)).value
        lines.append((name, Text.of(method), found.n, round(found.value, 3), said, round(by_chance or 0.0, 3)))
    if lines:
        columns = (kind, "method", "rows that have it", "share of the attributions", "interval", "by chance")
        yield Table(title=Text.of(TITLE), columns=tuple(map(Text.of, columns)), rows=tuple(lines))


def by_asking(case: Case[Any]) -> npt.NDArray[np.bool_]:
    """[n]: in every row whether the model gives no gradients."""
    return np.full(len(case), not has_gradients(case))


def mass(case: Case[Any], *, kind: str, name: str, side: str, about: dict[str, Any]) -> npt.NDArray[np.float32]:
    """[n]: the share of a row's attributions, by size, that falls on what is protected; or that chance would give it.

    Chance gives it the share of the pieces, which is the mean over all ways of dealing the row's numbers to them. NaN:
    the row has no such piece, or no attributions.

    Args:
        case: the rows.
        kind: see `illustrated`.
        name: of the attribute, the region, or the attribute that a column carries.
        side: `SHARE` or `CHANCE`.
        about: see `illustrated`.
    """
    found = np.full(len(case), np.nan, dtype=np.float32)
    column = str(about.get("column", ""))
    if kind == "attribute":
        column = text_column(case.inputs, column)
    try:
        pieces = pieces_of(case, column=column)
        attributed = attributions(case, METHODS[int(case.compute(by_asking).any())], column=column)
    except NotApplicable:
        return found
    for row, parts in enumerate(_parts(pieces, kind, name, about)):
        sizes = np.abs(attributed.of(row))
        if len(sizes) == len(parts) and parts.any() and sizes.sum() > 0:
            found[row] = sizes @ parts / sizes.sum() if side == SHARE else parts.mean()
    return found


def _parts(pieces: Pieces, kind: str, name: str, about: Mapping[str, Any]) -> Iterator[Floats]:
    """[p] of each row: what part of each piece is protected."""
    if kind == "attribute":
        attribute, words = read_terms(about["terms"])[name], pieces
        for text, spans in zip(words.texts, words.spans, strict=True):  # type: ignore[attr-defined]  # they are words
            places = [(one.start, one.end) for one in attribute.found(text)]
            yield np.array([_holds(piece, places) for piece in spans], dtype=float)
    elif kind == "region":
        for names in pieces.names:
            yield covered(regions_of(about["regions"])[name], round(len(names) ** 0.5))
    else:
        for names in pieces.names:
            yield np.array([one == about["inputs"][name] for one in names], dtype=float)


def _holds(piece: Sequence[tuple[int, int]], places: Sequence[tuple[int, int]]) -> bool:
    return any(start < last and first < end for start, end in piece for first, last in places)


def covered(boxes: Sequence[Box], side: int) -> Floats:
    """[side * side]: what part of each square of a grid lies in any of the boxes.

    Args:
        boxes: from the left, the top, to the right, the bottom, as shares.
        side: squares down, and to the right.
    """
    at = (np.arange(_FINE * side) + 0.5) / (_FINE * side)
    inside = np.zeros((len(at), len(at)), dtype=bool)
    for left, top, right, bottom in boxes:
        inside[np.ix_((top <= at) & (at < bottom), (left <= at) & (at < right))] = True
    parts: Floats = inside.reshape(side, _FINE, side, _FINE).mean(axis=(1, 3)).reshape(-1)
    return parts
