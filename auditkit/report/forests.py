"""Forest plots: groups of one attribute, one metric, each with its interval and its n; bounds drawn as lines."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from auditkit.disclosure.few import IN_STEPS
from auditkit.finding import JOINED, GroupCount, Measurement
from auditkit.policy import Rule
from auditkit.report.bounds import bounds_on, speaks_about
from auditkit.report.figures import BoundLine, Column, Forest, ForestRow, Grid, Tick
from auditkit.report.scales import Scale, place
from auditkit.report.wording import Wording

WIDTH, LEFT, RIGHT, TOP, ROW, TRACK, BOUND = 440.0, 2.0, 438.0, 2.0, 39.0, 18.0, 14.0
_SIDE: tuple[Literal["start", "middle", "end"], ...] = ("start", "middle", "end")
_DISC, _DIAMOND, _RING = 4.6, 5.5, 4.2
MOST_ROWS = 24
MOST_NAMED = 12
"""Of the groups whose value is withheld."""
LABEL_WIDTH = 30
"""In letters, beside the numbers; a longer name has a line of its own above them."""
LINE_WIDTH = 62
LINE = 14.0
MOST_ROWS_ON_PAPER = 13
"""Two plots of so many rows fill a page of the PDF; no picture can go over to the next page."""


State = Literal["plain", "reference", "small", "absent"]
_Row = tuple[tuple[str, ...], Measurement]
"""What a row is called, one part for each attribute that crosses, and what it tells."""


@dataclass(frozen=True)
class Family:
    """The measurements that belong into one plot."""

    check: str
    title: str
    measurements: tuple[Measurement, ...]
    reference: Measurement | None = None
    """The same metric over all rows."""
    is_ranked: bool = False
    """Groups of several attributes, in the order in which they are drawn: each says which attribute it is of."""
    note: str = ""
    names: tuple[str, ...] = ()
    """What rows are called that are told apart by something else than groups, such as releases; ranked, none
    withheld, without a reference."""


def draw_forest(
    family: Family,
    rules: Sequence[Rule],
    wording: Wording,
    *,
    numbers: Iterator[int],
    small_below: int,
    most_rows: int | None = None,
) -> Iterator[Forest]:
    """Lay out one plot, in parts of one scale and at most `most_rows` rows each; none where all is withheld.

    More than `MOST_ROWS` groups are folded to the worst ones, and the plot says so. Groups whose value is withheld are
    named below the plot, where they take no room.
    """
    told = [one for one in family.measurements if not one.suppressed]
    if not told:
        return
    shown, folded = (told, family.note) if family.is_ranked else worst_of(told, wording, most=MOST_ROWS)
    withheld = [one for one in family.measurements if one.suppressed]
    note = wording.prose((folded, _withheld_note(withheld, wording)))
    rows = ([family.reference] if family.reference else []) + list(shown)
    bounds = bounds_on(rules, rows, family.check)
    scale = Scale.around(_extent(rows, bounds), left=LEFT, right=RIGHT)
    names = [row_parts(one, wording, named=family.is_ranked) for one in rows]
    if family.names:
        names = [(one,) for one in family.names]
    parts = _parts(list(zip(names, rows, strict=True)), _most(names, most_rows) if most_rows else len(rows))
    for place_, part in enumerate(parts, start=1):
        title = wording.say("{title}, part {place} of {count}", title=family.title, place=place_, count=len(parts))
        one = replace(family, title=title) if len(parts) > 1 else family
        yield _part(one, part, bounds, scale, wording, number=next(numbers), small_below=small_below, note=note)


def _withheld_note(withheld: Sequence[Measurement], wording: Wording) -> str:
    if not withheld:
        return ""
    names = [row_name(one, wording) for one in sorted(withheld, key=lambda one: _place(one, wording))]
    listed = wording.clauses(names[:MOST_NAMED])
    if len(names) <= MOST_NAMED:
        return wording.say("Withheld: {groups}.", groups=listed)
    return wording.say("Withheld: {groups}; and {count} more.", groups=listed, count=len(names) - MOST_NAMED)


def _most(names: Sequence[Sequence[str]], most: int) -> int:
    """So many rows of two lines take no more room than `most` of one."""
    return int(most * ROW / (ROW + LINE)) if any(map(_is_long, names)) else most


def _is_long(parts: Sequence[str]) -> bool:
    return _columns(JOINED.join(parts)) > LABEL_WIDTH


def _parts(rows: list[_Row], most: int) -> list[list[_Row]]:
    """The rows in as few parts as may be, of about the same length."""
    count = -(-len(rows) // most)
    length = -(-len(rows) // count)
    return [rows[start : start + length] for start in range(0, len(rows), length)]


def _part(  # noqa: PLR0913  the same, and what all parts share
    family: Family,
    named_rows: Sequence[_Row],
    bounds: Sequence[Rule],
    scale: Scale,
    wording: Wording,
    *,
    number: int,
    small_below: int,
    note: str,
) -> Forest:
    top = TOP + BOUND * len({wording.bound(rule) for rule in bounds})
    names, rows = zip(*named_rows, strict=True)
    heights = [ROW + LINE * _is_long(name) for name in names]
    *tops, bottom = itertools.accumulate(heights, initial=top)
    metric = family.measurements[0].metric
    different = dict.fromkeys(wording.bound(rule) for rule in bounds)
    named = {words: place(TOP + BOUND * (i + 0.7)) for i, words in enumerate(different)}
    lines = {rule.id: _bound(rule, scale, wording, y=named[wording.bound(rule)]) for rule in bounds}
    drawn = [
        replace(
            _row(
                one, scale, wording, y=y + LINE * _is_long(name), small_below=small_below, is_named=bool(family.names)
            ),
            label=fit(name, LINE_WIDTH if _is_long(name) else LABEL_WIDTH),
            label_y=place(y + 15.0),
            bounds=_own(lines, bounds, one, family.check),
        )
        for y, one, name in zip(tops, rows, names, strict=True)
    ]
    reference = family.reference.value if family.reference else None
    return Forest(
        id=f"plot-{number}",
        title=family.title,
        machine=wording.label(metric),
        description=wording.clauses(
            wording.pair(JOINED.join(name), row.text) for name, row in zip(names, drawn, strict=True)
        ),
        width=place(WIDTH),
        height=place(bottom + 22.0),
        left=place(LEFT),
        right=place(RIGHT),
        span=place(RIGHT - LEFT),
        track=place(TRACK),
        axis_y=place(bottom),
        tick_y=place(bottom + 15.0),
        rows=tuple(drawn),
        ticks=tuple(Tick(*tick) for tick in scale.ticks()),
        bounds=tuple({line.label: line for line in lines.values()}.values()),
        reference="" if reference is None else place(scale.at(reference)),
        note=note,
        table=numbers_table(family, rows, wording, note, [JOINED.join(one) for one in names if family.names]),
    )


def worst_of(
    measurements: Sequence[Measurement], wording: Wording, *, most: int
) -> tuple[tuple[Measurement, ...], str]:
    """All in the order of their names; or the worst `most` of them, and a note that says how many there are."""
    if len(measurements) <= most:
        return tuple(sorted(measurements, key=lambda one: _place(one, wording))), ""
    note = wording.say(
        "The worst {shown} of {count} are shown; all stand in the embedded result.", shown=most, count=len(measurements)
    )
    return tuple(sorted(measurements, key=lambda one: (*badness(one), _place(one, wording)))[:most]), note


def _place(one: Measurement, wording: Wording) -> tuple[object, ...]:
    """Sorts by class, by attribute as the spec orders them, single ones first, and by the names of the groups."""
    names = wording.ordered(one.group)
    known = wording.attributes
    places = [known.index(name) if name in known else len(known) for name in names]
    labels = [(name, one.group[name]) for name in names]
    return one.label or "", len(names), places, labels, sorted(one.conditions.items())


def badness(measurement: Measurement) -> tuple[bool, float]:
    """Sorts the worst first and what has no value last; lowest first where no direction is better."""
    if measurement.value is None:
        return True, 0.0
    return False, -measurement.value if measurement.better == "lower" else measurement.value


def _extent(rows: Sequence[Measurement], bounds: Sequence[Rule]) -> list[float]:
    values = [one.value for one in rows if one.value is not None]
    values += [end for one in rows if one.interval for end in (one.interval.low, one.interval.high)]
    # A little further than the bound, so that both sides of it are seen.
    return values + [_limit(rule) * 1.05 for rule in bounds]


def _limit(rule: Rule) -> float:
    return rule.max if rule.max is not None else rule.min or 0.0


def _own(lines: Mapping[str, BoundLine], rules: Sequence[Rule], one: Measurement, check: str) -> tuple[BoundLine, ...]:
    return tuple(lines[rule.id] for rule in rules if speaks_about(rule, one, check))


def _row(one: Measurement, scale: Scale, wording: Wording, *, y: float, small_below: int, is_named: bool) -> ForestRow:
    """The numbers and the drawing of a row; `y`: of the line that they stand in."""
    state: State = "plain" if is_named else _state(one, small_below)
    track = y + ROW - TRACK
    return ForestRow(
        label="",
        text=_said(one, wording, small_below=small_below),
        state=state,
        label_y="",
        text_y=place(y + 15.0),
        track_y=place(track),
        bar=_bar(one, scale, y=track + TRACK / 2),
        mark=_mark(one, scale, state, y=track + TRACK / 2),
        bounds=(),
    )


def _bar(one: Measurement, scale: Scale, *, y: float) -> str:
    if one.interval is None:
        return ""
    low, high = place(scale.at(one.interval.low)), place(scale.at(one.interval.high))
    return f"M{low} {y:.1f}H{high}M{low} {y - 3.5:.1f}v7M{high} {y - 3.5:.1f}v7"


def _mark(one: Measurement, scale: Scale, state: State, *, y: float) -> str:
    if one.value is None:
        return ""
    at = scale.at(one.value)
    if state == "reference":
        return f"M{at - _DIAMOND:.1f} {y:.1f}l{_DIAMOND} -{_DIAMOND} {_DIAMOND} {_DIAMOND} -{_DIAMOND} {_DIAMOND}z"
    radius = _RING if state == "small" else _DISC
    arc = f"a{radius} {radius} 0 1 0"
    return f"M{at - radius:.1f} {y:.1f}{arc} {2 * radius:.1f} 0{arc} -{2 * radius:.1f} 0z"


def _state(one: Measurement, small_below: int) -> State:
    if one.value is None:
        return "absent"
    if not one.group and one.label is None:
        return "reference"
    return "small" if is_small(one, small_below) else "plain"


def is_small(one: Measurement, small_below: int) -> bool:
    """Whether the measurement of a single group rests on too few rows to be judged."""
    return (
        bool(one.group)
        and "*" not in one.group.values()
        and not one.exact
        and one.judged_by is not None
        and one.judged_by < small_below
    )


def _said(one: Measurement, wording: Wording, *, small_below: int) -> str:
    """`0.524 (0.377 to 0.666), n = 42`, with what is wrong about it in words."""
    if one.n is None:
        if one.value is None or one.interval is None:
            return wording.value(one)
        # Told coarsely, with its size withheld: the interval stays.
        said = wording.bracketed(wording.value(one), wording.interval(one))
        _, _, step = one.interval.method.partition(IN_STEPS)
        return wording.say("{said}, in steps of {step}", said=said, step=step) if step else said
    n = wording.say("n = {n}", n=wording.count(one.n))
    if one.value is None:
        return wording.apart((wording.value(one), n))
    said = wording.apart((wording.bracketed(wording.value(one), wording.interval(one)), n))
    return wording.apart((said, wording.say("small"))) if is_small(one, small_below) else said


def row_name(one: Measurement, wording: Wording) -> str:
    """The group within its plot: the attribute already stands in the title."""
    return JOINED.join(row_parts(one, wording))


def row_parts(one: Measurement, wording: Wording, *, named: bool = False) -> tuple[str, ...]:
    """The same, one part for each attribute that crosses. `named`: each with its attribute."""
    if named and one.group:
        return tuple(
            wording.pair(wording.label(name), wording.label(one.group[name])) for name in wording.ordered(one.group)
        )
    if one.group and "*" not in one.group.values():
        return tuple(wording.label(one.group[name]) for name in wording.ordered(one.group))
    if one.group:
        return tuple(wording.label(name) for name in wording.ordered(one.group))
    return (wording.label(one.label) if one.label is not None else wording.say("All rows"),)


def fit(parts: Sequence[str], width: int = LABEL_WIDTH) -> str:
    """What fits into a line: every part keeps a share of the width, for groups may differ in any of them."""
    left = width - len(JOINED) * (len(parts) - 1)
    shown = list(parts)
    # The short ones first: what they do not use is left to the others.
    for done, place_ in enumerate(sorted(range(len(parts)), key=lambda at: _columns(parts[at]))):
        shown[place_] = clip(parts[place_], left // (len(parts) - done))
        left -= _columns(shown[place_])
    return JOINED.join(shown)


def clip(text: str, width: int) -> str:
    """Cut in the middle: long names differ at either end. Wide characters count twice."""
    if _columns(text) <= width:
        return text
    start = _first_of(text, -(-(width - 1) // 2))
    end = _first_of(text[::-1], (width - 1) // 2)[::-1]
    return f"{start}…{end}"


def _first_of(text: str, width: int) -> str:
    return text[: max((end for end in range(len(text) + 1) if _columns(text[:end]) <= width), default=0)]


def _columns(text: str) -> int:
    """How wide a text is, in letters; what joins or stands above another takes no room."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.category(one) in ("Mn", "Cf") else 2 if unicodedata.east_asian_width(one) in "WF" else 1
        for one in text
    )


