"""Honest times on a machine that is not idle: in turns, by the clock and by the processor, the fastest of several."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Taken:
    """How long one contestant took, in seconds, in each of its runs."""

    wall: tuple[float, ...]
    processor: tuple[float, ...]
    """Of all its threads together."""

    @property
    def fastest(self) -> float:
        """The run that the rest of the machine disturbed least."""
        return min(self.wall)

    @property
    def median(self) -> float:
        """Wall seconds."""
        return statistics.median(self.wall)

    @property
    def least_work(self) -> float:
        """Processor seconds of the run that took fewest."""
        return min(self.processor)


def side_by_side(contestants: Mapping[str, Callable[[], Any]], runs: int) -> dict[str, Taken]:
    """Time each so many times, in turns, so that a slow moment slows all; who goes first changes with every turn."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in contestants}
    names = list(contestants)
    for turn in range(runs):
        first = turn % len(names)
        for name in (*names[first:], *names[:first]):
            seconds[name].append(once(contestants[name]))
    return {
        name: Taken(tuple(wall for wall, _ in pairs), tuple(work for _, work in pairs))
        for name, pairs in seconds.items()
    }


def once(work: Callable[[], Any]) -> tuple[float, float]:
    """Wall and processor seconds of one run."""
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - processor


def best_size(work: Callable[[int], Any], sizes: Sequence[int]) -> int:
    """The batch size that is fastest: the least processor time, since that is what a busy machine disturbs least."""
    return min(sizes, key=lambda size: once(lambda: work(size))[1])
