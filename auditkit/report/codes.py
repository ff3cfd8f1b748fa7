"""The square that a telephone reads off the page: a QR code (ISO/IEC 18004), as one path of an SVG drawing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import groupby

from auditkit.report.figures import Code
from auditkit.result import AuditResult

QUIET = 4
"""Modules of white around it, which readers need: ISO/IEC 18004, 9.1."""


def code_of(result: AuditResult, raw: bytes | None = None) -> Code:
    """The SHA-256 of result.json as a square: what the attestation signs, and `verify` prints the beginning of.

    `raw`: the bytes of result.json, where they are at hand.
    The manifest's digest cannot be here, since the manifest lists the page that this stands in.
    """
    return drawn(f"sha256:{hashlib.sha256(result.to_json() if raw is None else raw).hexdigest()}")


def drawn(text: str) -> Code:
    """A text as a square, of which 15% may be lost (level M); the same text gives the same square."""
    import segno

    code = segno.make(text, error="m", micro=False, boost_error=False)
    rows = [bytes(row) for row in code.matrix]
    return Code(text=text, side=len(rows) + 2 * QUIET, path="".join(_runs(rows)))


def _runs(rows: list[bytes]) -> Iterator[str]:
    """Each run of dark modules as a rectangle one module high."""
    for y, row in enumerate(rows, start=QUIET):
        x = QUIET
        for is_dark, run in groupby(row):
            wide = len(list(run))
            if is_dark:
                yield f"M{x} {y}h{wide}v1h-{wide}z"
            x += wide
