"""`fairness.item-exposure`: how users' attention falls on groups of items, and whether what they go for earns it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, NotApplicable, Rankings, Text, check, clean, planted
from auditkit.statistics import (
    Gap,
    JointSums,
    Limits,
    Ratios,
    attention,
    attention_fairness,
    code_items,
    critical_value,
    gini,
    share_of_totals,
    widest_between,
)
from auditkit.testing import above, below, every, near, toy_case
from auditkit_fairness.cards.exposure import CARDS
from auditkit_fairness.exposed import ABOVE, PAIRS, SHOWN, WANTED, by_label

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

_BETTER = {card.name: card.better for card in CARDS}
_DEPTH = 10
_USERS = 200
_FEW_SHOWN = "fewer than two groups of items are shown"
_FEW_WANTED = "fewer than two groups of items were gone for by {least} users"


def _toy(_: np.random.Generator, *, is_last: bool) -> Case[Any]:
    """Lists of five breads and five fish, of which the user went for one each; fish stand last, or in turn."""
    ranks = np.arange(_DEPTH)
    names = tuple(f"user {user}" for user in range(_USERS))
    rows, wanted = [], []
    for user in range(_USERS):
        order = ranks >= _DEPTH // 2 if is_last else (ranks + user) % 2 == 1
        kinds = [("bread", "fish")[int(fish)] for fish in order]
        seen = {"bread": 0, "fish": 0}
        row = []
        for kind in kinds:
            row.append(f"{kind} {(user + seen[kind]) % 10}")
            seen[kind] += 1
        rows.append(row)
        wanted.append([f"bread {user % 10}", f"fish {user % 10}"])
    kinds_of = {f"{kind} {place}": kind for kind in ("bread", "fish") for place in range(10)}
    lists, own = np.array(rows, dtype=object), np.array(wanted, dtype=object)
    return toy_case(Rankings(names, lists), truth=Rankings(names, own), item_groups={"kind": kinds_of})


def _planted(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, is_last=True)


def _clean(rng: np.random.Generator) -> Case[Any]:
    return _toy(rng, is_last=False)


CONTROLS = (
    planted(
        "one of two groups of items stands in the lower half of every list, and is gone for as often",
        _planted,
        every(
            near(f"exposure_per_merit_at_{_DEPTH}_ratio", 0.5409, 0.0001),
            near(f"exposure_per_item_at_{_DEPTH}_ratio", 0.5409, 0.0001),
            above(f"pairwise_accuracy_at_{_DEPTH}_difference", 0.4),
        ),
        relevant_from=None,
    ),
    clean(
        "two groups of items take turns at the top of the lists, and are gone for as often",
        _clean,
        every(
            near(f"exposure_per_merit_at_{_DEPTH}_ratio", 1.0),
            near(f"attention_fairness_at_{_DEPTH}", 1.0),
            below(f"pairwise_accuracy_at_{_DEPTH}_difference", 0.2),
        ),
        relevant_from=None,
    ),
)


@check("fairness.item-exposure", on=Rankings, metrics=CARDS, needs=("item_groups",), controls=CONTROLS)
def item_exposure(case: Case[Rankings], *, relevant_from: float | None = None) -> Iterator[Measurement]:
    """How users' attention falls on groups of items, and whether they earn it.

    Attention falls with the rank, as 1 / log2(1 + rank). For each attribute of `[data] item_groups`: what share of it
    each group of items gets, how many times less an item of the least shown group gets than one of the most shown,
    and, where the audit says what users went for, the same for its merit: what of the group users went for. Then how
    much of the catalogue anybody sees at all, and how unevenly attention falls on its items. Groups of items that
    fewer users went for than the policy's smallest group are not compared by merit.
    """
    if not case.settings.item_groups:
        hint = 'name the table and its columns: [data] items = "items.csv", item_groups = ["kind"]'
        raise NotApplicable("the spec names no attributes of items", hint=hint)
    kept = np.ones(len(case), dtype=bool) if case.weights is None else case.weights > 0
    about = {
        "weights": None if case.weights is None else case.weights[kept],
        "units": None if case.units is None else case.units.codes[kept],
    }
    for attribute, labels, sizes, _ in case.settings.item_groups:
        numbers = {SHOWN: by_label(case, SHOWN, attribute, relevant_from)[kept]}
        if case.has_truth:
            numbers |= {kind: by_label(case, kind, attribute, relevant_from)[kept] for kind in (WANTED, ABOVE, PAIRS)}
        exposed = _Exposed(case, attribute, labels, np.array(sizes), numbers, about)
        yield from exposed.shown()
        if case.has_truth:
            yield from exposed.by_merit()
    yield from _of_catalogue(case, kept, about)


@dataclass(frozen=True)
class _Exposed:
    """The groups of items of one attribute."""

    case: Case[Rankings]
    attribute: str
    labels: tuple[str, ...]
    sizes: Integers
    """[labels], items of the catalogue."""
    numbers: dict[str, Floats]
    """Kind -> [users, labels]."""
    about: dict[str, Any]

    def shown(self) -> Iterator[Measurement]:
        """Attention to each group of items, and by item."""
        seen = self.numbers[SHOWN]
        yield from self._singles(f"exposure_share_at_{self.case.depth}", seen, _totals(seen), "nothing is recommended")
        per_item = self._ratios(seen, np.ones(seen.shape) * self.sizes)
        is_shown = (seen.sum(axis=0) > 0) | (self.sizes > 0)
        metric = f"exposure_per_item_at_{self.case.depth}_ratio"
        yield self._compared(metric, per_item, is_shown & (seen.sum() > 0), Text.of(_FEW_SHOWN))

    def by_merit(self) -> Iterator[Measurement]:
        """The same by what users went for, and whether the right items stand above the wrong ones."""
        seen, wanted, right, pairs = (self.numbers[kind] for kind in (SHOWN, WANTED, ABOVE, PAIRS))
        least, depth = max(self.case.min_group_size, 1), self.case.depth
        few = Text.of("fewer than {least} users went for items of this group", least=least)
        no_pair = Text.of("fewer than {least} users have a pair of a right and a wrong item", least=least)
        few_groups = Text.of(_FEW_WANTED, least=least)
        is_wanted, has_pairs = (self._users(column) >= least for column in (wanted, pairs))
        yield from self._singles("wanted_share", wanted, _totals(wanted), few, is_wanted)
        yield self._compared(f"exposure_per_merit_at_{depth}_ratio", self._ratios(seen, wanted), is_wanted, few_groups)
        yield self._attention_fairness(is_wanted, few_groups)
        yield from self._accuracies(right, pairs, has_pairs, no_pair, few_groups)

    def _users(self, column: Floats) -> Integers:
        """[labels]: how many users, or units, have anything in each column."""
        units = self.about["units"]
        if units is None:
            return np.asarray(np.count_nonzero(column > 0, axis=0))
        return np.array([len(np.unique(units[one > 0])) for one in column.T])

    def _ratios(self, parts: Floats, wholes: Floats) -> Ratios:
        return Ratios.of(JointSums.of(np.hstack([parts, wholes]), **self.about), len(self.labels))

    @property
    def _over(self) -> str:
        return "rows" if self.about["units"] is None else "units"

    def _singles(
        self, metric: str, parts: Floats, wholes: Floats, why: str | Text, known: Flags | None = None
    ) -> Iterator[Measurement]:
        """One a label."""
        ratios = self._ratios(parts, wholes)
        low, high = ratios.limits(self.case.level)
        for place, label in enumerate(self.labels):
            about: dict[str, Any] = {
                "metric": metric,
                "conditions": {self.attribute: label},
                "n": int(np.count_nonzero(wholes[:, place] > 0)),
                "better": _BETTER[_written(metric, self.case.depth)],
            }
            value = float(ratios.value[place])
            if not np.isfinite(value) or (known is not None and not known[place]):
                undefined = why if isinstance(why, Text) else Text.of(why)
                yield Measurement(value=None, undefined=undefined, **about)
                continue
            interval = None
            if np.isfinite(low[place]) and np.isfinite(high[place]):
                method = f"delta method, log of ratio over {self._over}"
                ends = min(float(low[place]), value), max(min(float(high[place]), 1.0), value)
                interval = Interval(low=ends[0], high=ends[1], level=self.case.level, method=method)
            yield Measurement(value=value, interval=interval, **about)

    def _accuracies(
        self, right: Floats, pairs: Floats, known: Flags, why: Text, few_groups: Text
    ) -> Iterator[Measurement]:
        """Pairwise accuracy of each group of items, and the gap between the two that lie furthest apart."""
        metric, level = f"pairwise_accuracy_at_{self.case.depth}", self.case.level
        columns = [(one.astype(np.int64), other.astype(np.int64)) for one, other in zip(right.T, pairs.T, strict=True)]
        shares = [share_of_totals(*pair, level=level, **self.about) if ok else None
                  for pair, ok in zip(columns, known, strict=True)]  # fmt: skip
        for label, found in zip(self.labels, shares, strict=True):
            about: dict[str, Any] = {"metric": metric, "conditions": {self.attribute: label}, "better": "higher"}
            if found is None:
                yield Measurement(value=None, undefined=why, n=0, **about)
                continue
            low, high = (float(end[0]) for end in found.limits(level))
            interval = Interval(low=low, high=high, level=level, method=f"wilson, ratio of totals over {self._over}")
            yield Measurement(value=float(found.value[0]), n=int(found.n[0]), interval=interval, **about)
        count = int(np.count_nonzero(known))
        gap = None
        if count >= 2:  # noqa: PLR2004  a comparison is between two
            strict = 1 - (1 - level) / (count * (count - 1) // 2)
            told = [share_of_totals(*columns[place], level=strict, **self.about) for place in np.flatnonzero(known)]
            ends = [one.limits(strict) for one in told]
            limits = Limits(*(np.array([float(end[side][0]) for end in ends]) for side in (0, 1)))
            gap = widest_between(np.array([float(one.value[0]) for one in told]), limits)
        method = f"wilson, ratios of totals over {self._over}, squared and added"
        yield self._gap(f"{metric}_difference", gap, count, few_groups, method, "lower")

    def _compared(self, metric: str, ratios: Ratios, takes_part: Flags, why: Text) -> Measurement:
        """The smallest by the largest."""
        part = takes_part & np.isfinite(ratios.value)
        count = int(np.count_nonzero(part))
        with np.errstate(divide="ignore"):
            gap = ratios.smallest_by_largest(part, self.case.level) if count > 1 else None
        return self._gap(metric, gap, count, why, f"delta method over {self._over}", "higher")

    def _gap(
        self, metric: str, gap: Gap | None, groups: int, why: Text, method: str, better: Literal["lower", "higher"]
    ) -> Measurement:
        about: dict[str, Any] = {
            "metric": metric,
            "conditions": {"items": self.attribute},
            "n": len(self.numbers[SHOWN]),
            "better": better,
        }
        if gap is None:
            return Measurement(value=None, undefined=why, **about)
        if not (np.isfinite(gap.low) and np.isfinite(gap.high)):
            return Measurement(value=gap.value, **about)
        is_family = groups > 2  # noqa: PLR2004  more than one pair
        words = f"{method}, all pairs" if is_family else method
        interval = Interval(low=gap.low, high=gap.high, level=self.case.level, method=words, simultaneous=is_family)
        return Measurement(value=gap.value, interval=interval, **about)

    def _attention_fairness(self, takes_part: Flags, why: Text) -> Measurement:
        columns = [self.numbers[kind][:, takes_part] for kind in (SHOWN, WANTED)]
        metric = f"attention_fairness_at_{self.case.depth}"
        about: dict[str, Any] = {
            "metric": metric, "conditions": {"items": self.attribute}, "n": len(columns[0]), "better": "higher",
        }  # fmt: skip
        groups = int(np.count_nonzero(takes_part))
        if groups < 2 or columns[0].sum() == 0:  # noqa: PLR2004  same
            return Measurement(value=None, undefined=why, **about)
        sums = JointSums.of(np.hstack(columns), **self.about)
        rng = self.case.rng(f"attention: {self.attribute}")
        found = attention_fairness(sums, groups, level=self.case.level, rng=rng)
        method = f"triangle inequality, sampling noise drawn anew over {self._over}"
        interval = None
        if np.isfinite(found.low):
            interval = Interval(low=float(found.low), high=float(found.high), level=self.case.level, method=method)
        return Measurement(value=found.value, interval=interval, **about)


def _written(metric: str, depth: int) -> str:
    """The name of a metric as its card has it."""
    return metric.replace(f"_at_{depth}", f"_at_{_DEPTH}")


def _totals(columns: Floats) -> Floats:
    """[n, labels]: each row's sum in every column, so that ratios are shares."""
    return np.repeat(columns.sum(axis=1, keepdims=True), columns.shape[1], axis=1)


