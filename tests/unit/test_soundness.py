"""Adapters that answer with nonsense: every such answer is refused by the adapter's name, and nothing sound is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from auditkit import ClassScores, LabelScores, ModelError, Rankings, Texts, TokenLabels, Values
from auditkit.soundness import in_order_of, sound_predictions

NAN = float("nan")
HALF = np.full((2, 2), 0.5)


def read(answer, rows=2, first_row=0):
    return sound_predictions(answer, rows=range(first_row + 1, first_row + rows + 1), who="adapter 'toy'")


def objects(*rows):
    return np.array(rows, dtype=object)


SOUND = {
    "class scores": ClassScores(("no", "yes"), HALF),
    "class scores of any size": ClassScores(("no", "yes"), np.array([[-3.0, 3.0], [1.0, 9.0]]), "score"),
    "label scores": LabelScores(("a", "b"), np.array([[0.9, 0.9], [0.1, 0.0]])),
    "values": Values(np.array([1.0, -2.0])),
    "values with all": Values(np.zeros(2), np.ones(2), np.array([[-1.0, 1.0], [0.0, 0.0]]), (0.1, 0.9)),
    "texts": Texts((("a", "b"), ("",)), np.array([-0.5, 0.0]), np.array([True, False])),
    "rankings": Rankings(("u", "v"), objects(["x", "y"], ["z", None]), np.array([[2.0, 1.0], [1.0, NAN]])),
    "token labels": TokenLabels((((0, 3, "name", 0.9),), ())),
}


@pytest.mark.parametrize("answer", SOUND.values(), ids=SOUND)
def test_what_is_sound_passes_unchanged(answer):
    same = read(answer)
    assert type(same) is type(answer)
    for name in vars(answer):
        ours, theirs = getattr(same, name), getattr(answer, name)
        assert type(ours) is type(theirs)
        if isinstance(ours, np.ndarray):
            np.testing.assert_array_equal(ours, theirs)
        else:
            assert ours == theirs


@pytest.mark.parametrize("answer", SOUND.values(), ids=SOUND)
def test_a_row_too_few_is_refused(answer):
    with pytest.raises(ModelError, match="adapter 'toy': predict returned 2 rows for 3"):
        read(answer, rows=3)


UNSOUND = {
    "no prediction type": ([0.5, 0.5], "predict returned a list"),
    "complex scores": (ClassScores(("no", "yes"), HALF.astype(complex)), "complex128"),
    "scores of objects": (ClassScores(("no", "yes"), HALF.astype(object)), "object"),
    "masked scores": (ClassScores(("no", "yes"), np.ma.masked_array(HALF, HALF > 1)), "MaskedArray"),
    "a table of scores": (ClassScores(("no", "yes"), pd.DataFrame(HALF)), "DataFrame"),
    "numbers as classes": (ClassScores((0, 1), HALF), "classes is a int: 0"),
    "one text as classes": (ClassScores("ny", HALF), "classes are a str"),
    "no such kind": (ClassScores(("no", "yes"), HALF, "logit"), "its kind is 'logit'"),
    "NaN scores": (ClassScores(("no", "yes"), np.array([[0.5, 0.5], [NAN, 0.5]])), "first in row 2"),
    "no distribution": (ClassScores(("no", "yes"), HALF / 2), "do not sum to 1"),
    "flat label scores": (LabelScores(("a",), np.array([0.5, 0.5])), r"the shape \(2,\)"),
    "labels twice": (LabelScores(("a", "a"), HALF), "its labels are"),
    "more than certain": (LabelScores(("a", "b"), HALF * 3), "above 1"),
    "NaN values": (Values(np.array([NAN, NAN])), "in 2 rows, first in row 1"),
    "a list of values": (Values([1.0, 2.0]), "its values are a list"),
    "a negative spread": (Values(np.ones(2), -np.ones(2)), "a spread is negative"),
    "quantiles without levels": (Values(np.ones(2), None, HALF), "its quantiles have the shape"),
    "levels without quantiles": (Values(np.ones(2), levels=(0.5,)), "no quantiles"),
    "levels in percent": (Values(np.ones(2), None, HALF, (10.0, 90.0)), "its levels are"),
    "descending quantiles": (Values(np.ones(2), None, -np.eye(2)[::-1], (0.1, 0.9)), "quantiles descend"),
    "bare texts": (Texts(("one", "two")), "its samples in row 1 are a str"),
    "no text": (Texts((("one",), ())), "no sample in row 2"),
    "bytes as text": (Texts(((b"one",), ("two",))), "samples is a bytes"),
    "half a character": (Texts((("\ud800",), ("two",))), "half of a character pair"),
    "cut to a number": (Texts((("a",), ("b",)), cut=np.array([0.0, 1.0])), "its cut has the type float64"),
    "certain beyond certainty": (Texts((("a",), ("b",)), np.array([0.0, 2.0])), "above 0 in 1 rows, first in row 2"),
    "numbers as items": (Rankings(("u", "v"), objects([1, 2], [3, 4])), "items is a int: 1"),
    "a gap in a ranking": (Rankings(("u", "v"), objects([None, "x"], ["y", "z"])), "an item comes after None"),
    "the best item last": (Rankings(("u", "v"), objects(["x", "y"], ["y", "z"]), np.eye(2)), "scores ascend"),
    "an item without a score": (Rankings(("u",) * 2, objects(["x"], ["y"]), np.array([[1.0], [NAN]])), "in row 2"),
    "NaN in a span": (TokenLabels((((0, 1, "a", NAN),), ())), "the span"),
    "a span that ends before it starts": (TokenLabels(((), ((5, 1, "a", 0.5),))), "in row 2"),
    "half a span": (TokenLabels((((0, 1),), ())), "the span"),
    "a span without text": (TokenLabels((((0, 1, 7, 0.5),), ())), "labels is a int"),
}


@pytest.mark.parametrize(("answer", "words"), UNSOUND.values(), ids=UNSOUND)
def test_what_is_not_sound_is_refused_by_the_adapters_name(answer, words):
    with pytest.raises(ModelError, match=words) as caught:
        read(answer)
    assert caught.value.message.startswith("adapter 'toy': ")
    assert caught.value.hint


def test_rows_are_counted_through_all_batches():
    with pytest.raises(ModelError, match="first in row 102"):
        read(Values(np.array([1.0, NAN])), first_row=100)


@dataclass(frozen=True)
class Explained(ClassScores):
    """A plugin's own child."""

    why: object = print


