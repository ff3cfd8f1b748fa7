"""`fairness.value-errors`: how wrong predicted numbers are for each group, and how far the groups lie apart."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, NotApplicable, Table, Values, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import (
    Estimates,
    Gap,
    Limits,
    Shares,
    critical_value,
    group_means,
    group_ratios,
    smallest_mean_ratio,
    widest_between,
    widest_difference,
    widest_mean_difference,
)
from auditkit.testing import above, every, group_misjudged, near, not_above
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.regression import ERROR_CARDS, GAP_CARDS
from auditkit_fairness.comparing import Compared
from auditkit_fairness.values_compared import (
    Rows,
    Single,
    Tested,
    furthest,
    large_groups,
    means_tests,
    tests_table,
    told,
)

Floats = npt.NDArray[np.floating]

FEWEST = 30
"""Rows, or units, of a group below which a ratio with a long tail gets no interval, as in `performance.error`."""

_BETTER = {card.name: card.better for card in (*ERROR_CARDS, *GAP_CARDS)}

CONTROLS = (
    planted(
        "predictions for one of two groups are two too low",
        group_misjudged(2.0),
        above("mean_error_difference", 1.0),
    ),
    planted(
        "errors of one of two groups are twice as large",
        group_misjudged(0.0, times=2.0),
        above("mean_absolute_error_difference", 1.0),
    ),
    clean(
        "two groups with the same errors",
        group_misjudged(0.0),
        every(
            near("mean_error_difference", 0.0),
            near("mean_absolute_error_difference", 0.0),
            not_above("interval_coverage_difference", 0.0),
        ),
    ),
)


@dataclass(frozen=True)
class _Errors:
    """Predictions and targets of the rows that have one."""

    errors: Floats
    targets: Floats
    covered: npt.NDArray[np.bool_] | None
    """Whether the target lies in the model's interval; None: it gives none."""


@check(
    "fairness.value-errors",
    on=Values,
    metrics=(*ERROR_CARDS, *GAP_CARDS),
    needs=("targets", "groups"),
    accepts=accept_options,
    controls=CONTROLS,
)
def value_errors(case: Case[Values], *, depth: int = 2) -> Iterator[Measurement | Table]:
    """How wrong the predicted numbers are for each group.

    For each protected attribute, and for each intersection of up to `depth` attributes: whether the model says too much
    of one group and too little of another, how far off it is, how much it explains, and how often the truth lies in the
    interval that it gives; then the gap between the two groups that lie furthest apart, with an interval that holds for
    all pairs at once. Groups with fewer rows with a target than the policy's smallest group are not compared.
    """
    rows = Rows.of(case, case.truth_known, depth=depth)
    if len(rows.kept) == 0:
        raise NotApplicable("no rows have a target", hint="the column of [data] target is empty")
    found = _errors(case, rows)
    tested: list[Tested] = []
    for grouping in (rows.everyone, *rows.groupings):
        group = _Group(rows, grouping, found)
        for single in group.singles():
            yield from single.measurements(grouping, rows.level)
        if grouping.attributes:
            yield from _gaps(group)
            tested += group.tests(case.rng(f"means: {grouping.name}"))
    if tested:
        yield tests_table(tested)


def _errors(case: Case[Values], rows: Rows) -> _Errors:
    predictions = case.predictions.take(rows.kept)
    targets = np.asarray(case.truth.values[rows.kept], dtype=float)
    values = np.asarray(predictions.values, dtype=float)
    covered = None
    if predictions.quantiles is not None and len(predictions.levels) > 1:
        covered = (predictions.quantiles[:, 0] <= targets) & (targets <= predictions.quantiles[:, -1])
    elif predictions.spread is not None:
        reach = critical_value(rows.level) * np.asarray(predictions.spread, dtype=float)
        covered = np.abs(values - targets) <= reach
    return _Errors(values - targets, targets, covered)


