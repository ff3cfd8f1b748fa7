"""What is to be said of the waivers of a policy."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date

from auditkit.errors import did_you_mean
from auditkit.gating.quantities import metric_named
from auditkit.linting.remarks import Read, Remark
from auditkit.policy import Waiver
from auditkit.resolving import is_of_a_comparison, of_changes
from auditkit.waiving import faults_of

SOON = 30
"""Days before its end at which a waiver is pointed out."""


def waiver_remarks(read: Read, checks: Collection[str], today: date) -> Iterator[Remark]:
    """What is wrong with each waiver, and which end soon.

    Args:
        read: the policy.
        checks: the ids of the checks that are installed.
        today: to which ends are compared.
    """
    resolved = read.policy.model_copy(update={"rules": read.rules})
    for fault in faults_of(resolved, today):
        yield read.remark("error", ("waivers", fault.place, fault.key), fault.message, fault.hint)
    for place, waiver in enumerate(read.policy.waivers):
        keys = ("waivers", place)
        yield from _about_nothing(read, place, waiver)
        if waiver.check not in {None, *checks} and not is_of_a_comparison(waiver, read.policy):
            hint = did_you_mean(str(waiver.check), checks, otherwise="auditkit checks lists them")
            yield read.remark("error", (*keys, "check"), f"'{waiver.check}' is no check that is installed", hint)
        yield from _its_end(read, place, waiver, today)
        if _same(waiver.owner, waiver.approved_by):
            said = f"is '{waiver.approved_by}', who is its owner too"
            yield read.remark("warning", (*keys, "approved_by"), said, "let another person agree to it")


def _about_nothing(read: Read, place: int, waiver: Waiver) -> Iterator[Remark]:
    if is_of_a_comparison(waiver, read.policy):
        return
    about = [rule for rule in read.rules if waiver.is_about(rule)]
    key = "rule" if waiver.rule else "metric"
    if not about:
        said = waiver.rule or waiver.metric
        known = {rule.id for rule in read.rules} if waiver.rule else {rule.metric for rule in read.rules}
        hint = did_you_mean(said, known, otherwise="take the waiver out, or write the rule that it is about")
        if key == "metric" and metric_named(said) is not None:
            hint = of_changes(said)
        yield read.remark("error", ("waivers", place, key), f"'{said}' is no rule's", hint)
    elif not any(waiver.may_cover(rule) for rule in about):
        names = ", ".join(f"'{rule.id}'" for rule in about[:3])
        said = f"is about {names}, but its group, label or check is none of that rule's: it covers nothing"
        yield read.remark("error", ("waivers", place, key), said, "name the group as the rule does, or leave it out")


def _its_end(read: Read, place: int, waiver: Waiver, today: date) -> Iterator[Remark]:
    keys, left = ("waivers", place, "expires"), (waiver.expires - today).days
    if left < 0:
        said = f"is {waiver.expires}: the waiver expired, and the finding counts again"
        yield read.remark("error", keys, said, "take it out; or decide anew, with a new end and a new approval")
    elif left <= SOON:
        said = f"is {waiver.expires}: it ends {_in_days(left)}"
        yield read.remark("warning", keys, said, f"{waiver.owner}: mend what it is about, or decide anew")


def _in_days(left: int) -> str:
    return {0: "today", 1: "tomorrow"}.get(left, f"in {left} days")


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold() != ""
