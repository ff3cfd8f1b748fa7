"""The rows that a check looks at, with weights, units and protected attributes, and shares of them by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, GroupCount, Interval, Measurement, Text
from auditkit.statistics import (
    RATES,
    Gap,
    OutcomeTable,
    Rate,
    code_outcomes,
    count_outcomes,
    family_level,
    widest_difference,
)

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
Better = Literal["lower", "higher", "target"]

FEWEST_TOLD = 10
"""People that a number must be about to be told of a group."""

FLAGGED = RATES["true_positive_rate"]
"""Of rows counted by `Rows.count`, the share of those with the flag."""


@dataclass(frozen=True)
class Attribute:
    """One protected attribute of the rows that are looked at."""

    name: str
    codes: Integers
    """[n], the place in `labels`; -1: missing."""
    labels: tuple[str, ...]

    @property
    def members(self) -> tuple[dict[str, str], ...]:
        """How each group is named in a measurement."""
        return tuple({self.name: label} for label in self.labels)


@dataclass(frozen=True)
class Rows:
    """The rows that are looked at."""

    kept: Integers
    weights: Floats | None
    units: Integers | None
    level: float
    least: int
    """The policy's smallest group."""

    @classmethod
    def of(cls, case: Case[Any], kept: Flags) -> Rows:
        """The rows of a case that are kept; those of weight 0 are not."""
        rows = np.flatnonzero(kept if case.weights is None else kept & (case.weights > 0))
        weights = None if case.weights is None else case.weights[rows]
        units = None if case.units is None else case.units.codes[rows]
        return cls(rows, weights, units, case.level, case.min_group_size)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.kept)

    @property
    def about(self) -> dict[str, Any]:
        """The keyword arguments that the estimators share."""
        return {"weights": self.weights, "units": self.units}

    @property
    def shares(self) -> Floats:
        """[n], how much each row counts; they sum to 1."""
        mass = np.ones(len(self)) if self.weights is None else self.weights
        return np.asarray(mass / max(mass.sum(), np.finfo(float).tiny))

    @property
    def everyone(self) -> Integers:
        """[n], the group of each row where all are one."""
        return np.zeros(len(self), dtype=np.int64)

    def attributes(self, case: Case[Any]) -> Iterator[Attribute]:
        """The protected attributes, one after the other; none where the spec names none."""
        if case.has_groups:
            for name, codes in case.groups.items():
                yield Attribute(name, codes.codes[self.kept], codes.vocabulary)

    def count(self, flags: Flags, codes: Integers, groups: int) -> OutcomeTable:
        """The rows with and without a flag, by group; a code of -1 leaves a row out."""
        outcomes = code_outcomes(flags, np.ones(len(flags), dtype=bool))
        return count_outcomes(codes, outcomes, group_count=groups, weights=self.weights, units=self.units)


def measured_shares(
    metric: str,
    table: OutcomeTable,
    members: Sequence[dict[str, str]],
    rows: Rows,
    *,
    better: Better,
    empty: str,
    rate: Rate = FLAGGED,
    **about: Any,
) -> Iterator[Measurement]:
    """A rate of each group, or the share of flagged rows; of groups that are large enough, intervals hold together."""
    people = table.people(rate)
    judged = max(int(np.count_nonzero(people >= max(rows.least, 1))), 1)
    together = judged > 1
    shares = table.shares(rate, level=family_level(rows.level, judged))
    limits = shares.limits_together(judged, rows.level) if together else shares.limits(rows.level)
    method = shares.method.replace("wilson", "clopper-pearson, all groups") if together else shares.method
    for place, group in enumerate(members):
        said: dict[str, Any] = {"metric": metric, "group": group, "better": better, "n": int(shares.n[place]), **about}
        if rows.units is not None:
            said["people"] = int(people[place])
        if said["n"] == 0:
            yield Measurement(value=None, undefined=Text.of(empty), **said)
            continue
        low, high = float(limits.low[place]), float(limits.high[place])
        interval = Interval(low=low, high=high, level=rows.level, method=method, simultaneous=together)
        yield Measurement(value=float(shares.value[place]), interval=interval, **said)


def measured_gap(
    metric: str, table: OutcomeTable, attribute: Attribute, rows: Rows, *, better: Better = "lower", **about: Any
) -> Measurement:
    """The largest share of flagged rows in any group less the smallest."""
    compared = Compared(attribute, np.asarray(table.people(FLAGGED)), rows)
    if compared.too_few is not None:
        return compared.measure(metric, None, method="", better=better, **about)
    count = int(np.count_nonzero(compared.takes_part))
    shares = table.shares(FLAGGED, level=family_level(rows.level, count * (count - 1) // 2))
    gap = widest_difference(shares.take(compared.takes_part), level=rows.level)
    method = "newcombe, effective size" if shares.is_effective else "newcombe"
    return compared.measure(metric, gap, method=method, better=better, **about)


@dataclass(frozen=True)
class Compared:
    """The groups of one attribute, of which those that are large enough are compared."""

    attribute: Attribute
    people: Integers
    """[groups], how many people each number rests on."""
    rows: Rows

    @property
    def takes_part(self) -> Flags:
        """[groups]."""
        return np.asarray(self.people >= max(self.rows.least, 1))

    @property
    def too_few(self) -> Text | None:
        """Why there is nothing to compare, or None."""
        if np.count_nonzero(self.takes_part) < 2:  # noqa: PLR2004  a comparison is between two
            return Text.of("fewer than two groups have {least} rows to compare", least=self.rows.least)
        return None

    def measure(
        self, metric: str, gap: Gap | None, *, method: str, better: Better = "lower", **about: Any
    ) -> Measurement:
        """The gap as a measurement; without one, that there is nothing to compare."""
        parts = zip(self.attribute.labels, self.people, self.takes_part, strict=True)
        said: dict[str, Any] = {
            "metric": metric,
            "n": int(self.people[self.takes_part].sum()),
            "group": {self.attribute.name: "*"},
            "compared": tuple(GroupCount(label=label, n=int(n), compared=bool(part)) for label, n, part in parts),
            "better": better,
            **about,
        }
        if gap is None:
            return Measurement(value=None, undefined=self.too_few, **said)
        if not (np.isfinite(gap.low) and np.isfinite(gap.high)):
            return Measurement(value=gap.value, **said)
        is_family = bool(np.count_nonzero(self.takes_part) > 2)  # noqa: PLR2004  more than one pair
        words = f"{method}, all pairs" if is_family else method
        interval = Interval(low=gap.low, high=gap.high, level=self.rows.level, method=words, simultaneous=is_family)
        return Measurement(value=gap.value, interval=interval, **said)


def withheld(found: Measurement) -> Measurement:
    """The measurement without its numbers: they, or what is told of all rows less they, would tell of few people."""
    why = Text.of("withheld: it would tell about fewer than {threshold} people of a group", threshold=FEWEST_TOLD)
    gone = {"value": None, "interval": None, "n": None, "people": None, "undefined": why, "suppressed": True}
    return found.model_copy(update=gone)
