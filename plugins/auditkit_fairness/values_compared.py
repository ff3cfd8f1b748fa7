"""Groups of numbers compared: which rows are looked at, the measurements of single groups, and the table of tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Quote, Table, Text
from auditkit.segments import Grouping
from auditkit.statistics import (
    Gap,
    Limits,
    Shares,
    equal_means_test,
    group_means,
    holm,
    share_of_totals,
    welch_test,
)
from auditkit_fairness.comparing import Better, Compared, people_of
from auditkit_fairness.groupings import groupings

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

_DIGITS = 4


@dataclass(frozen=True)
class Rows:
    """The rows that are looked at, with their weights and units, and the groupings that they fall into."""

    kept: npt.NDArray[np.integer]
    weights: Floats | None
    units: npt.NDArray[np.integer] | None
    everyone: Grouping
    groupings: tuple[Grouping, ...]
    least: int
    level: float

    @classmethod
    def of(cls, case: Case[Any], kept: Flags, *, depth: int, may_lack_groups: bool = False) -> Rows:
        """The rows of a case that are kept; those of weight 0 are not."""
        groups = {} if may_lack_groups and not case.has_groups else case.groups
        rows = np.flatnonzero(kept if case.weights is None else kept & (case.weights > 0))
        made = [Grouping(one.attributes, one.codes[rows], one.members) for one in groupings(groups, depth=depth)]
        return cls(
            rows,
            None if case.weights is None else case.weights[rows],
            None if case.units is None else case.units.codes[rows],
            Grouping((), np.zeros(len(rows), dtype=np.int64), ({},)),
            tuple(made),
            case.min_group_size,
            case.level,
        )

    @property
    def about(self) -> dict[str, Any]:
        """The keyword arguments that the estimators share."""
        return {"weights": self.weights, "units": self.units}

    @property
    def over(self) -> str:
        """What the uncertainty is taken over."""
        return "rows" if self.units is None else "units"

    def people(self, grouping: Grouping) -> npt.NDArray[np.integer] | None:
        """[groups], how many units have rows in each; None: each row is one."""
        return people_of(grouping.codes, len(grouping.members), self.units)

    def shares(self, flags: Flags, grouping: Grouping) -> Shares:
        """The share of each group's rows for which something holds."""
        if self.weights is None and self.units is None:
            inside = grouping.codes >= 0
            n = np.bincount(grouping.codes[inside], minlength=len(grouping.members))
            hits = np.bincount(grouping.codes[inside], weights=flags[inside], minlength=len(grouping.members))
            with np.errstate(invalid="ignore"):
                return Shares(hits / n, n, n.astype(float))
        one = np.ones(len(flags), dtype=np.int64)
        parts = []
        for place in range(len(grouping.members)):
            here = grouping.codes == place
            about = {name: None if column is None else column[here] for name, column in self.about.items()}
            parts.append(share_of_totals(flags[here].astype(np.int64), one[here], level=self.level, **about))
        value, n, size = (np.array([getattr(part, name)[0] for part in parts]) for name in ("value", "n", "size"))
        return Shares(value, n, size, is_effective=True)


@dataclass(frozen=True)
class Single:
    """One number for each group of a grouping."""

    metric: str
    value: Floats
    n: npt.NDArray[np.integer]
    limits: Limits
    method: str
    better: Better
    empty: str = "no rows of this group have a target"
    undefined: str = "all targets of this group are the same"
    people: npt.NDArray[np.integer] | None = None
    """Units; None: each row is one."""

    def measurements(self, grouping: Grouping, level: float) -> Iterator[Measurement]:
        """One a group."""
        for place, member in enumerate(grouping.members):
            about: dict[str, Any] = {"metric": self.metric, "group": member, "better": self.better}
            n, value = int(self.n[place]), float(self.value[place])
            about["people"] = None if self.people is None else int(self.people[place])
            if n == 0 or not np.isfinite(value):
                yield Measurement(value=None, undefined=Text.of(self.undefined if n else self.empty), n=n, **about)
                continue
            low, high = (float(end[place]) for end in self.limits)
            interval = None
            if np.isfinite(low) and np.isfinite(high):
                interval = Interval(low=min(low, value), high=max(high, value), level=level, method=self.method)
            yield Measurement(value=value, n=n, interval=interval, **about)


