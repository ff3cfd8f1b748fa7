"""What lies between an image and its numbers: the vector before the last layer, and gradients down to the pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from auditkit import Encoded, NotApplicable, Unit

_LEAST = 1e-7
"""Below it a probability counts as this much, so that its logarithm is a number."""


def before_the_last_layer(run: Callable[[], Any], module: Any) -> Any:
    """[n, d] in float32: what the last linear layer of a module is given, which makes the numbers of it.

    Args:
        run: shows a batch to the module, and returns its numbers [n, k].
        module: whose layers are looked at.

    Raises:
        NotApplicable: the module's numbers do not come from a linear layer, one vector an image.
    """
    import torch

    seen: list[tuple[Any, Any]] = []

    def note(_: Any, given: tuple[Any, ...], made: Any) -> None:
        seen.append((given[0], made))

    layers = [layer for layer in module.modules() if isinstance(layer, torch.nn.Linear)]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    try:
        answer = run()
    finally:
        for hook in hooks:
            hook.remove()
    if not seen or seen[-1][1].reshape(len(answer), -1).shape != answer.reshape(len(answer), -1).shape:
        raise NotApplicable("the model's numbers do not come from a linear layer")
    vectors = seen[-1][0]
    if vectors.ndim != 2:  # noqa: PLR2004  one vector an image
        raise NotApplicable("the model's last layer is given more than one vector of an image")
    return vectors.float().cpu().numpy().astype(np.float32)


def encoded(batch: Any, outputs: Callable[[Any], Any]) -> Encoded:
    """Prepared images as their pixels, and the numbers as a function of these.

    The baseline is 0 in every place: the mean pixel of the training, by which the preparation normalises.

    Args:
        batch: [n, channels, rows, columns], on the device.
        outputs: such a batch -> [n, k].
    """
    import torch

    count, channels, rows, columns = batch.shape

    def module(pixels: Any) -> Any:
        return outputs(pixels.reshape(len(pixels), rows, columns, channels).permute(0, 3, 1, 2))

    inputs = batch.permute(0, 2, 3, 1).reshape(count, rows * columns, channels).contiguous()
    units = tuple(Unit(f"row {row + 1}, column {column + 1}") for row in range(rows) for column in range(columns))
    return Encoded(module, inputs, (), torch.zeros_like(inputs), (units,) * count)


def before_softmax(probabilities: Any, *, each: bool) -> Any:
    """Numbers of which the softmax, or with `each` the sigmoid, gives probabilities [n, k] back."""
    certain = probabilities.clamp(_LEAST, 1.0 - _LEAST if each else 1.0)
    return certain.log() - (1.0 - certain).log() if each else certain.log()
