"""What was tried to mend what a rule is about: the remedy that would come nearest to meeting it.

A check that tries remedies is named `AREA.remedies`, or `AREA.exposure-remedies` where it makes lists anew. It tells
of each, under the condition `remedy` beside those of the metric that it would mend, a metric whose name ends in that of
the metric, and of the answers as they are under `remedy = "none"`.
"""

from __future__ import annotations

from dataclasses import dataclass

from auditkit.finding import Finding, Measurement
from auditkit.report.conditions import named_value
from auditkit.report.wording import Wording
from auditkit.result import AuditResult, Judgement

_AS_IT_IS = "none"


@dataclass(frozen=True)
class Mended:
    """A number as it is, and by the remedy that improves it most; both by the same check, of the same rows."""

    before: Measurement
    after: Measurement


def tried(judgement: Judgement, result: AuditResult) -> Finding | None:
    """The check that has tried remedies in the area of the rule's own check, of such answers as these."""
    area = f"{(judgement.check or '').partition('.')[0]}."
    found = [
        one
        for one in result.findings
        if one.status == "measured" and one.check.startswith(area) and one.check.endswith("remedies")
    ]
    return next((one for one in found if mended(judgement, one) is not None), found[0] if found else None)


def mended(judgement: Judgement, finding: Finding) -> Mended | None:
    """What would improve the number that missed the rule most; None where nothing that was tried would."""
    worst = judgement.worst
    if worst is None or worst.value is None:
        return None
    about = [
        one
        for one in finding.measurements
        if one.metric.endswith(f"_{worst.metric}")
        and (one.group, one.label) == (worst.group, worst.label)
        and "remedy" in one.conditions
        and {name: said for name, said in one.conditions.items() if name != "remedy"} == dict(worst.conditions)
        and one.value is not None
    ]
    before = next((one for one in about if one.conditions["remedy"] == _AS_IT_IS), None)
    if before is None or before.better == "target":
        return None
    sign = 1 if before.better == "lower" else -1
    best = min(about, key=lambda one: sign * (one.value or 0.0))
    return None if best.value == before.value else Mended(before, best)


def advice(judgement: Judgement, result: AuditResult, wording: Wording) -> str:
    """What remedies would bring, in a sentence; empty where none was tried."""
    finding = tried(judgement, result)
    if finding is None:
        return ""
    found, check = mended(judgement, finding), wording.label(finding.check)
    if found is None or found.after.interval is None:
        return wording.say("What remedies would bring, '{check}' has measured.", check=check)
    return wording.say(
        "Of the remedies that were tried, '{remedy}' would bring it from {before} to {after}, {level:percent} interval "
        "{interval}: a simulation, and '{check}' has measured what each would cost.",
        remedy=named_value(found.after.conditions["remedy"], wording),
        before=wording.value(found.before),
        after=wording.value(found.after),
        level=found.after.interval.level,
        interval=wording.interval(found.after),
        check=check,
    )
