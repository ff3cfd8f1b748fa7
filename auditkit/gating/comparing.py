"""A release against its baseline: every comparison of the family estimated, stepped through, judged, withheld."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from auditkit.case import Case
from auditkit.checks.summaries import group_sizes
from auditkit.disclosure.suppression import find_small_cells, suppress, suppress_findings, suppress_judgements
from auditkit.document import Text
from auditkit.errors import NotApplicable
from auditkit.finding import Finding, Interval, Measurement, MetricCard
from auditkit.gating.aims import CHECK, Aim, Group, aims_of, is_lost, rows_of, whom
from auditkit.gating.churn import churn
from auditkit.gating.estimates import Estimate, Rows, apart_estimate, paired_estimate
from auditkit.gating.quantities import Scored
from auditkit.gating.releases import Compared
from auditkit.gating.stepwise import Claim, Step, stepwise
from auditkit.gating.stored import stored_estimate
from auditkit.gating.told import Comparison
from auditkit.judging import STRADDLES, judge_one
from auditkit.policy import Policy, Rule
from auditkit.result import Judgement
from auditkit.waiving import models_of

POWER = 0.8
MOST_GROWTH = 1_000
"""Times the rows; a change for which more would be needed lies on its bound, as far as anybody can tell."""

_NO_NUMBER = ": no number of further rows can be named that would decide it"
_WANTED = ": about {wanted} such rows, where there are {now}, would decide it in 80% of audits"


@dataclass(frozen=True)
class Held:
    """One comparison on its way to a judgement."""

    aim: Aim
    group: Group
    rule: Rule
    estimate: Estimate | None
    why: Text | None
    """Why there is no estimate."""
    step: Step | None = None
    n: int = 0

    @property
    def judged_by(self) -> int:
        """How many people it is about."""
        if self.estimate is None:
            return 0
        return self.estimate.n if self.estimate.people is None else min(self.estimate.people, self.estimate.n)

    def is_small(self, policy: Policy) -> bool:
        """Whether it is about a group that the policy does not judge."""
        return bool(self.group) and self.estimate is not None and self.judged_by < policy.min_group_size

    @property
    def claim(self) -> Claim:
        """What it puts to the family's steps."""
        assert self.estimate is not None  # noqa: S101  only those with an estimate are asked
        higher = self.aim.better == "higher"
        return Claim(self.estimate.limits, self.aim.bound, higher, self.aim.alpha)

    def measurement(self, method: str = "") -> Measurement:
        """The change, for a rule to be held against."""
        about: dict[str, Any] = {
            "metric": self.rule.metric,
            "label": self.aim.asked.label,
            "group": self.group,
            "better": self.aim.better,
            "versus": {"model": "baseline"},
        }
        if self.estimate is None:
            return Measurement(value=None, n=self.n, undefined=self.why, **about)
        about |= {"n": self.estimate.n, "people": self.estimate.people, "value": self.estimate.value}
        step = self.step
        if step is None or not (math.isfinite(step.low) and math.isfinite(step.high)):
            return Measurement(**about)
        value = self.estimate.value
        interval = Interval(
            low=min(step.low, value), high=max(step.high, value), level=step.level, method=self.estimate.method + method
        )
        return Measurement(interval=interval, **about)


@dataclass(frozen=True)
class Outcome:
    """All that came of a comparison of two releases, with nothing told of too few people."""

    rules: tuple[Rule, ...]
    judgements: tuple[Judgement, ...]
    finding: Finding
    comparisons: tuple[Comparison, ...]
    churn: tuple[Measurement, ...]


def compare(compared: Compared, policy: Policy, today: date) -> Outcome:
    """Hold a release against its baseline by a policy.

    Raises:
        SpecError: the policy asks for what cannot be compared.
    """
    held = _stepped([one for aim, taken in _with_ids(policy, compared) for one in _held(aim, compared, taken)], policy)
    rules, models = tuple(one.rule for one in held), models_of(compared.candidate.result.subject)
    findings = [_finding([one.measurement(", at holm's steps")], _cards(held)) for one in held]
    judgements = [
        _listed(one, finding)
        if policy.small_groups == "list" and one.is_small(policy)
        else _with_wanted(judge_one(policy, one.rule, finding, today, models), one)
        for one, finding in zip(held, findings, strict=True)
    ]
    changed = tuple(churn(compared))
    whole = _finding([m for finding in findings for m in finding.measurements] + list(changed), _cards(held))
    sizes = {} if compared.new is None else group_sizes(compared.new, [whole])
    small = find_small_cells(sizes, [whole])
    (told,) = suppress_findings([whole], small, sizes)
    judged = suppress_judgements(judgements, small, sizes)
    return Outcome(
        rules=rules,
        judgements=judged,
        finding=told,
        comparisons=tuple(
            _told(one, measurement, judgement)
            for one, measurement, judgement in zip(held, told.measurements, judged, strict=False)
        ),
        churn=tuple(suppress(one, small, sizes) for one in changed),
    )


