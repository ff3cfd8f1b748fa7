"""Folders as training on GPUs leaves them give the answers of the model that was trained, on a machine without one."""

from __future__ import annotations

import json
import shutil
import zipfile

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_bert import SENTENCES, build_as, opened, refusal
from torch import nn

TEXTS = pd.Series(SENTENCES)


@pytest.fixture
def folder(tiny_bert, tmp_path):
    return shutil.copytree(tiny_bert, tmp_path / "model")


def answers(folder, **options):
    return opened(folder, **options).predict(TEXTS).scores


def notes(folder, **options):
    return [str(note) for note in opened(folder, **options).notes]


def classifier(folder):
    from transformers import AutoModelForSequenceClassification

    return AutoModelForSequenceClassification.from_pretrained(folder).eval()


def bare(model, folder):
    """One text at a time, in the model's own type and then float32."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        found = [model(**tokenizer(text, return_tensors="pt")).logits.float().softmax(-1) for text in SENTENCES]
    return torch.cat(found).numpy()


@pytest.mark.parametrize("kind", [torch.bfloat16, torch.float16])
def test_weights_of_half_the_bits(folder, kind):
    whole = answers(folder)
    classifier(folder).to(kind).save_pretrained(folder)
    found = answers(folder)
    # What was stored, run in float32: the rounding of the weights is the trainer's, and no other is added.
    np.testing.assert_allclose(found, bare(classifier(folder).float(), folder), atol=1e-5)
    assert 0 < np.abs(found - whole).max() < 0.05
    assert notes(folder) == [
        f"the weights are stored as {str(kind).removeprefix('torch.')}; the model was run in float32"
    ]


def test_shards(folder):
    whole = answers(folder)
    model = classifier(folder)
    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="20KB")
    assert len(list(folder.glob("model-*.safetensors"))) > 2
    np.testing.assert_array_equal(answers(folder), whole)
    next(folder.glob("model-00002*.safetensors")).unlink()
    assert "lacks 'model-00002" in refusal(folder)[0]


class Compiled(nn.Module):
    """What torch.compile makes, by its names; importing the compiler itself warns and takes seconds."""

    def __init__(self, module):
        super().__init__()
        self._orig_mod = module


@pytest.mark.parametrize(
    ("wrap", "prefix"),
    [
        (nn.DataParallel, "module."),
        (Compiled, "_orig_mod."),
        (lambda model: nn.DataParallel(Compiled(model)), "module._orig_mod."),
    ],
    ids=["DataParallel", "compile", "both"],
)
@pytest.mark.parametrize("ending", ["safetensors", "bin"])
def test_prefixes_of_what_wrapped_the_model(folder, wrap, prefix, ending):
    whole = answers(folder)
    state = wrap(classifier(folder)).state_dict()
    assert all(name.startswith(prefix) for name in state)
    (folder / "model.safetensors").unlink()
    if ending == "bin":
        torch.save(state, folder / "pytorch_model.bin")
    else:
        save_file(dict(state), folder / "model.safetensors", {"format": "pt"})
    trust = {"trust_pickle": ending == "bin"}
    np.testing.assert_array_equal(answers(folder, **trust), whole)
    assert notes(folder, **trust) == [
        f"the names of the weights hold '{prefix}', which the module's lack and which was taken off"
    ]


def test_a_prefix_hides_nothing_from_those_who_refuse(folder):
    file = folder / "model.safetensors"
    weights = {f"module.{name}": one for name, one in load_file(file).items()}
    save_file({name: one for name, one in weights.items() if "classifier" not in name}, file, {"format": "pt"})
    assert refusal(folder)[0].startswith("the model is not trained: 'classifier.bias'")
    query = "module.bert.encoder.layer.0.attention.self.query.weight"
    save_file(weights | {query: (weights[query] * 40).to(torch.int8)}, file, {"format": "pt"})
    assert "is stored in whole numbers" in refusal(folder)[0]
    save_file(weights | {"module.classifier.bias": torch.tensor([0.0, torch.nan])}, file, {"format": "pt"})
    assert "NaN" in refusal(folder)[0]
    save_file(weights | {"bert.pooler.dense.bias": torch.zeros(32)}, file, {"format": "pt"})
    assert "not trained" in refusal(folder)[0]  # of two kinds of names neither is taken for the model's


def test_tensors_that_were_saved_on_a_gpu_that_is_not_there(folder):
    whole = answers(folder)
    torch.save(classifier(folder).state_dict(), folder / "cpu.bin")
    with zipfile.ZipFile(folder / "cpu.bin") as before, zipfile.ZipFile(folder / "pytorch_model.bin", "w") as after:
        for name in before.namelist():
            content = before.read(name)
            if name.endswith("data.pkl"):
                # A text of three letters becomes one of six: where the storages were, as torch writes it.
                content = content.replace(b"X\x03\x00\x00\x00cpu", b"X\x06\x00\x00\x00cuda:3")
                assert b"cuda:3" in content
            after.writestr(name, content)
    for name in ("cpu.bin", "model.safetensors"):
        (folder / name).unlink()
    np.testing.assert_array_equal(answers(folder, trust_pickle=True), whole)


def test_a_state_under_a_key_is_no_folder_of_transformers_and_says_so(folder):
    torch.save({"state_dict": classifier(folder).state_dict(), "epoch": 3}, folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    message, hint = refusal(folder, trust_pickle=True)
    assert "'pytorch_model.bin' holds a state under 'state_dict', and not the weights alone" in message
    assert "save_pretrained" in hint


def test_a_safetensors_file_that_is_half_there(folder):
    file = folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    assert "cannot be loaded" in refusal(folder)[0]


def test_a_token_classifier_too(tmp_path):
    from auditkit_text import open_token_classifier

    folder = build_as(tmp_path / "model", "BertForTokenClassification")
    how = {"device": "cpu", "labels": {}, "target_classes": ("AGE", "DRUG")}
    whole = open_token_classifier(folder, **how).predict(TEXTS)
    file = folder / "model.safetensors"
    save_file({f"_orig_mod.{name}": one for name, one in load_file(file).items()}, file, {"format": "pt"})
    assert open_token_classifier(folder, **how).predict(TEXTS).spans == whole.spans


def test_a_config_that_climbs_out_of_the_folder(folder, tmp_path):
    shutil.move(folder / "model.safetensors", tmp_path / "outside.safetensors")
    for name in ("../outside.safetensors", str(tmp_path / "outside.safetensors")):
        index = {"metadata": {}, "weight_map": {"classifier.bias": name}}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
        assert "which is no '.safetensors' file of its folder" in refusal(folder)[0]
