"""What was given as data becomes a table: rows in the order in which they came, whatever their index says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit.data.digests import file_digest
from auditkit.errors import DataError, did_you_mean
from auditkit.inmemory.naming import as_array
from auditkit.result import FileDigest
from auditkit.spec import AuditSpec, DataSpec, ModelSpec

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.host import Host

IN_MEMORY = "python"
"""The loader and the adapter of what was given in memory, as a result names them."""

LOADERS = {".csv": "csv", ".parquet": "parquet", ".pq": "parquet", ".jsonl": "jsonl", ".ndjson": "jsonl"}


@dataclass(frozen=True)
class GivenTable:
    """Rows as they were given."""

    where: str
    """What messages call it."""
    frame: pd.DataFrame = field(repr=False)
    """Rows numbered from 0, columns named by text, cells of the types that they came with."""
    file: FileDigest | None = None
    loader: str = IN_MEMORY

    def column(self, role: str, given: Any) -> tuple[GivenTable, str]:
        """This table and the name of the column that plays a role; an array that was given for it is added.

        Args:
            role: the argument's name, e.g. "target"; it names an array that has no name of its own.
            given: a column's name, or an array with a value for each row.

        Raises:
            DataError: an array of another length, or one whose name another column has.
        """
        if isinstance(given, str):
            return self, given
        name = getattr(given, "name", None)
        name = role if name is None else str(name)
        series = self.series(role, given)
        if name in self.frame.columns:
            if self.frame[name].equals(series.rename(name)):
                return self, name
            raise DataError(
                f"{role} is called '{name}', and {self.where} has another column of this name",
                hint=f'{role}="{name}" if that column is meant; else rename one of them',
            )
        frame = self.frame.assign(**{name: series})
        return GivenTable(self.where, frame, self.file, self.loader), name

    def series(self, role: str, given: Any) -> pd.Series[Any]:
        """An array that was given for a role, one value a row.

        Raises:
            DataError: it is of another length.
        """
        series = _as_series(given, role)
        if len(series) != len(self.frame):
            raise DataError(
                f"{role} has {len(series):,} values, and {self.where} has {len(self.frame):,} rows",
                hint="give one value a row, in the same order; an index is not looked at",
            )
        return series


def given_table(given: Any, where: str, host: Host) -> GivenTable:
    """A DataFrame, a dict of columns, anything with `to_pandas`, or a path to a table.

    Raises:
        DataError: it is none of these, its columns differ in length or share a name, or the file cannot be read.
    """
    import pandas as pd

    if isinstance(given, str | Path):
        return _of_file(Path(given), host)
    if not isinstance(given, pd.DataFrame) and callable(getattr(given, "to_pandas", None)):
        given = given.to_pandas()
    if isinstance(given, Mapping):
        given = _of_columns(given, where)
    if not isinstance(given, pd.DataFrame):
        raise DataError(
            f"{where} is a {type(given).__name__}; wanted a table",
            hint='a DataFrame, a dict of columns or a path; of an array: pandas.DataFrame(array, columns=["age", ...])',
        )
    return GivenTable(where, _plainly_named(given, where))


def _of_file(path: Path, host: Host) -> GivenTable:
    loader = LOADERS.get(path.suffix.lower())
    if not path.is_file():
        near = [other.name for other in path.absolute().parent.glob("*")]
        raise DataError(f"there is no file '{path}'", hint=did_you_mean(path.name, near, otherwise="check the path"))
    if loader is None:
        raise DataError(
            f"'{path.name}' is no table by its name", hint=f"one of {', '.join(LOADERS)}; or read it into a DataFrame"
        )
    reading = AuditSpec(
        name=path.name, model=ModelSpec(adapter=IN_MEMORY), data=DataSpec(loader=loader, audit=path.name)
    )
    frame = _plainly_named(host.read_table(reading, path), path.name)
    return GivenTable(path.name, frame, file_digest(path, path.name), loader)


def _of_columns(columns: Mapping[Any, Any], where: str) -> pd.DataFrame:
    import pandas as pd

    series = {str(name): _as_series(values, str(name)) for name, values in columns.items()}
    lengths = {name: len(values) for name, values in series.items()}
    first = next(iter(lengths), "")
    other = next((name for name in lengths if lengths[name] != lengths[first]), None)
    if other is not None:
        raise DataError(
            f"{where}: column '{first}' has {lengths[first]:,} values and '{other}' {lengths[other]:,}",
            hint="every column needs one value a row",
        )
    return pd.DataFrame(series)


def _as_series(values: Any, name: str) -> pd.Series[Any]:
    """Values in their order: an index, which pandas would align by, is dropped."""
    import pandas as pd

    if isinstance(values, pd.Series):
        return values.reset_index(drop=True)
    if isinstance(values, pd.Index | pd.Categorical | pd.api.extensions.ExtensionArray):
        return pd.Series(values).reset_index(drop=True)
    if isinstance(values, list | tuple):
        return pd.Series(list(values), dtype=object if not values else None)
    array = as_array(values)
    if array is None or array.ndim != 1:
        shape = f"a {type(values).__name__}" if array is None else f"an array of the shape {list(array.shape)}"
        columns = ', or columns of data by their names: ["a", "b"]' if name == "target" else ""
        raise DataError(
            f"'{name}' is {shape}; wanted one value a row", hint=f"a list, a Series or an array [n]{columns}"
        )
    return pd.Series(array)


def _plainly_named(frame: pd.DataFrame, where: str) -> pd.DataFrame:
    """A copy of the frame, not of its cells, with one text for each column's name and rows numbered from 0."""
    names = [str(name) for name in frame.columns]
    twice = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if twice is not None:
        raise DataError(f"{where} has two columns named '{twice}'", hint="rename one of them")
    if frame.columns.nlevels > 1:
        raise DataError(
            f"{where} has names of columns in {frame.columns.nlevels} levels, e.g. '{names[0]}'",
            hint='join them: data.columns = ["_".join(name) for name in data.columns]',
        )
    return frame.set_axis(names, axis=1).reset_index(drop=True)


