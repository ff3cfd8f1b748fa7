"""Interrupted runs, full disks, read-only folders: nothing half-written, nothing lost, and the next run goes on."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Callable

import pytest
from commands import QUICK, Folder, wait_until, workers_of

from auditkit.finding import ANOTHER_TYPE

PLUGIN = """
import pathlib, time
import numpy as np
from auditkit import ClassScores, Measurement, adapter, check, exporter, hookimpl


def dawdle(moment):
    asked = pathlib.Path("slow-at")
    if asked.exists() and asked.read_text() == moment:
        pathlib.Path("reached").write_text(moment)
        time.sleep(600)


class Model:
    batch_size = 64

    def predict(self, inputs):
        with open("batches.txt", "a") as log:
            log.write(f"{len(inputs)}\\n")
        if len(inputs) < 64:
            dawdle("predict")
        scores = np.array([[float(a), float(b)] for a, b in zip(inputs["p_no"], inputs["p_yes"])])
        return ClassScores(("no", "yes"), scores)


@adapter("counted")
def open_counted(path):
    \"\"\"A model that counts how often it is opened.\"\"\"
    with open("opened.txt", "a") as log:
        log.write("opened\\n")
    return Model()

@check("slow.first", on=ClassScores)
def first(case):
    \"\"\"A check that comes first.\"\"\"
    yield Measurement.share("first", case.rng("draw").random(50) < 0.5)

@check("slow.second", on=ClassScores)
def second(case):
    \"\"\"A check that dawdles.\"\"\"
    dawdle("check")
    yield Measurement.share("second", case.rng("draw").random(50) < 0.5)

@exporter("slow.txt")
def slow(result):
    \"\"\"An exporter that dawdles.\"\"\"
    dawdle("write")
    return result.name.encode()

@hookimpl
def auditkit_register_adapters():
    return [open_counted]

@hookimpl
def auditkit_register_checks():
    return [first, second]

@hookimpl
def auditkit_register_exporters():
    return [slow]

@hookimpl
def auditkit_audit_finished():
    dawdle("finished")
