"""Which groups are too small to be told about, and which others must go with them so that nobody can subtract.

Rows whose group is not known are no group: how many there are is told, as the data's quality demands.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from auditkit.disclosure.few import THRESHOLD
from auditkit.disclosure.told import Cell, Counts
from auditkit.disclosure.withholding import Withheld, withhold_until_unsolvable
from auditkit.finding import JOINED, Finding, GroupCount, Measurement

TOLD_BESIDE_WITHHELD = frozenset(
    {
        *("selection_rate", "demographic_parity_difference", "demographic_parity_ratio", "impact_ratio"),
        *("selection_rate_ratio", "selection_rate_effect_size", "selection_rate_variance", "common_odds_ratio"),
        *("conditional_demographic_disparity", "multiclass_demographic_parity_difference"),
        *("differential_fairness_epsilon", "scoring_rate", "scoring_impact_ratio", "scoring_rate_difference"),
        *("scoring_rate_ratio", "worst_label_demographic_parity_difference", "worst_label_demographic_parity_ratio"),
    }
)
"""Metrics that stay when another number of the same group is withheld. They rest on what the model says alone: what is
true of few people cannot be solved from them, as it can from accuracy where nobody, or everybody, was chosen. (Where
the rest that is told makes of each decision a truth, as of a model that is always right, the whole group is withheld.)
"""

OF_ERRORS = frozenset({"treatment_equality", "treatment_equality_ratio"})
"""Metrics whose denominator is the number of errors. Few errors are withheld here, and nothing beside them: nobody
knows whom the model is wrong about, and how often it is wrong about a large group is what an audit is for."""

IN_ITS_OWN_UNIT = frozenset(
    {
        "mean_error", "mean_absolute_error", "root_mean_squared_error", "r2_score", "mean_prediction",
        "positive_class_score", "negative_class_score", "f1_score", "mean_set_size", "abstention_benefit",
    }
)  # fmt: skip
"""What differences are of that are no shares: one person of n can move them by more than 1 / n, and by any amount."""

NOT_ABOUT_PEOPLE = frozenset(
    {
        "missing_records", "faulty_records", "expired_records", "responsibility_faults", "unsupported_statements",
        "broken_evidence_links", "unsupported_measures", "provenance_holes", "silent_operators",
    }
)  # fmt: skip
"""Counts of records and of what is wrong with them: few of these are not few people."""

TOLD_IN_STEPS = frozenset({"prediction_kolmogorov_distance", "protected_flip_rate", "protected_intervention_effect"})
"""Comparisons that can be told coarsely as differences of shares can. All others go when a withheld group has a part in
them: one person of n moves a ratio, its log or an effect size by far more than 1 / n where rates are low."""

STRATA = "strata"
"""The condition that names within what rows were compared. Where it is an attribute, the number is made of the cells
of a table by both, and one that is withheld there can be solved for."""

MOST_UNKNOWNS = 1_000
"""With more withheld cells than this, whole tables of groups go, and nothing is solved for."""

Families = list[tuple[Cell, list[Cell]]]
"""A whole, and the groups that make it up."""


@dataclass(frozen=True)
class SmallCells:
    """Which groups, and which measurements of a group, are withheld."""

    groups: frozenset[Cell]
    """Everything about these groups is withheld, their size too."""
    parts: frozenset[Cell]
    """Of these groups only how often they were chosen is told, which is about all of their rows."""

    def hides(self, measurement: Measurement, wholes: Collection[int | None]) -> bool:
        """Whether a measurement of one group is withheld; `wholes`: the rows of it, and of whom it is held against."""
        if self.hides_stratum(measurement):
            return True
        return self._hides(cell_of(measurement), measurement.metric, measurement.n, wholes, measurement.judged_by)

    def hides_stratum(self, measurement: Measurement) -> bool:
        """Whether a group, or the one or all that it is compared with, has a withheld cell within the strata."""
        strata = measurement.conditions.get(STRATA)
        if strata is None:
            return False
        attributes = tuple(sorted({*measurement.group, strata}))
        # Of a group against all others the share in each stratum is told, and so is every cell a part of the number.
        ends = [{}] if measurement.versus is None else [measurement.group, measurement.versus]
        return any(
            _attributes(cell) == attributes and any(end.items() <= dict(cell).items() for end in ends)
            for cell in self.groups
        )

    def hides_other(self, other: Cell, metric: str) -> bool:
        """Whether a comparison with this other group is withheld."""
        return other in self.groups or (other in self.parts and metric not in TOLD_BESIDE_WITHHELD)

    def hides_part(self, gap: Measurement, part: GroupCount, sizes: Mapping[Cell, int]) -> bool:
        """Whether the size of one group in a gap is withheld."""
        cell = cell_of_part(gap, part.label)
        if cell is None:
            return self.touch(gap)
        return self._hides(cell, gap.metric, part.n, [sizes.get(cell)], part.n)

    def _hides(
        self, cell: Cell, metric: str, n: int | None, wholes: Collection[int | None], people: int | None
    ) -> bool:
        if cell in self.groups or (people is not None and 0 < people < THRESHOLD):
            return True
        return cell in self.parts and not (metric in TOLD_BESIDE_WITHHELD and n in wholes)

    def touch(self, gap: Measurement) -> bool:
        """Whether any group that a gap compares, or could compare, is withheld."""
        return tuple(sorted(gap.group)) in self._attributes

    @functools.cached_property
    def _attributes(self) -> frozenset[tuple[str, ...]]:
        return frozenset(_attributes(cell) for cell in self.groups | self.parts)


def cell_of(measurement: Measurement) -> Cell:
    """The group that a measurement is about; () is everybody."""
    return tuple(sorted(measurement.group.items()))


def cell_of_part(gap: Measurement, label: str) -> Cell | None:
    """The group that a gap's part is about; None when its label does not tell."""
    open_attributes = [name for name, value in gap.group.items() if value == "*"]
    labels = label.split(JOINED) if len(open_attributes) > 1 else [label]
    if len(labels) != len(open_attributes):
        return None
    return tuple(sorted({**gap.group, **dict(zip(open_attributes, labels, strict=True))}.items()))


