"""How much a report shows: what no rule is about gives way until the page, or the paper, is of a length that is read.

Nothing that is missed, undecided, crashed or failed gives way, nor any plot that a rule's bound is drawn into.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from auditkit.report.context import CheckSection, ReportContext
from auditkit.report.figures import Forest, Grid
from auditkit.report.register import register_cut
from auditkit.report.sheets import Letters, millimetres, millimetres_besides, octets, octets_besides
from auditkit.report.wording import Wording

MOST_PAGES = 40
"""Of the PDF, unless it is asked for in full; a report with more rules than fit is longer."""
MOST_OCTETS = 2_000_000
"""Of the HTML, with the documents that ride in it."""
LEAST_OCTETS = 750_000
"""Of a page, beside the documents in it: where they alone are as long as a page may be, people still have to read."""
PAGE = 262.0
"""Millimetres of A4 between the margins."""
MARGIN = 0.92
"""What is laid out by estimates must not come out longer than was promised."""
FORESEEN = 0.985
"""Of the octets of a page that has to be cut, by estimates that come out a little too small: else it is drawn twice."""

_CALM = ("pass", "not_applicable")


@dataclass(frozen=True)
class Room:
    """What a check is given beside what its rules are about."""

    plots: int
    """Drawn at once."""
    drawn: bool
    """Whether plots that are folded away are drawn, or told as tables alone."""
    folded: int
    """Plots that are folded away."""
    maps: int
    curves: int
    tables: int
    rows: int
    """Of each table."""
    notes: int
    controls: int
    """Of those that did as they should; how many there are is always said."""


_MANY = 10_000
_FULL = Room(
    plots=_MANY,
    drawn=True,
    folded=_MANY,
    maps=_MANY,
    curves=_MANY,
    tables=_MANY,
    rows=_MANY,
    notes=_MANY,
    controls=_MANY,
)
SCREEN = (
    _FULL,
    Room(plots=12, drawn=False, folded=24, maps=2, curves=_MANY, tables=_MANY, rows=40, notes=_MANY, controls=_MANY),
    Room(plots=6, drawn=False, folded=4, maps=1, curves=4, tables=4, rows=24, notes=20, controls=3),
    Room(plots=2, drawn=False, folded=0, maps=0, curves=2, tables=2, rows=12, notes=12, controls=1),
    Room(plots=0, drawn=False, folded=0, maps=0, curves=0, tables=1, rows=6, notes=6, controls=0),
)
PAPER = (
    _FULL,
    Room(plots=6, drawn=False, folded=0, maps=1, curves=4, tables=4, rows=20, notes=12, controls=2),
    Room(plots=2, drawn=False, folded=0, maps=0, curves=2, tables=2, rows=12, notes=8, controls=1),
    Room(plots=0, drawn=False, folded=0, maps=0, curves=1, tables=1, rows=8, notes=4, controls=0),
    Room(plots=0, drawn=False, folded=0, maps=0, curves=0, tables=0, rows=5, notes=3, controls=0),
)
"""The most first. The last is what every check keeps."""


def fitted(report: ReportContext, wording: Wording, *, paper: bool, most: float, riding: int = 0) -> ReportContext:
    """The report with as much of it as fits: what rules are about first, the worst before all.

    Args:
        report: with everything.
        wording: of the sentences that say what was left out.
        paper: whether for the PDF.
        most: millimetres of paper, or octets of a page.
        riding: octets of the documents in the page, which are never cut.
    """
    cost = millimetres if paper else partial(octets, letters=Letters())
    besides = millimetres_besides(report) if paper else octets_besides(report) + riding
    sections = [section for area in report.areas for section in area.checks]
    if besides + sum(map(cost, sections)) <= most:
        return report
    if paper:
        report = _judged_alone(report, wording)
        besides = millimetres_besides(report)
    else:
        most *= FORESEEN
    ladder = PAPER if paper else SCREEN
    choices = [[trimmed(section, room, wording, paper=paper) for room in ladder] for section in sections]
    chosen = _allotted(choices, [_rank(one) for one in sections], cost, most - besides)
    left = iter(chosen)
    areas = tuple(replace(area, checks=tuple(next(left) for _ in area.checks)) for area in report.areas)
    return replace(report, areas=areas)


def _rank(section: CheckSection) -> int:
    """Whose room is seen to first: rules that are not met, then controls and crashes, then rules that are met."""
    if any(line.outcome not in _CALM for line in section.rules):
        return 0
    if section.status == "error" or any(one.outcome != "pass" for one in section.controls):
        return 1
    return 2 if section.rules else 3


def _allotted(
    choices: Sequence[Sequence[CheckSection]],
    ranks: Sequence[int],
    cost: Callable[[CheckSection], float],
    most: float,
) -> list[CheckSection]:
    """Of each check the fullest that there is room for, when all have got the least: by rank, and step by step."""
    costs = [[cost(one) for one in ladder] for ladder in choices]
    levels = [len(ladder) - 1 for ladder in choices]
    left = most - sum(one[-1] for one in costs)
    for rank in sorted(set(ranks)):
        members = [place for place, one in enumerate(ranks) if one == rank]
        for level in range(len(choices[0]) - 2, -1, -1):
            for place in members:
                more = costs[place][level] - costs[place][levels[place]]
                if levels[place] == level + 1 and more <= left:
                    levels[place], left = level, left - more
    return [ladder[level] for ladder, level in zip(choices, levels, strict=True)]


def trimmed(section: CheckSection, room: Room, wording: Wording, *, paper: bool) -> CheckSection:
    """A check with as much as the room takes, and a sentence about the rest."""
    judged = [plot for plot in section.forests if plot.bounds]
    others = [plot for plot in section.forests if not plot.bounds]
    kept = {id(plot) for plot in (*judged, *others[: room.plots])}
    folded = section.more_forests[: room.folded]
    if not room.drawn:
        folded = tuple(replace(plot, rows=()) for plot in folded)
    gone = [
        (others[room.plots :], section.heats[room.maps :]),
        (section.more_forests[room.folded :], section.curves[room.curves :]),
        (section.tables[room.tables :],),
    ]
    names = [_name(one) for one in chain(*chain.from_iterable(gone))]
    notes = section.notes[: room.notes]
    failed = [one for one in section.controls if one.outcome != "pass"]
    controls = (*failed, *[one for one in section.controls if one.outcome == "pass"][: room.controls])
    return replace(
        section,
        controls=controls,
        more_controls=(*section.controls[len(controls) :], *section.more_controls),
        forests=tuple(plot for plot in section.forests if id(plot) in kept),
        more_forests=folded,
        more_note=section.more_note if folded or paper else "",
        heats=section.heats[: room.maps],
        curves=section.curves[: room.curves],
        overall=tuple(shortened(one, room.rows, wording, paper=paper) for one in section.overall),
        tables=tuple(shortened(one, room.rows, wording, paper=paper) for one in section.tables[: room.tables]),
        notes=notes,
        left_out=left_out(names, len(section.notes) - len(notes), wording, paper=paper),
    )


def _name(one: Forest | Grid | object) -> str:
    return one.caption if isinstance(one, Grid) else str(getattr(one, "title", ""))


MOST_NAMED = 3


def left_out(names: Sequence[str], notes: int, wording: Wording, *, paper: bool) -> str:
    """What does not stand here, and where it does; empty: all stands here."""
    said = []
    if names:
        named = wording.clauses(names[:MOST_NAMED])
        if len(names) > MOST_NAMED:
            named = wording.say("{labels}, and {count} more", labels=named, count=len(names) - MOST_NAMED)
        pattern = (
            "Not in this file, to keep it short: {what}. The numbers are in report.html and in the attached "
            "result.json."
            if paper
            else "Not on this page, to keep it short: {what}. The numbers are in result.json, which also rides in it."
        )
        said.append(wording.say(pattern, what=named))
    if notes:
        said.append(wording.say("Notes that are left out here: {count}.", count=notes))
    return wording.prose(said)


def shortened(table: Grid, most: int, wording: Wording, *, paper: bool) -> Grid:
    """The first rows of a table, which says how many there are."""
    if len(table.rows) <= most:
        return table
    count = max(table.count, len(table.rows))
    pattern = (
        "{shown} of {count} rows are shown; all are in the attached result.json."
        if paper
        else "{shown} of {count} rows are shown; all stand in the embedded result."
    )
    return replace(table, rows=table.rows[:most], folded=wording.say(pattern, shown=f"{most:,}", count=f"{count:,}"))


def _judged_alone(report: ReportContext, wording: Wording) -> ReportContext:
    """The appendix of a PDF that has to be short: metrics that a rule names, and no list of times."""
    judged = tuple(entry for entry in report.glossary if entry.judged)
    note = report.glossary_note
    if len(judged) < len(report.glossary):
        note = wording.say(
            "Explained here are the metrics that a rule names: {shown} of {count}; report.html explains all.",
            shown=len(judged),
            count=len(report.glossary),
        )
    registered = report.register[:_REGISTERED_ON_PAPER]
    cut = len(registered) < len(report.register)
    short = tuple(shortened(one, _APPENDIX_ROWS, wording, paper=True) for one in report.provenance_tables)
    return replace(
        report,
        register=registered,
        register_note=register_cut(len(registered), wording) if cut else report.register_note,
        glossary=judged,
        glossary_note=note,
        provenance_tables=short,
    )


_APPENDIX_ROWS = 6
_REGISTERED_ON_PAPER = 12
