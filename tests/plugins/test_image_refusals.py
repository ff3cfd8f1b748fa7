"""Image models that are refused: preparations that nobody told, that cannot be, or that the model cannot take."""

from __future__ import annotations

import json

import pytest
from tiny_images import build_images

from auditkit import ModelError
from auditkit.spec import DataSpec
from auditkit_image import open_image_classifier

NORMAL = {"mean": (0.5,) * 3, "std": (0.5,) * 3}
WHOLE = {"resize": (16, 16)} | NORMAL


def refusal(path, target_classes=("benign",), **options):
    data = DataSpec(audit="rows.csv", input="path", target="label")
    given = {"device": "cpu", "labels": {}, "spec_folder": path.parent, "data": data} | options
    with pytest.raises(ModelError) as caught:
        open_image_classifier(path, target_classes=target_classes, **given)
    assert caught.value.hint
    return caught.value


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """A model whose folder says nothing of preparation."""
    return build_images(tmp_path_factory.mktemp("bare") / "model", processor=False)


@pytest.fixture
def whole(tmp_path):
    return build_images(tmp_path / "model")


def test_a_preparation_is_never_guessed(bare):
    error = refusal(bare)
    assert error.message == "nothing says how images are prepared: the model 'model' has no 'preprocessor_config.json'"
    assert "resize = [224, 224], mean = " in error.hint


def test_two_preparations_are_one_too_many(whole):
    assert "both 'preprocessor_config.json' of the model and the spec say" in refusal(whole, **WHOLE).message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"resize": (16, 16)}, "and leaves out mean, std"),
        ({"crop": 16} | NORMAL, "and leaves out resize"),
        ({"resize": 16} | NORMAL, "resize = 16 leaves images as wide as they are"),
        ({"resize": (0, 16)} | NORMAL, "resize or crop is [0, 16], in pixels"),
        ({"resize": 10**9, "crop": 16} | NORMAL, "resize or crop is [1000000000, 1000000000, 16, 16]"),
        (WHOLE | {"mean": (0.5,)}, "mean and std are [0.5] and [0.5, 0.5, 0.5], for 3 channels"),
        (WHOLE | {"std": (0.5, 0.0, 0.5)}, "for 3 channels"),
        (WHOLE | {"crop": 32}, "crop takes 32 x 32 pixels of an image of 16 x 16"),
        (WHOLE | {"resize": (20, 20)}, "the model cannot take what images are prepared to, 3 x 20 x 20"),
    ],
)
def test_a_declared_preparation_that_cannot_be_is_refused(bare, options, said):
    assert said in refusal(bare, **options).message


def change(path, **settings):
    file = path / "preprocessor_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | settings))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"image_processor_type": "NoSuchProcessor"}, "the image processor in 'model' cannot be loaded"),
        ({"auto_map": {"AutoImageProcessor": "evil.Processor"}}, "'auto_map' names evil.Processor"),
        ({"size": {"height": 32, "width": 32}}, "the model cannot take what images are prepared to, 3 x 32 x 32"),
    ],
)
def test_a_processor_that_is_not_the_models_is_refused(whole, settings, said):
    change(whole, **settings)
    assert said in refusal(whole).message


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"size": {"height": 16, "width": 8_193}}, "8,193 pixels ('size')"),
        ({"size": {"shortest_edge": 60_000}}, "60,000 pixels ('size')"),
        ({"do_center_crop": True, "crop_size": {"height": 10**6, "width": 10**6}}, "1,000,000 pixels ('crop_size')"),
    ],
)
def test_a_processor_that_would_fill_the_memory_with_one_image_is_refused(tmp_path, settings, said):
    from transformers import CLIPImageProcessorPil

    path = build_images(tmp_path / "model", processor=False)
    CLIPImageProcessorPil().save_pretrained(path)
    change(path, **settings)
    assert f"'preprocessor_config.json' of the model wants images with a side of {said}" in refusal(path).message


def test_a_target_that_is_no_class_is_refused(whole):
    assert "the target holds 'naevus', which is none of the model's classes" in refusal(whole, ("naevus",)).message


def test_a_model_of_texts_is_no_image_classifier(tiny_bert):
    assert "is a 'bert', of which transformers has no image classifier" in refusal(tiny_bert).message


def test_channels_that_no_image_has_are_refused(tmp_path):
    path = build_images(tmp_path / "model", kind="resnet", num_channels=4)
    assert "looks at 4 channels, and an image has 1 or 3" in refusal(path).message


def test_one_number_is_no_class(tmp_path):
    assert "gives a number, not a class" in refusal(build_images(tmp_path / "model", ("x",))).message
