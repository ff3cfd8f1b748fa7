"""How much a class of rows that look the same tells of a sensitive attribute: l-diversity, closeness, likeness.

Each is a property of the table at hand and has no sampling error. All are computed from the cells that are not empty,
so that a million classes of a thousand values cost no more than their rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit_privacy.crowds.classes import Integers, number_classes

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Cells:
    """The values that occur in each class, with the share of the class that has them; sorted by class, then value."""

    classes: Integers
    """[m]: 0 to c - 1, each at least once."""
    values: Integers
    """[m]: 0 to v - 1."""
    shares: Floats
    """[m]: within the class; they sum to 1."""
    overall: Floats
    """[v]: over all classes."""

    @classmethod
    def of(cls, classes: Integers, values: Integers, people: Floats) -> Cells:
        """Count rows.

        Args:
            classes: [n].
            values: [n]: codes; rows below 0 are left out.
            people: [n]: what each row counts.
        """
        known = values >= 0
        classes, people = number_classes((classes[known],), int(known.sum())), people[known]
        _, values = np.unique(values[known], return_inverse=True)
        width = int(values.max(initial=0)) + 1
        keys, places = np.unique(classes * width + values, return_inverse=True)
        weights = np.bincount(places.ravel(), people)
        totals = np.bincount(keys // width, weights)
        overall = np.bincount(values, people)
        return cls(keys // width, keys % width, weights / totals[keys // width], overall / max(overall.sum(), 1e-300))

    @property
    def starts(self) -> npt.NDArray[np.intp]:
        """[c]: where each class begins."""
        return np.flatnonzero(np.diff(self.classes, prepend=-1))


def distinct_values(cells: Cells) -> int:
    """The fewest distinct values in a class: distinct l-diversity (Machanavajjhala et al., 2007)."""
    return int(np.bincount(cells.classes).min())


def entropy_diversity(cells: Cells) -> float:
    """The exponential of a class's smallest entropy: entropy l-diversity (the same)."""
    entropies = np.add.reduceat(-cells.shares * np.log(cells.shares), cells.starts)
    return float(np.exp(entropies.min()))


def recursive_ratio(cells: Cells, least: int) -> float | None:
    """The largest r_1 / (r_l + ... + r_m) of a class: recursive (c, l)-diversity holds for every c above it.

    None: some class has fewer than `least` values.
    """
    order = np.lexsort((-cells.shares, cells.classes))
    shares, starts = cells.shares[order], cells.starts
    rank = np.arange(len(shares)) - np.repeat(starts, np.diff(np.append(starts, len(shares))))
    tails = np.add.reduceat(np.where(rank >= least - 1, shares, 0.0), starts)
    return None if (tails <= 0).any() else float((shares[starts] / tails).max())


def largest_share(cells: Cells) -> float:
    """The largest share that one value has of a class: the alpha of (alpha, k)-anonymity (Wong et al., 2006)."""
    return float(cells.shares.max())


def closeness(cells: Cells, *, ordered: bool) -> float:
    """The largest distance of a class from all rows: the t of t-closeness (Li, Li & Venkatasubramanian, 2007).

    Args:
        cells: of the classes.
        ordered: numbers, which are apart by their ranks, sum |F_E - F| / (v - 1); else names, sum |p_E - p| / 2.
    """
    if len(cells.overall) < 2:  # noqa: PLR2004  one value has no distance
        return 0.0
    if ordered:
        return float((_areas(cells) / (len(cells.overall) - 1)).max())
    base = cells.overall[cells.values]
    present = np.add.reduceat(np.abs(cells.shares - base), cells.starts)
    absent = 1 - np.add.reduceat(base, cells.starts)
    return float(((present + absent) / 2).max())


def _areas(cells: Cells) -> Floats:
    """[c]: the sum over values of |F_E - F|, both cumulative; F_E is constant between the values of a class."""
    overall = np.cumsum(cells.overall)
    sums = np.append(0.0, np.cumsum(overall))
    starts, values = cells.starts, cells.values
    running = np.cumsum(cells.shares)
    levels = running - np.repeat(running[starts] - cells.shares[starts], np.diff(np.append(starts, len(values))))
    ends = np.append(values[1:], len(overall))
    ends[np.append(starts[1:], len(values)) - 1] = len(overall)
    # Up to this place F is at or below the class's level, and above it from there on.
    turns = np.clip(np.searchsorted(overall, levels, side="right"), values, ends)
    below = levels * (turns - values) - (sums[turns] - sums[values])
    above = (sums[ends] - sums[turns]) - levels * (ends - turns)
    before = sums[values[starts]]
    return np.asarray(before + np.add.reduceat(below + above, starts), dtype=np.float64)


def likeness(cells: Cells) -> tuple[float, float]:
    """Basic and enhanced beta-likeness (Cao & Karras, 2012): the largest relative gain (p_E - p) / p of a value.

    The enhanced one bounds each value's gain by -ln p, since what is frequent anyway cannot gain much.
    """
    base = cells.overall[cells.values]
    gains = np.maximum((cells.shares - base) / base, 0.0)
    return float(gains.max()), float(np.minimum(gains, -np.log(base)).max())


def disclosure(cells: Cells) -> float:
    """The largest |ln(p_E / p)| of a value that occurs in a class: delta-disclosure (Brickell & Shmatikov, 2008)."""
    return float(np.abs(np.log(cells.shares / cells.overall[cells.values])).max())
