"""Torch modules of tables trained anew by a recipe: alone, and many stacked, which come to the same weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tables import settings, table, write_network
from torch import nn

from auditkit import ModelError
from auditkit.capabilities import why_not
from auditkit.dataset import Codes, Split
from auditkit_tabular import open_tabular
from auditkit_tabular.stacked import Recipe, can_be_stacked, take_constants, train_one, train_stacked


def network(seed: int) -> Any:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 2)).double()


def drawn(rows: int = 50) -> tuple[Any, Any]:
    rng = np.random.default_rng(4)
    inputs = rng.normal(size=(rows, 6))
    return torch.from_numpy(inputs), torch.from_numpy((inputs[:, 0] + rng.normal(size=rows) > 0).astype(np.int64))


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_stacked_modules_learn_what_each_learns_alone(decay: float) -> None:
    inputs, truth = drawn()
    recipe = Recipe(epochs=3, learning_rate=0.01, rows=16, decay=decay)
    # 39 of 50 rows each: the last step of an epoch has 7
    taught = [np.random.default_rng(seed).permutation(50)[:39] for seed in range(4)]
    loss = nn.functional.cross_entropy
    together = train_stacked([network(seed) for seed in range(4)], inputs, truth, taught, recipe, range(4), loss)
    for seed, (one, rows) in enumerate(zip(together, taught, strict=True)):
        alone = train_one(network(seed), inputs, truth, rows, recipe, seed, loss)
        before = network(seed).state_dict()
        for name, weights in alone.state_dict().items():
            assert torch.allclose(weights, one.state_dict()[name], atol=1e-9)
            assert not torch.allclose(weights, before[name], atol=1e-3)
        assert not one.training


def test_what_remembers_is_not_stacked() -> None:
    assert can_be_stacked(network(0))
    assert can_be_stacked(nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.1)))
    assert can_be_stacked(nn.Sequential(nn.Linear(2, 2), nn.InstanceNorm1d(2)))
    assert not can_be_stacked(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)))


class Scaled(nn.Module):
    """Divides by scales that it holds beside its weights, and drops units at random."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.register_buffer("scales", torch.full((6,), scale))
        self.layers = nn.Sequential(nn.Linear(6, 40), nn.ReLU(), nn.Dropout(0.5), nn.Linear(40, 2))

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        return self.layers(rows / self.scales)


def test_dropout_is_drawn_anew_for_each_stacked_module_and_for_the_same_seeds_again() -> None:
    inputs, truth = drawn()
    inputs = inputs.float() * 50
    recipe = Recipe(epochs=2, learning_rate=0.01, rows=10)

    def together() -> list[Any]:
        modules = []
        for _ in range(2):
            torch.manual_seed(0)
            modules.append(Scaled(50.0))
        rows = [np.arange(40)] * 2
        # The same weights, rows and order: what differs is what was dropped.
        return train_stacked(modules, inputs, truth, rows, recipe, [7, 7], nn.functional.cross_entropy)

    (one, two), (again, _) = together(), together()
    torch.manual_seed(0)
    first = Scaled(50.0)
    assert not torch.equal(one.layers[0].weight, two.layers[0].weight)
    assert torch.equal(one.layers[0].weight, again.layers[0].weight)
    assert not torch.equal(one.layers[0].weight, first.layers[0].weight)
    assert torch.equal(one.scales, first.scales)


def test_a_new_module_takes_the_scales_of_the_old_one_and_no_running_means() -> None:
    old, new = (nn.Sequential(Scaled(scale), nn.BatchNorm1d(2)) for scale in (50.0, 1.0))
    old[1].running_mean.fill_(3.0)
    take_constants(new, old)
    assert new[0].scales.tolist() == [50.0] * 6
    assert new[1].running_mean.tolist() == [0.0, 0.0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_network(tmp_path)
    return tmp_path


def opened(folder: Path, **changes: Any) -> Any:
    given = {"categories": {"sex": ["F", "M"]}, "output": "logits", "module": "net:build"} | changes
    labels = {"labels": {"0": "no", "1": "yes"}}
    return open_tabular(folder / "state.safetensors", **settings(folder, **labels), **given)


def split(rows: int = 60) -> Split:
    frame = table(rows)
    old = frame["age"].astype(float) > 55
    labels = ["yes" if one else "no" for one in old]
    labels[0] = None
    given: dict[str, Any] = {"label_targets": None, "groups": {}, "units": None, "weights": None, "digest": ""}
    return Split("training", frame, targets=Codes.of(labels), **given)


def test_a_network_with_a_recipe_is_trained_on_the_rows_that_are_marked(folder: Path) -> None:
    model, rows = opened(folder, recipe={"epochs": 30, "learning_rate": 0.01, "rows": 20}), split()
    masks = np.zeros((3, 60), dtype=bool)
    masks[0, :40] = masks[1, 20:] = masks[2, :40] = True
    masks[1, 0] = True  # without a truth: it takes no part
    first, second, third = model.fit_many(rows, masks, [1, 2, 1])
    said = [one.predict(rows.inputs).scores for one in (model, first, second, third)]
    # the same rows, order and first weights
    assert np.array_equal(said[1], said[3])
    assert not np.allclose(said[1], said[2])
    assert not np.allclose(said[0], said[1])
    alone = model.fit_many(rows, masks[:1], [1])[0].predict(rows.inputs).scores
    assert said[1] == pytest.approx(alone, abs=1e-4)
    assert model.fit(rows, np.random.default_rng(0)).predict(rows.inputs).classes == ("no", "yes")


def test_a_forward_that_cannot_be_stacked_is_run_alone(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "net.py").write_text(
        """
import torch
from torch import nn

class Own(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 2)

    def forward(self, rows):
        return self.layer(rows if rows.mean() > 0 else -rows)  # of stacked rows there is no one mean
"""
    )
    from safetensors.torch import save_file

    save_file(nn.ModuleDict({"layer": nn.Linear(4, 2)}).state_dict(), folder / "state.safetensors")
    model = opened(folder, module="net:Own", recipe={"epochs": 1})
    with caplog.at_level("INFO"):
        first, second = model.fit_many(split(), np.ones((2, 60), dtype=bool), [1, 2])
    assert "one after another" in caplog.text
    assert not np.allclose(first.predict(split().inputs).scores, second.predict(split().inputs).scores)


def test_a_network_without_a_recipe_says_why_it_is_not_trained(folder: Path) -> None:
    assert "recipe" in (why_not(opened(folder), "Trainable") or "")
    assert why_not(opened(folder, recipe={}), "Trainable") is None


@pytest.mark.parametrize(
    ("said", "words"),
    [({"epoch": 3}, "no 'epoch'"), ({"epochs": 2.5}, "epochs is 2.5"), ({"learning_rate": 0}, "learning_rate is 0")],
)
def test_a_recipe_that_is_none_is_refused(folder: Path, said: Any, words: str) -> None:
    with pytest.raises(ModelError, match=words):
        opened(folder, recipe=said)
