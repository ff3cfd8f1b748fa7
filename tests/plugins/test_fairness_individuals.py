"""What is fair to single people: interventions on the protected column, similar people, inequality of benefits."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression

from auditkit import ClassScores, LabelScores, Measurement, NotApplicable, Values
from auditkit.statistics import clopper_pearson
from auditkit.testing import reads_protected_input, toy_case, with_model
from auditkit.testing.other_defects import TableModel
from auditkit_fairness.benefit_inequality import benefit_inequality
from auditkit_fairness.intervention import protected_intervention
from auditkit_fairness.similar_people import similar_people

CARRIED = {"sex": "sex_code"}


def found(readings, metric, **about):
    (one,) = [
        m
        for m in readings
        if isinstance(m, Measurement) and m.metric == metric and all(getattr(m, k) == v for k, v in about.items())
    ]
    return one


class Answering:
    """Any function of a DataFrame as a model."""

    def __init__(self, function):
        self.function, self.asked = function, []

    def predict(self, inputs):
        self.asked.append(inputs)
        return self.function(inputs)


def scores(yes):
    return ClassScores(("no", "yes"), np.column_stack([1 - np.asarray(yes), yes]))


def asked_case(function, table, groups, *, positive: str | None = "yes", **fields):
    model = Answering(function)
    said = model.function(table)
    case = toy_case(said, None, groups, inputs=table, positive=positive, protected_inputs=CARRIED, **fields)
    return with_model(case, model), model


def test_flips_by_hand():
    # At 0.4 + 0.2 with code 1 the decision turns; at 0.1 and 0.9 it does not.
    table = pd.DataFrame({"need": [0.4, 0.4, 0.1, 0.9], "sex_code": ["1", "2", "1", "2"]})
    function = lambda rows: scores(np.clip(rows["need"] + 0.2 * (rows["sex_code"] == "1"), 0, 1))  # noqa: E731
    case, model = asked_case(function, table, {"sex": ["F", "M", "F", "M"]})
    readings = list(protected_intervention(case))
    effect = found(readings, "protected_flip_rate", group={"sex": "*"})
    assert (effect.value, effect.n) == (0.5, 4)
    low, high = clopper_pearson(2, 4)
    assert (effect.interval.low, effect.interval.high) == pytest.approx((low, high))
    assert effect.interval.method == "clopper-pearson"
    shift = found(readings, "protected_intervention_effect")
    assert shift.value == pytest.approx((0.2 + 0.2 + 0.2 + 0.1) / 4)
    assert [len(rows) for rows in model.asked[:2]] == [2, 2]  # only rows that another value is new to


def test_every_other_value_is_tried_and_rows_without_one_left_out():
    table = pd.DataFrame({"need": [0.3] * 4, "sex_code": pd.Series(["a", "b", "c", None], dtype=object)})
    function = lambda rows: scores(rows["need"] + 0.3 * (rows["sex_code"] == "c"))  # noqa: E731
    case, _ = asked_case(function, table, {"sex": ["x", "y", "z", None]})
    readings = list(protected_intervention(case))
    assert (
        found(readings, "protected_flip_rate").value,
        found(readings, "protected_flip_rate").n,
    ) == (1.0, 3)
    # a: to b 0, to c 0.3; b the same; c: 0.3 both ways.
    assert found(readings, "protected_intervention_effect").value == pytest.approx((0.15 + 0.15 + 0.3) / 3)


def test_the_effect_is_that_of_a_bare_loop_over_a_fitted_model():
    rng = np.random.default_rng(5)
    table = pd.DataFrame({"age": rng.normal(60, 10, 200), "sex_code": rng.integers(0, 2, 200)})
    true = rng.random(200) < 1 / (1 + np.exp(-(table["age"] - 60) / 10 - 1.5 * table["sex_code"]))
    fitted = LogisticRegression().fit(table, np.where(true, "yes", "no"))
    groups = {"sex": ["F" if code else "M" for code in table["sex_code"]]}
    case, _ = asked_case(lambda rows: ClassScores(("no", "yes"), fitted.predict_proba(rows)), table, groups)
    turned = fitted.predict(table.assign(sex_code=1 - table["sex_code"])) != fitted.predict(table)
    effect = found(list(protected_intervention(case)), "protected_flip_rate")
    assert effect.value == pytest.approx(turned.mean())
    assert 0 < effect.value < 1


def test_values_move_in_standard_deviations():
    table = pd.DataFrame({"need": np.arange(50.0), "sex_code": [0, 1] * 25})
    fitted = LinearRegression().fit(table, table["need"] + 5 * table["sex_code"])
    case, _ = asked_case(lambda rows: Values(fitted.predict(rows)), table, {"sex": ["F", "M"] * 25}, positive=None)
    readings = list(protected_intervention(case))
    assert [one.metric for one in readings] == ["protected_intervention_effect"]  # a number decides nothing
    assert readings[0].value == pytest.approx(5.0 / np.std(fitted.predict(table)))


def test_several_labels_turn_when_any_does():
    table = pd.DataFrame({"need": [0.1, 0.4], "sex_code": ["1", "2"]})
    function = lambda rows: LabelScores(  # noqa: E731
        ("a", "b"), np.column_stack([rows["need"], rows["need"] + 0.2 * (rows["sex_code"] == "1")])
    )
    case, _ = asked_case(function, table, {"sex": ["F", "M"]}, positive=None)
    assert found(list(protected_intervention(case)), "protected_flip_rate").value == 0.5


def test_units_widen_the_interval_and_are_said():
    case, _ = asked_case(TableModel(0.3).predict, *of_rows(90), units=[row // 3 for row in range(90)])
    effect = found(list(protected_intervention(case)), "protected_flip_rate")
    assert effect.interval.method == "wilson, effective size, over units"


def test_one_unit_says_nothing_of_others_and_is_not_exact():
    table = pd.DataFrame({"need": np.arange(6.0), "sex_code": [0, 1] * 3})
    curved = lambda rows: Values((rows["need"] * rows["sex_code"]).to_numpy())  # noqa: E731
    groups, units = {"sex": ["F", "M"] * 3}, ["p"] * 6
    case, _ = asked_case(curved, table, groups, positive=None, units=units)
    one = found(list(protected_intervention(case)), "protected_intervention_effect")
    assert (one.interval, one.exact) == (None, False)
    # Every row moves by 5: of a linear model that is so of every row there could be.
    straight = lambda rows: Values((rows["need"] + 5.0 * rows["sex_code"]).to_numpy())  # noqa: E731
    case, _ = asked_case(straight, table, groups, positive=None)
    shift = found(list(protected_intervention(case)), "protected_intervention_effect")
    spread = np.std(table["need"] + 5.0 * table["sex_code"])
    assert (shift.value, shift.interval, shift.exact) == (pytest.approx(5.0 / spread), None, True)
    case, _ = asked_case(straight, table.iloc[:1], {"sex": ["F"]}, positive=None)
    assert not found(list(protected_intervention(case)), "protected_intervention_effect").exact


def of_rows(rows):
    table = pd.DataFrame({"need": np.linspace(0, 0.6, rows), "sex_code": np.resize(["1", "2"], rows)})
    return table, {"sex": np.resize(["F", "M"], rows).tolist()}


@pytest.mark.parametrize(("codes", "count"), [(["1"] * 30, 1), ([str(row) for row in range(30)], 30)])
def test_a_column_with_one_value_or_too_many_is_undefined(codes, count):
    table, groups = of_rows(30)
    case, _ = asked_case(TableModel(0.0).predict, table.assign(sex_code=codes), groups)
    effect = found(list(protected_intervention(case)), "protected_flip_rate")
    assert f"has {count} values" in str(effect.undefined)


def test_what_was_recorded_cannot_be_asked():
    case = toy_case(scores([0.1, 0.9]), groups={"sex": ["F", "M"]}, protected_inputs=CARRIED, positive="yes")
    with pytest.raises(NotApplicable, match="no input column"):
        list(protected_intervention(case))
    with pytest.raises(NotApplicable, match="no protected_inputs"):
        list(protected_intervention(toy_case(scores([0.1, 0.9]), groups={"sex": ["F", "M"]})))


def test_decisions_that_turn_on_sex_are_inconsistent():
    rng = np.random.default_rng(0)
    fair, unfair = (list(similar_people(reads_protected_input(size)(rng))) for size in (0.0, 0.9))
    assert found(fair, "consistency").value > 0.98
    assert found(unfair, "consistency").value < 0.6
    assert found(fair, "consistency").interval.method == "percentile bootstrap of pseudo-values over rows"
    assert found(fair, "lipschitz_violation_share").value == 0.0
    assert found(fair, "lipschitz_violation_share").n == 200


def test_protected_columns_and_texts_have_no_part_in_who_is_alike():
    table = pd.DataFrame({"need": np.linspace(0, 1, 40), "sex_code": np.resize([1.0, 1000.0], 40), "note": ["x"] * 40})
    said = scores(np.linspace(0, 1, 40))
    how = {"positive": "yes", "groups": {"sex": ["F", "M"] * 20}}
    one = toy_case(said, inputs=table, protected_inputs=CARRIED, **how)
    other = toy_case(said, inputs=table[["need"]], **how)
    values = [found(list(similar_people(case)), "consistency").value for case in (one, other)]
    assert values[0] == values[1]


def test_without_numbers_nobody_is_alike_and_weights_are_refused():
    said = scores(np.linspace(0, 1, 10))
    with pytest.raises(NotApplicable, match="no column of numbers"):
        list(similar_people(toy_case(said, inputs=pd.DataFrame({"note": list("abcdefghij")}))))
    with pytest.raises(NotApplicable, match="weights"):
        list(similar_people(toy_case(said, weights=[1.0] * 9 + [2.0])))


def test_inequality_is_aif360s():
    # AIF360, tests/test_classification_metric.py at 3487791: 0.2, 4 ln 2 / 10, and (1/20) sum(b^2 - 1) between groups.
    true = np.array([1, 0, 0, 1, 0, 0, 1, 0, 1, 1])
    said = np.array([1, 0, 0, 0, 1, 1, 1, 0, 1, 0])
    groups = {"feat": [0, 0, 1, 1, 1, 1, 2, 2, 2, 2]}
    case = toy_case(
        scores(said.astype(float)), np.where(true == 1, "yes", "no"), groups, positive="yes", min_group_size=1
    )
    readings = list(benefit_inequality(case))
    assert found(readings, "generalised_entropy_index").value == pytest.approx(0.2)
    assert found(readings, "theil_index").value == pytest.approx(4 * np.log(2) / 10)
    b = np.repeat([1, 1.25, 0.75], [2, 4, 4])
    assert found(readings, "generalised_entropy_between_groups").value == pytest.approx(np.sum(b**2 - 1) / 20)


@pytest.mark.parametrize(("units", "size"), [(None, 60), ([f"p{row % 20}" for row in range(60)], 20)])
def test_a_model_that_is_always_right_may_be_wrong_about_as_many_as_chance_allows(units, size):
    # Of q who miss out the mean benefit is 1 - q: the index is ((1 - q) / (1 - q)^2 - 1) / 2, Theil's -ln(1 - q).
    true = ["yes", "no"] * 30
    case = toy_case(scores([1.0, 0.0] * 30), true, {"sex": ["F", "F", "M", "M"] * 15}, positive="yes", units=units)
    q = 1 - 0.025 ** (1 / size)
    for metric, most in (("generalised_entropy_index", q / (1 - q) / 2), ("theil_index", -np.log(1 - q))):
        index = found(list(benefit_inequality(case)), metric)
        assert (index.value, index.interval.low) == (0.0, 0.0)
        assert index.interval.high == pytest.approx(most)
        assert index.interval.method.startswith("clopper-pearson")


def test_the_bootstrap_of_the_index_is_named():
    said = np.resize([0.9, 0.8, 0.3, 0.1], 60)
    case = toy_case(scores(said), ["yes", "no"] * 30, {"sex": ["F", "F", "M", "M"] * 15}, positive="yes")
    assert found(list(benefit_inequality(case)), "theil_index").interval.method == "BCa bootstrap over rows"


def test_patients_with_many_rows_widen_the_interval_of_the_index():
    rng = np.random.default_rng(3)
    true, said = rng.random(60) < 0.5, rng.random(60)
    rows = np.repeat(np.arange(60), 4)
    words = np.where(true, "yes", "no")[rows]
    alone = toy_case(scores(said[rows]), words, positive="yes")
    together = toy_case(scores(said[rows]), words, positive="yes", units=rows.tolist())
    narrow, wide = (found(list(benefit_inequality(c)), "generalised_entropy_index").interval for c in (alone, together))
    assert wide.high - wide.low > 1.6 * (narrow.high - narrow.low)
