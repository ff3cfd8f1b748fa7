"""`auditkit ask`: what is asked, what is kept, and what is said where there is no terminal."""

from __future__ import annotations

import shutil
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
    desk.give("energy=n/a: it ran for a second", 'Li "Z" Chen')
    kept = tomllib.loads((spec.parent / "governance" / "answers.toml").read_text(encoding="utf-8"))
    assert [(one["id"], one["author"], one["date"]) for one in kept["answers"]] == [
        ("energy", 'Li "Z" Chen', date(2026, 11, 23)),
        ("go", "Ana Ruiz", date(2026, 11, 23)),
    ]
    again = Desk.of(spec)
    assert state(again, "go") == state(again, "energy") == "answered"
    assert again.answers["go"].answer == ANSWER
    assert again.answers["energy"].not_applicable == "it ran for a second"


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
        ("go=a\x1b[2Jb c d", "A", "control characters"),
        (f"go={ANSWER}", " ", "nobody is named"),
        (f"go={'a b' * 1000}", "A", "characters"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(spec, said, author, why):
    with pytest.raises(AuditError, match=why):
        Desk.of(spec).give(said, author)
    assert not (spec.parent / "governance").exists()


def test_without_a_terminal_it_says_what_to_type(spec, capsys):
    ask(spec)
    said = capsys.readouterr().out
    assert "--answer rules=" in said
    ask(spec, author="Ana Ruiz", answer=[f"go={ANSWER}"])
    assert "21 of 22 questions are open" in capsys.readouterr().out
    ask(spec, list_all=True, language="zh-CN")
    said = capsys.readouterr().out
    assert "Ana Ruiz, 2026-11-23" in said
    assert "谁" in said


def test_a_spec_without_a_folder_is_told_to_name_one(spec):
    spec.write_text(spec.read_text().replace('records = "governance"\n', ""))
    with pytest.raises(SpecError, match="no folder of records"):
        Desk.of(spec)
