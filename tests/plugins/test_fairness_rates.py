"""`fairness.group-rates`: worked cases, what is undefined, and fairlearn as witness."""

from collections.abc import Iterable
from typing import Any

import fairlearn.metrics as fairlearn
import numpy as np
import pytest
from scipy.stats import binomtest
from sklearn.metrics import accuracy_score, precision_score

from auditkit import Case, ClassScores, LabelScores, Measurement, NotApplicable
from auditkit.statistics import Shares
from auditkit.testing import toy_case
from auditkit_fairness import group_rates

RATES = {
    "selection_rate",
    "accuracy",
    "true_positive_rate",
    "false_positive_rate",
    "false_negative_rate",
    "precision",
}


def decided(text: str) -> ClassScores:
    """Predictions that decide for 'yes' where the text says 1."""
    flags = np.array([letter == "1" for letter in text])
    return ClassScores(("no", "yes"), np.column_stack([~flags, flags]).astype(float), "label")


def wanted(text: str) -> list[str | None]:
    return [{"1": "yes", "0": "no", "-": None}[letter] for letter in text]


def by_group(readings: Iterable[Any], metric: str, label: str | None = None) -> dict[tuple[str, ...], Measurement]:
    return {
        tuple(reading.group.values()): reading
        for reading in readings
        if isinstance(reading, Measurement) and reading.metric == metric and reading.label == label
    }


def random_case(**fields: Any) -> Case[ClassScores]:
    rng = np.random.default_rng(5)
    scores = rng.random(600)
    targets = np.where(rng.random(600) < scores, "yes", "no")
    groups = {"sex": rng.choice(["F", "M"], 600), "site": rng.choice(["a", "b", "c"], 600)}
    predictions = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    return toy_case(predictions, targets, groups, positive="yes", threshold=0.4, **fields)


def test_rates_by_hand() -> None:
    #   sex      f f f m m
    case = toy_case(decided("10010"), wanted("11010"), {"sex": list("fffmm")}, positive="yes")
    readings = list(group_rates(case))
    selection = by_group(readings, "selection_rate")
    assert (selection[()].value, selection[("f",)].value, selection[("m",)].value) == (2 / 5, 1 / 3, 1 / 2)
    found = by_group(readings, "true_positive_rate")
    assert (found[("f",)].value, found[("f",)].n) == (0.5, 2)
    assert by_group(readings, "false_positive_rate")[()].value == 0
    assert by_group(readings, "false_negative_rate")[("f",)].value == 0.5
    assert by_group(readings, "precision")[()].value == 1
    assert by_group(readings, "accuracy")[("f",)].value == 2 / 3


def test_every_rate_is_told_of_all_rows_each_group_and_each_intersection() -> None:
    readings = list(group_rates(random_case()))
    assert {reading.metric for reading in readings} == RATES
    for metric in RATES:
        assert len(by_group(readings, metric)) == 1 + 2 + 3 + 6


def test_depth_says_how_many_attributes_are_crossed() -> None:
    assert len(by_group(group_rates(random_case(), depth=1), "accuracy")) == 1 + 2 + 3


def test_intervals_hold_the_rate_and_say_how_they_were_made() -> None:
    for reading in group_rates(random_case(level=0.9)):
        assert reading.interval is not None
        assert reading.value is not None
        assert reading.interval.low <= reading.value <= reading.interval.high
        together = bool(reading.group)
        method = "clopper-pearson, all groups" if together else "wilson"
        assert (reading.interval.level, reading.interval.method) == (0.9, method)
        assert reading.interval.simultaneous == together


def test_rates_agree_with_fairlearn() -> None:
    case = random_case()
    truth, chosen = case.targets.codes, case.decisions
    witnesses = {
        "selection_rate": fairlearn.selection_rate,
        "accuracy": accuracy_score,
        "true_positive_rate": fairlearn.true_positive_rate,
        "false_positive_rate": fairlearn.false_positive_rate,
        "false_negative_rate": fairlearn.false_negative_rate,
        "precision": precision_score,
    }
    features = {name: np.array(codes.labels(), dtype=object) for name, codes in case.groups.items()}
    frame = fairlearn.MetricFrame(metrics=witnesses, y_true=truth, y_pred=chosen, sensitive_features=features)
    readings = list(group_rates(case))
    for metric in RATES:
        ours = by_group(readings, metric)
        assert ours[()].value == pytest.approx(frame.overall[metric])
        for group, value in frame.by_group[metric].items():
            assert ours[group].value == pytest.approx(value)


def test_a_group_without_positives_has_no_true_positive_rate() -> None:
    # fairlearn says 0.0 here, which makes a gap of nothing.
    assert fairlearn.true_positive_rate([0, 0, 0], [0, 1, 0], pos_label=1) == 0.0
    case = toy_case(decided("10010"), wanted("10000"), {"sex": list("ffmmm")}, positive="yes")
    found = by_group(group_rates(case), "true_positive_rate")
    assert found[("m",)].value is None
    assert str(found[("m",)].undefined) == "no positives among the rows of this group"
    assert (found[("m",)].n, found[("m",)].interval) == (0, None)


@pytest.mark.parametrize(
    ("metric", "predicted", "targets", "why"),
    [
        ("true_positive_rate", "01", "00", "no positives among the rows"),
        ("false_negative_rate", "01", "00", "no positives among the rows"),
        ("false_positive_rate", "01", "11", "no negatives among the rows"),
        ("precision", "00", "01", "no row with a target was selected"),
        ("accuracy", "01", "--", "no rows have a target"),
    ],
)
def test_what_cannot_be_divided_is_undefined(metric: str, predicted: str, targets: str, why: str) -> None:
    case = toy_case(decided(predicted), ["no", "yes", *wanted(targets)][2:], {"sex": list("fm")}, positive="yes")
    overall = by_group(group_rates(case), metric)[()]
    assert (overall.value, str(overall.undefined)) == (None, why)