def find_small_cells(sizes: Mapping[Cell, int], findings: Iterable[Finding]) -> SmallCells:
    """The cells to withhold.

    Args:
        sizes: rows of every group and intersection of the audit split; () is everybody.
        findings: what was measured, before anything is withheld.
    """
    findings = list(findings)
    families = list(_families(sizes))
    hidden = with_siblings({cell for cell, rows in sizes.items() if 0 < rows < THRESHOLD}, sizes, families)
    small: set[Cell] = set()
    least = dict(sizes)
    for cell, n in _denominators(findings):
        if 0 < n < THRESHOLD:
            small.add(cell)
        if n > 0:
            least[cell] = min(least.get(cell, n), n)
    parts = with_siblings(small - hidden, least, families, already=hidden) - hidden
    withheld = Withheld(hidden, parts)
    if hidden or parts:
        withhold_until_unsolvable(Counts.of(sizes, findings), withheld, families, THRESHOLD)
    return SmallCells(frozenset(withheld.groups), frozenset(withheld.parts))


def _denominators(findings: Iterable[Finding]) -> Iterator[tuple[Cell, int]]:
    for finding in findings:
        for measurement in finding.measurements:
            if measurement.metric in OF_ERRORS:
                continue
            if "*" not in measurement.group.values() and measurement.group and measurement.judged_by is not None:
                yield cell_of(measurement), measurement.judged_by
            for part in measurement.compared:
                cell = cell_of_part(measurement, part.label)
                if cell is not None and part.n is not None:
                    yield cell, part.n


