"""`fairness.other-rates`: fairlearn's and holisticai's own examples; fairlearn and scikit-learn as witnesses."""

from typing import Any

import fairlearn.metrics as fairlearn
import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score, precision_score

from auditkit import AuditError, Case, ClassScores, Measurement, NotApplicable
from auditkit.statistics import Limits, clopper_pearson, combined, newcombe, widest_between, wilson
from auditkit.testing import toy_case
from auditkit_fairness import gaps, group_rates, other_rates

# fairlearn, docs/user_guide/assessment/perform_fairness_assessment.rst at 0881dec.
TRUE = [0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1]
PREDICTED = [0, 0, 1, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 1, 1, 0]
GROUPS = list("bbabbcccaacabccbcc")


def case_of(predicted: Any, true: Any, groups: list[str], **fields: Any) -> Case[ClassScores]:
    chosen = np.asarray(predicted, dtype=bool)
    predictions = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    wanted = ["yes" if flag else "no" for flag in true]
    return toy_case(predictions, wanted, {"sex": groups}, positive="yes", **{"min_group_size": 1, **fields})


def random_case(rows: int = 600, seed: int = 5, **fields: Any) -> Case[ClassScores]:
    rng = np.random.default_rng(seed)
    true = rng.random(rows) < 0.4
    return case_of(rng.random(rows) < 0.2 + 0.5 * true, true, list(rng.choice(list("abc"), rows)), **fields)


def found(readings: Any, metric: str, group: str | None = "*") -> Measurement:
    about = {} if group is None else {"sex": group}
    (one,) = [one for one in readings if isinstance(one, Measurement) and (one.metric, one.group) == (metric, about)]
    return one


def test_fairlearns_user_guide() -> None:
    case = case_of(PREDICTED, TRUE, GROUPS)
    rates, gap, other = list(group_rates(case)), list(gaps(case)), list(other_rates(case))
    for group, tpr, fpr, selection in (("a", 0.5, 1, 0.75), ("b", 0.6, 0, 0.5), ("c", 0.4, 2 / 3, 0.5)):
        assert found(rates, "true_positive_rate", group).value == pytest.approx(tpr)
        assert found(rates, "selection_rate", group).value == pytest.approx(selection)
        assert found(rates, "false_positive_rate", group).value == pytest.approx(fpr)
        assert found(other, "true_negative_rate", group).value == pytest.approx(1 - fpr)
    assert found(gap, "demographic_parity_difference").value == pytest.approx(0.25)
    assert found(gap, "demographic_parity_ratio").value == pytest.approx(2 / 3)
    assert found(gap, "equalized_odds_difference").value == pytest.approx(1.0)
    assert found(other, "equalized_odds_ratio").value == 0


def test_holisticais_ten_rows() -> None:
    """holisticai, tests/bias/metrics/test_bias_classification.py at 2d65ab8: rows of these rates."""
    #        group a: TP TP FP TN; group b: TP TP FN TN TN TN
    case = case_of([1, 1, 1, 0, 1, 1, 0, 0, 0, 0], [1, 1, 0, 0, 1, 1, 1, 0, 0, 0], list("aaaabbbbbb"))
    readings = list(other_rates(case, against={"sex": "b"}))
    assert found(readings, "average_odds_difference", "a").value == pytest.approx(5 / 12)
    gap = list(gaps(case))
    assert found(gap, "demographic_parity_difference").value == pytest.approx(5 / 12)
    assert found(gap, "demographic_parity_ratio").value == pytest.approx(4 / 9)
    assert found(gap, "equal_opportunity_difference").value == pytest.approx(1 / 3)
    assert found(gap, "false_positive_rate_difference").value == pytest.approx(1 / 2)
    assert found(gap, "accuracy_difference").value == pytest.approx(5 / 6 - 3 / 4)


