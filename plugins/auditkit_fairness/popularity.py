"""`fairness.popularity`: whether recommendations push what is popular, and for which users the more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, Measurement, NotApplicable, Rankings, Table, Text, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import (
    Estimates,
    Gap,
    Limits,
    bounded_mean,
    group_means,
    group_ratios,
    widest_bounded_difference,
    widest_mean_difference,
)
from auditkit.testing import above, below, every, near, toy_case, with_splits
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.popularity import CARDS
from auditkit_fairness.comparing import Better, Compared
from auditkit_fairness.rankings.equal_users import of_equal_users
from auditkit_fairness.rankings.used_items import UsedItems
from auditkit_fairness.values_compared import Rows, Single, large_groups, told

Floats = npt.NDArray[np.floating]

_BETTER: dict[str, Better] = {card.name.replace("_at_10", ""): card.better for card in CARDS}
_NOTHING = "nothing is recommended to users of this group"
_NEITHER = "no user of this group has both training interactions and recommendations"
_DEPTH = 10
_USERS = 200


def _toy(_: np.random.Generator, *, is_pushed: bool) -> Case[Any]:
    """Users who each had two popular and two rare items; group B is recommended popular ones alone, or as A is."""
    popular, rare = [f"hit {place}" for place in range(5)], [f"rare {place}" for place in range(95)]
    names = tuple(f"user {user}" for user in range(_USERS))
    had = [[*(popular[(user + step) % 5] for step in range(2)), *(rare[(user * 2 + step) % 95] for step in range(2))]
           for user in range(_USERS)]  # fmt: skip
    is_first = np.arange(_USERS) < _USERS // 2
    lists = [
        [popular[(user + 2) % 5], popular[(user + 3) % 5],
         *(popular[(user + 4 - step) % 5] if is_pushed and not is_first[user] else rare[(user * 2 + 2 + step) % 95]
           for step in (0, 4))]
        for user in range(_USERS)
    ]  # fmt: skip
    groups = {"group": [("B", "A")[int(first)] for first in is_first]}
    before = Rankings(names, np.array(had, dtype=object))
    case = toy_case(Rankings(names, np.array(lists, dtype=object)), truth=before, groups=groups)
    return with_splits(case, training=toy_case(before, truth=before))


def _planted(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, is_pushed=True)


def _clean(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, is_pushed=False)


CONTROLS = (
    planted(
        "users of one of two groups are recommended popular items alone, the others what is like their past",
        _planted,
        every(
            above(f"popularity_lift_at_{_DEPTH}_difference", 0.5),
            above(f"long_tail_share_at_{_DEPTH}_difference", 0.3),
            above(f"coverage_of_equal_users_at_{_DEPTH}_difference", 0.1),
        ),
        head=0.5,
    ),
    clean(
        "all users are recommended as many popular and rare items as they had before",
        _clean,
        every(
            near(f"popularity_lift_at_{_DEPTH}", 0.0, 0.05),
            below(f"popularity_lift_at_{_DEPTH}_difference", 0.05),
            below(f"long_tail_share_at_{_DEPTH}_difference", 0.2),
        ),
        head=0.5,
    ),
)


def _accepts(*, data: Any, depth: int = 1, head: float = 0.8, **_: Any) -> None:
    accept_options(data=data, depth=depth)
    if not 0 < head < 1:
        raise AuditError(f"option 'head' is '{head}'", hint="the short head's share of all uses, between 0 and 1: 0.8")


@check("fairness.popularity", on=Rankings, metrics=CARDS, needs=("training",), accepts=_accepts, controls=CONTROLS)
def popularity(case: Case[Rankings], *, depth: int = 2, head: float = 0.8) -> Iterator[Measurement | Table]:
    """Whether recommendations push what is popular.

    Popular is what many had in the training interactions. It is measured how popular recommendations are, how much
    more so than what their users had before, how much of them is of the long tail, and how new they are: overall, for
    each protected attribute, and for each intersection of up to `depth` attributes, with the gap between the groups
    that lie furthest apart. Then how much of the catalogue equally many users of each group see: half as many as the
    smallest group that is compared has. The short head are the most used items that together have the share `head` of
    all uses; the others are the long tail.
    """
    used = UsedItems.of(case, head)
    lists = used.of_lists()
    if not (lists.lengths > 0).any():
        raise NotApplicable("nothing is recommended to any user")
    rows = Rows.of(case, lists.lengths > 0, depth=depth, may_lack_groups=True)
    both = Rows.of(case, (lists.lengths > 0) & (lists.own > 0), depth=depth, may_lack_groups=True)
    most = used.most_novelty
    scaled: dict[str, tuple[Floats, float]] = {
        "long_tail_share": (lists.tail, 1.0),
        "long_tail_items": (lists.tail * lists.lengths / case.depth, float(case.depth)),
        "novelty": (lists.novelty / most, most),
    }
    for grouping in (rows.everyone, *rows.groupings):
        means = group_means(lists.uses[rows.kept], grouping.codes, len(grouping.members), **rows.about)
        yield from _student(case, rows, grouping, "average_popularity", means)
        for metric, (scores, size) in scaled.items():
            if metric == "long_tail_items" and grouping.attributes:
                continue  # of lists of one length it is the share once more
            yield from _bounded(case, rows, grouping, metric, scores[rows.kept], size)
    yield _tail_coverage(case, used)
    for grouping in (both.everyone, *both.groupings):
        yield from _lifts(case, both, grouping, lists.uses[both.kept], lists.own[both.kept])
    for grouping in rows.groupings:
        for metric in ("long_tail_share", "novelty"):
            scores, size = scaled[metric]
            yield _bounded_gap(case, rows, grouping, metric, scores[rows.kept], size)
        yield from of_equal_users(case, rows, grouping, used)


def _named(case: Case[Rankings], metric: str, end: str = "") -> str:
    return f"{metric}_at_{case.depth}{end}"


def _student(
    case: Case[Rankings], rows: Rows, grouping: Grouping, metric: str, found: Estimates
) -> Iterator[Measurement]:
    low, high = found.limits(rows.level)
    limits = Limits(np.maximum(low, 0.0), high)
    method = f"student, mean over {rows.over}"
    name = _named(case, metric)
    single = Single(
        name, found.value, found.n, limits, method, _BETTER[metric], _NOTHING, _NOTHING, people=rows.people(grouping)
    )
    yield from single.measurements(grouping, rows.level)


def _bounded(
    case: Case[Rankings], rows: Rows, grouping: Grouping, metric: str, scores: Floats, size: float
) -> Iterator[Measurement]:
    """The mean of scores between 0 and 1, times `size`."""
    parts = []
    for place in range(len(grouping.members)):
        here = grouping.codes == place
        about = {name: None if column is None else column[here] for name, column in rows.about.items()}
        found = bounded_mean(scores[here], level=rows.level, **about)
        ends = (np.nan, np.nan) if found is None or found.limits is None else found.limits
        parts.append((np.nan, 0, *ends) if found is None else (found.value, found.n, *ends))
    if not parts:
        return
    value, n, low, high = (np.array(column) for column in zip(*parts, strict=True))
    method = f"wilson, mean over {rows.over}"
    limits = Limits(low * size, high * size)
    single = Single(
        _named(case, metric), value * size, n.astype(np.int64), limits, method, _BETTER[metric], _NOTHING,
        people=rows.people(grouping),
    )  # fmt: skip
    yield from single.measurements(grouping, rows.level)


def _compared(rows: Rows, grouping: Grouping) -> Compared:
    n = np.bincount(grouping.codes[grouping.codes >= 0], minlength=len(grouping.members))
    return Compared(grouping, None, n, rows.least, rows.people(grouping))


def _bounded_gap(
    case: Case[Rankings], rows: Rows, grouping: Grouping, metric: str, scores: Floats, size: float
) -> Measurement:
    compared, gap = _compared(rows, grouping), None
    if compared.too_few is None:
        codes = large_groups(grouping, rows)
        found = widest_bounded_difference(scores, codes, int(codes.max()) + 1, level=rows.level, **rows.about)
        gap = Gap(found.value * size, found.low * size, found.high * size, found.lowest, found.highest)
    method = f"wilson, means over {rows.over}, squared and added"
    return told(compared, _named(case, metric, "_difference"), gap, level=rows.level, method=method, better="lower")


def _lifts(case: Case[Rankings], rows: Rows, grouping: Grouping, shown: Floats, own: Floats) -> Iterator[Measurement]:
    """How much more popular lists are than what their users had, and how far the groups are apart in it."""
    if not grouping.members:
        return
    found = group_ratios(shown, own, grouping.codes, len(grouping.members), **rows.about)
    low, high = found.log_limits(rows.level)
    name, method = _named(case, "popularity_lift"), f"student, log of ratio over {rows.over}"
    limits = Limits(low - 1, high - 1)
    people = rows.people(grouping)
    single = Single(name, found.value - 1, found.n, limits, method, "target", _NEITHER, _NEITHER, people=people)
    yield from single.measurements(grouping, rows.level)
    if not grouping.attributes:
        return
    compared, gap = _compared(rows, grouping), None
    if compared.too_few is None:
        codes = large_groups(grouping, rows)
        large = group_ratios(shown, own, codes, int(codes.max()) + 1, **rows.about)
        gap = widest_mean_difference(large, level=rows.level)
    method = f"welch, ratios of totals over {rows.over}"
    yield told(compared, f"{name}_difference", gap, level=rows.level, method=method, better="lower")


def _tail_coverage(case: Case[Rankings], used: UsedItems) -> Measurement:
    about: dict[str, Any] = {"metric": _named(case, "long_tail_coverage"), "n": len(case), "better": "target"}
    if not used.tail_size:
        return Measurement(value=None, undefined=Text.of("no item is of the long tail"), **about)
    return Measurement(value=used.tail_shown / used.tail_size, exact=True, **about)
