"""How many pieces an attribution rests on, and how much its histogram tells.

Sources: Hurley and Rickard (2009), Comparing measures of sparsity, IEEE Trans. Inf. Theory 55, and Chalasani et al.
(2020), ICML (Gini's index); Bhatt, Weller and Moura (2020), Evaluating and aggregating feature-based model
explanations, IJCAI (complexity); Hedström et al. (2024), A fresh look at sanity checks for saliency maps, arXiv
2405.02383 (eMPRT).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]

BINS = 100
"""Of the histogram: as many as Hedström et al. 2024 use."""


def sparseness(values: Floats) -> float:
    """Gini's index of the sizes: 0 where all pieces count alike, near 1 where one counts; NaN of all 0.

    (sum over i of (2i - n - 1) |v|_(i)) / (n sum |v|), with the sizes rising.

    Args:
        values: [p].
    """
    sizes = np.sort(np.abs(np.asarray(values, dtype=float)))
    count, total = len(sizes), float(sizes.sum())
    if not total:
        return float("nan")
    return float(np.dot(2 * np.arange(1, count + 1) - count - 1, sizes) / (count * total))


def complexity(values: Floats) -> float:
    """The entropy of the sizes' parts of their sum, in nats: 0 where one piece counts, ln p where all alike.

    Args:
        values: [p].
    """
    sizes = np.abs(np.asarray(values, dtype=float))
    total = float(sizes.sum())
    if not total:
        return float("nan")
    parts = sizes[sizes > 0] / total
    return float(max(-np.dot(parts, np.log(parts)), 0.0))


def histogram_entropy(values: Floats, *, bins: int = BINS) -> float:
    """The entropy, in nats, of a histogram of the values between their least and their most.

    Args:
        values: [m], of any shape.
        bins: of equal width.
    """
    flat = np.asarray(values, dtype=float).reshape(-1)
    if not len(flat) or float(flat.min()) == float(flat.max()):
        return 0.0
    # Brought to 0 to 1 first: of values that hardly differ numpy cannot make bins of their width.
    counts, _ = np.histogram((flat - flat.min()) / (flat.max() - flat.min()), bins=bins, range=(0.0, 1.0))
    parts = counts[counts > 0] / len(flat)
    return float(max(-np.dot(parts, np.log(parts)), 0.0))


def entropy_rise(trained: float, randomised: float) -> float:
    """(H(randomised) - H(trained)) / H(trained): eMPRT; NaN where H(trained) is 0.

    Args:
        trained: `histogram_entropy` of the attributions by the model as it is.
        randomised: of the same with random parameters.
    """
    return (randomised - trained) / trained if trained else float("nan")