def test_rates_and_gaps_agree_with_fairlearn_and_scikit_learn() -> None:
    case = random_case()
    witnesses = {
        "true_negative_rate": fairlearn.true_negative_rate,
        "negative_predictive_value": lambda t, p: precision_score(1 - t, 1 - p),
        "false_discovery_rate": lambda t, p: 1 - precision_score(t, p),
        "false_omission_rate": lambda t, p: 1 - precision_score(1 - t, 1 - p),
        "balanced_accuracy": balanced_accuracy_score,
        "f1_score": f1_score,
        "treatment_equality": lambda t, p: np.sum((t == 1) & (p == 0)) / np.sum((t == 0) & (p == 1)),
    }
    rows: dict[str, Any] = {"y_true": case.targets.codes, "y_pred": case.decisions}
    frame = fairlearn.MetricFrame(metrics=witnesses, sensitive_features=case.groups["sex"].labels(), **rows)
    readings = list(other_rates(case))
    for metric in witnesses:
        assert found(readings, metric, None).value == pytest.approx(frame.overall[metric])
        for group in "abc":
            assert found(readings, metric, group).value == pytest.approx(frame.by_group[metric][group])
        if metric != "treatment_equality":
            assert found(readings, f"{metric}_difference").value == pytest.approx(frame.difference()[metric])
    assert found(readings, "treatment_equality_ratio").value == pytest.approx(frame.ratio()["treatment_equality"])
    theirs = fairlearn.equalized_odds_ratio(sensitive_features=case.groups["sex"].labels(), **rows)
    assert found(readings, "equalized_odds_ratio").value == pytest.approx(theirs)


def test_average_odds_has_a_sign_and_a_reference() -> None:
    case = random_case()
    rates = {group: [found(group_rates(case), f"{rate}_positive_rate", group).value or 0 for rate in ("true", "false")]
             for group in "abc"}  # fmt: skip
    readings = list(other_rates(case, against={"sex": "c"}))
    for group in "ab":
        one = found(readings, "average_odds_difference", group)
        assert one.value == pytest.approx(np.mean(np.subtract(rates[group], rates["c"])))
        assert one.versus == {"sex": "c"}
        assert one.interval is not None
    with pytest.raises(AuditError, match="has no group 'x'"):
        list(other_rates(case, against={"sex": "x"}))
    with pytest.raises(AuditError, match="no protected attribute"):
        list(other_rates(case, against={"race": "x"}))


def test_every_interval_holds_its_value() -> None:
    for one in other_rates(random_case()):
        assert one.interval is not None, one.metric
        assert one.value is not None
        assert one.interval.low <= one.value <= one.interval.high


def test_a_rate_without_a_denominator_is_undefined_where_fairlearn_says_0() -> None:
    assert fairlearn.true_positive_rate([0, 0, 0], [0, 1, 0], pos_label=1) == 0.0
    assert fairlearn.true_negative_rate([1, 1, 0], [0, 1, 0], pos_label=1) == 1.0
    # Group a has no negatives, and everybody in it is chosen.
    case = case_of([1, 1, 1, 0, 1, 0], [1, 1, 1, 1, 0, 0], list("aabbbb"))
    readings = list(other_rates(case))
    why = {metric: str(found(readings, metric, "a").undefined) for metric in ("true_negative_rate", "balanced_accuracy",
           "negative_predictive_value", "false_omission_rate", "treatment_equality")}  # fmt: skip
    assert why == {
        "true_negative_rate": "no negatives among the rows",
        "balanced_accuracy": "no positives, or no negatives, among the rows",
        "negative_predictive_value": "every row with a target was selected",
        "false_omission_rate": "every row with a target was selected",
        "treatment_equality": "no false alarm among the rows to divide by",
    }
    assert found(readings, "true_negative_rate_difference").value is None


def test_without_targets_it_does_not_apply() -> None:
    case = random_case()
    with pytest.raises(NotApplicable, match="no target"):
        list(other_rates(toy_case(case.predictions, None, {"sex": case.groups["sex"].labels()}, positive="yes")))


def test_mover_of_two_shares_is_newcombe() -> None:
    value = np.array([0.3, 0.55])
    limits = Limits(*wilson(value * [40, 60], [40, 60]))
    assert combined(value, limits, (-1, 1)) == pytest.approx(newcombe(33, 60, 12, 40))
    gap = widest_between(value, limits)
    assert (gap.low, gap.high) == pytest.approx(newcombe(33, 60, 12, 40))


