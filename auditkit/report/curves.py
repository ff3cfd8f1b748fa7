"""Charts of lines, a ROC first of all: series told apart by their dashes and a legend, never by colour alone."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.finding import Chart, Series
from auditkit.report.figures import Curve, Line, Tick
from auditkit.report.scales import LogScale, Scale, place
from auditkit.report.wording import Wording

LEFT, RIGHT, TOP, BOTTOM = 52.0, 428.0, 10.0, 330.0
LEGEND = BOTTOM + 62.0
MOST_LINES = 6
MOST_POINTS = 240
_DASHES = ("none", "7 4", "2 3", "10 3 2 3", "14 4", "4 2 1 2")


def draw_curve(chart: Chart, wording: Wording, *, number: int) -> Curve:
    """Lay out a chart; more than `MOST_LINES` series are cut to the first ones, and the chart says so."""
    shown = [one for one in chart.series if one.x][:MOST_LINES]
    across, upwards = _scales(shown, is_log=chart.kind == "log_roc")
    lines = tuple(_line(one, across, upwards, wording, index=index) for index, one in enumerate(shown))
    note = ""
    if len(shown) < len(chart.series):
        note = wording.say(
            "{shown} of {count} lines are drawn; all stand in the embedded result.",
            shown=len(shown),
            count=len(chart.series),
        )
    return Curve(
        id=f"curve-{number}",
        title=wording.text(chart.title),
        description="; ".join(line.name for line in lines),
        x_label=wording.text(chart.x_label),
        y_label=wording.text(chart.y_label),
        x_ticks=tuple(Tick(*tick) for tick in across.ticks()),
        y_ticks=tuple(Tick(at, label, place(float(at) + 3.5)) for at, label in upwards.ticks()),
        lines=lines,
        diagonal=chart.kind in {"roc", "log_roc"},
        height=place(LEGEND + 20.0 * len(lines)),
        note=note,
    )


def _scales(shown: Sequence[Series], *, is_log: bool) -> tuple[Scale | LogScale, Scale | LogScale]:
    """Across and upwards. Log axes are of one length, so that their diagonal is where both shares are equal."""
    xs, ys = ([value for one in shown for value in getattr(one, axis)] for axis in "xy")
    kind: type[Scale | LogScale] = LogScale if is_log else Scale
    if is_log:
        xs = ys = [*xs, *ys]
    return kind.around(xs, left=LEFT, right=RIGHT), kind.around(ys, left=BOTTOM, right=TOP)


def _line(series: Series, across: Scale | LogScale, upwards: Scale | LogScale, wording: Wording, *, index: int) -> Line:
    points = list(zip(series.x, series.y, strict=True))
    stride = max(1, -(-len(points) // MOST_POINTS))
    kept = points[::stride] + ([points[-1]] if (len(points) - 1) % stride else [])
    name = wording.label(series.name, limit=48)
    if series.n is not None:
        name = wording.say("{name} (n = {n})", name=name, n=wording.count(series.n))
    return Line(
        name=name,
        points=" ".join(f"{across.at(x):.1f},{upwards.at(y):.1f}" for x, y in kept),
        dash=_DASHES[index],
        legend_y=place(LEGEND + 20.0 * index),
        swatch_y=place(LEGEND + 20.0 * index - 4.0),
    )
