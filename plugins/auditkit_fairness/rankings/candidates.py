"""What stands below the lists that are looked at: the candidates, and what users went for and no candidate is."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, Rankings, RanksDeeper
from auditkit.statistics import code_items, look_up

Floats = npt.NDArray[np.floating]
Items = npt.NDArray[np.object_]

MOST = 100
"""Candidates of a user that the pairs of `further` rest on; where lists are longer than half of it, twice a list."""


def pool(case: Case[Rankings], *, candidates: int) -> Rankings:
    """What each user's list could be made of, best first: the list itself, and what the model ranks below it.

    Raises:
        NotApplicable: the adapter gives no more than is shown.
    """
    said = case.predictions
    if said.items.shape[1] <= case.depth:
        said = case.model_that(RanksDeeper).ranked(case.inputs, candidates)  # type: ignore[type-abstract]
    deeper = said.items[:, case.depth :]
    if not (deeper != None).any():  # noqa: E711  cell by cell
        raise NotApplicable(
            "no list goes deeper than the {depth} items that are looked at: nothing can take their place",
            hint="record longer lists, e.g. 100 items a user, in the table of [data] rankings; [data] k stays as it is",
            depth=case.depth,
        )
    scores = None if said.scores is None else said.scores[:, :candidates]
    return Rankings(said.users, said.items[:, :candidates], scores)


def further(case: Case[Rankings], *, relevant_from: float | None) -> Rankings | None:
    """The candidates of each user, and behind them what the user went for that no candidate is: it is ranked lower.

    None where no list goes deeper than what is looked at. What a user had in the training interactions could not be
    recommended anew, and is not put behind.
    """
    try:
        pooled = case.compute(pool, candidates=max(MOST, 2 * case.depth))
    except NotApplicable:
        return None
    wanted, listed = code_items(case.truth.items, pooled.items)
    is_missed = (case.truth.worth(relevant_from=relevant_from) > 0) & ~_among(wanted, listed)
    is_missed &= ~had_before(case, case.truth.items)
    behind = case.truth.items.copy()
    behind[~is_missed] = None
    scores = pooled.scores
    if scores is not None:
        scores = np.hstack([scores, np.full(behind.shape, np.nan)])
    return Rankings(pooled.users, np.hstack([pooled.items, behind]), scores)


def _among(asked: npt.NDArray[np.integer], known: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
    return np.asarray(look_up(known, np.ones(known.shape), asked) > 0)


def items_before(case: Case[Rankings]) -> Items:
    """[n, m]: what each user had in the training interactions; None where there is no more, or are no interactions."""
    import pandas as pd

    if "training" not in case.keys:
        return np.full((len(case), 0), None, dtype=object)
    before = case.training.truth
    places = pd.Index(before.users).get_indexer(pd.Index(case.predictions.users))
    nothing: Any = np.full((1, before.items.shape[1]), None, dtype=object)
    return np.asarray(np.vstack([before.items, nothing])[places])


def had_before(case: Case[Rankings], items: Items) -> npt.NDArray[np.bool_]:
    """[n, k]: whether the user had each item in the training interactions."""
    before, asked = code_items(items_before(case), items)
    return _among(asked, before)
