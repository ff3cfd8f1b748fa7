"""What is true of the rows of a model that gives no classes: handed out by the case in the type of the answers."""

from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from auditkit import NotApplicable, Rankings, Texts, TokenLabels, Values
from auditkit.testing import toy_case

ITEMS = np.array([["a", "b"], ["c", None], [None, None]], dtype=object)
TRUTHS = [
    Values(np.array([1.5, np.nan, 3.0])),
    Rankings(("u", "v", "w"), ITEMS, np.array([[5.0, 4.0], [3.0, np.nan], [np.nan, np.nan]])),
    Rankings(("u", "v", "w"), ITEMS),
    TokenLabels((((0, 4, "DRUG", 1.0),), (), ((2, 3, "DOSE", 1.0), (4, 6, "DRUG", 1.0)))),
    Texts((("ja",), ("",), ("nein",))),
]
EVERY = pytest.mark.parametrize("truth", TRUTHS, ids=lambda truth: type(truth).__name__)


def same(one, other):
    assert type(one) is type(other)
    for name, value in vars(one).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(value, getattr(other, name))
        else:
            assert value == getattr(other, name)


@EVERY
def test_it_comes_back_from_the_store_as_it_went_in(truth):
    case = toy_case(truth, truth=truth, truth_known=[True, False, True])
    again = pickle.loads(pickle.dumps(case))
    same(again.truth, truth)
    assert again.has_truth
    assert again.truth_known.tolist() == [True, False, True]


@EVERY
def test_narrowing_narrows_it(truth):
    case = toy_case(truth, truth=truth, truth_known=[True, False, True])
    same(case.narrowed(np.array([2, 0])).truth, truth.take(np.array([2, 0])))
    assert case.narrowed(slice(1, 2)).truth_known.tolist() == [False]
    assert sum(len(chunk.truth) for chunk in case.chunks(2)) == 3


def test_without_one_it_does_not_apply():
    case = toy_case(Values(np.zeros(2)))
    assert not case.has_truth
    with pytest.raises(NotApplicable, match="do not say what is true") as refused:
        _ = case.truth
    assert "target" in refused.value.hint
    with pytest.raises(NotApplicable):
        _ = case.truth_known


def test_all_rows_are_known_unless_said_otherwise():
    values = Values(np.zeros(3))
    case = toy_case(values, truth=values)
    assert case.truth_known.tolist() == [True] * 3
    assert replace(case).narrowed(slice(0, 2)).truth_known.tolist() == [True] * 2


def test_a_million_items_are_kept_as_codes():
    draw = np.random.default_rng(0)
    items = draw.choice(np.array([f"item {i}" for i in range(2_000)], dtype=object), size=(20_000, 10))
    rankings = Rankings(tuple(map(str, range(20_000))), items)
    case = toy_case(rankings, truth=rankings)
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(case)).truth.items, items)
    arrays = sum(path.stat().st_size for path in case.store.root.rglob("*.npy"))
    assert arrays >= items.size * 4
