"""A model of two folders, an adapter on its base, is named by the files of both."""

from __future__ import annotations

import json

import pytest

from auditkit.subject import facts_of_merged, identify


@pytest.fixture
def folders(tmp_path):
    adapter, base = tmp_path / "adapter", tmp_path / "base"
    for folder in (adapter, base):
        folder.mkdir()
    (adapter / "adapter_config.json").write_text('{"base_model_name_or_path": "org/base"}')
    (adapter / "README.md").write_text("---\nlicense: mit\n---\n")
    (base / "config.json").write_text('{"architectures": ["BertModel"]}')
    (base / "README.md").write_text("---\nlicense: apache-2.0\n---\n")
    return adapter, base


def test_the_digest_binds_both_and_the_root_digest_the_adapter_alone(folders):
    adapter, base = folders
    alone, both = identify(adapter, None), identify(adapter, None, base=base)
    assert [file.name for file in both.files] == [
        "README.md", "adapter_config.json", "base/README.md", "base/config.json"
    ]  # fmt: skip
    assert both.digest != alone.digest
    assert both.root_digest == alone.root_digest
    (base / "config.json").write_text(json.dumps({"architectures": ["OtherModel"]}))
    assert identify(adapter, None, base=base).digest != both.digest


def test_facts_are_the_bases_where_the_adapter_says_none(folders):
    facts = facts_of_merged(*folders)
    assert facts.architectures == ("BertModel",)
    assert facts.base_models == ("org/base",)
    assert facts.licence == "mit"
