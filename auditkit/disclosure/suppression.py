"""Withholds small cells, and the cells that would give them away, after judging and before the result is frozen.

A number about fewer than `THRESHOLD` people is withheld. A withheld number must not be had by subtraction either: not
from the whole and its other groups, not from another rate of the same group, and not from a gap that one of its ends
is withheld of: such a gap is told in steps so coarse that they hide as many people as the threshold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from auditkit.disclosure.few import IN_STEPS, THRESHOLD
from auditkit.disclosure.smallcells import (
    IN_ITS_OWN_UNIT,
    NOT_ABOUT_PEOPLE,
    TOLD_IN_STEPS,
    SmallCells,
    cell_of,
    find_small_cells,
    with_siblings,
)
from auditkit.disclosure.told import Cell
from auditkit.document import Text
from auditkit.finding import (
    JOINED,
    WITHHELD,
    Chart,
    Evidence,
    Finding,
    GroupCount,
    Interval,
    Measurement,
    Quote,
    Table,
)
from auditkit.finding import Cell as TableCell
from auditkit.result import Attribute, GroupSize, Judgement, SplitSummary
from auditkit.shown import Example

__all__ = [
    "THRESHOLD",
    "Cell",
    "SmallCells",
    "find_small_cells",
    "suppress",
    "suppress_findings",
    "suppress_judgements",
    "suppress_split",
]


STEPS = (0.01, 0.02, 0.05, 0.1, 0.2)
"""How coarsely a gap can be told; one that would need coarser steps is withheld."""

_WITHHELD = Text.of("withheld: it would tell about fewer than {threshold} people", threshold=THRESHOLD)


def suppress_findings(findings: Sequence[Finding], cells: SmallCells, sizes: Mapping[Cell, int]) -> tuple[Finding, ...]:
    """The same findings without the small cells."""
    return tuple(_suppress_finding(finding, cells, sizes) for finding in findings)


def _suppress_finding(finding: Finding, cells: SmallCells, sizes: Mapping[Cell, int]) -> Finding:
    measurements = tuple(suppress(one, cells, sizes) for one in finding.measurements)
    withheld = [one for one in measurements if one.suppressed]
    unlike = [new for new, old in zip(measurements, finding.measurements, strict=True) if new.value != old.value]
    evidence = tuple(
        told
        for one in finding.evidence
        if (names := _names(cells, one)) is not None
        and (told := _suppress_evidence(_less_coarse(one, unlike, names), names, withheld))
    )
    return finding.model_copy(update={"measurements": measurements, "evidence": evidence})


def _names(cells: SmallCells, evidence: Evidence) -> set[str]:
    """What the withheld groups are called in a table or chart: of one that says its attributes, only their groups."""
    withheld = (*cells.groups, *cells.parts)
    if isinstance(evidence, Table) and evidence.attributes:
        of_these = [dict(cell) for cell in withheld if {name for name, _ in cell} == set(evidence.attributes)]
        return {JOINED.join(cell[name] for name in evidence.attributes) for cell in of_these}
    return {label for cell in withheld for _, label in cell}


def _suppress_evidence(evidence: Evidence, names: set[str], withheld: Sequence[Measurement]) -> Evidence | None:
    """A table without the numbers beside a withheld group's name, a chart without its lines; None when none is left.

    A row that quotes measurements goes by these, and not by the names in it: its own numbers and sentences go when one
    of the quoted is withheld.
    """
    if isinstance(evidence, Example):
        return evidence  # of a row that the spec releases, or that its author made up
    if isinstance(evidence, Chart):
        series = tuple(one for one in evidence.series if not _is_named(str(one.name), names))
        return evidence.model_copy(update={"series": series}) if series else None
    rows = tuple(_bare(row, names) if _is_withheld(row, names, withheld) else row for row in evidence.rows)
    return evidence.model_copy(update={"rows": rows})


def _less_coarse(evidence: Evidence, unlike: Sequence[Measurement], names: set[str]) -> Evidence:
    """A table without the numbers of rows that rest on measurements which are not told as they were measured."""
    if not isinstance(evidence, Table) or not evidence.rests_on:
        return evidence
    rests = [any(quote.is_of(one) for quote in quotes for one in unlike) for quotes in evidence.rests_on]
    rows = tuple(_bare(row, names) if goes else row for row, goes in zip(evidence.rows, rests, strict=True))
    return evidence.model_copy(update={"rows": rows})


def _bare(row: tuple[TableCell, ...], names: set[str]) -> tuple[TableCell, ...]:
    """A row without its numbers, and behind its first cell without withheld names: a place among others is a number.

    Where the group with the lowest rate is one of few people, and nobody else is at 0, it would say that nobody is
    chosen of these few. That there is no number says something too: odds that are undefined may be those of nobody.
    """
    return tuple(
        cell
        if isinstance(cell, Quote) or (isinstance(cell, str) and (place == 0 or not _is_named(cell, names)))
        else WITHHELD
        for place, cell in enumerate(row)
    )


def _is_withheld(row: tuple[TableCell, ...], names: set[str], withheld: Sequence[Measurement]) -> bool:
    quotes = [cell for cell in row if isinstance(cell, Quote)]
    if quotes:
        return any(quote.is_of(one) for quote in quotes for one in withheld)
    return any(isinstance(cell, str) and _is_named(cell, names) for cell in row)


def _is_named(text: str, names: set[str]) -> bool:
    return text in names or not names.isdisjoint(text.split(JOINED))


def suppress_judgements(
    judgements: Sequence[Judgement], cells: SmallCells, sizes: Mapping[Cell, int]
) -> tuple[Judgement, ...]:
    """The same judgements; what they quote is withheld as in the findings, what they decided stands."""
    return tuple(
        judgement.model_copy(
            update={
                "worst": None if judgement.worst is None else suppress(judgement.worst, cells, sizes),
                "listed": tuple(suppress(measurement, cells, sizes) for measurement in judgement.listed),
                "reason": _without_small_numbers(judgement, cells, sizes),
            }
        )
        for judgement in judgements
    )


def _without_small_numbers(judgement: Judgement, cells: SmallCells, sizes: Mapping[Cell, int]) -> Text:
    worst = judgement.worst
    if worst is None or worst.suppressed:
        return judgement.reason
    told = suppress(worst, cells, sizes)
    if told.suppressed:
        return Text.of("decided on a number that is withheld: it would tell about too few people")
    if told.value == worst.value and told.interval == worst.interval:
        return judgement.reason
    return Text.of("decided on a number that is told coarsely: it would tell about too few people")


def suppress(measurement: Measurement, cells: SmallCells, sizes: Mapping[Cell, int]) -> Measurement:
    """The measurement, or the same one without value, interval and size."""
    if "*" in measurement.group.values():
        if cells.hides_stratum(measurement):
            return _withheld(measurement)
        return _suppress_gap(measurement, cells, sizes)
    other = tuple(sorted((measurement.versus or {}).items()))
    if other and cells.hides_other(other, measurement.metric):
        # That a withheld group is the best of all says how it does.
        return _withheld(measurement).model_copy(update={"versus": None})
    if measurement.metric in NOT_ABOUT_PEOPLE:
        return measurement
    if not measurement.group:
        # A part of all rows, such as the few of one class; of a whole audit of a few rows everything is told.
        is_small = measurement.n is not None and 0 < measurement.n < min(THRESHOLD, sizes.get((), THRESHOLD))
        return _withheld(measurement) if is_small else measurement
    wholes = {sizes.get(cell_of(measurement)), *([sizes.get(other)] if other else [])}
    return _withheld(measurement) if cells.hides(measurement, wholes) else measurement


def _withheld(measurement: Measurement) -> Measurement:
    gone = {"value": None, "interval": None, "n": None, "people": None, "undefined": _WITHHELD, "suppressed": True}
    return measurement.model_copy(update=gone)


def _suppress_gap(gap: Measurement, cells: SmallCells, sizes: Mapping[Cell, int]) -> Measurement:
    """A gap without the sizes of withheld groups, told coarsely when such a group took part in it."""
    if not gap.compared:
        # It does not say who took part: it may be any.
        return _withheld(gap) if cells.touch(gap) else gap
    withheld = {part.label for part in gap.compared if cells.hides_part(gap, part, sizes)}
    ends = [part.n or 0 for part in gap.compared if part.compared and part.label in withheld]
    hidden = _with_larger(withheld, gap.compared)
    told = tuple(part.model_copy(update={"n": None}) if part.label in hidden else part for part in gap.compared)
    gap = gap.model_copy(update={"compared": told})
    if not ends:
        return gap
    # The sum of all that took part, less those that are told, is the size of the one that is not.
    gap = gap.model_copy(update={"n": None})
    return gap if gap.value is None else _coarse(gap, min(ends))


def _with_larger(labels: set[str], parts: Sequence[GroupCount]) -> set[str]:
    """Labels whose sizes go, and more where these are all but one: the sizes of one gap make a table of their own."""
    sizes: dict[Cell, int] = {(("", part.label),): part.n for part in parts if part.n is not None}
    hidden = with_siblings({cell for cell in sizes if cell[0][1] in labels}, sizes)
    return {cell[0][1] for cell in hidden} | labels


def _coarse(gap: Measurement, smallest: int) -> Measurement:
    """The gap in steps of at least `THRESHOLD` people of the smallest withheld group that took part."""
    step = next((step for step in STEPS if step * smallest >= THRESHOLD), None)
    if step is None or gap.value is None or not _is_of_shares(gap.metric):
        return _withheld(gap)
    value = round(round(gap.value / step) * step, 2)
    if gap.interval is None:
        return gap.model_copy(update={"value": value})
    low = min(value, round(math.floor(gap.interval.low / step) * step, 2))
    high = max(value, round(math.ceil(gap.interval.high / step) * step, 2))
    interval = Interval(
        low=low,
        high=high,
        level=gap.interval.level,
        method=f"{gap.interval.method}{IN_STEPS}{step:g}",
        simultaneous=gap.interval.simultaneous,
    )
    return gap.model_copy(update={"value": value, "interval": interval})


def _is_of_shares(metric: str) -> bool:
    of = metric.removesuffix("_difference")
    return metric in TOLD_IN_STEPS or (of != metric and of not in IN_ITS_OWN_UNIT)


def suppress_split(split: SplitSummary, cells: SmallCells) -> SplitSummary:
    """The split's group sizes without the small ones and their give-away."""
    return split.model_copy(
        update={"attributes": tuple(_suppress_attribute(attribute, cells) for attribute in split.attributes)}
    )


def _suppress_attribute(attribute: Attribute, cells: SmallCells) -> Attribute:
    sizes: dict[Cell, int] = {((attribute.name, group.label),): group.rows or 0 for group in attribute.groups}
    small = {cell for cell, rows in sizes.items() if 0 < rows < THRESHOLD}
    hidden = with_siblings(small | (cells.groups & sizes.keys()), sizes)
    return attribute.model_copy(
        update={
            "groups": tuple(
                GroupSize(label=group.label, rows=None) if ((attribute.name, group.label),) in hidden else group
                for group in attribute.groups
            )
        }
    )
