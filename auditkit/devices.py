"""Where torch runs a model, for adapters: which device, the same bits twice, and what to say when its memory is full.

torch is imported where it is used: whoever audits recorded predictions has none.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from auditkit.errors import ModelError, OutOfMemory

T = TypeVar("T")

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


def fitting(work: Callable[[], T], *, device: Any, what: str) -> T:
    """What `work` returns, run by torch on a device.

    Args:
        work: a batch's forward pass.
        device: where it runs.
        what: the batch, in words, e.g. `"32 texts at once"`.

    Raises:
        OutOfMemory: it did not fit; the broker then tries a smaller batch.
    """
    import torch

    try:
        return work()
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
        said = str(error).partition("\n")[0][:200]
    # Outside the handler, whose traceback holds on to the tensors that did not fit.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    raise OutOfMemory(f"{what} do not fit into the memory of '{device}': {said}")


@contextlib.contextmanager
def deterministic() -> Iterator[None]:
    """Have torch choose algorithms that give the same bits twice, where it has them."""
    import torch

    before, warned = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    filled = torch.utils.deterministic.fill_uninitialized_memory
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.use_deterministic_algorithms(mode=True, warn_only=True)
        # It would write NaN over all memory before it is used: time spent on a mistake that no layer here makes.
        torch.utils.deterministic.fill_uninitialized_memory = False
        try:
            yield
        finally:
            torch.use_deterministic_algorithms(mode=before, warn_only=warned)
            torch.utils.deterministic.fill_uninitialized_memory = filled
