"""The signed head of a ledger: its end cannot be taken away unseen, and no older release replayed."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from signed_bundles import Desk, failing

from auditkit.bundle.keys import FileSigner
from auditkit.bundle.reader import trust_of
from auditkit.bundle.verification import Verification
from auditkit.errors import IntegrityError, SpecError
from auditkit.gating import Against, Gated, Judged, gate_bundle, remember
from auditkit.gating.heads import check_head, head_place, sign_head
from auditkit.gating.ledger import accept, read_ledger
from auditkit.result import AuditResult, Verdict
from auditkit.testing.results import toy_result

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
NAME = "Heart disease, release 3"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


@pytest.fixture
def gatekeeper(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path, "Gatekeeper of releases")


@pytest.fixture
def ledger(desk: Desk, gatekeeper: Desk) -> Path:
    """Three accepted releases, and a signed head."""
    path = desk.folder / "releases.jsonl"
    path.touch()
    for place in range(3):
        bundle = release(desk, place)
        accept(path, bundle, passing(place), baseline=None, date=f"2026-11-2{place}T00:00:00Z")
    sign(path, gatekeeper)
    return path


def passing(place: int) -> AuditResult:
    made = toy_result()
    splits = tuple(one.model_copy(update={"rows": 1000 + place}) for one in made.data.splits)
    outcomes = tuple(one.model_copy(update={"outcome": "pass", "waiver": None}) for one in made.verdict.judgements)
    return toy_result(
        data=made.data.model_copy(update={"splits": splits}),
        verdict=Verdict(outcome="pass", judgements=outcomes, waivers_expired=made.verdict.waivers_expired),
    )


def release(desk: Desk, place: int) -> Path:
    return desk.write(f"release-{place}", result=passing(place))


def sign(ledger: Path, by: Desk) -> None:
    sign_head(ledger, read_ledger(ledger), by.signer, now=NOW)


def trusting(desk: Desk, gatekeeper: Desk, *, role: str = "gate", policy: str = "") -> Path:
    path = desk.trust_file(policy=policy)
    text = (
        f'[[key]]\nkeyid = "{gatekeeper.signer.keyid}"\nname = "The gate"\npem = "gatekeeper.pub"\nroles = ["{role}"]\n'
    )
    path.write_text(text + path.read_text())
    return path


def checked(desk: Desk, gatekeeper: Desk, ledger: Path, place: int = 2, **more: str) -> Verification:
    trust = trusting(desk, gatekeeper, **more)
    return desk.verify(desk.folder / f"release-{place}", trust=trust, ledger=ledger)


def test_the_newest_release_is_current(desk: Desk, gatekeeper: Desk, ledger: Path) -> None:
    found = checked(desk, gatekeeper, ledger)
    assert (found["CURRENT"].state, found.exit_code) == ("OK", 0)
    assert found["CURRENT"].text == f"the newest of 3 of '{NAME}' in releases.jsonl (head signed by 'The gate')"


@pytest.mark.parametrize("place", [0, 1])
def test_an_older_release_is_replayed(desk: Desk, gatekeeper: Desk, ledger: Path, place: int) -> None:
    found = checked(desk, gatekeeper, ledger, place)
    assert (failing(found), found.exit_code) == ({"CURRENT"}, 4)
    assert "replayed" in found["CURRENT"].text


def test_a_release_that_was_never_accepted_is_not_current(desk: Desk, gatekeeper: Desk, ledger: Path) -> None:
    release(desk, 7)
    assert failing(checked(desk, gatekeeper, ledger, 7)) == {"CURRENT"}


def _cut(ledger: Path) -> None:
    lines = ledger.read_text().splitlines(keepends=True)
    ledger.write_text("".join(lines[:-1]))


def test_a_ledger_cut_short_shows_by_its_head_and_by_nothing_else(desk: Desk, gatekeeper: Desk, ledger: Path) -> None:
    _cut(ledger)
    found = checked(desk, gatekeeper, ledger, 1)
    assert (failing(found), "its end was cut off" in found["CURRENT"].text) == ({"CURRENT"}, True)
    head_place(ledger).unlink()
    found = checked(desk, gatekeeper, ledger, 1)
    assert (found.exit_code, "no signed head" in found["CURRENT"].text) == (0, True)
    assert failing(checked(desk, gatekeeper, ledger, 1, policy="require_ledger_head = true")) == {"CURRENT"}


def test_an_earlier_head_does_not_fit_a_longer_ledger(desk: Desk, gatekeeper: Desk, ledger: Path) -> None:
    old = head_place(ledger).read_bytes()
    accept(ledger, release(desk, 3), passing(3), baseline=None, date="2026-11-23T00:00:00Z")
    assert failing(checked(desk, gatekeeper, ledger, 3)) == {"CURRENT"}
    sign(ledger, gatekeeper)
    assert checked(desk, gatekeeper, ledger, 3).exit_code == 0
    _cut(ledger)
    head_place(ledger).write_bytes(old)
    assert checked(desk, gatekeeper, ledger, 2).exit_code == 0, "both together are the past: a repository shows that"


def test_a_head_by_a_stranger_a_wrong_role_or_with_another_word_in_it(
    desk: Desk, gatekeeper: Desk, ledger: Path, tmp_path: Path
) -> None:
    (tmp_path / "rogue").mkdir()
    good = head_place(ledger).read_bytes()
    sign(ledger, Desk.at(tmp_path / "rogue"))
    assert failing(checked(desk, gatekeeper, ledger)) == {"CURRENT"}
    head_place(ledger).write_bytes(good)
    assert failing(checked(desk, gatekeeper, ledger, role="baseline")) == {"CURRENT"}
    head_place(ledger).write_bytes(good.replace(b'"sig":"ME', b'"sig":"MF'))
    assert failing(checked(desk, gatekeeper, ledger)) == {"CURRENT"}
    envelope = json.loads(good)
    head_place(ledger).write_bytes(json.dumps(envelope).encode())
    assert failing(checked(desk, gatekeeper, ledger)) == {"CURRENT"}


def test_the_head_of_another_ledger_does_not_fit(desk: Desk, gatekeeper: Desk, ledger: Path) -> None:
    other = ledger.with_name("other.jsonl")
    shutil.copy(ledger, other)
    shutil.copy(head_place(ledger), head_place(other))
    assert failing(checked(desk, gatekeeper, other)) == {"CURRENT"}


def test_the_gate_signs_the_head_anew_and_refuses_a_replay(desk: Desk, gatekeeper: Desk, ledger: Path) -> None:
    trust = trusting(desk, gatekeeper)
    against = Against(ledger=ledger)
    options: dict[str, Any] = {"policy": None, "key": None, "trust": trust, "allow_dev_key": False}
    with pytest.raises(SpecError, match="signed head"):
        gate_bundle(desk.folder / "release-2", against=against, **options)
    _cut(ledger)
    with pytest.raises(IntegrityError, match="cut off"):
        gate_bundle(desk.folder / "release-2", against=against, **options, signs=True)
    ledger.unlink()
    ledger.touch()
    for place in range(2):
        accept(ledger, desk.folder / f"release-{place}", passing(place), baseline=None, date="2026-11-20T00:00:00Z")
    result = passing(2)
    judged = Judged(result, Gated(name=result.name, result_digest=result.result_digest, verdict=result.verdict))
    signer = FileSigner.load(gatekeeper.folder / "gatekeeper.key")
    remember(judged, against, desk.folder / "release-2", signer)
    entries = read_ledger(ledger)
    who = check_head(ledger, entries, trust_of(None, trust), allow_dev_key=False, now=datetime.now(UTC))
    assert (len(entries), who) == (3, "The gate")
    assert checked(desk, gatekeeper, ledger).exit_code == 0
