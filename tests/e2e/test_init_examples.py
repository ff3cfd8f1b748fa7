"""`auditkit init` on the model and the rows of each example: what it says is what the example's own spec says."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
ROWS = ("--audit-rows", "60", "--training-rows", "120")
NOT_CALLED = {"scanner", "hand", "interpreter", "speaks", "asks_for", "site"}
"""What an example compares by and is called like nothing protected."""


def make(folder, name, *scripts):
    """An example's own files, smaller."""
    for script, *options in scripts:
        where = [str(folder.path)] if name == "diet_recommender" else ["--folder", str(folder.path)]
        command = [sys.executable, str(EXAMPLES / name / script), *where, *options]
        environment = folder.environment | {"OMP_NUM_THREADS": "1"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, env=environment, check=False)
        assert done.returncode == 0, done.stderr


def told(folder, *arguments):
    """The spec that init writes; `auditkit plan` takes it."""
    answer = folder.run_here("init", *arguments, "--out", "new.toml")
    assert answer.code == 0, answer
    planned = folder.run_here("plan", "new.toml")
    assert planned.code == 0, planned
    text = (folder.path / "new.toml").read_text("utf-8")
    return tomllib.loads(text) | {
        "likely": tomllib.loads("".join(re.findall(r"^# (groups = \[.*\])", text, re.MULTILINE)))
    }


def same_as_the_examples(said, name):
    """Hold what was found against what the example's author wrote."""
    own = tomllib.loads((EXAMPLES / name / "audit.toml").read_text("utf-8"))
    assert said["model"]["adapter"] == own["model"]["adapter"]
    for key in ("input", "target", "unit", "scores", "classes"):
        assert said["data"].get(key) == own["data"].get(key), key
    assert said["data"].get("loader") == own["data"].get("loader", "csv")
    # Who is compared is never guessed: what is called like a protected attribute stands in a comment.
    assert "groups" not in said["data"]
    assert set(said["likely"]["groups"]) - {"NAME"} == set(own["data"]["groups"]) - NOT_CALLED


def test_heart_disease_is_found_and_audited(folder):
    for name in ("model.safetensors", "predictions.csv"):
        folder.write(name, (EXAMPLES / "heart_disease" / name).read_bytes())
    said = told(folder, "model.safetensors", "predictions.csv")
    same_as_the_examples(said, "heart_disease")
    assert said["data"]["positive"] == "yes"
    answer = folder.run_here("run", "new.toml", "--no-pdf", "--out", "audit-audit")
    assert answer.code == 5, answer
    measured = {one["metric"]: one["value"] for one in folder.finding("performance.overall")["measurements"]}
    assert measured["accuracy"] > 0.75


TEXTS = ["triage", "findings", "clinical_entities", "sentiment", "consultation"]


@pytest.mark.slow
@pytest.mark.parametrize("name", TEXTS)
def test_a_model_of_texts(folder, name):
    make(folder, name, ("prepare.py", *ROWS), ("train.py",))
    said = told(folder, "model", "audit.csv")
    same_as_the_examples(said, name)
    if name in {"findings", "triage"}:
        answer = folder.run_here("run", "new.toml", "--no-pdf", "--out", "audit-audit")
        assert answer.code in {0, 1, 5}, answer


@pytest.mark.slow
def test_a_number_read_off_notes(folder):
    make(folder, "pain_from_notes", ("prepare.py", *ROWS), ("train.py",))
    given = ("--set", "model.output=mean-and-log-variance", "--set", "model.scale=2.5", "--set", "model.offset=5.0")
    said = told(folder, "model", "audit.csv", *given)
    same_as_the_examples(said, "pain_from_notes")


@pytest.mark.slow
def test_a_pipeline_and_its_categories(folder):
    (folder.path.parent / "heart_disease").symlink_to(EXAMPLES / "heart_disease")  # where its maker finds the rows
    make_in_place(folder, "heart_table")
    said = told(folder, "heart.skops", "audit.csv")
    same_as_the_examples(said, "heart_table")
    own = tomllib.loads((EXAMPLES / "heart_table" / "audit.toml").read_text("utf-8"))
    assert said["model"]["categories"] == own["model"]["categories"]
    answer = folder.run_here("run", "new.toml", "--no-pdf", "--out", "audit-audit")
    assert answer.code in {1, 5}, answer


@pytest.mark.slow
def test_a_network_of_values_once_its_questions_are_answered(folder):
    make_in_place(folder, "blood_pressure")
    inputs = ("age", "bmi", "salt", "sex", "medicated")
    categories = '{sex = ["female", "male"], medicated = ["no", "yes"]}'
    said = {"module": "net:build", "output": "mean-and-spread", "categories": categories}
    given = [word for key, value in said.items() for word in ("--set", f"model.{key}={value}")]
    columns = [word for name in inputs for word in ("--input", name)]
    spec = told(folder, "pressure.safetensors", "audit.csv", "--target", "systolic", *columns, *given, *GROUPS)
    assert spec["task"] == "regression"
    assert spec["data"]["groups"] == ["sex", "age_band"]
    assert spec["data"]["bands"] == {"age": [40, 65]}
    answer = folder.run_here("run", "new.toml", "--no-pdf", "--out", "audit-audit")
    assert answer.code == 5, answer  # nothing is judged until somebody writes a rule
    own = tomllib.loads((EXAMPLES / "blood_pressure" / "audit.toml").read_text("utf-8"))
    assert spec["data"]["input"] == own["data"]["input"]
    assert spec["model"]["categories"] == own["model"]["categories"]


GROUPS = ("--attribute", "sex", "--attribute", "age_band")


def make_in_place(folder, name):
    """An example whose maker writes beside itself, in a copy."""
    import shutil

    for path in (EXAMPLES / name).iterdir():
        if path.suffix in {".py", ".md"}:
            shutil.copy(path, folder.path)
    environment = folder.environment | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "train.py"], cwd=folder.path, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_images_in_the_folders_of_their_classes(folder):
    make(folder, "pain_score", ("prepare.py",), ("train.py", "--epochs", "1"))
    said = told(folder, "model", "audit")
    same_as_the_examples(said, "pain_score")
    assert said["data"]["positive"] == "severe"
    assert "scanner (2), hand (2)" in (folder.path / "new.toml").read_text()


@pytest.mark.slow
def test_a_recommender_and_its_users(folder):
    make(folder, "diet_recommender", ("train.py", "--people", "300"))
    said = told(folder, "model", "interactions.csv")
    same_as_the_examples(said, "diet_recommender")
    assert (said["data"]["users"], said["data"]["holdout"]) == ("users.csv", "last")
    answer = folder.run_here("run", "new.toml", "--no-pdf", "--out", "audit-audit")
    assert answer.code == 5, answer
