"""Waivers at work: which of them hold on the day of judging, why the others are over, and which may not be at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from auditkit.document import Text
from auditkit.errors import SpecError
from auditkit.policy import Policy, Rule, Waiver

if TYPE_CHECKING:
    from auditkit.result import Subject
    from auditkit.specs.source import Keys, Source


@dataclass(frozen=True)
class Circumstances:
    """What decides whether a waiver still holds."""

    today: date
    models: frozenset[str] = frozenset()
    """The digests that name the audited model, in hex; empty: nobody knows which it is."""


def models_of(subject: Subject) -> tuple[str, ...]:
    """The digests by which a waiver may name the model: auditkit's, and that of OpenSSF model signing."""
    return tuple(filter(None, (subject.digest, subject.root_digest)))


def why_over(waiver: Waiver, rule: Rule, value: float | None, now: Circumstances) -> Text | None:
    """Why a waiver does not hold any more for a rule that is missed, or undecided, by a value; None: it holds.

    The words quote no measured value, which may have to be withheld.
    """
    if waiver.expires < now.today:
        return Text.of("the waiver of {owner} expired on {date}", owner=waiver.owner, date=waiver.expires.isoformat())
    if waiver.model_digest is not None and waiver.model_digest.removeprefix("sha256:") not in now.models:
        return Text.of("the waiver of {owner} was for another model", owner=waiver.owner)
    if waiver.worst is None:
        return None
    if value is None:
        said = "the waiver of {owner} lives with values up to {worst:bound}, and there is no value"
        return Text.of(said, owner=waiver.owner, worst=waiver.worst)
    sign = 1 if rule.max is not None else -1
    if sign * (value - waiver.worst) > 0:
        said = "the waiver of {owner} ended: the value is worse than {worst:bound}"
        return Text.of(said, owner=waiver.owner, worst=waiver.worst)
    return None


@dataclass(frozen=True)
class Fault:
    """Something in a waiver that the policy does not allow."""

    place: int
    """Of the waiver in its policy."""
    key: str
    message: str
    """Can follow the key."""
    hint: str


def faults_of(policy: Policy, today: date) -> Iterator[Fault]:
    """What no waiver may be: approved by nobody, longer than the policy lets it, or about a blocker.

    Args:
        policy: packs already put in, so that their rules are known too.
        today: from which the longest waiver is counted.
    """
    latest = today + timedelta(days=policy.waiver_days)
    for place, waiver in enumerate(policy.waivers):
        if not waiver.approved_by.strip():
            hint = 'name who agreed to it, another person than its owner: approved_by = "B. Name"'
            yield Fault(place, "approved_by", "is missing", hint)
        if waiver.expires > latest:
            yield Fault(
                place,
                "expires",
                f"is {waiver.expires}, more than {policy.waiver_days} days ahead",
                f"end it by {latest}; [policy] waiver_days says how long one may be, up to 365",
            )
        blocked = next((rule for rule in policy.rules if rule.blocker and waiver.may_cover(rule)), None)
        if blocked is not None:
            yield Fault(
                place,
                "rule" if waiver.rule else "metric",
                f"is waived by {waiver.owner}, and the rule '{blocked.id}' is a blocker, which nobody may waive",
                "take the waiver out; or name another group or check in it",
            )


def refuse_faults(policy: Policy, today: date, source: Source, table: Keys) -> None:
    """Raise for the first waiver that the policy does not allow.

    Args:
        policy: packs already put in.
        today: from which the longest waiver is counted.
        source: of the file.
        table: where the policy stands in it: `("policy",)`, or `()` in a file of its own.

    Raises:
        SpecError: with the file, the line and the key.
    """
    for fault in faults_of(policy, today):
        raise source.error((*table, "waivers", fault.place, fault.key), fault.message, fault.hint)


def refuse_softer(rule: Rule, blocker: Rule) -> None:
    """Refuse a rule of one's own that takes the place of a blocker and asks for less.

    Raises:
        SpecError: it names both.
    """
    is_as_strict = rule.strictness >= blocker.strictness and rule.judge == blocker.judge
    if not (rule.blocker and is_as_strict and set(rule.needs) <= set(blocker.needs)):
        raise SpecError(
            f"the rule on '{rule.metric}' would take the place of the blocker '{blocker.identified().id}'",
            hint="only a blocker that asks for as much may: blocker = true, with a bound at least as strict",
        )
