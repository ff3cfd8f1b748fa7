"""`fairness.slate-calibration`: whether recommendations keep the mix of what users had before, by group."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, NotApplicable, Rankings, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import (
    Limits,
    bounded_mean,
    group_means,
    js_divergence,
    kl_divergence,
    widest_bounded_difference,
)
from auditkit.testing import above, every, near, toy_case
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.slates import CARDS
from auditkit_fairness.comparing import Compared
from auditkit_fairness.rankings.exposed import labels_of
from auditkit_fairness.values_compared import Rows, Single, large_groups, told

Floats = npt.NDArray[np.floating]

_SMOOTHED = 0.01
"""Steck's alpha: the part of a list's shares that is replaced by the history's, so that none is 0."""
_NONE = -1.0
"""Of a user without a history or without recommendations: evidence holds no NaN."""
_NOBODY = "no user of this group has both a history and recommendations"
_DEPTH = 10
_USERS = 200


def _toy(_: np.random.Generator, *, is_mixed: bool) -> Case[Any]:
    """Users who had bread and fish alike; B is shown bread alone, or both as A is."""
    mixed = [f"{('bread', 'fish')[place % 2]} {place}" for place in range(_DEPTH)]
    alone = [f"bread {2 * place}" for place in range(_DEPTH)]
    is_first = np.arange(_USERS) < _USERS // 2
    lists = np.array([mixed if first or is_mixed else alone for first in is_first], dtype=object)
    names = tuple(f"user {user}" for user in range(_USERS))
    own = np.array([["bread 50", "fish 51"]] * _USERS, dtype=object)
    kinds = {item: item.split()[0] for item in (*mixed, *alone, "bread 50", "fish 51")}
    groups = {"group": [("B", "A")[int(first)] for first in is_first]}
    return toy_case(Rankings(names, lists), truth=Rankings(names, own), groups=groups, item_groups={"kind": kinds})


def _planted(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, is_mixed=False)


def _clean(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, is_mixed=True)


CONTROLS = (
    planted(
        "users of one of two groups had two kinds of items, and are recommended one",
        _planted,
        every(above(f"slate_divergence_at_{_DEPTH}_difference", 0.1)),
    ),
    clean(
        "all users are recommended the mix that they had",
        _clean,
        every(
            near(f"slate_divergence_at_{_DEPTH}", 0.0),
            near(f"slate_calibration_at_{_DEPTH}", 0.0),
            near(f"slate_divergence_at_{_DEPTH}_difference", 0.0),
        ),
    ),
)


@check(
    "fairness.slate-calibration",
    on=Rankings,
    metrics=CARDS,
    needs=("item_groups",),
    accepts=accept_options,
    controls=CONTROLS,
)
def slate_calibration(case: Case[Rankings], *, depth: int = 2) -> Iterator[Measurement]:
    """Whether recommendations keep the mix of what users had before.

    For each attribute of `[data] item_groups`: how far the shares of its labels among each user's recommendations lie
    from those among what the user had in the training interactions, or without these went for in the audit's. Users
    without a history or without recommendations have no part. The mean is taken over all users, over each protected
    attribute's groups and each intersection of up to `depth` attributes, with the gap between the two furthest apart.
    """
    if not case.settings.item_groups:
        hint = 'name the table and its columns: [data] items = "items.csv", item_groups = ["kind"]'
        raise NotApplicable("the spec names no attributes of items", hint=hint)
    if "training" not in case.keys and not case.has_truth:
        raise NotApplicable("nobody says what the users had before, or went for")
    for attribute, *_ in case.settings.item_groups:
        divergence = case.compute(divergence_of, attribute=attribute)
        miss = case.compute(miscalibration_of, attribute=attribute)
        users = Rows.of(case, divergence >= 0, depth=depth, may_lack_groups=True)
        for one in _of_users(case, users, divergence[users.kept], miss[users.kept]):
            yield one.model_copy(update={"conditions": {"items": attribute}})


