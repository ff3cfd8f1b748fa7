"""Two policies held against each other: rules that came and went, bounds that moved, waivers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from auditkit.differing.told import Changed
from auditkit.document import Document, canonical_json
from auditkit.policy import Policy, Rule, Waiver
from auditkit.resolving import aim_of
from auditkit.result import AuditResult

Pair = tuple[Rule | None, Rule | None]

_SETTINGS = ("min_group_size", "small_groups", "waiver_days", "reaudit", "extends")


def paired_rules(old: Sequence[Rule], new: Sequence[Rule]) -> Iterator[Pair]:
    """A's rule beside B's: those of one id, then those with one aim; B's order, then those that are gone.

    An id that nobody wrote says the bound, so that a rule whose bound moved has another.
    """
    by_id = {rule.id: rule for rule in old}
    pairs = {rule.id: by_id.pop(rule.id) for rule in new if rule.id in by_id}
    left: dict[object, list[Rule]] = defaultdict(list)
    for rule in by_id.values():
        left[aim_of(rule)].append(rule)
    for rule in new:
        was = pairs.get(rule.id) or (left[aim_of(rule)].pop(0) if left[aim_of(rule)] else None)
        yield was, rule
    yield from ((rule, None) for rules in left.values() for rule in rules)


def changed_bars(old: AuditResult, new: AuditResult, pairs: Sequence[Pair]) -> Iterator[Changed]:
    """Rules that were added or removed or say something else, the policies' settings, and their waivers."""
    ours, theirs = old.policy.policy, new.policy.policy
    for was, rule in pairs:
        yield from _rule(was, rule)
    for name in _SETTINGS:
        said = [_one_line(getattr(policy, name)) for policy in (ours, theirs)]
        if said[0] != said[1]:
            yield Changed(area="policy", what=name, old=said[0], new=said[1])
    compared = [
        _one_line([one.model_dump(mode="json") for one in policy.baseline] or None) for policy in (ours, theirs)
    ]
    if compared[0] != compared[1]:
        yield Changed(area="policy", what="[policy.baseline]", old=compared[0], new=compared[1])
    yield from _waivers(ours, theirs)


def _rule(was: Rule | None, rule: Rule | None) -> Iterator[Changed]:
    if was is None or rule is None:
        one = was or rule
        assert one is not None  # noqa: S101  a pair has one at least
        said = f"{_bound(one)}: {one.because}"
        yield Changed(
            area="policy", what=f"rule {one.id}", old=None if was is None else said, new=None if rule is None else said
        )
        return
    for name in type(rule).model_fields:
        if name == "id" or getattr(was, name) == getattr(rule, name):
            continue
        what = f"rule {rule.id}: {name}"
        yield Changed(area="policy", what=what, old=_one_line(getattr(was, name)), new=_one_line(getattr(rule, name)))


def _bound(rule: Rule) -> str:
    return f"min {rule.min:g}" if rule.min is not None else f"max {rule.max:g}"


def _waivers(old: Policy, new: Policy) -> Iterator[Changed]:
    ours, theirs = ({_of(one): one for one in policy.waivers} for policy in (old, new))
    for key in dict.fromkeys((*ours, *theirs)):
        said = [None if one is None else _granted(one) for one in (ours.get(key), theirs.get(key))]
        if said[0] != said[1]:
            yield Changed(area="waivers", what=f"waiver of {key}", old=said[0], new=said[1])


def _of(waiver: Waiver) -> str:
    """What it waives, in words."""
    group = ", ".join((waiver.group,) if isinstance(waiver.group, str) else waiver.group or ())
    narrowed = [f"{name} {said}" for name, said in (("class", waiver.label), ("check", waiver.check)) if said]
    return ", ".join(filter(None, [waiver.rule or waiver.metric, group, *narrowed]))


def _granted(waiver: Waiver) -> str:
    more = f", up to {waiver.worst:g}" if waiver.worst is not None else ""
    model = f", of model {waiver.model_digest[:16]}" if waiver.model_digest else ""
    agreed = f", approved by {waiver.approved_by}" if waiver.approved_by else ""
    return f"{waiver.owner}{agreed}, until {waiver.expires.isoformat()}{more}{model}: {waiver.reason}"


def _one_line(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, Document):
        value = value.model_dump(mode="json")
    return canonical_json(value).decode() if not isinstance(value, int | float) else f"{value:g}"
