"""Changes of a signed PDF, and foreign signatures: three of them pass a validator that asks `intact and valid`."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import datetime

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from signed_bundles import Desk
from signed_pdfs import attached_to, attestation_in, judged, pdf_with, signed_anew, small_pdf, unsigned_part

from auditkit.bundle.pades_signing import sign_pdf
from auditkit.bundle.statements import parse_time
from auditkit.errors import IntegrityError
from auditkit.testing.results import toy_result

NAME = generic.NameObject


def test_an_untouched_pdf_is_good(signed):
    _, pdf, envelope = signed
    assert judged(pdf, envelope).startswith("PAdES B-B by the key of the attestation, over the whole file")


def test_signing_only_appends(signed):
    desk, _, envelope = signed
    unsigned = small_pdf(toy_result(), envelope)
    assert signed_anew(unsigned, desk.signer, envelope).startswith(unsigned)


def test_two_signatures_of_one_pdf_differ_in_nothing_but_themselves(signed):
    """Neither the clock nor chance gets into the file, but for the random number that ECDSA takes."""
    desk, _, envelope = signed
    unsigned = small_pdf(toy_result(), envelope)
    one, other = (signed_anew(unsigned, desk.signer, envelope) for _ in range(2))
    assert one != other
    contents = re.compile(rb"/Contents <[0-9A-Fa-f]+>")
    assert contents.sub(b"", one) == contents.sub(b"", other)


def test_a_signed_pdf_says_that_it_was_changed_when_the_audit_ended(signed):
    _, pdf, envelope = signed
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        claimed = re.findall(rb'ModifyDate="([^"]*)"', opened.Root.Metadata.read_bytes())
        assert opened.trailer.ID[0] != opened.trailer.ID[1]
    ended = parse_time(attestation_in(envelope).predicate.finished_on)
    assert [datetime.fromisoformat(one.decode()) for one in claimed] == [ended]


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


CARD = "applied-model-card.xml"


def card_bundle(desk, name, inside):
    """A bundle that exports a model card, with another attached to its PDF."""

    def render(result, envelope):
        return pdf_with({"result.json": result.to_json(), "attestation.dsse.json": envelope, CARD: inside})

    return desk.write(name, render_pdf=render, exports={CARD: b"<card/>"})


def test_the_model_card_in_a_pdf_is_the_bundles(signed):
    desk, _, _ = signed
    assert desk.verify(card_bundle(desk, "carded", b"<card/>"))["PDF"].state == "OK"
    kinder = desk.verify(card_bundle(desk, "kinder", b"<card>kinder</card>"))["PDF"]
    assert (kinder.state, "applied-model-card.xml in the PDF is not the bundle's" in kinder.text) == ("FAIL", True)


def test_a_model_card_that_was_swapped_in_a_pdf_alone_is_refused(signed, rogue):
    desk, pdf, envelope = signed
    carded = signed_anew(pdf_with(attached_to(pdf) | {CARD: b"<card/>"}), desk.signer, envelope)
    assert "attested numbers" in judged(carded, envelope)
    swapped = pdf_with(attached_to(carded) | {CARD: b"<card>kinder</card>"})
    with pytest.raises(IntegrityError, match="is signed with the key"):
        judged(signed_anew(swapped, rogue.signer, envelope), envelope)


def test_another_time_of_signing_is_refused(signed):
    desk, pdf, envelope = signed
    early = sign_pdf(unsigned_part(pdf), desk.signer, moment=parse_time("2026-11-22T01:00:00Z"))
    with pytest.raises(IntegrityError, match="says that it was signed on 2026-11-22T01:00:00Z"):
        judged(early, envelope)
