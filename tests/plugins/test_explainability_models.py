"""Models that make gradients hard: in bfloat16, with tied embeddings, longer than a page, or writing in place."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_bert import SENTENCES, build, config_of, opened, tokenizer_of

from auditkit import ClassScores, Encoded, NotApplicable, Unit
from auditkit.testing import toy_case, with_model
from auditkit_explainability.attributing import INTEGRATED, attributions
from auditkit_explainability.pieces import pieces_of


def case_of(model, texts):
    given = pd.Series(list(texts), dtype=object)
    return with_model(toy_case(model.predict(given), ["no"] * len(given), inputs=given), model)


def test_a_model_run_in_bfloat16_is_climbed_in_float32(tmp_path):
    folder = build(tmp_path)
    half, full = (opened(folder, precision=precision) for precision in ("bfloat16", "float32"))
    found, expected = (attributions(case_of(model, SENTENCES), INTEGRATED) for model in (half, full))
    assert found.gap.max() < 0.05
    np.testing.assert_allclose(found.by_piece, expected.by_piece, atol=1e-4)


def gpt2(folder):
    """Its embeddings are tied, and its head looks for the last token by number, which embeddings have not."""
    from transformers import GPT2Config, GPT2ForSequenceClassification

    tokenizer = tokenizer_of()
    torch.manual_seed(2)
    names = {"id2label": {0: "no", 1: "yes"}, "label2id": {"no": 0, "yes": 1}}
    config = GPT2Config(
        vocab_size=len(tokenizer), n_embd=32, n_layer=1, n_head=2, n_positions=48, pad_token_id=0,
        tie_word_embeddings=True, **names,
    )  # fmt: skip
    model = GPT2ForSequenceClassification(config)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return opened(folder)


def test_a_model_that_cannot_be_climbed_beside_padding_is_climbed_row_by_row(tmp_path):
    model = gpt2(tmp_path)
    with pytest.raises(NotApplicable, match="otherwise than the tokens"):
        model.encoded(pd.Series(SENTENCES[:2]))
    together = attributions(case_of(model, SENTENCES), INTEGRATED)
    assert together.gap.max() < 0.05
    for row, text in enumerate(SENTENCES):
        np.testing.assert_allclose(together.of(row), attributions(case_of(model, [text]), INTEGRATED).of(0), atol=1e-6)


def test_four_thousand_tokens_are_climbed_and_told_as_runs_of_words(tmp_path):
    from transformers import BertForSequenceClassification

    tokenizer = tokenizer_of(max_length=4096)
    torch.manual_seed(4)
    small = {"hidden_size": 8, "intermediate_size": 8, "max_position_embeddings": 4096, "num_attention_heads": 1}
    BertForSequenceClassification(config_of(tokenizer, **small)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    case = case_of(opened(tmp_path), ["mild cough " * 2047])
    found = attributions(case, INTEGRATED, most=8)
    assert found.gap[0] < 0.05
    assert [len(name.split()) for name in pieces_of(case, most=8).names[0]] == pytest.approx([4094 / 8] * 8, abs=1)


class InPlace(torch.nn.Module):
    """Writes into what it is given before it does anything else, as fused layers do."""

    def __init__(self):
        super().__init__()
        self.begin, self.end = torch.nn.ReLU(inplace=True), torch.nn.Linear(3, 2)

    def forward(self, shown):
        return self.end(self.begin(shown))


def test_a_module_that_begins_in_place_is_climbed_and_its_rows_stay():
    torch.manual_seed(1)
    module = InPlace().eval()
    at = torch.tensor([[1.0, -2.0, 0.5], [-1.0, 3.0, 2.0]])

    class Model:
        def predict(self, inputs):
            with torch.no_grad():
                said = module(at[inputs["row"].to_numpy().copy()].clone())
            return ClassScores(("no", "yes"), said.softmax(1).numpy())

        def encoded(self, inputs):
            own = at[inputs["row"].to_numpy().copy()].clone()
            units = (tuple(Unit("row") for _ in range(3)),) * len(own)
            return Encoded(module, own, (), torch.zeros_like(own), units)

    rows = pd.DataFrame({"row": [0, 1]})
    case = with_model(toy_case(Model().predict(rows), ["no", "no"], inputs=rows), Model())
    found = attributions(case, INTEGRATED)
    assert np.isfinite(found.gap).all()
    np.testing.assert_array_equal(at.numpy(), [[1.0, -2.0, 0.5], [-1.0, 3.0, 2.0]])
