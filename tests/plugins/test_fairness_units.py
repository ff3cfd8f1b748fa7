"""Long tables with units or weights are counted a piece at a time, and say what all of their rows at once say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit import Case, ClassScores, LabelScores
from auditkit.statistics import RATES, OutcomeTable
from auditkit.testing import toy_case
from auditkit_fairness import counting, unit_counting
from auditkit_fairness.groupings import groupings_of
from auditkit_fairness.law_counts import tally

LABELS = {"sex": ["F", "M", None], "age": ["old", "young", None], "site": ["a", "b", "c", None]}
KINDS = ["units", "weights", "both", "equal weights", "units of one row"]


@st.composite
def cases(draw: st.DrawFn) -> Case[Any]:
    rows, kind = draw(st.integers(1, 60)), draw(st.sampled_from(KINDS))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    names = draw(st.lists(st.sampled_from(sorted(LABELS)), min_size=1, max_size=3, unique=True))
    about: dict[str, Any] = {
        "groups": {name: random.choice(np.array(LABELS[name], dtype=object), rows) for name in names},
        "positive": draw(st.sampled_from([None, "x", ("y", "z")])),
    }
    if kind in {"units", "both"}:
        about["units"] = random.choice(np.array([*"abcdefgh", None], dtype=object), rows).tolist()
    if kind == "units of one row":
        about["units"] = [f"p{row}" for row in range(rows)]
    if kind in {"weights", "both"}:
        about["weights"] = random.choice(np.array([0.0, 0.5, 0.7, 3.0]), rows) + (random.random(rows) < 0.1)
        about["weights"][0] = 1.25
    if kind == "equal weights":
        about["weights"] = np.full(rows, 2.5)
    scores = random.random((rows, 3))
    if draw(st.booleans()):
        flags = draw(st.sampled_from([None, random.random((rows, 3)) < 0.5]))
        return toy_case(LabelScores(("x", "y", "z"), scores), targets=flags, **about)
    said = ClassScores(("x", "y", "z"), scores / scores.sum(axis=1, keepdims=True))
    targets = draw(st.sampled_from([None, random.choice(np.array(["x", "y", None], dtype=object), rows)]))
    return toy_case(said, targets=targets, **about)


def in_pieces(patch: pytest.MonkeyPatch, case: Case[Any], size: int, units: int) -> None:
    def chunks(self: Case[Any], size: int = size) -> Iterator[Case[Any]]:
        return (self.narrowed(slice(start, min(start + size, len(self)))) for start in range(0, len(self), size))

    patch.setattr(type(case), "chunks", chunks)
    patch.setattr(unit_counting, "WHOLE", 0)
    patch.setattr(unit_counting, "_ROWS", units)
    patch.setattr(unit_counting, "_ENTRIES", units)


def same(one: OutcomeTable, other: OutcomeTable) -> None:
    assert one.rows.tolist() == other.rows.tolist()
    for rate in RATES.values():
        assert one.people(rate).tolist() == other.people(rate).tolist()
        left, right = one.shares(rate), other.shares(rate)
        assert left.n.tolist() == right.n.tolist()
        assert left.value == pytest.approx(right.value, rel=1e-12, abs=1e-15, nan_ok=True)
        assert left.size == pytest.approx(right.size, rel=2e-4, nan_ok=True)


@given(cases(), st.integers(1, 3), st.integers(1, 60), st.integers(1, 9))
@settings(deadline=None, max_examples=30)
def test_pieces_of_rows_and_of_units_count_as_all_at_once(case: Case[Any], depth: int, size: int, units: int) -> None:
    by_group = groupings_of(case, depth=depth)
    whole = counting._one_by_one(case, by_group, depth)
    with pytest.MonkeyPatch.context() as patch:
        in_pieces(patch, case, size, units)
        found = counting.counted(case, by_group, depth=depth)
    for one, other in zip(found, whole, strict=True):
        assert (one.question.label, one.question.rates) == (other.question.label, other.question.rates)
        same(one.overall, other.overall)
        for left, right in zip(one.by_group, other.by_group, strict=True):
            same(left, right)


def test_units_that_add_the_same_are_kept_as_one_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    people = 500
    said = ClassScores(("no", "yes"), np.tile(np.eye(2), (people, 1)))
    sex = np.repeat(["F", "M"], people).tolist()
    units = np.repeat(np.arange(people), 2).astype(str).tolist()
    case = toy_case(said, ["yes"] * 2 * people, {"sex": sex}, positive="yes", units=units)
    in_pieces(monkeypatch, case, 64, 100)
    answer = counting.counted(case, groupings_of(case, depth=1), depth=1)[0]
    clusters = answer.by_group[0].clusters
    assert clusters is not None
    assert clusters.times is not None
    # Each person has one row of either decision: in each group all of them are alike.
    assert (len(clusters.groups), clusters.times.tolist()) == (2, [250, 250])


def test_rows_of_many_weights_are_kept_by_classes_of_them() -> None:
    random = np.random.default_rng(3)
    rows = 100_000
    yes = random.random(rows) < 0.3
    weights = random.lognormal(0, 1, rows)
    said = ClassScores(("no", "yes"), np.column_stack([~yes, yes]).astype(float), "label")
    case = toy_case(said, None, {"sex": random.choice(["F", "M"], rows).tolist()}, positive="yes", weights=weights)
    by_group = groupings_of(case, depth=1)
    (found,) = counting.counted(case, by_group, depth=1)
    (whole,) = counting._one_by_one(case, by_group, 1)
    same(found.by_group[0], whole.by_group[0])
    clusters = found.by_group[0].clusters
    assert clusters is not None
    assert len(clusters.groups) < 3_000


@given(cases(), st.integers(1, 60), st.integers(1, 9))
@settings(deadline=None, max_examples=30)
def test_the_categories_of_the_law_are_counted_in_pieces(case: Case[Any], size: int, units: int) -> None:
    names = tuple(case.groups)

    def chosen(chunk: Case[Any]) -> Any:
        return chunk.predictions.scores[:, 0] > 0.4

    whole = tally(case, names, chosen)
    with pytest.MonkeyPatch.context() as patch:
        in_pieces(patch, case, size, units)
        found = tally(case, names, chosen)
    assert (found.members, found.rows) == (whole.members, whole.rows)
    same(found.table, whole.table)
