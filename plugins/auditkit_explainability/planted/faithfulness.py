"""Explanations whose worth is known: a line, gradients that point the other way, and gradients of something else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np

from auditkit import Case, ClassScores, Encoded, Unit, clean, planted
from auditkit.testing import above, below, every, near, not_above, toy_case, with_model
from auditkit_explainability.attributing import ATTENTION, GRADIENT_INPUT, GUIDED, INTEGRATED, OCCLUSION
from auditkit_explainability.planted.entities import of_drugs
from auditkit_explainability.planted.looking import of_gazes
from auditkit_explainability.planted.pictures import of_markers
from auditkit_explainability.planted.written import of_prompts

Slope = Literal["right", "turned", "wild", "turned in the north"]

WEIGHTS = (2.0, -1.5, 1.0, 0.5, 0.0, 0.0)
NAMES = ("a", "b", "c", "d", "e", "f")
_ROWS = 60


@dataclass(frozen=True)
class Sloped:
    """The log-odds are a weighted sum of six columns; its gradients are right, or are not.

    They are turned round, or those of a function that has nothing to do with the answers.
    """

    slope: Slope = "right"
    batch_size: int = _ROWS

    def predict(self, inputs: Any) -> ClassScores:
        """By the sigmoid."""
        share = 1 / (1 + np.exp(-(inputs[list(NAMES)].to_numpy(dtype=float) @ np.array(WEIGHTS))))
        return ClassScores(("no", "yes"), np.column_stack([1 - share, share]))

    def encoded(self, inputs: Any) -> Encoded:
        """The columns as they are."""
        import torch

        at = torch.tensor(inputs[list(NAMES)].to_numpy(dtype=np.float32))
        units = (tuple(Unit(name) for name in NAMES),) * len(at)
        return Encoded(self._outputs, at, (at[:, -1] > 0,), torch.zeros_like(at), units)

    def _outputs(self, at: Any, is_north: Any) -> Any:
        import torch

        odds = at @ torch.tensor(WEIGHTS, dtype=at.dtype)
        if self.slope == "turned":
            odds = 2 * odds.detach() - odds
        elif self.slope == "turned in the north":
            odds = torch.where(is_north, 2 * odds.detach() - odds, odds)
        elif self.slope == "wild":
            # What is attributed, the slope times the cell, lies between -1 and 1 wherever the cell lies.
            slope = torch.sin(5000 * at + 1) / torch.where(at == 0, 1.0, at)
            other = (slope.detach() * at).sum(dim=1)
            odds = odds.detach() + other - other.detach()
        return torch.stack([-odds / 2, odds / 2], dim=1)


def of_slope(slope: Slope, rows: int = _ROWS) -> Any:
    """A table, half of it from the north, and a model that gives such gradients."""
    return partial(_sloped, slope=slope, rows=rows)


def _sloped(rng: np.random.Generator, *, slope: Slope, rows: int) -> Case[Any]:
    import pandas as pd

    table = pd.DataFrame({name: rng.normal(size=rows).round(4) for name in NAMES})
    # The typical cell, which all are compared with, is 0.
    table -= np.sort(table.to_numpy(), axis=0)[(rows - 1) // 2]
    model = Sloped(slope)
    # By a column that the answers do not hang on.
    where = ["north" if cell > 0 else "south" for cell in table[NAMES[-1]]]
    case = toy_case(
        model.predict(table), ["yes"] * rows, {"region": where}, positive="yes", inputs=table, min_group_size=10
    )
    return with_model(case, model)


_QUICK: dict[str, Any] = {"methods": (), "most_rows": _ROWS, "orders": 2, "draws": 4, "column": ""}
"""So much is enough to see them: all controls of a check together have two seconds."""


_CHEAPER = _QUICK | {"methods": (GRADIENT_INPUT, OCCLUSION)}
"""Of gradients that are wrong the integral never has the right sum, and takes all the steps there are."""


def _by(method: str) -> dict[str, Any]:
    return {"conditions": {"method": method}}


FAITHFUL_CONTROLS = (
    planted(
        "a model whose gradients point the other way",
        of_slope("turned", 40),
        every(
            below("faithfulness_over_random", 0.0, **_by(GRADIENT_INPUT)),
            above("faithfulness_over_random", 0.1, **_by(OCCLUSION)),
        ),
        **_CHEAPER,
    ),
    planted(
        "a model whose gradients have nothing to do with its answers",
        of_slope("wild"),
        not_above("faithfulness_over_random", 0.0, **_by(GRADIENT_INPUT)),
        **_CHEAPER | {"methods": (GRADIENT_INPUT,), "orders": 5, "draws": 8},
    ),
    planted(
        "a model whose gradients point the other way for one of two groups",
        of_slope("turned in the north"),
        above("faithfulness_over_random_difference", 0.1, **_by(GRADIENT_INPUT)),
        **_CHEAPER | {"methods": (GRADIENT_INPUT,)},
    ),
    planted(
        "a convolution whose guided map is drawn for the other class",
        of_markers(is_turned=True, rows=16),
        not_above("faithfulness_over_random", 0.0, **_by(GUIDED)),
        **_QUICK | {"methods": (GUIDED,)},
    ),
    planted(
        "a network that looks at columns by which it does not decide",
        of_gazes(is_honest=False),
        not_above("faithfulness_over_random", 0.0, **_by(ATTENTION)),
        **_QUICK | {"methods": (ATTENTION,)},
    ),
    planted(
        "a model that writes, whose answer seems the likelier without the word that it hangs on",
        of_prompts("turned", 20),
        below("faithfulness_over_random", 0.0, **_by(OCCLUSION)),
        **_QUICK | {"methods": (OCCLUSION,)},
    ),
    clean(
        "a model that writes, whose answer hangs on two words of the prompt",
        of_prompts("openly", 20),
        above("faithfulness_over_random", 0.1, **_by(OCCLUSION)),
        **_QUICK | {"methods": (OCCLUSION,)},
    ),
    clean(
        "a convolution that sees a marker, wherever it lies",
        of_markers(is_turned=False, rows=16),
        above("faithfulness_over_random", 0.0, **_by(GUIDED)),
        **_QUICK | {"methods": (GUIDED,)},
    ),
    clean(
        "a model that finds a drug by two words around it",
        of_drugs,
        above("faithfulness_over_random", 0.0, **_by(OCCLUSION)),
        **_QUICK | {"methods": (OCCLUSION,)},
    ),
    clean(
        "a line, whose pieces are known",
        of_slope("right"),
        every(
            near("infidelity", 0.0, 1e-4, **_by(INTEGRATED)),
            near("infidelity", 0.0, 1e-4, **_by(OCCLUSION)),
            above("faithfulness_over_random", 0.1, **_by(INTEGRATED)),
            above("faithfulness_over_random", 0.1, **_by(GRADIENT_INPUT)),
            not_above("faithfulness_over_random_difference", 0.0),
        ),
        **_QUICK | {"methods": (INTEGRATED, GRADIENT_INPUT, OCCLUSION)},
    ),
)
