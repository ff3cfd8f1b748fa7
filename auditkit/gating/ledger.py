"""The ledger of accepted releases: a file of JSON lines, each with the digest of the line before it.

A line that is changed, taken out or put in between breaks the chain. That lines at the end were cut off shows by the
signed head (`heads`), or where a repository knows how long the file was. See docs/decisions/0020.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from pydantic import Field, ValidationError

from auditkit.document import Document, digest_of
from auditkit.errors import IntegrityError, SpecError
from auditkit.result import AuditResult
from auditkit.terminal import printable

START = "0" * 64
_LARGEST = 64 * 2**20
_RESTORE = "take it from the repository again, as it was last accepted"


class Entry(Document):
    """A release that passed."""

    seq: int = Field(ge=1)
    prev: str = Field(description="the hash of the line before it; of the first 64 zeros")
    name: str
    prediction_type: str
    subject_digest: str
    result_digest: str
    bundle: str = Field(description="its folder, relative to the ledger's")
    baseline: str | None = Field(description="the result_digest of the release that it was held against; None: none")
    verdict: str
    date: str = Field(description="ISO 8601, UTC")
    hash: str = Field(default="", description="SHA-256 of the canonical JSON of all the rest")

    def chained(self) -> Entry:
        """With its hash."""
        return self.model_copy(update={"hash": digest_of(self.model_dump(mode="json", exclude={"hash"}))})


def read_ledger(path: Path) -> tuple[Entry, ...]:
    """All entries of a ledger; an empty file is a ledger in which nothing has been accepted yet.

    Raises:
        SpecError: there is no such file.
        IntegrityError: it is no ledger, or its chain is broken.
    """
    said = printable(str(path))
    if path.exists() and not path.is_file():
        raise SpecError(f"the ledger '{said}' is not a file", hint="--ledger FILE, a file of JSON lines")
    if not path.is_file():
        raise SpecError(
            f"there is no ledger '{said}'", hint=f"begin one, in which nothing is accepted yet: touch {said}"
        )
    if path.stat().st_size > _LARGEST:
        raise IntegrityError(f"the ledger '{said}' is larger than {_LARGEST >> 20} MiB", hint=_RESTORE)
    entries: list[Entry] = []
    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        try:
            entry = Entry.from_json(line)
        except ValidationError as error:
            raise IntegrityError(
                f"the ledger '{said}', line {number}, is no entry that auditkit wrote", hint=_RESTORE
            ) from error
        before = entries[-1].hash if entries else START
        if entry.seq != number or entry.prev != before or entry.chained().hash != entry.hash:
            raise IntegrityError(
                f"the ledger '{said}' is broken at line {number}: the line, or one before it, is not as it was written",
                hint=_RESTORE,
            )
        entries.append(entry)
    return tuple(entries)


def last_accepted(entries: tuple[Entry, ...], result: AuditResult) -> Entry | None:
    """The newest release before this one, of the same name and kind of predictions; None: none was accepted yet."""
    for entry in reversed(entries):
        is_alike = (entry.name, entry.prediction_type) == (result.name, result.subject.prediction_type)
        if is_alike and entry.verdict == "pass" and entry.result_digest != result.result_digest:
            return entry
    return None


def refuse_replayed(entries: tuple[Entry, ...], name: str, result_digest: str) -> None:
    """Raise IntegrityError when a release was accepted before the newest of its name: an older and kinder one."""
    own = [one for one in entries if one.name == name]
    if own and own[-1].result_digest != result_digest and any(one.result_digest == result_digest for one in own):
        raise IntegrityError(
            f"replayed: the ledger has accepted a newer release of '{printable(name)}' since, on {own[-1].date[:10]}",
            hint="to go back to an older model, audit it again",
        )


def accept(path: Path, bundle: Path, result: AuditResult, *, baseline: str | None, date: str) -> Entry | None:
    """Write a release that passed behind the others; None where it is the newest already.

    Args:
        path: the ledger's.
        bundle: the release's folder.
        result: its result, judged.
        baseline: the result_digest of what it was held against.
        date: of today, ISO 8601.

    Raises:
        IntegrityError: the ledger is broken.
    """
    entries = read_ledger(path)
    newest = next((one for one in reversed(entries) if one.name == result.name), None)
    if newest is not None and newest.result_digest == result.result_digest:
        return None
    entry = Entry(
        seq=len(entries) + 1,
        prev=entries[-1].hash if entries else START,
        name=result.name,
        prediction_type=result.subject.prediction_type,
        subject_digest=result.subject.digest,
        result_digest=result.result_digest,
        bundle=Path(os.path.relpath(bundle.resolve(), path.resolve().parent)).as_posix(),
        baseline=baseline,
        verdict=result.verdict.outcome,
        date=date,
    ).chained()
    # An editor may have taken the last line's end away; behind it, a new line would break the chain.
    start = b"" if path.read_bytes()[-1:] in {b"", b"\n"} else b"\n"
    with path.open("ab") as file:
        file.write(start + json.dumps(entry.model_dump(mode="json"), sort_keys=True).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return entry
