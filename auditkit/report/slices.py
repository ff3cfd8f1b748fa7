"""Where a metric is worst: the groups of all attributes and of their crossings together, in one plot."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.finding import Finding, Measurement
from auditkit.policy import Policy
from auditkit.report.forests import Family, badness, is_small
from auditkit.report.wording import Wording

MOST_SLICES = 8
FEWEST_SLICES = 6
"""Of fewer groups the plots by attribute show the worst at a glance."""

Key = tuple[str, str | None, tuple[tuple[str, str], ...]]


def worst_slices(finding: Finding, policy: Policy, wording: Wording) -> Family | None:
    """The groups in which a metric of a check is worst; None: it has too few, or no direction is worse.

    One metric a check: one that a rule names, or else the first. Small, withheld and undefined groups take no part.
    """
    found = _by_metric(finding, policy.min_group_size)
    named = {rule.metric for rule in policy.rules}
    chosen = next((key for key in found if key[0] in named), next(iter(found), None))
    if chosen is None:
        return None
    members = found[chosen]
    whole = next((one for one in finding.measurements if not one.group and _key(one) == chosen), None)
    return Family(
        check=finding.check,
        title=_title(members[0], wording),
        measurements=tuple(sorted(members, key=lambda one: (*badness(one), sorted(one.group.items())))[:MOST_SLICES]),
        reference=whole,
        is_ranked=True,
        note=wording.say(
            "The worst {shown} of {count} groups, of all attributes and where they cross. The worst of many look worse "
            "than they are, by chance alone.",
            shown=min(MOST_SLICES, len(members)),
            count=len(members),
        ),
    )


def _by_metric(finding: Finding, small_below: int) -> dict[Key, Sequence[Measurement]]:
    """The groups that can be compared, of each metric of two sets of attributes at least."""
    groups: dict[Key, list[Measurement]] = {}
    for one in finding.measurements:
        if _takes_part(one, small_below):
            groups.setdefault(_key(one), []).append(one)
    return {
        key: members
        for key, members in groups.items()
        if len(members) >= FEWEST_SLICES and len({tuple(sorted(one.group)) for one in members}) > 1
    }


def _takes_part(one: Measurement, small_below: int) -> bool:
    return (
        bool(one.group)
        and "*" not in one.group.values()
        and not one.versus
        and one.value is not None
        and one.interval is not None
        and not one.suppressed
        and one.better in ("lower", "higher")
        and not is_small(one, small_below)
    )


def _key(one: Measurement) -> Key:
    return one.metric, one.label, tuple(sorted(one.conditions.items()))


def _title(one: Measurement, wording: Wording) -> str:
    metric = wording.metric(one.metric)
    of = [] if one.label is None else [wording.of_class(one.label)]
    of += wording.conditions(one.conditions)
    return wording.apart([wording.say("{metric}: where it is worst", metric=metric), *of])
