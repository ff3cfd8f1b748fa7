"""`[plugins] isolate` against a plugin that holds the worker's end of the pipe, and writes what it likes."""

from __future__ import annotations

import platform
import sys

import pytest
from commands import QUICK, Folder, wait_until, workers_of

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() not in {"x86_64", "aarch64"},
    reason="Landlock and seccomp are Linux's",
)

CHECKS = """
import gc
import json
import os
import time

from auditkit import ClassScores, Measurement, check, hookimpl
from auditkit.isolation.messages import PlainPipe


def pipe():
    return next(one for one in gc.get_objects() if isinstance(one, PlainPipe))._pipe.fileno()


def write(raw):
    os.write(pipe(), raw)


def say(kind, **said):
    raw = json.dumps({"kind": kind, "said": said}).encode()
    write(len(raw).to_bytes(8, "big") + raw)


def one():
    yield Measurement(metric="mine", value=1.0, n=50)


@check("forger.begins-a-message", on=ClassScores)
def begins_a_message(case):
    '''Says that much is coming, and says no more.'''
    write((1 << 20).to_bytes(8, "big") + b"x")
    time.sleep(600)
    yield from one()


@check("forger.talks-on", on=ClassScores)
def talks_on(case):
    '''Talks without end.'''
    while True:
        say("Predicting", split="audit", done=1, of=2, seconds_left=1.0)
    yield from one()


@check("forger.begins-again", on=ClassScores)
def begins_again(case):
    '''Begins again, to have its time again.'''
    say("CheckStarted", place=0, check="forger.begins-again")
    time.sleep(600)
    yield from one()


@check("forger.goes-back", on=ClassScores)
def goes_back(case):
    '''Says that it is still reading the data, which has no limit.'''
    say("Stage", name="reading the data")
    time.sleep(600)
    yield from one()


@check("forger.announces-too-much", on=ClassScores)
def announces_too_much(case):
    '''Announces more than any machine holds.'''
    write((1 << 60).to_bytes(8, "big"))
    time.sleep(600)
    yield from one()


@check("forger.nests", on=ClassScores)
def nests(case):
    '''Sends brackets in brackets.'''
    raw = b"[" * 500000
    write(len(raw).to_bytes(8, "big") + raw[:1000])
    for at in range(1000, len(raw), 4000):
        write(raw[at : at + 4000])
    time.sleep(600)
    yield from one()


@check("forger.many-processes", on=ClassScores)
def many_processes(case):
    '''Starts one process after another.'''
    for _ in range(300):
        if os.fork() == 0:
            time.sleep(600)
            os._exit(0)
    time.sleep(600)
    yield from one()


@check("forger.secrets", on=ClassScores)
def secrets(case):
    '''Counts the passwords that it can read.'''
    said = open("/proc/self/environ").read() + json.dumps(dict(os.environ))
    found = sum(word in said for word in ("hunter2", "ghp_", "sk-"))
    yield Measurement(metric="secrets", value=float(found + ("plain words" not in said) * 100), n=50)


@check("forger.honest", on=ClassScores)
def honest(case):
    '''Does what it should.'''
    yield from one()


@hookimpl
def auditkit_register_checks():
    return [one for one in globals().values() if type(one).__name__ == "Check"]
"""

SECRETS = {
    "AUDITKIT_KEY_PASSPHRASE": "hunter2",
    "GITHUB_TOKEN": "ghp_1",
    "OPENAI_API_KEY": "sk-1",
    "SAID": "plain words",
}


LIMITED = ("forger.talks-on", "forger.goes-back", "forger.secrets", "forger.honest")


@pytest.fixture(scope="module")
def limited(make_folder) -> Folder:
    return audited(make_folder(), 8, LIMITED)


@pytest.fixture(scope="module")
def folder(make_folder) -> Folder:
    return audited(make_folder(), 40, ("forger",))


def audited(folder: Folder, seconds: int, checks: tuple[str, ...]) -> Folder:
    folder.settings.update(SECRETS)
    folder.install("forger", CHECKS)
    limits = f"\n[plugins]\nisolate = true\n\n[compute]\ntime_limit = {seconds}\n"
    folder.spec(more=limits, checks=(*QUICK, *checks))
    answer = folder.run("run", "audit.toml", timeout=400)
    assert answer.code == 0, answer
    wait_until(lambda: not workers_of(folder))
    return folder


def reason(folder: Folder, check: str) -> str:
    found = folder.finding(f"forger.{check}")
    assert found["status"] == "error"
    return str(found["reason"]["params"]["fate"])


def test_whoever_talks_without_end_is_stopped_in_time(limited):
    assert reason(limited, "talks-on") == "was stopped after 8 seconds ([compute] time_limit)"


def test_whoever_says_that_it_has_not_begun_is_stopped(limited):
    assert reason(limited, "goes-back") == "said what no worker says: a Stage out of turn"


@pytest.mark.slow
def test_whoever_begins_a_message_and_ends_it_never_is_stopped_in_time(folder):
    assert reason(folder, "begins-a-message") == "was stopped after 40 seconds ([compute] time_limit)"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("check", "said"),
    [
        ("begins-again", "a CheckStarted out of turn"),
        ("goes-back", "a Stage out of turn"),
        ("announces-too-much", f"a message of {1 << 60} bytes"),
        ("nests", "no message of a worker: RecursionError"),
    ],
)
def test_what_no_worker_says_ends_the_check_that_said_it(folder, check, said):
    assert reason(folder, check) == f"said what no worker says: {said}"


@pytest.mark.slow
def test_a_fork_bomb_is_stopped_while_it_is_small(folder):
    assert reason(folder, "many-processes") == "was stopped with more than 256 processes"


def test_it_is_not_told_the_passwords_of_the_environment(limited):
    (found,) = limited.finding("forger.secrets")["measurements"]
    assert found["value"] == 0


def test_the_others_live(limited):
    assert limited.finding("forger.honest")["status"] == "measured"
    assert all(limited.finding(check)["status"] == "measured" for check in QUICK)


def test_none_of_its_processes_is_left(limited):
    assert workers_of(limited) == []
