"""How well each group of users is served by rankings: by hand, and as the same check says of the group alone."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit import Rankings
from auditkit.testing import toy_case
from auditkit_performance.ranking import ranking


def rankings(*rows):
    items = np.full((len(rows), max(map(len, rows))), None, dtype=object)
    for place, row in enumerate(rows):
        items[place, : len(row)] = list(row)
    return Rankings(tuple(f"u{place}" for place in range(len(rows))), items)


def found(case):
    readings = [reading for reading in ranking.run(case) if hasattr(reading, "metric")]
    return {(one.metric, *one.group.items()): one for one in readings}


def test_each_group_by_hand():
    # u0 and u1 are served, u2 at the second place, u3 not at all; of u4's group nothing is known to be relevant.
    said, true = rankings("ab", "b", "xa", "", "a"), rankings("a", "b", "a", "c", "")
    groups = {"sex": ["F", "F", "M", "M", "X"], "age": ["young", "old", "old", "old", None]}
    measured = found(toy_case(said, truth=true, groups=groups))
    values = {key: one.value for key, one in measured.items()}
    assert values["ndcg_at_10",] == pytest.approx((1 + 1 + 1 / np.log2(3) + 0) / 4)
    assert values["ndcg_at_10", ("sex", "F")] == 1.0
    assert values["ndcg_at_10", ("sex", "M")] == pytest.approx(1 / np.log2(3) / 2)
    assert values["reciprocal_rank_at_10", ("age", "old")] == pytest.approx((1 + 1 / 2 + 0) / 3)
    assert values["average_precision_at_10", ("sex", "M")] == (1 / 2 + 0) / 2
    assert values["hit_rate_at_10", ("sex", "M")] == 1 / 2
    assert values["unserved_rate", ("sex", "M")] == 1 / 2
    assert measured["ndcg_at_10", ("sex", "M")].n == 2
    assert values["recall_at_10", ("sex", "X")] is None
    assert values["unserved_rate", ("sex", "X")] == 0.0
    assert {key[1:] for key in measured if key[0] == "recall_at_10"} == {
        (), (("sex", "F"),), (("sex", "M"),), (("sex", "X"),), (("age", "young"),), (("age", "old"),),
    }  # fmt: skip


@pytest.mark.parametrize("weighted", [False, True])
def test_a_group_is_measured_as_if_it_were_alone(weighted):
    draw = np.random.default_rng(8)
    users, items = 90, [f"i{n}" for n in range(25)]
    said = rankings(*(draw.permutation(items)[: draw.integers(0, 12)] for _ in range(users)))
    true = rankings(*(draw.permutation(items)[: draw.integers(0, 6)] for _ in range(users)))
    sex = draw.choice(["F", "M"], users)
    about = {"weights": draw.integers(1, 4, users).astype(float)} if weighted else {}
    measured = found(toy_case(said, truth=true, groups={"sex": list(sex)}, **about))
    for label in "FM":
        rows = np.flatnonzero(sex == label)
        alone = found(toy_case(said.take(rows), truth=true.take(rows), **{k: v[rows] for k, v in about.items()}))
        for (metric,), one in alone.items():
            if metric != "repeat_rate_at_10":
                group = measured[metric, ("sex", label)]
                assert (group.value, group.n, group.interval) == (one.value, one.n, one.interval)
