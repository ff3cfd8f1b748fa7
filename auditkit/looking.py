"""What a check looked at beyond the columns of its rows: for the evidence, so that its numbers can be recomputed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.evidence import evidence_key

if TYPE_CHECKING:
    from auditkit.case import Case
    from auditkit.dataset import SplitName

_WIDEST = 8
"""Bytes of a number that Parquet can hold."""


@dataclass(frozen=True)
class RowNumbers:
    """One number a row that a check has computed: what was asked, of which rows, and where the answer lies."""

    asked: str
    """See `asked_for`."""
    function: str
    """Its importable name, for people."""
    split: SplitName
    rows: Any
    """[m]: which rows of the split; None: all of them, in order."""
    key: str
    """Of the answer in the store."""


@dataclass
class Looked:
    """Filled while a check runs; its narrowed cases, and those on other splits, fill the same."""

    splits: set[SplitName] = field(default_factory=set)
    numbers: dict[str, RowNumbers] = field(default_factory=dict)

    def note(self, case: Case[Any], asked: str, function: str, key: str, answer: Any) -> None:
        """Note what was computed, when it is one number a row of the split as it is."""
        if not case.conditions and is_number_a_row(answer, len(case)):
            self.numbers[asked] = RowNumbers(asked, function, case.split, places_of(case), key)

    def plain(self) -> dict[str, Any]:
        """As a store keeps it."""
        return {"splits": sorted(self.splits), "numbers": [vars(one) for one in self.numbers.values()]}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Looked:
        """From what `plain` gave."""
        numbers = [RowNumbers(**one) for one in plain["numbers"]]
        return cls(set(plain["splits"]), {one.asked: one for one in numbers})


def asked_for(case: Case[Any], function: str, parameters: Mapping[str, Any]) -> str:
    """A digest of the check, the function, its parameters and the rows: the same in an audit and in its replay.

    The digest of a package is no part of it: another version may be asked whether it says the same.
    """
    return evidence_key(
        "row numbers",
        identity=case.identity,
        function=function,
        parameters=dict(parameters),
        split=case.split,
        rows=case.rows_name,
    )


def is_number_a_row(answer: Any, rows: int) -> bool:
    """Whether it is a plain array of one number, or one yes or no, a row."""
    if not isinstance(answer, np.ndarray) or answer.shape != (rows,):
        return False
    return answer.dtype.kind in "biuf" and answer.dtype.itemsize <= _WIDEST and answer.dtype.isnative


def places_of(case: Case[Any]) -> npt.NDArray[np.int64] | None:
    """[m]: the rows of the split that a case is on; None: all of them."""
    if case.rows is None:
        return None
    whole = replace(case, rows=None, _kept={})
    return np.arange(len(whole), dtype=np.int64)[case.rows]
