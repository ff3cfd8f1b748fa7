"""What a text classifier is refused for, in the words that its user reads."""

from __future__ import annotations

import functools
import json
import shutil
import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_bert import build

from auditkit import AuditError, DataError, ModelError, OutOfMemory, checkpoints
from auditkit.spec import DataSpec
from auditkit_text import open_text_classifier

class_names = functools.partial(checkpoints.class_names, adapter="text-classifier")


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    return build(tmp_path_factory.mktemp("text") / "model")


@pytest.fixture
def folder(sound, tmp_path):
    return shutil.copytree(sound, tmp_path / "model")


def opened(folder, **options):
    settings = {"device": "cpu", "labels": {}, "target_classes": ("no", "yes"), "data": DataSpec(audit="rows.csv")}
    return open_text_classifier(folder, **(settings | options))


def refusal(folder, **options):
    with pytest.raises(ModelError) as caught:
        opened(folder, **options)
    assert caught.value.hint
    return caught.value.message, caught.value.hint


def change(folder, name="config.json", **values):
    settings = json.loads((folder / name).read_text()) | values
    (folder / name).write_text(json.dumps(settings))


# The folder.


def test_no_path():
    assert refusal(None)[0] == "no model is named"


def test_a_file(sound):
    assert refusal(sound / "config.json")[0] == "the model 'config.json' is no folder"


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


def sharded(folder, index="model.safetensors.index.json", **files):
    """Replace the weights by an index that says in which file each tensor lies."""
    (folder / "model.safetensors").unlink(missing_ok=True)
    (folder / index).write_text(json.dumps({"metadata": {}, "weight_map": files}))


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
    assert "holds an adapter, 'adapter_config.json', whose base lies elsewhere" in refusal(folder)[0]


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


# The weights.


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


# The names.


def config(names, problem_type=None):
    return SimpleNamespace(id2label=dict(enumerate(names)), num_labels=len(names), problem_type=problem_type)


def name_refusal(names, targets, labels=None, problem_type=None):
    with pytest.raises(ModelError) as caught:
        class_names(config(names, problem_type), labels=labels or {}, targets=targets)
    return caught.value.message, caught.value.hint


def test_names_are_the_configs_or_what_labels_makes_of_them():
    assert class_names(config(["a", "b"]), labels={}, targets=("a",)) == ("class", ("a", "b"))
    assert class_names(config(["LABEL_0", "LABEL_1"]), labels={"LABEL_1": "b", "LABEL_0": "a"}, targets=("b", "a")) == (
        "class",
        ("a", "b"),
    )
    assert class_names(config(["x", "y"], "multi_label_classification"), labels={}, targets=()) == (
        "labels",
        ("x", "y"),
    )


UNNAMED = "which is none of the model's classes, 'LABEL_0', 'LABEL_1' (its config.json gives them no names)"


@pytest.mark.parametrize(
    ("names", "targets", "said", "hint"),
    [
        (
            ["LABEL_0", "LABEL_1"], ("no", "yes"),
            f"the target holds 'no', {UNNAMED}",
            '[model] labels = {LABEL_0 = "...", LABEL_1 = "..."}',
        ),
        (
            ["LABEL_0", "LABEL_1"], ("0", "1"),
            f"the target holds '0', {UNNAMED}",
            "did you mean 'LABEL_0'? [model] labels = {LABEL_0 = \"0\", LABEL_1 = \"1\"}",
        ),
        (
            ["No", "YES!"], ("no", "yes"),
            "the target holds 'no', which is none of the model's classes, 'No', 'YES!'",
            "did you mean 'No'? [model] labels = {No = \"no\", \"YES!\" = \"...\"}",
        ),
        (
            ["dental", "eyes"], ("dental", "skin"),
            "the target holds 'skin', which is none of the model's classes, 'dental', 'eyes'",
            '[model] labels = {eyes = "..."}',
        ),
        (
            ["no", "yes"], ("maybe", "no", "yes"),
            "the target holds 'maybe', which is none of the model's classes, 'no', 'yes'",
            "no class is left to map to it: leave its rows out of the data, or audit a model that was trained with it",
        ),
    ],
)  # fmt: skip
def test_targets_that_are_none_of_the_models_classes(names, targets, said, hint):
    assert name_refusal(names, targets) == (said, hint)


def test_labels_that_name_no_class_or_one_twice():
    assert name_refusal(["no", "yes"], (), {"yess": "y"}) == (
        "[model] labels maps 'yess', which is none of the model's classes",
        "did you mean 'yes'?",
    )
    assert name_refusal(["no", "yes"], (), {"zzz": "y"})[1] == "they are 'no', 'yes'"
    assert name_refusal(["no", "yes"], (), {"no": "yes"}) == (
        "two classes of the model are called 'yes': 'no', 'yes'",
        "[model] labels gives each of them another name",
    )


@pytest.mark.parametrize(("names", "problem"), [(["a"], None), (["a", "b"], "regression")])
def test_a_model_that_gives_numbers(names, problem):
    assert name_refusal(names, (), problem_type=problem)[0].startswith("the model gives a number, not a class: ")


# The spec's keys, and the rows.


def test_a_device_that_is_not_there(sound):
    for name in ("nonsense", "cuda:7"):
        said, hint = refusal(sound, device=name)
        assert said.startswith(f"there is no device '{name}': torch says: ")
        assert hint.startswith("[model] device = ")


def test_lengths_that_the_model_cannot_take(sound):
    assert refusal(sound, max_length=49) == (
        "[model] max_length is 49, and this model takes at least 3 and at most 48",
        "max_length = 48, or leave it out",
    )
    assert refusal(sound, max_length=2)[0].startswith("[model] max_length is 2, ")


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        (["a", None], "the text in row 2 is missing or empty"),
        ([float("nan")], "the text in row 1 is missing or empty"),
        (["a", pd.NA], "the text in row 2 is missing or empty"),
        (["a", "  "], "the text in row 2 is missing or empty"),
        (["a", 3], "the input in row 2 is a int, not a text: 3"),
        (
            pd.DataFrame({"a": ["x"], "b": ["y"]}),
            "a text classifier reads one column, and [data] input names 2: 'a', 'b'",
        ),
    ],
)
def test_rows_without_a_text(sound, inputs, said):
    model = opened(sound)
    for ask in (model.sizes, model.predict):
        with pytest.raises(DataError) as caught:
            ask(inputs if isinstance(inputs, pd.DataFrame) else pd.Series(inputs, dtype=object))
        assert caught.value.message == said
        assert caught.value.hint


def test_a_table_of_one_column_is_texts(sound):
    texts = ["mild cough", "severe headache"]
    model = opened(sound)
    np.testing.assert_array_equal(
        model.predict(pd.DataFrame({"note": texts})).scores, model.predict(pd.Series(texts)).scores
    )


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("can't allocate memory")])
def test_a_full_device_is_told_to_the_host(sound, error):
    model = opened(sound)

    def full(**_):
        raise error

    model.module.forward = full
    with pytest.raises(OutOfMemory, match="2 texts at once do not fit into the memory of 'cpu'"):
        model.predict(pd.Series(["mild cough", "rash"]))


def test_any_other_trouble_stays_what_it_is(sound):
    model = opened(sound)

    def wet(**_):
        raise RuntimeError("wet")

    model.module.forward = wet
    with pytest.raises(RuntimeError, match="wet"):
        model.predict(pd.Series(["mild cough"]))
    assert issubclass(OutOfMemory, AuditError)
