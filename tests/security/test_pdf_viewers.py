"""What a PDF does or shows beside its pages, whoever signed it; and PDFs in a bundle, alone, and hostile."""

from __future__ import annotations

import io
import re
import shutil
import zlib

import pikepdf
import pytest
from signed_bundles import Desk, failing
from signed_pdfs import attached_to, judged, signed_anew, small_pdf, unsigned_part

from auditkit.bundle import dsse
from auditkit.bundle.key_files import development_signer
from auditkit.bundle.pades_reading import read_signed
from auditkit.errors import IntegrityError

# What a viewer would do or show beside the pages, though the signer's own key signed it.


def scripted(opened):
    opened.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('pass')")


def script_in_a_list(opened):
    act = opened.make_indirect(pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert('pass')"))
    opened.Root.Names.JavaScript = pikepdf.Dictionary(Names=pikepdf.Array(["a", act]))


def launching(opened):
    link = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Link, Rect=[0, 0, 9, 9],
        A=pikepdf.Dictionary(S=pikepdf.Name.Launch, F="report.exe"),
    )  # fmt: skip
    opened.pages[0].Annots = pikepdf.Array([opened.make_indirect(link)])


def file_on_a_page(opened):
    file = opened.Root.Names.EmbeddedFiles.Names[1]
    other = pikepdf.Dictionary(Type=pikepdf.Name.Filespec, F="result.json", UF="result.json", EF=file.EF)
    pin = pikepdf.Dictionary(
        Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.FileAttachment, Rect=[0, 0, 9, 9], FS=opened.make_indirect(other)
    )
    opened.pages[0].Annots = pikepdf.Array([opened.make_indirect(pin)])


def another_associated_file(opened):
    stream = opened.make_stream(b'{"verdict": "pass"}')
    other = pikepdf.Dictionary(F="result.json", UF="result.json", EF=pikepdf.Dictionary(F=stream))
    opened.Root.AF = pikepdf.Array([opened.make_indirect(other)])


def the_result(opened):
    return next(one for one in list(opened.Root.Names.EmbeddedFiles.Names)[1::2] if one.UF == "result.json")


def second_content(opened):
    file = the_result(opened)
    file.EF.UF = opened.make_stream(b'{"verdict": "pass"}')


def second_name(opened):
    opened.Root.Names.EmbeddedFiles.Names[1].F = "payroll.exe"


def lookalike(opened):
    file = the_result(opened)
    file.F = file.UF = "r\u0435sult.json"  # a Cyrillic letter


def list_of_lists(opened):
    listed = opened.Root.Names.EmbeddedFiles
    opened.Root.Names.EmbeddedFiles = pikepdf.Dictionary(Names=listed.Names, Kids=[opened.make_indirect(listed)])


def form(opened):
    field = opened.make_indirect(pikepdf.Dictionary(FT=pikepdf.Name.Tx, T="verdict", V="pass"))
    opened.Root.AcroForm = pikepdf.Dictionary(Fields=[field])


BESIDE = {
    "/OpenAction": scripted, "script_in_a_list": script_in_a_list, "launching": launching,
    "file_on_a_page": file_on_a_page, "another_associated_file": another_associated_file,
    "second_content": second_content, "second_name": second_name, "lookalike": lookalike,
    "list_of_lists": list_of_lists, "form": form,
}  # fmt: skip
WORDS = {
    "/OpenAction": "/OpenAction in it", "script_in_a_list": "/JavaScript in it", "launching": "the action /Launch",
    "file_on_a_page": "not in its list", "another_associated_file": "not in its list",
    "second_content": "second content", "second_name": "second content or name",
    "lookalike": "not 'result.json'", "list_of_lists": "listed in another way", "form": "a form in it",
}  # fmt: skip


@pytest.mark.parametrize("trick", BESIDE)
def test_a_pdf_that_does_more_than_show_itself_is_refused_whoever_signed(signed, trick):
    desk, pdf, envelope = signed
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(unsigned_part(pdf))) as opened:
        BESIDE[trick](opened)
        opened.save(out)
    with pytest.raises(IntegrityError, match=re.escape(WORDS[trick])):
        judged(signed_anew(out.getvalue(), desk.signer, envelope), envelope)


def other_name(bundle):
    (bundle / "report.pdf").rename(bundle / "REPORT.PDF")


def linked(bundle):
    (bundle / "report.pdf").rename(bundle.parent / "kept.pdf")
    (bundle / "report.pdf").symlink_to(bundle.parent / "kept.pdf")


def missing(bundle):
    (bundle / "report.pdf").unlink()


@pytest.mark.parametrize("change", [other_name, linked, missing])
def test_the_pdf_of_a_bundle_is_a_file_of_its_name(tmp_path, change):
    desk = Desk.at(tmp_path)
    bundle = desk.write(render_pdf=small_pdf)
    change(bundle)
    found = desk.verify(bundle)
    assert found.exit_code == 4
    assert failing(found) >= {"FILES", "PDF"}


def test_an_older_pdf_of_the_same_signer_is_refused_though_they_list_it(tmp_path):
    desk = Desk.at(tmp_path)
    older = desk.write("older", render_pdf=small_pdf, sequence=6)
    bundle = desk.write(render_pdf=small_pdf)
    shutil.copy(older / "report.pdf", bundle / "report.pdf")
    desk.list_again(bundle)
    found = desk.verify(bundle)
    assert (found.exit_code, failing(found)) == (4, {"PDF"})
    assert "is not the bundle's" in found["PDF"].text


