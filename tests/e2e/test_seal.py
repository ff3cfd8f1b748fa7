"""`auditkit seal`: the bar is signed before the run, and whoever moves it afterwards is told of, key by key."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import Answer, Folder, small_rows
from signed_bundles import NOW, Desk

from auditkit.bundle import dsse
from auditkit.bundle.key_files import make_key_pair
from auditkit.bundle.keys import FileSigner
from auditkit.document import canonical_json

RULE = """
[[policy.rules]]
metric = "keys_moved_since_seal"
max = 0
because = "the bar is set before the run"
"""
OWN_KEY = '\n[signing]\nkey = "own.key"\n'
WAIVER = """
[[policy.waivers]]
metric = "accuracy"
owner = "A. Name"
approved_by = "B. Name"
expires = 2026-12-24
reason = "added when the numbers were known"
"""
EPOCH = str(int(NOW.timestamp()))


@pytest.fixture(scope="module")
def sealed_folder(make_folder: Callable[[], Folder]) -> Folder:
    folder = make_folder()
    folder.settings["SOURCE_DATE_EPOCH"] = EPOCH
    make_key_pair(folder.path / "own", "ACME model risk", now=NOW)
    folder.spec(more=OWN_KEY)
    assert folder.run_here("seal", "audit.toml").code == 0
    return folder


@pytest.fixture
def folder(sealed_folder: Folder, tmp_path: Path) -> Folder:
    """A copy of the sealed folder, without answers of an earlier run."""
    copy = Path(shutil.copytree(sealed_folder.path, tmp_path / "work", ignore=shutil.ignore_patterns(".auditkit")))
    return Folder(copy, sealed_folder.home, dict(sealed_folder.settings))


def verified(folder: Folder, *more: str) -> tuple[Answer, str]:
    answer = folder.run_here("verify", "audit-audit", *(more or ("--key", "own.pub")))
    return answer, next(line for line in answer.out.splitlines() if line.startswith("SEALED "))


def moved(folder: Folder) -> dict[str, tuple[str | None, str | None]]:
    return {one["key"]: (one["sealed"], one["now"]) for one in folder.result()["seal"]["moved"]}


def test_unchanged_audit_says_so_everywhere(folder: Folder) -> None:
    answer = folder.run_here()
    assert "sealed   Sealed on 2026-11-22 12:00 UTC by ACME model risk, unchanged: 18 values." in answer.out
    assert moved(folder) == {}
    assert "Sealed on 2026-11-22 12:00 UTC by ACME model risk, unchanged: 18 values." in folder.page()
    checked, line = verified(folder)
    assert checked.code == 0
    assert line.split(maxsplit=2)[1:] == [
        "OK", "on 2026-11-22T12:00:00Z (claimed), unchanged: 18 values; by the signer of the bundle"
    ]  # fmt: skip
    gate = folder.run_here("gate", "audit-audit", "--key", "own.pub")
    assert "sealed   on 2026-11-22T12:00:00Z by 'ACME model risk', unchanged: 18 values" in gate.out


def test_what_moved_is_listed_key_by_key(folder: Folder) -> None:
    folder.spec(
        ("min = 0.5", "min = 0.4"), ("seed = 7", "seed = 8"), ('["sex", "band"]', '["sex"]'), more=OWN_KEY + WAIVER
    )
    rows = small_rows()
    folder.write_rows([*rows[:-1], ("F", "old", "no", "0.9", "0.1")])
    answer = folder.run_here()
    found = moved(folder)
    assert found["policy.rules.accuracy.min"] == ("0.5", "0.4")
    assert found["seed"] == ("7", "8")
    assert found["data.groups"] == ('["sex","band"]', '["sex"]')
    assert found["rows.audit.file"] != found["rows.audit.rows"]
    sealed, now = found["policy.waivers.accuracy (A. Name)"]
    assert sealed is None
    assert now is not None
    assert "added when the numbers were known" in now
    assert set(found) == {
        "policy.rules.accuracy.min", "seed", "data.groups", "rows.audit.file", "rows.audit.rows", "subject",
        "policy.waivers.accuracy (A. Name)",
    }  # fmt: skip
    assert "policy.rules.accuracy.min: 0.5, now 0.4" in answer.out
    assert "The bar moved" in folder.page()
    assert "policy.rules.accuracy.min" in folder.page()
    checked, line = verified(folder)
    assert checked.code == 0, "an honest account of what moved is no forgery"
    assert "MOVED since: 7 of 18 values" in line


def test_a_rule_on_the_seal_judges_it(folder: Folder) -> None:
    folder.spec(more=RULE + OWN_KEY)
    folder.run_here("seal", "audit.toml", "--force")
    assert folder.run_here().code == 0
    folder.spec(("min = 0.5", "min = 0.4"), more=RULE + OWN_KEY)
    assert folder.run_here("run", "audit.toml", "--force").code == 1
    outcomes = {one["rule"]: one["outcome"] for one in folder.result()["verdict"]["judgements"]}
    assert outcomes == {"accuracy>=0.4": "pass", "keys_moved_since_seal<=0": "fail"}


def test_a_rule_on_the_seal_is_told_of_a_missing_one_before_anything_is_measured(folder: Folder) -> None:
    (folder.path / "audit.seal.json").unlink()
    folder.spec(more=RULE + OWN_KEY)
    folder.run_here().refused("keys_moved_since_seal", "auditkit seal audit.toml")
    folder.nothing_written()


def test_another_policy_at_the_gate_may_ask_for_a_seal(folder: Folder) -> None:
    folder.write("release.toml", RULE.replace("policy.rules", "rules"))
    folder.run_here()
    assert folder.run_here("gate", "audit-audit", "--policy", "release.toml", "--key", "own.pub").code == 0
    (folder.path / "audit.seal.json").unlink()
    folder.run_here("run", "audit.toml", "--force")
    unsealed = folder.run_here("gate", "audit-audit", "--policy", "release.toml", "--key", "own.pub")
    assert unsealed.code == 3, "no evidence is no pass"
    assert "no_evidence" in unsealed.out


def test_a_trust_file_may_require_a_seal(folder: Folder) -> None:
    keyid = FileSigner.load(folder.path / "own.key").keyid
    folder.write(
        "trust.toml", f'[[key]]\nkeyid = "{keyid}"\nname = "ACME"\npem = "own.pub"\n[policy]\nrequire_seal = true\n'
    )
    folder.run_here()
    assert verified(folder, "--trust", "trust.toml")[0].code == 0
    folder.spec(("min = 0.5", "min = 0.4"), more=OWN_KEY)
    folder.run_here("run", "audit.toml", "--force")
    answer, line = verified(folder, "--trust", "trust.toml")
    assert (answer.code, "FAIL" in line, "nothing has moved" in line) == (4, True, True)
    (folder.path / "audit.seal.json").unlink()
    folder.run_here("run", "audit.toml", "--force")
    answer, line = verified(folder, "--trust", "trust.toml")
    assert (answer.code, "nothing was sealed before the run" in line) == (4, True)


def test_a_seal_by_another_key_is_no_more_than_the_reader_knows_of_it(folder: Folder) -> None:
    make_key_pair(folder.path / "board", "Ethics board", now=NOW)
    folder.run_here("seal", "audit.toml", "--force", "--key", "board.key")
    folder.run_here()
    answer, line = verified(folder)
    assert (answer.code, "NOT CHECKED" in line, "by a key that you do not know" in line) == (0, True, True)
    keys = _trusted(folder, "own", "audit") + _trusted(folder, "board", "seal")
    folder.write("trust.toml", keys + "[policy]\nrequire_seal = true\n")
    answer, line = verified(folder, "--trust", "trust.toml")
    assert (answer.code, "by 'board', another key than the bundle's" in line) == (0, True)
    folder.write("trust.toml", keys.replace('"seal"', '"baseline"') + "[policy]\nrequire_seal = true\n")
    assert verified(folder, "--trust", "trust.toml")[0].code == 4


def _trusted(folder: Folder, name: str, role: str) -> str:
    keyid = FileSigner.load(folder.path / f"{name}.key").keyid
    return f'[[key]]\nkeyid = "{keyid}"\nname = "{name}"\npem = "{name}.pub"\nroles = ["{role}"]\n'


def test_a_second_seal_says_that_it_is_not_the_first(folder: Folder) -> None:
    folder.run_here("seal", "audit.toml").refused("audit.seal.json", "--force")
    folder.run_here("run", "audit.toml")
    assert folder.store.is_dir()
    again = folder.run_here("seal", "audit.toml", "--force")
    assert "number 2" in again.out
    folder.run_here("run", "audit.toml", "--force")
    seal = folder.result()["seal"]
    assert (seal["number"], seal["answers_kept"]) == (2, True)
    assert "It took the place of an earlier seal: it is number 2." in folder.page()
    assert "Answers of an earlier run lay beside the spec when it was sealed." in folder.page()


def test_a_seal_of_the_future_is_refused(folder: Folder) -> None:
    folder.settings["SOURCE_DATE_EPOCH"] = str(int(EPOCH) - 1)
    folder.run_here().refused("audit.seal.json", "yet to come", code=4)
    folder.nothing_written()


def _edited(path: Path, change: Callable[[dict[str, Any]], None], signer: FileSigner | None = None) -> None:
    envelope = json.loads(path.read_bytes())
    statement = json.loads(base64.b64decode(envelope["payload"]))
    change(statement)
    payload = canonical_json(statement)
    envelope["payload"] = base64.b64encode(payload).decode()
    path.write_bytes(canonical_json(envelope) if signer is None else dsse.seal(payload, [signer]))


def _other_seed(statement: dict[str, Any]) -> None:
    statement["predicate"]["judged"]["seed"] = 8


def test_an_edited_seal_is_refused(folder: Folder, tmp_path: Path) -> None:
    rogue = Desk.at(tmp_path)
    place = folder.path / "audit.seal.json"
    sealed = place.read_bytes()
    _edited(place, _other_seed)
    folder.run_here().refused("audit.seal.json", "was changed after it was signed", code=4)
    place.write_bytes(sealed)
    _edited(place, _other_seed, rogue.signer)
    folder.run_here().refused("audit.seal.json", "unknown key", code=4)
    place.write_bytes(sealed[:-1])
    folder.run_here().refused("audit.seal.json", code=4)
    folder.nothing_written()


def test_a_named_seal_is_taken_and_must_be_there(folder: Folder) -> None:
    shutil.move(folder.path / "audit.seal.json", folder.path / "board.json")
    folder.run_here("run", "audit.toml", "--seal", "board.json")
    assert folder.result()["seal"]["moved"] == []
    folder.run_here("run", "audit.toml", "--force", "--seal", "nowhere.json").refused("nowhere.json")


def test_an_audit_without_a_seal_has_the_keys_that_it_always_had(folder: Folder) -> None:
    (folder.path / "audit.seal.json").unlink()
    folder.run_here()
    assert "seal" not in folder.result()
    assert "nothing was sealed before the run" in verified(folder)[1]


def test_a_model_that_was_not_there_yet_is_said_to_be_unsealed(folder: Folder) -> None:
    (folder.path / "model").mkdir()
    folder.write("model/weights.bin", b"weights")
    folder.spec(('adapter = "recorded"', 'adapter = "recorded"\npath = "model"'), more=OWN_KEY)
    folder.run_here("seal", "audit.toml", "--force")
    folder.write("model/weights.bin", b"other weights")
    folder.run_here()
    assert set(moved(folder)) == {"subject"}
