"""The tables and drawings that templates are given: lengths are worked out, numbers rounded, and words ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    title: str
    numeric: bool = False
    machine: bool = False
    """Set in a fixed-width face."""
    english: bool = False
    """Stays English in every language, and says so to what reads it out."""


@dataclass(frozen=True)
class Grid:
    """A table."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    """What is withheld, and what all rows have in common."""
    prominent: bool = False
    """Shown at once, where others are folded away on screen."""
    folded: str = ""
    """How many rows are shown, when it was folded; else empty."""
    count: int = 0
    """How many rows there are, when it was folded."""


@dataclass(frozen=True)
class Code:
    """A QR code."""

    text: str
    """What it holds."""
    side: int
    """Modules across, the white around it included."""
    path: str
    """The dark modules."""


@dataclass(frozen=True)
class Drawing:
    """What every drawing has beside its picture: its name, and what it shows in words and in a table."""

    id: str
    title: str
    description: str
    """What is drawn, in words."""
    height: str
    note: str
    table: Grid
    """What is drawn, in numbers."""


@dataclass(frozen=True)
class MetricDrawing(Drawing):
    """A drawing of one metric."""

    machine: str
    """What programs call the metric."""
    width: str


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: str
    label: str
    baseline: str = ""
    """Where the label stands, on an upright axis."""


@dataclass(frozen=True)
class BoundLine:
    """Where a rule draws the line, and the side that breaks it."""

    at: str
    label: str
    label_y: str
    anchor: Literal["start", "middle", "end"]
    broken_from: str
    broken_width: str


@dataclass(frozen=True)
class ForestRow:
    """One group of a forest plot. Lengths are in the units of the drawing."""

    label: str
    text: str
    state: Literal["plain", "reference", "small", "absent"]
    label_y: str
    text_y: str
    """The same line, or the next one below a long name."""
    track_y: str
    """The upper edge of the strip in which the interval lies."""
    bar: str
    """The path of the interval with its ends; empty when there is none."""
    mark: str
    """The path of the point: a disc, or a diamond for all rows."""
    bounds: tuple[BoundLine, ...]
    """Only those that are about this row."""


@dataclass(frozen=True)
class Forest(MetricDrawing):
    """A forest plot: one metric, and the groups of one attribute."""

    left: str
    right: str
    span: str
    """From left to right."""
    track: str
    """The height of the strip of each row."""
    axis_y: str
    tick_y: str
    rows: tuple[ForestRow, ...]
    ticks: tuple[Tick, ...]
    bounds: tuple[BoundLine, ...]
    reference: str
    """Where the value of all rows lies; empty when there is none."""


@dataclass(frozen=True)
class Line:
    """One line of a curve."""

    name: str
    points: str
    dash: str
    legend_y: str
    swatch_y: str


@dataclass(frozen=True)
class Shade:
    """A band behind the lines of a curve."""

    name: str
    path: str
    opacity: str
    legend_y: str
    swatch_y: str


@dataclass(frozen=True)
class Curve(Drawing):
    """A ROC, or another chart of lines. Its table has points of each line and band, those at its ends among them."""

    bottom: str
    """Where the axis across lies."""
    middle: str
    """Of the axis upwards."""
    ticks_y: str
    """Where the numbers of the axis across stand, and below them its label."""
    label_y: str
    x_label: str
    y_label: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    shades: tuple[Shade, ...]
    bars: str
    """Outlines of columns that show how many rows there are, from the axis upwards; empty where none are told."""
    bars_label: str
    bars_label_y: str
    bars_swatch_y: str
    diagonal: bool


@dataclass(frozen=True)
class Cell:
    """Where two groups cross, in a heat map. Lengths are in the units of the drawing."""

    x: str
    y: str
    middle: str
    value: str
    value_y: str
    n: str
    n_y: str
    depth: str
    """How high the value is among those drawn, from 1 to 5; empty: there is none."""
    state: Literal["plain", "small", "absent"]


@dataclass(frozen=True)
class Heat(MetricDrawing):
    """A heat map: one metric, where the groups of two attributes cross; its words go through it row by row."""

    wide: str
    """A cell's width."""
    tall: str
    """A cell's height."""
    across: str
    """The attribute whose groups are the columns."""
    down: str
    """The attribute whose groups are the rows."""
    columns: tuple[Tick, ...]
    rows: tuple[Tick, ...]
    cells: tuple[Cell, ...]
    steps: tuple[Tick, ...]
    """Of the key: where the swatch of each depth begins, and the value from which on it holds."""
    key_y: str
    key_text_y: str


@dataclass(frozen=True)
class Shaded:
    """A word, or a column, of an example."""

    says: str
    value: str
    """Of a column, what the row holds there; empty: it is a word."""
    sign: Literal["for", "against", "none"]
    """Whether it speaks for the answer: chooses line and colour."""
    depth: str
    """How strongly, from 1 to 4; empty: not at all."""
    mark: str
    """A plus or a minus, so that no reader needs the colour; empty: not at all."""


@dataclass(frozen=True)
class Square:
    """A square of a picture. Lengths are in the units of the drawing."""

    x: str
    y: str
    sign: Literal["for", "against", "none"]
    opacity: str
    mark: str
    """The path of its plus or minus; empty: it does not matter."""


@dataclass(frozen=True)
class Explained:
    """A row as an example, with what its answer is attributed to, and whether that may be relied on."""

    id: str
    title: str
    origin: str
    """Whether it is a row that the spec releases, or was made up."""
    answer: str
    method: str
    outcome: Literal["pass", "warn"]
    trust: str
    """What the tests of the explanation said; of one that failed them: do not rely on this."""
    words: tuple[Shaded, ...]
    """Of a text; empty: it is a table or a picture."""
    columns: tuple[Shaded, ...]
    """Of a row of a table; empty: it is a text or a picture."""
    squares: tuple[Square, ...]
    """Of a picture; empty: it is a text or a table."""
    size: str
    """Of a square."""
    picture: str
    """The picture as a data: address; empty: it is not shown."""
    description: str
    """What speaks for the answer, and what against it, in words."""
    notes: tuple[str, ...]
    table: Grid
    """The numbers."""
