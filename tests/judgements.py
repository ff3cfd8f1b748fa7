"""Measurements, findings and rules made by hand, and what the policy says of them."""

from datetime import date
from typing import Any

from auditkit.document import Text
from auditkit.finding import Finding, GroupCount, Interval, Measurement, MetricCard
from auditkit.judging import judge
from auditkit.policy import Policy, Rule, Waiver
from auditkit.resolving import resolve_policy
from auditkit.result import Judgement, Verdict

TODAY = date(2026, 11, 22)


def measured(value: float | None, low: float = 0.0, high: float = 1.0, **fields: Any) -> Measurement:
    about = {"metric": "gap", "n": 400} | fields
    if "*" in about.get("group", {}).values():
        about = {"compared": tuple(GroupCount(label=name, n=200, compared=True) for name in "ab")} | about
    if value is None:
        return Measurement(value=None, undefined=Text.of("nobody"), **about)
    if about.get("exact"):
        return Measurement(value=value, **about)
    return Measurement(value=value, interval=Interval(low=low, high=high, level=0.95, method="by hand"), **about)


def card(metric: str) -> MetricCard:
    words = dict.fromkeys(("title", "formula", "source", "undefined", "misleads"), "t")
    return MetricCard(name=metric, better="lower", **words)


def finding(*measurements: Measurement, check: str = "fairness.gaps", measures: Any = (), **fields: Any) -> Finding:
    about = {"title": Text.of("t"), "text": Text.of("t"), "status": "measured"} | fields
    return Finding(check=check, measurements=measurements, cards=tuple(map(card, measures)), **about)


def crashed(check: str = "fairness.gaps", **fields: Any) -> Finding:
    return finding(check=check, status="error", reason=Text.of("ValueError: boom"), **fields)


def rule(**fields: Any) -> Rule:
    return Rule(**({"metric": "gap", "because": "by decision"} | ({} if "min" in fields else {"max": 0.1}) | fields))


def verdict_of(rules: Any, *findings: Finding, available: Any = (), **policy: Any) -> Verdict:
    rules = rules if isinstance(rules, tuple) else (rules,)
    resolved = resolve_policy(Policy(rules=rules, **policy), {}, {})
    return judge(resolved, findings, available, TODAY)


def judged(one: Rule, *findings: Finding, **fields: Any) -> Judgement:
    (judgement,) = verdict_of(one, *findings, **fields).judgements
    return judgement


def outcome(one: Rule, *measurements: Measurement, **fields: Any) -> str:
    return judged(one, finding(*measurements), **fields).outcome


def waiver(expires: date = TODAY, **fields: Any) -> Waiver:
    return Waiver(owner="A. Name", reason="known", expires=expires, **({"metric": "gap"} | fields))
