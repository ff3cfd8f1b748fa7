"""A signer under a root, with a time-stamping authority and all that a PDF should carry (PAdES B-LT), for tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from signed_bundles import Desk
from signed_pdfs import small_pdf
from time_authority import Authority, served

from auditkit.bundle.key_files import Under, make_authority, make_key_pair
from auditkit.bundle.keys import FileSigner
from auditkit.bundle.long_term import LongTerm
from auditkit.bundle.statements import format_time
from auditkit.bundle.time_service import TimeService
from auditkit.result import Run
from auditkit.testing.results import toy_result

URL = "http://acme.example/root.crl"
SOURCES = ("root.crt", "root.crl", "time/root.crt", "time/root.crl")
NOW = datetime.now(UTC)
"""When the signer's certificates are issued, and when the audit ends: this module's import, which may be long before a
test runs, and before the stamps are made."""
RESULT = toy_result(run=Run(created=format_time(NOW), seconds=1.5, device="cpu", executor="local"))


def lasting_desk(folder: Path) -> Desk:
    """`root.*` and `acme.*` in a folder, and the authority of time stamps in its `time/`."""
    Authority.at(folder / "time")
    make_authority(folder / "root", "ACME root", now=NOW)
    pair = make_key_pair(folder / "acme", "ACME model risk", now=NOW, under=Under(folder / "root.key", URL))
    return Desk(folder, FileSigner.load(pair.private))


def written(desk: Desk, name: str, *sources: str, render_pdf: Callable[..., bytes] | None = small_pdf) -> Path:
    """A bundle of an audit that ended at NOW, and is stamped; its PDF carries these."""
    with served(Authority(desk.folder / "time").answer) as service:
        return desk.write(
            name,
            result=RESULT,
            render_pdf=render_pdf,
            valid_days=3650,
            clock=TimeService.at(service.url),
            long_term=LongTerm(sources, desk.folder) if sources else None,
        )
