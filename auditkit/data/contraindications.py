"""From a table of contraindications to the items that are barred for each user: by name, or by what both are like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.data.interactions import MOST_CELLS, Table, attributes_of, combined_digest, padded
from auditkit.dataset import distinct_labels, frame_digest
from auditkit.document import Text
from auditkit.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

_RULE = "\0rule"
"""No column of a table is called so."""

_NO_USER = (
    "{count} of {rows} rows of '{table}' fit no user of the audit: is a user, or what they are like, written otherwise?"
)
_NO_ITEM = "{count} of {rows} rows of '{table}' fit no item: is an item, or what it is like, written otherwise?"


@dataclass(frozen=True)
class Barred:
    """What must not be recommended to whom."""

    items: npt.NDArray[np.object_]
    """[users, width], names of items; None where fewer are barred."""
    digest: str
    notes: tuple[Text, ...] = ()


def read_contraindications(
    table: Table, users: npt.NDArray[np.object_], *, about_users: Table | None, about_items: Table | None
) -> Barred:
    """The items that each row of the table bars, for each user.

    A row bars, for all users whom its cells about users fit, all items that its cells about items fit. Cells about
    users stand in the column of users, or in one that the table of users has too; those about items likewise. An empty
    cell fits everybody, or everything; a user or an item whose own cell is empty is fitted by no other.

    Args:
        table: of contraindications.
        users: [users], the audit's.
        about_users: the table of users' attributes; None: there is none.
        about_items: the table of items' attributes; None: there is none.

    Raises:
        DataError: a cell has a line break, as where a quotation mark is left open, a column could be about either,
            none is about users or none about items, a row says nothing of one side, what a user or an item is like
            differs from a cell in capitals or spaces alone, or nothing is barred for anybody.
    """
    data = table.spec.data
    _refuse_line_breaks(table)
    sides = _sides(table, about_users, about_items)
    known = attributes_of(about_users, users, {name: "contraindications" for name in sides[0] if name != data.user})
    known.insert(0, data.user, users)
    rules = table.frame.reset_index(drop=True)
    cells = {name: _labels(rules[name].to_numpy(dtype=object)) for name in (*sides[0], *sides[1])}
    _refuse_empty(table, sides, cells)
    of_users = _fitting(cells, sides[0], {name: _labels(known[name].to_numpy(dtype=object)) for name in sides[0]})
    catalogue = _catalogue(about_items, sides[1], cells, data.item)
    of_items = _fitting(cells, sides[1], catalogue)
    about = [column for column in cells if column not in {data.user, data.item}]
    _refuse_alike(table, about, cells, known, catalogue)
    pairs = _joined(table, of_users, of_items, len(rules))
    if len(pairs[0]) == 0:
        raise DataError(
            f"'{table.where}' bars nothing for any user of the audit",
            hint="are users, items and attributes written in the same way in all tables? 'Vegan' and 'vegan' differ",
        )
    lists = padded(pairs[0], len(users), catalogue[data.item][pairs[1]], None, None, table.where)
    digest = combined_digest((frame_digest(rules, None), *_digests(lists.items)), None)
    return Barred(lists.items, digest, _notes(table, sides, (of_users, of_items), len(rules)))


def _refuse_line_breaks(table: Table) -> None:
    """Refuse a cell of several lines, of a column that bars nothing too: rows may have been read into it."""
    for name in table.frame.columns:
        for place, cell in enumerate(table.frame[name].to_numpy(dtype=object)):
            if isinstance(cell, str) and {"\n", "\r"} & set(cell):
                raise DataError(
                    f"'{table.where}' row {table.row(place)} has a line break in column '{name}'",
                    hint="write each cell in one line; is a quotation mark left open there, or in a row above?",
                )


def _sides(table: Table, about_users: Table | None, about_items: Table | None) -> tuple[list[str], list[str]]:
    """The columns about users, and those about items."""
    data = table.spec.data
    of_users = {data.user, *(() if about_users is None else map(str, about_users.frame.columns))}
    of_items = {data.item, *(() if about_items is None else map(str, about_items.frame.columns))}
    names = [str(name) for name in table.frame.columns]
    for name in names:
        if name in of_users and name in of_items:
            raise DataError(
                f"'{table.where}' has a column '{name}', which both users and items have",
                hint="give it another name in one of the tables",
            )
    sides = [name for name in names if name in of_users], [name for name in names if name in of_items]
    for side, who, key, column in ((sides[0], "users", "users", data.user), (sides[1], "items", "items", data.item)):
        if not side:
            raise DataError(
                f"'{table.where}' has no column that says which {who} a row is about",
                hint=f"a column '{column}', or one that the table of [data] {key} has too",
            )
    return sides


def _labels(cells: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
    """Cells of any type as labels; None where empty."""
    codes, names = distinct_labels(cells)
    return np.array([*names, None], dtype=object)[codes]


def _refuse_empty(table: Table, sides: tuple[list[str], list[str]], cells: Mapping[str, npt.NDArray[Any]]) -> None:
    for side, what in zip(sides, ("users", "items"), strict=True):
        says = np.any([cells[name] != None for name in side], axis=0)  # noqa: E711  cell by cell
        if not says.all():
            row = int(np.argmin(says)) + 1
            raise DataError(f"'{table.where}' row {row} does not say which {what} it is about", hint="fill a cell")


def _refuse_alike(
    table: Table,
    about: Sequence[str],
    cells: Mapping[str, npt.NDArray[Any]],
    users: pd.DataFrame,
    items: Mapping[str, npt.NDArray[Any]],
) -> None:
    """Refuse 'Warfarin' where the table bars for 'warfarin': who has it would be said to be shown nothing barred."""
    for name in about:
        listed = {_spoken(cell): cell for cell in cells[name] if cell is not None}
        told = set(cells[name])
        who, labels = (
            ("items", items[name]) if name in items else ("users", _labels(users[name].to_numpy(dtype=object)))
        )
        for label in dict.fromkeys(labels):
            if label is not None and label not in told and _spoken(label) in listed:
                raise DataError(
                    f"'{table.where}' has '{listed[_spoken(label)]}' in column '{name}', and {who} have '{label}'",
                    hint="write both in the same way: they differ in capitals or spaces alone, and would not fit",
                )


def _spoken(label: str) -> str:
    return " ".join(label.split()).casefold()


def _catalogue(
    about_items: Table | None, side: Sequence[str], cells: Mapping[str, npt.NDArray[Any]], item: str
) -> dict[str, npt.NDArray[np.object_]]:
    """Column -> [items], of the table of items; without one, the items that are named."""
    if about_items is None:
        named = cells[item]
        return {item: np.array(list(dict.fromkeys(named[named != None])), dtype=object)}  # noqa: E711  cell by cell
    _, names = about_items.names("item")
    if len(names) < len(about_items.frame):
        raise DataError(f"'{about_items.where}' has an item twice", hint="one row an item")
    columns = dict.fromkeys((item, *side))
    return {name: _labels(about_items.frame[name].to_numpy(dtype=object)) for name in columns}


def _fitting(
    cells: Mapping[str, npt.NDArray[Any]], side: Sequence[str], of: Mapping[str, npt.NDArray[Any]]
) -> pd.DataFrame:
    """A row for each rule and each place that it fits: columns of the rule's number and `place`."""
    import pandas as pd

    rules = pd.DataFrame({name: cells[name] for name in side}, dtype=object)
    listed = pd.DataFrame({name: of[name] for name in side}, dtype=object)
    listed["place"] = np.arange(len(listed))
    says = rules.notna().to_numpy()
    found = []
    for pattern in np.unique(says, axis=0):
        names = [name for name, there in zip(side, pattern, strict=True) if there]
        asked = rules.loc[(says == pattern).all(axis=1), names].rename_axis(_RULE).reset_index()
        found.append(asked.merge(listed.dropna(subset=names), on=names)[[_RULE, "place"]])
    together: pd.DataFrame = pd.concat(found)
    return together


