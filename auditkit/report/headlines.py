"""The verdict box: the verdict in a word, what it means for deployment, and what must be read with it."""

from __future__ import annotations

from collections.abc import Iterator

from auditkit.disclosure.few import compares_few
from auditkit.finding import Finding, Measurement
from auditkit.policy import Outcome, Rule
from auditkit.report.context import Headline
from auditkit.report.sealed import moved_sentence
from auditkit.report.wording import VERDICTS, Wording
from auditkit.result import AuditResult, Judgement

_MEANS = {
    "fail": "At least one required rule is not met. As it stands, this model should not be deployed "
    "for the use that the rules are about.",
    "inconclusive": "No required rule fails, but the evidence does not settle that all are met. "
    "Deployment is not supported until more or better data have been judged.",
    "error": "A required rule could not be judged, because a check crashed, failed its own control, "
    "or measured nothing. This audit supports no deployment until that is repaired.",
}

_REQUIRED: dict[frozenset[Outcome], str] = {
    frozenset(): "No required rule was judged: this verdict rests on rules that are not required.",
    frozenset({"pass"}): "Every required rule that could be judged is met.",
    frozenset({"waived"}): "Every required rule that could be judged is waived: none is met.",
    frozenset({"warn"}): "Every required rule that could be judged is missed, which it counts as a warning.",
    frozenset({"pass", "waived"}): "Every required rule that could be judged is met or waived.",
    frozenset({"pass", "warn"}): "Every required rule that could be judged is met, or counts its miss as a warning.",
    frozenset({"waived", "warn"}): "Every required rule that could be judged is waived, "
    "or counts its miss as a warning: none is met.",
    frozenset({"pass", "waived", "warn"}): "Every required rule that could be judged is met, waived, "
    "or counts its miss as a warning.",
}
"""Outcomes that the required rules of a pass had -> what they come to."""

_BY_INTERVAL = "Every required rule that could be judged is met, with its whole interval within its bound."

_COPIES = ("data-quality.duplicates", "near_duplicate_rate")
_MANY_COPIES = 0.02
"""The share of rows with a copy that the interval must surely exceed before the front page speaks of it."""

_BY_THEMSELVES = frozenset(
    {
        "conversation.pairs",
        "conversation.stereotypes",
        "fairness.item-exposure",
        "fairness.mention-aucs",
        "fairness.name-swaps",
        "fairness.term-swaps",
        "fairness.worst-slices",
    }
)
"""Checks that compare people in texts, kinds of items or parts of the rows, and need no groups of the rows for it."""

_MET_OR_ACCEPTED: frozenset[Outcome] = frozenset({"pass", "waived", "warn"})
_UNANSWERED: frozenset[Outcome] = frozenset({"error", "no_evidence", "inconclusive"})

Pair = tuple[Judgement, Rule]


def headline(result: AuditResult, wording: Wording) -> Headline:
    """The verdict, what it means, and what must be read with it."""
    verdict = result.verdict
    word = VERDICTS[verdict.outcome]
    if verdict.outcome == "pass" and verdict.waivers_in_force:
        word = "PASS WITH WAIVERS"
    means = _passed(result, wording) if verdict.outcome == "pass" else wording.say(_MEANS[verdict.outcome])
    return Headline(verdict.outcome, wording.say(word), means, tuple(_besides(result, wording)))


def _passed(result: AuditResult, wording: Wording) -> str:
    """What a pass rests on: the sentence says no more than its rules do."""
    rules = {rule.id: rule for rule in result.policy.policy.rules}
    pairs = [(one, rules[one.rule]) for one in result.verdict.judgements if one.rule in rules]
    return wording.prose((*_grounds(pairs, wording), _closing(result, wording)))


def _grounds(pairs: list[Pair], wording: Wording) -> Iterator[str]:
    required = [(one, rule) for one, rule in pairs if rule.required]
    outcomes = _MET_OR_ACCEPTED & {one.outcome for one, _ in required}
    by_value = sum(_is_by_value(one, rule) for one, rule in pairs)
    whole = outcomes == {"pass"} and not any(_is_by_value(one, rule) for one, rule in required)
    yield wording.say(_BY_INTERVAL if whole else _REQUIRED[outcomes])
    if by_value:
        yield wording.say("Rules judged by the value alone, not by an interval: {count}.", count=by_value)
    others = [one.outcome for one, rule in pairs if not rule.required]
    for said, count in (
        ("Rules missed with a warning: {count}.", sum(one.outcome == "warn" for one, _ in pairs)),
        ("Rules that are not required and are not met: {count}.", others.count("fail")),
        ("Rules that are not required and have no answer: {count}.", sum(one in _UNANSWERED for one in others)),
    ):
        if count:
            yield wording.say(said, count=count)


def _is_by_value(judgement: Judgement, rule: Rule) -> bool:
    """Whether the interval had no say in how the rule was judged, though its number was drawn from a sample."""
    is_judged = judgement.outcome in _MET_OR_ACCEPTED | {"fail"}
    return is_judged and rule.judge == "value" and judgement.worst is not None and not judgement.worst.exact


