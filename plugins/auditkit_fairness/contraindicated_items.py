"""`fairness.contraindicated-items`: how many users are recommended what is barred for them, in each group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, NotApplicable, Quote, Rankings, Table, Text, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import Limits, code_items, look_up, share_of_totals, widest_difference
from auditkit.testing import above, every, near, toy_case
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.contraindications import AT_RISK, CARDS, FIRST, ITEMS, USERS, WITHIN
from auditkit_fairness.comparing import Compared, people_of
from auditkit_fairness.values_compared import Rows, Single, furthest, large_groups, told

Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_PLACES = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500)
"""Down to which the lists are looked at, and to their end."""
_DEPTH = 10
_USERS = 200
_NO_USERS = "no users in this group"
_NOBODY = "nothing is barred for any user of this group"
_NOTHING_SHOWN = "nothing is recommended to users of this group for whom something is barred"
_BETTER = {card.name.removesuffix(f"_at_{_DEPTH}"): card.better for card in CARDS}


def _toy(_: np.random.Generator, *, shown: bool) -> Case[Any]:
    """Every user has one barred item; of group B half are shown it, at the third place, or nobody is."""
    lists = np.array([[f"item {(user + rank) % 40}" for rank in range(_DEPTH)] for user in range(_USERS)], dtype=object)
    is_shown = (np.arange(_USERS) >= _USERS // 2) & (np.arange(_USERS) % 2 == 0) & shown
    barred = [[lists[user, 2] if is_shown[user] else "none"] for user in range(_USERS)]
    groups = {"group": ["A"] * (_USERS // 2) + ["B"] * (_USERS // 2)}
    names = tuple(f"user {user}" for user in range(_USERS))
    return toy_case(Rankings(names, lists), groups=groups, barred=barred)


def _planted(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, shown=True)


def _clean(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, shown=False)


CONTROLS = (
    planted(
        "half the users of one of two groups are recommended an item that is barred for them",
        _planted,
        every(
            above(f"{USERS}_at_{_DEPTH}", 0.1, group={}),
            above(f"{ITEMS}_at_{_DEPTH}", 0.01, group={}),
            above(f"{USERS}_at_{_DEPTH}_difference", 0.2),
        ),
    ),
    clean(
        "nobody is recommended what is barred for them",
        _clean,
        every(
            near(f"{USERS}_at_{_DEPTH}", 0.0),
            near(f"{USERS}_at_{_DEPTH}_difference", 0.0),
        ),
    ),
)


@check(
    "fairness.contraindicated-items",
    on=Rankings,
    metrics=CARDS,
    needs=("contraindications",),
    accepts=accept_options,
    controls=CONTROLS,
)
def contraindicated_items(case: Case[Rankings], *, depth: int = 2) -> Iterator[Measurement | Table]:
    """How many users are recommended what must not be recommended to them.

    `[data] contraindications` says which items, such as drugs or diets, are barred for which users. Of the users for
    whom any is, it is counted how many are recommended one, how much of all that is recommended to them is barred, and
    down to which place of the list one must look to find it: overall, for each protected attribute, and for each
    intersection of up to `depth` attributes, with the gap between the groups that lie furthest apart. Users for whom
    nothing is barred have no part.
    """
    at_risk = case.compute(is_at_risk)
    if not at_risk.any():
        raise NotApplicable("nothing is barred for any user of the audit")
    rows = Rows.of(case, at_risk, depth=depth, may_lack_groups=True)
    found = _Found.of(case, rows)
    everyone = Rows.of(case, np.ones(len(case), dtype=bool), depth=depth, may_lack_groups=True)
    for users, flags in ((everyone, {AT_RISK: at_risk[everyone.kept]}), (rows, found.flags)):
        for grouping in (users.everyone, *users.groupings):
            for metric, holds in flags.items():
                yield from _shares(users, grouping, metric, holds)
    for grouping in (rows.everyone, *rows.groupings):
        yield from found.item_rates(grouping)
    for grouping in rows.groupings:
        yield from found.gaps(grouping)
    yield from found.by_place()


def is_at_risk(case: Case[Rankings]) -> Flags:
    """[n]: whether anything is barred for the user."""
    return np.asarray((case.barred != None).any(axis=1))  # noqa: E711  cell by cell


def first_barred(case: Case[Rankings]) -> Integers:
    """[n]: the rank of the first recommendation that is barred for the user; 0: none is, down to the depth."""
    is_barred = _is_barred(case)
    if is_barred.shape[1] == 0:
        return np.zeros(len(is_barred), dtype=np.int64)
    return np.asarray(np.where(is_barred.any(axis=1), np.argmax(is_barred, axis=1) + 1, 0))


def barred_shown(case: Case[Rankings]) -> Integers:
    """[n]: how many of the user's recommendations are barred for them, down to the depth."""
    return np.asarray(np.count_nonzero(_is_barred(case), axis=1))


