"""The benchmark of the adapters: that its contestants do the same work, on a few rows, and that its table says so."""

from __future__ import annotations

import pytest

from benchmarks import adapters, contests
from benchmarks.timing import Taken, best_size, side_by_side

SMALL = {
    "text": (contests.texts, {"layers": 1, "width": 64}),
    "tokens": (contests.entities, {"layers": 1, "width": 64}),
    "image": (contests.images, {"layers": 1, "width": 64}),
    "network": (contests.network, {"width": 8}),
    "estimator": (contests.estimator, {}),
    "recommender": (contests.recommender, {"items": 40}),
}


@pytest.mark.parametrize("name", SMALL)
def test_all_who_are_timed_give_the_same_answers(name, tmp_path):
    make, how = SMALL[name]
    found = make(tmp_path, 20, **how)
    answers = {"ours": found.ours(), "bare": found.bare(20, 8)}
    if found.pipeline is not None:
        answers["pipeline"] = found.pipeline(20, 8)
    assert (found.pipeline is not None) == (name in {"text", "tokens", "image"})
    assert all(len(one) == 20 for one in answers.values())
    adapters.refuse_others(answers, found.agree)
    with pytest.raises(AssertionError, match="'bare' answers otherwise"):
        adapters.refuse_others(answers | {"bare": answers["bare"][::-1]}, found.agree)


def test_the_names_are_those_of_the_command():
    assert SMALL.keys() == adapters.ROWS.keys()


def test_contestants_take_turns():
    calls: list[str] = []
    found = side_by_side({name: lambda name=name: calls.append(name) for name in "abc"}, runs=2)
    assert calls == list("abcbca")
    assert [len(one.wall) for one in found.values()] == [2, 2, 2]


def test_the_best_size_is_one_of_those_that_were_tried():
    tried: list[int] = []
    assert best_size(tried.append, (8, 16)) in {8, 16}
    assert tried == [8, 16]


def test_the_ratios_of_the_table_by_hand():
    contest = contests.Contest("text-classifier", 2000, list, lambda *_: None, None, contests.close)
    taken = {
        "ours": Taken((2.0, 4.0, 3.0), (2.5, 2.0, 3.0)),
        "bare": Taken((2.5, 2.5, 2.0), (2.5, 4.0, 4.0)),
        "pipeline": Taken((5.0, 3.0, 7.0), (4.0, 4.0, 5.0)),
    }
    text = adapters.line(adapters.Outcome(contest, 32, 8, taken))
    # Fastest 2 / 2, least work 2 / 2.5, medians 3 / 2.5; the pipeline's fastest 3 / 2, its least work 4 / 2.
    assert text.split() == [
        "text-classifier", "2,000", "|", "2.00", "2.00", "@32", "1.00", "0.80", "1.20",
        "|", "3.00", "@8", "1.50", "2.00",
    ]  # fmt: skip
