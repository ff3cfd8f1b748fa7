"""Weights and tokenizers that a text classifier is refused for, in the words that its user reads."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_bert import build, change, opened, refusal, sharded


@pytest.fixture
def folder(tiny_bert, tmp_path):
    return shutil.copytree(tiny_bert, tmp_path / "model")


def test_a_head_that_nobody_trained(tmp_path):
    said, hint = refusal(build(tmp_path / "model", head=False))
    assert said == (
        "the model is not trained: 'classifier.bias', 'classifier.weight' are not in its weights and would be random"
    )
    assert hint == "fine-tune it as a sequence classifier first, then audit the folder that save_pretrained wrote"


def test_a_head_of_another_size(folder):
    change(folder, id2label={"0": "no", "1": "yes", "2": "maybe"}, label2id={"no": 0, "yes": 1, "maybe": 2})
    assert refusal(folder)[0] == (
        "the weights do not fit the config: 'classifier.bias' is 2 in the file, where config.json wants 3"
    )


def test_a_head_that_is_another_models(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    save_file(weights | {"classifier.dense.weight": torch.ones(2, 2)}, folder / "model.safetensors", {"format": "pt"})
    assert refusal(folder)[0] == (
        "the weights hold a classifier that is not this model's: 'classifier.dense.weight' would not be used"
    )
    save_file(weights | {"loss.weight": torch.ones(2)}, folder / "model.safetensors", {"format": "pt"})
    assert [str(note) for note in opened(folder).notes] == [
        "1 tensors in the model's files have no place in the model and were not used, e.g. 'loss.weight'"
    ]


@pytest.mark.parametrize("layers", [0, -1])
def test_a_config_that_leaves_out_layers(folder, layers):
    change(folder, num_hidden_layers=layers)
    said = refusal(folder)[0]
    assert said.startswith("the weights hold 'bert.encoder.layer.0.")
    assert said.endswith("a layer more than config.json says: the model would be another one")


def test_weights_in_whole_numbers_that_the_config_is_silent_about(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    name = "bert.encoder.layer.0.attention.self.query.weight"
    save_file(weights | {name: (weights[name] * 40).to(torch.int8)}, folder / "model.safetensors", {"format": "pt"})
    assert refusal(folder)[0] == (
        f"'{name}' is stored in whole numbers, and the model holds floating ones: these are other numbers"
    )


def test_weights_that_are_no_numbers(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights["classifier.weight"][0, 0] = float("nan")
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    assert refusal(folder)[0] == (
        "the weights of the model are damaged: 'classifier.weight' holds NaN or infinite numbers"
    )


def stored(folder):
    notes = [str(note) for note in opened(folder).notes]
    return [note.removeprefix("the weights are stored as ").partition(";")[0] for note in notes]


def test_the_type_that_weights_are_stored_in_is_the_files_not_the_configs(folder):
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    expected = opened(folder).predict(pd.Series(["mild cough"])).scores
    change(folder, dtype="float16")
    assert stored(folder) == []
    np.testing.assert_array_equal(opened(folder).predict(pd.Series(["mild cough"])).scores, expected)
    change(folder, dtype="float32")
    whole = {name: tensor for name, tensor in weights.items() if name.startswith("classifier")}
    halves = {name: tensor.bfloat16() for name, tensor in weights.items() if name not in whole}
    save_file(halves | whole, folder / "model.safetensors", {"format": "pt"})
    assert stored(folder) == ["bfloat16, float32"]
    save_file(whole, folder / "a.safetensors", {"format": "pt"})
    save_file(halves, folder / "b.safetensors", {"format": "pt"})
    sharded(folder, **dict.fromkeys(whole, "a.safetensors"), **dict.fromkeys(halves, "b.safetensors"))
    assert stored(folder) == ["bfloat16, float32"]


@pytest.mark.parametrize("method", ["bitsandbytes", "gptq"])
def test_weights_that_were_quantised(folder, method):
    change(folder, quantization_config={"quant_method": method, "bits": 4})
    said, hint = refusal(folder)
    assert said == f"the weights are quantised, by the method '{method}', and text-classifier runs float32 alone"
    assert '[model] adapter = "recorded"' in hint


def test_a_model_of_images(folder):
    change(folder, model_type="vit")
    said, hint = refusal(folder)
    assert said == "the model in 'model' is a 'vit', of which transformers has no text classifier"
    assert '[model] adapter = "recorded"' in hint


def test_a_tokenizer_that_is_another_models(folder, tmp_path):
    other = build(tmp_path / "small", vocab_size=50)
    (folder / "model.safetensors").write_bytes((other / "model.safetensors").read_bytes())
    change(folder, vocab_size=50)
    said, _ = refusal(folder)
    assert said.startswith("the tokenizer knows ")
    assert said.endswith(" tokens, and the model has embeddings for 50")


def test_a_tokenizer_that_cannot_pad(folder):
    change(folder, "tokenizer_config.json", pad_token=None)
    assert refusal(folder)[0].startswith("the tokenizer has no padding token")


@pytest.mark.parametrize("padding", [None, 3])
def test_a_decoder_that_cannot_find_its_last_token(tmp_path, padding):
    from tiny_bert import tokenizer_of
    from transformers import GPT2Config, GPT2ForSequenceClassification

    tokenizer = tokenizer_of()
    sizes = {"vocab_size": len(tokenizer), "n_embd": 16, "n_layer": 1, "n_head": 2, "n_positions": 64}
    ends = {"bos_token_id": 2, "eos_token_id": 3, "id2label": {0: "no", 1: "yes"}, "label2id": {"no": 0, "yes": 1}}
    GPT2ForSequenceClassification(GPT2Config(**sizes, **ends, pad_token_id=padding)).save_pretrained(tmp_path / "gpt")
    tokenizer.save_pretrained(tmp_path / "gpt")
    said, hint = refusal(tmp_path / "gpt")
    assert said == (
        f"the model's pad_token_id is {padding}, and the tokenizer pads with 0: its answers would depend on the batch"
    )
    assert hint == "train with one and the same: model.config.pad_token_id = 0"
    change(tmp_path / "gpt", pad_token_id=0)
    model = opened(tmp_path / "gpt")
    texts = pd.Series(["mild cough", "severe headache with stiff neck and fever"])
    alone = np.concatenate([model.predict(texts[place : place + 1]).scores for place in (0, 1)])
    np.testing.assert_allclose(model.predict(texts).scores, alone, atol=1e-5)
