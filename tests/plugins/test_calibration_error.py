"""`calibration.error`: what is asked of which model, what is undefined, what is withheld."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

import numpy as np
import pytest
from sklearn.calibration import calibration_curve

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    Control,
    Interval,
    LabelScores,
    Measurement,
    NotApplicable,
    Table,
    Text,
)
from auditkit.statistics import withheld_parts
from auditkit.statistics.calibration import cumulative_error
from auditkit.testing import toy_case
from auditkit_calibration import calibration_error

SMOOTH, BINNED = "smooth_calibration_error", "expected_calibration_error"
EVEN, CUMULATIVE = "equal_mass_calibration_error", "cumulative_calibration_error"


def case_of(scores: Sequence[float], came_true: Sequence[Any], **fields: Any) -> Case[ClassScores]:
    yes = np.asarray(scores, dtype=float)
    targets = [None if one is None else "yes" if one else "no" for one in came_true]
    return toy_case(
        ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), targets, **{"positive": "yes", **fields}
    )


def some_rows(rows: int = 300, *, seed: int = 3) -> tuple[Any, Any]:
    rng = np.random.default_rng(seed)
    scores = rng.random(rows)
    return scores, rng.random(rows) < scores**2


def three_classes(**fields: Any) -> Case[ClassScores]:
    rng = np.random.default_rng(5)
    scores = rng.dirichlet([1, 1, 1], 300)
    targets = ["abc"[rng.choice(3, p=row)] for row in scores]
    return toy_case(ClassScores(("a", "b", "c"), scores), targets, **fields)


def measured(case: Case[Any], *, asked: int = 1, **options: Any) -> dict[tuple[str, str | None], Measurement]:
    """What is measured of the classes that are asked about: four errors and three tables each, before the control.

    Of the last one the third table is not asked for, which takes a second.
    """
    readings = islice(calibration_error(case, **options), 7 * asked - 1)
    return {(r.metric, r.label): r for r in readings if isinstance(r, Measurement)}


def interval(case: Case[Any], metric: str) -> Interval:
    found = measured(case)[metric, None].interval
    assert found is not None
    return found


def test_expected_calibration_error_by_hand() -> None:
    # Two bins, [0, 0.5) and [0.5, 1]; the score 0.5 belongs to the second.
    # (0.1, 0.3 | no, yes): |1 - 0.4| = 0.6;  (0.5, 0.7, 0.8, 1.0 | yes, no, yes, no): |2 - 3.0| = 1.0;  1.6 / 6
    found = measured(case_of([0.1, 0.3, 0.5, 0.7, 0.8, 1.0], [0, 1, 1, 0, 1, 0]), bins=2)
    assert found[BINNED, None].value == pytest.approx(1.6 / 6)
    assert found[BINNED, None].n == 6


@pytest.mark.parametrize("metric", [SMOOTH, BINNED])
def test_weights_count_like_repeated_rows_of_one_unit(metric: str) -> None:
    scores, came_true = some_rows(60)
    times = np.arange(60) % 3 + 1
    repeated = case_of(
        np.repeat(scores, times), np.repeat(came_true, times), units=np.repeat(np.arange(60), times).tolist()
    )
    weighted = case_of(scores, came_true, weights=times.tolist())
    assert measured(weighted)[metric, None].value == pytest.approx(measured(repeated)[metric, None].value)
    assert interval(weighted, metric).high == pytest.approx(interval(repeated, metric).high)


@pytest.mark.parametrize("metric", [SMOOTH, BINNED])
def test_rows_of_one_unit_are_no_new_evidence(metric: str) -> None:
    scores, came_true = some_rows(200)
    twice = {"scores": np.repeat(scores, 2), "came_true": np.repeat(came_true, 2)}
    once = interval(case_of(scores, came_true), metric)
    same = interval(case_of(**twice, units=np.repeat(np.arange(200), 2).tolist()), metric)
    strangers = interval(case_of(**twice), metric)
    assert (same.low, same.high) == pytest.approx((once.low, once.high))
    assert strangers.high - strangers.low < 0.85 * (once.high - once.low)


def test_rows_without_a_unit_stand_for_themselves() -> None:
    scores, came_true = some_rows(200)
    alone = interval(case_of(scores, came_true, units=[None] * 200), SMOOTH)
    assert alone == interval(case_of(scores, came_true), SMOOTH)


def test_rows_without_a_target_or_with_weight_0_are_left_out() -> None:
    scores, came_true = some_rows(50)
    extra = case_of(
        [*scores, 0.9, 0.1], [*came_true, None, True], weights=[1.0] * 51 + [0.0], units=[*range(50), 50, 51]
    )
    kept = case_of(scores, came_true)
    assert measured(extra)[SMOOTH, None] == measured(kept)[SMOOTH, None]
    assert measured(extra)[BINNED, None].n == 50


@pytest.mark.parametrize(
    ("came_true", "weights", "why"),
    [([None] * 3, None, "no rows have a target"), ([True] * 3, [0.0] * 3, "every row with a target has weight 0")],
)
def test_no_rows_leave_both_errors_undefined(came_true: Any, weights: Any, why: str) -> None:
    readings = list(calibration_error(case_of([0.2, 0.4, 0.6], came_true, weights=weights)))
    assert [str(r.undefined) for r in readings if isinstance(r, Measurement)] == [why] * 4
    assert not [r for r in readings if isinstance(r, Control | Table)]


@pytest.mark.parametrize("kind", ["label", "score"])
def test_scores_that_are_no_probabilities_do_not_apply(kind: Any) -> None:
    case = toy_case(ClassScores(("no", "yes"), np.eye(2), kind), ["no", "yes"])
    with pytest.raises(NotApplicable, match="no probabilities") as refusal:
        list(calibration_error(case))
    assert "probability" in refusal.value.hint


def test_data_without_a_target_do_not_apply() -> None:
    case = toy_case(ClassScores(("no", "yes"), np.full((3, 2), 0.5)))
    with pytest.raises(NotApplicable, match="no target"):
        list(calibration_error(case))


@pytest.mark.parametrize("bins", [0, 101])
def test_a_bad_number_of_bins_is_refused(bins: int) -> None:
    with pytest.raises(AuditError, match=f"'{bins}'"):
        list(calibration_error(case_of([0.5], [1]), bins=bins))


def test_the_second_of_two_classes_stands_for_both() -> None:
    scores, came_true = some_rows()
    unnamed = measured(case_of(scores, came_true, positive=None))
    first = measured(case_of(scores, came_true, positive="no"))
    assert {label for _, label in unnamed} == {"yes"}
    for metric in (SMOOTH, BINNED):
        assert unnamed[metric, "yes"].value == pytest.approx(first[metric, None].value, abs=1e-9)


def test_several_classes_are_asked_about_the_one_decided_for() -> None:
    case = three_classes()
    found = measured(case)
    assert set(found) == {(metric, None) for metric in (SMOOTH, BINNED, EVEN, CUMULATIVE)}
    scores = case.predictions.scores
    as_binary = case_of(scores.max(axis=1), scores.argmax(axis=1) == case.targets.codes)
    for metric in (SMOOTH, BINNED):
        assert found[metric, None].value == pytest.approx(measured(as_binary)[metric, None].value)


def test_each_class_that_the_spec_names_is_asked_about_against_the_rest() -> None:
    case = three_classes(positive=["a", "c"])
    found = measured(case, asked=3)
    assert {label for _, label in found} == {None, "a", "c"}
    as_binary = case_of(case.predictions.scores[:, 2], case.targets.codes == 2)
    assert found[SMOOTH, "c"].value == pytest.approx(measured(as_binary)[SMOOTH, None].value)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.999])
@pytest.mark.parametrize("rows", [1, 7, 300])
def test_the_interval_holds_the_value(level: float, rows: int) -> None:
    by_metric = measured(case_of(*some_rows(rows), level=level))
    for found in by_metric.values():
        assert found.interval is not None
        assert found.value is not None
        assert 0 <= found.interval.low <= found.value <= found.interval.high <= 1
        assert found.interval.level == level


def test_the_audit_seed_decides_everything_random() -> None:
    readings = [list(calibration_error(case_of(*some_rows(80), seed=seed))) for seed in (1, 1, 2)]
    assert readings[0] == readings[1]
    assert readings[0] != readings[2]


def bins_of(case: Case[ClassScores], bins: int = 15) -> tuple[tuple[Any, ...], ...]:
    table = next(r for r in calibration_error(case, bins=bins) if isinstance(r, Table))
    assert "bin by bin" in str(table.title)
    return table.rows


def test_bins_agree_with_scikit_learn() -> None:
    scores, came_true = some_rows(2000)
    rows = bins_of(case_of(scores, came_true), bins=10)
    shares, means = calibration_curve(came_true, scores, n_bins=10)
    assert [row[3] for row in rows] == pytest.approx(means)
    assert [row[4] for row in rows] == pytest.approx(shares)
    assert sum(row[2] for row in rows) == 2000


def test_a_small_bin_is_withheld_with_the_next_smallest() -> None:
    # Bins of 20, 3, 15 and no rows: 3 is 38 less 20 and 15, so the 15 go too.
    scores = [0.1] * 20 + [0.3] * 3 + [0.6] * 15
    rows = bins_of(case_of(scores, [1] * 38), bins=4)
    assert [row[2:] for row in rows] == [
        (20, pytest.approx(0.1), pytest.approx(1.0)),
        (Text.of("withheld"),) * 3,
        (Text.of("withheld"),) * 3,
    ]
    assert [row[:2] for row in rows] == [(0.0, 0.25), (0.25, 0.5), (0.5, 0.75)]


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([20, 30, 0], [False, False, False]),
        ([4, 3, 30, 20], [True, True, False, True]),  # 7 together are still too few
        ([4, 9, 30], [True, True, False]),
        ([4, 0, 0], [True, False, False]),
    ],
)
def test_withheld_parts_hide_each_other(counts: list[int], hidden: list[bool]) -> None:
    assert withheld_parts(np.array(counts)).tolist() == hidden


def test_a_calibrated_twin_is_found_calibrated() -> None:
    readings = list(calibration_error(case_of(*some_rows(500))))
    controls = [r for r in readings if isinstance(r, Control)]
    assert [control.kind for control in controls] == ["clean", "clean"]
    assert all(control.passed for control in controls), controls
    # The rows themselves are not calibrated (the truth is the score's square), and the intervals say so.
    lows = {r.metric: r.interval.low for r in readings if isinstance(r, Measurement) and r.interval is not None}
    assert len(lows) == 4
    assert min(lows.values()) > 0


def table_of(case: Case[ClassScores], words: str) -> Table:
    """The one table whose title says so, before the control."""
    readings = islice(calibration_error(case), 7)
    (table,) = (one for one in readings if isinstance(one, Table) and words in str(one.title))
    return table


def test_the_cumulative_error_by_hand() -> None:
    found = measured(case_of([0.7, 0.2, 0.3, 0.5], [0, 0, 1, 0]))[CUMULATIVE, None]
    # Sums: .2 -> -.2; .3 -> .5; .5 -> 0; .7 -> -.7; the range is from -.7 to .5.
    assert found.value == pytest.approx((0.5 + 0.7) / 4)
    tied = measured(case_of([0.7, 0.2, 0.3, 0.3], [0, 0, 1, 0]))[CUMULATIVE, None]
    # Sums: -.2, then both rows of .3 at once: .2, then -.5.
    assert tied.value == pytest.approx((0.2 + 0.5) / 4)


def test_what_chance_makes_of_the_cumulative_error_is_its_law() -> None:
    rng = np.random.default_rng(4)
    scores = rng.beta(1.2, 2.0, 800)
    scores[::5] = 0.25
    came_true = rng.random(800) < scores
    rows = {str(row[0]): row for row in table_of(case_of(scores, came_true), "by chance alone").rows}
    _, value, mean, high, p_value, *_ = rows["cumulative calibration error"]
    order, drawn = np.argsort(scores), []
    ends = np.append(np.diff(scores[order]) > 0, True)
    for _ in range(400):
        sums = np.cumsum(((rng.random(800) < scores) - scores)[order])[ends]
        drawn.append((max(sums.max(), 0) - min(sums.min(), 0)) / 800)
    assert mean == pytest.approx(np.mean(drawn), rel=0.06)
    assert high == pytest.approx(np.quantile(drawn, 0.95), rel=0.1)
    found = cumulative_error(scores, came_true)
    assert found is not None
    assert value == pytest.approx(found.spread)
    assert p_value == pytest.approx(np.mean(np.array(drawn) >= found.spread), abs=0.1)


def test_the_table_of_chance_says_what_a_calibrated_model_would_show() -> None:
    scores, came_true = some_rows(500)
    case = case_of(scores, came_true)
    table = table_of(case, "by chance alone")
    rng = np.random.default_rng(8)
    drawn = []
    for _ in range(300):
        residuals = (rng.random(500) < scores) - scores
        drawn.append(np.abs(np.bincount((scores * 15).astype(int), residuals, minlength=15)).sum() / 500)
    words, value, mean, high, p_value, rows, draws = table.rows[1]
    assert str(words) == "expected calibration error"
    assert value == measured(case)[BINNED, None].value
    assert mean == pytest.approx(np.mean(drawn), rel=0.05)
    assert high == pytest.approx(np.quantile(drawn, 0.95), rel=0.1)
    assert p_value == 0.001  # 1 / (1 + 999): no calibrated model shows as much
    assert (rows, draws) == (500, 999)


def test_chance_gives_no_p_where_rows_share_a_unit() -> None:
    case = case_of(*some_rows(60), units=np.repeat(np.arange(30), 2).tolist())
    table = table_of(case, "by chance alone")
    assert {str(row[4]) for row in table.rows} == {"rows share a unit, and may come out alike"}


def test_of_several_labels_at_once_each_is_asked_about() -> None:
    rng = np.random.default_rng(9)
    scores = rng.random((200, 3))
    flags = rng.random((200, 3)) < scores
    case = toy_case(LabelScores(("a", "b", "c"), scores), flags.tolist(), positive=["a", "c"])
    found = {(r.metric, r.label): r for r in calibration_error(case) if isinstance(r, Measurement)}
    assert {label for _, label in found} == {"a", "c"}
    alone = measured(case_of(scores[:, 2], flags[:, 2]))
    for metric in (SMOOTH, BINNED, EVEN):
        assert found[metric, "c"].value == pytest.approx(alone[metric, None].value)


def test_the_debiased_error_stands_in_a_table_with_its_interval() -> None:
    scores, came_true = some_rows(300)
    table = table_of(case_of(scores, came_true), "without what chance adds")
    places = np.argsort(np.argsort(scores)) * 15 // 300  # twenty rows a bin
    squares = 0.0
    for place in range(15):
        off = (came_true - scores)[places == place]
        squares += (off.sum() ** 2 - (off**2).sum()) / (300 * 19)
    root, low, high, squared, rows = table.rows[0]
    assert squared == pytest.approx(squares)
    assert root == pytest.approx(np.sqrt(squares))
    assert 0 < low < root < high < 1
    assert rows == 300


def test_bins_of_equal_mass_by_hand() -> None:
    # Halves: (0.1, 0.2, 0.2 | no, no, yes): |1 - 0.5|; (0.6, 0.9 | yes, yes): |2 - 1.5|; 1.0 / 5. The two scores of 0.2
    # stay together: the middle of their mass, 2/5, is in the lower half.
    found = measured(case_of([0.1, 0.2, 0.2, 0.6, 0.9], [0, 0, 1, 1, 1]), bins=2)
    assert found[EVEN, None].value == pytest.approx(1.0 / 5)
