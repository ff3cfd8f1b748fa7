"""A text classifier of several labels: by its config, or by `multi_label`; held against the columns of the target."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from commands import as_csv
from tiny_bert import SENTENCES, build, notes_spec, opened, refusal

from auditkit import ClassScores, LabelScores
from auditkit.spec import DataSpec

LABELS = ("cough", "fever", "rash")
COLUMNS = DataSpec(audit="rows.csv", target=LABELS)


@pytest.fixture(scope="module")
def unsaid(tmp_path_factory):
    """A model whose config does not say that several of its labels can be right."""
    from transformers import AutoModelForSequenceClassification

    folder = build(tmp_path_factory.mktemp("labels") / "model", LABELS)
    model = AutoModelForSequenceClassification.from_pretrained(folder)
    ascending = np.sort(logits_of(folder), axis=0)
    with torch.no_grad():
        for label, found in enumerate((1, 3, 5)):  # so many of the sentences have it: no column is another's
            model.classifier.bias[label] -= float(ascending[-found - 1 : len(SENTENCES) - found + 1, label].mean())
    model.save_pretrained(folder)
    return folder


def logits_of(folder):
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        return np.concatenate([model(**tokenizer(text, return_tensors="pt")).logits for text in SENTENCES])


def test_multi_label_makes_a_sigmoid_of_each_output(unsaid):
    texts = pd.Series(SENTENCES)
    found = opened(unsaid, data=COLUMNS, target_classes=(), multi_label=True).predict(texts)
    assert isinstance(found, LabelScores)
    assert found.labels == LABELS
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp(-logits_of(unsaid).astype(float))), atol=1e-5)
    plain = opened(unsaid, target_classes=LABELS).predict(texts)
    assert isinstance(plain, ClassScores)
    assert np.abs(plain.scores - found.scores).max() > 0.05


def test_columns_for_a_model_that_chooses_one_class(unsaid):
    assert refusal(unsaid, data=COLUMNS, target_classes=()) == (
        "[data] target is a list of 3 columns, and the model chooses one class",
        "[model] multi_label = true, if it was trained with a sigmoid for each label",
    )


def test_one_column_for_a_model_of_several_labels(unsaid):
    said, hint = refusal(
        unsaid, data=DataSpec(audit="rows.csv", target="cough"), target_classes=("cough", "fever"), multi_label=True
    )
    assert said == "[data] target is one column, 'cough', and the model gives a score for each of several labels"
    assert hint.startswith('target = ["cough", "fever"]')


def test_a_column_that_is_no_label_of_the_model(unsaid):
    data = DataSpec(audit="rows.csv", target=("cough", "pain"))
    assert refusal(unsaid, data=data, target_classes=(), multi_label=True)[0].startswith("the target holds 'pain'")


@pytest.mark.parametrize("columns", [("cough", "fever", "rash"), ("rash", "cough", "fever")])
def test_labels_are_held_against_their_own_column_in_whatever_order(unsaid, folder, columns):
    decided = (logits_of(unsaid) >= 0).astype(int)
    assert decided.sum(axis=0).tolist() == [1, 3, 5]
    rows = [(text, *map(str, row)) for text, row in zip(SENTENCES, decided, strict=True)]
    folder.write("rows.csv", as_csv(("note", *LABELS), rows * 20))  # fewer would be withheld
    shutil.copytree(unsaid, folder.path / "model")
    target = f"target = {list(columns)}".replace("'", '"')
    spec = notes_spec(model="multi_label = true").replace('target = "outcome"\npositive = "yes"', target)
    folder.write("audit.toml", spec)
    answer = folder.run_here()
    assert answer.code == 0, answer
    measured = folder.finding("performance.overall")["measurements"]
    found = {m["label"]: m["value"] for m in measured if m["metric"] == "true_positive_rate" and not m["group"]}
    assert found.keys() <= set(LABELS)
    assert {value for value in found.values() if value is not None} == {1.0}


def test_a_label_that_the_target_has_no_column_for(unsaid, folder):
    rows = [(text, "0", "1") for text in SENTENCES]
    folder.write("rows.csv", as_csv(("note", "cough", "fever"), rows))
    shutil.copytree(unsaid, folder.path / "model")
    target = 'target = ["cough", "fever"]'
    spec = notes_spec(model="multi_label = true").replace('target = "outcome"\npositive = "yes"', target)
    folder.write("audit.toml", spec)
    folder.run_here().refused(
        "the model gives a label 'rash', which the target has not",
        "[data] target = ['cough', 'fever', 'rash'], a column of 0 and 1",
    )
