"""Whether what was done hurts one group more: each group's mean over all changes, and the widest difference."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, GroupCount, Interval, Measurement, Text
from auditkit.perturbation.means import Found, Rows
from auditkit.statistics import Limits, family_level, widest_between

Floats = npt.NDArray[np.floating]
Mean = Callable[[Rows, Floats], Found]

_FEWEST = 2
_DRAWS = 999
_MOST_DEALT = 20_000
"""Rows: of more the limits are as good as exact, and dealing them out takes its time."""
_PEOPLE = 10
"""Of fewer people a number tells too much: the host would withhold it, and with it all numbers of the group."""
_FEW = "fewer than {least} people of this group, or of another one, were asked about"
_NO_ROWS = "no row of this group is changed, or it is not known what is right of one"


@dataclass(frozen=True)
class Question:
    """One number a row, of which a mean is asked: of all rows, of each group, and how far groups lie apart."""

    metric: str
    gap: str
    numbers: Floats
    """[n]; NaN where there is none."""
    mean: Mean
    is_dealt: bool = False
    """Whether what `mean` makes is the mean of numbers of rows that are each one person's: then a difference begins
    above 0 only where dealing the rows out to the groups anew says so too."""

    def overall(self, rows: Rows) -> Measurement:
        """Of all rows."""
        return self.mean(rows, self.numbers).measurement(self.metric, rows.level)

    def by_group(self, case: Case[Any], rows: Rows) -> Iterator[Measurement]:
        """Each group of each attribute, and the widest difference between those that are large enough."""
        for attribute, codes in case.groups.items() if case.has_groups else ():
            inside = [np.where(codes.codes == place, self.numbers, np.nan) for place in range(len(codes.vocabulary))]
            found = [self.mean(rows, numbers) for numbers in inside]
            few = _few([one.n if one.people is None else min(one.people, one.n) for one in found])
            for place, (label, one) in enumerate(zip(codes.vocabulary, found, strict=True)):
                about: dict[str, Any] = {"metric": self.metric, "group": {attribute: label}}
                if place in few:
                    yield Measurement(value=None, n=None, undefined=Text.of(_FEW, least=_PEOPLE), **about)
                else:
                    yield one.measurement(level=rows.level, why=Text.of(_NO_ROWS), **about)
            yield self._apart(case, attribute, codes.vocabulary, inside, found, few, rows)

    def _apart(
        self,
        case: Case[Any],
        attribute: str,
        labels: tuple[str, ...],
        inside: list[Floats],
        found: list[Found],
        few: Collection[int],
        rows: Rows,
    ) -> Measurement:
        sizes = [one.n if one.people is None else min(one.people, one.n) for one in found]
        least = case.min_group_size
        large = [place for place, size in enumerate(sizes) if size >= max(least, 1) and place not in few]
        parts = tuple(
            GroupCount(label=label, n=None if place in few else size, compared=place in large)
            for place, (label, size) in enumerate(zip(labels, sizes, strict=True))
        )
        about: dict[str, Any] = {"metric": self.gap, "group": {attribute: "*"}, "compared": parts}
        about["n"] = sum(found[place].n for place in large)
        if len(large) < _FEWEST:
            why = Text.of("fewer than two groups have {least} rows to compare", least=least)
            return Measurement(value=None, undefined=why, **about)
        pairs = len(large) * (len(large) - 1) // 2
        wide = rows.at(family_level(rows.level, pairs))
        means = [self.mean(wide, inside[place]) for place in large]
        unknown = next((one for one in means if one.value is None), None)
        if unknown is not None:
            return Measurement(value=None, undefined=unknown.why or Text.of(_NO_ROWS), **about)
        value = np.array([one.value for one in means], dtype=float)
        ends = [one.limits or Limits(one.value, one.value) for one in means]
        limits = Limits(*(np.array([getattr(one, end) for one in ends], dtype=float) for end in ("low", "high")))
        gap = widest_between(value, limits)
        words = "limits of the groups combined" + (", all pairs" if pairs > 1 else "")
        low = float(gap.low)
        if low > 0 and self.is_dealt and rows.is_plain:
            known = [inside[place][np.isfinite(inside[place])] for place in large]
            if dealt_out(known, case.rng(f"{self.gap} {attribute}"), level=rows.level) > 1 - rows.level:
                # Where next to nothing happens the limits are too narrow, and dealing out the rows is exact.
                low = 0.0
        interval = Interval(low=low, high=gap.high, level=rows.level, method=words, simultaneous=pairs > 1)
        return Measurement(value=gap.value, interval=interval, **about)


def dealt_out(groups: Sequence[Floats], rng: np.random.Generator, *, level: float) -> float:
    """The p-value of the widest difference of means, where rows are dealt out to groups of the same sizes anew.

    Args:
        groups: the numbers of each group.
        rng: what is drawn; neither the order of rows nor that of groups has a part in it.
        level: of the interval beside it: so many draws are made that one beyond it can be told.
    """
    sizes, values = np.sort([len(one) for one in groups]), np.sort(np.concatenate(groups))
    if len(values) > _MOST_DEALT:
        return 0.0
    means = np.array([one.mean() for one in groups])
    seen = float(np.ptp(means)) - 1e-12
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    draws = max(_DRAWS, int(np.ceil(2 / (1 - level))))
    dealt = np.array([np.ptp(np.add.reduceat(rng.permutation(values), starts) / sizes) for _ in range(draws)])
    return float((1 + np.count_nonzero(dealt >= seen)) / (draws + 1))


def _few(sizes: Sequence[int]) -> set[int]:
    """The places of groups of whom too few were asked about, and of those that would give them away.

    Where rows are drawn, a group of hundreds can have a handful among them. Less the others, all rows together would
    tell of a single one, or of several that are too few together: then the smallest of the others goes too.
    """
    few = {place for place, size in enumerate(sizes) if 0 < size < _PEOPLE}
    rest = sorted((size, place) for place, size in enumerate(sizes) if size >= _PEOPLE)
    while few and rest and (len(few) < _FEWEST or sum(sizes[place] for place in few) < _PEOPLE):
        few.add(rest.pop(0)[1])
    return few
