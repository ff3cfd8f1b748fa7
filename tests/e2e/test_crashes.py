"""Checks, adapters and loaders that misbehave: the audit goes on, and a crashed run never looks like a clean one."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from commands import QUICK, Folder, workers_of

CHECKS = """
import os, signal, subprocess, sys, time
from auditkit import ClassScores, Measurement, Table, Text, check, hookimpl


class Mute(Exception):
    def __str__(self):
        raise ValueError("no words")


def bad(name):
    def decorate(function):
        function.__doc__ = f"A check that misbehaves: {name}."
        return check(f"bad.{name}", on=ClassScores)(function)
    return decorate


@bad("raises")
def raises(case):
    raise ValueError("the sky fell \\x1b[31m on \\ud800 it")

@bad("mute")
def mute(case):
    raise Mute

@bad("half-way")
def half_way(case):
    yield Measurement.share("half", [True, False])
    raise RuntimeError("half-way")

@bad("hangs")
def hangs(case):
    time.sleep(3600)

@bad("exit-zero")
def exit_zero(case):
    os._exit(0)

@bad("aborts")
def aborts(case):
    os.abort()

@bad("kills")
def kills(case):
    os.kill(os.getpid(), signal.SIGKILL)

@bad("odd-signal")
def odd_signal(case):
    os.kill(os.getpid(), 44)

@bad("sys-exit")
def sys_exit(case):
    sys.exit(0)

@bad("interrupts")
def interrupts(case):
    raise KeyboardInterrupt

@bad("base")
def base(case):
    raise BaseException("at the very bottom")

@bad("recursion")
def recursion(case):
    return recursion.run(case)

@bad("garbage")
def garbage(case):
    yield {"accuracy": 1.0}

@bad("nothing")
def nothing(case):
    return iter(())

@bad("none")
def none(case):
    return None

@bad("nan")
def nan(case):
    yield Measurement(metric="accuracy", value=float("nan"), n=3)

@bad("huge-number")
def huge_number(case):
    yield Measurement(metric="accuracy", value=1.0, n=2**70)

@bad("surrogate")
def surrogate(case):
    yield Table(title=Text.of("\\ud800"), columns=(Text.of("a"),), rows=((1,),))

@bad("writes")
def writes(case):
    case.predictions.scores[:] = 0.5
    case.decisions[:] = 0
    yield Measurement.share("written", [True])

@bad("orphans")
def orphans(case):
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(3600)"])
    if os.fork() == 0:
        time.sleep(3600)
    os._exit(7)

@check("good.loud", on=ClassScores)
def loud(case):
    \"\"\"A check that prints megabytes, and is otherwise well.\"\"\"
    for _ in range(64):
        print("x" * 65536)
    yield Measurement.share("loud", [True, False])

@hookimpl
def auditkit_register_checks():
    return [value for value in globals().values() if hasattr(value, "on") and hasattr(value, "run")]
