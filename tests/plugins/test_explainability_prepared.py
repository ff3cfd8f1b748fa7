"""Pieces taken out of rows as their model prepares them: the answers of rows that were made and prepared anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_images import build_images, files_of, pixels

from auditkit import ClassScores, Encoded, Unit, Values
from auditkit.spec import DataSpec
from auditkit.testing import toy_case, with_model
from auditkit_explainability.attributing import Asker
from auditkit_explainability.pieces import pieces_of
from auditkit_image import open_image_classifier


def asker_of(model, inputs, **about):
    case = with_model(toy_case(model.predict(inputs), inputs=inputs, **about), model)
    return Asker(case, pieces_of(case, most=16))


def some_gone(asker, each=6):
    """Rows in any order, with handfuls of pieces gone."""
    rng = np.random.default_rng(1)
    rows = rng.permutation(np.repeat(np.arange(len(asker.counts)), each))
    return rows, [rng.random(int(asker.counts[row])) < 0.4 for row in rows]


def films(folder, shape):
    model = open_image_classifier(
        build_images(folder / "model", kind="resnet"), device="cpu", labels={}, spec_folder=folder,
        target_classes=("benign", "malignant"), data=DataSpec(audit="rows.csv"),
    )  # fmt: skip
    shown = files_of(folder, [pixels(seed, shape=shape) for seed in range(5)])
    return asker_of(model, pd.Series(list(shown), dtype=object))


@pytest.mark.parametrize("as_probability", [True, False])
def test_pictures_that_are_not_scaled_are_answered_as_those_that_are_made_anew(tmp_path, as_probability):
    asker = films(tmp_path, (16, 16, 3))
    assert asker.prepared is not None
    assert asker.prepared.fits.all()
    rows, gone = some_gone(asker)
    found = asker.scores(rows, gone, as_probability=as_probability)
    anew = asker._asked(rows, gone, as_probability=as_probability)
    assert np.ptp(anew) > 0.01
    np.testing.assert_allclose(found, anew, rtol=1e-4, atol=1e-5)


def test_pictures_whose_pixels_are_mixed_by_scaling_are_made_anew(tmp_path):
    asker = films(tmp_path, (20, 24, 3))
    assert asker.prepared is None
    rows, gone = some_gone(asker)
    np.testing.assert_array_equal(asker.scores(rows, gone), asker._asked(rows, gone, as_probability=False))


@dataclass
class Net:
    """A torch network of three columns; its answers may be others than its gradients say, or none."""

    sharper: float = 1.0
    is_none_at: float = np.inf
    gives_values: bool = False

    def _outputs(self, at):
        torch.manual_seed(0)
        net = torch.nn.Sequential(
            torch.nn.Linear(3, 4), torch.nn.Tanh(), torch.nn.Linear(4, 1 + (not self.gives_values))
        )
        return torch.where(at[:, :1] < self.is_none_at, net(at), torch.nan)

    def _at(self, table):
        return torch.tensor(table[["a", "b", "c"]].to_numpy(dtype=np.float32))

    def predict(self, table):
        with torch.no_grad():
            said = self._outputs(self._at(table))
            if self.gives_values:
                return Values(said[:, 0].numpy())
            return ClassScores(("no", "yes"), (self.sharper * said).softmax(1).numpy())

    def encoded(self, table):
        at = self._at(table)
        units = (tuple(Unit(name) for name in "abc"),) * len(at)
        return Encoded(self._outputs, at, (), torch.zeros_like(at), units)


def a_table():
    rng = np.random.default_rng(5)
    return pd.DataFrame({name: rng.normal(size=30) for name in "abc"})


@pytest.mark.parametrize("gives_values", [False, True])
def test_columns_of_a_network_are_answered_as_those_that_are_made_anew(gives_values):
    asker = asker_of(Net(gives_values=gives_values), a_table())
    assert asker.prepared.fits.all()
    rows, gone = some_gone(asker)
    anew = asker._asked(rows, gone, as_probability=False)
    np.testing.assert_allclose(asker.scores(rows, gone), anew, rtol=1e-4, atol=1e-5)


def test_a_model_that_answers_otherwise_than_its_gradients_say_is_asked_itself():
    asker = asker_of(Net(sharper=1.5), a_table())
    assert asker.prepared is None
    rows, gone = some_gone(asker)
    np.testing.assert_array_equal(asker.scores(rows, gone), asker._asked(rows, gone, as_probability=False))


def test_where_an_answer_is_none_the_score_is_none_too():
    """Beyond 1.2 the network says NaN: of the one row that holds so much, unless its `a` is taken out."""
    table = a_table().assign(a=np.linspace(-1, 1, 30))
    model = Net()
    asker = asker_of(model, table)
    assert asker.prepared.fits.all()
    model.is_none_at = 0.99
    rows, gone = np.array([29, 29, 3]), [np.array(flags) for flags in ([0, 1, 0], [1, 0, 0], [0, 0, 0])]
    found = asker.prepared.scores(rows, [flags.astype(bool) for flags in gone], asker.targets[rows])
    assert np.isnan(found).tolist() == [True, False, False]
