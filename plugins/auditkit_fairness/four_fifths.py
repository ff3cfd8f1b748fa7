"""`fairness.four-fifths`: each group's selection rate against the most selected one's, point rule and test apart."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Interval, LabelScores, Measurement, Quote, Table, Text, check, clean, planted
from auditkit.statistics import RATES, Impact, Shares, family_level, four_fifths
from auditkit.testing import fair_groups, group_under_selected, near
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.tests import FOUR_FIFTHS_CARDS
from auditkit_fairness.comparing import Compared, with_class
from auditkit_fairness.counting import counted
from auditkit_fairness.groupings import groupings_of
from auditkit_fairness.questions import Predicted

_METRIC = "selection_rate_ratio"
_B = {"group": "B"}
_COLUMNS = (
    "group", "class", "against", "n", "ratio", "interval", "below 4/5", "shortfall", "p", "adjusted p",
    "one selection decides",
)  # fmt: skip

CONTROLS = (
    planted(
        "one of two groups is selected half as often: 25 rows in 100 in place of 50",
        group_under_selected(0.5),
        near("selection_rate_ratio", 0.5, group=_B),
    ),
    clean("two groups with the same rows", fair_groups(), near("selection_rate_ratio", 1.0)),
)


@check(
    "fairness.four-fifths",
    on=(ClassScores, LabelScores),
    metrics=FOUR_FIFTHS_CARDS,
    accepts=accept_options,
    controls=CONTROLS,
    streams=True,
)
def four_fifths_rule(case: Case[Predicted], *, depth: int = 2) -> Iterator[Measurement | Table]:
    """Each group's selection rate against that of the most selected group.

    The four-fifths rule of 29 CFR 1607.4(D) looks at the ratio alone: below 0.8 it is regarded as evidence of adverse
    impact. The table holds that flag and a test apart: p of equal rates (pooled z; where fewer than 5 selections are
    expected, Fisher's mid-p), adjusted for all pairs of groups; the shortfall, which is how many more people of the
    group would have been selected at the highest rate, to the nearest one; and whether one selection more or less turns
    the flag round. Neither flag nor p is a finding in law. Groups under the policy's smallest size are listed, and not
    compared.
    """
    by_group = groupings_of(case, depth=depth)
    answers = [one for one in counted(case, by_group, depth=depth) if "selection_rate" in one.question.rates]
    for place, grouping in enumerate(by_group):
        rows: list[tuple[Any, ...]] = []
        for answer in answers:
            table = answer.by_group[place]
            people = table.people(RATES["selection_rate"])
            groups = int(np.count_nonzero(people >= max(case.min_group_size, 1)))
            level = family_level(case.level, max(groups * (groups - 1) // 2, 1))
            shares = table.shares(RATES["selection_rate"], level=level)
            compared = Compared(grouping, answer.question.label, shares.n, case.min_group_size, people)
            impact = None if compared.too_few else four_fifths(shares.take(compared.takes_part), level=case.level)
            yield from _measure(compared, shares, impact, case.level)
            rows += [] if impact is None else _rows(compared, impact)
        if rows:
            columns, cells = with_class(_COLUMNS, rows)
            yield Table(
                title=Text.of("The four-fifths rule, by {attributes}", attributes=grouping.name),
                columns=columns,
                rows=cells,
                prominent=True,
            )


def _measure(compared: Compared, shares: Shares, impact: Impact | None, level: float) -> Iterator[Measurement]:
    """The ratio of every group but the most selected one."""
    if impact is None:
        why = Text.of("nobody was selected in any group: 0 / 0")
        yield compared.measure(_METRIC, None, level=level, method="", better="higher", undefined=why)
        return
    places = iter(range(len(compared.members)))
    for member, n, takes_part in zip(compared.grouping.members, shares.n, compared.takes_part, strict=True):
        about: dict[str, Any] = {"metric": _METRIC, "n": int(n), "group": member}
        about |= {"label": compared.label, "better": "higher"}
        if not takes_part:
            yield Measurement(value=None, undefined=Text.of("fewer than {least} rows", least=compared.least), **about)
        elif (place := next(places)) != impact.highest:
            yield _ratio(impact, place, about | {"versus": compared.members[impact.highest]}, level, shares)


def _ratio(impact: Impact, place: int, about: dict[str, Any], level: float, shares: Shares) -> Measurement:
    is_family = len(impact.ratio) > 2  # noqa: PLR2004  more than one pair
    words = ["donner-zou ratio of wilson limits"]
    words += ["all pairs"] if is_family else []
    words += ["effective size"] if shares.is_effective else []
    low, high = float(impact.limits.low[place]), float(impact.limits.high[place])
    interval = Interval(low=low, high=high, level=level, method=", ".join(words), simultaneous=is_family)
    return Measurement(value=float(impact.ratio[place]), interval=interval, **about)


def _rows(compared: Compared, impact: Impact) -> list[tuple[Any, ...]]:
    """One row a group; all of it is withheld where the ratio is that it quotes."""
    labels = compared.labels
    quotes = [Quote(metric=_METRIC, group=member, label=compared.label) for member in compared.members]
    return [
        (
            labels[place],
            compared.label,
            labels[impact.highest],
            *(quotes[place].model_copy(update={"shows": shows}) for shows in ("n", "value", "interval")),
            _yes(impact.is_below[place]),
            int(impact.shortfall[place] + 0.5 + 1e-9),  # a half is one more, whatever its last bit
            float(impact.p[place]),
            float(impact.p_adjusted[place]),
            _yes(impact.flips[place]),
        )
        for place in range(len(labels))
        if place != impact.highest
    ]


def _yes(flag: object) -> Text:
    return Text.of("yes" if flag else "no")
