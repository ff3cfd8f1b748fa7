"""Sign flips of paired differences: by hand, against scipy, together in families, and under the hypothesis."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from auditkit.statistics import sign_flip_tests


def flipped(differences, families=None, seed=0, **how):
    table = np.asarray(differences, dtype=float).reshape(len(differences), -1)
    owners = np.arange(len(table)) if families is None else np.asarray(families)
    return sign_flip_tests(table, owners, rng=np.random.default_rng(seed), **how)


def test_three_pairs_by_hand():
    # 2^3 ways; |sum| is 3 for two of them
    (found,) = flipped([1, 1, 1])
    assert (found.mean, found.families, found.p_value) == (1, 3, pytest.approx(2 / 8))
    # sums of +-1 +-2 +-3: 6, 4, 2, 0 and their mirror images; 4 or more: four of eight
    assert flipped([-1, 2, 3])[0].p_value == pytest.approx(4 / 8)


def test_it_is_scipys_permutation_test_of_samples():
    differences = np.array([0.3, -0.1, 0.4, 0.2, 0.5, 0.1, -0.2, 0.6, 0.35, 0.05])
    reference = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided"
    )
    assert flipped(differences)[0].p_value == pytest.approx(float(reference.pvalue))


def test_pairs_of_one_family_share_their_coin():
    # two families whose sums are 2 and 2: four ways, two as far as 4
    assert flipped([1, 1, 1, 1], [7, 7, 9, 9])[0].p_value == pytest.approx(2 / 4)


def test_what_is_not_known_takes_no_part():
    one, other, none = flipped([[1, 1, np.nan], [1, np.nan, np.nan], [1, 1, np.nan]])
    assert (one.families, other.families, none.families) == (3, 2, 0)
    assert (one.p_value, other.p_value, none.p_value) == (pytest.approx(0.25), pytest.approx(0.5), 1.0)
    assert flipped([0.0, 0.0])[0].p_value == 1.0


def test_of_many_families_the_random_flips_come_to_the_normal_limit():
    rng = np.random.default_rng(3)
    differences = rng.normal(0.3, 1, size=80)
    z = differences.sum() / np.sqrt((differences**2).sum())
    assert flipped(differences)[0].p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=0.35)


def test_no_more_is_told_of_a_few_families_that_differ_than_all_their_flips_tell():
    differences = np.zeros(40)
    differences[:3] = 1
    assert flipped(differences)[0].p_value >= 0.25 * 0.9


def test_it_holds_its_level():
    rng = np.random.default_rng(11)
    p_values = [one.p_value for one in flipped(rng.standard_t(3, size=(25, 1000)), flips=499)]
    for level in (0.05, 0.01):
        accused = int(np.sum(np.array(p_values) <= level))
        # in one of ten thousand seeds a test of this level would accuse more
        assert accused <= stats.binom.ppf(0.9999, 1000, level)
