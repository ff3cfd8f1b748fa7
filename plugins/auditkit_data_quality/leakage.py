"""`data-quality.leakage`: audit rows, people, sites and times that the training rows have as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, NotApplicable, Quote, Rankings, Table, Text, check
from auditkit.perturbation import Found, Question, Rows
from auditkit.statistics import Limits, clopper_pearson, combined
from auditkit_data_quality.alike import rows_of
from auditkit_data_quality.copies import MOST_BY_CHANCE, TOLERANCE, accept_tolerance
from auditkit_data_quality.copy_cards import (
    EARLIER,
    FROM_LEAKS,
    LEAKAGE_CARDS,
    LEAKED,
    LEAKED_ITEMS,
    LEAKED_NEAR,
    LEAKED_SITES,
    LEAKED_UNITS,
)
from auditkit_data_quality.planted_copies import LEAKAGE_CONTROLS

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.uint8]

NONE, NEARLY, SAME = 0, 1, 2
"""What is said of an audit row: it is not in the training, a row like it is, or the same row."""


@dataclass(frozen=True)
class Leak:
    """One way in which training and audit may share something."""

    metric: str
    words: Text
    numbers: Floats | None
    """[n], from 0 to 1: whether the row leaks so, or how much of it; None: nobody can tell."""
    why: Text | None = None
    is_unknown: bool = False
    """Whether nothing is there to look at, rather than that it says nothing."""


@check(
    "data-quality.leakage",
    on=None,
    needs=("training",),
    metrics=LEAKAGE_CARDS,
    accepts=accept_tolerance,
    controls=LEAKAGE_CONTROLS,
)
def leakage(case: Case[Any], *, tolerance: float = TOLERANCE, site: str = "") -> Iterator[Measurement | Table]:
    """Whether audit rows, or their people, are in the training rows too.

    A model that has seen a row is asked what it remembers, and not what it has learnt: what is measured on it is too
    good. Looked for are the same rows, near copies (as `data-quality.duplicates` finds them, with the same
    `tolerance`), people who have rows on both sides, where `[data] unit` says whose rows are, and audit rows that are
    earlier than the last training row, where `[data] period` says when they were. `site` names one of the groups, such
    as the hospital: rows of sites that the model was trained on say nothing of a new one. Of recommenders, audited
    interactions that stand in the training, and users who had to do with the same. Shares have Clopper and Pearson's
    bounds. How much leaked rows and people add to what is measured is said by the model's accuracy with and without.
    """
    found = list(_leaks(case, tolerance, site))
    if all(leak.is_unknown for leak in found):
        raise NotApplicable(
            "neither inputs, units nor times are known of both the audit and the training rows",
            hint='name what the model is given, or whose rows they are: [data] input = ["..."], unit = "patient"',
        )
    rows, told = Rows.of(case), []
    for leak in found:
        if leak.numbers is None:
            why = leak.why or Text.of("nobody can tell")
            told.append(Measurement(metric=leak.metric, value=None, undefined=why, n=len(case)))
            continue
        question = Question(leak.metric, f"{leak.metric}_difference", leak.numbers, _guaranteed)
        told.append(question.overall(rows))
        told += question.by_group(case, rows)
    yield from told
    yield _overview(found, told)
    yield from _worth(case, rows, _seen_before(found, len(case)))


def _leaks(case: Case[Any], tolerance: float, site: str) -> Iterator[Leak]:
    yield from _of_rows(case, tolerance)
    is_ranking = isinstance(case.predictions, Rankings)
    if is_ranking and case.has_truth and case.training.has_truth:
        words = Text.of("an audited interaction stands in the training")
        yield Leak(LEAKED_ITEMS, words, case.compute(leaked_items))
    if not is_ranking and case.has_units and case.training.has_units:
        yield Leak(LEAKED_UNITS, Text.of("the person has training rows"), case.compute(leaked_units).astype(float))
    if site:
        if not case.has_groups or site not in case.groups:
            raise NotApplicable("the option 'site' names none of the groups", hint=f'[data] groups = ["{site}"]')
        numbers = case.compute(leaked_sites, site=site)
        yield Leak(LEAKED_SITES, Text.of("the site has training rows"), numbers)
    if case.settings.period:
        numbers = case.compute(earlier_rows)
        words = Text.of("the last training row is later")
        has_times = bool(np.isfinite(numbers).any())
        why = Text.of("it is not known of both when rows were, or times are written differently")
        yield Leak(EARLIER, words, numbers if has_times else None, why, is_unknown=not has_times)


def _of_rows(case: Case[Any], tolerance: float) -> Iterator[Leak]:
    same, near = Text.of("the same row is in the training"), Text.of("the same or nearly the same row is")
    try:
        codes = case.compute(leaked_rows, tolerance=tolerance)
    except NotApplicable as why:
        reason = Text.of(why.message) if not why.params else Text.of(why.message, **why.params)
        yield Leak(LEAKED, same, None, reason, is_unknown=True)
        yield Leak(LEAKED_NEAR, near, None, reason, is_unknown=True)
        return
    for metric, words, least, nearly in ((LEAKED, same, SAME, False), (LEAKED_NEAR, near, NEARLY, True)):
        chance = float(case.compute(chance_of_leaks, tolerance=tolerance, nearly=nearly).mean())
        few = Text.of("the columns hold so few different values that {share} of the rows would have a copy by chance",
                      share=chance)  # fmt: skip
        yield Leak(metric, words, None if chance > MOST_BY_CHANCE else (codes >= least).astype(float), few)


def leaked_rows(case: Case[Any], *, tolerance: float) -> Codes:
    """[n]: of each audit row whether it, or one nearly like it, is among the training rows."""
    found: Codes = case.compute(looked_at, tolerance=tolerance)["codes"]
    return found


def chance_of_leaks(case: Case[Any], *, tolerance: float, nearly: bool) -> Floats:
    """[n], the same for each: the share of rows that would have a copy there if columns were independent."""
    return np.full(len(case), case.compute(looked_at, tolerance=tolerance)["chances"][int(nearly)])


def looked_at(case: Case[Any], *, tolerance: float) -> dict[str, npt.NDArray[Any]]:
    """What is said of each audit row, and how many would have a copy by chance, after one look at both splits."""
    found = rows_of(case, case.training, tolerance=tolerance)
    own, other = np.split(found.exact, [len(case)])
    codes = np.zeros(len(case), dtype=np.uint8)
    one, two = found.near(across=True)
    # Of rows that are the same one stands for all.
    near = np.unique(found.exact[np.concatenate([one, two])])
    codes[np.isin(own, near)] = NEARLY
    codes[np.isin(own, other)] = SAME
    chances = [float(found.chance(nearly=nearly).mean()) for nearly in (False, True)]
    return {"codes": codes, "chances": np.array(chances)}


def leaked_units(case: Case[Any]) -> Flags:
    """[n]: whether the person whose row it is has rows in the training too.

    By the data themselves: a bundle's evidence names people anew in each split.
    """
    inside = _of_split(case.training, lambda split: split.units)
    outside = _of_split(case, lambda split: split.units)
    known = {label for label in inside.labels() if label is not None}
    return np.array([label in known for label in outside.labels()], dtype=bool)


def leaked_sites(case: Case[Any], *, site: str) -> Floats:
    """[n]: whether the site whose row it is has rows in the training too; NaN where no site is known."""
    inside = _of_split(case.training, lambda split: split.groups[site])
    outside = _of_split(case, lambda split: split.groups[site])
    known = {label for label in inside.labels() if label is not None}
    return np.array([np.nan if one is None else float(one in known) for one in outside.labels()], dtype=np.float64)


def leaked_items(case: Case[Any]) -> Floats:
    """[n]: of each audited user the share of their interactions that stand in the training; NaN: they have none."""
    splits = (_of_split(one, lambda split: split.truth) for one in (case, case.training))
    outside, inside = splits
    known = {(user, item) for user, row in zip(inside.users, inside.items, strict=True) for item in row if item}
    found = np.full(len(outside.users), np.nan)
    for place, (user, row) in enumerate(zip(outside.users, outside.items, strict=True)):
        own = [item for item in row if item is not None]
        if own:
            found[place] = sum((user, item) in known for item in own) / len(own)
    return found


def earlier_rows(case: Case[Any]) -> Floats:
    """[n]: whether the last training row is later than the row; NaN where it is not known when one of them was."""
    outside = _of_split(case, lambda split: split.period)
    inside = _of_split(case.training, lambda split: split.period)
    if outside is None or inside is None:
        return np.full(len(case), np.nan)
    own, before = _moments(outside.labels()), _moments(inside.labels())
    last = before[np.isfinite(before)].max(initial=-np.inf)
    return np.where(np.isfinite(own) & np.isfinite(last), (own < last).astype(float), np.nan)


def _of_split(case: Case[Any], column: Callable[[Any], Any]) -> Any:
    found = column(case.broker.split(case.split))
    return found if found is None or case.rows is None else found.take(case.rows)


def _moments(labels: list[str | None]) -> Floats:
    """[n]: seconds since 1970 of dates, or numbers as they stand; NaN where a label is neither."""
    import pandas as pd

    numbers = pd.to_numeric(pd.Series(labels, dtype=object), errors="coerce").to_numpy(dtype=np.float64)
    if np.isfinite(numbers).any():
        return np.asarray(numbers)
    dates = pd.to_datetime(pd.Series(labels, dtype=object), format="ISO8601", utc=True, errors="coerce")
    seconds = pd.DatetimeIndex(dates).as_unit("s").asi8.astype(np.float64)
    return np.asarray(np.where(dates.isna(), np.nan, seconds))


def _guaranteed(rows: Rows, numbers: Floats) -> Found:
    """A share with exact bounds where rows are plain, so that none found of few is no guarantee of none."""
    known = numbers[np.isfinite(numbers)]
    if not rows.is_plain or not len(known) or not set(np.unique(known)) <= {0.0, 1.0}:
        return rows.share(numbers)
    hits, n = int(known.sum()), len(known)
    return Found(hits / n, n, Limits(*clopper_pearson(hits, n, rows.level)), "clopper-pearson")


def _seen_before(found: list[Leak], rows: int) -> Flags:
    """[n]: which rows, or whose people, the model has seen."""
    flags = np.zeros(rows, dtype=bool)
    for leak in found:
        if leak.numbers is not None and leak.metric in {LEAKED, LEAKED_NEAR, LEAKED_UNITS}:
            flags |= leak.numbers > 0
    return flags


def _overview(found: list[Leak], told: list[Measurement]) -> Table:
    known = {one.metric: one for one in told if not one.group}
    heads = ("what the training has", "share of audit rows", "interval", "rows")
    return Table(
        title=Text.of("What audit and training rows share"),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(
            (leak.words, *(Quote.of(known[leak.metric], shows) for shows in ("value", "interval", "n")))
            for leak in found
        ),
        prominent=True,
    )


def _worth(case: Case[Any], rows: Rows, leaked: Flags) -> Iterator[Measurement | Table]:
    """What leaked rows add to the accuracy, given which rows they are."""
    right = _right(case)
    if right is None:
        return
    known = np.isfinite(right)
    count = int(np.count_nonzero(leaked & known))
    n = int(np.count_nonzero(known))
    about: dict[str, Any] = {"metric": FROM_LEAKS, "n": n, "better": "target"}
    sides = [rows.share(np.where(leaked == flag, right, np.nan)) for flag in (True, False)]
    if n and not count:
        yield Measurement(value=0.0, exact=True, **about)
        return
    if any(one.value is None or one.limits is None for one in sides):
        why = Text.of("no row is left that the model has not seen, or the targets are not known")
        yield Measurement(value=None, undefined=why, **about)
        return
    # All rows less those unseen: the share that leaks times how much better leaked rows are than others.
    mass = np.ones(len(case)) if rows.weights is None else rows.weights
    share = float(mass[leaked & known].sum() / mass[known].sum())
    values = np.array([one.value for one in sides], dtype=float)
    ends = Limits(*(np.array([getattr(one.limits, end) for one in sides]) for end in ("low", "high")))
    low, high = (share * float(end) for end in combined(values, ends, [1.0, -1.0]))
    value = share * float(values[0] - values[1])
    interval = Interval(low=min(low, value), high=max(high, value), level=case.level, method="newcombe, times share")
    yield Measurement(value=value, interval=interval, **about)
    heads = ("rows", "accuracy", "from", "to", "how many")
    yield Table(
        title=Text.of("Accuracy on rows, or people, that the model has seen, and on others"),
        columns=tuple(Text.of(head) for head in heads),
        rows=tuple(
            (words, float(one.value or 0.0), float(one.limits.low), float(one.limits.high), one.n)
            for words, one in zip((Text.of("seen in the training"), Text.of("new to the model")), sides, strict=True)
            if one.limits is not None
        ),
    )


def _right(case: Case[Any]) -> Floats | None:
    """[n]: how right the model is of each row, from 0 to 1; None: nobody says, or it is no such matter."""
    if hasattr(case.predictions, "classes") and case.has_targets:
        codes = case.targets.codes
        return np.where(codes < 0, np.nan, (case.decisions == codes).astype(float))
    if hasattr(case.predictions, "labels") and case.has_targets:
        return np.asarray((case.label_decisions == case.label_targets).mean(axis=1))
    return None
