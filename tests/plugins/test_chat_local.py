"""`chat` on a folder: its answers are those of a bare loop, whatever the batch, the order and the beginning."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from tiny_bert import build_as, change
from tiny_chat import QUESTIONS, TEMPLATE, build_chat, opened_chat

from auditkit import DataError, ModelError
from auditkit.host import Host
from auditkit.kept import Kept
from auditkit.testing import obey_contract

HOST = Host.installed()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build_chat(tmp_path_factory.mktemp("chat") / "model")


@pytest.fixture(scope="module")
def templated(tmp_path_factory):
    return build_chat(tmp_path_factory.mktemp("chat") / "templated", template=TEMPLATE)


def bare(folder, prompts, *, max_tokens=12, text=lambda tokenizer, prompt: tokenizer(prompt)["input_ids"]):
    """What transformers says to each prompt alone, greedily, with the log-probability of what it says."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    found = []
    for prompt in prompts:
        tokens = torch.tensor([text(tokenizer, prompt)])
        said = model.generate(
            tokens, attention_mask=torch.ones_like(tokens), max_new_tokens=max_tokens, do_sample=False,
            output_logits=True, return_dict_in_generate=True,
        )  # fmt: skip
        new = said.sequences[0, tokens.shape[1] :].tolist()
        logprobs = [logits[0].log_softmax(-1)[token].item() for token, logits in zip(new, said.logits, strict=True)]
        end = new.index(2) if 2 in new else len(new)
        found.append((tokenizer.decode(new[:end], skip_special_tokens=True), sum(logprobs[:end])))
    return found


@pytest.mark.parametrize("kind", ["llama", "gpt2", "no padding token"])
def test_answers_and_their_log_probabilities_are_those_of_a_bare_loop(tmp_path, kind):
    folder = build_chat(tmp_path / "model", kind="llama" if kind == "llama" else "gpt2", pad=kind != "no padding token")
    model = opened_chat(folder)
    answer = model.predict(pd.Series(QUESTIONS))
    expected = bare(folder, QUESTIONS)
    assert answer.texts == tuple(text for text, _ in expected)
    assert len(set(answer.texts)) > 1
    np.testing.assert_allclose(answer.logprobs, [logprob for _, logprob in expected], rtol=1e-5)
    assert list(model.sizes(pd.Series(QUESTIONS))) == [len(model.tokenizer(one)["input_ids"]) for one in QUESTIONS]


def test_a_chat_template_is_used_as_transformers_uses_it(templated):
    def text(tokenizer, prompt):
        messages = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": f"Q: {prompt}"}]
        return tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)

    model = opened_chat(templated, system="Be kind.", template="Q: {prompt}")
    answer = model.predict(pd.Series(QUESTIONS))
    assert answer.texts == tuple(text for text, _ in bare(templated, QUESTIONS, text=text))
    assert "chat template, sha256:" in " ".join(map(str, model.notes))


@pytest.mark.parametrize(
    "options",
    [{}, {"temperature": 0.8, "samples": 3, "stop": ("e", "\n"), "max_length": 5}],
    ids=["greedy", "samples"],
)
def test_it_obeys_its_contract(tmp_path, options):
    folder = build_chat(tmp_path / "model", template=TEMPLATE if options else None)
    given = {option.name: option.default for option in HOST.adapters["chat"].options} | {"max_tokens": 4} | options
    prompts = pd.Series([*QUESTIONS[:4], QUESTIONS[0]])
    given |= {"device": "cpu", "kept": None, "spec_folder": tmp_path}
    obey_contract(HOST.adapters["chat"], path=folder, inputs=prompts, tolerance=1e-4, **given)


def test_samples_of_a_prompt_differ_and_follow_their_seed(folder):
    how = {"temperature": 1.0, "samples": 4}
    first, other = (opened_chat(folder, seed=seed, **how).predict(pd.Series(QUESTIONS)) for seed in (0, 1))
    assert all(len(row) == 4 for row in first.samples)
    assert len(set(first.samples[0])) > 1
    assert first.samples != other.samples
    alone = opened_chat(folder, temperature=1.0).predict(pd.Series(QUESTIONS))
    assert alone.texts == first.texts