def _closing(result: AuditResult, wording: Wording) -> str:
    calm = all(judgement.outcome in ("pass", "not_applicable") for judgement in result.verdict.judgements)
    sound = all(one.status != "error" and one.controls_passed for one in result.findings)
    if calm and sound and measures_groups(result):
        return wording.say("No rule speaks against deployment; what was not looked at is listed below.")
    return wording.say("What was not looked at is listed below.")


def measures_groups(result: AuditResult) -> bool:
    """Whether some check of fairness has a number about a group, or any check one that compares groups."""
    return any(
        _is_about_groups(measurement, finding.check)
        for finding in result.findings
        if finding.status == "measured"
        for measurement in finding.measurements
    )


def _is_about_groups(measurement: Measurement, check: str) -> bool:
    compares = "*" in measurement.group.values() or measurement.versus is not None
    is_fairness = check.partition(".")[0] == "fairness" and bool(measurement.group)
    return measurement.value is not None and (compares or is_fairness)


def _besides(result: AuditResult, wording: Wording) -> Iterator[str]:
    if said := moved_sentence(result.seal, wording):
        yield said
    if said := without_fairness(result, wording):
        yield said
    if said := unjudged_gaps(result, wording):
        yield said
    if said := copied_rows(result, wording):
        yield said
    if (few := compares_few(result.policy.policy)) is not None:
        yield wording.text(few)
    crashed = sum(finding.crashed for finding in result.findings)
    failed = sum(not finding.controls_passed for finding in result.findings)
    for said, count in (
        ("Checks that crashed: {count}. What they would have measured is unknown.", crashed),
        ("Checks that failed their own control: {count}. Their numbers are not relied on.", failed),
        (
            "Waivers in force: {count}. The rules they cover are missed or undecided, and count as accepted.",
            result.verdict.waivers_in_force,
        ),
        (
            "Waivers that have expired: {count}. They cover nothing any more.",
            len(result.verdict.waivers_expired),
        ),
    ):
        if count:
            yield wording.say(said, count=count)
    if result.policy.source == "baseline":
        yield wording.say("No policy rules were given: the pack 'baseline' was used.")


def without_fairness(result: AuditResult, wording: Wording) -> str:
    """Says that no group was compared with another, and what to do about it; empty: some were.

    Where checks compared people, or kinds of items, that are no groups of the rows, it names them.
    """
    if measures_groups(result):
        return ""
    audit = next((split for split in result.data.splits if split.name == "audit"), None)
    has_groups = audit is not None and bool(audit.attributes)
    others = [one.check for one in result.findings if one.check in _BY_THEMSELVES and _has_numbers(one)]
    if others and has_groups:
        said = "No check compares groups of rows by a number. What is said of fairness is what these found: {checks}."
    elif others:
        said = (
            "Groups of rows were not compared, since the spec names none. What is said of fairness is what "
            'these found: {checks}. Name the columns to compare by under [data], for example groups = ["sex"].'
        )
    elif has_groups:
        said = "Fairness was not measured: no check has a number that compares the groups."
    else:
        said = (
            "Fairness was not measured: no group of people was compared with another, since the spec names none. "
            'Name the columns to compare by under [data], for example groups = ["sex"].'
        )
    return wording.say(said, checks=wording.listed(others))


def _has_numbers(finding: Finding) -> bool:
    return finding.status == "measured" and any(one.value is not None for one in finding.measurements)


def copied_rows(result: AuditResult, wording: Wording) -> str:
    """Says that rows are copies of others, which intervals and folds take as different people; empty: few surely are.

    Nothing is said where the spec names what holds rows together: intervals are over units then, and folds keep them.
    """
    audit = next((split for split in result.data.splits if split.name == "audit"), None)
    if audit is None or audit.units is not None:
        return ""
    for finding in result.findings:
        for one in finding.measurements if finding.controls_passed else ():
            of_all = (finding.check, one.metric) == _COPIES and not (one.group or one.label or one.conditions)
            if of_all and one.value is not None and one.interval is not None and one.interval.low > _MANY_COPIES:
                return wording.say(
                    "Rows that have an exact or near copy among the others: {share:percent}. Intervals that take each "
                    "row as a person of its own are too short, and parts into which rows are dealt share copies. Name "
                    "what holds copies together under [data] unit.",
                    share=one.value,
                )
    return ""


def unjudged_gaps(result: AuditResult, wording: Wording) -> str:
    """Says how many differences between groups no rule is about, though their intervals exclude none; empty: none is.

    A gap counts once for each attribute; what it would be under conditions, such as a remedy, does not. A number
    that is withheld has no value.
    """
    judged = {rule.metric for rule in result.policy.policy.rules}
    gaps = [
        (one, one.value)
        for finding in result.findings
        if finding.check.startswith("fairness.") and finding.controls_passed
        for one in finding.measurements
        if one.metric.endswith("_difference") and one.metric not in judged and not one.conditions
        if "*" in one.group.values() and one.value is not None and one.interval is not None and one.interval.low > 0
    ]
    if not gaps:
        return ""
    widest, _ = max(gaps, key=lambda gap: (gap[1], gap[0].metric))
    return wording.say(
        "Gaps between groups that no rule judges, and whose interval lies wholly above 0: {count}. "
        "The widest: {what}: {value} ({interval}).",
        count=len(gaps),
        what=wording.apart((wording.metric(widest.metric), wording.group(widest))),
        value=wording.value(widest),
        interval=wording.interval(widest),
    )
