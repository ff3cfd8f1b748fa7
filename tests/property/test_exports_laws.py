"""One decision: whatever the rules came to, every format is red exactly when the exit code is not 0."""

from __future__ import annotations

import json
from typing import get_args

from exported import exported, result_of
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml

from auditkit import judging
from auditkit.policy import Outcome
from auditkit.result import Verdict

CAME_TO = st.lists(st.tuples(st.sampled_from(get_args(Outcome)), st.booleans()), max_size=6)


def decided(came_to):
    """A result whose rules came to this, with the verdict that auditkit itself gives."""
    drawn = result_of(*(outcome for outcome, _ in came_to), verdict="pass")
    policy = drawn.policy.policy
    rules = tuple(
        rule.model_copy(update={"required": required})
        for rule, (_, required) in zip(policy.rules, came_to, strict=True)
    )
    judgements = drawn.verdict.judgements
    verdict = Verdict(outcome=judging._verdict(rules, judgements), judgements=judgements)
    held = drawn.policy.model_copy(update={"policy": policy.model_copy(update={"rules": rules})})
    return drawn.model_copy(update={"policy": held, "verdict": verdict})


@given(came_to=CAME_TO)
def test_every_format_is_red_exactly_when_the_exit_code_is_not_0(came_to):
    result = decided(came_to)
    closed = judging.EXIT_CODES[result.verdict.outcome] != 0
    suites = JUnitXml.fromstring(exported("junit.xml", result))
    annotations = exported("github-annotations.txt", result).decode().splitlines()
    alerts = json.loads(exported("results.sarif", result))["runs"][0]["results"]
    problems = json.loads(exported("gl-code-quality.json", result))
    statement = json.loads(exported("test-result.dsse.json", result))["predicate"]
    assert (suites.failures + suites.errors > 0) == closed
    assert any(alert["level"] == "error" for alert in alerts) == closed
    assert any(line.startswith("::error ") for line in annotations) == closed
    assert any(one["severity"] in {"blocker", "critical", "major"} for one in problems) == closed
    assert (statement["result"] == "FAILED") == bool(statement["failedTests"]) == closed


@given(came_to=CAME_TO)
def test_no_rule_is_lost_or_told_twice(came_to):
    result = decided(came_to)
    cases = [case.name for suite in JUnitXml.fromstring(exported("junit.xml", result)) for case in suite]
    told = [one.rule for one in result.verdict.judgements]
    assert [name for name in cases if name != "verdict"] == told
    assert len(cases) - len(told) in {0, 1}
