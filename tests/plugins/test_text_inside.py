"""What a text classifier gives beyond scores: a vector a text, and gradients down to its tokens."""

from __future__ import annotations

import shutil

import numpy as np
import pandas as pd
import pytest
from commands import as_csv
from tiny_bert import SENTENCES, notes_spec

from auditkit import Differentiable, Embeds, Generates, NotApplicable, Trainable
from auditkit.host import Host
from auditkit.spec import DataSpec

TEXTS = [*SENTENCES[:3], "cough " * 60]
"""Of different lengths; the last one is cut."""


@pytest.fixture(scope="module")
def model(tiny_bert):
    adapter = Host.installed().adapters["text-classifier"]
    given = {"data": DataSpec(audit="rows.csv"), "labels": {}, "target_classes": ("no", "yes"), "device": "cpu"}
    return adapter(tiny_bert, **given)


def bare(folder, text):
    """What a plain transformers forward pass of one text makes of it: hidden states [t, d]."""
    import torch
    from transformers import AutoModel, AutoTokenizer

    module, tokenizer = AutoModel.from_pretrained(folder).eval(), AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        return (
            module(**tokenizer(text, truncation=True, max_length=48, return_tensors="pt")).last_hidden_state[0].numpy()
        )


def test_it_has_the_capabilities_that_its_adapter_says(model):
    assert isinstance(model, Embeds)
    assert isinstance(model, Differentiable)
    assert not isinstance(model, Trainable)
    assert not isinstance(model, Generates)


def test_a_texts_vector_is_the_mean_of_a_bare_models_last_states(model, tiny_bert):
    found = model.embed(pd.Series(TEXTS))
    assert found.dtype == np.float32
    for row, text in enumerate(TEXTS):
        np.testing.assert_allclose(found[row], bare(tiny_bert, text).mean(0), rtol=1e-4, atol=1e-5)
    assert model.embed(pd.Series([], dtype=object)).shape == (0, found.shape[1])


def test_units_are_the_tokens_by_their_places_in_the_text(model):
    encoded = model.encoded(pd.Series(TEXTS))
    for text, units in zip(TEXTS, encoded.units, strict=True):
        named = [unit for unit in units if unit is not None]
        assert units[0] is None  # [CLS]
        assert all(text[unit.start : unit.end] == unit.name for unit in named)
    first = "".join(unit.name for unit in encoded.units[0] if unit is not None)
    assert first == TEXTS[0].replace(" ", "")
    assert sum(unit is not None for unit in encoded.units[3]) == 46  # 48 tokens, two of them special


def test_logits_of_the_encoded_texts_are_those_behind_predict(model):
    import torch

    encoded = model.encoded(pd.Series(TEXTS))
    with torch.no_grad():
        scores = encoded.module(encoded.inputs, *encoded.alongside).softmax(-1).numpy()
    np.testing.assert_allclose(scores, model.predict(pd.Series(TEXTS)).scores, atol=1e-5)


def test_gradients_are_those_of_finite_differences(model):
    """Central differences in float64, in 40 drawn directions of one coordinate each."""
    import torch

    encoded = model.encoded(pd.Series(TEXTS[:2]))
    model.module.double()
    try:
        inputs = encoded.inputs.double().requires_grad_()
        (gradient,) = torch.autograd.grad(encoded.module(inputs, *encoded.alongside)[:, 1].sum(), inputs)
        draw, step, largest = np.random.default_rng(2), 1e-2, float(gradient.abs().max())
        for _ in range(40):
            place = tuple(int(draw.integers(side)) for side in inputs.shape)
            moved = []
            for sign in (1, -1):
                at = inputs.detach().clone()
                at[place] += sign * step
                with torch.no_grad():
                    moved.append(float(encoded.module(at, *encoded.alongside)[:, 1].sum()))
            assert (moved[0] - moved[1]) / (2 * step) == pytest.approx(float(gradient[place]), abs=2e-3 * largest)
    finally:
        model.module.float()


