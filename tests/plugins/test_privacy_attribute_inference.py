"""`privacy.attribute-inference`: what is told of members and of others, and when nothing is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from scipy import special
from scipy.stats import binomtest
from sklearn.metrics import roc_auc_score

from auditkit import ClassScores, Finding, Measurement, NotApplicable, Table, Text, Values
from auditkit.checks.asking import ask
from auditkit.judging import judge
from auditkit.policy import Policy, Rule
from auditkit.testing import toy_case, with_splits
from auditkit_privacy.attribute_inference import attribute_inference
from auditkit_privacy.inference.guesses import guesses
from auditkit_privacy.inference.planted import remembers_attribute
from auditkit_privacy.inference.reached import gain, rate, rate_of_halves
from auditkit_privacy.inference.tried_values import choose
from auditkit_privacy.people.sides import Sides

OF_SEX = {"attribute": "sex"}


def side(rows, *, seed, tells=0.0, of_age=0.0, moved=0.0, **fields):
    """Rows whose score moves by `tells` with their sex, and their age by `of_age`; sex has no other column."""
    rng = np.random.default_rng([31, seed])
    woman = rng.random(rows) < 0.5
    age = rng.normal(size=rows) + of_age * woman + moved
    pressure = rng.normal(size=rows)
    odds = pressure + tells * woman
    yes = special.expit(odds)
    targets = np.where(rng.random(rows) < special.expit(pressure), "yes", "no").tolist()
    inputs = pd.DataFrame({"age": age, "pressure": pressure})
    groups = {"sex": np.where(woman, "F", "M").tolist()}
    scores = ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))
    return toy_case(scores, targets, groups, positive="yes", inputs=inputs, **fields)


def both(rows=150, *, seed=1, tells=0.0, in_training=None, **more):
    audit = side(rows, seed=2 * seed, tells=tells, **more)
    more = more | {"moved": more.get("moved", 0.0) * 2} if "moved" in more else more
    training = side(rows, seed=2 * seed + 1, tells=tells if in_training is None else in_training, **more)
    return with_splits(audit, training=training)


def said(case, *, own_controls=False):
    return ask(attribute_inference, replace(case, is_control=not own_controls), {})


def one(readings, metric, **about):
    return readings.of(f"attribute_{metric}", conditions=about.pop("conditions", OF_SEX), **about)[0]


def table(readings, beginning):
    return next(one for one in readings if isinstance(one, Table) and str(one.title).startswith(beginning))


def judged(readings, metric, most):
    finding = Finding(
        check="privacy.attribute-inference", title=Text.of("x"), text=Text.of("x"), status="measured",
        measurements=readings.measurements,
    )  # fmt: skip
    rule = Rule(metric=f"attribute_{metric}", max=most, because="a test", conditions=OF_SEX).identified()
    return judge(Policy(rules=(rule,)), [finding], ["training"], date(2026, 1, 1)).judgements[0].outcome


def test_a_model_whose_answers_carry_the_attribute_tells_it_of_everybody():
    """The score is the pressure moved by the sex, exactly: who holds both holds the sex."""
    readings = said(both(tells=2.0))
    assert one(readings, "inference_rate").value > 0.9
    assert one(readings, "imputation_rate").value < 0.65
    assert one(readings, "inference_gain").interval.low > 0.2
    assert judged(readings, "inference_gain", 0.1) == "fail"
    assert one(readings, "inference_control_rate").value > 0.9
    area = one(readings, "inference_auc_gain", conditions={}, group={"sex": "F"})
    assert area.interval.low > 0.2
    assert area.value == pytest.approx(
        one(readings, "inference_auc_gain", conditions={}, group={"sex": "M"}).value, abs=1e-9
    )


def test_a_model_that_does_not_carry_it_adds_nothing_and_passes():
    readings = said(both(rows=400, tells=0.0))
    found = one(readings, "inference_gain")
    assert found.interval.low < 0 < found.interval.high
    assert judged(readings, "inference_gain", 0.1) == "pass"
    assert one(readings, "inference_risk").interval.low == 0
    assert "nothing that can be told from chance" in str(table(readings, "Whether members").rows[0][-1])


def test_what_the_other_columns_tell_is_no_merit_of_the_model():
    """Age says it nearly; the model does not: it is told as often without the model."""
    readings = said(both(rows=300, of_age=4.0))
    assert one(readings, "imputation_rate").value > 0.93
    assert one(readings, "inference_rate").value > 0.9
    assert one(readings, "inference_gain").interval.high < 0.05


def test_a_model_that_knows_its_members_by_heart_puts_them_and_nobody_else_at_risk():
    readings = said(remembers_attribute(looks=True)(np.random.default_rng(0)))
    assert one(readings, "inference_rate").value == 1.0  # the answer is surer under the true value alone
    control = one(readings, "inference_control_rate")
    assert control.interval.low < 0.5 < control.interval.high
    assert one(readings, "inference_risk").value == 1.0
    assert "their training shows" in str(table(readings, "Whether members").rows[0][-1])
    by_attack = {
        found.conditions["attack"]: found.value
        for found in readings.of("attribute_inference_rate") if "attack" in found.conditions
    }  # fmt: skip
    assert by_attack["values tried"] == 1.0
    assert by_attack["outputs"] < 0.7


def test_people_of_another_kind_are_no_evidence_of_the_training():
    readings = said(both(tells=2.0, moved=2.0))
    found = one(readings, "inference_risk")
    assert found.value is None
    assert "confounded" in str(found.undefined)
    assert judged(readings, "inference_risk", 0.1) == "inconclusive"
    assert one(readings, "inference_gain").value is not None  # it compares with the baseline on the same people


def test_an_attribute_that_only_members_show_without_the_model_is_no_evidence_either():
    """The blind baseline passes by chance or not; the attribute is told of members from their age alone."""
    case = with_splits(side(300, seed=2), training=side(300, seed=3, of_age=4.0))
    found = one(said(case), "inference_risk")
    assert found.value is None
    assert "confounded" in str(found.undefined)


def test_without_training_rows_nobody_is_compared_with_others():
    readings = said(side(200, seed=1, tells=2.0))
    assert one(readings, "inference_gain").interval.low > 0.2
    assert not readings.of("attribute_inference_risk")
    assert not readings.of("attribute_inference_control_rate")
    assert "no training rows" in str(table(readings, "Whether the").rows[0][1])


@pytest.mark.parametrize("rows", [12, 19])
def test_too_few_rows_are_inconclusive_and_never_a_pass(rows):
    readings = said(both(rows=rows, tells=3.0))
    assert all(found.value is None for found in readings.measurements)
    assert judged(readings, "inference_gain", 0.5) == "inconclusive"


def test_an_attribute_that_nearly_everybody_has_is_not_judged():
    case = side(100, seed=1)
    groups = {"sex": ["F"] * 95 + ["M"] * 5}
    few = toy_case(case.predictions, case.targets.labels(), groups, positive="yes", inputs=case.inputs)
    assert one(said(few), "inference_rate").value is None


def test_without_inputs_nobody_can_look():
    case = side(100, seed=1, tells=3.0)
    bare = toy_case(case.predictions, case.targets.labels(), {"sex": case.groups["sex"].labels()}, positive="yes")
    readings = said(bare)
    assert "inputs are not there" in str(one(readings, "inference_rate").undefined)
    assert judged(readings, "inference_gain", 0.5) == "inconclusive"
    recorded = replace(bare, settings=replace(bare.settings, recorded=("p",)))
    with pytest.raises(NotApplicable, match="inputs are not there"):
        said(recorded)


def test_the_column_that_carries_the_attribute_is_no_part_of_what_the_attacker_holds():
    case = side(300, seed=1)
    inputs = case.inputs.assign(code=np.where(case.groups["sex"].codes == 0, "1", "2"))
    about = {"positive": "yes", "inputs": inputs}
    groups = {"sex": case.groups["sex"].labels()}
    named = toy_case(case.predictions, case.targets.labels(), groups, protected_inputs={"sex": "code"}, **about)
    silent = toy_case(case.predictions, case.targets.labels(), groups, **about)
    recorded = replace(named, settings=replace(named.settings, recorded=("p",), given=("age",)))
    assert one(said(recorded), "imputation_rate").value < 0.65
    assert one(said(silent), "imputation_rate").value == 1.0
    assert one(said(silent), "inference_gain").value == 0.0


def test_numbers_are_answers_too_and_three_values_can_be_told():
    rng = np.random.default_rng(5)
    site = rng.integers(0, 3, 240)
    pressure = rng.normal(size=240)
    case = toy_case(
        Values(pressure + 3.0 * site), groups={"site": [f"s{code}" for code in site]},
        truth=Values(pressure), inputs=pd.DataFrame({"pressure": pressure}),
    )  # fmt: skip
    readings = said(case)
    assert one(readings, "inference_rate", conditions={"attribute": "site"}).value > 0.95
    assert len(readings.of("attribute_inference_auc_gain")) == 3


def test_rates_of_people_with_many_rows_are_as_uncertain_as_their_people_are_few():
    hits = np.repeat([True, False] * 10, 30)
    people = np.repeat(np.arange(20), 30)
    alone, of_people = rate(hits, None, 0.95), rate(hits, people, 0.95)
    assert alone.value == of_people.value == 0.5
    assert of_people.high - of_people.low > 3 * (alone.high - alone.low)
    agreed = gain(hits, hits, people, 0.95)
    assert agreed.value == 0
    assert agreed.low < 0 < agreed.high  # twenty people who agree are not six hundred


def test_rates_of_halves_by_hand():
    """6 of the 8 rows of a half are told, 3 of 12 of the other: 9 of 20, with the means of Wilson's ends by rows."""
    hits = np.repeat([True, False, True, False], [6, 2, 3, 9])
    half = np.repeat([0, 1], [8, 12])
    found = rate_of_halves(hits, half, None, 0.95)
    ends = [binomtest(6, 8).proportion_ci(method="wilson"), binomtest(3, 12).proportion_ci(method="wilson")]
    assert (found.value, found.n, found.size) == (0.45, 20, 20)
    assert (found.low, found.high) == pytest.approx(
        tuple((8 * one + 12 * two) / 20 for one, two in zip(*ends, strict=True))
    )
    assert found.high - found.low > 1.15 * (rate(hits, None, 0.95).high - rate(hits, None, 0.95).low)


