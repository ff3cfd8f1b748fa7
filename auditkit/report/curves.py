"""Charts of lines, a ROC first of all: series told apart by their dashes and a legend, never by colour alone."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from auditkit.finding import Area, Chart, Series
from auditkit.numerals import number
from auditkit.report.figures import Column, Curve, Grid, Line, Shade, Tick
from auditkit.report.scales import LogScale, Scale, place
from auditkit.report.wording import Wording

LEFT, RIGHT, TOP = 52.0, 428.0, 10.0
_SQUARE, _FLAT = 330.0, 230.0
"""Where the axis across lies: a chart with a diagonal is about as high as it is wide, and one of lines is lower."""
_LEGEND, _LINE = 62.0, 20.0
"""Below the axis across stand its numbers and its label, and then a line for each series."""
MOST_LINES = 6
MOST_POINTS = 240
MOST_LISTED = 13
"""Points of each line in the table, its ends among them."""
_OPACITIES = ("0.16", "0.30")
_COLUMN = 0.2
_DASHES = ("none", "7 4", "2 3", "10 3 2 3", "14 4", "4 2 1 2")


def draw_curve(chart: Chart, wording: Wording, *, index: int) -> Curve:
    """Lay out a chart; more than `MOST_LINES` series are cut to the first ones, and the chart says so."""
    shown = [one for one in chart.series if one.x][:MOST_LINES]
    bottom = _FLAT if chart.kind == "line" else _SQUARE
    across, upwards = _scales(shown, chart.areas, kind=chart.kind, bottom=bottom)
    legend = itertools.count(bottom + _LEGEND, _LINE)
    lines = tuple(
        _line(one, across, upwards, wording, index=place_, legend=next(legend)) for place_, one in enumerate(shown)
    )
    note = ""
    if len(shown) < len(chart.series):
        note = wording.say(
            "{shown} of {count} lines are drawn; all stand in the embedded result.",
            shown=len(shown),
            count=len(chart.series),
        )
    shades = tuple(
        _shade(one, across, upwards, wording, index=place_, legend=next(legend))
        for place_, one in enumerate(chart.areas)
    )
    last = next(legend)
    bars = _bars(chart.counts, bottom=bottom)
    return Curve(
        id=f"curve-{index}",
        title=wording.text(chart.title),
        description=wording.clauses(
            [
                *(_in_words(line.name, one, wording) for line, one in zip(lines, shown, strict=True)),
                *(shade.name for shade in shades),
            ]
        ),
        bottom=place(bottom),
        middle=place((TOP + bottom) / 2),
        ticks_y=place(bottom + 16.0),
        label_y=place(bottom + 36.0),
        x_label=wording.text(chart.x_label),
        y_label=wording.text(chart.y_label),
        x_ticks=tuple(Tick(*tick) for tick in across.ticks()),
        y_ticks=tuple(Tick(at, label, place(float(at) + 3.5)) for at, label in upwards.ticks()),
        lines=lines,
        shades=shades,
        bars=bars,
        bars_label=_bars_label(chart.counts, wording),
        bars_label_y=place(last),
        bars_swatch_y=place(last - 9.0),
        diagonal=chart.kind != "line",
        height=place(last + (_LINE if bars else 0.0)),
        note=note,
        table=_table(chart, shown, lines, shades, wording),
    )


def _in_words(name: str, series: Series, wording: Wording) -> str:
    """Where a line begins, where it ends, and between what it stays."""
    return wording.say(
        "{name}: from {first} at {start} to {last} at {end}, {low} at its lowest and {high} at its highest",
        name=name,
        first=number(series.y[0]),
        start=number(series.x[0]),
        last=number(series.y[-1]),
        end=number(series.x[-1]),
        low=number(min(series.y)),
        high=number(max(series.y)),
    )


def _table(
    chart: Chart, shown: Sequence[Series], lines: Sequence[Line], shades: Sequence[Shade], wording: Wording
) -> Grid:
    """Points of every line and band, as far apart as lets each be read at a glance."""
    cells = [
        (line.name, number(one.x[at]), number(one.y[at]))
        for line, one in zip(lines, shown, strict=True)
        for at in _listed(len(one.x))
    ]
    cells += [
        (
            shade.name,
            number(one.x[at]),
            wording.say("{low} to {high}", low=number(one.low[at]), high=number(one.high[at])),
        )
        for shade, one in zip(shades, chart.areas, strict=True)
        for at in _listed(len(one.x))
    ]
    count = sum(len(one.x) for one in shown) + sum(len(one.x) for one in chart.areas)
    note = ""
    if len(cells) < count:
        note = wording.say(
            "{shown} of {count} points are listed; all stand in the embedded result.",
            shown=len(cells),
            count=wording.count(count),
        )
    columns = (
        Column(wording.say("Line")),
        Column(wording.text(chart.x_label), numeric=True),
        Column(wording.text(chart.y_label), numeric=True),
    )
    return Grid(wording.say("{title}: the numbers", title=wording.text(chart.title)), columns, tuple(cells), note)


def _listed(count: int) -> list[int]:
    """Places that are spread evenly, the first and the last among them."""
    most = min(count, MOST_LISTED)
    return [round(step * (count - 1) / max(most - 1, 1)) for step in range(most)]


def _shade(
    area: Area, across: Scale | LogScale, upwards: Scale | LogScale, wording: Wording, *, index: int, legend: float
) -> Shade:
    """Up along the low end, and back along the high one."""
    stride = max(1, -(-len(area.x) // MOST_POINTS))
    kept = sorted({*range(0, len(area.x), stride), len(area.x) - 1})
    there = [(area.x[one], area.low[one]) for one in kept]
    back = [(area.x[one], area.high[one]) for one in reversed(kept)]
    return Shade(
        name=wording.name(area.name, limit=58),
        path="M" + "L".join(f"{across.at(x):.1f} {upwards.at(y):.1f}" for x, y in (*there, *back)) + "z",
        opacity=_OPACITIES[min(index, len(_OPACITIES) - 1)],
        legend_y=place(legend),
        swatch_y=place(legend - 9.0),
    )


def _bars(counts: Sequence[int | None], *, bottom: float) -> str:
    """Columns of up to a fifth of the height; none where nothing is told."""
    most = max((one for one in counts if one), default=0)
    if not most:
        return ""
    width = (RIGHT - LEFT) / len(counts)
    heights = ((index, (bottom - TOP) * _COLUMN * one / most) for index, one in enumerate(counts) if one)
    return "".join(f"M{LEFT + width * index:.1f} {bottom}v{-up:.1f}h{width:.1f}v{up:.1f}z" for index, up in heights)


def _bars_label(counts: Sequence[int | None], wording: Wording) -> str:
    most = max((one for one in counts if one), default=0)
    if None in counts:
        return wording.say("rows, {most} in the highest column; small ones left out", most=most)
    return wording.say("how many rows were told so, {most} in the highest", most=most)


def _scales(
    shown: Sequence[Series], areas: Sequence[Area], *, kind: str, bottom: float
) -> tuple[Scale | LogScale, Scale | LogScale]:
    """Across and upwards. Log axes are of one length, so that their diagonal is where both shares are equal."""
    xs, ys = ([value for one in shown for value in getattr(one, axis)] for axis in "xy")
    scale: type[Scale | LogScale] = LogScale if kind == "log_roc" else Scale
    if kind == "log_roc":
        xs = ys = [*xs, *ys]
    if kind == "reliability":
        xs = ys = [0.0, 1.0]
    if kind == "line":
        ys += [end for area in areas for end in (*area.low, *area.high)]
        whole = all(float(x).is_integer() for x in xs)
        return Scale.around(xs, left=LEFT, right=RIGHT, whole=whole), Scale.around(ys, left=bottom, right=TOP)
    return scale.around(xs, left=LEFT, right=RIGHT), scale.around(ys, left=bottom, right=TOP)


def _line(
    series: Series,
    across: Scale | LogScale,
    upwards: Scale | LogScale,
    wording: Wording,
    *,
    index: int,
    legend: float,
) -> Line:
    points = list(zip(series.x, series.y, strict=True))
    stride = max(1, -(-len(points) // MOST_POINTS))
    kept = points[::stride] + ([points[-1]] if (len(points) - 1) % stride else [])
    name = wording.name(series.name, limit=48)
    if series.n is not None:
        name = wording.say("{name} (n = {n})", name=name, n=wording.count(series.n))
    return Line(
        name=name,
        points=" ".join(f"{across.at(x):.1f},{upwards.at(y):.1f}" for x, y in kept),
        dash=_DASHES[index],
        legend_y=place(legend),
        swatch_y=place(legend - 4.0),
    )