def _bound(rule: Rule, scale: Scale, wording: Wording, *, y: str) -> BoundLine:
    at = scale.at(_limit(rule))
    start, end = (at, scale.right) if rule.max is not None else (scale.left, at)
    third = min(2, int(3 * (at - scale.left) / (scale.right - scale.left)))
    return BoundLine(
        at=place(at),
        label=wording.say("rule: {bound}", bound=wording.bound(rule)),
        label_y=y,
        anchor=_SIDE[third],
        broken_from=place(start),
        broken_width=place(end - start),
    )


def numbers_table(
    family: Family, rows: Sequence[Measurement], wording: Wording, note: str, names: Sequence[str] = ()
) -> Grid:
    """What a drawing of a family shows, in numbers, with how each interval was made.

    `names`: of the rows, where they are not called by their groups.
    """
    level = next((one.interval.level for one in rows if one.interval), None)
    interval = wording.say("interval") if level is None else wording.say("{level:percent} interval", level=level)
    columns = (
        Column(wording.say("Release") if names else wording.say("Group")),
        Column(wording.say("n"), numeric=True),
        Column(wording.say("Value"), numeric=True),
        Column(interval, numeric=True),
        Column(wording.say("Method, or why there is no value")),
    )
    cells = (
        (name, wording.count(one.n), wording.value(one), wording.interval(one), wording.method(one))
        for name, one in zip(names or [_full_name(one, wording) for one in rows], rows, strict=True)
    )
    return Grid(wording.say("{title}: the numbers", title=family.title), columns, tuple(cells), note)


def _full_name(one: Measurement, wording: Wording) -> str:
    if not one.compared:
        return wording.group(one)
    listed = wording.clauses(_member(count, wording) for count in one.compared[:MOST_ROWS])
    more = len(one.compared) - MOST_ROWS
    rest = wording.say("; and {count} more", count=more) if more > 0 else ""
    return wording.bracketed(wording.group(one), f"{listed}{rest}")


def _member(count: GroupCount, wording: Wording) -> str:
    name, n = wording.label(count.label), wording.count(count.n)
    if count.compared:
        return wording.say("{group}: n {n}", group=name, n=n)
    return wording.say("{group}: n {n}, not compared", group=name, n=n)