def _of_catalogue(case: Case[Rankings], kept: Flags, about: dict[str, Any]) -> Iterator[Measurement]:
    """How much of the catalogue is shown, and how unevenly."""
    depth = case.depth
    (items,) = code_items(case.predictions.items[kept, :depth])
    size = max(case.settings.item_groups[0][3], int(items.max(initial=-1)) + 1)
    names = [f"{name}_at_{depth}" for name in ("catalogue_coverage", "exposure_gini_plain", "exposure_gini_corrected")]
    asked: dict[str, Any] = {"n": int(np.count_nonzero(kept)), "better": "target"}
    if not (items >= 0).any():
        for name in names:
            yield Measurement(metric=name, value=None, undefined=Text.of("nothing is recommended"), **asked)
        return
    yield Measurement(metric=names[0], value=(int(items.max()) + 1) / size, exact=True, **asked)
    weight = np.where(items >= 0, attention(depth)[: items.shape[1]], 0.0)
    mass = np.ones(len(items)) if about["weights"] is None else about["weights"]
    received = np.bincount(items[items >= 0], (weight * mass[:, None])[items >= 0], size).astype(float)
    value = gini(received)
    # How the coefficient moves with one item's attention, for its delta method: by its place among all.
    _, which, alike = np.unique(received, return_inverse=True, return_counts=True)
    place = (np.cumsum(alike) - (alike - 1) / 2)[which]
    slope = ((2 * place - size - 1) / size - value) / received.sum()
    moved = (np.where(items >= 0, slope[items], 0.0) * weight).sum(axis=1, keepdims=True)
    error = float(np.sqrt(JointSums.of(moved, **about).covariance[0, 0]))
    for name, factor in zip(names[1:], (1.0, size / (size - 1) if size > 1 else 1.0), strict=True):
        interval = None
        if np.isfinite(error):
            half = critical_value(case.level) * error
            low, high = (float(np.clip(factor * (value + turn * half), 0.0, 1.0)) for turn in (-1, 1))
            method = "delta method over " + ("rows" if about["units"] is None else "units")
            interval = Interval(low=low, high=max(high, factor * value), level=case.level, method=method)
        yield Measurement(metric=name, value=factor * value, interval=interval, **asked)
