"""An audit in somebody's own process leaves it as it was: random numbers, and what torch has been told."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np


@contextmanager
def left_as_found() -> Iterator[None]:
    """Put the random states of Python, NumPy and (when it is there) torch back, whatever a model drew from them."""
    python, numpy = random.getstate(), np.random.get_state()  # noqa: NPY002  the global state is what is kept
    torch = sys.modules.get("torch")
    try:
        with ExitStack() as kept:
            if torch is not None:
                kept.enter_context(torch.random.fork_rng(devices=_devices(torch)))
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)  # noqa: NPY002  same


def _devices(torch: Any) -> list[int]:
    """The GPUs that are in use: the state of one that nobody has touched is not asked for, which would start it."""
    return list(range(torch.cuda.device_count())) if torch.cuda.is_initialized() else []


@contextmanager
def evaluating(module: Any) -> Iterator[None]:
    """A torch module in evaluation mode and without gradients; then each of its parts in the mode that it was in."""
    torch = sys.modules["torch"]
    modes = [(part, part.training) for part in module.modules()]
    module.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        for part, training in modes:
            part.training = training
