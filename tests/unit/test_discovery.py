"""Finding plugins that are really installed: allow-list, pins, and failures that name the distribution."""

from __future__ import annotations

import importlib
import importlib.metadata
import sys

import pytest
from commands import install_plugin

from auditkit.errors import PluginError, SpecError
from auditkit.host import Host
from auditkit.hosting.discovery import (
    distribution_digest,
    find_plugins,
    installed_digest,
    refuse_failures,
    source_digest,
)
from auditkit.spec import AuditSpec, DataSpec, ModelSpec, PluginsSpec

GOOD = '''
from auditkit import Measurement, check, hookimpl

@check("found.by-metadata", on=None)
def found(case):
    """A question."""
    yield Measurement.share("x", [True])

@hookimpl
def auditkit_register_checks():
    return [found]
'''


def digest_of(distribution):
    return installed_digest(importlib.metadata.distribution(distribution))


def allowing(**rules):
    return AuditSpec(name="x", model=ModelSpec(adapter="a"), data=DataSpec(audit="a"), plugins=PluginsSpec(**rules))


def names(plugins):
    return {plugin.name for plugin in plugins}


def test_an_installed_plugin_is_found_like_our_own(install):
    install("strangers_good", GOOD, distribution="strangers-plugin")
    loaded, failed = find_plugins()
    assert failed == []
    assert {"fairness", "recorded", "strangers_good"} <= names(loaded)
    (found,) = [plugin for plugin in loaded if plugin.name == "strangers_good"]
    assert (found.distribution, found.version) == ("strangers-plugin", "1.0")
    assert found.digest == digest_of("strangers-plugin")
    assert Host(loaded).owner_of(found.module.found) is found


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise ValueError('not today')", "ValueError: not today"),
        ("import sys\nsys.exit(0)", "SystemExit: 0"),
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("def f(:", "SyntaxError"),
    ],
)
def test_a_plugin_that_cannot_be_imported_names_its_distribution(install, source, reason):
    install("strangers_bad", source, distribution="strangers-bad-plugin")
    loaded, failed = find_plugins()
    assert "strangers_bad" not in names(loaded)
    (failure,) = failed
    assert reason in failure.reason
    with pytest.raises(PluginError) as caught:
        refuse_failures(failed)
    assert "'strangers_bad' of 'strangers-bad-plugin' 1.0" in caught.value.message
    assert "pip uninstall strangers-bad-plugin" in caught.value.hint


def test_an_allow_list_leaves_out_the_others_without_importing_them(install):
    install("strangers_bomb", "raise RuntimeError('imported')", distribution="strangers-bomb")
    loaded, failed = find_plugins(allow=["AuditKit"])
    assert "strangers_bomb" not in sys.modules
    assert {failure.reason for failure in failed} == {"not on the allow-list"}
    refuse_failures(failed)
    assert names(loaded) >= {"fairness", "recorded"}


def test_an_allow_list_compares_names_as_pip_does(install):
    install("strangers_good_2", GOOD, distribution="Strangers.Good_Plugin")
    loaded, _ = find_plugins(allow=["strangers-good-plugin"])
    assert names(loaded) == {"strangers_good_2"}


def test_a_pin_that_does_not_match_is_an_error(install):
    install("strangers_pinned", GOOD, distribution="strangers-pinned")
    _, failed = find_plugins(pin={"strangers-pinned": "sha256:" + "0" * 64})
    (failure,) = failed
    assert "is not the pinned one" in failure.reason
    digest = digest_of("strangers-pinned")
    loaded, failed = find_plugins(pin={"strangers_pinned": f"sha256:{digest}"})
    assert failed == []
    assert "strangers_pinned" in names(loaded)


