"""What each user's list shows of each group of items, and what of each the user went for: one number a user."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Rankings
from auditkit.statistics import attention, code_items, look_up

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

SHOWN, WANTED, ABOVE, PAIRS = KINDS = ("shown", "wanted", "above", "pairs")
"""Attention that a list gives to a group; items of it that the user went for; pairs of one of these on the list with an
item there that the user did not go for, in which the right one stands above; all such pairs."""


def by_label(case: Case[Rankings], kind: str, attribute: str, relevant_from: float | None) -> Floats:
    """[n, labels] of one attribute of items; each column is kept, for a replay does not know what items are."""
    labels = next(labels for name, labels, *_ in case.settings.item_groups if name == attribute)
    about: dict[str, Any] = {"kind": kind, "attribute": attribute}
    if kind != SHOWN:
        about["relevant_from"] = relevant_from
    columns = [case.compute(of_label, label=place, **about) for place in range(len(labels))]
    return np.column_stack(columns)


def of_label(
    case: Case[Rankings], *, kind: str, attribute: str, label: int, relevant_from: float | None = None
) -> Floats:
    """[n]: one column of `of_labels`."""
    return np.ascontiguousarray(
        case.compute(of_labels, kind=kind, attribute=attribute, relevant_from=relevant_from)[:, label]
    )


def of_labels(case: Case[Rankings], *, kind: str, attribute: str, relevant_from: float | None) -> Floats:
    """[n, labels]: a kind of number for each label of an attribute of items."""
    if kind == WANTED:
        wanted = case.truth.items
        worth = case.truth.worth(relevant_from=relevant_from)
        return _summed(case, attribute, wanted, (worth > 0).astype(float))
    shown = case.predictions.items[:, : case.depth]
    if kind == SHOWN:
        return _summed(case, attribute, shown, np.broadcast_to(attention(case.depth)[: shown.shape[1]], shown.shape))
    hits, others = _right_and_wrong(case, shown, relevant_from)
    below = others.sum(axis=1, keepdims=True) - np.cumsum(others, axis=1)
    pairs = hits * (below if kind == ABOVE else others.sum(axis=1, keepdims=True))
    return _summed(case, attribute, shown, pairs.astype(float))


def _right_and_wrong(
    case: Case[Rankings], shown: npt.NDArray[np.object_], relevant_from: float | None
) -> tuple[Flags, Flags]:
    """[n, depth] each: which items the user went for, and which others there are."""
    wanted, listed = code_items(case.truth.items, shown)
    hits = look_up(wanted, case.truth.worth(relevant_from=relevant_from), listed) > 0
    return hits, (listed >= 0) & ~hits


def _summed(case: Case[Rankings], attribute: str, items: npt.NDArray[np.object_], values: Floats) -> Floats:
    """[n, labels]: of each user the sum of values [n, k] over the items of each label."""
    labels = labels_of(case, attribute, items)
    count = len(case.item_groups.groups[attribute].vocabulary)
    inside = labels >= 0
    places = np.arange(len(items))[:, None] * count + labels
    summed = np.bincount(places[inside], values[inside], len(items) * count).astype(float)
    return summed.reshape(len(items), count)


def labels_of(case: Case[Rankings], attribute: str, items: npt.NDArray[np.object_]) -> Integers:
    """[n, k]: the label of each item, as a code; -1 for none, for an item without one, and for one of no table."""
    known = case.item_groups
    names = np.array(known.items, dtype=object)[None, :]
    catalogue, asked = code_items(names, items)
    table = np.full(max(int(catalogue.max(initial=-1)), int(asked.max(initial=-1))) + 2, -1, dtype=np.int64)
    table[catalogue[0]] = known.groups[attribute].codes
    return np.asarray(table[asked])
