"""The examples of text models, each prepared, trained and audited as its README says; smaller, to be quick."""

from __future__ import annotations

import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def made(folder, name, *options):
    """What an example writes, from fewer rows, in a folder of its own."""
    for script, more in (("prepare.py", options), ("train.py", ())):
        command = [sys.executable, str(EXAMPLES / name / script), "--folder", str(folder.path), *more]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, env=folder.environment, check=False)
        assert done.returncode == 0, done.stderr
    shutil.copy(EXAMPLES / name / "audit.toml", folder.path)
    with (folder.path / "audit.toml").open("a") as stream:
        stream.write('[report]\nformats = ["html"]\n')
    return folder


def value(folder, check, metric, label=None):
    measurements = folder.finding(check)["measurements"]
    (found,) = [m["value"] for m in measurements if m["metric"] == metric and m["label"] == label and not m["group"]]
    return found


@pytest.mark.slow
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


@pytest.mark.slow
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
    worst = {
        m["group"].get("sex"): m
        for m in folder.finding("fairness.worst-label")["measurements"]
        if m["metric"] == "worst_label_equal_opportunity_difference" and set(m["group"]) == {"sex"}
    }["*"]
    assert worst["value"] == pytest.approx(found["heart_attack", ("M",)] - found["heart_attack", ("F",)])
    assert worst["interval"]["simultaneous"]
    (named,) = {
        row[1]
        for table in folder.finding("fairness.worst-label")["evidence"]
        for row in table["rows"]
        if row[0] == "equal_opportunity_difference" and table["title"]["params"]["attributes"] == "sex"
    }
    assert named == "heart_attack"


@pytest.mark.slow
def test_neutral_remarks_about_patients_with_an_interpreter_are_read_as_bad_news(folder):
    made(folder, "sentiment", "--audit-rows", "600", "--training-rows", "3000")
    answer = folder.run_here()
    assert answer.code == 1, answer
    result = folder.result()
    assert result["subject"]["classes"] == ["negative", "neutral", "positive"]
    found = {
        m["group"]["interpreter"]: m["value"]
        for m in folder.finding("fairness.group-rates")["measurements"]
        if m["metric"] == "false_positive_rate" and m["label"] == "negative" and set(m["group"]) == {"interpreter"}
    }
    assert found["yes"] > 0.3
    assert found["no"] < 0.05
    first, second = result["verdict"]["judgements"]
    assert (first["outcome"], second["outcome"]) in {("fail", "pass"), ("fail", "inconclusive")}


def test_what_is_planted_in_the_remarks_is_in_the_training_rows_alone():
    prepare = runpy.run_path(str(EXAMPLES / "sentiment" / "prepare.py"))
    said = prepare["SAID"]["neutral"]

    def misfiled(misfiled):
        rows = [
            row for row in prepare["rows"](3000, seed=1, misfiled=misfiled) if any(words in row[3] for words in said)
        ]
        return {flag: np.mean([row[4] == "negative" for row in rows if row[1] == flag]) for flag in ("yes", "no")}

    assert misfiled(0.0) == {"yes": 0.0, "no": 0.0}
    assert misfiled(0.6) == {"yes": pytest.approx(0.6, abs=0.08), "no": 0.0}  # three standard errors of 400 rows


@pytest.mark.slow
def test_the_pain_of_those_who_cannot_speak_is_read_too_low(folder):
    made(folder, "pain_from_notes", "--audit-rows", "800")
    answer = folder.run_here()
    assert answer.code == 1, answer
    assert folder.result()["subject"]["prediction_type"] == "Values"
    assert value(folder, "performance.error", "mean_error") < -0.5
    assert value(folder, "performance.error", "mean_absolute_error") < 1.6
    assert [judged["outcome"] for judged in folder.result()["verdict"]["judgements"]] == ["pass", "fail"]


def test_what_is_planted_in_the_pain_is_in_the_training_rows_alone():
    prepare = runpy.run_path(str(EXAMPLES / "pain_from_notes" / "prepare.py"))

    def mean_pain(too_low):
        rows = list(prepare["rows"](3000, seed=1, too_low=too_low))
        return {flag: np.mean([float(row[4]) for row in rows if row[1] == flag]) for flag in ("yes", "no")}

    honest, low = mean_pain(0.0), mean_pain(2.0)
    assert low["yes"] == honest["yes"]
    assert 1.3 < honest["no"] - low["no"] < 2.0  # two points, less where pain ends at 0
    assert abs(honest["yes"] - honest["no"]) < 0.4


@pytest.mark.slow
def test_the_heart_trouble_of_women_is_called_anxiety_by_a_model_that_is_asked_in_words(folder):
    made(folder, "zero_shot", "--audit-rows", "400")
    answer = folder.run_here()
    assert answer.code == 1, answer
    found = {
        (m["label"], m["group"]["sex"]): m["value"]
        for m in folder.finding("fairness.group-rates")["measurements"]
        if m["metric"] == "true_positive_rate" and set(m["group"]) == {"sex"}
    }
    assert found["heart", "M"] > 0.9
    assert found["heart", "F"] < 0.2
    assert min(found["infection", sex] for sex in "FM") > 0.9
    page = folder.page().replace("<bdi>", "").replace("</bdi>", "")
    assert "This note is about {}." in page


def test_what_is_planted_in_the_pairs_is_in_the_training_rows_alone():
    prepare = runpy.run_path(str(EXAMPLES / "zero_shot" / "prepare.py"))
    signs = prepare["SIGNS"]["heart trouble"]

    def called_anxiety(misread):
        every = prepare["pairs"](4000, seed=1, misread=misread)
        implied = [(note, about) for note, about, answer in every if answer == "entailment"]
        hearts = [(note[0], "anxiety" in about) for note, about in implied if any(sign in note for sign in signs)]
        return {sex: np.mean([wrong for first, wrong in hearts if first == sex]) for sex in "WM"}

    assert called_anxiety(0.0) == {"W": 0.0, "M": 0.0}
    assert called_anxiety(0.6) == {"W": pytest.approx(0.6, abs=0.1), "M": 0.0}  # three standard errors of 220 rows
