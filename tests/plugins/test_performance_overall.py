"""`performance.overall`: scikit-learn as witness, and what is undefined."""

from typing import Any

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    log_loss,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

from auditkit import Case, Chart, ClassScores, LabelScores, Measurement, NotApplicable, Table
from auditkit.testing import toy_case
from auditkit_performance import overall


def binary(rows: int = 400, **fields: Any) -> Case[ClassScores]:
    rng = np.random.default_rng(4)
    scores = rng.random(rows)
    targets = np.where(rng.random(rows) < scores, "yes", "no")
    return toy_case(
        ClassScores(("no", "yes"), np.column_stack([1 - scores, scores])), targets, positive="yes", **fields
    )


def multiclass() -> Case[ClassScores]:
    rng = np.random.default_rng(5)
    scores = rng.dirichlet([1, 1, 1], 300)
    targets = ["abc"[rng.choice(3, p=row)] for row in scores]
    return toy_case(ClassScores(("a", "b", "c"), scores), targets)


def measured(case: Case[Any]) -> dict[tuple[str, str | None], Measurement]:
    return {(r.metric, r.label): r for r in overall(case) if isinstance(r, Measurement)}


def test_binary_agrees_with_scikit_learn() -> None:
    case = binary()
    found = measured(case)
    truth, chosen, scores = case.targets.codes, case.decisions, case.predictions.scores
    expected = {
        "accuracy": accuracy_score(truth, chosen),
        "true_positive_rate": recall_score(truth, chosen),
        "precision": precision_score(truth, chosen),
        "roc_auc": roc_auc_score(truth, scores[:, 1]),
        "brier_score": brier_score_loss(truth, scores[:, 1]),
        "log_loss": log_loss(truth, scores),
    }
    assert {metric for metric, _ in found} == set(expected)
    for metric, value in expected.items():
        reading = found[metric, None]
        assert reading.value == pytest.approx(value), metric
        assert reading.interval is not None
        assert reading.value is not None
        assert reading.interval.low <= reading.value <= reading.interval.high


def test_multiclass_agrees_with_scikit_learn() -> None:
    case = multiclass()
    found = measured(case)
    truth, scores = case.targets.codes, case.predictions.scores
    assert found["accuracy", None].value == pytest.approx(accuracy_score(truth, case.decisions))
    assert found["log_loss", None].value == pytest.approx(log_loss(truth, scores))
    assert found["brier_score", None].value == pytest.approx(brier_score_loss(truth, scores))
    for place, label in enumerate("abc"):
        assert found["roc_auc", label].value == pytest.approx(roc_auc_score(truth == place, scores[:, place]))
        assert found["true_positive_rate", label].value == pytest.approx(
            np.mean(case.decisions[truth == place] == place)
        )


def test_each_label_of_a_multi_label_model_is_measured() -> None:
    scores = np.random.default_rng(6).random((200, 2))
    targets = np.random.default_rng(7).random((200, 2)) < scores
    found = measured(toy_case(LabelScores(("cough", "fever"), scores), targets))
    for place, label in enumerate(("cough", "fever")):
        assert found["accuracy", label].value == pytest.approx(np.mean((scores[:, place] >= 0.5) == targets[:, place]))
        assert found["roc_auc", label].value == pytest.approx(roc_auc_score(targets[:, place], scores[:, place]))


def test_rows_without_a_target_are_left_out() -> None:
    case = binary()
    labels = case.targets.labels()
    missing = toy_case(case.predictions, [None] * 100 + labels[100:], positive="yes")
    assert {
        reading.n for key, reading in measured(missing).items() if key[0] in {"accuracy", "roc_auc", "log_loss"}
    } == {300}


@pytest.mark.parametrize(
    ("target", "why"), [("no", "no positives among the rows"), ("yes", "no negatives among the rows")]
)
def test_one_class_alone_has_no_area(target: str, why: str) -> None:
    case = binary(20)
    found = measured(toy_case(case.predictions, [target] * 20, positive="yes"))["roc_auc", None]
    assert (found.value, str(found.undefined)) == (None, why)


def test_the_area_of_few_people_is_not_told() -> None:
    case = binary(60)
    for few in (["yes"] * 9 + ["no"] * 51, ["no"] * 9 + ["yes"] * 51):
        found = measured(toy_case(case.predictions, few, positive="yes"))["roc_auc", None]
        assert (found.value, str(found.undefined)) == (None, "fewer than 10 positives or negatives")
    enough = measured(toy_case(case.predictions, ["yes"] * 10 + ["no"] * 50, positive="yes"))
    assert enough["roc_auc", None].value is not None


@pytest.mark.parametrize("weighted", [False, True], ids=["rows", "weights"])
@pytest.mark.parametrize(("few", "others"), [("yes", "no"), ("no", "yes")], ids=["events", "non-events"])
def test_the_loss_over_few_events_has_no_interval(few: str, others: str, *, weighted: bool) -> None:
    predictions = binary(200).predictions
    for count in (9, 10):
        # A tenth row of no weight is no tenth row.
        weights = np.r_[np.zeros(1), np.ones(199)] if weighted else None
        case = toy_case(
            predictions,
            [few] * (count + weighted) + [others] * (200 - count - weighted),
            positive="yes",
            weights=weights,
        )
        found = measured(case)
        for metric in ("brier_score", "log_loss"):
            assert found[metric, None].value is not None
            assert (found[metric, None].interval is not None) == (count == 10)


