"""A stranger's machine: the wheel and two plugins of somebody else's in a clean environment, far from the checkout."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]
PLUGIN = CHECKOUT / "examples" / "third_party_plugin"
ADAPTER = CHECKOUT / "examples" / "third_party_adapter"
NIGHT_WARD = PLUGIN / "night_ward"

# The environment is built once, by whichever test comes first: building, downloading and installing take minutes.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@dataclass(frozen=True)
class Elsewhere:
    """An environment with auditkit and the plugins, and a folder to work in."""

    python: Path
    folder: Path

    def run(self, *command: str, expect: int = 0) -> str:
        """What `python -m ...` prints; fails the test when it does not exit as expected."""
        # Nothing of the checkout may be found by accident, and no key of the person who runs the tests used.
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        finished = subprocess.run(
            [self.python, "-m", *command],
            cwd=self.folder,
            env=kept | {"AUDITKIT_HOME": str(self.folder / "home"), "COLUMNS": "200"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert finished.returncode == expect, finished.stdout + finished.stderr
        return finished.stdout


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Elsewhere:
    folder = tmp_path_factory.mktemp("elsewhere")
    wheels = folder / "wheels"
    for source in (CHECKOUT, PLUGIN, ADAPTER, NIGHT_WARD):
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(wheels), str(source)]
        subprocess.run(build, check=True, capture_output=True)
    venv.create(folder / "environment", with_pip=True)
    place = Elsewhere(folder / "environment" / "bin" / "python", folder)
    constraints = str(CHECKOUT / "constraints.txt")
    built = sorted(str(wheel) for wheel in wheels.glob("*.whl"))
    place.run("pip", "install", "-qq", "--disable-pip-version-check", "-c", constraints, *built, "pytest")
    return place


@pytest.fixture(scope="module")
def shipped_example(elsewhere: Elsewhere) -> Path:
    """The heart disease example as the wheel carries it."""
    (package,) = elsewhere.folder.glob("environment/lib/python*/site-packages/auditkit")
    return package / "examples" / "heart_disease"


@pytest.fixture(scope="module")
def bundle(elsewhere: Elsewhere, shipped_example: Path) -> Path:
    """The audit of that example. Its policy is failed on purpose, so the exit code is 1."""
    shutil.copytree(shipped_example, elsewhere.folder / "heart_disease")
    elsewhere.run("auditkit", "run", "heart_disease/audit.toml", "--out", "bundle", expect=1)
    return elsewhere.folder / "bundle"


@pytest.fixture(scope="module")
def result(bundle: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((bundle / "result.json").read_bytes())
    return document


def test_the_checks_of_the_plugin_are_listed_beside_ours(elsewhere: Elsewhere) -> None:
    listed = elsewhere.run("auditkit", "checks")
    assert "refusals.rate" in listed
    assert "confidence.rate" in listed
    assert "fairness." in listed


def test_the_plugin_is_listed_with_its_distribution(elsewhere: Elsewhere) -> None:
    assert "auditkit-manners" in elsewhere.run("auditkit", "plugins")


def test_the_audit_leaves_a_report(bundle: Path) -> None:
    assert "Heart disease at four sites" in (bundle / "report.html").read_text("utf-8")


def test_the_checks_of_the_plugin_run_in_an_audit(result: dict[str, Any]) -> None:
    status = {finding["check"]: finding["status"] for finding in result["findings"]}
    assert status["confidence.rate"] == "measured"
    assert status["refusals.rate"] == "not_applicable"


def test_the_result_names_who_measured(result: dict[str, Any]) -> None:
    distributions = {plugin["distribution"] for plugin in result["provenance"]["plugins"]}
    assert distributions == {"auditkit", "auditkit-manners", "auditkit-night-ward", "auditkit-ward-models"}


def test_the_subject_is_the_model_file(result: dict[str, Any]) -> None:
    assert [file["name"] for file in result["subject"]["files"]] == ["model.safetensors"]


def test_the_bundle_verifies(elsewhere: Elsewhere, bundle: Path) -> None:
    elsewhere.run("auditkit", "verify", str(bundle), "--allow-dev-key")


def test_a_development_key_is_not_trusted_by_itself(elsewhere: Elsewhere, bundle: Path) -> None:
    elsewhere.run("auditkit", "verify", str(bundle), expect=4)


def test_the_demo_needs_nothing_but_the_wheel(elsewhere: Elsewhere) -> None:
    elsewhere.run("auditkit", "demo", "heart-disease", "--out", "demo")
    assert (elsewhere.folder / "demo" / "bundle" / "report.html").is_file()


def test_the_wheel_carries_the_triage_example_whole(shipped_example: Path) -> None:
    shipped = {path.name for path in (shipped_example.parent / "triage").iterdir()} - {"__pycache__"}
    written = {"README.md", "audit.toml", "clean.toml", "policy.toml"}
    assert shipped == written | {"notes.py", "prepare.py", "train.py"}


def test_the_triage_demo_says_what_it_needs(elsewhere: Elsewhere) -> None:
    elsewhere.run("auditkit", "demo", "--out", "triage-demo", expect=2)
    assert not (elsewhere.folder / "triage-demo").exists()


def test_the_second_plugin_is_in_a_report_in_chinese(elsewhere: Elsewhere) -> None:
    folder = elsewhere.folder / "night_ward"
    shutil.copytree(NIGHT_WARD, folder, ignore=shutil.ignore_patterns("src"))
    elsewhere.run("pytest", "-q", "-o", "addopts=", "-p", "no:cacheprovider", str(folder / "tests"))
    elsewhere.run("auditkit", "run", str(folder / "examples" / "zh-CN.toml"), "--out", "in-chinese")
    page = (elsewhere.folder / "in-chinese" / "report.html").read_text("utf-8")
    assert '<html lang="zh-CN">' in page
    for said in ("最可能的两个类别有多常接近", "险决率", "致决定是否发布的人"):
        assert said in page


def test_a_new_plugin_passes_its_own_tests_beside_the_wheel(elsewhere: Elsewhere) -> None:
    every = ("--check", "--adapter", "--exporter", "--report")
    elsewhere.run("auditkit", "new-plugin", "auditkit-day-ward", *every)
    made = elsewhere.folder / "auditkit-day-ward"
    assert (made / "LICENSE").read_text("utf-8") == (CHECKOUT / "LICENSE").read_text("utf-8")
    constraints = str(CHECKOUT / "constraints.txt")
    elsewhere.run("pip", "install", "-qq", "--disable-pip-version-check", "-c", constraints, "-e", f"{made}[test]")
    own = ("--rootdir", str(made), "-c", str(made / "pyproject.toml"), str(made / "tests"))
    elsewhere.run("pytest", "-q", "-p", "no:cacheprovider", *own)
    elsewhere.run("auditkit", "run", str(made / "examples" / "audit.toml"), "--out", "of-day-ward")
    assert '<section id="day-ward">' in (elsewhere.folder / "of-day-ward" / "report.html").read_text("utf-8")


@pytest.mark.parametrize("package", [PLUGIN, ADAPTER], ids=lambda package: package.name)
def test_the_tests_of_the_plugins_pass(elsewhere: Elsewhere, package: Path) -> None:
    tests = f"{package.name}_tests"
    shutil.copytree(package / "tests", elsewhere.folder / tests)
    elsewhere.run("pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", tests)


def test_the_shipped_example_is_small_and_carries_its_licence(shipped_example: Path) -> None:
    files = [path for path in shipped_example.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 200_000
    assert "CC BY 4.0" in (shipped_example / "NOTICE").read_text("utf-8")


def test_nothing_that_an_audit_leaves_beside_the_example_is_shipped(shipped_example: Path) -> None:
    shipped = {path.name for path in shipped_example.iterdir()} - {"__pycache__"}
    written = {"README.md", "NOTICE", "audit.toml", "prepare.py", "train.py"}
    assert shipped == written | {"patients.csv", "model.safetensors", "predictions.csv"}
