"""`auditkit canaries`: the file of rows to add to the training, the key, and the commitment to it."""

from __future__ import annotations

import io
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from auditkit.auditing import created
from auditkit.canaries.key import CanaryKey, Commitment, make_key, write_new
from auditkit.canaries.making import GIVEN, Making, make_canaries, refuse_twins
from auditkit.data.paths import must_be_file
from auditkit.data.roles import input_columns, recorded_columns, target_columns
from auditkit.data.tasks import CLASS_TASKS, said_task
from auditkit.errors import AuditError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.host import Host
    from auditkit.spec import AuditSpec

FEWEST, MOST = 20, 100_000
_SECRET, _PUBLIC = 0o600, 0o644
_WRITTEN = ("csv", "parquet", "jsonl")


@dataclass(frozen=True)
class Placed:
    """What was written, and where."""

    added: Path
    """The canaries whose coin said so: to be added to the training rows."""
    key: Path
    commitment: Path
    made: CanaryKey
    training_rows: int


def place_canaries(
    spec: AuditSpec, host: Host, *, count: int, stem: str = "canaries", candidates: Path | None = None
) -> Placed:
    """Make canaries, toss their coins, and write three files beside the spec; none that exists is overwritten.

    Args:
        spec: names the training rows and what their columns are for.
        host: reads them.
        count: how many canaries, of which about one half goes into the training.
        stem: what the files are called, before .csv (or the loader's own ending), .key and .commitment.
        candidates: rows of one's own, which are used as they are; then `count` is how many of them at most.

    Raises:
        AuditError: the spec does not fit, a file exists, or nothing can be written.
    """
    training_path = _refuse_unfit(spec, count)
    if not stem or Path(stem).name != stem:
        raise AuditError(f"'{stem}' is not the beginning of a file name", hint="auditkit canaries SPEC --stem canaries")
    endings = (f".{spec.data.loader}", ".key", ".commitment")
    paths = [spec.folder / f"{stem}{ending}" for ending in endings]
    for path in paths:
        if os.path.lexists(path):
            raise AuditError(
                f"'{path.name}' exists, and keys and canaries are never overwritten",
                hint="auditkit canaries SPEC --stem OTHER-NAME; a model is audited with the key that it was made with",
            )
    training = host.read_table(spec, training_path)
    _refuse_missing_columns(spec, training, training_path)
    making = _given(spec, host, candidates, training, count) if candidates else _made(spec, training, count)
    key = make_key(making.frame, making.kind, now=created())
    included = making.frame[np.array(key.included)]
    promise = Commitment(made=key.made, canaries=len(key.rows), commitment=key.commitment)
    contents = (_table(included, spec), key.to_json() + b"\n", promise.to_json() + b"\n")
    _write(list(zip(paths, contents, (_PUBLIC, _SECRET, _PUBLIC), strict=True)))
    return Placed(paths[0], paths[1], paths[2], key, len(training))


def _refuse_unfit(spec: AuditSpec, count: int) -> Path:
    """The training rows' file, of a spec that canaries can be made for."""
    data = spec.data
    if not FEWEST <= count <= MOST:
        raise AuditError(f"'{count}' canaries are not from {FEWEST} to {MOST:,}", hint="--count 500")
    if data.training is None:
        raise spec.source.error(
            ("data",), "does not say which rows the model will be trained on", 'training = "training.csv"'
        )
    must_be_file(spec, "training", spec.folder / data.training)
    if data.loader not in _WRITTEN:
        message = f"is '{data.loader}', and canaries are written as {', '.join(_WRITTEN)}"
        raise spec.source.error(("data", "loader"), message, "put the training rows into such a table")
    task = said_task(spec)
    if task is not None and task not in (*CLASS_TASKS, "regression"):
        raise spec.source.error(
            ("task",), f"is '{task}', and canaries are made for classes, labels and values", "leave this model out"
        )
    if recorded_columns(data):
        message = "names recorded predictions, and of canaries there are none: they are scored by the model itself"
        raise spec.source.error(("data",), message, "[model] adapter and path: what opens the model, and where it lies")
    for key, names in (("input", input_columns(data)), ("target", target_columns(data))):
        if not names:
            raise spec.source.error(("data",), f"does not say which column is the {key}", f'{key} = "..."')
    return spec.folder / data.training


def _refuse_missing_columns(spec: AuditSpec, frame: pd.DataFrame, path: Path) -> None:
    from auditkit.data.faults import no_such_column

    names = {"input": input_columns(spec.data), "target": target_columns(spec.data)}
    names |= {"unit": [spec.data.unit]} if spec.data.unit else {}
    for key, columns in names.items():
        for name in columns:
            if name not in frame.columns:
                raise no_such_column(spec, key, name, where=path.name, names=frame.columns)


def _made(spec: AuditSpec, training: pd.DataFrame, count: int) -> Making:
    return make_canaries(spec, training, count, np.random.default_rng(secrets.randbits(128)))


def _given(spec: AuditSpec, host: Host, path: Path, training: pd.DataFrame, count: int) -> Making:
    """Rows of one's own, the first `count` of them, with the training's columns."""
    if not path.is_file():
        raise AuditError(
            f"'{path}' is no file", hint="--candidates FILE: a table with the columns of the training rows"
        )
    frame = host.read_table(spec, path)
    for name in training.columns:
        if name not in frame.columns:
            raise DataError(f"'{path.name}' has no column '{name}', and the training rows have", hint="add it")
    if len(frame) < FEWEST:
        raise DataError(f"'{path.name}' has {len(frame)} rows; {FEWEST} canaries at least are wanted", hint="add rows")
    chosen = frame[list(training.columns)].head(count)
    refuse_twins(spec, training, chosen)
    return Making(chosen, GIVEN)


def _table(frame: pd.DataFrame, spec: AuditSpec) -> bytes:
    """The bytes of a table that the spec's loader reads."""
    options, stream = spec.data.options, io.BytesIO()
    encoding = str(options.get("encoding", "utf-8"))
    if spec.data.loader == "parquet":
        frame.to_parquet(stream, index=False)
    elif spec.data.loader == "jsonl":
        text = frame.to_json(orient="records", lines=True, force_ascii=False)
        stream.write(text.encode(encoding))
    else:
        separator = str(options.get("separator", ","))
        text = frame.to_csv(index=False, sep=separator, lineterminator="\n")
        stream.write(text.encode(encoding))
    return stream.getvalue()


def _write(files: list[tuple[Path, bytes, int]]) -> None:
    written: list[Path] = []
    try:
        for path, content, mode in files:
            written.append(path)
            write_new(path, content, mode=mode)
    except BaseException as error:
        # Half an experiment must not stay; what was there before is nobody's to take away.
        for path in written[:-1] if isinstance(error, FileExistsError) else written:
            path.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise AuditError(
                f"'{written[-1].name}' cannot be written: {error.strerror}", hint="ls -ld the folder of the spec"
            ) from error
        raise
