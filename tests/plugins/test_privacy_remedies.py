"""`privacy.remedies`: what handing out less changes for an attacker, what it costs, and when nothing is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import special
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from auditkit import ClassScores, NotApplicable, Table
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_splits
from auditkit_privacy.people.members import Members
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.exposure import AUC
from auditkit_privacy.remedies import telling
from auditkit_privacy.remedies.alternative import NUMBERS, Alternative, numbers_of
from auditkit_privacy.remedies.calibration_error import calibration_error
from auditkit_privacy.remedies.comparing import faced
from auditkit_privacy.remedies.handing import REMEDIES, rounded, softened, top_alone
from auditkit_privacy.remedies.sampling import MOST_ROWS, sampled, told_apart
from auditkit_privacy.what_would_help import remedies

NAMES = [one.name for one in REMEDIES]


def side(rows, *, seed, surer=0.0, classes=("no", "yes"), moved=0.0, **fields):
    """Logits about the true class; `surer` is how much the model adds for it, and `moved` is of the people."""
    rng = np.random.default_rng([19, seed])
    truth = rng.integers(len(classes), size=rows)
    logits = rng.normal(size=(rows, len(classes)))
    logits[np.arange(rows), truth] += 1.0 + surer
    scores = ClassScores(tuple(classes), special.softmax(2 * logits, axis=1))
    inputs = pd.DataFrame({"age": rng.normal(size=rows) + moved, "pressure": rng.normal(size=rows)})
    return toy_case(scores, [classes[place] for place in truth], inputs=inputs, **fields)


def both(rows=250, *, surer=1.0, seed=1, moved=0.0, **fields):
    training = side(rows, seed=2 * seed, surer=surer, moved=moved, **fields)
    return with_splits(side(rows, seed=2 * seed + 1, **fields), training=training)


def said(case):
    return ask(remedies, replace(case, is_control=True), {})


def of(readings, metric, remedy):
    (found,) = readings.of(metric, conditions={"remedy": remedy})
    return found


def test_what_is_handed_out_by_hand():
    given = np.array([[0.126, 0.474, 0.4]])
    assert rounded(given, None, decimals=2).tolist() == [[0.13, 0.47, 0.4]]
    assert rounded(given, None, decimals=1).tolist() == [[0.1, 0.5, 0.4]]
    assert top_alone(given, np.array([1])) == pytest.approx(np.array([[0.263, 0.474, 0.263]]))
    logits = np.array([[2.0, -1.0, 0.5], [0.0, 0.0, 800.0]])
    softer = softened(special.softmax(logits, axis=1), None, temperature=4.0)
    # A probability of 0 is taken for the smallest number, whose log is -708: of the second row only the order is sure.
    assert softer[0] == pytest.approx(special.softmax(logits[0] / 4))
    assert softer[1, 2] == pytest.approx(1.0)


def test_the_answers_as_they_are_have_the_numbers_that_scikit_learn_gives():
    case = both()
    readings = said(case)
    probabilities, truth = case.predictions.scores, case.targets.codes
    right = of(readings, telling.RIGHT, "none")
    assert right.value == pytest.approx(accuracy_score(truth, probabilities.argmax(axis=1)))
    assert of(readings, telling.LOSS, "none").value == pytest.approx(log_loss(truth, probabilities))
    softer = softened(probabilities, None, temperature=2.0)
    assert of(readings, telling.LOSS, "temperature 2").value == pytest.approx(log_loss(truth, softer))
    change = of(readings, telling.LOSS_CHANGE, "temperature 2")
    assert change.value == pytest.approx(log_loss(truth, softer) - log_loss(truth, probabilities))
    assert change.versus == {"remedy": "none"}
    tenths = np.round(probabilities, 1)
    tenths = np.clip(tenths / tenths.sum(axis=1, keepdims=True), 0.05, 1)
    wanted = -np.log(tenths[np.arange(len(truth)), truth]).mean()
    assert of(readings, telling.LOSS, "1 decimal").value == pytest.approx(wanted)
    member = np.repeat([1, 0], 250)
    true = [one.predictions.scores[np.arange(250), one.targets.codes] for one in (case.training, case)]
    area = roc_auc_score(member, np.concatenate(true))
    found = of(readings, AUC, "none")
    assert found.value == pytest.approx(area, abs=0.01)  # of two classes all attacks put the rows in one order
    assert found.interval.low < area < found.interval.high


def test_the_class_alone_tells_what_the_gap_in_accuracy_tells_and_no_probability():
    case = both(rows=400, surer=1.5)
    readings = said(case)
    right = [(one.predictions.scores.argmax(axis=1) == one.targets.codes).mean() for one in (case.training, case)]
    found = of(readings, AUC, "class alone")
    assert found.value == pytest.approx((1 + right[0] - right[1]) / 2, abs=0.005)
    assert of(readings, telling.CHANGE, "class alone").interval.high < 0
    assert of(readings, telling.CHANGE, "class alone").interval.simultaneous
    assert of(readings, telling.RIGHT_CHANGE, "class alone").value == 0
    for metric in (telling.LOSS, telling.OFF):
        assert "no probabilities" in str(of(readings, metric, "class alone").undefined)


def test_a_temperature_changes_no_order_of_two_classes_and_is_said_to_change_nothing():
    change = of(said(both()), telling.CHANGE, "temperature 4")
    assert (change.value, change.interval.low, change.interval.high) == (0, 0, 0)


def test_of_two_classes_the_top_one_with_its_probability_is_the_whole_answer_and_is_not_tried():
    assert not said(both()).of(AUC, conditions={"remedy": "top class"})
    three = said(both(classes=("a", "b", "c")))
    assert of(three, AUC, "top class").value is not None
    assert [one.conditions["remedy"] for one in three.of(AUC)] == NAMES


def test_every_remedy_has_both_sides_of_the_trade():
    readings = said(both())
    tables = [one for one in readings if isinstance(one, Table)]
    assert [len(one.rows) for one in tables] == [6, 6, 6]
    assert max(len(one.columns) for one in tables) <= 8  # a printed page holds no more
    assert str(tables[0].columns[-2]) == "found at 10% alarms"  # 250 others carry no less
    big = said(both(rows=392))
    assert big.of("membership_tpr_at_fpr_0.01", conditions={"remedy": "none"})


def test_a_confounded_split_says_nothing_of_remedies_and_still_what_answers_are_worth():
    readings = said(both(surer=2.0, moved=3.0))
    attacks = [one for one in readings.measurements if one.metric.startswith("membership")]
    assert attacks
    assert all(one.value is None and "confounded" in str(one.undefined) for one in attacks)
    assert of(readings, telling.RIGHT, "1 decimal").value is not None
    table = next(one for one in readings if isinstance(one, Table))
    assert "cannot be judged" in str(table.title)
    assert all("confounded" in str(row[1]) for row in table.rows)


def test_where_there_is_nothing_to_mend_or_to_take_away_the_check_does_not_apply():
    with pytest.raises(NotApplicable, match="no difference"):
        said(both(rows=400, surer=0.0))
    case = both()
    for kind, why in (("label", "class alone"), ("score", "no probabilities")):
        sides = [
            toy_case(ClassScores(one.predictions.classes, one.predictions.scores, kind), one.targets.labels())
            for one in (case, case.training)
        ]
        with pytest.raises(NotApplicable, match=why):
            said(with_splits(sides[0], training=sides[1]))
    with pytest.raises(NotApplicable, match=r"no \{split\} rows"):
        said(side(60, seed=1))


def test_too_few_rows_are_told_of_and_not_judged():
    readings = said(both(rows=9, surer=6.0))
    assert of(readings, AUC, "none").value is None
    assert of(readings, AUC, "class alone").value is None


def test_rows_of_one_person_make_all_intervals_longer():
    units = [f"{place // 10}" for place in range(300)]
    parts = []
    for named in (None, units):
        rng = np.random.default_rng(5)
        cases = []
        for surer in (0.0, 1.5):
            odds = np.repeat(rng.normal(size=30), 10) + surer + 0.1 * rng.normal(size=300)
            yes = special.expit(2 * odds)
            truth = np.repeat(rng.random(30) < 0.7, 10)
            who = None if named is None else [f"{surer} {name}" for name in named]
            # Between each two of one side stands one of the other, so that ages tell nobody apart.
            inputs = pd.DataFrame({"age": 2.0 * np.random.default_rng(4).permutation(300) + (surer > 0)})
            scores = ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))
            targets = np.where(truth, "yes", "no").tolist()
            cases.append(toy_case(scores, targets, inputs=inputs, units=who))
        parts.append(said(with_splits(cases[0], training=cases[1])))
    for metric in (AUC, telling.RIGHT, telling.LOSS, telling.OFF):
        alone, shared = (of(one, metric, "none").interval for one in parts)
        assert shared.high - shared.low > 1.5 * (alone.high - alone.low), metric


def test_attacks_are_chosen_anew_for_each_alternative_and_compared_on_the_same_halves():
    rng = np.random.default_rng(2)
    noise, real = Sides(*rng.normal(size=(2, 100))), Sides(rng.normal(size=100) + 2, rng.normal(size=100))
    other = Sides(rng.normal(size=100) + 2, rng.normal(size=100))
    signals = {"none": {"a": real, "b": noise}, "less": {"a": noise, "b": other}, "same": {"a": real, "b": noise}}
    found = faced(signals, units=None, level=0.95, rng=np.random.default_rng(0))
    assert [found[name].attack for name in signals] == ["a", "b", "a"]
    assert found["same"].change == (0.0, 0.0, 0.0)
    assert found["same"].area == found["none"].area
    low, high = found["less"].change[1:]
    assert low < roc_auc_score(other.member, other.joined) - roc_auc_score(real.member, real.joined) < high
    tiny = {"none": {"a": Sides(np.ones(9), np.ones(50))}}
    assert faced(tiny, units=None, level=0.95, rng=rng) is None


def test_at_most_so_many_rows_of_either_side_take_part():
    case = both(rows=MOST_ROWS + 50)
    some = sampled(Members.of(case))
    assert [len(some.members), len(some.others)] == [MOST_ROWS, MOST_ROWS]
    again = sampled(Members.of(case))
    assert some.members.rows.tolist() == again.members.rows.tolist()
    assert told_apart(case, 0.95)
    assert len(sampled(Members.of(both())).members) == 250


def test_the_calibration_error_by_hand_and_where_all_rows_turned_out_alike():
    # Two bins: six rows at 0.7, four of them right; four at 0.9, all right. 0.6 |4/6 - 0.7| + 0.4 |1 - 0.9| = 0.06
    confidence = np.array([0.7] * 6 + [0.9] * 4)
    right = np.array([1.0] * 4 + [0.0] * 2 + [1.0] * 4)
    found = calibration_error(confidence, right, None, 0.95, np.random.default_rng(0))
    assert found.value == pytest.approx(0.06)
    sure = calibration_error(np.ones(50), np.ones(50), None, 0.95, np.random.default_rng(0))
    assert sure.value == 0
    assert 0.02 < sure.limits[1] < 0.2  # 50 rows that were right leave room for a rate of 0.93


def test_numbers_of_a_row_are_those_that_attacks_read():
    case = both()
    numbers = numbers_of(case, case.predictions)
    assert tuple(sorted(numbers)) == tuple(sorted(NUMBERS))
    whole = Alternative.of("x", None, numbers, numbers)
    assert tuple(whole.signals) == ("scaled logit", "loss", "modified entropy", "hinge")
    bare = numbers_of(case, case.predictions, REMEDIES[-1])
    assert tuple(Alternative.of("x", None, bare, bare).signals) == ("correctness",)


def test_a_threshold_decides_what_is_handed_out():
    yes = np.linspace(0.01, 0.99, 200)
    scores = ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))
    case = toy_case(scores, ["yes"] * 200, positive="yes", threshold=0.2)
    assert numbers_of(case, scores, REMEDIES[-1])["right"].sum() == np.count_nonzero(yes >= 0.2)
    softer = next(one for one in REMEDIES if one.name == "temperature 4")
    # 0.2 is the answer of logits of which a quarter gives 0.41: more rows are then decided for.
    assert numbers_of(case, scores, softer)["right"].sum() > np.count_nonzero(yes >= 0.2)


@pytest.mark.slow
def test_the_bounds_of_the_calibration_error_and_of_the_change_hold_the_truth():
    rng = np.random.default_rng(7)
    held, runs = 0, 300
    for _ in range(runs):
        confidence = rng.uniform(0.5, 1, 300)
        right = (rng.random(300) < confidence - 0.1).astype(float)  # 0.1 off in every bin
        low, high = calibration_error(confidence, right, None, 0.95, rng).limits
        held += low <= 0.1 <= high
    assert held / runs > 0.95 - 2 * np.sqrt(0.95 * 0.05 / runs)
    held, runs = 0, 200
    truth = special.ndtr(0.5 / np.sqrt(2)) - special.ndtr(1 / np.sqrt(2))
    for _ in range(runs):
        members, others = rng.normal(1.0, size=150), rng.normal(size=150)
        # Of the same rows a score with as much noise, of which members are half as far from the others.
        less = Sides((members - 1) * 0.8 + 0.5 + 0.6 * rng.normal(size=150), others * 0.8 + 0.6 * rng.normal(size=150))
        signals = {"none": {"a": Sides(members, others)}, "less": {"a": less}}
        change = faced(signals, units=None, level=0.95, rng=rng)["less"].change
        held += change[1] <= truth <= change[2]
    assert held / runs > 0.95 - 2 * np.sqrt(0.95 * 0.05 / runs)
