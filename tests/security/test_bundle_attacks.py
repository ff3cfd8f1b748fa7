"""Every attack on a bundle that we know of is seen, and said on the line where a reader looks for it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from signed_bundles import EVIDENCE, NOW, Desk, failing, replace, statement_in, states

from auditkit.bundle import dsse
from auditkit.bundle.key_files import development_signer
from auditkit.document import canonical_json
from auditkit.result import FileDigest, Subject
from auditkit.testing.results import toy_result


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


@pytest.fixture
def bundle(desk: Desk) -> Path:
    return desk.write()


def test_untouched_bundle_is_intact_signed_and_trusted(desk: Desk, bundle: Path) -> None:
    found = desk.verify(bundle)
    assert (found.intact, found.signed, found.trusted, found.exit_code) == (True, True, True, 0)
    assert failing(found) == set()


def test_untouched_report_alone_is_intact_signed_and_trusted(desk: Desk, bundle: Path, tmp_path: Path) -> None:
    alone = shutil.copy(bundle / "report.html", tmp_path / "mailed.html")
    found = desk.verify(alone)
    assert (found.intact, found.signed, found.trusted, found.exit_code) == (True, True, True, 0)
    assert found["FILES"].state == found["EVIDENCE"].state == "NOT CHECKED"


def test_what_was_not_asked_is_not_checked(desk: Desk, bundle: Path) -> None:
    unasked = {
        "ASSURANCE",
        "TIME",
        "MODEL",
        "SPEC",
        "DATA",
        "PLUGINS",
        "PDF",
        "SEALED",
        "COUNTERSIGNED",
        "SEQUENCE",
        "CURRENT",
    }
    assert {name for name, state in states(desk.verify(bundle)).items() if state == "NOT CHECKED"} == unasked


def unlink(name: str) -> Callable[[Path], None]:
    return lambda bundle: (bundle / name).unlink()


def write(name: str, content: bytes = b"x") -> Callable[[Path], Any]:
    return lambda bundle: (bundle / name).write_bytes(content)


def edit(name: str, old: bytes, new: bytes) -> Callable[[Path], None]:
    return lambda bundle: replace(bundle / name, old, new)


def rename(name: str, other: str) -> Callable[[Path], Any]:
    return lambda bundle: (bundle / name).rename(bundle / other)


def cut(name: str) -> Callable[[Path], Any]:
    return lambda bundle: (bundle / name).write_bytes((bundle / name).read_bytes()[:-9])


def copy(name: str, other: str) -> Callable[[Path], Any]:
    return lambda bundle: shutil.copy(bundle / name, bundle / other)


# What is done to the bundle; the line that must fail; what it must say.
CHANGES: dict[str, tuple[Callable[[Path], Any], str, str]] = {
    "edited html": (edit("report.html", b"<h1>fail", b"<h1>pass"), "FILES", "report.html was changed"),
    "edited digit in the html": (edit("report.html", b" 0.", b" 1."), "RENDERING", "was changed"),
    "edited result": (edit("result.json", b'"outcome":"fail"', b'"outcome":"pass"'), "RESULT", "not the attested"),
    "swapped report": (write("report.html", b"<p>pass"), "FILES", "report.html was changed"),
    "stripped manifest": (unlink("manifest.dsse.json"), "FILE", "manifest.dsse.json is missing"),
    "stripped attestation": (unlink("attestation.dsse.json"), "FILE", "attestation.dsse.json is missing"),
    "stripped report": (unlink("report.html"), "FILES", "report.html is missing"),
    "stripped export": (unlink("exports/summary.md"), "FILES", "exports/summary.md is missing"),
    "extra file": (write("report2.html"), "FILES", "'report2.html' is not part"),
    "extra export": (write("exports/more.md"), "FILES", "'exports/more.md' is not part"),
    "extra evidence": (write("evidence/more.parquet"), "FILES", "'evidence/more.parquet' is not part"),
    "hidden file": (write(".report.html"), "FILES", "'.report.html' is not part"),
    "extra empty folder": (lambda bundle: (bundle / "more").mkdir(), "FILES", "the folder 'more' is not part"),
    "folder in a folder": (lambda bundle: (bundle / "exports/deep").mkdir(), "FILES", "folder in a folder"),
    "renamed export": (rename("exports/summary.md", "exports/s.md"), "FILES", "not part"),
    "renamed in case": (rename("report.html", "Report.html"), "FILES", "not part"),
    "appended bytes": (edit("exports/summary.md", b"pass", b"pass "), "FILES", "was changed"),
    "emptied result": (write("result.json", b""), "RESULT", "not the attested one"),
    "truncated result": (cut("result.json"), "RESULT", "not the attested one"),
    "truncated report": (cut("report.html"), "FILES", "report.html was changed"),
    "truncated manifest": (cut("manifest.dsse.json"), "FILE", "not the JSON"),
    "altered evidence": (edit("evidence/groups.parquet", b"groups", b"gr0ups"), "EVIDENCE", "was changed"),
    "swapped evidence": (
        copy("evidence/groups.parquet", "evidence/predictions.parquet"), "EVIDENCE", "was changed",
    ),
}  # fmt: skip


@pytest.mark.parametrize("attack", CHANGES)
def test_changed_bundle_is_not_intact(desk: Desk, bundle: Path, attack: str) -> None:
    change, line, words = CHANGES[attack]
    change(bundle)
    found = desk.verify(bundle)
    assert found.exit_code == 4
    assert not found.intact
    assert found[line].state == "FAIL"
    assert words in found[line].text


@pytest.mark.parametrize("name", ["attestation.dsse.json", "manifest.dsse.json"])
def test_empty_signature_is_none(desk: Desk, bundle: Path, name: str) -> None:
    envelope = json.loads((bundle / name).read_bytes())
    envelope["signatures"][0]["sig"] = ""
    (bundle / name).write_bytes(canonical_json(envelope))
    found = desk.verify(bundle)
    assert (found["FILE"].state, found.signed, found.exit_code) == ("FAIL", False, 4)
    assert "empty" in found["FILE"].text


@pytest.mark.parametrize("listed", [[], None])
def test_envelope_without_signatures_is_unsigned(desk: Desk, bundle: Path, listed: list[Any] | None) -> None:
    envelope = json.loads((bundle / "manifest.dsse.json").read_bytes())
    envelope["signatures"] = listed
    (bundle / "manifest.dsse.json").write_bytes(canonical_json(envelope))
    assert "is not signed" in desk.verify(bundle)["FILE"].text


def test_signature_of_another_envelope_does_not_hold(desk: Desk, bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.dsse.json").read_bytes())
    manifest["signatures"] = json.loads((bundle / "attestation.dsse.json").read_bytes())["signatures"]
    (bundle / "manifest.dsse.json").write_bytes(canonical_json(manifest))
    found = desk.verify(bundle)
    assert (found["SIGNED BY"].state, found.signed, found.trusted) == ("FAIL", False, False)
    assert "does not hold" in found["SIGNED BY"].text


def test_manifest_signed_by_another_is_refused(desk: Desk, bundle: Path) -> None:
    mallory = Desk.at(desk.folder, "Mallory")
    (bundle / "manifest.dsse.json").write_bytes(
        dsse.seal(statement_in(bundle / "manifest.dsse.json"), [mallory.signer])
    )
    found = desk.verify(bundle)
    assert failing(found) == {"SIGNED BY"}
    assert "unknown key" in found["SIGNED BY"].text


def test_second_signature_that_nobody_can_check_is_refused(desk: Desk, bundle: Path) -> None:
    mallory = Desk.at(desk.folder, "Mallory")
    payload = statement_in(bundle / "manifest.dsse.json")
    (bundle / "manifest.dsse.json").write_bytes(dsse.seal(payload, [desk.signer, mallory.signer]))
    assert failing(desk.verify(bundle)) == {"SIGNED BY"}


def test_bundle_made_anew_by_another_of_the_same_name_is_signed_and_not_trusted(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "rogue").mkdir()
    rogue = Desk.at(tmp_path / "rogue", "ACME model risk")
    bundle = desk.write(signer=rogue.signer)
    found = desk.verify(bundle)
    assert (found.intact, found.signed, found.trusted, found.exit_code) == (True, True, False, 4)
    assert failing(found) == {"TRUSTED"}
    assert desk.verify(bundle, trust=desk.trust_file()).exit_code == 4


def test_signer_cannot_claim_the_key_of_another(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "rogue").mkdir()
    rogue = Desk.at(tmp_path / "rogue")
    bundle = rogue.write()
    rogue.reseal(
        bundle, "attestation.dsse.json", lambda one: one["predicate"]["signer"].update(keyid=desk.signer.keyid)
    )
    found = desk.verify(bundle)
    assert (found["SIGNED BY"].state, found.trusted) == ("FAIL", False)


def test_signer_cannot_sign_in_the_name_of_another(desk: Desk, bundle: Path) -> None:
    named = Desk.at(desk.folder, "Regulator").signer
    claim = {"keyid": named.keyid, "name": named.name, "publicKey": named.public_pem.decode()}
    desk.reseal(bundle, "attestation.dsse.json", lambda one: one["predicate"]["signer"].update(claim))
    found = desk.verify(bundle)
    assert (failing(found), found.signed) == ({"SIGNED BY"}, False)
    assert "'Regulator', who did not sign" in found["SIGNED BY"].text


def test_signature_under_the_keyid_of_another_is_seen(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "rogue").mkdir()
    rogue = Desk.at(tmp_path / "rogue")
    bundle = desk.write(signer=dataclasses.replace(rogue.signer, keyid=desk.signer.keyid))
    for reader in ({}, {"key": None}, {"trust": desk.trust_file()}):
        found = desk.verify(bundle, **reader)
        assert (found["SIGNED BY"].state, found.signed, found.trusted, found.exit_code) == ("FAIL", False, False, 4)


@pytest.fixture
def development(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUDITKIT_HOME", str(tmp_path / "home"))
    return desk.write("development", signer=development_signer())


def test_development_key_is_refused(desk: Desk, development: Path) -> None:
    for reader in ({}, {"key": None}, {"trust": desk.trust_file()}):
        found = desk.verify(development, **reader)
        assert (found.intact, found.signed, found.trusted, found.exit_code) == (True, True, False, 4)
        assert failing(found) == {"TRUSTED"}


def test_development_key_can_be_allowed_and_is_still_not_trusted(desk: Desk, development: Path) -> None:
    for path in (development, development / "report.html"):
        found = desk.verify(path, allow_dev_key=True)
        assert (found.intact, found.signed, found.trusted, found.exit_code) == (True, True, False, 0)
        assert found["TRUSTED"].state == "NOT CHECKED"
        assert found["TRUSTED"].text.startswith("NOT TRUSTED")


def test_reader_who_names_the_development_key_still_does_not_trust_it(
    desk: Desk, development: Path, tmp_path: Path
) -> None:
    found = desk.verify(development, key=tmp_path / "home" / "development-key" / "signer.pub")
    assert (found.trusted, found.exit_code) == (False, 4)


def test_allowing_development_keys_does_not_allow_strangers(desk: Desk, bundle: Path) -> None:
    found = desk.verify(bundle, allow_dev_key=True)
    assert (found.trusted, found.exit_code) == (False, 4)


def test_without_a_key_nobody_is_trusted(desk: Desk, bundle: Path) -> None:
    found = desk.verify(bundle, key=None)
    assert (found.intact, found.signed, found.trusted, found.exit_code) == (True, True, False, 4)
    assert found["TRUSTED"].state == "NOT CHECKED"


def test_revoked_key_is_refused(desk: Desk, bundle: Path) -> None:
    found = desk.verify(bundle, trust=desk.trust_file(status="revoked", revoked_at="2026-10-01"))
    assert failing(found) == {"TRUSTED"}
    assert "was revoked on 2026-10-01" in found["TRUSTED"].text


def model_folder(folder: Path) -> Path:
    folder.mkdir()
    (folder / "config.json").write_bytes(b"{}")
    (folder / "weights.bin").write_bytes(b"weights")
    return folder


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return model_folder(tmp_path / "model")


@pytest.fixture
def audited(desk: Desk, model: Path) -> Path:
    files = tuple(
        FileDigest(name=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest(), size=path.stat().st_size)
        for path in sorted(model.iterdir())
    )
    root = hashlib.sha256(b"".join(bytes.fromhex(file.sha256) for file in files)).hexdigest()
    subject = Subject(adapter="tabular", path="model", digest=root, files=files, prediction_type="ClassScores")
    return desk.write("audited", result=toy_result(subject=subject))


def test_the_audited_model_matches(desk: Desk, audited: Path, model: Path) -> None:
    found = desk.verify(audited, model=model)
    assert (found["MODEL"].state, found.exit_code) == ("OK", 0)


REPLACED: dict[str, Callable[[Path], Any]] = {
    "other weights": lambda folder: (folder / "weights.bin").write_bytes(b"other"),
    # sorted by name the digests stay in the same order: a digest over them alone would be equal
    "renamed file": lambda folder: (folder / "weights.bin").rename(folder / "weights2.bin"),
    "more files": lambda folder: (folder / "adapter.bin").write_bytes(b"more"),
    "fewer files": lambda folder: (folder / "config.json").unlink(),
    "a link": lambda folder: ((folder / "config.json").unlink(), (folder / "config.json").symlink_to("/etc/hostname")),
}


@pytest.mark.parametrize("attack", REPLACED)
def test_replaced_model_is_seen(desk: Desk, audited: Path, model: Path, attack: str) -> None:
    REPLACED[attack](model)
    found = desk.verify(audited, model=model)
    assert (failing(found), found.exit_code) == ({"MODEL"}, 4)
    assert found.intact


def test_other_spec_is_seen(desk: Desk, bundle: Path) -> None:
    own = toy_result().provenance.spec_digest
    assert desk.verify(bundle, spec_digest=own)["SPEC"].state == "OK"
    found = desk.verify(bundle, spec_digest="0" * 64)
    assert (failing(found), found.exit_code) == ({"SPEC"}, 4)


def test_replayed_bundle_is_seen(desk: Desk) -> None:
    old, new = desk.write("old", sequence=3), desk.write("new", sequence=5)
    trust = desk.trust_file(policy="min_sequence = 5")
    assert desk.verify(new, trust=trust)["SEQUENCE"].state == "OK"
    found = desk.verify(old, trust=trust)
    assert (failing(found), found.exit_code) == ({"SEQUENCE"}, 4)
    assert "replayed" in found["SEQUENCE"].text


def test_expired_bundle_is_seen(desk: Desk, bundle: Path) -> None:
    last = datetime(2027, 11, 21, 10, 5, tzinfo=UTC)
    assert desk.verify(bundle, now=last).exit_code == 0
    found = desk.verify(bundle, now=last + timedelta(seconds=1))
    assert (failing(found), found.exit_code) == ({"EXPIRES"}, 4)


def test_bundle_from_the_future_is_seen(desk: Desk, bundle: Path) -> None:
    assert failing(desk.verify(bundle, now=NOW - timedelta(days=30))) == {"TIME"}


def test_swapped_plugin_is_seen(desk: Desk, bundle: Path) -> None:
    own = toy_result().provenance.plugins[0].digest
    allowed = desk.trust_file(policy=f'[policy.plugins]\nauditkit = "{own}"')
    assert desk.verify(bundle, trust=allowed)["PLUGINS"].state == "OK"
    for entry in (f'auditkit = "{"d" * 64}"', f'other = "{own}"'):
        found = desk.verify(bundle, trust=desk.trust_file(policy=f"[policy.plugins]\n{entry}"))
        assert (failing(found), found.exit_code) == ({"PLUGINS"}, 4)


def test_statement_of_another_type_in_place_of_the_attestation_is_seen(desk: Desk, bundle: Path) -> None:
    other = "https://in-toto.io/attestation/test-result/v0.1"
    desk.reseal(bundle, "attestation.dsse.json", lambda statement: statement.update(predicateType=other))
    found = desk.verify(bundle)
    assert failing(found) == {"FILE"}
    assert other in found["FILE"].text


def test_manifest_in_place_of_the_attestation_is_seen(desk: Desk, bundle: Path) -> None:
    shutil.copy(bundle / "manifest.dsse.json", bundle / "attestation.dsse.json")
    assert "predicateType" in desk.verify(bundle)["FILE"].text


def test_attestation_of_another_bundle_by_the_same_signer_is_seen(desk: Desk, bundle: Path) -> None:
    kinder = desk.write("kinder", result=toy_result(name="Another model"))
    shutil.copy(kinder / "attestation.dsse.json", bundle / "attestation.dsse.json")
    assert failing(desk.verify(bundle)) == {"FILE"}


def test_attestation_that_says_other_than_its_result_is_seen(desk: Desk, bundle: Path) -> None:
    desk.reseal(bundle, "attestation.dsse.json", lambda statement: statement["predicate"].update(verdict="pass"))
    found = desk.verify(bundle)
    assert found["RESULT"].state == "FAIL"
    assert "does not say what" in found["RESULT"].text
    assert (found["VERDICT"].state, found["VERDICT"].text) == ("NOT CHECKED", "claimed: pass")


def test_removed_evidence_is_not_checked(desk: Desk, bundle: Path) -> None:
    shutil.rmtree(bundle / "evidence")
    found = desk.verify(bundle)
    assert (found["EVIDENCE"].state, found.intact, found.exit_code) == ("NOT CHECKED", True, 0)
    assert "2 of 2 evidence files were taken out" in found["EVIDENCE"].text


def test_evidence_that_is_partly_removed_is_not_called_checked(desk: Desk, bundle: Path) -> None:
    (bundle / "evidence" / "groups.parquet").unlink()
    found = desk.verify(bundle)
    assert found["EVIDENCE"].state == "NOT CHECKED"
    assert f"1 of {len(EVIDENCE)}" in found["EVIDENCE"].text


ALONE: dict[str, tuple[Callable[[Path], Any], str]] = {
    "edited word": (lambda report: replace(report, b"<h1>fail", b"<h1>pass"), "RENDERING"),
    "edited digit": (lambda report: replace(report, b" 0.", b" 1."), "RENDERING"),
    "appended bytes": (lambda report: report.write_bytes(report.read_bytes() + b"<!-- -->"), "RENDERING"),
    "edited result": (lambda report: replace(report, b'"outcome":"fail"', b'"outcome":"pass"'), "RESULT"),
    "result twice": (
        lambda report: report.write_bytes(report.read_bytes() * 2), "FILE",
    ),
    "stripped attestation": (lambda report: replace(report, b'id="attestation"', b'id="other"'), "FILE"),
    "stripped result": (lambda report: replace(report, b'id="result"', b'id="other"'), "RESULT"),
    "not utf-8": (lambda report: replace(report, b"<h1>", b"\xff<h1>"), "FILE"),
    "empty": (lambda report: report.write_bytes(b""), "FILE"),
}  # fmt: skip


@pytest.mark.parametrize("attack", ALONE)
def test_changed_report_alone_is_not_intact(desk: Desk, bundle: Path, attack: str) -> None:
    change, line = ALONE[attack]
    report = bundle / "report.html"
    change(report)
    found = desk.verify(report)
    assert (found.intact, found.exit_code) == (False, 4)
    assert found[line].state == "FAIL"


def test_report_of_other_templates_is_not_checked_and_alone_not_intact(desk: Desk) -> None:
    bundle = desk.write(templates_digest="older templates")
    whole, alone = desk.verify(bundle), desk.verify(bundle / "report.html")
    assert whole["RENDERING"].state == alone["RENDERING"].state == "NOT CHECKED"
    assert (whole.intact, whole.exit_code) == (True, 0)
    assert (alone.intact, alone.exit_code) == (False, 4)
