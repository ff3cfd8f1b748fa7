"""What is told of each remedy: how far groups would lie apart, and what it would change for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Interval, Measurement, Text
from auditkit.segments import Grouping
from auditkit.statistics import (
    RATES,
    Counting,
    Gap,
    Worth,
    code_outcomes,
    count_outcomes,
    family_level,
    larger,
    widest_difference,
)
from auditkit_fairness.cards.remedies import (
    ALARMS_CHANGE,
    CARDS,
    FOUND_CHANGE,
    GAPS,
    OTHERWISE,
    PREFIX,
    RIGHT_CHANGE,
)
from auditkit_fairness.comparing import Compared
from auditkit_fairness.gaps import GAPS as RATES_OF
from auditkit_fairness.other_estimates import at_level_of_pairs
from auditkit_fairness.remedies.rows import FOLDS, Answers, Tried
from auditkit_fairness.remedies.thresholds import AS_IT_IS, Remedy

Flags = npt.NDArray[np.bool_]

BETTER = {card.name: card.better for card in CARDS}
_FITTED_TO = (FOLDS - 1) / FOLDS
"""The share of the rows that decisions on the others were fitted to: intervals are as wide as of so many rows."""
CHANGES = (RIGHT_CHANGE, FOUND_CHANGE, ALARMS_CHANGE)
"""What is told of all rows."""
OF_GROUPS = (FOUND_CHANGE, ALARMS_CHANGE)
"""What is told of each group."""


@dataclass(frozen=True)
class Told:
    """One remedy, tried on all rows."""

    case: Case[Any]
    tried: Tried
    remedy: Remedy
    chosen: Flags
    """[n]: what it would decide."""
    grouping: Grouping
    """Of the rows that are tried, by the remedy's attribute."""
    together: int
    """Over how many remedies of the attribute the intervals hold together."""

    def measurements(self) -> Iterator[Measurement]:
        """The gaps; but of the decisions as they are, also what changes, over all rows and for each group."""
        for metric in GAPS:
            yield self._gap(metric)
        if self.remedy.name == AS_IT_IS:
            return
        answers = self.tried.answers
        everybody = np.ones(len(answers), dtype=bool)
        level = family_level(self.case.level, self.together)
        for metric in CHANGES:
            yield self._change(metric, everybody, level, {})
        yield self._otherwise()
        least = max(self.case.min_group_size, 1)
        level = family_level(self.case.level, self.together * len(self.grouping.members))
        for code, member in enumerate(self.grouping.members):
            inside = self.grouping.codes == code
            if answers.take(inside).people < least:
                yield from self._too_small(member, inside, least)
                continue
            for metric in OF_GROUPS:
                one = self._change(metric, inside, level, member)
                yield _as_it_was(one) if self._leaves(code) and one.value is not None else one

    def _leaves(self, code: int) -> bool:
        """Whether it leaves the decisions about a group as they are, whatever the rows."""
        return self.remedy.fit is not None and code not in self.remedy.treats

    def _gap(self, metric: str) -> Measurement:
        answers, grouping = self.tried.answers, self.grouping
        rates = [RATES[rate] for rate in RATES_OF[metric]]
        outcomes = code_outcomes(self.chosen, answers.wanted)
        count, whose = len(grouping.members), answers.units
        table = count_outcomes(
            grouping.codes, outcomes, group_count=count, weights=answers.weights, units=whose
        )  # fmt: skip
        n = np.min([table.shares(rate).n for rate in rates], axis=0)
        people = np.min([table.people(rate) for rate in rates], axis=0)
        compared = Compared(grouping, self.tried.label, n, self.case.min_group_size, people)
        gap, is_effective = None, False
        if compared.too_few is None:
            level, families = self.case.level, len(rates) * self.together
            both = [at_level_of_pairs(rate, table, compared.takes_part, level, families=families) for rate in rates]
            is_effective = both[0].is_effective
            if self.remedy.fit is not None:
                both = [replace(shares, size=shares.size * _FITTED_TO) for shares in both]
            found = [widest_difference(shares, level=level, families=families) for shares in both]
            gap = found[0] if len(found) == 1 else larger(*found)
        return self._gap_measured(metric, compared, gap, is_effective=is_effective)

    def _gap_measured(self, metric: str, compared: Compared, gap: Gap | None, *, is_effective: bool) -> Measurement:
        method = "newcombe, all remedies, effective size" if is_effective else "newcombe, all remedies"
        name = PREFIX + metric
        measured = compared.measure(name, gap, level=self.case.level, method=method, better=BETTER[name])
        update: dict[str, Any] = {"conditions": self.conditions}
        if measured.interval is not None:
            update["interval"] = measured.interval.model_copy(update={"simultaneous": True})
        return measured.model_copy(update=update)

    @property
    def conditions(self) -> Mapping[str, str]:
        """By which a rule would ask for it."""
        return {"remedy": self.remedy.name}

    def _change(self, metric: str, inside: Flags, level: float, member: Mapping[str, str]) -> Measurement:
        """Of the rows of a group, or of all, that the rate looks at."""
        answers = self.tried.answers
        looked_at = inside & _among(metric, answers)
        about = self._about(metric, int(np.count_nonzero(looked_at)), member)
        if not looked_at.any():
            return Measurement(value=None, undefined=Text.of("no row is looked at"), **about)
        part = answers.take(looked_at)
        after, before = self.chosen[looked_at], part.chosen
        if metric == RIGHT_CHANGE:
            after, before = after == part.wanted, before == part.wanted
        found = Counting(part.weights, part.units).change_of_share(after, before, level)
        found = found if self.remedy.fit is None else _wider(found)
        about["versus"] = {"remedy": AS_IT_IS}
        return self._measured(found, about, simultaneous=True)

    def _otherwise(self) -> Measurement:
        answers = self.tried.answers
        counting = Counting(answers.weights, answers.units)
        found = counting.share(self.chosen != answers.chosen, self.case.level)
        return self._measured(found, self._about(OTHERWISE, len(answers), {}), simultaneous=False)

    def _too_small(self, member: Mapping[str, str], inside: Flags, least: int) -> Iterator[Measurement]:
        for metric in OF_GROUPS:
            about = self._about(metric, int(np.count_nonzero(inside & _among(metric, self.tried.answers))), member)
            yield Measurement(
                value=None, undefined=Text.of("the group has fewer than {least} people", least=least), **about
            )

    def _about(self, metric: str, n: int, member: Mapping[str, str]) -> dict[str, Any]:
        group = dict(member) if member else {}
        about: dict[str, Any] = {"metric": metric, "n": n, "group": group, "label": self.tried.label}
        return about | {"conditions": self.conditions, "better": BETTER[metric]}

    def _measured(self, found: Worth, about: dict[str, Any], *, simultaneous: bool) -> Measurement:
        if found.limits is None:
            return Measurement(value=found.value, **about)
        low, high = found.limits
        interval = Interval(
            low=low, high=high, level=self.case.level, method=found.method, simultaneous=simultaneous
        )  # fmt: skip
        return Measurement(value=found.value, interval=interval, **about)


def _among(metric: str, answers: Answers) -> Flags:
    """[n]: the rows that the rate is a share of."""
    if metric == FOUND_CHANGE:
        return answers.wanted
    return ~answers.wanted if metric == ALARMS_CHANGE else np.ones(len(answers), dtype=bool)


def _wider(found: Worth) -> Worth:
    """With the limits that as many rows would give as the decisions were fitted to."""
    if found.limits is None:
        return found
    low, high = (found.value + (end - found.value) / np.sqrt(_FITTED_TO) for end in found.limits)
    return Worth(found.value, (max(float(low), -1.0), min(float(high), 1.0)), f"{found.method}, of 4/5 of the rows")


def _as_it_was(one: Measurement) -> Measurement:
    """Of a group with too few rows, whose decisions no remedy makes."""
    return one.model_copy(update={"value": 0.0, "interval": None, "exact": True})
