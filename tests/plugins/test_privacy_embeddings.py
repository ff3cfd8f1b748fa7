"""`privacy.embeddings`: what vectors tell of people and of the training, beside what the rows tell themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from auditkit import ClassScores, DataError, NotApplicable, Table
from auditkit.checks.asking import ask
from auditkit.checks.controls import run_control
from auditkit.evidence import evidence_key
from auditkit.statistics import delong
from auditkit.testing import toy_case, with_model, with_splits
from auditkit_privacy.embeddings import embeddings
from auditkit_privacy.inference.halved import area_of_halves, gain_of_halves
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.vectors.besides import distance_ratio
from auditkit_privacy.vectors.nearness import Looked, nearest
from auditkit_privacy.vectors.planted import Embedding, gives_away
from auditkit_privacy.vectors.probing import VECTORS, half_of, lines, told

ATTRIBUTE, INPUT, GAIN = "embedding_attribute_auc", "input_attribute_auc", "embedding_attribute_auc_gain"
MEMBERSHIP, RATIO = "embedding_membership_auc", "training_distance_ratio"


class Counting(Embedding):
    """Notes how many rows were embedded."""

    def embed(self, inputs):
        self.vectors.flags.writeable = True
        self.vectors[0, 0] += len(inputs)  # nobody asks for the vector of row 100
        return super().embed(inputs)


def people(rows, *, carries=0.0, of_age=0.0, units=None, seed=1, **fields):
    """Rows of a table with an age, of which women's is higher; a model whose vectors carry the sex."""
    rng = np.random.default_rng([53, seed])
    woman = rng.permutation(rows) % 2 == 0
    vectors = rng.normal(size=(rows, 5))
    vectors[:, 1] += carries * woman
    table = pd.DataFrame({"number": 100 + np.arange(rows), "age": rng.normal(size=rows) + of_age * woman})
    targets = np.where(rng.permutation(rows) % 2 == 0, "yes", "no").tolist()
    sex = {"sex": np.where(woman, "F", "M").tolist()}
    scores = ClassScores(("no", "yes"), np.full((rows, 2), 0.5))
    made = toy_case(scores, targets, sex, positive="yes", inputs=table, units=units, **fields)
    return with_model(made, Embedding(vectors))


def said(case, **options):
    return ask(embeddings, replace(case, is_control=True), options)


def one(readings, metric, **about):
    return readings.of(metric, **about)[0]


def of_women(readings, metric):
    return one(readings, metric, group={"sex": "F"})


def test_vectors_that_carry_the_sex_tell_it_beyond_what_the_rows_tell():
    readings = said(people(200, carries=2.0))
    assert of_women(readings, ATTRIBUTE).interval.low > 0.8
    assert of_women(readings, ATTRIBUTE).n == 100
    assert of_women(readings, GAIN).interval.low > 0.2
    assert of_women(readings, INPUT).interval.low < 0.5 < of_women(readings, INPUT).interval.high
    (table,) = [one for one in readings if isinstance(one, Table)]
    assert "more than by the rows" in str(table.rows[0][-1])
    assert "5 numbers each" in str(table.title)


def test_vectors_that_carry_nothing_tell_nothing():
    readings = said(people(200))
    found = of_women(readings, ATTRIBUTE)
    assert found.interval.low < 0.5 < found.interval.high
    assert not readings.of(MEMBERSHIP)
    (table,) = [one for one in readings if isinstance(one, Table)]
    assert "cannot be told from chance" in str(table.rows[0][-1])


def test_what_the_rows_tell_as_well_is_no_merit_of_the_vectors():
    readings = said(people(200, carries=2.0, of_age=4.0))
    assert of_women(readings, INPUT).value > 0.95
    assert of_women(readings, GAIN).interval.low < 0
    assert of_women(readings, ATTRIBUTE).interval.low > 0.8


