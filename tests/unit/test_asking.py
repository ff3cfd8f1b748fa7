"""`auditkit ask`: what is asked, what is kept, and what is said where there is no terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import shutil
import subprocess
import sys
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from auditkit.cli.ask import ask
from auditkit.errors import AuditError, SpecError
from auditkit.governance.answering import questions
from auditkit.governance.asking import Desk

EXAMPLE = Path(__file__).parents[2] / "examples" / "heart_disease"
ANSWER = "The board decides, by this audit."


@pytest.fixture
def spec(tmp_path, monkeypatch):
    """The example's spec without a record."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795392000")  # 2026-11-23
    shutil.copy(EXAMPLE / "governed.toml", tmp_path)
    return tmp_path / "governed.toml"


def state(desk, id):
    return next(one for question, one, _ in desk.states() if question.id == id)


def test_every_question_is_asked_in_both_languages_with_its_source():
    asked = questions()
    assert len({one.id for one in asked}) == len(asked) > 20
    assert all(
        one.en.endswith("?") and one.zh.endswith("\uff1f") and any(map(str.isdigit, one.source)) for one in asked
    )


def test_an_answer_is_kept_with_author_and_day_and_is_not_asked_again(spec):
    desk = Desk.of(spec)
    assert state(desk, "go") == "open"
    assert not (spec.parent / "governance").exists()
    desk.give(f"go={ANSWER}", "Ana Ruiz")
    desk.give("energy=n/a: the audit runs for a second a year", 'Li "Z" Chen')
    kept = tomllib.loads((spec.parent / "governance" / "answers.toml").read_text(encoding="utf-8"))
    assert [(one["id"], one["author"], one["date"]) for one in kept["answers"]] == [
        ("energy", 'Li "Z" Chen', date(2026, 11, 23)),
        ("go", "Ana Ruiz", date(2026, 11, 23)),
    ]
    again = Desk.of(spec)
    assert state(again, "go") == state(again, "energy") == "answered"
    assert again.answers["go"].answer == ANSWER
    assert again.answers["energy"].not_applicable == "the audit runs for a second a year"


def test_an_answer_goes_stale_after_a_year_and_with_its_question(spec):
    desk = Desk.of(spec)
    desk.give(f"go={ANSWER}", "Ana Ruiz")
    assert state(replace(desk, today=date(2027, 11, 24)), "go") == "answered"
    assert state(replace(desk, today=date(2027, 11, 25)), "go") == "stale"
    other = desk.answers["go"].model_copy(update={"asked": "other words"})
    assert state(replace(desk, answers={"go": other}), "go") == "changed"


def test_what_a_record_or_the_audit_answers_is_not_asked(spec):
    assert state(Desk.of(spec), "purpose") == state(Desk.of(spec), "fairness") == "open"
    shutil.copytree(EXAMPLE / "governance", spec.parent / "governance")
    spec.write_text(spec.read_text().replace('use = "accountability"', 'use = "fairness"'))
    desk = Desk.of(spec)
    assert state(desk, "purpose") == "by a record"
    assert state(desk, "fairness") == "by the audit"


@pytest.mark.parametrize(
    ("said", "author", "why"),
    [
        ("went=x", "A", "there is no question"),
        ("go", "A", "there is no question"),
        ("go=TODO", "A", "says nothing"),
        ("go=n/a:", "A", "says nothing"),
        ("go=x", "A", "says nothing"),
        ("go=The board\x1b[2J, by this audit.", "A", "control characters"),
        (f"go={ANSWER}", " ", "nobody is named"),
        (f"go={'a b' * 1000}", "A", "characters"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(spec, said, author, why):
    with pytest.raises(AuditError, match=why):
        Desk.of(spec).give(said, author)
    assert not (spec.parent / "governance").exists()


def test_only_those_whom_the_records_name_answer(spec):
    Desk.of(spec).give(f"go={ANSWER}", "Anybody Else")
    shutil.copytree(EXAMPLE / "governance", spec.parent / "governance", dirs_exist_ok=True)
    with pytest.raises(AuditError, match="no record of owners knows 'Anybody Else'") as raised:
        Desk.of(spec).give(f"go={ANSWER}", "Anybody Else")
    assert raised.value.hint == "name them in the record of owners first"
    with pytest.raises(AuditError) as raised:
        Desk.of(spec).give(f"go={ANSWER}", "Ana Ruis")
    assert raised.value.hint == "did you mean 'Ana Ruiz'?"
    Desk.of(spec).give(f"go={ANSWER}", "Ana Ruiz")


def test_without_a_terminal_it_says_what_to_type(spec, capsys):
    with pytest.raises(AuditError, match="22 questions are open, and there is no terminal") as raised:
        ask(spec)
    assert "--answer rules=" in raised.value.hint
    assert "open" in capsys.readouterr().out
    ask(spec, author="Ana Ruiz", answer=[f"go={ANSWER}"])
    assert "21 of 22 questions are open" in capsys.readouterr().out
    ask(spec, list_all=True, language="zh-CN")
    said = capsys.readouterr().out
    assert "Ana Ruiz, 2026-11-23" in said
    assert "谁" in said


def test_at_a_terminal_an_answer_that_says_nothing_is_asked_for_again(spec):
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "auditkit", "ask", str(spec), "--author", "\u674e\u96f7"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as walk:
        os.close(theirs)
        os.write(ours, ("TODO\nx\n\u5ba1\u8ba1\u59d4\u5458\u4f1a\u51b3\u5b9a\n" + "\n" * 21).encode())
        said = b""
        with contextlib.suppress(OSError):  # Linux says so when the other end is closed
            while piece := os.read(ours, 65536):
                said += piece
        os.close(ours)
    assert walk.returncode == 0, said.decode()
    assert said.decode().count("says nothing") == 2
    assert "21 questions are open" in said.decode()
    kept = tomllib.loads((spec.parent / "governance" / "answers.toml").read_text(encoding="utf-8"))
    (answer,) = kept["answers"]
    assert (answer["answer"], answer["author"]) == ("\u5ba1\u8ba1\u59d4\u5458\u4f1a\u51b3\u5b9a", "\u674e\u96f7")


def test_a_spec_without_a_folder_is_told_to_name_one(spec):
    spec.write_text(spec.read_text().replace('records = "governance"\n', ""))
    with pytest.raises(SpecError, match="no folder of records"):
        Desk.of(spec)
