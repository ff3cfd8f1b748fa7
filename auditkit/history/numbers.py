"""Each number through the releases of an audit, and whether it moved by more than chance."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from auditkit.differing.noise import Held, Judge, interval_of
from auditkit.finding import Measurement
from auditkit.gating.stored import estimate_between
from auditkit.history.told import Change, Point, Release, Series
from auditkit.policy import Rule
from auditkit.report.bounds import speaks_about

ALPHA = 0.05
"""How often any change of an audit's is called one, where there is none."""

Key = tuple[str, str, str | None, str, str, str, int]
"""Check, metric, class, group, conditions, what it is compared with; of several alike, which."""


@dataclass
class _Line:
    """One number: by the place of a release, what it says and what its check was asked."""

    told: dict[int, tuple[Measurement, str]] = field(default_factory=dict)


def series_of(
    index: sqlite3.Connection, paths: Sequence[str], releases: Sequence[Release], rules: Sequence[Rule],
    wanted: Collection[str], *, every: bool,
) -> tuple[tuple[Series, ...], int]:  # fmt: skip
    """The numbers that a rule is about, or that were asked for; and how many of the last release are left out.

    Args:
        index: holds all releases.
        paths: of the releases, the oldest first.
        releases: as they are told.
        rules: of the last release's policy.
        wanted: metrics that are followed in place of those that the rules are about.
        every: follow every number.
    """
    shown, left_out = [], 0
    for key, line in _lines(index, paths).items():
        newest = line.told[max(line.told)][0]
        about = tuple(rule for rule in rules if speaks_about(rule, newest, key[0]))
        if every or _is_followed(key, about, newest, wanted, any_rules=bool(rules)):
            shown.append(Series(check=key[0], metric=key[1], rules=about, points=tuple(_points(line, releases))))
        else:
            left_out += len(releases) - 1 in line.told
    told = [one for one in shown if any(point.told for point in one.points)]
    return _with_changes(told, releases), left_out


def _is_followed(
    key: Key, about: Sequence[Rule], newest: Measurement, wanted: Collection[str], *, any_rules: bool
) -> bool:
    """What was asked for; else what a rule is about; of a policy without rules, what is said of all rows."""
    if wanted:
        return key[1] in wanted
    return bool(about) if any_rules else not (newest.group or newest.conditions or newest.label)


def _lines(index: sqlite3.Connection, paths: Sequence[str]) -> dict[Key, _Line]:
    found: dict[Key, _Line] = defaultdict(_Line)
    asked = (
        "SELECT check_id, metric, label, groups, conditions, versus, options, document FROM measurement "
        "WHERE path = ? ORDER BY rowid"
    )
    for place, path in enumerate(paths):
        seen: Counter[tuple[object, ...]] = Counter()
        for *about, options, document in index.execute(asked, (path,)):
            seen[tuple(about)] += 1
            key: Key = (*about, seen[tuple(about)])
            found[key].told[place] = Measurement.from_json(document), options
    return found


def _points(line: _Line, releases: Sequence[Release]) -> list[Point]:
    last = line.told[max(line.told)][1]
    points = []
    for place, release in enumerate(releases):
        one, options = line.told.get(place, (None, last))
        why = (
            "not measured"
            if one is None
            else "withheld"
            if one.suppressed
            else "undefined"
            if one.value is None
            else ""
        )
        points.append(
            Point(
                release=release.result_digest,
                told=None if why else one,
                why=why,
                asked_otherwise=json.loads(options) != json.loads(last),
            )
        )
    return points


def _with_changes(series: Sequence[Series], releases: Sequence[Release]) -> tuple[Series, ...]:
    """Each with its changes; all of an audit are one family, gone through in Holm's steps.

    The intervals are those that were signed, taken as of different rows: careful where releases were audited on the
    same ones. `auditkit diff` holds two of them against each other row by row.
    """
    asked = [(place, *pair) for place, one in enumerate(series) for pair in _pairs(one, releases)]
    judge = Judge(None, ALPHA)
    held = [_held(old, new) for _, _, old, new in asked]
    changes: dict[int, list[Change]] = defaultdict(list)
    for (place, since, old, new), one, step in zip(asked, held, judge.steps(held), strict=True):
        interval = None if one is None or step is None else interval_of(one, step)
        moved = None if step is None else step.low > 0 or step.high < 0
        assert old.value is not None  # noqa: S101  `_pairs` looked
        assert new.value is not None  # noqa: S101  same
        change = Change(since=since, value=new.value - old.value, interval=interval, moved=moved)
        changes[place].append(change)
    return tuple(
        one.model_copy(update=dict(zip(("since_last", "since_first"), changes[place], strict=False)))
        for place, one in enumerate(series)
    )


def _pairs(one: Series, releases: Sequence[Release]) -> list[tuple[str, Measurement, Measurement]]:
    """The last release's number beside that of the release before, and of the first, which were asked alike."""
    *before, last = one.points
    if last.told is None:
        return []
    then = {point.release: point.told for point in before if point.told is not None and not point.asked_otherwise}
    now = releases[-1]
    same = {
        each.result_digest
        for each in releases
        if (each.subject_digest, each.rows_digest) == (now.subject_digest, now.rows_digest)
    }
    chosen = list(dict.fromkeys([list(then)[-1], next(iter(then))])) if then else []
    return [(digest, told, last.told) for digest in chosen if digest not in same and (told := then[digest])]


def _held(old: Measurement, new: Measurement) -> Held | None:
    """None where nothing is known of what chance does to it."""
    if None in {old.interval, new.interval} or not old.n or not new.n:
        return None
    return Held(estimate_between(new, old), "unpaired")