def test_tokens_are_drawn_as_the_models_probabilities_say(folder):
    import torch

    model = opened_chat(folder, temperature=0.7, max_tokens=1)
    tokens = torch.tensor([model.tokenizer(QUESTIONS[0])["input_ids"]])
    with torch.no_grad():
        probabilities = (model.module(tokens).logits[0, -1] / 0.7).softmax(-1).numpy()
    drawn = model.generate(pd.Series(QUESTIONS[:1]), samples=4_000, rng=np.random.default_rng(5))
    likeliest = int(np.argmax(probabilities))
    written = model.tokenizer.decode([likeliest], skip_special_tokens=True)
    # Several tokens may be written alike, e.g. halves of a character.
    alike = [
        place
        for place in range(len(probabilities))
        if model.tokenizer.decode([place], skip_special_tokens=True) == written
    ]
    expected = probabilities[alike].sum()
    share = np.mean([one == written for one in drawn.samples[0]])
    assert 0.1 < expected < 0.9
    assert abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / 4_000)


def test_generate_draws_again_where_answers_are_greedy(folder):
    model = opened_chat(folder)
    drawn = model.generate(pd.Series(QUESTIONS[:2]), samples=3, rng=np.random.default_rng(1))
    again = model.generate(pd.Series(QUESTIONS[:2]), samples=3, rng=np.random.default_rng(1))
    other = model.generate(pd.Series(QUESTIONS[:2]), samples=3, rng=np.random.default_rng(2))
    assert [len(row) for row in drawn.samples] == [3, 3]
    assert drawn.samples == again.samples != other.samples


def test_an_answer_ends_before_a_stop_and_its_log_probability_too(folder):
    whole = opened_chat(folder).predict(pd.Series(QUESTIONS))
    row, text = next((row, text) for row, text in enumerate(whole.texts) if len(text) > 4)
    stop = text[3]
    cut = opened_chat(folder, stop=(stop,)).predict(pd.Series(QUESTIONS))
    assert cut.texts[row] == text[: text.index(stop)]
    assert all(stop not in answer for answer in cut.texts)
    assert np.all(cut.logprobs >= whole.logprobs - 1e-5)


def test_messages_are_spoken_in_turn(templated):
    messages = [
        {"role": "user", "content": "I cough"}, {"role": "assistant", "content": "Since when?"},
        {"role": "user", "content": "a week"},
    ]  # fmt: skip

    def text(tokenizer, _):
        return tokenizer.apply_chat_template(messages, add_generation_prompt=True, return_dict=False)

    answer = opened_chat(templated).predict(pd.Series([json.dumps(messages), "[no JSON] what now"]))
    assert answer.texts[0] == bare(templated, [""], text=text)[0][0]


def test_prompts_that_are_too_long_lose_their_beginning(folder):
    model = opened_chat(folder, max_length=5)
    assert model.limit == 5
    assert opened_chat(folder).limit == 128 - 12
    long = "first words that nobody reads, " + QUESTIONS[1]
    tail = model.tokenizer(long)["input_ids"][-5:]
    assert model.predict(pd.Series([long])).texts[0] == bare(folder, [""], text=lambda *_: tail)[0][0]


def test_answers_say_whether_they_were_cut(folder):
    asked = pd.Series(QUESTIONS)
    short, long = (opened_chat(folder, kept=Kept(), max_tokens=count).predict(asked) for count in (12, 60))
    ended = [one == other for one, other in zip(short.texts, long.texts, strict=True)]
    assert short.cut.tolist() == [not one for one in ended]
    assert short.cut.any()
    assert opened_chat(folder, kept=Kept(), stop=("zzz",)).predict(asked).cut.all()


def test_what_was_decoded_and_cut_is_told(folder):
    model = opened_chat(folder, kept=Kept(), stop=("zzz",), system="Be brief.")
    model.predict(pd.Series(QUESTIONS))
    told = " | ".join(map(str, [*model.notes, *model.notes_on(pd.Series(QUESTIONS))]))
    assert "answers were decoded greedily, at temperature 0, up to 12 tokens" in told
    assert "answers end before 'zzz'" in told
    assert "a system prompt of 9 characters, sha256:" in told
    assert "the tokenizer has no chat template" in told
    assert "of 6 answers were cut at 12 tokens" in told


def test_decoding_that_the_folder_asks_for_is_told_and_not_followed(tmp_path, folder):
    copied = shutil.copytree(folder, tmp_path / "model")
    change(
        copied, "generation_config.json", do_sample=True, temperature=0.6, repetition_penalty=1.8, eos_token_id=[2, 9]
    )
    model = opened_chat(copied)
    assert model.predict(pd.Series(QUESTIONS)).texts == opened_chat(folder).predict(pd.Series(QUESTIONS)).texts
    (told,) = [str(note) for note in model.notes if "generation_config.json" in str(note)]
    assert "repetition_penalty = 1.8" in told
    assert model.ends == (2, 9)


