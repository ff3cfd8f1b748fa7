"""The tables of a check: its numbers over all rows, and the tables that it hands in as evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from auditkit.document import Text
from auditkit.finding import Cell, Finding, Measurement, Quote, Table
from auditkit.numerals import number
from auditkit.report.context import Column, Grid
from auditkit.report.wording import SENTENCE_LIMIT, Wording
from auditkit.suppression import THRESHOLD

MOST_TABLE_ROWS = 40


def overall_grid(finding: Finding, wording: Wording) -> tuple[Grid, ...]:
    """The numbers over all rows, one line a metric."""
    whole = [one for one in finding.measurements if not one.group and one.label is None]
    if not whole:
        return ()
    level = next((one.interval.level for one in whole if one.interval), None)
    interval = wording.say("Interval") if level is None else wording.say("{level:percent} interval", level=level)
    columns = (
        Column(wording.say("Metric")),
        Column(wording.say("n"), numeric=True),
        Column(wording.say("Value"), numeric=True),
        Column(interval, numeric=True),
        Column(wording.say("Method")),
    )
    rows = tuple(
        (
            _metric_name(one, wording),
            wording.count(one.n),
            wording.value(one),
            wording.interval(one),
            wording.method(one),
        )
        for one in whole[:MOST_TABLE_ROWS]
    )
    return (Grid(wording.say("Over all rows"), columns, rows, _note(len(whole), wording)),)


def _metric_name(one: Measurement, wording: Wording) -> str:
    conditions = [f"{wording.label(name)} = {wording.label(value)}" for name, value in sorted(one.conditions.items())]
    return ", ".join([wording.metric(one.metric), *conditions])


def _note(rows: int, wording: Wording) -> str:
    if rows <= MOST_TABLE_ROWS:
        return ""
    return wording.say(
        "The first {shown} of {count} rows are shown; all stand in the embedded result.",
        shown=MOST_TABLE_ROWS,
        count=rows,
    )


def evidence_grid(table: Table, finding: Finding, wording: Wording) -> Grid:
    """A check's own table; what is missing from it was withheld."""
    rows = table.rows[:MOST_TABLE_ROWS]
    columns = tuple(
        Column(wording.text(title), numeric=_is_numeric([row[place] for row in table.rows]))
        for place, title in enumerate(table.columns)
    )
    quoted = {_key(one): one for one in finding.measurements}
    cells = tuple(tuple(_cell(cell, quoted, wording) for cell in row) for row in rows)
    notes = (_note(len(table.rows), wording), _withheld_note(table, quoted, wording))
    return Grid(wording.text(table.title), columns, cells, " ".join(filter(None, notes)), table.prominent)


def _is_numeric(cells: Sequence[Cell]) -> bool:
    """Whether a column holds numbers, or what stands for them: no names, and not sentences alone."""
    return not any(isinstance(cell, str) for cell in cells) and not all(isinstance(cell, Text) for cell in cells)


_Key = tuple[object, ...]


def _key(one: Measurement | Quote) -> _Key:
    return one.metric, tuple(sorted(one.group.items())), one.label, tuple(sorted(one.conditions.items()))


def quotes_of(finding: Finding) -> set[_Key]:
    """What the finding's tables quote, as `is_quoted` looks it up."""
    tables = [one for one in finding.evidence if isinstance(one, Table)]
    return {_key(cell) for table in tables for row in table.rows for cell in row if isinstance(cell, Quote)}


def is_quoted(measurement: Measurement, quotes: set[_Key]) -> bool:
    """Whether a table of the finding shows the measurement already."""
    return _key(measurement) in quotes


def _withheld_note(table: Table, quoted: Mapping[_Key, Measurement], wording: Wording) -> str:
    """How many rows of a table that quotes are not told, or not wholly."""
    rows = [[quoted.get(_key(cell)) for cell in row if isinstance(cell, Quote)] for row in table.rows]
    withheld = sum(any(one is not None and one.suppressed for one in row) for row in rows)
    if not withheld:
        return ""
    return wording.say(
        "Rows with numbers withheld: {count} of {rows}. They would tell about fewer than {threshold} people, or give "
        "such numbers away.",
        count=withheld,
        rows=len(rows),
        threshold=THRESHOLD,
    )


def _cell(cell: Cell, quoted: Mapping[_Key, Measurement], wording: Wording) -> str:
    if isinstance(cell, Quote):
        return _quoted(cell, quoted.get(_key(cell)), wording)
    if isinstance(cell, Text):
        return wording.text(cell, part=SENTENCE_LIMIT)
    if cell is None:
        return wording.say("withheld")
    return wording.label(cell) if isinstance(cell, str) else number(cell)


def _quoted(quote: Quote, one: Measurement | None, wording: Wording) -> str:
    if one is None:
        return wording.say("none")
    if one.suppressed:
        return wording.say("withheld")
    if quote.shows == "value":
        return wording.value(one)
    if quote.shows == "interval":
        return wording.interval(one)
    if quote.shows == "n" or one.n is None or one.value is None:
        return wording.count(one.n)
    return wording.count(round(one.value * one.n))
