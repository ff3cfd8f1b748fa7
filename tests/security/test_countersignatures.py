"""`auditkit sign`: what others decide of a bundle, signed beside it, and what a reader may make of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from signed_bundles import NOW, Desk, failing, statement_in

from auditkit.bundle import dsse
from auditkit.bundle.countersigning import MOST_COUNTERSIGNATURES, countersign
from auditkit.bundle.statements import format_time
from auditkit.bundle.verification import Verification
from auditkit.cli import main
from auditkit.differing import diff_bundles
from auditkit.document import canonical_json
from auditkit.errors import AuditError
from auditkit.report import render_html, templates_digest
from auditkit.result import AuditResult, Run, Verdict
from auditkit.testing.results import toy_result


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


@pytest.fixture
def auditor(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path, "Independent auditor")


@pytest.fixture
def bundle(desk: Desk) -> Path:
    return desk.write()


def sign(bundle: Path, by: Desk, **said: Any) -> Path:
    given = {"role": "independent auditor", "decision": "accept", "reason": "", "expires": None, "now": NOW}
    return countersign(bundle, by.signer, assurance="third_party", **(given | said))


def trusting(desk: Desk, *others: Desk, policy: str = "", **fields: str) -> Path:
    """The desk's key and others' in one trust file; `fields` are of the others' keys."""
    path = desk.trust_file(policy=policy)
    more = "".join(
        f'[[key]]\nkeyid = "{one.signer.keyid}"\nname = "{fields.get("name", "The auditor")}"\n'
        f'pem = "{one.key.name}"\nroles = ["{fields.get("role", "review")}"]\n{fields.get("more", "")}\n'
        for one in others
    )
    path.write_text(more + path.read_text())
    return path


def checked(desk: Desk, bundle: Path, *others: Desk, threshold: int | None = None, **fields: str) -> Verification:
    return desk.verify(bundle, trust=trusting(desk, *others, **fields), threshold=threshold)


def digests(bundle: Path) -> Mapping[str, str]:
    return {
        path.relative_to(bundle).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in bundle.rglob("*")
        if path.is_file()
    }


def test_the_bundles_own_bytes_stay(bundle: Path, auditor: Desk) -> None:
    before = digests(bundle)
    path = sign(bundle, auditor)
    after = dict(digests(bundle))
    assert after.pop(path.relative_to(bundle).as_posix())
    assert after == before


def test_countersignature_of_a_known_key_is_shown_and_in_force(desk: Desk, bundle: Path, auditor: Desk) -> None:
    sign(bundle, auditor, decision="mitigate", reason="a second reader until May", expires=date(2026, 12, 24))
    found = checked(desk, bundle, auditor)
    assert (found["COUNTERSIGNED"].state, found.exit_code) == ("OK", 0)
    assert "MITIGATE by 'The auditor' (independent auditor) on 2026-11-22T12:00:00Z" in found["COUNTERSIGNED"].text
    assert "until 2026-12-24T23:59:59Z: a second reader until May" in found["COUNTERSIGNED"].text
    (told,) = found.countersignatures
    assert (told.decision, told.standing, told.counts) == ("mitigate", "in force", True)


def test_countersignature_of_an_unknown_key_is_no_more_than_its_word(desk: Desk, bundle: Path, auditor: Desk) -> None:
    sign(bundle, auditor)
    found = desk.verify(bundle)
    assert (found["COUNTERSIGNED"].state, found.exit_code) == ("NOT CHECKED", 0)
    assert "unknown key" in found["COUNTERSIGNED"].text


