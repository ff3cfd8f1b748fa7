"""Withholds small cells, and the cells that would give them away, after judging and before the result is frozen.

A number about fewer than `THRESHOLD` people is withheld. A withheld number must not be had by subtraction either: not
from the whole and its other groups, and not from another rate of the same group.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from auditkit.document import Text
from auditkit.finding import Finding, GroupCount, Measurement
from auditkit.result import Attribute, GroupSize, Judgement, SplitSummary

THRESHOLD = 10
"""The smallest number of people that a number may be about (statistical disclosure control's usual threshold)."""

_WITHHELD = Text.of("withheld: it would tell about fewer than {threshold} people", threshold=THRESHOLD)

Cell = tuple[tuple[str, str], ...]
"""A group: its attributes and labels, sorted."""


@dataclass(frozen=True)
class SmallCells:
    """Which groups, and which measurements of a group, are withheld."""

    groups: frozenset[Cell]
    """Everything about these groups is withheld, their size too."""
    parts: frozenset[Cell]
    """Of these groups only what is about all of their rows is told."""

    def hides(self, measurement: Measurement, whole: int | None) -> bool:
        """Whether a measurement of one group is withheld; `whole` is how many rows the group has."""
        cell = cell_of(measurement)
        return cell in self.groups or (cell in self.parts and measurement.n != whole)


def cell_of(measurement: Measurement) -> Cell:
    """The group that a measurement is about; () is everybody."""
    return tuple(sorted(measurement.group.items()))


def find_small_cells(sizes: dict[Cell, int], findings: Iterable[Finding]) -> SmallCells:
    """The cells to withhold.

    Args:
        sizes: rows of every group and intersection of the audit split; () is everybody.
        findings: what was measured.
    """
    hidden = _with_siblings({cell for cell, rows in sizes.items() if 0 < rows < THRESHOLD}, sizes)
    small: set[Cell] = set()
    least: dict[Cell, int] = {}
    for finding in findings:
        for measurement in finding.measurements:
            cell = cell_of(measurement)
            if not cell or "*" in measurement.group.values() or measurement.n is None:
                continue
            if 0 < measurement.n < THRESHOLD:
                small.add(cell)
            least[cell] = min(least.get(cell, measurement.n), measurement.n)
    parts = _with_siblings(
        small - hidden, {cell: least.get(cell, rows) for cell, rows in sizes.items()}, already=hidden
    )
    return SmallCells(frozenset(hidden), frozenset(parts))


def _with_siblings(hidden: set[Cell], sizes: dict[Cell, int], already: Iterable[Cell] = ()) -> set[Cell]:
    """Hide, beside a single hidden group, the smallest of its siblings: one unknown is the whole less the others."""
    hidden = set(hidden)
    done = False
    while not done:
        done = True
        for family in _families(sizes):
            unknown = [cell for cell in family if cell in hidden or cell in set(already)]
            if not any(cell in hidden for cell in unknown):
                continue
            if len(unknown) >= 2 and sum(sizes[cell] for cell in unknown) >= THRESHOLD:  # noqa: PLR2004  two unknowns
                continue
            visible = [cell for cell in family if cell not in unknown and sizes[cell] > 0]
            if visible:
                hidden.add(min(visible, key=lambda cell: (sizes[cell], cell)))
                done = False
    return hidden


def _families(sizes: dict[Cell, int]) -> Iterator[list[Cell]]:
    """Groups that make up a whole together: the labels of one attribute, within each group of the others."""
    families: dict[tuple[Cell, str], list[Cell]] = {}
    for cell in sizes:
        for attribute, label in cell:
            rest = tuple(pair for pair in cell if pair != (attribute, label))
            families.setdefault((rest, attribute), []).append(cell)
    yield from families.values()


def suppress_findings(findings: Sequence[Finding], cells: SmallCells, sizes: dict[Cell, int]) -> tuple[Finding, ...]:
    """The same findings without the small cells."""
    return tuple(
        finding.model_copy(update={"measurements": tuple(suppress(m, cells, sizes) for m in finding.measurements)})
        for finding in findings
    )


def suppress_judgements(
    judgements: Sequence[Judgement], cells: SmallCells, sizes: dict[Cell, int]
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


def _without_small_numbers(judgement: Judgement, cells: SmallCells, sizes: dict[Cell, int]) -> Text:
    worst = judgement.worst
    if worst is not None and not worst.suppressed and suppress(worst, cells, sizes).suppressed:
        return Text.of("decided on a number that is withheld: it would tell about too few people")
    return judgement.reason


def suppress(measurement: Measurement, cells: SmallCells, sizes: dict[Cell, int]) -> Measurement:
    """The measurement, or the same one without value, interval and size."""
    compared = _suppress_parts(measurement.compared)
    if compared != measurement.compared:
        measurement = measurement.model_copy(update={"compared": compared})
    if "*" in measurement.group.values() or not measurement.group:
        return measurement
    small = measurement.n is not None and 0 < measurement.n < THRESHOLD
    if not small and not cells.hides(measurement, sizes.get(cell_of(measurement))):
        return measurement
    return measurement.model_copy(
        update={"value": None, "interval": None, "n": None, "undefined": _WITHHELD, "suppressed": True}
    )


def _suppress_parts(parts: tuple[GroupCount, ...]) -> tuple[GroupCount, ...]:
    sizes: dict[Cell, int] = {(("", part.label),): part.n for part in parts if part.n is not None}
    hidden = _with_siblings({cell for cell, n in sizes.items() if 0 < n < THRESHOLD}, sizes)
    return tuple(part.model_copy(update={"n": None}) if (("", part.label),) in hidden else part for part in parts)


def suppress_split(split: SplitSummary, cells: SmallCells) -> SplitSummary:
    """The split's group sizes without the small ones and their give-away."""
    return split.model_copy(
        update={"attributes": tuple(_suppress_attribute(attribute, cells) for attribute in split.attributes)}
    )


def _suppress_attribute(attribute: Attribute, cells: SmallCells) -> Attribute:
    sizes: dict[Cell, int] = {((attribute.name, group.label),): group.rows or 0 for group in attribute.groups}
    own = _with_siblings({cell for cell, rows in sizes.items() if 0 < rows < THRESHOLD}, sizes)
    hidden = own | cells.groups
    return attribute.model_copy(
        update={
            "groups": tuple(
                GroupSize(label=group.label, rows=None) if ((attribute.name, group.label),) in hidden else group
                for group in attribute.groups
            )
        }
    )
