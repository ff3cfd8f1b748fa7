"""The policy judges: rules find their measurements, each is held against its bound, the verdict follows.

One function, `judge`, feeds the console, the exit code, the report and the gate.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from auditkit.document import Text
from auditkit.finding import JOINED, Finding, Measurement
from auditkit.policy import Outcome, Policy, Rule, Waiver
from auditkit.result import EndedWaiver, Judgement, Verdict
from auditkit.waiving import Circumstances, why_over

EXIT_CODES = {"pass": 0, "fail": 1, "error": 3, "inconclusive": 5}
"""The verdict's exit code, everywhere."""

# The worst outcome of a rule's measurements is the rule's. A waived failure is shown before a warning.
_WORST_FIRST: tuple[Outcome, ...] = ("fail", "error", "no_evidence", "inconclusive", "waived", "warn", "pass")

_MOST_NAMED = 8
_JUDGED = frozenset({"pass", "warn", "fail", "waived"})


STRADDLES = "the interval, {low} to {high}, lies on both sides of the bound {bound:bound}"


@dataclass(frozen=True)
class _Opinion:
    """What a rule says of one measurement."""

    outcome: Outcome
    reason: Text
    measurement: Measurement | None = None
    check: str | None = None
    distance: float = 0.0
    """How far the value is beyond the bound; the farthest decides among equals."""
    waiver: int | None = None
    ended: tuple[EndedWaiver, ...] = ()
    """The waivers that would have covered it."""

    @property
    def place(self) -> tuple[object, ...]:
        """Worst first; among equals the farthest, then by name: the order of the findings does not matter."""
        group = () if self.measurement is None else tuple(sorted(self.measurement.group.items()))
        label = (self.measurement.label or "") if self.measurement else ""
        return _WORST_FIRST.index(self.outcome), -self.distance, self.check or "", group, label, str(self.reason)


def judge(
    policy: Policy,
    findings: Sequence[Finding],
    available: Iterable[str],
    today: date,
    models: Iterable[str] = (),
) -> Verdict:
    """Judge findings by a policy.

    Args:
        policy: rules with ids, packs already put in (see `resolving`).
        findings: what the checks found, before suppression.
        available: what the data have, for `needs`: targets, groups, scores, training, ...
        today: for the waivers' expiry.
        models: the digests that name the audited model, for waivers that are for one model.
    """
    have, now = frozenset(available), Circumstances(today, frozenset(models))
    judgements = tuple(_judge_rule(policy, rule, findings, have, now) for rule in policy.rules)
    in_force = {judgement.waiver for judgement in judgements if judgement.outcome == "waived"}
    expired = tuple(place for place, waiver in enumerate(policy.waivers) if waiver.expires < today)
    return Verdict(
        outcome=_verdict(policy.rules, judgements),
        judgements=judgements,
        waivers_in_force=len(in_force),
        waivers_expired=expired,
    )


def _verdict(rules: Sequence[Rule], judgements: Sequence[Judgement]) -> str:
    required = [judgement.outcome for rule, judgement in zip(rules, judgements, strict=True) if rule.required]
    if "fail" in required:
        return "fail"
    if "error" in required or "no_evidence" in required:
        return "error"
    # A crash under a rule that is not required judges nothing either, and alone is no pass.
    judged = any(judgement.outcome in _JUDGED for judgement in judgements)
    if "inconclusive" in required or not judged:
        return "inconclusive"
    return "pass"


def lift_expired(policy: Policy, verdict: Verdict, today: date) -> Verdict:
    """The verdict without the waivers that have run out since it was given; nothing is measured or judged anew.

    A rule under several waivers loses all of them with the first that runs out.
    """
    expired = {place for place, waiver in enumerate(policy.waivers) if waiver.expires < today}
    new = sorted(expired - set(verdict.waivers_expired))
    judgements = tuple(
        _lifted(judgement, rule, [(place, policy.waivers[place]) for place in new], Circumstances(today))
        for rule, judgement in zip(policy.rules, verdict.judgements, strict=True)
    )
    return Verdict(
        outcome=_verdict(policy.rules, judgements),
        judgements=judgements,
        waivers_in_force=len({judgement.waiver for judgement in judgements} - {None}),
        waivers_expired=tuple(sorted(expired)),
    )


