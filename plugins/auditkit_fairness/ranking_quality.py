"""`fairness.ranking-quality`: how well recommendations meet what the users of each group go for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, Rankings, Table, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import Gap, Limits, Shares, bounded_mean, served, widest_bounded_difference, widest_difference
from auditkit.testing import above, every, near, toy_case
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.ranking import GAP_CARDS, QUALITY_CARDS
from auditkit_fairness.comparing import Compared
from auditkit_fairness.values_compared import (
    Rows,
    Single,
    Tested,
    furthest,
    large_groups,
    means_tests,
    tests_table,
    told,
)

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

_SHARES = frozenset({"hit_rate", "unserved_rate", "untested_user_rate"})
"""Means of yes and no, whose differences have Newcombe's interval."""
_DEPTH = 10
_USERS = 200


def _toy(_: np.random.Generator, *, place: int) -> Case[Any]:
    """Two groups whose lists of ten hold one item that the user went for: A's first, B's at a place."""
    lists = np.array([[f"item {(user + rank) % 40}" for rank in range(_DEPTH)] for user in range(_USERS)], dtype=object)
    names = tuple(f"user {user}" for user in range(_USERS))
    is_first = np.arange(_USERS) < _USERS // 2
    wanted = np.where(is_first, lists[:, 0], lists[:, place])[:, None]
    groups = {"group": [("B", "A")[int(first)] for first in is_first]}
    return toy_case(Rankings(names, lists), truth=Rankings(names, wanted), groups=groups)


def _planted(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, place=2)


def _clean(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, place=0)


CONTROLS = (
    planted(
        "what users of one of two groups go for stands third in their lists, for the others first",
        _planted,
        every(
            above(f"ndcg_at_{_DEPTH}_difference", 0.3),
            above(f"reciprocal_rank_at_{_DEPTH}_difference", 0.4),
        ),
        gain="binary",
        relevant_from=None,
    ),
    clean(
        "what users of either group go for stands first",
        _clean,
        every(near(f"ndcg_at_{_DEPTH}_difference", 0.0), near(f"reciprocal_rank_at_{_DEPTH}_difference", 0.0)),
        gain="binary",
        relevant_from=None,
    ),
)


@check(
    "fairness.ranking-quality",
    on=Rankings,
    metrics=(*QUALITY_CARDS, *GAP_CARDS),
    needs=("targets", "groups"),
    accepts=accept_options,
    controls=CONTROLS,
)
def ranking_quality(
    case: Case[Rankings],
    *,
    depth: int = 2,
    gain: Literal["binary", "rating"] = "binary",
    relevant_from: float | None = None,
) -> Iterator[Measurement | Table]:
    """How well recommendations meet what the users of each group go for.

    For each protected attribute, and for each intersection of up to `depth` attributes: how much of what users went for
    was recommended to them and how far up, how many were recommended nothing, and how many have no test item, so that
    nobody can judge their list; then the gap between the two groups that lie furthest apart, with an interval that
    holds for all pairs at once. `gain` and `relevant_from` are those of `performance.ranking`. Groups with fewer such
    users than the policy's smallest group are not compared.
    """
    truth = case.truth
    found = served(case.predictions.items, truth.items, truth.worth(gain, relevant_from), case.depth)
    judged = found.relevant > 0
    rows = Rows.of(case, judged, depth=depth)
    everyone = Rows.of(case, np.ones(len(case), dtype=bool), depth=depth)
    about_lists = {f"{name}_at_{case.depth}": of_user[rows.kept] for name, of_user in found.scores().items()}
    about_users = {"unserved_rate": found.lengths == 0, "untested_user_rate": ~judged}
    about_all = {name: flags[everyone.kept].astype(float) for name, flags in about_users.items()}
    tested: list[Tested] = []
    for users, numbers, empty in ((rows, about_lists, _NO_RELEVANT), (everyone, about_all, _NO_USERS)):
        yield from _singles(users, users.everyone, numbers, empty)
        for grouping in users.groupings:
            yield from _singles(users, grouping, numbers, empty)
            yield from _gaps(users, grouping, numbers)
            if numbers is about_lists:
                rng = case.rng(f"means: {grouping.name}")
                tested += means_tests(users, grouping, large_groups(grouping, users), numbers, rng)
    if tested:
        yield tests_table(tested)


_NO_RELEVANT = "no user of this group has a relevant item"
_NO_USERS = "no users in this group"


def _singles(users: Rows, grouping: Grouping, numbers: dict[str, Floats], empty: str) -> Iterator[Measurement]:
    for metric, scores in numbers.items() if grouping.members else ():
        parts = [_mean(users, grouping.codes == place, scores) for place in range(len(grouping.members))]
        value, n, low, high = (np.array(column) for column in zip(*parts, strict=True))
        better: Literal["lower", "higher"] = "lower" if metric in _SHARES else "higher"
        method = f"wilson, mean over {users.over}"
        single = Single(
            metric, value, n.astype(np.int64), Limits(low, high), method, better, empty, people=users.people(grouping)
        )
        yield from single.measurements(grouping, users.level)


def _mean(users: Rows, here: Flags, scores: Floats) -> tuple[float, int, float, float]:
    """Value, users, and both ends of the interval; NaN where there are none."""
    about = {name: None if column is None else column[here] for name, column in users.about.items()}
    found = bounded_mean(scores[here], level=users.level, **about)
    if found is None or found.limits is None:
        return np.nan, 0, np.nan, np.nan
    return found.value, found.n, found.limits.low, found.limits.high


def _gaps(users: Rows, grouping: Grouping, numbers: dict[str, Floats]) -> Iterator[Measurement | Table]:
    n = np.bincount(grouping.codes[grouping.codes >= 0], minlength=len(grouping.members))
    compared = Compared(grouping, None, n, users.least, users.people(grouping))
    codes = large_groups(grouping, users)
    apart = []
    for metric, scores in numbers.items():
        is_share = metric.partition("_at_")[0] in _SHARES
        gap = None if compared.too_few else _gap(users, codes, scores, is_share=is_share)
        method = "newcombe" if is_share else f"wilson, means over {users.over}, squared and added"
        yield told(compared, f"{metric}_difference", gap, level=users.level, method=method, better="lower")
        if gap is not None:
            apart.append((f"{metric}_difference", compared.labels[gap.lowest], compared.labels[gap.highest]))
    if apart:
        title = "The groups that lie furthest apart in rankings, by {attributes}"
        yield furthest(title, grouping, apart)


def _gap(users: Rows, codes: npt.NDArray[np.integer], scores: Floats, *, is_share: bool) -> Gap:
    count = int(codes.max()) + 1
    if not is_share:
        return widest_bounded_difference(scores, codes, count, level=users.level, **users.about)
    shares: Shares = users.shares(scores > 0, Grouping((), codes, ({},) * count))
    return widest_difference(shares, level=users.level)