def test_a_lower_precision_is_held_against_float32(folder):
    low = opened_chat(folder, precision="bfloat16")
    assert low.computing.precision == "bfloat16"
    whole = low.in_float32().predict(pd.Series(QUESTIONS))
    assert whole.texts == opened_chat(folder).predict(pd.Series(QUESTIONS)).texts
    rounded = low.predict(pd.Series(QUESTIONS))
    assert not np.array_equal(rounded.logprobs, whole.logprobs)
    assert low.embed(pd.Series(QUESTIONS)).dtype == np.float32


def test_embeddings_are_the_mean_of_the_last_states(folder):
    import torch

    model = opened_chat(folder)
    vectors = model.embed(pd.Series(QUESTIONS))
    tokens = torch.tensor([model.tokenizer(QUESTIONS[2])["input_ids"]])
    with torch.no_grad():
        alone = model.module.model(tokens).last_hidden_state[0].mean(0).numpy()
    np.testing.assert_allclose(vectors[2], alone, atol=1e-5)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"samples": 3}, "without a temperature all samples of a prompt are the same"),
        ({"temperature": -1.0}, "temperature is -1"),
        ({"temperature": "default"}, "decoded by auditkit, which has no default"),
        ({"max_tokens": 0}, "max_tokens is 0"),
        ({"max_tokens": 128}, "room for 128 tokens, prompt and answer"),
        ({"max_length": 117}, "at most 116, besides max_tokens = 12"),
        ({"template": "Say it"}, "has no place for the row's text"),
        ({"stop": ("",)}, "an empty text"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(folder, options, words):
    with pytest.raises(ModelError, match=words) as caught:
        opened_chat(folder, **options)
    assert caught.value.hint


def test_a_model_that_fills_gaps_is_refused(tmp_path):
    build_as(tmp_path / "masked", "BertForMaskedLM")
    with pytest.raises(ModelError, match="fills gaps and writes no answers"):
        opened_chat(tmp_path / "masked")
    build_as(tmp_path / "classes", "BertForSequenceClassification")
    with pytest.raises(ModelError, match="which is no causal language model"):
        opened_chat(tmp_path / "classes")


def test_no_model_at_all_is_refused():
    with pytest.raises(ModelError, match="no model is named"):
        opened_chat(None)


MESSAGES = [
    ('[{"role": "user"}]', "message 1 has the keys 'role'"),
    ('[{"role": "nurse", "content": "hello"}]', "message 1 has the role 'nurse'"),
    ('[{"role": "user", "content": "\\ud800"}]', "message 1 holds half of a surrogate pair"),
    ('[{"role": "assistant", "content": "hello"}]', "the last message is the assistant's"),
    ("", "missing or empty"),
    (None, "missing or empty"),
    (7, "is a int, not a text"),
]


@pytest.mark.parametrize(("cell", "words"), MESSAGES)
def test_a_prompt_that_is_none_is_told_by_its_row(folder, cell, words):
    with pytest.raises(DataError, match=words) as caught:
        opened_chat(folder).predict(pd.Series([QUESTIONS[0], cell], dtype=object))
    assert "row 2" in caught.value.message
    assert caught.value.hint


def test_several_columns_are_refused(folder):
    with pytest.raises(DataError, match="names 2: 'a', 'b'"):
        opened_chat(folder).predict(pd.DataFrame({"a": ["x"], "b": ["y"]}))


def test_messages_need_a_chat_template(folder):
    talk = json.dumps([{"role": role, "content": "hello"} for role in ("user", "assistant", "user")])
    with pytest.raises(ModelError, match="has no chat template to put them together"):
        opened_chat(folder).predict(pd.Series([talk]))


def test_a_template_that_refuses_is_told(tmp_path):
    template = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system here') }}{% endif %}x"
    folder = build_chat(tmp_path / "model", template=template)
    with pytest.raises(ModelError, match="no system here") as caught:
        opened_chat(folder, system="Be brief.").predict(pd.Series(QUESTIONS))
    assert "leave out [model] system" in caught.value.hint


def test_how_answers_ended_is_told_of_prompts_that_were_cut_to_the_same_length(folder):
    kept, asked = Kept(), pd.Series(list(QUESTIONS))
    model = opened_chat(folder, kept=kept, max_tokens=2)
    model.predict(asked)
    assert "were cut at 2 tokens" in " ".join(map(str, model.notes_on(asked)))
    assert opened_chat(folder, kept=kept, max_tokens=2, max_length=3).notes_on(asked) == []
    assert opened_chat(folder, kept=kept, max_tokens=2, precision="bfloat16").notes_on(asked) == []
