"""What each user's list shows of each group of items, and what of each the user went for: one number a user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Rankings
from auditkit.statistics import attention, code_items, look_up, target_exposure
from auditkit_fairness.rankings.candidates import further, had_before, items_before

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]
Flags = npt.NDArray[np.bool_]

SHOWN, WANTED, ABOVE, PAIRS = "shown", "wanted", "above", "pairs"
"""Attention that a list gives to a group; items of it that the user went for; pairs of one of these on the list with an
item there that the user did not go for, in which the right one stands above; all such pairs."""
FURTHER_ABOVE, FURTHER_PAIRS = "above further", "pairs further"
"""The same of the candidates below the list too, and of what the user went for and no candidate is; NaN where no list
goes deeper."""
TARGET = "target"
"""Attention that a group should get, if what the user went for shared the first ranks, and all else the others."""
ELIGIBLE, FRESH, NEW, HITS = "eligible", "fresh", "new", "hits"
"""Items of a group that the user had not had before; those of them on the list; those that the user went for; both."""


def by_label(
    case: Case[Rankings], kind: str, attribute: str, relevant_from: float | None, given: list[float] | None = None
) -> Floats:
    """[n, labels] of one attribute of items; each column is kept, for a replay does not know what items are.

    Args:
        case: whose lists are looked at.
        kind: of number.
        attribute: of items.
        relevant_from: the rating from which an item counts as gone for.
        given: [depth], the attention to each rank; None: it falls with the logarithm.
    """
    labels = next(labels for name, labels, *_ in case.settings.item_groups if name == attribute)
    about: dict[str, Any] = {"kind": kind, "attribute": attribute}
    if kind != SHOWN:
        about["relevant_from"] = relevant_from
    if kind in (SHOWN, TARGET):
        about["given"] = given
    columns = [case.compute(of_label, label=place, **about) for place in range(len(labels))]
    return np.column_stack(columns)


def of_label(
    case: Case[Rankings],
    *,
    kind: str,
    attribute: str,
    label: int,
    relevant_from: float | None = None,
    given: list[float] | None = None,
) -> Floats:
    """[n]: one column of `of_labels`."""
    return np.ascontiguousarray(
        case.compute(of_labels, kind=kind, attribute=attribute, relevant_from=relevant_from, given=given)[:, label]
    )


def of_labels(
    case: Case[Rankings],
    *,
    kind: str,
    attribute: str,
    relevant_from: float | None,
    given: list[float] | None = None,
) -> Floats:
    """[n, labels]: a kind of number for each label of an attribute of items."""
    if kind == WANTED:
        wanted = case.truth.items
        worth = case.truth.worth(relevant_from=relevant_from)
        return _summed(case, attribute, wanted, (worth > 0).astype(float))
    if kind in (ELIGIBLE, NEW, TARGET):
        return _could(case, kind, attribute, relevant_from, attention_of(case, given))
    shown = case.predictions.items[:, : case.depth]
    if kind == SHOWN:
        return _summed(
            case, attribute, shown, np.broadcast_to(attention_of(case, given)[: shown.shape[1]], shown.shape)
        )
    if kind in (FRESH, HITS):
        is_new = ~had_before(case, shown)
        counted = is_new if kind == FRESH else is_new & right_and_wrong(case, shown, relevant_from)[0]
        return _summed(case, attribute, shown, counted.astype(float))
    lists = lists_of(case, kind, relevant_from)
    if lists is None:
        return np.full((len(case), len(case.item_groups.groups[attribute].vocabulary)), np.nan)
    return _summed(case, attribute, lists.items, pairs_of_right(case, lists, kind, relevant_from))


def _could(case: Case[Rankings], kind: str, attribute: str, relevant_from: float | None, given: Floats) -> Floats:
    """[n, labels]: what could be recommended of each label, and what attention it should get."""
    before = items_before(case)
    had = _summed(case, attribute, before, (before != None).astype(float))  # noqa: E711  cell by cell
    sizes = next(sizes for name, _, sizes, _ in case.settings.item_groups if name == attribute)
    eligible = np.maximum(np.array(sizes, dtype=float) - had, 0.0)
    if kind == ELIGIBLE:
        return eligible
    wanted = case.truth.items
    relevant = case.truth.worth(relevant_from=relevant_from) > 0
    new = _summed(case, attribute, wanted, (relevant & ~had_before(case, wanted)).astype(float))
    if kind == NEW:
        return new
    own, left = due(relevant, eligible - new, given)
    return _summed(case, attribute, wanted, relevant.astype(float)) * own[:, None] + (eligible - new) * left[:, None]


def attention_of(case: Case[Rankings], given: list[float] | None) -> Floats:
    """[depth]: the attention to each rank, as given, or falling with the logarithm."""
    return attention(case.depth) if given is None else np.array(given, dtype=float)


def due(relevant: Flags, others: Floats, given: Floats) -> tuple[Floats, Floats]:
    """[n] each: what attention each relevant item of a user should get, and each other; none without relevant ones.

    Args:
        relevant: [n, m], of what users went for.
        others: [n, labels], how many others there are.
        given: [depth], the attention to each rank.
    """
    count, rest = relevant.sum(axis=1), np.rint(others.sum(axis=1)).astype(np.int64)
    own, left = target_exposure(count, rest, given)
    return np.where(count > 0, own, 0.0), np.where(count > 0, left, 0.0)


def lists_of(case: Case[Rankings], kind: str, relevant_from: float | None) -> Rankings | None:
    """What the pairs of a kind stand on: the lists as they are looked at, or those that go `further`, if any does."""
    if kind in (FURTHER_ABOVE, FURTHER_PAIRS):
        found: Rankings | None = case.compute(further, relevant_from=relevant_from)
        return found
    said = case.predictions
    scores = None if said.scores is None else said.scores[:, : case.depth]
    return Rankings(said.users, said.items[:, : case.depth], scores)


def pairs_of_wrong(
    case: Case[Rankings], lists: Rankings, attribute: str, kind: str, label: int, relevant_from: float | None
) -> Floats:
    """[n, depth]: of each wrong item on a list, in how many pairs of a label, or in order, it is the wrong one."""
    hits, others = right_and_wrong(case, lists.items, relevant_from)
    mine = hits & (labels_of(case, attribute, lists.items) == label)
    if kind in (PAIRS, FURTHER_PAIRS):
        return np.asarray(others * mine.sum(axis=1, keepdims=True), dtype=float)
    return np.asarray(others * (np.cumsum(mine, axis=1) - _ties(lists, mine) / 2), dtype=float)


def pairs_of_right(case: Case[Rankings], lists: Rankings, kind: str, relevant_from: float | None) -> Floats:
    """[n, depth]: of each right item on a list, in how many pairs, or of those in order, it is the right one."""
    hits, others = right_and_wrong(case, lists.items, relevant_from)
    every = others.sum(axis=1, keepdims=True)
    below = every - np.cumsum(others, axis=1) + _ties(lists, others) / 2
    return np.asarray(hits * (below if kind in (ABOVE, FURTHER_ABOVE) else every), dtype=float)


def _ties(lists: Rankings, others: Flags) -> Floats:
    """[n, depth]: how many of some items above less how many below have the score of the item at each rank.

    Where scores are given, a pair of one score is half a pair in order, whichever of the two was put first.
    """
    scores = lists.scores
    if scores is None:
        return np.zeros(others.shape)
    found = np.zeros(others.shape)
    for apart in range(1, others.shape[1]):
        same = scores[:, apart:] == scores[:, :-apart]
        if not same.any():  # scores fall, so that nothing further apart is equal either
            break
        found[:, apart:] += same & others[:, :-apart]
        found[:, :-apart] -= same & others[:, apart:]
    return found


def right_and_wrong(
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
    codes = np.append(known.groups[attribute].codes, -1)
    return np.asarray(codes[catalogue_codes(known.items, items)])


def catalogue_codes(catalogue: Sequence[str], items: npt.NDArray[np.object_]) -> Integers:
    """[n, k]: the place of each item in the catalogue; -1: it is none, or none of it."""
    known, asked = code_items(np.array(catalogue, dtype=object)[None, :], items)
    table = np.full(max(int(known.max(initial=-1)), int(asked.max(initial=-1))) + 2, -1, dtype=np.int64)
    table[known[0]] = np.arange(len(catalogue))
    return np.asarray(table[asked])
