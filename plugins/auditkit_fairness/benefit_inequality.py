"""`fairness.benefit-inequality`: how unevenly wrong decisions are shared out, among all and between groups."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Interval, LabelScores, Measurement, Table, Text, check, clean, planted
from auditkit.statistics import (
    Bootstrap,
    Limits,
    between_groups,
    between_groups_limits,
    bootstrap_clusters,
    bootstrap_counts,
    clopper_pearson,
    generalised_entropy,
    group_means,
    own_units,
)
from auditkit.testing import above, below, every, fair_groups, group_missed, near, not_above
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.individuals import INEQUALITY_CARDS
from auditkit_fairness.comparing import Compared
from auditkit_fairness.questions import Predicted
from auditkit_fairness.values_compared import Rows, told

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]

BENEFITS = np.array([0.0, 1.0, 2.0])
"""Missed, decided rightly, wrongly chosen."""

_TOTAL, _THEIL, _BETWEEN = (card.name for card in INEQUALITY_CARDS)
_ORDERS = {_TOTAL: 2.0, _THEIL: 1.0}

CONTROLS = (
    planted(
        "in one of two groups positives are found less often, by 0.5",
        group_missed(0.5),
        every(above(_TOTAL, 0.1), above(_BETWEEN, 0.0)),
    ),
    clean(
        "two groups with the same rows",
        fair_groups(),
        every(near(_BETWEEN, 0.0), below(_TOTAL, 0.15), not_above(_BETWEEN, 0.0)),
    ),
)


@check(
    "fairness.benefit-inequality",
    on=(ClassScores, LabelScores),
    metrics=INEQUALITY_CARDS,
    needs=("targets",),
    accepts=accept_options,
    controls=CONTROLS,
)
def benefit_inequality(case: Case[Predicted], *, depth: int = 1) -> Iterator[Measurement | Table]:
    """How unevenly wrong decisions are shared out.

    Each person's benefit is 0 when missed, 1 when decided rightly and 2 when wrongly chosen. The indices say how far
    benefits are from equal among all people; of the first, one part lies between the groups of each protected attribute
    and the rest within them.
    """
    for positive in case.positives:
        benefits, known = _benefits(case, positive)
        label = case.label_for(positive)
        yield from _among_all(case, benefits, known, label)
        if case.has_groups:
            yield from _between(case, benefits, known, label, depth)


def _benefits(case: Case[Predicted], positive: str) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """[n]: each row's benefit as a place in `BENEFITS`; and whether it has a target."""
    if isinstance(case.predictions, LabelScores):
        place = case.predictions.labels.index(positive)
        wanted, decided = case.label_targets[:, place], case.label_decisions[:, place]
        return decided.astype(np.int64) - wanted + 1, np.ones(len(wanted), dtype=bool)
    place = case.predictions.classes.index(positive)
    targets = case.targets.codes
    return (case.decisions == place).astype(np.int64) - (targets == place) + 1, targets >= 0


def _among_all(
    case: Case[Predicted], benefits: Integers, known: npt.NDArray[np.bool_], label: str | None
) -> Iterator[Measurement]:
    kept = known if case.weights is None else known & (case.weights > 0)
    n = int(np.count_nonzero(kept))
    for metric, alpha in _ORDERS.items():
        about: dict[str, Any] = {"metric": metric, "n": n, "label": label, "better": "lower"}
        drawn = _drawn(case, benefits, kept, alpha) if n else None
        if drawn is None or not np.isfinite(drawn.value):
            why = "nobody has any benefit" if n else "no rows have a target"
            yield Measurement(value=None, undefined=Text.of(why), **about)
            continue
        value = max(drawn.value, 0.0)
        yield Measurement(value=value, interval=_interval(case, benefits, kept, drawn, alpha), **about)


