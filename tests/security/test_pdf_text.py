"""The leak scan reads the page that a PDF is made of, and no PDF: a PDF shows nothing that its page lacks."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
import unicodedata

import pytest

from auditkit.report.pdf import render_pdf
from auditkit.testing.results import toy_result


def squeezed(text: str) -> str:
    """Without spaces and hyphens, which the setting of lines adds and takes, and ligatures undone."""
    return re.sub(r"[\s\u00ad\u2010-]+", "", unicodedata.normalize("NFKC", text)).casefold()


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs Debian's poppler-utils")
def test_every_word_of_the_pdf_stands_in_the_page_that_is_scanned(tmp_path):
    paper = render_pdf(toy_result(), None)
    (tmp_path / "report.pdf").write_bytes(paper.pdf)
    said = subprocess.check_output(["pdftotext", "-enc", "UTF-8", tmp_path / "report.pdf", "-"], text=True)
    page = html.unescape(paper.page.decode())
    shown = squeezed(re.sub(r"<[^>]*>", "", page)) + squeezed(page)
    # Pages are counted, and entries of lists marked, by the style sheet: of these alone the page knows nothing.
    strange = [word for word in said.split() if squeezed(word) not in shown and not re.fullmatch(r"\d{1,2}|\W", word)]
    assert len(said.split()) > 1_000
    assert strange == []
