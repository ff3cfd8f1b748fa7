"""`robustness.tables`: what a missing, noisy or swapped cell of one column does to the answers about a table's rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import (
    AuditError,
    Case,
    ClassScores,
    LabelScores,
    Measurement,
    NotApplicable,
    Table,
    Values,
    canonical_label,
    check,
)
from auditkit.perturbation import Answers, Changed, ask_about, marks, refuse_none, sampled
from auditkit_robustness.cards import PERTURBED
from auditkit_robustness.measured.telling import Told
from auditkit_robustness.planted_tables import TABLE_CONTROLS

NOISE, SWAP, MISSING = "noise", "another's cell", "missing"
_MOST_CATEGORIES = 20


def accept_noise(**options: Any) -> None:
    """Refuse noise that is none, and no rows or columns.

    Raises:
        AuditError: there is none.
    """
    if not options.get("noise", 1.0) > 0:
        raise AuditError(f"option 'noise' is {options['noise']:g}", hint="a share of each column's spread, e.g. 0.1")
    refuse_none(options, "most_rows", "most_columns")


def asks_changed(*, rows: int, most_rows: int, most_columns: int, **_: Any) -> int:
    """Predictions beside those of the rows."""
    return min(rows, most_rows) * most_columns * 3


@check(
    "robustness.tables",
    on=(ClassScores, LabelScores, Values),
    metrics=PERTURBED,
    accepts=accept_noise,
    controls=TABLE_CONTROLS,
    asks=asks_changed,
)
def tables(
    case: Case[Answers], *, most_rows: int = 200, most_columns: int = 30, noise: float = 0.1
) -> Iterator[Measurement | Table]:
    """What noise, a wrong cell or none in one column does to the answers.

    The model is asked again about the same rows with one column changed: a number with noise of `noise` times the
    standard deviation of its column, and any cell with that of another row, as in permutation importance. Where the
    column itself has missing cells, so that the model knows what to do with one, each cell is left out too. That is at
    most 3 predictions a row and column, of at most `most_rows` rows drawn at random and the first `most_columns`
    columns. An answer that rests on a column must move with it: this says how far, and for whom.
    """
    case = sampled(case, most_rows)
    names = [str(name) for name in case.settings.given]
    if not names:
        raise NotApplicable("the spec names no columns as the model's input", hint='[data] input = ["age", "bmi"]')
    kinds = (NOISE, SWAP, MISSING)
    conditions = [{"column": name, "change": kind} for name in names[:most_columns] for kind in kinds]
    told = Told.of(case, ask_about(case, Cells, conditions, noise=noise))
    yield from told.together()
    yield from told.each()
    yield told.table("What each change of one column did to the answers", ("column", "change"))


@dataclass(frozen=True)
class Cells:
    """Changes one column of a case's table; what is drawn follows from what a row holds."""

    case: Case[Any]
    noise: float
    before: Answers | None = None

    @cached_property
    def table(self) -> Any:
        """The rows, as the model is given them."""
        table = self.case.inputs
        if not hasattr(table, "columns"):
            raise NotApplicable("the model is not given a table")
        return table

    @cached_property
    def marks(self) -> list[str]:
        """[n]: a digest of each row."""
        return marks(self.table)

    def changed(self, conditions: Mapping[str, str]) -> Changed:
        """The rows with one column changed, where that makes a difference."""
        column, kind = conditions["column"], conditions["change"]
        none = Changed(np.zeros(0, dtype=np.int64), self.table.iloc[:0])
        if column not in self.table.columns:
            return none
        own = self.table[column]
        labels = np.array([canonical_label(cell) for cell in own.to_numpy(dtype=object)], dtype=object)
        made = {NOISE: self._noisy, SWAP: self._swapped, MISSING: self._missing}[kind](own, labels)
        if made is None:
            return none
        now = np.array([canonical_label(cell) for cell in made.to_numpy(dtype=object)], dtype=object)
        rows = np.flatnonzero(now != labels)
        return Changed(rows, self.table.iloc[rows].assign(**{column: made.iloc[rows]}))

    @cached_property
    def distinct(self) -> npt.NDArray[np.int64]:
        """The first row of each kind, by their digests: the same however often they come, and in what order."""
        return np.unique(np.array(self.marks), return_index=True)[1].astype(np.int64)

    def _noisy(self, own: Any, labels: npt.NDArray[Any]) -> Any:
        numbers = _numbers(labels)
        if numbers is None:
            return None
        seen = np.unique(numbers[np.isfinite(numbers)])
        if len(seen) <= 2:  # noqa: PLR2004  a yes or no has no noise
            return None
        known = np.isfinite(numbers)
        spread = float(np.nanstd(numbers[self.distinct]))
        drawn = np.array([self.case.rng(f"noise of {own.name}: {mark}").standard_normal() for mark in self.marks])
        found = np.clip(numbers + self.noise * spread * drawn, seen[0], seen[-1])
        if len(seen) <= _MOST_CATEGORIES:
            # They may be codes of categories, of which a model takes those that there are.
            found = np.where(
                known, seen[np.argmin(np.abs(np.nan_to_num(found)[:, None] - seen[None, :]), axis=1)], np.nan
            )
        elif np.array_equal(seen, np.rint(seen)):
            found = np.rint(found)
        return self._like(own, found, labels)

    def _swapped(self, own: Any, labels: npt.NDArray[Any]) -> Any:
        known = [int(place) for place in self.distinct if labels[place] is not None]
        if not known:
            return None
        chosen = [known[int(self.case.rng(f"cell of {own.name}: {mark}").integers(len(known)))] for mark in self.marks]
        made = own.iloc[chosen].set_axis(own.index)
        return made.where([label is not None for label in labels], own)

    def _missing(self, own: Any, labels: npt.NDArray[Any]) -> Any:
        absent = np.flatnonzero([label is None for label in labels])
        if not len(absent):
            return None
        return own.iloc[np.full(len(own), absent[0])].set_axis(own.index)

    @staticmethod
    def _like(own: Any, numbers: npt.NDArray[np.float64], labels: npt.NDArray[Any]) -> Any:
        """Numbers in the type that the column has; a cell that was missing stays as it is."""
        import pandas as pd

        made: Any
        if own.dtype.kind == "f":
            made = pd.Series(numbers.astype(own.dtype), index=own.index, name=own.name)
        elif own.dtype.kind in "iu":
            made = pd.Series(np.nan_to_num(np.rint(numbers)).astype(own.dtype), index=own.index, name=own.name)
        else:
            texts = [None if np.isnan(one) else canonical_label(round(float(one), 6)) for one in numbers]
            made = pd.Series(texts, index=own.index, name=own.name, dtype=object)
        return made.where([label is not None for label in labels], own)


def _numbers(labels: npt.NDArray[Any]) -> npt.NDArray[np.float64] | None:
    """[n]: a column as numbers, NaN where a cell is missing; None: it holds something else."""
    try:
        return np.array([np.nan if label is None else float(label) for label in labels], dtype=np.float64)
    except ValueError:
        return None
