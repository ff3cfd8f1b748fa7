"""The names in a bundle, and how large a thing in it may be before reading it is refused."""

from __future__ import annotations

import re
from collections.abc import Iterable

RESULT = "result.json"
REPORT_HTML = "report.html"
REPORT_PDF = "report.pdf"
ATTESTATION = "attestation.dsse.json"
CARD = "applied-model-card.xml"
"""The export that is attached to the PDF too, where a bundle has it."""
MANIFEST = "manifest.dsse.json"
EVIDENCE = "evidence"
EXPORTS = "exports"
SIGNATURES = "signatures"
TIMESTAMP = "signatures/manifest.tsr"
"""The reply of a time-stamping authority about manifest.dsse.json (RFC 3161); added when the bundle is made."""
SIGSTORE = "signatures/manifest.sigstore.json"
"""The signature of manifest.dsse.json as a Sigstore bundle; added when the bundle is made."""

ALWAYS_THERE = (RESULT, REPORT_HTML, ATTESTATION)
AT_THE_TOP = frozenset({RESULT, REPORT_HTML, REPORT_PDF, ATTESTATION})

MEBIBYTE = 1 << 20
LARGEST_ENVELOPE = 16 * MEBIBYTE
LARGEST_DOCUMENT = 256 * MEBIBYTE
MOST_FILES = 10_000

# ASCII only and no leading dot: no two names may look alike, differ in case alone, be hidden, or climb out of a folder.
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,120}", re.ASCII)


def is_plain_name(name: str) -> bool:
    """Whether a file may be called this in `evidence/`, `exports/` or `signatures/`."""
    return _PLAIN_NAME.fullmatch(name) is not None and not name.endswith(".")


def belongs(name: str) -> bool:
    """Whether a manifest may list this name: a known file at the top, or a plain one in `evidence/` or `exports/`."""
    folder, slash, rest = name.partition("/")
    if not slash:
        return name in AT_THE_TOP
    return folder in (EVIDENCE, EXPORTS) and is_plain_name(rest)


def is_optional(name: str) -> bool:
    """Whether a file may be taken out before the bundle is handed on."""
    return name.startswith(f"{EVIDENCE}/")


def largest(name: str) -> int | None:
    """The most bytes that this file may have; None: no limit, since it is only hashed, never parsed."""
    if name.endswith(".dsse.json") and "/" not in name:
        return LARGEST_ENVELOPE
    return LARGEST_DOCUMENT if name in AT_THE_TOP else None


def clashing(names: Iterable[str]) -> list[str]:
    """The names that meet an earlier one when case is ignored, as on some file systems."""
    seen: set[str] = set()
    clashes = []
    for name in names:
        folded = name.casefold()
        if folded in seen:
            clashes.append(name)
        seen.add(folded)
    return clashes
