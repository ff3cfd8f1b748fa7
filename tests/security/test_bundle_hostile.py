"""Bundles made to break a verifier, by strangers and by holders of the key: a line that fails, never a traceback."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from signed_bundles import TEMPLATES, Desk, failing, statement_in

from auditkit.bundle import dsse, layout
from auditkit.bundle.canonical import parse_canonical, parse_json
from auditkit.bundle.reader import Renderer
from auditkit.document import canonical_json
from auditkit.errors import IntegrityError
from auditkit.result import AuditResult
from auditkit.terminal import printable


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


@pytest.fixture
def bundle(desk: Desk) -> Path:
    return desk.write()


def test_link_to_an_equal_file_is_refused(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    (bundle / "report.html").rename(tmp_path / "elsewhere.html")
    (bundle / "report.html").symlink_to(tmp_path / "elsewhere.html")
    found = desk.verify(bundle)
    assert (found["FILES"].state, found.intact) == ("FAIL", False)
    assert "is a link" in found["FILES"].text


def test_link_to_the_manifest_is_refused(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    (bundle / "manifest.dsse.json").rename(tmp_path / "manifest.dsse.json")
    (bundle / "manifest.dsse.json").symlink_to(tmp_path / "manifest.dsse.json")
    assert failing(desk.verify(bundle)) == {"FILE"}


def test_link_to_a_folder_is_refused(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    (bundle / "exports").rename(tmp_path / "exports")
    (bundle / "exports").symlink_to(tmp_path / "exports")
    assert "FILES" in failing(desk.verify(bundle))


def test_pipe_in_place_of_a_file_does_not_hang(desk: Desk, bundle: Path) -> None:
    (bundle / "report.html").unlink()
    os.mkfifo(bundle / "report.html")
    assert "FILES" in failing(desk.verify(bundle))


def test_folder_in_place_of_a_file_is_refused(desk: Desk, bundle: Path) -> None:
    (bundle / "result.json").unlink()
    (bundle / "result.json").mkdir()
    assert {"FILES", "RESULT"} <= failing(desk.verify(bundle))


def test_names_cannot_write_to_the_terminal(desk: Desk, bundle: Path) -> None:
    (bundle / "a\x1b[2J\n\u202eb").write_bytes(b"")
    text = desk.verify(bundle)["FILES"].text
    assert text.isprintable()
    assert "\\x1b" in text


def test_names_that_are_not_unicode_are_shown_escaped(desk: Desk, bundle: Path) -> None:
    Path(os.fsdecode(os.fsencode(bundle) + b"/\xff.html")).write_bytes(b"")
    text = desk.verify(bundle)["FILES"].text
    assert "\\udcff.html" in text
    assert json.loads(desk.verify(bundle).model_dump_json())["exit_code"] == 4


def test_name_of_a_signer_cannot_write_to_the_terminal(desk: Desk, bundle: Path) -> None:
    def change(one: dict) -> None:
        one["predicate"]["signer"].update(name="ACME\x1b[1A\nTRUSTED OK")

    desk.reseal(bundle, "attestation.dsse.json", change)
    assert desk.verify(bundle)["SIGNED BY"].text.isprintable()


def test_printable_keeps_other_scripts() -> None:
    assert printable("审计 é") == "审计 é"
    assert printable("a\tb\ud800") == "a\\tb\\ud800"


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/hostname", "exports/../result.json", "exports/a/b", "other/a", "x.html", "", "exports/",
     "evidence/.hidden", "exports/\uff41", "exports/a\x00b", "signatures/a.dsse.json", "manifest.dsse.json"],
)  # fmt: skip
def test_manifest_cannot_list_names_outside_the_layout(desk: Desk, bundle: Path, name: str) -> None:
    def add(statement: dict[str, Any]) -> None:
        statement["subject"].append({"name": name, "digest": {"sha256": "0" * 64}})
        statement["predicate"]["files"].append({"name": name, "size": 1, "optional": False})
        statement["subject"].sort(key=lambda one: one["name"])
        statement["predicate"]["files"].sort(key=lambda one: one["name"])

    desk.reseal(bundle, "manifest.dsse.json", add, listed=False)
    found = desk.verify(bundle)
    assert found.signed
    assert {"FILES", "EVIDENCE"} <= failing(found)


def append_twice(statement: dict[str, Any]) -> None:
    statement["subject"].append(statement["subject"][-1])
    statement["predicate"]["files"].append(statement["predicate"]["files"][-1])


def append_other_case(statement: dict[str, Any]) -> None:
    for entries in (statement["subject"], statement["predicate"]["files"]):
        twin = next(one for one in entries if one["name"] == "exports/summary.md")
        entries.insert(entries.index(twin), twin | {"name": "exports/SUMMARY.md"})


def drop(name: str) -> Callable[[dict[str, Any]], None]:
    def change(statement: dict[str, Any]) -> None:
        statement["subject"] = [one for one in statement["subject"] if one["name"] != name]
        statement["predicate"]["files"] = [one for one in statement["predicate"]["files"] if one["name"] != name]

    return change


MANIFESTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a file twice": append_twice,
    "two names that differ in case": append_other_case,
    "no report": drop("report.html"),
    "other order": lambda one: one["subject"].reverse(),
    "an optional report": lambda one: [file.update(optional=True) for file in one["predicate"]["files"]],
    "needed evidence": lambda one: [file.update(optional=False) for file in one["predicate"]["files"]],
    "no files": lambda one: (one.update(subject=[]), one["predicate"].update(files=[])),
}


@pytest.mark.parametrize("trick", MANIFESTS)
def test_manifest_that_auditkit_would_not_write_is_refused(desk: Desk, bundle: Path, trick: str) -> None:
    desk.reseal(bundle, "manifest.dsse.json", MANIFESTS[trick], listed=False)
    found = desk.verify(bundle)
    assert not found.intact
    assert failing(found) & {"FILES", "FILE"}


ATTESTATIONS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "an unknown field": lambda one: one["predicate"].update(trusted=True),
    "a missing field": lambda one: one["predicate"].pop("expiresOn"),
    "a number as text": lambda one: one["predicate"].update(sequence="7"),
    "a negative sequence": lambda one: one["predicate"].update(sequence=-1),
    "two subjects": lambda one: one["subject"].append(one["subject"][0]),
    "python's names": lambda one: one["predicate"].update(audit_id=one["predicate"].pop("auditId")),
    "another statement type": lambda one: one.update(_type="https://in-toto.io/Statement/v0.1"),
    "a newer version": lambda one: one.update(predicateType="https://auditkit.dev/attestation/ethics-audit/v2"),
    "an unknown assurance": lambda one: one["predicate"]["signer"].update(assurance="perfect"),
}


@pytest.mark.parametrize("trick", ATTESTATIONS)
def test_attestation_that_auditkit_would_not_write_is_refused(desk: Desk, bundle: Path, trick: str) -> None:
    desk.reseal(bundle, "attestation.dsse.json", ATTESTATIONS[trick])
    found = desk.verify(bundle)
    assert (failing(found), found.exit_code) == ({"FILE"}, 4)


@pytest.mark.parametrize("when", ["never", "2027-11-21", "2027-11-21T10:05:00", "0001-01-01T00:00:00+14:00", ""])
def test_expiry_that_is_no_time_fails(desk: Desk, bundle: Path, when: str) -> None:
    desk.reseal(bundle, "attestation.dsse.json", lambda one: one["predicate"].update(expiresOn=when))
    assert "EXPIRES" in failing(desk.verify(bundle))


@pytest.mark.parametrize("pem", ["", "garbage", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_public_key_that_is_none_fails(desk: Desk, bundle: Path, pem: str) -> None:
    desk.reseal(bundle, "attestation.dsse.json", lambda one: one["predicate"]["signer"].update(publicKey=pem))
    found = desk.verify(bundle)
    assert (failing(found), found.signed) == ({"SIGNED BY"}, False)


def with_result(desk: Desk, bundle: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the result and sign everything again, as the holder of the key could."""
    import hashlib

    result = json.loads((bundle / "result.json").read_bytes())
    change(result)
    raw = canonical_json(result)
    (bundle / "result.json").write_bytes(raw)
    digest = {"sha256": hashlib.sha256(raw).hexdigest()}
    desk.reseal(bundle, "attestation.dsse.json", lambda one: one["predicate"]["result"].update(digest=digest))


