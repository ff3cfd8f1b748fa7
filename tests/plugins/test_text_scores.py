"""The scores of a text classifier are those of a bare transformers loop, whatever the batches."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import torch
from tiny_bert import SENTENCES, build, change, opened, tokenizer_of

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


def apart(model):
    """How far the vectors and scores of texts together lie from those of each text alone."""
    together, alone = pd.Series(list(SENTENCES)), [pd.Series([text]) for text in SENTENCES]
    scores = np.abs(model.predict(together).scores - np.concatenate([model.predict(one).scores for one in alone]))
    vectors = np.abs(model.embed(together) - np.concatenate([model.embed(one) for one in alone]))
    return max(float(scores.max()), float(vectors.max()))


def test_no_answer_depends_on_the_batch_where_the_tokenizer_pads_in_front(tmp_path):
    asked = {"template": "It is {}", "candidates": ("cough", "a rash on both hands"), "target_classes": ()}
    for name, options, classes, head in (
        ("classifier", {}, ("no", "yes"), True),
        ("entailment", asked, ("contradiction", "neutral", "entailment"), True),
        ("embeddings", asked, ("no", "yes"), False),
    ):
        folder = build(tmp_path / name, classes, head=head)
        change(folder, "tokenizer_config.json", padding_side="left")
        assert apart(opened(folder, **options)) < 1e-5


def test_a_type_that_answers_by_its_last_place_is_padded_in_front(tmp_path):
    from transformers import XLNetConfig, XLNetForSequenceClassification

    tokenizer = tokenizer_of()
    config = XLNetConfig(
        vocab_size=len(tokenizer), d_model=32, n_layer=1, n_head=2, d_inner=32, pad_token_id=0,
        id2label={0: "no", 1: "yes"}, label2id={"no": 0, "yes": 1},
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(5)
        model = XLNetForSequenceClassification(config)
        for name, parameter in model.named_parameters():
            if "norm" not in name:
                torch.nn.init.normal_(parameter, std=0.5)
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    opens = opened(tmp_path)
    together = opens.predict(pd.Series(list(SENTENCES))).scores
    alone = np.concatenate([opens.predict(pd.Series([text])).scores for text in SENTENCES])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert together.std() > 0.1
