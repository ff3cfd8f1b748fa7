"""`auditkit new-plugin`: what it writes passes its own tests at once, and is seen in a report."""

from __future__ import annotations

import json
import os
import re
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from auditkit.newplugin.naming import Names
from auditkit.newplugin.writing import Kind, package_files, place_package

KINDS: tuple[Kind, ...] = ("check", "adapter", "exporter", "report")
NAMES = Names.of("auditkit-night-ward")


def written(folder: Path, *kinds: Kind) -> Path:
    place_package(package_files(NAMES, kinds, licence="MIT", holder="N. N."), folder / "made", force=False)
    return folder / "made"


def run(package: Path, python: str | Path, *command: str, **settings: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "PYTEST", "VIRTUAL"))}
    given = kept | {"AUDITKIT_HOME": str(package.parent / "home"), "COLUMNS": "200"} | settings
    done = subprocess.run([python, "-m", *command], cwd=package, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def register(package: Path) -> str:
    """Put its entry point beside its modules, as pip would; the folder in which both are found."""
    notes = package / "src" / "auditkit_night_ward-0.1.0.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text("Metadata-Version: 2.1\nName: auditkit-night-ward\nVersion: 0.1.0\n")
    (notes / "entry_points.txt").write_text("[auditkit]\nnight-ward = auditkit_night_ward\n")
    return str(package / "src")


def test_a_package_of_every_kind_passes_its_own_tests_before_it_is_installed(tmp_path):
    package = written(tmp_path, *KINDS)
    quick = ("-q", "-p", "no:cacheprovider", "--deselect=tests/test_in_an_audit.py")
    said = run(package, sys.executable, "pytest", *quick)
    # 20 laws of a check, 10 of an adapter, 7 of an exporter, and 8 tests of its own.
    assert re.search(r"^45 passed, 1 deselected", said, re.MULTILINE), said


def test_a_check_is_seen_in_a_report_where_its_entry_point_is_found(tmp_path):
    package = written(tmp_path, "check")
    run(package, sys.executable, "auditkit", "run", "examples/audit.toml", PYTHONPATH=register(package))
    page = (package / "examples" / "audit-audit" / "report.html").read_text("utf-8")
    assert "Close call rate" in page
    result = json.loads((package / "examples" / "audit-audit" / "result.json").read_bytes())
    (found,) = [one for one in result["findings"] if one["check"] == "night-ward.close-calls"]
    # 12 of the 120 rows have a probability from 0.45 to 0.55.
    assert [(one["value"], one["n"]) for one in found["measurements"]] == [(0.1, 120)]


SECOND = Path(__file__).parents[2] / "examples" / "third_party_plugin" / "night_ward"
ITS_OWN = {"ruff.toml", "README.md", "src/auditkit_night_ward/templates/locale/zh-CN.po"}
ITS_OWN |= {"examples/zh-CN.toml", "tests/test_chinese.py"}


def test_the_second_example_is_what_is_written_and_a_chinese_catalogue():
    files = package_files(NAMES, ("check", "adapter", "report"), licence="none", holder="")
    listed = subprocess.run(["git", "ls-files"], cwd=SECOND, capture_output=True, text=True, check=True)
    assert set(listed.stdout.split()) == set(files) | ITS_OWN
    for name, text in files.items():
        there = (SECOND / name).read_text("utf-8")
        assert there == text or (name == "README.md" and there.startswith(text)), name


def test_an_audit_is_reported_in_chinese_where_a_plugin_has_the_words(tmp_path):
    package = tmp_path / "night_ward"
    shutil.copytree(SECOND, package)
    found = register(package)
    run(package, sys.executable, "auditkit", "run", "examples/zh-CN.toml", PYTHONPATH=found)
    page = (package / "examples" / "zh-CN-audit" / "report.html").read_text("utf-8")
    assert '<html lang="zh-CN">' in page
    for said in ("最可能的两个类别有多常接近", "险决率", "致决定是否发布的人", "五行中有两行接近"):
        assert said in page
    assert "险决率" not in (package / "examples" / "zh-CN-audit" / "result.json").read_text("utf-8")


@pytest.fixture(scope="module")
def environment(tmp_path_factory) -> Path:
    """An environment of its own, in which the packages of this one are found, and what is installed is not."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    (home,) = folder.glob("lib/python*/site-packages")
    places = [path for path in (*sys.path, *site.getsitepackages()) if path.endswith("site-packages")]
    lines = [f"import site; site.addsitedir({path!r})" for path in dict.fromkeys(places)]
    (home / "packages-of-here.pth").write_text("\n".join(lines) + "\n")
    return python


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [(kind,) for kind in KINDS], ids="-".join)
def test_an_installed_package_passes_its_tests_and_is_in_the_report(tmp_path, environment, kinds):
    package = written(tmp_path, *kinds)
    pip = ("pip", "--python", str(environment), "install", "-q", "--no-deps", "--no-build-isolation", "-e", ".")
    run(package, sys.executable, *pip)
    assert "auditkit-night-ward 0.1.0" in run(package, environment, "auditkit", "plugins")
    run(package, environment, "pytest", "-q", "--auditkit-badge", "badge/contract.svg")
    if kinds != ("report",):
        assert json.loads((package / "badge" / "contract.json").read_text())["message"] == "1"
    run(package, environment, "auditkit", "run", "examples/audit.toml")
    page = (package / "examples" / "audit-audit" / "report.html").read_text("utf-8")
    assert "An example of auditkit-night-ward" in page
    assert ('<section id="night-ward">' in page) == ("report" in kinds)
    assert (package / "examples" / "audit-audit" / "exports" / "night-ward-rules.csv").exists() == ("exporter" in kinds)
