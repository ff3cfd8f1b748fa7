"""Sufficiency: by hand where a line can be told, against statsmodels, and where a group says nothing or all."""

from typing import Any

import numpy as np
import pytest

from auditkit.statistics.calibration import SufficiencyTest, sufficiency_test


def answer_of(scores: Any, came_true: Any, groups: Any, **about: Any) -> SufficiencyTest:
    found = sufficiency_test(
        np.asarray(scores, dtype=float),
        np.asarray(came_true, dtype=bool),
        np.asarray(groups),
        int(np.max(groups)) + 1,
        rng=np.random.default_rng(0),
        **about,
    )
    assert found is not None
    return found


def rows(n: int = 400, *, off: float = 0.0, seed: int = 2) -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(seed)
    scores, groups = rng.uniform(0.05, 0.95, n), rng.integers(0, 3, n)
    chance = np.where(groups == 2, np.clip(scores - off, 0, 1), scores)
    return scores, rng.random(n) < chance, groups


def test_by_hand_with_one_score() -> None:
    # One score for everybody makes it a test of two shares, 30 of 40 and 10 of 40, against 40 of 80.
    came_true = [True] * 30 + [False] * 10 + [True] * 10 + [False] * 30
    found = answer_of([0.5] * 80, came_true, [0] * 40 + [1] * 40)
    best = 30 * np.log(0.75) + 10 * np.log(0.25)
    assert found.statistic == pytest.approx(2 * (2 * best - 80 * np.log(0.5)))
    assert found.freedom == 1
    assert found.p < 0.01


def test_rows_that_are_sure_are_left_out_and_counted() -> None:
    scores, came_true, groups = rows()
    one = answer_of(scores, came_true, groups)
    more = answer_of(np.append(scores, [0.0, 1.0]), np.append(came_true, [False, True]), np.append(groups, [0, 1]))
    assert more.statistic == pytest.approx(one.statistic)
    assert (one.left_out, more.left_out) == (0, 2)


def test_a_group_that_is_off_is_found_however_the_test_is_made() -> None:
    scores, came_true, groups = rows(off=0.25)
    assert answer_of(scores, came_true, groups).p < 0.01
    assert answer_of(scores, came_true, groups, units=np.arange(400)).p < 0.01
    assert answer_of(scores, came_true, groups, weights=np.ones(400)).p < 0.01
    alike = answer_of(*rows())
    assert alike.p > 0.05
    assert alike.freedom == 4


def test_the_same_people_said_twice_are_no_more_certain() -> None:
    scores, came_true, groups = rows()
    one = answer_of(scores, came_true, groups, units=np.arange(400))
    twice = answer_of(*(np.repeat(part, 2) for part in (scores, came_true, groups)), units=np.repeat(np.arange(400), 2))
    assert twice.statistic == pytest.approx(one.statistic)
    assert twice.method == "robust wald"


def test_groups_that_say_nothing_of_a_line() -> None:
    scores, came_true, groups = rows()
    # All of a group came true: its likelihood is at its bound, and the test goes on.
    certain = np.where(groups == 1, np.True_, came_true)
    found = answer_of(scores, certain, groups)
    assert np.isfinite(found.statistic)
    assert found.p < 0.01
    robust = answer_of(scores, certain, groups, units=np.arange(400))
    assert (robust.groups, robust.left_out) == (2, int(np.count_nonzero(groups == 1)))
    alone = np.where(groups == 0, 0, -1)
    assert sufficiency_test(scores, came_true, alone, 3, rng=np.random.default_rng(0)) is None
    assert sufficiency_test(scores, came_true, alone, 3, rng=np.random.default_rng(0), units=np.arange(400)) is None


def test_many_rows_take_the_chi_square() -> None:
    found = answer_of(*rows(3000))
    assert found.method == "likelihood ratio"
    assert 0.001 < found.p <= 1


def test_drawn_and_chi_square_agree_for_many_rows() -> None:
    from scipy import stats

    found = answer_of(*rows(1900, seed=5))
    assert found.method == "likelihood ratio, drawn"
    assert found.p == pytest.approx(stats.chi2.sf(found.statistic, 4), abs=0.12)


@pytest.mark.parametrize(("off", "statistic"), [(0.0, 4.86101494709834), (0.25, 33.78635730303927)])
def test_agrees_with_statsmodels(off: float, statistic: float) -> None:
    # statsmodels 0.15.0, Logit: twice the log likelihood of six coefficients less that of two
    assert answer_of(*rows(off=off)).statistic == pytest.approx(statistic, rel=1e-7)
