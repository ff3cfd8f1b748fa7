"""Chances of extraction and exposures, against what can be worked by hand, scipy, and TensorFlow Privacy's pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditkit.statistics import GUESSED, draws_needed, extraction_chance, rank_exposure, skew_normal_exposure

SIXTEEN = np.arange(1.0, 17.0)


def test_two_draws_of_a_half_give_three_quarters():
    np.testing.assert_allclose(extraction_chance(np.log(0.5), [1, 2, 3]), [0.5, 0.75, 0.875])


def test_a_small_chance_is_not_lost_among_many_draws():
    # 1e6 draws of one in 1e6: 1 - (1 - 1e-6)^1e6 = 1 - 1/e, less 1.8e-7.
    assert extraction_chance(np.log(1e-6), 1e6) == pytest.approx(1 - np.exp(-1), abs=2e-7)
    # Where p itself is too small for 1 - p: n p.
    assert extraction_chance(-60 * np.log(10), 1e4) == pytest.approx(1e-56, rel=1e-9)
    assert extraction_chance(-1e4, 10) == 0.0


def test_it_is_the_binomial_chance_of_at_least_one():
    chances, draws = np.array([0.001, 0.2, 0.9]), np.array([[1], [10], [1000]])
    np.testing.assert_allclose(extraction_chance(np.log(chances), draws), stats.binom.sf(0, draws, chances), rtol=1e-12)


def test_a_sure_text_needs_one_draw_and_comes_with_certainty():
    assert extraction_chance(0.0, 1) == 1.0
    assert draws_needed(0.0) == 1.0
    assert draws_needed(-1e4) == np.inf


@pytest.mark.parametrize(("chance", "wanted", "draws"), [(0.5, 0.5, 1), (0.5, 0.75, 2), (0.5, 0.76, 3), (0.1, 0.5, 7)])
def test_draws_needed_by_hand(chance, wanted, draws):
    assert draws_needed(np.log(chance), wanted) == draws


def test_draws_needed_is_the_first_count_that_is_enough():
    logs = np.log(np.random.default_rng(1).uniform(0.001, 0.7, 50))
    needed = draws_needed(logs, 0.9)
    assert (extraction_chance(logs, needed) >= 0.9 - 1e-9).all()
    assert (extraction_chance(logs, np.maximum(needed - 1, 1)) < 0.9)[needed > 1].all()


@pytest.mark.parametrize("call", [lambda: extraction_chance(0.1, 1), lambda: extraction_chance(-1, 0)])
def test_what_is_no_chance_is_refused(call):
    with pytest.raises(ValueError, match=r"chance|once"):
        call()


def test_a_rank_is_exposed_as_tensorflow_privacy_says():
    """Their pairs of tests/secret_sharer: the smallest of 16 has 4 bits, the largest log2(16 / 17), rank 4 has 2."""
    np.testing.assert_allclose(rank_exposure([0, 0.1, 20.0, 3.5], SIXTEEN), [4, 4, 4 - np.log2(17), 2])


def test_a_tie_ranks_the_secret_behind_and_the_space_is_what_is_said():
    assert rank_exposure(3.0, SIXTEEN) == 2.0
    # The secret is one of 17 candidates of which all others are references: first of 17, last of 17.
    np.testing.assert_allclose(rank_exposure([0.0, 99.0], SIXTEEN, space=17), [np.log2(17), 0.0])


def test_what_the_model_does_not_know_has_log2_e_bits_on_average():
    rng = np.random.default_rng(2)
    found = [rank_exposure(rng.normal(), rng.normal(size=999), space=1000) for _ in range(2000)]
    # The deviation of -log2 of a uniform number is log2(e) too: 0.032 over 2,000.
    assert np.mean(found) == pytest.approx(GUESSED, abs=0.13)


def test_the_extrapolation_is_scipys_skew_normal():
    """Of the distribution that references come from; fitted to 100,000 of them by moments."""
    shape = stats.skewnorm(4, 10, 2)
    references = shape.rvs(100_000, random_state=np.random.default_rng(3))
    secrets = shape.ppf([0.5, 0.1, 0.01, 0.001])
    expected = -np.log2([0.5, 0.1, 0.01, 0.001])
    np.testing.assert_allclose(skew_normal_exposure(secrets, references, space=1e9), expected, rtol=0.06)


def test_the_extrapolation_agrees_with_the_rank_where_both_are_known():
    rng = np.random.default_rng(4)
    references = rng.normal(40, 3, 4000)
    secrets = np.array([38.0, 36.0, 34.0])
    np.testing.assert_allclose(
        skew_normal_exposure(secrets, references, space=4000), rank_exposure(secrets, references), rtol=0.06
    )


def test_no_exposure_is_above_that_of_the_only_one():
    references = np.random.default_rng(5).normal(40, 1, 300)
    assert skew_normal_exposure(-1000.0, references, space=10**6) == pytest.approx(np.log2(10**6))
    assert skew_normal_exposure(1000.0, references, space=10**6) == 0.0
    np.testing.assert_array_equal(skew_normal_exposure([1.0, 3.0], np.full(5, 2.0), space=1024), [10.0, 0.0])