"""

FATES = {
    "raises": "ValueError in mischief.py, line ",
    "mute": "Mute in mischief.py",
    "half-way": "RuntimeError in mischief.py",
    "hangs": "the check's process was stopped after 6 seconds",
    "exit-zero": "the check's process ended by itself with exit code 0",
    "aborts": "the check's process was killed by SIGABRT",
    "kills": "the check's process was killed by SIGKILL",
    "odd-signal": "the check's process was killed by signal 44",
    "sys-exit": "SystemExit in mischief.py",
    "interrupts": "the check's process was ended by KeyboardInterrupt",
    "base": "the check's process was ended by BaseException",
    "recursion": "RecursionError",
    "garbage": "TypeError in asking.py",
    "nothing": "the check ended without a measurement or a reason",
    "none": "TypeError",
    "nan": "ValidationError",
    "huge-number": "IntegerDomainError",
    "surrogate": "CanonicalizationError",
    "writes": "ValueError in mischief.py",
    "orphans": "the check's process ended by itself with exit code 7",
}


def words(text: dict[str, object]) -> str:
    from auditkit import Text

    return str(Text.model_validate(text))


@pytest.fixture(scope="session")
def clean(make_folder: Callable[[], Folder]) -> Folder:
    folder = make_folder()
    answer = folder.run_here()
    assert answer.code == 0, answer
    return folder


@pytest.fixture(scope="session")
def crashed(make_folder: Callable[[], Folder]) -> Folder:
    folder = make_folder()
    folder.install("mischief", CHECKS)
    folder.spec(
        more='\n[[policy.rules]]\nmetric = "half"\nmin = 0.1\nbecause = "a test"\n\n[compute]\ntime_limit = 6\n',
        checks=(*QUICK, "bad", "good"),
    )
    answer = folder.run(timeout=280)
    folder.write("answer.out", answer.out)
    folder.write("answer.err", answer.err)
    assert answer.code == 3, answer.err[-3000:]
    return folder


@pytest.mark.parametrize("name", FATES)
def test_a_check_that_misbehaves_is_an_error_finding(crashed, name):
    finding = crashed.finding(f"bad.{name}")
    assert finding["status"] == "error"
    assert finding["measurements"] == []
    assert FATES[name] in words(finding["reason"])


def test_what_a_crash_said_is_told_to_whoever_runs_the_audit_and_never_signed(crashed):
    # An exception's words may quote a row, and the bundle is handed on.
    assert "the sky fell" in (crashed.path / "answer.err").read_text()
    for part in ("result.json", "report.html"):
        assert "the sky fell" not in (crashed.bundle / part).read_text(encoding="utf-8")


def test_the_other_checks_measure_what_they_measure_alone(crashed, clean):
    for finding in clean.result()["findings"]:
        assert crashed.finding(finding["check"]) == finding


def test_a_check_that_prints_is_measured_and_its_words_stay_off_the_answer(crashed):
    assert crashed.finding("good.loud")["status"] == "measured"
    assert "xxxx" not in (crashed.path / "answer.out").read_text()


def test_the_first_page_says_how_many_crashed(crashed, clean):
    planned = len(crashed.result()["findings"])
    said = (crashed.path / "answer.out").read_text()
    assert f"{planned} planned" in said
    assert f"{len(FATES)} crashed" in said
    first_page = crashed.page().partition('id="groups"')[0]
    assert "crashed" in first_page
    assert f">{len(FATES)}<" in first_page or f"{len(FATES)} crashed" in first_page
    assert crashed.page() != clean.page()


def test_no_control_character_and_no_traceback_of_a_check_reaches_the_terminal(crashed):
    said = (crashed.path / "answer.err").read_text().replace("x" * 65536, "")
    assert "\x1b" not in said
    assert "Traceback" not in said


def test_children_of_a_check_do_not_outlive_the_audit(crashed):
    assert workers_of(crashed) == []


def test_an_unmeasured_rule_of_a_crashed_check_is_not_a_pass(crashed):
    verdict = crashed.result()["verdict"]
    assert verdict["outcome"] == "error"
    assert {j["rule"]: j["outcome"] for j in verdict["judgements"]}["half>=0.1"] in {"error", "no_evidence"}


ADAPTER = """
import os, sys
import numpy as np
from auditkit import ClassScores, adapter, check, hookimpl

class Model:
    def __init__(self, way):
        self.way = way

    def predict(self, inputs):
        n = len(inputs)
        if self.way == "raises":
            raise ValueError("weights are wet")
        if self.way == "dies":
            os._exit(0)
        if self.way == "interrupts":
            raise KeyboardInterrupt
        if self.way == "leaves":
            sys.exit(0)
        scores = np.full((n, 2), 0.5)
        if self.way == "nan":
            scores[3] = np.nan
        if self.way == "short":
            scores = scores[:-1]
        if self.way == "bare":
            return scores
        if self.way == "none":
            return None
        return ClassScores(("no", "yes"), scores)

@adapter("wicked")
def open_wicked(path, *, way: str = "well"):
    \"\"\"A model that misbehaves in the way that is asked for.\"\"\"
    if way == "shut":
        raise RuntimeError("it does not open")
    return object() if way == "no-model" else Model(way)

@hookimpl
def auditkit_register_adapters():
    return [open_wicked]
