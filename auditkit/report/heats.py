"""Heat maps: one metric where two attributes cross, each cell with its number, so that no reader needs the colour."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.finding import Measurement
from auditkit.numerals import number
from auditkit.report.figures import Cell, Heat, Tick
from auditkit.report.forests import Family, clip, is_small, numbers_table, row_name
from auditkit.report.scales import place
from auditkit.report.wording import Wording

WIDTH, LEFT, TOP, TALL, GAP = 440.0, 124.0, 40.0, 36.0, 2.0
MOST_COLUMNS = 6
MOST_ROWS = 14
FEWEST_CELLS = 4
STEPS = 5
_LETTER = 6.6
"""About as wide as a letter of the labels is, in the units of the drawing."""


def is_crossing(family: Family) -> bool:
    """Whether a plot holds the groups of two attributes that cross, with numbers enough to be a map."""
    first = family.measurements[0]
    return (
        len(first.group) == 2  # noqa: PLR2004  a map has two sides
        and "*" not in first.group.values()
        and not first.versus
        and sum(one.value is not None for one in family.measurements) >= FEWEST_CELLS
    )


def draw_heat(family: Family, wording: Wording, *, index: int, small_below: int) -> Heat | None:
    """Lay out a map; the attribute of fewer groups goes across. None: both have too many groups for a page."""
    sides = sorted(wording.ordered(family.measurements[0].group), key=lambda name: len(_groups(family, name)))
    across, down = (_groups(family, name) for name in sides)
    if len(across) > MOST_COLUMNS or len(down) > MOST_ROWS:
        return None
    found = {(one.group[sides[0]], one.group[sides[1]]): one for one in family.measurements}
    wide = (WIDTH - LEFT) / len(across)
    low, high = _ends(family.measurements)
    cells = tuple(
        _cell(
            found.get((column, row)),
            wording,
            corner=(LEFT + wide * at, TOP + TALL * line),
            wide=wide,
            ends=(low, high),
            small_below=small_below,
        )
        for line, row in enumerate(down)
        for at, column in enumerate(across)
    )
    bottom = TOP + TALL * len(down)
    return Heat(
        id=f"map-{index}",
        title=wording.say("{title}: the map", title=family.title),
        machine=wording.label(family.measurements[0].metric),
        description=wording.clauses(
            wording.pair(row_name(one, wording), wording.apart([cell.value, cell.n] if cell.n else [cell.value]))
            for one, cell in _told(cells, found, across, down)
        ),
        width=place(WIDTH),
        height=place(bottom + 34.0),
        wide=place(wide - GAP),
        tall=place(TALL - GAP),
        across=wording.label(sides[0]),
        down=clip(wording.label(sides[1]), int(LEFT / _LETTER)),
        columns=tuple(
            Tick(place(LEFT + wide * (at + 0.5)), clip(wording.label(name), int(wide / _LETTER)))
            for at, name in enumerate(across)
        ),
        rows=tuple(
            Tick("0.0", clip(wording.label(name), int(LEFT / _LETTER)), place(TOP + TALL * line + TALL / 2 + 4.0))
            for line, name in enumerate(down)
        ),
        cells=cells,
        steps=_key(low, high),
        key_y=place(bottom + 8.0),
        key_text_y=place(bottom + 30.0),
        note=_note(cells, wording),
        table=numbers_table(family, family.measurements, wording, ""),
    )


def _groups(family: Family, name: str) -> list[str]:
    return list(dict.fromkeys(one.group[name] for one in family.measurements))


def _ends(measurements: Sequence[Measurement]) -> tuple[float, float]:
    values = [one.value for one in measurements if one.value is not None]
    return min(values), max(values)


def _told(
    cells: Sequence[Cell], found: dict[tuple[str, str], Measurement], across: Sequence[str], down: Sequence[str]
) -> list[tuple[Measurement, Cell]]:
    places = [(column, row) for row in down for column in across]
    return [(found[at], cell) for at, cell in zip(places, cells, strict=True) if at in found]


def depth_of(value: float, low: float, high: float) -> int:
    """In which of five equal steps from the lowest to the highest value one lies; the middle where all are equal."""
    return 3 if high <= low else 1 + min(STEPS - 1, int(STEPS * (value - low) / (high - low)))


def _cell(
    one: Measurement | None,
    wording: Wording,
    *,
    corner: tuple[float, float],
    wide: float,
    ends: tuple[float, float],
    small_below: int,
) -> Cell:
    x, y = corner
    is_told = one is not None and one.value is not None
    return Cell(
        x=place(x),
        y=place(y),
        middle=place(x + (wide - GAP) / 2),
        value=_value(one, wording),
        value_y=place(y + (15.0 if is_told else 21.0)),
        n=wording.say("n = {n}", n=wording.count(one.n)) if one is not None and is_told and one.n is not None else "",
        n_y=place(y + 28.0),
        depth=str(depth_of(one.value, *ends)) if one is not None and one.value is not None else "",
        state=("small" if is_small(one, small_below) else "plain") if one is not None and is_told else "absent",
    )


def _value(one: Measurement | None, wording: Wording) -> str:
    if one is None:
        return wording.say("no rows")
    if one.value is None:
        return wording.say("withheld") if one.suppressed else wording.say("undefined")
    return number(one.value)


def _key(low: float, high: float) -> tuple[Tick, ...]:
    if high <= low:
        return (Tick(place(LEFT), number(low)),)
    return tuple(Tick(place(LEFT + 60.0 * step), number(low + (high - low) * step / STEPS)) for step in range(STEPS))


def _note(cells: Sequence[Cell], wording: Wording) -> str:
    said = [
        wording.say(
            "The stronger the colour, the higher; below the key stands where each colour begins. "
            "Colours may differ by chance alone: the interval of each stands in the numbers."
        )
    ]
    if any(cell.state == "small" for cell in cells):
        said.append(wording.say("A broken border: too few rows to be judged."))
    return wording.prose(said)
