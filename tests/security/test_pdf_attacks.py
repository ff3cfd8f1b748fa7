"""Every attack on a signed PDF that we know of is seen; three of them pass a validator that asks `intact and valid`."""

from __future__ import annotations

import io
import re
import shutil
import zlib
from dataclasses import replace

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from signed_bundles import Desk, failing
from signed_pdfs import attached_to, desk_with_pdf, judged, pdf_with, signed_anew, small_pdf

from auditkit.bundle import dsse
from auditkit.bundle.key_files import development_signer
from auditkit.bundle.pades_reading import read_signed
from auditkit.bundle.pades_signing import sign_pdf
from auditkit.bundle.statements import parse_time
from auditkit.errors import IntegrityError
from auditkit.testing.results import toy_result

NAME = generic.NameObject


@pytest.fixture(scope="module")
def signed(tmp_path_factory):
    """(desk, PDF, attestation)."""
    return desk_with_pdf(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def rogue(tmp_path_factory):
    """Another key under the same name."""
    return Desk.at(tmp_path_factory.mktemp("rogue"))


def test_an_untouched_pdf_is_good(signed):
    _, pdf, envelope = signed
    assert judged(pdf, envelope).startswith("PAdES B-B by the key of the attestation, over the whole file")


def test_signing_only_appends(signed):
    desk, _, envelope = signed
    unsigned = small_pdf(toy_result(), envelope)
    assert signed_anew(unsigned, desk.signer, envelope).startswith(unsigned)


def unsigned_part(pdf):
    """The revision before the signature."""
    return pdf[: pdf.index(b"%%EOF") + len(b"%%EOF\n")]


def updated(change):
    """An incremental update, as a PDF editor appends one."""

    def attack(pdf):
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
        change(writer)
        written = io.BytesIO()
        writer.write(written)
        return written.getvalue()

    return attack


def other_words(writer):
    page = writer.root["/Pages"]["/Kids"][0]
    page[NAME("/Contents")] = writer.add_object(generic.StreamObject(stream_data=b"BT (pass) Tj ET"))
    writer.update_container(page)


def other_result(writer):
    listed = writer.root["/Names"]["/EmbeddedFiles"]["/Names"]
    place = next(i for i in range(0, len(listed), 2) if listed[i + 1]["/UF"] == "result.json")
    file = listed[place + 1]["/EF"]
    file[NAME("/F")] = writer.add_object(generic.StreamObject(stream_data=b"{}"))
    writer.update_container(file)


def a_stamp(writer):
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject({
        NAME("/Type"): NAME("/Annot"), NAME("/Subtype"): NAME("/FreeText"),
        NAME("/Rect"): generic.ArrayObject([generic.NumberObject(n) for n in (0, 0, 200, 50)]),
        NAME("/Contents"): generic.pdf_string("APPROVED"), NAME("/DA"): generic.pdf_string("/Helv 12 Tf"),
    })  # fmt: skip
    before = page.get("/Annots", generic.ArrayObject())
    page[NAME("/Annots")] = generic.ArrayObject([*before, writer.add_object(note)])
    writer.update_container(page)


def rewritten(pdf, **options):
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        opened.save(out, **options)
    return out.getvalue()


def encrypted(pdf):
    return rewritten(pdf, encryption=pikepdf.Encryption(owner="o", user=""))


def bit_flipped(place):
    def attack(pdf):
        at = place(pdf)
        return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]

    return attack


def byte_range(change):
    """Another ByteRange, of the same length in the file."""

    def attack(pdf):
        found = re.search(rb"/ByteRange \[([^]]*)\]\s*", pdf)
        numbers = change([int(n) for n in found.group(1).split()])
        text = b"" if numbers is None else b"/ByteRange [" + b" ".join(b"%d" % n for n in numbers) + b"]"
        assert len(text) <= len(found.group(0))
        return pdf[: found.start()] + text.ljust(len(found.group(0))) + pdf[found.end() :]

    return attack


def in_contents(change):
    """Another content of the gap that no signature can cover."""

    def attack(pdf):
        found = re.search(rb"/Contents <([0-9A-F]+)>", pdf)
        text = change(found.group(1))
        assert len(text) == len(found.group(1))
        return pdf[: found.start(1)] + text + pdf[found.end(1) :]

    return attack