"""


@pytest.fixture(scope="session")
def wicked(make_folder: Callable[[], Folder]) -> Folder:
    folder = make_folder()
    folder.install("wicked_models", ADAPTER)
    return folder


@pytest.mark.parametrize(
    ("way", "code", "said"),
    [
        ("raises", 3, "ValueError: weights are wet"),
        ("shut", 3, "adapter 'wicked' could not open the model: RuntimeError: it does not open"),
        ("no-model", 2, "adapter 'wicked' gave a object, which cannot predict"),
        ("dies", 3, "ended by itself with exit code 0 while predicting"),
        ("interrupts", 3, "was ended by KeyboardInterrupt while predicting"),
        ("leaves", 3, "adapter 'wicked': the model failed on rows 1 to 200: SystemExit: 0"),
        ("nan", 2, "in row 4"),
        ("short", 2, "returned 199 rows for 200"),
        ("bare", 2, "predict returned a ndarray"),
        ("none", 2, "predict returned a NoneType"),
    ],
)
def test_a_model_that_cannot_predict_ends_the_audit_without_a_bundle(wicked, way, code, said):
    wicked.spec(('adapter = "recorded"', f'adapter = "wicked"\nway = "{way}"'))
    # What ends the process needs one that it can end.
    run = wicked.run if way in {"dies", "interrupts"} else wicked.run_here
    run("run", "audit.toml", "--fresh").refused(said, code=code)
    assert not wicked.bundle.exists()


LOADER = """
from auditkit import hookimpl, loader

@loader("wet")
def load_wet(path):
    \"\"\"A loader that raises.\"\"\"
    raise ValueError("the paper is wet")

@loader("odd")
def load_odd(path):
    \"\"\"A loader that returns no table.\"\"\"
    return [1, 2, 3]

@hookimpl
def auditkit_register_loaders():
    return [load_wet, load_odd]
"""


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("wet", "loader 'wet' could not read 'rows.csv': ValueError: the paper is wet"),
        ("odd", "loader 'odd' gave a list"),
    ],
)
def test_a_loader_that_misbehaves_ends_the_audit_without_a_bundle(folder, name, said):
    folder.install("wet_loaders", LOADER)
    folder.spec(('audit = "rows.csv"', f'loader = "{name}"\naudit = "rows.csv"'))
    answer = folder.run_here()
    answer.refused(said, code=answer.code)
    assert answer.code in {2, 3}
    folder.nothing_written()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("raise ValueError('not today')", "ValueError: not today"),
        ("import sys; sys.exit(0)", "SystemExit: 0"),
        ("import a_library_that_is_not_there", "No module named"),
        ("def broken(:", "SyntaxError"),
    ],
)
def test_a_plugin_that_cannot_be_imported_stops_the_audit_and_names_its_distribution(folder, source, said):
    folder.install("broken_plugin", source, distribution="somebody-elses-plugin")
    folder.run_here().refused("'somebody-elses-plugin' 1.0", said)
    folder.nothing_written()


EXPORTER = """
import sys
from auditkit import exporter, hookimpl

@exporter("wicked.txt")
def wicked(result):
    \"\"\"An exporter that leaves.\"\"\"
    sys.exit(0)

@hookimpl
def auditkit_register_exporters():
    return [wicked]
"""


def test_a_plugin_that_leaves_with_zero_does_not_pass_the_audit(folder):
    folder.install("leaving", EXPORTER)
    folder.run_here().refused("'leaving': exporter 'wicked.txt' failed: SystemExit: 0")
    assert not folder.bundle.exists()


WATCHERS = """
import pathlib, sys
from auditkit import hookimpl

@hookimpl
def auditkit_audit_started(spec, plan):
    raise ValueError("I saw something")

@hookimpl
def auditkit_check_finished(finding):
    sys.exit(1)

@hookimpl
def auditkit_audit_finished(bundle):
    pathlib.Path("watched.txt").write_text(str(bundle))
"""


def test_watchers_can_neither_break_an_audit_nor_change_it(folder, clean):
    folder.install("watching", WATCHERS)
    assert folder.run_here().code == 0
    assert (folder.path / "watched.txt").read_text() == "audit-audit"
    ours, theirs = folder.result(), clean.result()
    assert ours["findings"] == theirs["findings"]
    assert ours["verdict"] == theirs["verdict"]
