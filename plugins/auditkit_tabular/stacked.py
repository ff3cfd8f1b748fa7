"""A torch module trained anew from a recipe: one, or many side by side as one module whose weights are stacked.

Many small networks leave a processor idle between their steps; stacked, each step is one product of matrices for all.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from auditkit import ModelError

Rows = npt.NDArray[np.integer]
Loss = Callable[[Any, Any], Any]
"""From what the module gives for some rows, and what is true of them, to the mean loss."""


@dataclass(frozen=True)
class Recipe:
    """How the module was trained, by Adam, in steps of a few rows drawn anew in each epoch."""

    epochs: int = 20
    learning_rate: float = 1e-3
    rows: int = 64
    """A step."""
    decay: float = 0.0
    """Of the weights, added to the gradient."""

    @classmethod
    def of(cls, said: Mapping[str, float]) -> Self:
        """From `[model] recipe`.

        Raises:
            ModelError: a key or a value is none of a recipe.
        """
        known = {field.name for field in fields(cls)}
        strange = next((name for name in said if name not in known), None)
        if strange is not None:
            raise ModelError(f"[model] recipe has no '{strange}'", hint=f"it has {', '.join(sorted(known))}")
        for name, value in said.items():
            is_whole = name in {"epochs", "rows"}
            if value < 0 or (value == 0 and name != "decay") or (is_whole and value != int(value)):
                kind = "a whole number above 0" if is_whole else "a positive number"
                raise ModelError(f"[model] recipe: {name} is {value}", hint=f"it is {kind}")
        given = cls(**said)  # type: ignore[arg-type]
        return replace(given, epochs=int(given.epochs), rows=int(given.rows))


def train_one(module: Any, inputs: Any, truth: Any, rows: Rows, recipe: Recipe, seed: int, loss: Loss) -> Any:
    """The module itself, after training on some rows of tensors inputs [n, width] and truth [n]."""
    import torch

    optimiser = torch.optim.Adam(module.parameters(), lr=recipe.learning_rate, weight_decay=recipe.decay)
    module.train()
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(seed)
        for step in _steps(rows, recipe, np.random.default_rng(seed)):
            taken = torch.from_numpy(step)
            optimiser.zero_grad()
            loss(module(inputs[taken]), truth[taken]).backward()
            optimiser.step()
    return module.eval()


def can_be_stacked(module: Any) -> bool:
    """Whether its steps are functions of weights, rows and what is drawn at random: no running means."""
    return not any(_keeps_means(part) for part in module.modules())


def _keeps_means(part: Any) -> bool:
    from torch import nn

    return isinstance(part, nn.modules.batchnorm._NormBase) and part.running_mean is not None  # noqa: SLF001  the parent


def take_constants(fresh: Any, from_module: Any) -> None:
    """Put into a new module what another one holds beside its weights, such as scales of its inputs; no running means.

    A module's own code fills such buffers from the rows before it learns, and no recipe says how.
    """
    import torch

    with torch.no_grad():
        for name, part in fresh.named_modules():
            for key, buffer in () if _keeps_means(part) else part.named_buffers(recurse=False):
                buffer.copy_(from_module.get_submodule(name).get_buffer(key))


def train_stacked(
    modules: Sequence[Any],
    inputs: Any,
    truth: Any,
    taught: Sequence[Rows],
    recipe: Recipe,
    seeds: Sequence[int],
    loss: Loss,
) -> list[Any]:
    """The modules, after the same steps as `train_one` makes with each, all at once; they are taught equally many rows.

    Adam goes by each weight alone, so that stacked weights move as they would by themselves, but for rounding. What
    dropout draws is drawn for each module, but not what `train_one` would draw.
    """
    import torch
    from torch.func import functional_call, stack_module_state

    weights, constants = stack_module_state(list(modules))
    shell = copy.deepcopy(modules[0]).to("meta")
    shell.train()

    def one(own: Any, kept: Any, some: Any, true: Any) -> Any:
        return loss(functional_call(shell, (own, kept), (some,)), true)

    all_losses = torch.func.vmap(one, randomness="different")
    optimiser = torch.optim.Adam(weights.values(), lr=recipe.learning_rate, weight_decay=recipe.decay)
    orders = [_steps(rows, recipe, np.random.default_rng(seed)) for rows, seed in zip(taught, seeds, strict=True)]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(int(np.random.SeedSequence(list(seeds)).generate_state(1)[0]))
        for steps in zip(*orders, strict=True):
            taken = torch.from_numpy(np.stack(steps))
            optimiser.zero_grad()
            all_losses(weights, constants, inputs[taken], truth[taken]).sum().backward()
            optimiser.step()
    with torch.no_grad():
        for place, module in enumerate(modules):
            for name, own in module.named_parameters():
                own.copy_(weights[name][place])
    return [module.eval() for module in modules]


def _steps(rows: Rows, recipe: Recipe, rng: np.random.Generator) -> Iterator[Rows]:
    """Rows of each step, each epoch in another order; the last step of an epoch may have fewer."""
    for _ in range(recipe.epochs):
        order = rng.permutation(rows)
        for start in range(0, len(order), recipe.rows):
            yield order[start : start + recipe.rows]