def _with_ids(policy: Policy, compared: Compared) -> Iterator[tuple[Aim, set[str]]]:
    taken: set[str] = set()
    for aim in aims_of(policy, compared):
        yield aim, taken


def _held(aim: Aim, compared: Compared, taken: set[str]) -> Iterator[Held]:
    estimate_of = _estimator(aim, compared)
    for group in whom(aim, compared):
        rule = aim.rule(group, taken)
        estimate = estimate_of(group, rule.id) if callable(estimate_of) else None
        why = None if estimate is not None else _why_none(aim, compared, estimate_of, group)
        yield Held(aim, group, rule, estimate, why)


Estimator = Callable[[Group, str], Estimate | None]


def _estimator(aim: Aim, compared: Compared) -> Estimator | Text:
    """How the change of a group is had, or why it is not."""
    new, old = compared.new, compared.old
    if new is None or old is None or aim.how is None:
        results = compared.candidate.result, compared.baseline.result
        return lambda group, _: stored_estimate(*results, aim.metric, aim.asked.label, group)
    try:
        ours, theirs = aim.how.scored(new, aim.about), aim.how.scored(old, aim.about)
    except NotApplicable as why:
        return Text.of(why.message, **why.params)
    if compared.paired:
        return lambda group, name: _paired(ours, theirs, new, group, _rng(compared, name))
    return lambda group, _: _apart(ours, new, theirs, old, group)


def _why_none(aim: Aim, compared: Compared, said: Estimator | Text, group: Group) -> Text:
    if isinstance(said, Text):
        return said
    if is_lost(group, compared):
        return Text.of("the baseline was audited on these rows, and the candidate was not")
    if compared.new is None:
        more = "audit both with [report] evidence = 'rows'"
        if compared.candidate.result.subject.prediction_type == "Texts":
            more = "no bundle holds texts to tell it from; for all rows alone: group = [] in [policy.baseline]"
        return Text.of(
            "the bundles do not both tell {metric} of these rows with an interval; {more}",
            metric=aim.metric,
            more=more,
        )
    return Text.of("no rows, or too few of one kind, to have {metric} of both", metric=aim.metric)


def _paired(ours: Scored, theirs: Scored, case: Case[Any], group: Group, rng: np.random.Generator) -> Estimate | None:
    inside = rows_of(case, group)
    return paired_estimate(ours.take(inside), theirs.take(inside), _rows(case).take(inside), rng)


def _apart(ours: Scored, new: Case[Any], theirs: Scored, old: Case[Any], group: Group) -> Estimate | None:
    here, there = rows_of(new, group), rows_of(old, group)
    return apart_estimate(ours.take(here), _rows(new).take(here), theirs.take(there), _rows(old).take(there))


def _rows(case: Case[Any]) -> Rows:
    return Rows(case.weights, None if case.units is None else case.units.codes)


def _rng(compared: Compared, name: str) -> np.random.Generator:
    """Random numbers that follow from the two results and the comparison."""
    of = f"{compared.candidate.result.result_digest}\0{compared.baseline.result.result_digest}\0{name}"
    return np.random.default_rng(int.from_bytes(hashlib.sha256(of.encode()).digest()[:16], "big"))


def _stepped(held: Sequence[Held], policy: Policy) -> tuple[Held, ...]:
    """The same with the step of each: those that may be judged are the family; groups that are too small are not."""
    family = [place for place, one in enumerate(held) if one.estimate is not None and not one.is_small(policy)]
    steps = dict(zip(family, stepwise([held[place].claim for place in family]), strict=True))
    return tuple(
        replace(one, step=steps[place] if place in steps else _alone(one, len(family)))
        for place, one in enumerate(held)
    )


def _alone(one: Held, family: int) -> Step | None:
    """The interval of a group that is too small to be judged, as careful as the family's first step."""
    if one.estimate is None:
        return None
    error = one.aim.alpha / max(family, 1)
    low, high = one.estimate.limits(error)
    return Step(low, high, error, error)


