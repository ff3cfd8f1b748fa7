"""Gaps between groups with sites pooled and with sites held equal, and what of a gap is that groups are elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Quote, Table, Text
from auditkit.segments import FEWEST, Grouping
from auditkit.statistics import (
    RATES,
    Gap,
    Limits,
    Shares,
    bootstrap_clusters,
    bootstrap_counts,
    code_outcomes,
    combined,
    count_outcomes,
    family_level,
    newcombe,
    own_units,
    wilson,
)
from auditkit_fairness.cards.sites import RATES_COMPARED
from auditkit_fairness.comparing import Compared, people_of
from auditkit_fairness.questions import Question

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_FEWEST_SITES = 2
_EVERYBODY = RATES["selection_rate"]
_Between = tuple[float, Limits]
"""How far one group lies above another, with its interval."""


def gaps_over_sites(
    case: Case[Any], site: Grouping, grouping: Grouping, question: Question, who: dict[str, Any]
) -> Iterator[Measurement | Table]:
    """The gap between groups in each rate: with sites pooled, held equal, and what of it goes away.

    Args:
        case: the rows.
        site: where they come from.
        grouping: whom to compare.
        question: what was decided.
        who: `weights` and `units` of the rows, None where they say nothing.
    """
    rows = []
    for rate in RATES_COMPARED:
        if rate in question.rates:
            found = SiteGaps.of(case, site, grouping, question, rate, who).measured()
            yield from found
            rows.append((Text.of(RATES_COMPARED[rate][0]), *(cell for one in found for cell in quoted(one))))
    heads = ("gap in", "sites pooled", "interval", "sites held equal", "interval", "goes away", "interval")
    about = {"attribute": grouping.name, "site": site.name}
    title = Text.of("What of a gap between groups goes away with sites held equal: {attribute} by {site}", **about)
    if question.label is not None:
        title = Text.of(
            "What of a gap between groups goes away with sites held equal: {attribute} by {site}, for {label}",
            **about,
            label=question.label,
        )
    columns = tuple(Text.of(head) for head in heads)
    yield Table(title=title, columns=columns, rows=tuple(rows), attributes=grouping.attributes, prominent=True)


def quoted(one: Measurement) -> tuple[Quote | Text, ...]:
    """A measurement and its interval, as cells of a table."""
    return Quote.of(one), Text.of("does not apply") if one.interval is None else Quote.of(one, "interval")


@dataclass(frozen=True)
class SiteGaps:
    """One rate by site and group."""

    case: Case[Any]
    compared: Compared
    rate: str
    site: str
    cells: Integers
    """[n]: of each row its place in [sites, groups, 2], the last 0 for hits; -1: the rate does not look at it."""
    shares: Shares
    """[sites x groups]"""
    people: Integers
    """[sites, groups]"""
    who: dict[str, Any]

    @classmethod
    def of(
        cls, case: Case[Any], site: Grouping, grouping: Grouping, question: Question, rate: str, who: dict[str, Any]
    ) -> SiteGaps:
        """Count the answers to one question."""
        count = len(grouping.members)
        looked_at = np.isin(question.outcomes, RATES[rate].among) & (site.codes >= 0) & (grouping.codes >= 0)
        looked_at &= True if case.weights is None else case.weights > 0
        hits = np.isin(question.outcomes, RATES[rate].hits)
        crossed = np.where(looked_at, site.codes * count + grouping.codes, -1)
        table = count_outcomes(crossed, code_outcomes(hits), group_count=len(site.members) * count, **who)
        shares, people = table.shares(_EVERYBODY, level=case.level), table.people(_EVERYBODY).reshape(-1, count)
        units = None if case.units is None else case.units.codes
        of_groups = people_of(np.where(looked_at, grouping.codes, -1), count, units)
        sizes = shares.n.reshape(-1, count).sum(axis=0)
        compared = Compared(grouping, question.label, sizes, case.min_group_size, of_groups)
        return cls(case, compared, rate, site.name, np.where(looked_at, crossed * 2 + ~hits, -1), shares, people, who)

    @cached_property
    def _pairs(self) -> list[tuple[int, int, Integers]]:
        """Each two groups that are large enough, and the sites that have enough people of both."""
        large = np.flatnonzero(self.compared.takes_part)
        pairs = [
            (int(one), int(other), np.flatnonzero((self.people[:, [one, other]] >= FEWEST).all(axis=1)))
            for one, other in combinations(large, 2)
        ]
        return [pair for pair in pairs if len(pair[2]) >= _FEWEST_SITES]

    def measured(self) -> tuple[Measurement, Measurement, Measurement]:
        """Sites pooled, sites held equal, and what goes away."""
        names = (f"pooled_{self.rate}_difference", f"standardised_{self.rate}_difference")
        carried = f"site_carried_{self.rate}_difference"
        condition = {"strata": self.site}
        if not self._pairs:
            why = self.compared.too_few or Text.of(
                "no two groups both have {least} people at each of two sites", least=FEWEST
            )
            abouts = [self.compared.about(name, "lower") for name in names] + [self.compared.about(carried, "target")]
            first, second, third = (
                Measurement(value=None, undefined=why, conditions=condition, **one) for one in abouts
            )
            return first, second, third
        level = family_level(self.case.level, len(self._pairs))
        pooled = [self._pooled(*pair, level) for pair in self._pairs]
        equal = [self._held_equal(*pair, level) for pair in self._pairs]
        told = [
            self.compared.measure(name, _widest(ends), level=self.case.level, method=method).model_copy(
                update={"conditions": condition}
            )
            for name, ends, method in zip(
                names, (pooled, equal), ("newcombe", "mover of wilson limits over sites"), strict=True
            )
        ]
        furthest = int(np.argmax([abs(value) for value, _ in pooled]))
        one, other, sites = self._pairs[furthest]
        ends = (one, other) if pooled[furthest][0] >= 0 else (other, one)
        value, (low, high) = self._carried(ends[0], ends[1], sites, level)
        about = self.compared.about(carried, "target") | {"conditions": condition}
        if not np.isfinite([low, high]).all():
            why = Text.of("of so few rows or units nobody knows how it varies")
            return told[0], told[1], Measurement(value=None, undefined=why, **about)
        family = len(self._pairs) > 1
        interval = Interval(
            low=min(float(low), value), high=max(float(high), value), level=self.case.level,
            method="bca bootstrap, or mover of wilson limits" + (", all pairs" if family else ""), simultaneous=family,
        )  # fmt: skip
        return told[0], told[1], Measurement(value=value, interval=interval, **about)

    @cached_property
    def _masses(self) -> Floats:
        """[sites, groups]: rows, or sums of weights."""
        inside = self.cells >= 0
        weights = None if self.who["weights"] is None else self.who["weights"][inside]
        sums = np.bincount(self.cells[inside] // 2, weights, self.people.size)
        return sums.astype(float).reshape(self.people.shape)

    def _pooled(self, one: int, other: int, sites: Integers, level: float) -> _Between:
        """Newcombe's interval of the rates of two groups over these sites."""
        where, group = self._places(self.cells // 2)
        codes = np.select([group == one, group == other], [0, 1], -1)
        codes = np.where((self.cells >= 0) & np.isin(where, sites), codes, -1)
        hits = code_outcomes(self.cells % 2 == 0)
        found = count_outcomes(codes, hits, group_count=2, **self.who).shares(_EVERYBODY, level=level)
        first, second = ((found.value[place] * found.size[place], found.size[place]) for place in (0, 1))
        return float(found.value[0] - found.value[1]), newcombe(*first, *second, level)

    def _held_equal(self, one: int, other: int, sites: Integers, level: float) -> _Between:
        """The same at each site, weighed by the rows that both groups have there."""
        mass = self._masses[sites][:, [one, other]].sum(axis=1)
        weights = np.concatenate([mass, -mass]) / mass.sum()
        return self._combined(one, other, sites, weights, level)

    def _combined(self, one: int, other: int, sites: Integers, weights: Floats, level: float) -> _Between:
        """The sum of the rates of two groups at sites by weights [2 x sites], with Wilson's limits combined."""
        places = np.concatenate([sites * self.people.shape[1] + group for group in (one, other)])
        shares = self.shares.take(places)
        ends = wilson(shares.value * shares.size, shares.size, level)
        return float((weights * shares.value).sum()), combined(shares.value, ends, weights)

    def _carried(self, one: int, other: int, sites: Integers, level: float) -> _Between:
        """What sites pooled have more than sites held equal, by the bootstrap of rows or of units.

        It knows nothing of how rates of 0 or 1 vary: either end is at least as far as Wilson's limits combined are, for
        groups that are spread as they are.
        """
        where, group = self._places(self.cells // 2)
        inside = (self.cells >= 0) & np.isin(where, sites) & np.isin(group, (one, other))
        shape = (len(sites), 2, 2)
        cells = (np.searchsorted(sites, where[inside]) * 2 + (group[inside] == other)) * 2 + self.cells[inside] % 2
        weights, units = self.who["weights"], self.who["units"]
        rng = self.case.rng(f"{self.compared.grouping.name}: {self.compared.label}: {self.rate}")

        def statistic(totals: npt.NDArray[Any]) -> Floats:
            return _composition(totals.reshape(-1, *shape))

        size = int(np.prod(shape))
        if weights is None and units is None:
            found = bootstrap_counts(np.bincount(cells, minlength=size)[None], statistic, rng=rng)
        else:
            owners = np.arange(len(cells)) if units is None else own_units(units[inside])
            _, owners = np.unique(owners, return_inverse=True)
            mass = None if weights is None else weights[inside]
            count = int(owners.max(initial=-1)) + 1
            sums = np.bincount(owners * size + cells, mass, count * size).reshape(count, size)
            found = bootstrap_clusters(sums, statistic, rng=rng)
        low, high = found.bca(level)
        mass = self._masses[sites][:, [one, other]]
        moved = mass / mass.sum(axis=0) - mass.sum(axis=1, keepdims=True) / mass.sum()
        _, given = self._combined(one, other, sites, np.concatenate([moved[:, 0], -moved[:, 1]]), level)
        return found.value, Limits(min(low, float(given.low)), max(high, float(given.high)))

    def _places(self, crossed: Integers) -> tuple[Integers, Integers]:
        """[n] each: site and group of the places of rows in [sites, groups]."""
        return crossed // self.people.shape[1], crossed % self.people.shape[1]


def _composition(totals: Floats) -> Floats:
    """[...]: of totals [..., sites, 2 groups, hits and misses], the gap of pooled rates less that of standardised ones.

    Sites that lack either group are left out of both.
    """
    n = totals.sum(axis=-1)
    both = (n > 0).all(axis=-1, keepdims=True)
    n, hits = np.where(both, n, 0.0), np.where(both, totals[..., 0], 0.0)
    rates = np.divide(hits, n, out=np.zeros(n.shape), where=n > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = hits.sum(axis=-2) / n.sum(axis=-2)
        equal = (rates * n.sum(axis=-1, keepdims=True)).sum(axis=-2) / n.sum(axis=(-2, -1))[..., None]
    left = pooled - equal
    return np.asarray(left[..., 0] - left[..., 1])


def _widest(found: list[_Between]) -> Gap:
    """The longest of several signed distances, without its sign; each has its interval at the level of all."""
    value = float(max(abs(one) for one, _ in found))
    low = max(max(float(ends.low), -float(ends.high), 0.0) for _, ends in found)
    high = max(max(float(ends.high), -float(ends.low)) for _, ends in found)
    return Gap(value, min(low, value), max(high, value), 0, 0)