def _lifted(judgement: Judgement, rule: Rule, expired: Sequence[tuple[int, Waiver]], now: Circumstances) -> Judgement:
    over = [(place, why_over(waiver, rule, None, now)) for place, waiver in expired if waiver.is_about(rule)]
    if judgement.unwaived is None or not over:
        return judgement
    ended = tuple(EndedWaiver(waiver=place, why=why) for place, why in over if why is not None)
    lifted = {"outcome": judgement.unwaived, "waiver": None, "unwaived": None}
    return judgement.model_copy(update={**lifted, "ended": (*judgement.ended, *ended)})


def judge_one(
    policy: Policy, rule: Rule, finding: Finding, today: date, models: Collection[str] = frozenset()
) -> Judgement:
    """What one rule says of one finding, by a policy's waivers and small groups: a comparison with a baseline."""
    return _judge_rule(policy, rule, [finding], frozenset(), Circumstances(today, frozenset(models)))


def joined(policy: Policy, verdict: Verdict, rules: Sequence[Rule], judgements: Sequence[Judgement]) -> Verdict:
    """The verdict with the judgements of rules that are judged beside the policy's own."""
    whole = (*verdict.judgements, *judgements)
    return verdict.model_copy(
        update={
            "outcome": _verdict((*policy.rules, *rules), whole),
            "judgements": whole,
            "waivers_in_force": len({one.waiver for one in whole if one.outcome == "waived"}),
        }
    )


def _judge_rule(
    policy: Policy, rule: Rule, findings: Sequence[Finding], available: frozenset[str], now: Circumstances
) -> Judgement:
    absent = [need for need in rule.needs if need not in available]
    if absent:
        reason = Text.of("the data have no {needs}, which this rule needs", needs=Text.listed(absent))
        if "decisions" in absent:
            reason = Text.of("the rule is about decisions between classes, and this model makes none")
        return Judgement(rule=rule.id, outcome="not_applicable", reason=reason)
    opinions, listed = _opinions(policy, rule, findings)
    unwaived = min(opinions, key=lambda opinion: opinion.place)
    waived = [_waive(policy, rule, opinion, now) for opinion in opinions]
    worst = min(waived, key=lambda opinion: opinion.place)
    # Of a waiver that would have covered several measurements, what ended it for the worst of them.
    ended = {one.waiver: one for found in sorted(waived, key=lambda one: one.place)[::-1] for one in found.ended}
    return Judgement(
        rule=rule.id,
        outcome=worst.outcome,
        worst=worst.measurement,
        check=worst.check,
        reason=worst.reason,
        listed=tuple(listed),
        waiver=worst.waiver,
        unwaived=None if unwaived.outcome == worst.outcome else unwaived.outcome,
        ended=tuple(ended[place] for place in sorted(ended)),
    )


def _opinions(policy: Policy, rule: Rule, findings: Sequence[Finding]) -> tuple[list[_Opinion], list[Measurement]]:
    """What the rule says of all that it is about, at least one; and the small groups that are only listed."""
    opinions: list[_Opinion] = []
    listed: list[Measurement] = []
    for finding, measurement in _matches(rule, findings):
        if not finding.controls_passed:
            reason = Text.of(
                "a control of the check {check} failed, so its numbers cannot be relied on", check=finding.check
            )
            opinions.append(_Opinion("error", reason, measurement, finding.check))
        elif policy.small_groups == "list" and not measurement.suppressed and _is_small_group(measurement, policy):
            listed.append(measurement)
        else:
            opinions.append(_opinion(policy, rule, finding, measurement))
            listed += _small_groups_of(measurement, policy)
    opinions += _crashes(rule, findings)
    return opinions or [_nothing(rule, findings, only_listed=bool(listed))], listed


def _matches(rule: Rule, findings: Sequence[Finding]) -> Iterator[tuple[Finding, Measurement]]:
    for finding in findings:
        if not _is_of(rule, finding):
            continue
        for measurement in finding.measurements:
            if (
                measurement.metric == rule.metric
                and (rule.label is None or measurement.label == rule.label)
                and measurement.conditions == rule.conditions
                and _group_matches(rule, measurement)
            ):
                yield finding, measurement


def _is_of(rule: Rule, finding: Finding) -> bool:
    return rule.check is None or rule.check in {finding.check, finding.check.partition(".")[0]}


def _group_matches(rule: Rule, measurement: Measurement) -> bool:
    """Absent: all rows, and every gap over one attribute. Named: that gap, and its groups. 'any': everything."""
    if rule.group == "any":
        return True
    attributes = rule.attributes
    if attributes is None:
        return not measurement.group or (len(measurement.group) == 1 and "*" in measurement.group.values())
    return set(measurement.group) == set(attributes)


