"""The symmetric root of a covariance: the same one whichever eigenvectors a library finds."""

from __future__ import annotations

import numpy as np

from auditkit.statistics.drawing import symmetric_root


def covariance(values):
    axes = np.linalg.qr(np.random.default_rng(1).normal(size=(len(values), len(values))))[0]
    return (axes * values) @ axes.T


def test_it_is_the_root_and_symmetric():
    wanted = covariance(np.array([4.0, 1.0, 0.25]))
    root = symmetric_root(wanted)
    np.testing.assert_allclose(root @ root, wanted, atol=1e-14)
    np.testing.assert_allclose(root, root.T, atol=1e-15)
    np.testing.assert_allclose(symmetric_root(np.diag([9.0, 4.0])), np.diag([3.0, 2.0]), atol=1e-15)


def test_equal_and_missing_eigenvalues_move_it_by_no_more_than_rounding_does():
    """Of these, eigenvectors turn freely in a plane, and one eigenvalue is 0 but for rounding."""
    wanted = covariance(np.array([2.0, 2.0, 2.0, 0.0]))
    noise = np.random.default_rng(2).normal(size=(4, 4))
    moved = wanted * (1 + 1e-16) + 2e-16 * (noise + noise.T) / 2
    np.testing.assert_allclose(symmetric_root(moved), symmetric_root(wanted), atol=1e-14)
    places = [2, 0, 3, 1]
    turned = symmetric_root(wanted[np.ix_(places, places)])
    np.testing.assert_allclose(turned, symmetric_root(wanted)[np.ix_(places, places)], atol=1e-14)


def test_of_nothing_it_is_nothing():
    assert symmetric_root(np.zeros((2, 2))).tolist() == [[0, 0], [0, 0]]
    assert symmetric_root(np.zeros((0, 0))).shape == (0, 0)