@pytest.mark.parametrize("name", ["/tmp", "../../elsewhere", "a b"])  # noqa: S108  a name, not a folder
@pytest.mark.usefixtures("install")
def test_a_distribution_whose_name_is_a_path_is_not_loaded(tmp_path, name):
    dist_info = write_package(tmp_path / "site", "strangers_path", strangers_path="raise RuntimeError('it ran')")
    (dist_info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    assert [failure.reason for failure in find_plugins()[1]] == ["that is no name of a distribution"]


def test_a_pin_is_held_before_the_code_runs(install):
    install("strangers_altered", "raise RuntimeError('it ran')", distribution="strangers-altered")
    _, failed = find_plugins(pin={"strangers-altered": "0" * 64})
    (failure,) = failed
    assert "is not the pinned one" in failure.reason
    assert "strangers_altered" not in sys.modules


def test_the_digest_follows_the_bytes_of_a_plugin(install, tmp_path):
    install("strangers_changing", GOOD)
    module = importlib.import_module("strangers_changing")
    before = source_digest(module)
    assert source_digest(module) == before
    (tmp_path / "site" / "strangers_changing.py").write_text(GOOD + "# changed\n")
    assert source_digest(module) != before


def write_package(site, name, **files):
    """A plugin in the package `name`, whose other modules are given; everything stands in its RECORD."""
    install_plugin(site, name, "", distribution=name)
    (site / f"{name}.py").unlink()
    dist_info = site / f"{name}-1.0.dist-info"
    record = [f"{dist_info.name}/RECORD,,", f"{dist_info.name}/INSTALLER,,", "../../bin/it,,"]
    for module, source in files.items():
        path = site / f"{module.replace('__in__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
        record.append(f"{path.relative_to(site).as_posix()},,")
    (dist_info / "RECORD").write_text("\n".join(record))
    return dist_info


@pytest.mark.usefixtures("install")
def test_a_module_beside_the_plugin_is_under_its_digest(tmp_path):
    site = tmp_path / "site"
    write_package(site, "twomod", twomod="import twomod_impl\n", twomod_impl="VALUE = 1\n")
    before = digest_of("twomod")
    assert digest_of("twomod") == before == distribution_digest("twomod_impl")
    (site / "twomod_impl.py").write_text("VALUE = 2\n")
    assert digest_of("twomod") != before
    _, failed = find_plugins(pin={"twomod": before})
    assert [failure.name for failure in failed] == ["twomod"]


@pytest.mark.usefixtures("install")
def test_a_module_beside_the_plugin_of_an_editable_install_is_under_its_digest(tmp_path, monkeypatch):
    source = tmp_path / "checkout"
    source.mkdir()
    for name in ("strangers_edited", "strangers_edited_helper"):
        (source / f"{name}.py").write_text("")
    monkeypatch.syspath_prepend(str(source))
    dist_info = write_package(tmp_path / "site", "strangers_edited")
    (tmp_path / "site" / "edited.pth").write_text(f"{source}\n")
    (dist_info / "RECORD").write_text("edited.pth,,\n")
    before = digest_of("strangers_edited")
    (source / "strangers_edited_helper.py").write_text("x = 1\n")
    assert digest_of("strangers_edited") != before


@pytest.mark.usefixtures("install")
def test_the_digest_is_the_same_on_another_machine(tmp_path):
    dist_info = write_package(tmp_path / "site", "strangers_moved", strangers_moved="")
    before = digest_of("strangers_moved")
    (dist_info / "INSTALLER").write_text("uv")
    assert digest_of("strangers_moved") == before


def test_one_pin_holds_a_distribution_with_several_plugins():
    digests = {plugin.digest for plugin in find_plugins()[0] if plugin.distribution == "auditkit"}
    assert len(digests) == 1
    loaded, failed = find_plugins(pin={"auditkit": f"sha256:{digests.pop()}"})
    assert failed == []
    assert {"fairness", "recorded"} <= names(loaded)


@pytest.mark.parametrize("allowed", [True, False])
@pytest.mark.usefixtures("install")
def test_a_pin_is_held_before_the_package_around_a_plugin_runs(tmp_path, allowed):
    sources = {"evilpk__in____init__": "raise RuntimeError('it ran')", "evilpk__in__sub": ""}
    dist_info = write_package(tmp_path / "site", "evilpk", **sources)
    (dist_info / "entry_points.txt").write_text("[auditkit]\nevil = evilpk.sub\n")
    digest = digest_of("evilpk") if allowed else "0" * 64
    _, failed = find_plugins(pin={"evilpk": digest})
    assert ("it ran" in failed[0].reason) is allowed


@pytest.mark.usefixtures("install")
def test_a_plugin_in_a_namespace_is_hashed_without_its_neighbours(tmp_path):
    dist_info = write_package(tmp_path / "site", "strangers_space", ourspace__in__sub="")
    (dist_info / "entry_points.txt").write_text("[auditkit]\nspaced = ourspace.sub\n")
    before = digest_of("strangers_space")
    (tmp_path / "site" / "ourspace" / "neighbour.py").write_text("")
    assert digest_of("strangers_space") == before


@pytest.mark.parametrize("rules", [{"allow": ("auditkit", "auditkitt")}, {"pin": {"auditkitt": "0" * 64}}])
def test_a_distribution_that_is_not_installed_is_refused_with_the_nearest(rules):
    with pytest.raises(SpecError, match="no plugin of 'auditkitt' is installed") as caught:
        Host.installed(allowing(**rules))
    assert caught.value.hint == "did you mean 'auditkit'?"


def test_a_host_without_any_allowed_plugin_is_refused():
    with pytest.raises(PluginError, match="no plugin is loaded"):
        Host.installed(allowing(allow=()))


@pytest.mark.parametrize(
    ("name", "said", "needs"),
    [
        ("silent_on_needs", "", None),
        ("needs_nothing", "()", ()),
        ("needs_two", '("gpu", "network")', ("gpu", "network")),
    ],
)
def test_a_plugin_declares_what_it_needs(install, name, said, needs):
    install(name, GOOD + (f"\nAUDITKIT_NEEDS = {said}\n" if said else ""))
    (found,) = [plugin for plugin in find_plugins()[0] if plugin.name == name]
    assert found.needs == needs


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("lists_its_needs", "['gpu']"),
        ("lists_within_its_needs", "(['gpu'],)"),
        ("needs_the_internet", "('internet',)"),
        ("needs_in_a_word", "'gpu'"),
    ],
)
def test_a_need_that_there_is_not_is_an_error_that_names_the_plugin(install, name, said):
    install(name, GOOD + f"\nAUDITKIT_NEEDS = {said}\n")
    (failure,) = [failure for failure in find_plugins()[1] if failure.name == name]
    assert f"plugin '{name}' of '{name}': AUDITKIT_NEEDS is" in failure.reason
    assert "a tuple of some of 'network', 'files', 'gpu'; () when it needs none" in failure.reason


def test_each_plugin_of_ours_says_what_it_needs():
    ours = {plugin.name: plugin.needs for plugin in find_plugins()[0] if plugin.distribution == "auditkit"}
    assert [name for name, needs in ours.items() if needs is None] == []
    assert {name for name, needs in ours.items() if "network" in needs} == {"llm", "mlflow"}
