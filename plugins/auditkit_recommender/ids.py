"""The id lists of a model: what its rows and columns are called, and where the data's names stand among them."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit import ModelError, canonical_label

if TYPE_CHECKING:
    from collections.abc import Sequence

Integers = npt.NDArray[np.integer]

_LARGEST = 1 << 29
"""Bytes of a list of ids: 40 million of 12 characters."""


@dataclass(frozen=True)
class Ids:
    """Users or items, in the order of the model's rows or columns."""

    what: str
    """"users" or "items"."""
    names: tuple[str, ...]

    def __len__(self) -> int:
        """How many there are."""
        return len(self.names)

    def places(self, names: Sequence[str]) -> Integers:
        """[names]: where each stands in the model; -1: nowhere."""
        import pandas as pd

        return np.asarray(self._index.get_indexer(pd.Index(np.array(names, dtype=object), dtype=object)))

    @functools.cached_property
    def _index(self) -> Any:
        import pandas as pd

        return pd.Index(np.array(self.names, dtype=object), dtype=object)

    def refuse_strangers(self, names: Sequence[str], places: Integers, whose: str) -> None:
        """Refuse data none of whose users, or items, the model knows.

        Raises:
            ModelError: with one of each, so that the two ways of writing them can be compared.
        """
        if len(names) and np.all(places < 0):
            raise ModelError(
                f"the model knows none of the {len(names):,} {self.what} of {whose}: there '{names[0]}', "
                f"in '{self.what}.json' '{self.names[0]}'",
                hint=f"write {self.what} in the same way in both: 7 and '7' are the same, '07' and 'user 7' are others",
            )


def read_ids(folder: Path, what: str) -> Ids:
    """The list in `users.json` or `items.json`: texts or whole numbers, each once.

    Raises:
        ModelError: it is not there, is no such list, or is empty.
    """
    path = folder / f"{what}.json"
    hint = f"json.dump(list(ids), open('{what}.json', 'w')), in the order of the model's {_ORDER[what]}"
    if path.is_symlink() or not path.is_file():
        raise ModelError(f"the model has no '{path.name}' that says which {what} it is about", hint=hint)
    if path.stat().st_size > _LARGEST:
        raise ModelError(f"'{path.name}' has {path.stat().st_size:,} bytes, over {_LARGEST:,}", hint="write ids alone")
    try:
        listed = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ModelError(f"'{path.name}' cannot be read as JSON: {str(error)[:200]}", hint=hint) from error
    if not isinstance(listed, list) or not listed:
        raise ModelError(f"'{path.name}' holds {_shown(listed)}, where a list of {what} is wanted", hint=hint)
    bad = next((place for place, one in enumerate(listed) if not _is_id(one)), None)
    if bad is not None:
        raise ModelError(
            f"'{path.name}' holds {_shown(listed[bad])} in place {bad + 1}", hint=f"texts or numbers; {hint}"
        )
    names = tuple(str(canonical_label(one)) for one in listed)
    _refuse_twice(path.name, names)
    return Ids(what, names)


_ORDER = {"users": "rows", "items": "columns"}


def _is_id(one: Any) -> bool:
    return isinstance(one, str | int) and not isinstance(one, bool)


def _shown(value: Any) -> str:
    return "an empty list" if value == [] else f"{json.dumps(value, ensure_ascii=False)[:60]}"


def _refuse_twice(file: str, names: tuple[str, ...]) -> None:
    if len(set(names)) == len(names):
        return
    first: dict[str, int] = {}
    for place, name in enumerate(names):
        if first.setdefault(name, place) != place:
            raise ModelError(
                f"'{file}' names '{name}' in place {first[name] + 1} and again in place {place + 1}",
                hint=f"one row of the model each; {len(names) - len(set(names)):,} places repeat an earlier one",
            )