def test_newer_schema_is_refused_with_a_hint(desk: Desk, bundle: Path) -> None:
    with_result(desk, bundle, lambda result: result.update(schema_version=2))
    found = desk.verify(bundle)
    assert failing(found) == {"RESULT"}
    assert found["RESULT"].hint == "pip install --upgrade auditkit"
    assert found["RENDERING"].state == found["VERDICT"].state == "NOT CHECKED"


RESULTS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another value": lambda one: one["verdict"].update(outcome="pass"),
    "another digest": lambda one: one.update(result_digest="0" * 64),
    "an unknown field": lambda one: one.update(extra=1),
    "a time that is none": lambda one: one["run"].update(created="yesterday"),
    "a run of ages": lambda one: one["run"].update(seconds=1e300),
    "a bool for a version": lambda one: one.update(schema_version=True),
}


@pytest.mark.parametrize("trick", RESULTS)
def test_result_that_auditkit_would_not_write_is_refused(desk: Desk, bundle: Path, trick: str) -> None:
    with_result(desk, bundle, RESULTS[trick])
    found = desk.verify(bundle)
    assert (failing(found), found.exit_code) == ({"RESULT"}, 4)


def test_result_digest_that_is_not_the_results_is_refused_even_when_it_is_attested(desk: Desk, bundle: Path) -> None:
    with_result(desk, bundle, lambda result: result.update(result_digest="0" * 64))

    def change(one: dict) -> None:
        one["predicate"]["result"].update(resultDigest="0" * 64)

    desk.reseal(bundle, "attestation.dsse.json", change)
    assert "result_digest" in desk.verify(bundle)["RESULT"].text


