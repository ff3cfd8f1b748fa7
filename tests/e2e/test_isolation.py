"""`[plugins] isolate`: what a stranger's check cannot do, and that what it measures is what it measures anyway."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Callable

import pytest
from commands import QUICK, Folder

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="Landlock and seccomp are Linux's",
)

CHECKS = """
import os
import pathlib
import socket
import subprocess
import tempfile

import numpy as np

from auditkit import ClassScores, Measurement, check, hookimpl

OUTSIDE = pathlib.Path({outside!r})


def could(what):
    try:
        what()
    except OSError:
        return False
    return True


def ask_outside():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))


def by_another_program():
    done = subprocess.run(["sh", "-c", f"echo no > {{OUTSIDE / 'by-sh'}}"], capture_output=True)
    if done.returncode:
        raise OSError(done.stderr)


def doubled(case):
    return case.predictions.scores[:, 1] * 2


@check("nosy.tries", on=ClassScores)
def tries(case):
    '''Whether a check can reach the network, and change files.'''
    found = {{
        "opened_socket": could(ask_outside),
        "wrote_outside": could(lambda: (OUTSIDE / "note").write_text("no")),
        "removed": could(lambda: (OUTSIDE / "kept").unlink()),
        "wrote_temporary": could(lambda: tempfile.TemporaryFile().write(b"x")),
        "another_program_wrote": could(by_another_program),
    }}
    for metric, value in found.items():
        yield Measurement(metric=metric, value=float(value), n=len(case))


@check("nosy.computes", on=ClassScores)
def computes(case):
    '''A number that rests on what it computes of each row.'''
    values = case.compute(doubled)
    yield Measurement(metric="mean_of_doubled", value=float(np.mean(values)), n=len(case))


@check("nosy.dies", on=ClassScores)
def dies(case):
    '''A check that ends its process.'''
    os._exit(9)


@hookimpl
def auditkit_register_checks():
    return [tries, computes, dies]
"""


@pytest.fixture(scope="module")
def folder(make_folder: Callable[[], Folder]) -> Folder:
    folder = make_folder()
    outside = folder.path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("still here")
    folder.install("nosy", CHECKS.format(outside=str(outside)))
    return folder


def audited(folder: Folder, isolate: str) -> dict[str, dict[str, object]]:
    folder.spec(more=f"\n[plugins]\nisolate = {isolate}\n", checks=(*QUICK, "nosy"))
    answer = folder.run("run", "audit.toml", "--force", timeout=200)
    assert answer.code == 0, answer
    return {finding["check"]: finding for finding in folder.result()["findings"]}


def values(finding: dict[str, object]) -> dict[str, float]:
    return {one["metric"]: one["value"] for one in finding["measurements"]}  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def apart(folder: Folder) -> dict[str, dict[str, object]]:
    return audited(folder, "true")


def test_an_isolated_check_reaches_no_network_and_changes_no_file(apart, folder):
    nothing = {"opened_socket": 0, "wrote_outside": 0, "removed": 0, "another_program_wrote": 0}
    assert values(apart["nosy.tries"]) == {**nothing, "wrote_temporary": 1}
    assert [path.name for path in (folder.path / "outside").iterdir()] == ["kept"]


@pytest.mark.usefixtures("apart")
def test_the_result_and_the_report_say_so(folder):
    told = {one["check"]: [text["params"] for text in one.get("apart", ())] for one in folder.result()["run"]["checks"]}
    without = [{"rights": "network and writing"}]
    assert told == {"nosy.tries": without, "nosy.computes": without, "nosy.dies": without} | {
        check: [] for check in QUICK
    }
    page = " ".join(folder.page().split())
    assert "In a worker of its own, without network and writing: nosy.computes" in page


def test_when_it_ends_its_process_the_others_are_measured(apart):
    assert "exit code 9" in str(apart["nosy.dies"]["reason"])
    assert all(apart[check]["status"] == "measured" for check in ("nosy.tries", "nosy.computes"))


def test_what_it_computes_enters_the_evidence_and_is_replayed(apart, folder):
    answer = folder.run("replay", str(folder.bundle), "--allow-dev-key", "--json")
    (part,) = [part for part in json.loads(answer.out)["parts"] if part["name"] == "nosy.computes"]
    assert values(apart["nosy.computes"])["mean_of_doubled"] > 0
    assert (part["state"], part["values"]) == ("equal", 2), str(part)


@pytest.mark.usefixtures("apart")
def test_another_version_of_it_finds_nothing_that_this_one_left(folder):
    (own,) = folder.store.glob("isolated/*")
    digest = next(one["digest"] for one in folder.result()["provenance"]["plugins"] if one["distribution"] == "nosy")
    assert own.name == f"nosy-{digest[:32]}"


def test_it_measures_what_it_measures_among_the_others(apart, folder):
    together = audited(folder, "false")
    assert values(together["nosy.computes"]) == values(apart["nosy.computes"])
    assert values(together["nosy.tries"])["opened_socket"] == 1


def test_a_plugin_that_declares_the_network_is_not_run_without_it(make_folder):
    folder = make_folder()
    folder.install("needy", CHECKS.format(outside="/nowhere") + '\nAUDITKIT_NEEDS = ("gpu", "network")\n')
    folder.spec(more='\n[plugins]\nisolate = ["needy"]\n', checks=(*QUICK, "nosy"))
    answer = folder.run()
    assert answer.code == 2
    assert "[plugins] isolate takes network from 'needy', which says that it needs them" in answer.err
    assert not folder.bundle.exists()
    assert "needs gpu, network" in folder.run("plugins").out


def test_a_distribution_that_is_not_installed_cannot_be_isolated(folder):
    folder.spec(more='\n[plugins]\nisolate = ["nossy"]\n', checks=QUICK)
    answer = folder.run("run", "audit.toml", "--force")
    assert answer.code == 2
    assert "no plugin of 'nossy' is installed" in answer.err
    assert "did you mean 'nosy'?" in answer.err
