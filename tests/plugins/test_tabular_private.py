"""Networks of tables trained with differential privacy: the budget, the same seed twice, and what is refused."""

from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from auditkit import AuditError, ModelError, NotApplicable
from auditkit_tabular.private import Budget, train_privately
from auditkit_tabular.stacked import Recipe, train_one

RECIPE = Recipe(epochs=3, learning_rate=0.05, rows=20)


def loss(said, true):
    return nn.functional.cross_entropy(said, true)


def lessons(rows=100):
    draw = torch.Generator().manual_seed(1)
    inputs = torch.randn(rows, 2, generator=draw)
    return inputs, (inputs[:, 0] > 0).long(), np.arange(rows)


def net(seed=0, *, middle=None):
    torch.manual_seed(seed)
    layers = [nn.Linear(2, 4), middle or nn.Tanh(), nn.Linear(4, 2)]
    return nn.Sequential(*layers)


def trained(epsilon, seed=3, recipe=RECIPE):
    return train_privately(net(), *lessons(), recipe, seed, loss, budget=Budget(epsilon, 1e-3))


def test_without_opacus_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "opacus", None)
    with pytest.raises(AuditError) as caught:
        trained(8.0)
    assert "auditkit[privacy]" in caught.value.hint


def test_the_same_seed_makes_the_same_model_and_a_smaller_budget_a_worse_one():
    pytest.importorskip("opacus", reason="pip install 'auditkit[privacy]'")
    first, again, other = trained(8.0), trained(8.0), trained(8.0, seed=4)
    for name, weights in first.state_dict().items():
        assert torch.equal(weights, again.state_dict()[name])
    assert any(not torch.equal(weights, other.state_dict()[name]) for name, weights in first.state_dict().items())
    assert not first.training
    inputs, truth, rows = lessons()
    recipe = Recipe(epochs=12, learning_rate=0.05, rows=20)
    plain = train_one(net(), inputs, truth, rows, recipe, 3, loss)
    models = {"plain": plain, "8": trained(8.0, recipe=recipe), "small": trained(0.3, recipe=recipe)}
    with torch.no_grad():
        right = {name: (model(inputs).argmax(1) == truth).float().mean().item() for name, model in models.items()}
    assert right["plain"] > 0.9
    assert right["8"] > 0.8
    assert right["small"] < right["8"]
    with pytest.raises(ModelError, match="no noise reaches"):
        trained(0.01)


def test_the_noise_is_what_the_budget_asks_for_by_another_reckoning():
    """Of one step on all rows it is the Gaussian mechanism, whose exact epsilon is known (Balle and Wang 2018)."""
    pytest.importorskip("opacus", reason="pip install 'auditkit[privacy]'")
    from opacus.accountants.utils import get_noise_multiplier
    from scipy import optimize, special

    delta = 1e-3
    noise = get_noise_multiplier(
        target_epsilon=2.0, target_delta=delta, sample_rate=1.0, steps=1, accountant="rdp"
    )  # as `train_privately` asks

    def excess(epsilon):
        upper = special.ndtr(1 / (2 * noise) - epsilon * noise)
        return upper - np.exp(epsilon) * special.ndtr(-1 / (2 * noise) - epsilon * noise) - delta

    exact = optimize.brentq(excess, 0, 10)
    assert 1.0 < exact <= 2.0  # Renyi accounting promises no less than is true, and not much more


def test_layers_that_let_rows_see_each_other_are_refused():
    pytest.importorskip("opacus", reason="pip install 'auditkit[privacy]'")
    with pytest.raises(NotApplicable, match="differential privacy"):
        train_privately(net(middle=nn.BatchNorm1d(4)), *lessons(), RECIPE, 1, loss, budget=Budget(8.0, 1e-3))


