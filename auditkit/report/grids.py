"""The tables of a check: its numbers over all rows, and the tables that it hands in as evidence."""

from __future__ import annotations

from auditkit.finding import Finding, Measurement, Table
from auditkit.numerals import number
from auditkit.report.context import Column, Grid
from auditkit.report.wording import Wording

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


def evidence_grid(table: Table, wording: Wording) -> Grid:
    """A check's own table; what is missing from it was withheld."""
    rows = table.rows[:MOST_TABLE_ROWS]
    columns = tuple(
        Column(wording.text(title), numeric=not any(isinstance(row[place], str) for row in table.rows))
        for place, title in enumerate(table.columns)
    )
    cells = tuple(tuple(_cell(cell, wording) for cell in row) for row in rows)
    return Grid(wording.text(table.title), columns, cells, _note(len(table.rows), wording))


def _cell(cell: str | float | None, wording: Wording) -> str:
    if cell is None:
        return wording.say("withheld")
    return wording.label(cell) if isinstance(cell, str) else number(cell)
