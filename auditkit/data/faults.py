"""What is wrong with a column of the data, in the same words for short tables and long ones."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.errors import AuditError, DataError, did_you_mean

if TYPE_CHECKING:
    from auditkit.spec import AuditSpec

MAX_GROUPS = 1_000
"""More groups than this in one attribute is a column of names or numbers, not of groups."""

FLAGS = {"0": False, "1": True, "false": False, "true": True}
"""What a label of several may be written as."""


_IN_EVERY_TABLE = {
    "unit": "every table has it, that of the training too",
    "weights": "every table has it, that of the training too; where all rows count alike, write 1 in each",
}


def no_such_column(spec: AuditSpec, key: str, name: str, *, where: str, names: Iterable[Any]) -> AuditError:
    """`key` of the spec names a column that the table has not."""
    hint = did_you_mean(name, map(str, names), otherwise=_IN_EVERY_TABLE.get(key, ""))
    return spec.source.error(("data", key), f"names a column that is not there: '{where}' has no column '{name}'", hint)


def refuse_unknown_bands(spec: AuditSpec, tables: Mapping[str, Iterable[Any]]) -> None:
    """Refuse bands of a column that none of the tables has: nothing would be compared by them.

    Args:
        spec: names the columns.
        tables: each table's name -> its columns.
    """
    names = {str(name) for columns in tables.values() for name in columns}
    for name in spec.data.bands:
        if name not in names:
            where = " or ".join(f"'{table}'" for table in tables)
            raise spec.source.error(
                ("data", "bands", name),
                f"names a column that is not there: {where} has no column '{name}'",
                did_you_mean(name, names),
            )


def refuse_nested(cells: Any, name: str, *, where: str, first: int = 0) -> None:
    """Refuse a cell that holds several values; `first` is the number of the rows before these."""
    row = next((row for row, cell in enumerate(cells) if isinstance(cell, list | dict | np.ndarray)), None)
    if row is not None:
        raise DataError(
            f"'{where}' column '{name}' holds a list or an object in row {first + row + 1}; wanted one value",
            hint="write one column for each part",
        )


def no_flag(label: str | None, name: str, *, where: str) -> DataError:
    """A label of several is neither 0 nor 1."""
    return DataError(
        f"'{where}' column '{name}' holds '{label}'; a label of several is 0 or 1 in every row",
        hint="write 0 or 1 in each row; a missing label cannot be guessed",
    )


def refuse_many_groups(spec: AuditSpec, attribute: str, count: int) -> None:
    """Refuse an attribute with more groups than anybody has named."""
    if count > MAX_GROUPS:
        raise spec.source.error(
            ("data", "groups"),
            f"column '{attribute}' has {count:,} different values: it does not name groups",
            _bands_or_another(spec, attribute),
        )


def _bands_or_another(spec: AuditSpec, attribute: str) -> str:
    """What to write instead of a column of numbers; `spec` was written in Python when it has no name of a file."""
    if not spec.source.name:
        return f"give groups of '{attribute}', e.g. pandas.cut(data['{attribute}'], [0, 40, 65, 130]).astype(str)"
    name = attribute if re.fullmatch(r"[A-Za-z0-9_-]+", attribute) else json.dumps(attribute, ensure_ascii=False)
    sign = " =" if spec.source.notation == "toml" else ":"
    bands = f"bands{sign} {{{name}{sign} [40, 65]}}"
    return f"if it holds numbers: {bands} under [data], and '{attribute}_band' in groups instead"


def refuse_missing_units(missing: int, name: str, *, where: str) -> None:
    """Refuse rows without a unit: they would tie strangers together."""
    if missing:
        raise DataError(
            f"'{where}' column '{name}' is empty in {missing} rows; every row has a unit",
            hint="fill them, or leave out [data] unit",
        )


def refuse_weights(values: Any, name: str, *, where: str, is_all: bool = True) -> None:
    """Refuse weights that are missing, infinite, negative or too far apart; of all rows, also all zero."""
    if not np.all(np.isfinite(values)) or np.any(values < 0) or (is_all and not np.any(values > 0)):
        raise DataError(
            f"'{where}' column '{name}' holds weights that are missing, negative or all zero",
            hint="a weight is a positive number; 0 leaves a row out",
        )
    positive = values[values > 0]
    if len(positive) and positive.min() < positive.max() / _FURTHEST_APART:
        raise DataError(
            f"'{where}' column '{name}' holds weights from {positive.min():g} to {positive.max():g}, which cannot be "
            "added up",
            hint="0 leaves a row out",
        )


_FURTHEST_APART = 1e100
"""Times a weight may be another one: beyond that, squares of them are lost."""