def with_siblings(
    small: set[Cell], sizes: Mapping[Cell, int], families: Families | None = None, already: Iterable[Cell] = ()
) -> set[Cell]:
    """The small cells, and those that have to be withheld with them.

    Beside a single withheld group the smallest of its siblings goes too, since one unknown is the whole less the
    others; so does another one where all withheld together are under the threshold. What can still be solved for over
    several tables at once takes one more with it.

    Args:
        small: cells to withhold.
        sizes: the number of people of every cell.
        families: of `sizes`, when they are known.
        already: cells that are unknown to a reader anyway.
    """
    families = list(_families(sizes)) if families is None else families
    hidden, known = set(small), frozenset(already)
    while True:
        _close(hidden, known, sizes, families)
        more = _give_away(small, hidden | known, sizes, families) - hidden
        if not more:
            return hidden
        hidden |= more


def _close(hidden: set[Cell], already: frozenset[Cell], sizes: Mapping[Cell, int], families: Families) -> None:
    """Withhold siblings until no family has a single unknown group, or unknown groups of too few people."""
    changed = True
    while changed:
        changed = False
        for _, family in families:
            unknown = [cell for cell in family if cell in hidden or cell in already]
            if not any(cell in hidden for cell in unknown):
                continue
            if len(unknown) >= 2 and sum(sizes[cell] for cell in unknown) >= THRESHOLD:  # noqa: PLR2004  two unknowns
                continue
            visible = [cell for cell in family if cell not in unknown and sizes[cell] > 0]
            if visible:
                hidden.add(min(visible, key=lambda cell: (sizes[cell], cell)))
                changed = True


def _give_away(small: set[Cell], unknown: set[Cell], sizes: Mapping[Cell, int], families: Families) -> set[Cell]:
    """Cells to withhold because the others' sums determine a small one."""
    if len(unknown) > MOST_UNKNOWNS:
        tables = {_attributes(cell) for cell in small}
        return {cell for cell, n in sizes.items() if _attributes(cell) in tables and n > 0}
    more: set[Cell] = set()
    for cell in _determined(unknown, families) & small:
        lines = [family for _, family in families if cell in family]
        visible = [other for line in lines for other in line if other not in unknown and sizes[other] > 0]
        table = [other for other in sizes if _attributes(other) == _attributes(cell)]
        visible = visible or [other for other in table if other not in unknown and sizes[other] > 0]
        if visible:
            more.add(min(visible, key=lambda other: (sizes[other], other)))
    return more


def _determined(unknown: set[Cell], families: Families) -> set[Cell]:
    """The unknown cells that have one solution, if every family adds up to its whole."""
    import numpy as np

    place = {cell: index for index, cell in enumerate(sorted(unknown))}
    sums = [
        [(place[cell], 1.0) for cell in family if cell in place] + ([(place[whole], -1.0)] if whole in place else [])
        for whole, family in families
    ]
    sums = [terms for terms in sums if terms]
    if not sums:
        return set()
    matrix = np.zeros((len(sums), len(place)))
    for row, terms in enumerate(sums):
        for column, factor in terms:
            matrix[row, column] = factor
    _, strengths, directions = np.linalg.svd(matrix, full_matrices=True)
    free = directions[int(np.count_nonzero(strengths > _TOLERANCE)) :]
    return {cell for cell, index in place.items() if not (np.abs(free[:, index]) > _TOLERANCE).any()}


_TOLERANCE = 1e-8


def _attributes(cell: Cell) -> tuple[str, ...]:
    return tuple(name for name, _ in cell)


def _families(sizes: Mapping[Cell, int]) -> Iterator[tuple[Cell, list[Cell]]]:
    """Groups that make up a whole together: the labels of one attribute, within each group of the others."""
    families: dict[tuple[Cell, str], list[Cell]] = {}
    for cell in sizes:
        for attribute, label in cell:
            rest = tuple(pair for pair in cell if pair != (attribute, label))
            families.setdefault((rest, attribute), []).append(cell)
    yield from ((rest, family) for (rest, _), family in families.items())
