"""Examples: words, columns and squares by what they add to the answer. Marks and lines say it; colour only helps."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import Literal

from auditkit.document import Text
from auditkit.numerals import number
from auditkit.report.figures import Column, Explained, Grid, Shaded, Square
from auditkit.report.scales import place
from auditkit.report.wording import SENTENCE_LIMIT, Wording
from auditkit.shown import Example, Passage, Piece, Pixels, Squares

LEAST = 0.05
"""Of the largest: what adds less is not shaded."""
_DEPTHS = (0.25, 0.5, 0.75)
_NAMED, _SHORT = 5, 60
"""On either side, in the description, and the characters of each."""
WIDTH = 240.0
_OPACITIES = ("0.14", "0.32", "0.52", "0.75")
_STORED = 65_535
"""Bytes of a stored block, RFC 1951, section 3.2.4."""

_ORIGINS = {
    True: "made up, by the author of the spec",
    False: "a row of the audit, which the spec releases; personal data that were recognised are taken out",
}
_PICTURE = "a row of the audit, which the spec releases; what is written in a picture is not recognised, and stays"

_SIGNATURE = b"\x89PNG\r\n\x1a\n"

Sign = Literal["for", "against", "none"]


def draw_example(example: Example, wording: Wording, *, index: int) -> Explained:
    """Lay out an example."""
    passage = example if isinstance(example, Passage) else None
    squares = example if isinstance(example, Squares) else None
    drawn = tuple(_shaded(piece, wording) for piece in passage.pieces) if passage else ()
    named = list(_named(example, wording))
    is_table = passage is not None and passage.is_table
    return Explained(
        id=f"example-{index}",
        title=wording.text(example.title),
        origin=wording.say(_PICTURE if squares and not squares.made_up else _ORIGINS[example.made_up]),
        answer=wording.sentence(example.answer),
        method=wording.text(example.method),
        outcome="pass" if example.relied else "warn",
        trust=wording.sentence(example.trust)
        if example.relied
        else wording.say("Do not rely on this: {why}", why=wording.text(example.trust, part=SENTENCE_LIMIT)),
        words=() if is_table else drawn,
        columns=drawn if is_table else (),
        squares=tuple(_squares(squares)) if squares else (),
        size=place(WIDTH / squares.side) if squares else "",
        picture=png(squares.picture) if squares and squares.picture else "",
        description=_description(named, wording),
        notes=tuple(wording.sentence(note) for note in example.notes),
        table=_table(named, wording),
    )


def _shaded(piece: Piece, wording: Wording) -> Shaded:
    sign = _sign(piece.adds)
    return Shaded(
        says=_said(piece.says, wording),
        value="" if piece.value is None else _said(piece.value, wording),
        sign=sign,
        depth=str(_depth(piece.adds or 0.0)) if sign != "none" else "",
        mark={"for": "+", "against": "\N{MINUS SIGN}", "none": ""}[sign],
    )


def _said(text: str | Text, wording: Wording) -> str:
    return wording.label(text, limit=SENTENCE_LIMIT) if isinstance(text, str) else wording.text(text)


def _sign(adds: float | None) -> Sign:
    if adds is None or abs(adds) < LEAST:
        return "none"
    return "for" if adds > 0 else "against"


def _depth(adds: float) -> int:
    return 1 + sum(abs(adds) >= edge for edge in _DEPTHS)


def _squares(squares: Squares) -> Iterator[Square]:
    size = WIDTH / squares.side
    for index, adds in enumerate(squares.adds):
        down, right = divmod(index, squares.side)
        sign = _sign(adds)
        depth = _depth(adds)
        arm = size * (0.08 + 0.06 * depth)
        x, y = right * size, down * size
        across = f"M{place(x + size / 2 - arm)} {place(y + size / 2)}h{place(2 * arm)}"
        upright = f"M{place(x + size / 2)} {place(y + size / 2 - arm)}v{place(2 * arm)}"
        yield Square(
            x=place(x),
            y=place(y),
            sign=sign,
            opacity=_OPACITIES[depth - 1] if sign != "none" else "0",
            mark={"for": across + upright, "against": across, "none": ""}[sign],
        )


def _named(example: Example, wording: Wording) -> Iterator[tuple[str, str, float]]:
    """What is attributed to, its value, and what it adds."""
    if isinstance(example, Passage):
        for piece in example.pieces:
            if piece.adds is not None:
                value = "" if piece.value is None else _said(piece.value, wording)
                yield _said(piece.says, wording), value, piece.adds
    elif isinstance(example, Squares):
        for index, adds in enumerate(example.adds):
            row, column = divmod(index, example.side)
            yield wording.say("row {row}, column {column}", row=row + 1, column=column + 1), "", adds


def _description(named: Sequence[tuple[str, str, float]], wording: Wording) -> str:
    ordered = sorted(named, key=lambda one: -one[2])
    told = [wording.label(one[0], limit=_SHORT) for one in ordered if one[2] >= LEAST][:_NAMED]
    against = [wording.label(one[0], limit=_SHORT) for one in reversed(ordered) if one[2] <= -LEAST][:_NAMED]
    none = wording.say("nothing")
    return wording.say(
        "Speaks for the answer, the strongest first: {told}. Speaks against it: {against}.",
        told=wording.clauses(told) or none,
        against=wording.clauses(against) or none,
    )


def _table(named: Sequence[tuple[str, str, float]], wording: Wording) -> Grid:
    has_values = any(value for _, value, _ in named)
    columns = [Column(wording.say("Part of the row"))]
    columns += [Column(wording.say("What the row holds"))] if has_values else []
    columns += [Column(wording.say("Adds to the answer, of the largest"), numeric=True)]
    rows = tuple((name, *((value,) if has_values else ()), number(adds)) for name, value, adds in named)
    return Grid(wording.say("What each part adds to the answer"), tuple(columns), rows)


def png(pixels: Pixels) -> str:
    """A picture as a data: address, written here: the same pixels give the same bytes, on every machine."""
    stride = pixels.width * 3
    lines = (b"\0" + pixels.content[at : at + stride] for at in range(0, len(pixels.content), stride))
    head = struct.pack(">IIBBBBB", pixels.width, pixels.height, 8, 2, 0, 0, 0)
    parts = (_chunk(b"IHDR", head), _chunk(b"IDAT", _stored(b"".join(lines))), _chunk(b"IEND", b""))
    return f"data:image/png;base64,{base64.b64encode(b''.join((_SIGNATURE, *parts))).decode()}"


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def _stored(raw: bytes) -> bytes:
    """As zlib would hold it without making it smaller: other versions of zlib pack the same bytes in other ways."""
    starts = range(0, len(raw), _STORED)
    blocks = (
        bytes([start + _STORED >= len(raw)])
        + struct.pack("<HH", len(part := raw[start : start + _STORED]), len(part) ^ 0xFFFF)
        + part
        for start in starts
    )
    return b"\x78\x01" + b"".join(blocks) + struct.pack(">I", zlib.adler32(raw))
