"""`fairness.variance`: how much three groups or more vary in a rate, without what small samples vary by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Interval, LabelScores, Measurement, NotApplicable, Text, check, clean, planted
from auditkit.segments import Grouping
from auditkit.statistics import RATES, OutcomeTable, between_variance
from auditkit.testing import above, every, near, not_above, toy_case
from auditkit_fairness.accepting import accept_options
from auditkit_fairness.cards.variance import VARIANCE_CARDS
from auditkit_fairness.comparing import Compared
from auditkit_fairness.counting import counted
from auditkit_fairness.groupings import groupings_of
from auditkit_fairness.questions import Predicted

_RATES = ("selection_rate", "true_positive_rate", "false_positive_rate")
_FEWEST_GROUPS = 3
_MOST_REPLICATES, _FEWEST_REPLICATES, _WORK = 2_000, 500, 20_000


def _sites(rng: np.random.Generator, *, step: int) -> Case[Any]:
    """Five sites of 200 rows, half of them positive: at the third 50 of either class are selected, then by steps."""
    del rng
    selected = [50 + step * (place - 2) for place in range(5)]
    yes = np.concatenate([np.arange(100) < count for count in selected for _ in range(2)])
    targets = (["yes"] * 100 + ["no"] * 100) * 5
    predictions = ClassScores(("no", "yes"), np.column_stack([~yes, yes]).astype(float), "label")
    return toy_case(predictions, targets, {"site": np.repeat(list("ABCDE"), 200).tolist()}, positive="yes")


def _sites_apart(rng: np.random.Generator) -> Case[Any]:
    return _sites(rng, step=20)


def _sites_alike(rng: np.random.Generator) -> Case[Any]:
    return _sites(rng, step=0)


# Shares of .1, .3, .5, .7, .9 vary by .1; of that goes the mean of p (1 - p) / 199.
_PLANTED = 0.1 - (0.09 + 0.21 + 0.25 + 0.21 + 0.09) / 5 / 199

CONTROLS = (
    planted(
        "of five sites each selects a fifth of its rows more than the one before",
        _sites_apart,
        every(near("selection_rate_variance", _PLANTED, 1e-9), above("true_positive_rate_variance", 0.05)),
    ),
    clean("five sites with the same rows", _sites_alike, not_above("selection_rate_variance", 0.0)),
)


@check(
    "fairness.variance",
    on=(ClassScores, LabelScores),
    metrics=VARIANCE_CARDS,
    accepts=accept_options,
    controls=CONTROLS,
    streams=True,
)
def variance(case: Case[Predicted], *, depth: int = 2) -> Iterator[Measurement]:
    """How much three groups or more vary.

    For each protected attribute, and for each intersection of up to `depth` attributes, the variance between groups of
    the selection rate, the true and the false positive rate. The shares of many small groups vary although all are
    treated alike: what sampling adds is taken off. Groups with fewer rows in a denominator than the policy's smallest
    group are listed and not compared.
    """
    by_group = groupings_of(case, depth=depth)
    able = [place for place, grouping in enumerate(by_group) if len(grouping.members) >= _FEWEST_GROUPS]
    if not able:
        raise NotApplicable("no attribute has three groups: of two, fairness.gaps says how far apart they are")
    for answer in counted(case, by_group, depth=depth):
        for rate in _RATES:
            if rate in answer.question.rates:
                for place in able:
                    yield _measured(case, by_group[place], answer.by_group[place], rate, answer.question.label)


def _measured(case: Case[Any], grouping: Grouping, table: OutcomeTable, rate: str, label: str | None) -> Measurement:
    shares = table.shares(RATES[rate], level=case.level)
    compared = Compared(grouping, label, shares.n, case.min_group_size, table.people(RATES[rate]))
    about = compared.about(f"{rate}_variance", "lower")
    kept = shares.take(compared.takes_part)
    found = None
    if np.count_nonzero(compared.takes_part) >= _FEWEST_GROUPS:
        rng = case.rng(f"{grouping.name}: {label}: {rate}")
        replicates = int(np.clip(_WORK // len(kept.value), _FEWEST_REPLICATES, _MOST_REPLICATES))
        found = between_variance(kept, rng=rng, level=case.level, replicates=replicates)
    if found is None or found.groups < _FEWEST_GROUPS:
        why = Text.of("fewer than three groups have {least} rows to compare", least=case.min_group_size)
        return Measurement(value=None, undefined=why, **about)
    # What is estimated without bias may lie below 0, where no variance does: value and interval are cut off there.
    value = max(found.value, 0.0)
    method = "bootstrap of the shares, corrected twice" + (", effective size" if kept.is_effective else "")
    interval = Interval(low=max(found.low, 0.0), high=found.high, level=case.level, method=method)
    return Measurement(value=value, interval=interval, **about)