def test_areas_are_of_either_half_and_the_people_of_a_half_are_known_to_a_replay():
    """The mean of the halves' differences, by scikit-learn, of what was said of either."""
    case = replace(side(120, seed=4, tells=1.0), is_control=True)
    nobody = case.narrowed(np.zeros(0, dtype=np.int64))
    (told,) = guesses(case, nobody, Sides(np.arange(120), np.zeros(0, dtype=np.int64)))
    has, half = told.codes.inside == 0, told.halves.inside
    assert sorted(np.bincount(half)) == [60, 60]
    gains = [
        roc_auc_score(has[half == of], told.likely["outputs"].inside[half == of, 0])
        - roc_auc_score(has[half == of], told.likely["without the model"].inside[half == of, 0])
        for of in (0, 1)
    ]
    area = one(said(case), "inference_auc_gain", conditions={}, group={"sex": told.names[0]})
    assert area.value == pytest.approx(np.mean(gains), abs=1e-12)
    assert "two halves" in area.interval.method


def test_the_likeliest_value_is_chosen_by_the_answers_and_by_how_frequent_it_is():
    """By hand: the truth has .8 under the first value and .4 under the second, of which 3 of 12 and 9 of 12 have."""
    logs = np.log(np.array([[0.8, 0.4], [0.9, 0.2]] + [[0.5, 0.5]] * 12))
    values = np.array([0, 0] + [0] * 3 + [1] * 9)
    found = choose(logs, values, values, np.arange(2, 14), np.array([0, 1]))
    np.testing.assert_allclose(found[:, 0], [0.2 / (0.2 + 0.3), 0.225 / (0.225 + 0.15)], atol=1e-6)


def test_halves_of_the_others_are_the_negative_control():
    readings = said(both(tells=2.0), own_controls=True)
    assert [control.passed for control in readings.controls] == [True]


def test_measurements_name_the_attribute_and_no_group_of_few():
    readings = said(both())
    for found in readings.measurements:
        assert isinstance(found, Measurement)
        assert found.conditions.get("attribute") == "sex" or found.group.keys() == {"sex"}
