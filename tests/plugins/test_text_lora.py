"""LoRA adapters are merged into their base as peft merges them; what they ask for beyond that is refused by name."""

from __future__ import annotations

import json
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest
import torch
from commands import as_csv
from safetensors.torch import load_file, save_file
from tiny_bert import SENTENCES, build, build_as, change, notes_spec, opened, refusal
from tiny_chat import QUESTIONS, TEMPLATE, build_chat, opened_chat, tokenizer_of

from auditkit import ModelError
from auditkit.checkpoints import Head, ModelFolder, load_model
from auditkit_text import open_token_classifier

peft = pytest.importorskip("peft", reason="pip install peft")

TEXTS = list(SENTENCES)
CAUSAL = Head("chat", "AutoModelForCausalLM", "MODEL_FOR_CAUSAL_LM_MAPPING_NAMES", "causal model", "causal model", "")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    return build(tmp_path_factory.mktemp("base") / "base")


def adapted(base, folder, auto="AutoModelForSequenceClassification", outputs=None, **settings):
    """An adapter that peft wrote for a base, its weights drawn far from zero; and peft's own merged model."""
    import transformers

    more = {} if outputs is None else {"num_labels": outputs, "ignore_mismatched_sizes": True}
    model = getattr(transformers, auto).from_pretrained(base, **more)
    wanted = {"r": 4, "lora_alpha": 6, "target_modules": ["query", "value"]} | settings
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.manual_seed(3)
        wrapped = peft.get_peft_model(model, peft.LoraConfig(**wanted))
        for name, parameter in wrapped.named_parameters():
            if "lora_" in name or "modules_to_save" in name:
                torch.nn.init.normal_(parameter, std=0.4)
        wrapped.save_pretrained(folder)
        return folder, wrapped.merge_and_unload().eval()


