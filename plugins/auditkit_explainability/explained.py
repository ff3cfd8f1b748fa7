"""The rows whose answers are explained: the same for every check, so that attributions are computed once."""

from __future__ import annotations

from typing import TypeVar

from auditkit import Case
from auditkit.perturbation import sampled

C = TypeVar("C", bound=Case)  # type: ignore[type-arg]  # of whatever predictions

ROWS = 50
"""That are explained unless a spec says otherwise."""
ORDERS = 5
"""Random explanations that each of them is held against: 250 in all."""
DRAWS = 32
"""Random handfuls of pieces of each row."""


def explained(case: C, most_rows: int) -> C:
    """At most so many rows, drawn by what they hold, and the same ones for each check that asks for as many.

    Raises:
        NotApplicable: the predictions were recorded: nobody can be asked about other inputs.
    """
    return sampled(case.shared("explainability"), most_rows)  # type: ignore[return-value]  # of the same predictions
