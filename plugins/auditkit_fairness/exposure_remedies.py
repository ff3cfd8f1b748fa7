"""`fairness.exposure-remedies`: what other lists of the same candidates would bring groups of items, and cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, Interval, Measurement, NotApplicable, Quote, Rankings, Table, Text, check
from auditkit.statistics import Counting, JointSums, SharedSpread, Worth, bounded_mean, family_level
from auditkit_fairness.cards.remedies import PREFIX
from auditkit_fairness.cards.reranking import (
    CARDS,
    GAPS,
    ITEMS_REPLACED,
    LISTS_CHANGED,
    NDCG_CHANGE,
    RECALL_CHANGE,
    SHARE,
    SHARE_CHANGE,
)
from auditkit_fairness.rankings.exposed import SHOWN, WANTED, by_label
from auditkit_fairness.rankings.exposure_of_groups import Exposed
from auditkit_fairness.rankings.offered import MADE_ANEW, shared_spread
from auditkit_fairness.rankings.planted_remedies import CONTROLS
from auditkit_fairness.rankings.reranked import AS_IT_IS, Reranking, needs_of, of_users, told_strengths, ways

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]

LEAST_USERS, MOST_USERS, MOST_GROUPS = 100, 10_000, 30
"""Users with fewer of whom all is withheld; who are tried; and groups of items that a list can be shared out to."""
_ROUNDING = 1e-9
_BETTER = {card.name: card.better for card in CARDS}
_Said = tuple[Reranking, tuple[Measurement, ...]]


def accept_shares(
    *, data: Any, candidates: int = 100, shares: Mapping[str, Mapping[str, float]] | None = None, **_: Any
) -> None:
    """Refuse shares of what is no attribute of items, or that are none, and fewer candidates than a list holds.

    Raises:
        AuditError: one of them cannot be meant.
    """
    if candidates <= data.k:
        raise AuditError(
            f"option 'candidates' is {candidates}, and lists hold {data.k}",
            hint=f"more than [data] k, e.g. {10 * data.k}",
        )
    for attribute, named in (shares or {}).items():
        if data.item_groups and attribute not in data.item_groups:
            known = ", ".join(data.item_groups)
            raise AuditError(f"'{attribute}' is no attribute of items", hint=f"name one of [data] item_groups: {known}")
        total = sum(named.values())
        if not named or min(named.values()) < 0 or not 0 < total <= 1 + 1e-9:
            raise AuditError(
                f"option 'shares' of '{attribute}' adds up to {total:g}",
                hint="shares from 0 to 1, together at most 1; groups without one divide what is left",
            )


@check(
    "fairness.exposure-remedies",
    on=Rankings,
    needs=("item_groups",),
    metrics=CARDS,
    accepts=accept_shares,
    controls=CONTROLS,
)
def exposure_remedies(
    case: Case[Rankings],
    *,
    candidates: int = 100,
    shares: dict[str, dict[str, float]] | None = None,
    relevant_from: float | None = None,
) -> Iterator[Measurement | Table]:
    """What would help groups of items: how attention falls if lists are made anew.

    For each attribute of `[data] item_groups` each user's list is made anew of the first `candidates` items that the
    recommender ranks for that user, so that groups have their shares of every beginning of a list: by DetGreedy, by
    DetConstSort, and by DetGreedy in turns, which gives a group that is due less than a place on a list a place on
    some, keeps a part of each user's own mix, and changes lists as little as is enough for every group to get nine
    tenths of its share. Shares are those of the catalogue, of what users went for, or those that `shares` names, such
    as `shares = {style = {vegan = 0.2}}`.

    Shares of what users went for, and how strongly lists are changed, are fitted to one half of the users and used on
    the other. All is held against the lists as they are, of the same users, at most 10,000. It is a simulation: nobody
    has changed the recommender or its use. Attention is 1 / log2(1 + rank), whatever `fairness.item-exposure` is told.
    """
    if not case.settings.item_groups:
        hint = 'name the table and its columns: [data] items = "items.csv", item_groups = ["kind"]'
        raise NotApplicable("the spec names no attributes of items", hint=hint)
    if len(case) > MOST_USERS:
        drawn = case.compute(drawn_users, most=MOST_USERS)
        case = case.narrowed(np.flatnonzero(drawn).astype(np.int64))
    about = {"candidates": candidates, "relevant_from": relevant_from}
    for attribute, labels, sizes, _ in case.settings.item_groups:
        named = (shares or {}).get(attribute, {})
        if unknown := sorted(named.keys() - set(labels)):
            raise NotApplicable(
                "no item has the group '{label}' that a share is named for",
                hint=f"it has: {', '.join(labels[:8])}",
                label=unknown[0],
            )
        every = ways(case, attribute, named, about)
        told: list[_Said] = []
        why = _why_not(case, labels)
        for way in every:
            tried = Tried(case, way, labels, np.array(sizes), len(every) - 1)
            measured = tuple(_withheld(tried, why) if why else tried.measurements())
            yield from measured
            told.append((way, measured))
        yield from _tables(attribute, told)
        if why is None:
            yield _fitted(case, every)


def drawn_users(case: Case[Rankings], *, most: int) -> Flags:
    """[n]: which users are tried, at random; in an order that does not depend on that of the file."""
    order = np.argsort(np.array(case.predictions.users, dtype=object).astype(str), kind="stable")
    chosen = np.zeros(len(case), dtype=bool)
    chosen[order[case.rng("sample of users").choice(len(case), most, replace=False)]] = True
    return chosen


def _why_not(case: Case[Rankings], labels: Sequence[str]) -> Text | None:
    people = len(case) if case.units is None else len(np.unique(case.units.codes))
    if people < LEAST_USERS:
        return Text.of("there are fewer than {least} users: too few to fit and to judge", least=LEAST_USERS)
    if not 1 < len(labels) <= MOST_GROUPS:
        return Text.of("shares are for two to {most} groups of items", most=MOST_GROUPS)
    return None


@dataclass(frozen=True)
class Tried:
    """One remedy, tried on all users."""

    case: Case[Rankings]
    way: Reranking
    labels: tuple[str, ...]
    sizes: npt.NDArray[np.integer]
    together: int
    """Over how many remedies of the attribute the intervals hold together."""

    @property
    def conditions(self) -> dict[str, str]:
        """By which a rule would ask for it."""
        return {"remedy": self.way.name}

    @cached_property
    def _kept(self) -> Flags:
        weights = self.case.weights
        return np.ones(len(self.case), dtype=bool) if weights is None else np.asarray(weights > 0)

    @cached_property
    def _about(self) -> dict[str, Any]:
        case = self.case
        weights = None if case.weights is None else case.weights[self._kept]
        return {"weights": weights, "units": None if case.units is None else case.units.codes[self._kept]}

    def column(self, what: str) -> Floats:
        """[users who count]: a number of each."""
        return of_users(self.case, self.way, what)[self._kept]

    def measurements(self) -> Iterator[Measurement]:
        """Shares and gaps; of other lists also the changes, over all users and for each group of them."""
        case, way, level = self.case, self.way, family_level(self.case.level, self.together)
        is_other = way.algorithm != AS_IT_IS
        groups = len(self.labels)
        about: dict[str, Any] = {"kinds": MADE_ANEW, "after": way.about} if is_other else {}
        shared = shared_spread(case, way.attribute, groups, way.relevant_from, **about)
        after = np.column_stack([self.column(f"shown {place}") for place in range(groups)])
        numbers = {SHOWN: after}
        if case.has_truth:
            numbers[WANTED] = by_label(case, WANTED, way.attribute, way.relevant_from)[self._kept]
        own = None if shared is None else SharedSpread(shared.covariance[: 3 * groups, : 3 * groups], shared.providers)
        exposed = Exposed(case, way.attribute, self.labels, self.sizes, numbers, self._about, own, level)
        for one in exposed.remedied(has_truth=case.has_truth):
            yield self._renamed(one)
        if is_other:
            yield from self._moved(after, level, shared)
            yield from self._changes(self._kept[self._kept], level, {})
            yield from self._of_groups()

    def _renamed(self, one: Measurement) -> Measurement:
        interval = one.interval
        if interval is not None:
            interval = interval.model_copy(update={"level": self.case.level, "simultaneous": True})
        conditions = {**one.conditions, **self.conditions}
        return one.model_copy(update={"metric": PREFIX + one.metric, "interval": interval, "conditions": conditions})

    def _moved(self, after: Floats, level: float, shared: SharedSpread | None) -> Iterator[Measurement]:
        """The change of each group's share of attention, paired."""
        before = by_label(self.case, SHOWN, self.way.attribute, None)[self._kept]
        groups = len(self.labels)
        if shared is not None:
            kept = np.r_[0:groups, 3 * groups : 4 * groups]
            shared = SharedSpread(shared.covariance[np.ix_(kept, kept)], shared.providers)
        sums = JointSums.of(np.hstack([after, before]), shared=shared, **self._about)
        one, other = sums.totals[:groups], sums.totals[groups:]
        over = "rows" if self._about["units"] is None else "units"
        method = f"delta method, paired, over {over}" + ("" if shared is None else " and providers")
        for place, label in enumerate(self.labels):
            unit = np.arange(groups) == place
            shares = [float(part[place] / part.sum()) if part.sum() > 0 else np.nan for part in (one, other)]
            with np.errstate(divide="ignore", invalid="ignore"):
                slope = np.concatenate([(unit - shares[0]) / one.sum(), -(unit - shares[1]) / other.sum()])
            error = float(np.sqrt(max(slope @ sums.covariance @ slope, 0.0))) if np.isfinite(slope).all() else np.nan
            value, half = shares[0] - shares[1], sums.critical(level) * error
            limits = (max(value - half, -1.0), min(value + half, 1.0)) if half > _ROUNDING else None
            conditions = {self.way.attribute: label, **self.conditions}
            yield self._told(SHARE_CHANGE, Worth(value, limits, method), len(after), {}, conditions)

    def _changes(self, inside: Flags, level: float, member: Mapping[str, str]) -> Iterator[Measurement]:
        """What it costs some users, and how many of their lists it changes."""
        if self.case.has_truth:
            judged = inside & (self.column("judged") > 0)
            as_it_is = Reranking(self.way.attribute, AS_IT_IS, "", {}, self.way.candidates, self.way.relevant_from)
            for metric, name in ((NDCG_CHANGE, "ndcg"), (RECALL_CHANGE, "recall")):
                gone = (self.column(name) - of_users(self.case, as_it_is, name)[self._kept])[judged]
                worth = self._counting(judged).average(gone, level, least=-1.0) if judged.any() else None
                yield self._told(metric, worth, int(judged.sum()), member, versus=True)
        changed = self.column("changed")[inside] > 0
        yield self._told(LISTS_CHANGED, self._counting(inside).share(changed, level), len(changed), member)
        about = {name: None if one is None else one[inside] for name, one in self._about.items()}
        found = bounded_mean(self.column("replaced")[inside], level=level, **about)
        limits = None if found is None or found.limits is None else (found.limits.low, found.limits.high)
        words = "wilson, mean over " + ("rows" if self._about["units"] is None else "units")
        worth = None if found is None else Worth(found.value, limits, words)
        yield self._told(ITEMS_REPLACED, worth, len(changed), member)

    def _counting(self, inside: Flags) -> Counting:
        return Counting(*(None if one is None else one[inside] for one in self._about.values()))

    def _of_groups(self) -> Iterator[Measurement]:
        """Whom it would change: the same of each group of users."""
        if not self.case.has_groups:
            return
        least = max(self.case.min_group_size, 1)
        for attribute, codes in self.case.groups.items():
            level = family_level(self.case.level, self.together * max(len(codes.vocabulary), 1))
            for code, label in enumerate(codes.vocabulary):
                inside = (codes.codes == code)[self._kept]
                units = self._about["units"]
                people = int(inside.sum()) if units is None else len(np.unique(units[inside]))
                if people >= least:
                    yield from self._changes(inside, level, {attribute: label})
                    continue
                why = Text.of("the group has fewer than {least} people", least=least)
                for metric in (
                    *((NDCG_CHANGE, RECALL_CHANGE) if self.case.has_truth else ()),
                    LISTS_CHANGED,
                    ITEMS_REPLACED,
                ):
                    yield self._told(metric, None, int(inside.sum()), {attribute: label}, why=why)

    def _told(
        self,
        metric: str,
        found: Worth | None,
        n: int,
        member: Mapping[str, str],
        conditions: Mapping[str, str] | None = None,
        *,
        versus: bool = False,
        why: Text | None = None,
    ) -> Measurement:
        named = metric.replace("_at_10", f"_at_{self.case.depth}")
        about: dict[str, Any] = {"metric": named, "n": n, "group": dict(member), "better": _BETTER[metric]}
        about["conditions"] = dict(self.conditions if conditions is None else conditions)
        if found is None or not np.isfinite(found.value):
            reason = why or Text.of("no user has a relevant item")
            return Measurement(value=None, undefined=reason, **about)
        if versus:
            about["versus"] = {"remedy": AS_IT_IS}
        if found.limits is None:
            return Measurement(value=found.value, **about)
        low, high = (float(end) for end in found.limits)
        ends = {"low": min(low, found.value), "high": max(high, found.value)}
        interval = Interval(**ends, level=self.case.level, method=found.method, simultaneous=True)
        return Measurement(value=found.value, interval=interval, **about)