"""
CHANGES = (
    ('adapter = "recorded"', 'adapter = "counted"'),
    ('scores = ["p_no", "p_yes"]\nclasses = ["no", "yes"]', 'input = ["p_no", "p_yes"]'),
)


CHECKS = (*QUICK, "slow")


def prepared(folder: Folder) -> Folder:
    folder.install("slow_plugin", PLUGIN)
    folder.spec(*CHANGES, checks=CHECKS)
    return folder


def lines(folder: Folder, name: str) -> int:
    return len((folder.path / name).read_text().splitlines())


@pytest.fixture(scope="session")
def undisturbed(make_folder: Callable[[], Folder]) -> Folder:
    folder = prepared(make_folder())
    assert folder.run_here().code == 0
    return folder


def complete_or_absent(folder: Folder) -> bool:
    """Whether there is a bundle; a half one fails the test."""
    if not folder.bundle.exists():
        return False
    assert folder.run_here("verify", "audit-audit", "--allow-dev-key").code == 0
    return True


def one(process: subprocess.Popen[str], number: int) -> None:
    os.kill(process.pid, number)


def group(process: subprocess.Popen[str], number: int) -> None:
    os.killpg(process.pid, number)


WAYS = {
    "ctrl-c": (group, signal.SIGINT, 130),
    "sigint": (one, signal.SIGINT, 130),
    "sigterm": (one, signal.SIGTERM, 143),
    "sigkill": (one, signal.SIGKILL, -9),
}
QUICK = {("ctrl-c", "predict"), ("sigkill", "check"), ("sigterm", "write"), ("sigterm", "finished")}  # fmt: skip
CASES = [
    pytest.param(way, moment, marks=() if (way, moment) in QUICK else pytest.mark.slow)
    for way in WAYS
    for moment in ("predict", "check", "write", "finished")
]


@pytest.mark.parametrize(("way", "moment"), CASES)
def test_a_run_that_is_stopped_leaves_nothing_half_done_and_goes_on(folder, undisturbed, way, moment):
    prepared(folder).write("slow-at", moment)
    send, number, code = WAYS[way]
    with folder.start("run", "audit.toml") as process:
        wait_until((folder.path / "reached").exists)
        send(process, number)
        _, err = process.communicate(timeout=120)
    assert process.returncode == code
    assert "Traceback" not in err
    wait_until(lambda: workers_of(folder) == [], 10)
    assert complete_or_absent(folder) == (moment == "finished")
    (folder.path / "slow-at").unlink()
    batches = lines(folder, "batches.txt")
    # In a process of its own where the first could put nothing in order; else in this one, which is quicker.
    again = (folder.run if way == "sigkill" else folder.run_here)("run", "audit.toml", "--force")
    assert again.code == 0, again
    # Three batches of 64 were kept: only the one that was running is predicted again.
    assert lines(folder, "batches.txt") == batches + (moment == "predict")
    kept = {line.split()[3].rstrip(":") for line in again.err.splitlines() if "kept from before" in line}
    # Checks of other predictions share a line, which does not name them.
    found = folder.result()["findings"]
    planned = {one["check"] for one in found if not one["reason"] or one["reason"]["msgid"] != ANOTHER_TYPE}
    assert kept == {"predict": set(), "check": planned - {"slow.second"}}.get(moment, planned)
    assert folder.result()["result_digest"] == undisturbed.result()["result_digest"]
    left = {path.name for path in folder.path.iterdir() if path.name.startswith(".")}
    assert left == {".auditkit"}


def test_ctrl_c_while_the_worker_starts_ends_without_a_traceback(folder):
    prepared(folder)
    with folder.start("run", "audit.toml") as process:
        wait_until(lambda: len(workers_of(folder)) > 1)
        group(process, signal.SIGINT)
        _, err = process.communicate(timeout=120)
    assert process.returncode == 130
    assert err.splitlines()[-2:] == [
        "error: interrupted",
        "  hint: what was computed is kept: run the same command to go on",
    ]
    assert "Traceback" not in err
    wait_until(lambda: workers_of(folder) == [], 10)


def test_another_policy_opens_no_model(folder, undisturbed):
    shutil.copytree(undisturbed.path, folder.path, dirs_exist_ok=True, symlinks=True)
    before = (lines(folder, "opened.txt"), lines(folder, "batches.txt"))
    stricter = (("min = 0.5", "min = 0.999"), ("[policy]\n", "[policy]\nmin_group_size = 10\n"))
    folder.spec(*CHANGES, *stricter, checks=CHECKS)
    assert folder.run_here("run", "audit.toml", "--force").code == 1
    assert (lines(folder, "opened.txt"), lines(folder, "batches.txt")) == before


def test_plan_opens_no_model_and_writes_nothing(folder):
    prepared(folder)
    before = {path.name for path in folder.path.iterdir()}
    answer = folder.run_here("plan", "audit.toml")
    assert answer.code == 0, answer
    assert "200 predictions with the model" in answer.out
    assert {path.name for path in folder.path.iterdir()} == before


def test_plan_says_when_predictions_are_kept(undisturbed):
    before = lines(undisturbed, "opened.txt")
    answer = undisturbed.run_here("plan", "audit.toml")
    assert "the model would not be opened" in answer.out
    assert lines(undisturbed, "opened.txt") == before


def test_a_damaged_store_is_said_and_fresh_mends_it(folder, undisturbed):
    shutil.copytree(undisturbed.path, folder.path, dirs_exist_ok=True)
    for array in folder.store.rglob("*.npy"):
        array.write_bytes(b"damaged")
    folder.run_here("run", "audit.toml", "--force").refused("evidence store is damaged", "--fresh", code=3)
    assert folder.run_here("run", "audit.toml", "--force", "--fresh").code == 0
    assert folder.result()["result_digest"] == undisturbed.result()["result_digest"]


@pytest.mark.parametrize(
    "size", [pytest.param(500, marks=pytest.mark.slow), pytest.param(5_000, marks=pytest.mark.slow), 60_000]
)
def test_a_full_disk_is_an_error_and_no_bundle(folder, size):
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    folder.run(preexec_fn=limit).refused(code=3)
    assert not folder.bundle.exists()
    assert [path.name for path in folder.path.glob(".*partial*")] == []
    assert folder.run_here().code == 0


# Root may write everywhere; without these capabilities it may not.
BOUND = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.getuid() == 0 else []


def test_a_read_only_output_folder_is_refused_before_any_work(folder):
    closed = folder.path / "closed"
    closed.mkdir(mode=0o555)
    answer = folder.run("run", "audit.toml", "--out", "closed/out", prefix=BOUND)
    answer.refused("'closed/out' cannot be written: Permission denied", "--out")
    folder.nothing_written()
    assert list(closed.iterdir()) == []


def test_a_read_only_spec_folder_is_an_error(folder, tmp_path):
    assert folder.run_here("plan", "audit.toml").code == 0
    folder.path.chmod(0o555)
    try:
        answer = folder.run("run", "audit.toml", "--out", str(tmp_path / "bundle"), prefix=BOUND)
    finally:
        folder.path.chmod(0o755)
    answer.refused("cannot write the evidence store", code=3)
    assert list(tmp_path.iterdir()) == []


def test_an_unreadable_data_file_is_refused(folder):
    (folder.path / "rows.csv").chmod(0o000)
    answer = folder.run(prefix=BOUND)
    answer.refused("rows.csv", code=answer.code)
    assert answer.code in {2, 3}
    folder.nothing_written()