def other_digit(hexed):
    """The last digit of the ECDSA signature, which ends the DER."""
    end = len(hexed.rstrip(b"0")) - 1
    return hexed[:end] + (b"1" if hexed[end : end + 1] != b"1" else b"2") + hexed[end + 1 :]


ATTACKS = {
    "a bit of a page": (bit_flipped(lambda pdf: pdf.index(b"stream") + 12), "changed after it was signed"),
    "a digit of the signature": (in_contents(other_digit), "changed after it was signed"),
    "cut to the unsigned revision": (unsigned_part, "has 0 signatures, not one"),
    "cut short": (lambda pdf: pdf[:-40], "not a PDF that can be read"),
    "update: a page": (updated(other_words), "does not cover the whole file"),
    "update: the attached result": (updated(other_result), "does not cover the whole file"),
    "update: a stamp that says approved": (updated(a_stamp), "does not cover the whole file"),
    "rewritten": (rewritten, "does not cover the whole file"),
    "linearized": (lambda pdf: rewritten(pdf, linearize=True), "does not cover the whole file"),
    "bytes appended": (lambda pdf: pdf + b"\n% APPROVED\n", "does not cover the whole file"),
    "one byte appended": (lambda pdf: pdf + b"\n", "does not cover the whole file"),
    "bytes prepended": (lambda pdf: b"\n" + pdf, "not a PDF: it does not begin as one"),
    "another PDF prepended": (lambda pdf: pdf_with({}) + pdf, "not a PDF that can be read"),
    "another PDF appended": (lambda pdf: pdf + pdf_with({}), "not a PDF that can be read"),
    "ByteRange negative": (byte_range(lambda n: [0, -1, n[2], n[3]]), "does not cover the whole file"),
    "ByteRange from one": (byte_range(lambda n: [1, n[1] - 1, n[2], n[3]]), "does not cover the whole file"),
    "ByteRange overlapping": (byte_range(lambda n: [0, n[1], n[1], n[3]]), "does not cover the whole file"),
    "ByteRange empty": (byte_range(lambda _: [0, 0, 0, 0]), "does not cover the whole file"),
    "ByteRange of two": (byte_range(lambda n: n[:2]), "the signature cannot be read"),
    "ByteRange beyond the end": (byte_range(lambda n: [0, n[1], n[2], n[3] + 9]), "does not cover the whole file"),
    "ByteRange removed": (byte_range(lambda _: None), "not a PDF that can be read"),
    "padding written over": (in_contents(lambda hexed: hexed[:-2] + b"01"), "another way than auditkit"),
    "hex in lower case": (in_contents(lambda hexed: hexed[:-1].lower() + hexed[-1:]), "does not cover"),
    "encrypted": (encrypted, "it is encrypted"),
    "no PDF": (lambda _: b"<!doctype html><h1>pass", "not a PDF"),
    "empty": (lambda _: b"", "not a PDF"),
    "only a header": (lambda _: b"%PDF-1.7\n", "not a PDF that can be read"),
    "zeros": (lambda _: b"%PDF-1.7\n" + bytes(4000), "not a PDF that can be read"),
}  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_changed_pdf_is_refused(signed, attack):
    change, words = ATTACKS[attack]
    _, pdf, envelope = signed
    with pytest.raises(IntegrityError, match=re.escape(words)):
        judged(change(pdf), envelope)


def test_every_kind_of_byte_is_covered(signed):
    """One bit flipped in twenty places, all over the file."""
    _, pdf, envelope = signed
    for at in range(11, len(pdf), len(pdf) // 20):
        with pytest.raises(IntegrityError):
            judged(pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :], envelope)


def test_signed_again_by_somebody_of_the_same_name(signed, rogue):
    _, pdf, envelope = signed
    with pytest.raises(IntegrityError, match="is signed with the key"):
        judged(signed_anew(unsigned_part(pdf), rogue.signer, envelope), envelope)


def test_the_signers_key_under_another_certificate_is_still_their_key(signed, rogue):
    """A certificate is only a wrapping: one of the same name over another key does not verify the signature."""
    desk, pdf, envelope = signed
    wrapped = replace(desk.signer, certificate_pem=rogue.signer.certificate_pem)
    with pytest.raises(IntegrityError, match="signature"):
        judged(signed_anew(unsigned_part(pdf), wrapped, envelope), envelope)


