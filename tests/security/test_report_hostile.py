"""Hostile names: whatever a label holds, it is shown as text and never breaks the page."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from drenched import drenched

from auditkit.document import Text
from auditkit.finding import Finding, Measurement
from auditkit.policy import Policy, Rule
from auditkit.report import render_html
from auditkit.result import JudgedPolicy, Judgement
from auditkit.testing.results import measured, toy_result

HOSTILE = [
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)',
    "{{7*7}}{% raw %}",
    "{count} {gap:percent} %(x)s %s",
    "=cmd|' /C calc'!A0",
    "\x1b[31mred\x1b[0m\x07\x00\x9b",
    "invoice\u202efdp.exe\u2066\u200f",
    "<!--",
    "]]>",
    "&lt;b&gt;",
    "url(https://evil.example/x.png)",
    "javascript:alert(1)",
]
LONG = "<b>" + "W" * 5000


class Skeleton(HTMLParser):
    """The tags of a page in order, with the names of their attributes; and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[Any] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, [name for name, _ in attrs]))

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("word", [*HOSTILE, LONG])
def test_hostile_names_leave_the_markup_as_that_of_harmless_ones(word: str) -> None:
    harmless = Skeleton(render_html(drenched("plain"), None).decode())
    assert Skeleton(render_html(drenched(word), None).decode()).tags == harmless.tags


@pytest.mark.parametrize("word", HOSTILE)
def test_page_holds_no_control_character_and_no_direction_mark(word: str) -> None:
    page = render_html(drenched(word), None).decode()
    shown = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", shown)


def test_templates_are_not_run_twice() -> None:
    text = Skeleton(render_html(drenched("{{7*7}}"), None).decode()).text
    assert "{{7*7}}" in text
    assert not re.search(r"\b49\b", text.partition('{"data"')[0])


def test_parameter_that_looks_like_a_placeholder_is_not_filled_in() -> None:
    text = Skeleton(render_html(drenched("{word} {count}"), None).decode()).text
    assert "said: {word} {count}" in text


def test_endless_label_is_cut_everywhere_it_is_shown() -> None:
    page = render_html(drenched(LONG), None).decode()
    shown = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert "W" * 1000 not in shown
    assert "(5,003 characters)" in shown


@pytest.mark.timeout(120)
def test_ten_thousand_classes_are_folded_and_fast() -> None:
    classes = tuple(f"class {place}" for place in range(10_000))
    rates = tuple(
        measured("true_positive_rate", place / 10_000, 90, 0.0, 1.0, label=name) for place, name in enumerate(classes)
    )
    toy = toy_result()
    finding = toy.findings[1].model_copy(update={"measurements": rates})
    subject = toy.subject.model_copy(update={"classes": classes})
    split = toy.data.splits[0].model_copy(update={"target_classes": classes})
    result = toy_result(findings=(finding,), subject=subject, data=toy.data.model_copy(update={"splits": (split,)}))
    page = render_html(result, None)
    assert len(page) - len(result.to_json()) < 500_000
    assert b"The worst 24 of 10,000 are shown" in page


def test_ten_thousand_plots_are_folded() -> None:
    rates = tuple(
        measured("true_positive_rate", 0.5, 90, 0.0, 1.0, label=str(place), group={"sex": sex})
        for place in range(5_000)
        for sex in "FM"
    )
    finding = toy_result().findings[1].model_copy(update={"measurements": rates})
    result = toy_result(findings=(finding,))
    page = render_html(result, None)
    assert b"36 of 5,000 plots are drawn" in page
    assert len(page) - len(result.to_json()) < 500_000


def test_ten_thousand_crashes_are_counted_and_folded() -> None:
    reason = Text.of("the check crashed")
    crashes = tuple(
        Finding(check=f"area.check-{place}", title=reason, text=reason, status="error", reason=reason)
        for place in range(10_000)
    )
    result = toy_result(findings=crashes)
    page = render_html(result, None)
    assert b"Checks that crashed: 10,000." in page
    assert len(page) - len(result.to_json()) < 1_000_000


def test_many_rules_are_folded_worst_first() -> None:
    rules = tuple(Rule(metric=f"m{place}", max=1, because="test").identified() for place in range(3_000))
    policy = Policy(rules=rules)
    judgements = tuple(
        Judgement(rule=rule.id, outcome="fail" if place == 2_999 else "pass", reason=Text.of("so"))
        for place, rule in enumerate(rules)
    )
    verdict = toy_result().verdict.model_copy(update={"judgements": judgements, "waivers_expired": ()})
    result = toy_result(policy=JudgedPolicy(policy=policy, digest=policy.digest, source="spec"), verdict=verdict)
    page = render_html(result, None).decode()
    assert "The worst 200 of 3,000 rules are shown" in page
    assert page.index("m2999&lt;=1") < page.index("m0&lt;=1")


def test_measurement_of_a_single_value_is_drawn_without_a_division_by_nothing() -> None:
    zero = Measurement(metric="accuracy", value=0.0, n=40, group={"sex": "F"}, exact=True)
    finding = toy_result().findings[1].model_copy(update={"measurements": (zero,)})
    assert b"0 (exact), n = 40" in render_html(toy_result(findings=(finding,)), None)
