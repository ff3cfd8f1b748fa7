"""The docstring of the package is the way through it: every module has its place there, and no other is named."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import auditkit


def test_every_module_has_its_place_in_the_flow():
    modules = {module.name for module in pkgutil.iter_modules(auditkit.__path__)} - {"__main__"}
    named = {name.partition(".")[0] for name in re.findall(r"`([\w.]+)`", auditkit.__doc__)}
    assert modules - named == set(), "say in the docstring of auditkit/__init__.py where on the way these are"
    assert named - modules == set(), "the docstring of auditkit/__init__.py names what is not there"


@pytest.mark.parametrize(
    "room",
    [
        "specs",
        "forecasts",
        "hosting",
        "data",
        "checks",
        "differing",
        "disclosure",
        "governance",
        "other_models",
        "perturbation",
        "statistics.calibration",
    ],
)
def test_a_room_names_what_is_in_it(room):
    package = importlib.import_module(f"auditkit.{room}")
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    named = set(re.findall(r"`(\w+)`", package.__doc__))
    assert modules - named == set(), f"say in the docstring of auditkit/{room}/__init__.py what these are for"


PLUGINS = Path(__file__).parents[2] / "plugins"
OWN_NAMES = {"cards", "planted"}
"""Rooms whose modules are named as the checks are."""
SELF_EVIDENT = ("cards", "planted")
"""How modules begin that need not be named one by one: metric cards, and cases whose answer is known."""


@pytest.mark.parametrize("plugin", sorted(folder.name for folder in PLUGINS.glob("auditkit_*/")))
def test_a_plugins_rooms_name_what_is_in_them(plugin):
    for room in [PLUGINS / plugin, *(PLUGINS / plugin).glob("*/")]:
        if room.name in OWN_NAMES or not (room / "__init__.py").is_file():
            continue
        modules = {module.name for module in pkgutil.iter_modules([str(room)])}
        told = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
        unnamed = {name for name in modules - set(re.findall(r"`(\w+)`", told)) if not name.startswith(SELF_EVIDENT)}
        assert unnamed == set(), f"say in the docstring of {room.relative_to(PLUGINS)}/__init__.py what these are for"
