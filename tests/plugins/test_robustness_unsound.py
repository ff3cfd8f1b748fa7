"""Models whose answers to changed inputs are none: how many rows, by kind of change, and what they count as."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import ClassScores, LabelScores, Table, TextFile, Values
from auditkit.checks.asking import ask
from auditkit.statistics import wilson
from auditkit.testing import toy_case, with_model
from auditkit_robustness.behaviour import behaviour
from auditkit_robustness.consistency import consistency
from auditkit_robustness.images import images
from auditkit_robustness.negation import negation
from auditkit_robustness.texts import texts

UNSOUND = "unsound_answer_rate"
UPPER, LOWER = ({"perturbation": f"{case} case", "share": "all"} for case in ("upper", "lower"))
BAD_CLASSES = {
    "nan": [np.nan, np.nan],
    "infinite": [np.inf, 0.0],
    "out of range": [1.4, -0.4],
    "no distribution": [0.2, 0.3],
}


class Breaking:
    """The same of every text; of those in capitals that speak of a ward, something that is no answer."""

    def __init__(self, good, bad, batch_size=7):
        self.good, self.bad, self.batch_size = good, bad, batch_size

    def predict(self, inputs):
        rows = [self.bad if str(text).isupper() and "WARD" in str(text) else self.good for text in inputs]
        return self.made(np.array(rows, dtype=float))

    def made(self, numbers):
        return ClassScores(("no", "yes"), numbers)


class BreakingLabels(Breaking):
    def made(self, numbers):
        return LabelScores(("a", "b"), numbers)


class BreakingQuantiles(Breaking):
    def made(self, numbers):
        return Values(numbers[:, 1], quantiles=numbers, levels=(0.1, 0.5))


class BreakingValues(Breaking):
    def made(self, numbers):
        return Values(numbers[:, 0])


def notes(rows=40):
    """Three of four speak of a ward; groups are halves."""
    return pd.Series([f"A note in the {'bed' if row % 4 == 3 else 'ward'} {row}." for row in range(rows)], dtype=object)


def asked_of(model, targets=None, **more):
    given = notes()
    groups = {"half": ["first" if row < 20 else "second" for row in range(len(given))]}
    positive = "yes" if type(model) is Breaking else None
    case = toy_case(model.predict(given), targets, groups, positive=positive, inputs=given, min_group_size=10)
    return ask(texts, with_model(case, model), more)


def columns_of(said):
    (table,) = [one for one in said if isinstance(one, Table)]
    return [column.msgid for column in table.columns]


@pytest.mark.parametrize("bad", BAD_CLASSES.values(), ids=BAD_CLASSES)
def test_an_answer_that_is_none_is_another_decision_a_wrong_one_and_as_far_as_can_be(bad):
    said = asked_of(Breaking([0.8, 0.2], bad), ["no"] * 40)
    (rate,) = said.of(UNSOUND, conditions=UPPER)
    assert (rate.value, rate.n) == (0.75, 40)
    assert (rate.interval.low, rate.interval.high) == pytest.approx(tuple(wilson(30, 40)))
    for metric in ("perturbed_flip_rate", "perturbed_accuracy_loss", "perturbed_score_shift"):
        assert said.value(metric, conditions=UPPER) == pytest.approx(0.75)
    assert said.value("perturbed_accuracy", conditions=UPPER) == pytest.approx(0.25)
    assert not said.of(UNSOUND, conditions=LOWER)
    assert said.of(UNSOUND, conditions={}, group={})[0].value == 0.75
    assert said.of(UNSOUND, group={"half": "first"})[0].value == 0.75
    assert said.of(f"{UNSOUND}_difference", group={"half": "*"})[0].value == 0.0
    assert "no sound answer" in columns_of(said)


def test_where_nobody_knows_what_is_right_nothing_is_said_to_be_wrong():
    said = asked_of(Breaking([0.8, 0.2], BAD_CLASSES["nan"]))
    assert said.value("perturbed_flip_rate", conditions=UPPER) == pytest.approx(0.75)
    assert not said.of("perturbed_accuracy")


def test_labels_out_of_their_range():
    said = asked_of(BreakingLabels([0.2, 0.3], [0.2, 1.1]))
    assert said.value(UNSOUND, conditions=UPPER) == 0.75
    assert said.value("perturbed_flip_rate", conditions=UPPER) == 0.75


@pytest.mark.parametrize("model", [BreakingValues([5, 6], [np.nan, 6]), BreakingQuantiles([5, 6], [6, 5])])
def test_of_numbers_no_shift_is_known_where_an_answer_is_none(model):
    said = asked_of(model)
    assert said.value(UNSOUND, conditions=UPPER) == 0.75
    (shift,) = said.of("perturbed_score_shift", conditions=UPPER)
    assert shift.value is None
    assert shift.undefined.params["count"] == 30
    (mean,) = said.of("mean_score_shift", group={})
    assert mean.value is None
    (gap,) = said.of("score_shift_difference")
    assert gap.value is None
    assert said.value("perturbed_score_shift", conditions=LOWER) == 0.0


def test_a_model_that_always_answers_has_one_rate_and_no_column_of_them():
    said = asked_of(Breaking([0.8, 0.2], [0.8, 0.2]), ["no"] * 40)
    (rate,) = said.of(UNSOUND)
    assert (rate.value, rate.n, rate.conditions) == (0.0, 40, {})
    assert "no sound answer" not in columns_of(said)


def test_rows_are_asked_once_also_where_an_answer_is_none():
    counted = []

    class Counting(Breaking):
        def predict(self, inputs):
            counted.append(len(inputs))
            return super().predict(inputs)

    model = Counting([0.8, 0.2], BAD_CLASSES["nan"])
    given = notes()
    case = with_model(toy_case(model.predict(given), positive="yes", inputs=given), model)
    counted.clear()
    found = case.predict_sound(given.str.upper(), {"perturbation": "upper case"})
    assert counted == [7, 7, 7, 7, 7, 5]
    assert found.rows.tolist() == [row for row in range(40) if row % 4 == 3]
    np.testing.assert_array_equal(found.predictions.scores, [[0.8, 0.2]] * 10)


class Moody:
    """Answers as it should when it is asked about ten and more rows; about fewer it says no number."""

    def predict(self, inputs):
        scores = np.tile([0.8, 0.2], (len(inputs), 1))
        return ClassScores(("no", "yes"), scores if len(inputs) > 9 else np.full_like(scores, np.nan))


def test_who_is_asked_again_and_says_no_number_says_another_thing():
    given = notes()
    case = with_model(toy_case(Moody().predict(given), ["no"] * 40, positive="yes", inputs=given), Moody())
    said = ask(consistency, case, {"batch_sizes": (4, 40)})
    about = {"conditions": {"asked": "4 at a time"}}
    assert said.value("inconsistent_decision_rate", **about) == 1.0
    assert said.value("inconsistent_score_rate", **about) == 1.0
    assert said.value("inconsistent_decision_rate", conditions={"asked": "40 at a time"}) == 0.0
    (table,) = [one for one in said if isinstance(one, Table)]
    assert "none" in str(table.rows[2][-1])


class NoDenials:
    """0.9 for yes; no number where a finding is denied, or where a text is of Peter."""

    def predict(self, inputs):
        scores = [
            [np.nan, np.nan] if "no chest" in text or "Peter" in text else [0.1, 0.9] for text in map(str, inputs)
        ]
        return ClassScores(("no", "yes"), np.array(scores))


def test_a_denied_note_without_an_answer_has_failed():
    given = pd.Series([f"bed {row} has {'chest pain' if row % 2 else 'a cough'}" for row in range(40)], dtype=object)
    case = with_model(toy_case(NoDenials().predict(given), positive="yes", inputs=given), NoDenials())
    said = ask(negation, case, {"label": "yes", "must": "not rise"})
    assert said.value("negation_failure_rate", group={}) == 0.5
    assert said.value(UNSOUND) == 0.5


def test_a_sentence_without_an_answer_fails_every_kind_of_test():
    file = """
    [lexicons]
    name = ["Anna", "Maria", "Peter", "John"]
    [[tests]]
    name = "label"
    kind = "MFT"
    templates = ["{name} has chest pain."]
    expect = "yes"
    [[tests]]
    name = "who"
    kind = "INV"
    templates = ["{name} has chest pain today."]
    vary = "name"
    [[tests]]
    name = "denied"
    kind = "DIR"
    templates = ["{name} has a cough."]
    changed = ["{name} has no cough."]
    label = "yes"
    must = "not rise"
    """
    given = pd.Series([f"a longish note about row {row}" for row in range(20)], dtype=object)
    case = with_model(toy_case(NoDenials().predict(given), positive="yes", inputs=given), NoDenials())
    said = ask(behaviour, case, {"templates": TextFile.of("t.toml", file), "most_cases": 100})
    rates = {
        test: said.value("behaviour_failure_rate", conditions={"test": test}) for test in ("label", "who", "denied")
    }
    # Of four names one is Peter; who is varied is one case that holds all of them.
    assert rates == {"label": 0.25, "who": 1.0, "denied": 0.25}
    assert said.value(UNSOUND) == pytest.approx(3 / 9)


class Dazzled:
    """The mean of a picture; no number where it is bright."""

    def predict(self, inputs):
        yes = np.array([cell.mean() / 255 for cell in inputs])
        return ClassScores(("no", "yes"), np.where((yes > 0.9)[:, None], np.nan, np.column_stack([1 - yes, yes])))


def test_a_picture_that_dazzles_the_model_is_counted():
    given = pd.Series([np.full((40, 40), 130 + 5 * row, dtype=np.uint8) for row in range(20)], dtype=object)
    case = with_model(toy_case(Dazzled().predict(given), positive="yes", inputs=given), Dazzled())
    said = ask(images, case, {"severities": (5,), "corruptions": ("brightness",)})
    # Above 0.9 once 0.3 is added: from 0.6 on, 153 of 255, of which there are fifteen of twenty.
    assert said.value(UNSOUND, conditions={"corruption": "brightness", "severity": "5"}) == pytest.approx(15 / 20)
