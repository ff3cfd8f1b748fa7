"""`fairness.metric`: any metric of fairlearn or scikit-learn, by group."""

import warnings
from types import SimpleNamespace
from typing import Any

import fairlearn.metrics as fairlearn
import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, f1_score

from auditkit import AuditError, Case, ClassScores, LabelScores, Measurement, NotApplicable
from auditkit.testing import toy_case
from auditkit_fairness import named_metric

DATA = SimpleNamespace(groups=("sex",), input=None)


def make_case(**fields: Any) -> Case[ClassScores]:
    rng = np.random.default_rng(3)
    scores = rng.random(300)
    targets = np.where(rng.random(300) < scores, "yes", "no")
    groups = {"sex": rng.choice(["F", "M"], 300)}
    return toy_case(
        ClassScores(("no", "yes"), np.column_stack([1 - scores, scores])), targets, groups, positive="yes", **fields
    )


def told(case: Case[Any], metric: str, **options: Any) -> dict[tuple[str, ...], Measurement]:
    return {
        (reading.metric, *reading.group.values()): reading for reading in named_metric(case, metric=metric, **options)
    }


def test_decisions_are_disaggregated_as_fairlearn_does() -> None:
    case = make_case()
    found = told(case, "sklearn.metrics:f1_score")
    frame = fairlearn.MetricFrame(
        metrics=f1_score,
        y_true=case.targets.codes,
        y_pred=case.decisions,
        sensitive_features=np.array(case.groups["sex"].labels()),
    )
    assert found["f1_score",].value == pytest.approx(frame.overall)
    assert found["f1_score", "F"].value == pytest.approx(frame.by_group["F"])
    assert found["f1_score_difference", "*"].value == pytest.approx(frame.difference())
    assert found["f1_score", "F"].better == "higher"


def test_scores_are_disaggregated_when_asked_for() -> None:
    case = make_case()
    women = case.groups["sex"].codes == 0
    found = told(case, "sklearn.metrics:brier_score_loss", on="scores")
    truth, scores = case.targets.codes[women], case.predictions.scores[women, 1]
    assert found["brier_score_loss", "F"].value == pytest.approx(brier_score_loss(truth, scores))
    assert found["brier_score_loss", "F"].better == "lower"


def test_it_carries_no_interval_so_that_nothing_is_judged_by_it_unasked() -> None:
    for reading in named_metric(make_case(), metric="fairlearn.metrics:mean_prediction"):
        assert reading.value is not None
        assert reading.interval is None
        assert not reading.exact


def test_weights_reach_the_metric() -> None:
    weights = np.random.default_rng(0).uniform(0.5, 2, 300)
    case = make_case(weights=weights)
    found = told(case, "fairlearn.metrics:mean_prediction", on="scores")
    assert found["mean_prediction",].value == pytest.approx(np.average(case.predictions.scores[:, 1], weights=weights))


def test_a_metric_without_weights_does_not_apply_to_weighted_rows() -> None:
    with pytest.raises(NotApplicable, match="takes none"):
        list(named_metric(make_case(weights=np.full(300, 2.0)), metric="fairlearn.metrics:count"))


@pytest.mark.parametrize("metric", ["fairlearn.metrics:true_positive_rate", "sklearn.metrics:recall_score"])
def test_a_group_without_positives_is_undefined_and_so_is_the_difference(metric: str) -> None:
    predictions = ClassScores(("no", "yes"), np.tile([[0.0, 1.0], [1.0, 0.0]], (40, 1)), "label")
    case = toy_case(predictions, ["yes"] * 40 + ["no"] * 40, {"sex": ["f"] * 40 + ["m"] * 40}, positive="yes")
    found = told(case, metric)
    name = metric.partition(":")[2]
    assert found[name, "f"].value == 0.5
    assert found[name, "m"].value is None
    assert found[f"{name}_difference", "*"].value is None


def test_small_groups_are_listed_and_not_compared() -> None:
    labels = ["F"] * 150 + ["M"] * 145 + ["X"] * 5
    case = make_case()
    small = toy_case(case.predictions, case.targets.labels(), {"sex": labels}, positive="yes")
    difference = told(small, "fairlearn.metrics:mean_prediction")["mean_prediction_difference", "*"]
    assert {part.label: part.compared for part in difference.compared} == {"F": True, "M": True, "X": False}


def test_rows_without_a_target_or_a_group_are_left_out() -> None:
    case = make_case()
    targets = [None, *case.targets.labels()[1:]]
    groups = [*case.groups["sex"].labels()[:-1], None]
    found = told(toy_case(case.predictions, targets, {"sex": groups}, positive="yes"), "sklearn.metrics:accuracy_score")
    assert found["accuracy_score",].n == 299
    assert found["accuracy_score_difference", "*"].n == 298


