"""How likely a causal model is to write given tokens, as its answers are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from auditkit import Sampling
from auditkit.devices import Replica

NEVER = -1e4
"""What the log of a probability of 0 is taken for: of no text is it so by chance."""
_NUMBERS = 1 << 26
"""Scores, one for each token that could stand at a place, that are there at once: 256 MB."""

Row = tuple[list[int], int]
"""Tokens of a prompt and of what follows it, and the first that follows."""


def log_chances_of(replica: Replica, rows: Sequence[Row], *, sampling: Sampling) -> list[float]:
    """[n]: the sum of ln p over the tokens that follow, each after those before it."""
    vocabulary = int(replica.module.get_input_embeddings().num_embeddings)
    order = sorted(range(len(rows)), key=lambda place: -len(rows[place][0]))
    found = [0.0] * len(rows)
    while order:
        count = max(1, _NUMBERS // (len(rows[order[0]][0]) * vocabulary))
        some, order = order[:count], order[count:]
        for place, log in zip(some, _together(replica, [rows[place] for place in some], sampling), strict=True):
            found[place] = log
    return found


def _together(replica: Replica, rows: Sequence[Row], sampling: Sampling) -> list[float]:
    import torch

    longest = max(len(tokens) for tokens, _ in rows)
    # Padded at their ends: nothing that a causal model sees of a token lies behind it.
    tokens = torch.tensor([one + [0] * (longest - len(one)) for one, _ in rows]).to(replica.device)
    mask = torch.tensor([[1] * len(one) + [0] * (longest - len(one)) for one, _ in rows])
    scores = replica.module(input_ids=tokens, attention_mask=mask.to(replica.device)).logits
    return [
        float(token_logs(scores[row, begins - 1 : len(one) - 1], tokens[row, begins : len(one)], sampling).sum())
        for row, (one, begins) in enumerate(rows)
    ]


def token_logs(scores: Any, tokens: Any, sampling: Sampling) -> Any:
    """[t]: ln p of tokens [t], drawn from scores [t, v] at a temperature, of the likeliest k, of these the likeliest p.

    In the order in which transformers' `generate` applies them. What is never drawn has `NEVER`.
    """
    import torch

    scores = scores.double()
    if sampling.temperature == 0:
        return torch.where(scores.argmax(1) == tokens, 0.0, NEVER)
    scores = scores / sampling.temperature
    if sampling.top_k:
        least = scores.topk(min(sampling.top_k, scores.shape[1]), dim=1).values[:, -1:]
        scores = scores.masked_fill(scores < least, -torch.inf)
    if sampling.top_p < 1:
        ranked, order = scores.sort(dim=1)
        # From the unlikeliest on, as many as have no more than 1 - p together; the likeliest always stays.
        gone = ranked.softmax(1).cumsum(1) <= 1 - sampling.top_p
        gone[:, -1] = False
        scores = scores.masked_fill(gone.scatter(1, order, gone), -torch.inf)
    return scores.log_softmax(1).gather(1, tokens[:, None])[:, 0].clamp(min=NEVER)
