"""The process that turns a page into PDF/A-3a and PDF/UA-1; `pdf` starts it."""

from __future__ import annotations

import base64
import json
import logging
import re
import struct
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditkit.confined import serve
from auditkit.errors import AuditError, CrashError

if TYPE_CHECKING:
    from weasyprint import Document

VARIANT = "pdf/a-3a"

# PDF/A takes a property of another schema only when the file describes that schema: ISO 19005-3, 6.6.2.3.3.
_CLAIMS_UA = b"""<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part></rdf:Description>
<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
 xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#" xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>
<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>
<pdfaProperty:category>internal</pdfaProperty:category>
<pdfaProperty:description>the part of ISO 14289 that the file conforms to</pdfaProperty:description>
</rdf:li></rdf:Seq></pdfaSchema:property>
</rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description></rdf:RDF>"""

_LONGEST = 120
_CODE_POINT = re.compile(r"U\+([0-9A-Fa-f]{1,6})\b")


def write(job: bytes) -> bytes:
    """The length of the characters without a glyph, these in UTF-8, and the PDF; an empty job only loads WeasyPrint.

    Raises:
        AuditError: WeasyPrint or Pango cannot be loaded, or the page asks for something outside itself.
    """
    try:
        import weasyprint
    except (ImportError, OSError) as error:
        raise AuditError(
            f"no PDF can be made here: {str(error).splitlines()[0]}",
            hint="--no-pdf, or: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core",
        ) from error
    if not job:
        return b""
    asked: dict[str, Any] = json.loads(job)
    lacking = _Lacking()
    logger = logging.getLogger("weasyprint")
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    logger.handlers = [lacking]
    _draw_words_whole()
    document = weasyprint.HTML(string=asked["page"], url_fetcher=_fetcher()).render(pdf_variant=VARIANT, pdf_tags=True)
    _describe(document, asked)
    pdf: bytes = document.write_pdf(
        pdf_variant=VARIANT, pdf_tags=True, pdf_identifier=bytes.fromhex(asked["identifier"])
    )
    if lacking.failures:
        raise CrashError(
            f"{len(lacking.failures)} pictures of the PDF could not be drawn: {lacking.failures[0][:_LONGEST]}",
            hint="--no-pdf leaves the PDF out; if no template of yours draws it, please report this",
        )
    named = "".join(sorted(lacking.characters)).encode()
    return struct.pack(">I", len(named)) + named + pdf


class _Whole(str):
    """A text that is one letter to whoever goes through it letter by letter."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        yield str(self)


def _draw_words_whole() -> None:
    """Have a label in a chart shaped as a line: letter by letter, Arabic falls apart, and each letter costs a layout.

    WeasyPrint 70 draws the text of an SVG so; a label of ours has one position, and nothing for a single letter.
    """
    from weasyprint.svg import Node

    read = Node.text.fget

    def text(node: Any) -> str | None:
        said = read(node)
        return said and _Whole(said)

    Node.text = property(text)


class _Lacking(logging.Handler):
    """Listens to WeasyPrint for the characters that it drew a box for, and for the pictures that it left out."""

    def __init__(self) -> None:
        super().__init__()
        self.characters: set[str] = set()
        self.failures: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if ".notdef" in said:
            self.characters |= {chr(int(point, 16)) for point in _CODE_POINT.findall(said)}
        # WeasyPrint goes on without what it cannot draw: a report with a blank for a chart must not be signed.
        if record.levelno >= logging.ERROR and said.startswith("Failed to"):
            self.failures.append(said)


def _fetcher() -> Any:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class Refusing(URLFetcher):  # type: ignore[misc]
        """Opens nothing but what stands in the page itself."""

        def fetch(self, url: str, headers: Any = None) -> Any:
            if url.startswith("data:"):
                return super().fetch(url, headers)
            # It derives from BaseException: WeasyPrint goes on without the picture for anything less.
            raise FatalURLFetchingError(url)

    return Refusing()


def _describe(document: Document, asked: dict[str, Any]) -> None:
    """Set what the file says of itself, and what is attached to it."""
    from weasyprint import Attachment

    metadata = document.metadata
    created = datetime.fromisoformat(asked["created"])
    metadata.created = metadata.modified = created.strftime("%Y-%m-%dT%H:%M:%SZ")
    metadata.generator = "auditkit"
    metadata.attachments = [
        Attachment(
            string=base64.b64decode(one["content"]),
            name=one["name"],
            description=one["description"],
            relationship=one["relationship"],
            created=created,
            modified=created,
        )
        for one in asked["attachments"]
    ]
    generate = metadata.generate_rdf_metadata
    metadata.generate_rdf_metadata = lambda *form: generate(*form).replace(b"</rdf:RDF>", _CLAIMS_UA)


def _refusing_addresses(job: bytes) -> bytes:
    try:
        return write(job)
    except Exception:
        raise
    except BaseException as error:  # WeasyPrint's refusal of an address derives from it; all else passes as it is
        if type(error).__name__ != "FatalURLFetchingError":
            raise
        raise CrashError(
            f"the page asks for '{error}', and a report holds all that it shows",
            hint="take it out of the template, or put it in as a data: address",
        ) from error


if __name__ == "__main__":
    serve(_refusing_addresses)
