"""Where a transformer looks: by hand, beside transformers' own weights, and never without its caveat."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_bert import SENTENCES, build, opened, tokenizer_of

from auditkit import AuditError, Encoded, NotApplicable, Text
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model
from auditkit_explainability.agreement import methods_agreement
from auditkit_explainability.attributing import ATTENTION, INTEGRATED, attributions, methods_of
from auditkit_explainability.attributing.gradients import Climb
from auditkit_explainability.attributing.looking import UNSEEN, attention
from auditkit_explainability.attributions import attributed_answers
from auditkit_explainability.faithfulness import faithfulness
from auditkit_explainability.judged.options import accept_effort, climbing, tried
from auditkit_explainability.planted.looking import of_gazes
from auditkit_explainability.randomisation import randomisation

CAVEAT = "no explanation"


class Layers(torch.nn.Module):
    """Layers whose weights of attention are given; each hands on what it was given."""

    class Layer(torch.nn.Module):
        def __init__(self, weights):
            super().__init__()
            self.weights = torch.tensor(weights)

        def forward(self, shown):
            return shown, self.weights.expand(len(shown), *self.weights.shape)

    class Around(torch.nn.Module):
        """Hands on what the one inside it said, weights and all."""

        def __init__(self, inside):
            super().__init__()
            self.inside = inside

        def forward(self, shown):
            return self.inside(shown)

    def __init__(self, *weights):
        super().__init__()
        self.layers = torch.nn.ModuleList([self.Around(self.Layer(one)) for one in weights])

    def forward(self, shown):
        for layer in self.layers:
            shown, _ = layer(shown)
        return shown


def climb_of(network, places=2):
    at = torch.ones(1, places)
    return Climb(Encoded(network, at, (), torch.zeros_like(at), (), network=network), at * 0, torch.zeros(1).long())


def test_of_one_layer_it_is_half_the_mean_of_its_heads_and_half_the_place_itself():
    """Heads (0.2, 0.8) and (0.6, 0.4): their mean (0.4, 0.6); of the first place 0.5 + 0.2 and 0.3."""
    found, _ = attention(climb_of(Layers([[[0.2, 0.8], [0.5, 0.5]], [[0.6, 0.4], [0.5, 0.5]]])))
    np.testing.assert_allclose(found.numpy(), [[0.7, 0.3]], rtol=1e-6)


def test_layers_hand_on_what_they_saw():
    """Row 1 of B' A', with A' = ((0.6, 0.4), (0.25, 0.75)) and B' = ((0.5, 0.5), ...): 0.5 A'1 + 0.5 A'2."""
    first, second = [[[0.2, 0.8], [0.5, 0.5]]], [[[0.0, 1.0], [0.5, 0.5]]]
    found, _ = attention(climb_of(Layers(first, second)))
    np.testing.assert_allclose(found.numpy(), [[0.425, 0.575]], rtol=1e-6)


def test_a_model_that_looks_back_is_read_at_its_last_place():
    """Of ((1, 0), (0.3, 0.7)) the last place has 0.15 of the first and 0.85 of itself."""
    found, _ = attention(climb_of(Layers([[[1.0, 0.0], [0.3, 0.7]]])))
    np.testing.assert_allclose(found.numpy(), [[0.15, 0.85]], rtol=1e-6)


def test_a_network_without_attention_is_refused():
    with pytest.raises(NotApplicable, match=UNSEEN):
        attention(climb_of(torch.nn.Linear(2, 1)))


def case_of(model, texts):
    given = pd.Series(list(texts), dtype=object)
    return with_model(toy_case(model.predict(given), ["no"] * len(given), inputs=given, min_group_size=2), model)


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    return opened(build(tmp_path_factory.mktemp("bert"), num_hidden_layers=2))


def rollout(weights, place):
    """As Abnar and Zuidema write it, of the weights that transformers gives by itself."""
    flow = None
    for layer in weights:
        raw = layer[0].double().numpy().mean(axis=0)
        through = 0.5 * raw + 0.5 * np.eye(len(raw))
        through /= through.sum(axis=1, keepdims=True)
        flow = through if flow is None else through @ flow
    return flow[place]


def test_berts_attention_is_that_of_transformers_merged_to_words(bert):
    texts = SENTENCES[:3]
    chosen = bert.module.config._attn_implementation
    found = attributions(case_of(bert, texts), ATTENTION)
    assert bert.module.config._attn_implementation == chosen
    bert.module.set_attn_implementation("eager")
    for row, text in enumerate(texts):
        batch = tokenizer_of()([text], return_tensors="pt")
        with torch.no_grad():
            said = bert.module(**batch, output_attentions=True)
        expected = rollout(said.attentions, 0)
        # Each word is one token here, between [CLS] and [SEP].
        np.testing.assert_allclose(found.of(row), expected[1:-1], atol=1e-5)
        assert found.elsewhere[row] == pytest.approx(expected[0] + expected[-1], abs=1e-5)
    bert.module.set_attn_implementation(chosen)


def cells(found):
    tables = (one for one in found if hasattr(one, "rows"))
    return [str(cell) for one in tables for line in one.rows for cell in line if isinstance(cell, str | Text)]


def test_it_is_off_unless_it_is_named(bert):
    case = case_of(bert, SENTENCES)
    assert ATTENTION not in methods_of(case)
    assert ATTENTION not in tried(())
    assert ATTENTION not in climbing(())
    assert not any("attention" in cell for cell in cells(ask(attributed_answers, case, {"methods": (INTEGRATED,)})))


def test_its_caveat_stands_wherever_it_is_told_of(bert):
    case = case_of(bert, SENTENCES)
    accept_effort(methods=(ATTENTION,))
    with pytest.raises(AuditError) as refused:
        accept_effort(methods=("gaze",))
    assert CAVEAT in refused.value.hint
    both = {"methods": (ATTENTION, "gradient x input")}
    for check, options in (
        (attributed_answers, both), (faithfulness, both | {"orders": 1, "draws": 2}), (methods_agreement, both),
        (randomisation, both | {"randomisations": 2}),
    ):  # fmt: skip
        said = [cell for cell in cells(ask(check, case, options)) if "attention" in cell]
        assert said, check
        assert all(CAVEAT in cell for cell in said)


def test_attention_to_what_does_not_decide_is_no_better_than_a_random_explanation():
    for is_honest in (True, False):
        case = of_gazes(is_honest=is_honest)(np.random.default_rng(2))
        found = ask(faithfulness, case, {"methods": (ATTENTION,), "most_rows": 60})
        (said,) = found.of("faithfulness_over_random")
        assert (said.interval.low > 0) is is_honest


def test_a_gpt_is_read_at_its_last_token(tmp_path):
    """Of which it reads each row by itself, since it looks for the last token by its number."""
    from transformers import GPT2Config, GPT2ForSequenceClassification

    tokenizer = tokenizer_of()
    torch.manual_seed(2)
    names = {"id2label": {0: "no", 1: "yes"}, "label2id": {"no": 0, "yes": 1}, "pad_token_id": 0}
    config = GPT2Config(vocab_size=len(tokenizer), n_embd=16, n_layer=2, n_head=2, n_positions=48, **names)
    GPT2ForSequenceClassification(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model = opened(tmp_path)
    found = attributions(case_of(model, SENTENCES[:2]), ATTENTION)
    model.module.set_attn_implementation("eager")
    for row, text in enumerate(SENTENCES[:2]):
        batch = tokenizer([text], return_tensors="pt")
        with torch.no_grad():
            said = model.module(input_ids=batch["input_ids"], output_attentions=True)
        np.testing.assert_allclose(found.of(row), rollout(said.attentions, -1)[1:-1], atol=1e-5)
