"""How answers are drawn: greedily unless the spec says otherwise, and never by a number that nobody can repeat."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from auditkit import ModelError, Text
from auditkit_llm.prompts import Conversation

DEFAULT = "default"
"""What a spec writes where an endpoint is to be told no temperature."""


def temperature_of(said: float | str) -> float | None:
    """The temperature that a spec says; None: the endpoint's own."""
    return None if isinstance(said, str) else float(said)


@dataclass(frozen=True)
class Decoding:
    """What decides, with the prompt, which tokens an answer has."""

    temperature: float | None = 0.0
    """0: the likeliest token at each step; None: whatever an endpoint does when nothing is said."""
    max_tokens: int = 256
    samples: int = 1
    """Answers to each prompt."""
    stop: tuple[str, ...] = ()
    """Texts before which an answer ends."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, least in (
            ("temperature", self.temperature, 0),
            ("max_tokens", self.max_tokens, 1),
            ("samples", self.samples, 1),
            ("seed", self.seed, 0),
        ):
            if value is not None and not least <= value < math.inf:
                raise ModelError(f"[model] {name} is {value:g}", hint=f"{name} = {least} at least")
        if self.samples > 1 and self.temperature == 0:
            raise ModelError(
                f"[model] samples is {self.samples}, and without a temperature all samples of a prompt are the same",
                hint="temperature = 0.7, or samples = 1",
            )
        if "" in self.stop:
            raise ModelError("[model] stop holds an empty text, before which every answer ends", hint='stop = ["\\n"]')

    @property
    def is_seeded(self) -> bool:
        """Whether an answer is drawn, and by a seed."""
        return bool(self.temperature)

    def drawn(self, *, samples: int, seed: int) -> Decoding:
        """The same for several answers to a prompt, which are drawn: at temperature 1 where these are not."""
        temperature = 1.0 if self.temperature == 0 else self.temperature
        return replace(self, temperature=temperature, samples=samples, seed=seed)

    def seed_of(self, conversation: Conversation, sample: int) -> int:
        """A seed below 2**31 for one sample of one prompt: the same in any batch, at any place, after any stop."""
        asked = json.dumps([self.seed, sample, [dict(one) for one in conversation]], sort_keys=True)
        return int.from_bytes(hashlib.sha256(asked.encode("utf-8", errors="surrogatepass")).digest()[:4], "big") >> 1

    def ended(self, text: str) -> str:
        """An answer up to the first of the texts before which it ends."""
        places = [place for one in self.stop if (place := text.find(one)) >= 0]
        return text[: min(places)] if places else text

    def described(self, system: str | None) -> Iterator[Text]:
        """What the report says of it."""
        if self.temperature == 0:
            yield Text.of(
                "answers were decoded greedily, at temperature 0, up to {count} tokens", count=self.max_tokens
            )
        elif self.temperature is None:
            yield Text.of(
                "answers were drawn as the endpoint draws them by default, up to {count} tokens, {samples} a prompt: "
                "neither a temperature nor a seed was sent",
                count=self.max_tokens,
                samples=self.samples,
            )
        else:
            yield Text.of(
                "answers were drawn at temperature {temperature} from the seed {seed}, up to {count} tokens, {samples} "
                "a prompt; of several the first is looked at, unless a check says otherwise",
                temperature=self.temperature,
                seed=self.seed,
                count=self.max_tokens,
                samples=self.samples,
            )
        if self.stop:
            yield Text.of("answers end before {stop}", stop=", ".join(map(repr, self.stop)))
        if system is not None:
            digest = hashlib.sha256(system.encode()).hexdigest()
            yield Text.of(
                "each prompt came after a system prompt of {count} characters, sha256:{digest}",
                count=len(system),
                digest=digest,
            )

    def asked(self) -> dict[str, Any]:
        """What of it a kept answer depends on."""
        temperature = DEFAULT if self.temperature is None else self.temperature
        return {"temperature": temperature, "max_tokens": self.max_tokens, "stop": list(self.stop)}
