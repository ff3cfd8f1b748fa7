"""Numbers that other tools rank slices by: they say where to look, and are no estimates of an effect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

SIZE_AGAINST_ERROR = 0.95


def sliceline_score(
    mean_loss: npt.ArrayLike, sizes: npt.ArrayLike, *, overall: float, n: float, alpha: float = SIZE_AGAINST_ERROR
) -> Floats:
    """Alpha (e / e_all - 1) - (1 - alpha) (n / size - 1): large where losses and the slice are; NaN without a loss.

    Source: Sagadeeva and Boehm (2021), SliceLine, SIGMOD, 2290-2299, equation 1.

    Args:
        mean_loss: [slices], none negative.
        sizes: [slices], rows of each, or their weight.
        overall: the mean loss of all rows.
        n: all rows, or their weight.
        alpha: from 0 to 1, how much losses count against size.
    """
    relative = np.asarray(mean_loss, dtype=float) / overall if overall > 0 else np.full(np.shape(mean_loss), np.nan)
    return np.asarray(alpha * (relative - 1) - (1 - alpha) * (n / np.asarray(sizes, dtype=float) - 1))


def divergence_t(hits: npt.ArrayLike, sizes: npt.ArrayLike, *, all_hits: float, n: float) -> Floats:
    """How far a rate in a slice lies from that of all rows, in standard deviations of both, whose posteriors are Beta.

    |mean - mean of all| / sqrt(variance + variance of all), of Beta(hits + 1, misses + 1): a uniform prior.
    Source: Pastor, de Alfaro and Baralis (2021), Looking for trouble, SIGMOD, 1400-1412, section 3.3.

    Args:
        hits: [slices].
        sizes: [slices], rows of each.
        all_hits: of all rows.
        n: all rows.
    """
    mean, variance = _posterior(np.asarray(hits, dtype=float), np.asarray(sizes, dtype=float))
    of_all, variance_of_all = _posterior(np.asarray(float(all_hits)), np.asarray(float(n)))
    return np.asarray(np.abs(mean - of_all) / np.sqrt(variance + variance_of_all))


def _posterior(hits: Floats, sizes: Floats) -> tuple[Floats, Floats]:
    one, other = hits + 1, sizes - hits + 1
    total = one + other
    return one / total, one * other / (total**2 * (total + 1))


def detectable_excess(
    critical: float, error: float, *, rows: int, n: int, rate: float | None = None, power: float = 0.8
) -> float | None:
    """How much larger losses of a slice must be for its statistic to be beyond `critical` so often.

    critical + the normal quantile of the power, in standard errors. Losses of 0 and 1 vary more where more of them are
    1: of these the standard error is that at the rate to be found, which is solved for. None: no rate is large enough.

    Args:
        critical: as `Searched.critical` says.
        error: the slice's standard error where it does as all others.
        rows: of the slice.
        n: of all.
        rate: of losses that are 0 and 1 the mean of all; None: losses are numbers, and their mean alone differs.
        power: how often.
    """
    from scipy import special

    times = critical + float(special.ndtri(power))
    if rate is None:
        return times * error
    alike = rate * (1 - rate) * (1 / rows + 1 / (n - rows))
    wider = max(error**2 / alike, 1.0) if alike > 0 else 1.0
    low, high = 0.0, 1.0 - rate
    for _ in range(60):
        middle = (low + high) / 2
        found = rate + middle
        spread = wider * (found * (1 - found) / rows + rate * (1 - rate) / (n - rows)) + wider * rate / rows**2
        low, high = (middle, high) if middle < times * np.sqrt(spread) else (low, middle)
    return high if high < 1 - rate else None
