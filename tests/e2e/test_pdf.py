"""The PDF as a stranger meets it: written by `run`, verified alone, left out, refused where it cannot be made."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess

import pikepdf
import pytest

WITH_PDF = ('formats = ["html"]', 'formats = ["html", "pdf"]')
REASON = "Because of everything that was ever said about it. " * 400
NO_PANGO = "raise OSError(\"cannot load library 'libpango-1.0-0'\")\n"


CHECKS = ("fairness.gaps", "fairness.tests", "performance.overall")
"""Tables, long ones, and a chart."""


@pytest.fixture(scope="module")
def audited(make_folder):
    """A PDF alone was asked for; groups are called by markup, Chinese and a sign that no font has; a reason is long."""
    folder = make_folder()
    rows = (folder.path / "rows.csv").read_text(encoding="utf-8")
    folder.write("rows.csv", rows.replace(",young,", ",<b>年轻</b>,").replace(",old,", ",old \U0001f9ec,"))
    folder.spec(
        ('formats = ["html"]', 'formats = ["pdf"]\nexports = ["applied-model-card.xml"]'),
        ('because = "a test"', f'because = "{REASON}"'),
        checks=CHECKS,
    )
    answer = folder.run(timeout=300)
    assert answer.code == 0, answer
    assert "report.pdf" in answer.out
    return folder


@pytest.fixture(scope="module")
def paper(audited):
    with pikepdf.open(audited.bundle / "report.pdf") as opened:
        yield opened


def test_the_bundle_and_the_pdf_alone_are_verified(audited, tmp_path):
    answer = audited.run_here("verify", "audit-audit", "--allow-dev-key")
    assert answer.code == 0, answer
    assert all(f"{line:<15}OK" in answer.out for line in ("PDF", "RENDERING"))
    shutil.copy(audited.bundle / "report.pdf", tmp_path / "mailed.pdf")
    answer = audited.run_here("verify", str(tmp_path / "mailed.pdf"), "--allow-dev-key")
    assert (answer.code, "intact: yes" in answer.out) == (0, True), answer
    assert audited.run_here("verify", str(tmp_path / "mailed.pdf")).code == 4


def test_poppler_finds_the_signature_valid(audited):
    command = shutil.which("pdfsig")
    if command is None:
        pytest.skip("needs Debian's poppler-utils")
    said = subprocess.run(
        [command, "-nocert", audited.bundle / "report.pdf"], capture_output=True, text=True, check=False
    )
    assert "Signature Validation: Signature is Valid." in said.stdout
    assert "Total document signed" in said.stdout


def test_the_pdf_is_tagged_named_and_of_a4(paper):
    root = paper.Root
    assert root.Lang == "en"
    assert root.MarkInfo.Marked
    assert root.ViewerPreferences.DisplayDocTitle
    assert "A small audit" in str(paper.docinfo["/Title"])
    assert len(list(paper.open_outline().root)) > 0
    for page in paper.pages:
        assert [round(float(side)) for side in page.MediaBox] == [0, 0, 595, 842]
    claimed = bytes(root.Metadata.read_bytes())
    for claim in (b'pdfaid:part="3"', b'pdfaid:conformance="A"', b'pdfuaid:part="1"'):
        assert claim in claimed


def test_both_documents_are_attached(audited, paper):
    for name, relation in (("result.json", "/Source"), ("attestation.dsse.json", "/Supplement")):
        attached = paper.attachments[name]
        assert attached.get_file().read_bytes() == (audited.bundle / name).read_bytes()
        assert attached.obj.AFRelationship == relation


def test_the_model_card_is_attached_as_the_bundle_has_it(audited, paper, tmp_path):
    card = (audited.bundle / "exports" / "applied-model-card.xml").read_bytes()
    attached = paper.attachments["applied-model-card.xml"]
    assert attached.get_file().read_bytes() == card
    assert attached.obj.AFRelationship == "/Supplement"
    command = shutil.which("pdfdetach")
    if command is None:
        pytest.skip("needs Debian's poppler-utils")
    subprocess.run(
        [command, "-savefile", "applied-model-card.xml", "-o", tmp_path / "c.xml", audited.bundle / "report.pdf"],
        check=True,
    )
    assert (tmp_path / "c.xml").read_bytes() == card


def words_of(audited, *, layout: bool = True) -> str:
    command = shutil.which("pdftotext")
    if command is None:
        pytest.skip("needs Debian's poppler-utils")
    path = audited.bundle / "report.pdf"
    return subprocess.run(
        [command, *(["-layout"] if layout else []), path, "-"], capture_output=True, text=True, check=True
    ).stdout


def test_each_page_says_that_the_key_is_for_development(audited, paper):
    pages = words_of(audited).rstrip("\f").split("\f")
    assert len(pages) == len(paper.pages)
    for said in ("development key: detects accidental", "identity"):  # two lines in wider faces, the title between them
        assert all(said in page for page in pages)
    # Of fewer than ten pages pdftotext reads "1/9", though the spaces are in the file.
    assert all("".join(page.split()).endswith(f"{place}/{len(pages)}") for place, page in enumerate(pages, start=1))


def test_names_stay_text_and_what_no_font_has_is_said(audited):
    words = " ".join(words_of(audited).split())
    assert "<b>" in words
    # Which others there are is the machine's: without a Chinese face, those of the spec's name too.
    assert re.search(r"a box stands for each of them: (U\+[0-9A-F]+, )*U\+1F9EC\.", words)


def test_a_spec_for_the_pdf_alone_gets_the_page_too(audited):
    """A verifier renders report.html again: no bundle is without it."""
    assert 'formats = ["pdf"]' in (audited.path / "audit.toml").read_text()
    assert {"report.html", "report.pdf"} <= {path.name for path in audited.bundle.iterdir()}


def test_a_reason_of_many_pages_is_cut_and_says_so(audited, paper):
    cut = f"{REASON[:300]}… ({len(REASON):,} characters)"
    assert " ".join(cut.split()) in " ".join(words_of(audited, layout=False).split())
    rules = json.loads(paper.attachments["result.json"].get_file().read_bytes())["policy"]["policy"]["rules"]
    assert [rule["because"] for rule in rules] == [REASON]


def test_no_pdf_leaves_it_out(folder):
    folder.spec(WITH_PDF)
    assert folder.run_here("run", "audit.toml", "--no-pdf").code == 0
    assert not (folder.bundle / "report.pdf").exists()
    answer = folder.run_here("verify", "audit-audit", "--allow-dev-key")
    assert "PDF            NOT CHECKED  the bundle was made without a PDF" in answer.out


def test_without_pango_the_audit_is_refused_before_it_begins(folder):
    folder.spec(WITH_PDF)
    folder.site.mkdir(exist_ok=True)
    (folder.site / "weasyprint.py").write_text(NO_PANGO)
    folder.run().refused("no PDF can be made here: cannot load library 'libpango", "--no-pdf", "libpango-1.0-0")
    folder.nothing_written()
    assert "libpango" in folder.run("doctor").out
    assert folder.run("run", "audit.toml", "--no-pdf").code == 0


@pytest.mark.slow
def test_a_template_that_reaches_out_costs_the_pdf_and_not_the_evidence(folder):
    folder.spec(WITH_PDF)
    folder.install("templates", """
        from pathlib import Path
        from auditkit import hookimpl

        @hookimpl
        def auditkit_template_dirs():
            return [Path(__file__).parent / "mine"]
    """)  # fmt: skip
    (folder.site / "mine" / "parts").mkdir(parents=True)
    (folder.site / "mine" / "parts" / "glossary.html.j2").write_text('<img alt="x" src="file:///etc/passwd">')
    folder.run().refused("the page asks for 'file:///etc/passwd'", code=3)
    assert not folder.bundle.exists()
    assert folder.store.is_dir()
    assert folder.run("run", "audit.toml", "--no-pdf").code == 0


@pytest.mark.slow
def test_render_marks_each_page_as_unsigned(audited, tmp_path):
    answer = audited.run("render", "audit-audit", "--out", str(tmp_path / "again"))
    assert answer.code == 0, answer
    with pikepdf.open(tmp_path / "again" / "report.pdf") as opened:
        assert list(opened.attachments) == ["result.json"]
        assert "/AcroForm" not in opened.Root
    answer = audited.run("verify", str(tmp_path / "again" / "report.pdf"), "--allow-dev-key")
    assert answer.code == 4


@pytest.mark.slow
def test_the_unsigned_bytes_are_the_same_each_time(audited):
    from auditkit.report.pdf import render_pdf
    from auditkit.result import AuditResult

    signed = (audited.bundle / "report.pdf").read_bytes()
    result = AuditResult.from_json((audited.bundle / "result.json").read_bytes())
    card = (audited.bundle / "exports" / "applied-model-card.xml").read_bytes()
    unsigned = render_pdf(result, (audited.bundle / "attestation.dsse.json").read_bytes(), card=card).pdf
    assert signed.startswith(unsigned)
    assert len(signed) - len(unsigned) < 20_000
    with pikepdf.open(io.BytesIO(unsigned)) as opened:
        assert "/AcroForm" not in opened.Root
