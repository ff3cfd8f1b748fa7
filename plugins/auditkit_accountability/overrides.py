"""`accountability.overrides`: how often people decide otherwise than the model, and for whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from auditkit import Case, GroupCount, Interval, Measurement, NotApplicable, Text, check
from auditkit.governance import NEEDS_RECORDS, Counted, OverrideLog
from auditkit.statistics import Shares, widest_difference
from auditkit_accountability import cards, planted
from auditkit_accountability.records import records_of

_FEW = Text.of("fewer than 10 decisions, whose number is withheld")


@check(
    "accountability.overrides",
    on=None,
    metrics=cards.OVERRIDE_CARDS,
    needs=(NEEDS_RECORDS,),
    controls=planted.OVERRIDE_CONTROLS,
)
def overrides(case: Case[Any]) -> Iterator[Measurement]:
    """How often people override the model, by group, and whether the log says why.

    The rates are of the override log that the records name, not of the audit rows.
    """
    log = next((one.log for one in records_of(case) if one.log is not None), None)
    if log is None:
        hint = 'a record of the kind override-log names one: file = "overrides.csv"'
        raise NotApplicable("the records name no override log that can be read", hint=hint)
    for one in log.counts:
        group = {one.attribute: one.label} if one.attribute else {}
        yield _rate(one, group)
    for attribute in dict.fromkeys(one.attribute for one in log.counts if one.attribute):
        yield _gap(case, attribute, [one for one in log.counts if one.attribute == attribute])
    if "override" not in log.absent:
        yield _count("unexplained_overrides", log.without_reason, log.rows)
    if not {"override", "operator"} & set(log.absent) and log.operators:
        yield _count("silent_operators", log.never, log.operators)
    yield from _without_rates(log)


def _without_rates(log: OverrideLog) -> Iterator[Measurement]:
    if not log.counts:
        why = Text.of("the log has no column override")
        yield Measurement(metric="override_rate", value=None, n=0, undefined=why, better="target")


def _count(metric: str, count: int, n: int) -> Measurement:
    return Measurement(metric=metric, value=float(count), n=n, exact=True, better="lower")


def _rate(one: Counted, group: dict[str, str]) -> Measurement:
    if one.decisions is None or one.overridden is None:
        return Measurement(metric="override_rate", value=None, n=None, undefined=_FEW, group=group, better="target")
    return Measurement.rate("override_rate", one.overridden, one.decisions, group=group, better="target")


def _gap(case: Case[Any], attribute: str, counts: Sequence[Counted]) -> Measurement:
    least = max(case.min_group_size, 1)
    taking = [one for one in counts if one.decisions is not None and one.decisions >= least]
    compared = tuple(GroupCount(label=one.label, n=one.decisions, compared=one in taking) for one in counts)
    about: dict[str, Any] = {"metric": "override_rate_difference", "group": {attribute: "*"}, "compared": compared}
    if len(taking) < 2:  # noqa: PLR2004  a gap lies between two
        why = Text.of("fewer than two groups have {least} rows to compare", least=least)
        return Measurement(value=None, n=sum(one.decisions or 0 for one in counts), undefined=why, **about)
    n = np.array([one.decisions for one in taking])
    hits = np.array([one.overridden for one in taking])
    gap = widest_difference(Shares(hits / n, n, n.astype(float)), level=case.level)
    is_family = len(taking) > 2  # noqa: PLR2004  more than one pair
    method = "newcombe, all pairs" if is_family else "newcombe"
    interval = Interval(low=gap.low, high=gap.high, level=case.level, method=method, simultaneous=is_family)
    return Measurement(value=gap.value, n=int(n.sum()), interval=interval, **about)
