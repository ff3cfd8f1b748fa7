"""From bundles to what is said of them: each audit's releases in order, its numbers, and what is due."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditkit.errors import SpecError, did_you_mean
from auditkit.history.due import due_of
from auditkit.history.finding import bundles_at
from auditkit.history.index import Trusting, opened, refresh
from auditkit.history.numbers import ALPHA, series_of
from auditkit.history.told import Audit, History, Refused, Release
from auditkit.result import AuditResult
from auditkit.terminal import printable

_Row = tuple[str, Release]
"""A bundle's place, and what is told of it."""


@dataclass(frozen=True)
class Asked:
    """What somebody wants to know."""

    name: str | None = None
    """Of one audit; None: of all."""
    metrics: tuple[str, ...] = ()
    """To follow in place of those that rules are about."""
    every: bool = False
    within: int = 30
    """Days ahead that are soon."""


def history_of(
    place: Path, reader: Trusting, asked: Asked, *, index: Path | None = None, rebuild: bool = False
) -> History:
    """What the bundles of a folder, or of a ledger, say of their audits over time.

    Args:
        place: the folder, or the ledger.
        reader: whom the reader trusts.
        asked: what they want to know.
        index: the file of the index; None: it is made in memory, and forgotten.
        rebuild: make the index anew from the bundles.

    Raises:
        SpecError: there is nothing at the place; the index cannot be used; no audit has that name, or that metric.
        IntegrityError: the ledger is broken.
    """
    found = bundles_at(place)
    with opened(index, rebuild=rebuild) as kept:
        refresh(kept, found, reader)
        rows = [
            (path, Release.from_json(document))
            for path, document in kept.execute(
                "SELECT path, document FROM bundle WHERE why = '' ORDER BY created, path"
            )
        ]
        refused = kept.execute("SELECT path, why FROM bundle WHERE why != '' ORDER BY path").fetchall()
        alone, copies = _without_copies(rows)
        audits = tuple(
            _audit(kept, same, asked, reader) for same in _by_audit(alone) if asked.name in {None, same[0][1].name}
        )
    _refuse_unknown(asked, rows, audits)
    return History(
        place=printable(str(place)),
        today=reader.now.date().isoformat(),
        within=asked.within,
        alpha=ALPHA,
        audits=audits,
        copies=copies,
        refused=tuple(Refused(path=printable(path), why=why) for path, why in refused),
    )


def _without_copies(rows: Sequence[_Row]) -> tuple[list[_Row], tuple[str, ...]]:
    """The newest bundle of each result, since who audits again what has not changed finds the same; and the others."""
    newest: dict[str, _Row] = {}
    for path, release in rows:
        kept = newest.get(release.result_digest)
        if kept is None or release.created > kept[1].created:
            newest[release.result_digest] = (path, release)
    paths = {path for path, _ in newest.values()}
    return [row for row in rows if row[0] in paths], tuple(one.path for path, one in rows if path not in paths)


def _by_audit(rows: Sequence[_Row]) -> Iterator[list[_Row]]:
    found: dict[tuple[str, str], list[_Row]] = defaultdict(list)
    for path, release in rows:
        found[release.name, release.prediction_type].append((path, release))
    yield from (found[key] for key in sorted(found))


def _audit(index: sqlite3.Connection, rows: Sequence[_Row], asked: Asked, reader: Trusting) -> Audit:
    paths, releases = [path for path, _ in rows], tuple(release for _, release in rows)
    *before, rules = [_rules(index, path) for path in paths[-2:]]
    last = AuditResult.from_json((Path(paths[-1]) / "result.json").read_bytes())
    series, left_out = series_of(index, paths, releases, last.policy.policy.rules, asked.metrics, every=asked.every)
    ending = index.execute("SELECT kind, until, document FROM ending WHERE path = ?", (paths[-1],)).fetchall()
    return Audit(
        name=releases[-1].name,
        prediction_type=releases[-1].prediction_type,
        releases=releases,
        series=series,
        left_out=left_out,
        gone=tuple(one for one in (before[0] if before else ()) if one not in rules),
        due=due_of(ending, reader.now.date(), asked.within),
    )


def _rules(index: sqlite3.Connection, path: str) -> tuple[str, ...]:
    return tuple(rule for (rule,) in index.execute("SELECT rule FROM judgement WHERE path = ? ORDER BY rowid", (path,)))


def _refuse_unknown(asked: Asked, rows: Sequence[_Row], audits: Sequence[Audit]) -> None:
    names = sorted({release.name for _, release in rows})
    if asked.name is not None and asked.name not in names:
        raise SpecError(
            f"no bundle that can be believed is of an audit '{printable(asked.name)}'",
            hint=did_you_mean(asked.name, names),
        )
    for metric in asked.metrics:
        if not any(metric == one.metric for audit in audits for one in audit.series):
            raise SpecError(
                f"no release has a number '{printable(metric)}' that is told", hint="--all lists every number"
            )