def test_result_that_no_report_can_be_rendered_from_fails(desk: Desk, bundle: Path) -> None:
    def contradicted(result: AuditResult, attestation: bytes, _: bytes) -> bytes:
        return {"result": result.to_json(), "attestation": attestation}["the 99th waiver"]

    found = desk.verify(bundle, renderer=Renderer(templates_digest=TEMPLATES, render=contradicted))
    assert failing(found) == {"RENDERING"}
    assert "no report can be rendered" in found["RENDERING"].text


JSON_TRICKS = {
    "duplicate keys": b'{"a":1,"a":2}',
    "spaces": b'{"a": 1}',
    "other order": b'{"b":1,"a":2}',
    "a number written long": b'{"a":1.0}',
    "an integer that no double holds": b'{"a":9007199254740993}',
    "escapes that are not needed": b'{"\\u0061":1}',
    "a trailing line break": b'{"a":1}\n',
    "a byte order mark": b'\xef\xbb\xbf{"a":1}',
    "nan": b'{"a":NaN}',
    "infinity": b'{"a":1e999}',
    "half a character": b'{"a":"\\ud800"}',
    "latin-1": b'{"a":"\xe9"}',
    "nothing": b"",
    "five thousand digits": b"9" * 5000,
    "deep nesting": b"[" * 100_000 + b"]" * 100_000,
    "nesting that parses": b"[" * 70 + b"]" * 70,
}


@pytest.mark.parametrize("trick", JSON_TRICKS)
def test_json_that_is_not_canonical_is_refused(trick: str) -> None:
    with pytest.raises(IntegrityError, match="the text"):
        parse_canonical(JSON_TRICKS[trick], name="the text")


@pytest.mark.parametrize("raw", [b'{"a":100000000000000000000}', b'{"a":1e+21}', b'{"a":0.1}', b'{"a":0}', b"[[]]"])
def test_json_that_is_canonical_is_read_whatever_its_numbers(raw: bytes) -> None:
    assert canonical_json(parse_json(raw, name="the text")) == raw


@pytest.mark.parametrize("trick", JSON_TRICKS)
@pytest.mark.parametrize("name", [layout.MANIFEST, layout.ATTESTATION])
def test_envelope_that_is_not_canonical_is_refused(desk: Desk, bundle: Path, name: str, trick: str) -> None:
    (bundle / name).write_bytes(JSON_TRICKS[trick])
    assert failing(desk.verify(bundle)) == {"FILE"}


@pytest.mark.parametrize("trick", JSON_TRICKS)
def test_signed_statement_that_is_not_canonical_is_refused(desk: Desk, bundle: Path, trick: str) -> None:
    (bundle / layout.MANIFEST).write_bytes(dsse.seal(JSON_TRICKS[trick] or b" ", [desk.signer]))
    assert failing(desk.verify(bundle)) == {"FILE"}


def test_duplicate_key_in_a_signed_statement_is_refused(desk: Desk, bundle: Path) -> None:
    payload = statement_in(bundle / layout.MANIFEST)
    (bundle / layout.MANIFEST).write_bytes(dsse.seal(payload[:-1] + b',"subject":[]}', [desk.signer]))
    found = desk.verify(bundle)
    assert "stands twice" in found["FILE"].text


