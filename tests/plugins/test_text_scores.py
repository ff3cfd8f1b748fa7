"""The scores of a text classifier are those of a bare transformers loop, whatever the batches."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import torch
from tiny_bert import SENTENCES, build, opened

from auditkit import ClassScores, LabelScores
from auditkit.spec import DataSpec


def notes_of(count=40):
    draw = random.Random(2)
    return [" ".join(draw.choice(SENTENCES) for _ in range(draw.randint(1, 6))) for _ in range(count)]


def bare_loop(tiny_bert, texts):
    """What the documentation of transformers does, one text at a time: nothing is padded."""
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(tiny_bert).eval()
    tokenizer = AutoTokenizer.from_pretrained(tiny_bert)
    with torch.no_grad():
        return np.concatenate(
            [model(**tokenizer(t, truncation=True, max_length=48, return_tensors="pt")).logits for t in texts]
        )


def test_scores_are_a_bare_loops(tiny_bert):
    texts = notes_of()
    found = opened(tiny_bert).predict(pd.Series(texts))
    assert isinstance(found, ClassScores)
    assert found.classes == ("no", "yes")
    assert found.scores.dtype == np.float32
    logits = bare_loop(tiny_bert, texts).astype(float)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    assert np.ptp(expected[:, 1]) > 0.02  # two thousand times the tolerance
    np.testing.assert_allclose(found.scores, expected, atol=1e-5)


def test_several_labels_are_sigmoids(tmp_path):
    tiny_bert = build(tmp_path / "model", ("cough", "fever"), problem_type="multi_label_classification")
    data = DataSpec(audit="rows.csv", target=("cough", "fever"))
    texts = notes_of(6)
    found = opened(tiny_bert, data=data, target_classes=()).predict(pd.Series(texts))
    assert isinstance(found, LabelScores)
    assert found.labels == ("cough", "fever")
    np.testing.assert_allclose(found.scores, 1 / (1 + np.exp(-bare_loop(tiny_bert, texts).astype(float))), atol=1e-5)


def test_neither_batching_nor_padding_nor_order_changes_a_score(tiny_bert):
    model, texts = opened(tiny_bert), pd.Series(notes_of())
    whole = model.predict(texts).scores
    one_by_one = np.concatenate([model.predict(texts[place : place + 1]).scores for place in range(len(texts))])
    np.testing.assert_allclose(one_by_one, whole, atol=1e-5)
    np.testing.assert_allclose(model.predict(texts[::-1]).scores[::-1], whole, atol=1e-5)


def test_no_text_has_no_score(tiny_bert):
    assert opened(tiny_bert).predict(pd.Series([], dtype=object)).scores.shape == (0, 2)
