"""How much room a part of the report takes, on a screen's page in octets and on paper in millimetres.

Estimates: a part is left out or kept by them, so that they need to be the same everywhere, and not to be exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from auditkit.report.context import CheckSection, ReportContext
from auditkit.report.figures import Curve, Explained, Forest, Grid, Heat

# Of the shipped templates: octets of markup around a row of a drawing, a cell, a line of a curve, and a check.
_ROW_OF_PLOT, _CELL, _PLOT, _CURVE, _CHECK, _FACT = 900, 34, 2_600, 6_000, 900, 60
_EXAMPLE, _CELL_OF_MAP = 4_000, 420
_MARKUP = 0.8
"""By which these come out too large together: seen in reports of 27 and of 72 checks."""

# Of the paper style sheet, in millimetres: lines of text, and what stands around the parts.
_LINE, _SMALL, _HEAD, _ROW, _TABLE_HEAD = 4.1, 3.7, 13.0, 2.4, 13.0
_PLOT_SCALE = 0.48 * 178 / 440
_PLOT_HEAD, _TALL_EXAMPLE = 13.0, 60.0
_BREAKS, _CARDS = 1.2, 1.4
"""For what stays empty where a page ends, of checks and of the glossary: seen in reports of 58 and of 76 pages."""
_LETTERS = 118
"""Of a line across the page."""


def octets(section: CheckSection, letters: Letters | None = None) -> float:
    """Of a check on a screen's page; `letters`: has counted what it shares with others."""
    letters = letters or Letters()
    plots = [*section.forests, *section.more_forests]
    drawings = sum(_drawing(plot) for plot in plots) + _CURVE * len(section.curves) + _EXAMPLE * len(section.examples)
    drawings += sum(_PLOT + _CELL_OF_MAP * len(one.cells) for one in section.heats)
    grids = [*section.overall, *section.tables, *(one.table for one in plots), *(one.table for one in section.heats)]
    grids += [one.table for one in section.curves]
    cells = sum(sum(map(len, grid.rows)) for grid in grids)
    return _MARKUP * (_CHECK + drawings + cells * _CELL + letters.of(section))


def _drawing(plot: Forest) -> float:
    return _PLOT / 4 + (_PLOT + len(plot.rows) * _ROW_OF_PLOT + len(plot.description.encode()) if plot.rows else 0)


def octets_besides(report: ReportContext) -> float:
    """Of everything but the checks, style sheet included."""
    rest = [getattr(report, one.name) for one in fields(report) if one.name != "areas"]
    pieces = sum(1 for one in rest for _ in _texts(one))
    return 24_000 + pieces * _FACT + sum(map(Letters().of, rest))


class Letters:
    """Counts the octets of all of `_texts`; of what several ways to cut a check share, once."""

    def __init__(self) -> None:
        self._counted: dict[int, tuple[object, int]] = {}
        """By identity, each with what it is of, which lives as long."""
        self._names: dict[type, tuple[str, ...]] = {}
        """Of the fields of each kind of part; of what is none, nothing."""

    def of(self, value: Any) -> int:
        """In a part of the context; most of them stand in the cells of tables."""
        if isinstance(value, str):
            return len(value) if value.isascii() else len(value.encode())
        if isinstance(value, tuple):
            return sum(map(self.of, value))
        if isinstance(value, Forest | Heat | Curve):
            return self.of(value.table)
        kind = type(value)
        if kind not in self._names:
            self._names[kind] = tuple(one.name for one in fields(value)) if is_dataclass(value) else ()
        if not (names := self._names[kind]):
            return 0
        if id(value) not in self._counted:
            self._counted[id(value)] = value, sum(self.of(getattr(value, name)) for name in names)
        return self._counted[id(value)][1]


