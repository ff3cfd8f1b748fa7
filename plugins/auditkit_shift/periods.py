"""`shift.periods`: whether the model does as well in each period, and whether it gets worse with time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import (
    Area,
    Case,
    Chart,
    ClassScores,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Quote,
    Series,
    Table,
    Text,
    Values,
    check,
)
from auditkit.statistics import critical_value, family_level, wilson
from auditkit.statistics.shift import Contrast, PeriodNumbers, trend, trend_z, worst_period
from auditkit_shift.cards import PERIOD_CARDS
from auditkit_shift.outcomes import Followed, Predicted, followed_of
from auditkit_shift.planted import PERIOD_CONTROLS

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]
Every = Literal["month", "quarter", "year"]

MOST_PERIODS = 120
FEWEST_TOLD = 10
"""People that a period must be about to be told of."""
_MONTHS, _QUARTERS = 12, 4
_BETTER = {card.name: card.better for card in PERIOD_CARDS}
_SIGNS: dict[str, Literal[-1, 0, 1]] = {"higher": -1, "lower": 1, "target": 0}


def places(case: Case[Any], *, every: Every) -> Integers:
    """[n]: the place of each row's period among the labels; of dates months, quarters or years since 1970; -1: none."""
    codes = case.period
    if case.settings.periods:
        order = {label: place for place, label in enumerate(case.settings.periods)}
        table = [order.get(label, -1) for label in codes.vocabulary]
    else:
        table = [_place_of(date.fromisoformat(label.strip()[:10]), every) for label in codes.vocabulary]
    return np.array([*table, -1], dtype=np.int64)[codes.codes]


def _place_of(day: date, every: Every) -> int:
    months = (day.year - 1970) * _MONTHS + day.month - 1
    if months < 0:
        raise NotApplicable("a date of the period column lies before 1970")
    return {"month": months, "quarter": months // 3, "year": months // _MONTHS}[every]


def _name_of(place: int, labels: Sequence[str], every: Every) -> str:
    if labels:
        return labels[place]
    if every == "month":
        return f"{1970 + place // _MONTHS}-{place % _MONTHS + 1:02}"
    return f"{1970 + place // _QUARTERS} Q{place % _QUARTERS + 1}" if every == "quarter" else str(1970 + place)


@dataclass(frozen=True)
class Times:
    """The periods that are large enough to be told of, and which row lies in which."""

    names: tuple[str, ...]
    times: Floats
    """[periods]: when, in periods since the first."""
    codes: Integers
    """[n], the place in names; -1: none."""
    small: int
    """Periods with fewer people than may be told of, or that can be compared."""

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)


@check(
    "shift.periods",
    on=(ClassScores, LabelScores, Values),
    needs=("targets", "period"),
    metrics=PERIOD_CARDS,
    controls=PERIOD_CONTROLS,
)
def periods(case: Case[Predicted], *, every: Every = "month") -> Iterator[Measurement | Table | Chart]:
    """Whether the model does as well in each period, and no worse with time.

    For classes how often it is right, how well its score ranks, and how far its probabilities are off on average; for
    numbers the mean error and the mean absolute error: in each period that `[data] period` tells, the change along the
    straight line through them, and how much worse the worst period is than all others, as if it had not been picked.
    Dates are put together by `every` month, quarter or year; other labels are periods as they stand, in order. Rows of
    one unit are resampled together over all periods. Periods of too few people are left out, and counted. Where there
    are groups, the change is told of each.
    """
    placed = case.compute(places, every=every)
    for followed in followed_of(case):
        times = _times(case, placed, followed, every)
        if len(times) < 2:  # noqa: PLR2004  one has nothing to be compared with
            yield from _undefined(followed, times, case)
            continue
        yield from _of_all(case, followed, times)
        if case.has_groups:
            yield from _of_groups(case, followed, times)