def test_two_different_people_meet_a_threshold_of_two(desk: Desk, bundle: Path, auditor: Desk) -> None:
    assert failing(checked(desk, bundle, auditor, policy="threshold = 2")) == {"TRUSTED"}
    sign(bundle, auditor)
    found = checked(desk, bundle, auditor, policy="threshold = 2")
    assert (found["TRUSTED"].state, found.exit_code) == ("OK", 0)
    assert found["TRUSTED"].text == "ACME, as we know them, The auditor (trust.toml)"
    assert checked(desk, bundle, auditor, threshold=2).exit_code == 0
    assert failing(checked(desk, bundle, auditor, threshold=3)) == {"TRUSTED"}


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"decision": "reject", "reason": "no"}, {}),
        ({"expires": date(2026, 11, 22), "now": NOW - timedelta(hours=1)}, {"later": "yes"}),
        ({}, {"role": "baseline"}),
        ({}, {"more": "not_after = 2026-11-21"}),
        ({}, {"more": "not_before = 2026-11-23"}),
        ({}, {"more": 'status = "retired"'}),
        ({}, {"name": "ACME, as we know them"}),
    ],
    ids=["reject", "expired", "other role", "key is over", "key is not yet", "key is retired", "the same person"],
)
def test_what_does_not_count_towards_a_threshold(
    desk: Desk, bundle: Path, auditor: Desk, said: dict[str, Any], fields: dict[str, str]
) -> None:
    sign(bundle, auditor, **said)
    now = NOW + timedelta(days=1) if fields.pop("later", "") else NOW
    trust = trusting(desk, auditor, policy="threshold = 2", **fields)
    found = desk.verify(bundle, trust=trust, now=now)
    assert (failing(found), found.exit_code) == ({"TRUSTED"}, 4)


def test_the_signers_own_key_is_no_second_one(desk: Desk, bundle: Path) -> None:
    sign(bundle, desk)
    assert failing(desk.verify(bundle, trust=desk.trust_file(policy="threshold = 2"))) == {"TRUSTED"}


def test_a_later_decision_of_the_same_key_replaces_the_earlier(desk: Desk, bundle: Path, auditor: Desk) -> None:
    sign(bundle, auditor, now=NOW - timedelta(hours=2))
    sign(bundle, auditor, decision="reject", reason="seen again", now=NOW - timedelta(hours=1))
    found = checked(desk, bundle, auditor)
    assert [(one.decision, one.standing) for one in found.countersignatures] == [
        ("accept", "replaced"), ("reject", "in force"),
    ]  # fmt: skip
    assert failing(checked(desk, bundle, auditor, threshold=2)) == {"TRUSTED"}


def test_revoked_reviewer_fails_the_bundle(desk: Desk, bundle: Path, auditor: Desk) -> None:
    sign(bundle, auditor)
    found = checked(desk, bundle, auditor, more='status = "revoked"')
    assert (failing(found), found.exit_code) == ({"COUNTERSIGNED"}, 4)


Change = Callable[[dict[str, Any]], None]


def _at(*keys: str | int, value: Any) -> Change:
    def change(statement: dict[str, Any]) -> None:
        node: Any = statement
        for key in keys[:-1]:
            node = node[key]
        node[keys[-1]] = value

    return change


CHANGES: Mapping[str, Change] = {
    "decision": _at("predicate", "decision", value="accept"),
    "reason": _at("predicate", "reason", value="fine"),
    "role": _at("predicate", "role", value="regulator"),
    "date": _at("predicate", "signedOn", value="2026-11-22T11:00:00Z"),
    "end": _at("predicate", "expiresOn", value="2036-11-22T11:00:00Z"),
    "signer's name": _at("predicate", "signer", "name", value="The regulator"),
    "manifest": _at("subject", 0, "digest", "sha256", value="0" * 64),
}


@pytest.mark.parametrize("what", CHANGES)
def test_edited_countersignature_is_found_out(desk: Desk, bundle: Path, auditor: Desk, what: str) -> None:
    path = sign(bundle, auditor, decision="reject", reason="no", expires=date(2026, 12, 1))
    statement = json.loads(statement_in(path))
    CHANGES[what](statement)
    envelope = json.loads(path.read_bytes())
    payload = canonical_json(statement)
    edited = json.loads(dsse.seal(payload, [auditor.signer]))
    path.write_bytes(canonical_json(envelope | {"payload": edited["payload"]}))
    found = checked(desk, bundle, auditor)
    assert (failing(found), found.exit_code) == ({"COUNTERSIGNED"}, 4)