def _withheld(tried: Tried, why: Text) -> Iterator[Measurement]:
    """Each number over all users, under the conditions that a rule would ask for it by."""
    has_truth, way = tried.case.has_truth, tried.way
    of_items = {"items": way.attribute, **tried.conditions}
    for metric in GAPS if has_truth else GAPS[:1]:
        yield tried._told(metric, None, len(tried.case), {}, of_items, why=why)  # noqa: SLF001  its own class
    costs = (NDCG_CHANGE, RECALL_CHANGE) if has_truth else ()
    for metric in () if way.algorithm == AS_IT_IS else (*costs, LISTS_CHANGED, ITEMS_REPLACED):
        yield tried._told(metric, None, len(tried.case), {}, why=why)  # noqa: SLF001  its own class


_TABLES = (
    (
        "What would help {attribute}: attention by item, and by what users went for",
        ((GAPS[0], "by item, smallest by largest"), (GAPS[1], "by merit, smallest by largest")),
    ),
    (
        "What would help {attribute}: how near attention comes to what users went for",
        ((GAPS[2], "attention fairness"), (GAPS[3], "inequity of attention")),
    ),
    (
        "What it would cost: whether lists of {attribute} made anew meet what users go for",
        ((NDCG_CHANGE, "change of NDCG"), (RECALL_CHANGE, "change of recall")),
    ),
    (
        "What it would cost: lists of {attribute} that would be others",
        ((LISTS_CHANGED, "lists changed"), (ITEMS_REPLACED, "items replaced")),
    ),
)  # fmt: skip
"""One would be wider than a printed page."""


