"""How answers are drawn: greedily unless the spec says otherwise, and never by a number that nobody can repeat."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from auditkit import ModelError, Text
from auditkit_llm.prompts import Conversation


@dataclass(frozen=True)
class Decoding:
    """What decides, with the prompt, which tokens an answer has."""

    temperature: float = 0.0
    """0: the likeliest token at each step."""
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
            if not least <= value < math.inf:
                raise ModelError(f"[model] {name} is {value:g}", hint=f"{name} = {least} at least")
        if self.samples > 1 and self.temperature == 0:
            raise ModelError(
                f"[model] samples is {self.samples}, and without a temperature all samples of a prompt are the same",
                hint="temperature = 0.7, or samples = 1",
            )
        if "" in self.stop:
            raise ModelError("[model] stop holds an empty text, before which every answer ends", hint='stop = ["\\n"]')

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
        return {"temperature": self.temperature, "max_tokens": self.max_tokens, "stop": list(self.stop)}
