"""One tally of all rows says what counting each question by each grouping says."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditkit import ClassScores, LabelScores
from auditkit.testing import toy_case
from auditkit_fairness import counting, tallying
from auditkit_fairness.groupings import groupings, groupings_of

LABELS = {"sex": ["F", "M", None], "age": ["old", "young", None], "site": ["a", "b", "c", None]}


@st.composite
def cases(draw):
    rows = draw(st.integers(1, 40))
    draw_rows = np.random.default_rng(draw(st.integers(0, 2**32)))
    names = draw(st.lists(st.sampled_from(sorted(LABELS)), min_size=1, max_size=3, unique=True))
    groups = {name: draw_rows.choice(np.array(LABELS[name], dtype=object), rows) for name in names}
    scores = draw_rows.random((rows, 3))
    if draw(st.booleans()):
        positive = draw(st.sampled_from([None, "x", ("y", "z")]))
        flags = draw(st.sampled_from([None, draw_rows.random((rows, 3)) < 0.5]))
        return toy_case(LabelScores(("x", "y", "z"), scores), targets=flags, groups=groups, positive=positive)
    said = ClassScores(("x", "y", "z"), scores / scores.sum(axis=1, keepdims=True))
    targets = draw(st.sampled_from([None, draw_rows.choice(np.array(["x", "y", None], dtype=object), rows)]))
    return toy_case(said, targets=targets, groups=groups, positive=draw(st.sampled_from([None, "x", ("y", "z")])))


def plain(answers):
    return [
        (one.question.label, one.question.rates, one.overall.rows.tolist(), [t.rows.tolist() for t in one.by_group])
        for one in answers
    ]


@given(cases(), st.integers(1, 3), st.integers(1, 40))
@settings(deadline=None, max_examples=40)
def test_a_tally_counts_as_each_question_does(case, depth, chunk):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(case), "chunks", lambda self, size=chunk: chunks(self, size))
        by_group = groupings_of(case, depth=depth)
        assert tallying.tally_of(case) is not None
        fast = counting.counted(case, by_group, depth=depth)
        slow = counting._one_by_one(case, by_group, depth)
    assert plain(fast) == plain(slow)
    # The members are those that all rows together give, in their order.
    whole = groupings(case.groups, depth=depth)
    assert [(one.attributes, one.members) for one in by_group] == [(one.attributes, one.members) for one in whole]


def chunks(case, size):
    return (case.narrowed(slice(start, min(start + size, len(case)))) for start in range(0, len(case), size))


def test_a_tally_is_made_once_for_all_checks(monkeypatch):
    case = toy_case(ClassScores(("no", "yes"), np.eye(2)), targets=["no", "yes"], groups={"sex": ["F", "M"]})
    made = []
    before = tallying._tallied
    monkeypatch.setattr(tallying, "_tallied", lambda case: made.append(case) or before(case))
    by_group = groupings_of(case, depth=1)
    counting.counted(case, by_group, depth=1)
    tallying.tally_of(case.narrowed(slice(0, 1)))
    assert len(made) == 2  # of all rows, and of one
    for more in range(20):
        tallying.tally_of(toy_case(case.predictions, targets=["no", "yes"], groups={"sex": ["F", str(more)]}))
    assert len(tallying._latest) == tallying._KEPT


def test_no_tally_of_weighted_rows_of_units_and_of_many_combinations():
    said = ClassScores(("no", "yes"), np.eye(2))
    about = {"targets": ["no", "yes"], "groups": {"sex": ["F", "M"]}}
    assert tallying.tally_of(toy_case(said, **about, weights=[1.0, 2.0])) is None
    assert tallying.tally_of(toy_case(said, **about, units=["a", "a"])) is None
    many = {f"attribute {place}": [f"label {row % 50}" for row in range(100)] for place in range(4)}
    case = toy_case(ClassScores(("no", "yes"), np.full((100, 2), 0.5)), targets=["no"] * 100, groups=many)
    assert tallying.tally_of(case) is None
    by_group = groupings_of(case, depth=2)
    assert [table.rows.sum() for table in counting.counted(case, by_group, depth=2)[0].by_group] == [100] * 10