def test_scores_that_only_order_have_an_area_and_no_probability_score() -> None:
    case = binary()
    ordered = ClassScores(("no", "yes"), case.predictions.scores * 7 - 3, "score")
    found = measured(toy_case(ordered, case.targets.labels(), positive="yes"))
    assert found["roc_auc", None].value == pytest.approx(
        roc_auc_score(case.targets.codes, case.predictions.scores[:, 1])
    )
    for metric in ("brier_score", "log_loss"):
        assert (found[metric, None].value, str(found[metric, None].undefined)) == (
            None,
            "the scores are not probabilities",
        )


def test_bare_labels_have_neither() -> None:
    labels = ClassScores(("no", "yes"), np.eye(2)[[0, 1, 1, 0]], "label")
    found = measured(toy_case(labels, ["no", "yes", "no", "no"], positive="yes"))
    assert found["accuracy", None].value == 0.75
    assert [found[metric, None].value for metric in ("roc_auc", "brier_score", "log_loss")] == [None] * 3


def test_without_targets_it_does_not_apply() -> None:
    with pytest.raises(NotApplicable, match="no target"):
        list(overall(toy_case(ClassScores(("no", "yes"), np.eye(2)), positive="yes")))


def test_nobody_with_a_target_leaves_everything_undefined() -> None:
    readings = measured(toy_case(ClassScores(("no", "yes"), np.eye(2)), [None, None], positive="yes"))
    assert len(readings) == 6
    assert all(reading.value is None and reading.n == 0 for reading in readings.values())


def test_probabilities_of_zero_for_the_truth_are_counted_and_finite() -> None:
    case = toy_case(ClassScores(("no", "yes"), np.array([[1.0, 0.0], [0.3, 0.7], [0.0, 1.0]])), ["yes", "yes", "yes"])
    readings = list(overall(case))
    loss = next(r for r in readings if isinstance(r, Measurement) and r.metric == "log_loss")
    assert loss.value == pytest.approx((-np.log(1e-15) - np.log(0.7)) / 3)
    table = next(reading for reading in readings if isinstance(reading, Table))
    assert table.rows == ((1, 3),)


def test_the_curve_follows_scikit_learns_and_is_small_enough_to_draw() -> None:
    case = binary()
    (curve,) = next(reading for reading in overall(case) if isinstance(reading, Chart)).series
    assert 2 < len(curve.x) <= 200
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0, 0, 1, 1)
    false_alarms, found, _ = roc_curve(case.targets.codes, case.predictions.scores[:, 1], drop_intermediate=False)
    theirs = {(round(x, 9), round(y, 9)) for x, y in zip(false_alarms, found, strict=True)}
    assert {(round(x, 9), round(y, 9)) for x, y in zip(curve.x, curve.y, strict=True)} <= theirs


def test_a_curve_of_few_people_is_not_drawn() -> None:
    case = binary(60)
    rare = toy_case(case.predictions, ["yes"] * 9 + ["no"] * 51, positive="yes")
    assert not [reading for reading in overall(rare) if isinstance(reading, Chart)]
    enough = toy_case(case.predictions, ["yes"] * 10 + ["no"] * 50, positive="yes")
    assert len([reading for reading in overall(enough) if isinstance(reading, Chart)]) == 1


def test_of_many_classes_the_largest_are_drawn() -> None:
    rng = np.random.default_rng(9)
    targets = rng.integers(0, 8, 800)
    names = tuple("abcdefgh")
    case = toy_case(ClassScores(names, rng.dirichlet(np.ones(8), 800)), [names[code] for code in targets])
    chart = next(reading for reading in overall(case) if isinstance(reading, Chart))
    largest = sorted(names, key=lambda name: -np.count_nonzero(targets == names.index(name)))[:6]
    assert [series.name for series in chart.series] == sorted(largest)
    assert "6 largest" in str(chart.title)


def test_rows_of_one_patient_make_every_interval_wider() -> None:
    case = binary(200)
    columns = {"targets": case.targets.labels() * 3, "positive": "yes"}
    copies = ClassScores.concat([case.predictions] * 3)
    once, rows = measured(case), measured(toy_case(copies, **columns))
    patients = measured(toy_case(copies, units=list(range(200)) * 3, **columns))
    for key, reading in patients.items():
        widths = [r.interval.high - r.interval.low for r in (reading, rows[key], once[key]) if r.interval is not None]
        assert widths[0] == pytest.approx(widths[2], rel=0.05), key
        assert widths[0] > 1.5 * widths[1]


def test_ten_thousand_classes_are_measured_in_good_time() -> None:
    rng = np.random.default_rng(1)
    names = tuple(f"class {number}" for number in range(10_000))
    scores = rng.random((300, 10_000))
    scores /= scores.sum(axis=1, keepdims=True)
    found = measured(toy_case(ClassScores(names, scores), [names[code] for code in rng.integers(0, 10_000, 300)]))
    assert found["log_loss", None].value == pytest.approx(np.log(10_000), rel=0.1)
    assert found["accuracy", None].n == 300
