"""What is told of an audit's groups, as sums of counts: what a reader of it knows exactly.

What follows from it is worked out in `bounding`, and what is not told for its sake is chosen in `withholding`.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from auditkit.finding import Finding

Cell = tuple[tuple[str, str], ...]
"""A group: its attributes and labels, sorted; () is everybody."""

TP, FP, FN, TN, UNKNOWN_CHOSEN, UNKNOWN_LEFT = OUTCOMES = range(6)
"""What became of a row: right and wrong decisions, and decisions about rows whose target nobody knows."""

CHOSEN = (TP, FP, UNKNOWN_CHOSEN)

COUNTED: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "selection_rate": (CHOSEN, tuple(OUTCOMES)),
    "accuracy": ((TP, TN), (TP, FP, FN, TN)),
    "target_prevalence": ((TP, FN), (TP, FP, FN, TN)),
    "true_positive_rate": ((TP,), (TP, FN)),
    "false_negative_rate": ((FN,), (TP, FN)),
    "false_positive_rate": ((FP,), (FP, TN)),
    "true_negative_rate": ((TN,), (FP, TN)),
    "precision": ((TP,), (TP, FP)),
    "false_discovery_rate": ((FP,), (TP, FP)),
    "negative_predictive_value": ((TN,), (TN, FN)),
    "false_omission_rate": ((FN,), (TN, FN)),
}
"""The rates that are shares of rows: which outcomes they count, among which."""

WHOLE = 1e-6
"""How far a number may be from a whole one that it stands for."""


@dataclass(frozen=True)
class Sum:
    """Some outcomes of one group, counted for one class."""

    cell: Cell
    label: str | None
    outcomes: tuple[int, ...]


@dataclass(frozen=True)
class Known:
    """A sum that is told, and which group's numbers tell it."""

    sum: Sum
    count: int

    @property
    def cell(self) -> Cell:
        """Whose numbers tell it."""
        return self.sum.cell

    @property
    def is_of_truth(self) -> bool:
        """Whether it says more than how many there are, and how many of them were chosen."""
        return self.sum.outcomes not in {tuple(OUTCOMES), CHOSEN}


@dataclass(frozen=True)
class Counts:
    """All counts behind the rates of an audit, before any is withheld."""

    rows: Mapping[Cell, int]
    """Of every group; () is everybody."""
    people: Mapping[Cell, int]
    """Of every group, where they are few: its rows, elsewhere."""
    shares: Mapping[tuple[str | None, str], Mapping[Cell, tuple[int | None, int, int]]]
    """By class and rate: of each group hits (None: no whole number, as of weights), the n, and its people."""

    @classmethod
    def of(cls, sizes: Mapping[Cell, int], findings: Iterable[Finding]) -> Counts:
        """The counts of what was measured; of `sizes` that are people, the rows where a rate tells them."""
        shares: dict[tuple[str | None, str], dict[Cell, tuple[int | None, int, int]]] = {}
        for finding in findings:
            for one in finding.measurements:
                if one.metric not in COUNTED or one.n is None or one.conditions or "*" in one.group.values():
                    continue
                cell = tuple(sorted(one.group.items()))
                hits = 0.0 if one.value is None else one.value * one.n
                whole = round(hits) if abs(hits - round(hits)) < WHOLE * max(1, one.n**0.5) else None
                if cell in sizes:
                    found = shares.setdefault((one.label, one.metric), {})
                    found.setdefault(cell, (whole, one.n, one.n if one.people is None else min(one.people, one.n)))
        rows = dict(sizes)
        for (_, metric), found in shares.items():
            if metric == "selection_rate":
                rows.update({cell: max(n, sizes[cell]) for cell, (_, n, _) in found.items()})
        return cls(rows, dict(sizes), shares)

    def within(self, attributes: Iterable[str]) -> Counts:
        """Those of groups of some attributes, and of everybody."""
        names = set(attributes)

        def kept(cell: Cell) -> bool:
            return all(name in names for name, _ in cell)

        shares = {key: {cell: one for cell, one in found.items() if kept(cell)} for key, found in self.shares.items()}
        rows, people = ({cell: n for cell, n in one.items() if kept(cell)} for one in (self.rows, self.people))
        return Counts(rows, people, shares)

    def known(self, cell: Cell, *, also_truth: bool) -> Iterator[Known]:
        """What is told when a group's numbers are: how many were chosen, and with the truth, all its rates."""
        for label in self.labels:
            yield Known(Sum(cell, label, tuple(OUTCOMES)), self.rows[cell])
        for (label, metric), found in self.shares.items():
            hits, n, _ = found.get(cell, (None, -1, 0))
            counted, among = COUNTED[metric]
            is_decision = metric == "selection_rate"
            if n < 0 or not (is_decision or also_truth) or (is_decision and n != self.rows[cell]):
                continue
            if not is_decision:
                yield Known(Sum(cell, label, among), n)
            if hits is not None:
                yield Known(Sum(cell, label, counted), hits)

    def count(self, wanted: Sum) -> int | None:
        """A sum's true value, where a rate has it for its denominator."""
        for metric, (_, among) in COUNTED.items():
            if among == wanted.outcomes and (found := self.shares.get((wanted.label, metric), {}).get(wanted.cell)):
                return found[1]
        return None

    @functools.cached_property
    def labels(self) -> tuple[str | None, ...]:
        """The classes that anything is counted of; (None,) when there is one question, or none."""
        found = {label for label, _ in self.shares}
        return tuple(sorted(found, key=lambda label: (label is not None, label or ""))) or (None,)

    @functools.cached_property
    def is_of_all_classes(self) -> bool:
        """Whether every row is chosen for exactly one of the classes, as everybody's numbers say."""
        chosen = [self.shares.get((label, "selection_rate"), {}).get(()) for label in self.labels if label is not None]
        return len(chosen) > 1 and sum((one and one[0]) or 0 for one in chosen) == self.rows[()]

    @functools.cached_property
    def outcomes(self) -> tuple[int, ...]:
        """Those that rows can have: none is unknown where all have targets, none is known where no rate needs them."""
        truths = [found[()][1] for (_, metric), found in self.shares.items() if metric == "accuracy" and () in found]
        if truths and all(n == self.rows[()] for n in truths):
            return (TP, FP, FN, TN)
        has_truth = any(metric != "selection_rate" for _, metric in self.shares)
        return tuple(OUTCOMES) if has_truth else (UNKNOWN_CHOSEN, UNKNOWN_LEFT)
