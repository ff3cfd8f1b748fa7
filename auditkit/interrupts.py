"""Ctrl-C goes to the supervisor alone: it is held back while a worker is started, and dropped in the worker."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from multiprocessing import resource_tracker


@contextlib.contextmanager
def no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back while a worker is started: it hears of none before it has a group of its own.

    The mask is for the worker, which inherits it. It does not keep Ctrl-C from this process: a thread of a numerical
    library may take the signal, and Python would then interrupt the main thread between making the worker and telling
    it what to do.
    """
    # Its tracker is started first, because starting it lets signals through again.
    resource_tracker.ensure_running()
    with _interrupt_afterwards():
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _interrupt_afterwards() -> Iterator[None]:
    """Note a Ctrl-C, and act on it when the block is done. Python interrupts the main thread alone."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted: list[int] = []
    handler = signal.signal(signal.SIGINT, lambda number, _: noted.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if noted:
            signal.raise_signal(signal.SIGINT)


def forget_interrupts() -> None:
    """Drop the Ctrl-C that was held back, and take those that come from now on."""
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, handler)
