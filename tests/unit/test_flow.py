"""The docstring of the package is the way through it: every module has its place there, and no other is named."""

from __future__ import annotations

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
        "disclosure",
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


@pytest.mark.parametrize("plugin", ["auditkit_explainability"])
def test_a_plugins_rooms_name_what_is_in_them(plugin):
    for room in [PLUGINS / plugin, *(PLUGINS / plugin).glob("*/")]:
        if room.name in OWN_NAMES or not (room / "__init__.py").is_file():
            continue
        modules = {module.name for module in pkgutil.iter_modules([str(room)])}
        named = set(re.findall(r"`(\w+)`", (room / "__init__.py").read_text()))
        assert modules - named == set(), f"say in the docstring of {room.name}/__init__.py what these are for"
