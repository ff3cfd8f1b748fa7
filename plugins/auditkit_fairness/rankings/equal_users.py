"""How much of a catalogue equally many users of each group see, and how evenly: variety at one size."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, Rankings, Table, Text
from auditkit.segments import Grouping
from auditkit.statistics import (
    Gap,
    JointSums,
    Limits,
    attention,
    distinct_seen,
    family_level,
    gini,
    own_units,
    shannon_entropy,
    widest_between,
    wilson,
)
from auditkit_fairness.comparing import Compared
from auditkit_fairness.rankings.exposure_of_catalogue import moved_by, received_by, slope_of_entropy, slope_of_gini
from auditkit_fairness.rankings.used_items import UsedItems
from auditkit_fairness.values_compared import Rows, Single, large_groups, told

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_NAMES = ("coverage_of_equal_users", "entropy_of_equal_users", "gini_of_equal_users")
_METHODS = ("jackknife", "delta method", "delta method")
_DRAWS, _LEAST_DRAWS, _WORK = 100, 20, 20_000_000
_ROUNDING = 1e-9
_WEIGHED = "rows have weights, so that no number of users is equal"
_SMALL = "the group is too small to be compared"


def of_equal_users(
    case: Case[Rankings], rows: Rows, grouping: Grouping, used: UsedItems
) -> Iterator[Measurement | Table]:
    """Coverage, entropy and the Gini coefficient of each group at one number of users, and how far groups are apart."""
    n = np.bincount(grouping.codes[grouping.codes >= 0], minlength=len(grouping.members))
    compared = Compared(grouping, None, n, rows.least, rows.people(grouping))
    large = np.flatnonzero(compared.takes_part)
    why = _WEIGHED if rows.weights is not None else ""
    users = int(n[large].min()) // 2 if len(large) else 0
    why = why or ("" if users else _SMALL)
    is_told = compared.too_few is None and not why
    seen = list(_groups(case, rows, grouping, used, users)) if is_told else []
    pairs = len(large) * (len(large) - 1) // 2
    for place, (name, method) in enumerate(zip(_NAMES, _METHODS, strict=True)):
        metric = f"{name}_at_{case.depth}"
        value, low, high = (np.full(len(n), np.nan) for _ in range(3))
        if seen:
            value[large] = [one.values[place] for one in seen]
            low[large], high[large] = _limits(seen, place, rows.level)
        words = f"{method} over {rows.over}"
        single = Single(
            metric, value, n, Limits(low, high), words, "target", _SMALL, why or _SMALL, people=rows.people(grouping)
        )
        yield from single.measurements(grouping, rows.level)
        gap: Gap | None = None
        if seen:
            strict = _limits(seen, place, family_level(rows.level, pairs))
            gap = widest_between(value[large], strict)
        about: dict[str, Any] = {"level": rows.level, "method": f"{words}, squared and added", "better": "lower"}
        yield told(compared, f"{metric}_difference", gap, why=why, **about)
    if seen:
        title = "Users drawn from each group to compare what they see, by {attributes}"
        yield Table(
            title=Text.of(title, attributes=grouping.name),
            columns=(Text.of("users drawn"), Text.of("items there are")),
            rows=((users, used.size),),
        )


def _groups(case: Case[Rankings], rows: Rows, grouping: Grouping, used: UsedItems, users: int) -> Iterator[_Seen]:
    """What users of each group that is compared see."""
    lists, codes = used.lists[rows.kept], large_groups(grouping, rows)
    for place in range(int(codes.max(initial=-1)) + 1):
        here = np.flatnonzero(codes == place)
        # In an order of their own, so that draws depend neither on that of the rows nor on the groups' names.
        here = here[np.lexsort(lists[here].T[::-1])]
        units = None if rows.units is None else rows.units[here]
        rng = case.rng(f"equal users: {grouping.name}")
        yield _Seen.of(lists[here], used.size, users, units, rng)


@dataclass(frozen=True)
class _Seen:
    """Of one group: coverage, entropy, Gini coefficient."""

    values: tuple[float, float, float]
    errors: tuple[float, float, float]
    most: tuple[float, float, float]
    lists: Integers
    """Of all its users."""
    users: int
    """Drawn of these."""

    @classmethod
    def of(cls, lists: Integers, items: int, users: int, units: Integers | None, rng: np.random.Generator) -> _Seen:
        """Of `users` users, drawn from these without replacement."""
        owners = None if units is None else np.unique(own_units(units), return_inverse=True)[1].ravel()
        seen = distinct_seen(lists, items, users, units=owners)
        mass = np.ones(len(lists))
        flat, falling = np.ones(lists.shape[1]), attention(lists.shape[1])
        received, weight = received_by(lists, items, mass, falling)
        counts, once = received_by(lists, items, mass, flat)
        moved = (moved_by(lists, slope_of_entropy(counts), once), moved_by(lists, slope_of_gini(received), weight))
        errors = np.diag(JointSums.of(np.column_stack(moved), units=units).covariance)
        factor = items / (items - 1) if items > 1 else 1.0
        draws = int(np.clip(_WORK // max(users * lists.shape[1], 1), _LEAST_DRAWS, _DRAWS))
        drawn = np.empty((draws, 2))
        for draw in range(draws):
            some = lists[rng.permutation(len(lists))[:users]]
            one, other = (received_by(some, items, mass[:users], given)[0] for given in (flat, falling))
            drawn[draw] = shannon_entropy(one), factor * gini(other)
        values, noise = drawn.mean(axis=0), drawn.var(axis=0, ddof=1) / draws
        spread = (float(errors[0] + noise[0]), float(errors[1] * factor**2 + noise[1]))
        return cls(
            (seen.value / items, float(values[0]), float(values[1])),
            (seen.error / items, float(np.sqrt(spread[0])), float(np.sqrt(spread[1]))),
            (1.0, float(np.log2(items)), 1.0),
            lists,
            users,
        )

    def limits(self, place: int, level: float) -> tuple[float, float]:
        """The interval of one of the three; NaN where lists are alike, and nothing tells how others would differ."""
        from scipy import special

        value, error = self.values[place], self.errors[place]
        if not error > _ROUNDING * max(value, _ROUNDING):
            return self._by_items(level) if place == 0 else (np.nan, np.nan)
        half = float(special.stdtrit(len(self.lists) - 1, (1 + level) / 2)) * error
        return max(value - half, 0.0), min(value + half, self.most[place])

    def _by_items(self, level: float) -> tuple[float, float]:
        """Of a coverage that no list moves: each item's share of lists at its low end; and new items as seldom seen."""
        items, lengths = round(float(2 ** self.most[1])), (self.lists >= 0).sum(axis=1)
        often = np.bincount(self.lists[self.lists >= 0], minlength=items)
        least = np.clip(wilson(often, np.full(items, len(self.lists)), level).low, 0, 1)
        low = float(np.mean(1 - (1 - least) ** self.users))
        # Nobody's list holds an item that is on none: lists that do are as rare as what was never seen among so many.
        seldom = float(wilson(np.array(0), np.array(len(self.lists)), level).high)
        high = self.values[0] + self.users * seldom * float(lengths.mean()) / items
        return min(low, self.values[0]), min(high, 1.0)


def _limits(seen: list[_Seen], place: int, level: float) -> Limits:
    low, high = (np.array(ends) for ends in zip(*(one.limits(place, level) for one in seen), strict=True))
    return Limits(low, high)
