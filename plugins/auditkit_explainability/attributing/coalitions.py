"""Shapley values by KernelShap: which coalitions of pieces are asked about, and what follows from the answers.

Lundberg and Lee (2017), A unified approach to interpreting model predictions, NeurIPS, theorem 2; each coalition that
is drawn comes with its complement (Covert and Lee 2021, Improving KernelSHAP, AISTATS, section 4).
"""

from __future__ import annotations

from math import comb

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.floating]


def coalitions(count: int, budget: int, rng: np.random.Generator) -> tuple[Flags, Floats]:
    """Which pieces are there [m, count], and how much each coalition weighs [m]; neither the empty one nor the whole.

    All of them where the budget allows it: the values are exact then. Else drawn by the kernel, in pairs.

    Args:
        count: of pieces.
        budget: how many coalitions may be asked about.
        rng: draws them.
    """
    if count < 2:  # noqa: PLR2004  one piece is the whole
        return np.zeros((0, count), dtype=bool), np.zeros(0)
    if 2**count - 2 <= budget:
        numbers = np.arange(1, 2**count - 1)
        flags = (numbers[:, None] >> np.arange(count)) & 1 == 1
        sizes = flags.sum(axis=1)
        return flags, np.array([1 / (comb(count, int(size)) * size * (count - size)) for size in sizes])
    sizes = np.arange(1, count)
    chance = 1 / (sizes * (count - sizes))
    drawn = rng.choice(sizes, size=max(1, budget // 2), p=chance / chance.sum())
    ranks = rng.random((len(drawn), count)).argsort(axis=1).argsort(axis=1)
    half = ranks < drawn[:, None]
    flags = np.stack([half, ~half], axis=1).reshape(-1, count)
    # Drawn by the kernel, each counts the same.
    return flags, np.ones(len(flags))


def number_of(count: int, budget: int) -> int:
    """How many coalitions `coalitions` gives.

    Args:
        count: of pieces.
        budget: how many coalitions may be asked about.
    """
    if count < 2:  # noqa: PLR2004  one piece is the whole
        return 0
    return 2**count - 2 if 2**count - 2 <= budget else 2 * max(1, budget // 2)


def shapley_values(flags: Flags, weights: Floats, values: Floats, whole: float, nothing: float) -> Floats:
    """[count]: the values that fit the answers best, and sum to the whole less nothing.

    Args:
        flags: [m, count], which pieces are there.
        weights: [m], of `coalitions`.
        values: [m], the model's score of each coalition.
        whole: its score with all pieces.
        nothing: its score with none.
    """
    count = flags.shape[1]
    total = whole - nothing
    if count == 1:
        return np.array([total])
    there = flags.astype(np.float64)
    # The last one is what the others leave of the total.
    design = there[:, :-1] - there[:, -1:]
    wanted = values - nothing - there[:, -1] * total
    root = np.sqrt(weights)
    found, *_ = np.linalg.lstsq(design * root[:, None], wanted * root, rcond=None)
    return np.append(found, total - found.sum())
