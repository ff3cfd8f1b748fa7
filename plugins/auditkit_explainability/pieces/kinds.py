"""What all kinds of pieces share, and which kind a case's rows are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, TokenLabels, Unit, canonical_label
from auditkit.perturbation import are_texts, column_of, names_of, picture_column

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

MOST_PIECES = 64
"""Of a row: a longer text is cut into runs of words, a picture into as many squares."""


class Pieces(Protocol):
    """What each row of a case is made of."""

    @property
    def kind(self) -> str:
        """What they are called: words, regions, columns."""

    @property
    def names(self) -> Sequence[Sequence[str]]:
        """[n][p]: each piece of each row, as it may be told to somebody who may see the row."""

    @property
    def removal(self) -> str:
        """In a clause, what stands in the place of a piece that is taken out."""

    @property
    def keeps_places(self) -> bool:
        """Whether a row without some of its pieces is encoded in the same places, as a picture is and a text is not."""

    def without(self, rows: Integers, gone: Sequence[Flags]) -> Any:
        """Inputs [m], as the model is given them: rows without some of their pieces.

        Args:
            rows: [m], which of them; one may come often.
            gone: [m], of each its pieces [p]: whether they are taken out.
        """

    def of_units(self, row: int, units: Sequence[Unit | None]) -> Integers:
        """[u]: to which piece of a row each place belongs in which torch encodes it; -1: to none."""


def pieces_of(case: Case[Any], *, column: str = "", most: int = MOST_PIECES) -> Pieces:
    """What a case's rows are made of.

    Args:
        case: with its inputs.
        column: that of the texts, where rows hold more.
        most: pieces of a row.

    Raises:
        NotApplicable: the rows are no texts, pictures or tables, or several at once.
    """
    from auditkit_explainability.pieces.blanks import Blanks
    from auditkit_explainability.pieces.columns import Columns
    from auditkit_explainability.pieces.regions import Regions
    from auditkit_explainability.pieces.words import Words

    inputs = case.inputs
    names = names_of(inputs)
    if column and (column not in names or not _is_text(column_of(inputs, column))):
        raise NotApplicable("the rows have no column '{column}' of texts", column=column)
    if column or (len(names) == 1 and _are_texts(inputs, names[0])):
        kind = Blanks if isinstance(case.predictions, TokenLabels) else Words
        return kind.of(inputs, column or names[0], most)
    if len(names) == 1 and not hasattr(inputs, "columns"):
        return Regions.of(case, picture_column(inputs), most)
    try:
        return Regions.of(case, picture_column(inputs), most)
    except NotApplicable:
        return Columns.of(case)


def _is_text(cells: list[Any]) -> bool:
    """Whether cells are texts, as far as they are not missing."""
    are = [isinstance(cell, str) for cell in cells if getattr(cell, "ndim", 0) or canonical_label(cell) is not None]
    return bool(are) and all(are)


def _are_texts(inputs: Any, name: str) -> bool:
    """Whether one column holds texts; what is no table holds them however short they are."""
    cells = column_of(inputs, name)
    return are_texts(cells) if hasattr(inputs, "columns") else _is_text(cells)
