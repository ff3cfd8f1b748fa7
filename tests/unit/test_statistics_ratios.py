"""Intervals of ratios of totals and of means of bounded scores: by hand, against others, and how often they cover."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.statistics import bounded_mean, mean, positive_ratio, share_of_totals, wilson
from auditkit.statistics.ratios import FEWEST_FOR_RATIO


def test_a_ratio_by_hand():
    found = positive_ratio(np.array([1.0, 3.0] * 15), np.full(30, 2.0))
    assert found is not None
    assert found.value == 1.0
    assert found.limits.low * found.limits.high == pytest.approx(1.0)  # symmetric on the log scale
    # Each part is 1 from its whole: a standard error of sqrt(30 * 30 / 29) / 60, and Student's 2.0452 of 29.
    assert np.log(found.limits.high) == pytest.approx(2.04523 * np.sqrt(30 * 30 / 29) / 60, rel=1e-5)


def test_below_thirty_rows_or_units_a_ratio_has_no_limits():
    parts = np.linspace(1, 3, 60)
    assert positive_ratio(parts[:30], np.ones(30)).limits is not None
    assert positive_ratio(parts[:29], np.ones(29)).limits is None
    assert positive_ratio(parts, np.ones(60), units=np.arange(60) // 2).limits is not None
    assert positive_ratio(parts, np.ones(60), units=np.arange(60) // 3).limits is None
    assert positive_ratio(parts, np.ones(60), weights=np.array([1.0] * 29 + [0.0] * 31)).limits is None


@pytest.mark.parametrize(("draw_errors", "square", "least"), [("normal", 1.0, 0.92), ("laplace", 2.0, 0.875)])
def test_how_often_a_ratio_of_the_fewest_rows_covers(draw_errors, square, least):
    draw = np.random.default_rng(20)
    rows = FEWEST_FOR_RATIO
    hits = {"mean square": [], "unexplained": []}
    for _ in range(2000):
        errors, explained = getattr(draw, draw_errors)(0, 1, rows), draw.normal(0, 2, rows)
        target = explained + errors
        about = {
            "mean square": (np.ones(rows), square),
            "unexplained": ((target - target.mean()) ** 2, square / (square + 4)),
        }
        for name, (wholes, true) in about.items():
            low, high = positive_ratio(errors**2, wholes).limits
            hits[name].append(low <= true <= high)
    assert {name: np.mean(found) > least for name, found in hits.items()} == {"mean square": True, "unexplained": True}


def test_flags_have_wilsons_interval_nearly():
    flags = np.array([1.0] * 30 + [0.0] * 970)
    found = bounded_mean(flags)
    assert found.limits.low == pytest.approx(wilson(30, 1000).low, rel=0.01)
    assert found.limits.high == pytest.approx(wilson(30, 1000).high, rel=0.01)


def test_scores_that_are_all_nothing_are_worth_as_many_answers():
    found = bounded_mean(np.zeros(50))
    assert found.value == 0.0
    assert tuple(found.limits) == pytest.approx(tuple(wilson(0, 50)))


def test_units_that_agree_are_worth_one_row_each():
    scores, units = np.repeat([0.2, 0.9, 0.4, 0.6], 25), np.repeat(np.arange(4), 25)
    assert tuple(bounded_mean(scores, units=units).limits) == pytest.approx(
        tuple(bounded_mean(np.array([0.2, 0.9, 0.4, 0.6])).limits)
    )


def test_totals_of_one_each_are_a_plain_share():
    hits = np.array([1] * 7 + [0] * 13)
    shares = share_of_totals(hits, np.ones(20, dtype=np.int64))
    assert shares.value[0] == 7 / 20
    assert shares.limits().low[0] == pytest.approx(wilson(7, 20).low, abs=0.02)


@pytest.mark.parametrize("rows", [30, 300])
def test_how_often_they_cover(rows):
    draw = np.random.default_rng(rows)
    errors = draw.normal(0, 1, (600, rows)) ** 2
    sparse = (draw.random((600, rows)) < 0.05) * draw.random((600, rows))
    squares = [positive_ratio(row, np.ones(rows)).limits for row in errors]
    bounded = [bounded_mean(row).limits for row in sparse]
    assert np.mean([low <= 1 <= high for low, high in squares]) > 0.9
    assert np.mean([low <= 0.025 <= high for low, high in bounded]) > 0.88
    students = [mean(row).limits or (0.0, 0.0) for row in sparse]
    covered = np.mean([low <= 0.025 <= high for low, high in students])
    assert covered < np.mean([low <= 0.025 <= high for low, high in bounded])
