"""Measurements, tables and drawings of effects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Area, Chart, Measurement, Quote, Series, Table, Text
from auditkit.perturbation import Found, Question, Rows
from auditkit.segments import PEOPLE, People
from auditkit.statistics import resample_clusters
from auditkit_explainability.global_view.curves import Curve

Floats = npt.NDArray[np.floating]

RANGE, RANGE_GAP = "effect_range", "effect_range_difference"
IMPORTANCE, IMPORTANCE_GAP = "permutation_importance", "permutation_importance_difference"
MOST_CHARTS = 4
"""Columns that are drawn: those with the widest curves."""
_RESAMPLES = 1000
_DIGITS = 6


@dataclass(frozen=True)
class Effect:
    """What one column does to one score."""

    column: str
    label: str | None
    """The class, or label; None: there is but one score."""
    curve: Curve | None
    """Of all rows; None: there are too few people."""
    levels: tuple[str, ...]
    """The names of categories."""
    of_groups: dict[str, dict[str, Curve]]
    """Attribute -> group -> its curve, of groups that are large enough to be told of."""
    drawn: dict[str, Callable[[npt.NDArray[np.bool_]], Curve | None]]
    """Attribute, or nothing -> what draws the curve of some rows."""

    @property
    def about(self) -> dict[str, Any]:
        """What its measurements are about."""
        return {"conditions": {"column": self.column}, "label": self.label}

    @property
    def width(self) -> float:
        """From the lowest to the highest point, to nine digits: what rounding leaves has no part in an order."""
        return 0.0 if self.curve is None else round(float(np.ptp(self.curve.y)), 9)

    def at(self, place: int) -> str | float:
        """Where a point of the curve lies: a number, or a category."""
        assert self.curve is not None  # noqa: S101  asked of a curve alone
        return self.levels[place] if self.levels else float(self.curve.x[place])


def ends_of(effect: Effect) -> tuple[Any, Any]:
    """Where the curve is lowest and highest; nothing where it is flat."""
    curve = effect.curve
    if curve is None or float(np.ptp(curve.y)) <= 10.0**-_DIGITS:
        return Text.of("none"), Text.of("none")
    return effect.at(int(np.argmin(curve.y))), effect.at(int(np.argmax(curve.y)))


def about(found: Iterator[Measurement], said: dict[str, Any]) -> Iterator[Measurement]:
    """The same measurements with what they are about."""
    return (one.model_copy(update=said) for one in found)


def of_loss(numbers: Floats, *, is_bounded: bool) -> Question:
    """What shuffling one column costs."""

    def of(rows: Rows, lost: Floats) -> Found:
        return rows.loss(lost) if is_bounded else mean_of(rows, lost)

    return Question(IMPORTANCE, IMPORTANCE_GAP, numbers, of)


def mean_of(rows: Rows, numbers: Floats) -> Found:
    """The mean of numbers [n] without bounds, of the rows where it is not NaN."""
    from auditkit.statistics import mean

    kept = np.isfinite(numbers) if rows.weights is None else np.isfinite(numbers) & (rows.weights > 0)
    weights = None if rows.weights is None else rows.weights[kept]
    units = None if rows.units is None else rows.units[kept]
    found = mean(numbers[kept], weights=weights, units=units, level=rows.level) if kept.any() else None
    if found is None:
        return Found(None, 0, None, "", None if units is None else 0)
    people = None if units is None else len(np.unique(units[units >= 0])) + int(np.count_nonzero(units < 0))
    return Found(found.value, found.n, found.limits, f"student, mean over {rows.over}", people)


def places(
    costs: Mapping[str, Floats], people: People, rng: np.random.Generator, level: float
) -> dict[str, tuple[int, Text]]:
    """The place of each column by what it is worth, the dearest first, and its places in `level` of the resamples.

    Args:
        costs: of each column, or another piece, by name, [n]; NaN where it is not known, or the row has none.
        people: whose rows they are, of whom are drawn again.
        rng: where the draws come from.
        level: of the confidence.
    """
    if not costs:
        return {}
    table = np.column_stack(list(costs.values()))
    known = np.isfinite(table) & (people.weights > 0)[:, None]
    owners, whose = np.unique(people.units, return_inverse=True)
    cells = np.zeros((len(owners), 2 * table.shape[1]))
    mass = people.weights[:, None] * known
    np.add.at(cells, whose, np.hstack([mass * np.where(known, table, 0.0), mass]))
    cells = cells[cells.any(axis=1)]
    drawn = (
        resample_clusters(np.round(cells, 12), _RESAMPLES, rng)[:, 0] if len(cells) else np.zeros((1, cells.shape[1]))
    )
    own, again = _order(_means(cells.sum(axis=0)[None]))[0], _order(_means(drawn))
    tail = (1 - level) / 2
    low, high = (np.quantile(again, end, axis=0, method="nearest") for end in (tail, 1 - tail))
    told = zip(costs, own, low, high, strict=True)
    return {
        name: (int(one), Text.of("{low} to {high}", low=int(first), high=int(last))) for name, one, first, last in told
    }


def _means(totals: Floats) -> Floats:
    """[..., c]: of sums and weights [..., 2c]; of what nobody drawn has, 0."""
    half = totals.shape[-1] // 2
    mass = totals[..., half:]
    return np.asarray(np.divide(totals[..., :half], mass, out=np.zeros(mass.shape), where=mass > 0))


def _order(totals: Floats) -> npt.NDArray[np.integer]:
    """[..., c]: 1 for the largest; equal ones share a place."""
    return np.asarray(1 + (totals[:, None, :] > totals[:, :, None] + 1e-12).sum(axis=2))


def columns_table(effects: Sequence[Effect], worth: Mapping[str, tuple[int, Text]]) -> Table:
    """A line a column and score; `worth`: the place of each column, none where nobody knows what is right."""
    names = ["column", "class", "rows", "lowest at", "highest at", "score goes by", "interval"]
    names += ["worth", "interval of the worth", "place", "place in resamples"] if worth else []
    lines: list[tuple[Any, ...]] = []
    for one in effects:
        quoted: dict[str, Any] = {"metric": RANGE, **one.about}
        told = (Quote(**quoted, shows="n"), *ends_of(one), Quote(**quoted), Quote(**quoted, shows="interval"))
        lines.append((one.column, one.label or Text.of("the score"), *told, *_worth(one.column, worth)))
    curved = {one.column for one in effects}
    for name in worth:
        if name not in curved:
            # Of sentences, pictures and names there is no curve, but they are worth something.
            quoted = {"metric": IMPORTANCE, "conditions": {"column": name}}
            none = (Text.of("no curve"),) * 4
            lines.append((name, Text.of("the score"), Quote(**quoted, shows="n"), *none, *_worth(name, worth)))
    title = Text.of("What each column does to the score, and what it is worth")
    return Table(title=title, columns=tuple(map(Text.of, names)), rows=tuple(lines), prominent=True)


def _worth(name: str, worth: Mapping[str, tuple[int, Text]]) -> tuple[Any, ...]:
    if name not in worth:
        return ()
    quoted: dict[str, Any] = {"metric": IMPORTANCE, "conditions": {"column": name}}
    return Quote(**quoted), Quote(**quoted, shows="interval"), *worth[name]


def groups_table(
    title: str, names: Sequence[str], measured: Iterable[tuple[tuple[Any, ...], Iterable[Measurement]]]
) -> Table | None:
    """A line a group, and one for how far groups lie apart: in place of a plot each, of which there would be many.

    Lines without a number would be most of it where groups are small: they are left out, and the measurements say why.

    Args:
        title: of the table.
        names: of the first columns.
        measured: the first cells of each piece or column, and what was measured of it; what is of all rows is no line.

    Returns:
        None: no group has a number.
    """
    lines = []
    for first, found in measured:
        for one in found:
            if one.value is None:
                continue
            for attribute, label in one.group.items():
                shown = Text.of("widest difference") if label == "*" else label
                lines.append((*first, attribute, shown, Quote.of(one), Quote.of(one, "interval")))
    columns = tuple(map(Text.of, (*names, "attribute", "group", "value", "interval")))
    return Table(title=Text.of(title), columns=columns, rows=tuple(lines)) if lines else None


def points_table(effects: Sequence[Effect], level: float) -> Table:
    """A line a point of each curve that is not flat."""
    lines = []
    for one in effects:
        curve = one.curve
        if curve is None or ends_of(one)[0] == Text.of("none"):
            continue
        half = curve.band(level)
        for place, value in enumerate(curve.y):
            told = (value, value - half[place], value + half[place])
            label = one.label or Text.of("the score")
            lines.append((one.column, label, one.at(place), *(round(float(number), _DIGITS) for number in told)))
    names = ("column", "class", "value", "effect on the score", "from", "to")
    title = Text.of("The curves, point by point; each point with its own interval")
    return Table(title=title, columns=tuple(map(Text.of, names)), rows=tuple(lines))


def charts(effects: Sequence[Effect], level: float) -> Iterator[Chart]:
    """The widest curves of numbers, with those of the groups."""
    of_numbers = [one for one in effects if one.curve is not None and not one.levels]
    for one in sorted(of_numbers, key=lambda one: -one.width)[:MOST_CHARTS]:
        curve = one.curve
        assert curve is not None  # noqa: S101  kept above
        if ends_of(one)[0] == Text.of("none"):
            continue
        half = curve.band(level)
        x = tuple(map(float, curve.x))
        name = Text.of("all rows, {level:percent} at each point", level=level)
        band = Area(name=name, x=x, low=_rounded(curve.y - half), high=_rounded(curve.y + half))
        lines = [Series(name=Text.of("all rows"), x=x, y=_rounded(curve.y))]
        for told in one.of_groups.values():
            lines += [Series(name=label, x=tuple(map(float, own.x)), y=_rounded(own.y)) for label, own in told.items()]
        of = {"column": one.column, "score": one.label or Text.of("the score")}
        yield Chart(
            kind="line",
            title=Text.of("How {score} goes with {column}, all else as it is", **of),
            x_label=Text.of("{column}", column=one.column),
            y_label=Text.of("effect on the score"),
            series=tuple(lines),
            areas=(band,),
        )


def _rounded(numbers: Floats) -> tuple[float, ...]:
    return tuple(round(float(number), _DIGITS) for number in numbers)


def is_told(curve: Curve, least: int) -> bool:
    """Whether a group's curve may be drawn: of as many people as groups are judged by, and at least ten."""
    return curve.people >= max(least, PEOPLE)
