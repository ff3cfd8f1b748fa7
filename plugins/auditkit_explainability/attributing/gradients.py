"""Gradients from a baseline to a row: integrated along the way, smoothed, or at its end.

The integral is our own, since none of captum's rules holds the points of another: raising its steps takes all of them
anew. Tests hold it to captum's `IntegratedGradients`.

Sundararajan, Taly and Yan (2017), Axiomatic attribution for deep networks, ICML (integrated gradients); Shrikumar et
al. (2017), Learning important features through propagating activation differences, ICML (gradient times input).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Differentiable, Encoded, NotApplicable
from auditkit_explainability.attributing.removals import padded
from auditkit_explainability.attributing.stepping import STEPS, added, points, weighed
from auditkit_explainability.attributing.targets import floor_of
from auditkit_explainability.pieces import Pieces

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

COPIES, NOISE = 5, 0.1
"""Of a row that are smoothed over, and their noise's standard deviation, as a part of the range of its numbers."""
TOLERANCE = 0.05
"""How far the sum may lie from what it must be, as a share of it."""
MOVED = 0.1
"""How far attributions may lie from what half as many points made of them, as a part of their length: their sum may be
right by chance."""
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

    @cached_property
    def difference(self) -> Any:
        """[k]: the number at the row less that at the baseline; asked once."""
        given = self.encoded.inputs if self.given is None else self.given
        return self.score(given) - self.score(self.baseline)

    def gap(self, attributed: Any) -> Any:
        """[k]: how far sums are from the difference, as a share of it."""
        return _off(attributed, self.difference, self.floor)


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
    """Integrated gradients, with as many steps as each row needs to add up and to hardly move any more, or the most.

    Args:
        climb: the rows.
        ladder: how many points are tried, each all of those before and some between them; of one no row gets more.
    """
    import torch

    way = climb.encoded.inputs - climb.baseline
    rules = ((ladder[0] - 1) // 2, *ladder)
    sums = way.new_zeros((len(rules), *way.shape))
    found, steps = torch.zeros_like(way), np.zeros(len(way), dtype=np.int64)
    left, before = torch.arange(len(way), device=way.device), 0
    for place, count in enumerate(ladder, start=1):
        numbers = added(count, before)
        sums[:, left] += _along(climb, left, points(count)[numbers - 1], weighed(numbers, count, rules))
        made, fewer = (way[left] * sums[rule, left] for rule in (place, place - 1))
        found[left], steps[left.cpu().numpy()], before = made, count, count
        if count == ladder[-1]:
            break
        left = left[~_is_settled(made, fewer, climb.difference[left], climb.floor)]
        if not len(left):
            break
    return found, steps


def _along(climb: Climb, rows: Any, shares: Floats, counts: Floats) -> Any:
    """[rules, k, u, ...]: sums of the gradients at some shares of the way, as much of each as a rule counts of it.

    Args:
        climb: of all rows.
        rows: [k], those that are climbed.
        shares: [p], of the way.
        counts: [rules, p].
    """
    import torch

    start, end = climb.baseline[rows], climb.encoded.inputs[rows]
    beside, targets = [one[rows] for one in climb.encoded.alongside], climb.targets[rows]
    total = start.new_zeros((len(counts), *start.shape))
    at_once = max(1, _MOST_NUMBERS // max(1, start.numel()))
    for first in range(0, len(shares), at_once):
        part = torch.as_tensor(shares[first : first + at_once], dtype=start.dtype, device=start.device)
        count = len(part)
        shown = torch.lerp(start, end, part.reshape(-1, *(1 for _ in start.shape))).flatten(0, 1).requires_grad_()
        said = climb.chosen(shown, _often(targets, count), *(_often(one, count) for one in beside))
        # By one backward pass of their sum: no row's output depends on another.
        (slope,) = torch.autograd.grad(said.sum(), shown)
        weight = torch.as_tensor(counts[:, first : first + at_once], dtype=start.dtype, device=start.device)
        total += torch.tensordot(weight, slope.reshape(count, *start.shape), dims=1)
    return total


def _often(rows: Any, count: int) -> Any:
    """[count * k, ...]: the rows one after the other, so often."""
    return rows.expand(count, *rows.shape).flatten(0, 1)


def _is_settled(made: Any, fewer: Any, wanted: Any, floor: float) -> Any:
    """[k]: whether attributions add up, and are hardly other ones than with half as many points.

    Args:
        made: [k, u, ...].
        fewer: of the same shape, with half as many points.
        wanted: [k], what they must add up to.
        floor: the least that a gap is a share of.
    """
    own, other = (one.double().flatten(2).sum(2) if one.ndim > 2 else one.double() for one in (made, fewer))  # noqa: PLR2004  [k, u, ...]
    adds_up = _off(own, wanted, floor) <= TOLERANCE
    return adds_up & ((own - other).norm(dim=1) <= MOVED * own.norm(dim=1))


def _off(attributed: Any, wanted: Any, floor: float) -> Any:
    """[k]: how far sums are from what they must be, as a share of it."""
    return (attributed.flatten(1).double().sum(1) - wanted).abs() / wanted.abs().clamp(min=floor)


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


def gradient_times_input(climb: Climb) -> tuple[Any, Integers]:
    """The gradient at the row, times how far the row lies from the baseline."""
    slope = _slope(climb)
    return slope * (climb.encoded.inputs - climb.baseline), np.ones(len(slope), dtype=np.int64)


def gradient(climb: Climb) -> tuple[Any, Integers]:
    """The size of the gradient at the row, whatever its sign: the least that a method must do better than."""
    return _slope(climb).abs(), np.ones(len(climb.encoded.inputs), dtype=np.int64)


def _slope(climb: Climb) -> Any:
    import torch

    inputs = climb.encoded.inputs.clone().requires_grad_()
    (slope,) = torch.autograd.grad(climb.chosen(inputs, climb.targets, *climb.encoded.alongside).sum(), inputs)
    return slope
