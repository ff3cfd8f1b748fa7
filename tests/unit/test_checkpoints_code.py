"""What a model said is kept by all that it came from, the code that built it too."""

from __future__ import annotations

import pytest
from tables import INPUT, table, write_network

from auditkit import ModelError
from auditkit.checkpoints import code_digest, load_code
from auditkit.checks.measuring import open_case
from auditkit.compute import Broker
from auditkit.evidence import EvidenceStore
from auditkit.spec import read_spec

SPEC = f"""
name = "A network"
[model]
adapter = "tabular"
path = "state.safetensors"
module = "net:build"
categories = {{sex = ["F", "M"]}}
labels = {{0 = "no", 1 = "yes"}}
[data]
audit = "rows.csv"
input = {list(INPUT)}
target = "ill"
"""


@pytest.fixture
def folder(tmp_path):
    write_network(tmp_path)
    table().assign(ill=["no", "yes"] * 20).to_csv(tmp_path / "rows.csv", index=False)
    (tmp_path / "audit.toml").write_text(SPEC)
    return tmp_path


def key_of(folder):
    spec = read_spec(folder / "audit.toml")
    broker = Broker(spec)
    (folder / "store").mkdir(exist_ok=True)
    case, _ = open_case(spec, broker, EvidenceStore(folder / "store"))
    return case.keys["audit"][1], broker


def test_other_code_is_another_model(folder):
    key, broker = key_of(folder)
    assert not broker.opened
    assert key_of(folder)[0] == key
    net = folder / "net.py"
    net.write_text(net.read_text().replace("Tanh", "ReLU"))
    assert key_of(folder)[0] != key


def test_another_task_is_another_answer(folder):
    rows = table().assign(ill=range(40))
    rows.to_csv(folder / "rows.csv", index=False)
    key = key_of(folder)[0]
    (folder / "audit.toml").write_text('task = "regression"\n' + SPEC)
    assert key_of(folder)[0] != key


def test_the_digest_is_of_the_code_that_runs(folder):
    import hashlib

    code = load_code("net:build", folder)
    assert code.digest == hashlib.sha256((folder / "net.py").read_bytes()).hexdigest() == code_digest("net:one", folder)
    assert str(code.trusted) == f"the audit ran net:build, sha256:{code.digest}"
    # As it is on disk now, and not as it was when Python last cached it.
    (folder / "net.py").write_text("def build():\n    return 3\n")
    assert load_code("net:build", folder).function() == 3
    assert code.function() != 3


def test_code_that_is_not_there_has_no_digest(folder):
    assert code_digest("absent_net:build", folder) is None
    with pytest.raises(ModelError, match="'net' names no function"):
        code_digest("net", folder)


def test_the_digest_of_a_package_is_of_its_files_and_runs_none(folder, monkeypatch):
    package = folder / "site" / "kidney_nets"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('it ran')\n")
    monkeypatch.syspath_prepend(str(folder / "site"))
    first = code_digest("kidney_nets.net:build", folder)
    (package / "net.py").write_text("def build(): ...\n")
    assert first is not None
    assert code_digest("kidney_nets.net:build", folder) not in {None, first}