def test_a_child_becomes_the_type_that_it_is():
    answer = read(Explained(["no", "yes"], np.eye(2, dtype=int), why=object()))
    assert type(answer) is ClassScores
    assert answer.classes == ("no", "yes")
    assert answer.scores.dtype == np.float64


LABELS = LabelScores(("CXR_0", "CXR_1"), np.array([[0.9, 0.2], [0.1, 0.0]]))
COLUMNS = ("cough", "fever")


def test_labels_are_put_into_the_order_of_the_targets_columns():
    turned = LabelScores(("fever", "cough"), LABELS.scores)
    found = in_order_of(COLUMNS, turned, who="adapter 'toy'", by_position=False)
    assert isinstance(found, LabelScores)
    assert found.labels == COLUMNS
    assert found.scores.tolist() == [[0.2, 0.9], [0.0, 0.1]]


def test_recorded_labels_of_wholly_other_names_are_paired_by_position():
    assert in_order_of(COLUMNS, LABELS, who="adapter 'recorded'", by_position=True) is LABELS


def test_an_opened_models_labels_of_wholly_other_names_are_refused_with_both_lists():
    with pytest.raises(ModelError) as caught:
        in_order_of(COLUMNS, LABELS, who="adapter 'toy'", by_position=False)
    assert "labels are 'CXR_0', 'CXR_1', and the target's columns 'cough', 'fever'" in caught.value.message
    assert caught.value.hint.startswith('[model] labels = {"CXR_0" = "cough", "CXR_1" = "fever"}')


def test_a_label_that_the_target_lacks_is_named():
    for by_position in (True, False):
        with pytest.raises(ModelError, match="the model gives a label 'CXR_0', which the target has not"):
            in_order_of(("cough", "CXR_1"), LABELS, who="adapter 'toy'", by_position=by_position)
