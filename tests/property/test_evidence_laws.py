"""Every value that the evidence store takes comes back as it was."""

import tempfile
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as hnp
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit import ClassScores, LabelScores, Rankings, Texts, TokenLabels, Values
from auditkit.evidence import EvidenceStore, evidence_key
from auditkit.predictions import Predictions

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
keys = st.booleans() | st.integers() | texts | st.tuples(texts, st.integers())
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.lists(inner, max_size=4).map(tuple) | st.dictionaries(keys, inner),
    max_leaves=12,
)
floats = hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.just(2)), elements=st.floats(0, 1))
arrays = hnp.arrays(hnp.scalar_dtypes().filter(lambda kind: kind.kind in "biufcUS"), hnp.array_shapes(min_side=0))


def stored(value: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        store = EvidenceStore.open(Path(folder))
        store.put(evidence_key("law"), value)
        found = store.get(evidence_key("law"))
        return np.array(found) if isinstance(found, np.ndarray) else found


@settings(max_examples=120, deadline=None)
@given(values)
def test_plain_values_come_back(value: Any) -> None:
    found = stored(value)
    assert found == value
    assert repr(found) == repr(value)  # types too: 1 is not True, and not 1.0


@settings(max_examples=60, deadline=None)
@given(arrays)
def test_arrays_come_back(array: np.ndarray) -> None:
    found = stored(array)
    assert (found.dtype, found.shape, found.tobytes()) == (array.dtype, array.shape, array.tobytes())


@settings(max_examples=40, deadline=None)
@given(st.lists(scalars, min_size=1))
def test_object_arrays_come_back(items: list[Any]) -> None:
    array = np.empty(len(items), dtype=object)
    array[:] = items
    assert stored(array).tolist() == items


def every_type(scores: np.ndarray) -> list[Predictions]:
    rows = len(scores)
    return [
        ClassScores(("a", "b"), scores, "score"),
        LabelScores(("a", "b"), scores),
        Values(scores[:, 0]),
        Values(scores[:, 0], scores[:, 1], scores, (0.1, 0.9)),
        Texts(tuple(("x", f"{row}") for row in range(rows))),
        Texts(tuple((f"{row}",) for row in range(rows)), scores[:, 0], scores[:, 0] > 0),
        Rankings(tuple(map(str, range(rows))), np.array([["i", None]] * rows, dtype=object), scores),
        TokenLabels(tuple(((0, row, "PER", 0.5),) * (row % 3) for row in range(rows))),
    ]


def same(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if isinstance(one, Predictions):
        return type(one) is type(other) and all(same(value, vars(other)[name]) for name, value in vars(one).items())
    return bool(one == other)


@settings(max_examples=12, deadline=None)
@given(floats)
def test_predictions_of_every_type_come_back(scores: np.ndarray) -> None:
    for predictions in every_type(scores):
        found = stored(predictions)
        assert same(predictions, found)
        assert len(found) == len(scores)


@settings(max_examples=25, deadline=None)
@given(floats, st.data())
def test_pieces_put_together_are_the_whole(scores: np.ndarray, data: st.DataObject) -> None:
    rows = len(scores)
    cut = data.draw(st.integers(0, rows))
    order = np.array(data.draw(st.permutations(range(rows))))
    for whole in every_type(scores):
        assert same(type(whole).concat([whole.take(slice(0, cut)), whole.take(slice(cut, rows))]), whole)
        assert same(whole.take(order).take(np.argsort(order)), whole)
        assert same(whole.take(order[:cut]), whole.take(order).take(slice(0, cut)))
