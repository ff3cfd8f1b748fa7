"""Which measurements of a check stand together in one plot, what it is called, and which plots are drawn."""

from __future__ import annotations

from collections.abc import Sequence

from auditkit.finding import Finding, Measurement
from auditkit.policy import Rule
from auditkit.report.bounds import bounds_on
from auditkit.report.forests import Family
from auditkit.report.grids import is_quoted, quotes_of
from auditkit.report.wording import Wording

_Key = tuple[str, tuple[str, ...], bool, str, tuple[tuple[str, str], ...]]


def families_of(finding: Finding, wording: Wording) -> list[Family]:
    """The plots of a check, in the order in which it measured; where attributes cross comes last."""
    groups: dict[_Key, list[Measurement]] = {}
    whole: dict[tuple[object, ...], Measurement] = {}
    for one in finding.measurements:
        if not one.group:
            whole[_of_all_rows(one)] = one
        if one.group or one.label is not None:
            groups.setdefault(_key(one), []).append(one)
    families = [
        Family(finding.check, _title(members[0], wording), tuple(members), _reference(members[0], whole))
        for members in groups.values()
    ]
    return sorted(families, key=lambda family: len(family.measurements[0].group) > 1)


def unquoted(families: list[Family], finding: Finding, rules: Sequence[Rule]) -> list[Family]:
    """Without those that a table of the finding quotes; a plot that a rule draws its bound into stays."""
    quotes = quotes_of(finding)
    return [
        family
        for family in families
        if not any(is_quoted(one, quotes) for one in family.measurements)
        or bounds_on(rules, family.measurements, family.check)
    ]


def chosen(families: list[Family], rules: Sequence[Rule], *, most: int) -> list[Family]:
    """The first plots; of more than `most`, those that a rule speaks about stay before all others."""
    judged = [bool(bounds_on(rules, family.measurements, family.check)) for family in families]
    places = sorted(range(len(families)), key=lambda place: (not judged[place], place))[:most]
    return [families[place] for place in sorted(places)]


def _key(one: Measurement) -> _Key:
    """What one plot holds together: a metric over one attribute, its gaps over all attributes, or all its classes."""
    is_gap = "*" in one.group.values()
    attributes = () if is_gap else tuple(sorted(one.group))
    label = "" if not one.group or one.label is None else one.label
    return one.metric, attributes, is_gap, label, tuple(sorted(one.conditions.items()))


def _of_all_rows(one: Measurement) -> tuple[object, ...]:
    return one.metric, one.label, tuple(sorted(one.conditions.items()))


def _reference(one: Measurement, whole: dict[tuple[object, ...], Measurement]) -> Measurement | None:
    """All rows, beside single groups; a gap and a class have nothing of the kind."""
    return whole.get(_of_all_rows(one)) if one.group and "*" not in one.group.values() else None


def _title(one: Measurement, wording: Wording) -> str:
    metric = wording.metric(one.metric)
    if not one.group:
        parts = [wording.say("{metric}, by class", metric=metric)]
    elif "*" in one.group.values():
        parts = [wording.say("{metric}, by attribute", metric=metric)]
    else:
        parts = [_by(one, metric, wording)]
    if one.group and one.label is not None:
        parts.append(wording.of_class(one.label))
    parts += wording.conditions(one.conditions)
    return wording.listed(parts)


def _by(one: Measurement, metric: str, wording: Wording) -> str:
    return wording.say("{metric}, by {attribute}", metric=metric, attribute=wording.crossed(one.group))
