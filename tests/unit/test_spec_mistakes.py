"""What is said about a spec that is wrong: the line, the key, the value, and what to type next."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditkit.errors import SpecError
from auditkit.spec import read_policy, read_spec

TOML = """name = "x"
seed = 1
[model]
adapter = "recorded"
[data]
audit = "a.csv"
predicted = "yhat"
groups = ["sex"]
"""

YAML = """name: x
seed: 1
model:
  adapter: recorded
data:
  audit: a.csv
  predicted: yhat
  groups: [sex]
checks:
  - use: fairness
  - use: calibration.error
    bins: 15
"""


def mistake(folder: Path, text: str | bytes, name: str, read: Callable[[Path], Any] = read_spec) -> tuple[str, str]:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    with pytest.raises(SpecError) as caught:
        read(path)
    return caught.value.message, caught.value.hint


RULE = '[[policy.rules]]\nmetric = "m"\nbecause = "b"\n'
WAIVER = '[[policy.waivers]]\nmetric = "m"\nreason = "r"\n'

# (what is replaced, by what, the message after `audit.toml:`, the hint)
MEANINGS = [
    # keys
    ("seed", "sede", "2: a spec has no key 'sede'", "did you mean 'seed'?"),
    ("[data]", "[dta]", "5: a spec has no key 'dta'", "did you mean 'data'?"),
    ("[model]", "[[rules]]\n[model]", "3: a spec has no key 'rules'", "rules belongs under [policy]"),
    ("groups", '[report]\nlangage = "en"\ngroups', "9: [report] has no key 'langage'", "did you mean 'language'?"),
    ("groups", '[report]\ntarget = "y"\n#', "9: [report] has no key 'target'", "target belongs under [data]"),
    ("groups", "[signing]\nseed = 3\n#", "9: [signing] has no key 'seed'", "seed belongs at the top of the file"),
    ("[data]", f"{RULE}maxx = 1\n[data]", "8: [[policy.rules]] has no key 'maxx'", "did you mean 'max'?"),
    (
        "groups",
        '[report]\n"\u202e" = 1\n#',
        "9: [report] has no key '\\u202e'",
        "known are: evidence",
    ),
    # what must be there
    ('name = "x"', "", "1: name is missing", 'name = "Specialty triage, release 3"'),
    ('name = "x"', 'name = "  "', '1: name is empty: "  "', 'name = "Specialty triage, release 3"'),
    ('[model]\nadapter = "recorded"', "", "1: the table 'model' is missing", "write [model] on a line of its own"),
    ('adapter = "recorded"', "", "3: [model] adapter is missing", 'adapter = "recorded"'),
    ('audit = "a.csv"', "", "5: [data] audit is missing", 'audit = "audit.csv"'),
    ("audit", "audt", "6: [data] audit is missing", "did you mean 'audit' by 'audt'?"),
    ("[data]", "[[checks]]\n[data]", "5: [[checks]] use is missing", 'use = "fairness"'),
    ("[data]", '[[checks]]\nsue = "a"\n[data]', "6: [[checks]] use is missing", "did you mean 'use' by 'sue'?"),
    (
        'predicted = "yhat"',
        "",
        "5: [data] does not say which column or file holds the predictions",
        'predicted = "yhat"',
    ),
    # types
    ("seed = 1", 'seed = "1"', '2: seed is "1"; wanted a whole number', "seed = 1"),
    ("seed = 1", "seed = 1.5", "2: seed is 1.5; wanted a whole number", "seed = 20261121"),
    ("seed = 1", "seed = true", "2: seed is true; wanted a whole number", "seed = 20261121"),
    ("seed = 1", 'level = "0.9"', '2: level is "0.9"; wanted a number', "level = 0.9"),
    ("seed = 1", 'policy = "p.toml"', '2: policy is "p.toml"; wanted a table', "write [policy] on a line of its own"),
    (
        "seed = 1",
        'checks = "a"',
        '2: checks is "a"; wanted a list of tables',
        'write [[checks]] and, under it, use = "',
    ),
    ("seed = 1", 'checks = ["a"]', '2: checks is "a"; wanted a table', 'write [[checks]] and, under it, use = "'),
    ("[model]", '[checks]\nuse = "a"\n[model]', "3: [checks] is a table; wanted a list", "write [[checks]]"),
    ('adapter = "recorded"', "adapter = 3", "4: [model] adapter is 3; wanted text", 'adapter = "3"'),
    (
        "[data]",
        'batch_size = "32"\n[data]',
        '5: [model] batch_size is "32"; wanted a whole number or "auto"',
        "batch_size =",
    ),
    ("[data]", "labels = [3]\n[data]", "5: [model] labels is [3]; wanted a table", "write [model.labels]"),
    ('["sex"]', '"sex"', '8: [data] groups is "sex"; wanted a list', 'groups = ["sex"]'),
    ('["sex"]', '[\n"sex",\n3]', "10: [data] groups is 3; wanted text", 'groups = ["sex", "3"]'),
    ("groups", "target = 3\ngroups", "8: [data] target is 3; wanted text or a list", 'target = ["3"]'),
    (
        "groups",
        "positive = {a = 1}\ngroups",
        "8: [data.positive] is a table; wanted text or a list",
        'positive = "yes"',
    ),
    ("groups", 'threshold = "5"\ngroups', '8: [data] threshold is "5"; wanted a number', "threshold = 5"),
    ("groups", "missing = -9\ngroups", "8: [data] missing is -9; wanted a list", 'missing = ["-9"]'),
    (
        "groups",
        "protected_inputs = 3\ngroups",
        "8: [data] protected_inputs is 3; wanted a table",
        "write [data.protected_",
    ),
    ("[data]", "[signing]\nkey = 3\n[data]", "6: [signing] key is 3; wanted text", 'key = "3"'),
    # values
    ("seed = 1", "seed = -1", "2: seed is -1; wanted a number of at least 0", "seed = 20261121"),
    ("seed = 1", "level = 2", "2: level is 2; wanted a number below 1", "level = 0.95"),
    ("seed = 1", "level = 0", "2: level is 0; wanted a number above 0", "level = 0.95"),
    ("seed = 1", 'task = "binry"', '2: task is "binry"; wanted "binary", "multiclass",', "did you mean 'binary'?"),
    (
        "groups",
        '[report]\nlanguage = "de"\n#',
        '9: [report] language is "de"; wanted "en" or "zh-CN"',
        'language = "en"',
    ),
    ("groups", '[report]\nformats = ["htm"]\n#', '9: [report] formats is "htm"; wanted "html" or "pdf"', "'html'?"),
    ("groups", "[report]\nformats = []\n#", "9: [report] formats is empty: []", 'formats = ["html"]'),
    (
        "groups",
        "[compute]\ntime_limit = 0\n#",
        "9: [compute] time_limit is 0; wanted a number above 0",
        "time_limit = 3",
    ),
    ("groups", "k = 0\ngroups", "8: [data] k is 0; wanted a number of at least 1", "leave the line out"),
    ("groups", 'target = ""\ngroups', '8: [data] target is empty: ""', 'target = "outcome"'),
    ("groups", "target = []\ngroups", "8: [data] target is empty: []", 'target = "outcome"'),
    ("seed = 1", "seed = 99999999999999999999", "2: seed is '0x56bc75e2d630fffff'", "stay under 2**53"),
    ("groups", "option = nan\ngroups", "8: [data] option is 'nan'", "write a finite number"),
    ("groups", 'option = "\\u0000"\ngroups', "8: [data] option has a character that no file", "remove the character"),
    ("groups", f"option = {'[' * 40}{']' * 40}\n#", "5: [data] is nested too deeply", "use at most 32 levels"),
    ("groups", f"option = {'[' * 9000}{']' * 9000}\n#", "1: the file is nested too deeply", "use at most 32 levels"),
    ("seed = 1", f"seed = {'1' * 5000}", "1: a number has more digits than can be read", "stay under 2**53"),
    # what does not fit together
    ('["sex"]', '["sex", "sex"]', "8: [data] groups names 'sex' more than once", "keep one of them"),
    ("groups", 'target = "sex"\ngroups', "9: [data] groups names 'sex', which is the target", "before the outcome"),
    (
        "groups",
        'target = "y"\ninput = ["age", "y"]\ngroups',
        "9: [data] input names 'y', which is the target: the model would",
        "leave it out of input",
    ),
    ("groups", 'classes = ["a", "a"]\ngroups', "8: [data] classes names 'a' more than once", "keep one of them"),
    (
        "groups",
        "positive = 1\nclasses = [true]\n#",
        "8: [data] positive is '1', which is not one of the",
        "known are: true",
    ),
    ("groups", "threshold = 0.5\ngroups", "8: [data] threshold is '0.5', which needs one positive", 'positive = "yes"'),
    ("groups", 'positive = ["a"]\nthreshold = 0.5\n#', "9: [data] threshold is '0.5', which needs", 'positive = "a"'),
    (
        "groups",
        "positive = 1\nthreshold = 5\n#",
        "9: [data] threshold is '5', which no probability",
        'score_kind = "score"',
    ),
    ("groups", 'lower = "l"\ngroups', "8: [data] lower is given without upper", 'upper = "upper_bound"'),
    (
        "groups",
        'protected_inputs = {sx = "a"}\ngroups',
        "8: [data.protected_inputs] sx names 'sx'",
        "did you mean 'sex'?",
    ),
    # the policy
    ("[data]", f"{RULE}[data]", "5: [[policy.rules]] is refused: a rule has either min or max", "give it one bound"),
    (
        "[data]",
        f"{RULE}max = 1\nmin = 0\n[data]",
        "5: [[policy.rules]] is refused: a rule has either",
        "give it one bound",
    ),
    ("[data]", f'{RULE}max = "1"\n[data]', '8: [[policy.rules]] max is "1"; wanted a number', "max = 1"),
    ("[data]", f"{RULE}max = 1\ngroup = 3\n[data]", "9: [[policy.rules]] group is 3; wanted text or a list", "group ="),
    (
        "[data]",
        f'{RULE}max = 1\ngroup = ["a", 3]\n#',
        "9: [[policy.rules]] group is 3; wanted text",
        'group = ["a", "3"]',
    ),
    ("[data]", f'{RULE}max = 1\nneeds = ["train"]\n#', '9: [[policy.rules]] needs is "train"; wanted', "'training'?"),
    (
        "[data]",
        f"{RULE}[policy.rules.conditions]\ns = 3\n#",
        "9: [policy.rules.conditions] s is 3; wanted text",
        's = "3"',
    ),
    (
        "[data]",
        f"{RULE}max = 1\n{RULE}max = 1\n[data]",
        "9: [[policy.rules]] has the id of an earlier rule: 'm<=1'",
        "id",
    ),
    (
        "[data]",
        '[[policy.rules]]\nmetric = "m"\nmax = 1\n[data]',
        "5: [[policy.rules]] because is missing",
        "because = ",
    ),
    ("[data]", RULE.replace('"b"', '""') + "[data]", "7: [[policy.rules]] because is empty", "because = "),
    ("[data]", f"{WAIVER}expires = 2027-01-31\n[data]", "5: [[policy.waivers]] owner is missing", 'owner = "A. Name"'),
    ("[data]", f'{WAIVER}owner = "o"\n[data]', "5: [[policy.waivers]] expires is missing", "expires = 2027-01-31"),
    (
        "[data]",
        f'{WAIVER}owner = "o"\nexpires = "2027-01-02"\n#',
        "9: [[policy.waivers]] expires is",
        "expires = 2027-01-02",
    ),
    ("[data]", '[policy]\nextends = "baseline"\n[data]', '6: [policy] extends is "baseline"', 'extends = ["baseline"]'),
    ("[data]", "[policy]\nmin_group_size = 0\n[data]", "6: [policy] min_group_size is 0", "min_group_size = 30"),
]


@pytest.mark.parametrize(("old", "new", "message", "hint"), MEANINGS)
def test_a_toml_spec_that_cannot_be_meant(tmp_path: Path, old: str, new: str, message: str, hint: str) -> None:
    assert old in TOML
    said, advice = mistake(tmp_path, TOML.replace(old, new, 1), "audit.toml")
    assert said.startswith(f"audit.toml:{message}")
    assert hint in advice


TOML_SYNTAX = [
    ('a = "x\nb = 1\n', '1: "a = \\"x" has a text that is not closed', "close it"),
    ("a = 'x\nb = 'y'\n", '1: "a = \'x" has a text that is not closed', "close it"),
    ("b = 1\na = 'x\n", '2: "a = \'x" begins a text that is not closed', "close it"),
    ('b = 1\na = """x\n\n\n', "2: ", 'close it with """'),
    ("b = 1\na = [1,\n\n", '2: "a = [1," begins a list that is not closed', "close it with ]"),
    ("a = [1,\nb = 2\n", '2: "b = 2" comes where a list is not closed yet', "close the list above it with ]"),
    ("a = {b = 1\n}\n", '1: "a = {b = 1" begins a table that is not closed on its line', "close it with }"),
    ("[d\nx = 1\n", '1: "[d" begins a table name that is not closed', "close it with ]"),
    ("[[d]\nx = 1\n", '1: "[[d]" begins a table name that is not closed', "close it with ]]"),
    ("a = specialty\n", '1: "a = specialty" has a text without quotation marks', 'a = "specialty"'),
    ("a = True\n", '1: "a = True" has a value that is not TOML', "a = true"),
    ("a = \u201cx\u201d\n", "1: ", "straight quotation marks"),
    ("a =\n", '1: "a =" has no value', "give it one"),
    ("a: 1\n", '1: "a: 1" has no = after its key', 'write it as: key = "value"'),
    ("= 1\n", '1: "= 1" is not TOML', 'write it as: key = "value"'),
    ("a = 1\na = 2\n", '2: "a = 2" gives a key a second time', "keep one of the two"),
    ("a = {b = 1, b = 2}\n", "1: ", "keep one of the two"),
    ("[d]\n[d]\n", '2: "[d]" declares a table a second time', "put its keys under the first one"),
    ("x = []\n[[x]]\n", '2: "[[x]]" adds to a value that is closed already', "write it in one place"),
    ('a = "C:\\q"\n', "1: ", "single quotation marks"),
    ("a = 02\n", '1: "a = 02" goes on after its value', "leading zeros need quotation marks"),
    ("a = 2027-02-31\n", '1: "a = 2027-02-31" has a date that does not exist', "2027-01-31"),
    ("a = 1\r\nb =\r\n", '2: "b =" has no value', "give it one"),
    ("\x1b[31m = 1\n", '1: "\\u001b[31m = 1" is not TOML', "write it as"),
    ("", "1: the file is empty", "a spec has at least a name"),
    ("# nothing\n", "1: the file is empty", "a spec has at least a name"),
    (b'a = 1\nb = "\xe9"\n', "2: the byte '0xe9' is not UTF-8", "save the file with the encoding UTF-8"),
    ("a = 1\n".encode("utf-16"), "1: the byte '0xff' is not UTF-8", "save the file with the encoding UTF-8"),
]


@pytest.mark.parametrize(("text", "message", "hint"), TOML_SYNTAX)
def test_what_is_not_toml(tmp_path: Path, text: str | bytes, message: str, hint: str) -> None:
    said, advice = mistake(tmp_path, text, "audit.toml")
    assert said.startswith(f"audit.toml:{message}")
    assert hint in advice


YAML_MISTAKES = [
    # meanings, in the notation of YAML
    ("[sex]", "sex", '8: [data] groups is "sex"; wanted a list', 'groups: ["sex"]'),
    ("[sex]", "\n  - sex\n  - 3", "10: [data] groups is 3; wanted text", 'groups: ["sex", "3"]'),
    ("groups: [sex]", "groups:", "8: [data] groups has no value", "give it one, or remove the line"),
    ("groups", "classes: [no, ~]\n  groups", "8: [data] classes has no value", "give it one"),
    ("seed: 1", "sede: 1", "2: a spec has no key 'sede'", "did you mean 'seed'?"),
    ("seed: 1", "seed: 01", '2: seed is "01"; wanted a whole number', "seed: 1"),
    ("seed: 1", "level: .nan", "2: level is 'nan'", "write a finite number"),
    ("seed: 1", 'level: "\\ud800"', "2: level has a character that no file can hold", "remove the character"),
    ("seed: 1", "report:\n  langage: en", "3: [report] has no key 'langage'", "did you mean 'language'?"),
    ("seed: 1", "policy: [1]", "2: policy is [1]; wanted a table", "write policy: on a line of its own"),
    (
        "  - use: fairness\n",
        "  - fairness\n",
        '10: checks is "fairness"; wanted a table',
        "write checks: and, under it, - use:",
    ),
    ("use: fairness", "use: 3", "10: [[checks]] use is 3; wanted text", 'use: "3"'),
    ("seed: 1", "policy: {waivers: [{expires: 2027-02-31}]}", "2: [[policy.waivers]]", "expires: 2027-01-31"),
    # what YAML can say, and a spec cannot
    ("seed: 1", "seed: 1\nseed: 2", "3: the key 'seed' is given a second time", "keep one of the two"),
    ("seed: 1", "seed: &a 1\nlevel: *a", '3: "level: *a" refers to another place', "write the value out"),
    ("seed: 1", "a: &a [1]\nb: &b [*a,*a]\nc: [*b,*b]", "3: ", "write the value out"),
    ("seed: 1", "1: 2", "2: the key '1' is not text", 'put it in quotation marks: "1"'),
    ("seed: 1", "true: 2", "2: the key 'true' is not text", 'put it in quotation marks: "true"'),
    ("seed: 1", "[a]: 2", "2: a list or a table cannot be a key", "write a text for the key"),
    ("seed: 1", "<<: {a: 1}", "2: a spec has no key '<<'", "known are"),
    ("seed: 1", "seed: !!python/object:os.system 1", "2: the tag 'python/object:os.system' has no place", "remove it"),
    ("seed: 1", "seed: !!set {a}", "2: the tag 'set' has no place", "remove it"),
    ("seed: 1", "seed: !!bool maybe", '2: seed is "maybe"; wanted a whole number', "seed: 20261121"),
    ("seed: 1", f"x: {'[' * 40}{']' * 40}", "2: x is nested too deeply", "use at most 32 levels"),
    ("seed: 1", f"x: {'[' * 5000}", "1: the file is nested too deeply", "use at most 32 levels"),
    # syntax
    ("seed: 1", "seed: 1\n\tlevel: 2", '3: "level: 2" has a tab where YAML wants spaces', "indent with spaces"),
    ("seed: 1", "seed: a: b", '2: "seed: a: b" has a colon that YAML cannot place', "quotation marks"),
    ("seed: 1", 'seed: "x', "2: ", "close it with a second"),
    ("[sex]", "[sex", '8: "groups: [sex" begins a list that is not closed', "close it with ]"),
    ("seed: 1", "seed: {a: 1", '2: "seed: {a: 1" begins a table that is not closed', "close it with }"),
    ("seed: 1", "seed: @x", '2: "seed: @x" begins with a character that YAML reserves', "quotation marks"),
    ("seed: 1", 'seed: "\\q"', "2: ", "single quotation marks"),
    ("seed: 1", "seed\nlevel: 1", '3: "level: 1" has no colon after its key', "key: value"),
    ("seed: 1", "---\nseed: 1", '2: "---" begins a second document', "remove the line ---"),
    ("seed: 1", "\x01: 1", "2: the character '0x01' has no place in a spec", "remove it"),
    ("    bins", "   bins", '12: "bins: 15" is not indented like the lines around it', "the same indent"),
    (YAML, "- a", "1: the file is not a table of keys", "begin with: name"),
    (YAML, "", "1: the file is empty", "a spec has at least a name"),
]


@pytest.mark.parametrize(("old", "new", "message", "hint"), YAML_MISTAKES)
def test_a_yaml_spec_that_is_wrong(tmp_path: Path, old: str, new: str, message: str, hint: str) -> None:
    assert old in YAML
    said, advice = mistake(tmp_path, YAML.replace(old, new, 1), "audit.yaml")
    assert said.startswith(f"audit.yaml:{message}")
    assert hint in advice


POLICY_MISTAKES = [
    ('[[rules]]\nmetric = "m"\nmax = 1\n', "1: [[rules]] because is missing", "because = "),
    ('[[policy.rules]]\nmetric = "m"\n', "1: a policy file has no key 'policy'", "[[rules]], not [[policy.rules]]"),
    ("seed = 1\n", "1: a policy file has no key 'seed'", "known are: baseline, extends, min_group_size"),
    ("min_group_siz = 1\n", "1: a policy file has no key 'min_group_siz'", "did you mean 'min_group_size'?"),
    ('small_groups = "lst"\n', '1: small_groups is "lst"; wanted "inconclusive" or "list"', "did you mean 'list'?"),
    ("", "1: the file is empty", "a policy file has [[rules]]"),
]


@pytest.mark.parametrize(("text", "message", "hint"), POLICY_MISTAKES)
def test_a_policy_file_that_is_wrong(tmp_path: Path, text: str, message: str, hint: str) -> None:
    said, advice = mistake(tmp_path, text, "policy.toml", read_policy)
    assert said.startswith(f"policy.toml:{message}")
    assert hint in advice


def test_a_file_that_is_not_there_is_looked_for_nearby(tmp_path: Path) -> None:
    (tmp_path / "audit.toml").write_text(TOML, encoding="utf-8")
    with pytest.raises(SpecError, match=r"there is no file '.*audt\.toml'") as caught:
        read_spec(tmp_path / "audt.toml")
    assert caught.value.hint == "did you mean 'audit.toml'?"


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="there is no file"):
        read_spec(tmp_path / "a\0b.toml")


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="is a folder, not a spec") as caught:
        read_spec(tmp_path)
    assert caught.value.hint == f"name the file in it: {tmp_path}/audit.toml"


def test_a_path_through_a_file_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(SpecError, match="cannot be read: Not a directory"):
        read_spec(tmp_path / "file" / "audit.toml")


def test_a_file_is_read_by_its_suffix(tmp_path: Path) -> None:
    said, advice = mistake(tmp_path, "{}", "audit.json")
    assert said == "'audit.json' is neither TOML nor YAML by its name"
    assert advice == "name it audit.toml or audit.yaml"


def test_a_file_of_weights_is_not_read_whole(tmp_path: Path) -> None:
    said, _ = mistake(tmp_path, b"#" * (4 * 2**20 + 1), "audit.toml")
    assert "is too large to be a spec" in said


def test_no_error_shows_what_could_move_a_cursor(tmp_path: Path) -> None:
    said, advice = mistake(tmp_path, TOML.replace('"a.csv"', '["\\u001b[2J\\u009b", 1]'), "audit.toml")
    assert said == 'audit.toml:6: [data] audit is ["\\u001b[2J\\x9b", 1]; wanted text'
    assert (said + advice).isprintable()


def test_the_first_mistake_in_the_file_is_told(tmp_path: Path) -> None:
    said, _ = mistake(tmp_path, TOML.replace("seed = 1", "seed = 'a'").replace('["sex"]', "3"), "audit.toml")
    assert said.startswith("audit.toml:2: seed")
