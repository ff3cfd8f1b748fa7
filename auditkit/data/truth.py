"""What is true of each row, in the type of the answers: a number, spans, a text. Classes are coded elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.dataset import distinct_labels
from auditkit.errors import DataError
from auditkit.numbers import parse_numbers
from auditkit.predictions import Predictions, Texts, Values
from auditkit.spans import parse_spans

if TYPE_CHECKING:
    from auditkit.spec import Task

Truth = tuple[Predictions, npt.NDArray[np.bool_]]
"""What is true of each row, and [n]: of which rows it is known."""


def read_truth(cells: Any, task: Task | None, *, column: str, where: str, texts: Any = None) -> Truth:
    """The target column of a regression, of tokens or of texts.

    Args:
        cells: [n], the column; None where missing.
        task: "regression", "tokens" or "text".
        column: its name, for messages.
        where: the table's name, for messages.
        texts: [n], what spans are in, when it is known.

    Raises:
        DataError: a cell is not what the task needs.
    """
    if task == "regression":
        return _numbers(cells, column, where)
    if task == "tokens":
        return parse_spans(cells, column=column, where=where, texts=texts)
    codes, labels = distinct_labels(cells)
    is_known = np.array([label is not None for label in labels] + [False])[codes]
    words = ["" if label is None else label for label in labels] + [""]
    return Texts(tuple((words[code],) for code in codes.tolist())), is_known


def _numbers(cells: Any, column: str, where: str) -> Truth:
    values = parse_numbers(cells, column=column, where=where)
    endless = np.flatnonzero(np.isinf(values))
    if len(endless):
        raise DataError(
            f"{where} column '{column}' is infinite in {len(endless)} rows, first in row {endless[0] + 1}",
            hint="a target is a finite number; an empty cell says that it is not known",
        )
    return Values(values), ~np.isnan(values)