def divergence_of(case: Case[Rankings], *, attribute: str) -> Floats:
    """[n]: the Jensen-Shannon divergence of a user's list from the user's history, in bits; -1: there is no such."""
    had, shown, known = _mixes(case, attribute)
    return np.where(known, js_divergence(had, shown), _NONE)


def miscalibration_of(case: Case[Rankings], *, attribute: str) -> Floats:
    """[n]: Steck's C_KL of a user, in nats; -1: there is no such."""
    had, shown, known = _mixes(case, attribute)
    smooth = (1 - _SMOOTHED) * shown + _SMOOTHED * had
    return np.where(known, np.log(2) * kl_divergence(had, smooth), _NONE)


def _mixes(case: Case[Rankings], attribute: str) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    """[n, labels] shares in each user's history and list, and [n] which users have both."""
    import pandas as pd

    shown = _counts(case, attribute, case.predictions.items[:, : case.depth])
    if "training" not in case.keys:
        had = _counts(case, attribute, case.truth.items)
    else:
        before = case.training.truth
        places = pd.Index(before.users).get_indexer(pd.Index(case.predictions.users))
        had = np.vstack([_counts(case, attribute, before.items), np.zeros((1, shown.shape[1]))])[places]
    known = (had.sum(axis=1) > 0) & (shown.sum(axis=1) > 0)
    with np.errstate(invalid="ignore"):
        shares = [np.where(known[:, None], one / one.sum(axis=1, keepdims=True), 0.0) for one in (had, shown)]
    return shares[0], shares[1], known


def _counts(case: Case[Rankings], attribute: str, items: npt.NDArray[np.object_]) -> Floats:
    """[n, labels]: how many items of each label."""
    labels = labels_of(case, attribute, items)
    count = len(case.item_groups.groups[attribute].vocabulary)
    places = (np.arange(len(items))[:, None] * count + labels)[labels >= 0]
    return np.bincount(places, minlength=len(items) * count).reshape(len(items), count).astype(float)


def _of_users(case: Case[Rankings], users: Rows, divergence: Floats, miss: Floats) -> Iterator[Measurement]:
    for grouping in (users.everyone, *users.groupings):
        if not grouping.members:
            continue
        yield from _singles(case, users, grouping, divergence, miss)
        if not grouping.attributes:
            continue
        n = np.bincount(grouping.codes[grouping.codes >= 0], minlength=len(grouping.members))
        compared = Compared(grouping, None, n, users.least, users.people(grouping))
        codes = large_groups(grouping, users)
        gap = None
        if compared.too_few is None:
            count = int(codes.max()) + 1
            gap = widest_bounded_difference(divergence, codes, count, level=users.level, **users.about)
        metric = f"slate_divergence_at_{case.depth}_difference"
        method = f"wilson, means over {users.over}, squared and added"
        yield told(compared, metric, gap, level=users.level, method=method, better="lower")


def _singles(
    case: Case[Rankings], users: Rows, grouping: Grouping, divergence: Floats, miss: Floats
) -> Iterator[Measurement]:
    parts: list[tuple[float, float, float]] = []
    for place in range(len(grouping.members)):
        here = grouping.codes == place
        about = {name: None if column is None else column[here] for name, column in users.about.items()}
        found = bounded_mean(divergence[here], level=users.level, **about)
        if found is None or found.limits is None:
            parts.append((np.nan, np.nan, np.nan))
        else:
            parts.append((found.value, found.limits.low, found.limits.high))
    value, low, high = np.array(parts, dtype=float).T
    misses = group_means(miss, grouping.codes, len(grouping.members), **users.about)
    over, people = users.over, users.people(grouping)
    ends = misses.limits(users.level)
    singles = (
        Single(
            f"slate_divergence_at_{case.depth}", value, misses.n, Limits(low, high), f"wilson, mean over {over}",
            "lower", _NOBODY, people=people,
        ),
        Single(
            f"slate_calibration_at_{case.depth}", misses.value, misses.n, Limits(np.maximum(ends.low, 0.0), ends.high),
            f"student, mean over {over}", "lower", _NOBODY, people=people,
        ),
    )  # fmt: skip
    for single in singles:
        yield from single.measurements(grouping, users.level)