def wanted_rows(one: Held) -> int | None:
    """How many such rows would decide it in 80% of audits, if what was measured is true; None: none can be named.

    The standard error shrinks with the root of the rows: the change must lie z of the step and z of the power of them
    from its bound.
    """
    from scipy import special

    estimate, step = one.estimate, one.step
    if estimate is None or step is None:
        return None
    distance = estimate.value - one.aim.bound
    error = step.low_error if distance > 0 else step.high_error
    reach: float = float(special.ndtri(POWER) - special.ndtri(error)) * estimate.error
    if abs(distance) * math.sqrt(MOST_GROWTH) <= reach:
        return None
    return max(math.ceil(estimate.n * math.pow(reach / distance, 2)), estimate.n + 1)


def _listed(one: Held, finding: Finding) -> Judgement:
    """A small group of a policy that lists such groups: told, and not judged."""
    (measurement,) = finding.measurements
    reason = Text.of("the group is too small to be judged, and the policy lists such groups")
    about = {"worst": measurement, "listed": (measurement,), "check": finding.check, "reason": reason}
    return Judgement(rule=one.rule.id, outcome="not_applicable", **about)


def _with_wanted(judgement: Judgement, one: Held) -> Judgement:
    """An inconclusive judgement that says why there is nothing to judge, or how many rows would decide it."""
    if one.why is not None and judgement.outcome == "inconclusive":
        return judgement.model_copy(update={"reason": Text.of("it is undefined: {why}", why=one.why)})
    if judgement.outcome != "inconclusive" or judgement.reason.msgid != STRADDLES or one.estimate is None:
        return judgement
    wanted, params = wanted_rows(one), judgement.reason.params
    if wanted is None:
        return judgement.model_copy(update={"reason": Text.of(STRADDLES + _NO_NUMBER, **params)})
    reason = Text.of(STRADDLES + _WANTED, **params, wanted=_rounded(wanted), now=one.estimate.n)
    return judgement.model_copy(update={"reason": reason})


def _rounded(rows: int) -> int:
    """Up to two digits, since more of them are not known."""
    step = int(10 ** max(len(str(rows)) - 2, 0))
    return -(-rows // step) * step


def _told(one: Held, measurement: Measurement, judgement: Judgement) -> Comparison:
    is_told = measurement.value is not None
    estimate, step = one.estimate if is_told else None, one.step if is_told else None
    straddles = "would decide it in 80%" in judgement.reason.msgid
    return Comparison(
        rule=one.rule.id,
        outcome=judgement.outcome,
        metric=one.aim.metric,
        label=one.aim.asked.label,
        group=one.group,
        better=one.aim.better,
        margin=one.aim.asked.margin,
        alpha=one.aim.alpha,
        new=None if estimate is None else estimate.new,
        old=None if estimate is None else estimate.old,
        change=measurement.value,
        interval=measurement.interval,
        low_error=None if step is None else step.low_error,
        high_error=None if step is None else step.high_error,
        n=measurement.n,
        people=measurement.people,
        test="" if estimate is None else estimate.test,
        p_value=None if estimate is None else estimate.p_value,
        wanted=wanted_rows(one) if straddles and is_told else None,
        reason=judgement.reason,
    )


def _finding(measurements: Sequence[Measurement], cards: tuple[MetricCard, ...]) -> Finding:
    return Finding(
        check=CHECK,
        title=Text.of("Against the baseline"),
        text=Text.of(
            "How much better or worse the release does than the one before it, and who now gets another answer."
        ),
        status="measured",
        cards=cards,
        measurements=tuple(measurements),
    )


def _cards(held: Sequence[Held]) -> tuple[MetricCard, ...]:
    """What each change is, for the report."""
    cards = {
        one.rule.metric: MetricCard(
            name=one.rule.metric,
            title=f"Change of {one.aim.metric.replace('_', ' ')} against the baseline",
            asks="Does the new release do better or worse than the one before it?",
            formula=f"{one.aim.metric} of the candidate less that of the baseline, of the same rows where they are",
            source="a test of non-inferiority; intervals at the steps of Holm (1979)",
            better=one.aim.better,
            undefined="When the metric has no value for one of the two.",
            misleads="A change that is small over all rows can be large in a group that is too small to be judged.",
        )
        for one in held
    }
    return tuple(cards.values())
