"""Rows as examples: words, columns or squares of a picture, each with what it adds to the answer. Data, never markup.

A check may hand these in only where the spec says so: `[report] examples`. The report draws them with marks beside the
colours, says of each whether its explanation may be relied on, and writes the numbers in a table.
"""

from __future__ import annotations

import base64
import binascii
from typing import Self

from pydantic import Field, model_validator

from auditkit.document import Document, Text

MOST_PIECES = 400
LONGEST_PIECE = 900
"""Characters of one piece of a text."""
LARGEST_SIDE = 96
"""Pixels of a picture's longer side: enough to see what it is of, too little to be the picture."""
_COLOURS = 3


class Piece(Document):
    """A word, a run of words, what lies between them with its spaces, or a column."""

    says: str | Text = Field(description="a text of the row's own, redacted; or a sentence that stands in its place")
    adds: float | None = Field(
        default=None, ge=-1, le=1, description="to the answer, as a part of the largest of the row; null: it is none"
    )
    value: str | Text | None = Field(default=None, description="of a column, what the row holds there")

    @model_validator(mode="after")
    def _short(self) -> Self:
        if any(isinstance(one, str) and len(one) > LONGEST_PIECE for one in (self.says, self.value)):
            raise ValueError(f"a piece has more than {LONGEST_PIECE} characters")
        return self


class Example(Document):
    """What all examples say."""

    title: Text
    answer: Text = Field(description="what the model says of it")
    method: Text = Field(description="by what the answer is attributed")
    trust: Text = Field(description="what the tests of that explanation said")
    relied: bool = Field(description="false: it is marked 'do not rely on this' wherever it is shown")
    made_up: bool = Field(description="written by the spec's author; false: a row of the audit that the spec releases")
    notes: tuple[Text, ...] = ()


class Passage(Example):
    """A row of words, or of columns, each with what it adds to the answer."""

    pieces: tuple[Piece, ...] = Field(min_length=1, max_length=MOST_PIECES)

    @property
    def is_table(self) -> bool:
        """Whether its pieces are columns with values."""
        return any(piece.value is not None for piece in self.pieces)


class Pixels(Document):
    """A small picture, as the numbers of its pixels: nobody has to trust a file."""

    width: int = Field(ge=1, le=LARGEST_SIDE)
    height: int = Field(ge=1, le=LARGEST_SIDE)
    rgb: str = Field(description="three bytes a pixel, row by row from the upper left, in base64")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if len(self.content) != self.width * self.height * _COLOURS:
            raise ValueError("a picture has three bytes a pixel")
        return self

    @property
    def content(self) -> bytes:
        """The bytes of its pixels."""
        try:
            return base64.b64decode(self.rgb, validate=True)
        except binascii.Error as error:
            raise ValueError("a picture's pixels are no base64") from error


class Squares(Example):
    """A picture's squares, each with what it adds to the answer."""

    side: int = Field(ge=1, le=20, description="squares from left to right, and from top to bottom")
    adds: tuple[float, ...] = Field(description="row by row from the upper left, as parts of the largest")
    picture: Pixels | None = Field(default=None, description="null: it is not shown")

    @model_validator(mode="after")
    def _square(self) -> Self:
        if len(self.adds) != self.side**2 or any(abs(one) > 1 for one in self.adds):
            raise ValueError(f"{self.side} times {self.side} numbers from -1 to 1 are wanted")
        return self
