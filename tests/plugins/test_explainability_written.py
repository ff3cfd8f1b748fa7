"""What a model writes, attributed to the words it was asked: by hand from its scores, and beside captum's own."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model
from auditkit_explainability.attributing import OCCLUSION, attributions
from auditkit_explainability.attributions import attributed_answers
from auditkit_explainability.pieces import pieces_of


@pytest.fixture(scope="module")
def asked_chat(tmp_path_factory):
    from tiny_chat import QUESTIONS, build_chat, opened_chat

    model = opened_chat(build_chat(tmp_path_factory.mktemp("chat")))
    asked = pd.Series(list(QUESTIONS[:3]), dtype=object)
    return with_model(toy_case(model.predict(asked), inputs=asked), model)


def test_of_what_a_model_writes_a_word_is_worth_what_it_adds_to_the_answers_chance(asked_chat):
    """By hand from transformers' own loss of the answer's tokens, with and without the word."""
    model = asked_chat.broker.model
    found = attributions(asked_chat, OCCLUSION)
    question, answer = asked_chat.inputs.iloc[1], asked_chat.predictions.texts[1]
    assert list(pieces_of(asked_chat).names[1]) == question.split()

    def log_of(prompt):
        tokens = model.tokenizer(prompt + answer, return_tensors="pt")["input_ids"]
        begins = len(model.tokenizer(prompt)["input_ids"])
        with torch.inference_mode():
            logs = model.place.module(input_ids=tokens).logits[0].double().log_softmax(-1)
        return float(sum(logs[place - 1, tokens[0, place]] for place in range(begins, tokens.shape[1])))

    words = question.split()
    own = [log_of(question) - log_of(" ".join(words[:one] + words[one + 1 :])) for one in range(len(words))]
    np.testing.assert_allclose(found.of(1), own, rtol=1e-4)


def test_captums_own_attribution_of_a_language_model_finds_the_same(asked_chat):
    from captum.attr import FeatureAblation, LLMAttribution, TextTemplateInput

    model = asked_chat.broker.model
    question, answer = asked_chat.inputs.iloc[1], asked_chat.predictions.texts[1]
    words = question.split()
    begins = len(model.tokenizer(question)["input_ids"])
    tokens = torch.tensor(model.tokenizer(question + answer)["input_ids"][begins:])
    values = [words[0], *(f" {word}" for word in words[1:])]
    given = TextTemplateInput("{}" * len(words), values=values, baselines=[""] * len(words))
    # With its cache of the prompt's states captum 0.9 finds other numbers, beside transformers 5.
    theirs = LLMAttribution(FeatureAblation(model.place.module), model.tokenizer).attribute(
        given, target=tokens, use_cached_outputs=False
    )
    ours = attributions(asked_chat, OCCLUSION).of(1)
    # Without the first word theirs begins with a space.
    np.testing.assert_allclose(ours[1:], theirs.seq_attr.cpu().numpy()[1:], rtol=1e-4)


def test_the_check_speaks_of_what_is_written(asked_chat):
    found = ask(attributed_answers, asked_chat, {})
    (gap,) = found.of("attribution_completeness")
    assert gap.conditions == {"method": OCCLUSION}
    (table,) = (one for one in found if hasattr(one, "rows"))
    assert str(table.rows[0][2]) == "ln of the chance that the answer begins as it did"
