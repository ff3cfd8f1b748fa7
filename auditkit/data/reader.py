"""From data files to Splits: columns picked out by the spec, checked, coded and digested.

Nothing is dropped, but for rows that name a file, e.g. an image, that nobody can read: up to a limit, and told.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.canaries.reading import with_canaries
from auditkit.data.columns import RoledColumns
from auditkit.data.contraindications import read_contraindications
from auditkit.data.digests import digest_of_path
from auditkit.data.faults import refuse_unknown_bands
from auditkit.data.history import history_of
from auditkit.data.interactions import (
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
from auditkit.data.items import read_items
from auditkit.data.long_reader import can_be_long, read_long
from auditkit.data.paths import must_be_file, must_be_there, salt_of
from auditkit.data.tasks import said_task, task_of, task_with
from auditkit.data.timesplit import Named, by_time
from auditkit.dataset import AuditDataset, Split, SplitName, frame_digest, row_digests
from auditkit.document import Text
from auditkit.errors import DataError
from auditkit.files import find_files
from auditkit.options import given_by_host
from auditkit.result import FileDigest

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
    if task == "ranking":
        splits["audit"], of_items = _with_items(spec, splits["audit"], beside)
        notes += of_items
    audit, training, reference = (splits.get(name) for name in SPLITS)
    assert audit is not None  # noqa: S101  a spec names the audit rows
    if "rankings" in beside:
        note_unknown_items(Table(spec, beside["rankings"], Path(str(spec.data.rankings)).name), audit, training)
    notes = [*notes, *repeats(audit, training)]
    asks = "history" in given_by_host(host.adapter_for(spec)[0].run) and task == "ranking"
    history = history_of(audit, training) if asks else None
    whole = AuditDataset(spec.name, audit, training, reference, files, task, history, tuple(notes))
    return with_canaries(whole, spec, host, salt)


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
            return RoledColumns(spec, frame, where, task).inputs()

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
        if wanted is not None:
            found = find_files(wanted, frame, path if path.is_dir() else path.parent, split=name, where=path.name)
            frame, known = found.frame, found.digests
            notes += found.notes
        tables[name] = (frame, path.name)
        digests[name] = digest_of_path(path, written, known)
    return tables, digests, notes


def _read_beside(spec: AuditSpec, host: Host) -> dict[str, pd.DataFrame]:
    """The tables that rankings have beside the interactions, by their key."""
    tables = {}
    for key in ("users", "items", "rankings", "contraindications"):
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
    reader = RoledColumns(spec, frame, where, task or task_of(spec, frame))
    if name == "reference":
        return _reference_split(reader, frame, salt)
    if reader.task == "ranking":
        return _ranking_split(spec, name, Table(spec, frame, where), salt, beside or {})
    inputs = reader.inputs()
    targets, label_targets = reader.targets()
    truth, truth_known = reader.truth()
    is_audit = name == "audit"
    used = reader.used(readers=is_audit)
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
        readers=reader.readers() if is_audit else {},
        expected=reader.expected() if is_audit else {},
        # Of training rows it is known where their table says so.
        period=reader.period() if is_audit or reader.has(spec.data.period) else None,
    )


def _reference_split(reader: RoledColumns, frame: pd.DataFrame, salt: bytes | None) -> Split:
    """A population: only its groups must be there; what else the audit rows have is taken where it has it too."""
    data, has = reader.data, reader.has
    if reader.task == "ranking":
        targets: tuple[Any, Any] = (None, None)
        truth: tuple[Any, Any] = (None, None)
    else:
        is_told = has(*((data.target,) if isinstance(data.target, str) else data.target or ()))
        targets = reader.targets() if is_told else (None, None)
        truth = reader.truth() if is_told else (None, None)
    return Split(
        name="reference",
        inputs=frame,
        targets=targets[0],
        label_targets=targets[1],
        groups={attribute: reader.group(attribute) for attribute in data.groups},
        units=reader.units() if has(data.unit) else None,
        weights=reader.weights() if has(data.weights) else None,
        digest=frame_digest(frame, salt),
        truth=truth[0],
        truth_known=truth[1],
        quasi_identifiers=reader.quasi_identifiers(),
        given=None if reader.task == "ranking" else reader.inputs(so_far_as_there=True),
    )


def _ranking_split(
    spec: AuditSpec, name: SplitName, table: Table, salt: bytes | None, beside: Mapping[str, pd.DataFrame]
) -> Split:
    """One row a user of a table of interactions; groups, unit and weights are attributes of users."""
    data, is_audit = spec.data, name == "audit"
    found = read_interactions(table)
    tables = {key: Table(spec, frame, Path(getattr(data, key)).name) for key, frame in beside.items()}
    roles = dict.fromkeys(data.groups, "groups")
    roles |= {column: key for key in ("unit", "weights") if (column := getattr(data, key)) is not None}
    roles = dict.fromkeys(data.quasi_identifiers, "quasi_identifiers") | roles
    attributes = attributes_of(tables.get("users"), found.users, roles, is_audit=is_audit)
    recorded = read_rankings(tables["rankings"], found.users, is_audit=is_audit) if "rankings" in tables else None
    reader = RoledColumns(spec, attributes, tables["users"].where if "users" in tables else table.where, "ranking")
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


def _with_items(spec: AuditSpec, audit: Split, beside: Mapping[str, pd.DataFrame]) -> tuple[Split, list[Text]]:
    """The audited users with what the tables of items and of contraindications say, and what there is to say of it."""
    data = spec.data
    tables = {key: Table(spec, frame, Path(getattr(data, key)).name) for key, frame in beside.items()}
    notes: list[Text] = []
    if data.item_groups:
        found = read_items(tables["items"])
        audit = replace(audit, item_groups=found, digest=combined_digest((audit.digest, found.digest), None))
    if "contraindications" in tables:
        users = np.array(audit.inputs["user"], dtype=object)
        about = {"about_users": tables.get("users"), "about_items": tables.get("items")}
        barred = read_contraindications(tables["contraindications"], users, **about)
        digest = combined_digest((audit.digest, barred.digest), None)
        audit, notes = replace(audit, barred=barred.items, digest=digest), [*barred.notes]
    return audit, notes


def _refuse_shared_names(spec: AuditSpec, frame: pd.DataFrame, where: str) -> None:
    """Refuse a loader's table in which a name does not stand for exactly one column."""
    shared = frame.columns[frame.columns.duplicated()]
    if frame.columns.nlevels > 1 or len(shared):
        name = (shared if len(shared) else frame.columns)[0]
        raise DataError(
            f"loader '{spec.data.loader}': the name '{name}' does not stand for one column of '{where}'",
            hint="give every column one name of its own",
        )


def inputs_digest(inputs: Any) -> str:
    """SHA-256 of a DataFrame, a Series, an array or a list of texts, or of arrays such as pictures."""
    import pandas as pd

    if isinstance(inputs, pd.DataFrame):
        return frame_digest(inputs, None)
    if isinstance(inputs, np.ndarray) and not inputs.dtype.hasobject:
        return hashlib.sha256(
            f"{inputs.dtype}{inputs.shape}".encode() + np.ascontiguousarray(inputs).tobytes()
        ).hexdigest()
    cells = list(inputs)
    if cells and all(isinstance(cell, np.ndarray) for cell in cells):
        return combined_digest([inputs_digest(cell) for cell in cells], None)
    return frame_digest(pd.DataFrame({"input": cells}, dtype=object), None)
