"""Which model was audited: the digests of its files, and what they say of it without being loaded."""

from __future__ import annotations

import hashlib
import json
import struct

import pytest

from auditkit.document import digest_of
from auditkit.errors import ModelError
from auditkit.result import ModelFacts
from auditkit.subject import facts_at, manifest_digest, model_files, root_digest

FILES = {
    "config.json": '{"architectures": ["ToyModel"]}\n',
    "model.bin": "weights\n",
    "a/b": "in a folder\n",
    "a-b": "beside it\n",
    "a.b": "and a point\n",
    ".gitattributes": "*.bin lfs\n",
    ".git/HEAD": "ref\n",
}
RESOURCES = [
    ("a/b", "a7672fbe17ded29a54ee729f698cebfaf8fda316991ce7a2b721aee5a3e0aa29"),
    ("a-b", "2d8179c8fc72508fd1409adfb8e282371741b258fc13ac51e80e63f1378cd523"),
    ("a.b", "ec65c2f6179fc7c7cf882f8c0fc01b13aa9f9aa3786d5d0eaf7e4468d0bc7d24"),
    ("config.json", "4c34137c1ac01803f521d6ce63db029c27e90a2f43ffdfc6835d26efadf23120"),
    ("model.bin", "1b465fa6b6bcbc06a3199e3d2d8aec35d37494a712f888b6d5536684dd89d0f0"),
]
ROOT = "62d83cc52405d3358729f9a3bcea81198c5a26f906b92e23ae41628e4d40b024"
"""What model_signing.hashing.hash of model_signing 1.1.1 gives for FILES: its resources in its order, and its root."""


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / "model" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "model" / name).write_text(text)
    return tmp_path / "model"


def test_the_manifest_is_that_of_openssf_model_signing(folder):
    files = model_files(folder)
    assert [(file.name, file.sha256) for file in files] == RESOURCES
    assert root_digest(files) == ROOT


def test_the_digest_is_over_the_manifests_resources(folder):
    resources = [{"name": name, "algorithm": "sha256", "digest": digest} for name, digest in RESOURCES]
    by_hand = json.dumps(resources, sort_keys=True, separators=(",", ":")).encode()
    assert manifest_digest(model_files(folder)) == hashlib.sha256(by_hand).hexdigest() == digest_of(resources)


def test_the_digest_binds_names_where_the_root_does_not(folder):
    before = model_files(folder)
    (folder / "model.bin").rename(folder / "model.pth")
    after = model_files(folder)
    assert root_digest(after) == root_digest(before)
    assert manifest_digest(after) != manifest_digest(before)


def test_a_signature_and_what_is_gits_are_no_part_of_the_model(folder):
    before = model_files(folder)
    (folder / "model.sig").write_text("{}")
    (folder / ".git" / "index").write_text("more")
    assert model_files(folder) == before


def test_a_link_for_a_signature_is_refused(folder, tmp_path):
    (tmp_path / "elsewhere").write_text("{}")
    (folder / "model.sig").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ModelError, match=r"symbolic link: 'model\.sig'"):
        model_files(folder)


def test_a_name_that_no_json_can_hold_is_refused(folder):
    import os

    os.close(os.open(os.fsencode(folder) + b"/\xff", os.O_CREAT | os.O_WRONLY))
    with pytest.raises(ModelError, match="no UTF-8"):
        model_files(folder)


# What the files say.


def header(tensors, *, length=None):
    raw = json.dumps(tensors).encode()
    return struct.pack("<Q", len(raw) if length is None else length) + raw


def tensor(stored_as, *shape):
    return {"dtype": stored_as, "shape": list(shape), "data_offsets": [0, 0]}


TENSORS = {
    "__metadata__": {"format": "pt"},
    "weight": tensor("BF16", 3, 4),
    "bias": tensor("F32", 3),
    "scalar": tensor("F32"),
    "positions": tensor("I64", 1, 5),
}


