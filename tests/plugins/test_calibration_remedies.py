"""`calibration.remedies`: what recalibrating would change, of rows that the map never saw, and when nothing is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import special
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score

from auditkit import ClassScores, NotApplicable, Table
from auditkit.checks.asking import ask
from auditkit.testing import toy_case
from auditkit_calibration.remedies.cards import (
    AREA_CHANGE,
    BRIER,
    ERROR,
    ERROR_CHANGE,
    LOSS,
    LOSS_CHANGE,
    OTHERWISE,
    RIGHT,
    RIGHT_CHANGE,
)
from auditkit_calibration.remedies.maps import cross_fitted, remedies_for
from auditkit_calibration.remedies.rows import FOLDS, Tried
from auditkit_calibration.what_would_help import remedies


def model(rows=400, *, sharp=3.0, classes=2, seed=1, **fields):
    """Log odds `sharp` times what they should be."""
    rng = np.random.default_rng([7, seed])
    heights = rng.normal(size=(rows, classes)) * 1.2
    true = special.softmax(heights, axis=1)
    names = ("no", "yes") if classes == 2 else tuple("abcdef"[:classes])
    targets = [names[rng.choice(classes, p=row)] for row in true]
    if classes == 2:
        fields.setdefault("positive", "yes")
    return toy_case(ClassScores(names, special.softmax(sharp * heights, axis=1)), targets, **fields)


def said(case):
    return ask(remedies, replace(case, is_control=True), {})


def of(readings, metric, remedy, **about):
    (found,) = readings.of(metric, conditions={"remedy": remedy}, **({"group": {}} | about))
    return found


def test_the_answers_as_they_are_have_the_numbers_that_scikit_learn_gives():
    case = model()
    readings, chances, truth = said(case), case.predictions.scores, case.targets.codes
    assert of(readings, LOSS, "none").value == pytest.approx(log_loss(truth, chances))
    assert of(readings, BRIER, "none").value == pytest.approx(brier_score_loss(truth, chances[:, 1]))
    assert of(readings, RIGHT, "none").value == pytest.approx(accuracy_score(truth, chances.argmax(axis=1)))
    assert not readings.of(LOSS_CHANGE, conditions={"remedy": "none"})


@pytest.mark.parametrize("classes", [2, 4])
def test_a_model_that_is_too_sure_is_mended_by_a_temperature(classes):
    case = model(classes=classes)
    readings = said(case)
    change = of(readings, LOSS_CHANGE, "temperature")
    assert change.interval.high < 0
    assert change.versus == {"remedy": "none"}
    assert change.value == pytest.approx(of(readings, LOSS, "temperature").value - of(readings, LOSS, "none").value)
    error = of(readings, ERROR_CHANGE, "temperature")
    assert error.value == pytest.approx(of(readings, ERROR, "temperature").value - of(readings, ERROR, "none").value)
    assert error.interval.simultaneous
    for metric in (RIGHT_CHANGE, OTHERWISE):
        kept = of(readings, metric, "temperature")
        assert (kept.value, kept.exact, kept.interval) == (0.0, True, None)


def test_no_row_is_judged_by_a_map_that_saw_it_or_its_unit():
    case = model(200, units=[row // 3 for row in range(200)])
    (tried,) = Tried.each_of(case)
    for unit in np.unique(tried.answers.owners):
        assert len(np.unique(tried.folds[tried.answers.owners == unit])) == 1
    assert np.ptp(np.bincount([tried.folds[tried.answers.owners == one][0] for one in range(67)])) <= 1
    for remedy in remedies_for(tried.answers, 30):
        made = cross_fitted(remedy, tried.answers, tried.folds)
        # With the outcomes of one fold turned round, what is said of its own rows stays.
        for fold in range(FOLDS):
            inside = tried.folds == fold
            turned = replace(tried.answers, targets=np.where(inside, 1 - tried.answers.targets, tried.answers.targets))
            assert cross_fitted(remedy, turned, tried.folds)[inside] == pytest.approx(made[inside])
        assert made.sum(axis=1) == pytest.approx(np.ones(200))


def test_at_a_threshold_decisions_change_and_are_measured():
    case = model(threshold=0.2)
    readings = said(case)
    (tried,) = Tried.each_of(case)
    (cooled,) = (one for one in remedies_for(tried.answers, 30) if one.name == "temperature")
    made = cross_fitted(cooled, tried.answers, tried.folds)
    then, now = tried.answers.chances[:, 1] >= 0.2, made[:, 1] >= 0.2
    assert of(readings, OTHERWISE, "temperature").value == pytest.approx(np.mean(then != now))
    assert np.mean(then != now) > 0
    truth = tried.answers.targets == 1
    wanted = np.mean(now == truth) - np.mean(then == truth)
    assert of(readings, RIGHT_CHANGE, "temperature").value == pytest.approx(wanted)


def test_the_area_is_scikit_learns():
    case = model()
    readings, (tried,) = said(case), Tried.each_of(case)
    (rising,) = (one for one in remedies_for(tried.answers, 30) if one.name == "isotonic")
    truth, made = tried.answers.targets == 1, cross_fitted(rising, tried.answers, tried.folds)[:, 1]
    wanted = roc_auc_score(truth, made) - roc_auc_score(truth, tried.answers.chances[:, 1])
    assert of(readings, AREA_CHANGE, "isotonic").value == pytest.approx(wanted)
    assert not said(model(classes=3)).of(AREA_CHANGE)


def test_the_one_group_that_is_told_too_much_is_mended_by_a_line_of_its_own():
    rng = np.random.default_rng(2)
    group, true = np.where(rng.random(1200) < 0.3, "B", "A"), rng.uniform(0.05, 0.95, 1200)
    chance = special.expit(special.logit(true) + np.where(group == "B", 1.5, 0.0))
    targets = np.where(rng.random(1200) < true, "yes", "no").tolist()
    scores = ClassScores(("no", "yes"), np.column_stack([1 - chance, chance]))
    readings = said(toy_case(scores, targets, {"sex": group.tolist()}, positive="yes"))
    alone, each = (of(readings, LOSS_CHANGE, name).value for name in ("platt", "platt by sex"))
    assert of(readings, LOSS_CHANGE, "platt by sex").interval.high < 0
    assert each < alone
    told = {name: of(readings, ERROR, name, group={"sex": "B"}) for name in ("none", "platt", "platt by sex")}
    assert told["none"].interval.low > 0.05
    assert told["platt by sex"].value < told["platt"].value
    assert told["platt by sex"].interval.low == 0


def test_a_small_group_gets_no_map_of_its_own_and_is_not_told_of():
    groups = {"sex": ["X"] * 20 + ["F", "M"] * 190}
    readings = said(model(400, groups=groups))
    hidden = of(readings, ERROR, "none", group={"sex": "X"})
    assert hidden.value is None
    assert "fewer than 30 people" in str(hidden.undefined)
    (table,) = (one for one in readings if isinstance(one, Table) and "fitted" in str(one.title))
    assert "2 groups with a map of their own" in str([str(cell) for cell in table.rows[-1]])


@pytest.mark.parametrize("case", [model(99), model(400, sharp=20.0, seed=3, units=[row // 5 for row in range(400)])])
def test_of_too_few_people_nothing_is_said(case):
    readings = said(case)
    # Of the answers as they are four numbers, of each of three maps all ten, by the conditions that rules ask for.
    assert len(readings.measurements) == 4 + 3 * 10
    assert len(readings.of(LOSS_CHANGE, conditions={"remedy": "temperature"})) == 1
    for found in readings.measurements:
        assert found.value is None
        assert "too few to fit" in str(found.undefined)


def test_scores_and_labels_do_not_apply():
    scores = ClassScores(("no", "yes"), np.random.default_rng(1).normal(size=(200, 2)), "score")
    with pytest.raises(NotApplicable):
        said(toy_case(scores, ["no", "yes"] * 100))


def test_probabilities_of_0_and_1_are_mended_too():
    rng = np.random.default_rng(5)
    came_true = rng.random(400) < 0.5
    sure = np.where(rng.random(400) < 0.8, came_true, ~came_true).astype(float)
    case = toy_case(
        ClassScores(("no", "yes"), np.column_stack([1 - sure, sure])), np.where(came_true, "yes", "no").tolist()
    )
    readings = said(case)
    for remedy in ("temperature", "platt", "isotonic"):
        # One in five is told the opposite, so that 0.8 is right: the entropy of that.
        assert of(readings, LOSS, remedy).value == pytest.approx(special.entr([0.8, 0.2]).sum(), abs=0.05)
    assert of(readings, LOSS, "none").value > 5


def test_weights_count():
    case = model(300)
    heavy = model(300, weights=[1.0 + row % 3 for row in range(300)])
    masses = heavy.weights / heavy.weights.sum()
    own = np.log(heavy.predictions.scores[np.arange(300), heavy.targets.codes])
    assert of(said(heavy), LOSS, "none").value == pytest.approx(-masses @ own)
    assert of(said(heavy), LOSS, "none").value != pytest.approx(of(said(case), LOSS, "none").value)