SIGNED_CHANGES: Mapping[str, Change] = {
    "another manifest": _at("subject", 0, "digest", "sha256", value="0" * 64),
    "another file": _at("subject", 0, "name", value="result.json"),
    "another audit": _at("predicate", "auditId", value="urn:uuid:0"),
    "a signing in the future": _at("predicate", "signedOn", value="2026-11-23T12:00:00Z"),
    "an end before the signing": _at("predicate", "expiresOn", value="2026-11-21T12:00:00Z"),
    "no time": _at("predicate", "signedOn", value="yesterday"),
    "another decision": _at("predicate", "decision", value="approve"),
    "another key": _at("predicate", "signer", "keyid", value="0" * 64),
    "another type": _at("predicateType", value="https://auditkit.dev/attestation/ethics-audit/v1"),
    "a field more": _at("predicate", "note", value=""),
}


@pytest.mark.parametrize("what", SIGNED_CHANGES)
def test_countersignature_that_says_what_none_can_is_refused(
    desk: Desk, bundle: Path, auditor: Desk, what: str
) -> None:
    path = sign(bundle, auditor)
    statement = json.loads(statement_in(path))
    SIGNED_CHANGES[what](statement)
    path.write_bytes(dsse.seal(canonical_json(statement), [auditor.signer]))
    found = checked(desk, bundle, auditor)
    assert (failing(found), found.exit_code) == ({"COUNTERSIGNED"}, 4)


def test_countersignature_of_another_bundle_is_refused(desk: Desk, bundle: Path, auditor: Desk) -> None:
    other = desk.write("other", sequence=8)
    path = sign(other, auditor)
    shutil.copytree(other / "signatures", bundle / "signatures")
    assert path.name in (one.name for one in (bundle / "signatures").iterdir())
    found = checked(desk, bundle, auditor)
    assert (failing(found), "another bundle" in found["COUNTERSIGNED"].text) == ({"COUNTERSIGNED"}, True)


def test_a_bundle_signed_anew_has_lost_its_countersignatures(desk: Desk, bundle: Path, auditor: Desk) -> None:
    sign(bundle, auditor)
    (bundle / "exports" / "summary.md").write_bytes(b"# much better\n")
    shutil.move(bundle / "signatures", desk.folder / "kept")
    desk.list_again(bundle)
    shutil.move(desk.folder / "kept", bundle / "signatures")
    assert failing(checked(desk, bundle, auditor)) == {"COUNTERSIGNED"}


