"""What a batch needs, made in the background while the batch before it runs: for adapters that have `ahead`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_MOST = 32
"""Batches that are begun and not yet taken: two for each of as many devices as one machine has."""


class Prefetch(Generic[T]):
    """Work that was begun in one thread of its own, each piece found again by its key.

    One thread, so that what is begun is done in that order. It ends with the object, and with the program.
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None
        self._begun: OrderedDict[Hashable, Future[T]] = OrderedDict()

    def __getstate__(self) -> dict[str, Any]:
        """Nothing that was begun: a copy, or another process, begins anew."""
        return {"_pool": None, "_begun": OrderedDict()}

    def begin(self, key: Hashable, work: Callable[[], T]) -> None:
        """Begin some work, unless it was begun already; of too much that nobody takes, the oldest is forgotten."""
        if key in self._begun:
            return
        if self._pool is None:
            self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="auditkit-prefetch")
        self._begun[key] = self._pool.submit(work)
        while len(self._begun) > _MOST:
            self._begun.popitem(last=False)[1].cancel()

    def take(self, key: Hashable, work: Callable[[], T]) -> T:
        """What the work of this key gives, or raises; done here and now where it was not begun."""
        begun = self._begun.pop(key, None)
        return work() if begun is None else begun.result()


def pinned(batch: Mapping[str, Any], device: Any) -> dict[str, Any]:
    """Tensors where a GPU fetches them by itself, if they are for one; else as they are.

    Args:
        batch: tensors in the memory of the machine.
        device: where they go.
    """
    return {name: one.pin_memory() for name, one in batch.items()} if device.type == "cuda" else dict(batch)


def sent(batch: Mapping[str, Any], device: Any) -> dict[str, Any]:
    """Tensors on their device; what was pinned is copied while the program goes on."""
    return {name: one.to(device, non_blocking=True) for name, one in batch.items()}
