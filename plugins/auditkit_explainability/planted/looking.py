"""A network that looks at columns by which it does not decide: its attention is no explanation of its answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Encoded, Unit
from auditkit.testing import toy_case, with_model

_ROWS = 40
_NAMES = ("a", "b", "c", "d", "e", "f")
_DECIDES = (2.0, 1.5, 1.0, 0.0, 0.0, 0.0)
_LOOKS = (0.0, 0.0, 0.05, 0.25, 0.3, 0.4)


@dataclass(frozen=True)
class Gazing:
    """Adds three columns up, and looks at the three others; one that is honest looks at what it adds."""

    is_honest: bool
    batch_size: int = _ROWS

    def predict(self, inputs: Any) -> ClassScores:
        """By the sigmoid."""
        odds = inputs[list(_NAMES)].to_numpy(dtype=float) @ np.array(_DECIDES) * 2
        yes = 1 / (1 + np.exp(-odds))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def encoded(self, inputs: Any) -> Encoded:
        """The columns as they are; the network adds up, and beside that says where it looks."""
        import torch

        numbers = torch.tensor(inputs[list(_NAMES)].to_numpy(dtype=np.float32))
        # The answer is read from a place of its own, as transformers have one.
        at = torch.cat([torch.zeros(len(numbers), 1), numbers], dim=1)
        decides, looks = (torch.tensor((0.0, *one)) for one in (_DECIDES, _DECIDES if self.is_honest else _LOOKS))

        class Looking(torch.nn.Module):  # type: ignore[misc]  # torch is not looked at
            def forward(self, shown: Any) -> Any:
                weights = (looks / looks.sum()).expand(len(shown), 1, len(looks), len(looks))
                return shown @ decides, weights

        network = Looking()

        def outputs(shown: Any) -> Any:
            odds = network(shown)[0]
            return torch.stack([-odds, odds], dim=1)

        units = ((None, *map(Unit, _NAMES)),) * len(at)
        return Encoded(outputs, at, (), torch.zeros_like(at), units, network=network)


def of_gazes(*, is_honest: bool) -> Any:
    """Rows of six columns, and the network."""
    return partial(_gazed, is_honest=is_honest)


def _gazed(rng: np.random.Generator, *, is_honest: bool) -> Case[Any]:
    import pandas as pd

    table = pd.DataFrame({name: rng.normal(size=_ROWS).round(4) for name in _NAMES})
    # The typical cell, which all are compared with, is 0.
    table -= np.sort(table.to_numpy(), axis=0)[(_ROWS - 1) // 2]
    model = Gazing(is_honest)
    said = model.predict(table)
    return with_model(toy_case(said, ["yes"] * _ROWS, positive="yes", inputs=table), model)