def test_without_targets_selection_is_still_measured() -> None:
    case = toy_case(decided("110"), None, {"sex": list("fmm")}, positive="yes")
    readings = list(group_rates(case))
    assert {reading.metric for reading in readings} == {"selection_rate"}
    assert by_group(readings, "selection_rate")[("m",)].value == 0.5


def test_without_groups_it_does_not_apply() -> None:
    with pytest.raises(NotApplicable, match="no groups"):
        list(group_rates(toy_case(decided("10"), wanted("10"), positive="yes")))


def test_rows_without_a_group_count_only_over_all_rows() -> None:
    case = toy_case(decided("111"), wanted("111"), {"sex": ["f", None, "m"]}, positive="yes")
    selection = by_group(group_rates(case), "selection_rate")
    assert (selection[()].n, selection[("f",)].n, selection[("m",)].n) == (3, 1, 1)


def test_every_class_is_taken_in_turn_but_accuracy_is_one() -> None:
    scores = np.eye(3)[[0, 1, 2, 0]]
    case = toy_case(ClassScores(("a", "b", "c"), scores), ["a", "b", "a", "b"], {"sex": list("fmfm")})
    readings = list(group_rates(case))
    assert {reading.label for reading in readings if reading.metric == "true_positive_rate"} == {"a", "b", "c"}
    assert by_group(readings, "accuracy")[()].value == 0.5
    assert by_group(readings, "selection_rate", "c")[("f",)].value == 0.5
    assert by_group(readings, "true_positive_rate", "a")[()].value == 0.5


def test_each_label_of_a_multi_label_model_is_measured() -> None:
    scores = np.array([[0.9, 0.2], [0.6, 0.7], [0.1, 0.4]])
    case = toy_case(LabelScores(("cough", "fever"), scores), [[1, 0], [0, 1], [0, 1]], {"sex": list("fmm")})
    readings = list(group_rates(case))
    assert {reading.metric for reading in readings} == RATES
    assert by_group(readings, "accuracy", "cough")[()].value == pytest.approx(2 / 3)
    assert by_group(readings, "true_positive_rate", "fever")[("m",)].value == 0.5


def test_rows_of_one_patient_make_the_interval_wider() -> None:
    case = random_case(units=np.arange(600) // 6)
    selection = by_group(group_rates(case), "selection_rate")[()]
    copied = toy_case(
        decided("10010" * 40), wanted("11010" * 40), {"sex": ["f"] * 200}, positive="yes", units=list(range(5)) * 40
    )
    repeated = by_group(group_rates(copied), "selection_rate")[()]
    assert selection.interval is not None
    assert repeated.interval is not None
    assert selection.interval.method == repeated.interval.method == "wilson, effective size"
    assert repeated.n == 200
    assert repeated.interval.high - repeated.interval.low > 0.6


def test_weights_are_taken_into_account() -> None:
    case = toy_case(decided("100"), wanted("100"), {"sex": list("fff")}, positive="yes", weights=[2, 1, 1])
    selection = by_group(group_rates(case), "selection_rate")[("f",)]
    assert (selection.value, selection.n) == (0.5, 3)


def test_the_groups_of_one_attribute_share_the_error() -> None:
    case = toy_case(decided("10" * 50 + "1000" * 30), None, {"site": list("a" * 100 + "b" * 120)}, positive="yes")
    found = by_group(group_rates(case), "selection_rate")
    for label, hits, n in (("a", 50, 100), ("b", 30, 120)):
        interval = found[(label,)].interval
        assert interval is not None
        exact = binomtest(hits, n).proportion_ci(1 - 0.05 / 2, method="exact")
        assert (interval.low, interval.high) == pytest.approx((exact.low, exact.high))


def test_a_group_alone_keeps_its_own_interval() -> None:
    case = toy_case(decided("10" * 50 + "100"), None, {"site": list("a" * 100 + "bbb")}, positive="yes")
    found = by_group(group_rates(case), "selection_rate")[("a",)].interval
    assert found is not None
    assert (found.method, found.simultaneous) == ("wilson", False)  # b is too small for a rule to judge it


def test_people_are_told_where_rows_share_them() -> None:
    case = random_case(units=np.arange(600) // 6)
    told = by_group(group_rates(case), "selection_rate")[()]
    assert (told.n, told.people) == (600, 100)
    assert by_group(group_rates(random_case()), "selection_rate")[()].people is None


@pytest.mark.slow
@pytest.mark.parametrize("rate", [0.002, 0.01, 0.1, 0.5])
@pytest.mark.parametrize("groups", [2, 10, 40])
@pytest.mark.parametrize("n", [30, 300, 5000])
def test_all_groups_lie_in_their_intervals_at_once(groups: int, n: int, rate: float) -> None:
    """Clopper-Pearson at Bonferroni's level: at least .95, whatever the rate; Wilson alone holds 40 groups seldom."""
    rng = np.random.default_rng(groups * n)
    hits = rng.binomial(n, rate, (2000, groups))
    shares = Shares(hits / n, np.full(hits.shape, n), np.full(hits.shape, float(n)))
    low, high = shares.limits_together(groups)
    assert np.mean(((low <= rate) & (rate <= high)).all(axis=1)) >= 0.95 - 2 * np.sqrt(0.05 * 0.95 / 2000)
