"""The store behind a Case: what was computed, keyed by the digest of what it came from, on disk, resumable.

One folder an entry: `tree.json` says what the value is, each array is a `.npy` file beside it that can be
memory-mapped. Nothing is pickled. An entry is written beside and renamed, so that a run that is killed at any moment
leaves it whole or absent.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import logging
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np

from auditkit import predictions as prediction_types
from auditkit.abandoned import remove_abandoned
from auditkit.data.mapped import save
from auditkit.document import Document, digest_of
from auditkit.errors import CrashError, PluginError

logger = logging.getLogger(__name__)

FOLDER = ".auditkit"
WRITING = ".writing-"
_LAYOUT = 3
"""Part of every key: a change of layout makes old entries unknown instead of misread."""


def evidence_key(kind: str, **came_from: Any) -> str:
    """The key of a value: SHA-256 over its kind and all that it came from (JSON values)."""
    return digest_of({"layout": _LAYOUT, "kind": kind, "from": came_from})


def importable_name(function: Callable[..., Any]) -> str:
    """`module:function`, under which another process finds the same function.

    Raises:
        PluginError: it cannot be found there: a lambda, a function inside another, a bound method.
    """
    module, qualified = getattr(function, "__module__", None), getattr(function, "__qualname__", "")
    found: Any = sys.modules.get(str(module))
    for part in qualified.split("."):
        found = getattr(found, part, None)
    if found is not function:
        shown = qualified or type(function).__name__
        raise PluginError(f"compute needs a function that can be imported, not '{shown}'", hint="define it in a module")
    return f"{module}:{qualified}"


@dataclass(frozen=True)
class EvidenceStore:
    """Computed values on disk. Picklable: it is a path."""

    root: Path
    is_durable: bool = True
    """Whether what is written must outlive a crash of the machine; what is thrown away at the end need not."""

    @classmethod
    def open(cls, folder: Path, *, fresh: bool = False) -> EvidenceStore:
        """The store beside a spec, private to its user; `fresh` forgets what is in it.

        Raises:
            CrashError: the folder cannot be made or written.
        """
        root = folder / FOLDER
        try:
            if fresh and root.exists():
                shutil.rmtree(root)
            root.mkdir(mode=0o700, parents=True, exist_ok=True)
            root.chmod(0o700)
            remove_abandoned(root.glob(f"{WRITING}*"), WRITING)
        except OSError as error:
            raise _cannot_write(root, error) from error
        return cls(root)

    def __contains__(self, key: str) -> bool:
        """Whether there is a value under this key."""
        return (self._folder(key) / "tree.json").is_file()

    def get(self, key: str) -> Any:
        """The value under a key.

        Raises:
            KeyError: there is none.
            CrashError: it was damaged since it was written.
        """
        folder = self._folder(key)
        try:
            raw = (folder / "tree.json").read_bytes()
        except FileNotFoundError:
            raise KeyError(key) from None
        try:
            head = json.loads(raw)
            _check_digests(folder, head)
            return _decode(head["tree"], folder)
        except (ValueError, KeyError, TypeError, OSError, EOFError) as error:
            raise CrashError(
                f"the evidence store is damaged: entry '{key[:12]}' in '{self.root}': {error}",
                hint="run again with --fresh; everything is computed anew",
            ) from error

    def put(self, key: str, value: Any) -> None:
        """Store a value: a Document, predictions, arrays, or JSON values, nested in dicts, lists and tuples.

        Raises:
            TypeError: the value holds something else, or text that is not Unicode.
            CrashError: the disk is full or cannot be written.
        """
        try:
            self._write(key, value)
        except OSError as error:
            raise _cannot_write(self.root, error) from error

    def _write(self, key: str, value: Any) -> None:
        target = self._folder(key)
        target.parent.mkdir(mode=0o700, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f"{WRITING}{os.getpid()}-", dir=self.root))
        try:
            arrays: list[np.ndarray[Any, Any]] = []
            tree = _encode(value, arrays)
            for place, array in enumerate(arrays):
                with (beside / f"{place}.npy").open("wb") as stream:
                    save(stream, array)
            files = {p.name: _sha256(p) for p in sorted(beside.iterdir())}
            head = {"tree": tree, "digest": digest_of(tree), "files": files}
            (beside / "tree.json").write_text(json.dumps(head), encoding="utf-8")
            if self.is_durable:
                _flush(beside)
            _put_in_place(beside, target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def forget(self, key: str) -> None:
        """Take an entry away, damaged or not."""
        shutil.rmtree(self._folder(key), ignore_errors=True)

    def remember(self, key: str, compute: Callable[[], Any]) -> Any:
        """The value under a key, computed and stored at the first time of asking."""
        if key not in self:  # asked before, not caught after: what `compute` raises is nobody's consequence but its own
            self.put(key, compute())
        # As it was stored: arrays that nobody can write into, the same at the first time of asking as at the next.
        return self.get(key)

    def _folder(self, key: str) -> Path:
        return self.root / key[:2] / key


def _cannot_write(root: Path, error: OSError) -> CrashError:
    return CrashError(
        f"cannot write the evidence store '{root}': {error.strerror or error}",
        hint="free some disk, or make the spec's folder writable; what is stored is kept",
    )


def _put_in_place(beside: Path, target: Path) -> None:
    """Rename a written entry; of two writers of one key the first wins, for both wrote the same value."""
    if (target / "tree.json").is_file():
        return
    try:
        beside.rename(target)
    except OSError:
        if (target / "tree.json").is_file():
            return
        # Remains of an entry that somebody damaged by hand: no writer leaves a folder without its tree.
        remains = beside.with_name(f"{beside.name}-remains")
        target.rename(remains)
        beside.rename(target)
        shutil.rmtree(remains, ignore_errors=True)


def _flush(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb") as stream:
            os.fsync(stream.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _check_digests(folder: Path, head: Mapping[str, Any]) -> None:
    for name, digest in head["files"].items():
        if _sha256(folder / name) != digest:
            raise ValueError(f"{name} does not match its digest")
    if digest_of(head["tree"]) != head["digest"]:
        raise ValueError("tree.json does not match its digest")


_DOCUMENTS: dict[str, type[Document]] = {}


def _document_type(name: str) -> type[Document]:
    """A Document class by its importable name; only classes that are already imported are looked at."""
    import importlib

    if name not in _DOCUMENTS:
        module, _, qualified = name.partition(":")
        found = getattr(importlib.import_module(module), qualified)
        if not (isinstance(found, type) and issubclass(found, Document)):
            raise TypeError(f"{name} is not a document")
        _DOCUMENTS[name] = found
    return _DOCUMENTS[name]


_LARGEST_JSON_INTEGER = 2**53
"""RFC 8785 writes numbers as doubles; larger integers, and what is not finite, are kept as text."""


def _encode(  # noqa: PLR0911  one return a kind of value
    value: Any, arrays: list[np.ndarray[Any, Any]]
) -> Any:
    """A JSON tree; arrays are put aside and named by their place."""
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64 | np.timedelta64):
        value = value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return _encode_scalar(value)
    if isinstance(value, np.ndarray):
        if value.dtype.hasobject:
            if (labels := _as_labels(value)) is not None:
                return {"labels": _encode(labels[0], arrays), "vocabulary": labels[1]}
            return {"objects": [_encode(item, arrays) for item in value.ravel()], "shape": list(value.shape)}
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, Document):
        kind = f"{type(value).__module__}:{type(value).__qualname__}"
        # As text: a document may hold any integer, and is read back by its own rules.
        return {"document": kind, "json": value.model_dump_json()}
    if isinstance(value, prediction_types.Predictions) and is_dataclass(value):
        return _encode_predictions(value, arrays)
    if isinstance(value, tuple | list):
        return {"tuple" if isinstance(value, tuple) else "list": [_encode(item, arrays) for item in value]}
    if isinstance(value, Mapping):
        return {"dict": [[_encode(k, arrays), _encode(v, arrays)] for k, v in value.items()]}
    raise TypeError(f"evidence cannot hold a {type(value).__name__}: return arrays, documents, or plain values")


def _encode_predictions(value: Any, arrays: list[np.ndarray[Any, Any]]) -> Any:
    ours = _prediction_type(value)
    content = {
        f.name: (_encode_spans if f.name == "spans" else _encode)(getattr(value, f.name), arrays) for f in fields(ours)
    }
    return {"predictions": ours.__name__, "fields": content}


def _decode_predictions(tree: Any, folder: Path) -> Any:
    kind = getattr(prediction_types, tree["predictions"])
    found = {}
    for name, content in tree["fields"].items():
        is_spans = isinstance(content, dict) and "spans" in content
        found[name] = (_decode_spans if is_spans else _decode)(content, folder)
    return kind(**found)


def _encode_spans(rows: tuple[Any, ...], arrays: list[np.ndarray[Any, Any]]) -> Any:
    """Entities as columns: there can be millions, and as lists in a list each would be read for itself."""
    spans = [span for row in rows for span in row]
    columns = list(zip(*spans, strict=True)) if spans else [(), (), (), ()]
    is_plain = [set(map(type, column)) <= {kind} for column, kind in zip(columns, (int, int, str, float), strict=True)]
    if not all(is_plain) or any(abs(place) >= _LARGEST_JSON_INTEGER for column in columns[:2] for place in column):
        return _encode(rows, arrays)
    names = list(dict.fromkeys(columns[2]))
    places = {name: place for place, name in enumerate(names)}
    parts = {
        "rows": np.array([len(row) for row in rows], dtype=np.int64),
        "starts": np.array(columns[0], dtype=np.int64),
        "ends": np.array(columns[1], dtype=np.int64),
        "labels": np.array([places[name] for name in columns[2]], dtype=np.int64),
        "scores": np.array(columns[3], dtype=np.float64),
    }
    found = {name: _encode(array, arrays) for name, array in parts.items()}
    return {"spans": found, "vocabulary": [_encode_scalar(name) for name in names]}


def _decode_spans(tree: Any, folder: Path) -> tuple[Any, ...]:
    parts = {name: _decode(one, folder).tolist() for name, one in tree["spans"].items()}
    labels = [tree["vocabulary"][place] for place in parts["labels"]]
    spans = iter(zip(parts["starts"], parts["ends"], labels, parts["scores"], strict=True))
    return tuple(tuple(itertools.islice(spans, count)) for count in parts["rows"])


def _prediction_type(value: prediction_types.Predictions) -> type[Any]:
    """The type that it is read back as: of an adapter's own child, the parent that is ours."""
    for kind in type(value).__mro__:
        if kind.__module__ == prediction_types.__name__ and kind is not prediction_types.Predictions:
            return kind
    raise TypeError(f"evidence cannot hold a {type(value).__name__}: it is none of auditkit's prediction types")


