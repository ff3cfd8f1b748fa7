"""The pages that are written from the code: up to date, whole, and built by Sphinx without a warning."""

from __future__ import annotations

import html
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest

from auditkit.host import Host

DOCS = Path(__file__).parents[2] / "docs"
SPECS = sorted(Path(__file__).parents[2].glob("examples/*/audit.toml"))


@pytest.fixture(scope="module")
def from_code() -> ModuleType:
    spec = importlib.util.spec_from_file_location("from_code", DOCS / "from_code.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation as web pages, of a copy: building writes pages into the folder."""
    folder = tmp_path_factory.mktemp("built")
    shutil.copytree(DOCS, folder / "docs", ignore=shutil.ignore_patterns("_build", "reference", "__pycache__"))
    command = [sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "docs", "html"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return folder / "html"


def _words(page: Path) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", page.read_text("utf-8")))


def test_the_pages_of_the_tree_are_what_the_code_says(from_code: ModuleType) -> None:
    for name, text in from_code.pages_of_the_tree().items():
        assert (DOCS / name).read_text("utf-8") == text, f"docs/{name} is out of date: make reference"


def test_every_key_of_the_spec_is_explained(from_code: ModuleType) -> None:
    schema = json.loads(from_code.editor_schema())
    sections = {"the top": schema, **schema["$defs"]}
    unexplained = [
        f"{section}: {key}"
        for section, said in sections.items()
        for key, value in said["properties"].items()
        if not value.get("description") and "$ref" not in value
    ]
    assert not unexplained


@pytest.mark.parametrize("path", SPECS, ids=[path.parent.name for path in SPECS])
def test_an_editor_finds_nothing_wrong_with_the_examples(path: Path, from_code: ModuleType) -> None:
    jsonschema.validate(_plain(path.read_text("utf-8")), json.loads(from_code.editor_schema()))


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ("[report]\nlanguage = 'xx'", ["report", "language"]),
        ("[report]\nlanguages = 'en'", ["report"]),
        ("[compute]\ntime_limit = 0", ["compute", "time_limit"]),
        ("[[policy.rules]]\nmax = 0.1\nbecause = 'so'", ["policy", "rules", 0]),
    ],
)
def test_an_editor_finds_mistakes(wrong: str, where: list[str | int], from_code: ModuleType) -> None:
    around = "name = 'a'\n[model]\nadapter = 'recorded'\n[data]\naudit = 'rows.csv'\n"
    validator = jsonschema.Draft202012Validator(json.loads(from_code.editor_schema()))
    found = jsonschema.exceptions.best_match(validator.iter_errors(_plain(around + wrong)))
    assert found is not None
    assert list(found.absolute_path) == where


def _plain(toml: str) -> Any:
    return json.loads(json.dumps(tomllib.loads(toml), default=str))


def test_every_check_option_and_metric_stands_in_the_pages_built(built: Path) -> None:
    for check in Host.installed().checks.values():
        words = _words(built / "reference" / "checks" / f"{check.area}.html")
        names = [check.id, *(option.name for option in check.options), *(card.name for card in check.metrics)]
        assert [name for name in names if name not in words] == []
        for card in check.metrics:
            assert " ".join(card.misleads.replace("`", "").split()) in words, f"{check.id}: {card.name}"


def test_every_adapter_stands_in_its_page(built: Path) -> None:
    words = _words(built / "reference" / "adapters.html")
    assert [name for name in Host.installed().adapters if name not in words] == []


def test_checks_that_the_pages_name_are_installed() -> None:
    checks = Host.installed().checks
    areas = "|".join(sorted({check.area for check in checks.values()}))
    pages = [path for path in DOCS.glob("*.md") if path.name != "hooks.md"]
    named = {
        (page.name, name)
        for page in pages
        for name in re.findall(rf"`((?:{areas})\.[a-z0-9-]+)`", page.read_text("utf-8"))
    }
    assert len(named) > len(checks) / 2
    assert sorted((page, name) for page, name in named if name not in checks) == []
