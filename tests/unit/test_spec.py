"""What a spec that is right is read as."""

from __future__ import annotations

import pickle
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from auditkit.errors import SpecError
from auditkit.options import RESERVED
from auditkit.spec import AuditSpec, CheckSpec, DataSpec, ModelSpec, PluginsSpec, read_policy, read_spec

# The example of the documentation, word for word but for its comments.
WHOLE_TOML = """
name = "Specialty triage, release 3"
seed = 20261121
level = 0.95

[model]
adapter = "text-classifier"
path = "model"
device = "auto"
batch_size = "auto"
allow_download = false

[data]
loader = "csv"
audit = "audit.csv"
training = "train.csv"
reference = "population.csv"
input = "note"
target = "specialty"
positive = "urgent"
groups = ["sex", "age_band"]
unit = "patient_id"
separator = ";"

[[checks]]
use = "fairness"
[[checks]]
use = "calibration.error"
bins = 15

[policy]
extends = ["baseline"]
min_group_size = 30
small_groups = "inconclusive"
[[policy.rules]]
metric = "equalized_odds_difference"
group = "sex"
max = 0.10
because = "Release policy 4.2"
[[policy.waivers]]
metric = "equalized_odds_difference"
group = "age_band"
owner = "A. Name"
expires = 2027-01-31
reason = "..."

[report]
formats = ["html", "pdf"]
language = "en"
evidence = "rows"
examples = "none"

[signing]
key = "audit.key"

[governance]
reviewed = 2026-11-01
"""

WHOLE_YAML = """
name: Specialty triage, release 3
seed: 20261121
level: 0.95
model: {adapter: text-classifier, path: model, device: auto, batch_size: auto, allow_download: false}
data:
  loader: csv
  audit: audit.csv
  training: train.csv
  reference: population.csv
  input: note
  target: specialty
  positive: urgent
  groups: [sex, age_band]
  unit: patient_id
  separator: ";"
checks:
- use: fairness
- use: calibration.error
  bins: 15
policy:
  extends: [baseline]
  min_group_size: 30
  small_groups: inconclusive
  rules:
  - {metric: equalized_odds_difference, group: sex, max: 0.10, because: Release policy 4.2}
  waivers:
  - metric: equalized_odds_difference
    group: age_band
    owner: A. Name
    expires: 2027-01-31
    reason: "..."
report: {formats: [html, pdf], language: en, evidence: rows, examples: none}
signing: {key: audit.key}
governance: {reviewed: 2026-11-01}
"""

SMALL = 'name = "x"\n[model]\nadapter = "m"\n[data]\naudit = "a.csv"\n'


def read(tmp_path: Path, text: str, name: str = "audit.toml") -> AuditSpec:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_spec(path)


def test_the_whole_example_is_read(tmp_path: Path) -> None:
    spec = read(tmp_path, WHOLE_TOML)
    assert (spec.name, spec.seed, spec.level, spec.task) == ("Specialty triage, release 3", 20261121, 0.95, None)
    assert spec.model == ModelSpec(adapter="text-classifier", path="model", options={"allow_download": False})
    assert spec.data.groups == ("sex", "age_band")
    assert spec.data.options == {"separator": ";"}
    assert spec.checks == (CheckSpec(use="fairness"), CheckSpec(use="calibration.error", options={"bins": 15}))
    assert spec.policy is not None
    assert spec.policy.rules[0].max == 0.10
    assert spec.policy.waivers[0].expires == date(2027, 1, 31)
    assert spec.report.formats == ("html", "pdf")
    assert spec.signing.key == "audit.key"


def test_yaml_and_toml_say_the_same(tmp_path: Path) -> None:
    toml, yaml = read(tmp_path, WHOLE_TOML), read(tmp_path, WHOLE_YAML, "audit.yaml")
    assert toml.model_dump() == yaml.model_dump()
    assert toml.digest == yaml.digest


def test_what_is_not_said_has_its_default(tmp_path: Path) -> None:
    spec = read(tmp_path, SMALL)
    assert (spec.seed, spec.level, spec.policy, spec.checks) == (0, 0.95, None, ())
    assert (spec.data.loader, spec.data.positive, spec.data.groups, spec.data.k) == ("csv", None, (), 10)
    assert (spec.signing.sequence, spec.signing.valid_days, spec.signing.assurance) == (0, 365, "self_attested")
    assert (spec.report.formats, spec.compute.time_limit, spec.plugins) == (
        ("html", "pdf"),
        3600,
        PluginsSpec(allow=None),
    )


def test_defaults_written_out_change_no_digest(tmp_path: Path) -> None:
    assert (
        read(tmp_path, SMALL).digest == read(tmp_path, "seed = 0\nlevel = 0.95\n" + SMALL + 'loader = "csv"\n').digest
    )


def test_every_value_changes_the_digest(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL).digest != read(tmp_path, SMALL + "bins = 3\n").digest


def test_json_round_trip(tmp_path: Path) -> None:
    spec = read(tmp_path, WHOLE_TOML.replace("reviewed = 2026-11-01", 'reviewed = "2026"'))
    again = AuditSpec.from_json(spec.to_json())
    assert again.model_dump() == spec.model_dump()
    assert again.digest == spec.digest


def test_a_pickled_spec_still_knows_its_lines(tmp_path: Path) -> None:
    spec = pickle.loads(pickle.dumps(read(tmp_path, SMALL)))
    assert spec == read(tmp_path, SMALL)
    assert spec.folder == tmp_path
    assert str(spec.source.error(("model", "adapter"), "'m' is not installed")) == (
        "audit.toml:3: [model] adapter 'm' is not installed"
    )


