"""What is told of the slices: those found, how they rank, and what could have been found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Quote, Table, Text
from auditkit.statistics import Searched, Slices, detectable_excess, divergence_t, slice_effects, sliceline_score
from auditkit_fairness.cards.worst import FOUND_SLICE
from auditkit_fairness.worst.dividing import Divisions
from auditkit_fairness.worst.halves import FEWEST, Effect, Halves, mean_of_halves
from auditkit_fairness.worst.losses import Losses

Floats = npt.NDArray[np.floating]

MOST = 10
"""Slices that are told of."""
_DIGITS = 4


@dataclass(frozen=True)
class Told:
    """One question's slices."""

    case: Case[Any]
    losses: Losses
    divisions: Divisions
    slices: Slices
    searched: Searched
    halves: Halves
    picks: tuple[Sequence[int], Sequence[int]]
    """The slices that either half picks."""

    @cached_property
    def found(self) -> list[tuple[int, int]]:
        """Slices that do worse than chance allows, the surest first, each with how many were folded into it.

        Folded is what does not do worse than chance allows among the rows that lie in none told of before.
        """
        p, critical = self.searched.p, self.searched.critical(self.case.level)
        worse = [int(place) for place in np.flatnonzero(p <= 1 - self.case.level)]
        kept: list[int] = []
        left = np.ones(len(self.losses.values), dtype=bool)
        statistic = self.searched.statistic
        while worse and len(kept) < MOST:
            best = max(worse, key=lambda place: (round(float(statistic[place]), 9), int(self.slices.rows[place])))
            if kept and statistic[best] < critical:
                break
            own = self._simplest(best, worse) if not kept else best
            kept.append(own)
            worse = [place for place in worse if place not in {best, own}]
            left &= ~self.slices.inside(own)
            statistic = self._among(np.flatnonzero(left))
        # One that was put in the place of a narrower one has taken that in.
        folded = dict.fromkeys(kept, 0)
        for place in np.flatnonzero(p <= 1 - self.case.level).tolist():
            if place not in folded:
                folded[max(kept, key=lambda one: self._overlap(place, one))] += 1
        return list(folded.items())

    def _among(self, rows: npt.NDArray[np.integer]) -> Floats:
        """[slices]: the statistics of some rows alone; of slices of which too few are left, none."""
        own, inside = self.losses.take(rows), self.slices.take(rows)
        enough = (inside.rows >= FEWEST) & (len(rows) - inside.rows >= FEWEST)
        if not enough.any():
            return np.full(len(self.slices), -np.inf)
        with np.errstate(divide="ignore", invalid="ignore"):
            effect, error = slice_effects(own.values, inside, **own.counted)
            return np.where(enough & (error > 0), effect / error, -np.inf)

    def _overlap(self, one: int, other: int) -> int:
        return int((self.slices.inside(one) & self.slices.inside(other)).sum())

    def _simplest(self, place: int, worse: Sequence[int]) -> int:
        """The slice of fewest columns that holds this one, and is as sure within one standard error."""
        named, statistic = set(self.slices.named[place]), self.searched.statistic
        wider = [one for one in worse if set(self.slices.named[one]) < named and statistic[one] >= statistic[place] - 1]
        return min(wider, key=lambda one: (len(self.slices.named[one]), -statistic[one]), default=place)

    def held_out(self, place: int) -> Effect | None:
        """What the other half says, of each that picked the slice."""
        return mean_of_halves([self.halves.measured(place, half) for half in (0, 1) if place in self.picks[half]])

    def measurements(self) -> list[Measurement]:
        """One a slice that is told of."""
        return [self._measured(place) for place, _ in self.found[:MOST]]

    def _measured(self, place: int) -> Measurement:
        about: dict[str, Any] = {"metric": FOUND_SLICE.name, "label": self.losses.label, "better": "lower"}
        about |= self.divisions.named(self.slices.named[place])
        effect = self.held_out(place)
        if effect is None:
            why = Text.of("neither half of the people picks this slice by itself")
            return Measurement(value=None, undefined=why, n=int(self.slices.rows[place]), **about)
        return told_effect(effect, self.losses, self.case.level, **about)

    def found_table(self) -> Table:
        """A line a slice found."""
        low, high = self.searched.bounds(self.case.level)
        if self.losses.is_share:
            low, high = np.maximum(low, -1.0), np.minimum(high, 1.0)
        lines: list[tuple[Any, ...]] = []
        for place, folded in self.found[:MOST]:
            measured = self._measured(place)
            told = (Quote.of(measured), Quote.of(measured, "interval"))
            ends = (_rounded(float(low[place])), _rounded(float(high[place])))
            p = _rounded(float(self.searched.p[place]))
            lines.append((self._named(place), int(self.slices.rows[place]), p, *told, *ends, folded))
        names = (
            "slice", "rows", "adjusted p", "worse by, on the half that did not pick it", "interval",
            "on all rows, for all slices at once: from", "up to", "others folded into it",
        )  # fmt: skip
        title = Text.of(
            "Slices where the model does worse than chance allows: {what}; {count} slices searched",
            what=self.losses.name,
            count=len(self.slices),
        )
        none = (Text.of("none was found"), *(Text.of("none"),) * (len(names) - 1))
        return Table(title=title, columns=tuple(map(Text.of, names)), rows=tuple(lines) or (none,), prominent=True)

    def _named(self, place: int) -> Text:
        return self.divisions.words(self.slices.named[place])

    def ranks_table(self) -> Table:
        """How other tools rank the slices: by scores that say where to look."""
        losses, weights = self.losses, self.losses.weights
        mass = np.ones(len(losses.values)) if weights is None else weights
        size, total = (self._sums(one) for one in (mass, mass * losses.values))
        n, everything = float(mass.sum()), float(np.dot(mass, losses.values))
        score = sliceline_score(total / size, size, overall=everything / n, n=n)
        is_counted = weights is None and bool(np.isin(losses.values, (0.0, 1.0)).all())
        apart = divergence_t(total, size, all_hits=everything, n=n) if is_counted else None
        order = np.lexsort((-self.slices.rows, -np.nan_to_num(score, nan=-np.inf)))[:MOST]
        lines: list[tuple[Any, ...]] = []
        for place in order.tolist():
            # Coarsely, and without the rows: of both scores in full the losses of a slice could be solved for.
            line: tuple[Any, ...] = (self._named(place),)
            line += (Text.of("none") if np.isnan(score[place]) else round(float(score[place]), 2),)
            line += () if apart is None else (round(float(apart[place]), 1),)
            lines.append((*line, _rounded(float(self.searched.p[place]))))
        names = ["slice", "SliceLine's score"]
        names += [] if apart is None else ["DivExplorer's t"]
        title = Text.of("How other tools rank the slices, which says where to look: {what}", what=losses.name)
        return Table(title=title, columns=tuple(map(Text.of, (*names, "adjusted p"))), rows=tuple(lines))

    def _sums(self, values: Floats) -> Floats:
        return np.concatenate(
            [np.bincount(self.slices.cells_of(one), values, one.all_cells)[one.cells] for one in self.slices.crossings]
        )

    def power_table(self) -> Table:
        """What was searched, and how much worse a slice must do to be found in four audits of five."""
        critical = self.searched.critical(self.case.level)
        smallest, largest = int(np.argmin(self.slices.rows)), int(np.argmax(self.slices.rows))
        looked = ", ".join(one.name for one in self.divisions.columns)
        lines: list[tuple[Any, Any]] = [
            (Text.of("attributes and columns"), looked),
            (Text.of("slices"), len(self.slices)),
            (Text.of("rows"), len(self.losses.values)),
            (Text.of("draws"), len(self.searched.largest)),
            (Text.of("the largest effect by chance, in standard errors: mean"), float(self.searched.largest.mean())),
            (Text.of("the same, seldom exceeded"), critical),
            (Text.of("the largest effect here, in standard errors"), float(self.searched.statistic.max())),
            (Text.of("rows of the smallest slice"), int(self.slices.rows[smallest])),
            (Text.of("it is found in 4 of 5 audits if worse by"), self._needed(critical, smallest)),
            (Text.of("rows of the largest slice"), int(self.slices.rows[largest])),
            (Text.of("it is found in 4 of 5 audits if worse by"), self._needed(critical, largest)),
        ]
        rows = tuple((name, _rounded(one) if isinstance(one, float) else one) for name, one in lines)
        title = Text.of("What was searched, and what could have been found: {what}", what=self.losses.name)
        return Table(title=title, columns=(Text.of("what"), Text.of("number")), rows=rows)

    def _needed(self, critical: float, place: int) -> float | Text:
        """How much worse a slice must do to be found in four audits of five."""
        values, rows = self.losses.values, int(self.slices.rows[place])
        is_counted = bool(np.isin(values, (0.0, 1.0)).all())
        rate = float(np.average(values, weights=self.losses.weights)) if is_counted else None
        error = float(self.searched.error[place])
        found = detectable_excess(critical, error, rows=rows, n=len(values), rate=rate)
        return Text.of("never: not even if it were always wrong") if found is None else found

    def readings(self) -> Iterator[Measurement | Table]:
        """All that is told beside what is judged."""
        yield from self.measurements()
        yield self.found_table()
        yield self.ranks_table()
        yield self.power_table()


def told_effect(effect: Effect, losses: Losses, level: float, **about: Any) -> Measurement:
    """An effect as a measurement."""
    kind = "wilson" if losses.is_share else "student"
    method = f"{kind}, squared and added, mean of two halves"
    interval = Interval(low=effect.low, high=effect.high, level=level, method=method)
    people = None if losses.units is None else effect.people
    return Measurement(value=effect.value, interval=interval, n=effect.n, people=people, **about)


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")