ENVELOPES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another payload type": lambda one: one.update(payloadType="application/json"),
    "another field": lambda one: one.update(trusted=True),
    "no payload": lambda one: one.pop("payload"),
    "an empty payload": lambda one: one.update(payload=""),
    "a payload that is a list": lambda one: one.update(payload=[]),
    "signatures that are a text": lambda one: one.update(signatures="x"),
    "a signature that is a text": lambda one: one.update(signatures=["x"]),
    "a signature without a keyid": lambda one: one["signatures"][0].pop("keyid"),
    "a keyid in capitals": lambda one: one["signatures"][0].update(keyid="A" * 64),
    "the same signature twice": lambda one: one["signatures"].append(one["signatures"][0]),
    "many signatures": lambda one: one.update(signatures=one["signatures"] * 1000),
    "line breaks in the base64": lambda one: one["signatures"][0].update(sig=one["signatures"][0]["sig"][:9] + "\n"),
    "web-safe base64": lambda one: one["signatures"][0].update(sig="-_-_"),
    "base64 of text": lambda one: one["signatures"][0].update(sig="审计"),
}


@pytest.mark.parametrize("trick", ENVELOPES)
def test_malformed_envelope_is_refused(desk: Desk, bundle: Path, trick: str) -> None:
    envelope = json.loads((bundle / layout.MANIFEST).read_bytes())
    ENVELOPES[trick](envelope)
    (bundle / layout.MANIFEST).write_bytes(canonical_json(envelope))
    found = desk.verify(bundle)
    assert (failing(found), found.exit_code) == ({"FILE"}, 4)


def test_base64_with_bits_to_spare_is_refused(bundle: Path) -> None:
    envelope = json.loads((bundle / layout.MANIFEST).read_bytes())
    loose = base64.b64encode(b"{}  ").decode()  # four bytes: the last character carries four bits that nobody reads
    other = loose[:-3] + chr(ord(loose[-3]) + 1) + "=="
    assert base64.b64decode(other, validate=True) == b"{}  "
    with pytest.raises(IntegrityError, match="plain base64"):
        dsse.read_envelope(canonical_json(envelope | {"payload": other}), name="the envelope")


def test_files_too_large_to_be_real_are_not_read(desk: Desk, bundle: Path) -> None:
    for name, size in (("report.html", layout.LARGEST_DOCUMENT), ("manifest.dsse.json", layout.LARGEST_ENVELOPE)):
        with (bundle / name).open("r+b") as file:
            file.truncate(size + 1)  # sparse: it takes no room on the disk
    assert "larger than 16 MiB" in desk.verify(bundle)["FILE"].text


def test_evidence_longer_than_listed_is_not_read_to_its_end(desk: Desk, bundle: Path) -> None:
    with (bundle / "evidence" / "groups.parquet").open("r+b") as file:
        file.truncate(1 << 40)
    found = desk.verify(bundle)
    assert "is not 19 bytes long" in found["EVIDENCE"].text or "was changed" in found["EVIDENCE"].text
    assert found["EVIDENCE"].state == "FAIL"


def test_what_lies_among_countersignatures_and_is_none_fails(desk: Desk, bundle: Path) -> None:
    (bundle / "signatures").mkdir()
    (bundle / "signatures" / "reviewer.dsse.json").write_bytes(b"{}")
    found = desk.verify(bundle)
    assert (failing(found), found.exit_code) == ({"COUNTERSIGNED"}, 4)


@pytest.mark.parametrize("name", ["page.html", ".x.dsse.json", "x.dsse.json.html"])
def test_nothing_else_lies_among_countersignatures(desk: Desk, bundle: Path, name: str) -> None:
    (bundle / "signatures").mkdir()
    (bundle / "signatures" / name).write_bytes(b"{}")
    assert failing(desk.verify(bundle)) == {"FILES"}


def test_folder_that_is_no_bundle_fails_without_a_traceback(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    found = desk.verify(tmp_path / "empty")
    assert (failing(found), found.exit_code) == ({"FILE"}, 4)
    assert {line.state for line in found.lines if line.name != "FILE"} == {"NOT CHECKED"}


def test_verification_never_changes_the_bundle(desk: Desk, bundle: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in bundle.rglob("*")}
    desk.verify(bundle)
    assert {path: (path.stat().st_mtime_ns, path.stat().st_mode) for path in bundle.rglob("*")} == before
