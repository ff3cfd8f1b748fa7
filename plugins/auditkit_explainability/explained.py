"""The rows whose answers are explained: the same for every check, so that attributions are computed once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, Table, Text, TokenLabels
from auditkit.perturbation import sampled
from auditkit_explainability.attributing.stepping import STEPS
from auditkit_explainability.pieces import MOST_PIECES

C = TypeVar("C", bound=Case)  # type: ignore[type-arg]  # of whatever predictions

ROWS = 50
"""That are explained unless a spec says otherwise."""
ORDERS = 5
"""Random explanations that each of them is held against: 250 in all."""
DRAWS = 32
"""Random handfuls of pieces of each row."""
RANDOM_MODELS = 8
"""That have learnt nothing, and are held beside the model."""


_OTHERS = 5
"""Gradients of a row: one of gradient times input, two each of DeepLift and guided Grad-CAM."""
_OF_A_GRADIENT = 3
"""Predictions that it takes as long as: one way there, and about two back."""


def asks_to_attribute(rows: int, *, again: int = 1, steps: int = STEPS[0], pieces: int = MOST_PIECES) -> int:
    """Predictions that all methods want together, of a model that gives gradients which add up at the first try.

    DeepLift and guided Grad-CAM are among them: a gradient of two rows, and two of one.

    Args:
        rows: that are explained.
        again: how often they are.
        steps: of integrated gradients; the other methods by gradients have a few more.
        pieces: that are taken out one by one.
    """
    return rows * (again * _OF_A_GRADIENT * (steps + _OTHERS) + pieces + 2)


def left_out(rows: Mapping[str, npt.NDArray[np.bool_]]) -> Iterator[Table]:
    """How many rows are left out because the model gave no answer to one of those that were made of them.

    Args:
        rows: of each method, or column, which of the rows [n] are.
    """
    lines = tuple((Text.of(name), int(flags.sum())) for name, flags in rows.items() if flags.any())
    if lines:
        title = Text.of("Rows left out: without some of what they hold the model's answer is none")
        yield Table(title=title, columns=(Text.of("of"), Text.of("rows left out")), rows=lines)


def explained(case: C, most_rows: int) -> C:
    """At most so many rows, drawn by what they hold, and the same ones for each check that asks for as many.

    Of a model that finds entities, rows in which it finds one.

    Raises:
        NotApplicable: the predictions were recorded: nobody can be asked about other inputs; or no entity is found.
    """
    if isinstance(case.predictions, TokenLabels):
        holding = np.flatnonzero([bool(row) for row in case.predictions.spans])
        if not len(holding):
            raise NotApplicable("the model finds no entity in any row")
        case = case.narrowed(holding.astype(np.int64))  # type: ignore[assignment]  # of the same predictions
    return sampled(case.shared("explainability"), most_rows)  # type: ignore[return-value]  # of the same predictions
