"""Explanations that keep still or leap, and that follow a network's parameters or do not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Encoded, Unit, clean, planted
from auditkit.testing import above, below, every, near, not_above, toy_case, with_model
from auditkit_explainability.attributing import GRADIENT_INPUT
from auditkit_explainability.planted.faithfulness import of_slope

_ROWS, _COLUMNS, _TELLING = 40, 40, 3


@dataclass(frozen=True)
class Sparse:
    """A network of one layer, for which three columns of forty tell."""

    follows: bool = True
    """Whether gradients are those of the network, and not of the columns' squares, whatever it has learnt."""
    batch_size: int = _ROWS

    @property
    def names(self) -> list[str]:
        """The columns."""
        return [f"x{place}" for place in range(_COLUMNS)]

    @property
    def weights(self) -> Any:
        """[columns]: of the log-odds."""
        return np.where(np.arange(_COLUMNS) < _TELLING, 2.0, 0.01)

    def predict(self, inputs: Any) -> ClassScores:
        """By the sigmoid."""
        share = 1 / (1 + np.exp(-(inputs[self.names].to_numpy(dtype=float) @ self.weights)))
        return ClassScores(("no", "yes"), np.column_stack([1 - share, share]))

    def encoded(self, inputs: Any) -> Encoded:
        """The columns as they are."""
        import torch

        network = torch.nn.Linear(_COLUMNS, 2, bias=False)
        with torch.no_grad():
            half = torch.tensor(self.weights, dtype=torch.float32) / 2
            network.weight.copy_(torch.stack([-half, half]))
        at = torch.tensor(inputs[self.names].to_numpy(dtype=np.float32))
        units = (tuple(Unit(name) for name in self.names),) * len(at)
        outputs = partial(self._outputs, network)
        return Encoded(outputs, at, (), torch.zeros_like(at), units, network=network)

    def _outputs(self, network: Any, at: Any) -> Any:
        said = network(at)
        if self.follows:
            return said
        other = (at**2).sum(dim=1, keepdim=True)
        return said.detach() + other - other.detach()


def of_network(*, follows: bool, rows: int = _ROWS) -> Any:
    """A table of forty columns, and a network whose gradients are its own or are not."""
    return partial(_networked, follows=follows, rows=rows)


def _networked(rng: np.random.Generator, *, follows: bool, rows: int) -> Case[Any]:
    import pandas as pd

    model = Sparse(follows)
    table = pd.DataFrame({name: rng.normal(size=rows).round(4) for name in model.names})
    return with_model(toy_case(model.predict(table), ["yes"] * rows, positive="yes", inputs=table), model)


_QUICK: dict[str, Any] = {"methods": (GRADIENT_INPUT,), "most_rows": 60, "column": ""}
"""So much is enough to see them."""


@dataclass(frozen=True)
class Answering:
    """Gives no gradients: the log-odds are a weighted sum of three columns, or of waves of them."""

    is_wild: bool

    def predict(self, inputs: Any) -> ClassScores:
        """By the sigmoid."""
        at = inputs[["x0", "x1", "x2"]].to_numpy(dtype=float)
        odds = np.sin(5000 * at).sum(axis=1) if self.is_wild else at @ np.array([2.0, -1.0, 1.0])
        share = 1 / (1 + np.exp(-odds))
        return ClassScores(("no", "yes"), np.column_stack([1 - share, share]))


def of_answers(*, is_wild: bool) -> Any:
    """A table of three columns, and a model that only answers."""
    return partial(_answering, is_wild=is_wild)


def _answering(rng: np.random.Generator, *, is_wild: bool) -> Case[Any]:
    import pandas as pd

    model = Answering(is_wild)
    table = pd.DataFrame({f"x{place}": rng.normal(size=_ROWS).round(4) for place in range(3)})
    return with_model(toy_case(model.predict(table), ["yes"] * _ROWS, positive="yes", inputs=table), model)


_ASKED: dict[str, Any] = _QUICK | {"methods": ()}

STABILITY_CONTROLS = (
    planted(
        "a model whose gradients leap from one row to the next",
        of_slope("wild"),
        every(below("stability_over_random", 0.6), above("max_sensitivity", 0.3)),
        neighbours=4,
        radius=0.02,
        **_QUICK,
    ),
    clean(
        "a line, whose gradient is the same everywhere",
        of_slope("right"),
        every(above("stability_over_random", 0.6), not_above("stability_over_random_difference", 0.2)),
        neighbours=4,
        radius=0.02,
        **_QUICK,
    ),
    planted(
        "a model without gradients whose answers are waves",
        of_answers(is_wild=True),
        every(below("stability_over_random", 0.6), above("max_sensitivity", 0.3)),
        neighbours=4,
        radius=0.02,
        **_ASKED,
    ),
    clean(
        "a model without gradients that is a line",
        of_answers(is_wild=False),
        every(above("stability_over_random", 0.6), below("max_sensitivity", 0.3)),
        neighbours=4,
        radius=0.02,
        **_ASKED,
    ),
)
RANDOMISATION_CONTROLS = (
    planted(
        "gradients that are the same whatever the model has learnt",
        of_network(follows=False),
        every(near("randomisation_entropy_rise", 0.0), near("randomisation_rank_correlation", 1.0)),
        randomisations=6,
        **_QUICK,
    ),
    clean(
        "a network for which three columns of forty tell",
        of_network(follows=True),
        every(above("randomisation_entropy_rise", 0.1), not_above("randomisation_rank_correlation", 0.8)),
        randomisations=6,
        **_QUICK,
    ),
)
