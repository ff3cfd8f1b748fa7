"""Fairness of predicted numbers: scikit-learn, fairlearn and the numbers of holisticai's own tests as witnesses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from statsmodels.stats.oneway import anova_oneway

from auditkit import Measurement, NotApplicable, Table, Text, Values
from auditkit.checks.summaries import group_sizes
from auditkit.disclosure.suppression import SmallCells, find_small_cells, suppress, suppress_findings
from auditkit.finding import Finding
from auditkit.statistics import Distributions, wilson
from auditkit.testing import recipe, toy_case
from auditkit_fairness.value_errors import value_errors
from auditkit_fairness.value_parity import value_parity

# The ten rows of holisticai's tests/bias/utils.py at 96b084f (Apache-2.0): group_a is the first four.
GROUPS = ["a"] * 4 + ["b"] * 6
SAID = [0.9, 0.7, 0.3, 0.2, 0.8, 1.0, 0.8, 0.2, 0.1, 0.2]
TRUE = [0.8, 0.9, 0.2, 0.1, 0.7, 0.9, 0.9, 0.3, 0.2, 0.1]


def ten(**fields):
    return toy_case(
        Values(np.array(SAID)), groups={"g": GROUPS}, truth=Values(np.array(TRUE)), min_group_size=1, **fields
    )


def found(readings, metric, **group):
    (one,) = [m for m in readings if isinstance(m, Measurement) and m.metric == metric and m.group == group]
    return one


def drawn(rows=300, **fields):
    rng = np.random.default_rng(6)
    groups = rng.choice(["x", "y", "z"], rows)
    true = rng.normal(100, 10, rows)
    said = true + rng.normal(2.0 * (groups == "y"), 1.0 + 2.0 * (groups == "z"))
    spread = np.full(rows, 2.0)
    return toy_case(
        Values(said, spread), groups={"g": groups.tolist()}, truth=Values(true), min_group_size=10, **fields
    ), (groups, true, said)


def test_holisticais_numbers():
    errors, values = list(value_errors(ten())), list(value_parity(ten()))
    # Theirs are of a against b: 1.25 and 1.3228756555322954, in either direction.
    assert found(errors, "mean_absolute_error_ratio", g="*").value == pytest.approx(1 / 1.25)
    assert found(errors, "root_mean_squared_error_ratio", g="*").value == pytest.approx(1 / 1.3228756555322954)
    a, b = (found(values, "mean_prediction", g=name).value for name in "ab")
    assert a - b == pytest.approx(0.1 / 12)
    assert a / b == pytest.approx(1.016129032)
    assert found(values, "mean_prediction_difference", g="*").value == pytest.approx(0.1 / 12)
    # disparate_impact_regression at q = 0.5 is 1 and statistical_parity_regression 0.
    assert found(values, "scoring_rate_difference", g="*").value == pytest.approx(0.0, abs=1e-12)
    assert found(values, "scoring_rate_ratio", g="*").value == pytest.approx(1.0)


def test_holisticais_other_numbers_follow_from_ours():
    values = list(value_parity(ten()))
    a, b = (found(values, "mean_prediction", g=name).value for name in "ab")
    # zscore_diff: by the root of the groups' variances without Bessel's correction, weighted by their freedom.
    pooled = math.sqrt((3 * np.var(SAID[:4]) + 5 * np.var(SAID[4:])) / 8)
    assert (a - b) / pooled == pytest.approx(0.025042098285188583)
    # disparate_impact_regression at q = 0.8 and 0.9: shares strictly above the quantile of all.
    steps = Distributions.of(np.array(SAID), np.repeat([0, 1], [4, 6]), 2)
    for q, theirs in ((0.5, 1.0), (0.8, 1.5), (0.9, 0.0)):
        place = np.searchsorted(steps.values, np.quantile(SAID, q), side="right") - 1
        above = 1 - steps.cumulative[:, place]
        assert above[0] / above[1] == pytest.approx(theirs, abs=1e-12)


def test_statistical_parity_is_holisticais_where_all_thresholds_are_looked_at():
    # max_statistical_parity of 2x and x, x even on [0, 1]: 0.5.
    said = np.concatenate([2 * np.linspace(0, 1, 100), np.linspace(0, 1, 100)])
    case = toy_case(Values(said), groups={"g": ["a"] * 100 + ["b"] * 100})
    assert found(list(value_parity(case)), "prediction_kolmogorov_distance", g="*").value == pytest.approx(0.5)


def test_each_group_agrees_with_scikit_learn():
    case, (groups, true, said) = drawn()
    readings = list(value_errors(case))
    for group in "xyz":
        here = groups == group
        pair = true[here], said[here]
        assert found(readings, "mean_absolute_error", g=group).value == pytest.approx(mean_absolute_error(*pair))
        rmse = found(readings, "root_mean_squared_error", g=group)
        assert rmse.value == pytest.approx(root_mean_squared_error(*pair))
        assert found(readings, "r2_score", g=group).value == pytest.approx(r2_score(*pair))
        assert found(readings, "mean_error", g=group).value == pytest.approx((said - true)[here].mean())
        covered = found(readings, "interval_coverage", g=group)
        hits = int((np.abs(said - true)[here] <= 1.959963984540054 * 2.0).sum())
        assert covered.value == hits / here.sum()
        assert (covered.interval.low, covered.interval.high) == pytest.approx(wilson(hits, int(here.sum())))


def test_gaps_are_of_the_groups_that_lie_furthest_apart():
    case, (groups, true, said) = drawn()
    readings = list(value_errors(case))
    bias = {group: (said - true)[groups == group].mean() for group in "xyz"}
    gap = found(readings, "mean_error_difference", g="*")
    assert gap.value == pytest.approx(max(bias.values()) - min(bias.values()))
    assert gap.interval.low > 0  # two are planted
    assert (gap.interval.method, gap.interval.simultaneous) == ("welch over rows, all pairs", True)
    r2 = [r2_score(true[groups == group], said[groups == group]) for group in "xyz"]
    assert found(readings, "r2_score_difference", g="*").value == pytest.approx(max(r2) - min(r2))
    rmse = [root_mean_squared_error(true[groups == group], said[groups == group]) for group in "xyz"]
    assert found(readings, "root_mean_squared_error_difference", g="*").value == pytest.approx(max(rmse) - min(rmse))
    tests = next(one for one in readings if isinstance(one, Table) and "Holm" in str(one.title))
    assert [tuple(map(str, row[:3])) for row in tests.rows] == [
        ("g", "mean_error", "Welch's F, p by permutation"), ("g", "mean_absolute_error", "Welch's F, p by permutation"),
    ]  # fmt: skip
    for row, numbers in zip(tests.rows, (said - true, np.abs(said - true)), strict=True):
        by_formula = anova_oneway([numbers[groups == group] for group in "xyz"], use_var="unequal")
        statistic, p, adjusted, formula = row[-4:]
        assert (statistic, formula) == pytest.approx((by_formula.statistic, by_formula.pvalue), rel=2e-3)
        assert p == pytest.approx(formula, abs=0.05)
        assert adjusted >= p


def test_rows_of_one_patient_are_one_unit():
    case, _ = drawn()
    alone = found(list(value_errors(case)), "mean_error_difference", g="*").interval
    thrice, _ = drawn()
    rows = np.repeat(np.arange(300), 3)
    again = toy_case(
        thrice.predictions.take(rows),
        groups={"g": [thrice.groups["g"].labels()[row] for row in rows]},
        truth=thrice.truth.take(rows),
        units=rows.tolist(),
        min_group_size=10,
    )
    found_again = found(list(value_errors(again)), "mean_error_difference", g="*").interval
    assert (found_again.low, found_again.high) == pytest.approx((alone.low, alone.high))


def test_small_groups_are_listed_and_not_compared_and_rows_without_truth_left_out():
    said = np.arange(100.0)
    known = [row >= 5 for row in range(100)]
    groups = {"g": ["tiny"] * 8 + ["a"] * 46 + ["b"] * 46}
    case = toy_case(Values(said), groups=groups, truth=Values(said + np.resize([1.0, -1.0], 100)), truth_known=known)
    gap = found(list(value_errors(case)), "mean_error_difference", g="*")
    assert [(part.label, part.n, part.compared) for part in gap.compared] == [
        ("a", 46, True), ("b", 46, True), ("tiny", 3, False),
    ]  # fmt: skip


def test_equal_targets_have_no_r2_and_perfect_predictions_no_ratio():
    true = np.full(80, 7.0)
    case = toy_case(Values(true), groups={"g": ["a", "b"] * 40}, truth=Values(true), min_group_size=10)
    readings = list(value_errors(case))
    assert str(found(readings, "r2_score", g="a").undefined) == "all targets of this group are the same"
    assert "no error at all" in str(found(readings, "mean_absolute_error_ratio", g="*").undefined)
    assert found(readings, "mean_error_difference", g="*").value == 0.0
    assert found(readings, "mean_error_difference", g="*").interval is None
    parity = found(list(value_parity(case)), "prediction_wasserstein_distance", g="*")
    assert str(parity.undefined) == "all predictions are the same"


def test_without_targets_there_are_no_errors_and_without_groups_nothing():
    made = recipe(Values, 60)
    with pytest.raises(NotApplicable, match="what is true"):
        list(value_errors(made.but(truth=None).case()))
    with pytest.raises(NotApplicable, match="no groups"):
        list(value_parity(made.but(groups={}).case()))


def test_weights_of_two_are_two_rows_in_the_median_too():
    weights = [1.0, 3.0, 2.0, 1.0, 2.0, 1.0]
    said, groups = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), ["a", "a", "b", "b", "a", "b"]
    case = toy_case(Values(said), groups={"g": groups}, weights=weights, min_group_size=1)
    rows = np.repeat(np.arange(6), [1, 3, 2, 1, 2, 1])
    again = toy_case(Values(said[rows]), groups={"g": [groups[row] for row in rows]}, min_group_size=1)
    for name in ("a", "b"):
        values = [found(list(value_parity(one)), "scoring_rate", g=name).value for one in (case, again)]
        assert values[0] == pytest.approx(values[1])


def test_a_gap_in_the_targets_own_unit_is_withheld_where_one_end_of_it_is():
    # Those of z are withheld beside a smaller group: a share's gap is told in steps, an error's not at all.
    case, _ = drawn()
    gap = found(list(value_errors(case)), "mean_absolute_error_difference", g="*")
    coverage = found(list(value_errors(case)), "interval_coverage_difference", g="*")
    cells = SmallCells(frozenset({(("g", "z"),)}), frozenset())
    assert suppress(gap, cells, {}).suppressed
    assert suppress(coverage, cells, {}).interval.method.endswith("in steps of 0.1")


def test_a_test_in_which_a_withheld_group_has_a_part_tells_no_statistic() -> None:
    """With F of three groups, and the means and variances of two and of all, the third's are a short sum away."""
    rng = np.random.default_rng(3)
    values, errors = rng.normal(50.0, 9.0, 204), rng.normal(0.0, 1.0, 204)
    groups = ["a"] * 100 + ["b"] * 60 + ["c"] * 40 + ["few"] * 4
    case = toy_case(Values(values), groups={"g": groups}, truth=Values(values + errors), min_group_size=10)
    for check in (value_errors, value_parity):
        readings = list(check(case))
        (table,) = [one for one in readings if isinstance(one, Table) and "Holm" in str(one.title)]
        blank = {"title": {"msgid": "t"}, "text": {"msgid": "t"}, "status": "measured", "check": "a.b"}
        measurements = [one for one in readings if isinstance(one, Measurement)]
        finding = Finding.model_validate({"measurements": measurements, "evidence": [table], **blank})
        sizes = group_sizes(case, [finding])
        (told,) = suppress_findings([finding], find_small_cells(sizes, [finding]), sizes)
        assert all(isinstance(row[-3], float) for row in table.rows)
        assert [row[-3:] for row in told.evidence[0].rows] == [(Text.of("withheld"),) * 3] * len(table.rows)
