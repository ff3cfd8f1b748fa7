"""`fairness.worst-label`: of several labels that can be right at once, the one whose groups lie furthest apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from auditkit import Case, LabelScores, Measurement, MetricCard, Table, Text, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import RATES, Gap, OutcomeTable, larger, widest_difference
from auditkit.testing import above, every, group_misses_label, near, not_above
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.rates import GAP_CARDS
from auditkit_fairness.comparing import Compared
from auditkit_fairness.counting import Counted, counted
from auditkit_fairness.groupings import groupings_of
from auditkit_fairness.other_estimates import at_level_of_pairs

_PREFIX = "worst_label_"

GAPS: Mapping[str, tuple[str, ...]] = {
    "demographic_parity_difference": ("selection_rate",),
    "equal_opportunity_difference": ("true_positive_rate",),
    "false_positive_rate_difference": ("false_positive_rate",),
    "equalized_odds_difference": ("true_positive_rate", "false_positive_rate"),
}
"""Each gap, and the rates whose gap it is; of two rates, the larger gap."""

_OF_ONE = {card.name: card for card in GAP_CARDS}


def _card(metric: str) -> MetricCard:
    one = _OF_ONE[metric]
    return MetricCard(
        name=_PREFIX + metric,
        title=f"{one.title}, of the worst label",
        asks=one.asks.removesuffix("?") + ", for the label where they are furthest apart?",
        formula=f"largest over labels of: {one.formula}",
        source=f"{one.source}; interval: Newcombe (1998), at Bonferroni's level for all pairs of groups of all labels",
        better="lower",
        undefined="When for no label two groups have the policy's smallest group size in every denominator.",
        misleads="The worst of many labels is far from 0 by chance alone: read the interval. A label too rare in "
        "a group to be compared is not among them; the table of fairness.gaps says which.",
    )


CARDS = tuple(_card(metric) for metric in GAPS)

CONTROLS = (
    planted(
        "of one of two labels, half is missed in one of two groups",
        group_misses_label(0.5),
        every(
            above("worst_label_equal_opportunity_difference", 0.1),
            near("worst_label_equal_opportunity_difference", 0.5),
        ),
    ),
    clean(
        "two groups in which both labels are found alike",
        group_misses_label(0.0),
        every(
            not_above("worst_label_equal_opportunity_difference", 0.0),
            near("worst_label_demographic_parity_difference", 0.0),
        ),
    ),
)


@check(
    "fairness.worst-label",
    on=LabelScores,
    metrics=CARDS,
    needs=("groups",),
    accepts=accept_options,
    controls=CONTROLS,
    streams=True,
)
def worst_label(case: Case[LabelScores], *, depth: int = 2) -> Iterator[Measurement | Table]:
    """For which label the groups lie furthest apart.

    Each label has gaps of its own, in fairness.gaps; here is the widest of them, for each protected attribute and each
    intersection of up to `depth` attributes. Its interval holds for all pairs of groups of all labels at once, so that
    picking the worst of many labels is paid for.
    """
    by_group = groupings_of(case, depth=depth)
    answers = counted(case, by_group, depth=depth)
    for place, grouping in enumerate(by_group):
        worst = []
        for metric, rates in GAPS.items():
            asked = [answer for answer in answers if set(rates) <= set(answer.question.rates)]
            if not asked:
                continue
            found = _widest(case, grouping, asked, place, rates)
            yield _measured(case, grouping, metric, found)
            if found is not None:
                compared, gap, label, _ = found
                worst.append((metric, label, compared.labels[gap.lowest], compared.labels[gap.highest]))
        if worst:
            yield Table(
                title=Text.of(
                    "The label for which groups lie furthest apart, by {attributes}", attributes=grouping.name
                ),
                columns=tuple(Text.of(name) for name in ("metric", "label", "lowest rate", "highest rate")),
                rows=tuple(worst),
                attributes=grouping.attributes,
            )


_Found = tuple[Compared, Gap, str, bool]
"""Who was compared, the gap, its label, and whether sizes are effective ones."""


def _widest(
    case: Case[Any], grouping: Grouping, asked: list[Counted], place: int, rates: tuple[str, ...]
) -> _Found | None:
    """The widest gap of any label, with an interval for all of them."""
    able: list[tuple[Compared, OutcomeTable, str]] = []
    for answer in asked:
        table: OutcomeTable = answer.by_group[place]
        shares = [table.shares(RATES[rate], level=case.level) for rate in rates]
        people = np.min([table.people(RATES[rate]) for rate in rates], axis=0)
        compared = Compared(grouping, None, np.min([one.n for one in shares], axis=0), case.min_group_size, people)
        if compared.too_few is None:
            able.append((compared, table, str(answer.question.label)))
    if not able:
        return None
    families = len(able) * len(rates)
    gaps, sizes_differ = [], False
    for one, table, _ in able:
        part = one.takes_part
        both = [at_level_of_pairs(RATES[rate], table, part, case.level, families=families) for rate in rates]
        sizes_differ = sizes_differ or both[0].is_effective
        made = [widest_difference(shares, level=case.level, families=families) for shares in both]
        gaps.append(made[0] if len(made) == 1 else larger(*made))
    at = max(range(len(gaps)), key=lambda one: gaps[one].value)
    compared, _, label = able[at]
    widest = gaps[at]
    low, high = max(gap.low for gap in gaps), max(gap.high for gap in gaps)
    return compared, Gap(widest.value, low, high, widest.lowest, widest.highest), label, sizes_differ


def _measured(case: Case[Any], grouping: Grouping, metric: str, found: _Found | None) -> Measurement:
    name = _PREFIX + metric
    if found is None:
        why = Text.of("for no label two groups have {least} rows to compare", least=case.min_group_size)
        about = {"n": 0, "group": grouping.everyone}
        return Measurement(metric=name, value=None, undefined=why, **about)
    compared, gap, _, is_effective = found
    method = "newcombe, all labels, effective size" if is_effective else "newcombe, all labels"
    measured = compared.measure(name, gap, level=case.level, method=method)
    assert measured.interval is not None  # noqa: S101  there is a gap
    # For all labels at once, also where two groups make one pair.
    return measured.model_copy(update={"interval": measured.interval.model_copy(update={"simultaneous": True})})
