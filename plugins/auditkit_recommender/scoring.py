"""How much each item suits each user, for some users at once: factors, and matrices of scores, dense and sparse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import numpy.typing as npt

from auditkit import ModelError, Text
from auditkit_recommender.arrays import as_floats, known_names

if TYPE_CHECKING:
    from auditkit_recommender.ids import Ids

Integers = npt.NDArray[np.integer]
Floats = npt.NDArray[np.floating]

FACTORS = frozenset({"user_factors", "item_factors", "user_biases", "item_biases"})
SPARSE = frozenset({"format", "shape", "data", "indices", "indptr"})
"""The arrays that scipy.sparse.save_npz writes."""

_SCORES_AT_ONCE = 1 << 20
"""Of the users that are ranked together: 4 MB in float32, which a processor's cache holds."""


class Scorer(Protocol):
    """What knows how much each item suits each user."""

    @property
    def note(self) -> Text:
        """What it is, for the report."""
        ...

    def scores(self, rows: Integers) -> Floats:
        """Give [rows, items] for some of the model's users, in memory of its own; -inf: never recommended."""
        ...


def users_at_once(items: int) -> int:
    """How many users are scored together: as many as the cache has room for. The same for every call."""
    return max(16, min(1024, _SCORES_AT_ONCE // max(items, 1)))


@dataclass(frozen=True)
class FactorScores:
    """The product of a user's factors and an item's; biases are factors that meet a one."""

    users: Floats
    """[users, factors]"""
    items: Floats
    """[factors, items]"""
    note: Text

    @classmethod
    def of(cls, path: Path, arrays: Mapping[str, Any], users: Ids, items: Ids) -> FactorScores:
        """Factors as implicit and LightFM have them, held against the lists of ids.

        Raises:
            ModelError: one is missing, or shapes disagree.
        """
        known_names(path, arrays, FACTORS)
        missing = {"user_factors", "item_factors"} - arrays.keys()
        if missing:
            raise ModelError(
                f"'{path.name}' has no '{min(missing)}'",
                hint="np.savez('factors.npz', user_factors=model.user_factors, item_factors=model.item_factors)",
            )
        of_users, of_items = (as_floats(name, arrays[name], dimensions=2) for name in ("user_factors", "item_factors"))
        if of_users.shape[1] != of_items.shape[1]:
            raise ModelError(
                f"user_factors have {of_users.shape[1]} factors, and item_factors {of_items.shape[1]}",
                hint="both are [rows, factors]: transpose the one that is not, and save them anew",
            )
        refuse_rows("user_factors", len(of_users), users)
        refuse_rows("item_factors", len(of_items), items)
        note = Text.of(
            "the model is {factors} factors of {users} users and {items} items",
            factors=of_users.shape[1],
            users=len(users),
            items=len(items),
        )
        if arrays.keys() & {"user_biases", "item_biases"}:
            of_users = _beside(of_users, _biases(arrays, users), ones_first=False)
            of_items = _beside(of_items, _biases(arrays, items), ones_first=True)
        return cls(of_users, np.ascontiguousarray(of_items.T), note)

    def scores(self, rows: Integers) -> Floats:
        """Give [rows, items]."""
        with np.errstate(over="ignore", invalid="ignore"):  # whoever ranks them refuses what is no number
            return np.asarray(self.users[rows] @ self.items)


def _biases(arrays: Mapping[str, Any], ids: Ids) -> Floats:
    """One number a row; 0 where the model has no biases."""
    name = f"{ids.what.removesuffix('s')}_biases"
    if name not in arrays:
        return np.zeros(len(ids), dtype=np.float32)
    found = as_floats(name, arrays[name], dimensions=1)
    refuse_rows(name, len(found), ids)
    return found


def _beside(factors: Floats, biases: Floats, *, ones_first: bool) -> Floats:
    """Factors with two columns more: the product of a user's row and an item's then has both biases added."""
    ones = np.ones_like(biases)
    return np.column_stack([factors, ones, biases] if ones_first else [factors, biases, ones])


def refuse_rows(name: str, rows: int, ids: Ids) -> None:
    """Refuse an array that has not a row for each id.

    Raises:
        ModelError: it has more, or fewer.
    """
    if rows != len(ids):
        raise ModelError(
            f"'{name}' has {rows:,} rows, and '{ids.what}.json' names {len(ids):,} {ids.what}",
            hint=f"'{ids.what}.json' names each row of the model once, in its order",
        )


@dataclass(frozen=True)
class DenseScores:
    """A score for every user and item, as RecBole's full_sort_predict gives them; rows are read when asked for."""

    matrix: npt.NDArray[Any]
    """[users, items], which may be mapped from a file."""
    note: Text

    @classmethod
    def of(cls, path: Path, matrix: npt.NDArray[Any], users: Ids, items: Ids) -> DenseScores:
        """A matrix with a row for each user and a column for each item.

        Raises:
            ModelError: it is no matrix of numbers, or has another shape.
        """
        if matrix.ndim != 2 or matrix.dtype.kind not in "fiu" or matrix.shape != (len(users), len(items)):  # noqa: PLR2004
            raise ModelError(
                f"the scores in '{path.name}' are {matrix.dtype} of the shape {matrix.shape}; the lists of ids name "
                f"{len(users):,} users and {len(items):,} items",
                hint="numbers, [users, items]: a row for each of users.json, a column for each of items.json",
            )
        return cls(matrix, _matrix_note(users, items))

    def scores(self, rows: Integers) -> Floats:
        """Give [rows, items]."""
        taken = self.matrix[rows]
        return taken.astype(np.float64 if taken.dtype.kind != "f" or taken.dtype.itemsize > 4 else np.float32)  # noqa: PLR2004


def _matrix_note(users: Ids, items: Ids) -> Text:
    message = "the model is a matrix of scores of {users} users and {items} items"
    return Text.of(message, users=len(users), items=len(items))


@dataclass(frozen=True)
class SparseScores:
    """Scores for some items of each user; an item without an entry is never recommended to that user."""

    matrix: Any
    """A scipy.sparse.csr_array [users, items]."""
    note: Text

    @classmethod
    def of(cls, path: Path, arrays: Mapping[str, Any], users: Ids, items: Ids) -> SparseScores:
        """What scipy.sparse.save_npz wrote of a matrix by rows.

        Raises:
            ModelError: it is stored otherwise, is damaged, has another shape, or holds NaN.
        """
        from scipy import sparse

        stored = arrays["format"].item()
        stored = stored.decode("ascii", "replace") if isinstance(stored, bytes) else str(stored)
        hint = f"scipy.sparse.save_npz('{path.name}', matrix.tocsr())"
        if stored != "csr" or not arrays.keys() >= SPARSE:
            raise ModelError(f"'{path.name}' holds a sparse matrix in the form '{stored[:20]}', not by rows", hint=hint)
        try:
            indices, ends = (arrays[name] for name in ("indices", "indptr"))
            if {indices.dtype.kind, ends.dtype.kind} - {"i", "u"}:
                raise TypeError(f"indices are {indices.dtype} and {ends.dtype}")  # noqa: TRY301  worded below
            parts = (as_floats("data", arrays["data"], dimensions=1), indices, ends)
            rows, columns = (int(length) for length in arrays["shape"])
            matrix = sparse.csr_array(parts, shape=(rows, columns))
            matrix.check_format(full_check=True)  # an index beyond the matrix would read memory that is not its own
        except (ValueError, TypeError, IndexError) as error:
            raise ModelError(f"'{path.name}' is damaged: {str(error)[:200]}", hint=hint) from error
        if matrix.shape != (len(users), len(items)):
            raise ModelError(
                f"the scores in '{path.name}' have the shape {matrix.shape}; the lists of ids name {len(users):,} "
                f"users and {len(items):,} items",
                hint="[users, items]: a row for each of users.json, a column for each of items.json",
            )
        matrix.sum_duplicates()
        return cls(matrix, _matrix_note(users, items))

    def scores(self, rows: Integers) -> Floats:
        """Give [rows, items]."""
        taken = self.matrix[rows]
        found = np.full(taken.shape, -np.inf, dtype=taken.dtype)
        found[np.repeat(np.arange(len(rows)), np.diff(taken.indptr)), taken.indices] = taken.data
        return found
