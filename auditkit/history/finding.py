"""Which bundles there are: those that lie under a folder, or those that a ledger of releases names."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from auditkit.bundle import layout
from auditkit.bundle.stored import StoredFolder
from auditkit.errors import SpecError
from auditkit.terminal import printable

DEEPEST = 4
"""Folders below the one that was named, down to which bundles are looked for."""
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Found:
    """A folder that is a bundle, or was one."""

    path: Path
    accepted: str | None = None
    """The result_digest that a ledger accepted from here; None: no ledger says."""


def bundles_at(place: Path) -> tuple[Found, ...]:
    """All bundles of a folder, in the order of their paths, or of a ledger, in its order.

    Raises:
        SpecError: there is nothing at the place, or no bundle in it.
        IntegrityError: the ledger is broken.
    """
    said = printable(str(place))
    if not place.exists():
        raise SpecError(f"there is no '{said}'", hint="auditkit history DIR, a folder of bundles; or a ledger")
    if place.is_dir():
        found = tuple(Found(path) for path in _under(place))
        if not found:
            raise SpecError(
                f"there is no bundle in '{said}'",
                hint=f"name a folder that holds bundles, at most {DEEPEST} folders down",
            )
        return found
    from auditkit.gating.ledger import read_ledger

    entries = read_ledger(place)
    if not entries:
        raise SpecError(f"the ledger '{said}' is empty", hint="auditkit gate BUNDLE --ledger FILE accepts a release")
    return tuple(Found(place.parent / one.bundle, one.result_digest) for one in entries)


def _under(folder: Path) -> Iterator[Path]:
    """Folders with a bundle's files. A link is not followed, and nothing is looked for inside a bundle."""
    for here, folders, files in os.walk(folder):
        path = Path(here)
        if _is_bundle(files):
            folders.clear()
            yield path
        elif len(path.relative_to(folder).parts) >= DEEPEST:
            folders.clear()
        folders[:] = sorted(one for one in folders if not one.startswith("."))


def _is_bundle(files: list[str]) -> bool:
    """Whether these are a bundle's: one from which the statements were taken is still told of, as one to refuse."""
    names = set(files)
    return bool(names & {layout.ATTESTATION, layout.MANIFEST}) or {layout.RESULT, layout.REPORT_HTML} <= names


def content_digest(path: Path) -> str:
    """SHA-256 over the names and bytes of all files of a bundle, countersignatures among them.

    Raises:
        IntegrityError: it holds links, or more than a bundle does.
        OSError: a file cannot be read.
    """
    folder = StoredFolder.scan(path)
    total = hashlib.sha256("\0".join(folder.oddities).encode())
    for name in sorted(folder.files):
        one = hashlib.sha256()
        with (path / name).open("rb") as file:
            while block := file.read(_BLOCK):
                one.update(block)
        total.update(f"{name}\0{one.hexdigest()}\n".encode())
    return total.hexdigest()
