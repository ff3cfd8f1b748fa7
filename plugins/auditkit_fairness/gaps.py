"""`fairness.gaps`: how far the groups of an attribute lie apart, each gap beside a control whose true gap is none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from auditkit import (
    Case,
    ClassScores,
    Control,
    GroupCount,
    Interval,
    LabelScores,
    Measurement,
    Table,
    Text,
    check,
    clean,
    planted,
)
from auditkit.segments import Grouping
from auditkit.statistics import (
    RATES,
    Gap,
    OutcomeTable,
    Shares,
    family_level,
    larger,
    smallest_ratio,
    widest_difference,
)
from auditkit.testing import (
    above,
    every,
    fair_groups,
    group_falsely_alarmed,
    group_missed,
    group_under_selected,
    not_above,
)
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.rates import GAP_CARDS
from auditkit_fairness.counting import counted
from auditkit_fairness.groupings import groupings_of
from auditkit_fairness.power_table import power_tables
from auditkit_fairness.questions import Predicted, Question
from auditkit_fairness.random_groupings import random_grouping_controls

GAPS: Mapping[str, tuple[str, ...]] = {
    "demographic_parity_difference": ("selection_rate",),
    "demographic_parity_ratio": ("selection_rate",),
    "equalized_odds_difference": ("true_positive_rate", "false_positive_rate"),
    "equal_opportunity_difference": ("true_positive_rate",),
    "false_positive_rate_difference": ("false_positive_rate",),
    "false_negative_rate_difference": ("false_negative_rate",),
    "accuracy_difference": ("accuracy",),
    "precision_difference": ("precision",),
}
"""Each gap, and the rates whose gap it is; of two rates, the larger gap."""

_BETTER = {card.name: card.better for card in GAP_CARDS}


@dataclass(frozen=True)
class _Comparison:
    """One gap between the groups of one grouping, for one question."""

    metric: str
    label: str | None
    grouping: Grouping
    shares: tuple[Shares, ...]
    """For each rate of the gap, all groups."""
    people: npt.NDArray[np.integer]
    """[groups], the fewest units that each group has in any of the rates: rows, where each is a unit of its own."""
    least: int

    @classmethod
    def of(
        cls, case: Case[Predicted], metric: str, grouping: Grouping, question: Question, table: OutcomeTable
    ) -> Self:
        """One gap from the counts of a question."""
        rates = [RATES[rate] for rate in GAPS[metric]]
        people = np.asarray(np.min([table.people(rate) for rate in rates], axis=0))
        groups = int(np.count_nonzero(people >= max(case.min_group_size, 1)))
        pairs = max(groups * (groups - 1) // 2, 1)
        level = family_level(case.level, pairs * len(rates))
        shares = tuple(table.shares(rate, level=level) for rate in rates)
        return cls(metric, question.label, grouping, shares, people, case.min_group_size)

    @property
    def takes_part(self) -> npt.NDArray[np.bool_]:
        """[groups], whether the group is large enough to be compared."""
        return self.people >= max(self.least, 1)

    @property
    def undefined(self) -> Text | None:
        """Why there is no gap, or None."""
        takes_part = self.takes_part
        if np.count_nonzero(takes_part) < 2:  # noqa: PLR2004  a gap lies between two
            return Text.of("fewer than two groups have {least} rows to compare", least=self.least)
        if self.metric.endswith("_ratio") and self.shares[0].value[takes_part].max() == 0:
            return Text.of("nobody was selected in any group: 0 / 0")
        return None


CONTROLS = (
    planted(
        "one of two groups is selected half as often",
        group_under_selected(0.5),
        above("demographic_parity_difference", 0.05),
    ),
    planted(
        "in one of two groups positives are found less often, by 0.5",
        group_missed(0.5),
        above("equal_opportunity_difference", 0.1),
    ),
    planted(
        "one of two groups has more false alarms, by 0.5",
        group_falsely_alarmed(0.5),
        above("false_positive_rate_difference", 0.1),
    ),
    clean(
        "two groups with the same rows",
        fair_groups(),
        every(not_above("demographic_parity_difference", 0.0), not_above("equalized_odds_difference", 0.0)),
    ),
)


@check(
    "fairness.gaps",
    on=(ClassScores, LabelScores),
    metrics=GAP_CARDS,
    accepts=accept_options,
    controls=CONTROLS,
    streams=True,
)
def gaps(case: Case[Predicted], *, depth: int = 2) -> Iterator[Measurement | Table | Control]:
    """How far the groups lie apart.

    For each protected attribute, and for each intersection of up to `depth` attributes, the gap between the two groups
    that lie furthest apart. Its interval holds for all pairs of groups at once. Groups with fewer rows in a denominator
    than the policy's smallest group are listed and not compared. Beside each family of gaps stands a control: the same
    intervals on random groupings of the same sizes, between which no gap is true. Of each attribute a table says which
    gaps the audit could have found.
    """
    by_group = groupings_of(case, depth=depth)
    answers = counted(case, by_group, depth=depth)
    asked = [answer.question for answer in answers]
    for place, grouping in enumerate(by_group):
        tables = [answer.by_group[place] for answer in answers]
        apart: list[tuple[str | None, ...]] = []
        for question, table in zip(asked, tables, strict=True):
            for comparison in _comparisons(case, grouping, question, table):
                gap = _gap(comparison, case.level)
                yield _measure(comparison, gap, case.level)
                if gap is not None:
                    apart.append(_extremes(comparison, gap))
        if apart:
            if unlike := [row for row in apart if row[-2] != row[-1]]:  # alike: there is no gap, and nobody at its ends
                yield _table(grouping, unlike)
            if len(grouping.attributes) == 1 and not case.is_control:
                yield from power_tables(answers, place, grouping, least=case.min_group_size, level=case.level)
        if not case.is_control:
            yield from random_grouping_controls(case, grouping, asked, tables)


def _comparisons(
    case: Case[Predicted], grouping: Grouping, question: Question, table: OutcomeTable
) -> Iterator[_Comparison]:
    for metric, rates in GAPS.items():
        if set(rates) <= set(question.rates):
            yield _Comparison.of(case, metric, grouping, question, table)


def _gap(comparison: _Comparison, level: float) -> Gap | None:
    """The gap between the groups that take part; None when it is undefined."""
    if comparison.undefined is not None:
        return None
    compared = [shares.take(comparison.takes_part) for shares in comparison.shares]
    if comparison.metric.endswith("_ratio"):
        return smallest_ratio(compared[0], level=level)
    found = [widest_difference(shares, level=level, families=len(compared)) for shares in compared]
    return found[0] if len(found) == 1 else larger(*found)


def _measure(comparison: _Comparison, gap: Gap | None, level: float) -> Measurement:
    takes_part = comparison.takes_part
    parts = zip(comparison.grouping.labels, comparison.people, takes_part, strict=True)
    about: dict[str, Any] = {
        "metric": comparison.metric,
        "n": int(sum(shares.n[takes_part].sum() for shares in comparison.shares)),
        "group": comparison.grouping.everyone,
        "label": comparison.label,
        "compared": tuple(GroupCount(label=label, n=int(n), compared=bool(part)) for label, n, part in parts),
        "better": _BETTER[comparison.metric],
    }
    if gap is None:
        return Measurement(value=None, undefined=comparison.undefined, **about)
    is_family = bool(len(comparison.shares) > 1 or np.count_nonzero(takes_part) > 2)  # noqa: PLR2004  more than one pair
    interval = Interval(
        low=gap.low, high=gap.high, level=level, method=_method(comparison, is_family=is_family), simultaneous=is_family
    )
    return Measurement(value=gap.value, interval=interval, **about)


def _method(comparison: _Comparison, *, is_family: bool) -> str:
    words = ["donner-zou ratio of wilson limits" if comparison.metric.endswith("_ratio") else "newcombe"]
    words += ["all pairs"] if is_family else []
    words += ["effective size"] if comparison.shares[0].is_effective else []
    return ", ".join(words)


def _extremes(comparison: _Comparison, gap: Gap) -> tuple[str | None, ...]:
    labels = np.array(comparison.grouping.labels, dtype=object)[comparison.takes_part]
    return comparison.metric, comparison.label, str(labels[gap.lowest]), str(labels[gap.highest])


def _table(grouping: Grouping, rows: list[tuple[str | None, ...]]) -> Table:
    # Names only: rates of single groups stand in fairness.group-rates, where small ones are withheld. With one positive
    # class no row names it, and the column is left out.
    has_classes = any(label is not None for _, label, *_ in rows)
    columns = ("metric", *(("class",) if has_classes else ()), "lowest rate", "highest rate")
    return Table(
        title=Text.of("The groups that lie furthest apart, by {attributes}", attributes=grouping.name),
        columns=tuple(Text.of(name) for name in columns),
        rows=tuple((metric, *((label or "all",) if has_classes else ()), *groups) for metric, label, *groups in rows),
        attributes=grouping.attributes,
    )
