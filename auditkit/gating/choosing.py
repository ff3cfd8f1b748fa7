"""Which release a candidate is held against: one that is named, a ledger's last, or the newest of a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from auditkit.document import Text
from auditkit.errors import IntegrityError, SpecError
from auditkit.gating.ledger import Entry, last_accepted, read_ledger
from auditkit.gating.releases import Release
from auditkit.result import AuditResult
from auditkit.terminal import printable

_LARGEST = 1 << 30

Read = Callable[[Path], AuditResult]
"""The result of a bundle that verifies; raises IntegrityError."""


@dataclass(frozen=True)
class Against:
    """Where the baseline is."""

    baseline: Path | None = None
    folder: Path | None = None
    ledger: Path | None = None
    first: bool = False
    """Whether it is said that the ledger cannot hold a baseline yet, though it holds other audits' releases."""

    def __post_init__(self) -> None:
        if self.first and (self.ledger is None or self.baseline is not None or self.folder is not None):
            raise SpecError(
                "--first says that a ledger holds no release of this audit yet",
                hint="--ledger FILE --first, and no other baseline",
            )
        if self.baseline is not None and self.folder is not None:
            raise SpecError("--baseline and --baseline-from both say which release to compare with", hint="keep one")

    def __bool__(self) -> bool:
        """Whether anything is to be compared."""
        return any(part is not None for part in (self.baseline, self.folder, self.ledger))


@dataclass(frozen=True)
class Chosen:
    """What was found."""

    release: Release | None
    found: str = ""
    """How, in words."""
    notes: tuple[Text, ...] = ()
    is_first: bool = False
    """Whether there cannot be one: nothing has been accepted yet, or the user says so of this audit."""
    lacks: Text | None = None
    """Why there is none, where more can be said than that."""


def choose(candidate: Release, against: Against, read: Read) -> Chosen:
    """Find the baseline.

    Raises:
        IntegrityError: the one that is named, or the ledger's, does not verify; or the ledger is broken.
        SpecError: there is no such bundle, folder or ledger.
    """
    # A ledger that cannot be written to in the end is refused before anything is said.
    entries = () if against.ledger is None else read_ledger(against.ledger)
    if against.baseline is not None:
        return Chosen(_named(against.baseline, read), "named")
    if against.folder is not None:
        return _newest(against.folder, candidate, read)
    assert against.ledger is not None  # noqa: S101  one of the three is given
    return _of_ledger(against, entries, candidate, read)


def _named(path: Path, read: Read) -> Release:
    if not path.exists():
        raise SpecError(
            f"there is no baseline '{printable(str(path))}'", hint="--baseline BUNDLE, the folder of a bundle"
        )
    try:
        return Release(path, read(path))
    except IntegrityError as error:
        raise IntegrityError(f"the baseline: {error.message}", hint=error.hint) from error


def _of_ledger(against: Against, entries: tuple[Entry, ...], candidate: Release, read: Read) -> Chosen:
    assert against.ledger is not None  # noqa: S101  the caller looked
    entry = last_accepted(entries, candidate.result)
    if entry is None:
        return _none_in_ledger(entries, candidate.result, is_said=against.first)
    if against.first:
        raise SpecError(
            f"the ledger holds an earlier release of '{printable(entry.name)}', so that this is not its first",
            hint="leave --first out",
        )
    bundle = against.ledger.parent / entry.bundle
    if not bundle.exists():
        raise SpecError(
            f"the ledger's last release, '{printable(str(bundle))}', is not there",
            hint="bring the bundle back to that place, or say where it is: --baseline BUNDLE",
        )
    release = _named(bundle, read)
    if release.result.result_digest != entry.result_digest:
        raise IntegrityError(
            f"the baseline '{printable(entry.bundle)}' is not the release that the ledger accepted: its digest differs",
            hint="restore the bundle, or name one with --baseline",
        )
    return Chosen(release, f"the ledger's last, accepted on {entry.date[:10]}")


def _none_in_ledger(entries: tuple[Entry, ...], result: AuditResult, *, is_said: bool) -> Chosen:
    """The first of all passes by itself. Among others it has to be called the first: a new name is no way past."""
    name, kind = result.name, result.subject.prediction_type
    is_accepted = any(entry.result_digest == result.result_digest for entry in entries)
    if not entries or is_accepted or is_said:
        note = Text.of("the ledger holds no earlier release of '{name}': this is the first", name=name)
        return Chosen(None, notes=(note,), is_first=True)
    said = Text.of(
        "the ledger holds releases, and none of '{name}' that gives {kind}: after a change of either, name the last "
        "one (--baseline BUNDLE); if this audit is new in the ledger, say so (--first)",
        name=name,
        kind=kind,
    )
    return Chosen(None, lacks=said)


def _newest(folder: Path, candidate: Release, read: Read) -> Chosen:
    """The newest bundle in a folder that verifies, of the same name and kind of predictions, and not the candidate."""
    if not folder.is_dir():
        raise SpecError(
            f"there is no folder '{printable(str(folder))}'", hint="--baseline-from DIR, a folder of bundles"
        )
    notes = []
    for path in _by_date(folder, candidate):
        try:
            result = read(path)
        except IntegrityError as error:
            notes.append(Text.of("not compared with '{name}': {why}", name=printable(path.name), why=error.message))
            continue
        return Chosen(Release(path, result), f"the newest of '{printable(str(folder))}'", tuple(notes))
    return Chosen(None, notes=tuple(notes))


def _by_date(folder: Path, candidate: Release) -> Iterator[Path]:
    """The bundles that could be it, the newest first. What they say is believed only once they have verified."""
    found = []
    for path in sorted(folder.iterdir()):
        document = path / "result.json"
        if path.resolve() == candidate.path.resolve() or not document.is_file() or document.stat().st_size > _LARGEST:
            continue
        try:
            result = AuditResult.from_json(document.read_bytes())
        except ValidationError:
            continue
        alike = (result.name, result.subject.prediction_type)
        if alike != (candidate.result.name, candidate.result.subject.prediction_type):
            continue
        if result.result_digest != candidate.result.result_digest:
            found.append((result.run.created, path.name, path))
    yield from (path for _, _, path in sorted(found, reverse=True))
