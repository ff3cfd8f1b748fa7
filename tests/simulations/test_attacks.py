"""Attacks on networks that were trained: nothing is taken for a masked gradient, and training against attacks helps."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.datasets import load_digits

from auditkit import ClassScores, Encoded, Unit
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model
from auditkit_robustness.adversarial import adversarial

TAUGHT, JUDGED = 1200, 400


class Digits:
    """A network of scikit-learn's digits, trained on them as they are, or on what one step makes worst of them."""

    def __init__(self, pixels, true, *, seed, deep, against):
        torch.manual_seed(seed)
        conv = [torch.nn.Conv2d(1, 8, 3, padding=1), torch.nn.ReLU()] if deep else []
        width = 512 if deep else 64
        self.net = torch.nn.Sequential(*conv, torch.nn.Flatten(), torch.nn.Linear(width, 10))
        shown, wanted = self.tensor(pixels).reshape(-1, 1, 8, 8), torch.tensor(true)
        steps = torch.optim.Adam(self.net.parameters(), 3e-3)
        for _ in range(20):
            for batch in torch.randperm(len(shown)).split(64):
                loss = torch.nn.functional.cross_entropy(
                    self.net(self.worst(shown[batch], wanted[batch], against)), wanted[batch]
                )
                steps.zero_grad()
                loss.backward()
                steps.step()
        self.net.eval()

    def worst(self, shown, wanted, size):
        at = shown.clone().requires_grad_()
        (slope,) = torch.autograd.grad(torch.nn.functional.cross_entropy(self.net(at), wanted), at)
        return (shown + size * slope.sign()).clamp(0, 1).detach()

    def tensor(self, pixels):
        return torch.tensor(np.stack(list(pixels)).reshape(-1, 64, 1) / 255).float()

    def logits(self, at):
        return self.net(at.reshape(-1, 1, 8, 8))

    def predict(self, inputs):
        with torch.no_grad():
            said = self.logits(self.tensor(inputs)).softmax(1).numpy()
        return ClassScores(tuple("0123456789"), said)

    def encoded(self, inputs):
        at = self.tensor(inputs)
        units = ((Unit("pixel"),) * 64,) * len(at)
        return Encoded(self.logits, at, (), at * 0, units, torch.zeros(1), torch.ones(1))


@pytest.mark.slow
@pytest.mark.parametrize("deep", [False, True])
def test_trained_networks_show_no_sign_and_those_trained_against_attacks_hold_longer(deep):
    digits = load_digits()
    pixels = (digits.images / 16 * 255).astype(np.uint8)
    cells = np.empty(JUDGED, dtype=object)
    cells[:] = list(pixels[TAUGHT : TAUGHT + JUDGED])
    given, true = pd.Series(cells, dtype=object), [str(one) for one in digits.target[TAUGHT : TAUGHT + JUDGED]]
    held = {0.0: [], 0.1: []}
    with torch.random.fork_rng():
        for seed in range(3):
            for against, found in held.items():
                model = Digits(pixels[:TAUGHT], digits.target[:TAUGHT], seed=seed, deep=deep, against=against)
                case = with_model(toy_case(model.predict(given), true, inputs=given, seed=seed), model)
                said = ask(adversarial, case, {"epsilons": (32.0,)})
                (robust,) = said.of("robust_accuracy")
                assert "masked" not in robust.interval.method
                noise = said.value("attacked_accuracy", conditions={"attack": "noise", "epsilon": "32/255"})
                assert noise > robust.value
                found.append(robust.value)
    assert np.mean(held[0.1]) > np.mean(held[0.0]) + 0.1
