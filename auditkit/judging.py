"""The policy judges: rules find their measurements, each is held against its bound, the verdict follows.

One function, `judge`, feeds the console, the exit code, the report and the gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from auditkit.document import Text
from auditkit.errors import PluginError
from auditkit.finding import Finding, Measurement
from auditkit.policy import Outcome, Policy, PolicyPack, Rule
from auditkit.result import Judgement, Verdict

EXIT_CODES = {"pass": 0, "fail": 1, "error": 3, "inconclusive": 5}
"""The verdict's exit code, everywhere."""

# The worst outcome of a rule's measurements is the rule's.
_WORST_FIRST: tuple[Outcome, ...] = ("fail", "error", "no_evidence", "inconclusive", "warn", "pass")


@dataclass(frozen=True)
class _Opinion:
    """What a rule says of one measurement."""

    outcome: Outcome
    reason: Text
    measurement: Measurement | None = None
    check: str | None = None
    distance: float = 0.0
    """How far the value is beyond the bound; the farthest decides among equals."""


def judge(policy: Policy, findings: Sequence[Finding], available: Iterable[str], today: date) -> Verdict:
    """Judge findings by a policy.

    Args:
        policy: rules with ids, packs already put in (see `resolve_policy`).
        findings: what the checks found, before suppression.
        available: what the data have, for `needs`: targets, groups, scores, training, ...
        today: for the waivers' expiry.
    """
    have = frozenset(available)
    judgements = tuple(_waive(policy, _judge_rule(policy, rule, findings, have), rule, today) for rule in policy.rules)
    in_force = {judgement.waiver for judgement in judgements if judgement.outcome == "waived"}
    expired = tuple(place for place, waiver in enumerate(policy.waivers) if waiver.expires < today)
    return Verdict(
        outcome=_verdict(policy.rules, judgements),
        judgements=judgements,
        waivers_in_force=len(in_force),
        waivers_expired=expired,
    )


def resolve_policy(policy: Policy | None, packs: dict[str, PolicyPack], extra: dict[str, Policy]) -> Policy:
    """A policy with the rules of what it extends put in front of its own, and every rule's id spelt out.

    A rule of one's own replaces the packs' rules on the same metric, group, label and conditions: a policy may set its
    own bar, and the report prints the one that was used.

    Args:
        policy: the spec's; None uses the pack `baseline`.
        packs: policy packs by name.
        extra: policy files that `extends` names, already read, by their path.

    Raises:
        PluginError: `extends` names a pack that is not installed.
    """
    if policy is None:
        policy = Policy(extends=("baseline",))
    inherited: list[Rule] = []
    for name in policy.extends:
        if name in extra:
            inherited += extra[name].rules
        elif name in packs:
            inherited += packs[name].rules
        else:
            raise PluginError(f"no policy named '{name}'", hint=f"installed are: {', '.join(sorted(packs)) or 'none'}")
    own = {_aim(rule) for rule in policy.rules}
    rules = [rule for rule in inherited if _aim(rule) not in own] + list(policy.rules)
    return policy.model_copy(update={"rules": _distinct(rule.identified() for rule in rules)})


def _aim(rule: Rule) -> tuple[object, ...]:
    return rule.metric, rule.check, rule.label, rule.group, tuple(sorted(rule.conditions.items()))


