"""What lies right before a module's numbers: the vector that its last layer is given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from auditkit.errors import NotApplicable


def before_the_last_layer(run: Callable[[], Any], module: Any) -> Any:
    """[n, d] in float32: what the last linear layer of a module is given, which makes the numbers of it.

    Args:
        run: shows a batch to the module, and returns its numbers [n, k].
        module: whose layers are looked at.

    Raises:
        NotApplicable: the module's numbers do not come from a linear layer, one vector a row.
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
    if vectors.ndim != 2:  # noqa: PLR2004  one vector a row
        raise NotApplicable("the model's last layer is given more than one vector of a row")
    return vectors.float().cpu().numpy().astype(np.float32)
