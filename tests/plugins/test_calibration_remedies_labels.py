"""`calibration.remedies` of several labels that can be right at once: each has maps of its own, judged together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import special, stats
from sklearn.metrics import brier_score_loss, log_loss

from auditkit import LabelScores, Table
from auditkit.checks.asking import ask
from auditkit.testing import toy_case
from auditkit_calibration.remedies.cards import AREA_CHANGE, BRIER, LOSS, LOSS_CHANGE, OTHERWISE, RIGHT, RIGHT_CHANGE
from auditkit_calibration.remedies.maps import cross_fitted, remedies_for
from auditkit_calibration.remedies.rows import Tried
from auditkit_calibration.what_would_help import remedies

LABELS = ("fever", "cough", "rash")


def model(rows=500, *, sharp=(1.0, 3.0, 1.0), rare=0.0, seed=1, **fields):
    """Log odds of each label `sharp` times what they should be; the last label is as much rarer as `rare` says."""
    rng = np.random.default_rng([11, seed])
    heights = rng.normal(size=(rows, len(LABELS))) * 1.3 - np.array([0.0, 0.0, rare])
    flags = rng.random(heights.shape) < special.expit(heights)
    return toy_case(LabelScores(LABELS, special.expit(np.array(sharp) * heights)), flags.tolist(), **fields)


def said(case):
    return ask(remedies, replace(case, is_control=True), {})


def of(readings, metric, remedy, label):
    (found,) = readings.of(metric, conditions={"remedy": remedy}, label=label, group={})
    return found


def test_the_answers_as_they_are_have_the_numbers_that_scikit_learn_gives_for_each_label():
    case = model()
    readings = said(case)
    for place, label in enumerate(LABELS):
        truth, chances = case.label_targets[:, place], case.predictions.scores[:, place]
        assert of(readings, LOSS, "none", label).value == pytest.approx(log_loss(truth, chances))
        assert of(readings, BRIER, "none", label).value == pytest.approx(brier_score_loss(truth, chances))
        assert of(readings, RIGHT, "none", label).value == pytest.approx(np.mean((chances >= 0.5) == truth))


def test_the_label_that_is_told_too_surely_is_mended_and_the_others_need_nothing():
    readings = said(model())
    for remedy in ("temperature", "platt", "isotonic"):
        assert of(readings, LOSS_CHANGE, remedy, "cough").interval.high < 0
        for label in ("fever", "rash"):
            assert of(readings, LOSS_CHANGE, remedy, label).interval.high > 0
    (table,) = (one for one in readings if isinstance(one, Table) and "fitted" in str(one.title))
    fitted = {(row[0], str(row[1])): str(row[2]) for row in table.rows}
    assert 2 < float(fitted["cough", "logits divided by a temperature"].removeprefix("T = ")) < 4


def test_a_temperature_leaves_every_decision_at_one_half_and_changes_those_at_another_threshold():
    for threshold in (None, 0.5):
        case = model(threshold=threshold)
        readings = said(case)
        for tried in Tried.each_of(case):
            (cooled,) = (one for one in remedies_for(tried.answers, 30) if one.name == "temperature")
            made = cross_fitted(cooled, tried.answers, tried.folds)[:, 1]
            assert np.array_equal(made >= 0.5, tried.answers.chances[:, 1] >= 0.5)
            for metric in (RIGHT_CHANGE, OTHERWISE):
                kept = of(readings, metric, "temperature", tried.label)
                assert (kept.value, kept.exact) == (0.0, True)
    case = model(threshold=0.2)
    readings, tried = said(case), Tried.each_of(case)[1]
    (cooled,) = (one for one in remedies_for(tried.answers, 30) if one.name == "temperature")
    then, now = tried.answers.chances[:, 1] >= 0.2, cross_fitted(cooled, tried.answers, tried.folds)[:, 1] >= 0.2
    assert of(readings, OTHERWISE, "temperature", "cough").value == pytest.approx(np.mean(then != now))
    right = np.mean(now == tried.answers.targets) - np.mean(then == tried.answers.targets)
    assert of(readings, RIGHT_CHANGE, "temperature", "cough").value == pytest.approx(right)
    assert np.mean(then != now) > 0


def test_the_intervals_hold_together_over_the_remedies_of_all_labels():
    case = model()
    tried, found = Tried.each_of(case)[1], of(said(case), LOSS_CHANGE, "platt", "cough")
    (line,) = (one for one in remedies_for(tried.answers, 30) if one.name == "platt")
    own = np.arange(500), tried.answers.targets
    gone = np.log(tried.answers.chances[own]) - np.log(cross_fitted(line, tried.answers, tried.folds)[own])
    # Three maps for each of three labels, and twice the variance.
    reach = stats.t.ppf(1 - 0.05 / 9 / 2, 499) * np.sqrt(2) * gone.std(ddof=1) / np.sqrt(500)
    assert found.value == pytest.approx(gone.mean())
    assert (found.interval.low, found.interval.high) == pytest.approx((gone.mean() - reach, gone.mean() + reach))
    assert found.interval.simultaneous


def test_of_a_label_that_hardly_comes_true_nothing_is_said_and_of_the_others_all_is():
    readings = said(model(rare=6.0))
    rare = [one for one in readings.measurements if one.label == "rash"]
    assert len(rare) == 4 + 3 * 10
    for found in rare:
        assert found.value is None
        assert "too few to fit" in str(found.undefined)
    assert of(readings, AREA_CHANGE, "platt", "cough").value is not None


def test_of_many_labels_the_fifty_that_come_true_most_are_told_of():
    rng = np.random.default_rng(3)
    often = np.linspace(0.02, 0.8, 53)
    flags = rng.random((60, 53)) < often
    labels = tuple(f"finding {place:02}" for place in range(53))
    case = toy_case(LabelScores(labels, np.tile(often, (60, 1))), flags.tolist())
    kept = [labels[place] for place in np.argsort(-flags.sum(axis=0), kind="stable")[:50]]
    assert set(case.positives) == set(kept)
    assert {one.label for one in said(case).measurements} == set(kept)