def _times(case: Case[Any], placed: Integers, followed: Followed, every: Every) -> Times:
    known = np.where(followed.known, placed, -1)
    there = np.unique(known[known >= 0])
    if len(there) > MOST_PERIODS:
        raise NotApplicable(
            "the period column makes {count} periods, and at most {most} are followed",
            hint='every = "quarter" or "year" for dates, which are written 2026-03-31; else a column of longer periods',
            count=len(there),
            most=MOST_PERIODS,
        )
    least = max(case.min_group_size, FEWEST_TOLD)
    kept = [int(one) for one in there if followed.enough(known == one, case, least)]
    codes = np.full(len(known), -1)
    for place, one in enumerate(kept):
        codes[known == one] = place
    names = tuple(_name_of(one, case.settings.periods, every) for one in kept)
    # Labels follow one another; dates say how far they lie apart.
    when = np.arange(len(kept)) if case.settings.periods else np.array(kept) - min(kept, default=0)
    return Times(names, when.astype(float), codes, len(there) - len(kept))


def _undefined(followed: Followed, times: Times, case: Case[Any]) -> Iterator[Measurement]:
    why = Text.of("fewer than two periods have {least} people", least=max(case.min_group_size, FEWEST_TOLD))
    for metric in (f"{followed.metric}_trend", f"{followed.metric}_period_gap"):
        yield Measurement(
            metric=metric, value=None, undefined=why, n=int(np.count_nonzero(times.codes >= 0)), label=followed.label,
            better=_BETTER[metric],
        )  # fmt: skip


def _numbers(followed: Followed, times: Times, kept: Flags) -> tuple[PeriodNumbers, Integers]:
    """The number of each period over the rows that are kept, and the periods that have any."""
    rows = np.flatnonzero(kept & (times.codes >= 0))
    there, codes = np.unique(times.codes[rows], return_inverse=True)
    return followed.numbers(rows, codes, len(there)), there


def _of_all(case: Case[Any], followed: Followed, times: Times) -> Iterator[Measurement | Table | Chart]:
    found, _ = _numbers(followed, times, np.ones(len(times.codes), dtype=bool))
    told = list(_each(case, followed, times, found))
    yield from told
    n = int(np.count_nonzero(times.codes >= 0))
    line = trend(found, times.times, level=case.level)
    worst = worst_period(
        found, _SIGNS[_BETTER[followed.metric]], rng=case.rng(f"worst {followed.metric}"), level=case.level
    )
    about: dict[str, Any] = {"label": followed.label, "n": n}
    slope = _contrast(case, f"{followed.metric}_trend", line, "wald, whole units", about)
    gap = _contrast(case, f"{followed.metric}_period_gap", worst, "max-t over all periods", about)
    yield slope
    yield gap
    yield _table(followed, times, told)
    yield _tests(followed, times, (slope, line), (gap, worst), _armitage(followed, times))
    yield _chart(followed, times, told)


def _each(case: Case[Any], followed: Followed, times: Times, found: PeriodNumbers) -> Iterator[Measurement]:
    """The number of each period; the intervals of all periods hold together."""
    level = family_level(case.level, len(times))
    errors = np.sqrt(np.diag(found.covariance))
    for place, name in enumerate(times.names):
        here = times.codes == place
        value = float(found.values[place])
        low, high, method = (
            value - critical_value(level) * errors[place],
            value + critical_value(level) * errors[place],
            "wald",
        )
        if followed.is_share:
            low, high = max(low, 0.0), min(high, 1.0)
        if followed.are_flags:
            size = value * (1 - value) / errors[place] ** 2 if 0 < value < 1 else float(np.count_nonzero(here))
            size = min(size, float(np.count_nonzero(here)))
            (low, high), method = wilson(value * size, size, level), "wilson"
        interval = Interval(
            low=min(float(low), value), high=max(float(high), value), level=case.level, method=method, simultaneous=True
        )
        yield Measurement(
            metric=followed.metric, value=value, n=int(np.count_nonzero(here)), interval=interval, label=followed.label,
            conditions={"period": name}, better=_BETTER[followed.metric], **followed.people(here, case),
        )  # fmt: skip


