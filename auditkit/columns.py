"""What the store keeps of a split's rows, besides the predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.dataset import Codes

if TYPE_CHECKING:
    from auditkit.dataset import Split


def split_columns(split: Split) -> dict[str, Any]:
    """What the store keeps of a split: everything coded, nothing of the inputs."""
    return {
        "rows": len(split),
        "quasi_identifiers": {name: pair(codes) for name, codes in split.quasi_identifiers.items()},
        "readers": {name: pair(codes) for name, codes in split.readers.items()},
        "expected": {role: pair(codes) for role, codes in split.expected.items()},
        "period": pair(split.period),
        "targets": pair(split.targets),
        "label_targets": split.label_targets,
        "groups": {name: pair(codes) for name, codes in split.groups.items()},
        "units": pair(split.units),
        "weights": split.weights,
        "row_digests": split.row_digests,
        "digest": split.digest,
        "rows_digest": split.rows_digest or split.digest,
        "truth": split.truth,
        "truth_known": split.truth_known,
    }


def pair(codes: Codes | None) -> tuple[Any, tuple[str, ...]] | None:
    """Codes as the store keeps them."""
    return None if codes is None else (codes.codes, codes.vocabulary)


def coded(kept: tuple[Any, tuple[str, ...]] | None) -> Codes | None:
    """Codes as the store gave them back."""
    return None if kept is None else Codes(np.asarray(kept[0]), tuple(kept[1]))


def columns_in(columns: Mapping[str, Any]) -> Iterator[Any]:
    """The arrays among a case's columns."""
    for value in columns.values():
        held = value.values() if isinstance(value, Mapping) else (value,)
        yield from (one.codes if isinstance(one, Codes) else one for one in held)


def sealed(value: Any) -> Any:
    """What checks share, made so that none can write into it: not even by asking numpy to allow it."""
    if isinstance(value, Codes):
        return Codes(sealed(value.codes), value.vocabulary)
    if isinstance(value, np.ndarray) and not value.dtype.hasobject and value.flags.writeable:
        return np.frombuffer(value.tobytes(), dtype=value.dtype).reshape(value.shape)
    return value
