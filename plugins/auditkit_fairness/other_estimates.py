"""The numbers of `fairness.other-rates`: how each is had from counts, and the gap between groups in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit.statistics import (
    RATES,
    Gap,
    Limits,
    Outcome,
    OutcomeTable,
    Rate,
    Shares,
    clopper_pearson,
    combined,
    family_level,
    widest_between,
    widest_difference,
    widest_on_scale,
    wilson,
)

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Estimates:
    """One number for each group."""

    value: Floats
    """[groups]"""
    limits: Limits
    n: npt.NDArray[np.integer]
    """[groups], its smallest denominator."""
    is_defined: Flags
    method: str


@dataclass(frozen=True)
class OtherRate:
    """How a number is estimated by group, and how its gap is."""

    gap: str
    """The metric that compares the groups."""
    undefined: str
    estimate: Callable[[OutcomeTable, float, int], Estimates]
    """From counts, a level and how many groups' intervals hold together at it."""
    compare: Callable[[OutcomeTable, Flags, float], tuple[Gap | None, str]]
    """Between the groups that take part."""
    among: tuple[Rate, ...]
    """Those whose denominators it has."""

    def people(self, table: OutcomeTable) -> npt.NDArray[np.integer]:
        """[groups], how many units the rows of its smallest denominator belong to."""
        return np.asarray(np.min([table.people(rate) for rate in self.among], axis=0))


def estimates(name: str, table: OutcomeTable, level: float, *, together: int = 1) -> Estimates:
    """One of `OTHER_RATES` of each group; the intervals of `together` groups hold all at once."""
    return OTHER_RATES[name].estimate(table, level, together)