def _crashes(rule: Rule, findings: Sequence[Finding]) -> Iterator[_Opinion]:
    """Checks in error that would have measured the rule's metric: they crashed, or failed a control.

    Of one that does not say what it measures: when nothing else measured it, or when the same check did, with other
    options.
    """
    measured_by = {finding.check for finding, _ in _matches(rule, findings)}
    for finding in findings:
        would = rule.metric in finding.measures
        may = not finding.measures and (not measured_by or finding.check in measured_by)
        if finding.status == "error" and _is_of(rule, finding) and (would or may):
            said = "the check {check} crashed: {why}"
            if not finding.controls_passed:
                said = "a control of the check {check} failed, so its numbers cannot be relied on: {why}"
            reason = Text.of(said, check=finding.check, why=finding.reason or "")
            yield _Opinion("error", reason, None, finding.check)


def _nothing(rule: Rule, findings: Sequence[Finding], *, only_listed: bool) -> _Opinion:
    if only_listed:
        return _Opinion("inconclusive", Text.of("every group that it is about is too small to be judged"))
    for finding in findings:
        if finding.status == "not_applicable" and rule.metric in finding.measures:
            reason = Text.of(
                "nothing measured it: {check} does not apply: {why}", check=finding.check, why=finding.reason or ""
            )
            return _Opinion("no_evidence", reason, None, finding.check)
    return _Opinion("no_evidence", _why_unmatched(rule, findings))


def _named(name: str, otherwise: str) -> Text:
    return Text.of("{name}", name=name) if name else Text.of(otherwise)


def _why_unmatched(rule: Rule, findings: Sequence[Finding]) -> Text:
    """Why no measurement is the rule's: its metric was not measured, or not for what else the rule names."""
    same = [m for finding in findings if _is_of(rule, finding) for m in finding.measurements if m.metric == rule.metric]
    if same:
        groups = sorted({", ".join(sorted(m.group)) for m in same})
        labels = sorted({m.label for m in same if m.label is not None})
        conditions = sorted(
            {", ".join(f"{name} = {m.conditions[name]}" for name in sorted(m.conditions)) for m in same}
        )
        return Text.of(
            "'{metric}' was measured, but not for the group, class or conditions of this rule; groups: {groups}; "
            "classes: {labels}; conditions: {conditions}",
            metric=rule.metric,
            groups=Text.joined(_named(one, "all rows") for one in groups[:_MOST_NAMED]),
            labels=Text.listed(labels[:_MOST_NAMED]) if labels else Text.of("none named"),
            conditions=Text.joined(_named(one, "none") for one in conditions[:_MOST_NAMED]),
        )
    measured = {metric for finding in findings for metric in finding.measures} - {rule.metric}
    near = difflib.get_close_matches(rule.metric, measured, n=1, cutoff=0.8)
    if near:
        return Text.of(
            "no check that ran measured '{metric}'; did you mean '{near}'?", metric=rule.metric, near=near[0]
        )
    return Text.of(
        "no check that ran measured '{metric}': plan one that does, or take the rule out of the policy",
        metric=rule.metric,
    )


def _is_small_group(measurement: Measurement, policy: Policy) -> bool:
    """One group whose denominator is too small; a gap is never one, since it leaves small groups out."""
    is_one_group = bool(measurement.group) and "*" not in measurement.group.values()
    return is_one_group and (measurement.judged_by is None or measurement.judged_by < policy.min_group_size)


def _small_groups_of(gap: Measurement, policy: Policy) -> list[Measurement]:
    """The groups that a gap left out, as measurements without a value, for page one."""
    if policy.small_groups != "list":
        return []
    return [
        Measurement(
            metric=gap.metric,
            value=None,
            n=part.n,
            undefined=Text.of("the group is too small to be compared"),
            group=_group_named(part.label, tuple(gap.group)),
            label=gap.label,
            better=gap.better,
        )
        for part in gap.compared
        if part.n is None or part.n < policy.min_group_size
    ]


def _group_named(label: str, attributes: tuple[str, ...]) -> dict[str, str]:
    labels = label.split(JOINED) if len(attributes) > 1 else [label]
    if len(labels) == len(attributes):
        return dict(zip(attributes, labels, strict=True))
    return {" and ".join(attributes): label}


def _opinion(policy: Policy, rule: Rule, finding: Finding, measurement: Measurement) -> _Opinion:
    outcome, reason, distance = _against_bound(rule, measurement)
    fits = _Fit.of(measurement, policy)
    # A gap that fails among the groups that are large enough fails with the small ones too: it can only widen.
    if fits.why is not None and not (outcome == "fail" and fits.all_used_are_large):
        return _Opinion("inconclusive", fits.why, measurement, finding.check)
    if outcome == "fail" and rule.otherwise == "warn":
        outcome = "warn"
    return _Opinion(outcome, reason, measurement, finding.check, distance)


