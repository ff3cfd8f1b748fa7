"""A bundle that an earlier version wrote can still be a baseline: what is new is not written where it says nothing."""

from __future__ import annotations

import json
from pathlib import Path

from auditkit.result import CheckTime, Judgement, Run
from auditkit.testing.results import toy_result

FIRST = {
    CheckTime: {"check", "resumed", "seconds"},
    Run: {"checks", "created", "device", "executor", "seconds", "troubles"},
    Judgement: {"check", "listed", "outcome", "reason", "rule", "unwaived", "waiver", "worst"},
}
"""The keys of the first version."""


def test_what_says_nothing_new_has_the_keys_of_the_first_version() -> None:
    written = json.loads(CheckTime(check="a.check", seconds=1.0).to_json())
    assert set(written) == FIRST[CheckTime]
    run = Run(created="2026-11-23T00:00:00Z", seconds=1.0, device="cpu", executor="local")
    assert set(json.loads(run.to_json())) == FIRST[Run]
    judgement = json.loads(toy_result().to_json())["verdict"]["judgements"][0]
    assert set(judgement) <= FIRST[Judgement]


def test_what_is_read_is_written_as_it_was(tmp_path: Path) -> None:
    result = toy_result()
    path = tmp_path / "result.json"
    path.write_bytes(result.to_json())
    assert type(result).from_json(path.read_bytes()).to_json() == path.read_bytes()


def test_the_digest_of_a_result_follows_from_its_bytes_as_from_what_it_holds() -> None:
    result = toy_result().sealed()
    fields = sorted(type(result).model_fields)
    assert fields.index("run") == fields.index("result_digest") + 1 < len(fields) - 1
    assert result.digest(result.to_json()) == result.digest() == result.result_digest


def test_what_looks_like_the_end_of_a_result_within_it_changes_no_digest() -> None:
    result = toy_result()
    alike = {"result_digest": result.result_digest, "run": result.run.model_dump(mode="json"), "z": 0}
    first, *others = result.findings
    odd = result.model_copy(update={"findings": (first.model_copy(update={"options": {"odd": alike}}), *others)})
    assert odd.digest(odd.to_json()) == odd.digest() != result.digest()
