"""`fairness.gaps`: fairlearn as witness, who takes part, what is undefined, and the random groupings."""

from typing import Any

import fairlearn.metrics as fairlearn
import numpy as np
import pytest
from sklearn.metrics import precision_score

from auditkit import AuditError, Case, ClassScores, Control, LabelScores, Measurement, NotApplicable, Table, Text
from auditkit.checks.summaries import group_sizes
from auditkit.disclosure.suppression import find_small_cells, suppress_findings
from auditkit.finding import Finding
from auditkit.statistics import RATES, code_outcomes, count_outcomes, widest_difference
from auditkit.testing import toy_case
from auditkit_fairness import differential, gaps

GAPS = {
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equalized_odds_difference",
    "equal_opportunity_difference",
    "false_positive_rate_difference",
    "false_negative_rate_difference",
    "accuracy_difference",
    "precision_difference",
}


def make_case(rows: int = 900, *, gap: float = 0.0, groups: str = "abc", **fields: Any) -> Case[ClassScores]:
    rng = np.random.default_rng(2)
    group = rng.integers(0, len(groups), rows)
    targets = rng.random(rows) < 0.4
    chosen = rng.random(rows) < 0.2 + 0.4 * targets + gap * group
    predictions = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    attributes = {"site": [groups[code] for code in group], "sex": rng.choice(["F", "M"], rows)}
    return toy_case(predictions, np.where(targets, "yes", "no"), attributes, positive="yes", **fields)


def measured(readings: list[Any], metric: str, *attributes: str) -> Measurement:
    (found,) = [
        reading
        for reading in readings
        if isinstance(reading, Measurement) and reading.metric == metric and tuple(reading.group) == attributes
    ]
    return found


def test_every_gap_is_measured_for_every_attribute_and_pair() -> None:
    readings = list(gaps(make_case()))
    for attributes in (("site",), ("sex",), ("site", "sex")):
        for metric in GAPS:
            found = measured(readings, metric, *attributes)
            assert found.group == dict.fromkeys(attributes, "*")
            assert found.interval is not None
            assert found.value is not None
            assert found.interval.low <= found.value <= found.interval.high


@pytest.mark.parametrize("attributes", [("site",), ("sex",), ("site", "sex")], ids=" x ".join)
def test_gaps_agree_with_fairlearn(attributes: tuple[str, ...]) -> None:
    case = make_case(gap=0.1, min_group_size=1)
    readings = list(gaps(case))
    features = np.array(
        ["/".join(map(str, labels)) for labels in zip(*(case.groups[a].labels() for a in attributes), strict=True)]
    )
    rows: dict[str, Any] = {"y_true": case.targets.codes, "y_pred": case.decisions, "sensitive_features": features}
    for metric in sorted(GAPS - {"precision_difference"}):
        name = "accuracy_score_difference" if metric == "accuracy_difference" else metric
        assert measured(readings, metric, *attributes).value == pytest.approx(getattr(fairlearn, name)(**rows)), metric
    precision = fairlearn.MetricFrame(metrics=precision_score, **rows).difference()
    assert measured(readings, "precision_difference", *attributes).value == pytest.approx(precision)


def test_two_groups_have_one_interval_and_three_a_simultaneous_one() -> None:
    readings = list(gaps(make_case()))
    pair, three = (measured(readings, "demographic_parity_difference", name).interval for name in ("sex", "site"))
    assert pair is not None
    assert three is not None
    assert (pair.method, pair.simultaneous) == ("newcombe", False)
    assert (three.method, three.simultaneous) == ("newcombe, all pairs", True)


def test_equalized_odds_is_one_family_over_both_rates() -> None:
    readings = list(gaps(make_case()))
    odds = measured(readings, "equalized_odds_difference", "sex")
    parts = [measured(readings, f"{rate}_difference", "sex") for rate in ("false_positive_rate", "false_negative_rate")]
    assert odds.value == pytest.approx(max(part.value for part in parts if part.value is not None))
    assert odds.interval is not None
    assert odds.interval.simultaneous
    assert all(part.interval is not None and odds.interval.high > part.interval.high for part in parts)
    assert odds.n == sum(part.n or 0 for part in parts)


