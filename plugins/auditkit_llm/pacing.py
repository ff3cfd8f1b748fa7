"""How fast an endpoint may be asked, and how long to wait before it is asked again."""

from __future__ import annotations

import email.utils
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

MINUTE = 60.0
LONGEST_WAIT = 600.0
"""Seconds: an endpoint that says to come back later than that is not waited for."""
_FIRST, _MOST = 0.5, 60.0
"""Seconds of the first wait, and of the longest one that nobody asked for."""


@dataclass
class Pace:
    """Lets requests through no faster than so many, and so many tokens, a minute; evenly, without bursts."""

    requests_per_minute: float | None = None
    tokens_per_minute: float | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _next_request: float = 0.0
    _next_token: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def wait(self, tokens: int) -> None:
        """Wait until a request of about so many tokens may be sent."""
        with self._lock:
            now = self.clock()
            begin = max(now, self._next_request, self._next_token)
            if self.requests_per_minute is not None:
                self._next_request = begin + MINUTE / self.requests_per_minute
            if self.tokens_per_minute is not None:
                self._next_token = begin + tokens * MINUTE / self.tokens_per_minute
        if begin > now:
            self.sleep(begin - now)

    def settle(self, expected: int, used: int) -> None:
        """A request that was expected to take some tokens has used others."""
        if self.tokens_per_minute is not None:
            with self._lock:
                self._next_token += (used - expected) * MINUTE / self.tokens_per_minute

    def hold(self, seconds: float) -> None:
        """The endpoint asks for silence: nobody sends meanwhile."""
        with self._lock:
            self._next_request = max(self._next_request, self.clock() + seconds)


def backoff(attempt: int, rng: np.random.Generator) -> float:
    """Seconds before try number `attempt` + 1 (from 1): doubled each time, and drawn between half of that and all."""
    return float(min(_MOST, _FIRST * 2 ** (attempt - 1)) * rng.uniform(0.5, 1.0))


def retry_after(header: str | None, *, now: datetime | None = None) -> float | None:
    """The seconds of a Retry-After header, which holds them or a date (RFC 9110, 10.2.3); None: neither."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        moment = email.utils.parsedate_to_datetime(header)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())
