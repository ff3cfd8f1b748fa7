"""`fairness.worst-label`: the widest of the labels' own gaps, with an interval that pays for having picked it."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import LabelScores, Measurement, Table
from auditkit.testing import toy_case
from auditkit_fairness.gaps import gaps
from auditkit_fairness.worst_label import GAPS, worst_label


def drawn(labels=4, rows=600, *, gap=0.3, seed=1):
    rng = np.random.default_rng(seed)
    groups = rng.choice(["x", "y"], rows)
    true = rng.random((rows, labels)) < 0.4
    missed = rng.random((rows, labels)) < 0.2 + gap * ((groups == "y")[:, None] & (np.arange(labels) == 2))
    scores = np.where(true & ~missed, 0.9, 0.1)
    names = tuple("abcdefghijklmnop"[:labels])
    return toy_case(LabelScores(names, scores), list(true), {"g": groups.tolist()})


def measured(readings, metric):
    return [m for m in readings if isinstance(m, Measurement) and m.metric == metric]


@pytest.mark.parametrize("metric", GAPS)
def test_it_is_the_widest_of_the_labels_gaps(metric):
    case = drawn()
    each = measured(gaps(case), metric)
    (worst,) = measured(worst_label(case), f"worst_label_{metric}")
    assert worst.value == pytest.approx(max(one.value for one in each))
    assert worst.label is None
    widest = max(each, key=lambda one: one.value)
    assert worst.interval.low <= widest.interval.low
    assert worst.interval.high > widest.interval.high
    assert worst.compared == widest.compared


def test_the_label_and_the_groups_are_named():
    (table,) = [one for one in worst_label(drawn()) if isinstance(one, Table)]
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["equal_opportunity_difference"] == ("c", "y", "x")


def test_of_one_label_it_is_its_own_gap():
    case = drawn(labels=1)
    (one,), (worst,) = (
        measured(readings, metric)
        for readings, metric in (
            (gaps(case), "equal_opportunity_difference"),
            (worst_label(case), "worst_label_equal_opportunity_difference"),
        )
    )
    assert (worst.value, worst.interval.low, worst.interval.high) == (one.value, one.interval.low, one.interval.high)


def test_labels_too_rare_to_compare_are_not_among_them():
    true = np.array([(1, 0)] * 60 + [(1, 1)] * 4 + [(1, 0)] * 60)
    scores = np.where(true, 0.9, 0.1)
    scores[60:64, 1] = 0.1  # of the rare label all are missed, in one group
    groups = {"g": ["x"] * 64 + ["y"] * 60}
    case = toy_case(LabelScores(("often", "rare"), scores), list(true), groups)
    (worst,) = measured(worst_label(case), "worst_label_equal_opportunity_difference")
    assert worst.value == 0.0
    (none,) = measured(worst_label(drawn(rows=40)), "worst_label_equal_opportunity_difference")
    assert "for no label" in str(none.undefined)


def test_the_worst_of_many_equal_labels_is_seldom_called_a_gap():
    alarms = sum(
        measured(worst_label(drawn(labels=12, rows=300, gap=0.0, seed=seed)), metric)[0].interval.low > 0
        for seed in range(40)
        for metric in ("worst_label_equal_opportunity_difference",)
    )
    assert alarms <= 5
