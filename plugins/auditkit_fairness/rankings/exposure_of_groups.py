"""How attention falls on the groups of items of one attribute: the numbers of `fairness.item-exposure` about groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Rankings, Text
from auditkit.statistics import (
    Gap,
    JointSums,
    Length,
    Limits,
    Ratios,
    SharedSpread,
    attention_fairness,
    attention_inequity,
    clustered_limits,
    expected_exposure,
    family_level,
    share_of_totals,
    unevenness,
    widest_between,
)
from auditkit_fairness.cards.exposure import CARDS
from auditkit_fairness.rankings.exposed import (
    ABOVE,
    ELIGIBLE,
    FRESH,
    FURTHER_ABOVE,
    FURTHER_PAIRS,
    HITS,
    NEW,
    PAIRS,
    SHOWN,
    TARGET,
    WANTED,
)
from auditkit_fairness.rankings.offered import EXPECTED

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_BETTER = {card.name.replace("_at_10", ""): card.better for card in CARDS}
_OF_NO_LIST = ("wanted_share", "candidate_pairwise_accuracy")
_NO_DEEPER = "neither the model nor the recorded lists go deeper than the {depth} items that are looked at"
_FEW_SHOWN = "fewer than two groups of items are shown"
_FEW_WANTED = "fewer than two groups of items were gone for by {least} users"
_ROUNDING = 1e-9
"""Of a number: what moves it less moves it not at all, and then nothing is known of other users."""
_NOISE = "triangle inequality, sampling noise drawn anew"


@dataclass(frozen=True)
class Exposed:
    """The groups of items of one attribute."""

    case: Case[Rankings]
    attribute: str
    labels: tuple[str, ...]
    sizes: Integers
    """[labels], items of the catalogue."""
    numbers: dict[str, Floats]
    """Kind -> [users, labels]."""
    about: dict[str, Any]
    shared: SharedSpread | None
    """Over attention, items gone for and items there are; None: intervals hold for these providers."""
    level: float
    """The confidence of each interval, or of each family of pairs of groups."""
    shared_by: Mapping[tuple[str, str], SharedSpread | None] = field(default_factory=dict)
    """Over rates, and over expected exposure: by their kinds, as `shared_spread` takes them."""

    def shown(self) -> Iterator[Measurement]:
        """Attention to each group of items, by item, and how likely an item of it is recommended."""
        sums = self._sums()
        each, everything = np.eye(len(self.labels)), np.ones((len(self.labels), len(self.labels)))
        none = np.zeros_like(each)
        shares = Ratios.of(sums.turned(np.block([[each, none, none], [everything, none, none]])), len(self.labels))
        yield from self._singles("exposure_share", shares, self._any(SHOWN), Text.of("nothing is recommended"))
        is_shown, few_shown = self._is_shown, Text.of(_FEW_SHOWN)
        yield self._by_item(sums)
        could = self._users(self.numbers[ELIGIBLE]) >= 1
        yield from self._rates("recommendation_probability", (FRESH, ELIGIBLE), could, Text.of(_NO_ITEM))
        yield self._uneven("recommendation_probability", (FRESH, ELIGIBLE), could & is_shown, few_shown)

    def remedied(self, *, has_truth: bool) -> Iterator[Measurement]:
        """What is told of lists in another order: shares of attention, and how far they lie from what they should be.

        Of the shares, those of each group; then the four numbers that compare groups, of which two to four can be told.
        """
        sums, groups = self._sums(), len(self.labels)
        each, everything, none = np.eye(groups), np.ones((groups, groups)), np.zeros((groups, groups))
        shares = Ratios.of(sums.turned(np.block([[each, none, none], [everything, none, none]])), groups)
        yield from self._singles("exposure_share", shares, self._any(SHOWN), Text.of("nothing is recommended"))
        yield self._by_item(sums)
        if has_truth:
            least = max(self.case.min_group_size, 1)
            yield from self._by_worth(sums, self._users(self.numbers[WANTED]) >= least)

    @property
    def _is_shown(self) -> Flags:
        seen = self.numbers[SHOWN]
        return np.asarray(((seen.sum(axis=0) > 0) | (self.sizes > 0)) & (seen.sum() > 0))

    def _by_item(self, sums: JointSums) -> Measurement:
        each, none = np.eye(len(self.labels)), np.zeros((len(self.labels), len(self.labels)))
        per_item = Ratios.of(sums.turned(np.block([[each, none, none], [none, none, each]])), len(self.labels))
        return self._compared("exposure_per_item", per_item, self._is_shown, Text.of(_FEW_SHOWN))

    def _by_worth(self, sums: JointSums, is_wanted: Flags) -> Iterator[Measurement]:
        """The ratio by merit, AWRF and Biega's sum."""
        few_groups = Text.of(_FEW_WANTED, least=max(self.case.min_group_size, 1))
        each, none = np.eye(len(self.labels)), np.zeros((len(self.labels), len(self.labels)))
        per_merit = Ratios.of(sums.turned(np.block([[each, none, none], [none, each, none]])), len(self.labels))
        yield self._compared("exposure_per_merit", per_merit, is_wanted, few_groups)
        yield from self._against_merit(sums, is_wanted, few_groups)

    def by_merit(self) -> Iterator[Measurement]:
        """The same by what users went for, and whether the right items stand above the wrong ones."""
        least = max(self.case.min_group_size, 1)
        few = Text.of("fewer than {least} users went for items of this group", least=least)
        few_groups = Text.of(_FEW_WANTED, least=least)
        is_wanted, is_new = (self._users(self.numbers[kind]) >= least for kind in (WANTED, NEW))
        sums = self._sums()
        each, everything = np.eye(len(self.labels)), np.ones((len(self.labels), len(self.labels)))
        none = np.zeros_like(each)
        shares = Ratios.of(sums.turned(np.block([[none, each, none], [none, everything, none]])), len(self.labels))
        yield from self._singles("wanted_share", shares, self._any(WANTED), few, is_wanted)
        yield from self._by_worth(sums, is_wanted)
        yield from self._expected()
        yield from self._rates("wanted_item_recall", (HITS, NEW), is_new, few)
        yield self._uneven("wanted_item_recall", (HITS, NEW), is_new, few_groups)
        no_pair = Text.of("fewer than {least} users have a pair of a right and a wrong item", least=least)
        yield from self._accuracies("pairwise_accuracy", (ABOVE, PAIRS), no_pair, few_groups)
        if np.isnan(self.numbers[FURTHER_PAIRS]).any():
            no_pair = few_groups = Text.of(_NO_DEEPER, depth=self.case.depth)
        yield from self._accuracies("candidate_pairwise_accuracy", (FURTHER_ABOVE, FURTHER_PAIRS), no_pair, few_groups)

    def _sums(self) -> JointSums:
        """Over attention, items gone for, and items of the catalogue, [labels] each."""
        seen = self.numbers[SHOWN]
        columns = [seen, self.numbers.get(WANTED, np.zeros(seen.shape)), np.ones(seen.shape) * self.sizes]
        return JointSums.of(np.hstack(columns), shared=self.shared, **self.about)

    def _users(self, column: Floats) -> Integers:
        """[labels]: how many users, or units, have anything in each column."""
        units = self.about["units"]
        if units is None:
            return np.asarray(np.count_nonzero(column > 0, axis=0))
        return np.array([len(np.unique(units[one > 0])) for one in column.T])

    def _any(self, kind: str) -> int:
        """How many users have anything of a kind."""
        return int(np.count_nonzero(self.numbers[kind].sum(axis=1) > 0))

    @property
    def _users_words(self) -> str:
        return "rows" if self.about["units"] is None else "units"

    @property
    def _over(self) -> str:
        return self._users_words if self.shared is None else f"{self._users_words} and providers"

    def _named(self, metric: str, end: str = "") -> str:
        at = "" if metric in _OF_NO_LIST else f"_at_{self.case.depth}"
        return f"{metric}{at}{end}"

    def _told(  # noqa: PLR0913  a measurement has this many sides
        self,
        metric: str,
        conditions: dict[str, str],
        value: float | None,
        limits: Limits | tuple[float, float] = (np.nan, np.nan),
        *,
        n: int,
        method: str,
        why: Text | None = None,
        family: bool = False,
    ) -> Measurement:
        """One number with its interval, where there is one."""
        base = metric.replace(f"_at_{self.case.depth}", "")
        about: dict[str, Any] = {"metric": metric, "conditions": conditions, "n": n, "better": _BETTER[base]}
        if value is None or not np.isfinite(value):
            return Measurement(value=None, undefined=why, **about)
        low, high = (float(end) for end in limits)
        if not (np.isfinite(low) and np.isfinite(high)):
            return Measurement(value=value, **about)
        ends = {"low": min(low, value), "high": max(high, value), "level": self.level}
        words = f"{method}, all pairs" if family else method
        return Measurement(value=value, interval=Interval(**ends, method=words, simultaneous=family), **about)

    def _singles(
        self, metric: str, ratios: Ratios, n: int, why: Text, known: Flags | None = None
    ) -> Iterator[Measurement]:
        """A share a label."""
        low, high = ratios.limits(self.level)
        for place, label in enumerate(self.labels):
            value = None if known is not None and not known[place] else float(ratios.value[place])
            ends = (float(low[place]), min(float(high[place]), 1.0) if np.isfinite(high[place]) else np.nan)
            method = f"delta method, log of ratio over {self._over}"
            about: dict[str, Any] = {"n": n, "method": method, "why": why}
            yield self._told(self._named(metric), {self.attribute: label}, value, ends, **about)

    def _compared(self, metric: str, ratios: Ratios, takes_part: Flags, why: Text) -> Measurement:
        """The smallest by the largest."""
        part = takes_part & np.isfinite(ratios.value)
        count = int(np.count_nonzero(part))
        with np.errstate(divide="ignore"):
            gap = ratios.smallest_by_largest(part, self.level) if count > 1 else None
        return self._gap(self._named(metric, "_ratio"), gap, count, why, f"delta method over {self._over}")

    def _gap(self, metric: str, gap: Gap | None, groups: int, why: Text, method: str) -> Measurement:
        about: dict[str, Any] = {"n": len(self.numbers[SHOWN]), "method": method, "why": why, "family": groups > 2}  # noqa: PLR2004  more than one pair
        ends = (np.nan, np.nan) if gap is None else (gap.low, gap.high)
        return self._told(metric, self._all, None if gap is None else gap.value, ends, **about)

    @property
    def _all(self) -> dict[str, str]:
        return {"items": self.attribute}

    def _against_merit(self, sums: JointSums, takes_part: Flags, why: Text) -> Iterator[Measurement]:
        """How far shares of attention lie from shares of what users went for: AWRF, and Biega's sum."""
        count = int(np.count_nonzero(takes_part))
        names = [self._named(name) for name in ("attention_fairness", "attention_inequity")]
        n, method = len(self.numbers[SHOWN]), f"{_NOISE} over {self._over}"
        if count < 2 or self.numbers[SHOWN][:, takes_part].sum() == 0:  # noqa: PLR2004  a comparison is between two
            for name in names:
                yield self._told(name, self._all, None, n=n, method=method, why=why)
            return
        kept = np.eye(len(takes_part))[takes_part]
        none = np.zeros_like(kept)
        own = sums.turned(np.block([[kept, none, none], [none, kept, none]]))
        about: dict[str, Any] = {"level": self.level, "rng": self.case.rng(f"attention: {self.attribute}")}
        fair = attention_fairness(own, count, **about)
        yield self._told(names[0], self._all, fair.value, (fair.low, fair.high), n=n, method=method)
        sum_apart = attention_inequity(own, count, **about)
        yield self._told(names[1], self._all, sum_apart.value, sum_apart.limits, n=n, method=method)

    def _expected(self) -> Iterator[Measurement]:
        """Expected exposure: loss, disparity and relevance, of the users who went for anything."""
        seen, target = self.numbers[SHOWN], self.numbers[TARGET]
        asked = target.sum(axis=1) > 0
        n, count = int(np.count_nonzero(asked)), len(self.labels)
        names = [self._named(f"expected_exposure_{part}") for part in ("loss", "disparity", "relevance")]
        if n == 0:
            for name in names:
                why = Text.of("no user went for an item of the catalogue")
                yield self._told(name, self._all, None, n=n, method="", why=why)
            return
        about: dict[str, Any] = {name: None if one is None else one[asked] for name, one in self.about.items()}
        columns = np.hstack([seen[asked], target[asked], np.ones((n, 1))])
        shared = self.shared_by.get(EXPECTED)
        if shared is not None:  # which does not change how many users there are
            shared = SharedSpread(np.pad(shared.covariance, (0, 1)), shared.providers)
        sums = JointSums.of(columns, shared=shared, **about)
        rng = self.case.rng(f"expected exposure: {self.attribute}")
        found = expected_exposure(sums, count, level=self.level, rng=rng)
        drawn = f"{_NOISE} over {self._over}"
        yield self._told(names[0], self._all, found.loss.value, found.loss.limits, n=n, method=drawn)
        reach = sums.critical(self.level)
        pairs = ((found.disparity, found.disparity_error), (found.relevance, found.relevance_error))
        for name, (value, error) in zip(names[1:], pairs, strict=True):
            ends = (
                (max(value - reach * error, 0.0), value + reach * error)
                if error > _ROUNDING * value
                else (np.nan, np.nan)
            )
            yield self._told(name, self._all, value, ends, n=n, method=f"delta method over {self._over}")

    def _rates(self, metric: str, kinds: tuple[str, str], known: Flags, why: Text) -> Iterator[Measurement]:
        """A ratio of counts a label."""
        method = f"wilson, ratio of totals over {self._over}"
        for place, label in enumerate(self.labels):
            conditions = {self.attribute: label}
            if not known[place]:
                yield self._told(self._named(metric), conditions, None, n=0, method=method, why=why)
                continue
            value, limits = self._rate(kinds, place)
            n = int(self.numbers[kinds[1]][:, place].sum())
            yield self._told(self._named(metric), conditions, value, limits, n=n, method=method)

    def _rate(self, kinds: tuple[str, str], place: int, comparisons: int = 1) -> tuple[float, Limits]:
        """The rate of one label, with its interval at Bonferroni's level for so many."""
        part, whole = (self.numbers[kind][:, place] for kind in kinds)
        shared, groups = self.shared_by.get(kinds), len(self.labels)
        if shared is None:
            # Twice as many, for half a pair is counted where two scores are equal.
            twice = (np.rint(2 * column).astype(np.int64) for column in (part, whole))
            strict = family_level(self.level, comparisons)
            found = share_of_totals(*twice, level=strict, **self.about)
            low, high = (float(end[0]) for end in found.limits(strict))
            return float(found.value[0]), Limits(low, high)
        mine = [place, groups + place]
        added = SharedSpread(shared.covariance[np.ix_(mine, mine)], shared.providers)
        sums = JointSums.of(np.column_stack([part, whole]), shared=added, **self.about)
        value = float(np.clip(sums.totals[0] / sums.totals[1], 0, 1))
        variance = float(sums.turned(np.array([[1.0, -value]])).covariance[0, 0]) / float(sums.totals[1]) ** 2
        clusters = min(int(self._users(whole[:, None])[0]), shared.providers)
        about: dict[str, Any] = {"clusters": clusters, "n": float(whole.sum()), "level": self.level}
        return value, clustered_limits(value, variance, comparisons=comparisons, **about)

    def _uneven(self, metric: str, kinds: tuple[str, str], takes_part: Flags, why: Text) -> Measurement:
        """The standard deviation of the groups' rates by their mean."""
        count = int(np.count_nonzero(takes_part))
        found: Length | None = None
        if count > 1:
            rng = self.case.rng(f"{metric}: {self.attribute}")
            found = unevenness(self._pair_sums(kinds, takes_part), count, level=self.level, rng=rng)
        about: dict[str, Any] = {"n": len(self.numbers[SHOWN]), "method": f"{_NOISE} over {self._over}"}
        name = self._named(metric, "_variation")
        if found is None:
            return self._told(name, self._all, None, why=why, **about)
        return self._told(name, self._all, found.value, found.limits, **about)

    def _pair_sums(self, kinds: tuple[str, str], kept: Flags) -> JointSums:
        """Over the parts of some labels, then over their wholes."""
        shared, places = self.shared_by.get(kinds), np.flatnonzero(np.tile(kept, 2))
        if shared is not None:
            shared = SharedSpread(shared.covariance[np.ix_(places, places)], shared.providers)
        return JointSums.of(np.hstack([self.numbers[kind][:, kept] for kind in kinds]), shared=shared, **self.about)

    def _accuracies(self, metric: str, kinds: tuple[str, str], no_pair: Text, few: Text) -> Iterator[Measurement]:
        """The share of each group's pairs that are in order, and the gap."""
        known = self._users(self.numbers[kinds[1]]) >= max(self.case.min_group_size, 1)
        yield from self._rates(metric, kinds, known, no_pair)
        yield self._accuracy_gap(metric, kinds, known, few)

    def _accuracy_gap(self, metric: str, kinds: tuple[str, str], known: Flags, why: Text) -> Measurement:
        """The gap in pairwise accuracy between the two groups that lie furthest apart."""
        count = int(np.count_nonzero(known))
        gap = None
        if count > 1:
            rates = [self._rate(kinds, int(place), count * (count - 1) // 2) for place in np.flatnonzero(known)]
            values = np.array([value for value, _ in rates])
            limits = Limits(*(np.array([ends[side] for _, ends in rates]) for side in (0, 1)))
            # A list on which the one group is above is one on which the other is below.
            turn = np.hstack([np.eye(count), -np.diag(values)])
            spread = self._pair_sums(kinds, known).turned(turn).covariance
            size = np.sqrt(np.maximum(np.diag(spread), 0.0))
            both = np.outer(size, size)
            correlation = np.divide(spread, both, out=np.zeros_like(both), where=both > _ROUNDING**2)
            gap = widest_between(values, limits, correlation=np.clip(correlation, -1, 1))
        method = f"wilson, ratios of totals over {self._over}, squared and added"
        return self._gap(self._named(metric, "_difference"), gap, count, why, method)


_NO_ITEM = "users had all items of this group before, or the catalogue has none"