def _texts(value: Any) -> Iterator[str]:
    """Every text in a part of the context; of a drawing, those of its table."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, Forest | Heat | Curve):
        yield from _texts(value.table)
    elif is_dataclass(value):
        for one in fields(value):
            yield from _texts(getattr(value, one.name))


def millimetres(section: CheckSection) -> float:
    """Of a check on paper."""
    tall = _HEAD + _lines(section.asks) * _LINE
    tall += sum(_lines(text) * _SMALL + 1.5 for text in (section.options, section.reason, section.hint) if text)
    tall += sum(_lines(line.text, 92) * _LINE + 1 for line in section.rules) + (6 if section.rules else 0)
    tall += sum(
        _lines(f"{one.kind}{one.title}{one.expected}{one.observed}{' ' * 24}", 92) * _LINE + 1
        for one in section.controls
    )
    tall += 8
    tall += sum(map(_table, (*section.overall, *section.tables)))
    tall += _plots([*section.forests, *section.heats], section.curves)
    after = (section.more_note, section.withheld, section.folded, section.left_out, *section.notes)
    tall += sum(_lines(text) * _SMALL + 1.2 for text in after if text)
    return _BREAKS * (tall + sum(map(_example, section.examples)))


def _example(shown: Explained) -> float:
    return _TALL_EXAMPLE + _lines(shown.description) * _SMALL


def _plots(plots: list[Forest | Heat], curves: tuple[Curve, ...]) -> float:
    """Two stand beside each other."""
    heights = [float(one.height) * _PLOT_SCALE + _PLOT_HEAD + _lines(one.note, 55) * _SMALL for one in plots]
    heights += [float(one.height) * _PLOT_SCALE + _PLOT_HEAD + _lines(one.note, 55) * _SMALL for one in curves]
    return sum(max(heights[place : place + 2]) for place in range(0, len(heights), 2))


def _table(grid: Grid) -> float:
    if not grid.rows:
        return 0.0
    wide = _LETTERS / max(len(grid.columns), 1)
    rows = sum(_row(row, wide) for row in grid.rows)
    notes = (_lines(grid.note) + _lines(grid.folded)) * _SMALL
    return _TABLE_HEAD + rows + notes


def _row(row: tuple[str, ...], wide: float) -> float:
    """Columns of numbers leave their room to those of words."""
    lines = max(sum(len(cell) + 3 for cell in row) / _LETTERS, max(len(cell) for cell in row) / (wide * 2.2))
    return _ROW + _SMALL * max(1, -(-lines // 1))


def _lines(text: str, width: int = _LETTERS) -> int:
    return -(-_wide(text) // width) if text else 0


def _wide(text: str) -> int:
    """In letters: one of Chinese is two wide."""
    return len(text) + sum(one > "\u2e80" for one in text) if not text.isascii() else len(text)


def millimetres_besides(report: ReportContext) -> float:
    """Of everything but the checks, on paper."""
    texts: Iterable[Any] = (report.front, report.verdict, report.seal, report.plain)
    tall = 110 + sum(_lines(text) * _LINE + 1.5 for one in texts for text in _texts(one))
    tall += sum(
        8 + _SMALL * max(_lines(rule.requirement + rule.terms, 36) + _lines(rule.because, 36) + 1,
                         _lines(rule.about, 26) + _lines(rule.reason + rule.needed + rule.waiver, 26) + 1)
        for rule in report.rules
    )  # fmt: skip
    tall += sum(
        16 + sum(_lines(fact.value, 92) * _SMALL + 2.2 for fact in finding.parts) for finding in report.register
    )
    tall += sum(
        _SMALL * max(1, _lines(one.reason + one.hint, 44), _lines(one.measures, 40)) + 4 for one in report.silent
    )
    facts = (
        report.subject,
        report.policy,
        report.data,
        report.method,
        report.provenance,
        report.use,
        report.since.facts,
        report.responsibilities,
        *(one.facts for one in report.frameworks),
    )
    tall += sum(_lines(fact.value, 92) * _SMALL + 2.2 for group in facts for fact in group)
    tall += (
        sum(_lines(one) * _LINE for one in (*report.limits, *report.provisions_notes, *report.frameworks_notes)) + 166
    )
    tall += sum(12 + _SMALL * sum(_lines(said, 46) for said in (*one.faults, *one.evidence)) for one in report.records)
    for split in report.splits:
        tall += 8 + sum(_lines(fact.value, 92) * _SMALL + 2.2 for fact in split.facts) + sum(map(_table, split.groups))
    tall += sum(map(_table, (report.subject_files, report.provisions, *report.provenance_tables, *report.since.tables)))
    tall += sum(14 + 1.25 * _table(one.clauses) for one in report.frameworks)  # its columns of words are narrow
    cards = sum(11 + sum(_lines(fact.value, 52) * 3.2 + 0.8 for fact in one.facts) for one in report.glossary)
    return tall + _CARDS * cards / 2
