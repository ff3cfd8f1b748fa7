"""What an endpoint replies, read without trusting any of it."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping
from typing import Any

from auditkit_llm.answers import Answer

_MOST_TOKENS = 10**9
"""Of one answer; a count beyond is none."""
_LARGEST_LOGPROB = 1e6
"""Of one token, without its sign: what is beyond, or no number, is none. Some servers say -9999 for "unlikely"."""
_SHOWN = 300
"""Characters of what a server says that go into a message."""


class StrangeReplyError(Exception):
    """A reply that is none, e.g. a page of a proxy: the next one may be."""


class RefusedError(Exception):
    """A reply that will stay as it is."""

    def __init__(self, said: str, hint: str) -> None:
        super().__init__(said)
        self.hint = hint


def read_reply(text: str, *, wants_logprobs: bool, ended: Callable[[str], str] = str) -> Answer:
    """The answer in the JSON of a chat completion.

    Args:
        text: of the reply.
        wants_logprobs: whether they were asked for.
        ended: cuts an answer at what should stop it: some servers end after that, and not before.

    Raises:
        StrangeReplyError: it is no chat completion.
        RefusedError: log-probabilities were asked for, and there are none.
    """
    try:
        reply = json.loads(text)
    except (ValueError, RecursionError):  # a number of thousands of digits is a ValueError too
        raise StrangeReplyError(f"no JSON: {plain(text)[:80]!r}") from None
    choice = _first_of(reply, "choices")
    message = choice.get("message") if isinstance(choice, Mapping) else None
    if not isinstance(choice, Mapping) or not isinstance(message, Mapping):
        raise StrangeReplyError(f"no chat completion: {words_in(text)[:80]!r}")
    said = next((message[key] for key in ("content", "refusal") if isinstance(message.get(key), str)), "")
    cut = ended(said)
    logprob = _logprob(choice, said, len(cut)) if wants_logprobs else None
    return Answer(
        text=cut.encode("utf-8", errors="replace").decode(),
        finish=plain(choice.get("finish_reason") or "")[:60],
        logprob=logprob,
        prompt_tokens=_count(reply, "prompt_tokens"),
        completion_tokens=_count(reply, "completion_tokens"),
        model=_named(reply),
    )


def _first_of(reply: Any, key: str) -> Any:
    found = reply.get(key) if isinstance(reply, Mapping) else None
    return found[0] if isinstance(found, list) and found else None


def _logprob(choice: Mapping[str, Any], said: str, length: int) -> float:
    """The sum over the tokens that write the first `length` characters of what was said."""
    told = choice.get("logprobs")
    tokens = told.get("content") if isinstance(told, Mapping) else None
    if not said and not tokens:
        return 0.0
    found = [one.get("logprob") for one in tokens if isinstance(one, Mapping)] if isinstance(tokens, list) else []
    values = [
        float(one)
        for one in found
        if isinstance(one, int | float) and not isinstance(one, bool) and abs(one) <= _LARGEST_LOGPROB
    ]
    if not values or len(values) < len(found):
        raise RefusedError("its answers bear no log-probabilities", "[model] logprobs = false")
    if length < len(said):
        values = values[: _writing(tokens, said, length)]
    return min(0.0, math.fsum(values))


def _writing(tokens: Any, said: str, length: int) -> int:
    """How many of the tokens write no more than the first `length` characters."""
    words = [str(one.get("token")) for one in tokens if isinstance(one, Mapping)]
    if "".join(words) != said:
        what = "its answers go on after a text of [model] stop, and its tokens do not say where that lies"
        raise RefusedError(what, "[model] logprobs = false, or no stop")
    return sum(end <= length for end in itertools.accumulate(map(len, words)))


def _count(reply: Mapping[str, Any], key: str) -> int | None:
    usage = reply.get("usage")
    found = usage.get(key) if isinstance(usage, Mapping) else None
    return found if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= _MOST_TOKENS else None


def _named(reply: Mapping[str, Any]) -> str:
    parts = (reply.get("model"), reply.get("system_fingerprint"))
    return ", ".join(plain(one)[:100] for one in parts if isinstance(one, str) and one)


def words_in(text: str) -> str:
    """What a server says went wrong: its own message where the JSON of an error has one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):  # a number of thousands of digits is a ValueError too
        return plain(text)[:_SHOWN] or "no words"
    for key in ("error", "detail", "message"):
        if isinstance(found, Mapping) and key in found:
            found = found[key]
    return plain(found if isinstance(found, str) else json.dumps(found, ensure_ascii=False))[:_SHOWN] or "no words"


def plain(text: Any) -> str:
    """A server's words on one line, without control characters."""
    return " ".join("".join(char if char.isprintable() else " " for char in str(text)).split())