def test_errors_of_later_stages_name_line_and_key(tmp_path: Path) -> None:
    error = read(tmp_path, WHOLE_TOML).source.error(("checks", 1, "bins"), "is '15'", "bins = 10")
    assert isinstance(error, SpecError)
    assert (str(error), error.hint) == ("audit.toml:29: [[checks]] bins is '15'", "bins = 10")


@pytest.mark.parametrize(("text", "name"), [(WHOLE_TOML, "audit.toml"), (WHOLE_YAML, "audit.yaml")])
def test_every_key_is_on_its_line(tmp_path: Path, text: str, name: str) -> None:
    source = read(tmp_path, text, name).source
    rows = text.split("\n")
    named = {keys: rows[line - 1] for keys, line in source.lines.items() if isinstance(keys[-1], str)}
    assert len(named) > 30
    assert [keys for keys, row in named.items() if str(keys[-1]) not in row] == []


def test_tables_in_lists_of_tables_are_told_apart(tmp_path: Path) -> None:
    rules = "".join(
        f'[[policy.rules]]\nmetric = "m{n}"\nmax = 1\nbecause = "b"\n[policy.rules.conditions]\nseverity = "{n}"\n'
        for n in range(3)
    )
    source = read(tmp_path, f"{SMALL}{rules}").source
    assert [source.line(("policy", "rules", n, "conditions", "severity")) for n in range(3)] == [11, 17, 23]
    assert source.label(("policy", "rules", 2, "conditions", "severity")) == "[policy.rules.conditions] severity"


def test_a_key_that_is_not_written_has_the_line_of_its_table(tmp_path: Path) -> None:
    error = read(tmp_path, SMALL).source.error(("data", "target"), "is missing")
    assert str(error) == "audit.toml:4: [data] target is missing"


def test_a_spec_made_in_python_has_errors_without_a_line() -> None:
    spec = AuditSpec(name="x", model=ModelSpec(adapter="m"), data=DataSpec(audit="a.csv"))
    assert str(spec.source.error(("data", "audit"), "is not there")) == "[data] audit is not there"
    assert spec.folder == Path.cwd()


def test_a_spec_is_frozen(tmp_path: Path) -> None:
    spec = read(tmp_path, SMALL)
    with pytest.raises(ValidationError):
        spec.seed = 3


@pytest.mark.parametrize(
    ("line", "label"),
    [
        ("positive = 1", "1"),
        ("positive = 1.0", "1"),
        ("positive = true", "true"),
        ('positive = "02"', "02"),
        ('positive = "None"', "None"),
        ('positive = "<script>alert(1)</script>"', "<script>alert(1)</script>"),
        ("positive = [1, true, 'a']", ("1", "true", "a")),
    ],
)
def test_labels_are_canonical(tmp_path: Path, line: str, label: str | tuple[str, ...]) -> None:
    assert read(tmp_path, f"{SMALL}{line}\n").data.positive == label


def test_yaml_labels_stay_as_they_are_written(tmp_path: Path) -> None:
    labels = "[no, yes, on, off, 02, 1.0, true, 12:30, 1_000, 0x1F, 2020-01-01, 2020-02-31]"
    spec = read(tmp_path, f"name: x\nmodel: {{adapter: m}}\ndata: {{audit: a.csv, classes: {labels}}}\n", "a.yml")
    assert spec.data.classes == (
        *("no", "yes", "on", "off", "02", "1", "true"),
        *("12:30", "1_000", "0x1F", "2020-01-01", "2020-02-31"),
    )


def test_one_name_or_several_are_remembered_as_written(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL + 'input = "note"\n').data.input == "note"
    assert read(tmp_path, SMALL + 'input = ["note"]\ntarget = ["a", "b"]\n').data.input == ("note",)


def test_one_column_of_scores_is_a_list_of_one(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL + 'scores = "p"\n').data.scores == ("p",)


def test_cells_that_are_missing_are_text(tmp_path: Path) -> None:
    assert read(tmp_path, SMALL + 'missing = [-9, "NA"]\n').data.missing == ("-9", "NA")


def test_model_labels_are_text(tmp_path: Path) -> None:
    spec = read(tmp_path, SMALL.replace("[data]", "labels = {LABEL_0 = 0, LABEL_1 = true}\n[data]"))
    assert spec.model.labels == {"LABEL_0": "0", "LABEL_1": "true"}


def test_windows_files_are_read(tmp_path: Path) -> None:
    path = tmp_path / "audit.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (SMALL + "seed = 1\n").replace("\n", "\r\n").encode())
    assert read_spec(path).data.options == {"seed": 1}


def test_a_policy_file_has_the_keys_of_the_policy_table(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('min_group_size = 50\n[[rules]]\nmetric = "roc_auc"\nmin = 0.8\nbecause = "x"\n', encoding="utf-8")
    policy = read_policy(path)
    assert policy.min_group_size == 50
    assert [rule.identified().id for rule in policy.rules] == ["roc_auc>=0.8"]


def test_plugins_may_not_take_a_key_of_the_spec() -> None:
    designed = {*ModelSpec.model_fields, *DataSpec.model_fields, *CheckSpec.model_fields} - {"options"}
    assert designed <= RESERVED


def test_importing_the_spec_imports_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'yaml', 'tree_sitter', 'scipy', 'torch'}"
    code = f"import sys, auditkit.spec; sys.exit(str({heavy} & set(sys.modules)) if {heavy} & set(sys.modules) else 0)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr == ""