def test_a_web_page_behind_the_end_is_refused(signed):
    _, pdf, envelope = signed
    with pytest.raises(IntegrityError, match="does not cover the whole file"):
        judged(pdf + b"<!doctype html><h1>pass</h1>", envelope)


# Alone and in a bundle, through the whole verifier and its confined process.


def test_a_bundle_with_a_pdf_is_intact_and_each_change_is_told_on_its_line(tmp_path):
    desk = Desk.at(tmp_path)
    bundle = desk.write(render_pdf=small_pdf)
    found = desk.verify(bundle)
    assert (found.exit_code, found["PDF"].state, failing(found)) == (0, "OK", set())
    (bundle / "report.pdf").write_bytes((bundle / "report.pdf").read_bytes() + b"\n")
    found = desk.verify(bundle)
    assert (found.exit_code, failing(found)) == (4, {"FILES", "PDF"})


def test_a_manifest_of_the_signer_does_not_make_a_foreign_pdf_theirs(tmp_path, rogue):
    desk = Desk.at(tmp_path)
    bundle = desk.write(render_pdf=small_pdf)
    envelope = (bundle / "attestation.dsse.json").read_bytes()
    pdf = unsigned_part((bundle / "report.pdf").read_bytes())
    (bundle / "report.pdf").write_bytes(signed_anew(pdf, rogue.signer, envelope))
    desk.list_again(bundle)
    found = desk.verify(bundle)
    assert (found.exit_code, failing(found)) == (4, {"PDF"})
    assert not found.intact


def test_a_pdf_alone_is_verified(signed, tmp_path):
    desk, pdf, _ = signed
    (tmp_path / "mailed.pdf").write_bytes(pdf)
    found = desk.verify(tmp_path / "mailed.pdf")
    assert (found.intact, found.signed, found.trusted, found.exit_code) == (True, True, True, 0)
    assert found["RENDERING"].state == found["FILES"].state == "NOT CHECKED"


def test_a_pdf_alone_that_nobody_signed_is_refused_on_its_line(signed, tmp_path):
    desk, pdf, _ = signed
    (tmp_path / "mailed.pdf").write_bytes(unsigned_part(pdf))
    found = desk.verify(tmp_path / "mailed.pdf")
    assert (found.exit_code, found.intact, failing(found)) == (4, False, {"PDF"})


def test_a_pdf_alone_of_a_rogue_with_an_attestation_of_their_own_is_not_trusted(signed, rogue, tmp_path):
    desk, _, _ = signed
    bundle = rogue.write(render_pdf=small_pdf)
    shutil.copy(bundle / "report.pdf", tmp_path / "report.pdf")
    found = desk.verify(tmp_path / "report.pdf")
    assert (found.exit_code, failing(found)) == (4, {"TRUSTED"})


def test_a_pdf_of_a_development_key_needs_the_readers_word(tmp_path):
    desk = Desk.at(tmp_path)
    bundle = desk.write(render_pdf=small_pdf, signer=development_signer())
    assert desk.verify(bundle / "report.pdf").exit_code == 4
    assert desk.verify(bundle / "report.pdf", allow_dev_key=True).exit_code == 0


def bomb():
    """A stream that unpacks to 4 GiB, where a reader must look."""
    packed = zlib.compress(zlib.compress(bytes(1 << 26), 9) * 64, 9)
    inside = b"<</Type/ObjStm/N 1/First 4/Filter[/FlateDecode/FlateDecode]/Length %d>>stream\n" % len(packed)
    body = b"%PDF-1.7\n1 0 obj\n" + inside + packed + b"\nendstream\nendobj\n"
    entries = b"".join(bytes(entry) for entry in ((0, 0, 0, 0, 0), (1, 0, 0, 9, 0), (2, 0, 0, 1, 0)))
    where = len(body)
    xref = b"<</Type/XRef/Size 3/W[1 3 1]/Root 2 0 R/Length %d>>stream\n" % len(entries)
    return body + b"3 0 obj\n" + xref + entries + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % where


def circle():
    """Cross-reference tables whose /Prev point at each other."""
    table = b"xref\n0 1\n0000000000 65535 f \ntrailer\n<</Size 1/Root 1 0 R/Prev 9>>\n"
    return b"%PDF-1.7\n" + table + b"startxref\n9\n%%EOF\n"


def nested():
    return (
        b"%PDF-1.7\n1 0 obj\n"
        + b"[" * 200_000
        + b"\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \n"
        + (b"trailer\n<</Size 2/Root 1 0 R>>\nstartxref\n200026\n%%EOF\n")
    )


@pytest.mark.parametrize("hostile", [bomb, circle, nested])
def test_a_hostile_pdf_is_refused_in_time(tmp_path, hostile):
    (tmp_path / "report.pdf").write_bytes(hostile())
    found = Desk.at(tmp_path).verify(tmp_path / "report.pdf")
    assert found.exit_code == 4
    assert failing(found) == {"FILE"}
    assert "read" in found["FILE"].text


def test_attestation_seals_what_pdf_says(signed):
    """The attached envelope is the very file of the bundle, so that its signature can be checked by any DSSE tool."""
    _, pdf, envelope = signed
    assert attached_to(pdf)["attestation.dsse.json"] == envelope
    assert dsse.read_envelope(envelope, name="x").payload
    assert read_signed(pdf).signatures == 1
