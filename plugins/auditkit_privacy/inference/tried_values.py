"""Asking the model about each value of the attribute, and taking the one under which it finds the truth likeliest.

Source: Fredrikson et al. (2014), USENIX Security, with the marginal priors of Yeom et al. (2018), CSF, section 4.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Values, canonical_label
from auditkit_privacy.inference.known import errors_of, log_likelihood

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

MOST_VALUES = 20
"""Values of a column that are tried; one with more is a measure."""

_FEWEST = 2
_TIE = 1e-9


def likelihoods(sides: list[Case[Any]], column: str) -> tuple[Floats, Integers] | None:
    """[r, values]: how likely the truth is under each value of a column; and [r]: which value the row has.

    None where the model is given no such column, or it has one value, or too many to be tried.
    """
    tables = [case.inputs for case in sides]
    if not all(column in getattr(table, "columns", ()) for table in tables):
        return None
    own = [
        np.array([canonical_label(cell) for cell in table[column].to_numpy(dtype=object)], object) for table in tables
    ]
    cells = {canonical_label(cell): cell for table in tables for cell in table[column].drop_duplicates().tolist()}
    labels = sorted(label for label in cells if label is not None)
    if not _FEWEST <= len(labels) <= MOST_VALUES:
        return None
    spread = _spread(sides)
    found = np.concatenate(
        [
            np.column_stack([_under(case, table, column, (label, cells[label]), spread) for label in labels])
            for case, table in zip(sides, tables, strict=True)
        ]
    )
    place = {label: value for value, label in enumerate(labels)}
    return found, np.array([place.get(label, -1) for label in np.concatenate(own)], dtype=np.int64)


def _under(case: Case[Any], table: Any, column: str, value: tuple[str, Any], spread: float) -> Floats:
    import pandas as pd

    label, cell = value
    if not len(case):
        return np.zeros(0)
    same = pd.Series([cell] * len(table), index=table.index, dtype=table[column].dtype)
    said = case.predict(table.assign(**{column: same}), conditions={"set": column, "to": label})
    return log_likelihood(case, said, spread)


def _spread(sides: list[Case[Any]]) -> float:
    """Of the errors of a model that gives numbers, on the last side, who are the others where there are any."""
    known = [case for case in sides if len(case)]
    if not known or not isinstance(known[-1].predictions, Values):
        return 1.0
    return float(np.std(errors_of(known[-1], known[-1].predictions)))


def choose(logs: Floats, values: Integers, codes: Integers, learns: Integers, judged: Integers) -> Floats:
    """[judged, labels]: how likely each label of the attribute is, by the likelihoods and how frequent each value is.

    Args:
        logs: [r, values], see `likelihoods`.
        values: [r], the row's own value of the column, of which the rows that are learnt from alone are read.
        codes: [r], the row's label of the attribute, read of the same rows.
        learns: rows from which the frequencies are taken.
        judged: rows to tell of.
    """
    labels = int(codes.max(initial=-1)) + 1
    known = learns[(values[learns] >= 0) & (codes[learns] >= 0)]
    together = np.zeros((logs.shape[1], labels))
    np.add.at(together, (values[known], codes[known]), 1.0)
    # What a value is called must not decide between two that are as likely: the first that is met does.
    order = np.full(labels, labels)
    met = codes[known]
    order[met[::-1]] = np.arange(len(met))[::-1]
    with np.errstate(divide="ignore"):
        prior = np.log(together / max(together.sum(), 1.0))
    scores = logs[judged][:, :, np.newaxis] + prior[np.newaxis]
    best = scores.max(axis=1) - _TIE * np.argsort(np.argsort(order, kind="stable"), kind="stable")
    top = best.max(axis=1, keepdims=True)
    likely = np.where(np.isfinite(top), np.exp(best - np.where(np.isfinite(top), top, 0.0)), 1.0)
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))
