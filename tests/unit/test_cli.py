"""How commands end, and what a terminal is shown."""

from __future__ import annotations

import asyncio
import signal

import pytest

from auditkit.checks.stopping import Terminated
from auditkit.cli.console import columns, printable_lines
from auditkit.cli.failing import exit_code_of, termination
from auditkit.cli.replay import in_lines
from auditkit.cli.run import worst_lines
from auditkit.errors import CrashError, DataError, IntegrityError
from auditkit.replay.outcome import Difference, Part, Replay
from auditkit.terminal import printable
from auditkit.testing.results import toy_result


def ending(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (DataError("no 'x'", hint="type y"), 2, "error: no 'x'\n  hint: type y\n"),
        (CrashError("the disk is full", hint="free some"), 3, "error: the disk is full\n  hint: free some\n"),
        (IntegrityError("changed", hint="look"), 4, "error: changed\n  hint: look\n"),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
        (Terminated(), 143, "error: stopped by SIGTERM\n"),
        (asyncio.CancelledError(), 3, "error: auditkit itself failed: CancelledError\n"),
        (GeneratorExit("x"), 3, "error: auditkit itself failed: GeneratorExit: x\n"),
        (SystemExit(0), 3, "error: a plugin ended the audit with sys.exit(0)\n"),
        (SystemExit(143), 3, "error: a plugin ended"),
        (ValueError("our own bug"), 3, "error: auditkit itself failed: ValueError: our own bug\n"),
        (OSError(28, "No space left on device", "/x/y"), 3, "error: No space left on device: '/x/y'\n"),
    ],
)
def test_each_ending_has_its_exit_code_and_two_lines(capsys, error, code, said):
    assert exit_code_of(ending(error), debug=False) == code
    err = capsys.readouterr().err
    assert err.startswith(said)
    assert len(err.splitlines()) == 2
    assert "Traceback" not in err


def test_with_debug_there_is_a_traceback(capsys):
    exit_code_of(ending(ValueError("our own bug")), debug=True)
    assert "Traceback" in capsys.readouterr().err


def test_a_command_that_returns_a_code_ends_with_it(capsys):
    assert exit_code_of(lambda: 5, debug=False) == 5
    assert exit_code_of(lambda: None, debug=False) == 0
    assert capsys.readouterr().err == ""


def test_sigterm_ends_what_runs_and_the_old_handler_comes_back():
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(Terminated), termination():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Zürich 北京", "plain Zürich 北京"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("a\nverdict PASS", "a\\nverdict PASS"),
        ("\u202egnorw", "\\u202egnorw"),
        ("\u2028x", "\\u2028x"),
        ("\x9b31m", "\\x9b31m"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_could_steer_a_terminal_is_written_out(text, shown):
    assert printable(text) == shown


def test_lines_and_columns_stay_lines_and_columns():
    assert printable_lines(["a", "b\nc"]) == "a\nb\\nc"
    assert columns([("a\nb", "x"), ("c", "y")]) == "a\\nb  x\nc     y"
    assert columns([]) == ""


def test_an_error_with_a_line_break_in_its_value_is_two_lines(capsys):
    exit_code_of(ending(DataError("no 'x\nverdict  PASS'", hint="a\nb")), debug=False)
    assert len(capsys.readouterr().err.splitlines()) == 2


def test_a_failed_control_is_told_with_what_to_do_and_once():
    toy = toy_result()
    lines = list(worst_lines(toy))
    assert [line for line in lines if "hint:" in line] == ["         hint: mend the check, or leave it out"]
    nobody_judges_it = toy.verdict.model_copy(
        update={"judgements": tuple(one for one in toy.verdict.judgements if one.outcome != "error")}
    )
    lines = list(worst_lines(toy.model_copy(update={"verdict": nobody_judges_it})))
    assert lines[-2] == (
        "failed   data-quality.duplicates: The check did not find a planted defect, '5 rows written twice': "
        "expected: 5 duplicates are found; observed: 4 duplicates"
    )
    assert lines[-1] == "         hint: mend the check, or leave it out"


def test_a_check_that_did_not_apply_and_does_not_is_no_equal_value():
    part = Part(name="performance.error", applies=False, why="it looks at Values")
    assert part.state == "does not apply"
    found = Replay(path="p", name="n", rows=3, parts=(part,), signed_verdict="pass", verdict="pass", versions=())
    assert found.exit_code == 0
    assert "does not apply  performance.error  it looks at Values" in in_lines(found)
    differing = part.model_copy(update={"differences": (Difference(where="w", signed=1, recomputed=2),)})
    assert differing.state == "differs"
