"""Every kind of model on torch computes in the precision that is asked for, and on two devices as on one."""

from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_bert import SENTENCES, build, build_as, opened
from tiny_images import build_images, pixels

from auditkit.devices import Placed, Replica
from auditkit.spec import DataSpec
from auditkit_image import open_image_classifier
from auditkit_text import open_token_classifier

TEXTS = pd.Series([f"{one} {other}" for one in SENTENCES for other in SENTENCES[:2]])
IMAGES = [pixels(seed) for seed in range(5)]


def once(path, make):
    return path if path.exists() else make(path)


def text_classifier(folder, **options):
    return opened(once(folder / "text", build), **options)


def token_classifier(folder, **options):
    path = once(folder / "tokens", functools.partial(build_as, head="BertForTokenClassification"))
    return open_token_classifier(path, device="cpu", labels={}, target_classes=("AGE", "DRUG"), **options)


def image_classifier(folder, **options):
    data = DataSpec(audit="rows.csv", input="path", target="label")
    given = {"device": "cpu", "labels": {}, "spec_folder": Path(), "target_classes": ("benign", "malignant")}
    return open_image_classifier(once(folder / "images", build_images), data=data, **given, **options)


def numbers(predictions):
    if hasattr(predictions, "scores"):
        return predictions.scores
    return np.array([span[3] for row in predictions.spans for span in row])


KINDS = [(text_classifier, TEXTS), (token_classifier, TEXTS), (image_classifier, IMAGES)]


@pytest.mark.parametrize(("make", "rows"), KINDS)
def test_the_lower_precision_is_used_and_float32_is_the_same_model_without_it(tmp_path, make, rows):
    low, exact = make(tmp_path, precision="bfloat16"), make(tmp_path)
    assert (low.computing.precision, exact.computing.precision) == ("bfloat16", "float32")
    whole = numbers(exact.predict(rows))
    assert np.array_equal(numbers(low.in_float32().predict(rows)), whole)
    found = numbers(low.predict(rows))
    assert found.shape != whole.shape or 0 < np.abs(found - whole).max() < 0.05


def test_scores_in_bfloat16_are_those_of_autocast(tmp_path):
    model = text_classifier(tmp_path, precision="bfloat16")
    tokens = model.encoder.tokenizer(list(TEXTS), padding=True, truncation=True, max_length=48, return_tensors="pt")
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        wanted = model.module(**tokens).logits.float().softmax(-1).numpy()
    assert np.array_equal(model.predict(TEXTS).scores, wanted)


@pytest.mark.parametrize(("make", "rows"), KINDS)
def test_two_devices_answer_as_one(tmp_path, make, rows):
    one = make(tmp_path)
    device = torch.device("cpu")
    two = dataclasses.replace(one, place=Placed((Replica(one.module, device), Replica(one.module, device))))
    assert two.batch_size == 2 * one.batch_size
    found, wanted = two.predict(rows), one.predict(rows)
    np.testing.assert_allclose(numbers(found), numbers(wanted), atol=1e-6)
    if hasattr(found, "spans"):
        assert [[span[:3] for span in row] for row in found.spans] == [[s[:3] for s in row] for row in wanted.spans]
