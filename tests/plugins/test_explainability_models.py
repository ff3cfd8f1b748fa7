"""Models that make gradients hard: in bfloat16, with tied embeddings, longer than a page, writing in place, or none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_bert import SENTENCES, build, config_of, opened, tokenizer_of
from tiny_images import build_images, files_of, pixels

from auditkit import ClassScores, Encoded, NotApplicable, Unit
from auditkit.checks.asking import ask
from auditkit.spec import DataSpec
from auditkit.testing import toy_case, with_model
from auditkit_explainability.attributing import (
    ATTENTION,
    DEEP_LIFT,
    GRADIENT,
    GRADIENT_INPUT,
    GUIDED,
    INTEGRATED,
    OCCLUSION,
    attributions,
    targets_of,
)
from auditkit_explainability.attributions import attributed_answers
from auditkit_explainability.faithfulness import faithfulness
from auditkit_explainability.pieces import pieces_of
from auditkit_explainability.randomisation import randomisation
from auditkit_explainability.stability import stability
from auditkit_image import open_image_classifier


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


class Chain(torch.nn.Module):
    """Four layers with ReLUs between, that write in place or do not."""

    def __init__(self, *, inplace):
        super().__init__()
        torch.manual_seed(6)
        layers = [layer for _ in range(3) for layer in (torch.nn.Linear(3, 3), torch.nn.ReLU(inplace=inplace))]
        self.layers = torch.nn.Sequential(*layers, torch.nn.Linear(3, 2))

    def forward(self, shown):
        return self.layers(shown)


class Tied(torch.nn.Module):
    """What it says is how near the mean of its words' vectors lies to each of the same vectors."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(7)
        self.words, self.head = torch.nn.Embedding(5, 3), torch.nn.Linear(3, 5, bias=False)
        self.head.weight = self.words.weight

    def forward(self, shown):
        return self.head(torch.tanh(shown))[:, :2]


def on_numbers(module):
    """Twelve rows of three columns, through a module."""
    module, names = module.eval(), ["a", "b", "c"]
    rows = pd.DataFrame(np.random.default_rng(4).normal(size=(12, 3)), columns=names)

    class Model:
        batch_size = 5

        def predict(self, inputs):
            with torch.no_grad():
                said = module(torch.tensor(inputs[names].to_numpy(dtype=np.float32)))
            return ClassScores(("no", "yes"), said.double().softmax(1).numpy())

        def encoded(self, inputs):
            at = torch.tensor(inputs[names].to_numpy(dtype=np.float32))
            units = (tuple(map(Unit, names)),) * len(at)
            return Encoded(module, at, (), torch.zeros_like(at), units, network=module)

    return with_model(toy_case(Model().predict(rows), ["no"] * 12, inputs=rows), Model())


@pytest.mark.parametrize("method", [INTEGRATED, GRADIENT_INPUT, GRADIENT, DEEP_LIFT])
def test_layers_that_write_in_place_are_climbed_as_those_that_do_not(method):
    found, expected = (attributions(on_numbers(Chain(inplace=inplace)), method) for inplace in (True, False))
    assert np.abs(expected.by_piece).max() > 0
    np.testing.assert_allclose(found.by_piece, expected.by_piece, rtol=1e-5, atol=1e-7)


def test_tied_embeddings_are_climbed_and_stay_tied():
    module = Tied()
    own = module.words.weight.detach().clone()
    case = on_numbers(module)
    assert attributions(case, INTEGRATED).gap.max() < 0.05
    found = ask(randomisation, case, {"methods": (GRADIENT_INPUT,), "randomisations": 2})
    assert found.of("randomisation_rank_correlation")
    assert module.head.weight is module.words.weight
    np.testing.assert_array_equal(module.words.weight.detach().numpy(), own.numpy())


def test_pictures_are_climbed_in_float32_by_a_model_run_in_bfloat16(tmp_path):
    data = DataSpec(audit="rows.csv", input="path", target="label")
    folder = build_images(tmp_path / "model", kind="resnet")
    shown = files_of(tmp_path, [pixels(seed) for seed in range(3)])
    made = []
    for precision in ("bfloat16", "float32"):
        model = open_image_classifier(
            folder, device="cpu", labels={}, spec_folder=tmp_path, target_classes=("benign",), data=data,
            precision=precision,
        )  # fmt: skip
        said = model.predict(shown)
        made.append(
            with_model(toy_case(said, [said.classes[0]] * 3, inputs=pd.Series(list(shown), dtype=object)), model)
        )
    for method in (INTEGRATED, GUIDED):
        half, full = (attributions(case, method, most=16) for case in made)
        same = targets_of(made[0], made[0].predictions) == targets_of(made[1], made[1].predictions)
        assert same.any()
        np.testing.assert_allclose(half.by_piece[same], full.by_piece[same], rtol=1e-3, atol=1e-4)


def test_four_thousand_words_are_asked_about_as_runs():
    """A model that only answers: the run that holds the one word that counts has all of it."""

    class Finder:
        asked = 0

        def predict(self, inputs):
            self.asked += len(inputs)
            yes = np.array([0.9 if "sepsis" in str(text) else 0.2 for text in inputs])
            return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    model = Finder()
    text = " ".join("sepsis" if place == 2000 else f"w{place}" for place in range(4096))
    case = case_of(model, [text])
    found = attributions(case, OCCLUSION, most=8)
    assert np.argmax(found.of(0)) == 3
    assert np.count_nonzero(np.round(found.of(0), 9)) == 1
    assert model.asked < 20


def test_a_forest_gives_no_gradients_and_each_check_works_or_says_why_not():
    from sklearn.ensemble import RandomForestClassifier

    draw = np.random.default_rng(9)
    rows = pd.DataFrame(draw.normal(size=(40, 3)), columns=["a", "b", "c"])
    forest = RandomForestClassifier(10, random_state=0).fit(rows, np.where(rows["a"] > 0, "yes", "no"))

    class Model:
        def predict(self, inputs):
            return ClassScores(tuple(forest.classes_), forest.predict_proba(inputs))

    case = with_model(toy_case(Model().predict(rows), ["no"] * 40, inputs=rows), Model())
    assert ask(attributed_answers, case, {}).of("attribution_completeness")
    first = ask(faithfulness, case, {}).of("faithfulness_over_random")[0]
    assert first.interval.low > 0
    assert ask(stability, case, {"neighbours": 2}).of("stability_over_random")
    with pytest.raises(NotApplicable, match="gives no gradients"):
        ask(randomisation, case, {})
    for method in (INTEGRATED, DEEP_LIFT, GUIDED, ATTENTION):
        with pytest.raises(NotApplicable) as refused:
            ask(attributed_answers, case, {"methods": (method,)})
        assert refused.value.params["capability"] == "Differentiable"
