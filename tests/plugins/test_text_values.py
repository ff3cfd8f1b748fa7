"""The values of a text regressor are a bare transformers loop's, back in their unit; what gives none is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from commands import as_csv
from tiny_bert import SENTENCES, build, notes_spec, refusal

from auditkit import ModelError, Values
from auditkit_text import open_text_regressor

TEXTS = [*SENTENCES, f"{SENTENCES[0]} {SENTENCES[3]} {SENTENCES[1]}", "cough"]


@pytest.fixture(scope="module")
def one_output(tmp_path_factory):
    return build(tmp_path_factory.mktemp("one") / "model", ("value",), problem_type="regression")


@pytest.fixture(scope="module")
def two_outputs(tmp_path_factory):
    return build(tmp_path_factory.mktemp("two") / "model", ("mean", "log variance"), problem_type="regression")


def bare_loop(folder, texts):
    """What the documentation of transformers does, one text at a time."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        found = [model(**tokenizer(text, truncation=True, max_length=48, return_tensors="pt")).logits for text in texts]
    return torch.cat(found).double().numpy()


def regressor(folder, **options):
    return open_text_regressor(folder, device="cpu", **options)


def refused(folder, **options):
    with pytest.raises(ModelError) as caught:
        regressor(folder, **options)
    assert caught.value.hint
    return caught.value.message, caught.value.hint


def test_values_are_a_bare_loops(one_output):
    found = regressor(one_output).predict(pd.Series(TEXTS))
    assert isinstance(found, Values)
    assert found.spread is None
    expected = bare_loop(one_output, TEXTS)[:, 0]
    assert np.ptp(expected) > 0.02  # two thousand times the tolerance
    np.testing.assert_allclose(found.values, expected, atol=1e-5)


def test_values_come_back_in_their_unit(one_output):
    found = regressor(one_output, scale=12.5, offset=120.0).predict(pd.Series(TEXTS))
    np.testing.assert_allclose(found.values, 120.0 + 12.5 * bare_loop(one_output, TEXTS)[:, 0], atol=1e-4)


def test_a_log_variance_becomes_a_spread_that_is_scaled_and_not_shifted(two_outputs):
    how = {"output": "mean-and-log-variance", "scale": 2.0, "offset": 5.0}
    found = regressor(two_outputs, **how).predict(pd.Series(TEXTS))
    mean, log_variance = bare_loop(two_outputs, TEXTS).T
    np.testing.assert_allclose(found.values, 5.0 + 2.0 * mean, atol=1e-4)
    # a normal distribution of variance v, times 2, has the standard deviation 2 sqrt(v)
    np.testing.assert_allclose(found.spread, 2.0 * np.sqrt(np.exp(log_variance)), rtol=1e-5)
    reference = torch.distributions.Normal(torch.tensor(mean), torch.tensor(np.exp(log_variance)).sqrt())
    moved = torch.distributions.TransformedDistribution(
        reference, [torch.distributions.transforms.AffineTransform(5.0, 2.0)]
    )
    # its quantiles of 15.87% and 84.13% lie one standard deviation from its mean
    low, high = (
        moved.icdf(torch.full((len(TEXTS),), share, dtype=torch.float64)) for share in (0.158655254, 0.841344746)
    )
    np.testing.assert_allclose(found.spread, ((high - low) / 2).numpy(), rtol=1e-5)


def test_neither_batching_nor_order_changes_a_value(two_outputs):
    model, texts = regressor(two_outputs, output="mean-and-spread", offset=3.0), pd.Series(TEXTS)
    whole = model.predict(texts)
    one_by_one = Values.concat([model.predict(texts[place : place + 1]) for place in range(len(texts))])
    turned = model.predict(texts[::-1]).take(slice(None, None, -1))
    for other in (one_by_one, turned):
        np.testing.assert_allclose(other.values, whole.values, atol=1e-5)
        np.testing.assert_allclose(other.spread, whole.spread, atol=1e-5)


def test_no_text_has_no_value(one_output, two_outputs):
    assert len(regressor(one_output).predict(pd.Series([], dtype=object))) == 0
    assert regressor(two_outputs, output="mean-and-spread").predict(pd.Series([], dtype=object)).spread.shape == (0,)


def test_two_outputs_are_not_guessed_to_be_a_mean_and_a_variance(two_outputs):
    message, hint = refused(two_outputs)
    assert "2 numbers a row" in message
    assert "mean-and-log-variance" in hint


def test_one_output_has_no_variance(one_output):
    assert "1 numbers a row" in refused(one_output, output="mean-and-log-variance")[0]


def test_a_classifier_is_no_regressor(tiny_bert, tmp_path):
    message, hint = refused(tiny_bert)
    assert "'no', 'yes'" in message
    assert "text-classifier" in hint
    several = build(tmp_path / "model", ("cough", "fever"), problem_type="multi_label_classification")
    assert "multi_label_classification" in refused(several, output="mean-and-spread")[0]


def test_a_regressor_is_no_classifier(one_output):
    message, hint = refusal(one_output)
    assert "gives a number" in message
    assert hint == '[model] adapter = "text-regressor"'


def test_a_scale_of_zero_is_refused(one_output):
    assert "scale is 0" in refused(one_output, scale=0.0)[0]


def test_quantiles_have_their_levels(tmp_path):
    folder = build(tmp_path / "model", ("q05", "q50", "q95"), problem_type="regression")
    model = regressor(folder, output="quantiles", levels=(0.05, 0.5, 0.95))
    found = model.predict(pd.Series(TEXTS))
    np.testing.assert_allclose(found.quantiles, bare_loop(folder, TEXTS), atol=1e-5)
    np.testing.assert_array_equal(found.values, found.quantiles[:, 1])


def test_an_audit_measures_the_error_in_the_targets_unit(folder, one_output):
    truth = 120.0 + 12.5 * bare_loop(one_output, SENTENCES)[:, 0]
    off = [f"{value:.6f}" for value in truth + np.array([1, -1, 1, -1, 1, -1])]
    folder.write("rows.csv", as_csv(("note", "outcome"), [*zip(SENTENCES, off, strict=True)] * 10))
    spec = notes_spec(str(one_output), model="scale = 12.5\noffset = 120.0")
    spec = spec.replace("text-classifier", "text-regressor")
    spec = spec.replace('positive = "yes"\n', "").replace("performance.overall", "performance.error")
    folder.write("audit.toml", spec.replace('"accuracy"\nmin = 0.01', '"mean_absolute_error"\nmax = 1.5'))
    answer = folder.run_here()
    assert answer.code == 0, answer
    found = {m["metric"]: m["value"] for m in folder.finding("performance.error")["measurements"]}
    assert found["mean_absolute_error"] == pytest.approx(1.0, abs=1e-4)  # each truth is one above or one below
    assert found["mean_error"] == pytest.approx(0.0, abs=1e-4)
    assert folder.result()["subject"]["prediction_type"] == "Values"


def test_a_text_regressor_says_what_is_cut(one_output):
    model = regressor(one_output, max_length=8)
    assert model.limit == 8
    assert model.sizes(pd.Series(TEXTS)).max() > 8
