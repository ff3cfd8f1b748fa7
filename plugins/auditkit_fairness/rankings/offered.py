"""Who offers the items: how far the attention to groups of items would be another with other providers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Rankings
from auditkit.statistics import SharedSpread, attention, own_units
from auditkit_fairness.rankings.exposed import catalogue_codes
from auditkit_fairness.rankings.reranked import reranked

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]


def shared_spread(
    case: Case[Rankings],
    attribute: str,
    labels: int,
    relevant_from: float | None,
    after: Mapping[str, Any] | None = None,
) -> SharedSpread | None:
    """Over the columns attention, items gone for and items of the catalogue of each label, in this order.

    Of lists in another order, `after` it, then also over the attention as it is.

    None where the spec names no provider, or where one stands alone behind a group: nothing then says what another
    would have brought, and the interval holds for these providers.
    """
    if not case.settings.provider:
        return None
    size = (3 if after is None else 4) * labels
    wanted = labels + size * (size + 1) // 2
    parts = -(-wanted // len(case))
    asked = {"attribute": attribute, "relevant_from": relevant_from, "after": after}
    told = np.concatenate([case.compute(part_of_numbers, part=part, **asked) for part in range(parts)])[:wanted]
    covariance = np.zeros((size, size))
    covariance[np.triu_indices(size)] = told[labels:]
    covariance += np.triu(covariance, 1).T
    behind = told[:labels][told[:labels] > 0]
    fewest = int(behind.min()) if len(behind) else 0
    return SharedSpread(covariance, fewest) if fewest > 1 else None


def part_of_numbers(
    case: Case[Rankings], *, attribute: str, relevant_from: float | None, after: Mapping[str, Any] | None, part: int
) -> Floats:
    """[n]: some of `numbers_of`, 0 where they end: evidence keeps numbers by the row, and no more than a row's."""
    whole = case.compute(numbers_of, attribute=attribute, relevant_from=relevant_from, after=after)
    found = np.zeros(len(case))
    own = whole[part * len(case) : (part + 1) * len(case)]
    found[: len(own)] = own
    return found


def numbers_of(
    case: Case[Rankings], *, attribute: str, relevant_from: float | None, after: Mapping[str, Any] | None
) -> Floats:
    """How many providers stand behind each label, and the upper half of the covariance that they add."""
    from scipy import sparse

    known = case.item_groups
    codes, labels = known.groups[attribute].codes, len(known.groups[attribute].vocabulary)
    assert known.providers is not None  # noqa: S101  settings.provider says so
    whose = np.unique(own_units(known.providers.codes), return_inverse=True)[1].ravel()
    providers = int(whose.max(initial=-1)) + 1
    sizes = np.zeros((providers, labels))
    inside = codes >= 0
    np.add.at(sizes, (whose[inside], codes[inside]), 1.0)
    people, mass = _people(case)
    weight = np.broadcast_to(attention(case.depth), (len(case), case.depth))
    shown = catalogue_codes(known.items, case.predictions.items[:, : case.depth])
    tables = {0: (shown, weight)} if after is None else {0: (case.compute(reranked, **after)["lists"], weight)}
    if case.has_truth:
        worth = case.truth.worth(relevant_from=relevant_from)
        tables[1] = (catalogue_codes(known.items, case.truth.items), (worth > 0).astype(float))
    if after is not None:
        tables[3] = (shown, weight)
    width = (3 if after is None else 4) * labels
    cells: list[tuple[Integers, Integers, Floats]] = []
    for kind, (places, values) in tables.items():
        row, column = np.nonzero((places >= 0) & (codes[places] >= 0))
        item = places[row, column]
        cells.append((
            people[row].astype(np.int64) * providers + whose[item],
            kind * labels + codes[item],
            values[row, column] * mass[row],
        ))  # fmt: skip
    cell, column, value = (np.concatenate(one) for one in zip(*cells, strict=True))
    seen, place = np.unique(cell, return_inverse=True)
    table = sparse.csr_matrix((value, (place.ravel(), column)), shape=(len(seen), width))
    heavy = np.bincount(people, mass)
    within = np.asarray((table.T @ table).todense())
    # Everybody could be shown every item: what one provider has in the catalogue counts for each person.
    cross = table.T @ (sizes[seen % providers] * heavy[seen // providers, None])
    within[:, 2 * labels : 3 * labels] += cross
    within[2 * labels : 3 * labels, :] += cross.T
    within[2 * labels : 3 * labels, 2 * labels : 3 * labels] += (heavy @ heavy) * (sizes.T @ sizes)
    by_provider = np.zeros((providers, width))
    np.add.at(by_provider, (cell % providers, column), value)
    by_provider[:, 2 * labels : 3 * labels] = heavy.sum() * sizes
    found = SharedSpread.of(by_provider, within, providers=0).covariance
    return np.concatenate([np.count_nonzero(sizes, axis=0).astype(float), found[np.triu_indices(width)]])


def _people(case: Case[Rankings]) -> tuple[Integers, Floats]:
    """[n]: who each user is, by the unit, and how much the row counts."""
    mass = np.ones(len(case)) if case.weights is None else np.asarray(case.weights, dtype=float)
    if case.units is None:
        return np.arange(len(case)), mass
    return np.unique(own_units(case.units.codes), return_inverse=True)[1].ravel(), mass