def _tables(attribute: str, told: Sequence[_Said]) -> Iterator[Table]:
    """A remedy a row; then a group of items, and a group of users, of a remedy a row."""
    first = Text.of("lists")
    for title, columns in _TABLES:
        rows = []
        for way, measured in told:
            found = [_first_of(measured, metric) for metric, _ in columns]
            if any(found):
                rows.append((way.name, *_quoted(found)))
        heads = (Text.of(word) for _, head in columns for word in (head, "interval"))
        if rows:
            yield Table(
                title=Text.of(title, attribute=attribute), columns=(first, *heads), rows=tuple(rows), prominent=True
            )
    names = {"share of attention": SHARE, "change": SHARE_CHANGE}
    yield from _by_member(attribute, told, names, lambda one: one.conditions.get(attribute))
    of_people = {"lists changed": LISTS_CHANGED, "change of NDCG": NDCG_CHANGE}
    for users in dict.fromkeys(name for _, measured in told for one in measured for name in one.group):
        yield from _by_member(users, told, of_people, lambda one, users=users: one.group.get(users), of=attribute)


def _by_member(
    attribute: str, told: Sequence[_Said], heads: Mapping[str, str], member: Any, of: str = ""
) -> Iterator[Table]:
    rows = []
    for way, measured in told:
        for name in dict.fromkeys(one for one in map(member, measured) if one is not None):
            found = [
                next((one for one in measured if _is(one, metric) and member(one) == name), None)
                for metric in heads.values()
            ]
            if any(found):
                rows.append((way.name, name, *_quoted(found)))
    if not rows:
        return
    words = [Text.of(word) for head in heads for word in (head, "interval")]
    title = Text.of("Attention to each group of {attribute}, before and after", attribute=attribute)
    if of:
        title = Text.of("Whom lists of {items} made anew would change, by {attribute}", items=of, attribute=attribute)
    columns = (Text.of("lists"), Text.of("group"), *words)
    yield Table(title=title, columns=columns, rows=tuple(rows), attributes=(attribute,) if of else ())


