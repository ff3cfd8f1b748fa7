"""An end to each request, however slowly its reply comes: httpx bounds each read, and a server can send bit by bit."""

from __future__ import annotations

import contextlib
import math
import threading
import time
import zlib
from collections.abc import Iterable, Iterator
from typing import Any

_thread = threading.local()
"""`end`, the moment by time.monotonic() at which this thread's request has to be over."""
_GZIP_OR_ZLIB = 47


class PackedError(Exception):
    """A reply that is not unpacked."""


@contextlib.contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whatever this thread reads and writes by a client that is `bounded` ends after so many seconds."""
    _thread.end = time.monotonic() + seconds
    try:
        yield
    finally:
        del _thread.end


def bounded(client: Any) -> Any:
    """The same client of httpx, whose connections know `within`.

    httpx has no option for it, and httpcore, by which it connects, has the seam: a network backend.
    """
    import httpcore

    class Stream(httpcore.NetworkStream):
        def __init__(self, stream: Any) -> None:
            self._stream = stream

        def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
            found: bytes = self._stream.read(max_bytes, _left(timeout, httpcore.ReadTimeout))
            return found

        def write(self, buffer: bytes, timeout: float | None = None) -> None:
            self._stream.write(buffer, _left(timeout, httpcore.WriteTimeout))

        def close(self) -> None:
            self._stream.close()

        def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
            return Stream(self._stream.start_tls(ssl_context, server_hostname, timeout))

        def get_extra_info(self, info: str) -> Any:
            return self._stream.get_extra_info(info)

    class Backend(httpcore.SyncBackend):
        def connect_tcp(self, *where: Any, **how: Any) -> Any:
            return Stream(super().connect_tcp(*where, **how))

    # Its own, and those of the proxies of the environment; None stands for a host that is to have none.
    for transport in (client._transport, *client._mounts.values()):  # noqa: SLF001  it has no other way in
        if transport is not None:
            transport._pool._network_backend = Backend()  # noqa: SLF001  same
    return client


def _left(timeout: float | None, error: type[Exception]) -> float | None:
    left = getattr(_thread, "end", math.inf) - time.monotonic()
    if left <= 0:
        raise error
    return timeout if left == math.inf else min(left, left if timeout is None else timeout)


def unpacked(parts: Iterable[bytes], encoding: str, *, most: int) -> Iterator[bytes]:
    """A reply's bytes, unpacked where it was packed once though nobody asked for it; none is longer than `most` + 1.

    Raises:
        PackedError: it is packed in another way, or more than once, or damaged.
    """
    if encoding not in {"", "identity", "gzip", "x-gzip", "deflate"}:
        raise PackedError(f"packed as '{encoding[:60]}', which was not asked for")
    unzip = None if encoding in {"", "identity"} else zlib.decompressobj(wbits=_GZIP_OR_ZLIB)
    for part in parts:
        try:
            yield part if unzip is None else unzip.decompress(part, most + 1)
        except zlib.error as error:
            raise PackedError(f"damaged: {error}") from None
