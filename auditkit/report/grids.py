"""The tables of a check: its numbers over all rows, and the tables that it hands in as evidence."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from auditkit.disclosure.few import THRESHOLD
from auditkit.document import Text
from auditkit.finding import WITHHELD, Cell, Finding, Measurement, Quote, Table
from auditkit.numerals import number
from auditkit.report.conditions import FROM_DATA, named_value
from auditkit.report.figures import Column, Grid
from auditkit.report.wording import SENTENCE_LIMIT, Wording

_Key = tuple[object, ...]

MOST_TABLE_ROWS = 40
MOST_OPEN_ROWS = 16
"""On screen, of a table that is shown at once: a longer one is folded away."""
MOST_TWICE = 8
"""Numbers over all rows that may stand in a table of the check as well."""
FEWEST_REPEATS = 3
FEWEST_WITHHELD = 3
"""Rows that tell nothing: fewer stay in a short table."""
MOST_NAMED = 12
"""Of the rows that tell nothing."""


def overall_grid(finding: Finding, wording: Wording) -> tuple[Grid, ...]:
    """The numbers over all rows, one line a metric; of many, not those under a condition that a table shows as well."""
    whole = [one for one in finding.measurements if not one.group and one.label is None]
    if len(whole) > MOST_TWICE:
        quotes = quotes_of(finding)
        whole = [one for one in whole if not (one.conditions and is_quoted(one, quotes))]
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
    rows = _joined([(_metric_name(one, wording), *_told(one, wording)) for one in whole], wording)
    folded = _note(len(rows), wording)
    return (Grid(wording.say("Over all rows"), columns, rows[:MOST_TABLE_ROWS], folded=folded, count=len(rows)),)


def _told(one: Measurement, wording: Wording) -> tuple[str, ...]:
    return wording.count(one.n), wording.value(one), wording.interval(one), wording.method(one)


def _joined(rows: Sequence[tuple[str, ...]], wording: Wording) -> tuple[tuple[str, ...], ...]:
    """The rows; several that have no number, and one reason for that, are one row of several names."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, *said in rows:
        names.setdefault(tuple(said), []).append(name)
    joined: dict[tuple[str, ...], None] = {}
    for name, *said in rows:
        alike = names[tuple(said)]
        is_one = said[1] != wording.say("undefined") or len(alike) < FEWEST_REPEATS
        joined[(name if is_one else wording.clauses(alike), *said)] = None
    return tuple(joined)


def _metric_name(one: Measurement, wording: Wording) -> str:
    return wording.apart([wording.metric(one.metric), *wording.conditions(one.conditions)])


def _note(rows: int, wording: Wording) -> str:
    if rows <= MOST_TABLE_ROWS:
        return ""
    return wording.say(
        "The first {shown} of {count} rows are shown; all stand in the embedded result.",
        shown=MOST_TABLE_ROWS,
        count=rows,
    )


def evidence_grid(table: Table, finding: Finding, wording: Wording) -> Grid:
    """A check's own table.

    Below it are said the rows of which nothing but names is told, where there are several or the table is long, and the
    columns that name one thing over and over.
    """
    quoted = {_key(one): one for one in finding.measurements}
    told, withheld = _parted(table.rows, quoted)
    same = _repeated(told)
    shown = [place for place in range(len(table.columns)) if place not in same]
    titles = [wording.text(title) for title in table.columns]
    columns = tuple(Column(titles[place], numeric=_is_numeric([row[place] for row in told])) for place in shown)
    metrics = {place for place in shown if _names_metrics([row[place] for row in told], wording)}
    under = {value for one in finding.measurements for name, value in one.conditions.items() if name not in FROM_DATA}
    kinds = {name for one in finding.measurements for name in one.conditions} - FROM_DATA
    named = {
        place for place in shown if table.columns[place].msgid in kinds or _all_in([row[place] for row in told], under)
    }

    def said(row: Sequence[Cell], place: int) -> str:
        cell = row[place]
        if isinstance(cell, str) and (place in metrics or place in named):
            return _metric(cell, wording) if place in metrics else named_value(cell, wording)
        return _cell(cell, quoted, wording)

    cells = [tuple(said(row, place) for place in shown) for row in told]
    if 0 in metrics and all(isinstance(cell, str | None) for row in told for cell in row):
        cells = _gathered(cells, wording)
    count, cells = len(cells), cells[:MOST_TABLE_ROWS]
    notes = (
        _same_note({titles[place]: value for place, value in same.items()}, wording),
        _withheld_note(table, quoted, wording),
        _withheld_rows(withheld, wording),
    )
    is_open = table.prominent and len(cells) <= MOST_OPEN_ROWS
    note = wording.prose(notes)
    return Grid(wording.text(table.title), columns, tuple(cells), note, is_open, _note(count, wording), count)