def test_the_line_is_the_logistic_regression_of_scikit_learn_on_the_other_half():
    case = people(120, carries=1.0)
    women = case.groups["sex"].codes == 0
    half, vectors = half_of(case, attribute="sex"), case.embeddings
    areas = []
    for judged in (0, 1):
        learns = half != judged
        scale = StandardScaler().fit(vectors[learns])
        witness = LogisticRegression(C=4 / 5).fit(scale.transform(vectors[learns]), women[learns])
        areas.append(roc_auc_score(women[~learns], witness.decision_function(scale.transform(vectors[~learns]))))
    assert of_women(said(case), ATTRIBUTE).value == pytest.approx(np.mean(areas), abs=1e-12)


def test_halves_by_hand():
    """In one half all six pairs are in order, in the other five of six: 1 and 5/6, whose mean is 11/12."""
    scores = np.array([0.9, 0.8, 0.7, 0.3, 0.2, 0.9, 0.5, 0.4, 0.3, 0.35])
    has = np.array([True, True, True, False, False, True, True, False, False, False])
    half = np.repeat([0, 1], 5)
    scores[6] = 0.38  # above two of three
    found = area_of_halves(scores, has, half, None, 0.95)
    assert found.value == pytest.approx(11 / 12)
    parts = [delong(scores[half == one], has[half == one], level=0.95) for one in (0, 1)]
    assert (found.low, found.high) == pytest.approx(
        ((parts[0].low + parts[1].low) / 2, (parts[0].high + parts[1].high) / 2)
    )
    assert gain_of_halves((scores, scores), has, half, None, 0.95).value == 0
    assert area_of_halves(scores, half == 0, half, None, 0.95) is None


def test_people_stay_in_one_half_and_so_do_rows_that_are_nearly_equal():
    units = np.repeat(np.arange(40), 3).tolist()
    half = half_of(people(120, units=units), attribute="sex")
    assert all(len(set(half[start : start + 3])) == 1 for start in range(0, 120, 3))
    case = people(60)
    twice = pd.concat([case.inputs, case.inputs * (1 + 1e-7)], ignore_index=True)
    labels = case.groups["sex"].labels() * 2
    scores = ClassScores(("no", "yes"), np.full((120, 2), 0.5))
    half = half_of(toy_case(scores, ["no"] * 120, {"sex": labels}, inputs=twice), attribute="sex")
    assert (half[:60] == half[60:]).all()
    assert half[:60].mean() == 0.5


def test_three_values_are_each_told_from_the_others():
    rng = np.random.default_rng(3)
    codes = rng.permutation(120) % 3
    vectors = rng.normal(size=(120, 4)) + 4.0 * np.eye(4)[codes]
    found = lines(vectors, codes, np.arange(60), np.arange(60, 120))
    assert np.mean(found.argmax(axis=1) == codes[60:]) > 0.9
    assert lines(vectors, np.zeros(120, dtype=int), np.arange(60), np.arange(60, 120)).max() == 0


def test_evidence_holds_places_and_no_vectors():
    case = people(60, carries=1.0)
    found = told(case, source=VECTORS, attribute="sex", value=0)
    for half in (0, 1):
        places = found[half_of(case, attribute="sex") == half]
        assert np.sort(places) == pytest.approx((np.arange(len(places)) + 0.5) / len(places))


def test_values_that_few_have_are_not_told():
    case = people(200)
    labels = ["F"] * 181 + ["M"] * 19
    few = toy_case(case.predictions, case.targets.labels(), {"sex": labels}, positive="yes", inputs=case.inputs)
    readings = said(with_model(few, case.broker.model))
    assert all(found.value is None for found in readings.measurements)
    assert "fewer than 20" in str(of_women(readings, ATTRIBUTE).undefined)


def test_without_the_truth_nobody_says_what_the_rows_tell():
    case = people(100, carries=3.0)
    silent = toy_case(case.predictions, None, {"sex": case.groups["sex"].labels()}, inputs=case.inputs)
    readings = said(with_model(silent, case.broker.model))
    assert of_women(readings, ATTRIBUTE).value > 0.9
    assert "nobody could look" in str(of_women(readings, GAIN).undefined)


