"""Gradients down to the pixels of an image, as it was prepared."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from auditkit import Encoded, Unit

_LEAST = 1e-7
"""Below it a probability counts as this much, so that its logarithm is a number."""


def encoded(
    batch: Any, outputs: Callable[[Any], Any], ends: tuple[Any, Any] | None = None, network: Any = None
) -> Encoded:
    """Prepared images as their pixels, and the numbers as a function of these.

    The baseline is 0 in every place: the mean pixel of the training, by which the preparation normalises.

    Args:
        batch: [n, channels, rows, columns], on the device.
        outputs: such a batch -> [n, k].
        ends: [channels] each, what black and white are prepared to; None: nobody knows.
        network: the torch module that `outputs` asks.
    """
    import torch

    count, channels, rows, columns = batch.shape

    def module(pixels: Any) -> Any:
        return outputs(pixels.reshape(len(pixels), rows, columns, channels).permute(0, 3, 1, 2))

    inputs = batch.permute(0, 2, 3, 1).reshape(count, rows * columns, channels).contiguous()
    units = _units(rows, columns)
    least, most = (None, None) if ends is None else (torch.from_numpy(end).to(batch.device) for end in ends)
    return Encoded(module, inputs, (), torch.zeros_like(inputs), (units,) * count, least, most, network)


@functools.lru_cache(maxsize=4)
def _units(rows: int, columns: int) -> tuple[Unit, ...]:
    """[rows * columns]: the pixels, made once for all batches of a size."""
    return tuple(Unit(f"row {row + 1}, column {column + 1}") for row in range(rows) for column in range(columns))


def before_softmax(probabilities: Any, *, each: bool) -> Any:
    """Numbers of which the softmax, or with `each` the sigmoid, gives probabilities [n, k] back."""
    certain = probabilities.clamp(_LEAST, 1.0 - _LEAST if each else 1.0)
    return certain.log() - (1.0 - certain).log() if each else certain.log()