def test_the_baseline_keeps_special_tokens_and_pads_all_others(model):
    import torch

    encoded = model.encoded(pd.Series(TEXTS[:1]))
    embed = model.module.get_input_embeddings()
    pad = embed(torch.tensor(model.encoder.tokenizer.pad_token_id)).detach()
    for place, unit in enumerate(encoded.units[0]):
        wanted = encoded.inputs[0, place] if unit is None else pad
        torch.testing.assert_close(encoded.baseline[0, place], wanted)


def test_an_integrated_gradient_adds_up_to_the_difference_from_the_baseline(model):
    """Completeness, by captum: the attributions sum to the logit at the text less the logit at the baseline."""
    import torch
    from captum.attr import IntegratedGradients

    encoded = model.encoded(pd.Series(TEXTS[:2]))
    found = IntegratedGradients(encoded.module).attribute(
        encoded.inputs, encoded.baseline, target=1, additional_forward_args=encoded.alongside, n_steps=200
    )
    with torch.no_grad():
        here, there = (encoded.module(at, *encoded.alongside)[:, 1] for at in (encoded.inputs, encoded.baseline))
    torch.testing.assert_close(found.sum((1, 2)).float(), here - there, atol=0.05, rtol=0.02)


def test_a_slow_tokenizer_is_told_and_not_guessed(model, monkeypatch):
    monkeypatch.setattr(type(model.encoder.tokenizer), "is_fast", property(lambda _: False))
    with pytest.raises(NotApplicable, match="where in the text"):
        model.encoded(pd.Series(TEXTS[:1]))


def test_a_model_that_answers_embeddings_otherwise_is_told(model, monkeypatch):
    plain = model.module.forward

    def forward(*arguments, **named):
        answer = plain(*arguments, **named)
        if "inputs_embeds" in named:
            answer.logits = answer.logits + 1
        return answer

    monkeypatch.setattr(model.module, "forward", forward)
    with pytest.raises(NotApplicable, match="otherwise than the tokens"):
        model.encoded(pd.Series(TEXTS[:1]))


CHECK = '''
from auditkit import Case, ClassScores, Differentiable, Measurement, Trainable, check, hookimpl


def steepest(case: Case):
    """How steep the first text's first logit is."""
    encoded = case.model_that(Differentiable).encoded(case.inputs[:1])
    inputs = encoded.inputs.clone().requires_grad_()
    encoded.module(inputs, *encoded.alongside)[0, 0].backward()
    return float(inputs.grad.abs().max())


@check("inside.length", on=ClassScores)
def length(case):
    """How long the vectors are."""
    vectors = case.embeddings
    yield Measurement(metric="vector_length", value=float((vectors**2).sum(1).mean()), n=len(case), exact=True)
    yield Measurement(metric="steepness", value=case.compute(steepest), n=len(case), exact=True)


@check("inside.retrained", on=ClassScores)
def retrained(case):
    """What it would say if it were trained again."""
    case.model_that(Trainable)


@hookimpl
def auditkit_register_checks():
    return [length, retrained]
'''


def test_a_check_reaches_both_and_is_told_why_it_cannot_train(make_folder, tiny_bert):

    folder = make_folder()
    shutil.copytree(tiny_bert, folder.path / "model")
    rows = [(SENTENCES[place % 6], ("no", "yes")[place % 2]) for place in range(40)]
    folder.write("rows.csv", as_csv(("note", "outcome"), rows))
    folder.write("audit.toml", notes_spec(data='[[checks]]\nuse = "inside"\n'))
    folder.install("inside", CHECK)
    folder.run_here()
    values = {m["metric"]: m["value"] for m in folder.finding("inside.length")["measurements"]}
    states = [(bare(tiny_bert, row[0]).mean(0) ** 2).sum() for row in rows[:6]]
    weights = np.bincount(np.arange(40) % 6)
    assert values["vector_length"] == pytest.approx(np.average(states, weights=weights), rel=1e-4)
    assert values["steepness"] > 0
    why = folder.finding("inside.retrained")
    assert why["status"] == "not_applicable"
    assert why["reason"]["params"] == {
        "capability": "Trainable",
        "why": "a folder does not say how its model was trained",
    }