def second_signature(pdf, signer):
    """What other software would add that does not care for the ban on changes."""
    from pyhanko.keys.pemder import load_certs_from_pemder_data

    class Bare(signers.Signer):
        async def async_sign_raw(self, data, _, dry_run=False):  # noqa: FBT002  pyHanko's own
            return bytes(72) if dry_run else signer.sign(data)

    (certificate,) = load_certs_from_pemder_data(signer.certificate_pem)
    metadata = signers.PdfSignatureMetadata(field_name="More", md_algorithm="sha256")
    adding = signers.PdfSigner(metadata, signer=Bare(signing_cert=certificate))
    adding._enforce_certification_constraints = lambda _: None
    return adding.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)).getvalue()


@pytest.mark.parametrize("whose", ["rogue", "own"])
def test_a_second_signature_is_refused(signed, rogue, whose):
    desk, pdf, envelope = signed
    twice = second_signature(pdf, desk.signer if whose == "own" else rogue.signer)
    with pytest.raises(IntegrityError, match="has 2 signatures, not one"):
        judged(twice, envelope)


def test_an_empty_signature_field_is_refused(signed):
    desk, pdf, envelope = signed
    writer = IncrementalPdfFileWriter(io.BytesIO(unsigned_part(pdf)))
    fields.append_signature_field(writer, fields.SigFieldSpec("Later"))
    prepared = io.BytesIO()
    writer.write(prepared)
    with pytest.raises(IntegrityError, match="has 2 signatures"):
        judged(signed_anew(prepared.getvalue(), desk.signer, envelope), envelope)


def test_a_signature_that_allows_changes_is_refused(signed):
    desk, pdf, envelope = signed
    bare = second_signature(unsigned_part(pdf), desk.signer)
    with pytest.raises(IntegrityError, match="not PAdES"):
        judged(bare, envelope)


def test_attachments_swapped_and_signed_by_another_key(signed, rogue):
    _, pdf, envelope = signed
    other = toy_result().model_copy(update={"name": "a kinder audit"}).sealed()
    swapped = pdf_with(attached_to(pdf) | {"result.json": other.to_json()})
    with pytest.raises(IntegrityError, match="is signed with the key"):
        judged(signed_anew(swapped, rogue.signer, envelope), envelope)


def test_the_result_of_another_audit_is_refused_whoever_signed(signed):
    desk, pdf, envelope = signed
    other = toy_result().model_copy(update={"name": "a kinder audit"}).sealed()
    swapped = pdf_with(attached_to(pdf) | {"result.json": other.to_json()})
    with pytest.raises(IntegrityError, match=r"the result.json in the PDF is not the attested one"):
        judged(signed_anew(swapped, desk.signer, envelope), envelope)


def test_the_attestation_of_another_bundle_is_refused(signed, tmp_path):
    desk, pdf, envelope = signed
    mine = Desk(tmp_path, desk.signer).write("again", sequence=8) / "attestation.dsse.json"
    swapped = pdf_with(attached_to(pdf) | {"attestation.dsse.json": mine.read_bytes()})
    with pytest.raises(IntegrityError, match=r"attestation.dsse.json in the PDF is not the bundle's"):
        judged(signed_anew(swapped, desk.signer, envelope), envelope)


@pytest.mark.parametrize("names", [[], ["result.json"], ["attestation.dsse.json"], ["result.json", "a.exe"]])
def test_exactly_two_attachments_are_taken(signed, names):
    desk, pdf, envelope = signed
    inside = attached_to(pdf) | {"a.exe": b"MZ"}
    made = pdf_with({name: inside[name] for name in names})
    with pytest.raises(IntegrityError, match=r"attached, not 'result.json' and 'attestation.dsse.json'"):
        judged(signed_anew(made, desk.signer, envelope), envelope)


def test_a_third_attachment_is_refused(signed):
    desk, pdf, envelope = signed
    with pytest.raises(IntegrityError, match=r"'more.exe'"):
        judged(signed_anew(pdf_with(attached_to(pdf) | {"more.exe": b"MZ"}), desk.signer, envelope), envelope)


def test_another_time_of_signing_is_refused(signed):
    desk, pdf, envelope = signed
    early = sign_pdf(unsigned_part(pdf), desk.signer, moment=parse_time("2026-11-22T01:00:00Z"))
    with pytest.raises(IntegrityError, match="says that it was signed on 2026-11-22T01:00:00Z"):
        judged(early, envelope)


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