def _interval(
    case: Case[Predicted], benefits: Integers, kept: npt.NDArray[np.bool_], drawn: Bootstrap, alpha: float
) -> Interval | None:
    over, value = "rows" if case.units is None else "units", max(drawn.value, 0.0)
    if len(np.unique(benefits[kept])) == 1:
        # A bootstrap of benefits that are all the same shows no other. As many people may yet fare otherwise as Clopper
        # and Pearson allow, and the index is the largest when all of those have no benefit.
        others = float(clopper_pearson(0, _independent(case, kept), case.level).high)
        most = generalised_entropy(BENEFITS[:2], np.array([[others, 1 - others]]), alpha=alpha)
        return Interval(low=0.0, high=max(float(most[0]), value), level=case.level, method=f"clopper-pearson, {over}")
    if drawn.unstable or len(drawn.replicates) < 2 or np.ptp(drawn.replicates) <= 0:  # noqa: PLR2004  one has no spread
        return None
    low, high = drawn.bca(case.level)
    ends = {"low": min(max(low, 0.0), value), "high": max(high, value)}
    return Interval(level=case.level, method=f"BCa bootstrap over {over}", **ends)


def _independent(case: Case[Predicted], kept: npt.NDArray[np.bool_]) -> float:
    """How many people of equal weight those are, by Kish."""
    mass = np.ones(int(kept.sum())) if case.weights is None else case.weights[kept]
    if case.units is not None:
        _, owners = np.unique(own_units(case.units.codes[kept]), return_inverse=True)
        mass = np.asarray(np.bincount(owners.ravel(), weights=mass), dtype=float)
    return float(mass.sum() ** 2 / np.dot(mass, mass))


def _drawn(case: Case[Predicted], benefits: Integers, kept: npt.NDArray[np.bool_], alpha: float) -> Bootstrap:
    def index(counts: Any) -> Floats:
        return generalised_entropy(BENEFITS, counts[:, 0], alpha=alpha)

    rng = case.rng(f"benefits {alpha:g}")
    places = benefits[kept]
    if case.weights is None and case.units is None:
        return bootstrap_counts(np.bincount(places, minlength=3)[None], index, rng=rng)
    mass = np.ones(len(places)) if case.weights is None else case.weights[kept]
    codes = np.arange(len(places)) if case.units is None else case.units.codes[kept]
    alone = codes < 0
    _, owners = np.unique(np.where(alone, codes.max(initial=-1) + np.cumsum(alone), codes), return_inverse=True)
    cells = np.zeros((int(owners.max()) + 1, 3))
    np.add.at(cells, (owners, places), mass)
    return bootstrap_clusters(cells, index, rng=rng)


def _between(
    case: Case[Predicted], benefits: Integers, known: npt.NDArray[np.bool_], label: str | None, depth: int
) -> Iterator[Measurement]:
    rows = Rows.of(case, known, depth=depth)
    scores = BENEFITS[benefits[rows.kept]]
    mass = np.ones(len(scores)) if rows.weights is None else rows.weights
    for grouping in rows.groupings:
        found = group_means(scores, grouping.codes, len(grouping.members), **rows.about)
        compared = Compared(grouping, label, found.n, rows.least, rows.people(grouping))
        gap, why = None, "nobody has any benefit"
        if not compared.too_few:
            large = compared.takes_part
            inside = grouping.codes >= 0
            heavy = np.bincount(grouping.codes[inside], weights=mass[inside], minlength=len(large))[large]
            means, shares = found.value[large], heavy / heavy.sum()
            if np.dot(shares, means) > 0:
                value = max(between_groups(means, shares), 0.0)
                low, high = found.take(large).limits(rows.level, comparisons=int(large.sum()))
                ends = between_groups_limits(Limits(low, np.minimum(high, BENEFITS[-1])), shares)
                gap = _gap(value, ends, means)
        method = f"student, mean over {rows.over}, all means at once"
        yield told(compared, _BETWEEN, gap, level=rows.level, method=method, better="lower", why=why)


def _gap(value: float, ends: Limits, means: Floats) -> Any:
    from auditkit.statistics import Gap

    low, high = min(float(ends.low), value), max(float(ends.high), value)
    return Gap(value, low, high, int(np.argmin(means)), int(np.argmax(means)))