def told(
    compared: Compared, metric: str, gap: Gap | None, *, level: float, method: str, better: Better, why: str = ""
) -> Measurement:
    """A gap as a measurement, without an interval where nothing is known of it; `why` there is none."""
    if gap is not None and not (np.isfinite(gap.low) and np.isfinite(gap.high)):
        return Measurement(value=gap.value, **compared.about(metric, better))
    undefined = Text.of(why) if why else None
    return compared.measure(metric, gap, level=level, method=method, better=better, undefined=undefined)


def furthest(title: str, grouping: Grouping, apart: Sequence[tuple[str, str, str]]) -> Table:
    """The names of the groups at both ends of each gap: their numbers stand beside, where small ones are withheld."""
    return Table(
        title=Text.of(title, attributes=grouping.name),
        columns=tuple(Text.of(name) for name in ("metric", "lowest", "highest")),
        rows=tuple(row for row in apart if row[1] != row[2]),  # alike: there is no gap, and nobody at its ends
        attributes=grouping.attributes,
    )


@dataclass(frozen=True)
class Tested:
    """One test of no difference."""

    grouping: Grouping
    metric: str | Text
    test: str
    statistic: float
    p: float
    gap: str
    """The gap beside it, in the unit of the numbers: where it is withheld, so is what the test says."""
    by_formula: float | None = None
    """P by the F distribution; None: there is no formula."""


def tests_table(tested: Sequence[Tested]) -> Table:
    """A row a test; the p-values are one family, in which those by a formula have no part."""
    adjusted = holm(np.array([one.p for one in tested])).tolist()
    names = ("by", "equal", "test", "largest gap", "statistic", "p", "adjusted p", "p by the formula")
    return Table(
        title=Text.of("Tests of no difference between the groups; p adjusted over all lines by Holm"),
        columns=tuple(Text.of(name) for name in names),
        rows=tuple(
            (
                one.grouping.name,
                one.metric,
                Text.of(one.test),
                Quote(metric=one.gap, group=one.grouping.everyone),
                *(_rounded(number) for number in (one.statistic, one.p, p)),
                Text.of("none") if one.by_formula is None else _rounded(one.by_formula),
            )
            for one, p in zip(tested, adjusted, strict=True)
        ),
    )


def _rounded(number: float) -> float:
    return float(f"{number:.{_DIGITS}g}")


_DEALS = 499
WELCH = "Welch's F, p by permutation"


def means_tests(
    rows: Rows, grouping: Grouping, codes: npt.NDArray[np.integer], scores: dict[str, Floats], rng: np.random.Generator
) -> Iterator[Tested]:
    """Whether groups could have equal means, of each of several numbers: Welch's F, with p by dealing the groups out.

    The formula's p, which supposes normal means, stands beside it: of skewed numbers it rejects equal means too often.

    Args:
        rows: what is looked at.
        grouping: whose groups they are.
        codes: [n], the place of each row's group among those that are large enough; -1: of none.
        scores: of each metric, the mean of what, [n].
        rng: where the deals come from.
    """
    count = int(codes.max(initial=-1)) + 1
    by_formula = {name: welch_test(group_means(one, codes, count, **rows.about)) for name, one in scores.items()}
    able = {name: test for name, test in by_formula.items() if test is not None}
    if not able:
        return
    columns = np.column_stack([scores[name] for name in able])
    dealt = equal_means_test(columns, codes, rng=rng, deals=_DEALS, **rows.about) or []
    for (name, test), found in zip(able.items(), dealt, strict=True):
        yield Tested(grouping, name, WELCH, test.statistic, found.tail_p, f"{name}_difference", test.p)


def large_groups(grouping: Grouping, rows: Rows) -> npt.NDArray[np.integer]:
    """[n]: the place of each row's group among those that are large enough; -1: of none."""
    count = np.bincount(grouping.codes[grouping.codes >= 0], minlength=len(grouping.members))
    takes_part = Compared(grouping, None, count, rows.least, rows.people(grouping)).takes_part
    place = np.where(takes_part, np.cumsum(takes_part) - 1, -1)
    return np.asarray(np.append(place, -1)[grouping.codes])
