"""The report as PDF: made in a confined process, so that a renderer that hangs or dies takes nothing with it."""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.confined import MEBIBYTE, Died, Limits, Refused, run_confined
from auditkit.errors import AuditError, CrashError
from auditkit.report.scripts import parted
from auditkit.result import AuditResult

if TYPE_CHECKING:
    from auditkit.bundle.countersigning import Disposition
    from auditkit.report.page import SummaryOf

RENDERING = Limits(seconds=600, memory=4096 * MEBIBYTE)
"""Twice what a report of 500 pages of dense tables took where this was tried."""
PROMISED = Limits(seconds=600, memory=1024 * MEBIBYTE, processor=60)
"""Of a report as short as it is promised to be: under 20 seconds and 1 GiB. Three times the one, for slower machines;
the clock runs on where others use the processor, and so it is no bound on this."""
LONGEST_PROMISED = 1_000_000
"""Octets of the page of such a report. Of 40 pages those tried had half of it; longer ones have many rules, or all."""

_WRITER = "auditkit.report.pdf_writer"
_PROBE = b""
_HINT = "--no-pdf leaves the PDF out; auditkit doctor says what PDF needs"


@dataclass(frozen=True)
class Paper:
    """A report as PDF, not yet signed."""

    pdf: bytes
    """PDF/A-3a and PDF/UA-1; the same result, attestation, templates, fonts and libraries give the same bytes."""
    without_glyph: str
    """The characters that no font of this machine has: the page shows a box for each."""
    page: bytes = b""
    """The HTML that it was made of."""


def require_pdf() -> None:
    """Raise AuditError unless this machine can make a PDF: WeasyPrint and Pango load."""
    try:
        run_confined(_WRITER, _PROBE, RENDERING)
    except Refused as refused:
        raise AuditError(refused.message, hint=refused.hint) from refused
    except Died as died:
        raise AuditError(f"no PDF can be made here: WeasyPrint {died}", hint=_HINT) from died


def render_pdf(  # noqa: PLR0913  one keyword for each thing that a PDF is made of
    result: AuditResult,
    attestation: bytes | None,
    *,
    template_dirs: Sequence[Path] = (),
    language: str | None = None,
    limits: Limits | None = None,
    signoffs: Sequence[Disposition] = (),
    full: bool = False,
    summary: SummaryOf | None = None,
    card: bytes | None = None,
) -> Paper:
    """The report as PDF, with result.json, the attestation and the Applied Model Card attached.

    Args:
        result: what was found.
        attestation: the DSSE envelope around the audit statement; None marks every page as an unsigned rendering.
        template_dirs: searched before the shipped templates, and for catalogues.
        language: the result's own unless said.
        limits: of the process that renders; None: those promised of a short report, and more of a long one.
        signoffs: what others decided of the bundle; for an unsigned rendering.
        full: with everything that the HTML has, however many pages that takes; else what no rule is about gives way.
        summary: two pages that stand alone, in place of the report.
        card: the export `applied-model-card.xml`; None: it was not asked for.

    Raises:
        IntegrityError: the attestation holds no audit statement.
        CrashError: the renderer refused the page, hung or died.
    """
    about = {"language": language, "signoffs": signoffs, "full": full, "summary": summary}
    draw = partial(_print, result, attestation, template_dirs, limits, about, card)
    paper = draw(lacking="")
    # What a page lacks is only known when it is drawn: it is drawn again, with a note that says so.
    return replace(draw(lacking=_points(paper)), without_glyph=paper.without_glyph) if paper.without_glyph else paper


def _points(paper: Paper) -> str:
    return ", ".join(f"U+{ord(one):04X}" for one in paper.without_glyph)


def _print(
    result: AuditResult,
    attestation: bytes | None,
    template_dirs: Sequence[Path],
    limits: Limits | None,
    about: Mapping[str, Any],
    card: bytes | None,
    *,
    lacking: str,
) -> Paper:
    from auditkit.report.page import render_page

    raw = result.to_json()
    page = render_page(result, attestation, template_dirs=template_dirs, paper=True, lacking=lacking, **about)
    job = {
        "page": parted(page.decode()),
        "created": result.run.created,
        "identifier": hashlib.sha256(attestation or raw).hexdigest()[:32],
        "attachments": [
            _attachment("result.json", "Source", "the result of the audit, canonical JSON", raw),
            *(
                [_attachment("attestation.dsse.json", "Supplement", "the signed statement about it", attestation)]
                if attestation is not None
                else []
            ),
            *(
                [
                    _attachment(
                        "applied-model-card.xml", "Supplement", "the Applied Model Card, filled from the result", card
                    )
                ]
                if card is not None
                else []
            ),
        ],
    }
    if limits is None:
        limits = PROMISED if len(page) <= LONGEST_PROMISED else RENDERING
    try:
        answer = run_confined(_WRITER, json.dumps(job).encode(), limits)
    except Refused as refused:
        raise CrashError(refused.message, hint=refused.hint) from refused
    except Died as died:
        raise CrashError(f"the report could not be made into a PDF: WeasyPrint {died}", hint=_HINT) from died
    (length,) = struct.unpack(">I", answer[:4])
    return Paper(pdf=answer[4 + length :], without_glyph=answer[4 : 4 + length].decode(), page=page)


def _attachment(name: str, relationship: str, description: str, content: bytes) -> dict[str, str]:
    return {
        "name": name,
        "relationship": relationship,
        "description": description,
        "content": base64.b64encode(content).decode("ascii"),
    }
