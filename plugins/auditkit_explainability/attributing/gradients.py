"""Gradients from a baseline to a row, by captum: integrated along the way, smoothed, or at its end.

Sundararajan, Taly and Yan (2017), Axiomatic attribution for deep networks, ICML (integrated gradients); Shrikumar et
al. (2017), Learning important features through propagating activation differences, ICML (gradient times input).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Differentiable, Encoded, NotApplicable, needs_extra
from auditkit_explainability.attributing.removals import padded
from auditkit_explainability.attributing.targets import floor_of
from auditkit_explainability.pieces import Pieces

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

STEPS = (50, 100, 200, 300)
"""Of the integral, raised until its sum is right."""
COPIES, NOISE = 5, 0.1
"""Of a row that are smoothed over, and their noise's standard deviation, as a part of the range of its numbers."""
TOLERANCE = 0.05
"""How far the sum may lie from what it must be, as a share of it."""
_MOST_NUMBERS = 2_000_000
"""Numbers of encoded rows that are climbed at once, over rows and steps: of a BERT's activations it is some 2 GB."""


@dataclass(frozen=True)
class Climbed:
    """Attributions, a row each."""

    by_piece: Floats
    """[n, P]; NaN beyond a row's pieces."""
    elsewhere: Floats
    """[n]: what falls to places that belong to no piece, such as marks between words."""
    gap: Floats
    """[n]: how far the sum is from the difference of the outputs, as a share of that difference."""
    steps: Integers
    """[n]: how many steps that took."""


Method = Callable[["Climb"], tuple[Any, Integers]]


@dataclass(frozen=True)
class Climb:
    """A few rows, encoded, with what they are compared to and whose number is climbed."""

    encoded: Encoded
    baseline: Any
    targets: Any
    floor: float = 0.01
    """The least that a gap is a share of: some rows' output is hardly another than the baseline's."""
    given: Any = None
    """The rows as the model is given them, where a number of theirs is missing; None: `encoded` has them all."""

    def outputs(self, shown: Any, *alongside: Any) -> Any:
        """[k, classes]; of a copy, since some modules begin with writing into what they are given."""
        return self.encoded.module(shown.clone(), *alongside)

    def chosen(self, shown: Any, targets: Any, *alongside: Any) -> Any:
        """[k]: of the outputs those that are climbed."""
        return self.outputs(shown, *alongside).gather(1, targets[:, None])[:, 0]

    def score(self, shown: Any) -> Any:
        """[k]: without gradients, the numbers that are climbed."""
        import torch

        with torch.no_grad():
            return self.chosen(shown, self.targets, *self.encoded.alongside).double()

    @property
    def difference(self) -> Any:
        """[k]: the number at the row less that at the baseline."""
        given = self.encoded.inputs if self.given is None else self.given
        return self.score(given) - self.score(self.baseline)

    def some(self, rows: Any) -> Climb:
        """Some of the rows."""
        encoded = self.encoded
        part = Encoded(
            encoded.module,
            encoded.inputs[rows],
            tuple(one[rows] for one in encoded.alongside),
            encoded.baseline[rows],
            encoded.units,
        )
        given = None if self.given is None else self.given[rows]
        return Climb(part, self.baseline[rows], self.targets[rows], self.floor, given)

    def gap(self, attributed: Any) -> Any:
        """[k]: how far sums are from the difference, as a share of it."""
        wanted = self.difference
        return (attributed.flatten(1).sum(1).double() - wanted).abs() / wanted.abs().clamp(min=self.floor)


def climbed(case: Case[Any], pieces: Pieces, targets: Integers, method: Method) -> Climbed:
    """Attributions of a case's rows by gradients.

    Raises:
        NotApplicable: the model gives none.
    """
    import torch

    model = case.model_that(Differentiable)  # type: ignore[type-abstract]  # a protocol is what is asked for
    counts = np.array([len(names) for names in pieces.names], dtype=np.int64)
    values: list[Floats] = []
    elsewhere, gaps, steps = np.zeros(len(case)), np.zeros(len(case)), np.zeros(len(case), dtype=np.int64)
    for rows, encoded in _batches(case, model):
        baseline = encoded.baseline
        if pieces.keeps_places:
            # What is compared with is then the very row that is asked about when everything is taken out.
            emptied = pieces.without(rows, [np.ones(count, dtype=bool) for count in counts[rows].tolist()])
            baseline = model.encoded(emptied).inputs
        wanted = torch.from_numpy(np.asarray(targets[rows], dtype=np.int64)).to(encoded.inputs.device)
        climb = _climb(encoded, baseline, wanted, floor_of(case))
        found, steps[rows] = method(climb)
        gaps[rows] = climb.gap(found).cpu().numpy()
        flat = found.flatten(2).sum(2) if found.ndim > 2 else found  # noqa: PLR2004  [k, u, ...]
        for row, numbers in zip(rows.tolist(), flat.double().cpu().numpy(), strict=True):
            owner = pieces.of_units(row, encoded.units[row - rows[0]])
            inside = owner >= 0
            falls = np.bincount(owner[inside], numbers[inside], minlength=int(counts[row]))
            values.append(falls.astype(np.float64))
            elsewhere[row] = numbers[~inside].sum()
    return Climbed(padded(counts, values), elsewhere, gaps, steps)


def first_climb(case: Case[Any], targets: Integers) -> Climb:
    """The first few rows of a case, beside what its model itself knows nothing of.

    Raises:
        NotApplicable: the model gives no gradients.
    """
    import torch

    model = case.model_that(Differentiable)  # type: ignore[type-abstract]  # a protocol is what is asked for
    rows, encoded = next(_batches(case, model))
    wanted = torch.from_numpy(np.asarray(targets[rows], dtype=np.int64)).to(encoded.inputs.device)
    return _climb(encoded, encoded.baseline, wanted, floor_of(case))


