"""What chance alone makes of a calibration error: the same rows in worlds where the probabilities are true."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Table, Text
from auditkit.statistics.calibration import (
    DRAWS,
    POINTS,
    Deposit,
    Kinds,
    equal_mass,
    null_of,
    smooth_errors,
    squared_error,
    summed,
)
from auditkit_calibration.cumulative import cumulative_spreads
from auditkit_calibration.questions import Question

Floats = npt.NDArray[np.floating]

SHARED = Text.of("rows share a unit, and may come out alike")
"""Why no p-value is told."""

_MOST_THOROUGH = 6
_FEWER = 199


def draws_for(questions: int) -> int:
    """How many worlds are drawn for each of so many questions: fewer where they are many."""
    return DRAWS if questions <= _MOST_THOROUGH else _FEWER


def shares_units(question: Question) -> bool:
    """Whether some rows belong to one unit."""
    return int(question.owners.max(initial=-1)) + 1 < len(question)


def chance_table(
    case: Case[Any], question: Question, found: Mapping[str, tuple[str, float]], *, bins: int, draws: int
) -> Table:
    """For each error what the model shows, and what a calibrated one would show on the same rows.

    Args:
        case: for random numbers.
        question: with rows.
        found: metric -> its name in words, and what was found.
        bins: how many.
        draws: how many worlds.
    """
    drawn = _drawn(question, bins, case.rng(f"calibrated worlds: {question.name}"), draws)
    rows = []
    for metric, (words, value) in found.items():
        null = null_of(value, drawn[metric])
        p_value = SHARED if shares_units(question) else null.test.p_value
        rows.append((Text.of(words), value, null.mean, null.high, p_value, len(question), draws))
    names = ("metric", "this model", "mean", "95% of draws below", "p", "rows", "draws")
    title = Text.of(
        "What a perfectly calibrated model would show by chance alone, were its rows independent: {what}",
        what=question.name,
    )
    return Table(title=title, columns=tuple(Text.of(name) for name in names), rows=tuple(rows), prominent=True)


def debiased_table(case: Case[Any], question: Question, *, bins: int) -> Iterator[Table]:
    """The root mean square error over bins of equal mass, without what chance adds; none where no bin has a pair.

    In a table, and no measurement to be judged: it pays for chance by the number of rows, so that rows in copies, or
    weights in the place of copies, give other values.
    """
    places = equal_mass(question.scores, bins, question.shares)
    rng = case.rng(f"debiased: {question.name}")
    about: dict[str, Any] = {"rng": rng, "level": case.level, "units": question.owners}
    found = squared_error(question.residuals, question.shares, places, **about)
    if found is None:
        return
    low, high = found.root_limits
    names = ("root mean square error", "low", "high", "mean square, may be below 0", "rows")
    title = Text.of(
        "Calibration error without what chance adds, over {bins} bins of equal mass, with its {level:percent} "
        "interval: {what}",
        bins=bins,
        level=case.level,
        what=question.name,
    )
    row = (found.root, low, min(high, 1.0), found.squared, len(question))
    yield Table(title=title, columns=tuple(Text.of(name) for name in names), rows=(row,))


def _drawn(question: Question, bins: int, rng: np.random.Generator, draws: int) -> dict[str, Floats]:
    """Each metric's values in the worlds, [draws]."""
    wide = Deposit.in_bins(question.scores, bins).places[:, 0]
    even = equal_mass(question.scores, bins, question.shares)
    kinds = Kinds.of(question.scores, question.shares, wide, even)
    grid = Deposit.on_grid(kinds.chances, POINTS)
    onto = grid.totals_by_owner(np.ones(len(kinds.rows)), np.arange(len(kinds.rows)), len(kinds.rows))
    sizes: dict[str, Callable[[Floats], Floats]] = {
        "smooth_calibration_error": lambda block: smooth_errors(np.asarray((onto.T @ block.T).T)),
        "expected_calibration_error": lambda block: _binned(kinds, block, 0, bins),
        "equal_mass_calibration_error": lambda block: _binned(kinds, block, 1, bins),
        "cumulative_calibration_error": lambda block: cumulative_spreads(kinds, block),
    }
    blocks = [{metric: size(block) for metric, size in sizes.items()} for block in kinds.residuals(rng, draws)]
    return {metric: np.concatenate([block[metric] for block in blocks]) for metric in sizes}


def _binned(kinds: Kinds, block: Floats, which: int, bins: int) -> Floats:
    return np.asarray(np.abs(summed(kinds, block, kinds.places[which], bins)).sum(axis=1))
