"""Models that claim more than they hold: tensors, settings and modules are counted before they are made."""

from __future__ import annotations

import json
import resource
import warnings
import zipfile

import pytest
import torch
from model_archives import TENSORS, refusal, rewritten
from safetensors.torch import save_file
from torch import nn

from auditkit.checkpoints import (
    read_object,
    read_state,
    refuse_oversized,
)
from auditkit.spec import DataSpec
from auditkit_text import open_text_classifier


@pytest.fixture
def sound(tmp_path):
    torch.save(TENSORS, tmp_path / "sound.pt")
    return tmp_path / "sound.pt"


def test_tensors_that_claim_more_than_the_file_holds(tmp_path, sound):
    def enlarged(name, content):
        # The count of numbers in the storage of `weight`, 6, becomes 2**31 - 1.
        return content.replace(b"K\x06t", b"J\xff\xff\xff\x7ft") if name.endswith("data.pkl") else content

    with zipfile.ZipFile(sound) as archive:
        assert archive.read("sound/data.pkl").count(b"K\x06t") == 1
    file = rewritten(tmp_path / "model.pt", sound, enlarged)
    assert refusal(read_state, file) == (
        "'model.pt' is damaged: its tensors claim 8,589,934,588 bytes where the file holds 24"
    )
    torch.save(TENSORS, tmp_path / "old.pt", _use_new_zipfile_serialization=False)
    content = (tmp_path / "old.pt").read_bytes()
    assert content.count(b"K\x06Nt") == 1
    (tmp_path / "old.pt").write_bytes(content.replace(b"K\x06Nt", b"J\xff\xff\xff\x7fNt"))
    assert refusal(read_state, tmp_path / "old.pt").startswith("'old.pt' is damaged: its tensors claim 8,589,934,")


def test_one_number_that_claims_to_be_many(tmp_path):
    torch.save({"weight": torch.zeros(1).expand(1 << 40)}, tmp_path / "model.pt")
    assert (tmp_path / "model.pt").stat().st_size < 1 << 14
    assert refusal(read_state, tmp_path / "model.pt") == (
        "the weights hold 'weight', which claims 4,398,046,511,104 bytes where the file has 4"
    )
    torch.save({"weight": torch.zeros(1 << 20, 1 << 20, layout=torch.sparse_coo)}, tmp_path / "model.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        said = refusal(read_state, tmp_path / "model.pt")
    assert said == "the weights hold 'weight', which is no plain tensor of numbers"


def text_refusal(folder):
    settings = {"device": "cpu", "labels": {}, "target_classes": ("no", "yes"), "data": DataSpec(audit="rows.csv")}
    return refusal(open_text_classifier, folder, **settings)


@pytest.mark.parametrize(
    "changes",
    [
        {"hidden_size": 10**9},
        {"hidden_size": 10**12, "intermediate_size": 10**12},
        {"num_hidden_layers": 10**9},
        {"vocab_size": 10**10},
        {"vocab_size": 2**63},
        {"max_position_embeddings": 10**11},
        {"num_labels": 10**10, "id2label": None, "label2id": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_config_of_a_huge_model(tmp_path, tiny_bert, changes):
    import shutil

    folder = shutil.copytree(tiny_bert, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text()) | changes
    (folder / "config.json").write_text(json.dumps({key: value for key, value in config.items() if value is not None}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert text_refusal(folder).startswith("config.json describes a larger model than its files hold: ")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 << 10  # kilobytes


def test_settings_as_large_as_weights(tmp_path, tiny_bert):
    import shutil

    folder = shutil.copytree(tiny_bert, tmp_path / "model")
    with (folder / "config.json").open("ab") as stream:
        stream.truncate(65 << 20)
    said = "'config.json' of the model has 68,157,440 bytes, and settings have at most 67,108,864"
    assert refusal(read_object, folder / "config.json", hint="anew") == said
    assert text_refusal(folder) == said


def test_settings_that_are_nested_without_end(tmp_path):
    (tmp_path / "config.json").write_text("[" * 200_000)
    assert refusal(read_object, tmp_path / "config.json", hint="anew").startswith("'config.json' of the model is no ")


def test_a_module_is_counted_as_it_is_built(tmp_path):
    save_file(TENSORS, tmp_path / "model.safetensors")
    files = [tmp_path / "model.safetensors"]
    refuse_oversized(lambda: nn.Linear(1000, 1000), files)  # a million numbers more are let be
    for build_one in (lambda: nn.Linear(1100, 1100), lambda: nn.Linear(10**10, 10**10)):
        said = refusal(refuse_oversized, build_one, files, said_by="net.json")
        assert said.startswith("net.json describes a larger model than its files hold: its weights have ")
    # Nothing of it stays behind.
    assert nn.Linear(1100, 1100).weight.device.type == "cpu"


def test_infinity_is_damage_in_what_was_trained_and_not_in_a_mask():
    from auditkit.checkpoints.fitted import _refuse_infinite

    infinite, nan = torch.tensor([float("-inf"), 0.0]), torch.tensor([float("nan")])
    _refuse_infinite({"mask": infinite, "weight": torch.ones(2)}, {"weight"})
    for tensors in ({"weight": infinite}, {"mask": nan}):
        assert "damaged" in refusal(_refuse_infinite, tensors, {"weight"})
