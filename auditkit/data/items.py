"""From a table of items to what each item is, by attribute, for exposure and slates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from auditkit.dataset import Codes, frame_digest
from auditkit.errors import DataError

if TYPE_CHECKING:
    from auditkit.data.interactions import Table


MOST_GROUPS = 50
"""Labels of an attribute of items: of each, four numbers a user are kept."""


@dataclass(frozen=True)
class ItemGroups:
    """The catalogue, and the groups of its items."""

    items: tuple[str, ...]
    """In the order of the table."""
    groups: Mapping[str, Codes]
    """Attribute -> [items], in the order of the spec."""
    digest: str
    providers: Codes | None = None
    """[items], who offers each, -1: nobody says; None: the spec names no such column."""

    @property
    def labels(self) -> tuple[tuple[str, tuple[str, ...], tuple[int, ...], int], ...]:
        """Attribute, its labels, how many items have each, and how many items there are."""
        return tuple(
            (name, codes.vocabulary, tuple(int(count) for count in codes.counts()), len(self.items))
            for name, codes in self.groups.items()
        )


def read_items(table: Table) -> ItemGroups:
    """The attributes of `[data] item_groups`, item by item.

    Raises:
        DataError: an item stands there twice.
        SpecError: a column is missing.
    """
    wanted = table.spec.data.item_groups
    codes, names = table.names("item")
    if len(names) < len(codes):
        raise DataError(f"'{table.where}' has an item twice", hint="one row an item")
    groups = {name: Codes.of(table.column("item_groups", name)) for name in wanted}
    for name, labels in groups.items():
        if len(labels.vocabulary) > MOST_GROUPS:
            raise DataError(
                f"'{table.where}' column '{name}' has {len(labels.vocabulary):,} different values: it names no groups",
                hint=f"at most {MOST_GROUPS}; a coarser column, e.g. a kind",
            )
    data = table.spec.data
    whose = None if data.provider is None else Codes.of(table.column("provider", data.provider))
    used = list(dict.fromkeys([data.item, *wanted, *((data.provider,) if data.provider else ())]))
    return ItemGroups(tuple(names), groups, frame_digest(table.frame[used], None), whose)