def test_a_small_group_is_listed_and_not_compared() -> None:
    case = make_case()
    labels = [label if row >= 7 else "tiny" for row, label in enumerate(case.groups["site"].labels())]
    small = toy_case(case.predictions, case.targets.labels(), {"site": labels}, positive="yes")
    found = measured(list(gaps(small)), "demographic_parity_difference", "site")
    parts = {part.label: part for part in found.compared}
    assert (parts["tiny"].n, parts["tiny"].compared) == (7, False)
    assert all(part.compared for label, part in parts.items() if label != "tiny")
    assert found.n == 900 - 7


def test_the_smallest_denominator_decides_who_takes_part() -> None:
    # 40 rows of m, of which only 10 are positive: enough for selection, too few for equalized odds.
    predictions = ClassScores(("no", "yes"), np.tile([[0.0, 1.0], [1.0, 0.0]], (50, 1)), "label")
    targets = ["yes"] * 35 + ["no"] * 25 + ["yes"] * 10 + ["no"] * 30
    case = toy_case(predictions, targets, {"sex": ["f"] * 60 + ["m"] * 40}, positive="yes", min_group_size=25)
    readings = list(gaps(case))
    assert measured(readings, "demographic_parity_difference", "sex").value is not None
    odds = measured(readings, "equalized_odds_difference", "sex")
    assert [(part.label, part.n, part.compared) for part in odds.compared] == [("f", 25, True), ("m", 10, False)]
    assert (odds.value, str(odds.undefined)) == (None, "fewer than two groups have 25 rows to compare")


def test_a_group_without_positives_makes_no_gap_where_fairlearn_makes_one() -> None:
    predictions = ClassScores(("no", "yes"), np.tile([[0.0, 1.0], [1.0, 0.0]], (20, 1)), "label")
    targets = ["yes", "no"] * 15 + ["no"] * 10
    sex = ["f"] * 15 + ["m"] * 15 + ["x"] * 10
    case = toy_case(predictions, targets, {"sex": sex}, positive="yes", min_group_size=1)
    found = measured(list(gaps(case)), "equal_opportunity_difference", "sex")
    theirs = fairlearn.equal_opportunity_difference(case.targets.codes, case.decisions, sensitive_features=sex)
    assert theirs == 1.0
    assert found.value == 0.0
    assert {part.label: part.compared for part in found.compared} == {"f": True, "m": True, "x": False}


def test_the_ratio_of_nobody_to_nobody_is_undefined() -> None:
    predictions = ClassScores(("no", "yes"), np.tile([1.0, 0.0], (80, 1)), "label")
    case = toy_case(predictions, ["no", "yes"] * 40, {"sex": list("fm") * 40}, positive="yes")
    readings = list(gaps(case))
    ratio = measured(readings, "demographic_parity_ratio", "sex")
    assert (ratio.value, str(ratio.undefined)) == (None, "nobody was selected in any group: 0 / 0")
    assert measured(readings, "demographic_parity_difference", "sex").value == 0


def test_choosing_everybody_is_not_certainly_equal() -> None:
    predictions = ClassScores(("no", "yes"), np.tile([0.0, 1.0], (80, 1)), "label")
    case = toy_case(predictions, ["no", "yes"] * 40, {"sex": list("fm") * 40}, positive="yes")
    ratio = measured(list(gaps(case)), "demographic_parity_ratio", "sex")
    assert ratio.value == 1
    assert ratio.interval is not None
    assert 0.85 < ratio.interval.low < 0.95


@pytest.mark.parametrize("labels", [["f"] * 80, [None] * 80, ["f"] * 79 + ["m"]], ids=["one", "none", "one row"])
def test_fewer_than_two_groups_have_no_gap(labels: list[str | None]) -> None:
    predictions = ClassScores(("no", "yes"), np.tile([[0.0, 1.0], [1.0, 0.0]], (40, 1)), "label")
    readings = list(gaps(toy_case(predictions, ["no", "yes"] * 40, {"sex": labels}, positive="yes")))
    assert {reading.metric for reading in readings} == GAPS
    assert all(reading.value is None and reading.undefined is not None for reading in readings)