@dataclass(frozen=True)
class _Fit:
    """Whether a measurement's groups are large enough for the policy, and why not."""

    why: Text | None
    all_used_are_large: bool = False

    @classmethod
    def of(cls, measurement: Measurement, policy: Policy) -> _Fit:
        least = policy.min_group_size
        if measurement.suppressed:
            return cls(Text.of("the number is withheld: it would tell about too few people"))
        if measurement.compared:
            return cls._of_gap(measurement, policy)
        is_gap = "*" in measurement.group.values()
        if is_gap and measurement.value is not None:  # one that is undefined says itself why
            return cls(Text.of("the gap does not say which groups it compares"))
        if not is_gap and _is_small_group(measurement, policy):
            words = {"n": measurement.judged_by or 0, "least": least}
            if measurement.people is not None:
                return cls(Text.of("the rows of the group are of {n} units, fewer than {least}", **words))
            return cls(Text.of("the group has {n} rows to judge by, fewer than {least}", **words))
        return cls(None)

    @classmethod
    def _of_gap(cls, gap: Measurement, policy: Policy) -> _Fit:
        least = policy.min_group_size
        large = {part.label for part in gap.compared if part.n is not None and part.n >= least}
        used = {part.label for part in gap.compared if part.compared}
        if used != large:
            why = Text.of(
                "the gap was measured with another smallest group than {least}: run the audit again", least=least
            )
            return cls(why, all_used_are_large=bool(used) and used < large)
        small = [part.label for part in gap.compared if part.label not in large]
        if not small or policy.small_groups == "list":
            return cls(None)
        names = Text.listed([*small[:5], *(["..."] if len(small) > 5 else [])])  # noqa: PLR2004  enough to know which
        why = Text.of("fewer than {least} rows to judge by in: {names}", least=least, names=names)
        return cls(why, all_used_are_large=True)


def _against_bound(rule: Rule, measurement: Measurement) -> tuple[Outcome, Text, float]:
    bound = rule.max if rule.max is not None else rule.min
    assert bound is not None  # noqa: S101  a Rule has one of the two
    if measurement.value is None:
        return "inconclusive", Text.of("it is undefined: {why}", why=measurement.undefined or ""), 0.0
    sign = 1.0 if rule.max is not None else -1.0
    distance = sign * (measurement.value - bound)
    if rule.judge == "value" or measurement.exact:
        low = high = measurement.value
    elif measurement.interval is None:
        return "inconclusive", Text.of("it carries no interval, so the bound cannot be held against it"), distance
    else:
        low, high = measurement.interval.low, measurement.interval.high
    near, far = (low, high) if rule.max is not None else (high, low)
    words = {"low": low, "high": high, "bound": bound}
    if low == high == measurement.value:
        kept = sign * (measurement.value - bound) <= 0
        text = "the value, {value}, is beyond the bound {bound:bound}"
        if kept:
            text = "the value, {value}, keeps the bound {bound:bound}"
        return "pass" if kept else "fail", Text.of(text, value=measurement.value, bound=bound), distance
    if sign * (far - bound) <= 0:
        text = "the whole interval, {low} to {high}, keeps the bound {bound:bound}"
        return "pass", Text.of(text, **words), distance
    if sign * (near - bound) > 0:
        text = "the whole interval, {low} to {high}, is beyond the bound {bound:bound}"
        return "fail", Text.of(text, **words), distance
    return "inconclusive", Text.of(STRADDLES, **words), distance


def _waive(policy: Policy, rule: Rule, opinion: _Opinion, now: Circumstances) -> _Opinion:
    """A waiver that holds turns a fail, a warning or an inconclusive into `waived`; never an error or an absence."""
    if rule.blocker or opinion.outcome not in {"fail", "warn", "inconclusive"}:
        return opinion
    found = opinion.measurement
    group = tuple(found.group) if found else rule.attributes or ()
    label, value = (found.label, found.value) if found else (rule.label, None)
    ended = []
    for place, waiver in enumerate(policy.waivers):
        if waiver.covers(rule, group=group, label=label, check=opinion.check):
            why = why_over(waiver, rule, value, now)
            if why is None:
                return replace(opinion, outcome="waived", waiver=place)
            ended.append(EndedWaiver(waiver=place, why=why))
    return replace(opinion, ended=tuple(ended))
