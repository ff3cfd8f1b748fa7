"""What is to be said of the rules of a policy: of what nothing measures, and of rules that repeat or contradict."""

from __future__ import annotations

import difflib
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations

from auditkit.errors import did_you_mean
from auditkit.gating.quantities import metric_named
from auditkit.linting.remarks import Read, Remark
from auditkit.plugin import Check
from auditkit.policy import Rule
from auditkit.sealing.record import METRIC


def rule_remarks(
    read: Read,
    checks: Mapping[str, Check],
    planned: Collection[Check] | None,
    groups: Collection[str] | None,
    today: date,
) -> Iterator[Remark]:
    """What is wrong with each rule of the file itself.

    Args:
        read: the policy.
        checks: those that are installed, by their ids.
        planned: those that the spec asks for; None: it is no spec.
        groups: the attributes that the spec's data name; None: it is no spec.
        today: to which due days are compared.
    """
    for place, rule in enumerate(read.policy.rules):
        if rule.metric == METRIC:
            continue
        found = list(_unmeasured(read, place, rule, list(checks.values()), planned))
        yield from found
        yield from _bound(read, place, rule)
        if rule.due is not None and rule.due < today:
            said = f"is {rule.due}, which has passed"
            yield read.remark("warning", ("rules", place, "due"), said, f"{rule.owner}: say by when it is to be mended")
        if planned is not None and not found:
            yield from _unplanned(read, place, rule, planned)
        if groups is not None:
            yield from _unknown_groups(read, ("rules", place, "group"), rule.attributes or (), groups)
    if groups is not None:
        for place, waiver in enumerate(read.policy.waivers):
            named = (waiver.group,) if isinstance(waiver.group, str) else waiver.group or ()
            wanted = [name for name in named if name != "any"]
            yield from _unknown_groups(read, ("waivers", place, "group"), wanted, groups)
        is_one = isinstance(read.source.value((*read.table, "baseline")), Mapping)
        for place, asked in enumerate(read.policy.baseline):
            named = (asked.group,) if isinstance(asked.group, str) else asked.group or ()
            keys = ("baseline", "group") if is_one else ("baseline", place, "group")
            yield from _unknown_groups(read, keys, named, groups)
    for (first, one), (second, other) in combinations(enumerate(read.policy.rules), 2):
        yield from _together(read, (first, one), (second, other))


def _unknown_groups(
    read: Read, keys: tuple[str | int, ...], named: Sequence[str], groups: Collection[str]
) -> Iterator[Remark]:
    for name in named:
        if name not in groups:
            yield read.remark("error", keys, f"names '{name}', which is not one of [data] groups", _near(name, groups))


def _near(name: str, known: Collection[str]) -> str:
    return did_you_mean(name, known) if known else "name it in [data] groups"


def _of(rule: Rule, checks: Collection[Check]) -> list[Check]:
    """The checks that a rule takes measurements from."""
    return [check for check in checks if rule.check in {None, check.id, check.area}]


def _has_card(rule: Rule, checks: Collection[Check]) -> bool:
    return any(rule.metric == card.name for check in checks for card in check.metrics)


def _may_measure(rule: Rule, checks: Collection[Check]) -> bool:
    """Whether one of them measures the rule's metric, or does not say what it measures: it has no cards."""
    return _has_card(rule, checks) or any(not check.metrics for check in checks)


