"""`fairness.multiaccuracy` and `fairness.linear-groups`: learnt on one half of the people, measured on the other."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

from auditkit import AuditError, ClassScores, NotApplicable, Table
from auditkit.checks.asking import ask
from auditkit.testing import toy_case
from auditkit_fairness.linear_groups import _best_threshold, _Searched, linear_groups
from auditkit_fairness.multiaccuracy import accept_auditor, multiaccuracy
from auditkit_fairness.worst.auditors import Features, grown, leaves_of, taught_line
from auditkit_fairness.worst.dividing import Divisions
from auditkit_fairness.worst.losses import losses_of
from auditkit_fairness.worst.planted import with_a_line, with_people_misjudged

RESIDUAL = "worst_decile_residual"


def test_a_ridge_regression_by_hand():
    """Of a yes or no with residuals 1 and 0: 1 over 1 and the penalty of 10, about the means."""
    weights = taught_line(np.array([[1.0], [1.0], [0.0], [0.0]]), np.array([1.0, 1.0, 0.0, 0.0]), np.ones(4))
    assert weights == pytest.approx([1 / 11, 0.5 - 0.5 / 11])


def test_a_tree_is_the_one_that_scikit_learn_grows():
    rng = np.random.default_rng(0)
    values = rng.integers(0, 2, (600, 6)).astype(float)
    residuals = values[:, 0] * values[:, 3] - 0.4 * values[:, 5] + rng.normal(size=600)
    mass = rng.uniform(0.5, 2, 600)
    nodes = grown(values, residuals, mass)
    theirs = DecisionTreeRegressor(max_depth=3, min_samples_leaf=10, min_weight_fraction_leaf=0.05, random_state=0).fit(
        values, residuals, sample_weight=mass
    )
    own = np.array([node.expected for node in nodes])[leaves_of(nodes, values)]
    assert own == pytest.approx(theirs.predict(values))


def test_a_threshold_by_hand():
    """Below 2 there are two too few, below 3 one and a half: those from 2 on are the group."""
    assert _best_threshold(np.array([1.0, 1.0, 2.0, 3.0]), np.array([-1.0, -1.0, 0.5, 1.5])) == (2.0, True)
    assert _best_threshold(np.array([1.0, 1.0, 2.0, 3.0]), np.array([1.0, 1.0, -0.5, -1.5])) == (2.0, False)
    assert _best_threshold(np.array([1.0, 1.0]), np.array([1.0, -1.0])) == (1.0, True)


def test_a_violation_by_hand():
    """On the judged half 15 of 30 of a, and 5 of 50 of b, are selected: 3/8 of (1/2 - 1/4)."""
    group = ["a"] * 50 + ["b"] * 100
    selected = np.zeros(150)
    selected[:16] = selected[20:35] = selected[50:55] = selected[100:105] = 1
    half = np.array([0] * 20 + [1] * 30 + [0] * 50 + [1] * 50)
    score = np.where(selected == 1, 0.8, 0.2)
    given = ClassScores(("no", "yes"), np.column_stack([1 - score, score]))
    case = toy_case(given, ["no"] * 150, {"g": group}, positive="yes")
    (losses,) = losses_of(case, "error")
    order = losses.rows
    features = Features.of(Divisions.of(case, order))
    searched = _Searched(losses, features, selected[order], np.ones(150, dtype=bool), half[order], 0.95)
    effect = searched._measured(0)
    assert effect is not None
    assert effect.value == pytest.approx(3 / 8 * (1 / 2 - 1 / 4))
    assert (effect.n, effect.low < effect.value < effect.high) == (80, True)


def test_people_that_a_tree_can_tell_are_found_and_named():
    readings = ask(multiaccuracy, with_people_misjudged(0.45)(np.random.default_rng(1)), {})
    (found,) = readings.of(RESIDUAL)
    assert found.interval is not None
    assert found.interval.low > 0.1
    (table,) = (one for one in readings if isinstance(one, Table))
    assert table.rows[1][1] < 0.001
    assert "site is north, and ward is a" in str(table.rows[2][0])


def test_of_several_splits_p_is_twice_the_median():
    readings = ask(multiaccuracy, with_people_misjudged(0.0)(np.random.default_rng(1)), {"splits": 5})
    (table,) = (one for one in readings if isinstance(one, Table))
    assert 0.05 < table.rows[1][1] <= 1


def test_few_people_are_no_audience():
    case = with_people_misjudged(0.45, rows=90)(np.random.default_rng(1))
    (found,) = ask(multiaccuracy, case, {}).of(RESIDUAL)
    assert "fewer than" in found.undefined.msgid
    (line, _) = ask(linear_groups, with_a_line(0.3, rows=90)(np.random.default_rng(1)), {}).measurements
    assert line.value is None


def test_scores_that_are_no_probabilities_have_no_residuals():
    given = ClassScores(("no", "yes"), np.tile([[0.3, 4.0]], (200, 1)), "score")
    with pytest.raises(NotApplicable, match="no probabilities"):
        ask(multiaccuracy, toy_case(given, ["yes"] * 200, {"g": ["a", "b"] * 100}, positive="yes"), {})


def test_no_split_is_refused():
    with pytest.raises(AuditError, match="splits"):
        accept_auditor(splits=0, data=None)


@pytest.mark.slow
def test_over_twenty_seeds_harms_are_found_and_their_twins_are_silent():
    for check, made, metric, size in (
        (multiaccuracy, with_people_misjudged, RESIDUAL, 0.45),
        (linear_groups, with_a_line, "linear_group_selection_violation", 0.3),
        (linear_groups, with_a_line, "linear_group_false_positive_violation", 0.3),
    ):
        lows = [
            [
                ask(check, made(one)(np.random.default_rng([3, seed])), {}).of(metric)[0].interval.low > 0
                for one in sizes
            ]
            for seed in range(20)
            for sizes in [(size, 0.0)]
        ]
        found, alarmed = np.sum(lows, axis=0)
        assert found >= 16, metric
        # By chance one 95% interval in forty lies above 0: of 20, more than three do so in 1 of 700 simulations.
        assert alarmed <= 3, metric