def _as_labels(value: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], list[str]] | None:
    """Texts and Nones as codes, -1 for None, and their vocabulary, for there are few. None: other things."""
    import pandas as pd

    if pd.api.types.infer_dtype(value.ravel(), skipna=True) not in {"string", "empty"}:
        return None
    codes, names = pd.factorize(value.ravel())
    # NaN counts as missing too, and is not None.
    if any(type(name) is not str or not _is_unicode(name) for name in names):
        return None
    missing = value.ravel()[codes < 0]
    if any(cell is not None for cell in missing):
        return None
    return codes.astype(np.int32).reshape(value.shape), list(names)


def _encode_scalar(value: Any) -> Any:
    if isinstance(value, float) and (not math.isfinite(value) or (value == 0 and math.copysign(1, value) < 0)):
        return {"float": str(value)}
    if isinstance(value, int) and abs(value) >= _LARGEST_JSON_INTEGER:
        return {"int": str(value)}
    if isinstance(value, str) and not _is_unicode(value):
        raise TypeError(f"evidence cannot hold the text {value!r}: half of a character pair is no character")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decode(tree: Any, folder: Path) -> Any:  # noqa: PLR0911  one return a kind of value
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        return np.load(folder / f"{int(tree['array'])}.npy", mmap_mode="r", allow_pickle=False)
    if "float" in tree or "int" in tree:
        return float(tree["float"]) if "float" in tree else int(tree["int"])
    if "labels" in tree:
        return np.array([*tree["vocabulary"], None], dtype=object)[_decode(tree["labels"], folder)]
    if "objects" in tree:
        return _object_array([_decode(item, folder) for item in tree["objects"]], tree["shape"])
    if "document" in tree:
        return _document_type(tree["document"]).model_validate_json(tree["json"])
    if "predictions" in tree:
        return _decode_predictions(tree, folder)
    if "tuple" in tree:
        return tuple(_decode(item, folder) for item in tree["tuple"])
    if "list" in tree:
        return [_decode(item, folder) for item in tree["list"]]
    return {_decode(key, folder): _decode(item, folder) for key, item in tree["dict"]}


def _object_array(items: list[Any], shape: list[int]) -> np.ndarray[Any, Any]:
    array = np.empty(len(items), dtype=object)
    # One by one: NumPy would take a list inside for a dimension.
    for place, item in enumerate(items):
        array[place] = item
    return array.reshape(shape)
