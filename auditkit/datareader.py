"""From data files to Splits: columns picked out by the spec, checked, coded and digested.

Nothing is dropped, but for rows that name a file, e.g. an image, that nobody can read: up to a limit, and told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.columnfaults import (
    FLAGS,
    no_flag,
    no_such_column,
    refuse_many_groups,
    refuse_missing_units,
    refuse_nested,
    refuse_unknown_bands,
    refuse_weights,
)
from auditkit.columnroles import recorded_columns, recorded_roles, roles_of
from auditkit.datapaths import must_be_file, must_be_there, salt_of
from auditkit.dataset import AuditDataset, Codes, Split, SplitName, distinct_labels, frame_digest, row_digests
from auditkit.document import Text
from auditkit.errors import DataError
from auditkit.filedigests import digest_of_path
from auditkit.files import find_files
from auditkit.history import history_of
from auditkit.interactions import (
    Table,
    attributes_of,
    combined_digest,
    note_unknown_items,
    ranking_inputs,
    read_interactions,
    read_rankings,
    repeats,
    user_digests,
)
from auditkit.labels import canonical_label
from auditkit.longreader import can_be_long, read_long
from auditkit.numbers import own_numbers, parse_numbers
from auditkit.options import given_by_host
from auditkit.result import FileDigest
from auditkit.tasks import CLASS_TASKS, said_task, task_of, task_with
from auditkit.timesplit import Named, by_time
from auditkit.truth import read_truth

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.host import Host
    from auditkit.spec import AuditSpec, Task

SPLITS: tuple[SplitName, ...] = ("audit", "training", "reference")


def read_dataset(spec: AuditSpec, host: Host) -> AuditDataset:
    """Read every split that the spec names.

    Raises:
        DataError: a file is missing, empty or unreadable, a column is missing, or a value cannot be what it should be.
    """
    host.loader_for(spec)
    salt = salt_of(spec)
    beside = _read_beside(spec, host)
    splits: dict[str, Split] = dict(_read_long(spec, host))
    tables, files, notes = _read_tables(spec, host, but=splits)
    if "audit" in tables:  # long tables are looked at where they are read
        frame, where = tables["audit"]
        others = {Path(str(getattr(spec.data, key))).name: table for key, table in beside.items()}
        refuse_unknown_bands(spec, {where: frame.columns} | {name: table.columns for name, table in others.items()})
    task = _task(spec, host, tables)
    if task == "ranking":
        tables, of_times = by_time(spec, tables)
        notes += of_times
    for name, (frame, where) in tables.items():
        files.setdefault(name, files["audit"])  # one table, divided
        # What the audit rows are decides what the others are: a few training rows could tell something else.
        splits[name] = make_split(spec, name, frame, where, salt, task=task or "multiclass", beside=beside)
    audit, training, reference = (splits.get(name) for name in SPLITS)
    assert audit is not None  # noqa: S101  a spec names the audit rows
    if "rankings" in beside:
        note_unknown_items(Table(spec, beside["rankings"], Path(str(spec.data.rankings)).name), audit, training)
    notes = [*notes, *repeats(audit, training)]
    asks = "history" in given_by_host(host.adapter_for(spec)[0].run) and task == "ranking"
    history = history_of(audit, training) if asks else None
    return AuditDataset(spec.name, audit, training, reference, files, task, history, tuple(notes))


def _task(spec: AuditSpec, host: Host, tables: Mapping[SplitName, Named]) -> Task | None:
    import pandas as pd

    # What long tables are for is said without looking at a row.
    return task_with(host.adapter_for(spec)[0], spec, tables["audit"][0] if "audit" in tables else pd.DataFrame())


def _read_long(spec: AuditSpec, host: Host) -> Iterator[tuple[SplitName, Split]]:
    """The splits whose tables are too long to be read whole, in pieces."""
    if not can_be_long(spec, host):
        return
    task = _task(spec, host, {}) or "multiclass"
    for name in SPLITS:
        written = getattr(spec.data, name)
        if written is None:
            continue
        path = spec.folder / written
        must_be_there(spec, name, path, host.loader_for(spec)[0])

        def prepare(frame: pd.DataFrame, where: str = path.name) -> Any:
            return _Columns(spec, frame, where, task).inputs()

        split = read_long(spec, host, name, path, task=task, prepare=prepare)
        if split is not None:
            yield name, split


def _read_tables(
    spec: AuditSpec, host: Host, *, but: Container[str] = ()
) -> tuple[dict[SplitName, Named], dict[str, FileDigest], list[Text]]:
    """Each split's table and the digest of what it was read from, and what there is to say of the files in its rows.

    Of the splits in `but` the digest alone.
    """
    loader, _ = host.loader_for(spec)
    wanted = host.file_inputs(spec)
    tables: dict[SplitName, Named] = {}
    digests: dict[str, FileDigest] = {}
    notes: list[Text] = []
    for name in SPLITS:
        written = getattr(spec.data, name)
        if written is None:
            continue
        path = spec.folder / written
        must_be_there(spec, name, path, loader)
        if name in but:
            digests[name] = digest_of_path(path, written)
            continue
        frame = host.read_table(spec, path)
        known: Mapping[str, str] = {}
        # The reference split is a population: nothing is predicted from it, and its files are not looked at.
        if wanted is not None and name != "reference":
            found = find_files(wanted, frame, path if path.is_dir() else path.parent, split=name, where=path.name)
            frame, known = found.frame, found.digests
            notes += found.notes
        tables[name] = (frame, path.name)
        digests[name] = digest_of_path(path, written, known)
    return tables, digests, notes


def _read_beside(spec: AuditSpec, host: Host) -> dict[str, pd.DataFrame]:
    """The tables that rankings have beside the interactions, by their key."""
    tables = {}
    for key in ("users", "items", "rankings"):
        written = getattr(spec.data, key)
        if written is not None and said_task(spec) == "ranking":
            must_be_file(spec, key, spec.folder / written)
            tables[key] = host.read_table(spec, spec.folder / written)
            _refuse_shared_names(spec, tables[key], Path(written).name)
            if len(tables[key]) == 0:
                raise DataError(
                    f"'{Path(written).name}' has no rows", hint=f"[data] {key} needs a header and at least one row"
                )
    return tables


def make_split(
    spec: AuditSpec,
    name: SplitName,
    frame: pd.DataFrame,
    where: str,
    salt: bytes | None = None,
    *,
    task: Task | None = None,
    beside: Mapping[str, pd.DataFrame] | None = None,
) -> Split:
    """A split of a table's rows, by what the spec says of its columns.

    Args:
        spec: names the columns.
        name: which split it is.
        frame: the rows; cells of any type, and whatever index, which is not looked at.
        where: the table's name, e.g. its file's, for messages.
        salt: of the row digests; None: there are none.
        task: what the rows are for; None: as the spec says, or as the columns tell.
        beside: "users", "items", "rankings" -> the tables that a ranking has beside the interactions.

    Raises:
        DataError: it has no rows, a column is missing, or a value cannot be what it should be.
    """
    _refuse_shared_names(spec, frame, where)
    if len(frame) == 0:
        raise DataError(f"'{where}' has no rows", hint=f"[data] {name} needs a header and at least one row")
    reader = _Columns(spec, frame, where, task or task_of(spec, frame))
    # The reference split is a population: it has no target, no score, and only the groups are asked of it.
    if name == "reference":
        groups = {attribute: reader.group(attribute) for attribute in spec.data.groups}
        digest, quasi = frame_digest(frame, salt), reader.quasi_identifiers()
        return Split(name, frame, None, None, groups, None, None, digest, quasi_identifiers=quasi)
    if reader.task == "ranking":
        return _ranking_split(spec, name, Table(spec, frame, where), salt, beside or {})
    inputs = reader.inputs()
    targets, label_targets = reader.targets()
    truth, truth_known = reader.truth()
    used = reader.used()
    rows = used[[column for column in used.columns if column not in reader.recorded()]]
    return Split(
        name=name,
        inputs=inputs,
        targets=targets,
        label_targets=label_targets,
        groups={attribute: reader.group(attribute) for attribute in spec.data.groups},
        units=reader.units(),
        weights=reader.weights(),
        digest=frame_digest(used, salt, numbers=spec.data.scores),
        # Without the recorded predictions: a candidate and its baseline are compared on the same rows.
        row_digests=None if salt is None else row_digests(rows, salt),
        rows_digest=frame_digest(rows, salt),
        truth=truth,
        truth_known=truth_known,
        quasi_identifiers=reader.quasi_identifiers(),
    )


def _ranking_split(
    spec: AuditSpec, name: SplitName, table: Table, salt: bytes | None, beside: Mapping[str, pd.DataFrame]
) -> Split:
    """One row a user of a table of interactions; groups, unit and weights are attributes of users."""
    data, is_audit = spec.data, name == "audit"
    found = read_interactions(table)
    tables = {key: Table(spec, frame, Path(getattr(data, key)).name) for key, frame in beside.items()}
    for attribute in data.item_groups if "items" in tables else ():
        tables["items"].column("item_groups", attribute)
    roles = dict.fromkeys(data.groups, "groups")
    roles |= {column: key for key in ("unit", "weights") if (column := getattr(data, key)) is not None}
    roles = dict.fromkeys(data.quasi_identifiers, "quasi_identifiers") | roles
    attributes = attributes_of(tables.get("users"), found.users, roles, is_audit=is_audit)
    recorded = read_rankings(tables["rankings"], found.users, is_audit=is_audit) if "rankings" in tables else None
    reader = _Columns(spec, attributes, tables["users"].where if "users" in tables else table.where, "ranking")
    rows = combined_digest((found.digest, frame_digest(attributes, salt)), salt)
    return Split(
        name=name,
        inputs=ranking_inputs(found.users, recorded),
        targets=None,
        label_targets=None,
        groups={attribute: reader.group(attribute) for attribute in data.groups},
        units=reader.units(),
        weights=reader.weights(),
        digest=rows if recorded is None else combined_digest((rows, recorded.digest, str(data.k)), salt),
        row_digests=None if salt is None else user_digests(attributes, found, salt),
        rows_digest=rows,
        truth=found.truth,
        truth_known=found.known,
        quasi_identifiers=reader.quasi_identifiers(),
    )


def _refuse_shared_names(spec: AuditSpec, frame: pd.DataFrame, where: str) -> None:
    """Refuse a loader's table in which a name does not stand for exactly one column."""
    shared = frame.columns[frame.columns.duplicated()]
    if frame.columns.nlevels > 1 or len(shared):
        name = (shared if len(shared) else frame.columns)[0]
        raise DataError(
            f"loader '{spec.data.loader}': the name '{name}' does not stand for one column of '{where}'",
            hint="give every column one name of its own",
        )


