"""One answer with what is known of it, as it is kept; many of them as Texts, and as sentences of the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import numpy as np

from auditkit import Text, Texts
from auditkit_llm.decoding import Decoding


@dataclass(frozen=True)
class Answer:
    """What a model said to one prompt, once."""

    text: str
    finish: str
    """Why it ended: `stop`, `length` (cut at max_tokens), `content_filter`, or another word of the endpoint's."""
    logprob: float | None = None
    """The sum over its tokens, without the one that ends it; None: not told."""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    tries: int = 1
    """How often it was asked for until it came."""
    model: str = ""
    """What the answer says that it is from, with the endpoint's fingerprint of its settings where there is one."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)

    @classmethod
    def of_json(cls, kept: Any) -> Self | None:
        """The answer that was kept; None: something else was."""
        names = {field.name for field in fields(cls)}
        return cls(**kept) if isinstance(kept, dict) and set(kept) == names else None


LIMITS = frozenset({"length", "max_tokens", "content_filter"})
"""What servers call an end that is not the model's own."""


def texts_of(rows: Sequence[Sequence[Answer]], decoding: Decoding, *, with_logprobs: bool) -> Texts:
    """[n][s] answers as predictions; with the log-probability of each first one where all are known."""
    samples = tuple(tuple(one.text for one in row) for row in rows)
    cut = np.array([any(may_be_cut(one, decoding) for one in row) for row in rows], dtype=bool)
    if not with_logprobs:
        return Texts(samples, cut=cut)
    return Texts(samples, np.array([row[0].logprob or 0.0 for row in rows], dtype=np.float64), cut)


def may_be_cut(answer: Answer, decoding: Decoding) -> bool:
    """Whether a model may have had more to say; servers say "stop" too where a text ended it, and some always do."""
    is_full = answer.completion_tokens is not None and answer.completion_tokens >= decoding.max_tokens
    return is_full or answer.finish in LIMITS or bool(decoding.stop)


def endings(answers: Iterable[Answer], *, max_tokens: int) -> Iterator[Text]:
    """How many were cut, filtered, or ended for a reason that is no end."""
    answers = list(answers)
    counted = Counter(one.finish for one in answers)
    if cut := counted.pop("length", 0):
        message = "{count} of {all} answers were cut at {limit} tokens"
        yield Text.of(message, count=cut, all=len(answers), limit=max_tokens)
    if filtered := counted.pop("content_filter", 0):
        message = "{count} of {all} answers were withheld or cut by the endpoint's content filter"
        yield Text.of(message, count=filtered, all=len(answers))
    counted.pop("stop", 0)
    for finish, count in sorted(counted.items()):
        message = "{count} of {all} answers ended with '{finish}'"
        yield Text.of(message, count=count, all=len(answers), finish=finish[:60] or "no reason")
