"""The examples of text models, each prepared, trained and audited as its README says; smaller, to be quick."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def made(folder, name, *options):
    """What an example writes, from fewer rows, in a folder of its own."""
    for script, more in (("prepare.py", options), ("train.py", ())):
        command = [sys.executable, str(EXAMPLES / name / script), "--folder", str(folder.path), *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=folder.environment, check=False)
        assert done.returncode == 0, done.stderr
    shutil.copy(EXAMPLES / name / "audit.toml", folder.path)
    with (folder.path / "audit.toml").open("a") as stream:
        stream.write('[report]\nformats = ["html"]\n')
    return folder


def value(folder, check, metric, label=None):
    measurements = folder.finding(check)["measurements"]
    (found,) = [m["value"] for m in measurements if m["metric"] == metric and m["label"] == label and not m["group"]]
    return found


def test_half_of_the_drugs_are_missed(folder):
    made(folder, "clinical_entities", "--audit-rows", "200", "--training-rows", "700")
    answer = folder.run_here()
    assert answer.code == 1, answer
    assert 0.4 < value(folder, "performance.entities", "entity_recall", "DRUG") < 0.6
    assert value(folder, "performance.entities", "entity_recall", "DISEASE") > 0.97
    assert value(folder, "performance.entities", "entity_precision") > 0.97
    result = folder.result()
    assert result["subject"]["prediction_type"] == "TokenLabels"
    assert "Recall of entities, class DRUG" in answer.out + answer.err
    assert "no text was cut: any longer than" in folder.page().replace("<bdi>", "").replace("</bdi>", "")


def test_the_heart_attacks_of_women_are_missed(folder):
    made(folder, "findings", "--audit-rows", "2000", "--training-rows", "2000")
    answer = folder.run_here()
    assert answer.code in {1, 5}, answer
    result = folder.result()
    assert result["subject"]["prediction_type"] == "LabelScores"
    found = {
        (m["label"], tuple(m["group"].values())): m["value"]
        for m in folder.finding("fairness.group-rates")["measurements"]
        if m["metric"] == "true_positive_rate" and set(m["group"]) == {"sex"}
    }
    assert found["heart_attack", ("M",)] - found["heart_attack", ("F",)] > 0.15
    assert min(found[disease, (sex,)] for disease in ("diabetes", "pneumonia") for sex in "FM") > 0.9
