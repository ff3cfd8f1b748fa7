"""Shapley values from coalitions: beside all orders of a game by hand, and captum's own truth."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
import torch

from auditkit_explainability.attributing.coalitions import coalitions, number_of, shapley_values


def exactly(value, count):
    """Shapley values by all orders."""
    total = np.zeros(count)
    orders = list(permutations(range(count)))
    for order in orders:
        there: tuple[int, ...] = ()
        for one in order:
            total[one] += value({*there, one}) - value(set(there))
            there = (*there, one)
    return total / len(orders)


def game(there):
    """A glove game with a bonus: 0 and 1 are worth something together only, 2 by itself, 3 takes away."""
    return 4.0 * ({0, 1} <= there) + 1.5 * (2 in there) - 1.0 * (3 in there) * (len(there) > 1)


@pytest.mark.parametrize(("count", "budget"), [(0, 9), (1, 9), (2, 9), (3, 6), (4, 13), (8, 256), (9, 256), (20, 1)])
def test_as_many_are_asked_about_as_is_said(count, budget):
    assert number_of(count, budget) == len(coalitions(count, budget, np.random.default_rng(0))[0])


def test_all_coalitions_give_exact_shapley_values():
    flags, weights = coalitions(4, 20, np.random.default_rng(0))
    assert len(flags) == 14
    values = np.array([game(set(np.flatnonzero(one).tolist())) for one in flags])
    found = shapley_values(flags, weights, values, game({0, 1, 2, 3}), game(set()))
    np.testing.assert_allclose(found, exactly(game, 4), atol=1e-9)


def test_drawn_coalitions_come_in_pairs_and_their_values_are_near_captums_own_truth():
    from captum.attr import ShapleyValues

    weights = torch.tensor([1.0, -2.0, 0.5, 3.0, 0.0, 1.5, -1.0])

    def forward(x):
        return x @ weights + 2 * x[:, 0] * x[:, 3] - x[:, 1] * x[:, 5]

    truth = ShapleyValues(forward).attribute(torch.ones(1, 7)).numpy()[0]
    flags, even = coalitions(7, 100, np.random.default_rng(3))
    np.testing.assert_array_equal(flags[::2], ~flags[1::2])
    values = forward(torch.tensor(flags.astype(np.float32))).numpy()
    found = shapley_values(flags, even, values, float(forward(torch.ones(1, 7))), 0.0)
    # Interactions of two are met by pairs of complements without any error.
    np.testing.assert_allclose(found, truth, atol=1e-5)


def test_of_one_piece_the_whole_is_its_value():
    flags, weights = coalitions(1, 8, np.random.default_rng(0))
    assert len(flags) == 0
    np.testing.assert_allclose(shapley_values(flags, weights, np.zeros(0), 3.0, 1.0), [2.0])