@dataclass(frozen=True)
class _Group:
    """The errors by the groups of one grouping."""

    rows: Rows
    grouping: Grouping
    found: _Errors

    def means(self, scores: Floats) -> Estimates:
        return group_means(scores, self.grouping.codes, len(self.grouping.members), **self.rows.about)

    @functools.cached_property
    def people(self) -> npt.NDArray[np.integer] | None:
        return self.rows.people(self.grouping)

    @functools.cached_property
    def errors(self) -> Estimates:
        return self.means(self.found.errors)

    @functools.cached_property
    def sizes(self) -> Estimates:
        return self.means(np.abs(self.found.errors))

    @functools.cached_property
    def squares(self) -> Estimates:
        return _settled(self.means(self.found.errors**2))

    @functools.cached_property
    def unexplained(self) -> Estimates:
        """One less R squared."""
        codes, count = self.grouping.codes, len(self.grouping.members)
        inside = codes >= 0
        centre = self.means(self.found.targets).value
        spread = np.zeros(len(codes))
        spread[inside] = (self.found.targets[inside] - centre[codes[inside]]) ** 2
        # Of equal targets the mean is off by a rounding, and a ratio to its square would be beyond all numbers.
        least, most = np.full(count, np.inf), np.full(count, -np.inf)
        np.minimum.at(least, codes[inside], self.found.targets[inside])
        np.maximum.at(most, codes[inside], self.found.targets[inside])
        spread[inside] *= (most > least)[codes[inside]]
        return _settled(group_ratios(self.found.errors**2, spread, codes, count, **self.rows.about))

    @functools.cached_property
    def covered(self) -> Shares | None:
        return None if self.found.covered is None else self.rows.shares(self.found.covered, self.grouping)

    def singles(self) -> Iterator[Single]:
        """The metrics of each group."""
        level, over = self.rows.level, self.rows.over
        low, high = self.sizes.limits(level)
        mean, log = f"student, mean over {over}", f"student, log of mean over {over}"
        yield self._single("mean_error", self.errors.value, self.errors.limits(level), mean)
        yield self._single("mean_absolute_error", self.sizes.value, Limits(np.maximum(low, 0.0), high), mean)
        yield self._single("root_mean_squared_error", *_mapped(self.squares, level, np.sqrt), log)
        value, limits = _mapped(self.unexplained, level, lambda ratio: 1 - ratio)
        yield self._single("r2_score", value, limits, f"student, log of ratio over {over}")
        if self.covered is not None:
            yield self._single("interval_coverage", self.covered.value, self.covered.limits(level), self.covered.method)

    def _single(self, metric: str, value: Floats, limits: Limits, method: str) -> Single:
        return Single(metric, value, self.errors.n, limits, method, _BETTER[metric], people=self.people)

    def tests(self, rng: np.random.Generator) -> Iterator[Tested]:
        """Whether all groups that are large enough could have one mean error, and one mean absolute error."""
        errors = self.found.errors
        scores = {"mean_error": errors, "mean_absolute_error": np.abs(errors)}
        yield from means_tests(self.rows, self.grouping, large_groups(self.grouping, self.rows), scores, rng)


def _settled(found: Estimates) -> Estimates:
    """Without the variance of ratios that rest on too few rows for their long tail."""
    enough = found.freedom + 1 >= FEWEST
    return Estimates(found.value, np.where(enough, found.variance, np.nan), found.freedom, found.n)


def _mapped(
    found: Estimates, level: float, function: Callable[[Any], Any], comparisons: int = 1
) -> tuple[Floats, Limits]:
    """Values and limits through a function that only rises, or only falls."""
    ends = [function(end) for end in found.log_limits(level, comparisons=comparisons)]
    return function(found.value), Limits(np.minimum(*ends), np.maximum(*ends))


def _gaps(group: _Group) -> Iterator[Measurement | Table]:
    apart, level = [], group.rows.level
    for metric, (find, method, why) in _FOUND.items():
        if metric == "interval_coverage_difference" and group.covered is None:
            continue
        # A group whose targets are all the same has no R squared to compare.
        n = group.errors.n
        n = np.where(np.isfinite(group.unexplained.value), n, 0) if metric == "r2_score_difference" else n
        compared = Compared(group.grouping, None, n, group.rows.least, group.people)
        gap = None if compared.too_few else find(group, compared.takes_part)
        words = method.format(over=group.rows.over)
        yield told(compared, metric, gap, level=level, method=words, better=_BETTER[metric], why=why)
        if gap is not None:
            apart.append((metric, compared.labels[gap.lowest], compared.labels[gap.highest]))
    if apart:
        yield furthest("The groups that lie furthest apart in errors, by {attributes}", group.grouping, apart)


def _by_limits(group: _Group, large: Any, found: Estimates, function: Callable[[Any], Any]) -> Gap:
    count = int(np.count_nonzero(large))
    value, limits = _mapped(found.take(large), group.rows.level, function, count * (count - 1) // 2)
    if not np.isfinite([*limits.low, *limits.high]).all():
        return Gap(float(np.ptp(value)), np.nan, np.nan, int(np.argmin(value)), int(np.argmax(value)))
    return widest_between(value, limits)


def _ratio(group: _Group, large: Any, found: Estimates, power: float = 1.0) -> Gap | None:
    taken = found.take(large)
    if taken.value.min() <= 0:
        return None
    return smallest_mean_ratio(taken, level=group.rows.level, power=power)


def _coverage(group: _Group, large: Any) -> Gap | None:
    return None if group.covered is None else widest_difference(group.covered.take(large), level=group.rows.level)


_NO_ERROR = "a group has no error at all, so that the ratio says nothing"
_FOUND: Mapping[str, tuple[Callable[[_Group, Any], Gap | None], str, str]] = {
    "mean_error_difference": (
        lambda group, large: widest_mean_difference(group.errors.take(large), level=group.rows.level),
        "welch over {over}",
        "",
    ),
    "mean_absolute_error_difference": (
        lambda group, large: widest_mean_difference(group.sizes.take(large), level=group.rows.level),
        "welch over {over}",
        "",
    ),
    "mean_absolute_error_ratio": (
        lambda group, large: _ratio(group, large, group.sizes),
        "welch, log of mean over {over}",
        _NO_ERROR,
    ),
    "root_mean_squared_error_difference": (
        lambda group, large: _by_limits(group, large, group.squares, np.sqrt),
        "student, log of mean over {over}, squared and added",
        "",
    ),
    "root_mean_squared_error_ratio": (
        lambda group, large: _ratio(group, large, group.squares, 0.5),
        "welch, log of mean over {over}",
        _NO_ERROR,
    ),
    "r2_score_difference": (
        lambda group, large: _by_limits(group, large, group.unexplained, lambda ratio: 1 - ratio),
        "student, log of ratio over {over}, squared and added",
        "",
    ),
    "interval_coverage_difference": (_coverage, "newcombe", ""),
}