@pytest.mark.parametrize(
    "said",
    [
        {"role": ""}, {"role": "a\nb"}, {"role": "x" * 81}, {"decision": "reject"}, {"reason": "x" * 2001},
        {"expires": date(2026, 11, 21)},
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_not_signed(bundle: Path, auditor: Desk, said: dict[str, Any]) -> None:
    with pytest.raises(AuditError):
        sign(bundle, auditor, **said)
    assert not (bundle / "signatures").exists()


def test_there_is_an_end_to_countersignatures(bundle: Path, auditor: Desk) -> None:
    first = sign(bundle, auditor)
    for place in range(MOST_COUNTERSIGNATURES - 1):
        shutil.copy(first, first.with_name(f"copy-{place}.dsse.json"))
    with pytest.raises(AuditError, match="64 countersignatures"):
        sign(bundle, auditor)


# As it is typed.


def _typed(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as left:
        main([str(word) for word in words])
    out, err = capsys.readouterr()
    assert isinstance(left.value.code, int)
    return left.value.code, out, err


@pytest.fixture
def real(desk: Desk) -> Path:
    """A bundle of just now, with the real report, that passes."""
    run = Run(created=format_time(datetime.now(UTC)), seconds=1.5, device="cpu", executor="local")
    made = toy_result(run=run)
    passing = tuple(one.model_copy(update={"outcome": "pass", "waiver": None}) for one in made.verdict.judgements)
    verdict = Verdict(outcome="pass", judgements=passing, waivers_expired=made.verdict.waivers_expired)
    result = toy_result(run=run, verdict=verdict)
    return desk.write(result=result, render=render_html, templates_digest=templates_digest())


def test_a_reject_is_seen_at_the_gate_and_stops_it(
    desk: Desk, auditor: Desk, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trust = trusting(desk, auditor)
    assert _typed(capsys, "gate", real, "--trust", trust)[0] == 0
    words = ("--role", "ethics board", "--decision", "reject", "--reason", "too few women", "--key")
    code, out, _ = _typed(capsys, "sign", real, *words, auditor.folder / "independent.key")
    assert (code, "reject as ethics board, by 'Independent auditor'" in out) == (0, True)
    code, out, _ = _typed(capsys, "gate", real, "--trust", trust)
    assert code == 1
    assert "'The auditor' (ethics board) rejects it: too few women" in out
    code, out, _ = _typed(capsys, "gate", real, "--key", desk.key)
    assert code == 0, "anybody can make a key: a stranger stops no release"
    assert "REJECT by 'Independent auditor' (ethics board)" in out


def test_the_sign_off_is_in_what_is_rendered_again(
    auditor: Desk, real: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = digests(real)
    sign(real, auditor, role="<b>board</b>", decision="mitigate", reason="a second reader", now=datetime.now(UTC))
    assert _typed(capsys, "render", real, "--out", tmp_path / "again", "--no-pdf")[0] == 0
    page = (tmp_path / "again" / "report.html").read_text(encoding="utf-8")
    assert "Accepted under a condition by Independent auditor, &lt;b&gt;board&lt;/b&gt;" in page
    assert "a second reader" in page
    assert "UNSIGNED RENDERING" in page
    assert {name: digest for name, digest in digests(real).items() if name in before} == before


def test_a_bundle_that_is_not_intact_is_not_countersigned(
    auditor: Desk, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (real / "exports" / "summary.md").write_bytes(b"# much better\n")
    words = ("--role", "auditor", "--decision", "accept", "--key", auditor.folder / "independent.key")
    code, _, err = _typed(capsys, "sign", real, *words)
    assert (code, "FILES" in err) == (4, True)
    assert not (real / "signatures").exists()


def test_verify_tells_of_the_threshold_in_json(
    desk: Desk, auditor: Desk, real: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trust = trusting(desk, auditor)
    assert _typed(capsys, "verify", real, "--trust", trust, "--threshold", 2)[0] == 4
    sign(real, auditor, now=datetime.now(UTC))
    code, out, _ = _typed(capsys, "verify", real, "--trust", trust, "--threshold", 2, "--json")
    assert code == 0
    assert [one["standing"] for one in json.loads(out)["countersignatures"]] == ["in force"]


# As `auditkit diff` tells it, of two bundles of one result.


def told(old: Path, new: Path, trust: Path) -> tuple[int, dict[tuple[str, str], tuple[str | None, str | None]]]:
    found = diff_bundles(old, new, key=None, trust=trust, allow_dev_key=False)
    return found.exit_code, {(one.area, one.what): (one.old, one.new) for one in found.facts}


def test_what_people_decided_differs_where_the_results_are_the_same(
    desk: Desk, auditor: Desk, real: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    later = shutil.copytree(real, tmp_path / "later")
    trust = trusting(desk, auditor)
    assert told(real, later, trust) == (0, {})
    whose = ("people", f"independent auditor: The auditor, key {auditor.signer.keyid[:16]}")
    sign(later, auditor, now=datetime.now(UTC))
    assert told(real, later, trust) == (0, {whose: (None, "accept [in force]")})
    sign(real, auditor, decision="reject", reason="too few women", now=datetime.now(UTC))
    code, facts = told(real, later, trust)
    assert (code, facts) == (1, {whose: ("reject: too few women [in force]", "accept [in force]")})
    code, out, _ = _typed(capsys, "diff", real, later, "--trust", trust)
    assert (code, "rejected A, by The auditor (independent auditor)" in out) == (1, True)
    assert told(real, later, desk.trust_file())[0] == 0, "a stranger's word turns nothing"


def test_a_result_that_another_key_signed_is_told_with_both_keys(desk: Desk, auditor: Desk, real: Path) -> None:
    trust = trusting(desk, auditor, role="audit")
    result = AuditResult.from_json((real / "result.json").read_bytes())
    digest = templates_digest()
    other = auditor.write("other", signer=auditor.signer, result=result, render=render_html, templates_digest=digest)
    code, facts = told(real, other, trust)
    assert code == 0
    old, new = facts["signatures", "signed by"]
    assert old is not None
    assert new is not None
    assert desk.signer.keyid in old
    assert auditor.signer.keyid in new
