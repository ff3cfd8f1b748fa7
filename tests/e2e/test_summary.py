"""The summary stands alone: two pages in both languages, whatever a result says, and nothing in it that leads away."""

from __future__ import annotations

import base64
import io
import json
import re

import pikepdf
import pytest
from commands import HEADER, SPEC, as_csv, naming, small_rows
from drenched import drenched

from auditkit.document import Text
from auditkit.errors import AuditError
from auditkit.report.brief import cut
from auditkit.report.fonts import require_letters
from auditkit.report.page import SummaryOf, render_page
from auditkit.report.pdf import render_pdf
from auditkit.result import AuditResult, NotLookedAt
from auditkit.stated import LONGEST, Stated
from auditkit.testing.results import toy_result

UNSIGNED = SummaryOf(None)
MOST_PAGES = 2


def flood() -> AuditResult:
    """Everything that can be said is said at full length, and more of it than is listed."""
    said = "a long word and another " * 40
    result = drenched(said)
    unseen = tuple(NotLookedAt(what=Text.of(said), why=Text.of(f"{number} {said}")) for number in range(30))
    stated = Stated(**dict.fromkeys(Stated.model_fields.keys() - {"samples"}, said[:LONGEST].strip()))
    toy = toy_result()
    judged = {"verdict": toy.verdict, "policy": toy.policy, "findings": (*toy.findings, *result.findings)}
    return result.model_copy(update={**judged, "not_looked_at": unseen, "stated": stated})


@pytest.mark.parametrize("language", ["en", "zh-CN"])
@pytest.mark.parametrize("made", [toy_result, flood])
def test_it_fits_two_pages(made, language):
    try:
        require_letters(language)
    except AuditError as error:
        pytest.skip(error.message)
    paper = render_pdf(made(), None, language=language, summary=UNSIGNED)
    with pikepdf.open(io.BytesIO(paper.pdf)) as opened:
        assert len(opened.pages) <= MOST_PAGES


def told(page: bytes) -> str:
    return " ".join(re.sub(r"<style>.*?</style>|<[^>]+>", " ", page.decode(), flags=re.DOTALL).split())


def test_it_holds_what_somebody_who_decides_must_know():
    said = told(render_page(toy_result(), None, summary=UNSIGNED))
    for wanted in (
        "FAIL",
        "330 rows of",
        "Equalized odds difference, sex: at most 0.10, between the groups of sex",
        "Measured: 0.332, 95% interval 0.142 to 0.510, n = 324.",
        "How far the numbers carry",
        "What this audit cannot show",
        "Not stated Version (model_version)",
        "This audit was compared with no earlier one.",
        "auditkit verify BUNDLE",
        "evidence, not a certificate",
    ):
        assert wanted in said, wanted


def test_nothing_in_it_leads_away():
    page = render_page(flood(), None, summary=UNSIGNED).decode()
    assert "href" not in page
    assert "<script" not in page
    for elsewhere in ("Provenance", "Details", "embedded result", "listed under", "Glossary"):
        assert elsewhere not in page, elsewhere


def test_it_says_who_signed_the_bundle_and_that_it_is_not_signed_itself():
    signer = {"keyid": "a975be48" * 8, "name": "ACME model risk", "development": False, "assurance": "third_party"}
    predicate = {"signer": signer, "finishedOn": "2026-11-21T10:05:03Z", "auditId": "urn:uuid:5f0e"}
    payload = base64.b64encode(json.dumps({"predicate": predicate}).encode()).decode()
    said = told(render_page(toy_result(), None, summary=SummaryOf(json.dumps({"payload": payload}).encode())))
    assert said.count("This summary carries no signature.") == 1
    assert "Signed by ACME model risk Assurance third party" in said
    assert "auditkit verify BUNDLE --trust trust.toml" in said


@pytest.mark.parametrize(
    ("text", "most", "left"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcdef…"),
        ("ab cdef", 3, "ab…"),
        ("公平公平", 6, "公平公…"),
        ("", 3, ""),
    ],
)
def test_a_text_is_cut_by_how_wide_it_is(text, most, left):
    assert cut(text, most) == left


def test_it_names_who_signed_only_where_the_bundle_is_as_it_was_signed(make_folder):
    folder = make_folder()
    folder.write("rows.csv", as_csv(HEADER, small_rows(200)))
    folder.write("audit.toml", SPEC + naming(("performance.overall",)))
    assert folder.run_here("run", "audit.toml", "--out", "made").code == 0
    answer = folder.run_here("render", "made", "--summary", "--no-pdf", "--out", "brief")
    assert answer.code == 0, answer
    said = told((folder.path / "brief" / "summary.html").read_bytes())
    assert "Signed by UNTRUSTED auditkit development key" in said
    result = folder.path / "made" / "result.json"
    result.write_bytes(result.read_bytes().replace(b'"outcome":"pass"', b'"outcome":"fail"'))
    answer = folder.run_here("render", "made", "--summary", "--no-pdf", "--out", "forged")
    assert answer.code == 4, answer
    assert "is not as it was signed" in answer.err
    assert not (folder.path / "forged").exists()