def _is_barred(case: Case[Rankings]) -> Flags:
    """[n, depth]."""
    barred, shown = code_items(case.barred, case.predictions.items[:, : case.depth])
    return np.asarray(look_up(barred, np.ones(barred.shape), shown) > 0)


def _shares(users: Rows, grouping: Grouping, metric: str, flags: Flags) -> Iterator[Measurement]:
    shares = users.shares(flags, grouping)
    about: dict[str, Any] = {"empty": _NO_USERS if metric == AT_RISK else _NOBODY, "people": users.people(grouping)}
    limits = shares.limits(users.level)
    single = Single(
        metric, shares.value, shares.n, limits, shares.method, _BETTER[metric.partition("_at_")[0]], **about
    )
    yield from single.measurements(grouping, users.level)


@dataclass(frozen=True)
class _Found:
    """The users for whom something is barred, and what of it they are recommended."""

    rows: Rows
    depth: int
    first: Integers
    """[users], the rank of the first barred recommendation; 0: none."""
    count: Integers
    """[users], barred recommendations."""
    lengths: Integers
    """[users], recommendations."""

    @classmethod
    def of(cls, case: Case[Rankings], rows: Rows) -> _Found:
        shown = case.predictions.items[:, : case.depth]
        lengths = np.count_nonzero(shown != None, axis=1)  # noqa: E711  cell by cell
        found = case.compute(first_barred), case.compute(barred_shown), lengths
        return cls(rows, case.depth, *(column[rows.kept] for column in found))

    @property
    def flags(self) -> dict[str, Flags]:
        """Metric -> [users]."""
        return {f"{USERS}_at_{self.depth}": self.first > 0, FIRST: self.first == 1}

    def item_rates(self, grouping: Grouping) -> Iterator[Measurement]:
        """How much of what is recommended is barred, a group each."""
        if not grouping.members:
            return
        parts = []
        for place in range(len(grouping.members)):
            here = grouping.codes == place
            about = {name: None if column is None else column[here] for name, column in self.rows.about.items()}
            parts.append(share_of_totals(self.count[here], self.lengths[here], level=self.rows.level, **about))
        value, n, low, high = (
            np.array([column[0] for column in columns])
            for columns in zip(*((one.value, one.n, *one.limits(self.rows.level)) for one in parts), strict=True)
        )
        metric, method = f"{ITEMS}_at_{self.depth}", f"wilson, ratio of totals over {self.rows.over}"
        people = people_of(grouping.codes, len(grouping.members), self._owners)
        single = Single(
            metric, value, n, Limits(low, high), method, "lower", _NOTHING_SHOWN, _NOTHING_SHOWN, people=people
        )
        yield from single.measurements(grouping, self.rows.level)

    @property
    def _owners(self) -> Integers:
        """[users]: whose row it is; an item that is recommended is none of a person's own."""
        return np.arange(len(self.first)) if self.rows.units is None else self.rows.units

    def gaps(self, grouping: Grouping) -> Iterator[Measurement | Table]:
        """How far apart the groups are."""
        n = np.bincount(grouping.codes[grouping.codes >= 0], minlength=len(grouping.members))
        compared = Compared(grouping, None, n, self.rows.least, self.rows.people(grouping))
        codes = large_groups(grouping, self.rows)
        apart = []
        for metric, flags in self.flags.items():
            gap = None
            if compared.too_few is None:
                large = Grouping(grouping.attributes, codes, ({},) * (int(codes.max()) + 1))
                gap = widest_difference(self.rows.shares(flags, large), level=self.rows.level)
                apart.append((f"{metric}_difference", compared.labels[gap.lowest], compared.labels[gap.highest]))
            yield told(compared, f"{metric}_difference", gap, level=self.rows.level, method="newcombe", better="lower")
        if apart:
            title = "The groups that lie furthest apart in what is barred, by {attributes}"
            yield furthest(title, grouping, apart)

    def by_place(self) -> Iterator[Measurement | Table]:
        """How many users find something barred, down to each place of the list."""
        quotes = []
        for place in sorted({*(one for one in _PLACES if one < self.depth), self.depth}):
            told_of = {"places": str(place)}
            flags = (self.first > 0) & (self.first <= place)
            for one in _shares(self.rows, self.rows.everyone, WITHIN, flags):
                measured = one.model_copy(update={"conditions": told_of})
                yield measured
                quotes.append((place, Quote.of(measured), Quote.of(measured, "interval")))
        names = ("places looked at", "users who find something barred there", "interval")
        yield Table(
            title=Text.of("How far down one must look to find what is barred"),
            columns=tuple(Text.of(name) for name in names),
            rows=tuple(quotes),
        )
