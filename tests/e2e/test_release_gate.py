"""What a team pastes: the GitHub Action, the GitLab template, and the example whose releases go through the gate."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from commands import Folder

CHECKOUT = Path(__file__).parents[2]
SCRIPT = CHECKOUT / "ci" / "audit_and_gate.sh"
EXAMPLE = CHECKOUT / "examples" / "release_gate"


class _Reader(yaml.SafeLoader):
    """YAML as GitLab reads it, with its tag for parts of other jobs."""


_Reader.add_constructor("!reference", lambda loader, node: loader.construct_sequence(node))


def read(path: Path) -> Any:
    return yaml.load(path.read_text("utf-8"), Loader=_Reader)  # noqa: S506  a SafeLoader with one tag more


ACTION = read(CHECKOUT / "action.yml")
STEPS = {step["name"]: step for step in ACTION["runs"]["steps"] if "name" in step}


def variables() -> set[str]:
    """What the script says that it reads from the environment."""
    return set(re.findall(r"^#   ([A-Z_]+) ", SCRIPT.read_text("utf-8"), re.MULTILINE)) | {
        "ALLOW_DEV_KEY", "EXPORTS_TO", "TRUST_FILE",
    }  # fmt: skip


def run(command: list[str], folder: Path, home: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a script that finds the auditkit under test, as a CI machine would."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GITHUB_", "GITLAB_"))}
    environment = kept | {"PATH": path, "AUDITKIT_HOME": str(home), "COLUMNS": "200"} | settings
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(make_folder: Callable[[], Folder]) -> Folder:
    made = make_folder()
    made.spec()
    return made


def filled(values: Mapping[str, str], **given: str) -> dict[str, str]:
    """The environment of a step, with the inputs that a workflow gives put in, and the others' defaults."""
    inputs = {name: one.get("default", "") for name, one in ACTION["inputs"].items()} | given
    known = {f"inputs.{name}": value for name, value in inputs.items()} | {"github.action_path": str(CHECKOUT)}
    return {
        name: re.sub(r"\$\{\{ ([\w.-]+) \}\}", lambda match: known[match[1]], value) for name, value in values.items()
    }


def audit_step(folder: Folder, **given: str) -> subprocess.CompletedProcess[str]:
    step = STEPS["Audit and gate"]
    output = folder.path / "outputs"
    output.touch()
    settings = filled(step["env"], **{"allow-dev-key": "true"} | given) | {"GITHUB_OUTPUT": str(output)}
    return run(["bash", "-e", "-c", step["run"]], folder.path, folder.home, **settings)


def test_no_input_of_the_action_can_become_part_of_a_command():
    assert [name for name, step in STEPS.items() if "${{" in step.get("run", "")] == []


def test_every_input_of_the_action_is_used_and_described():
    text = (CHECKOUT / "action.yml").read_text("utf-8")
    assert [name for name in ACTION["inputs"] if f"inputs.{name}" not in text] == []
    assert all(one["description"] for one in ACTION["inputs"].values())


def test_the_action_and_the_template_set_what_the_script_reads():
    given = set(STEPS["Audit and gate"]["env"]) - {"ACTION_PATH"}
    template = {name for name in read(CHECKOUT / "ci" / "gitlab.yml")[".auditkit"]["variables"] if name != name.lower()}
    assert given <= variables()
    assert {name for name in template if not name.startswith("AUDITKIT_")} <= variables()
    jobs = read(EXAMPLE / ".gitlab-ci.yml")
    assert set(jobs["gate"]["variables"]) <= variables()


def test_the_template_keeps_what_the_script_writes():
    job = read(CHECKOUT / "ci" / "gitlab.yml")[".auditkit"]
    out, exports = job["variables"]["OUT"], job["variables"]["EXPORTS"].split()
    assert job["artifacts"]["paths"] == [f"{out}/", f"{out}-exports/"]
    reports = job["artifacts"]["reports"]
    assert {reports["junit"], reports["codequality"]} <= {f"{out}-exports/{name}" for name in exports}


def test_the_workflow_gives_the_action_inputs_that_it_has():
    jobs = read(EXAMPLE / ".github" / "workflows" / "release.yml")["jobs"]
    (used,) = [step for step in jobs["gate"]["steps"] if "auditkit" in step.get("uses", "")]
    assert set(used["with"]) <= set(ACTION["inputs"])


def test_the_action_audits_gates_and_exports(folder):
    done = audit_step(folder)
    assert done.returncode == 0, done
    assert (folder.path / "outputs").read_text() == "exit-code=0\nbundle=audit-bundle\n"
    assert {path.name for path in (folder.path / "audit-bundle-exports").iterdir()} == {
        "junit.xml", "results.sarif", "summary.md",
    }  # fmt: skip


def test_a_mistake_in_the_spec_is_exit_2_and_nothing_is_gated(folder):
    folder.write("audit.toml", "name = 'x'\n")
    done = audit_step(folder)
    assert done.returncode == 2
    assert (folder.path / "outputs").read_text() == "exit-code=2\nbundle=audit-bundle\n"
    assert not (folder.path / "audit-bundle-exports").exists()


@pytest.mark.slow
def test_statements_are_signed_and_what_an_earlier_run_left_is_not_kept(folder):
    assert folder.run("keygen", "release", "--name", "A release job").code == 0
    (folder.path / "my out").mkdir()
    left = folder.path / "my out" / "audit-exports"
    left.mkdir()
    for name in ("junit.xml", "svr.dsse.json", "notes.txt"):
        (left / name).write_text("of the release before")
    given = {"out": "my out/audit", "exports": "junit.xml svr.dsse.json *", "sign": "release.key"}
    done = audit_step(folder, **given)
    assert (done.returncode, "there is no export '*'" in done.stderr) == (2, True)
    assert [path.name for path in left.iterdir()] == ["notes.txt"]
    done = audit_step(folder, **given | {"exports": "junit.xml svr.dsse.json"})
    assert done.returncode == 0, done
    assert json.loads((left / "svr.dsse.json").read_bytes())["signatures"]
    assert "<testsuite" in (left / "junit.xml").read_text("utf-8")


@pytest.mark.parametrize(("on_inconclusive", "code"), [("fail", 5), ("warn", 0), ("wran", 2)])
def test_too_few_rows_stop_a_release_unless_it_is_said_otherwise(folder, on_inconclusive, code):
    folder.spec(("min = 0.5", "min = 0.85"))
    done = audit_step(folder, **{"on-inconclusive": on_inconclusive})
    assert done.returncode == code, done


def test_a_bundle_of_an_unknown_key_is_exit_4(folder):
    assert audit_step(folder, **{"allow-dev-key": "false"}).returncode == 4


@pytest.mark.slow
def test_the_four_releases_of_the_example(tmp_path):
    for name in ("ci", "examples/release_gate"):
        shutil.copytree(
            CHECKOUT / name, tmp_path / name, ignore=shutil.ignore_patterns("accepted.jsonl", "releases", "*.key")
        )
    place = tmp_path / "examples" / "release_gate"
    done = run(["sh", "play.sh"], place, tmp_path / "home", PYTHON=sys.executable)
    codes = dict(re.findall(r"^(first|good|worse|noise) (\d)$", done.stdout, re.MULTILINE))
    assert codes == {"first": "0", "good": "0", "worse": "1", "noise": "0"}, done
    accepted = [json.loads(line)["bundle"] for line in (place / "accepted.jsonl").read_text().splitlines()]
    assert [Path(bundle).name for bundle in accepted] == ["first", "good", "noise"]
    assert "sex=female" in (place / "releases" / "worse-exports" / "summary.md").read_text()