def _is(one: Measurement, metric: str) -> bool:
    """Whether it is this metric, at whatever depth."""
    start, _, end = metric.partition("_at_10")
    return (
        one.metric.startswith(f"{start}_at_")
        and one.metric.endswith(end or one.metric[-1])
        and (bool(end) or one.metric[len(start) + 4 :].isdecimal())
    )


def _first_of(measured: Sequence[Measurement], metric: str) -> Measurement | None:
    return next((one for one in measured if _is(one, metric) and not one.group), None)


def _quoted(found: Sequence[Measurement | None]) -> Iterator[Quote | Text]:
    nothing = Text.of("does not apply")
    for one in found:
        yield nothing if one is None else Quote.of(one)
        yield nothing if one is None or one.interval is None else Quote.of(one, "interval")


def _fitted(case: Case[Rankings], every: Sequence[Reranking]) -> Table:
    """How strongly lists are changed by what either half of the users says, and what using it would take."""
    rows = []
    for way in every[1:]:
        low, high = told_strengths(case, way)
        rows.append((way.name, f"{low:g}", f"{high:g}", needs_of(way)))
    heads = ("lists", "least strength of either half", "largest", "what it takes")
    title = Text.of("What was fitted to halves of the users for {attribute}", attribute=every[0].attribute)
    return Table(title=title, columns=tuple(Text.of(head) for head in heads), rows=tuple(rows))