def logits_of(model, base):
    """[n, k]: one text at a time, nothing padded."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(base)
    with torch.no_grad():
        return torch.cat([model(**tokenizer(text, return_tensors="pt")).logits for text in TEXTS])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"use_rslora": True},
        {"target_modules": ["query", "value", "dense"]},
        {"target_modules": ["word_embeddings", "key"]},
        {"modules_to_save": ["classifier"]},
        {"rank_pattern": {"value": 2}},
        {"bias": "all"},
    ],
    ids=lambda settings: next(iter(settings), "plain"),
)
def test_scores_are_those_of_pefts_merged_model(base, tmp_path, settings):
    folder, merged = adapted(base, tmp_path / "lora", **settings)
    found = opened(folder, base=str(base)).predict(pd.Series(TEXTS)).scores
    expected = logits_of(merged, base).softmax(-1).numpy()
    without = opened(base).predict(pd.Series(TEXTS)).scores
    assert np.abs(expected - without).max() > 0.02  # two thousand times the tolerance
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_a_head_of_other_outputs_comes_with_the_adapter(tmp_path):
    base = build_as(tmp_path / "base", "BertModel")
    folder, merged = adapted(base, tmp_path / "lora", outputs=3, modules_to_save=["classifier"])
    names = {"LABEL_0": "low", "LABEL_1": "middle", "LABEL_2": "high"}
    model = opened(folder, base=str(base), labels=names, target_classes=("high", "low", "middle"))
    found = model.predict(pd.Series(TEXTS))
    assert found.classes == ("low", "middle", "high")
    np.testing.assert_allclose(found.scores, logits_of(merged, base).softmax(-1).numpy(), atol=1e-5)
    assert "'classifier.bias', 'classifier.weight' are the adapter's" in " ".join(map(str, model.notes))


def test_a_base_without_a_head_is_not_trained(tmp_path):
    base = build_as(tmp_path / "base", "BertModel")
    folder, _ = adapted(base, tmp_path / "lora")
    assert "not trained: 'classifier.bias', 'classifier.weight'" in refusal(folder, base=str(base))[0]


def test_entities_are_found_with_an_adapter(tmp_path):
    base = build_as(tmp_path / "base", "BertForTokenClassification")
    folder, merged = adapted(base, tmp_path / "lora", auto="AutoModelForTokenClassification")
    how = {"device": "cpu", "labels": {}, "target_classes": ("AGE", "DRUG")}
    found = open_token_classifier(folder, base=str(base), **how).predict(pd.Series(TEXTS))
    merged.save_pretrained(tmp_path / "merged")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(base / name, tmp_path / "merged")
    expected = open_token_classifier(tmp_path / "merged", **how).predict(pd.Series(TEXTS))
    assert [[span[:3] for span in row] for row in found.spans] == [[span[:3] for span in row] for row in expected.spans]


def test_layers_that_lie_the_other_way_round_are_merged_so(tmp_path):
    from transformers import GPT2Config, GPT2LMHeadModel

    with torch.random.fork_rng():
        torch.manual_seed(7)
        GPT2LMHeadModel(GPT2Config(vocab_size=40, n_positions=16, n_embd=16, n_layer=1, n_head=2)).save_pretrained(
            tmp_path / "base"
        )
    folder, merged = adapted(
        tmp_path / "base",
        tmp_path / "lora",
        auto="AutoModelForCausalLM",
        target_modules=["c_attn"],
        fan_in_fan_out=True,
    )
    inspected = ModelFolder.inspected(
        folder, CAUSAL, trust_pickle=False, trust_remote_code=False, base=tmp_path / "base"
    )
    model, notes = load_model(inspected)
    tokens = torch.arange(12)[None]
    with torch.no_grad():
        torch.testing.assert_close(model(tokens).logits, merged(tokens).logits, atol=1e-5, rtol=1e-5)
    assert "rank 4 was merged in float32 into 1 layers of its base, 'base'" in " ".join(map(str, notes))


def test_a_chat_model_answers_as_its_merged_folder_does(tmp_path):
    base = build_chat(tmp_path / "base")
    how = {"auto": "AutoModelForCausalLM", "target_modules": ["q_proj", "v_proj"]}
    folder, merged = adapted(base, tmp_path / "lora", **how)
    merged.save_pretrained(tmp_path / "merged")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(base / name, tmp_path / "merged")
    prompts = pd.Series(QUESTIONS)
    found = opened_chat(folder, base=str(base)).predict(prompts)
    expected, without = (opened_chat(one).predict(prompts) for one in (tmp_path / "merged", base))
    assert found.texts == expected.texts != without.texts
    np.testing.assert_allclose(found.logprobs, expected.logprobs, atol=1e-5)


@pytest.mark.parametrize(
    "settings",
    [
        {"target_modules": ["wte"]},
        {"target_modules": ["lm_head"]},
        {"target_modules": ["c_attn"], "fan_in_fan_out": True, "modules_to_save": ["lm_head"]},
    ],
    ids=["embeddings", "outputs", "whole"],
)
@pytest.mark.filterwarnings("ignore")  # peft says that merging may go wrong here
def test_what_shares_its_numbers_with_a_changed_layer_stays_as_it_was(tmp_path, settings):
    from transformers import AutoModelForCausalLM

    base = build_chat(tmp_path / "base", "gpt2")
    folder, _ = adapted(base, tmp_path / "lora", "AutoModelForCausalLM", task_type="CAUSAL_LM", **settings)
    beside = peft.PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), folder).eval()
    tokens = torch.arange(10, 20)[None]
    with torch.no_grad():
        found, wanted = (one(tokens).logits for one in (opened_chat(folder, base=str(base)).module, beside))
    np.testing.assert_allclose(found.numpy(), wanted.numpy(), rtol=1e-4, atol=1e-4)


def test_the_tokenizer_is_the_adapters_where_it_has_one(tmp_path):
    base = build_chat(tmp_path / "base")
    targets = ["q_proj"]
    folder, _ = adapted(base, tmp_path / "lora", "AutoModelForCausalLM", task_type="CAUSAL_LM", target_modules=targets)
    assert opened_chat(folder, base=str(base)).tokenizer.chat_template is None
    tokenizer_of(template=TEMPLATE).save_pretrained(folder)
    model = opened_chat(folder, base=str(base))
    assert model.tokenizer.chat_template == TEMPLATE
    assert "the tokenizer is the one that lies with the adapter" in " | ".join(map(str, model.notes))
    change(folder, "tokenizer_config.json", auto_map={"AutoTokenizer": ["code.Tokenizer", None]})
    with pytest.raises(ModelError, match="needs code of its own: 'auto_map' names code"):
        opened_chat(folder, base=str(base))


def test_an_adapter_stored_in_bfloat16_says_so(base, tmp_path):
    folder, _ = adapted(base, tmp_path / "lora")
    file = folder / "adapter_model.safetensors"
    save_file({name: one.to(torch.bfloat16) for name, one in load_file(file).items()}, file)
    assert "stored as bfloat16" in " ".join(map(str, opened(folder, base=str(base)).notes))


def test_the_config_may_name_a_base_beside_it_and_none_elsewhere(base, tmp_path):
    folder, _ = adapted(base, tmp_path / "lora")
    whole = opened(folder, base=str(base)).predict(pd.Series(TEXTS)).scores
    shutil.copytree(base, tmp_path / "beside")
    change(folder, "adapter_config.json", base_model_name_or_path="beside")
    found = opened(folder, spec_folder=tmp_path).predict(pd.Series(TEXTS)).scores
    np.testing.assert_array_equal(found, whole)
    for elsewhere in (str(base), "../beside", "bert-base-uncased", "a" * 5000, None):
        change(folder, "adapter_config.json", base_model_name_or_path=elsewhere)
        message, hint = refusal(folder, spec_folder=tmp_path)
        assert "is an adapter, 'adapter_config.json', and its base" in message
        assert hint.startswith("[model] base = ")


def test_a_base_that_is_none_is_refused(base, tmp_path):
    folder, _ = adapted(base, tmp_path / "lora")
    assert "no adapter" in refusal(base, base=str(base))[0]
    assert "an adapter too" in refusal(folder, base=str(folder))[0]
    assert "is no folder" in refusal(folder, base=str(tmp_path / "absent"))[0]
    other = build(tmp_path / "other", hidden_size=16)
    assert "the adapter does not fit its base: it changes 'bert.encoder" in refusal(folder, base=str(other))[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"peft_type": "IA3"}, "'IA3', and only LoRA"),
        ({"use_dora": True}, "'use_dora'"),
        ({"lora_bias": True}, "'lora_bias'"),
        ({"alpha_pattern": {"query": 3}}, "'alpha_pattern'"),
        ({"target_parameters": ["experts"]}, "'target_parameters'"),
        ({"something_new": 1}, "'something_new'"),
        ({"init_lora_weights": "pissa"}, "'pissa', which changes the base's"),
        ({"bias": "some"}, "bias = 'some'"),
        ({"r": 0}, "r = 0"),
        ({"lora_alpha": "1"}, "lora_alpha = '1'"),
        ({"lora_alpha": 10**400}, "lora_alpha = 1000"),
        ({"bias": []}, "bias = []"),
    ],
)
def test_what_is_not_merged_here_is_refused_by_its_name(base, tmp_path, settings, words):
    folder, _ = adapted(base, tmp_path / "lora")
    change(folder, "adapter_config.json", **settings)
    assert words in refusal(folder, base=str(base))[0]


def test_weights_that_are_not_whole_are_refused(base, tmp_path):
    folder, _ = adapted(base, tmp_path / "lora")
    file = folder / "adapter_model.safetensors"
    tensors = load_file(file)
    first = min(tensors)
    for damaged, words in (
        ({name: one for name, one in tensors.items() if name != first}, "one half of"),
        ({}, "holds nothing"),
        (tensors | {first: torch.full_like(tensors[first], torch.nan)}, "NaN"),
        (tensors | {"other": torch.zeros(2)}, "holds 'other'"),
        (tensors | {first.replace("query", "absent"): tensors[first].clone()}, "one half of"),
    ):
        save_file(damaged, file)
        assert words in refusal(folder, base=str(base))[0]
    file.unlink()
    torch.save(tensors, folder / "adapter_model.bin")
    assert "holds no 'adapter_model.safetensors'" in refusal(folder, base=str(base))[0]


def test_two_thin_matrices_take_no_memory_that_their_file_does_not_account_for(base, tmp_path):
    folder, _ = adapted(base, tmp_path / "lora")
    file = folder / "adapter_model.safetensors"
    tensors = load_file(file)
    query = "base_model.model.bert.encoder.layer.0.attention.self.query.lora_{}.weight"
    thin = {query.format("A"): torch.ones(1, 1_000_000), query.format("B"): torch.ones(1_000_000, 1)}
    save_file(tensors | thin, file)  # their product would be 4 TB
    message, _ = refusal(folder, base=str(base))
    assert "by 1000000x1000000, and 'base' has 32x32" in message
    save_file(tensors | {query.format("A"): torch.ones(3, 32)}, file)
    assert "do not fit each other" in refusal(folder, base=str(base))[0]


def test_the_result_binds_the_files_of_both_folders(folder, base, tmp_path):
    lora, _ = adapted(base, tmp_path / "lora")
    under = shutil.copytree(base, tmp_path / "under")
    rows = [(text, ("no", "yes")[place % 2]) for place, text in enumerate(TEXTS)] * 5
    folder.write("rows.csv", as_csv(("note", "outcome"), rows))
    folder.write("audit.toml", notes_spec(str(lora), model=f'base = "{under}"'))
    digests = []
    for more in ("", "\n"):
        with (under / "config.json").open("a") as stream:
            stream.write(more)
        answer = folder.run_here("run", "audit.toml", "--force")
        assert answer.code == 0, answer
        subject = folder.result()["subject"]
        digests.append(subject["digest"])
    assert {"adapter_model.safetensors", "base/model.safetensors"} <= {file["name"] for file in subject["files"]}
    assert digests[0] != digests[1]
    assert "was merged in float32" in json.dumps(subject["notes"])
    assert subject["facts"]["architectures"] == ["BertForSequenceClassification"]
