"""An end to a program of somebody else's that runs in this thread, such as a template that loops."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class TooLongError(Exception):
    """It did not come to its end in time."""


class _Stopped(BaseException):
    """What the watch raises in the thread that it watches; nothing that the program catches may catch it."""


def ended_after(seconds: float, call: Callable[[], T]) -> T:
    """What a call returns, if it does so in time. It is ended between two steps of Python, not within a long one.

    Raises:
        TooLongError: it does not.
    """
    watched, lock = threading.get_ident(), threading.Lock()
    is_over = is_stopped = False

    def stop() -> None:
        nonlocal is_stopped
        with lock:
            if not is_over:
                is_stopped = True
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(watched), ctypes.py_object(_Stopped))

    watch = threading.Timer(seconds, stop)
    watch.daemon = True
    watch.start()
    try:
        try:
            found = call()
        finally:
            watch.cancel()
            with lock:
                is_over = True
        while is_stopped:  # it came to its end as the watch struck: the exception is on its way, and is met here
            time.sleep(0.001)
    except _Stopped:
        raise TooLongError from None
    return found
