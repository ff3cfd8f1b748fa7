"""The same spec, model, data and versions give the same result, byte for byte but for its `run` block."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from commands import Folder


def every(folder: Folder) -> Folder:
    """The folder with a spec that asks for all checks."""
    folder.spec(checks=())
    return folder


@pytest.fixture(scope="module")
def twins(make_folder: Callable[[], Folder]) -> tuple[Folder, Folder]:
    first, second = every(make_folder()), every(make_folder())
    assert first.run().code == 0
    assert second.run_here("run", "audit.toml", "--fresh").code == 0
    return first, second


def without_run(folder: Folder, bundle: str = "audit-audit") -> bytes:
    from auditkit.document import canonical_json

    result = json.loads((folder.path / bundle / "result.json").read_bytes())
    del result["run"]
    return canonical_json(result)


def test_two_runs_in_two_folders_give_the_same_bytes(twins):
    first, second = twins
    assert first.result()["result_digest"] == second.result()["result_digest"]
    assert without_run(first) == without_run(second)


def test_a_resumed_run_gives_the_same_bytes(twins):
    first, _ = twins
    answer = first.run_here("run", "audit.toml", "--out", "again")
    assert "kept from before" in answer.err
    assert without_run(first, "again") == without_run(first)


def test_the_evidence_is_equal_too(twins):
    first, second = ({p.name: p.read_bytes() for p in (f.bundle / "evidence").iterdir()} for f in twins)
    assert first
    assert first == second


def test_neither_hash_seed_nor_locale_nor_time_zone_have_a_part_in_it(twins, make_folder):
    folder = every(make_folder())
    settings = {"PYTHONHASHSEED": "4711", "LC_ALL": "C", "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "1700000000"}
    other = Folder(folder.path, folder.home, settings)
    assert other.run().code == 0
    assert without_run(other) == without_run(twins[0])
    assert other.result()["run"]["created"] == "2023-11-14T22:13:20Z"


def test_another_seed_is_another_result(twins, folder):
    folder.spec(("seed = 7", "seed = 8"), checks=())
    assert folder.run_here().code == 0
    assert folder.result()["result_digest"] != twins[0].result()["result_digest"]


def test_yaml_says_the_same_as_toml(twins, folder):
    import tomllib

    import yaml

    spec = tomllib.loads((every(folder).path / "audit.toml").read_text())
    folder.write("audit.yaml", yaml.safe_dump(spec))
    assert folder.run_here("run", "audit.yaml").code == 0
    assert without_run(folder) == without_run(twins[0])