SPEC = """
name = "budgets"
seed = 5
[model]
adapter = "tabular"
module = "net:build"
path = "net.safetensors"
labels = {0 = "no", 1 = "yes"}
recipe = {epochs = 60, learning_rate = 0.02, rows = 16}
[data]
audit = "audit.csv"
training = "training.csv"
input = ["age", "pressure", "a", "b", "c", "d"]
target = "ill"
positive = "yes"
[[checks]]
use = "privacy.remedies"
epsilon = [1]
[report]
formats = ["html"]
[[policy.rules]]
metric = "membership_auc"
conditions = {remedy = "epsilon 1"}
max = 0.65
because = "a test"
"""
NET = """
from torch import nn

def build():
    return nn.Sequential(nn.Linear(6, 48), nn.Tanh(), nn.Linear(48, 2))
"""
COLUMNS = ["age", "pressure", "a", "b", "c", "d"]


def rows(seed, count=150):
    draw = np.random.default_rng(seed)
    table = pd.DataFrame(draw.normal(size=(count, 6)).round(4), columns=COLUMNS)
    chance = draw.random(count) < 0.5
    ill = np.where(chance, draw.random(count) < 0.5, table["age"] > 0)
    return table.assign(ill=np.where(ill, "yes", "no"))


def written(folder):
    rows(1).to_csv(folder / "audit.csv", index=False)
    members = rows(2)
    members.to_csv(folder / "training.csv", index=False)
    (folder / "net.py").write_text(NET)
    (folder / "audit.toml").write_text(SPEC)
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(6, 48), nn.Tanh(), nn.Linear(48, 2))
    inputs = torch.tensor(members[COLUMNS].to_numpy(), dtype=torch.float32)
    truth = torch.tensor((members["ill"] == "yes").to_numpy()).long()
    recipe = Recipe(epochs=60, learning_rate=0.02, rows=16)
    train_one(module, inputs, truth, np.arange(len(members)), recipe, 1, loss)
    save_file(module.state_dict(), folder / "net.safetensors")


@pytest.mark.slow
def test_a_budget_is_trained_attacked_and_recomputed(make_folder):
    pytest.importorskip("opacus", reason="pip install 'auditkit[privacy]'")
    folder = make_folder()
    written(folder.path)
    answer = folder.run_here("run", "audit.toml", "--no-pdf")
    assert answer.code in {0, 4}, answer.out[-2000:] + answer.err[-2000:]
    (finding,) = json.loads((folder.path / "audit-audit" / "result.json").read_text())["findings"]
    assert finding["status"] == "measured", finding
    found = {(one["metric"], one["conditions"]["remedy"]): one for one in finding["measurements"]}
    for name in ("none", "trained anew"):
        assert found["membership_auc", name]["interval"]["low"] > 0.55
    assert found["membership_auc_difference", "epsilon 1"]["interval"]["high"] < 0
    assert found["membership_auc", "epsilon 1"]["interval"]["low"] < 0.55
    budgets = next(one for one in finding["evidence"] if "differential privacy" in one["title"]["msgid"])
    assert budgets["rows"][0][:2] == [1.0, "0.001"]
    replayed = folder.run_here("replay", "audit-audit", "--allow-dev-key")
    assert replayed.code == 0, replayed.out[-2000:] + replayed.err[-2000:]


def test_budgets_that_are_none_and_models_that_cannot_are_refused(make_folder):
    folder = make_folder()
    written(folder.path)
    spec = (folder.path / "audit.toml").read_text()
    (folder.path / "audit.toml").write_text(spec.replace("epsilon = [1]", "epsilon = [1, 1]"))
    folder.run_here("run", "audit.toml", "--no-pdf").refused("option 'epsilon' holds '1'", "epsilon = [8, 1]")
    (folder.path / "audit.toml").write_text(spec.replace("recipe =", "# recipe ="))
    folder.run_here("run", "audit.toml", "--no-pdf", "--force")
    (finding,) = json.loads((folder.path / "audit-audit" / "result.json").read_text())["findings"]
    assert finding["status"] == "not_applicable"
