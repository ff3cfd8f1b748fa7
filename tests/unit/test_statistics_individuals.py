"""Nearest neighbours, random pairs and indices of inequality: scikit-learn and published numbers as witnesses."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler

from auditkit.statistics import (
    Limits,
    between_groups,
    between_groups_limits,
    generalised_entropy,
    neighbour_gaps,
    pair_slopes,
    standardised,
)

BENEFITS = np.array([0.0, 1.0, 2.0])


def drawn(rows=80, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(rows, 3)), (rng.random(rows) < 0.4).astype(float)


def test_columns_are_scaled_as_scikit_learn_scales_them():
    columns = np.column_stack([drawn()[0] * [1.0, 50.0, 0.1] + 7.0, np.full(80, 3.0)])
    made = standardised(columns)
    assert made.shape == (80, 3)  # what is constant says nothing of who is alike
    np.testing.assert_allclose(made, StandardScaler().fit_transform(columns)[:, :3])


def test_a_missing_number_is_at_the_mean():
    made = standardised(np.array([[1.0], [3.0], [np.nan]]))
    assert made.ravel().tolist() == [-1.0, 1.0, 0.0]


def test_neighbours_are_scikit_learns():
    points, outcomes = drawn()
    near = NearestNeighbors(n_neighbors=5).fit(points).kneighbors(return_distance=False)
    np.testing.assert_allclose(neighbour_gaps(points, outcomes).value, np.abs(outcomes - outcomes[near].mean(axis=1)))


def test_neighbours_by_hand():
    points, outcomes = np.array([[0.0], [1.0], [3.0], [7.0]]), np.array([1.0, 0.0, 0.0, 1.0])
    # Nearest two: of 0 they are 1 and 3; of 1 they are 0 and 3; of 3 they are 1 and 0; of 7 they are 3 and 1.
    assert neighbour_gaps(points, outcomes, k=2).value.tolist() == [1.0, 0.5, 0.5, 1.0]


def test_a_unit_is_no_neighbour_of_itself():
    points, outcomes = np.array([[0.0], [0.1], [5.0], [9.0]]), np.array([1.0, 1.0, 0.0, 0.0])
    units = np.array([7, 7, -1, -1])
    assert neighbour_gaps(points, outcomes, k=1, units=units).value.tolist() == [1.0, 1.0, 0.0, 0.0]
    assert neighbour_gaps(points, outcomes, k=3, units=units) is None


def test_the_order_of_rows_has_no_part_in_ties():
    rng = np.random.default_rng(2)
    points, outcomes = rng.integers(0, 3, (60, 2)).astype(float), (rng.random(60) < 0.5).astype(float)
    order = rng.permutation(60)
    one, other = neighbour_gaps(points, outcomes).value, neighbour_gaps(points[order], outcomes[order]).value
    assert one.mean() == pytest.approx(other.mean())


def test_each_row_is_in_one_pair_and_each_unit_too():
    points, outcomes = drawn(81)
    slopes = pair_slopes(points, outcomes, rng=np.random.default_rng(0))
    assert np.count_nonzero(np.isnan(slopes)) == 1
    values, counts = np.unique(slopes[slopes > 0], return_counts=True)
    assert len(values)
    assert set(counts.tolist()) == {2}
    units = np.arange(81) // 3
    assert np.count_nonzero(np.isfinite(pair_slopes(points, outcomes, units=units, rng=np.random.default_rng(0)))) == 26


def test_pairs_in_one_place():
    slopes = pair_slopes(np.zeros((2, 1)), np.array([0.2, 0.5]), rng=np.random.default_rng(0))
    assert np.isinf(slopes).all()
    assert pair_slopes(np.zeros((2, 1)), np.array([0.2, 0.2]), rng=np.random.default_rng(0)).tolist() == [0.0, 0.0]


# AIF360, tests/test_classification_metric.py at 3487791 (Apache-2.0): ten rows each.
AIF_TRUE = np.array([1, 0, 0, 1, 0, 0, 1, 0, 1, 1])
AIF_SAID = {
    "first": np.array([1, 0, 0, 0, 1, 1, 1, 0, 1, 0]),
    "second": np.array([0, 1, 1, 0, 0, 0, 0, 1, 1, 1]),
}


def counts(said):
    return np.bincount(said - AIF_TRUE + 1, minlength=3)


@pytest.mark.parametrize(("which", "theirs"), [("first", 0.2), ("second", 0.3)])
def test_the_index_is_aif360s(which, theirs):
    assert generalised_entropy(BENEFITS, counts(AIF_SAID[which])) == pytest.approx(theirs)


def test_theils_index_is_aif360s():
    assert generalised_entropy(BENEFITS, counts(AIF_SAID["first"]), alpha=1.0) == pytest.approx(4 * np.log(2) / 10)


def test_the_part_between_groups_is_aif360s():
    # Their three groups have mean benefits of 1, 1.25 and 0.75 among 2, 4 and 4 rows.
    b = np.repeat([1, 1.25, 0.75], [2, 4, 4])
    found = between_groups(np.array([1, 1.25, 0.75]), np.array([0.2, 0.4, 0.4]))
    assert found == pytest.approx(np.sum(b**2 - 1) / 20)


def test_between_and_within_are_the_whole():
    rng = np.random.default_rng(4)
    codes, benefits = rng.integers(0, 3, 300), rng.integers(0, 3, 300)
    means = np.array([benefits[codes == place].mean() for place in range(3)])
    shares = np.bincount(codes) / 300
    within = sum(
        share * (mean / benefits.mean()) ** 2 * generalised_entropy(BENEFITS, np.bincount(benefits[codes == place]))
        for place, (share, mean) in enumerate(zip(shares, means, strict=True))
    )
    whole = generalised_entropy(BENEFITS, np.bincount(benefits))
    assert between_groups(means, shares) + within == pytest.approx(whole)


def test_nobody_with_a_benefit_has_no_index():
    assert np.isnan(generalised_entropy(BENEFITS, np.array([5, 0, 0])))


def test_the_least_and_the_most_between_groups():
    shares = np.array([0.5, 0.3, 0.2])
    limits = Limits(np.array([0.9, 1.0, 1.4]), np.array([1.1, 1.2, 1.6]))
    low, high = between_groups_limits(limits, shares)
    found = [
        sign
        * minimize(lambda m, s=sign: s * between_groups(m, shares), start, bounds=list(zip(*limits, strict=True))).fun
        for sign, start in ((1, [1.0, 1.1, 1.5]), (-1, [0.9, 1.0, 1.6]))
    ]
    assert 0 < low <= found[0]
    assert high >= found[1]
    assert high <= 2 * found[1]
    touching = Limits(np.array([0.9, 1.0, 1.0]), np.array([1.1, 1.2, 1.6]))
    assert between_groups_limits(touching, shares).low == 0.0


def test_pseudo_values_are_those_of_leaving_rows_out():
    rng = np.random.default_rng(3)
    points, outcomes = rng.normal(size=(40, 2)), rng.integers(0, 2, 40).astype(float)
    found = neighbour_gaps(points, outcomes, k=4)
    every = np.arange(40)
    left = [neighbour_gaps(points[every != row], outcomes[every != row], k=4).value.sum() for row in every]
    expected = found.value.sum() - np.array(left)
    np.testing.assert_allclose(found.pseudo, expected - expected.mean() + found.value.mean())


def test_the_spread_of_pseudo_values_is_at_least_that_of_a_mean_of_gaps():
    rng = np.random.default_rng(8)
    means, errors = [], []
    for _ in range(200):
        points = rng.normal(size=(100, 2))
        found = neighbour_gaps(points, (rng.random(100) < 1 / (1 + np.exp(-2 * points[:, 0]))).astype(float))
        means.append(found.value.mean())
        errors.append(found.pseudo.std() / 10)
    # The gaps themselves, taken for independent, have a third too little.
    assert np.std(means) < 1.1 * np.mean(errors) < 2 * np.std(means)
