"""Judging a bundle again: by its own policy, by another, and never a bundle that cannot be trusted."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Folder, small_rows

from auditkit.errors import IntegrityError
from auditkit.regate import judge_bundle


@pytest.fixture(scope="module")
def audited(make_folder: Callable[[], Folder]) -> Folder:
    folder = make_folder()
    assert folder.run_here().code == 0
    return folder


def judged(bundle: Path, policy: Path | None = None, *, allow_dev_key: bool = True) -> dict[str, str]:
    verdict = judge_bundle(bundle, policy=policy, key=None, trust=None, allow_dev_key=allow_dev_key)
    return {"verdict": verdict.outcome} | {one.rule: one.outcome for one in verdict.judgements}


def test_by_its_own_policy_a_bundle_keeps_its_verdict(audited):
    assert judged(audited.bundle) == {"verdict": "pass", "accuracy>=0.5": "pass"}


def test_by_another_policy_it_may_fail(audited, tmp_path):
    policy = tmp_path / "strict.toml"
    policy.write_text('[[rules]]\nmetric = "accuracy"\nmin = 0.999\nbecause = "a test"\n')
    assert judged(audited.bundle, policy) == {"verdict": "fail", "accuracy>=0.999": "fail"}


def test_a_policy_may_extend_a_pack_and_a_file_beside_it(audited, tmp_path):
    (tmp_path / "house.toml").write_text('[[rules]]\nmetric = "accuracy"\nmin = 0.1\nbecause = "a test"\n')
    policy = tmp_path / "both.toml"
    policy.write_text('extends = ["baseline", "house.toml"]\n')
    found = judged(audited.bundle, policy)
    assert found["accuracy>=0.1"] == "pass"
    assert "equalized_odds_difference<=0.1" in found


def test_what_nothing_measured_is_no_pass(audited, tmp_path):
    policy = tmp_path / "other.toml"
    policy.write_text('[[rules]]\nmetric = "happiness"\nmin = 0.1\nbecause = "a test"\n')
    assert judged(audited.bundle, policy) == {"verdict": "error", "happiness>=0.1": "no_evidence"}


def test_a_development_key_is_not_trusted_unless_it_is_allowed(audited):
    with pytest.raises(IntegrityError, match="cannot be trusted") as caught:
        judged(audited.bundle, allow_dev_key=False)
    assert caught.value.exit_code == 4
    assert "auditkit verify" in caught.value.hint


def test_a_changed_bundle_is_not_judged(audited, tmp_path):
    copy = tmp_path / "bundle"
    shutil.copytree(audited.bundle, copy)
    result = copy / "result.json"
    result.write_bytes(result.read_bytes().replace(b'"pass"', b'"fail"', 1))
    with pytest.raises(IntegrityError, match="cannot be trusted"):
        judged(copy)


def test_a_folder_that_is_no_bundle_is_not_judged(tmp_path):
    with pytest.raises(IntegrityError):
        judged(tmp_path)


def test_a_policy_that_is_silent_on_rules_judges_by_the_baseline(audited):
    audited.write("silent.toml", "small_groups = 'list'\n")
    answer = audited.run_here("gate", "audit-audit", "--policy", "silent.toml", "--allow-dev-key")
    assert "equalized_odds_difference<=0.1" in answer.out


@pytest.mark.parametrize(
    ("policy", "options", "code"),
    [
        (None, ["--allow-dev-key"], 0),
        (None, [], 4),
        ('[[rules]]\nmetric = "accuracy"\nmin = 0.999\nbecause = "x"\n', ["--allow-dev-key"], 1),
        ('[[rules]]\nmetric = "happiness"\nmin = 0.1\nbecause = "x"\n', ["--allow-dev-key"], 3),
        ("[[rules]]\nmetric = 3\n", ["--allow-dev-key"], 2),
        ("extends = []\nsmall_groups = 'list'\n", ["--allow-dev-key"], 5),
    ],
)
def test_the_exit_code_of_gate_is_the_verdicts(audited, policy, options, code):
    arguments = ["gate", "audit-audit", *options]
    if policy is not None:
        audited.write("again.toml", policy)
        arguments += ["--policy", "again.toml"]
    answer = audited.run_here(*arguments)
    assert answer.code == code, answer
    assert "Traceback" not in answer.err


def test_a_small_intersection_is_named_by_the_attributes_that_it_is_of(make_folder, tmp_path):
    folder = make_folder()
    rows = [row for row in small_rows() if row[:2] != ("F", "old")]
    folder.write_rows([*rows, *(row for row in small_rows() if row[:2] == ("F", "old"))][: len(rows) + 12])
    deep = '[[checks]]\nuse = "fairness.gaps"\ndepth = 2\n'
    folder.spec(more=deep, checks=("performance.overall",))
    assert folder.run_here().code == 0
    policy = tmp_path / "list.toml"
    rule = 'metric = "demographic_parity_difference"\ngroup = ["sex", "band"]\nmax = 1\nbecause = "a test"\n'
    policy.write_text(f'small_groups = "list"\n[[rules]]\n{rule}')
    verdict = judge_bundle(folder.bundle, policy=policy, key=None, trust=None, allow_dev_key=True)
    (judgement,) = verdict.judgements
    assert {"sex": "F", "band": "old"} in [one.group for one in judgement.listed]
    assert {one.group["sex"] for one in judgement.listed} <= {"F", "M"}
