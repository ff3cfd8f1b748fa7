"""Rows under attack: their numbers between 0 and 1, and whether the model is still right about them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Encoded

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Rows:
    """A few rows of which the model is right, as torch takes gradients with respect to them."""

    encoded: Encoded
    inputs: Any
    """[m, u, ...]: a tensor from 0 to 1: black to white."""
    true: Any
    """[m]: a tensor of the places of the classes that are true."""
    marks: tuple[str, ...]
    """[m]: what tells a row from another, so that what is drawn follows from what it holds."""
    is_right: Callable[[Any, Integers], Flags]
    """The model's outputs for some of the rows [k, classes], and their places -> [k]: whether each is right."""

    @classmethod
    def of(
        cls, encoded: Encoded, true: Integers, marks: tuple[str, ...], is_right: Callable[[Any, Integers], Flags]
    ) -> Rows:
        """Rows as a model encoded them."""
        import torch

        share = (encoded.inputs - encoded.least) / (encoded.most - encoded.least)
        places = torch.from_numpy(np.asarray(true, dtype=np.int64)).to(encoded.inputs.device)
        return cls(encoded, share.clamp(0.0, 1.0).detach(), places, marks, is_right)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.marks)

    @property
    def places(self) -> Integers:
        """[m]: of all rows."""
        return np.arange(len(self))

    def outputs(self, shown: Any, places: Integers) -> Any:
        """[k, classes]: before any softmax, of numbers [k, u, ...] from 0 to 1 in the place of the rows'."""
        encoded = self.encoded
        alongside = tuple(one[places] for one in encoded.alongside)
        return encoded.module(encoded.least + shown * (encoded.most - encoded.least), *alongside)

    def margin(self, outputs: Any, places: Integers) -> Any:
        """[k]: the true class's output less the largest of the others: what an attack makes smaller.

        Its gradient does not vanish where the model is sure, as that of the cross-entropy does: Carlini and Wagner
        (2017), IEEE S&P, f6.
        """
        import torch

        true = self.true[places][:, None]
        own = outputs.gather(1, true)[:, 0]
        return own - outputs.scatter(1, true, -torch.inf).amax(dim=1)

    def broken(self, shown: Any, places: Integers) -> Flags:
        """[k]: whether the model is wrong about these numbers in the place of the rows'."""
        import torch

        with torch.no_grad():
            return ~self.is_right(self.outputs(shown, places), places)

    def near(self, shown: Any, places: Integers, radius: float) -> Any:
        """The same numbers, brought to within `radius` of the rows' own, and between black and white."""
        own = self.inputs[places]
        return shown.clamp(own - radius, own + radius).clamp(0.0, 1.0).detach()

    def tensor(self, numbers: npt.NDArray[Any]) -> Any:
        """As a tensor beside the rows."""
        import torch

        return torch.from_numpy(numbers).to(device=self.inputs.device, dtype=self.inputs.dtype)
