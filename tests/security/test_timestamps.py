"""Time stamps over a manifest, by `openssl ts`: what they prove, and every way in which one is not taken."""

from __future__ import annotations

import random
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from signed_bundles import Desk, failing
from time_authority import Authority, needs_openssl

from auditkit.bundle.statements import format_time
from auditkit.bundle.timestamps import ask, check_stamp
from auditkit.bundle.verification import Verification
from auditkit.cli import main
from auditkit.errors import IntegrityError
from auditkit.result import Run
from auditkit.testing.results import toy_result

pytestmark = needs_openssl
FUZZED = 12


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.at(tmp_path_factory.mktemp("time") / "tsa")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def bundle(desk: Desk) -> Path:
    run = Run(created=format_time(now()), seconds=1.5, device="cpu", executor="local")
    return desk.write(result=toy_result(run=run))


def stamp(bundle: Path, authority: Authority, message: bytes | None = None) -> Path:
    reply = authority.answer(ask(message or (bundle / "manifest.dsse.json").read_bytes()))
    place = bundle / "signatures" / "manifest.tsr"
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(reply)
    return place


def checked(desk: Desk, bundle: Path, authority: Authority | None, *, policy: str = "", **entry: str) -> Verification:
    trust = desk.trust_file(policy=policy, **entry)
    if authority is not None:
        text = f'[[tsa]]\nname = "ACME time"\npem = "{authority.root}"\n'
        trust.write_text(trust.read_text().replace("[policy]", f"{text}[policy]"))
    return desk.verify(bundle, trust=trust, now=now())


def test_stamp_of_a_known_authority_is_a_trusted_time(desk: Desk, bundle: Path, authority: Authority) -> None:
    stamp(bundle, authority)
    found = checked(desk, bundle, authority, policy="require_timestamp = true")
    assert (found["TIME"].state, found.exit_code) == ("OK", 0)
    assert "RFC 3161, by 'ACME time'" in found["TIME"].text


def test_stamp_of_an_unknown_authority_is_not_checked(desk: Desk, bundle: Path, authority: Authority) -> None:
    stamp(bundle, authority)
    found = checked(desk, bundle, None)
    assert (found["TIME"].state, found.exit_code) == ("NOT CHECKED", 0)
    assert failing(checked(desk, bundle, None, policy="require_timestamp = true")) == {"TIME"}


def test_stamp_of_another_authority_is_refused(desk: Desk, bundle: Path, authority: Authority, tmp_path: Path) -> None:
    stamp(bundle, Authority.at(tmp_path / "rogue"))
    found = checked(desk, bundle, authority)
    assert (failing(found), found.exit_code) == ({"TIME"}, 4)


def test_stamp_of_something_else_is_refused(desk: Desk, bundle: Path, authority: Authority) -> None:
    stamp(bundle, authority, b"another manifest")
    assert failing(checked(desk, bundle, authority)) == {"TIME"}
    assert failing(checked(desk, bundle, None)) == {"TIME"}


def test_stamp_from_before_the_audit_is_refused(desk: Desk, authority: Authority) -> None:
    later = Run(created=format_time(now() + timedelta(hours=1)), seconds=1.5, device="cpu", executor="local")
    bundle = desk.write("later", result=toy_result(run=later))
    stamp(bundle, authority)
    trust = desk.trust_file()
    clock = f'[[tsa]]\nname = "ACME time"\npem = "{authority.root}"\n[policy]'
    trust.write_text(trust.read_text().replace("[policy]", clock))
    found = desk.verify(bundle, trust=trust, now=now() + timedelta(hours=2))
    assert (failing(found), "before the audit was finished" in found["TIME"].text) == ({"TIME"}, True)


@pytest.mark.slow
def test_no_byte_of_a_stamp_changes_unseen(desk: Desk, bundle: Path, authority: Authority) -> None:
    place = stamp(bundle, authority)
    whole, message = place.read_bytes(), (bundle / "manifest.dsse.json").read_bytes()
    roots = [x509.load_pem_x509_certificate(authority.root.read_bytes())]
    draw = random.Random(5)
    for at in sorted({0, 1, 8, len(whole) - 1, *draw.sample(range(len(whole)), FUZZED)}):
        changed = whole[:at] + bytes([whole[at] ^ (1 << draw.randrange(8))]) + whole[at + 1 :]
        with pytest.raises(IntegrityError):
            check_stamp(changed, message, roots, name=f"changed at {at}")
    for other in (whole + b"\0", whole[:-1], b"", b"\x30\x00"):
        place.write_bytes(other)
        assert failing(checked(desk, bundle, authority)) == {"TIME"}


TODAY, YESTERDAY, TOMORROW = 0, -1, 1
"""Days from when a test runs: midnight may pass after the file was read."""


@pytest.mark.parametrize(
    ("entry", "stands"),
    [
        ({"status": "retired"}, True),
        ({"status": "retired", "not_after": TODAY}, True),
        ({"status": "retired", "not_after": YESTERDAY}, False),
        ({"status": "revoked"}, False),
        ({"status": "revoked", "revoked_at": TOMORROW}, False),
        ({"status": "revoked", "revoked_at": TOMORROW, "compromised": "false"}, True),
        ({"status": "revoked", "revoked_at": YESTERDAY, "compromised": "false"}, False),
        ({"status": "revoked", "compromised": "false"}, False),
    ],
)
def test_what_a_stamp_lets_stand(
    desk: Desk, bundle: Path, authority: Authority, entry: dict[str, str | int], *, stands: bool
) -> None:
    assert failing(checked(desk, bundle, authority, **_typed(entry))) == {"TRUSTED"}, "without a stamp none is taken"
    stamp(bundle, authority)
    found = checked(desk, bundle, authority, **_typed(entry))
    assert failing(found) == (set() if stands else {"TRUSTED"})


def _typed(entry: dict[str, str | int]) -> dict[str, object]:
    days = {key: f"{now() + timedelta(days=value):%Y-%m-%d}" for key, value in entry.items() if isinstance(value, int)}
    return entry | days | ({"compromised": False} if "compromised" in entry else {})


def test_the_request_is_one_that_openssl_reads_and_the_reply_one_that_it_verifies(
    bundle: Path, authority: Authority, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def typed(*words: object) -> int:
        with pytest.raises(SystemExit) as left:
            main([str(word) for word in words])
        assert isinstance(left.value.code, int)
        return left.value.code

    request, reply = tmp_path / "request.tsq", tmp_path / "reply.tsr"
    assert typed("timestamp", bundle, "--query", request) == 0
    reply.write_bytes(authority.answer(request.read_bytes()))
    assert typed("timestamp", bundle, "--reply", reply) == 0
    assert "stamped" in capsys.readouterr().out
    place, data = bundle / "signatures" / "manifest.tsr", bundle / "manifest.dsse.json"
    words = ["openssl", "ts", "-verify", "-data", data, "-in", place, "-CAfile", authority.root]
    assert b"OK" in subprocess.run(words, check=True, capture_output=True, timeout=60).stdout
    assert typed("timestamp", bundle, "--reply", reply) == 2
    assert typed("timestamp", bundle) == 2
    place.unlink()
    reply.write_bytes(authority.answer(ask(b"something else")))
    assert typed("timestamp", bundle, "--reply", reply) == 4
    assert not place.exists()
