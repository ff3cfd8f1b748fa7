"""How likely a causal model finds each token of a given text, after those before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from auditkit.devices import Replica

WINDOW = 1_024
"""Tokens that are read together at most: the scores of a large vocabulary take 150 KB to 600 KB a token."""
_NUMBERS = 1 << 26
"""Scores, one for each token that could stand at a place, that are there at once: 256 MB."""
_PLACES = 64
_LEAST = -1e4
"""What the log of a probability of 0 is taken for."""


@dataclass(frozen=True)
class Window:
    """A stretch of a text's tokens, of which the last ones are weighed."""

    row: int
    """Of which text."""
    tokens: tuple[int, ...]
    weighed: int
    """The first of `tokens` that is weighed; at least 1, for something comes before it."""


def windows_of(row: int, tokens: Sequence[int], begins: int, context: int | None) -> Iterator[Window]:
    """A text in windows that overlap by half, so that each token from `begins` on is weighed once, and knows the most.

    Args:
        row: of which text.
        tokens: all of it, and what comes before it.
        begins: the first token that is weighed, at least 1.
        context: the tokens that the model can look at together; None: it does not say.
    """
    size = max(2, WINDOW if context is None else min(context, WINDOW))
    step = max(1, size // 2)
    done = begins
    for first in range(0, len(tokens), step):
        last = min(first + size, len(tokens))
        if last > done:
            yield Window(row, tuple(tokens[first:last]), done - first)
            done = last
        if last == len(tokens):
            return


def weigh(replica: Replica, windows: Sequence[Window]) -> list[Any]:
    """[windows][3, weighed]: ln p of each token, its mean over all that could stand there, and its deviation."""
    vocabulary = int(replica.module.get_input_embeddings().num_embeddings)
    order = sorted(range(len(windows)), key=lambda place: -len(windows[place].tokens))
    found: list[Any] = [None] * len(windows)
    while order:
        longest = len(windows[order[0]].tokens)
        count = max(1, _NUMBERS // (longest * vocabulary))
        some, order = order[:count], order[count:]
        for place, said in zip(some, _together(replica, [windows[place] for place in some]), strict=True):
            found[place] = said
    return found


def _together(replica: Replica, windows: Sequence[Window]) -> Iterator[Any]:
    import numpy as np
    import torch

    longest = max(len(one.tokens) for one in windows)
    # Padded at their ends: nothing that a causal model sees of a token lies behind it.
    tokens = torch.tensor([[*one.tokens, *[0] * (longest - len(one.tokens))] for one in windows])
    mask = torch.tensor([[1] * len(one.tokens) + [0] * (longest - len(one.tokens)) for one in windows])
    scores = replica.module(input_ids=tokens.to(replica.device), attention_mask=mask.to(replica.device)).logits
    for place, one in enumerate(windows):
        parts = [
            _of_places(scores[place, first - 1 : last - 1], tokens[place, first:last].to(replica.device))
            for first in range(one.weighed, len(one.tokens), _PLACES)
            for last in (min(first + _PLACES, len(one.tokens)),)
        ]
        yield np.concatenate([part.cpu().numpy() for part in parts], axis=1)


def _of_places(scores: Any, tokens: Any) -> Any:
    """[3, t] of scores [t, vocabulary] of what comes next, and what came."""
    import torch

    logs = torch.log_softmax(scores.float(), dim=1).clamp(min=_LEAST)
    chances = logs.exp()
    mean = (chances * logs).sum(1)
    spread = (chances * (logs - mean[:, None]) ** 2).sum(1).sqrt()
    return torch.stack([logs.gather(1, tokens[:, None])[:, 0], mean, spread])
