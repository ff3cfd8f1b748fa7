"""Pictures with a white square somewhere, and a convolution that sees it: its map has to lie there."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from auditkit import Case, ClassScores, Encoded, Unit
from auditkit.testing import toy_case, with_model

_ROWS, _SIDE, _MARKER = 24, 6, 2
_BRIGHT, _SHARE = 0.75, 40.0
"""From where on a place counts as white, and how the mean whiteness counts in the log-odds."""


@dataclass(frozen=True)
class Convolved:
    """Says yes by how much of a picture is white; one that is turned gives the gradients of the other class."""

    is_turned: bool
    batch_size: int = _ROWS

    def predict(self, inputs: Any) -> ClassScores:
        """By the sigmoid."""
        import torch

        with torch.no_grad():
            odds = self._outputs(self._network(), self._at(inputs)).diff(dim=1)[:, 0].double().numpy()
        yes = 1 / (1 + np.exp(-odds))
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))

    def encoded(self, inputs: Any) -> Encoded:
        """The pixels, between black and white."""
        import torch

        at, network = self._at(inputs), self._network()
        outputs = partial(self._turned if self.is_turned else self._outputs, network)
        units = (tuple(Unit(f"pixel {place}") for place in range(at.shape[1])),) * len(at)
        ends = torch.zeros(3), torch.ones(3)
        return Encoded(outputs, at, (), torch.zeros_like(at), units, *ends, network=network)

    @staticmethod
    def _at(inputs: Any) -> Any:
        import torch

        whole = np.array([np.asarray(pixels, dtype=np.float32) / 255 for pixels in inputs])
        return torch.from_numpy(whole.reshape(len(whole), -1, 3))

    @staticmethod
    def _network() -> Any:
        """How white each place is."""
        import torch

        see = torch.nn.Conv2d(3, 1, 1)
        with torch.no_grad():
            see.weight.fill_(1 / 3)
            see.bias.fill_(-_BRIGHT)
        return torch.nn.Sequential(see, torch.nn.ReLU(inplace=True))

    @staticmethod
    def _outputs(network: Any, at: Any) -> Any:
        import torch

        side = round(at.shape[1] ** 0.5)
        white = network(at.reshape(len(at), side, side, 3).permute(0, 3, 1, 2)).mean(dim=(1, 2, 3))
        odds = _SHARE * 4 * white - 1
        return torch.stack([-odds / 2, odds / 2], dim=1)

    @classmethod
    def _turned(cls, network: Any, at: Any) -> Any:
        return cls._outputs(network, at).flip(1)


def of_markers(*, is_turned: bool, rows: int = _ROWS) -> Any:
    """Grey pictures, each with a white square somewhere, and a convolution that looks for white."""
    return partial(_marked, is_turned=is_turned, rows=rows)


def _marked(rng: np.random.Generator, *, is_turned: bool, rows: int) -> Case[Any]:
    import pandas as pd

    cells = np.empty(rows, dtype=object)
    for row in range(rows):
        pixels = rng.integers(90, 130, (_SIDE, _SIDE, 3)).astype(np.uint8)
        down, right = rng.integers(0, _SIDE // _MARKER, 2) * _MARKER
        pixels[down : down + _MARKER, right : right + _MARKER] = 255
        cells[row] = pixels
    given, model = pd.Series(cells, dtype=object), Convolved(is_turned)
    return with_model(toy_case(model.predict(given), ["yes"] * rows, positive="yes", inputs=given), model)
