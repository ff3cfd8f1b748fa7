"""Finding plugins that are really installed: allow-list, pins, and failures that name the distribution."""

from __future__ import annotations

import importlib
import sys

import pytest

from auditkit.discovery import find_plugins, refuse_failures, source_digest
from auditkit.errors import PluginError
from auditkit.host import Host
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


def names(plugins):
    return {plugin.name for plugin in plugins}


def test_an_installed_plugin_is_found_like_our_own(install):
    install("strangers_good", GOOD, distribution="strangers-plugin")
    loaded, failed = find_plugins()
    assert failed == []
    assert {"fairness", "recorded", "strangers_good"} <= names(loaded)
    (found,) = [plugin for plugin in loaded if plugin.name == "strangers_good"]
    assert (found.distribution, found.version) == ("strangers-plugin", "1.0")
    assert found.digest == source_digest(sys.modules["strangers_good"])
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
    digest = source_digest(importlib.import_module("strangers_pinned"))
    loaded, failed = find_plugins(pin={"strangers_pinned": f"sha256:{digest}"})
    assert failed == []
    assert "strangers_pinned" in names(loaded)


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


def test_a_host_without_any_allowed_plugin_is_refused():
    spec = AuditSpec(
        name="x", model=ModelSpec(adapter="a"), data=DataSpec(audit="a"), plugins=PluginsSpec(allow=("nobody",))
    )
    with pytest.raises(PluginError, match="no plugin is loaded"):
        Host.installed(spec)
