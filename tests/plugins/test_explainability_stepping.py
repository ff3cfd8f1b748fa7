"""The points at which gradients are taken: their weights by hand, and the integral beside captum's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from auditkit import Encoded
from auditkit_explainability.attributing.gradients import Climb, integrated
from auditkit_explainability.attributing.stepping import STEPS, added, points, weighed, weights


def test_weights_worked_by_hand():
    """One point is the midpoint; of three at a quarter circle each 2/3 sin(t) (sin(t) + sin(3t) / 3), a third each."""
    np.testing.assert_allclose(points(1), [0.5])
    np.testing.assert_allclose(weights(1), [1.0])
    half = np.sqrt(0.5)
    np.testing.assert_allclose(points(3), [(1 - half) / 2, 0.5, (1 + half) / 2])
    np.testing.assert_allclose(weights(3), [1 / 3] * 3)


@pytest.mark.parametrize("count", STEPS)
def test_powers_up_to_the_number_of_points_are_integrated_exactly(count):
    """The integral of x^k from 0 to 1 is 1 / (k + 1), of every k below the number of points."""
    for power in (0, 1, 2, 7, count - 1):
        assert weights(count) @ points(count) ** power == pytest.approx(1 / (power + 1), abs=1e-13)
    assert weights(count).min() > 0
    assert 0 < points(count).min() < points(count).max() < 1


def test_a_rule_holds_all_points_of_the_one_before():
    np.testing.assert_allclose(points(31)[1::2], points(15))
    assert added(7, 3).tolist() == [1, 3, 5, 7]
    assert added(3, 0).tolist() == [1, 2, 3]


def test_what_was_added_up_step_by_step_is_each_rules_own_sum():
    rules, slope = (3, 7, 15), np.cos
    sums, before = np.zeros(3), 0
    for count in (7, 15):
        numbers = added(count, before)
        sums += weighed(numbers, count, rules) @ slope(points(count)[numbers - 1])
        before = count
    np.testing.assert_allclose(sums, [weights(rule) @ slope(points(rule)) for rule in rules], rtol=1e-14)


def a_network(rows: int = 6):
    torch.manual_seed(3)
    module = torch.nn.Sequential(torch.nn.Linear(5, 8), torch.nn.Tanh(), torch.nn.Linear(8, 3)).eval()
    inputs, baseline = 2 * torch.randn(rows, 5), torch.randn(rows, 5)
    targets = torch.arange(rows) % 3
    return Climb(Encoded(module, inputs, (), baseline, ((None,) * 5,) * rows), baseline, targets)


def test_the_integral_is_captums():
    """At the same points, which captum takes by its inner name, to rounding; and its own rule's of many steps."""
    from captum.attr import IntegratedGradients

    climb = a_network()
    method, about = IntegratedGradients(climb.encoded.module), {"target": climb.targets}
    inputs, baseline = climb.encoded.inputs, climb.baseline
    found, steps = integrated(climb, ladder=(31,))
    same = method._attribute(
        (inputs,), (baseline,), **about, n_steps=31, step_sizes_and_alphas=(weights(31).tolist(), points(31).tolist())
    )
    np.testing.assert_allclose(found.numpy(), same[0].detach().numpy(), atol=1e-6)
    many = method.attribute(inputs, baseline, **about, n_steps=300)
    np.testing.assert_allclose(found.numpy(), many.detach().numpy(), atol=1e-5)
    assert steps.tolist() == [31] * 6


def test_no_gradient_is_taken_twice_and_settled_rows_take_no_more():
    """Of two rows one is a line; the other's slope leaps once: 15 points do for the first."""
    seen = []

    def module(shown):
        if shown.requires_grad:
            seen.append(len(shown))
        return torch.relu(shown - 0.31).sum(1, keepdim=True) + shown.sum(1, keepdim=True)

    inputs = torch.tensor([[0.3, 0.2], [1.0, 0.0]])
    baseline = torch.zeros(2, 2)
    climb = Climb(
        Encoded(module, inputs, (), baseline, ((None,) * 2,) * 2), baseline, torch.zeros(2, dtype=torch.int64)
    )
    found, steps = integrated(climb)
    assert steps[0] == 15
    assert sum(seen) == steps.sum()
    np.testing.assert_allclose(found.sum(1).numpy(), [0.5, 1.69], rtol=0.05)


def test_a_sum_that_is_right_by_chance_is_not_enough():
    """Two slopes of opposite sign and far apart on the way, whose errors cancel: the sum is 0 however few points."""

    def module(shown):
        leaps = torch.sigmoid(60 * (shown - 0.37))
        return (3 * leaps[:, :1] - 3 * leaps[:, 1:2]) + shown[:, 2:3]

    inputs, baseline = torch.ones(1, 3), torch.zeros(1, 3)
    encoded = Encoded(module, inputs, (), baseline, ((None,) * 3,))
    found, steps = integrated(Climb(encoded, baseline, torch.zeros(1, dtype=torch.int64)))
    assert steps[0] > 15
    np.testing.assert_allclose(found[0].numpy(), [3.0, -3.0, 1.0], rtol=0.1)
