"""How long a model will take, and how much memory: measured on a few batches, or on those that are done already."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.batches import Rows, batches_of, take_inputs, work_of
from auditkit.errors import OutOfMemory

_BATCHES = 4
"""At least so many are timed, where there are so many: each is another length."""
_LARGEST = 65_536


@dataclass(frozen=True)
class Timed:
    """What a sample of rows cost."""

    rows: int
    """How many were timed."""
    seconds_a_row: float
    batch_size: int
    """Rows at once: what the model says, halved until it fitted."""
    peak_bytes: int
    """The most memory that this process has had so far, the model and its libraries among it."""
    device_bytes: int | None
    """The most that the model's tensors took on a CUDA device meanwhile; None: it ran elsewhere."""


def time_sample(
    model: Any,
    inputs: Any,
    *,
    rows: int = 256,
    batch_size: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Timed:
    """Predict some rows as an audit would, drawn at random from a fixed seed, and say what a row costs.

    The rows are put into batches by their length, and whole batches from the longest to the shortest are timed, for a
    row costs what its batch is padded to. The longest goes first, untimed: it warms up, and takes the most memory.

    Args:
        model: anything with `predict`.
        inputs: the rows that are to be predicted in the end; at least one.
        rows: about how many to time.
        batch_size: rows at once; None: what the model says, or fewer where that does not fit.
        clock: seconds, for whoever wants those of the processor.

    Raises:
        OutOfMemory: not even one row fits, or not `batch_size`.
    """
    size = batch_size or min(int(getattr(model, "batch_size", None) or _LARGEST), _LARGEST)
    chosen = _drawn(len(inputs), max(rows, min(size, rows) * 2 * _BATCHES))
    sample = take_inputs(inputs, chosen)
    began = clock()
    work = work_of(model, sample, who="the model")
    sizing = (clock() - began) / len(sample)
    order = None if work is None else work.order
    _forget_peak(model)
    size = _fitting(model, sample, order, min(size, len(sample)), may_halve=batch_size is None)
    spent, timed = 0.0, 0
    for part in _spread(list(batches_of(len(sample), size, order)), max(_BATCHES, rows // size)):
        some = take_inputs(sample, part)
        began = clock()
        model.predict(some)
        spent, timed = spent + clock() - began, timed + len(some)
    return Timed(timed, spent / timed + sizing, size, _peak(), _device_peak(model))


def _drawn(count: int, most: int) -> npt.NDArray[np.int64]:
    """Places of rows, in order: all, or as many as asked for."""
    if count <= most:
        return np.arange(count, dtype=np.int64)
    return np.sort(np.random.default_rng(0).choice(count, size=most, replace=False)).astype(np.int64)


def _fitting(model: Any, sample: Any, order: Any, size: int, *, may_halve: bool) -> int:
    """A batch size that fits: that of the longest rows, which are run."""
    while True:
        try:
            model.predict(take_inputs(sample, next(batches_of(len(sample), size, order))))
        except OutOfMemory:
            if size == 1 or not may_halve:
                raise
            size //= 2
        else:
            return size


def _spread(batches: list[Rows], most: int) -> list[Rows]:
    """Some of the batches, in even steps from the longest rows to the shortest."""
    count = min(len(batches), most)
    return [batches[int((place + 0.5) * len(batches) / count)] for place in range(count)]


def _peak() -> int:
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024  # Linux counts in KiB


def _on_cuda(model: Any) -> Any | None:
    """torch, when the model runs on a CUDA device."""
    return sys.modules.get("torch") if str(getattr(model, "device", "")).startswith("cuda") else None


def _forget_peak(model: Any) -> None:
    if (torch := _on_cuda(model)) is not None:
        torch.cuda.reset_peak_memory_stats(model.device)


def _device_peak(model: Any) -> int | None:
    torch = _on_cuda(model)
    return None if torch is None else int(torch.cuda.max_memory_allocated(model.device))


class Pace:
    """How long the rest will take, by what the batches took that are done."""

    def __init__(self, weights: npt.NDArray[np.float64]) -> None:
        """Take `weights` [batches]: how much work each batch is, in any unit."""
        self._weights = weights
        self._left = float(weights.sum())
        self._seconds = self._done = 0.0

    def passed(self, place: int, seconds: float | None) -> None:
        """A batch is done, in so many seconds; None: it was kept from before."""
        weight = float(self._weights[place])
        self._left -= weight
        if seconds is not None:
            self._seconds += seconds
            self._done += weight

    @property
    def left(self) -> float | None:
        """Seconds; None: nothing was timed yet."""
        return self._seconds / self._done * max(self._left, 0.0) if self._done else None


def batch_weights(batches: list[Rows], done: npt.NDArray[np.int64] | None) -> npt.NDArray[np.float64]:
    """[batches]: the work of each: its rows, times the longest of them where sizes [n] are known."""
    rows = np.array(
        [part.stop - part.start if isinstance(part, slice) else len(part) for part in batches], dtype=np.float64
    )
    if done is None:
        return rows
    longest = np.array([max(int(done[part].max(initial=0)), 1) for part in batches], dtype=np.float64)
    return np.multiply(rows, longest)


_MINUTE, _HOUR = 60, 3600


def about(seconds: float) -> str:
    """A duration as people say it: `under 10 s`, `about 40 s`, `about 4 min`, `about 3 h`."""
    if seconds < 10:  # noqa: PLR2004  nobody plans by less
        return "under 10 s"
    if seconds < 1.5 * _MINUTE:
        return f"about {round(seconds, -1):.0f} s"
    if seconds < 1.5 * _HOUR:
        return f"about {seconds / _MINUTE:.0f} min"
    return f"about {seconds / _HOUR:.0f} h"


def size_in_words(count: int) -> str:
    """Bytes as people say them: `340 MB`, `1.2 GB`."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count / 1e6, 1):.0f} MB"  # noqa: PLR2004  1 GB
