"""One token after another: greedily, or by noise of each row's own, so that no row depends on the rows beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Chooser:
    """Chooses each next token for transformers' `generate`, and notes how likely the model found it.

    A token is drawn by the Gumbel-max trick: the largest of logits / temperature plus Gumbel noise is distributed as
    the softmax of logits / temperature (Maddison, Tarlow and Minka 2014, A* Sampling, arXiv:1411.0030). The noise of a
    row comes from that row's seed alone.
    """

    def __init__(self, temperature: float, seeds: Sequence[int]) -> None:
        import torch

        self._temperature = temperature
        self._generators = [torch.Generator().manual_seed(seed) for seed in seeds]
        self._logprobs: list[Any] = []

    def __call__(self, _tokens: Any, scores: Any) -> Any:
        """[n, v] logits -> [n, v] that are 0 at the token that is chosen, and minus infinity elsewhere."""
        import torch

        logits = scores.float()
        if self._temperature == 0:
            chosen = logits.argmax(-1, keepdim=True)
        else:
            chosen = (logits / self._temperature + self._noise(logits)).argmax(-1, keepdim=True)
        self._logprobs.append(logits.log_softmax(-1).gather(-1, chosen)[:, 0].cpu())
        return torch.full_like(scores, -torch.inf).scatter_(-1, chosen, 0.0)

    def _noise(self, logits: Any) -> Any:
        import torch

        # On the CPU, whose generator draws the same numbers on every machine; 0 would have an infinite logarithm.
        drawn = [torch.rand(logits.shape[1], generator=one, dtype=torch.float64) for one in self._generators]
        uniform = torch.stack(drawn).clamp_min(torch.finfo(torch.float64).tiny)
        return -torch.log(-torch.log(uniform)).float().to(logits.device)

    def logprobs(self) -> Any:
        """[n, steps]: of each chosen token, by the model's own distribution at temperature 1."""
        import torch

        return torch.stack(self._logprobs, dim=1)


class StopAt:
    """Tells `generate` which rows have written one of some texts."""

    def __init__(self, tokenizer: Any, stop: Sequence[str], begin: int) -> None:
        self._tokenizer = tokenizer
        self._stop = stop
        self._begin = begin

    def __call__(self, tokens: Any, _scores: Any, **_: Any) -> Any:
        """[n], yes or no."""
        import torch

        # So many tokens back are enough: each of them writes a character at least, or is left out.
        back = max(self._begin, tokens.shape[1] - 4 * max(map(len, self._stop)) - 8)
        texts = self._tokenizer.batch_decode(tokens[:, back:], skip_special_tokens=True)
        ended = [any(one in text for one in self._stop) for text in texts]
        return torch.tensor(ended, dtype=torch.bool, device=tokens.device)
