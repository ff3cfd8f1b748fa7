"""The index: what bundles say, in SQLite. It is made from the bundles, holds nothing else, and can be made again.

A bundle is verified when its files, the reader's keys, or the day are not those of the last time. The numbers of one
that is not believed never get into the index. Anybody may ask it further things: docs/history.md lists its tables.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.bundle import verification as lines
from auditkit.document import canonical_json
from auditkit.errors import AuditError, IntegrityError, SpecError
from auditkit.history.due import endings
from auditkit.history.finding import Found, content_digest
from auditkit.history.told import Release
from auditkit.result import AuditResult
from auditkit.terminal import printable

if TYPE_CHECKING:
    from auditkit.bundle.verification import Verification

_OURS = 0x61756B74
"""SQLite's application_id: 'aukt'."""
_VERSION = 1
_PATIENCE = 60.0
"""Seconds until another process that writes the index is no longer waited for: it may have many bundles to verify."""
_TABLES = """
CREATE TABLE IF NOT EXISTS bundle (
    path TEXT PRIMARY KEY, files TEXT, asked TEXT, why TEXT,
    name TEXT, prediction_type TEXT, created TEXT, expires_on TEXT, verdict TEXT, result_digest TEXT, document TEXT
);
CREATE TABLE IF NOT EXISTS measurement (
    path TEXT REFERENCES bundle ON DELETE CASCADE, place INTEGER, check_id TEXT, options TEXT, metric TEXT, label TEXT,
    groups TEXT, conditions TEXT, versus TEXT, value REAL, low REAL, high REAL, level REAL, n INTEGER, document TEXT
);
CREATE TABLE IF NOT EXISTS judgement (
    path TEXT REFERENCES bundle ON DELETE CASCADE, rule TEXT, metric TEXT, outcome TEXT, value REAL, document TEXT
);
CREATE TABLE IF NOT EXISTS ending (path TEXT REFERENCES bundle ON DELETE CASCADE, kind TEXT, until TEXT, document TEXT);
CREATE INDEX IF NOT EXISTS by_metric ON measurement (metric, check_id);
"""
_MAY_FAIL = frozenset({lines.EXPIRES, lines.CURRENT, lines.SEQUENCE})
"""Of an old audit: that it is over, or that a newer one was accepted, is what a history is about."""


@dataclass(frozen=True)
class Trusting:
    """Whom the reader trusts, and when."""

    now: datetime
    key: Path | None = None
    trust: Path | None = None
    allow_dev_key: bool = False

    @property
    def asked(self) -> str:
        """Changes where a bundle may be believed today that was not before, or the other way round."""
        brought = [b"" if one is None else one.read_bytes() for one in (self.key, self.trust)]
        day = f"{self.now.date()} {self.allow_dev_key}".encode()
        return hashlib.sha256(b"\0".join([*(hashlib.sha256(one).digest() for one in brought), day])).hexdigest()


@contextmanager
def opened(path: Path | None, *, rebuild: bool = False) -> Iterator[sqlite3.Connection]:
    """The index in a file, or in memory alone.

    Raises:
        SpecError: the file is something else, is damaged, or cannot be written.
    """
    try:
        with closing(_connected(path, rebuild=rebuild)) as index, index:
            index.execute("PRAGMA foreign_keys = ON")
            yield index
    except sqlite3.Error as error:
        raise _useless(path, str(error), getattr(error, "sqlite_errorcode", None)) from error


def _useless(path: Path | None, why: str, code: int | None = None) -> SpecError:
    said = printable(str(path))
    primary = None if code is None else code & 0xFF
    if primary in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        hint = "another process writes it: wait until that is done, or --index ANOTHER-FILE"
    elif primary in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}:
        hint = "--index a file that you can write, in a folder that you can write; or leave --index out"
    else:
        hint = "--rebuild, or --index ANOTHER-FILE"
    return SpecError(f"the index '{said}' cannot be used: {why}", hint=hint)


def _connected(path: Path | None, *, rebuild: bool) -> sqlite3.Connection:
    if path is None:
        return _made(sqlite3.connect(":memory:"))
    try:
        return _in_file(path, rebuild=rebuild)
    except OSError as error:
        raise _useless(path, error.strerror or str(error)) from error


def _in_file(path: Path, *, rebuild: bool) -> sqlite3.Connection:
    if path.exists() and path.stat().st_size:
        if _is_ours(path):
            with closing(sqlite3.connect(path)) as index:
                is_this_version = index.execute("PRAGMA user_version").fetchone()[0] == _VERSION
            if is_this_version and not rebuild:
                return sqlite3.connect(path, timeout=_PATIENCE)
            path.unlink()
        else:
            raise SpecError(f"'{printable(str(path))}' is no index of auditkit", hint="--index ANOTHER-FILE")
    path.touch(mode=0o600)
    return _made(sqlite3.connect(path, timeout=_PATIENCE))


def _is_ours(path: Path) -> bool:
    """By the header of the file: SQLite's name, and the application's number at byte 68."""
    with path.open("rb") as file:
        head = file.read(72)
    return head.startswith(b"SQLite format 3\0") and head[68:72] == _OURS.to_bytes(4, "big")