def _unmeasured(
    read: Read, place: int, rule: Rule, checks: Collection[Check], planned: Collection[Check] | None
) -> Iterator[Remark]:
    own = _of(rule, checks)
    if not own:
        hint = did_you_mean(str(rule.check), {name for one in checks for name in (one.id, one.area)})
        yield read.remark("error", ("rules", place, "check"), f"'{rule.check}' is no check and no area", hint)
        return
    if _has_card(rule, own) or (planned is not None and _may_measure(rule, _of(rule, planned))):
        return
    keys = ("rules", place, "metric")
    elsewhere = [check.id for check in checks if _has_card(rule, [check])]
    known = {card.name for check in own for card in check.metrics}
    if rule.check is not None and elsewhere:
        hint = f"leave check out, or name one that does: {', '.join(elsewhere)}"
        yield read.remark("error", keys, f"'{rule.metric}' is not measured by '{rule.check}'", hint)
    elif planned is None and _may_measure(rule, own) and not difflib.get_close_matches(rule.metric, known, cutoff=0.9):
        silent = ", ".join(check.id for check in own if not check.metrics)
        said = f"'{rule.metric}' is named by no installed check; {silent} may measure it where a spec asks it to"
        yield read.remark("warning", keys, said, "auditkit checks ID lists what a check measures")
    else:
        hint = did_you_mean(rule.metric, known, otherwise="auditkit checks ID lists what a check measures")
        yield read.remark("error", keys, f"'{rule.metric}' is measured by no check that is installed", hint)


def _unplanned(read: Read, place: int, rule: Rule, planned: Collection[Check]) -> Iterator[Remark]:
    if not _may_measure(rule, _of(rule, planned)):
        said = f"'{rule.metric}' is measured by no check that the spec asks for: the rule will have no evidence"
        hint = "add the check that measures it: [[checks]] use = ..., or take the rule out"
        yield read.remark("error" if rule.required else "warning", ("rules", place, "metric"), said, hint)


def _bound(read: Read, place: int, rule: Rule) -> Iterator[Remark]:
    """A bound beyond what the metric can be: every model keeps it, or none does."""
    found = metric_named(rule.metric)
    if found is None:
        return
    key, bound = ("max", rule.max) if rule.min is None else ("min", rule.min)
    assert bound is not None  # noqa: S101  a rule has one
    most = math.inf if found.most is None else found.most
    said = f"'{rule.metric}' is {'0 or more' if most == math.inf else f'from 0 to {most:.3g}'}"
    if bound > most if key == "min" else bound < 0:
        yield read.remark("error", ("rules", place, key), f"= {bound:g} can never be kept: {said}", "mend the bound")
    elif bound <= 0 if key == "min" else bound >= most:
        yield read.remark("error", ("rules", place, key), f"= {bound:g} can never be missed: {said}", "mend the bound")


def _together(read: Read, first: tuple[int, Rule], second: tuple[int, Rule]) -> Iterator[Remark]:
    """Two rules about the same: equal, one never deciding, or none that both can be kept."""
    (_, one), (place, other) = first, second
    if _aim(one) != _aim(other):
        return
    keys = ("rules", place)
    name = one.identified().id
    lower, upper = (one, other) if one.max is None else (other, one)
    if (one.max is None) != (other.max is None):
        if lower.min is not None and upper.max is not None and lower.min > upper.max:
            said = f"contradicts '{name}': no value is at least {lower.min:g} and at most {upper.max:g}"
            yield read.remark("error", keys, said, "mend one of the two bounds")
    elif one.strictness == other.strictness and _deals(one) == _deals(other):
        yield read.remark("warning", keys, f"says the same as '{name}'", "keep one of the two")
    elif _deals(one) == _deals(other):
        strict, soft = sorted((one, other), key=lambda rule: -rule.strictness)
        said = (
            f"is about the same as '{name}': '{soft.identified().id}' never decides beside '{strict.identified().id}'"
        )
        yield read.remark("warning", keys, said, 'keep the stricter; or let one of them warn: otherwise = "warn"')


def _aim(rule: Rule) -> tuple[object, ...]:
    return rule.metric, rule.check, rule.label, rule.attributes or rule.group, tuple(sorted(rule.conditions.items()))


def _deals(rule: Rule) -> tuple[object, ...]:
    """What a rule does with what it finds, beside its bound."""
    return rule.otherwise, rule.required, rule.judge, rule.needs, rule.blocker
