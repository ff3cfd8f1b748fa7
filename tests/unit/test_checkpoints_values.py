"""What the numbers of a regression mean: by hand, and against torch's own likelihood of a normal distribution."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, MixtureSameFamily, Normal

from auditkit import ModelError, Values
from auditkit.checkpoints import mixture, value_outputs


def test_one_number_is_the_value_in_its_own_unit():
    found = value_outputs(None, scale=10.0, offset=120.0).values(np.array([0.0, 1.5, -2.0]))
    assert found.values.tolist() == [120.0, 135.0, 100.0]
    assert found.spread is None


def test_a_log_variance_is_the_one_of_torchs_gaussian_likelihood():
    # exp(log 9 / 2) = 3; times a scale of 10
    found = value_outputs("mean-and-log-variance", scale=10.0, offset=5.0).values(np.array([[1.0, math.log(9.0)]]))
    assert found.values.tolist() == [15.0]
    assert found.spread == pytest.approx([30.0])
    loss = torch.nn.functional.gaussian_nll_loss(
        torch.tensor([15.0]), torch.tensor([40.0]), torch.tensor([900.0]), full=True
    )
    said = Normal(torch.tensor(found.values), torch.tensor(found.spread)).log_prob(torch.tensor([40.0]))
    assert -float(said) == pytest.approx(float(loss), abs=1e-6)


def test_a_spread_is_stretched_and_not_moved():
    found = value_outputs("mean-and-spread", scale=2.0, offset=100.0).values(np.array([[1.0, 3.0]]))
    assert (found.values.tolist(), found.spread.tolist()) == ([102.0], [6.0])


def test_quantiles_are_moved_with_their_median():
    found = value_outputs("quantiles", (0.1, 0.5, 0.9), scale=2.0, offset=1.0).values(np.array([[0.0, 1.0, 4.0]]))
    assert found.values.tolist() == [3.0]
    assert found.quantiles.tolist() == [[1.0, 3.0, 9.0]]
    assert found.levels == (0.1, 0.5, 0.9)


def test_an_ensembles_spread_is_that_of_torchs_mixture():
    parts = [Values(np.array([10.0, 1e6]), np.array([1.0, 2.0])), Values(np.array([14.0, 1e6 + 1]), None)]
    found = mixture(parts)
    # by hand: mean 12; sqrt((1 + 4 + 0 + 4) / 2)
    assert found.values[0] == 12.0
    assert found.spread[0] == pytest.approx(math.sqrt(4.5))
    means, spreads = torch.tensor([1e6, 1e6 + 1], dtype=torch.float64), torch.tensor([2.0, 1e-9], dtype=torch.float64)
    both = MixtureSameFamily(Categorical(torch.ones(2)), Normal(means, spreads))
    assert found.values[1] == float(both.mean)
    assert found.spread[1] == pytest.approx(math.sqrt(2.25))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("logits",), '[model] output is "logits", which is of classes'),
        (("quantiles",), "quantiles need their levels"),
        (("values", (0.5,)), "quantiles need their levels"),
        (("quantiles", (0.1, 0.9)), "[model] levels are [0.1, 0.9]"),
        (("quantiles", (0.9, 0.5)), "[model] levels are [0.9, 0.5]"),
    ],
)
def test_what_cannot_be_meant_is_refused(given, said):
    with pytest.raises(ModelError) as caught:
        value_outputs(*given)
    assert said in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize("units", [{"scale": 0.0}, {"scale": -1.0}, {"offset": math.inf}])
def test_units_that_turn_values_around_are_refused(units):
    with pytest.raises(ModelError, match="a value is what the model gives, times scale, plus offset"):
        value_outputs("values", **units)


def test_other_numbers_than_wanted_are_refused():
    with pytest.raises(ModelError, match='gives 3 numbers a row, and output = "mean-and-spread" has 2'):
        value_outputs("mean-and-spread").values(np.zeros((4, 3)))