def test_a_model_without_vectors_is_not_asked():
    class Bare:
        def predict(self, inputs):
            return ClassScores(("no", "yes"), np.full((len(inputs), 2), 0.5))

    with pytest.raises(NotApplicable, match="makes no vectors"):
        said(with_model(people(60), Bare()))
    with pytest.raises(NotApplicable, match="neither groups"):
        said(toy_case(ClassScores(("no", "yes"), np.full((60, 2), 0.5)), ["no", "yes"] * 30))


def test_no_more_rows_are_embedded_than_are_asked_for():
    case = people(300, carries=2.0)
    model = Counting(case.broker.model.vectors.copy())
    before = model.vectors[0, 0]
    readings = said(with_model(case, model), rows=80)
    assert model.vectors[0, 0] - before == 81  # and one, to see whether there are vectors at all
    assert sum(found.n for found in readings.of(ATTRIBUTE)) == 80
    with pytest.raises(DataError, match="too few"):
        embeddings.accepts(rows=39)


def test_members_that_are_drawn_together_are_found():
    readings = said(gives_away(carries=0.0, draws=0.5)(np.random.default_rng(0)))
    assert one(readings, MEMBERSHIP, conditions={}).interval.low > 0.7
    assert one(readings, MEMBERSHIP, conditions={}).n == 100  # half of the members are what the attacker knows
    assert one(readings, MEMBERSHIP, conditions={"attack": "nearest neighbour"}).value > 0.8
    assert one(readings, RATIO).interval.high < 0.7


def test_members_like_others_are_not():
    readings = said(gives_away(carries=0.0, draws=0.0)(np.random.default_rng(0)))
    found = one(readings, MEMBERSHIP, conditions={})
    assert found.interval.low < 0.5 < found.interval.high
    assert one(readings, RATIO).interval.low < 1 < one(readings, RATIO).interval.high


def test_people_of_another_kind_are_no_evidence_of_the_training():
    case = gives_away(carries=0.0, draws=0.5)(np.random.default_rng(0))
    training = case.training
    labels = {"sex": training.groups["sex"].labels()}
    table = training.inputs.assign(site=5.0)
    unlike = toy_case(training.predictions, training.targets.labels(), labels, positive="yes", inputs=table)
    audit = toy_case(
        case.predictions, case.targets.labels(), {"sex": case.groups["sex"].labels()}, positive="yes",
        inputs=case.inputs.assign(site=0.0),
    )  # fmt: skip
    readings = said(with_model(with_splits(audit, training=unlike), case.broker.model))
    for metric in (MEMBERSHIP, RATIO):
        found = readings.of(metric)[0]
        assert found.value is None
        assert "confounded" in str(found.undefined)
    assert "cannot be held for or against" in str([one.title for one in readings if isinstance(one, Table)])


def test_attributes_are_told_where_no_member_is_left():
    """Whoever audits the training rows by mistake is told so, and what the vectors tell of people all the same."""
    case = people(100, carries=3.0)
    readings = said(with_model(with_splits(case, training=people(100)), case.broker.model))
    assert of_women(readings, ATTRIBUTE).value > 0.9
    for metric in (MEMBERSHIP, RATIO):
        (found,) = readings.of(metric)
        assert found.value is None
        assert "the same row is on both sides" in str(found.undefined)


def test_training_rows_of_which_the_answers_tell_nothing_are_looked_at_by_their_vectors():
    """Of one class alone no attack on answers is known; vectors are there all the same."""
    case = gives_away(carries=0.0, draws=0.5)(np.random.default_rng(0))
    sides = []
    for side in (case, case.training):
        sex = {"sex": side.groups["sex"].labels()}
        sides.append(toy_case(ClassScores(("no",), np.ones((200, 1))), ["no"] * 200, sex, inputs=side.inputs))
    readings = said(with_model(with_splits(sides[0], training=sides[1]), case.broker.model), rows=150)
    assert one(readings, MEMBERSHIP, conditions={}).interval.low > 0.6


