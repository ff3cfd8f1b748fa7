"""`fairness.value-parity`: how far apart the groups' predicted numbers lie, whatever is true of them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from auditkit import Case, Measurement, Table, Text, Values, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import (
    Distributions,
    Gap,
    Limits,
    group_means,
    kolmogorov_distance,
    kolmogorov_test,
    smallest_ratio,
    wasserstein_distance,
    widest_difference,
    widest_mean_difference,
)
from auditkit.testing import above, every, group_misjudged, near, not_above
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.regression import VALUE_CARDS
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

_BETTER = {card.name: card.better for card in VALUE_CARDS}
_EMPTY = "no rows in this group"

CONTROLS = (
    planted(
        "predictions for one of two groups are twenty too low, of numbers from 20 to 80",
        group_misjudged(20.0),
        every(
            above("prediction_kolmogorov_distance", 0.05),
            above("prediction_wasserstein_distance", 0.2),
            above("mean_prediction_difference", 10.0),
            above("scoring_rate_difference", 0.1),
        ),
    ),
    clean(
        "two groups with the same predictions",
        group_misjudged(0.0),
        every(
            near("prediction_kolmogorov_distance", 0.0),
            near("mean_prediction_difference", 0.0),
            not_above("prediction_wasserstein_distance", 0.0),
        ),
    ),
)


@check(
    "fairness.value-parity",
    on=Values,
    metrics=VALUE_CARDS,
    needs=("groups",),
    accepts=accept_options,
    controls=CONTROLS,
)
def value_parity(case: Case[Values], *, depth: int = 2) -> Iterator[Measurement | Table]:
    """How far apart the groups' predicted numbers lie.

    For each protected attribute, and for each intersection of up to `depth` attributes: each group's mean prediction
    and how often it lies above the median of all, and how far the groups' distributions lie apart, at the worst
    threshold and on average. What is true of the groups is not looked at: where their true values differ, so should
    predictions.
    """
    rows = Rows.of(case, np.ones(len(case), dtype=bool), depth=depth)
    values = np.asarray(case.predictions.values[rows.kept], dtype=float)
    above_median = values > _median(values, rows.weights)
    tested: list[Tested] = []
    for grouping in (rows.everyone, *rows.groupings):
        means = group_means(values, grouping.codes, len(grouping.members), **rows.about)
        shares = rows.shares(above_median, grouping)
        mean, people = f"student, mean over {rows.over}", rows.people(grouping)
        singles = (
            Single(
                "mean_prediction", means.value, means.n, means.limits(rows.level), mean, "target", _EMPTY, people=people
            ),
            Single(
                "scoring_rate",
                shares.value,
                shares.n,
                shares.limits(rows.level),
                shares.method,
                "target",
                _EMPTY,
                people=people,
            ),
        )
        for single in singles:
            yield from single.measurements(grouping, rows.level)
        if not grouping.attributes:
            continue
        compared = Compared(grouping, None, means.n, rows.least, people)
        gaps = {} if compared.too_few else _gaps(case, rows, grouping, values, above_median)
        for metric, (method, why) in _METHODS.items():
            words = method.format(over=rows.over)
            gap = gaps.get(metric)
            yield told(compared, metric, gap, level=rows.level, method=words, better=_BETTER[metric], why=why)
        if gaps:
            ends = {metric: gap for metric, gap in gaps.items() if gap is not None}
            apart = [(name, compared.labels[gap.lowest], compared.labels[gap.highest]) for name, gap in ends.items()]
            yield furthest("The groups that lie furthest apart in predictions, by {attributes}", grouping, apart)
            tested += _tests(case, rows, grouping, values)
    if tested:
        yield tests_table(tested)


_METHODS = {
    "mean_prediction_difference": ("welch over {over}", ""),
    "scoring_rate_difference": ("newcombe", ""),
    "scoring_rate_ratio": ("donner-zou ratio of wilson limits", "nobody is above the median in any group: 0 / 0"),
    "prediction_kolmogorov_distance": ("bands of Dvoretzky, Kiefer and Wolfowitz", ""),
    "prediction_wasserstein_distance": (
        "triangle inequality, sampling noise drawn anew",
        "all predictions are the same",
    ),
}


def _gaps(
    case: Case[Values], rows: Rows, grouping: Grouping, values: Floats, above_median: npt.NDArray[np.bool_]
) -> dict[str, Gap | None]:
    codes = large_groups(grouping, rows)
    count = int(codes.max()) + 1
    large = Grouping(grouping.attributes, codes, ({},) * count)
    shares = rows.shares(above_median, large)
    found = Distributions.of(values, codes, count, **rows.about)
    spread = float(np.sqrt(np.cov(values, aweights=rows.weights, ddof=0))) if np.ptp(values) > 0 else 0.0
    rng = case.rng(f"wasserstein: {grouping.name}")
    return {
        "mean_prediction_difference": widest_mean_difference(
            group_means(values, codes, count, **rows.about), level=rows.level
        ),
        "scoring_rate_difference": widest_difference(shares, level=rows.level),
        "scoring_rate_ratio": smallest_ratio(shares, level=rows.level) if shares.value.max() > 0 else None,
        "prediction_kolmogorov_distance": kolmogorov_distance(found, level=rows.level),
        "prediction_wasserstein_distance": (
            _scaled(wasserstein_distance(found, level=rows.level, rng=rng), spread) if spread > 0 else None
        ),
    }


def _scaled(gap: Gap, spread: float) -> Gap:
    limits = Limits(gap.low / spread, gap.high / spread)
    return Gap(gap.value / spread, limits.low, limits.high, gap.lowest, gap.highest)


def _tests(case: Case[Values], rows: Rows, grouping: Grouping, values: Floats) -> Iterator[Tested]:
    """Whether all groups that are large enough could have one mean, and one distribution."""
    codes = large_groups(grouping, rows)
    count = int(codes.max()) + 1
    rng = case.rng(f"means: {grouping.name}")
    yield from means_tests(rows, grouping, codes, {"mean_prediction": values}, rng)
    found = kolmogorov_test(values, codes, count, rng=case.rng(f"permutation: {grouping.name}"), **rows.about)
    name, test = Text.of("distribution of predictions"), "permuted sup|F - F|"
    yield Tested(grouping, name, test, found.statistic, found.p, "prediction_wasserstein_distance")


def _median(values: Floats, weights: Floats | None) -> float:
    """The median, or of weighted rows the middle between the values that have at least half of the weight on a side."""
    if weights is None:
        return float(np.median(values)) if len(values) else 0.0
    order = np.argsort(values, kind="stable")
    total = np.cumsum(weights[order])
    half = total[-1] / 2
    low = int(np.searchsorted(total, half * (1 - 1e-12)))
    high = int(np.searchsorted(total, half * (1 + 1e-12)))
    return float((values[order][low] + values[order][min(high, len(order) - 1)]) / 2)
