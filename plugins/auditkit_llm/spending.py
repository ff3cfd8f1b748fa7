"""What answers cost, and a limit that is held before it is passed."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from auditkit import CrashError, ModelError
from auditkit_llm.answers import Answer

MILLION = 1_000_000


@dataclass(frozen=True)
class Prices:
    """What a million tokens cost."""

    prompt: float | None = None
    completion: float | None = None
    currency: str = "USD"

    def __post_init__(self) -> None:
        if (self.prompt is None) != (self.completion is None):
            raise ModelError("[model] has one of price_input and price_output", hint="give both, or neither")
        if not all(0 <= (price or 0) < math.inf for price in (self.prompt, self.completion)):
            raise ModelError(
                "[model] a price is below 0, or no number", hint="price_input = 0.15, for a million tokens"
            )

    @property
    def are_known(self) -> bool:
        """Whether there are any."""
        return self.prompt is not None

    def cost(self, prompt_tokens: int, completion_tokens: int) -> float:
        """Of so many tokens, in the currency."""
        return ((self.prompt or 0.0) * prompt_tokens + (self.completion or 0.0) * completion_tokens) / MILLION

    def shown(self, cost: float) -> str:
        """A cost as people read it."""
        return f"{cost:,.2f} {self.currency}" if cost >= 1 else f"{cost:.4g} {self.currency}"


@dataclass
class Budget:
    """The most tokens, and the most money, that the answers in a folder may take together."""

    prices: Prices
    max_total_tokens: int | None = None
    max_cost: float | None = None
    _tokens: int = 0
    _cost: float = 0.0
    _open: int = 0
    """Requests on their way, for which the most that they can take is set aside."""
    _change: threading.Condition = field(default_factory=threading.Condition, repr=False)

    def __post_init__(self) -> None:
        if self.max_cost is not None and not 0 < self.max_cost < math.inf:
            raise ModelError(f"[model] max_cost is {self.max_cost:g}", hint="max_cost is above 0")
        if self.max_cost is not None and not self.prices.are_known:
            raise ModelError(
                "[model] max_cost needs to know what tokens cost", hint="price_input = 0.15 and price_output = 0.60"
            )

    @property
    def is_limited(self) -> bool:
        """Whether there is a limit."""
        return self.max_total_tokens is not None or self.max_cost is not None

    def reserve(self, prompt_tokens: int, completion_tokens: int) -> None:
        """Set aside the most that a request can take; waits for others to come back where that leaves room.

        Raises:
            CrashError: the limit could be passed.
        """
        with self._change:
            while (passed := self._passed(prompt_tokens, completion_tokens)) is not None:
                if not self._open:
                    raise CrashError(
                        f"the next answer could pass {passed}",
                        hint="raise it and run again: the answers that are there are kept, and not asked for again",
                    )
                self._change.wait()
            self._open += 1
            self._take(prompt_tokens, completion_tokens)

    def settle(self, reserved: tuple[int, int], used: tuple[int, int] | None) -> None:
        """A request is over, for which tokens of prompt and answer were set aside; None: nobody knows what it used."""
        with self._change:
            self._open -= 1
            if used is not None:
                self._take(-reserved[0], -reserved[1])
                self._take(*used)
            self._change.notify_all()

    def spent_before(self, answers: Iterable[Answer]) -> None:
        """Count answers that were paid for in an earlier run."""
        with self._change:
            for one in answers:
                self._take(one.prompt_tokens or 0, one.completion_tokens or 0)

    def _take(self, prompt_tokens: int, completion_tokens: int) -> None:
        self._tokens += prompt_tokens + completion_tokens
        self._cost += self.prices.cost(prompt_tokens, completion_tokens)

    def _passed(self, prompt_tokens: int, completion_tokens: int) -> str | None:
        """The limit that a request could pass; None: neither."""
        tokens = self._tokens + prompt_tokens + completion_tokens
        if self.max_total_tokens is not None and tokens > self.max_total_tokens:
            return f"max_total_tokens = {self.max_total_tokens:,}: {self._tokens:,} tokens are used"
        cost = self._cost + self.prices.cost(prompt_tokens, completion_tokens)
        if self.max_cost is not None and cost > self.max_cost:
            return f"max_cost = {self.prices.shown(self.max_cost)}: {self.prices.shown(self._cost)} is spent"
        return None