def named_groups(table: GivenTable, groups: Any) -> tuple[GivenTable, tuple[str, ...]]:
    """The table and the names of its protected attributes, which are named, or given as arrays with names.

    Args:
        table: the rows.
        groups: a name, several, a Series, a DataFrame, or a dict of arrays.

    Raises:
        DataError: an array without a name, or of another length.
    """
    if groups is None or isinstance(groups, str):
        return table, () if groups is None else (groups,)
    if hasattr(groups, "columns") or isinstance(groups, Mapping):
        given = {str(name): groups[name] for name in groups}
    elif getattr(groups, "name", None) is not None:
        given = {str(groups.name): groups}
    elif (
        isinstance(groups, Sequence) and all(isinstance(name, str) for name in groups) and not _is_column(table, groups)
    ):
        return table, tuple(groups)
    else:
        raise DataError(
            f"groups is a {type(groups).__name__} of values without a name",
            hint='groups=["sex"] names columns of data; groups={"sex": values} gives them',
        )
    for name, values in given.items():
        series = table.series(name, values).rename(name)
        table, _ = table.column(name, series)
    return table, tuple(given)


def _is_column(table: GivenTable, names: Sequence[str]) -> bool:
    """Whether a list of texts is a label for each row rather than a few names of columns."""
    return len(names) == len(table.frame) and not set(names) <= set(table.frame.columns)


def named_target(table: GivenTable, target: Any) -> tuple[GivenTable, str | tuple[str, ...] | None, bool]:
    """The table, the name of its target (several for multi-label data), and whether it was given as an array."""
    if target is None or isinstance(target, str):
        return table, target, False
    texts = isinstance(target, list | tuple) and all(isinstance(name, str) for name in target)
    if texts and not _is_column(table, target):
        return table, tuple(target), False
    table, name = table.column("target", target)
    return table, name, True
