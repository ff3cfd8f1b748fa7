"""What the store keeps of a split's rows, besides the predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from auditkit.dataset import Codes
from auditkit.errors import DataError, did_you_mean

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
        "item_groups": () if split.item_groups is None else split.item_groups.labels,
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


def stored_columns(stored: Mapping[str, Any]) -> dict[str, Any]:
    """What the store gave back of a split, coded again; columns that a store of an earlier release lacks are None."""
    coded_by_name = {
        name: MappingProxyType({column: coded(kept) for column, kept in stored[name].items()})
        for name in ("quasi_identifiers", "readers", "expected", "groups")
        if stored.get(name) is not None
    }
    return {
        "rows": stored.get("rows"),
        "quasi_identifiers": coded_by_name.get("quasi_identifiers"),
        "readers": coded_by_name.get("readers"),
        "expected": coded_by_name.get("expected"),
        "period": coded(stored.get("period")),
        "targets": coded(stored["targets"]),
        "label_targets": stored["label_targets"],
        "groups": coded_by_name["groups"],
        "units": coded(stored["units"]),
        "weights": stored["weights"],
        "row_digests": stored["row_digests"],
        "digest": stored["digest"],
        "rows_digest": stored["rows_digest"],
        "truth": stored["truth"],
        "truth_known": stored["truth_known"],
    }


def in_order_of_classes(codes: Codes, classes: tuple[str, ...]) -> Codes:
    """What is true of each row, coded in the order of a model's classes.

    Raises:
        DataError: a target is none of the classes.
    """
    place = {name: index for index, name in enumerate(classes)}
    unknown = [name for name in codes.vocabulary if name not in place]
    if unknown:
        raise DataError(
            f"the target holds '{unknown[0]}', which is none of the model's classes ({_some(classes)})",
            hint=did_you_mean(
                unknown[0], classes, otherwise="map the names: [model] labels = {model_name = 'target name'}"
            ),
        )
    table = np.array([place[name] for name in codes.vocabulary] + [-1], dtype=np.int64)
    return Codes(table[codes.codes], classes)


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


def _some(names: tuple[str, ...], most: int = 8) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:most])
    return shown if len(names) <= most else f"{shown}, and {len(names) - most:,} more"