def test_without_targets_parity_is_still_measured() -> None:
    case = make_case()
    untold = toy_case(case.predictions, None, {"sex": case.groups["sex"].labels()}, positive="yes")
    found = {reading.metric for reading in gaps(untold) if isinstance(reading, Measurement)}
    assert found == {"demographic_parity_difference", "demographic_parity_ratio"}


def test_without_groups_it_does_not_apply() -> None:
    case = make_case()
    with pytest.raises(NotApplicable, match="no groups"):
        list(gaps(toy_case(case.predictions, case.targets.labels(), positive="yes")))


def test_a_depth_of_nothing_is_an_error_with_a_hint() -> None:
    with pytest.raises(AuditError, match="'0'") as caught:
        list(gaps(make_case(), depth=0))
    assert "1 for single attributes" in caught.value.hint


def test_the_groups_furthest_apart_are_named() -> None:
    readings = list(gaps(make_case(gap=0.15), depth=1))
    table = next(reading for reading in readings if isinstance(reading, Table))
    assert str(table.title).endswith("by site")
    assert tuple(str(column) for column in table.columns) == ("metric", "lowest rate", "highest rate")
    assert ("demographic_parity_difference", "a", "c") in table.rows


@pytest.mark.parametrize("gap", [0.0, 0.2], ids=["fair", "unfair"])
@pytest.mark.parametrize("units", [None, np.arange(900) // 3], ids=["rows", "patients"])
def test_random_groupings_pass_whether_the_model_is_fair_or_not(gap: float, units: Any) -> None:
    controls = [reading for reading in gaps(make_case(gap=gap, units=units)) if isinstance(reading, Control)]
    assert len(controls) == 3 * 6
    assert all(control.kind == "clean" and control.passed for control in controls)
    assert all(control.observed.params["draws"] == 200 for control in controls)


def test_no_true_gap_is_rarely_taken_for_one() -> None:
    rng = np.random.default_rng(6)
    alarms = 0
    for _ in range(60):
        chosen = rng.random(500) < 0.3
        predictions = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
        case = toy_case(predictions, None, {"site": rng.choice(list("abcde"), 500)}, positive="yes")
        interval = measured(list(gaps(case)), "demographic_parity_difference", "site").interval
        assert interval is not None
        alarms += interval.low > 0
    assert alarms <= 9  # 60 cases at 5%: more happens once in a thousand times


def test_the_same_case_gives_the_same_readings() -> None:
    assert list(gaps(make_case())) == list(gaps(make_case()))


def test_every_label_of_a_multi_label_model_is_compared() -> None:
    scores = np.random.default_rng(0).random((200, 2))
    targets = np.random.default_rng(1).random((200, 2)) < scores
    case = toy_case(LabelScores(("cough", "fever"), scores), targets, {"sex": list("fm") * 100})
    found = [reading for reading in gaps(case) if isinstance(reading, Measurement)]
    assert {(reading.metric, reading.label) for reading in found} == {
        (m, label) for m in GAPS for label in ("cough", "fever")
    }


def test_labels_are_data_whatever_they_hold() -> None:
    case = make_case()
    names = ["<script>alert(1)</script>", "{{7*7}}", "{attributes}"]
    hostile = toy_case(case.predictions, case.targets.labels(), {names[0]: [names[1], names[2]] * 450}, positive="yes")
    found = measured(list(gaps(hostile)), "accuracy_difference", names[0])
    assert {part.label for part in found.compared} == set(names[1:])


def test_the_control_runs_on_the_rarest_class_that_is_not_too_rare() -> None:
    names = ("often", "seldom", "never")
    given = np.repeat([0, 1, 2], [560, 36, 4])
    case = toy_case(ClassScores(names, np.eye(3)[given], "label"), None, {"sex": list("fm") * 300})
    (control,) = [reading for reading in gaps(case) if isinstance(reading, Control)]
    assert control.title.params["label"] == "seldom"


@pytest.mark.parametrize(("rare", "family"), [("yes", "false positive rate"), ("no", "true positive rate")])
def test_one_rate_is_controlled_where_the_other_has_too_few_rows(rare: str, family: str) -> None:
    predictions = ClassScores(("no", "yes"), np.tile([[0.0, 1.0], [1.0, 0.0]], (100, 1)), "label")
    other = {"yes": "no", "no": "yes"}[rare]
    case = toy_case(predictions, [rare] * 6 + [other] * 194, {"sex": list("ffmm") * 50}, positive="yes")
    families = [str(reading.title.params["family"]) for reading in gaps(case) if isinstance(reading, Control)]
    assert family in families
    assert "true and false positive rates" not in families


def test_few_units_are_the_more_uncertain_the_more_pairs_are_asked_about() -> None:
    """The size of a share of few units rests on Student's quantile at the level of one pair, not of the family."""
    case = make_case(900, min_group_size=1, units=np.arange(900) // 10)
    found = measured(list(gaps(case)), "demographic_parity_difference", "site").interval
    units = np.arange(900) // 10
    table = count_outcomes(case.groups["site"].codes, code_outcomes(case.decisions == 1), group_count=3, units=units)
    each = table.shares(RATES["selection_rate"], level=1 - 0.05 / 3)
    gap = widest_difference(each)
    assert found is not None
    assert (found.low, found.high) == (gap.low, gap.high)
    assert gap.high > widest_difference(table.shares(RATES["selection_rate"])).high


def test_groups_of_few_people_are_not_compared_however_many_rows_they_have() -> None:
    """300 rows of 20 patients are 20 people: fewer than the smallest group of 30."""
    units = np.r_[np.repeat(np.arange(20), 15), np.arange(100, 700)]
    labels = ["few"] * 300 + ["many"] * 300 + ["others"] * 300
    predictions = ClassScores(("no", "yes"), np.eye(2)[np.arange(900) % 2], "label")
    case = toy_case(predictions, None, {"site": labels}, positive="yes", units=units)
    gap = measured(list(gaps(case)), "demographic_parity_difference", "site")
    assert [(part.label, part.n, part.compared) for part in gap.compared] == [
        ("few", 20, False), ("many", 300, True), ("others", 300, True),
    ]  # fmt: skip
    assert gap.n == 600


@pytest.mark.parametrize("check", [gaps, differential], ids=lambda check: check.id)
def test_a_withheld_crossing_takes_no_line_of_one_attribute_alone(check: Any) -> None:
    rng = np.random.default_rng(4)
    sex, site = np.repeat([["F", "a"], ["F", "b"], ["M", "a"], ["M", "b"]], [300, 4, 300, 296], axis=0).T
    chosen = rng.random(900) < np.where(sex == "F", 0.3, 0.5) + 0.1 * (site == "b")
    said = ClassScores(("no", "yes"), np.column_stack([~chosen, chosen]).astype(float), "label")
    case = toy_case(said, rng.choice(["yes", "no"], 900), {"sex": sex, "site": site}, positive="yes")
    readings = list(check(case))
    parts = {
        "measurements": tuple(one for one in readings if isinstance(one, Measurement)),
        "evidence": tuple(one for one in readings if isinstance(one, Table) and not one.rests_on),
    }
    found = Finding(check=check.id, title=Text.of("t"), text=Text.of("t"), status="measured", **parts)
    sizes = group_sizes(case, [found])
    (told,) = suppress_findings([found], find_small_cells(sizes, [found]), sizes)
    tables = {one.attributes: one for one in told.evidence if isinstance(one, Table)}
    before = {one.attributes: one for one in found.evidence if isinstance(one, Table)}
    assert tables["sex",].rows == before["sex",].rows
    assert tables["site",].rows == before["site",].rows
    # Of the crossing no withheld group is named.
    assert not any("F \N{MULTIPLICATION SIGN} b" in row for row in tables["sex", "site"].rows)
