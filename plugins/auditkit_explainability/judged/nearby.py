"""Attributions by gradients of rows that are hardly other ones, and of the same model with random parameters."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import ClassScores, Encoded, LabelScores, NotApplicable
from auditkit.perturbation import Answers
from auditkit_explainability.attributing.gradients import Climb, Method
from auditkit_explainability.judged.shape import histogram_entropy
from auditkit_explainability.judged.steadiness import LEAST

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

FEWEST_NUMBERS = 16
"""Attributed of a row, below which a histogram of them tells nothing: hardly two fall in one bin."""


@dataclass
class Neighbour:
    """A method, asked about a neighbour of each row in the row's place; remembers how far away that is.

    Batches of rows come in order, and once each.
    """

    method: Method
    said: Answers
    """What the model says of the rows: what kind of decision follows."""
    draws: list[np.random.Generator]
    """[n]: a generator a row."""
    radius: float
    """By what part of the numbers' range each of a row's numbers moves at the most."""
    reach: Floats | None = None
    """[u]: the range of each column of a table, see `Ranges`; None: all of a row's numbers have the row's own."""
    input_moved: list[float] = field(default_factory=list)
    """[n]: the length of the relative change of the row's numbers."""
    output_moved: list[float] = field(default_factory=list)
    """[n]: how far the outputs before any softmax lie apart."""
    same: list[bool] = field(default_factory=list)
    """[n]: whether the decision is the same."""

    def __call__(self, climb: Climb) -> tuple[Any, Integers]:
        """Attributions of the neighbours, where those of the rows are asked for."""
        import torch

        encoded = climb.encoded
        done = len(self.same)
        draws = self.draws[done : done + len(encoded.inputs)]
        shown = encoded.inputs + _steps(encoded, draws, self.radius, self.reach)
        if encoded.least is not None:
            shown = torch.maximum(torch.minimum(shown, encoded.most), encoded.least)
        with torch.no_grad():
            before, after = (climb.outputs(at, *encoded.alongside).double() for at in (encoded.inputs, shown))
        change = _relative(encoded.inputs, shown).flatten(1).norm(dim=1)
        self.input_moved += change.cpu().tolist()
        self.output_moved += (after - before).norm(dim=1).cpu().tolist()
        self.same += self._decided_alike(before, after)
        return self.method(replace(climb, encoded=replace(encoded, inputs=shown)))

    def _decided_alike(self, before: Any, after: Any) -> list[bool]:
        if isinstance(self.said, ClassScores) and before.shape[1] > 1:
            return list((before.argmax(dim=1) == after.argmax(dim=1)).cpu().tolist())
        if isinstance(self.said, ClassScores | LabelScores):
            return list(((before > 0) == (after > 0)).all(dim=1).cpu().tolist())
        return [True] * len(before)


@dataclass
class Ranges:
    """A method that attributes nothing, and remembers how far each number of a table's rows reaches over all rows.

    A row's numbers have no range of their own, each being in other units: ages would move those of a category beside
    them.
    """

    found: list[Floats] = field(default_factory=list)

    def __call__(self, climb: Climb) -> tuple[Any, Integers]:
        """Attributions of 0."""
        self.found.append(climb.encoded.inputs.double().cpu().numpy())
        return climb.encoded.inputs * 0, np.ones(len(climb.encoded.inputs), dtype=np.int64)

    @property
    def reach(self) -> Floats:
        """[u]: 0 where all rows hold the same."""
        return np.asarray(np.ptp(np.concatenate(self.found), axis=0))


def _steps(encoded: Encoded, draws: list[np.random.Generator], radius: float, columns: Floats | None) -> Any:
    """[k, u, ...]: how far each number moves; what is no part of a row, such as padding, stays, and says nothing."""
    import torch

    inputs = encoded.inputs
    rest = tuple(inputs.shape[2:])
    part = np.array([[unit is not None for unit in units] for units in encoded.units], dtype=bool)
    made = np.zeros(tuple(inputs.shape))
    for place, rng in enumerate(draws):
        made[place, part[place]] = rng.uniform(-1.0, 1.0, (int(part[place].sum()), *rest))
    if columns is not None:
        reach = torch.from_numpy(columns).to(device=inputs.device, dtype=inputs.dtype)
    elif encoded.least is None:
        inside = torch.from_numpy(part.reshape(*part.shape, *(1 for _ in rest))).to(inputs.device).expand_as(inputs)
        most, least = (torch.where(inside, sign * inputs, -torch.inf).flatten(1).amax(dim=1) for sign in (1.0, -1.0))
        # The least is the most of the negatives; a row without a part has neither, and does not move.
        reach = (most + least).nan_to_num(neginf=0.0).reshape(-1, 1, *(1 for _ in rest))
    else:
        reach = encoded.most - encoded.least
    return radius * reach * torch.from_numpy(made).to(device=inputs.device, dtype=inputs.dtype)


def _relative(inputs: Any, shown: Any) -> Any:
    """The change of each number as a part of it, see `steadiness.relative_change`."""
    import torch

    own = inputs.double()
    floor = torch.where(own < 0, -LEAST, LEAST)
    return (shown.double() - own) / torch.where(own.abs() < LEAST, floor, own)


@dataclass
class Entropies:
    """A method, asked about rows as the model is, or with random parameters; remembers how even its numbers are.

    Batches of rows come in order, and once each.
    """

    method: Method
    seed: int | None = None
    """From which the random parameters come, the same for every batch; None: the model's own."""
    found: list[float] = field(default_factory=list)
    """[n]: of each row, see `shape.histogram_entropy`; NaN where too little is attributed to tell."""

    def __call__(self, climb: Climb) -> tuple[Any, Integers]:
        """The attributions, of the model or of one that knows nothing."""
        network = climb.encoded.network
        if network is None:
            raise NotApplicable("the model's adapter does not say on which parameters its outputs rest")
        if self.seed is None:
            values, steps = self.method(climb)
        else:
            with random_parameters(network, np.random.default_rng(self.seed)):
                values, steps = self.method(climb)
        for units, numbers in zip(climb.encoded.units, values.double().cpu().numpy(), strict=True):
            part = numbers[[unit is not None for unit in units]].reshape(-1)
            tells = len(part) >= FEWEST_NUMBERS and bool(np.isfinite(part).all())
            self.found.append(histogram_entropy(part) if tells else float("nan"))
        return values, steps


@contextmanager
def random_parameters(network: Any, rng: np.random.Generator) -> Iterator[None]:
    """A network whose parameters are random ones while this lasts, and then its own again, whatever happens.

    Each is drawn from a normal distribution with the mean and the spread of its own numbers, so that no layer is
    silenced or blown up; one that has no spread stays as it is.

    Args:
        network: a `torch.nn.Module`.
        rng: draws them.

    Raises:
        NotApplicable: it has no parameters that could be others.
    """
    import torch

    own = [(one, one.detach().clone()) for one in network.parameters() if one.is_floating_point() and one.numel() > 1]
    if not own:
        raise NotApplicable("the model has no parameters that could be random")
    try:
        with torch.no_grad():
            for parameter, value in own:
                drawn = torch.from_numpy(rng.standard_normal(tuple(value.shape)))
                wide = value.double()
                drawn = drawn.to(wide.device) * wide.std() + wide.mean()
                parameter.copy_(drawn.to(value.dtype))
        yield
    finally:
        with torch.no_grad():
            for parameter, value in own:
                parameter.copy_(value)