def _gathered(rows: Sequence[tuple[str, ...]], wording: Wording) -> list[tuple[str, ...]]:
    """Of metrics of which a table says the same in words alone, one row."""
    metrics: dict[tuple[str, ...], list[str]] = {}
    for name, *said in rows:
        metrics.setdefault(tuple(said), []).append(name)
    return [(wording.clauses(dict.fromkeys(names)), *said) for said, names in metrics.items()]


def _parted(
    rows: Sequence[Sequence[Cell]], quoted: Mapping[_Key, Measurement]
) -> tuple[list[Sequence[Cell]], list[Sequence[Cell]]]:
    """What the table shows, and the rows that tell nothing, where there are several or the table is long."""
    silent = [_is_withheld(row, quoted) for row in rows]
    if sum(silent) < FEWEST_WITHHELD and len(rows) <= MOST_OPEN_ROWS:
        return list(rows), []
    told = [row for row, is_silent in zip(rows, silent, strict=True) if not is_silent]
    return told, [row for row, is_silent in zip(rows, silent, strict=True) if is_silent]


def is_withheld(table: Table, finding: Finding) -> bool:
    """Whether no row of a table tells anything but names."""
    quoted = {_key(one): one for one in finding.measurements}
    return bool(table.rows) and all(_is_withheld(row, quoted) for row in table.rows)


def _is_withheld(row: Sequence[Cell], quoted: Mapping[_Key, Measurement]) -> bool:
    """Whether a row tells names alone, for what it would tell of them is withheld."""
    rest = [cell for cell in row if not isinstance(cell, str | None)]
    gone = [cell == WITHHELD or (isinstance(cell, Quote) and _is_suppressed(quoted.get(_key(cell)))) for cell in rest]
    return bool(rest) and all(gone)


def _is_suppressed(one: Measurement | None) -> bool:
    return one is not None and one.suppressed


def _repeated(rows: Sequence[Sequence[Cell]]) -> dict[int, str]:
    """Columns that hold one name in every row of a longer table, but for the first: place -> the name."""
    if len(rows) < FEWEST_REPEATS:
        return {}
    columns = list(zip(*rows, strict=True))
    same = {
        place: cells[0]
        for place, cells in enumerate(columns)
        if place and isinstance(cells[0], str) and all(cell == cells[0] for cell in cells)
    }
    # A table of one column would tell nothing but the names of its rows.
    return same if len(same) < len(columns) - 1 else {}


def _same_note(same: Mapping[str, str], wording: Wording) -> str:
    if not same:
        return ""
    said = wording.clauses(wording.pair(title, wording.label(value)) for title, value in same.items())
    return wording.say("The same in every row, {columns}.", columns=said)


def _names_metrics(cells: Sequence[Cell], wording: Wording) -> bool:
    """Whether a column holds names of metrics, which have names for people too."""
    words = [cell for cell in cells if isinstance(cell, str)]
    if not all(isinstance(cell, str | Text) for cell in cells):
        return False
    # Of what no card names, such as equalized odds beside the rates that they are of, the machine's name is spelt out.
    return any(one in wording.cards for one in words) and all(one in wording.cards or "_" in one for one in words)


def _all_in(cells: Sequence[Cell], known: Container[str]) -> bool:
    """Whether the words of a column all name something that the check measured under, and no group or class."""
    words = [cell for cell in cells if isinstance(cell, str)]
    return bool(words) and all(word in known for word in words)


def _metric(name: str, wording: Wording) -> str:
    if name in wording.cards:
        return wording.metric(name)
    return wording.label(wording.translate(name.replace("_", " ").capitalize()))


def _withheld_rows(rows: Sequence[Sequence[Cell]], wording: Wording) -> str:
    """Whom the rows are about that tell nothing."""
    if not rows:
        return ""
    names = list(
        dict.fromkeys(
            wording.listed(
                wording.metric(cell) if cell in wording.cards else wording.label(cell)
                for cell in row
                if isinstance(cell, str)
            )
            for row in rows
        )
    )
    if not any(names):
        return ""  # what names the rows is withheld too
    named = wording.clauses(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        return wording.say("Withheld: {groups}; and {count} more.", groups=named, count=len(names) - MOST_NAMED)
    return wording.say("Withheld: {groups}.", groups=named)


def _is_numeric(cells: Sequence[Cell]) -> bool:
    """Whether a column holds numbers, or what stands for them: no names, and not sentences alone."""
    return not any(isinstance(cell, str) for cell in cells) and not all(isinstance(cell, Text) for cell in cells)


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
        return wording.say("none")
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
