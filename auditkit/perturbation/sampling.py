"""Which rows are asked about again, where there are more than a check may cost: by what they hold, not their place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, NotApplicable
from auditkit.perturbation.cells import marks


def sampled(case: Case[Any], most_rows: int) -> Case[Any]:
    """The case on at most so many rows, drawn at random; all where there are no more.

    Raises:
        NotApplicable: the predictions were recorded: nobody can be asked about other inputs.
    """
    refuse_recorded(case)
    if len(case) <= most_rows:
        return case
    return case.narrowed(np.flatnonzero(case.compute(drawn, most_rows=most_rows)).astype(np.int64))


def refuse_none(options: Mapping[str, Any], *names: str) -> None:
    """Refuse options that count something and are below 1: for what a check `accepts`.

    Raises:
        AuditError: one is.
    """
    for name in names:
        if options.get(name, 1) < 1:
            raise AuditError(f"option '{name}' is {options[name]}", hint="at least 1")


def refuse_recorded(case: Case[Any]) -> None:
    """Refuse predictions that were recorded.

    Raises:
        NotApplicable: there is no model to ask.
    """
    if case.settings.recorded:
        raise NotApplicable(
            "the predictions were recorded, and there is no model to ask about changed inputs",
            hint="name the model itself: [model] adapter and path",
        )


def drawn(case: Case[Any], *, most_rows: int) -> npt.NDArray[np.bool_]:
    """[n]: whether the row is one of those that are asked about; the same rows in another order give the same."""
    order = np.array([case.rng(f"row {mark}").random() for mark in marks(case.inputs)])
    chosen = np.zeros(len(order), dtype=bool)
    chosen[np.argsort(order, kind="stable")[:most_rows]] = True
    return chosen
