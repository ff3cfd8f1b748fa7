"""Whether a model is given pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit import Case, NotApplicable
from auditkit.perturbation import picture_column


def gives_pictures(case: Case[Any]) -> bool:
    """Whether the model is given pictures, one a row; kept for a replay, which has none."""
    return bool(len(case)) and bool(case.compute(whether_pictures).all())


def whether_pictures(case: Case[Any]) -> Any:
    """[n]: whether the model is given pictures, in every row."""
    try:
        picture_column(case.inputs)
    except NotApplicable:
        return np.zeros(len(case), dtype=bool)
    return np.ones(len(case), dtype=bool)
