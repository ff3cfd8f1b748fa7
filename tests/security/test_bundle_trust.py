"""The reader's trust file: what it lets through, what it refuses, and how it says that it was mistyped."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from signed_bundles import NOW, Desk, failing, statement_in

from auditkit.bundle import dsse
from auditkit.bundle.trust import TrustFile
from auditkit.cli import main
from auditkit.errors import AuditError, SpecError
from auditkit.spec import read_spec


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


@pytest.fixture
def bundle(desk: Desk) -> Path:
    return desk.write(assurance="second_party")


def test_key_in_the_trust_file_is_trusted_under_the_readers_name(desk: Desk, bundle: Path) -> None:
    found = desk.verify(bundle, trust=desk.trust_file())
    assert (found.trusted, found.exit_code) == (True, 0)
    assert found["TRUSTED"].text == "ACME, as we know them (trust.toml)"


def test_key_can_stand_in_the_trust_file_itself(desk: Desk, bundle: Path) -> None:
    assert desk.verify(bundle, trust=desk.trust_file(pem=desk.key.read_text())).exit_code == 0


def test_certificate_does_as_a_public_key(desk: Desk, bundle: Path) -> None:
    assert desk.verify(bundle, key=desk.folder / "acme.crt").exit_code == 0


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"status": "retired"}, "is retired"),
        ({"status": "revoked"}, "was revoked"),
        ({"status": "revoked", "revoked_at": "2030-01-01"}, "was revoked on 2030-01-01"),
        ({"not_before": "2026-11-22"}, "valid from 2026-11-22 on, not when the audit was finished"),
        ({"not_after": "2026-11-20"}, "valid until 2026-11-20, not when the audit was finished"),
        ({"not_after": "2026-11-21"}, "valid until 2026-11-21, not now"),
        ({"not_after": "2026-11-21T10:04:59Z"}, "not when the audit was finished"),
    ],
)
def test_key_that_is_not_valid_is_not_trusted(desk: Desk, bundle: Path, entry: dict[str, str], words: str) -> None:
    found = desk.verify(bundle, trust=desk.trust_file(**entry))
    assert (failing(found), found.exit_code) == ({"TRUSTED"}, 4)
    assert found.signed
    assert words in found["TRUSTED"].text


def test_last_day_of_a_key_counts_to_its_end(desk: Desk, bundle: Path) -> None:
    assert desk.verify(bundle, trust=desk.trust_file(not_before="2026-11-21", not_after="2026-11-22")).exit_code == 0


def test_key_for_other_roles_signs_no_audits(desk: Desk, bundle: Path) -> None:
    path = desk.trust_file()
    path.write_text(path.read_text().replace("[policy]", 'roles = ["gate"]\n[policy]'))
    assert "is for gate, not for audits" in desk.verify(bundle, trust=path)["TRUSTED"].text


@pytest.mark.parametrize(
    ("policy", "line"),
    [
        ('min_assurance = "third_party"', "ASSURANCE"),
        ("max_age_days = 0", "EXPIRES"),
        ("min_sequence = 8", "SEQUENCE"),
        ("require_timestamp = true", "TIME"),
        ("threshold = 2", "TRUSTED"),
        ("plugins = {}", "PLUGINS"),
    ],
)
def test_demand_that_is_not_met_fails_on_its_own_line(desk: Desk, bundle: Path, policy: str, line: str) -> None:
    found = desk.verify(bundle, trust=desk.trust_file(policy=policy))
    assert (failing(found), found.exit_code) == ({line}, 4)
    assert found.intact


@pytest.mark.parametrize(
    ("policy", "line"),
    [
        ('min_assurance = "second_party"', "ASSURANCE"),
        ("max_age_days = 2", "EXPIRES"),
        ("min_sequence = 7", "SEQUENCE"),
        ("threshold = 1", "TRUSTED"),
    ],
)
def test_demand_that_is_met_is_ok(desk: Desk, bundle: Path, policy: str, line: str) -> None:
    found = desk.verify(bundle, trust=desk.trust_file(policy=policy))
    assert (found[line].state, found.exit_code) == ("OK", 0)


def test_two_keys_that_both_signed_meet_a_threshold_of_two(desk: Desk, bundle: Path) -> None:
    auditor = Desk.at(desk.folder, "Independent auditor")
    for name in ("attestation.dsse.json", "manifest.dsse.json"):
        payload = statement_in(bundle / name)
        if name == "manifest.dsse.json":
            desk.list_again(bundle)
            payload = statement_in(bundle / name)
        (bundle / name).write_bytes(dsse.seal(payload, [desk.signer, auditor.signer]))
    trust = desk.trust_file(policy="threshold = 2")
    second = f'[[key]]\nkeyid = "{auditor.signer.keyid}"\nname = "Auditor"\npem = "independent.pub"\n'
    trust.write_text(second + trust.read_text())
    found = desk.verify(bundle, trust=trust)
    assert found["TRUSTED"].state == "OK"
    assert "Auditor" in found["TRUSTED"].text


@pytest.mark.parametrize(
    ("entry", "message", "hint"),
    [
        ({"statuss": "active"}, "unknown key 'key.0.statuss'", "did you mean 'status'?"),
        ({"status": "lost"}, "'key.0.status'", "docs/bundle-format.md"),
        ({"keyid": "0" * 64}, "has another keyid", "keyid ="),
        ({"keyid": "abc"}, "'key.0.keyid'", "docs/bundle-format.md"),
        ({"pem": "absent.pub"}, "cannot be read", "pem ="),
        ({"pem": "trust.toml"}, "is not a public key", "BEGIN PUBLIC KEY"),
        ({"pem": "a\0b"}, "cannot be read", "pem ="),
        ({"pem": "x" * 5000}, "cannot be read", "pem ="),
        ({"pem": "."}, "cannot be read: Is a directory", "pem ="),
        ({"revoked_at": "2026-01-01"}, "only for a key whose status is 'revoked'", "docs/bundle-format.md"),
        ({"not_after": "soon"}, "is not TOML", "docs/bundle-format.md"),
    ],
)
def test_mistake_in_a_key_is_named(desk: Desk, entry: dict[str, str], message: str, hint: str) -> None:
    with pytest.raises(AuditError) as caught:
        TrustFile.load(desk.trust_file(**entry))
    assert message in caught.value.message
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("policy", "message", "hint"),
    [
        ("min_sequense = 5", "unknown key 'policy.min_sequense'", "did you mean 'min_sequence'?"),
        ("threshold = 0", "'policy.threshold'", "docs/bundle-format.md"),
        ("[sigstore]", "unknown key 'sigstore'", "known are: key, policy, tsa, x509_root"),
    ],
)
def test_mistake_in_the_policy_is_named(desk: Desk, policy: str, message: str, hint: str) -> None:
    with pytest.raises(AuditError) as caught:
        TrustFile.load(desk.trust_file(policy=policy))
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_key_that_is_named_twice_is_a_mistake(desk: Desk) -> None:
    path = desk.trust_file()
    text = path.read_text()
    path.write_text(text.partition("[policy]")[0] + text)
    with pytest.raises(AuditError, match="twice"):
        TrustFile.load(path)


@pytest.mark.parametrize("content", [b"", b"[policy]\nthreshold = 1\n", b"\xff", b"[[key]"])
def test_file_without_keys_trusts_nobody_and_says_so(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "trust.toml").write_bytes(content)
    with pytest.raises(AuditError, match="the trust file"):
        TrustFile.load(tmp_path / "trust.toml")


def test_what_the_reader_brought_and_cannot_be_read_is_their_mistake(desk: Desk, bundle: Path) -> None:
    shutil.copy(desk.folder / "acme.key", desk.folder / "wrong.pub")
    for brought in (
        {"trust": desk.folder / "absent.toml"},
        {"key": desk.folder / "absent.pub"},
        {"key": desk.folder / "wrong.pub"},
        {"key": desk.key, "model": desk.folder / "absent"},
        {"key": desk.key, "trust": desk.trust_file()},
    ):
        with pytest.raises(AuditError) as caught:
            desk.verify(bundle, **brought)
        assert caught.value.exit_code == 2
        assert caught.value.hint


def test_nothing_to_verify_is_the_readers_mistake(desk: Desk) -> None:
    for path in (desk.folder / "absent", desk.key):
        with pytest.raises(AuditError) as caught:
            desk.verify(path, now=NOW)
        assert caught.value.exit_code == 2


@pytest.mark.parametrize("policy", ["max_age_days = 99999999999", "max_age_days = -1"])
def test_age_that_no_calendar_can_count_is_refused(desk: Desk, policy: str) -> None:
    with pytest.raises(AuditError, match=r"'policy\.max_age_days'"):
        TrustFile.load(desk.trust_file(policy=policy))


def test_age_of_a_century_can_be_counted(desk: Desk, bundle: Path) -> None:
    assert desk.verify(bundle, trust=desk.trust_file(policy="max_age_days = 36525")).exit_code == 0


def test_trust_file_that_is_a_pipe_or_too_large_or_nested_without_end_is_refused(tmp_path: Path) -> None:
    pipe, large, deep = (tmp_path / name for name in ("pipe", "large", "deep"))
    os.mkfifo(pipe)
    large.write_text("#" * (2 << 20))
    deep.write_text("a = " + "[" * 100_000)
    for path, words in ((pipe, "is not a regular file"), (large, "is larger than 1 MiB"), (deep, "is not TOML")):
        with pytest.raises(AuditError, match=words) as caught:
            TrustFile.load(path)
        assert caught.value.exit_code == 2
        assert caught.value.hint


def test_trust_files_that_link_in_a_circle_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(AuditError, match="cannot be read"):
        TrustFile.load(tmp_path / "a")


@pytest.mark.parametrize("option", [None, "--key", "--trust", "--model", "--spec"])
def test_path_that_no_file_can_have_is_refused_with_a_hint(
    bundle: Path, capsys: pytest.CaptureFixture[str], option: str | None
) -> None:
    long = "x" * 5000
    with pytest.raises(SystemExit) as left:
        main(["verify", long] if option is None else ["verify", str(bundle), option, long])
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert "cannot be read: File name too long" in said
    assert "hint: " in said


def test_spec_that_is_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "audit.toml")
    with pytest.raises(SpecError, match="is not a regular file") as caught:
        read_spec(tmp_path / "audit.toml")
    assert caught.value.hint
