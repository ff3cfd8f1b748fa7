"""Models whose attributions are known: a curve over columns, and the same in steps, whose gradient is 0 everywhere."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Encoded, Unit, clean, planted
from auditkit.testing import above, every, near, not_above, toy_case, with_model
from auditkit_explainability.planted.entities import of_drugs

_ROWS = 40
_COLUMNS = ("age", "dose", "pulse")
_WEIGHTS = (2.0, -1.0, 0.5)
_STAIR = 0.5


@dataclass(frozen=True)
class Curve:
    """The log-odds are a weighted sum of three columns and of a product of two; in stairs when asked to be."""

    is_stair: bool = False

    def predict(self, inputs: Any) -> ClassScores:
        """By the sigmoid."""
        import torch

        with torch.no_grad():
            odds = self._outputs(self._tensor(inputs))[:, 1].double().numpy() * 2
        yes = 1 / (1 + np.exp(-odds))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def encoded(self, inputs: Any) -> Encoded:
        """The columns as they are; nothing is known of a row of zeros."""
        import torch

        at = self._tensor(inputs)
        return Encoded(self._outputs, at, (), torch.zeros_like(at), (tuple(map(Unit, _COLUMNS)),) * len(at))

    @staticmethod
    def _tensor(inputs: Any) -> Any:
        import torch

        return torch.tensor(inputs[list(_COLUMNS)].to_numpy(dtype=np.float32))

    def _outputs(self, shown: Any) -> Any:
        import torch

        odds = shown @ torch.tensor(_WEIGHTS, dtype=shown.dtype) + shown[:, 0] * shown[:, 1]
        if self.is_stair:
            odds = torch.round(odds / _STAIR) * _STAIR
        return torch.stack([-odds / 2, odds / 2], dim=1)


@dataclass(frozen=True)
class Angled:
    """The log-odds are those of a small network of ReLUs, whose differences can be handed back through each of them."""

    batch_size: int = _ROWS

    def predict(self, inputs: Any) -> ClassScores:
        """By the sigmoid."""
        import torch

        with torch.no_grad():
            odds = self._network()(self._at(inputs)).diff(dim=1)[:, 0].double().numpy()
        yes = 1 / (1 + np.exp(-odds))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def encoded(self, inputs: Any) -> Encoded:
        """The columns as they are."""
        import torch

        at, network = self._at(inputs), self._network()
        units = (tuple(map(Unit, _COLUMNS)),) * len(at)
        return Encoded(network, at, (), torch.zeros_like(at), units, network=network)

    @staticmethod
    def _at(inputs: Any) -> Any:
        import torch

        return torch.tensor(inputs[list(_COLUMNS)].to_numpy(dtype=np.float32))

    @staticmethod
    def _network() -> Any:
        import torch

        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return torch.nn.Sequential(torch.nn.Linear(len(_COLUMNS), 8), torch.nn.ReLU(), torch.nn.Linear(8, 2))


def of_a_curve(*, is_stair: bool) -> Any:
    """Rows of three columns, and a model of them."""
    return partial(_of_a_curve, is_stair=is_stair)


def _of_a_curve(draw: np.random.Generator, *, is_stair: bool) -> Case[Any]:
    return _answered(draw, Curve(is_stair))


def of_a_network(draw: np.random.Generator) -> Case[Any]:
    """The same rows, and a network."""
    return _answered(draw, Angled())


def _answered(draw: np.random.Generator, model: Curve | Angled) -> Case[Any]:
    import pandas as pd

    rows = pd.DataFrame({name: draw.normal(size=_ROWS) for name in _COLUMNS})
    said = model.predict(rows)
    sex = ["F" if row % 2 else "M" for row in range(_ROWS)]
    case = toy_case(said, ["yes"] * _ROWS, {"sex": sex}, positive="yes", inputs=rows, min_group_size=10)
    return with_model(case, model)


_BY, _INSIDE, _SHARED, _OUT = (
    {"conditions": {"method": method}} for method in ("integrated gradients", "deep lift", "kernel shap", "occlusion")
)

ATTRIBUTION_CONTROLS = (
    planted(
        "a model in stairs, whose gradient is 0 wherever it is",
        of_a_curve(is_stair=True),
        every(above("attribution_incomplete_rate", 0.4), above("attribution_completeness", 0.4, **_BY)),
        most_rows=_ROWS,
    ),
    clean(
        "the same without stairs",
        of_a_curve(is_stair=False),
        every(not_above("attribution_incomplete_rate", 0.15), not_above("attribution_completeness", 0.15, **_BY)),
        most_rows=_ROWS,
    ),
    clean(
        "a model that finds a drug by two words around it, which share what they say together",
        of_drugs,
        every(near("attribution_completeness", 0.0, 1e-3, **_SHARED), above("attribution_completeness", 0.3, **_OUT)),
        most_rows=_ROWS,
    ),
    clean(
        "a network of ReLUs, which DeepLift takes apart without a rest",
        of_a_network,
        near("attribution_completeness", 0.0, 1e-3, **_INSIDE),
        most_rows=_ROWS,
    ),
)