def _contrast(case: Case[Any], metric: str, found: Contrast | None, method: str, about: dict[str, Any]) -> Measurement:
    better = _BETTER[metric]
    if found is None:
        why = Text.of("there are fewer than two times to compare")
        return Measurement(metric=metric, value=None, undefined=why, better=better, **about)
    interval = Interval(
        low=min(found.low, found.value), high=max(found.high, found.value), level=case.level, method=method,
        simultaneous=bool(about.get("group")),
    )  # fmt: skip
    return Measurement(metric=metric, value=found.value, interval=interval, better=better, **about)


def _of_groups(case: Case[Any], followed: Followed, times: Times) -> Iterator[Measurement]:
    """The change of each group that is large enough, their intervals at once."""
    metric = f"{followed.metric}_trend"
    for name, codes in case.groups.items():
        members = [place for place in range(len(codes.vocabulary)) if np.count_nonzero(codes.codes == place)]
        level = family_level(case.level, max(len(members), 1))
        for place in members:
            kept = (codes.codes == place) & (times.codes >= 0)
            about: dict[str, Any] = {"group": {name: codes.vocabulary[place]}, "label": followed.label}
            about |= {"n": int(np.count_nonzero(kept)), **followed.people(kept, case)}
            line = None
            if followed.can_follow(kept, times.codes):
                found, there = _numbers(followed, times, kept)
                line = trend(found, times.times[there], level=level)
            yield _contrast(case, metric, line, "wald, whole units", about)


def _armitage(followed: Followed, times: Times) -> float | None:
    """Cochran and Armitage's z, of rows that are flags, stand alone and weigh the same."""
    if not followed.are_flags or followed.weights is not None or followed.units is not None:
        return None
    inside = times.codes >= 0
    sizes = np.bincount(times.codes[inside], minlength=len(times))
    hits = np.bincount(times.codes[inside], weights=followed.values[inside], minlength=len(times))
    return trend_z(np.rint(hits).astype(np.int64), sizes, times.times)


def _table(followed: Followed, times: Times, told: Sequence[Measurement]) -> Table:
    title = Text.of("{what} by period", what=followed.words)
    if times.small:
        title = Text.of("{what} by period; {small} of too few people left out", what=followed.words, small=times.small)
    heads = ("period", "value", "interval", "rows")
    return Table(
        title=title,
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(
            (one.conditions["period"], Quote.of(one), Quote.of(one, "interval"), Quote.of(one, "n")) for one in told
        ),
        prominent=True,
    )


def _tests(
    followed: Followed,
    times: Times,
    slope: tuple[Measurement, Contrast | None],
    gap: tuple[Measurement, Contrast | None],
    armitage: float | None,
) -> Table:
    rows: list[Any] = []
    if slope[1] is not None:
        z = None if armitage is None else Text.of("Cochran and Armitage's z is {z}", z=round(armitage, 2))
        words = Text.of("change from {first} to {last}, along a line", first=times.names[0], last=times.names[-1])
        rows.append((words, Quote.of(slope[0]), Quote.of(slope[0], "interval"), slope[1].p_value, z))
    if gap[1] is not None:
        words = Text.of("the worst period, {name}, against all others", name=times.names[gap[1].place])
        said = Text.of("p that no period differs, by max-T")
        rows.append((words, Quote.of(gap[0]), Quote.of(gap[0], "interval"), gap[1].p_value, said))
    heads = ("what", "value", "interval", "p", "besides")
    return Table(
        title=Text.of("{what}: its trend and its worst period", what=followed.words),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(rows),
        prominent=True,
    )


def _chart(followed: Followed, times: Times, told: Sequence[Measurement]) -> Chart:
    y = tuple(float(one.value or 0.0) for one in told)
    x = tuple(float(place) for place in times.times)
    low, high = (tuple(float(getattr(one.interval, end)) for one in told) for end in ("low", "high"))
    return Chart(
        kind="line",
        title=Text.of("{what} by period", what=followed.words),
        x_label=Text.of("periods since {first}", first=times.names[0]),
        y_label=Text.of("{what}", what=followed.words),
        series=(Series(name=followed.label or followed.words, x=x, y=y),),
        areas=(Area(name=Text.of("intervals, all periods at once"), x=x, low=low, high=high),),
    )