class _Columns:
    """One file's columns, under the roles that the spec gives them."""

    def __init__(self, spec: AuditSpec, frame: pd.DataFrame, where: str, task: Task | None) -> None:
        self.spec = spec
        self.task = task
        self.data = spec.data
        self.frame = frame
        self.where = where
        self._missing = frozenset(self.data.missing)

    def column(self, key: str, name: str) -> Any:
        """One column's cells by name, None where they are missing; `key` is the spec's key that names it."""
        if name not in self.frame.columns:
            raise no_such_column(self.spec, key, name, where=self.where, names=self.frame.columns)
        cells = self.frame[name].to_numpy(dtype=object)
        may_nest = {"input", "predicted", "target"} if self.task == "tokens" else {"input", "predicted"}
        if key not in may_nest:
            refuse_nested(cells, name, where=self.where)
        if not self._missing:
            return cells
        codes, labels = distinct_labels(cells)
        is_missing = np.array([label is None or label in self._missing for label in labels] + [True])[codes]
        cells = cells.copy()
        cells[is_missing] = None
        return cells

    def recorded(self) -> list[str]:
        """The columns that hold predictions."""
        return recorded_columns(self.data)

    def used(self) -> pd.DataFrame:
        """The columns that have a part in the audit, each once, as the audit reads them."""
        return self._framed({name: self.column(key, name) for name, key in roles_of(self.data).items()})

    def _framed(self, cells: dict[str, Any]) -> pd.DataFrame:
        import pandas as pd

        columns = {name: pd.Series(found, dtype=found.dtype, copy=False) for name, found in cells.items()}
        names = pd.Index(list(columns), dtype=object)
        return pd.DataFrame(columns, index=range(len(self.frame)), columns=names, copy=False)

    def _given(self, key: str, name: str) -> Any:
        """A copy of a column as a model is given it: numbers as such where the table has them so, and scores always."""
        cells = own_numbers(self.frame[name], self._missing) if name in self.frame.columns else None
        cells = self.column(key, name).copy() if cells is None else cells
        is_score = name in self.data.scores
        return parse_numbers(cells, column=name, where=f"'{self.where}'") if is_score else cells

    def inputs(self) -> Any:
        """What the model is given: the input column, or a table of the input and recorded columns; scores as numbers.

        Raises:
            DataError: a recorded score is not a number.
        """
        given = self.data.input
        recorded = self.recorded()
        names = [given] if isinstance(given, str) else list(given or ())
        roles = dict.fromkeys(names, "input") | recorded_roles(self.data)
        table = self._framed({name: self._given(key, name) for name, key in roles.items()})
        table.attrs["where"] = f"'{self.where}'"
        return table[given] if isinstance(given, str) and not recorded else table

    def targets(self) -> tuple[Codes | None, Any]:
        """The target column as codes, or several 0/1 columns as flags."""
        target = self.data.target
        if target is None or self.has_truth:
            return None, None
        if isinstance(target, str):
            return Codes.of(self.column("target", target)), None
        return None, np.column_stack([self._flags(name) for name in target])

    @property
    def has_truth(self) -> bool:
        """Whether what is true of a row is no class."""
        return self.task is not None and self.task not in CLASS_TASKS

    def truth(self) -> tuple[Any, Any]:
        """The target column in the type of the answers, and which rows have one; None for classes.

        Raises:
            SpecError: there are several target columns, and the task has one.
            DataError: a cell is not what the task needs.
        """
        target = self.data.target
        if target is None or not self.has_truth:
            return None, None
        if not isinstance(target, str):
            message = f"is a list, and the task '{self.task}' has one target column"
            raise self.spec.source.error(("data", "target"), message, f'target = "{target[0]}"')
        is_text = self.task == "tokens" and isinstance(self.data.input, str)
        texts = self.column("input", str(self.data.input)) if is_text else None
        cells = self.column("target", target)
        return read_truth(cells, self.task, column=target, where=f"'{self.where}'", texts=texts)

    def _flags(self, name: str) -> Any:
        labels = [canonical_label(value) for value in self.column("target", name)]
        bad = next((label for label in labels if label not in FLAGS), "")
        if bad != "":
            raise no_flag(bad, name, where=self.where)
        return np.array([FLAGS[str(label)] for label in labels])

    def group(self, attribute: str) -> Codes:
        """A protected attribute as codes."""
        codes = Codes.of(self.column("groups", attribute))
        refuse_many_groups(self.spec, attribute, len(codes.vocabulary))
        return codes

    def quasi_identifiers(self) -> dict[str, Codes]:
        """The columns by which a person could be found, as codes: many labels are their point."""
        return {name: Codes.of(self.column("quasi_identifiers", name)) for name in self.data.quasi_identifiers}

    def units(self) -> Codes | None:
        """Whose row it is; a missing unit would tie strangers together, so it is an error."""
        if self.data.unit is None:
            return None
        codes = Codes.of(self.column("unit", self.data.unit))
        refuse_missing_units(codes.missing, self.data.unit, where=self.where)
        return codes

    def weights(self) -> Any:
        """How much each row counts: finite, not negative, not all zero."""
        name = self.data.weights
        if name is None:
            return None
        values = parse_numbers(self.column("weights", name), column=name, where=f"'{self.where}'")
        refuse_weights(values, name, where=self.where)
        return values


def inputs_digest(inputs: Any) -> str:
    """SHA-256 of a DataFrame, a Series, an array or a list of texts."""
    import pandas as pd

    if isinstance(inputs, pd.DataFrame):
        return frame_digest(inputs, None)
    if isinstance(inputs, np.ndarray) and not inputs.dtype.hasobject:
        return hashlib.sha256(
            f"{inputs.dtype}{inputs.shape}".encode() + np.ascontiguousarray(inputs).tobytes()
        ).hexdigest()
    return frame_digest(pd.DataFrame({"input": list(inputs)}, dtype=object), None)
