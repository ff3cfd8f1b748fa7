"""The scores of a text classifier are those of a bare transformers loop, whatever the batches."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_bert import SENTENCES, build

from auditkit import ClassScores, LabelScores
from auditkit.spec import DataSpec
from auditkit_text import open_text_classifier


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return build(tmp_path_factory.mktemp("text") / "model")


def opened(folder, **options):
    settings = {"device": "cpu", "labels": {}, "target_classes": ("no", "yes"), "data": DataSpec(audit="rows.csv")}
    return open_text_classifier(folder, **(settings | options))


def notes_of(count=40):
    draw = random.Random(2)
    return [" ".join(draw.choice(SENTENCES) for _ in range(draw.randint(1, 6))) for _ in range(count)]


def bare_loop(folder, texts):
    """What the documentation of transformers does, one text at a time: nothing is padded."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with torch.no_grad():
        return np.concatenate(
            [model(**tokenizer(t, truncation=True, max_length=48, return_tensors="pt")).logits for t in texts]
        )


def test_scores_are_a_bare_loops(folder):
    texts = notes_of()
    found = opened(folder).predict(pd.Series(texts))
    assert isinstance(found, ClassScores)
    assert found.classes == ("no", "yes")
    assert found.scores.dtype == np.float32
    logits = bare_loop(folder, texts).astype(float)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.ptp(expected[:, 1]) > 0.02  # two thousand times the tolerance
    np.testing.assert_allclose(found.scores, expected, atol=1e-5)


def test_several_labels_are_sigmoids(tmp_path):
    folder = build(tmp_path / "model", ("cough", "fever"), problem_type="multi_label_classification")
    data = DataSpec(audit="rows.csv", target=("cough", "fever"))
    texts = notes_of(6)
    found = opened(folder, data=data, target_classes=()).predict(pd.Series(texts))
    assert isinstance(found, LabelScores)
    assert found.labels == ("cough", "fever")
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp(-bare_loop(folder, texts).astype(float))), atol=1e-5)


def test_neither_batching_nor_padding_nor_order_changes_a_score(folder):
    model, texts = opened(folder), pd.Series(notes_of())
    whole = model.predict(texts).scores
    one_by_one = np.concatenate([model.predict(texts[place : place + 1]).scores for place in range(len(texts))])
    np.testing.assert_allclose(one_by_one, whole, atol=1e-5)
    np.testing.assert_allclose(model.predict(texts[::-1]).scores[::-1], whole, atol=1e-5)


def test_no_text_has_no_score(folder):
    assert opened(folder).predict(pd.Series([], dtype=object)).scores.shape == (0, 2)
