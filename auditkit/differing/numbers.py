"""Measurements of two results side by side: the same metric of the same rows' groups, and what to say of the change."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from auditkit.differing.noise import SAME, Held, Judge, interval_of
from auditkit.differing.told import CheckChange, Moved, Says
from auditkit.document import Text, canonical_json
from auditkit.finding import Finding, Measurement
from auditkit.gating.stepwise import Step
from auditkit.result import AuditResult

Key = tuple[object, ...]


@dataclass(frozen=True)
class Beside:
    """One measurement in A and in B."""

    check: str
    old: Measurement | None
    new: Measurement | None
    same_options: bool

    @property
    def told(self) -> Measurement:
        """B's, or else A's."""
        one = self.new or self.old
        assert one is not None  # noqa: S101  it is made of one at least
        return one

    @property
    def is_exact(self) -> bool:
        """Whether neither has a sampling error."""
        return self.old is not None and self.new is not None and self.old.exact and self.new.exact

    @property
    def has_values(self) -> bool:
        """Whether both tell a number."""
        return self.old is not None and self.new is not None and None not in {self.old.value, self.new.value}


def paired_findings(old: AuditResult, new: AuditResult) -> Iterator[tuple[Finding | None, Finding | None]]:
    """A's finding beside B's of the same check: those with equal options, then in their order."""
    left: dict[str, list[Finding]] = defaultdict(list)
    for finding in old.findings:
        left[finding.check].append(finding)
    pairs: dict[int, Finding] = {}
    for wanted in (True, False):
        for place, finding in enumerate(new.findings):
            fits = [one for one in left[finding.check] if not wanted or one.options == finding.options]
            if place not in pairs and fits:
                pairs[place] = fits[0]
                left[finding.check].remove(fits[0])
    yield from ((pairs.get(place), finding) for place, finding in enumerate(new.findings))
    yield from ((finding, None) for findings in left.values() for finding in findings)


def changed_checks(pairs: Sequence[tuple[Finding | None, Finding | None]]) -> Iterator[CheckChange]:
    """Checks that ran in one alone, ended otherwise, or were asked otherwise."""
    for old, new in pairs:
        if old is None or new is None:
            one = old or new
            assert one is not None  # noqa: S101  a pair has one at least
            said = ("only in B", None, one.status) if old is None else ("only in A", one.status, None)
            yield CheckChange(check=one.check, what=said[0], old=said[1], new=said[2], reason=one.reason)
            continue
        if _ended(old) != _ended(new):
            reason: Text | None = new.reason or old.reason
            yield CheckChange(check=new.check, what="status", old=_ended(old), new=_ended(new), reason=reason)
        if old.options != new.options:
            ours, theirs = (canonical_json(one.options).decode() for one in (old, new))
            yield CheckChange(check=new.check, what="options", old=ours, new=theirs)


def _ended(finding: Finding) -> str:
    return finding.status if finding.controls_passed else "control failed"


def side_by_side(pairs: Sequence[tuple[Finding | None, Finding | None]]) -> Iterator[Beside]:
    """Every measurement of either, in B's order, then those that A alone has."""
    for old, new in pairs:
        ours = {} if old is None else _keyed(old)
        theirs = {} if new is None else _keyed(new)
        check = new.check if new is not None else old.check if old is not None else ""
        same = old is None or new is None or old.options == new.options
        for key in dict.fromkeys((*theirs, *ours)):
            yield Beside(check, ours.get(key), theirs.get(key), same)


def _keyed(finding: Finding) -> dict[Key, Measurement]:
    seen: Counter[Key] = Counter()
    found = {}
    for one in finding.measurements:
        about = one.group, one.conditions, one.versus or {}
        key: Key = (one.metric, one.label, *(tuple(sorted(part.items())) for part in about))
        seen[key] += 1
        found[*key, seen[key]] = one
    return found


def moved(beside: Sequence[Beside], judge: Judge) -> tuple[Moved, ...]:
    """What is said of each; those that can be held against chance are one family."""
    # What did not move at all was looked at too, and is counted. Of the same release chance has no part in anything.
    asked = () if judge.is_same_release else enumerate(beside)
    family = [place for place, one in asked if one.has_values and one.same_options and not one.is_exact]
    held = {place: judge.held(beside[place].check, beside[place].old, beside[place].new) for place in family}
    steps = dict(zip(family, judge.steps([held[place] for place in family]), strict=True))
    return tuple(_moved(one, judge, held.get(place), steps.get(place)) for place, one in enumerate(beside))


def _moved(one: Beside, judge: Judge, held: Held | None, step: Step | None) -> Moved:
    told = one.told
    about: dict[str, Any] = {
        "check": one.check,
        **{name: getattr(told, name) for name in ("metric", "label", "group", "conditions", "versus", "better")},
    }
    for side, found in (("old", one.old), ("new", one.new)):
        if found is not None:
            about |= {side: found.value, f"{side}_interval": found.interval, f"{side}_n": found.n}
    if one.old is not None and one.new is not None and one.old.value is not None and one.new.value is not None:
        about["change"] = one.new.value - one.old.value
    if held is not None and step is not None:
        about |= {"how": held.how, "interval": interval_of(held, step)}
    return Moved(says=_says(one, judge, step), **about)


def _says(one: Beside, judge: Judge, step: Step | None) -> Says:
    if one.old is None or one.new is None:
        return "only in B" if one.old is None else "only in A"
    if one.old.suppressed or one.new.suppressed:
        return "same" if one.old == one.new else "withheld"
    if one.old.value is None or one.new.value is None:
        return "same" if one.old.undefined == one.new.undefined else "undefined"
    if math.isclose(one.old.value, one.new.value, rel_tol=SAME, abs_tol=SAME):
        return "same"
    return _of_a_change(one, judge, step)


def _of_a_change(one: Beside, judge: Judge, step: Step | None) -> Says:
    """What may have moved a number, other than the release."""
    if not judge.is_same_task:
        return "other subject"
    if not one.same_options:
        return "other options"
    if judge.is_same_release:
        return "not the release"
    if one.is_exact:
        return "differs exactly"
    if step is None:
        return "undecided"
    return "differs" if step.low > 0 or step.high < 0 else "noise"
