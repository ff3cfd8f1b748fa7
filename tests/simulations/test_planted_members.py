"""Models that were overfit, trained well, or split by kind, each over 20 seeds, through the whole check."""

from __future__ import annotations

from collections import Counter

import pytest
from planted_members import SEEDS, audited, drawn, found_and_not_found, learnt, outcome, overall

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", ["table", "notes"])
def test_a_model_that_knows_its_rows_is_found_and_one_that_learnt_with_care_is_not(kind, tmp_path):
    found_and_not_found(kind, tmp_path)


def test_a_split_by_kind_is_flagged_whatever_the_model_knows(tmp_path):
    outcomes = Counter()
    for seed in range(SEEDS):
        inside, outside = drawn("table", seed, tmp_path, moved=0.8)
        for by_heart in (False, True):
            say = learnt(inside[1], inside[2], by_heart=by_heart, seed=seed)
            readings = audited(inside, outside, say, seed=seed)
            outcomes[outcome(readings)] += 1
            assert "confounded" in str(overall(readings).undefined)
    assert outcomes == {"inconclusive": 2 * SEEDS}


@pytest.mark.parametrize("kind", ["table", "pictures"])
def test_of_too_few_rows_nothing_is_said(kind, tmp_path):
    outcomes = Counter()
    for seed in range(SEEDS):
        inside, outside = drawn(kind, seed, tmp_path, rows=9)
        say = learnt(inside[1], inside[2], by_heart=True, seed=seed, convolves=kind == "pictures")
        readings = audited(inside, outside, say, seed=seed)
        outcomes[outcome(readings)] += 1
        assert overall(readings).value is None
    assert outcomes == {"inconclusive": SEEDS}
