"""The table of bins: what was said, and how often it came true."""

from __future__ import annotations

import numpy as np

from auditkit import Table, Text
from auditkit.segments import FEWEST
from auditkit.statistics import withheld_parts
from auditkit.statistics.calibration import Deposit
from auditkit_calibration.questions import Question


def bin_table(question: Question, bins: int) -> Table:
    """Range, rows, mean score and share that came true of each bin that holds rows; what is withheld is said to be."""
    deposit = Deposit.in_bins(question.scores, bins)
    counts = np.bincount(deposit.places[:, 0], minlength=bins)
    shares = deposit.totals(question.shares)
    hidden = withheld_parts(counts)
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
