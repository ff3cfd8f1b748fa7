"""`auditkit policy check`: every remark at its line, and none where nothing is wrong."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from commands import SPEC, Folder

from auditkit.errors import SpecError
from auditkit.linting import Remark, remarks_on

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 22)
RULE = '[[rules]]\nmetric = "accuracy"\nmin = 0.5\nbecause = "a test"\n'
WAIVER = """\
[[waivers]]
metric = "accuracy"
owner = "A. Name"
approved_by = "B. Name"
reason = "a first release"
expires = 2027-02-01
"""


def remarks(folder: Path, text: str, name: str = "policy.toml", today: date = TODAY) -> tuple[Remark, ...]:
    path = folder / name
    path.write_text(text, "utf-8")
    return remarks_on(path, today)


def only(folder: Path, text: str, name: str = "policy.toml") -> Remark:
    (found,) = remarks(folder, text, name)
    return found


def test_nothing_is_said_of_a_policy_without_fault(tmp_path):
    assert remarks(tmp_path, RULE + WAIVER) == ()
    assert remarks(tmp_path, SPEC, "audit.toml") == ()


@pytest.mark.parametrize("example", sorted((ROOT / "examples").glob("*/audit.toml")), ids=lambda path: path.parent.name)
def test_no_example_has_a_fault(example):
    assert remarks_on(example, TODAY) == ()


# Waivers.


@pytest.mark.parametrize(
    ("old", "new", "line", "message", "hint"),
    [
        ('owner = "A. Name"\n', "", 5, "[[waivers]] owner is missing", 'owner = "A. Name"'),
        ('reason = "a first release"\n', "", 5, "[[waivers]] reason is missing", "reason = "),
        ("expires = 2027-02-01\n", "", 5, "[[waivers]] expires is missing", "expires = 2027-01-31"),
        ('approved_by = "B. Name"\n', "", 5, "[[waivers]] approved_by is missing", "another person"),
        ("2027-02-01", "2026-11-21", 10, "[[waivers]] expires is 2026-11-21: the waiver expired", "decide anew"),
        ("2027-02-01", "2027-05-22", 10, "more than 180 days ahead", "waiver_days"),
        ('"accuracy"\nowner', '"acuracy"\nowner', 6, "[[waivers]] metric 'acuracy' is no rule's", "'accuracy'"),
        ('metric = "accuracy"\no', 'rule = "accuracy>=0.6"\no', 6, "rule 'accuracy>=0.6' is no rule's", ">=0.5"),
        ("owner", 'check = "performance"\nowner', 7, "'performance' is no check that is installed", ""),
        ("owner", 'chek = "performance"\nowner', 7, "[[waivers]] has no key 'chek'", "did you mean 'check'?"),
        ("expires = 2027-02-01", 'expires = "soon"', 10, "[[waivers]] expires is", "expires = "),
    ],
)  # fmt: skip
def test_a_waiver_that_cannot_be_is_an_error_at_its_line(tmp_path, old, new, line, message, hint):
    text = RULE + WAIVER
    assert old in text
    head, _, tail = text.partition("[[waivers]]")
    found = only(
        tmp_path, head + ("[[waivers]]" + tail).replace(old, new, 1) if old in tail else text.replace(old, new, 1)
    )
    assert (found.level, found.line) == ("error", line)
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("days", "said"), [(0, "it ends today"), (1, "it ends tomorrow"), (30, "it ends in 30 days"), (31, None)]
)
def test_a_waiver_that_ends_within_thirty_days_is_a_warning(tmp_path, days, said):
    found = remarks(tmp_path, RULE + WAIVER.replace("2027-02-01", str(TODAY + timedelta(days=days))))
    assert [(one.level, one.line) for one in found] == ([] if said is None else [("warning", 10)])
    assert said is None or said in found[0].message


def test_an_owner_who_approves_is_a_warning(tmp_path):
    found = only(tmp_path, RULE + WAIVER.replace('"B. Name"', '"a.  name"'))
    assert (found.level, found.line) == ("warning", 8)


def test_a_waiver_of_a_blocker_is_an_error(tmp_path):
    found = only(tmp_path, RULE + "blocker = true\n" + WAIVER)
    assert (found.level, found.line) == ("error", 7)
    assert "is a blocker, which nobody may waive" in found.message


def test_a_waiver_that_covers_nothing_of_its_rule_is_an_error(tmp_path):
    narrow = RULE + 'group = "sex"\n' + WAIVER.replace("owner", 'group = "age"\nowner')
    assert "it covers nothing" in only(tmp_path, narrow).message


# Rules.


def test_a_metric_that_nothing_measures_is_an_error_with_the_near_one(tmp_path):
    found = only(tmp_path, RULE.replace("accuracy", "acuracy"))
    assert (found.level, found.line, found.hint) == ("error", 2, "did you mean 'accuracy'?")
    assert "'acuracy' is measured by no check that is installed" in found.message


def test_a_metric_that_a_spec_may_have_measured_by_its_name_is_a_warning_in_a_policy_file(tmp_path):
    found = only(tmp_path, RULE.replace("accuracy", "jaccard_score_difference"))
    assert found.level == "warning"
    assert "fairness.metric may measure it" in found.message
    spec = SPEC.replace('"accuracy"', '"jaccard_score_difference"')
    named = '[[checks]]\nuse = "fairness.metric"\nmetric = "sklearn.metrics:jaccard_score"\n'
    assert remarks(tmp_path, spec + named, "audit.toml") == ()
    assert only(tmp_path, spec, "audit.toml").level == "error"


def test_a_check_that_is_not_there_or_measures_something_else_is_an_error(tmp_path):
    found = only(tmp_path, RULE + 'check = "performance.overal"\n')
    assert (found.line, found.hint) == (5, "did you mean 'performance.overall'?")
    found = only(tmp_path, RULE + 'check = "privacy"\n')
    assert "'accuracy' is not measured by 'privacy'" in found.message
    assert "performance.overall" in found.hint


def test_a_spec_is_held_to_the_checks_and_groups_that_it_names(tmp_path):
    text = SPEC + 'group = "sx"\n[[checks]]\nuse = "privacy.output-disclosure"\n'
    first, second = remarks(tmp_path, text, "audit.toml")
    assert "is measured by no check that the spec asks for" in first.message
    assert "group names 'sx', which is not one of [data] groups" in second.message
    assert second.hint == "did you mean 'sex'?"
    warned = remarks(tmp_path, text.replace('group = "sx"', "required = false"), "audit.toml")
    assert [one.level for one in warned] == ["warning"]


def test_a_waiver_of_an_unknown_group_is_an_error_in_a_spec(tmp_path):
    waiver = WAIVER.replace("[[waivers]]", '[[policy.waivers]]\ngroup = "bnad"')
    found = only(tmp_path, SPEC + waiver, "audit.toml")
    assert "group names 'bnad'" in found.message
    assert found.hint == "did you mean 'band'?"


def test_a_waiver_of_a_comparison_with_a_baseline_is_no_error(tmp_path):
    named = WAIVER.replace('metric = "accuracy"', 'rule = "baseline:accuracy[sex=f]>=-0.02"')
    assert remarks(tmp_path, RULE + named) == ()


def test_a_waiver_of_a_change_is_one_of_a_comparison(tmp_path):
    named = WAIVER.replace('"accuracy"', '"accuracy_change"\ncheck = "gate.baseline"')
    assert remarks(tmp_path, RULE + named) == ()
    misspelt = remarks(tmp_path, RULE + named.replace("accuracy_", "acuracy_"))
    assert "'acuracy_change' is no rule's" in misspelt[0].message
    other = only(tmp_path, RULE + WAIVER.replace('"accuracy"', '"brier_score"'))
    assert (
        other.hint == 'against a baseline its change is judged: metric = "brier_score_change"; or take the waiver out'
    )


@pytest.mark.parametrize(
    ("said", "level", "message"),
    [
        ('metric = "acuracy"', "error", "metric 'acuracy' cannot be compared: no check measures it"),
        ('metric = "accuracy"\nmargin = 1e9', "error", "margin = 1e+09 can never be exceeded: 'accuracy' changes by 1"),
        ('metric = "log_loss"\nmargin = 34.6', "error", "'log_loss' changes by 34.5 at most"),
        ('metric = "accuracy"\nlabel = "yes"', "error", "label is said, and 'accuracy' is not about one class"),
        ('metric = "equalized_odds_difference"', "warning", "compared only of texts, and of bundles without rows"),
    ],
)
@pytest.mark.parametrize("table", ["[baseline]", "[[baseline]]"])
def test_what_is_compared_can_be_compared_and_exceed_its_margin(tmp_path, table, said, level, message):
    found = only(tmp_path, f"{RULE}{table}\n{said}\n")
    assert (found.line, found.level) == (5 + said.count("\n") + 1, level)
    assert message in found.message


@pytest.mark.parametrize(
    ("metric", "bound", "message"),
    [
        ("accuracy", "min = 0.0", "min = 0 can never be missed: 'accuracy' is from 0 to 1"),
        ("accuracy", "min = 80", "min = 80 can never be kept: 'accuracy' is from 0 to 1"),
        ("false_negative_rate", "max = 5", "max = 5 can never be missed: 'false_negative_rate' is from 0 to 1"),
        ("mean_absolute_error", "max = -1", "max = -1 can never be kept: 'mean_absolute_error' is 0 or more"),
    ],
)
def test_a_bound_beyond_what_the_metric_can_be_is_an_error(tmp_path, metric, bound, message):
    found = only(tmp_path, f'[[rules]]\nmetric = "{metric}"\n{bound}\nbecause = "a test"\n')
    assert (found.line, found.level) == (3, "error")
    assert message in found.message


def test_a_bound_that_a_metric_can_reach_is_none(tmp_path):
    kept = [("mean_absolute_error", "max = 40"), ("brier_score", "max = 1.5"), ("accuracy", "min = 1")]
    for metric, bound in kept:
        assert remarks(tmp_path, f'[[rules]]\nmetric = "{metric}"\n{bound}\nbecause = "a test"\n') == ()


@pytest.mark.parametrize("said", ['metric = "mean_absolute_error"\nmargin = 3', 'metric = "ndcg_at_7"', "margin = 0.9"])
def test_margins_that_can_be_exceeded_are_no_error(tmp_path, said):
    assert remarks(tmp_path, f"{RULE}[baseline]\n{said}\n") == ()


@pytest.mark.parametrize("table", ["[policy.baseline]", "[[policy.baseline]]"])
def test_a_comparison_by_an_unknown_group_is_an_error_in_a_spec(tmp_path, table):
    text = f'{SPEC}{table}\nmetric = "accuracy"\ngroup = "sx"\n'
    found = only(tmp_path, text, "audit.toml")
    assert (found.line, found.hint) == (len(text.splitlines()), "did you mean 'sex'?")


@pytest.mark.parametrize(
    ("second", "level", "said"),
    [
        ("min = 0.5\nid = 'again'", "warning", "says the same as 'accuracy>=0.5'"),
        ("min = 0.6", "warning", "'accuracy>=0.5' never decides beside 'accuracy>=0.6'"),
        ("min = 0.4", "warning", "'accuracy>=0.4' never decides beside 'accuracy>=0.5'"),
        ("max = 0.4", "error", "no value is at least 0.5 and at most 0.4"),
    ],
)
def test_rules_that_repeat_or_contradict_each_other(tmp_path, second, level, said):
    found = only(tmp_path, RULE + RULE.replace("min = 0.5", second))
    assert (found.level, found.line) == (level, 5)
    assert said in found.message


@pytest.mark.parametrize("second", ["max = 0.9", "min = 0.6\notherwise = 'warn'", "min = 0.6\ngroup = 'sex'"])
def test_rules_that_go_together(tmp_path, second):
    assert remarks(tmp_path, RULE + RULE.replace("min = 0.5", second)) == ()


def test_a_rule_that_is_written_twice_is_an_error(tmp_path):
    assert "has the id of an earlier rule" in only(tmp_path, RULE + RULE).message


# The file.


def test_broken_toml_and_unknown_keys_are_said_with_their_line(tmp_path):
    assert (only(tmp_path, RULE + "metric =\n").line, only(tmp_path, RULE + "mx = 1\n").line) == (5, 5)
    found = only(tmp_path, 'extends = ["basline"]\n' + RULE)
    assert "baseline" in found.hint
    with pytest.raises(SpecError, match="there is no file"):
        remarks_on(tmp_path / "none.toml", TODAY)


def test_rules_of_a_house_file_may_be_waived_and_its_blockers_not(tmp_path):
    (tmp_path / "house.toml").write_text(RULE + "blocker = true\n", "utf-8")
    found = only(tmp_path, 'extends = ["house.toml"]\n' + WAIVER)
    assert "blocker" in found.message
    (tmp_path / "house.toml").write_text(RULE, "utf-8")
    assert remarks(tmp_path, 'extends = ["house.toml"]\n' + WAIVER) == ()


def test_yaml_is_checked_as_toml_is(tmp_path):
    text = "rules:\n- metric: acuracy\n  min: 0.5\n  because: a test\n"
    assert only(tmp_path, text, "policy.yaml").line == 2


# The command.


def run(folder: Folder, *arguments: str) -> Any:
    return folder.run_here("policy", "check", *arguments)


def test_the_command_prints_each_remark_and_leaves_with_2_at_an_error(folder):
    soon = datetime.now(UTC).date() + timedelta(days=3)
    folder.write("soon.toml", RULE + WAIVER.replace("2027-02-01", str(soon)))
    folder.write("wrong.toml", RULE.replace("accuracy", "acuracy"))
    answer = run(folder, "soon.toml")
    assert answer.code == 0
    assert answer.out.splitlines()[0] == f"soon.toml:10: warning: [[waivers]] expires is {soon}: it ends in 3 days"
    assert answer.out.splitlines()[-1] == "soon.toml: no errors, 1 warning"
    assert run(folder, "soon.toml", "--strict").code == 2
    both = run(folder, "soon.toml", "wrong.toml", "--json")
    assert both.code == 2
    said = json.loads(both.out)
    assert said["exit_code"] == 2
    assert [[one["level"] for one in file["remarks"]] for file in said["files"]] == [["warning"], ["error"]]
    run(folder, "none.toml").refused("there is no file 'none.toml'")


def test_the_schema_takes_what_the_command_takes(folder):
    answer = folder.run_here("policy", "schema")
    schema = json.loads(answer.out)
    jsonschema.Draft202012Validator.check_schema(schema)
    rule = {"metric": "accuracy", "min": 0.5, "because": "a test", "blocker": True}
    waiver = {"metric": "accuracy", "owner": "A", "approved_by": "B", "reason": "r", "expires": "2027-02-01"}
    jsonschema.validate({"rules": [rule], "waivers": [waiver], "waiver_days": 90}, schema)
    for wrong in ({"waiver_days": 400}, {"rule": []}, {"waivers": [waiver | {"owner": ""}]}):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(wrong, schema)


def test_the_pre_commit_hook_runs_the_command_on_specs_and_policies(folder):
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    program, *arguments = shlex.split(hook["entry"])
    assert (program, hook["language"]) == ("auditkit", "python")
    folder.spec()
    assert folder.run(*arguments, "audit.toml").code == 0
    taken = ["audit.toml", "policy.toml", "examples/triage/audit.toml", "release.policy.yml", "audit.yaml"]
    left = ["pyproject.toml", "auditor.toml", "audit.py", "audit.toml.orig"]
    assert [name for name in taken + left if re.search(hook["files"], name)] == taken


@pytest.mark.parametrize(("due", "said"), [("2026-11-01", ["is 2026-11-01, which has passed"]), ("2027-01-31", [])])
def test_a_due_day_that_has_passed_is_a_warning(tmp_path, due, said):
    text = f'[[rules]]\nmetric = "accuracy"\nmin = 0.7\nowner = "A. Weber"\ndue = {due}\nbecause = "a test"\n'
    found = remarks(tmp_path, text)
    assert [one.level for one in found] == ["warning"] * len(said)
    assert all(words in one.message for one, words in zip(found, said, strict=True))


def test_a_due_day_without_an_owner_is_an_error_that_says_what_to_write(tmp_path):
    found = only(tmp_path, '[[rules]]\nmetric = "accuracy"\nmin = 0.7\ndue = 2027-01-31\nbecause = "a test"\n')
    assert "needs an owner" in found.message
    assert found.hint.startswith('owner = "A. Name"')
