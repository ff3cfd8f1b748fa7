"""Scores against transformers' own way from file to logits; preparation as declared; the next batch begun ahead."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from tiny_images import build_images, files_of, pixels
from transformers import (
    AutoImageProcessor,
    AutoModelForImageClassification,
    CLIPImageProcessorPil,
    ViTImageProcessorPil,
)

from auditkit import ClassScores, DataError, LabelScores
from auditkit.images.preparing import Declared, FromProcessor
from auditkit.spec import DataSpec
from auditkit_image import open_image_classifier

NORMAL = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


def open_model(path, target_classes=("benign", "malignant"), target="label", **options):
    data = DataSpec(audit="rows.csv", input="path", target=target)
    given = {"device": "cpu", "labels": {}, "spec_folder": Path()} | options
    return open_image_classifier(path, target_classes=target_classes, data=data, **given)


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return build_images(tmp_path_factory.mktemp("tiny") / "model")


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    return files_of(tmp_path_factory.mktemp("films"), [pixels(seed) for seed in range(5)])


@pytest.mark.parametrize("kind", ["vit", "resnet"])
def test_scores_are_those_of_transformers_own_way(tmp_path, films, kind):
    path = build_images(tmp_path / "model", kind=kind)
    scores = open_model(path).predict(films)
    processor = AutoImageProcessor.from_pretrained(path, backend="pil")
    model = AutoModelForImageClassification.from_pretrained(path).eval()
    images = [Image.open(file.folder / file.name) for file in films]
    with torch.inference_mode():
        expected = model(**processor(images, return_tensors="pt")).logits.softmax(-1).numpy()
    assert isinstance(scores, ClassScores)
    assert scores.classes == ("benign", "malignant")
    assert np.asarray(scores.scores) == pytest.approx(expected, abs=1e-6)
    assert np.ptp(expected[:, 0]) > 0.005  # images differ, or nothing was shown


def test_several_labels_each_have_a_score_of_their_own(tmp_path, films):
    path = build_images(tmp_path / "model", ("nodule", "effusion"))
    of_classes = np.asarray(open_model(path, ("nodule",)).predict(films).scores)
    found = open_model(path, (), ("nodule", "effusion"), multi_label=True).predict(films)
    assert isinstance(found, LabelScores)
    # the softmax of two logits is the sigmoid of their difference, and each label's is that of its own
    scores = np.asarray(found.scores, dtype=np.float64)
    logits = np.log(scores) - np.log1p(-scores)
    assert 1 / (1 + np.exp(logits[:, 1] - logits[:, 0])) == pytest.approx(of_classes[:, 0], abs=1e-4)


def test_what_the_spec_declares_is_what_a_processor_of_the_same_settings_does():
    image = Image.fromarray(pixels(2, shape=(50, 70, 3)))
    settings = {"image_mean": NORMAL["mean"], "image_std": NORMAL["std"]}
    whole = ViTImageProcessorPil(size={"height": 16, "width": 24}, resample=3, **settings)
    ours = Declared((16, 24), crop=None, interpolation="bicubic", **NORMAL)(image)
    assert ours == pytest.approx(whole(image, return_tensors="np")["pixel_values"][0], abs=1e-6)


def test_a_short_side_and_a_crop_by_hand():
    # 40 x 80 to a short side of 20 is 20 x 40; the middle 10 x 10 begins at row 5 and column 15
    array = np.zeros((40, 80, 3), dtype=np.uint8)
    array[:, 40:] = 255
    found = Declared(20, crop=10, mean=(0.0,) * 3, std=(0.5,) * 3, interpolation="nearest")(Image.fromarray(array))
    assert found.shape == (3, 10, 10)
    assert found.dtype == np.float32
    assert found[0, 0].tolist() == [0.0] * 5 + [2.0] * 5


def test_grey_is_declared_with_one_channel(tmp_path):
    path = build_images(tmp_path / "model", kind="resnet", num_channels=1, processor=False)
    model = open_model(path, resize=(8, 8), mean=(0.5,), std=(0.5,))
    assert model.images.channels == 1
    found = model.predict(files_of(tmp_path / "films", [pixels(1, shape=(9, 9)), pixels(2, shape=(9, 9))]))
    assert np.asarray(found.scores).shape == (2, 2)


def test_notes_say_how_images_were_prepared(tmp_path, model_path):
    assert "images are prepared as 'preprocessor_config.json' of the model says, by ViTImageProcessorPil" in map(
        str, open_model(model_path).notes
    )
    bare = build_images(tmp_path / "bare", kind="resnet", processor=False)
    said = "images are prepared as the spec declares: resized to the shorter side 20 (bilinear), cropped to 16 x 16, "
    notes = open_model(bare, resize=20, crop=16, **NORMAL).notes
    assert str(notes[-1]) == said + "less 0.485, 0.456, 0.406, divided by 0.229, 0.224, 0.225"


def test_batches_and_a_start_ahead_change_nothing(model_path, films):
    model = open_model(model_path)
    whole = np.asarray(model.predict(films).scores)
    model.ahead(films[:2])
    model.ahead(films[2:])
    parts = [np.asarray(model.predict(films[:2]).scores), np.asarray(model.predict(films[2:]).scores)]
    assert np.concatenate(parts) == pytest.approx(whole, abs=1e-6)
    assert model.images._begun == {}


def test_the_next_batch_is_decoded_while_one_runs(model_path, films):
    model = open_model(model_path)
    running, decoded = threading.Event(), threading.Event()
    prepare, forward = model.images.prepare, model.forward
    second = np.asarray(Image.open(films[1].folder / films[1].name).convert("RGB"))

    def waiting(image):
        if np.array_equal(np.asarray(image.convert("RGB")), second):  # two threads decode: the order is open
            assert running.wait(120), "the first batch waits for the second to be decoded"
            decoded.set()
        return prepare(image)

    def slow(module, batch):
        running.set()
        assert decoded.wait(120), "nothing was decoded while the model ran"
        return forward(module, batch)

    model.images.prepare, model.forward = waiting, slow
    model.ahead(films[:1])
    model.ahead(films[1:2])
    assert len(model.predict(films[:1])) == 1


def test_pixels_that_a_check_changed_are_scored_as_a_file_of_them(model_path, films):
    model = open_model(model_path)
    arrays = pd.Series([pixels(seed) for seed in range(5)], dtype=object)
    assert np.asarray(model.predict(arrays).scores) == pytest.approx(np.asarray(model.predict(films).scores), abs=1e-6)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["a.png"], "the input in row 1 is a str, not an image: 'a.png'"),
        ([np.zeros((4, 4), dtype=np.float32)], "an array of float32 with the shape (4, 4) is no image"),
        ([np.zeros((4, 4, 2), dtype=np.uint8)], "with the shape (4, 4, 2) is no image"),
    ],
)
def test_what_is_no_image_is_refused(model_path, cells, said):
    with pytest.raises(DataError) as caught:
        open_model(model_path).predict(cells)
    assert said in caught.value.message


def test_several_columns_are_refused(model_path):
    with pytest.raises(DataError, match=r"reads one column, and .* names 2: 'a', 'b'"):
        open_model(model_path).predict(pd.DataFrame({"a": ["x"], "b": ["y"]}))


def test_a_strip_that_would_fill_the_memory_is_refused_before_it_is_resized():
    strip = Image.new("L", (1, 60_000))
    with pytest.raises(DataError, match="its 1 x 60,000 pixels would be resized to 3,010,560,000"):
        Declared(224, (0.5,), (0.5,), 224)(strip)
    by_shorter_side = FromProcessor(CLIPImageProcessorPil(size={"shortest_edge": 224}))
    with pytest.raises(DataError, match="would be resized to 3,010,560,000"):
        by_shorter_side(strip.convert("RGB"))
    assert Declared((4, 4), (0.5,), (0.5,))(strip).shape == (1, 4, 4)
