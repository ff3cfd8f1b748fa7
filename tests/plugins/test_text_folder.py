"""The folder of a text classifier: what it must hold, and what in it needs leave, in the words that its user reads."""

from __future__ import annotations

import shutil
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_bert import change, opened, refusal, sharded


@pytest.fixture
def folder(tiny_bert, tmp_path):
    return shutil.copytree(tiny_bert, tmp_path / "model")


def test_no_path():
    assert refusal(None)[0] == "no model is named"


def test_a_file(tiny_bert):
    assert refusal(tiny_bert / "config.json")[0] == "the model 'config.json' is no folder"


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        ("config.json", "the model folder 'model' holds no 'config.json'"),
        ("model.safetensors", "the model folder 'model' holds no weights: no 'model.safetensors'"),
        ("tokenizer.json", "the model folder 'model' holds no tokenizer, e.g. 'tokenizer.json'"),
    ],
)
def test_a_folder_that_lacks_something(folder, lacking, said):
    (folder / lacking).unlink()
    assert refusal(folder)[0] == said


def test_a_config_that_is_no_json(folder):
    (folder / "config.json").write_text("{")
    assert refusal(folder)[0].startswith("'config.json' of the model is no JSON: Expecting property name")
    (folder / "config.json").write_text("[]")
    assert refusal(folder)[0] == "'config.json' of the model holds a list, not an object"


def test_a_config_of_no_known_model(folder):
    change(folder, model_type="nonsense")
    said, _ = refusal(folder)
    assert said.startswith("the model in 'model' cannot be loaded: ValueError: ")
    assert "nonsense" in said


def test_weights_that_are_damaged(folder):
    (folder / "model.safetensors").write_bytes(b"\x08\0\0\0\0\0\0\0nonsense")
    assert refusal(folder)[0].startswith("the model in 'model' cannot be loaded: SafetensorError: ")


def test_an_index_of_weights_leads_to_files_of_the_folder_alone(folder):
    from safetensors.torch import load_file

    weights = load_file(folder / "model.safetensors")
    shutil.copy(folder / "model.safetensors", folder.parent / "outside.safetensors")
    torch.save(weights, folder / "weights.bin")
    name = "'model.safetensors.index.json' of the model"
    for file in ("../outside.safetensors", str(folder.parent / "outside.safetensors"), "weights.bin"):
        sharded(folder, **dict.fromkeys(weights, file))
        assert refusal(folder)[0] == f"{name} names '{file}', which is no '.safetensors' file of its folder"
    sharded(folder, **dict.fromkeys(weights, "model-00002-of-00002.safetensors"))
    assert refusal(folder)[0] == (
        "the model lacks 'model-00002-of-00002.safetensors', which its 'model.safetensors.index.json' names"
    )
    sharded(folder)
    assert refusal(folder)[0] == f"{name} holds no 'weight_map' from tensors to files"
    shutil.copy(folder.parent / "outside.safetensors", folder / "one.safetensors")
    sharded(folder, **dict.fromkeys(weights, "one.safetensors"))
    assert opened(folder).classes == ("no", "yes")


def test_a_config_that_names_its_weights(folder):
    change(folder, transformers_weights="../outside.safetensors")
    assert refusal(folder)[0] == (
        "config.json names the file of its weights: 'transformers_weights' is '../outside.safetensors'"
    )


def test_an_adapter_whose_base_lies_elsewhere(folder):
    (folder / "adapter_config.json").write_text("{}")
    message, hint = refusal(folder)
    assert "is an adapter, 'adapter_config.json', and its base, None, is not beside it" in message
    assert hint.startswith("[model] base = ")


def test_a_pickle_needs_leave_and_is_told_of(folder):
    from transformers import BertForSequenceClassification

    torch.save(BertForSequenceClassification.from_pretrained(folder).state_dict(), folder / "pytorch_model.bin")
    expected = opened(folder).predict(pd.Series(["mild cough"])).scores
    (folder / "model.safetensors").unlink()
    said, hint = refusal(folder)
    assert said == "the weights of the model are a pickle, 'pytorch_model.bin', which can run code"
    assert hint.endswith("or [model] trust_pickle = true")
    model = opened(folder, trust_pickle=True)
    assert [str(note) for note in model.trusted] == [
        "the weights were read from a pickle, 'pytorch_model.bin', which the spec allows"
    ]
    np.testing.assert_array_equal(model.predict(pd.Series(["mild cough"])).scores, expected)


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_in_the_folder_needs_leave_and_is_told_of(folder, name):
    change(folder, name, auto_map={"AutoThing": ["mine.Thing", None]})
    said, hint = refusal(folder)
    assert said == "the model needs code of its own: 'auto_map' names mine.Thing"
    assert hint == "read that code; if you trust it: [model] trust_remote_code = true"
    assert "code of the model's own was run, which the spec allows: mine.Thing" in [
        str(note) for note in opened(folder, trust_remote_code=True).trusted
    ]


CODE = """
import pathlib
from transformers import BertConfig, BertForSequenceClassification

pathlib.Path({ran!r}).touch()

class OurConfig(BertConfig):
    model_type = "ours"

class Ours(BertForSequenceClassification):
    config_class = OurConfig
"""


def test_code_runs_only_with_leave(folder, tmp_path, monkeypatch):
    from transformers import dynamic_module_utils

    monkeypatch.setattr(dynamic_module_utils, "HF_MODULES_CACHE", str(tmp_path / "modules"))
    monkeypatch.setattr(sys, "path", list(sys.path))
    ran = tmp_path / "ran"
    expected = opened(folder).predict(pd.Series(["mild cough"])).scores
    (folder / "ours.py").write_text(CODE.format(ran=str(ran)))
    names = {"AutoConfig": "ours.OurConfig", "AutoModelForSequenceClassification": "ours.Ours"}
    change(folder, model_type="ours", architectures=["Ours"], auto_map=names)
    assert refusal(folder)[0] == "the model needs code of its own: 'auto_map' names ours.OurConfig, ours.Ours"
    assert not ran.exists()
    model = opened(folder, trust_remote_code=True)
    assert ran.exists()
    assert type(model.module).__name__ == "Ours"
    assert [str(note) for note in model.trusted] == [
        "code of the model's own was run, which the spec allows: ours.OurConfig, ours.Ours"
    ]
    np.testing.assert_array_equal(model.predict(pd.Series(["mild cough"])).scores, expected)
