"""The report reads as it did. `make golden` writes the page anew; the difference is then read by a person."""

from __future__ import annotations

import os
import re
from pathlib import Path

from auditkit.report import render_html
from auditkit.testing.results import toy_result

GOLDEN = Path(__file__).with_name("report.html")


def normalised(page: bytes) -> str:
    """The page without what says nothing about how it reads: style sheet, its hash, and the embedded documents."""
    text = page.decode()
    text = re.sub(r"<style>.*?</style>", "<style/>", text, flags=re.DOTALL)
    text = re.sub(r"sha256-[A-Za-z0-9+/=]+'", "sha256-HASH'", text)
    text = re.sub(r"(<script[^>]*>).*?</script>", r"\1</script>", text, flags=re.DOTALL)
    text = text.replace("><", ">\n<")
    return "\n".join(line.strip() for line in text.splitlines() if line.strip()) + "\n"


def test_report_reads_as_it_did() -> None:
    page = normalised(render_html(toy_result(), None))
    if os.environ.get("AUDITKIT_UPDATE_GOLDEN") == "1":
        GOLDEN.write_text(page, encoding="utf-8")
    assert page == GOLDEN.read_text(encoding="utf-8"), "run `make golden`, then read the difference"
