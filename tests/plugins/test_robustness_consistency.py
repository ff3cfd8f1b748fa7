"""`robustness.consistency`: what comes of asking the same rows again, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import AuditError, ClassScores, LabelScores, NotApplicable, Table, Values
from auditkit.checks.asking import ask
from auditkit.statistics import wilson
from auditkit.testing import toy_case, with_model
from auditkit_robustness.consistency import accept_sizes, consistency

DECISIONS, SCORES = "inconsistent_decision_rate", "inconsistent_score_rate"
HOW = {"most_rows": 64, "batch_sizes": (1, 4), "tolerance": 0.001}


class First:
    """Scores each row as it says; adds 0.2 to the first of every batch. Notes how many rows it was asked about."""

    def __init__(self, kind=ClassScores, extra=0.2):
        self.kind, self.extra, self.asked = kind, extra, []

    def predict(self, inputs):
        numbers = np.array([float(str(one)) for one in inputs])
        numbers[:1] += self.extra
        self.asked.append(len(numbers))
        if self.kind is Values:
            return Values(100 * numbers)
        scores = np.column_stack([1 - numbers, numbers])
        return ClassScores(("no", "yes"), scores) if self.kind is ClassScores else LabelScores(("a", "b"), scores)


def rows_of(kind=ClassScores, rows=8, extra=0.2, **more):
    # Half of the rows lie at 0.4, where 0.2 turns the decision; the others at 0.1, where it does not.
    given = pd.Series([0.4 if row % 2 else 0.1 for row in range(rows)])
    plain = First(kind, 0.0).predict(given)
    positive = "yes" if kind is ClassScores else None
    targets = {ClassScores: ["no"] * rows, LabelScores: None, Values: [10.0] * rows}[kind]
    case = toy_case(plain, targets, positive=positive, inputs=given, **more)
    model = First(kind, extra)
    return with_model(case, model), model


def test_the_rates_by_hand():
    case, model = rows_of()
    said = ask(consistency, case, HOW)
    # As they were, the first row, at 0.1, moves; backwards the last one, at 0.4, which turns; one at a time all move
    # and four of eight turn; four at a time rows 0 and 4, at 0.1, move.
    rates = {
        way: tuple(said.of(metric, conditions={"asked": way})[0].value * 8 for metric in (DECISIONS, SCORES))
        for way in ("as they were", "in another order", "one at a time", "4 at a time")
    }
    assert rates == {
        "as they were": (0, 1), "in another order": (1, 1), "one at a time": (4, 8), "4 at a time": (0, 2),
    }  # fmt: skip
    assert model.asked == [8, 8] + [1] * 8 + [4, 4]
    (any_turn,) = said.of(DECISIONS, conditions={})
    assert (any_turn.value, any_turn.n) == (0.5, 8)
    assert (any_turn.interval.low, any_turn.interval.high) == pytest.approx(tuple(wilson(4, 8)))
    (table,) = [one for one in said if isinstance(one, Table)]
    assert [row[-1] for row in table.rows] == [0.2] * 4


def test_a_move_within_the_tolerance_is_rounding():
    case, _ = rows_of(extra=0.0005)
    (one,) = ask(consistency, case, HOW).of(SCORES, conditions={})
    assert one.value == 0.0
    (one,) = ask(consistency, case, HOW | {"tolerance": 0.0001}).of(SCORES, conditions={})
    assert one.value == 1.0


def test_groups_are_compared():
    case, _ = rows_of(rows=32, groups={"side": ["left", "right"] * 16}, min_group_size=5)
    said = ask(consistency, case, HOW)
    sides = [said.of(DECISIONS, group={"side": side}, conditions={})[0].value for side in ("left", "right")]
    assert sides == [0.0, 1.0]
    (gap,) = said.of(f"{DECISIONS}_difference")
    assert gap.value == 1.0


def test_several_labels_and_numbers():
    case, _ = rows_of(LabelScores)
    (one,) = ask(consistency, case, HOW).of(DECISIONS, conditions={})
    assert one.value == 0.5
    case, _ = rows_of(Values)
    said = ask(consistency, case, HOW)
    assert not said.of(DECISIONS)
    (one,) = said.of(SCORES, conditions={"asked": "4 at a time"})
    assert one.value == 0.25
    (table,) = [one for one in said if isinstance(one, Table)]
    # 20 of numbers at 10 and 40, whose standard deviation is 15.
    assert table.rows[0][-1] == pytest.approx(20 / 15, rel=1e-2)


def test_few_rows_are_asked():
    case, model = rows_of(rows=100)
    ask(consistency, case, HOW | {"most_rows": 10})
    assert sum(model.asked) == 40


def test_recorded_predictions_cannot_be_asked():
    from dataclasses import replace

    case, _ = rows_of()
    with pytest.raises(NotApplicable, match="were recorded"):
        ask(consistency, replace(case, settings=replace(case.settings, recorded=("p",))), HOW)


@pytest.mark.parametrize("options", [{"batch_sizes": (0,)}, {"most_rows": 0}, {"tolerance": -1.0}])
def test_options_that_cannot_be_meant(options):
    with pytest.raises(AuditError, match=next(iter(options))):
        accept_sizes(**options)