def _joined(table: Table, users: pd.DataFrame, items: pd.DataFrame, rules: int) -> tuple[Any, Any]:
    """Places of users and of items that are barred for them, each pair once, in order."""
    sizes = [np.bincount(one[_RULE].to_numpy(dtype=np.int64), minlength=rules) for one in (users, items)]
    if (cells := int(np.dot(*sizes))) > MOST_CELLS:
        raise DataError(
            f"'{table.where}' bars {cells:,} pairs of users and items: too much for one table",
            hint=f"take some of the users: at most {MOST_CELLS:,} pairs",
        )
    pairs = users.merge(items, on=_RULE)[["place_x", "place_y"]].drop_duplicates()
    pairs = pairs.sort_values(["place_x", "place_y"], kind="stable")
    return pairs["place_x"].to_numpy(dtype=np.int64), pairs["place_y"].to_numpy(dtype=np.int64)


def _digests(items: npt.NDArray[np.object_]) -> tuple[str, ...]:
    import pandas as pd

    return (frame_digest(pd.DataFrame(items, dtype=object), None),)


def _notes(
    table: Table, sides: tuple[list[str], list[str]], fitting: tuple[pd.DataFrame, pd.DataFrame], rules: int
) -> tuple[Text, ...]:
    idle = [rules - one[_RULE].nunique() for one in fitting]
    others = [str(name) for name in table.frame.columns if name not in {*sides[0], *sides[1]}]
    notes = []
    for count, said in zip(idle, (_NO_USER, _NO_ITEM), strict=True):
        if count:
            notes.append(Text.of(said, count=count, rows=rules, table=table.where))
    if others:
        said = "columns of '{table}' that neither users nor items have, and that bar nothing: {names}"
        notes.append(Text.of(said, table=table.where, names=", ".join(others)))
    return tuple(notes)
