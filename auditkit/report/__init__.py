"""From a result to a page that a person can read, print and keep: one file, no script, no request to anywhere.

`render_html` is pure: the same result and attestation give the same bytes, so a verifier can render again and compare.
What templates are given is a contract: `docs/templates.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.result import AuditResult

if TYPE_CHECKING:
    from auditkit.bundle.countersigning import Disposition

__all__ = ["render_html", "templates_digest"]


def render_html(
    result: AuditResult,
    attestation: bytes | None,
    *,
    template_dirs: Sequence[Path] = (),
    language: str | None = None,
    signoffs: Sequence[Disposition] = (),
    raw: bytes | None = None,
) -> bytes:
    """The report as one HTML file in UTF-8.

    Args:
        result: what was found; it rides in the page as canonical JSON.
        attestation: the DSSE envelope around the audit statement, as canonical JSON; None marks the page as an unsigned
            rendering.
        template_dirs: searched before the shipped templates, and for catalogues: `locale/LANGUAGE.po`.
        language: one that a catalogue is there for; the result's own unless said. What no catalogue has is English.

        signoffs: what others decided of the bundle, whose signatures hold; for an unsigned rendering, since a bundle's
            own report is made before anybody can countersign it.
        raw: the bytes of `result.to_json()`, where they are at hand.

    Raises:
        PluginError: a catalogue cannot be read, or loses a number.
        IntegrityError: the attestation holds no audit statement.
    """
    from auditkit.report.page import render_page

    return render_page(result, attestation, template_dirs=template_dirs, language=language, signoffs=signoffs, raw=raw)


def templates_digest(template_dirs: Sequence[Path] = ()) -> str:
    """SHA-256, in hex, over templates, style sheets and the code that fills them: what a page's bytes depend on.

    Args:
        template_dirs: those that `render_html` is given, in the same order.
    """
    from auditkit.report.sources import digest_of_sources

    return digest_of_sources(template_dirs)
