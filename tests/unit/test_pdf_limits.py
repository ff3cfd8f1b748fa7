"""The process that makes the PDF: what it refuses to finish, and the limits of time and memory that end it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from auditkit.confined import MEBIBYTE, Limits, Refused, run_confined
from auditkit.errors import CrashError
from auditkit.report import pdf
from auditkit.report.pdf import LONGEST_PROMISED, PROMISED, RENDERING, render_pdf
from auditkit.testing.results import toy_result

WRITER = "auditkit.report.pdf_writer"
BROKEN = "data:image/svg+xml;base64,PHN2Zz48bm90LWNsb3NlZA=="


def job(body: str) -> bytes:
    page = f"<html lang=en><title>t</title><body>{body}"
    return json.dumps(
        {"page": page, "created": "2026-11-22T09:00:00Z", "identifier": "0" * 32, "attachments": []}
    ).encode()


def test_a_page_whose_pictures_can_be_drawn_becomes_a_pdf() -> None:
    whole = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/%3E"
    assert run_confined(WRITER, job(f'<img alt="a" src="{whole}">'), RENDERING)[4:9] == b"%PDF-"


def test_a_picture_that_cannot_be_drawn_costs_the_pdf() -> None:
    with pytest.raises(Refused, match="1 pictures of the PDF could not be drawn: Failed to") as refused:
        run_confined(WRITER, job(f'<img alt="a" src="{BROKEN}">'), RENDERING)
    assert "--no-pdf" in refused.value.hint


def test_a_template_with_such_a_picture_is_a_crash_of_the_report(tmp_path: Path) -> None:
    (tmp_path / "report.html.j2").write_text(f'<html lang="en"><title>t</title><img alt="a" src="{BROKEN}">')
    with pytest.raises(CrashError, match="1 pictures of the PDF could not be drawn"):
        render_pdf(toy_result(), None, template_dirs=[tmp_path])


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (
            Limits(seconds=1, memory=RENDERING.memory),
            "took longer than 1 seconds|took more than 1 seconds of the|was stopped: SIGKILL",
        ),
        (Limits(seconds=600, memory=256 * MEBIBYTE), "needed more than 256 MiB of memory"),
        (Limits(seconds=600, memory=RENDERING.memory, processor=1), "took more than 1 seconds of the processor's time"),
    ],
    ids=["time", "memory", "processor"],
)
def test_a_page_beyond_the_limits_is_a_crash_that_names_the_limit(tmp_path: Path, limits: Limits, why: str) -> None:
    rows = "<tr><td>0.123<td>0.456</tr>" * 20_000
    (tmp_path / "report.html.j2").write_text(f'<html lang="en"><title>t</title><table>{rows}</table>')
    with pytest.raises(CrashError) as crashed:
        render_pdf(toy_result(), None, template_dirs=[tmp_path], limits=limits)
    assert re.search(f"could not be made into a PDF: WeasyPrint ({why})", str(crashed.value))
    assert crashed.value.hint.startswith("--no-pdf")


def test_a_short_report_is_held_to_what_is_promised_and_a_long_one_has_more(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[Limits] = []

    def note(module: str, job: bytes, limits: Limits) -> bytes:
        given.append(limits)
        return run_confined(module, job, limits)

    monkeypatch.setattr(pdf, "run_confined", note)
    page = tmp_path / "report.html.j2"
    for length in (0, LONGEST_PROMISED):
        page.write_text(f'<html lang="en"><title>t</title><!--{"-" * length}--><p>short</p>')
        render_pdf(toy_result(), None, template_dirs=[tmp_path])
    assert given == [PROMISED, RENDERING]
    assert (PROMISED.memory, PROMISED.work) == (1 << 30, 60)
