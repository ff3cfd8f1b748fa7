"""The table of bins: what was said, and how often it came true."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from auditkit import Table, Text
from auditkit.statistics.calibration import Deposit
from auditkit_calibration.questions import Question

FEWEST = 10
"""Rows that a bin needs to be shown: with fewer it would tell about persons."""


def bin_table(question: Question, bins: int) -> Table:
    """Range, rows, mean score and share that came true of each bin that holds rows; what is withheld is said to be."""
    deposit = Deposit.in_bins(question.scores, bins)
    counts = np.bincount(deposit.places[:, 0], minlength=bins)
    shares = deposit.totals(question.shares)
    hidden = withheld_bins(counts)
    rows = []
    for place in np.flatnonzero(counts).tolist():
        told: tuple[int | float | Text, ...] = (Text.of("withheld"),) * 3
        if not hidden[place]:
            inside = deposit.places[:, 0] == place
            weights = question.shares[inside] / shares[place]
            mean = float(np.dot(weights, question.scores[inside]))
            told = (int(counts[place]), mean, float(np.dot(weights, question.came_true[inside])))
        rows.append((place / bins, (place + 1) / bins, *told))
    names = ("score from", "to", "rows", "mean score", "share that came true")
    title = Text.of(
        "Scores and what came true, bin by bin: {what} (bins that tell of fewer than {fewest} rows, and "
        "those that would give them away, are withheld; empty ones are left out)",
        what=question.name,
        fewest=FEWEST,
    )
    return Table(title=title, columns=tuple(Text.of(name) for name in names), rows=tuple(rows))


def withheld_bins(counts: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    """Which bins are withheld, of bins with these counts: the small ones, and enough others to hide them.

    A single hidden bin is the total less the others, so a second one goes with it; and what is hidden counts, together,
    at least as much as one bin must.
    """
    hidden = (counts > 0) & (counts < FEWEST)
    while hidden.any() and (np.count_nonzero(hidden) == 1 or counts[hidden].sum() < FEWEST):
        visible = np.flatnonzero(~hidden & (counts > 0))
        if len(visible) == 0:
            break
        hidden[visible[np.argmin(counts[visible])]] = True
    return hidden