def few_positives(positives: int) -> Case[ClassScores]:
    """Group f: 40 rows of each class, every second one chosen; group m: 80 rows, of which a few are positive."""
    predictions = ClassScores(("no", "yes"), np.tile([[0.0, 1.0], [1.0, 0.0]], (80, 1)), "label")
    targets = ["yes"] * 40 + ["no"] * 40 + ["yes"] * positives + ["no"] * (80 - positives)
    return toy_case(predictions, targets, {"sex": ["f"] * 80 + ["m"] * 80}, positive="yes")


@pytest.mark.parametrize(
    ("metric", "rows"),
    [
        ("sklearn.metrics:recall_score", 2),
        ("fairlearn.metrics:true_positive_rate", 2),
        ("fairlearn.metrics:false_positive_rate", 78),
        ("sklearn.metrics:precision_score", 40),
        ("sklearn.metrics:accuracy_score", 80),
        ("fairlearn.metrics:selection_rate", 80),
        ("sklearn.metrics:f1_score", 2),
        ("sklearn.metrics:matthews_corrcoef", 2),
    ],
)
def test_a_group_counts_the_rows_that_the_metric_rests_on(metric: str, rows: int) -> None:
    found = told(few_positives(2), metric)
    name = metric.partition(":")[2]
    assert found[name, "m"].n == rows
    assert {part.label: part.n for part in found[f"{name}_difference", "*"].compared}["m"] == rows


def test_a_recall_of_one_person_is_not_compared() -> None:
    difference = told(few_positives(1), "sklearn.metrics:recall_score")["recall_score_difference", "*"]
    assert difference.value is None
    assert {part.label: part.compared for part in difference.compared} == {"f": True, "m": False}


@pytest.mark.parametrize(
    ("metric", "on"),
    [
        ("sklearn.metrics:balanced_accuracy_score", "decisions"),
        ("sklearn.metrics:matthews_corrcoef", "decisions"),
        ("sklearn.metrics:average_precision_score", "scores"),
        ("sklearn.metrics:roc_auc_score", "scores"),
        ("sklearn.metrics:log_loss", "scores"),
    ],
)
def test_a_group_of_one_class_is_undefined_where_a_metric_compares_classes(
    metric: str, on: str, recwarn: pytest.WarningsRecorder
) -> None:
    name = metric.partition(":")[2]
    assert told(few_positives(0), metric, on=on)[name, "m"].value is None
    assert not recwarn.list


@pytest.mark.parametrize("metric", ["accuracy_score", "zero_one_loss", "hamming_loss", "brier_score_loss"])
def test_a_mean_over_rows_is_defined_for_a_group_of_one_class(metric: str) -> None:
    found = told(few_positives(0), f"sklearn.metrics:{metric}")[metric, "m"]
    assert (found.value, found.n) == (0.5, 80)


def test_what_the_library_warns_of_is_undefined_and_silent(
    monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    def made_up(y_true: Any, y_pred: Any) -> float:
        warnings.warn(f"{len(y_true)} rows and {len(y_pred)} say nothing", UserWarning, stacklevel=2)
        return 1.0

    monkeypatch.setattr("sklearn.metrics.matthews_corrcoef", made_up)
    assert all(found.value is None for found in told(few_positives(2), "sklearn.metrics:matthews_corrcoef").values())
    assert not recwarn.list


def test_each_label_is_put_to_the_metric() -> None:
    scores = np.random.default_rng(0).random((80, 2))
    case = toy_case(LabelScores(("cough", "fever"), scores), scores > 0.3, {"sex": list("fm") * 40})
    readings = list(named_metric(case, metric="sklearn.metrics:precision_score"))
    assert {reading.label for reading in readings} == {"cough", "fever"}
    assert all(reading.value == 1 for reading in readings if reading.metric == "precision_score")


@pytest.mark.parametrize(
    "metric",
    [
        "os:system",
        "sklearn.datasets:load_iris",
        "sklearn.metrics:_private",
        "sklearn.metrics:f1scoer",
        "sklearn.metrics:RocCurveDisplay",
        "sklearn.metrics:cluster",
        "f1_score",
    ],
)
def test_only_metrics_of_the_two_libraries_can_be_named(metric: str) -> None:
    with pytest.raises(AuditError) as caught:
        list(named_metric(make_case(), metric=metric))
    assert "fairlearn.metrics:mean_prediction" in caught.value.hint
    with pytest.raises(AuditError) as planned:
        named_metric.accepts(data=DATA, metric=metric, on="scores", depth=1)
    assert planned.value.hint == caught.value.hint


def test_a_metric_that_there_is_is_accepted_when_planning() -> None:
    named_metric.accepts(data=DATA, metric="sklearn.metrics:f1_score", on="decisions", depth=1)


@pytest.mark.parametrize("metric", ["sklearn.metrics:confusion_matrix", "fairlearn.metrics:equalized_odds_difference"])
def test_what_is_no_single_number_is_an_error_with_a_hint(metric: str) -> None:
    with pytest.raises(AuditError, match="cannot be taken by group") as caught:
        list(named_metric(make_case(), metric=metric))
    assert "one number" in caught.value.hint
