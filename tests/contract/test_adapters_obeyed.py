"""Every first-party adapter is held to the contract that `auditkit.testing` holds a stranger's to."""

from __future__ import annotations

import json

import joblib
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from tables import settings as tables_settings
from tables import table, typed, write_network
from tiny_bert import SENTENCES, build, build_as
from tiny_images import build_images, files_of, pixels

from auditkit.host import Host
from auditkit.spec import DataSpec
from auditkit.testing import obey_contract

MULTI_LABEL = "multi_label_classification"
HOST = Host.installed()
TABULAR = {option.name: option.default for option in HOST.adapters["tabular"].options}


def settings(**data):
    return {"data": DataSpec(audit="rows.csv", **data), "labels": {}, "target_classes": ("no", "yes")}


def test_the_text_classifier_obeys_its_contract(tmp_path):
    notes = pd.Series([*SENTENCES, "cough " * 60, SENTENCES[0] + " " + SENTENCES[3]])
    obey_contract(
        HOST.adapters["text-classifier"], path=build(tmp_path / "model"), inputs=notes, device="cpu", **settings()
    )


def test_the_text_classifier_of_several_labels_obeys_its_contract(tmp_path):
    labels = ("cough", "fever")
    folder = build(tmp_path / "model", labels, problem_type="multi_label_classification")
    how = settings(target=labels) | {"target_classes": (), "device": "cpu"}
    obey_contract(HOST.adapters["text-classifier"], path=folder, inputs=pd.Series(SENTENCES), **how)


@pytest.mark.parametrize("head", ["BertForSequenceClassification", "BertModel"])
def test_the_text_classifier_that_is_asked_in_words_obeys_its_contract(tmp_path, head):
    folder = build_as(tmp_path / "model", head, ("contradiction", "neutral", "entailment"))
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    pair = [{"Sequence": {"id": name, "type_id": 0}} for name in "AB"]
    tokenizer["post_processor"]["pair"] = [pair[0], {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, pair[1]]
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    how = settings() | {"device": "cpu", "target_classes": (), "template": "the patient has {}."}
    notes = pd.Series([*SENTENCES, "cough " * 60])
    obey_contract(
        HOST.adapters["text-classifier"], path=folder, inputs=notes, candidates=("rash", "cough", "fever"), **how
    )


def test_the_text_regressor_obeys_its_contract(tmp_path):
    folder = build(tmp_path / "model", ("mean", "log variance"), problem_type="regression")
    how = {"device": "cpu", "output": "mean-and-log-variance", "scale": 2.5, "offset": 5.0}
    obey_contract(HOST.adapters["text-regressor"], path=folder, inputs=pd.Series([*SENTENCES, "cough " * 60]), **how)


@pytest.mark.parametrize(
    ("kind", "changes"), [("vit", {}), ("resnet", {"num_channels": 1}), ("vit", {"problem_type": MULTI_LABEL})]
)
def test_the_image_classifier_obeys_its_contract(tmp_path, kind, changes):
    labels = ("nodule", "effusion")
    folder = build_images(tmp_path / "model", labels, kind=kind, **changes)
    films = files_of(tmp_path / "films", [pixels(seed) for seed in range(7)])
    several = {"target": labels} if "problem_type" in changes else {}
    how = settings(input="path", **several) | {"target_classes": labels, "device": "cpu", "spec_folder": tmp_path}
    obey_contract(HOST.adapters["image-classifier"], path=folder, inputs=films, **how)


RECORDED = {
    "class scores": {"scores": ("n", "y"), "classes": ("no", "yes")},
    "one score": {"scores": ("y",), "positive": "yes"},
    "label scores": {"scores": ("n", "y"), "target": ("n", "y")},
    "labels": {"predicted": "yhat"},
    "regression": {"predicted": "n", "spread": "y"},
    "ranking": {},
    "tokens": {"predicted": "spans"},
    "text": {"generated": "answer"},
}
COLUMNS = {
    "n": ["0.2", "0.5", "0"],
    "y": ["0.8", "0.5", "1"],
    "yhat": ["no", "yes", "no"],
    "user": ["u1", "u2", "u3"],
    "item 1": ["a", "b", None],
    "item 2": ["b", None, None],
    "score 1": ["2", "1", None],
    "score 2": ["1", None, None],
    "spans": ['[{"start": 0, "end": 4, "label": "DRUG"}]', "[]", '[{"start": 2, "end": 6, "label": "DOSE"}]'],
    "answer": ["Take one.", "", "I can't say."],
}


@pytest.mark.parametrize("kind", RECORDED)
def test_recorded_predictions_obey_their_contract(kind):
    how = settings(**RECORDED[kind]) | {"task": kind if kind in {"regression", "ranking", "tokens", "text"} else None}
    how |= {"target_classes": ("DOSE", "DRUG")} if kind == "tokens" else {}
    inputs = pd.DataFrame(COLUMNS, dtype=object)
    obey_contract(HOST.adapters["recorded"], path=None, inputs=inputs, **how)


def test_a_network_of_a_table_obeys_its_contract(tmp_path):
    write_network(tmp_path)
    how = tables_settings(tmp_path, labels={"0": "no", "1": "yes"}) | TABULAR
    how |= {"module": "net:build", "categories": {"sex": ("F", "M")}}
    # Small numbers, at which a tanh has a slope.
    rows = table(7).assign(age=["0.1", "-0.4", "0.9", "0.3", "-0.8", "0.5", "0.2"], pressure="0.6")
    obey_contract(HOST.adapters["tabular"], path=tmp_path / "state.safetensors", inputs=rows, **how)


@pytest.mark.parametrize("ending", ["skops", "joblib"])
def test_an_estimator_of_a_table_obeys_its_contract(tmp_path, ending):
    rows = typed(table())
    fitted = LogisticRegression(max_iter=1000).fit(rows[["age", "pressure"]], ["no", "yes"] * 20)
    {"skops": skops.io.dump, "joblib": joblib.dump}[ending](fitted, tmp_path / f"model.{ending}")
    how = tables_settings(tmp_path, data={"input": ("age", "pressure")}) | TABULAR | {"trust_pickle": True}
    # Trusted by its user, a trap is refused all the same, because of what it would run.
    obey_contract(HOST.adapters["tabular"], path=tmp_path / f"model.{ending}", inputs=table(7), **how)