@pytest.mark.parametrize(("correlation", "reach"), [(0.0, 0.3), (-1.0, 0.42), (1.0, 0.06), (0.25, 0.0684**0.5)])
def test_a_gap_of_numbers_that_go_together_by_hand(correlation: float, reach: float) -> None:
    """They reach 0.18 and 0.24 to either side: 0.3 by Pythagoras, the sum against each other, the rest together."""
    value, reaches = np.array([0.3, 0.8]), np.array([0.18, 0.24])
    both = np.array([[1.0, correlation], [correlation, 1.0]])
    gap = widest_between(value, Limits(value - reaches, value + reaches), correlation=both)
    assert (gap.low, gap.high) == pytest.approx((0.5 - reach, 0.5 + reach))


def test_intervals_of_average_odds_and_f1_cover() -> None:
    held = {"average_odds_difference": 0, "f1_score_difference": 0, "balanced_accuracy_difference": 0}
    truth = {"average_odds_difference": -0.15, "f1_score_difference": 0.0, "balanced_accuracy_difference": 0.05}
    cells = {"a": (0.4, 0.1, 0.1, 0.4), "b": (0.45, 0.05, 0.2, 0.3)}
    truth["f1_score_difference"] = 0.8 / 1.0 - 0.6 / 0.85
    truth["balanced_accuracy_difference"] = 0.8 - (0.6 + 0.9) / 2
    truth["average_odds_difference"] = ((0.6 - 0.8) + (0.1 - 0.2)) / 2
    rng = np.random.default_rng(8)
    for _ in range(80):
        outcomes = {group: rng.choice(4, 80 + 40 * (group == "a"), p=p) for group, p in cells.items()}
        flat, names = np.concatenate(list(outcomes.values())), [g for g, part in outcomes.items() for _ in part]
        readings = list(other_rates(case_of(flat % 2, flat >= 2, names), against={"sex": "a"}))
        for metric, wanted in truth.items():
            interval = found(readings, metric, "b" if metric.startswith("average") else "*").interval
            held[metric] += interval is not None and interval.low <= wanted <= interval.high
    assert min(held.values()) >= 80 * 0.95 - 3 * np.sqrt(80 * 0.95 * 0.05), held


def test_the_rates_of_several_groups_hold_all_at_once() -> None:
    case = random_case()
    readings, chosen = list(other_rates(case)), case.decisions == 1
    sex, negative = np.array(case.groups["sex"].labels()), case.targets.codes == 0
    for group in "abc":
        rows = negative & (sex == group)
        one = found(readings, "true_negative_rate", group)
        ends = clopper_pearson(int((rows & ~chosen).sum()), int(rows.sum()), 1 - 0.05 / 3)
        assert one.interval is not None
        assert (one.interval.low, one.interval.high) == pytest.approx(ends)
        assert one.interval.simultaneous
    alone = found(readings, "true_negative_rate", None).interval
    assert alone is not None
    assert (alone.low, alone.high) == pytest.approx(wilson(int((negative & ~chosen).sum()), int(negative.sum())))


@pytest.mark.parametrize("rate", ["true_negative_rate", "balanced_accuracy"])
def test_gaps_of_a_dozen_people_have_students_quantile_of_one_pair(rate: str) -> None:
    """Twelve people a group, ten rows each, rates that differ between people and not between groups: over 3 pairs."""
    rng, alarms = np.random.default_rng(12), 0
    for _ in range(60):
        units = np.repeat(np.arange(36), 10)
        true = np.tile([True, False], 180)
        own = rng.beta(1, 1, 36)[units]
        case = case_of(rng.random(360) < own, true, list(np.repeat(list("abc"), 120)), units=units.tolist())
        interval = found(list(other_rates(case)), f"{rate}_difference").interval
        assert interval is not None
        alarms += interval.low > 0
    assert alarms <= 60 * 0.05 + 2 * (60 * 0.05 * 0.95) ** 0.5