def _made(index: sqlite3.Connection) -> sqlite3.Connection:
    # All at once: another process sees no index, or a whole one.
    try:
        index.executescript(
            f"BEGIN IMMEDIATE; PRAGMA application_id = {_OURS}; PRAGMA user_version = {_VERSION}; {_TABLES} COMMIT;"
        )
    except sqlite3.Error:
        index.close()
        raise
    return index


def refresh(index: sqlite3.Connection, found: Iterator[Found] | tuple[Found, ...], reader: Trusting) -> int:
    """Bring the index up to what the bundles say now; returns how many had to be verified."""
    asked, verified, there = reader.asked, 0, set()
    for one in found:
        key = str(one.path.absolute())
        there.add(key)
        try:
            files = content_digest(one.path)
        except (IntegrityError, OSError) as error:
            files = ""
            why = error.message if isinstance(error, IntegrityError) else str(error)
        wanted = (files, f"{asked} {one.accepted}")
        known = index.execute("SELECT files, asked FROM bundle WHERE path = ?", (key,)).fetchone()
        if files and known == wanted:
            continue
        index.execute("DELETE FROM bundle WHERE path = ?", (key,))
        if not files:
            _refuse(index, key, wanted, why)
            continue
        verified += 1
        _take(index, key, wanted, one, reader)
    gone = [key for (key,) in index.execute("SELECT path FROM bundle") if key not in there]
    index.executemany("DELETE FROM bundle WHERE path = ?", [(key,) for key in gone])
    return verified


def _refuse(index: sqlite3.Connection, key: str, wanted: tuple[str, str], why: str) -> None:
    index.execute("INSERT INTO bundle (path, files, asked, why) VALUES (?, ?, ?, ?)", (key, *wanted, why))


def _take(index: sqlite3.Connection, key: str, wanted: tuple[str, str], found: Found, reader: Trusting) -> None:
    from auditkit.bundle.verify import verify

    try:
        said = verify(
            found.path, now=reader.now, key=reader.key, trust=reader.trust, allow_dev_key=reader.allow_dev_key
        )
        result = (
            AuditResult.from_json((found.path / "result.json").read_bytes()) if not (why := _why_not(said)) else None
        )
        if result is not None and found.accepted not in {None, result.result_digest}:
            why = "it is not the release that the ledger accepted: its digest differs"
    except AuditError as error:
        why = error.message
    if why or result is None:
        _refuse(index, key, wanted, why)
        return
    release = _release(found.path, result, said)
    about = (release.name, release.prediction_type, release.created, release.expires_on, release.verdict)
    row = (key, *wanted, "", *about, release.result_digest, release.to_json().decode())
    index.execute("INSERT INTO bundle VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    _numbers(index, key, result)
    _judgements(index, key, result)
    index.executemany("INSERT INTO ending VALUES (?, ?, ?, ?)", ((key, *one) for one in endings(result, release, said)))


def _why_not(said: Verification) -> str:
    """Why a bundle is not believed; empty where it is."""
    failed = [one for one in said.lines if one.state == "FAIL" and one.name not in _MAY_FAIL]
    if failed:
        return f"{failed[0].name}: {failed[0].text}"
    if not (said.intact and said.signed):
        return "it is not intact, or not signed"
    if said.trusted or (said.development and said.development_allowed):
        return ""
    return f"{lines.TRUSTED}: {said[lines.TRUSTED].text}"


def _release(path: Path, result: AuditResult, said: Verification) -> Release:
    from auditkit.bundle.opened import Opened
    from auditkit.bundle.pades_judging import PdfReader

    claim = Opened.folder(path, PdfReader()).attestation.predicate
    audited = next((split for split in result.data.splits if split.name == "audit"), None)
    return Release(
        path=printable(str(path)),
        name=result.name,
        prediction_type=result.subject.prediction_type,
        created=result.run.created,
        expires_on=claim.expires_on,
        model_version=result.stated.model_version,
        verdict=result.verdict.outcome,
        result_digest=result.result_digest,
        subject_digest=result.subject.digest,
        rows_digest="" if audited is None else audited.digest,
        policy_digest=result.policy.digest,
        signer=claim.signer.name,
        decided=tuple(
            f"{one.decision} by {one.name} ({one.role})" for one in said.countersignatures if one.standing == "in force"
        ),
    )


def _numbers(index: sqlite3.Connection, key: str, result: AuditResult) -> None:
    rows = (
        (
            *(key, place, finding.check, _json(finding.options), one.metric, one.label),
            *(_json(part) for part in (one.group, one.conditions, one.versus or {})),
            one.value,
            *((one.interval.low, one.interval.high, one.interval.level) if one.interval else (None, None, None)),
            *(one.n, one.to_json().decode()),
        )
        for finding in result.findings
        for place, one in enumerate(finding.measurements)
    )
    index.executemany("INSERT INTO measurement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _judgements(index: sqlite3.Connection, key: str, result: AuditResult) -> None:
    rules = {rule.identified().id: rule for rule in result.policy.policy.rules}
    rows = (
        (
            *(key, one.rule, rules[one.rule].metric if one.rule in rules else "", one.outcome),
            *(one.worst.value if one.worst else None, one.to_json().decode()),
        )
        for one in result.verdict.judgements
    )
    index.executemany("INSERT INTO judgement VALUES (?, ?, ?, ?, ?, ?)", rows)


def _json(value: object) -> str:
    return canonical_json(value).decode()
