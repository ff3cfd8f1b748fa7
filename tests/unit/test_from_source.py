"""What runs of a plugin is what its digest was taken of: its sources, not the bytecode that lies beside them."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import py_compile
import sys
from pathlib import Path

import pytest
from commands import install_plugin

from auditkit.hosting.discovery import find_plugins, installed_digest

GOOD, EVIL = 'VALUE = "good"\n', 'VALUE = "evil"\n'


def plant(path: Path, mode: py_compile.PycInvalidationMode) -> None:
    """Put bytecode of EVIL beside a file, which Python takes for the file's own."""
    before, said = path.stat(), path.read_text()
    path.write_text(EVIL)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    py_compile.compile(str(path), invalidation_mode=mode)
    path.write_text(said)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def package(site: Path, name: str, **modules: str) -> str:
    """Install a package of modules as a plugin; its digest."""
    install_plugin(site, name, "")
    (site / f"{name}.py").unlink()
    folder = site / name
    folder.mkdir()
    for module, source in modules.items():
        (folder / f"{module}.py").write_text(source)
    dist_info = site / f"{name}-1.0.dist-info"
    (dist_info / "RECORD").write_text("".join(f"{name}/{module}.py,,\n" for module in modules))
    importlib.invalidate_caches()
    return installed_digest(importlib.metadata.distribution(name))


def loaded(name: str, pin: str | None) -> tuple[object, str]:
    """The plugin's VALUE, or why it was not loaded."""
    plugins, failed = find_plugins(allow=[name], pin=None if pin is None else {name: pin})
    wrong = [one.reason for one in failed if one.reason != "not on the allow-list"]
    return (plugins[0].module.VALUE if plugins else None), "".join(wrong)


@pytest.mark.parametrize("mode", list(py_compile.PycInvalidationMode), ids=lambda mode: mode.name)
@pytest.mark.parametrize("is_pinned", [True, False])
def test_bytecode_that_was_planted_beside_a_plugin_never_runs(install, tmp_path, mode, is_pinned):
    name = f"bytecode_{mode.name.lower()}_{is_pinned}".lower()
    install(name, GOOD)
    plant(tmp_path / "site" / f"{name}.py", mode)
    digest = installed_digest(importlib.metadata.distribution(name))
    assert loaded(name, digest if is_pinned else None) == ("good", "")


@pytest.mark.usefixtures("install")
def test_nor_beside_a_module_that_the_plugin_imports(tmp_path):
    site = tmp_path / "site"
    digest = package(site, "bytecode_deep", __init__="from bytecode_deep.inner import VALUE\n", inner=GOOD)
    plant(site / "bytecode_deep" / "inner.py", py_compile.PycInvalidationMode.TIMESTAMP)
    assert loaded("bytecode_deep", digest) == ("good", "")


def test_the_plant_works_without_it(install, tmp_path):
    install("bytecode_runs", GOOD)
    plant(tmp_path / "site" / "bytecode_runs.py", py_compile.PycInvalidationMode.TIMESTAMP)
    assert importlib.import_module("bytecode_runs").VALUE == "evil"


@pytest.mark.usefixtures("install")
def test_a_file_that_changes_after_its_digest_was_taken_is_not_run(tmp_path):
    site = tmp_path / "site"
    digest = package(site, "changed_late", __init__=GOOD, later=GOOD)
    assert loaded("changed_late", digest) == ("good", "")
    (site / "changed_late" / "later.py").write_text(EVIL)
    with pytest.raises(ImportError, match="has changed since the digest of 'changed_late' was taken"):
        importlib.import_module("changed_late.later")


@pytest.mark.parametrize("is_pinned", [True, False])
@pytest.mark.usefixtures("install")
def test_of_a_pinned_plugin_no_module_is_taken_from_elsewhere(tmp_path, monkeypatch, is_pinned):
    name = f"two_parts_{is_pinned}".lower()
    site, other = tmp_path / "site", tmp_path / "other"
    install_plugin(site, name, f"from {name}_helper import VALUE\n")
    (site / f"{name}_helper.py").write_text(GOOD)
    record = site / f"{name}-1.0.dist-info" / "RECORD"
    record.write_text(record.read_text() + f"{name}_helper.py,,\n")
    digest = installed_digest(importlib.metadata.distribution(name))
    other.mkdir()
    (other / f"{name}_helper.py").write_text(EVIL)
    monkeypatch.syspath_prepend(str(other))
    value, wrong = loaded(name, digest if is_pinned else None)
    if is_pinned:
        assert value is None
        assert f"is none of the files of '{name}', which is pinned" in wrong
    else:
        assert value == "evil"


@pytest.mark.usefixtures("install")
def test_distributions_that_share_a_namespace_are_held_each_to_its_own(tmp_path):
    site = tmp_path / "site"
    for name in ("shared_one", "shared_two"):
        install_plugin(site, name, "")
        (site / f"{name}.py").unlink()
        module = site / "shared_space" / f"{name}.py"
        module.parent.mkdir(exist_ok=True)
        module.write_text(GOOD)
        dist_info = site / f"{name}-1.0.dist-info"
        (dist_info / "entry_points.txt").write_text(f"[auditkit]\n{name} = shared_space.{name}\n")
        (dist_info / "RECORD").write_text(f"shared_space/{name}.py,,\n")
    importlib.invalidate_caches()
    pin = {"shared_one": installed_digest(importlib.metadata.distribution("shared_one"))}
    plugins, failed = find_plugins(allow=["shared_one", "shared_two"], pin=pin)
    assert [one for one in failed if "not on" not in one.reason] == []
    assert sorted(plugin.name for plugin in plugins) == ["shared_one", "shared_two"]


def test_our_own_modules_start_from_bytecode(install):
    install("asks_for_the_finder", GOOD)
    find_plugins()
    spec = importlib.util.find_spec("auditkit.cli")
    assert spec is not None
    assert spec.cached is not None
    assert "auditkit" in sys.modules
