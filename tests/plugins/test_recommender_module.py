"""A torch module that scores pairs, built by the code that a spec names: by hand, refused, held to its contract."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from recommenders import (
    ALL,
    ITEM_FACTORS,
    USER_FACTORS,
    USERS,
    asked,
    factors,
    folder_of,
    history,
    lists,
    opened,
    words,
)
from safetensors.torch import save_file

from auditkit import ModelError, OutOfMemory
from auditkit.testing import obey_contract
from auditkit_recommender.adapter import open_recommender

NET = """\
import torch

class Taste(torch.nn.Module):
    def __init__(self, users, items):
        super().__init__()
        self.users = torch.nn.Embedding(users, 2)
        self.items = torch.nn.Embedding(items, 2)

    def forward(self, users, items):
        return (self.users(users) * self.items(items)).sum(-1)

class Whole(Taste):
    def scores(self, users):
        return self.users(users) @ self.items.weight.T

class Pairs(Taste):
    def forward(self, users, items):
        joined = torch.cat([self.users(users), self.items(items)], dim=-1)
        return (joined[:, :2] * joined[:, 2:]).sum(-1, keepdim=True)

class Wrong(Taste):
    def forward(self, users, items):
        return self.users(users)

class Full(Taste):
    def forward(self, users, items):
        raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")

def tabular():
    return Taste(4, 5)

def huge(users, items):
    return Taste(users * 10**9, items)
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with the factors of the case by hand as the weights of a module, and its code beside."""
    (tmp_path / "net.py").write_text(NET)
    path = folder_of(tmp_path / "model")
    weights = {"users.weight": torch.tensor(USER_FACTORS), "items.weight": torch.tensor(ITEM_FACTORS)}
    save_file(weights, path / "model.safetensors")
    return path


def refused(path, **options):
    with pytest.raises(ModelError) as caught:
        opened(path, **options).predict(asked("u1"))
    assert caught.value.hint
    return caught.value.message


@pytest.mark.parametrize("name", ["Taste", "Whole", "Pairs"])
def test_a_module_ranks_as_its_factors_do(folder, name):
    model = opened(folder, module=f"net:{name}", k=5)
    answer = model.predict(asked(*USERS))
    assert lists(answer) == {"u1": "adceb", "u2": "bdcea", "u3": "dabce", "u4": "adceb"}
    np.testing.assert_array_equal(
        answer.scores, opened(factors(folder.parent / "f"), k=5).predict(asked(*USERS)).scores
    )
    assert f"the torch module '{name}' for 4 users and 5 items" in words(model)
    assert "the audit ran net:" in str(model.trusted[0])
    computing = model.computing
    assert (computing.devices, computing.precision, computing.deterministic) == (("cpu",), "float32", True)
    assert opened(factors(folder.parent / "f"), k=5).computing is None  # no torch in it


def test_a_mask_does_not_write_into_the_module(folder):
    model = opened(folder, (("u1", "a"), ("u2", "b")), module="net:Whole", mask_seen=True, asked=("u1", "u2"))
    first, again = (model.predict(asked("u1", "u2")) for _ in range(2))
    assert lists(first) == lists(again) == {"u1": "dce", "u2": "dce"}


def test_weights_of_torch_in_half_precision_are_read(folder):
    (folder / "model.safetensors").unlink()
    state = {"_orig_mod.users.weight": USER_FACTORS, "_orig_mod.items.weight": ITEM_FACTORS}
    torch.save(
        {"net": {name: torch.tensor(one).half() for name, one in state.items()}, "epoch": 3}, folder / "last.ckpt"
    )
    model = opened(folder, module="net:Taste")
    assert lists(model.predict(asked("u1"))) == {"u1": "adc"}
    assert "stored as float16" in words(model)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("net:Wrong", "the module gives a Tensor of the shape (5, 2), where (5,) or (5, 1) is wanted"),
        ("net:tabular", "'net:tabular' could not build the module"),
        ("net:huge", "describes a larger model than its files hold"),
        ("net:nothing", "'net' has no function 'nothing'"),
        ("other:build", "neither 'other.py'"),
    ],
)
def test_code_that_builds_no_recommender(folder, module, said):
    assert said in refused(folder, module=module)


def test_weights_that_are_none_or_several(folder):
    np.savez(folder / "factors.npz", user_factors=USER_FACTORS, item_factors=ITEM_FACTORS)
    torch.save({}, folder / "other.pt")
    assert "and holds several: 'model.safetensors', 'other.pt'" in refused(folder, module="net:Taste")
    for file in ("model.safetensors", "other.pt"):
        (folder / file).unlink()
    assert "one file with the weights of the module, and holds none" in refused(folder, module="net:Taste")


def test_embeddings_of_another_number_of_users(folder):
    save_file({"users.weight": torch.ones(3, 2), "items.weight": torch.ones(5, 2)}, folder / "model.safetensors")
    assert "users.weight" in refused(folder, module="net:Taste")


def test_a_full_memory_is_told_to_the_broker(folder):
    model = opened(folder, module="net:Full")
    assert model.batch_size == 1024
    with pytest.raises(OutOfMemory, match="1 users x 5 items at once do not fit"):
        model.predict(asked("u1"))


def test_the_recommender_with_a_module_obeys_its_contract(folder):
    obey_contract(
        open_recommender,
        path=folder,
        inputs=asked("u3", "u1", "u2", "u4", "u1"),
        k=3,
        history=history(ALL),
        device="cpu",
        spec_folder=folder.parent,
        module="net:Taste",
    )
