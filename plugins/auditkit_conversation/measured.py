"""One number a row, between two ends: its mean over all rows and in each group, and how far groups lie apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, GroupCount, Interval, Measurement, Text
from auditkit.statistics import (
    RATES,
    Limits,
    bounded_mean,
    clopper_pearson,
    code_outcomes,
    count_outcomes,
    family_level,
    own_units,
    widest_between,
)

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]
Better = Literal["lower", "higher", "target"]

_FLAGGED = RATES["true_positive_rate"]
_FEWEST = 2
FEWEST_CLUSTERS = 30
"""Below which the interval of a mean is not let be shorter than that of as many yes or no."""


@dataclass(frozen=True)
class Rows:
    """Whose rows they are, and how much each counts."""

    case: Case[Any]
    weights: Floats | None
    clusters: Integers | None
    """[n]: rows of one number are not independent; None: all are."""

    @classmethod
    def of(cls, case: Case[Any], *alike: Integers) -> Rows:
        """The rows of a case, where those of one person, and those alike in one of these codes, hang together.

        Args:
            case: names units and weights.
            alike: [n] each, such as the number of the prompt; below 0: like no other row.
        """
        units = () if case.units is None else (case.units.codes,)
        return cls(case, case.weights, together(len(case), (*units, *alike)))

    def found(self, numbers: Floats, *, level: float) -> Found:
        """The mean of numbers [n] from 0 to 1, of the rows where it is not NaN."""
        kept = np.isfinite(numbers) if self.weights is None else np.isfinite(numbers) & (self.weights > 0)
        n = int(np.count_nonzero(kept))
        if n == 0:
            return Found(None, 0, 0, None, "")
        inside = numbers[kept]
        units = None if self.clusters is None else self.clusters[kept]
        about: dict[str, Any] = {"weights": None if self.weights is None else self.weights[kept], "units": units}
        whose = None if self.case.units is None else self.case.units.codes[kept]
        people = n if whose is None else len(np.unique(own_units(whose)))
        if set(np.unique(inside)) <= {0.0, 1.0}:
            outcomes = code_outcomes(inside == 1, np.ones(n, dtype=bool))
            table = count_outcomes(np.zeros(n, dtype=np.int64), outcomes, group_count=1, **about)
            shares = table.shares(_FLAGGED, level=level)
            low, high = (float(end[0]) for end in shares.limits_together(1, level))
            words = "clopper-pearson" + (", effective size" if shares.is_effective else "")
            return Found(float(shares.value[0]), n, people, Limits(low, high), words)
        one = bounded_mean(inside, level=level, **about)
        assert one is not None  # noqa: S101  there are rows
        assert one.limits is not None  # noqa: S101  of bounded means there always are
        size = float(n) if units is None else _kish(units, about["weights"])
        if units is None or size >= FEWEST_CLUSTERS:
            return Found(one.value, n, people, one.limits, "wilson, mean over rows or clusters")
        # A few clusters that are nearly alike say little of others: they count as no more than as many yes or no.
        low, high = clopper_pearson(one.value * size, size, level)
        limits = Limits(min(float(low), float(one.limits.low)), max(float(high), float(one.limits.high)))
        return Found(one.value, n, people, limits, "no shorter than clopper-pearson of the clusters")


@dataclass(frozen=True)
class Found:
    """A mean over rows."""

    value: float | None
    n: int
    people: int
    """Units, where the spec names them; else rows."""
    limits: Limits | None
    method: str


@dataclass(frozen=True)
class Question:
    """A number a row, of which a mean is asked."""

    metric: str
    numbers: Floats
    """[n], from `least` to 1; NaN where the question is not about the row."""
    better: Better
    empty: str
    """Why there is no mean where no row has a number."""
    least: float = 0.0
    """The smallest number that there can be."""

    @property
    def gap(self) -> str:
        """The metric of how far groups lie apart."""
        return f"{self.metric}_difference"

    @property
    def _width(self) -> float:
        return 1.0 - self.least

    def _scaled(self, share: float) -> float:
        return self.least + self._width * share

    def measure(self, rows: Rows, **about: Any) -> Iterator[Measurement]:
        """Of all rows, of each group of each attribute, and the widest gap between those that are large enough.

        The intervals of the groups of one attribute hold all at once (Bonferroni), and so does the gap's for all pairs.
        """
        case, shares = rows.case, (self.numbers - self.least) / self._width
        yield self._said(rows, rows.found(shares, level=case.level), simultaneous=False, **about)
        for attribute, codes in case.groups.items() if case.has_groups else ():
            inside = [np.where(codes.codes == place, shares, np.nan) for place in range(len(codes.vocabulary))]
            sizes = [rows.found(numbers, level=case.level).people for numbers in inside]
            least = max(case.min_group_size, 1)
            large = [place for place, size in enumerate(sizes) if size >= least]
            level = family_level(case.level, max(len(large), 1))
            for label, numbers in zip(codes.vocabulary, inside, strict=True):
                one = rows.found(numbers, level=level)
                yield self._said(rows, one, simultaneous=len(large) > 1, group={attribute: label}, **about)
            counted = tuple(
                GroupCount(label=label, n=size, compared=place in large)
                for place, (label, size) in enumerate(zip(codes.vocabulary, sizes, strict=True))
            )
            yield self._apart(rows, attribute, [inside[place] for place in large], counted, **about)

    def _said(self, rows: Rows, found: Found, *, simultaneous: bool, **about: Any) -> Measurement:
        said: dict[str, Any] = {"metric": self.metric, "n": found.n, "better": self.better, **about}
        if rows.case.has_units:
            said["people"] = found.people
        if found.value is None or found.limits is None:
            return Measurement(value=None, undefined=Text.of(self.empty), **said)
        method = f"{found.method}, all groups" if simultaneous else found.method
        interval = Interval(
            low=self._scaled(min(float(found.limits.low), found.value)),
            high=self._scaled(max(float(found.limits.high), found.value)),
            level=rows.case.level,
            method=method,
            simultaneous=simultaneous,
        )
        return Measurement(value=self._scaled(found.value), interval=interval, **said)

    def _apart(
        self, rows: Rows, attribute: str, inside: list[Floats], counted: tuple[GroupCount, ...], **about: Any
    ) -> Measurement:
        n = sum(int(np.count_nonzero(np.isfinite(numbers))) for numbers in inside)
        said: dict[str, Any] = {
            "metric": self.gap, "n": n, "group": {attribute: "*"}, "compared": counted, "better": "lower", **about,
        }  # fmt: skip
        if len(inside) < _FEWEST:
            why = Text.of("fewer than two groups have {least} rows to compare", least=rows.case.min_group_size)
            return Measurement(value=None, undefined=why, **said)
        pairs = len(inside) * (len(inside) - 1) // 2
        found = [rows.found(numbers, level=family_level(rows.case.level, pairs)) for numbers in inside]
        value = np.array([one.value for one in found], dtype=float)
        ends = [one.limits or Limits(0.0, 1.0) for one in found]
        limits = Limits(*(np.array([getattr(one, end) for one in ends], dtype=float) for end in ("low", "high")))
        gap = widest_between(value, limits)
        words = "limits of the groups combined" + (", all pairs" if pairs > 1 else "")
        low, high = self._width * gap.low, self._width * gap.high
        interval = Interval(low=low, high=high, level=rows.case.level, method=words, simultaneous=pairs > 1)
        return Measurement(value=self._width * gap.value, interval=interval, **said)


def _kish(units: Integers, weights: Floats | None) -> float:
    """As how many clusters of equal weight these count."""
    _, places = np.unique(own_units(units), return_inverse=True)
    masses = np.bincount(places.ravel(), weights)
    return float(masses.sum() ** 2 / np.dot(masses, masses))


def together(rows: int, codes: tuple[Integers, ...]) -> Integers | None:
    """[rows]: which rows hang together, directly or by way of others; None where each stands alone.

    Args:
        rows: how many.
        codes: [rows] each; rows of one number hang together, and one below 0 is like no other.
    """
    from scipy import sparse
    from scipy.sparse import csgraph

    if not codes:
        return None
    links = [np.zeros((2, 0), dtype=np.int64)]
    first = rows
    for one in codes:
        named = np.flatnonzero(one >= 0)
        links.append(np.stack([named, first + one[named].astype(np.int64)]))
        first += int(one.max(initial=-1)) + 1
    ends = np.concatenate(links, axis=1)
    graph = sparse.coo_array((np.ones(ends.shape[1]), (ends[0], ends[1])), shape=(first, first))
    found = csgraph.connected_components(graph, directed=False)[1][:rows]
    whose = np.unique(found, return_inverse=True)[1]
    return None if whose.max(initial=-1) + 1 == rows else np.asarray(whose, dtype=np.int64)
