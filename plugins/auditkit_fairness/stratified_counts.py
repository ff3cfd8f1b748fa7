"""Who is chosen by stratum and group, and what is compared within strata."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit.segments import Grouping
from auditkit.statistics import (
    EVERYBODY,
    RATES,
    CommonOdds,
    Limits,
    Outcome,
    code_outcomes,
    combined,
    common_odds,
    count_outcomes,
    newcombe,
    robust_error,
    robust_freedom,
    telling,
)
from auditkit_fairness.comparing import Compared
from auditkit_fairness.questions import Question
from auditkit_fairness.reference_groups import reference_of

Integers = npt.NDArray[np.integer]
_CHOSEN = (Outcome.FALSE_POSITIVE, Outcome.TRUE_POSITIVE, Outcome.UNKNOWN_POSITIVE)


@dataclass(frozen=True)
class Stratified:
    """The rows of a case by stratum, group and decision."""

    grouping: Grouping
    compared: Compared
    sums: npt.NDArray[np.floating]
    """[strata, groups, 2]: chosen and not, rows or sums of weights."""
    rows: Integers
    """[n], of each row its place in the flattened sums; -1 where stratum or group is missing."""
    weights: npt.NDArray[np.floating] | None
    units: Integers | None
    level: float

    @classmethod
    def of(cls, case: Case[Any], grouping: Grouping, question: Question, strata: Integers) -> Self:
        """Count a case's answers to one question, within strata [n]; -1 is missing."""
        shape = int(strata.max(initial=-1)) + 1, len(grouping.members), 2
        chosen = np.isin(question.outcomes, _CHOSEN)
        known = (strata >= 0) & (grouping.codes >= 0)
        known &= True if case.weights is None else case.weights > 0
        rows = np.where(known, (strata * shape[1] + grouping.codes) * 2 + ~chosen, -1)
        weights, units = telling(case.weights, None if case.units is None else case.units.codes, known)
        counts = np.bincount(rows[known], minlength=int(np.prod(shape))).reshape(shape)
        sums = counts.astype(float)
        if weights is not None:
            sums = np.bincount(rows[known], weights[known], int(np.prod(shape))).reshape(shape)
        codes = np.where(known, grouping.codes, -1)
        people = count_outcomes(codes, code_outcomes(chosen), group_count=shape[1], units=units).people(EVERYBODY)
        compared = Compared(grouping, question.label, counts.sum(axis=(0, 2)), case.min_group_size, people)
        return cls(grouping, compared, sums, rows, weights, units, case.level)

    @property
    def places(self) -> Integers:
        """Of the groups that take part, among all."""
        return np.flatnonzero(self.compared.takes_part)

    @property
    def is_plain(self) -> bool:
        """Whether every row is a unit of its own and weighs the same."""
        return self.weights is None and self.units is None

    def reference(self, against: Mapping[str, str]) -> int | None:
        """The place of the group that the others are compared with, among those that take part."""
        sizes, hits = self.sums.sum(axis=(0, 2)), self.sums[..., 0].sum(axis=0)
        return reference_of(self.compared, against, sizes=sizes, ties=hits)

    def odds(self, place: int, reference: int) -> CommonOdds | None:
        """The odds of one of the groups that take part over those of another, at the level of all others."""
        pair = self.places[[place, reference]]
        tables = self.sums[:, pair]
        about: dict[str, Any] = {"level": self.level, "comparisons": len(self.places) - 1}
        if self.is_plain:
            return common_odds(tables, **about)
        # Sums of weights are no counts, which the error of plain rows supposes.
        if common_odds(tables, error=0.0, **about) is None:
            return None
        cells = np.full(self.sums.shape, -1, dtype=np.int64)
        cells[:, pair] = np.arange(tables.size).reshape(tables.shape)
        inside = np.where(self.rows >= 0, cells.ravel()[self.rows], -1)
        whose: dict[str, Any] = {"weights": self.weights, "units": self.units}
        freedom = robust_freedom(inside, **whose)
        if freedom <= 0:
            return None  # of one unit nobody knows how units vary
        return common_odds(tables, error=robust_error(tables, inside, **whose), freedom=freedom, **about)

    def disparity(self, group: int) -> tuple[float, float, float] | None:
        """A group's share of those not chosen less its share of those chosen, by stratum, weighed by their rows.

        Strata in which all are chosen, or nobody, are left out. Each stratum's interval is Newcombe's; they are joined
        by MOVER, as the strata are independent. None when none is left.
        """
        strata = self.sums.shape[0]
        where = np.where(self.rows >= 0, self.rows // (2 * self.sums.shape[1]) * 2 + self.rows % 2, -1)
        own = self.rows // 2 % self.sums.shape[1] == group
        counted = count_outcomes(
            where, code_outcomes(own), group_count=2 * strata, weights=self.weights, units=self.units
        )
        shares = counted.shares(RATES["selection_rate"], level=self.level)
        chosen, left = (shares.take(np.arange(2 * strata) % 2 == side) for side in (0, 1))
        tells = (chosen.n > 0) & (left.n > 0)
        if not tells.any():
            return None
        one, other = left.take(tells), chosen.take(tells)
        weights = self.sums.sum(axis=(1, 2))[tells]
        ends = newcombe(one.value * one.size, one.size, other.value * other.size, other.size, self.level)
        low, high = combined(one.value - other.value, Limits(*ends), weights / weights.sum())
        value = float(np.dot(one.value - other.value, weights / weights.sum()))
        return value, min(float(low), value), max(float(high), value)
