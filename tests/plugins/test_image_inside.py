"""What an image model gives beyond its answers: the vector before its last layer, and gradients down to the pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_images import build_images, files_of, pixels
from transformers import AutoImageProcessor, AutoModelForImageClassification

from auditkit import Differentiable, Embeds, NotApplicable, Trainable
from auditkit.spec import DataSpec
from auditkit_image import open_image_classifier, open_image_regressor
from auditkit_image.inside import before_softmax


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    return files_of(tmp_path_factory.mktemp("films"), [pixels(seed) for seed in range(4)])


def classifier(path, **options):
    data = DataSpec(audit="rows.csv", input="path", target="label")
    given = {"device": "cpu", "labels": {}, "spec_folder": Path(), "target_classes": ("benign",), "data": data}
    return open_image_classifier(path, **(given | options))


def prepared(path, films):
    """What transformers' own processor makes of the files: [n, c, h, w]."""
    processor = AutoImageProcessor.from_pretrained(path, backend="pil")
    return processor([Image.open(file.folder / file.name) for file in films], return_tensors="pt")["pixel_values"]


def pooled(model, batch):
    """The pooled output that each architecture hands to its head, by transformers' own base model."""
    with torch.inference_mode():
        said = model.base_model(pixel_values=batch)
    states = said.pooler_output if hasattr(model, "resnet") else said.last_hidden_state[:, 0]
    return states.flatten(1).numpy()


@pytest.mark.parametrize("kind", ["vit", "resnet"])
def test_an_images_vector_is_the_bare_models_pooled_output(tmp_path, films, kind):
    path = build_images(tmp_path / "model", kind=kind)
    model = classifier(path)
    bare = AutoModelForImageClassification.from_pretrained(path).eval()
    found = model.embed(films)
    assert found.dtype == np.float32
    assert found == pytest.approx(pooled(bare, prepared(path, films)), abs=1e-5)
    assert model.embed(films[:0]).shape == (0, found.shape[1])


def test_an_ensembles_vectors_lie_side_by_side(tmp_path, films):
    for name, kind in (("a", "vit"), ("b", "resnet")):
        build_images(tmp_path / "both" / name, ("age",), kind=kind)
    model = open_image_regressor(tmp_path / "both", device="cpu", spec_folder=tmp_path)
    parts = []
    for name in "ab":
        bare = AutoModelForImageClassification.from_pretrained(tmp_path / "both" / name).eval()
        parts.append(pooled(bare, prepared(tmp_path / "both" / name, films)))
    assert model.embed(films) == pytest.approx(np.concatenate(parts, axis=1), abs=1e-5)


@pytest.mark.parametrize("kind", ["vit", "resnet"])
def test_gradients_are_autograds_of_the_bare_module(tmp_path, films, kind):
    path = build_images(tmp_path / "model", kind=kind)
    model = classifier(path)
    encoded = model.encoded(films)
    shown = encoded.inputs.clone().requires_grad_()
    logits = encoded.module(shown, *encoded.alongside)
    (gradient,) = torch.autograd.grad(logits[:, 1].sum(), shown)
    bare = AutoModelForImageClassification.from_pretrained(path).eval()
    batch = prepared(path, films).requires_grad_()
    wanted = bare(pixel_values=batch).logits
    (expected,) = torch.autograd.grad(wanted[:, 1].sum(), batch)
    torch.testing.assert_close(logits, wanted)
    torch.testing.assert_close(gradient, expected.flatten(2).transpose(1, 2), atol=1e-6, rtol=1e-4)
    assert float(expected.abs().max()) > 1e-4
    scores = logits.detach().softmax(-1).numpy()
    assert scores == pytest.approx(np.asarray(model.predict(films).scores), abs=1e-6)


def test_units_are_pixels_by_row_and_column(tmp_path, films):
    encoded = classifier(build_images(tmp_path / "model")).encoded(films[:2])
    assert encoded.inputs.shape == encoded.baseline.shape == (2, 16 * 16, 3)
    assert [len(units) for units in encoded.units] == [256, 256]
    assert (encoded.units[0][0].name, encoded.units[1][17].name) == ("row 1, column 1", "row 2, column 2")
    batch = prepared(tmp_path / "model", films[:1])
    torch.testing.assert_close(encoded.inputs[0, 17], batch[0, :, 1, 1])
    assert not encoded.baseline.any()


def test_black_and_white_are_what_the_preparation_makes_of_them():
    from auditkit.images import Images, Reading
    from auditkit.images.preparing import Declared

    scaled = Declared(resize=8, crop=8, mean=(0.5, 0.25, 0.0), std=(0.5, 0.5, 2.0))
    black, white = Images(scaled, 3, Reading()).ends()
    assert black.tolist() == pytest.approx([-1.0, -0.5, 0.0])
    assert white.tolist() == pytest.approx([1.0, 1.5, 0.5])
    # Pixels that are not scaled in proportion have no such ends, and no more has what shows nothing of them.
    assert Images(lambda image: scaled(image) ** 2, 3, Reading()).ends() is None
    assert Images(lambda image: scaled(image) * 0, 3, Reading()).ends() is None


def test_an_ensembles_gradient_is_of_the_mean_in_its_own_unit(tmp_path, films):
    for name, kind in (("a", "vit"), ("b", "resnet")):
        build_images(tmp_path / "both" / name, ("age",), kind=kind)
    model = open_image_regressor(tmp_path / "both", device="cpu", spec_folder=tmp_path, scale=10.0, offset=3.0)
    encoded = model.encoded(films)
    with torch.no_grad():
        found = encoded.module(encoded.inputs, *encoded.alongside).numpy()
    assert found == pytest.approx(model.predict(films).values[:, None], abs=1e-4)


@pytest.mark.parametrize("each", [False, True])
def test_probabilities_are_turned_back_to_what_they_came_from(each):
    numbers = torch.tensor([[1.5, -2.0, 0.25]], dtype=torch.float64)
    probabilities = numbers.sigmoid() if each else numbers.softmax(-1)
    back = before_softmax(probabilities, each=each)
    torch.testing.assert_close(back.sigmoid() if each else back.softmax(-1), probabilities)
    certain = before_softmax(torch.tensor([[1.0, 0.0]]), each=each)
    assert bool(certain.isfinite().all())


NET = """
import torch


def build():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 2, 12), torch.nn.Flatten())
"""


def test_a_head_that_is_no_linear_layer_is_told(tmp_path, films):
    from safetensors.torch import save_file

    (tmp_path / "net.py").write_text(NET)
    state = torch.nn.Sequential(torch.nn.Conv2d(3, 2, 12), torch.nn.Flatten()).state_dict()
    save_file(state, tmp_path / "state.safetensors")
    how = {"resize": (12, 12), "mean": (0.5,) * 3, "std": (0.5,) * 3, "module": "net:build", "output": "logits"}
    model = classifier(
        tmp_path / "state.safetensors", spec_folder=tmp_path, labels={"0": "benign", "1": "malignant"}, **how
    )
    with pytest.raises(NotApplicable, match="do not come from a linear layer"):
        model.embed(films)
    assert model.encoded(films).inputs.shape == (4, 144, 3)


def test_both_have_the_capabilities_that_their_adapters_say(tmp_path):
    model = classifier(build_images(tmp_path / "model"))
    assert isinstance(model, Embeds)
    assert isinstance(model, Differentiable)
    assert not isinstance(model, Trainable)
