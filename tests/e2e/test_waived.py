"""A waiver from the spec to the report: who granted it, what ends it, and what each command says of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from commands import Answer, Folder, small_rows

MISSED = ("min = 0.5", "min = 0.999")
DAY = 24 * 60 * 60


def day(ahead: int) -> date:
    """So many days from now: asked when a test runs, since midnight may pass after the file was read."""
    return datetime.now(UTC).date() + timedelta(days=ahead)


def a_waiver(ahead: int = 30, **more: Any) -> str:
    said = {"metric": "accuracy", "owner": "A. Name", "approved_by": "B. Name", "reason": "a first release"} | more
    lines = [f"{key} = {json.dumps(value)}" for key, value in said.items() if value is not None]
    return "\n[[policy.waivers]]\n" + "\n".join(lines) + f"\nexpires = {day(ahead)}\n"


@pytest.fixture
def waived(make_folder: Callable[[], Folder]) -> Callable[..., tuple[Folder, Answer]]:
    def run(*waivers: str, more: str = "", settings: dict[str, str] | None = None) -> tuple[Folder, Answer]:
        folder = make_folder()
        folder.settings.update(settings or {})
        folder.spec(MISSED, more=more + "".join(waivers))
        return folder, folder.run_here()

    return run


def test_a_waiver_in_force_is_told_of_by_run_gate_and_report(waived):
    folder, answer = waived(a_waiver(worst=0.1, rule="accuracy>=0.999"))
    assert answer.code == 0, answer.err
    until = day(30)
    line = f"Accuracy: A. Name, approved by B. Name, until {until}: a first release (in force)"
    assert "waivers  1 in force\n" in answer.out
    assert line in answer.out
    gated = folder.run_here("gate", "audit-audit", "--allow-dev-key")
    assert gated.code == 0
    assert line in gated.out
    page = folder.page()
    for said in ("PASS WITH WAIVERS", "approved by B. Name", "for values no worse than 0.1", "a first release"):
        assert said in page
    (judgement,) = folder.result()["verdict"]["judgements"]
    assert (judgement["outcome"], judgement["unwaived"], judgement["waiver"]) == ("waived", "fail", 0)


def test_an_ended_waiver_lets_the_finding_return_and_every_command_says_why(waived):
    folder, answer = waived(a_waiver(worst=0.999))
    why = "the waiver of A. Name ended: the value is worse than 0.999"
    assert answer.code == 1
    assert why.capitalize()[:3] + why[3:] in answer.out
    assert why[1:] in folder.page()
    assert why[1:] in folder.run_here("gate", "audit-audit", "--allow-dev-key").out
    (judgement,) = folder.result()["verdict"]["judgements"]
    assert judgement["ended"][0]["waiver"] == 0


def test_the_gate_looks_at_the_calendar_again(waived):
    then = int(datetime.now(UTC).timestamp()) - 30 * DAY
    folder, answer = waived(a_waiver(-9), settings={"SOURCE_DATE_EPOCH": str(then)})
    assert answer.code == 0, answer.err
    folder.settings.clear()
    gated = folder.run_here("gate", "audit-audit", "--allow-dev-key")
    assert gated.code == 1
    assert "expired: the finding counts again" in gated.out
    assert folder.run_here("replay", "audit-audit", "--allow-dev-key").code == 0


def test_json_names_the_waiver_and_why_another_is_over(waived):
    folder, _ = waived(a_waiver(worst=0.999), a_waiver(model_digest="a" * 64))
    said = json.loads(folder.run_here("run", "audit.toml", "--force", "--json").out)
    (judgement,) = said["judgements"]
    assert len(judgement["ended"]) == 2
    folder.spec(MISSED, more=a_waiver())
    said = json.loads(folder.run_here("run", "audit.toml", "--force", "--json").out)
    assert said["judgements"][0]["waiver"]["approved_by"] == "B. Name"


def test_the_digest_of_the_audited_model_keeps_a_waiver_alive(waived):
    folder, _ = waived()
    digest = folder.result()["subject"]["digest"]
    folder.spec(MISSED, more=a_waiver(model_digest=digest))
    assert folder.run_here("run", "audit.toml", "--force").code == 0
    folder.write_rows(small_rows(seed=4))  # without model files the recorded predictions are the model
    assert folder.run_here("run", "audit.toml", "--force").code == 1


@pytest.mark.parametrize(
    ("waiver", "words"),
    [
        ({"approved_by": None}, ("[[policy.waivers]] approved_by is missing", 'approved_by = "B. Name"')),
        ({"ahead": 181}, ("more than 180 days ahead", "waiver_days")),
        ({"metric": "acuracy"}, ("'acuracy', which is no rule's", "did you mean 'accuracy'?")),
        ({"model_digest": "abc"}, ("model_digest",)),
    ],
)
def test_a_waiver_that_no_policy_allows_is_refused_before_anything_is_measured(waived, waiver, words):
    folder, answer = waived(a_waiver(**waiver))
    answer.refused(*words)
    folder.nothing_written()


def test_nobody_waives_a_blocker(waived):
    folder, answer = waived(a_waiver(), more="blocker = true\n")
    answer.refused("is a blocker, which nobody may waive")
    folder.nothing_written()
    planned = folder.run_here("plan", "audit.toml")
    planned.refused("is a blocker, which nobody may waive")