def _distinct(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Rules with different ids: a repeated one is numbered."""
    seen: dict[str, int] = {}
    named = []
    for rule in rules:
        seen[rule.id] = seen.get(rule.id, 0) + 1
        number = seen[rule.id]
        named.append(rule if number == 1 else rule.model_copy(update={"id": f"{rule.id}#{number}"}))
    return tuple(named)


def _verdict(rules: Sequence[Rule], judgements: Sequence[Judgement]) -> str:
    required = [judgement.outcome for rule, judgement in zip(rules, judgements, strict=True) if rule.required]
    if "fail" in required:
        return "fail"
    if "error" in required or "no_evidence" in required:
        return "error"
    judged = [j.outcome for j in judgements if j.outcome not in {"not_applicable", "no_evidence"}]
    if "inconclusive" in required or not judged:
        return "inconclusive"
    return "pass"


def _judge_rule(policy: Policy, rule: Rule, findings: Sequence[Finding], available: frozenset[str]) -> Judgement:
    absent = [need for need in rule.needs if need not in available]
    if absent:
        reason = Text.of("the data have no {needs}, which this rule needs", needs=", ".join(absent))
        return Judgement(rule=rule.id, outcome="not_applicable", reason=reason)
    opinions: list[_Opinion] = []
    listed: list[Measurement] = []
    for finding, measurement in _matches(rule, findings):
        if not finding.controls_passed:
            reason = Text.of(
                "a control of the check {check} failed, so its numbers cannot be relied on", check=finding.check
            )
            opinions.append(_Opinion("error", reason, measurement, finding.check))
        elif policy.small_groups == "list" and _is_small_group(measurement, policy):
            listed.append(measurement)
        else:
            opinions.append(_opinion(policy, rule, finding, measurement))
            listed += _small_groups_of(measurement, policy)
    opinions += _crashes(rule, findings, measured=bool(opinions or listed))
    if not opinions:
        opinions.append(_nothing(rule, findings, only_listed=bool(listed)))
    worst = min(opinions, key=lambda o: (_WORST_FIRST.index(o.outcome), -o.distance))
    return Judgement(
        rule=rule.id,
        outcome=worst.outcome,
        worst=worst.measurement,
        check=worst.check,
        reason=worst.reason,
        listed=tuple(listed),
    )


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


def _crashes(rule: Rule, findings: Sequence[Finding], *, measured: bool) -> Iterator[_Opinion]:
    """Crashed checks that would have measured the rule's metric; or, when nothing did, that may have."""
    for finding in findings:
        would = rule.metric in finding.measures or (not finding.measures and not measured)
        if finding.status == "error" and _is_of(rule, finding) and would:
            reason = Text.of("the check {check} crashed: {why}", check=finding.check, why=str(finding.reason))
            yield _Opinion("error", reason, None, finding.check)


def _nothing(rule: Rule, findings: Sequence[Finding], *, only_listed: bool) -> _Opinion:
    if only_listed:
        return _Opinion("inconclusive", Text.of("every group that it is about is too small to be judged"))
    for finding in findings:
        if finding.status == "not_applicable" and rule.metric in finding.measures:
            reason = Text.of(
                "nothing measured it: {check} does not apply: {why}", check=finding.check, why=str(finding.reason)
            )
            return _Opinion("no_evidence", reason, None, finding.check)
    return _Opinion("no_evidence", Text.of("no check that ran measured '{metric}'", metric=rule.metric))


def _is_small_group(measurement: Measurement, policy: Policy) -> bool:
    """One group whose denominator is too small; a gap is never one, since it leaves small groups out."""
    is_one_group = bool(measurement.group) and "*" not in measurement.group.values()
    return is_one_group and (measurement.n is None or measurement.n < policy.min_group_size)


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
            group={" and ".join(gap.group): part.label},
            label=gap.label,
            better=gap.better,
        )
        for part in gap.compared
        if part.n is None or part.n < policy.min_group_size
    ]


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
        if _is_small_group(measurement, policy):
            return cls(
                Text.of("the group has {n} rows to judge by, fewer than {least}", n=measurement.n or 0, least=least)
            )
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
        names = ", ".join(small[:5]) + (", ..." if len(small) > 5 else "")  # noqa: PLR2004  enough to know which
        why = Text.of("fewer than {least} rows to judge by in: {names}", least=least, names=names)
        return cls(why, all_used_are_large=True)


def _against_bound(rule: Rule, measurement: Measurement) -> tuple[Outcome, Text, float]:
    bound = rule.max if rule.max is not None else rule.min
    assert bound is not None  # noqa: S101  a Rule has one of the two
    if measurement.value is None:
        return "inconclusive", Text.of("it is undefined: {why}", why=str(measurement.undefined)), 0.0
    sign = 1.0 if rule.max is not None else -1.0
    distance = sign * (measurement.value - bound)
    if rule.judge == "value" or measurement.exact:
        low = high = measurement.value
    elif measurement.interval is None:
        return "inconclusive", Text.of("it carries no interval, so the bound cannot be held against it"), distance
    else:
        low, high = measurement.interval.low, measurement.interval.high
    near, far = (low, high) if rule.max is not None else (high, low)
    words = {"value": measurement.value, "low": low, "high": high, "bound": bound}
    if sign * (far - bound) <= 0:
        return "pass", Text.of("the whole interval, {low} to {high}, keeps the bound {bound}", **words), distance
    if sign * (near - bound) > 0:
        return "fail", Text.of("the whole interval, {low} to {high}, is beyond the bound {bound}", **words), distance
    return (
        "inconclusive",
        Text.of("the interval, {low} to {high}, lies on both sides of the bound {bound}", **words),
        distance,
    )


def _waive(policy: Policy, judgement: Judgement, rule: Rule, today: date) -> Judgement:
    """A waiver in force turns a fail, a warning or an inconclusive into `waived`; never an error or an absence."""
    if judgement.outcome not in {"fail", "warn", "inconclusive"}:
        return judgement
    for place, waiver in enumerate(policy.waivers):
        if waiver.covers(rule) and waiver.expires >= today:
            return judgement.model_copy(update={"outcome": "waived", "waiver": place})
    return judgement
