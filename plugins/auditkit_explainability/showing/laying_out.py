"""A row as an example: personal data taken out of it, and beside each part of it what that adds to the answer."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, LabelScores, Passage, Piece, Pixels, Squares, Text, canonical_label
from auditkit.perturbation import column_of, decided, is_picture, pixels_of
from auditkit_explainability.attributing import targets_of
from auditkit_explainability.pieces import Pieces
from auditkit_explainability.pieces.columns import Columns
from auditkit_explainability.pieces.regions import Regions
from auditkit_explainability.pieces.words import Words

Floats = npt.NDArray[np.floating]

SIDE = 72
"""Pixels of a shown picture's shorter side."""
_WIDEST = 96
_LONGEST = 800
"""Characters of a piece."""
_MOST = 380
_HIDDEN = Text.of("not shown")
_PICTURE = Text.of("a picture, not shown")
_CUT = Text.of("the row is longer: only its beginning is shown")


@dataclass(frozen=True)
class Stretch:
    """A part of a text: a piece, pieces that something personal joins, or what lies between."""

    start: int
    end: int
    adds: float | None


@dataclass(frozen=True)
class Layout:
    """Lays out rows of a case; what is said of all of them is said once."""

    case: Case[Any]
    pieces: Pieces
    method: str
    trust: Text
    relied: bool
    made_up: bool

    def row(self, row: int, values: Floats, number: int) -> Passage | Squares:
        """One of them.

        Args:
            row: its place.
            values: [p], what each piece adds.
            number: by which it is named.
        """
        adds = shares(values)
        common: dict[str, Any] = {
            "title": _title(self.case, row, number),
            "answer": answer_of(self.case, row),
            "method": Text.of(self.method),
            "trust": self.trust,
            "relied": self.relied,
            "made_up": self.made_up,
        }
        if isinstance(self.pieces, Regions):
            picture = _picture(self.case, self.pieces, row)
            return Squares(side=self.pieces.side, adds=tuple(adds), picture=picture, **common)
        if isinstance(self.pieces, Words):
            parts = _of_text(self.case, self.pieces, row, adds)
        elif isinstance(self.pieces, Columns):
            parts = _of_columns(self.case, self.pieces, row, adds)
        else:
            raise TypeError(type(self.pieces).__name__)
        notes = (_CUT,) if len(parts) > _MOST else ()
        return Passage(pieces=tuple(parts[:_MOST]), notes=notes, **common)


def shares(values: Floats) -> list[float]:
    """What pieces add, as parts of the largest in size; 0 each where none adds anything."""
    largest = float(np.max(np.abs(values), initial=0.0))
    return [0.0] * len(values) if largest == 0 else [round(one, 3) + 0.0 for one in (values / largest).tolist()]


def personal_places(case: Case[Any], pieces: Pieces, row: int) -> int:
    """In how many places of what is shown of a row personal data were recognised."""
    if isinstance(pieces, Words):
        return len(case.personal_in(pieces.texts[row]))
    if isinstance(pieces, Columns):
        return sum(len(case.personal_in(cell)) for cell in _cells(case, pieces, row) if isinstance(cell, str))
    return 0


def answer_of(case: Case[Any], row: int) -> Text:
    """What the model says of a row."""
    said = case.predictions
    if isinstance(said, ClassScores):
        target = int(targets_of(case, said)[row])
        score = round(float(said.scores[row, target]), 2)
        return Text.of(
            "the model decides on '{label}', whose score is {score}", label=said.classes[target], score=score
        )
    if isinstance(said, LabelScores):
        target = int(targets_of(case, said)[row])
        score = round(float(said.scores[row, target]), 2)
        return Text.of(
            "the likeliest label is '{label}', whose score is {score}", label=said.labels[target], score=score
        )
    return Text.of("the model says {value}", value=float(f"{float(said.values[row]):.3g}"))


def _title(case: Case[Any], row: int, number: int) -> Text:
    said = case.predictions
    about: dict[str, Any] = {"number": number, "decided": _decided(case, row)}
    if isinstance(said, LabelScores) and not np.any(decided(case, said)[row]):
        return Text.of("Example {number}: no label holds, the likeliest is {decided}", **about)
    return Text.of("Example {number}: {decided}", **about)


