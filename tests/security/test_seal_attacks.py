"""Whoever holds the bundle's key can sign anything; a verifier compares again what the result and its seal say."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from signed_bundles import NOW, Desk, failing

from auditkit.bundle import dsse
from auditkit.bundle.statements import Named, SignerClaim, format_time, parse_time
from auditkit.result import AuditResult
from auditkit.sealing.judged import FROM_RESULT, count_of, judged_by_result, moved_between
from auditkit.sealing.record import SealRecord
from auditkit.sealing.statement import SealClaim, SealStatement
from auditkit.testing.results import toy_result


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.at(tmp_path)


def sealed(desk: Desk, *, judged: dict[str, Any] | None = None, days: float = 1, **record: Any) -> AuditResult:
    """A result with a seal of the desk's; `record` replaces what the result says of it."""
    result = toy_result()
    said = judged_by_result(result) if judged is None else judged
    on = format_time(parse_time(result.run.created) - timedelta(days=days))
    signer = SignerClaim.of(desk.signer, "self_attested")
    claim = SealClaim(
        sealed_on=on, signer=signer, number=1, replaces=None, answers_kept=False, auditkit="0.1.0", judged=said
    )
    statement = SealStatement(subject=(Named.of("audit", "0" * 64),), predicate=claim)
    fields: dict[str, Any] = {
        "envelope": dsse.seal(statement.to_json(), [desk.signer]).decode(),
        "sealed_on": on,
        "signer": signer.name,
        "keyid": signer.keyid,
        "development": False,
        "number": 1,
        "answers_kept": False,
        "keys": count_of(said),
        "moved": moved_between(said, judged_by_result(result)),
    }
    return toy_result(seal=SealRecord(**fields | record))


def test_true_seal_is_ok(desk: Desk) -> None:
    found = desk.verify(desk.write(result=sealed(desk)))
    assert (found["SEALED"].state, found.exit_code) == ("OK", 0)


def _with_policy_moved() -> dict[str, Any]:
    said = judged_by_result(toy_result())
    return said | {"policy": said["policy"] | {"min_group_size": 99}}


@pytest.mark.parametrize("part", FROM_RESULT)
def test_signer_who_hides_what_moved_is_found_out(desk: Desk, part: str) -> None:
    said = judged_by_result(toy_result())
    said[part] = {"audit": "other"} if isinstance(said[part], dict) else "other"
    found = desk.verify(desk.write(result=sealed(desk, judged=said, moved=())))
    assert (failing(found), found.exit_code) == ({"SEALED"}, 4)
    assert part in found["SEALED"].text


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"sealed_on": format_time(NOW)}, "does not say what its seal says"),
        ({"signer": "The regulator"}, "does not say what its seal says"),
        ({"keyid": "0" * 64}, "does not say what its seal says"),
        ({"number": 2}, "does not say what its seal says"),
        ({"answers_kept": True}, "does not say what its seal says"),
        ({"keys": 1}, "does not say what its seal says"),
        ({"unsealed": ("subject",)}, "does not say what its seal says"),
        ({"envelope": "{}"}, "malformed"),
        ({"envelope": "{ }"}, "not canonical"),
    ],
)
def test_result_that_belies_its_seal_is_found_out(desk: Desk, record: dict[str, Any], words: str) -> None:
    found = desk.verify(desk.write(result=sealed(desk, **record)))
    assert (failing(found), found.exit_code) == ({"SEALED"}, 4)
    assert words in found["SEALED"].text


def test_moved_keys_that_did_not_move_are_found_out(desk: Desk) -> None:
    result = sealed(desk, judged=_with_policy_moved())
    assert result.seal is not None
    assert desk.verify(desk.write("honest", result=result)).exit_code == 0
    invented = sealed(desk, moved=result.seal.moved)
    assert failing(desk.verify(desk.write("invented", result=invented))) == {"SEALED"}


def test_seal_after_the_audit_is_found_out(desk: Desk) -> None:
    found = desk.verify(desk.write(result=sealed(desk, days=-0.1)))
    assert (failing(found), found.exit_code) == ({"SEALED"}, 4)
    assert "after the audit was finished" in found["SEALED"].text


def test_seal_of_a_stranger_is_not_trusted(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "rogue").mkdir()
    rogue = Desk.at(tmp_path / "rogue")
    found = desk.verify(desk.write(result=sealed(rogue)))
    assert (found["SEALED"].state, found.exit_code) == ("NOT CHECKED", 0)
    demanding = desk.trust_file(policy="require_seal = true")
    assert failing(desk.verify(desk.folder / "bundle", trust=demanding)) == {"SEALED"}
