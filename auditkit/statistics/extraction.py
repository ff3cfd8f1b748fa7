"""How often an attacker who asks again and again is given a text, and how far a secret stands out among candidates.

Sources: Hayes et al. (2025), "Measuring memorization in language models via probabilistic extraction",
arXiv:2410.19482; Carlini et al. (2019), "The secret sharer", USENIX Security 28, 267-284.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

GUESSED = float(np.log2(np.e))
"""The mean exposure, in bits, of values that a model knows nothing of: a rank is then uniform, and -log2 of a uniform
number has this mean."""

_ROUNDING = 1e-9
_MOST_SKEWED = 0.99
"""Of the largest skewness that a skew normal has: beyond, its moments do not determine it."""


def extraction_chance(log_chance: npt.ArrayLike, draws: npt.ArrayLike) -> Floats:
    """The chance that at least one of so many independent answers is the text: 1 - (1 - p)^n.

    Args:
        log_chance: ln p, the chance that one answer is; at most 0.
        draws: n, at least 1; both are broadcast against each other.

    Raises:
        ValueError: a chance is above 1, or somebody draws less than once.
    """
    logs, count = np.asarray(log_chance, dtype=np.float64), np.asarray(draws, dtype=np.float64)
    _refuse(logs)
    if np.any(count < 1):
        raise ValueError("an attacker draws at least once")
    with np.errstate(divide="ignore"):
        # Of ln p far below -700 nothing is left of p, and of the chance neither.
        return np.asarray(-np.expm1(count * np.log1p(-np.exp(np.minimum(logs, 0.0)))))


def draws_needed(log_chance: npt.ArrayLike, chance: float = 0.5) -> Floats:
    """The fewest answers, of which one is the text with at least this chance; infinity where none would be enough.

    Args:
        log_chance: ln p, the chance that one answer is.
        chance: above 0, below 1.

    Raises:
        ValueError: a chance is none.
    """
    logs = np.asarray(log_chance, dtype=np.float64)
    _refuse(logs)
    if not 0 < chance < 1:
        raise ValueError(f"{chance:g} is no chance above 0 and below 1")
    with np.errstate(divide="ignore"):
        wanted = np.log1p(-chance) / np.log1p(-np.exp(np.minimum(logs, 0.0)))
    # 1 - (1 - 1/2)^1 is 1/2, whatever the last digit of the logarithms says.
    return np.asarray(np.maximum(np.ceil(wanted - _ROUNDING * np.minimum(wanted, 1e6)), 1.0))


def rank_exposure(secret: npt.ArrayLike, references: npt.ArrayLike, *, space: float | None = None) -> Floats:
    """log2 of the number of candidates less log2 of the secret's rank among them, in bits; a tie ranks it behind.

    Args:
        secret: [...], its log-perplexity: lower is more like what the model has learnt.
        references: [r], of other candidates.
        space: how many candidates there are in all; None: as many as there are references, as TensorFlow Privacy counts
            them. With all others as references it is r + 1, and the exposure of Carlini et al., definition 2.

    Raises:
        ValueError: there is no reference, or the space is smaller than they are.
    """
    others = np.sort(np.asarray(references, dtype=np.float64))
    if not len(others) or (space is not None and space < len(others)):
        raise ValueError(f"{len(others)} references among {space} candidates")
    ranks = np.searchsorted(others, np.asarray(secret, dtype=np.float64), side="right") + 1
    return np.asarray(np.log2(len(others) if space is None else space) - np.log2(ranks))


def skew_normal_exposure(secret: npt.ArrayLike, references: npt.ArrayLike, *, space: float) -> Floats:
    """Exposure in bits where candidates are too many to rank: -log2 of a skew normal's distribution function.

    It is fitted by its moments to the log-perplexities of candidates drawn at random (Azzalini 1985, Scand. J. Stat.
    12, 171-178), which takes no search that could end elsewhere on another machine. No exposure is above log2(space).

    Args:
        secret: [...], its log-perplexity.
        references: [r], of candidates drawn at random; at least 2.
        space: how many candidates there are in all.

    Raises:
        ValueError: there are fewer than two references.
    """
    from scipy import special

    others = np.asarray(references, dtype=np.float64)
    if len(others) < 2:  # noqa: PLR2004  no spread
        raise ValueError("a distribution is fitted to two references at least")
    most = float(np.log2(space))
    known = np.asarray(secret, dtype=np.float64)
    if others.std() <= _ROUNDING * max(1.0, float(np.abs(others).max())):
        return np.where(known < others.min(), most, 0.0)
    delta, scale, place = _moments(others)
    standard = (known - place) / scale
    alpha = delta / np.sqrt(1 - delta**2)
    share = special.ndtr(standard) - 2 * special.owens_t(standard, alpha)
    # In its far left tail the difference is rounding, which log2 would make a number of; it is that of a space then.
    with np.errstate(divide="ignore"):
        bits = -np.log2(np.clip(share, 0.0, 1.0))
    return np.asarray(np.where(share < 2.0**-50, most, np.minimum(bits, most)))


def _moments(others: Floats) -> tuple[float, float, float]:
    """delta, scale and location of the skew normal with these moments."""
    centred = others - others.mean()
    spread = float(others.std())
    largest = (4 - np.pi) / 2 * (2 / np.pi) ** 1.5 / (1 - 2 / np.pi) ** 1.5
    skew = float(np.clip((centred**3).mean() / spread**3, -_MOST_SKEWED * largest, _MOST_SKEWED * largest))
    part = abs(skew) ** (2 / 3)
    delta = float(np.sign(skew) * np.sqrt(np.pi / 2 * part / (part + ((4 - np.pi) / 2) ** (2 / 3))))
    scale = spread / float(np.sqrt(1 - 2 * delta**2 / np.pi))
    return delta, scale, float(others.mean()) - scale * delta * float(np.sqrt(2 / np.pi))


def _refuse(logs: Floats) -> None:
    if np.any(logs > _ROUNDING):
        raise ValueError("the logarithm of a chance is at most 0")