def at_level_of_pairs(rate: Rate, table: OutcomeTable, takes_part: Flags, level: float, *, families: int = 1) -> Shares:
    """Shares of the groups that take part, whose sizes have Student's quantile of the level that one pair has."""
    groups = int(np.count_nonzero(takes_part))
    pairs = max(groups * (groups - 1) // 2, 1) * families
    return table.shares(rate, level=family_level(level, pairs)).take(takes_part)


def _share(rate: Rate, scale: Callable[[Floats], Floats] = lambda value: value) -> Callable[..., Estimates]:
    """A rising function of a share, with Wilson's limits carried over, or Clopper and Pearson's of several groups."""

    def estimate(table: OutcomeTable, level: float, together: int) -> Estimates:
        shares = table.shares(rate, level=family_level(level, together))
        low, high = shares.limits(level) if together == 1 else shares.limits_together(together, level)
        with np.errstate(divide="ignore"):
            value, low, high = scale(shares.value), scale(low), scale(high)
        # Where all errors are misses there is no false alarm to divide by.
        is_defined = (shares.n > 0) & np.isfinite(value) & np.isfinite(high)
        ends = Limits(np.minimum(low, value), np.maximum(high, value))
        method = shares.method if together == 1 else shares.method.replace("wilson", "clopper-pearson, all groups")
        return Estimates(value, ends, shares.n, is_defined, method)

    return estimate


def _gap_of(rate: Rate) -> Callable[[OutcomeTable, Flags, float], tuple[Gap | None, str]]:
    def compare(table: OutcomeTable, takes_part: Flags, level: float) -> tuple[Gap | None, str]:
        return widest_difference(at_level_of_pairs(rate, table, takes_part, level), level=level), "newcombe"

    return compare


def _gap_on(
    rate: Rate, scale: Callable[[Floats], Floats]
) -> Callable[[OutcomeTable, Flags, float], tuple[Gap | None, str]]:
    def compare(table: OutcomeTable, takes_part: Flags, level: float) -> tuple[Gap | None, str]:
        shares = at_level_of_pairs(rate, table, takes_part, level)
        return widest_on_scale(shares, scale, level=level), "mover of wilson limits"

    return compare


def _balanced(table: OutcomeTable, level: float, together: int, *, pairs: int = 1) -> Estimates:
    own = family_level(level, together * pairs)
    both = [table.shares(rate, level=own) for rate in (RATES["true_positive_rate"], SPECIFICITY)]
    value = np.stack([one.value for one in both], axis=-1)
    limits_of = wilson if together == 1 else clopper_pearson
    ends = [limits_of(one.value * one.size, one.size, own) for one in both]
    limits = combined(value, Limits(*(np.stack(part, axis=-1) for part in zip(*ends, strict=True))), (0.5, 0.5))
    mean = value.mean(axis=-1)
    n = np.minimum(both[0].n, both[1].n)
    method = "mover of wilson limits" if together == 1 else "mover of clopper-pearson limits, all groups"
    method += ", effective size" if both[0].is_effective else ""
    return Estimates(mean, Limits(np.minimum(limits.low, mean), np.maximum(limits.high, mean)), n, n > 0, method)


def _balanced_gap(table: OutcomeTable, takes_part: Flags, level: float) -> tuple[Gap | None, str]:
    groups = int(np.count_nonzero(takes_part))
    found = _balanced(table, level, 1, pairs=groups * (groups - 1) // 2)
    ends = Limits(found.limits.low[takes_part], found.limits.high[takes_part])
    return widest_between(found.value[takes_part], ends), "mover of wilson limits"


def _odds_gap(table: OutcomeTable, takes_part: Flags, level: float) -> tuple[Gap | None, str]:
    """The smallest misses per false alarm over the largest: differences of log odds, carried back."""
    shares = at_level_of_pairs(MISSES, table, takes_part, level)
    if shares.value.min() == 0:
        return None, ""  # nobody was missed: the log has no value
    gap = widest_on_scale(shares, _log_odds, level=level)
    return Gap(
        float(np.exp(-gap.value)), float(np.exp(-gap.high)), float(np.exp(-gap.low)), gap.lowest, gap.highest
    ), "mover of wilson limits, log odds"


def _log_odds(value: Floats) -> Floats:
    return np.asarray(np.log(value) - np.log1p(-value))


def _odds(value: Floats) -> Floats:
    return np.asarray(value / (1 - value))


def _f1(jaccard: Floats) -> Floats:
    return np.asarray(2 * jaccard / (1 + jaccard))


TN, FP, FN, TP = Outcome.TRUE_NEGATIVE, Outcome.FALSE_POSITIVE, Outcome.FALSE_NEGATIVE, Outcome.TRUE_POSITIVE
SPECIFICITY = Rate((TN,), (TN, FP))
MISSES = Rate((FN,), (FN, FP))
"""Of the wrong decisions, those that are misses."""
_JACCARD = Rate((TP,), (TP, FP, FN))
_NPV = Rate((TN,), (TN, FN))
_FDR = Rate((FP,), (FP, TP))
_FOR = Rate((FN,), (TN, FN))

OTHER_RATES: Mapping[str, OtherRate] = {
    "true_negative_rate": OtherRate(
        "true_negative_rate_difference",
        "no negatives among the rows",
        _share(SPECIFICITY),
        _gap_of(SPECIFICITY),
        (SPECIFICITY,),
    ),
    "negative_predictive_value": OtherRate(
        "negative_predictive_value_difference",
        "every row with a target was selected",
        _share(_NPV),
        _gap_of(_NPV),
        (_NPV,),
    ),
    "false_discovery_rate": OtherRate(
        "false_discovery_rate_difference", "no row with a target was selected", _share(_FDR), _gap_of(_FDR), (_FDR,)
    ),
    "false_omission_rate": OtherRate(
        "false_omission_rate_difference", "every row with a target was selected", _share(_FOR), _gap_of(_FOR), (_FOR,)
    ),
    "balanced_accuracy": OtherRate(
        "balanced_accuracy_difference",
        "no positives, or no negatives, among the rows",
        _balanced,
        _balanced_gap,
        (RATES["true_positive_rate"], SPECIFICITY),
    ),
    "f1_score": OtherRate(
        "f1_score_difference",
        "no positives among the rows, and none was selected",
        _share(_JACCARD, _f1),
        _gap_on(_JACCARD, _f1),
        (_JACCARD,),
    ),
    "treatment_equality": OtherRate(
        "treatment_equality_ratio",
        "no false alarm among the rows to divide by",
        _share(MISSES, _odds),
        _odds_gap,
        (MISSES,),
    ),
}
