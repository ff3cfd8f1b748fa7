"""What a model that writes says of a text: arrays in, one number a text out, and the higher, the more like a member.

Each reads the log-probabilities of the text's tokens; a text of which no token is weighed has NaN.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from auditkit import Likelihoods

Floats = npt.NDArray[np.floating]

LOWEST = 0.2
"""The share of a text's tokens that Min-K% looks at: the least likely ones, of which a member has fewer surprises."""
_LEAST = 1e-6


def mean_log(said: Likelihoods) -> Floats:
    """[n]: the mean of the tokens' log-probabilities: the loss with its sign turned."""
    return _each(said, lambda logs, _, __: logs.mean())


def zlib_ratio(said: Likelihoods, texts: Sequence[str]) -> Floats:
    """[n]: the log-probability of the whole text over the bytes that zlib makes of it: what anybody could compress.

    Source: Carlini et al. (2021), "Extracting training data from large language models", USENIX Security, section 5.1.
    """
    total = _each(said, lambda logs, _, __: logs.sum())
    bytes_ = [len(zlib.compress(text.encode("utf-8", errors="surrogatepass"))) for text in texts]
    return np.asarray(total / np.array(bytes_, dtype=np.float64).reshape(len(texts)))


def lowest_logs(said: Likelihoods, *, share: float = LOWEST) -> Floats:
    """[n]: the mean log-probability of the least likely tokens (Min-K%).

    Source: Shi et al. (2024), "Detecting pretraining data from large language models", ICLR.
    """
    return _each(said, lambda logs, _, __: _lowest(logs, share))


def lowest_standardised(said: Likelihoods, *, share: float = LOWEST) -> Floats:
    """[n]: the same of log-probabilities less their mean, over their deviation, at each place (Min-K%++).

    Source: Zhang et al. (2025), "Min-K%++: improved baseline for detecting pre-training data from large language
    models", ICLR.
    """
    return _each(said, lambda logs, means, spreads: _lowest((logs - means) / np.maximum(spreads, _LEAST), share))


def _lowest(numbers: Floats, share: float) -> float:
    count = max(1, int(share * len(numbers)))
    return float(np.partition(numbers, count - 1)[:count].mean())


def _each(said: Likelihoods, measure: Callable[[Floats, Floats, Floats], float]) -> Floats:
    found = np.full(len(said), np.nan)
    for row in range(len(said)):
        part = slice(int(said.starts[row]), int(said.starts[row + 1]))
        if part.stop > part.start:
            arrays = [np.asarray(one[part], dtype=np.float64) for one in (said.logs, said.means, said.spreads)]
            found[row] = measure(*arrays)
    return found
