"""From tables of interactions to a Split with one row a user: the items of each, attributes, recorded rankings."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from auditkit.dataset import distinct_labels, row_digests
from auditkit.document import Text
from auditkit.errors import DataError, did_you_mean
from auditkit.numbers import parse_numbers
from auditkit.predictions import Rankings

if TYPE_CHECKING:
    import pandas as pd

    from auditkit.dataset import Split
    from auditkit.spec import AuditSpec

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]

MOST_CELLS = 50_000_000
"""Users times the longest list: what a table of items, a column a rank, may take."""
DEEPEST = 100
"""Ranks of a recorded list that are read, of which the first `[data] k` are looked at; the rest are candidates."""


FILE_ROWS = "row of the file, from 0"
"""The name of an index that says where the rows of a part of a table stand in its file."""


@dataclass(frozen=True)
class Table:
    """A table under the name that messages call it by."""

    spec: AuditSpec
    frame: pd.DataFrame
    where: str

    def row(self, place: int) -> int:
        """The number of a row in its file, counted from 1 below the header; `place` is where it stands here."""
        rows = self._file_rows
        return int(place if rows is None else rows[place]) + 1

    @property
    def _file_rows(self) -> Any:
        index = self.frame.index
        return index.to_numpy() if index.name == FILE_ROWS else None

    def cells(self, key: str) -> Any:
        """The column that a key of `[data]` names."""
        return self.column(key, getattr(self.spec.data, key))

    def column(self, key: str, name: str) -> Any:
        """A column by its name; `key` is the spec's key that names it."""
        if name not in self.frame.columns:
            raise self.spec.source.error(
                ("data", key),
                f"names a column that is not there: '{self.where}' has no column '{name}'",
                did_you_mean(name, map(str, self.frame.columns)),
            )
        return self.frame[name].to_numpy(dtype=object)

    def names(self, key: str, *, may_miss: bool = False) -> tuple[Integers, npt.NDArray[np.object_]]:
        """Codes [n] and names of users or items, in order of first occurrence; -1 where missing.

        Raises:
            DataError: one is missing, and none may be.
        """
        codes, labels = distinct_labels(self.cells(key))
        place: dict[str, int] = {}
        table = [-1 if label is None else place.setdefault(label, len(place)) for label in labels]
        merged = np.array([*table, -1], dtype=np.int64)[codes]
        missing = np.flatnonzero(merged < 0)
        if len(missing) and not may_miss:
            name = getattr(self.spec.data, key)
            raise DataError(
                f"'{self.where}' column '{name}' is empty in {len(missing)} rows, first in row {self.row(missing[0])}",
                hint=f"every row needs its {key}",
            )
        return merged, np.array([*place, None], dtype=object)[:-1]

    def numbers(self, name: str) -> Floats:
        """A column of numbers, none of them missing."""
        values: Floats = parse_numbers(self.frame[name], column=name, where=f"'{self.where}'", rows=self._file_rows)
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            first = self.row(bad[0])
            raise DataError(
                f"'{self.where}' column '{name}' has no finite number in {len(bad)} rows, first in row {first}",
                hint=f"every row needs its {name}, or leave out the column",
            )
        return values

    def refuse_strangers(self, who: str, names: Any, places: Integers, wanted: Any) -> None:
        """Refuse a table that names none of the users, or items, that it should be about.

        Args:
            who: "users" or "items".
            names: those that it names.
            places: where one of them stands among the other; -1: nowhere.
            wanted: the audit's.
        """
        if len(names) and len(wanted) and np.all(places < 0):
            raise DataError(
                f"'{self.where}' names none of the {who} of the audit, but '{names[0]}', where they are '{wanted[0]}'",
                hint=f"are {who} written in the same way in both? 7 and '7' are the same, '07' is another",
            )

    def refuse_twice(self, users: Integers, others: Integers, what: str, named: Any) -> None:
        """Refuse a user who has the same item, or the same rank, in two rows."""
        order = np.lexsort((others, users))
        again = (np.diff(users[order]) == 0) & (np.diff(others[order]) == 0) & (others[order][1:] >= 0)
        rows = np.flatnonzero(again)
        if len(rows):
            first, second = sorted((int(order[rows[0]]), int(order[rows[0] + 1])))
            raise DataError(
                f"'{self.where}' has {named(first)} in row {self.row(first)} and again in row {self.row(second)}",
                hint=f"one row for each user and {what}; {len(rows)} rows repeat an earlier one",
            )


