"""The types of a model's input columns: auditkit keeps cells, and a model in memory wants what it was trained on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from auditkit.labels import canonical_label

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.inmemory.tables import GivenTable

_WORDS = {"True": True, "TRUE": True, "true": True, "False": False, "FALSE": False, "false": False}
"""What pandas reads as booleans."""


def types_of(table: GivenTable, names: Iterable[str], *, missing: Iterable[Any]) -> dict[str, Any]:
    """Input column -> its pandas type; a column that is not there is left out, and told of where it is read.

    A DataFrame says its types. Cells of a CSV file are text, and of JSON Lines whatever they are one by one: their
    types are what the whole column tells, as `pandas.read_csv` takes it, so that one batch is typed as another.

    Args:
        table: the rows.
        names: the columns that the model is given.
        missing: cells that are missing, besides empty ones.
    """
    frame = table.frame
    own = {name: frame[name] for name in names if name in frame}
    if table.file is None:
        return {name: column.dtype for name, column in own.items()}
    gaps = {canonical_label(cell) for cell in missing} | {None}
    return {name: _told(column, gaps, is_text=table.loader == "csv") for name, column in own.items()}


def _told(column: pd.Series[Any], gaps: set[str | None], *, is_text: bool) -> Any:
    """The type that the cells of a column of a file have together."""
    import pandas as pd

    known = column[[canonical_label(cell) not in gaps for cell in column]]
    if is_text and len(known):
        if known.isin(list(_WORDS)).all():
            return pd.BooleanDtype() if len(known) < len(column) else bool
        known = pd.to_numeric(known, errors="coerce")
        if known.isna().any():
            return column.dtype
    kind = known.infer_objects().dtype
    # A column of whole numbers with gaps is one of floats, as pandas reads it.
    return "float64" if len(known) < len(column) and pd.api.types.is_integer_dtype(kind) else kind


def restored(inputs: Any, types: Mapping[str, Any]) -> Any:
    """Inputs whose columns have the types that they were given with: auditkit keeps cells, not types.

    Args:
        inputs: a DataFrame or a Series of objects.
        types: column -> the pandas type.
    """
    import pandas as pd

    if isinstance(inputs, pd.Series):
        return _typed(inputs, types.get(str(inputs.name)))
    columns: dict[Any, pd.Series[Any]] = {name: _typed(inputs[name], types.get(str(name))) for name in inputs.columns}
    return pd.DataFrame(columns, index=inputs.index, columns=inputs.columns)


def _typed(column: pd.Series[Any], kind: Any) -> pd.Series[Any]:
    import pandas as pd

    if kind is None or column.dtype == kind:
        return column
    if pd.api.types.is_bool_dtype(kind):
        column = column.map(lambda cell: _WORDS.get(cell, cell) if isinstance(cell, str) else cell)
    if isinstance(kind, pd.CategoricalDtype) and not column.dropna().isin(kind.categories).all():
        return column.infer_objects()
    try:
        if pd.api.types.is_numeric_dtype(kind) and not pd.api.types.is_bool_dtype(kind):
            column = column.map(_number)
        cast = column.astype(kind)
    except (TypeError, ValueError):
        # A cell that `missing` names has no place among whole numbers; the model sees it as missing.
        return column.infer_objects()
    return cast if _same_cells(column, cast) else column.infer_objects()


def _number(cell: Any) -> Any:
    """A text of a file as the number that it is."""
    if not isinstance(cell, str):
        return cell
    try:
        return int(cell)
    except ValueError:
        return float(cell)


def _same_cells(column: pd.Series[Any], cast: pd.Series[Any]) -> bool:
    """Whether a cast has kept every cell: 45.5 would become 45 among whole numbers, and 0.5 true among booleans."""
    known = column.notna()
    if not (known == cast.notna()).all():
        return False
    before, after = column[known].tolist(), cast[known].tolist()
    return before == after
