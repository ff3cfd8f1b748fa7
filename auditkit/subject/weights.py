"""What the files of a model say of its size, without loading it: headers of safetensors, and config.json."""

from __future__ import annotations

import json
import math
import struct
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SINGLE, INDEX = "model.safetensors", "model.safetensors.index.json"
_LARGEST_JSON = 64 << 20
_LONGEST = 200
_LARGEST_HEADER = 100_000_000
"""Bytes: the format's own bound. https://github.com/huggingface/safetensors, README, "Format"."""
_MOST = 1 << 53
"""What canonical JSON can say; no machine holds as many."""
_LENGTH = struct.Struct("<Q")
_TYPES = {
    "F16": "float16", "BF16": "bfloat16", "F32": "float32", "F64": "float64", "I8": "int8", "U8": "uint8",
    "I16": "int16", "U16": "uint16", "I32": "int32", "U32": "uint32", "I64": "int64", "U64": "uint64", "BOOL": "bool",
    "F8_E4M3": "float8_e4m3fn", "F8_E5M2": "float8_e5m2",
}  # fmt: skip
"""As torch calls them."""


def numbers_stored(path: Path) -> dict[str, int] | None:
    """How many numbers of each type the weights hold, e.g. `{"float32": 22713216}`; None: no safetensors tell.

    Args:
        path: a model's file or folder. Of a folder, the weights are `model.safetensors`, else what its index names,
            else the one file of this format.
    """
    try:
        files = list(_weights_at(path))
        counts: Counter[str] = Counter()
        for file in files:
            for stored_as, shape in _tensors_of(file):
                counts[_TYPES.get(stored_as, fit(stored_as.lower()))] += math.prod(shape)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None  # a file that is not what its name says: its adapter will say so, in words of its own
    return dict(sorted(counts.items())) if files and max(counts.values(), default=0) < _MOST else None


def _weights_at(path: Path) -> Iterator[Path]:
    if path.is_file():
        if path.suffix == ".safetensors":
            yield path
    elif (path / SINGLE).is_file():
        yield path / SINGLE
    elif (path / INDEX).is_file():
        named = sorted(set(read_json(path / INDEX)["weight_map"].values()))
        yield from (path / name for name in named if Path(name).name == name)
    else:
        found = sorted(path.glob("*.safetensors"))
        if len(found) == 1:
            yield found[0]


def _tensors_of(file: Path) -> Iterator[tuple[str, tuple[int, ...]]]:
    """The type and the shape of each tensor, from the header: its length in eight bytes, then JSON."""
    with file.open("rb") as stream:
        (length,) = _LENGTH.unpack(stream.read(_LENGTH.size).ljust(_LENGTH.size, b"\xff"))
        if length > _LARGEST_HEADER:
            raise ValueError("no header is so long")
        header = json.loads(stream.read(length))
    for name, tensor in header.items():
        shape = tensor.get("shape")
        if name != "__metadata__":
            if not isinstance(shape, list) or not all(type(side) is int and side >= 0 for side in shape):
                raise ValueError("no shape")
            yield str(tensor["dtype"])[:20], tuple(shape)


def architectures(path: Path) -> tuple[str, ...]:
    """The classes that config.json names, e.g. `BertForSequenceClassification`, else its `model_type`; may be none."""
    config = _config_at(path, "config.json")
    named = config.get("architectures")
    if isinstance(named, list) and named and all(isinstance(name, str) for name in named):
        return tuple(fit(name) for name in named[:8])
    kind = config.get("model_type")
    return (fit(kind),) if isinstance(kind, str) else ()


def base_of_adapter(path: Path) -> tuple[str, ...]:
    """What an adapter's own config, such as LoRA's, says it belongs on."""
    base = _config_at(path, "adapter_config.json").get("base_model_name_or_path")
    return (fit(base),) if isinstance(base, str) and base else ()


def _config_at(path: Path, name: str) -> Mapping[str, Any]:
    try:
        return read_json(path / name) if path.is_dir() else {}
    except (OSError, ValueError, RecursionError):
        return {}


def fit(text: str) -> str:
    """A stranger's text, cut, and without what UTF-8 cannot say."""
    return text[:_LONGEST].encode("utf-8", errors="backslashreplace").decode("utf-8")


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object from a file of bounded size; ValueError for anything else."""
    with file.open("rb") as stream:
        raw = stream.read(_LARGEST_JSON + 1)
    if len(raw) > _LARGEST_JSON:
        raise ValueError("too large")
    found = json.loads(raw)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004  whoever calls expects what json.loads raises
    return found