def test_what_training_has_made_the_same_for_all_members_is_not_left_out():
    case = gives_away(carries=0.0, draws=0.0)(np.random.default_rng(0))
    vectors = case.broker.model.vectors.copy()
    vectors[1::2, 0] = 0.0  # of members
    readings = said(with_model(case, Embedding(vectors)))
    assert one(readings, MEMBERSHIP, conditions={}).interval.low > 0.6


def test_the_distance_to_the_nearest_is_that_of_scikit_learn():
    rng = np.random.default_rng(4)
    rows, known = rng.normal(size=(50, 7)), rng.normal(size=(30, 7))
    witness = NearestNeighbors(n_neighbors=1).fit(known).kneighbors(rows)[0][:, 0]
    assert nearest(rows, known) == pytest.approx(witness, abs=1e-9)
    assert np.isinf(nearest(rows, known[:0])).all()


def test_a_member_is_not_near_itself_nor_its_twin():
    case = gives_away(carries=0.0, draws=0.0, rows=40)(np.random.default_rng(0))
    looked = Looked.of(case.training, case)
    known = ~looked.is_judged[:40]
    assert known.sum() == 20  # none has a twin: those who are not judged are known
    assert looked.is_judged[40:].all()
    assert nearest(looked.vectors[looked.is_judged], looked.known).min() > 0.01
    twins = pd.concat([case.training.inputs[:20]] * 2, ignore_index=True)
    doubled = toy_case(case.training.predictions, ["no", "yes"] * 20, inputs=twins)
    found = Looked.of(with_model(with_splits(case, training=doubled), case.broker.model).training, case)
    together = found.is_judged[:20] == found.is_judged[20:40]
    assert (together | ~(found.is_judged[:20] | found.is_judged[20:40])).all()


def test_the_ratio_by_hand():
    """Means 2 and 4: one half; Student's limits of either, put together on the log."""
    inside, outside = -np.array([1.0, 2.0, 3.0] * 4), -np.array([2.0, 4.0, 6.0, np.nan] * 4)
    found = distance_ratio(Sides(inside, outside), None, 0.95)
    half = 2.200985160 * np.sqrt(8 / 11 / 12)  # t of 11 degrees of freedom; eight squares of 1
    limits = np.log([2 - half, 2, 2 + half])  # of the others twice as much, and so the same logs apart
    down, up = limits[1] - limits[0], limits[2] - limits[1]
    assert found.value == pytest.approx(0.5)
    assert found.low == pytest.approx(0.5 * np.exp(-np.hypot(down, up)))
    assert found.high == pytest.approx(0.5 * np.exp(np.hypot(down, up)))
    assert found.n == 12
    assert distance_ratio(Sides(np.full(5, -1.0), outside), None, 0.95) is None


def test_the_negative_control_comes_with_the_finding():
    case = gives_away(carries=0.0, draws=0.0, rows=60)(np.random.default_rng(0))
    (control,) = ask(embeddings, case, {}).controls
    assert control.passed
    assert "halves of the non-members" in str(control.title)


def test_a_narrowed_case_has_its_own_vectors_and_embeds_no_others():
    case = people(50, carries=1.0)
    some = case.narrowed(np.array([7, 3, 9]))
    assert some.embeddings == pytest.approx(case.embeddings[[7, 3, 9]])
    assert case.narrowed(slice(2, 5)).embeddings == pytest.approx(case.embeddings[2:5])
    key = evidence_key("embeddings", of=case.keys["audit"][1])
    assert key in case.store
    fresh = people(50)
    assert len(fresh.narrowed(np.array([1])).embeddings) == 1
    assert evidence_key("embeddings", of=fresh.keys["audit"][1]) not in fresh.store


@pytest.mark.parametrize("known", embeddings.controls, ids=lambda known: known.kind)
def test_controls_pass_however_few_rows_the_spec_embeds(known):
    control, detail = run_control(embeddings, known, {"rows": 40}, level=0.999)
    assert control.passed, detail