def test_parameters_are_counted_by_type_from_the_headers(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(header(TENSORS))
    facts = facts_at(tmp_path)
    assert facts.stored == {"bfloat16": 12, "float32": 4, "int64": 5}
    assert facts.parameters == 16
    assert facts_at(tmp_path / "model.safetensors") == facts


def test_shards_are_counted_together_and_none_outside_the_folder(tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "one.safetensors").write_bytes(header({"a": tensor("F16", 2, 2)}))
    (tmp_path / "m" / "two.safetensors").write_bytes(header({"b": tensor("F16", 3)}))
    (tmp_path / "outside.safetensors").write_bytes(header({"c": tensor("F16", 1000)}))
    index = {"weight_map": {"a": "one.safetensors", "b": "two.safetensors", "c": "../outside.safetensors"}}
    (tmp_path / "m" / "model.safetensors.index.json").write_text(json.dumps(index))
    assert facts_at(tmp_path / "m").stored == {"float16": 7}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x01",
        header(TENSORS, length=1 << 62),
        header(TENSORS)[:20],
        header({"a": tensor("F32", -1)}),
        header({"a": tensor("F32", 10**18)}),
        header({"a": {"dtype": "F32", "shape": [True]}}),
        header(["no", "object"]),
        header({}, length=2)[:8] + b"[" * 100_000,
    ],
)
def test_a_header_that_cannot_be_tells_nothing(tmp_path, content):
    (tmp_path / "model.safetensors").write_bytes(content)
    assert facts_at(tmp_path) is None


def test_of_several_files_none_is_guessed_to_be_the_weights(tmp_path):
    for name in ("one", "two"):
        (tmp_path / f"{name}.safetensors").write_bytes(header(TENSORS))
    assert facts_at(tmp_path) is None


CARD = """\
---
license: apache-2.0
base_model: org/base
datasets:
- org/notes
- org/films
tags: [text, no]
---
# A model
license: forged-below
"""


def test_base_model_licence_and_data_are_read_off_the_card(tmp_path):
    (tmp_path / "README.md").write_text(CARD)
    assert facts_at(tmp_path) == ModelFacts(
        base_models=("org/base",), licence="apache-2.0", datasets=("org/notes", "org/films")
    )


def test_a_licence_of_the_makers_own_is_called_by_its_name(tmp_path):
    (tmp_path / "README.md").write_text("---\nlicense: other\nlicense_name: house-licence\n---\n")
    assert facts_at(tmp_path).licence == "house-licence"


def test_values_stay_as_they_are_written(tmp_path):
    (tmp_path / "README.md").write_text("---\nlicense: no\nbase_model: 1e3\n---\n")
    assert facts_at(tmp_path) == ModelFacts(licence="no", base_models=("1e3",))


def test_an_adapter_names_its_base_in_its_own_config(tmp_path):
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "org/base"}')
    assert facts_at(tmp_path).base_models == ("org/base",)


LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    "front",
    [
        LAUGHS + "\nlicense: *i",
        "a: &a {x: 1}\nb: {<<: *a}\nlicense: mit",
        "license: !!python/object/apply:os.system ['touch /tmp/no']\n- broken",
        "license: " + "[" * 2_000,
        "- license",
        "license: {name: mit}\nbase_model: [[deep]]",
        "license: mit\n" + "x: y\n" * 20_000,  # it does not end within 64 KiB
    ],
    ids=["aliases", "merged keys", "an object", "deep", "a list", "tables", "too long"],
)
def test_a_card_that_means_harm_tells_nothing(tmp_path, front):
    (tmp_path / "README.md").write_text(f"---\n{front}\n---\n")
    assert facts_at(tmp_path) is None


def test_what_utf8_cannot_say_is_spelt_out(tmp_path):
    (tmp_path / "config.json").write_text('{"architectures": ["A\\ud800"]}')
    (tmp_path / "README.md").write_text('---\nlicense: "x\\uD800"\n---\n')
    facts = facts_at(tmp_path)
    assert facts.architectures == ("A\\ud800",)
    assert facts.licence == "x\\ud800"
    assert facts.to_json()
