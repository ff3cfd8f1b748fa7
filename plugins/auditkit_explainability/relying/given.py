"""What a model is given: pictures, or texts, and in which column."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditkit import Case, NotApplicable
from auditkit.perturbation import column_of, names_of, picture_column, refuse_no_texts


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


def text_column(inputs: Any, column: str) -> str:
    """The column that holds running texts; empty where rows have no names for it.

    Args:
        inputs: the rows, as the model is given them.
        column: which; empty: there is but one.

    Raises:
        NotApplicable: there is none, or none is said where rows hold several.
    """
    names = names_of(inputs)
    if column and column not in names:
        raise NotApplicable("the rows have no column '{column}' of texts", column=column)
    if not column and len(names) != 1:
        raise NotApplicable("the rows hold several columns, and none is said to hold texts", hint='column = "note"')
    name = column or names[0]
    refuse_no_texts(column_of(inputs, name))
    return name