@dataclass(frozen=True)
class Lists:
    """Items of each user, best first."""

    items: npt.NDArray[np.object_]
    """[users, width]; None where a list is shorter."""
    scores: Floats | None
    """[users, width]; NaN where a list is shorter."""


def padded(users: Integers, count: int, items: Any, scores: Floats | None, most: int | None, where: str) -> Lists:
    """Rows that are sorted by user, and by rank within a user, as a table with a row a user.

    Args:
        users: [rows], ascending.
        count: how many users there are.
        items: [rows], names.
        scores: [rows]; None: there are none.
        most: how long a list may get; what comes later is left out. None: as long as it is.
        where: the table's name, for messages.
    """
    sizes = np.bincount(users, minlength=count)
    ranks = np.arange(len(users)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    width = int(sizes.max(initial=0)) if most is None else min(int(sizes.max(initial=0)), most)
    if count * width > MOST_CELLS:
        raise DataError(
            f"'{where}' has {count:,} users, and one of them {width:,} items: too much for one table",
            hint=f"take some of the users, or fewer items of each: users x longest list <= {MOST_CELLS:,}",
        )
    kept = ranks < width
    table = np.full((count, width), None, dtype=object)
    table[users[kept], ranks[kept]] = items[kept]
    if scores is None:
        return Lists(table, None)
    numbers = np.full((count, width), np.nan)
    numbers[users[kept], ranks[kept]] = scores[kept]
    return Lists(table, numbers)


@dataclass(frozen=True)
class Interactions:
    """A table of interactions, read: who there is, and what each had."""

    users: npt.NDArray[np.object_]
    """[users], in order of first occurrence."""
    truth: Rankings
    known: npt.NDArray[np.bool_]
    """[users]: whether the user has an item at all."""
    digest: str


def read_interactions(table: Table) -> Interactions:
    """Users and their items, best rated first; without ratings, in the order of the table.

    A row without an item names a user who has none.

    Raises:
        DataError: a user is missing, a rating is no number, or a user has an item twice.
    """
    users, names = table.names("user")
    items, item_names = table.names("item", may_miss=True)
    table.refuse_twice(
        users, items, "item", lambda row: f"user '{names[users[row]]}' with item '{item_names[items[row]]}'"
    )
    rows = np.flatnonzero(items >= 0)
    data = table.spec.data
    ratings = None
    if data.rating in table.frame.columns:
        has = Table(table.spec, table.frame.iloc[rows], table.where) if len(rows) < len(users) else table
        ratings = has.numbers(data.rating)
    elif "rating" in data.model_fields_set:
        table.cells("rating")
    order = rows[np.lexsort((*(() if ratings is None else (-ratings,)), users[rows]))]
    scores = None if ratings is None else ratings[np.lexsort((-ratings, users[rows]))]
    lists = padded(users[order], len(names), item_names[items[order]], scores, None, table.where)
    digest = digest_of_arrays(names, item_names, users, items, ratings)
    truth = Rankings(tuple(names), lists.items, lists.scores)
    return Interactions(names, truth, np.bincount(users[rows], minlength=len(names)) > 0, digest)


@dataclass(frozen=True)
class Recorded:
    """What was recommended to the users of a split."""

    lists: Lists
    notes: tuple[Text, ...]
    digest: str


def read_rankings(table: Table, users: npt.NDArray[np.object_], *, is_audit: bool = True) -> Recorded:
    """The recorded lists of these users, best first: by rank when there is one, else by score.

    Equal scores keep the order of the table. Lists are cut at `DEEPEST`, or at `[data] k` where that is deeper.
    Training users are often others than the audit's, for whom the lists were made: only of the audit's must there be
    any.

    Raises:
        DataError: no rank and no score, a tie of ranks, an item twice, or none of these users.
    """
    import pandas as pd

    codes, names = table.names("user")
    items, item_names = table.names("item")
    columns = [name for name in ("rank", "score") if name in table.frame.columns]
    if not columns:
        raise DataError(
            f"'{table.where}' has neither a column 'rank' nor a column 'score'",
            hint="say in what order the items were shown: rank 1 is the best, or the largest score",
        )
    values = table.numbers(columns[0])
    table.refuse_twice(
        codes, items, "item", lambda row: f"user '{names[codes[row]]}' with item '{item_names[items[row]]}'"
    )
    if columns[0] == "rank":
        _, ranks = np.unique(values, return_inverse=True)
        table.refuse_twice(
            codes, ranks.ravel(), "rank", lambda row: f"user '{names[codes[row]]}' with rank {values[row]:g}"
        )
    places = pd.Index(users).get_indexer(pd.Index(names))
    if is_audit:
        table.refuse_strangers("users", names, places, users)
    strangers = int(np.count_nonzero(places < 0))
    notes = (Text.of("{count} users of '{table}' are not in the table of interactions and were left out",
                     count=strangers, table=table.where),)  # fmt: skip
    own = places[codes]
    rows = np.flatnonzero(own >= 0)
    sign = 1 if columns[0] == "rank" else -1
    order = rows[np.lexsort((sign * values[rows], own[rows]))]
    scores = values[order] if columns[0] == "score" else None
    most = max(table.spec.data.k, min(DEEPEST, MOST_CELLS // max(len(users), 1)))
    lists = padded(own[order], len(users), item_names[items[order]], scores, most, table.where)
    return Recorded(
        lists, notes if strangers and is_audit else (), digest_of_arrays(names, item_names, codes, items, values)
    )


def note_unknown_items(table: Table, audit: Split, training: Split | None) -> None:
    """Count the recommended items that no interaction is with: all of them count as wrong.

    Raises:
        DataError: there is none with any of them, so that the two tables name items in different ways.
    """
    import pandas as pd

    columns = [name for name in audit.inputs.columns if name.startswith("item ")][: table.spec.data.k]
    listed = audit.inputs[columns].to_numpy(dtype=object)
    shown = pd.unique(listed.ravel())
    shown = shown[shown != None]  # noqa: E711  cell by cell
    known = [split.truth.items.ravel() for split in (audit, training) if split and isinstance(split.truth, Rankings)]
    wanted = pd.unique(np.concatenate(known))
    wanted = wanted[wanted != None]  # noqa: E711  cell by cell
    places = pd.Index(wanted).get_indexer(pd.Index(shown))
    table.refuse_strangers("items", shown, places, wanted)
    if unknown := int(np.count_nonzero(places < 0)):
        note = Text.of("{count} items of '{table}' are in no table of interactions; recommending them counts as wrong",
                       count=unknown, table=table.where)  # fmt: skip
        audit.inputs.attrs["notes"] = (*audit.inputs.attrs.get("notes", ()), note)


def repeats(audit: Split, training: Split | None) -> tuple[Text, ...]:
    """What the report says of audited interactions with items that the same users had before."""
    import pandas as pd

    if training is None or not isinstance(audit.truth, Rankings) or not isinstance(training.truth, Rankings):
        return ()
    both = [
        (np.repeat(truth.users, np.count_nonzero(truth.items != None, axis=1)), truth.items[truth.items != None])  # noqa: E711
        for truth in (audit.truth, training.truth)
    ]
    users, items = (pd.factorize(np.concatenate(names))[0].astype(np.int64) for names in zip(*both, strict=True))
    pairs = users * (items.max(initial=0) + 1) + items
    rows = len(both[0][0])
    if not (count := int(np.count_nonzero(np.isin(pairs[:rows], pairs[rows:])))):
        return ()
    message = (
        "{count} of {rows} audited interactions are with an item that the same user has in the training too: a "
        "recommender that shows nothing twice cannot foretell them"
    )
    return (Text.of(message, count=count, rows=rows),)


def attributes_of(
    table: Table | None, users: npt.NDArray[np.object_], names: Mapping[str, str], *, is_audit: bool = True
) -> pd.DataFrame:
    """One row a user, with the attributes that the spec names; None for a user whom the table does not know.

    Args:
        table: of users; None: there is none.
        users: whom to look up.
        names: attribute -> the key of `[data]` that names it.
        is_audit: whether these are the audit's users.

    Raises:
        DataError: a user stands there twice, or none of the audit's does.
        SpecError: there is no table, or it lacks a column.
    """
    import pandas as pd

    frame = pd.DataFrame(index=range(len(users)))
    if not names:
        return frame
    if table is None:
        name, key = next(iter(names.items()))
        raise _no_users(users, name, key)
    codes, known = table.names("user")
    if len(known) < len(codes):
        again = int(np.flatnonzero(pd.Series(codes).duplicated())[0])
        raise DataError(f"'{table.where}' has user '{known[codes[again]]}' twice, again in row {again + 1}",
                        hint="one row a user")  # fmt: skip
    places = pd.Index(known).get_indexer(pd.Index(users))
    if is_audit:
        table.refuse_strangers("users", known, places, users)
    for name, key in names.items():
        cells = np.append(table.column(key, name), [None])
        frame[name] = pd.Series(cells[places], dtype=object)
    return frame


def _no_users(users: npt.NDArray[np.object_], name: str, key: str) -> DataError:
    return DataError(
        f"[data] {key} names '{name}', and no table says what it is for each of the {len(users):,} users",
        hint='name it: [data] users = "users.csv", one row a user',
    )


def ranking_inputs(users: npt.NDArray[np.object_], recorded: Recorded | None) -> pd.DataFrame:
    """What a recommender is asked: a row a user; with recorded rankings `item 1`, `item 2`, ... and `score 1`, ..."""
    import pandas as pd

    # As objects: pandas would make texts of its own of them, and NaN of None.
    columns: dict[str, Any] = {"user": pd.Series(users, dtype=object)}
    if recorded is not None:
        lists = recorded.lists
        ranks = range(lists.items.shape[1])
        columns |= {f"item {rank + 1}": pd.Series(lists.items[:, rank], dtype=object) for rank in ranks}
        if lists.scores is not None:
            columns |= {f"score {rank + 1}": lists.scores[:, rank] for rank in range(lists.scores.shape[1])}
    inputs = pd.DataFrame(columns)
    inputs.attrs["notes"] = () if recorded is None else recorded.notes
    return inputs


def digest_of_arrays(*arrays: Any) -> str:
    """SHA-256 over names, codes and numbers, each with its length."""
    total = hashlib.sha256()
    for array in arrays:
        if array is None:
            total.update(b"none")
        elif array.dtype.hasobject:
            cells = [b"\0" if cell is None else b"\1" + cell.encode("utf-8", "surrogatepass") for cell in array]
            total.update(len(cells).to_bytes(8, "big") + b"".join(len(c).to_bytes(8, "big") + c for c in cells))
        else:
            plain = np.ascontiguousarray(array, dtype="<f8" if array.dtype.kind == "f" else "<i8")
            total.update(len(plain).to_bytes(8, "big") + plain.tobytes())
    return total.hexdigest()


def combined_digest(digests: Sequence[str], salt: bytes | None) -> str:
    """One digest over several; an HMAC of them under a salt."""
    import hmac

    total = "".join(digests).encode()
    return hashlib.sha256(total).hexdigest() if salt is None else hmac.new(salt, total, hashlib.sha256).hexdigest()


def user_digests(attributes: pd.DataFrame, found: Interactions, salt: bytes) -> tuple[str, ...]:
    """An HMAC of each user's row: the user, the attributes, and the items in their order."""
    table = attributes.copy()
    table["user"] = found.users
    table["items"] = ["\0".join(item for item in row if item is not None) for row in found.truth.items]
    return row_digests(table, salt)
