"""How often something is so of the rows: of all, of each group, how far groups lie apart, and whether by chance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, GroupCount, Interval, Measurement, Quote, Table, Text
from auditkit.segments import Grouping, groupings, large_enough
from auditkit.statistics import (
    EVERYBODY,
    RATES,
    GroupedRows,
    OutcomeTable,
    code_outcomes,
    count_outcomes,
    equal_rates_test,
    family_level,
    holm,
    unit_independence_test,
    widest_difference,
)

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

_SHARE = RATES["selection_rate"]
_METHOD = "newcombe, all pairs of groups and columns"
FEWEST_TOLD = 10
"""People of a group of whom a share tells how many they are."""


@dataclass(frozen=True)
class Rate:
    """Which metrics say how far groups lie apart in how often something is so, in each column and in any.

    One name for both: there is one column.
    """

    gap: str
    largest_gap: str
    words: Text
    """What is so, for the title of the table."""


@dataclass(frozen=True)
class _Tested:
    column: str
    gap: Measurement
    ends: tuple[str, str]
    """The groups in which it is the rarest and the most frequent."""
    p_value: float | None


def by_attribute(case: Case[Any]) -> list[Grouping]:
    """The groups of each protected attribute, those that have rows."""
    if not case.has_groups:
        return []
    return [one for one in groupings(case, np.arange(len(case)), depth=1) if one.members]


def share_of(
    case: Case[Any], metric: str, flags: Flags, grouping: Grouping | None = None, **about: Any
) -> Iterator[Measurement]:
    """How often it is so of all rows, or of each group, whose intervals hold together."""
    table = _counted(case, flags, grouping)
    members: Sequence[dict[str, str]] = ({},) if grouping is None else grouping.members
    level = family_level(case.level, len(members))
    shares = table.shares(_SHARE, level=level)
    together = len(members) > 1
    limits = shares.limits_together(len(members), case.level) if together else shares.limits(case.level)
    method = shares.method.replace("wilson", "clopper-pearson, all groups") if together else shares.method
    people = table.people(_SHARE)
    for place, group in enumerate(members):
        held: dict[str, Any] = {"metric": metric, "group": group, "n": int(shares.n[place]), **about}
        if case.has_units:
            held["people"] = int(people[place])
        if not shares.n[place]:
            yield Measurement(value=None, undefined=Text.of("there are no rows that count"), **held)
            continue
        interval = Interval(
            low=float(limits.low[place]), high=float(limits.high[place]), level=case.level, method=method,
            simultaneous=together,
        )  # fmt: skip
        yield Measurement(value=float(shares.value[place]), interval=interval, **held)


def told_by_group(case: Case[Any], rate: Rate, columns: Mapping[str, Flags]) -> Iterator[Measurement | Table]:
    """Of each attribute how far groups lie apart in each column, the column of the widest gap, and tests of all.

    The intervals of all columns and all pairs of groups hold together; the p of all tests of all attributes are
    adjusted by Holm's steps.
    """
    for grouping in by_attribute(case):
        large = large_enough(_counted(case, np.ones(len(case), dtype=bool), grouping).people(EVERYBODY), case)
        inside = {name: flags for name, flags in columns.items() if name not in grouping.attributes}
        if int(large.sum()) < 2 or not inside:  # noqa: PLR2004  a gap lies between two
            why = Text.of("fewer than two groups have people enough to be compared, or no column is left")
            yield Measurement(metric=rate.largest_gap, value=None, undefined=why, n=len(case), group=grouping.everyone)
            continue
        tested = [_tested(case, rate, grouping, large, name, inside) for name in inside]
        yield from (one.gap for one in tested)
        if rate.gap != rate.largest_gap:
            yield _largest(case, rate, [one.gap for one in tested])
        if any(one.gap.value for one in tested):
            yield _tests(rate, grouping, tested)


def _counted(case: Case[Any], flags: Flags, grouping: Grouping | None) -> OutcomeTable:
    codes = np.zeros(len(case), dtype=np.int64) if grouping is None else grouping.codes
    return count_outcomes(
        codes,
        code_outcomes(flags),
        group_count=1 if grouping is None else len(grouping.members),
        weights=case.weights,
        units=None if case.units is None else case.units.codes,
    )


def _tested(
    case: Case[Any], rate: Rate, grouping: Grouping, large: Flags, name: str, columns: Mapping[str, Flags]
) -> _Tested:
    table = _counted(case, columns[name], grouping)
    pairs = int(large.sum()) * (int(large.sum()) - 1) // 2
    shares = table.shares(_SHARE, level=family_level(case.level, pairs * len(columns)))
    found = widest_difference(shares.take(large), level=case.level, families=len(columns))
    people = table.people(_SHARE)
    kept = np.flatnonzero(large)
    gap = Measurement(
        metric=rate.gap,
        value=found.value,
        n=int(shares.n[large].sum()),
        interval=Interval(low=found.low, high=found.high, level=case.level, method=_METHOD, simultaneous=True),
        group=grouping.everyone,
        compared=tuple(
            GroupCount(label=label, n=int(people[place]), compared=bool(large[place]))
            for place, label in enumerate(grouping.labels)
        ),
        conditions={} if rate.gap == rate.largest_gap else {"column": name},
    )
    ends = grouping.labels[kept[found.lowest]], grouping.labels[kept[found.highest]]
    return _Tested(name, gap, ends, _chance(case, grouping, large, columns[name], name))


def _chance(case: Case[Any], grouping: Grouping, large: Flags, flags: Flags, name: str) -> float | None:
    """How often chance alone would put the groups that are compared as far apart; None: nothing differs."""
    weights = case.weights
    kept = np.append(large, np.zeros(1, dtype=bool))[grouping.codes] & (True if weights is None else weights > 0)
    codes, hits = grouping.codes[kept], flags[kept]
    if hits.all() or not hits.any():
        return None
    rng, groups = case.rng(f"{grouping.name} {name}"), len(grouping.members)
    if case.units is None and weights is None:
        sizes, found_in = (np.bincount(some, minlength=groups) for some in (codes, codes[hits]))
        # In an order that names have no part in.
        order = np.lexsort((found_in, sizes))
        test = equal_rates_test([(found_in[order], sizes[order])], rng=rng)
    else:
        rows = GroupedRows(
            codes,
            hits.astype(np.int64),
            np.zeros(len(codes), dtype=np.int64),
            None if weights is None else weights[kept],
            None if case.units is None else case.units.codes[kept],
        )
        test = unit_independence_test(rows, (1, groups, 2), rng=rng)
    return None if test is None else test.tail_p


def _largest(case: Case[Any], rate: Rate, gaps: Sequence[Measurement]) -> Measurement:
    widest = max(gaps, key=lambda one: one.value or 0.0)
    lows, highs = zip(*((one.interval.low, one.interval.high) for one in gaps if one.interval), strict=True)
    interval = Interval(low=max(lows), high=max(highs), level=case.level, method=_METHOD, simultaneous=True)
    low = min(interval.low, widest.value or 0.0)
    return widest.model_copy(
        update={
            "metric": rate.largest_gap, "conditions": {}, "interval": interval.model_copy(update={"low": low}),
        }
    )  # fmt: skip


def _tests(rate: Rate, grouping: Grouping, tested: Sequence[_Tested]) -> Table:
    adjusted = holm(np.array([np.nan if one.p_value is None else one.p_value for one in tested]))
    rows, rests = [], []
    order = sorted(zip(tested, adjusted, strict=True), key=lambda pair: (-(pair[0].gap.value or 0.0), pair[0].column))
    for one, p in order:
        ends = one.ends if one.gap.value else (None, None)
        quoted = (Quote.of(one.gap), Quote.of(one.gap, "interval"))
        said = None if np.isnan(p) else float(p)
        rows.append((one.column, *ends, *quoted, one.p_value, said))
        rests.append((Quote.of(one.gap),))
    heads = ("column", "rarest in", "most frequent in", "difference", "interval", "p", "adjusted p")
    return Table(
        title=Text.of("{what} by {attributes}; p: dealt out among groups", what=rate.words, attributes=grouping.name),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(rows),
        attributes=grouping.attributes,
        rests_on=tuple(rests),
        prominent=True,
    )


def few_of(split: Case[Any], name: str, labels: tuple[str, ...]) -> Flags:
    """[labels]: groups of fewer than ten people, and as many more as keep these from being had of the rest."""
    codes = split.groups[name]
    units = np.arange(len(codes.codes)) if split.units is None else split.units.codes
    counts = np.array(
        [
            len(np.unique(units[codes.codes == codes.vocabulary.index(label)])) if label in codes.vocabulary else 0
            for label in labels
        ]
    )
    hidden = (counts > 0) & (counts < FEWEST_TOLD)
    for place in np.argsort(counts, kind="stable"):
        gives_away = hidden.any() and (np.count_nonzero(hidden) == 1 or counts[hidden].sum() < FEWEST_TOLD)
        hidden[place] |= gives_away and counts[place] > 0
    return hidden
