"""A torch module by its import path: scored as the bare module scores, and nothing about it is guessed."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from tiny_images import files_of, pixels

from auditkit import ClassScores, LabelScores, ModelError
from auditkit.spec import DataSpec
from auditkit_image import open_image_classifier

NET = """
import torch


def build():
    return torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3, stride=2), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(4 * 4 * 5, 3)
    )


def flat():
    return torch.nn.Sequential(build(), torch.nn.Flatten(0))


class Soft(torch.nn.Sequential):
    def forward(self, batch):
        return super().forward(batch).softmax(-1)


class Chance(torch.nn.Sequential):
    def forward(self, batch):
        return super().forward(torch.nn.functional.dropout(batch))


def soft():
    return Soft(*build())


def chance():
    return Chance(*build())


class Centred(torch.nn.Sequential):
    def forward(self, batch):
        return super().forward(batch - batch.mean(0, keepdim=True))


def centred():
    return Centred(*build())


def broken():
    raise OSError("no disk")
"""
PREPARED = {"resize": (10, 12), "mean": (0.5, 0.4, 0.3), "std": (0.2, 0.3, 0.4)}
CLASSES = ("naevus", "melanoma", "wart")
LABELS = {"0": "naevus", "1": "melanoma", "2": "wart"}


@pytest.fixture
def own(tmp_path):
    """A folder with net.py and a state for it, and the module itself."""
    (tmp_path / "net.py").write_text(NET)
    spec = importlib.util.spec_from_file_location("net_of_a_test", tmp_path / "net.py")
    net = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(net)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        module = net.build().eval()
    save_file(module.state_dict(), tmp_path / "state.safetensors")
    return tmp_path, module


def opened(folder, **changes):
    data = changes.pop("data", {"target": "finding"})
    given = {
        "device": "cpu", "labels": LABELS, "target_classes": CLASSES, "spec_folder": folder, "module": "net:build",
        "output": "logits", "data": DataSpec(audit="rows.csv", input="path", **data),
    }  # fmt: skip
    return open_image_classifier(folder / "state.safetensors", **(given | PREPARED | changes))


def bare(module):
    """Logits [5, 3] of a loop by hand."""
    found = []
    for seed in range(5):
        image = Image.fromarray(pixels(seed)).resize((12, 10), Image.Resampling.BILINEAR)
        values = (np.asarray(image) / 255 - PREPARED["mean"]) / PREPARED["std"]
        with torch.inference_mode():
            found.append(module(torch.tensor(values.transpose(2, 0, 1)[None], dtype=torch.float32))[0].numpy())
    return np.array(found, dtype=np.float64)


def softmax(logits):
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)


def test_its_scores_are_the_bare_modules(own):
    folder, module = own
    films = files_of(folder / "films", [pixels(seed) for seed in range(5)])
    model = opened(folder)
    found = model.predict(films)
    assert isinstance(found, ClassScores)
    assert found.classes == CLASSES
    assert np.asarray(found.scores) == pytest.approx(softmax(bare(module)), abs=1e-6)
    assert [str(text)[:25] for text in model.trusted] == ["the audit ran net:build, "]
    assert "images are prepared as the spec declares" in str(model.notes[-1])


def test_several_labels_are_sigmoids_and_probabilities_are_left_as_they_are(own):
    folder, module = own
    films = files_of(folder / "films", [pixels(seed) for seed in range(5)])
    several = opened(folder, multi_label=True, data={"target": CLASSES})
    found = several.predict(films)
    assert isinstance(found, LabelScores)
    assert np.asarray(found.scores) == pytest.approx(1 / (1 + np.exp(-bare(module))), abs=1e-6)
    raw = opened(folder, multi_label=True, data={"target": CLASSES}, output="probabilities").predict(films)
    assert np.asarray(raw.scores) == pytest.approx(bare(module), abs=1e-5)


def test_classes_may_be_named_in_their_order(own):
    folder, _ = own
    assert opened(folder, labels={}, data={"target": "finding", "classes": CLASSES}).classes == CLASSES


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"output": None}, "nothing says what the module's numbers are"),
        ({"labels": {}}, "nothing says which class each of the module's 3 numbers stands for"),
        (
            {"labels": {}, "data": {"target": "finding", "classes": ("a", "b")}},
            "[data] classes names 2, and the",
        ),
        ({"resize": None, "mean": None, "std": None}, "nothing says how images are prepared: a module by its import"),
        ({"mean": (0.5,), "std": (0.5,)}, "the model cannot take what images are prepared to, 1 x 10 x 12"),
        ({"resize": (20, 20)}, "the model cannot take what images are prepared to, 3 x 20 x 20"),
        ({"module": "net:broken"}, "'net:broken' fails: OSError: no disk"),
        ({"module": "net:flat"}, "the weights lack "),
        ({"module": None}, "output is of a torch module of your own, and none is named"),
        ({"data": {"target": CLASSES}}, "[data] target is a list of 3 columns, and the model chooses one class"),
        ({"multi_label": True}, "[data] target is one column, 'finding', and the model gives a score for each"),
    ],
)
def test_what_is_not_said_or_does_not_fit_is_refused(own, changes, said):
    folder, _ = own
    with pytest.raises(ModelError) as caught:
        opened(folder, **changes)
    assert said in caught.value.message
    assert caught.value.hint


def test_probabilities_are_not_softened_twice(own):
    folder, _ = own
    films = files_of(folder / "films", [pixels(seed) for seed in range(5)])
    with pytest.raises(ModelError, match="numbers that sum to 1 in every row: probabilities, no logits"):
        opened(folder, module="net:soft").predict(films)
    assert np.asarray(opened(folder, module="net:soft", output="probabilities").predict(films).scores) == pytest.approx(
        np.asarray(opened(folder).predict(films).scores), abs=1e-6
    )


def test_a_module_that_is_drawn_by_chance_is_refused(own):
    folder, _ = own
    with pytest.raises(ModelError, match="for the same input that it gave"):
        opened(folder, module="net:chance")


def test_a_module_that_answers_by_the_other_images_of_a_batch_is_refused(own):
    folder, _ = own
    with pytest.raises(ModelError, match="for a row alone that it gives"):
        opened(folder, module="net:centred")
