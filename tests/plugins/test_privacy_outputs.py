"""`privacy.output-disclosure`: classes of equal outputs by hand, and what rounding makes of them."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import ClassScores, LabelScores, NotApplicable, Values
from auditkit.checks.asking import ask
from auditkit.testing import toy_case
from auditkit_privacy.output_disclosure import number_outputs, output_disclosure

TOP = {"rounding": "the class alone"}


def scored(*yes, **about):
    column = np.array(yes)
    return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - column, column])), positive="yes", **about)


def test_rounding_by_hand():
    said = ask(output_disclosure, scored(0.1234, 0.1232, 0.1249, 0.61, 0.6), {})

    def told(metric, rounding=None):
        return said.value(metric, conditions={"rounding": rounding} if rounding else {})

    assert told("output_uniqueness_rate") == 1.0
    assert told("output_uniqueness_rate", "3 decimals") == 0.6  # .123, .123, .125, .61, .6
    assert told("output_uniqueness_rate", "2 decimals") == 0.4  # .12 three times, .61, .6
    assert told("output_smallest_class", "1 decimal") == 2  # .1 three times, .6 twice
    assert told("output_smallest_class", "the class alone") == 2
    assert told("output_exclusion_rate") == 0.0
    assert told("output_exclusion_rate", "0 decimals") == 1.0
    assert not said.of("output_exclusion_rate", conditions=TOP)


def test_rows_of_one_person_are_one():
    said = ask(output_disclosure, scored(0.5, 0.5, 0.5, 0.7, units=["a", "a", "b", "a"]), {})
    assert said.value("output_smallest_class", conditions={}) == 1
    assert said.value("output_uniqueness_rate", conditions={}) == pytest.approx(1 / 3)


def test_labels_and_numbers_are_rounded_too():
    said = ask(output_disclosure, toy_case(Values(np.array([1.26, 1.31, 1.31]))), {})
    assert said.value("output_smallest_class", conditions={"rounding": "1 decimal"}) == 3
    assert not said.of("output_exclusion_rate")
    labels = LabelScores(("a", "b"), np.array([[0.5, 0.5], [0.5, 1.0]]))
    assert ask(output_disclosure, toy_case(labels), {}).value("output_exclusion_rate", conditions={}) == 0.5


def test_rows_are_numbered_by_what_they_hold():
    rows = np.array([[0.0, 1.0], [-0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    numbers = number_outputs(rows)
    assert numbers[0] == numbers[1] == numbers[3] != numbers[2]
    wide = np.random.default_rng(0).integers(0, 2, (200, 3)).astype(float)
    assert len(np.unique(number_outputs(wide))) == len(np.unique(wide, axis=0)) == 8


def test_labels_alone_cannot_be_rounded():
    labels = ClassScores(("no", "yes"), np.eye(2), "label")
    with pytest.raises(NotApplicable, match="rounded"):
        ask(output_disclosure, toy_case(labels), {})