def _climb(encoded: Encoded, baseline: Any, targets: Any, floor: float) -> Climb:
    """From the baseline to the rows; a number that is missing stays at the baseline, from where no way leads to it.

    What the model makes of its being missing is then attributed to nothing, and the gap says how much that is.
    """
    import torch

    known = encoded.inputs.isfinite()
    if bool(known.all()):
        return Climb(encoded, baseline, targets, floor)
    start = torch.nan_to_num(baseline, nan=0.0)
    filled = torch.where(known, encoded.inputs, start)
    return Climb(replace(encoded, inputs=filled), start, targets, floor, encoded.inputs)


def _batches(case: Case[Any], model: Any) -> Iterator[tuple[Integers, Encoded]]:
    """The rows in batches, encoded; one by one where the model cannot be climbed beside padding."""
    size = _rows_at_once(case, model)
    for start in range(0, len(case), size):
        rows = np.arange(start, min(start + size, len(case)), dtype=np.int64)
        try:
            yield rows, model.encoded(case.narrowed(rows).inputs)
        except NotApplicable:
            if len(rows) == 1:
                raise
            yield from ((rows[[one]], model.encoded(case.narrowed(rows[[one]]).inputs)) for one in range(len(rows)))


def _rows_at_once(case: Case[Any], model: Any) -> int:
    """As many rows as can be climbed together in all of the first steps."""
    if not len(case):
        return 1
    first = model.encoded(case.narrowed(slice(0, 1)).inputs).inputs[0].numel()
    fits = max(1, _MOST_NUMBERS // (STEPS[0] * max(1, int(first))))
    return min(fits, int(getattr(model, "batch_size", None) or fits))


def integrated(climb: Climb, ladder: Sequence[int] = STEPS) -> tuple[Any, Integers]:
    """Integrated gradients, with as many steps as each row needs for its sum to be right, or the most."""
    import torch

    with needs_extra("models"):
        from captum.attr import IntegratedGradients  # type: ignore[import-untyped]  # it ships no types

    found = torch.zeros_like(climb.encoded.inputs)
    steps = np.zeros(len(found), dtype=np.int64)
    left = torch.arange(len(found), device=found.device)
    for count in ladder:
        part = climb.some(left)
        at_once = max(len(left), _MOST_NUMBERS // max(1, part.encoded.inputs[0].numel()))
        method = IntegratedGradients(part.chosen)
        method.gradient_func = _gradients
        made = method.attribute(
            part.encoded.inputs,
            part.baseline,
            additional_forward_args=(part.targets, *part.encoded.alongside),
            n_steps=count,
            internal_batch_size=at_once,
        )
        found[left] = made.detach().to(found.dtype)
        steps[left.cpu().numpy()] = count
        left = left[(part.gap(made.detach()) > TOLERANCE)]
        if not len(left):
            break
    return found, steps


def smoothed(climb: Climb) -> tuple[Any, Integers]:
    """The mean of the integrated gradients of a few copies with noise, in which no single number stands out by chance.

    Smilkov et al. (2017), SmoothGrad, arXiv:1706.03825. captum's NoiseTunnel draws its noise from torch's common
    generator, by the place of a row in its batch; here it follows from what the row holds.
    """
    import torch

    inputs = climb.encoded.inputs
    reach = inputs.flatten(1).amax(1) - inputs.flatten(1).amin(1)
    draws = [_rng(row) for row in inputs]
    total = torch.zeros_like(inputs)
    for _ in range(COPIES):
        drawn = np.stack([rng.standard_normal(tuple(inputs.shape[1:])) for rng in draws])
        noise = torch.from_numpy(drawn).to(device=inputs.device, dtype=inputs.dtype)
        shown = inputs + NOISE * reach.reshape(-1, *(1 for _ in inputs.shape[1:])) * noise
        found, _ = integrated(replace(climb, encoded=replace(climb.encoded, inputs=shown)), ladder=STEPS[:1])
        total += found
    return total / COPIES, np.full(len(inputs), COPIES * STEPS[0], dtype=np.int64)


def _rng(row: Any) -> np.random.Generator:
    numbers = np.ascontiguousarray(row.detach().float().cpu().numpy())
    return np.random.default_rng(int.from_bytes(hashlib.sha256(numbers.tobytes()).digest()[:16], "big"))


def _gradients(forward_fn: Any, inputs: Any, target_ind: Any = None, additional_forward_args: Any = None) -> Any:  # noqa: ARG001  as captum asks
    """Of each row, by one backward pass of their sum: no row's output depends on another.

    Captum's own asks torch for the gradient of every output by itself, which takes longer than small models do.
    """
    import torch

    with torch.enable_grad():
        return torch.autograd.grad(forward_fn(*inputs, *additional_forward_args).sum(), inputs)


def gradient_times_input(climb: Climb) -> tuple[Any, Integers]:
    """The gradient at the row, times how far the row lies from the baseline."""
    slope = _slope(climb)
    return slope * (climb.encoded.inputs - climb.baseline), np.ones(len(slope), dtype=np.int64)


def gradient(climb: Climb) -> tuple[Any, Integers]:
    """The size of the gradient at the row, whatever its sign: the least that a method must do better than."""
    return _slope(climb).abs(), np.ones(len(climb.encoded.inputs), dtype=np.int64)


def _slope(climb: Climb) -> Any:
    inputs = climb.encoded.inputs.clone().requires_grad_()
    (slope,) = _gradients(climb.chosen, (inputs,), additional_forward_args=(climb.targets, *climb.encoded.alongside))
    return slope
