"""A torch module trained by DP-SGD: every row's gradient is clipped, and noise is added to their sum.

Source: Abadi et al. (2016), "Deep learning with differential privacy", CCS. Gradients a row, noise and accounting (by
Renyi divergences of the subsampled Gaussian) are opacus's. Rows of a step are drawn each by itself, as the accounting
takes it. The random numbers are those of a simulation: who knows the seed can foresee them.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditkit import ModelError, NotApplicable, needs_extra
from auditkit_tabular.stacked import Loss, Recipe, Rows

CLIP = 1.0
"""The longest gradient of a row."""


@dataclass(frozen=True)
class Budget:
    """What somebody who sees the model may learn of whether one row was in its training."""

    epsilon: float
    delta: float


def train_privately(  # noqa: PLR0913  those of `train_one`, and the budget
    module: Any, inputs: Any, truth: Any, rows: Rows, recipe: Recipe, seed: int, loss: Loss, *, budget: Budget
) -> Any:
    """The module after as many steps as `train_one` would take, within the budget; the rest is as there.

    Raises:
        AuditError: opacus is not installed.
        NotApplicable: a layer lets rows of one step see each other, or opacus knows no gradients a row of it.
        ModelError: the steps cost more than the budget.
    """
    with needs_extra("privacy"):
        import opacus  # noqa: F401  what is missing is told before anything is trained
    import torch
    from opacus.accountants import RDPAccountant
    from opacus.accountants.utils import get_noise_multiplier
    from opacus.grad_sample import GradSampleModule
    from opacus.optimizers import DPOptimizer

    _refuse_mixing(module)
    rate = min(recipe.rows / len(rows), 1.0)
    steps = recipe.epochs * math.ceil(len(rows) / recipe.rows)
    rng = np.random.default_rng(seed)
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]), torch.enable_grad():
        # Of orders that could be tried beyond the largest, and of hooks that see no input with a gradient.
        warnings.simplefilter("ignore")
        torch.manual_seed(seed)
        try:
            noise = get_noise_multiplier(
                target_epsilon=budget.epsilon,
                target_delta=budget.delta,
                sample_rate=rate,
                steps=steps,
                accountant="rdp",
            )
        except ValueError as error:  # how opacus says that no noise is enough, by its reckoning
            raise ModelError(
                f"no noise reaches an epsilon of {budget.epsilon:g} at a delta of {budget.delta:g}, as it is accounted",
                hint="allow a larger one, e.g. epsilon = [1]",
            ) from error
        accountant = RDPAccountant()
        watched = GradSampleModule(module.train())
        inner = torch.optim.Adam(watched.parameters(), lr=recipe.learning_rate, weight_decay=recipe.decay)
        generator = torch.Generator(device=inputs.device)
        generator.manual_seed(seed)
        optimiser = DPOptimizer(
            inner,
            noise_multiplier=noise,
            max_grad_norm=CLIP,
            expected_batch_size=max(round(rate * len(rows)), 1),
            generator=generator,
        )
        for _ in range(steps):
            taken = torch.from_numpy(rows[rng.random(len(rows)) < rate])
            optimiser.zero_grad()
            if len(taken):
                loss(watched(inputs[taken]), truth[taken]).backward()
            else:  # noise is added all the same: that nobody was drawn must not show
                for weight in watched.parameters():
                    weight.grad_sample = torch.zeros((0, *weight.shape), device=weight.device)
            optimiser.step()
            accountant.step(noise_multiplier=noise, sample_rate=rate)
        spent = accountant.get_epsilon(budget.delta)
    if spent > budget.epsilon:
        raise ModelError(f"an epsilon of {spent:g} was spent, more than {budget.epsilon:g}", hint="allow a larger one")
    watched.remove_hooks()
    return module.eval()


def _refuse_mixing(module: Any) -> None:
    from opacus.validators import ModuleValidator

    faults = ModuleValidator.validate(module, strict=False)
    if faults:
        raise NotApplicable(
            "the module cannot be trained with differential privacy: {why}",
            hint="layers that normalise each row by itself can, such as LayerNorm or GroupNorm",
            why=str(faults[0]).partition(".")[0][:200],
        )
