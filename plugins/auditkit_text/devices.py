"""Which device a model runs on, and what torch calls it when its memory is full."""

from __future__ import annotations

from typing import Any

from auditkit import ModelError

_FULL = ("can't allocate memory", "not enough memory", "out of memory")
"""How torch's allocators for CPU, MPS and CUDA begin to complain, in a RuntimeError."""


def pick_device(wanted: str) -> Any:
    """A torch device: the one that is named, or for `auto` cuda, then mps, then cpu.

    Raises:
        ModelError: torch does not know the name, or sees no such device.
    """
    import torch

    if wanted == "auto":
        return torch.device(_best(torch))
    try:
        device = torch.device(wanted)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ModelError(
            f"there is no device '{wanted}': torch says: {str(error).splitlines()[0][:200]}",
            hint=f'[model] device = "{_best(torch)}", or leave it at "auto"',
        ) from error
    return device


def _best(torch: Any) -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error of torch's says that a batch did not fit."""
    import torch

    if isinstance(error, torch.cuda.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).casefold() for words in _FULL)


def sensible_batch(device: Any) -> int:
    """Texts a batch to begin with: enough to keep the device busy; a graphics card halves it when it does not fit."""
    return 32 if device.type == "cpu" else 256
