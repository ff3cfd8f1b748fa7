"""`fairness.differential`: the largest ratio of any decision's chances between groups and their intersections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Interval, Measurement, NotApplicable, Table, Text, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import UnitCounts, differential_fairness, own_units, telling
from auditkit.testing import above, every, fair_groups, group_under_selected, near, not_above
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.multiclass import DIFFERENTIAL_CARDS
from auditkit_fairness.comparing import Compared
from auditkit_fairness.decisions import decided, looked_at
from auditkit_fairness.groupings import groupings

_METRIC = "differential_fairness_epsilon"
_MOST_REPLICATES, _FEWEST_REPLICATES, _WORK = 2_000, 500, 10_000_000

CONTROLS = (
    planted(
        "one of two groups is selected half as often: 50 in 200 rows in place of 100",
        group_under_selected(0.5),
        every(near(_METRIC, float(np.log(100.5 / 50.5)), 1e-6), above(_METRIC, 0.3)),
    ),
    clean("two groups with the same rows", fair_groups(), not_above(_METRIC, 0.0)),
)


@check(
    "fairness.differential",
    on=ClassScores,
    metrics=DIFFERENTIAL_CARDS,
    needs=("groups",),
    accepts=accept_options,
    controls=CONTROLS,
)
def differential(case: Case[ClassScores], *, depth: int = 2) -> Iterator[Measurement | Table]:
    """How many times as likely a decision is for one group as for another.

    For each protected attribute, and for each intersection of up to `depth` attributes, the epsilon of differential
    fairness: the largest log ratio of the chances of any class between any two groups, each class smoothed by its part
    of one row. Its interval holds for all pairs of groups and all classes at once. Groups with fewer rows than the
    policy's smallest group are listed and not compared.
    """
    if telling(case.weights, None, _weighed(case))[0] is not None:
        raise NotApplicable("rows have weights, beside which the one row of the smoothing has none")
    for grouping in groupings(case.groups, depth=depth):
        found: list[tuple[str, str, str]] = []
        yield _measured(case, grouping, found)
        # A table each, so that what is withheld of one takes no other's line.
        if found:
            yield Table(
                title=Text.of(
                    "The decision whose chances are the most unlike, by {attributes}", attributes=grouping.name
                ),
                columns=tuple(Text.of(name) for name in ("class", "least likely in", "most likely in")),
                rows=tuple(found),
                attributes=grouping.attributes,
            )


def _measured(case: Case[Any], grouping: Grouping, found: list[tuple[str, str, str]]) -> Measurement:
    given = decided(case, grouping)
    compared = Compared(grouping, None, given.n, case.min_group_size, given.people)
    about = compared.about(_METRIC, "lower")
    if compared.too_few:
        return Measurement(value=None, undefined=compared.too_few, **about)
    part = compared.takes_part
    kept = looked_at(case, grouping)
    kept[kept] = part[grouping.codes[kept]]
    _, whose = telling(None, None if case.units is None else case.units.codes, kept)
    units = None if whose is None else _units(case, grouping, part, whose[kept], kept)
    rng = case.rng(grouping.name)
    rows = given.rows[part]
    replicates = int(np.clip(_WORK // (len(rows) * rows.size), _FEWEST_REPLICATES, _MOST_REPLICATES))
    epsilon = differential_fairness(rows, rng=rng, units=units, level=case.level, replicates=replicates)
    labels = compared.labels
    if epsilon.value > 0:
        classes = case.predictions.classes
        found.append((classes[epsilon.decision], labels[epsilon.lowest], labels[epsilon.highest]))
    method = "bootstrap of the largest error" + (" over units" if given.is_effective else "")
    interval = Interval(low=epsilon.low, high=epsilon.high, level=case.level, method=method, simultaneous=True)
    return Measurement(value=epsilon.value, interval=interval, **about)


def _weighed(case: Case[Any]) -> npt.NDArray[np.bool_]:
    return np.ones(len(case), dtype=bool) if case.weights is None else case.weights > 0


def _units(
    case: Case[Any],
    grouping: Grouping,
    takes_part: npt.NDArray[np.bool_],
    units: npt.NDArray[np.integer],
    kept: npt.NDArray[np.bool_],
) -> UnitCounts:
    """The rows of the groups that take part by whole units; a unit with rows in two groups is two."""
    places = (np.cumsum(takes_part) - 1)[grouping.codes[kept]]
    pairs, owners = np.unique(own_units(units) * len(takes_part) + places, return_inverse=True)
    classes = len(case.predictions.classes)
    cells = np.bincount(owners * classes + case.decisions[kept], minlength=len(pairs) * classes)
    return UnitCounts(cells.reshape(-1, classes), pairs % len(takes_part))