def _decided(case: Case[Any], row: int) -> str:
    said = case.predictions
    if isinstance(said, ClassScores | LabelScores):
        names = said.classes if isinstance(said, ClassScores) else said.labels
        return names[int(targets_of(case, said)[row])]
    return f"{float(said.values[row]):.3g}"


def _of_text(case: Case[Any], words: Words, row: int, adds: Sequence[float]) -> list[Piece]:
    text = words.texts[row]
    personal = case.personal_in(text)
    parts = stretches(text, words.spans[row], adds, [(one.start, one.end) for one in personal])
    found = []
    for part in parts:
        # Whole places only: a stretch begins and ends outside of what is personal.
        said = case_redacted(text, part, personal)
        if said:
            found.append(Piece(says=_short(said), adds=part.adds))
    return found if text.strip() else [Piece(says=Text.of("an empty text"))]


def case_redacted(text: str, part: Stretch, personal: Sequence[Any]) -> str:
    """A stretch of a text without what is personal in it."""
    said, at = [], part.start
    for one in personal:
        if part.start <= one.start and one.end <= part.end:
            said += [text[at : one.start], f"[{one.kind}]"]
            at = one.end
    return "".join([*said, text[at : part.end]])


def stretches(
    text: str,
    pieces: Sequence[Sequence[tuple[int, int]]],
    adds: Sequence[float],
    personal: Sequence[tuple[int, int]],
) -> list[Stretch]:
    """A text from its beginning to its end, cut at pieces; pieces that something personal touches are one.

    Args:
        text: whole.
        pieces: of each its words, from where to where.
        adds: of each piece.
        personal: from where to where, in order, without overlaps.
    """
    parts = [Stretch(words[0][0], words[-1][1], value) for words, value in zip(pieces, adds, strict=True)]
    for start, end in personal:
        touched = [one for one in parts if one.start < end and start < one.end]
        known = [one.adds for one in touched if one.adds is not None]
        joined = Stretch(
            min([start, *(one.start for one in touched)]),
            max([end, *(one.end for one in touched)]),
            max(-1.0, min(1.0, round(sum(known), 3))) if known else None,
        )
        parts = sorted([one for one in parts if one not in touched] + [joined], key=lambda one: one.start)
    found, at = [], 0
    for one in parts:
        if one.start > at:
            found.append(Stretch(at, one.start, None))
        found.append(one)
        at = one.end
    return [*found, Stretch(at, len(text), None)] if at < len(text) else found


def _of_columns(case: Case[Any], columns: Columns, row: int, adds: Sequence[float]) -> list[Piece]:
    cells = _cells(case, columns, row)
    return [
        Piece(says=_short(name), adds=value, value=_short(case.redacted(cell)) if isinstance(cell, str) else cell)
        for name, value, cell in zip(columns.columns, adds, cells, strict=True)
    ]


def _cells(case: Case[Any], columns: Columns, row: int) -> list[str | Text]:
    """What a row holds in each column, but for those that say who somebody is."""
    held = held_back(case)
    return [_HIDDEN if name in held else _told(columns.table[name].iloc[row]) for name in columns.columns]


def _told(cell: Any) -> str | Text:
    if is_picture(cell):
        return _PICTURE  # whose name, or digest, would lead to it
    label = canonical_label(cell)
    return Text.of("missing") if label is None else str(label)


def held_back(case: Case[Any]) -> set[str]:
    """The columns whose cells are never shown."""
    settings = case.settings
    named = {*settings.kept_back, *settings.quasi_identifiers, *settings.readers, settings.period}
    carried = {name for pair in settings.protected_inputs for name in pair}
    return named | carried | (set(case.groups) if case.has_groups else set())


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}\u2026"


def _picture(case: Case[Any], regions: Regions, row: int) -> Pixels:
    """As our own pixels, small, whatever file they came from."""
    cell = column_of(regions.inputs, regions.column)[row]
    (pixels,) = pixels_of(case, [cell], largest=SIDE, to=SIDE)
    if max(pixels.shape[:2]) > _WIDEST:
        step = -(-max(pixels.shape[:2]) // _WIDEST)
        pixels = pixels[::step, ::step]
    if pixels.ndim == 2:  # noqa: PLR2004  grey
        pixels = np.repeat(pixels[:, :, None], 3, axis=2)
    height, width = pixels.shape[:2]
    content = np.ascontiguousarray(pixels[:, :, :3], dtype=np.uint8).tobytes()
    return Pixels(width=width, height=height, rgb=base64.b64encode(content).decode())
