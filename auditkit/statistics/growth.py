"""How many times the rows would decide: so many that in most audits a gap's interval leaves a bound outside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import Shares
from auditkit.statistics.gaps import largest_sure
from auditkit.statistics.intervals import newcombe_between, share_ratio, wilson_shares
from auditkit.statistics.power import POWER

Floats = npt.NDArray[np.floating]

MOST_GROWTH = 1_000.0
_MOST_DRAWS, _FEWEST_DRAWS, _WORK = 1_000, 100, 400_000
_HALVINGS = 9
_ROUNDING = 1e-9


def growth_to_decide(
    shares: Shares,
    bound: float,
    *,
    rng: np.random.Generator,
    of_ratio: bool = False,
    level: float = 0.95,
    families: int = 1,
    power: float = POWER,
) -> float | None:
    """How many times the rows, of every group alike, the interval of the widest gap needs to leave a bound outside.

    Samples are drawn as if the shares that were observed were the true ones, and each is given the very interval that a
    gap is judged by, of all pairs at once: so neither what many pairs cost, nor that the widest of them looks wider in
    each sample, is left out. None when more than a thousand times as many would be needed.

    Args:
        shares: of the groups that are compared.
        bound: what the difference may be at most, or the ratio at least.
        rng: where the samples come from.
        of_ratio: whether it is the smallest share over the largest; else the largest less the smallest.
        level: the confidence of the whole family of intervals.
        families: over how many rates of these groups it runs (equalized odds: 2).
        power: how often it is to be decided.
    """
    value = _value(shares.value[None], of_ratio=of_ratio)[0]
    if abs(value - bound) <= _ROUNDING:
        return None
    pairs = len(shares.value) * (len(shares.value) - 1) // 2
    draws = int(np.clip(_WORK // max(pairs, 1), _FEWEST_DRAWS, _MOST_DRAWS))

    def is_enough(growth: float) -> bool:
        size = np.maximum(np.floor(shares.size * growth), 1.0)
        drawn = rng.binomial(size.astype(np.int64), shares.value, (draws, len(size))) / size
        end = _ends(drawn, size, level, families, of_ratio=of_ratio, is_low=bool(value > bound))
        return bool(np.mean((end > bound) == (value > bound)) >= power)

    low, high = 1.0, 1.0
    while not is_enough(high):
        low, high = high, high * 2
        if low > MOST_GROWTH:
            return None
    for _ in range(_HALVINGS if high > low else 0):
        middle = float(np.sqrt(low * high))
        low, high = (low, middle) if is_enough(middle) else (middle, high)
    return high


def _value(shares: Floats, *, of_ratio: bool) -> Floats:
    least, most = shares.min(axis=-1), shares.max(axis=-1)
    if of_ratio:
        return np.asarray(np.divide(least, most, out=np.ones_like(most), where=most > 0))
    return np.asarray(most - least)


def _ends(value: Floats, size: Floats, level: float, families: int, *, of_ratio: bool, is_low: bool) -> Floats:
    """[draws]: one end of the interval of the widest gap, as `widest_difference` and `smallest_ratio` have it.

    Of the pairs that are told apart only the one that lies the furthest is put to Fisher's test.
    """
    first, second = np.triu_indices(value.shape[-1], k=1)
    comparisons, size = len(first) * families, np.broadcast_to(size, value.shape)
    count = value * size
    one, two = (count[..., first], size[..., first]), (count[..., second], size[..., second])

    def surest(claims: Floats) -> Floats:
        best = claims.argmax(axis=-1)[..., None]
        taken = [np.take_along_axis(part, best, axis=-1) for part in (claims, *one, *two)]
        return largest_sure(taken[0], (taken[1], taken[2]), (taken[3], taken[4]), (1 - level) / comparisons)

    if of_ratio:
        forward = share_ratio(*one, *two, level, comparisons=comparisons)
        backward = share_ratio(*two, *one, level, comparisons=comparisons)
        if is_low:
            return np.asarray(np.minimum(forward.low, backward.low).min(axis=-1))
        return np.asarray(1 - surest(1 - np.minimum(forward.high, backward.high)))
    limits = wilson_shares(count, size, level, comparisons=comparisons)
    low, high = newcombe_between(limits.take(first), limits.take(second))
    return surest(np.maximum(low, -high)) if is_low else np.asarray(np.maximum(high, -low).max(axis=-1))
