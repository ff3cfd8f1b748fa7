"""`pytest --auditkit` in a project of somebody else's: a test a law, excuses, the badge; and nothing unasked."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

PYPROJECT = """
[project]
name = "auditkit-ward"
[project.entry-points.auditkit]
ward = "ward"
[tool.pytest.ini_options]
pythonpath = ["src"]
"""

EXPORTERS = '''
from auditkit import exporter, hookimpl


@exporter("ward.txt")
def good(result):
    """The verdict in a word."""
    return result.verdict.outcome.encode()


@exporter("ward.csv")
def bad(result):
    """Names joined by commas."""
    return f"name,verdict\\n{result.name},{result.verdict.outcome}\\n".encode()


@hookimpl
def auditkit_register_exporters():
    return [good, bad]
'''

ADAPTER = '''
import numpy as np
from auditkit import Values, adapter, hookimpl


@adapter("ward", gives=Values)
def opened(path):
    """A model that answers with what it is given."""
    return Echo()


class Echo:
    def predict(self, inputs):
        return Values(np.asarray(inputs, dtype=float))


@hookimpl
def auditkit_register_adapters():
    return [opened]
'''

EXCUSED = """
def pytest_auditkit_contract(offer):
    if offer.id == "ward.csv":
        return {"except_": {"well formed": "its reader splits at every comma"}}
"""


@pytest.fixture
def project(tmp_path):
    (tmp_path / "pyproject.toml").write_text(PYPROJECT)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "ward.py").write_text(EXPORTERS)
    (tmp_path / "test_own.py").write_text("def test_own():\n    pass\n")
    return tmp_path


def run(project: Path, *arguments: str, expect: int, before: str = "") -> str:
    script = f"{before}\nimport sys, pytest\nsys.exit(pytest.main(sys.argv[1:]))"
    settings = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    command = [sys.executable, "-c", script, "-p", "no:cacheprovider", "-rA", *arguments]
    done = subprocess.run(command, cwd=project, env=settings, capture_output=True, text=True, check=False)
    assert done.returncode == expect, done.stdout + done.stderr
    return done.stdout + done.stderr


def laws(said: str, outcome: str) -> list[str]:
    return re.findall(rf"^{outcome} auditkit::(.*?)(?: - .*)?$", said, re.MULTILINE)


def test_each_law_is_a_test_and_a_broken_one_says_what_to_do(project):
    said = run(project, "--auditkit", "--auditkit-badge", "badges/contract.svg", expect=1)
    assert laws(said, "FAILED") == ["exporter ward.csv: well formed"]
    assert len(laws(said, "PASSED")) == 13
    assert "PASSED test_own.py::test_own" in said
    assert "its rows have 2 to " in said
    assert "Write with a writer of the format" in said
    assert "auditkit: contract 1" in said
    assert json.loads((project / "badges" / "contract.json").read_text())["message"] == "1 law broken"


def test_an_excused_law_is_skipped_with_its_reason_and_the_badge_says_so(project):
    (project / "conftest.py").write_text(EXCUSED)
    said = run(project, "--auditkit", "--auditkit-badge", "contract.svg", expect=0)
    assert "excused: its reader splits at every comma" in said
    assert json.loads((project / "contract.json").read_text()) == {
        "schemaVersion": 1, "label": "auditkit-contract", "message": "1, 1 excused", "color": "yellow",
    }  # fmt: skip
    picture = (project / "contract.svg").read_text()
    assert picture.startswith('<svg xmlns="http://www.w3.org/2000/svg"')
    assert "auditkit-contract: 1, 1 excused" in picture
    assert "no badge: of 14 laws 2 were held" in run(
        project, "--auditkit", "-k", "words", "--auditkit-badge", "part.svg", expect=0
    )
    assert not (project / "part.svg").exists()


def test_a_budget_of_the_command_line_holds_for_all(project):
    said = run(project, "--auditkit", "--auditkit-budget", "1e-9", "-k", "budget", expect=1)
    assert laws(said, "FAILED") == ["exporter ward.csv: time budget", "exporter ward.txt: time budget"]
    assert "bare loops of a million steps, over 1e-09" in said


def test_an_adapter_without_a_model_says_what_to_write(project):
    (project / "src" / "ward.py").write_text(ADAPTER)
    said = run(project, "--auditkit", expect=1)
    assert "which model the adapter 'ward' opens here" in said
    assert "def pytest_auditkit_contract(offer): return dict(path=..., inputs=...)" in said
    (project / "conftest.py").write_text(
        "import numpy as np\n\n\ndef pytest_auditkit_contract(offer):\n"
        "    return {'path': None, 'inputs': np.arange(5.0)}\n"
    )
    said = run(project, "--auditkit", expect=0)
    assert len(laws(said, "PASSED")) == 10


def test_a_project_without_a_plugin_is_a_mistake_in_two_lines(project):
    (project / "pyproject.toml").write_text("[project]\nname = 'ward'\n[tool.pytest.ini_options]\n")
    said = run(project, "--auditkit", expect=4)
    assert "names no plugin of auditkit" in said
    assert "hint: [project.entry-points.auditkit]" in said


def test_a_run_that_does_not_ask_is_left_alone(project):
    (project / "conftest.py").write_text(EXCUSED)
    told = "import atexit, sys\natexit.register(lambda: print('modules:', *sorted(sys.modules)))"
    said = run(project, expect=0, before=told)
    assert "auditkit::" not in said
    modules = set(said.split("modules:")[1].split())
    assert "auditkit.pytest_plugin" in modules
    assert not modules & {"torch", "pandas", "numpy", "pydantic", "auditkit.testing", "auditkit.plugin"}
    run(project, "--auditkit-badge", "contract.svg", expect=4)
