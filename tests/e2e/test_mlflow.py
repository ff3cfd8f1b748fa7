"""A real local MLflow, in an environment of its own beside this one: SQLite for the numbers, a folder for the files."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from commands import Folder

pytestmark = pytest.mark.slow

LOOK = """
import json, sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
told = []
for experiment in client.search_experiments():
    for run in client.search_runs([experiment.experiment_id]):
        files, rest = [], [""]
        while rest:
            for item in client.list_artifacts(run.info.run_id, rest.pop()):
                (rest if item.is_dir else files).append(item.path)
        told.append({"experiment": experiment.name, "name": run.info.run_name, "status": run.info.status,
                     "metrics": run.data.metrics, "params": run.data.params, "tags": run.data.tags, "files": files})
print(json.dumps(told))
"""

BEGIN = """
import sys
from mlflow import MlflowClient
client = MlflowClient(sys.argv[1])
run = client.create_run(client.create_experiment("training"))
client.log_param(run.info.run_id, "depth", 3)
print(run.info.run_id)
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has MLflow, and everything that this one has."""
    folder = tmp_path_factory.mktemp("mlflow")
    venv.create(folder, with_pip=False)
    inside = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)}))
    # Not the folders alone: what they name in turn, such as this checkout, is found too.
    ours = [path for path in sys.path if path.endswith("site-packages")]
    (inside / "ours.pth").write_text("\n".join(f"import site; site.addsitedir({path!r})" for path in ours))
    made = folder / "bin" / "python"
    wanted = ["mlflow-skinny>=2.20", "sqlalchemy>=2", "alembic>=1.13"]
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(made),
        "install",
        "-q",
        "--disable-pip-version-check",
        *wanted,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return made


def ask(python: Path, script: str, *arguments: str) -> str:
    done = subprocess.run(
        [python, "-c", script, *arguments], capture_output=True, text=True, check=False, cwd=python.parent
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.fixture
def logged(folder: Folder, python: Path):
    """Runs the audit with MLflow beside it; returns what the store holds afterwards."""
    store = f"sqlite:///{folder.path / 'store.db'}"

    def run(code: int = 0, **variables: str):
        environment = folder.environment | {"MLFLOW_TRACKING_URI": store, **variables}
        done = subprocess.run(
            [python, "-m", "auditkit", "run", "audit.toml", "--force"],
            cwd=folder.path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return json.loads(ask(python, LOOK, store))

    run.store = store
    return run


def test_an_audit_is_logged_with_its_numbers_and_its_verdict(folder, logged):
    (run,) = logged(AUDITKIT_MLFLOW="numbers")
    assert (run["experiment"], run["name"], run["status"], run["files"]) == (
        "auditkit",
        "A small audit",
        "FINISHED",
        [],
    )
    result = folder.result()
    found = {
        (one["metric"], json.dumps(one["group"])): one for one in folder.finding("performance.overall")["measurements"]
    }
    accuracy = found["accuracy", "{}"]
    assert run["metrics"]["accuracy"] == accuracy["value"]
    assert run["metrics"]["accuracy.low"] == accuracy["interval"]["low"]
    gap = next(one for one in folder.finding("fairness.gaps")["measurements"] if one["group"] == {"sex": "*"})
    assert run["metrics"][f"{gap['metric']}/sex/_gap"] == gap["value"]
    assert run["metrics"]["auditkit.rules.pass"] == 1
    assert run["tags"]["auditkit.verdict"] == "pass"
    assert run["tags"]["auditkit.result_sha256"] == result["result_digest"]
    assert run["params"]["auditkit.seed"] == "7"
    assert run["params"]["auditkit.rows.audit"] == "200"


def test_the_bundle_is_logged_without_the_rows(folder, logged):
    folder.spec(("min = 0.5", "min = 0.999"))
    (run,) = logged(1, AUDITKIT_MLFLOW="bundle", MLFLOW_EXPERIMENT_NAME="releases")
    assert run["experiment"] == "releases"
    assert run["tags"]["auditkit.verdict"] == "fail"
    assert "auditkit/result.json" in run["files"]
    assert "auditkit/manifest.dsse.json" in run["files"]
    assert (folder.bundle / "evidence").is_dir()
    assert not any("evidence" in name for name in run["files"])


def test_an_audit_is_logged_beside_the_training_that_it_is_about(python, logged):
    training = ask(python, BEGIN, logged.store)
    for _ in range(2):  # what cannot be logged twice is not
        (run,) = logged(AUDITKIT_MLFLOW="numbers", MLFLOW_RUN_ID=training)
    assert run["experiment"] == "training"
    assert run["params"] == {"depth": "3"}
    assert run["tags"]["auditkit.seed"] == "7"
    assert run["status"] == "RUNNING"


def test_nothing_is_logged_unasked_and_a_store_that_fails_ends_no_audit(folder, logged):
    assert logged() == []
    assert logged(AUDITKIT_MLFLOW="numbers", MLFLOW_TRACKING_URI="sqlite:////no/such/folder/store.db") == []
    assert (folder.bundle / "result.json").is_file()
