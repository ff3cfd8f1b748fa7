"""Units of one row each, equal weights and the scale of weights say nothing: no number may change with them."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from auditkit import Case, ClassScores, Measurement, Table
from auditkit.testing import toy_case
from auditkit_fairness import differential, equality_tests, group_rates, score_balance, variance, within_strata

ROWS = 240
SAY_NOTHING: dict[str, dict[str, Any]] = {
    "units of one row": {"units": [f"p{row}" for row in range(ROWS)]},
    "no unit known": {"units": [None] * ROWS},
    "weights of 1": {"weights": np.ones(ROWS)},
    "tiny weights": {"weights": np.full(ROWS, 1e-9)},
    "huge weights": {"weights": np.full(ROWS, 1e12)},
    "weights whose squares are lost": {"weights": np.full(ROWS, 1e-300)},
}
CHECKS = (differential, equality_tests, group_rates, score_balance, variance, within_strata)


def case_of(**about: Any) -> Case[ClassScores]:
    rng = np.random.default_rng(5)
    ill = rng.random(ROWS) < 0.4
    scores = np.clip(rng.normal(0.35 + 0.3 * ill, 0.2), 0.01, 0.99)
    groups = {"sex": rng.choice(["F", "M"], ROWS), "site": rng.choice(["a", "b"], ROWS)}
    said = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    return toy_case(said, np.where(ill, "yes", "no"), groups, positive="yes", **about)


def told(check: Callable[..., Any], case: Case[ClassScores]) -> tuple[list[str], list[float]]:
    """All words and all numbers of a check, in their order; NaN where there is no number."""
    words: list[str] = []
    numbers: list[float] = []
    for one in check(case):
        if isinstance(one, Measurement):
            words += [one.metric, *one.group.values(), str(one.n)]
            words += [one.interval.method] if one.interval is not None else []
            ends = [] if one.interval is None else [one.interval.low, one.interval.high]
            numbers += [np.nan if number is None else number for number in (one.value, *ends)]
        elif isinstance(one, Table):
            numbers += [cell for row in one.rows for cell in row if isinstance(cell, float)]
    return words, numbers


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.id)
@pytest.mark.parametrize("about", SAY_NOTHING.values(), ids=SAY_NOTHING)
def test_what_says_nothing_changes_nothing(check: Any, about: dict[str, Any]) -> None:
    words, numbers = told(check, case_of(**about))
    plain_words, plain = told(check, case_of())
    assert words == plain_words
    assert numbers == pytest.approx(plain, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("scale", [1e-9, 1e150])
@pytest.mark.parametrize("check", [group_rates, variance, within_strata], ids=lambda check: check.id)
def test_only_the_proportions_of_weights_count(check: Any, scale: float) -> None:
    weights = np.random.default_rng(2).choice([0.0, 0.5, 1.0, 3.0], ROWS)
    words, numbers = told(check, case_of(weights=weights * scale))
    expected, unscaled = told(check, case_of(weights=weights))
    assert words == expected
    assert numbers == pytest.approx(unscaled, rel=1e-6, nan_ok=True)


def test_squares_of_weights_are_neither_lost_nor_infinite() -> None:
    weights = np.random.default_rng(2).choice([0.0, 0.5, 1.0, 3.0], ROWS)
    for scale in (2.0**-1000, 2.0**1000):
        assert told(score_balance, case_of(weights=weights * scale)) == told(score_balance, case_of(weights=weights))


def test_weights_are_scaled_by_a_power_of_two_alike_in_every_piece() -> None:
    weights = np.random.default_rng(2).lognormal(0, 1, ROWS) * 1e-200
    case = case_of(weights=weights)
    assert case.weights is not None
    assert 1 <= case.weights.max() < 2
    # To the last digit: a power of two takes none.
    assert np.unique(case.weights / weights).tolist() == [2.0 ** np.round(np.log2(case.weights[0] / weights[0]))]
    pieces = [piece.weights for piece in case.chunks(50)]
    assert len(pieces) == 5
    assert np.array_equal(np.concatenate([piece for piece in pieces if piece is not None]), case.weights)
