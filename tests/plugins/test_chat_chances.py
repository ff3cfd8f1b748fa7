"""How likely a local model is to write a text: by hand from its own scores, against transformers, and by drawing."""

from __future__ import annotations

import numpy as np
import pytest
from listed_chat import taught_chat
from tiny_chat import TEMPLATE, build_chat, opened_chat

from auditkit import Continues, Sampling
from auditkit.continuing import sound_chances
from auditkit.errors import ModelError

WORDS = ("pain in the left knee since may", "pain in the right hand since june", "fever at night since may")
PROMPTS, HIDDEN = ["pain in the", "pain in the", "fever at"], [" left knee", " right hand since", " night since"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return taught_chat(tmp_path_factory.mktemp("chat"), WORDS, steps=6)


@pytest.fixture(scope="module")
def model(folder):
    return opened_chat(folder)


def scores_after(model, text):
    import torch

    tokens = torch.tensor([model.tokenizer(text)["input_ids"]])
    with torch.inference_mode():
        return model.place.module(input_ids=tokens).logits[0, -1].double()


def by_hand(model, prompt, hidden, warp=lambda _, scores: scores):
    """One word after the other, each from the model's scores after those before it."""
    total, text = 0.0, prompt
    for word in hidden.split():
        scores = warp(None, scores_after(model, text)[None])
        total += float(scores.log_softmax(1)[0, model.tokenizer.convert_tokens_to_ids(word)])
        text += " " + word
    return total


def test_it_is_the_product_of_the_tokens_chances(model):
    assert isinstance(model, Continues)
    found = model.log_chances(PROMPTS, HIDDEN, Sampling())
    np.testing.assert_allclose(found, [by_hand(model, *pair) for pair in zip(PROMPTS, HIDDEN, strict=True)], rtol=1e-4)
    assert model.log_chances([], [], Sampling()).shape == (0,)


@pytest.mark.parametrize(
    ("sampling", "warpers"),
    [
        (Sampling(temperature=0.7), ("TemperatureLogitsWarper", 0.7)),
        (Sampling(top_k=5), ("TopKLogitsWarper", 5)),
        (Sampling(top_p=0.8), ("TopPLogitsWarper", 0.8)),
    ],
)
def test_a_scheme_is_the_one_that_transformers_draws_by(model, sampling, warpers):
    import transformers

    warp = getattr(transformers, warpers[0])(warpers[1])
    found = model.log_chances(PROMPTS, HIDDEN, sampling)
    expected = [max(by_hand(model, *pair, warp=warp), -1e4) for pair in zip(PROMPTS, HIDDEN, strict=True)]
    never = np.array(expected) <= -1e4
    np.testing.assert_allclose(found[~never], np.array(expected)[~never], rtol=1e-4)
    assert (found[never] <= -1e4).all()


def test_greedily_a_text_is_sure_or_never_comes(folder):
    model = opened_chat(folder, max_tokens=2)
    said = model.predict(PROMPTS[:1]).texts[0]
    sure, never = model.log_chances(PROMPTS[:1] * 2, [" " + said, " since since"], Sampling(temperature=0))
    assert sure == 0.0
    assert never <= -1e4


def test_answers_that_are_drawn_come_as_often_as_it_says(folder):
    model = opened_chat(folder, max_tokens=1)
    chance = float(np.exp(model.log_chances(["pain in the"], [" left"], Sampling())[0]))
    drawn = model.generate(["pain in the"], samples=400, rng=np.random.default_rng(1)).samples[0]
    # Four standard deviations of a share of 400.
    assert np.mean([one == "left" for one in drawn]) == pytest.approx(
        chance, abs=4 * (chance * (1 - chance) / 400) ** 0.5
    )
    assert 0.02 < chance < 0.98


def test_batches_and_a_template_change_nothing_that_they_should_not(tmp_path):
    model = opened_chat(build_chat(tmp_path, template=TEMPLATE))
    texts = ["Drink water and rest.", "No.", "Ask your doctor; do not stop them."]
    together = model.log_chances(["a headache", "may I", "tablets"], texts, Sampling())
    alone = [
        model.log_chances([prompt], [text], Sampling())[0]
        for prompt, text in zip(("a headache", "may I", "tablets"), texts, strict=True)
    ]
    np.testing.assert_allclose(together, alone, rtol=1e-4)
    plain = opened_chat(build_chat(tmp_path / "plain"))
    assert abs(plain.log_chances(["a headache"], texts[:1], Sampling())[0] - together[0]) > 1e-3


@pytest.mark.parametrize("answer", [[0.5], [np.nan], [-1.0, -2.0], "no"])
def test_what_is_no_log_of_a_chance_is_refused(answer):
    with pytest.raises((ModelError, ValueError), match=r"gave no 1 logs|could not convert"):
        sound_chances(answer, rows=1, who="adapter 'x'")
