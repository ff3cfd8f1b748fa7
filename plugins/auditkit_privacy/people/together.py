"""Numbers that members and others must be looked at together for: fitted once, kept by row on either side.

A bundle's evidence keeps one number a row, so that a replay, which has neither inputs nor texts, can do without a fit.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit_privacy.people.sides import Sides

Integers = npt.NDArray[np.integer]
Fit = Callable[[Case[Any], Case[Any]], Sides]
"""Makes of the members' case and the others' a number a row on both sides; it draws from the others' `case.rng`. It
must not care about the order of the rows, nor raise NotApplicable: NaN is what it says of rows that it cannot judge."""


def fitted(fit: str, members: Case[Any], others: Case[Any], chosen: Sides) -> Sides:
    """What a fit says of chosen rows on both sides, and NaN of all others.

    Args:
        fit: "module:function" of a `Fit`.
        members: the training rows that take part.
        others: the audit rows that take part, or training rows in the place of these.
        chosen: places of rows on both sides.
    """
    inside, outside = members.narrowed(chosen.inside), others.narrowed(chosen.outside)
    asked: dict[str, Any] = {"fit": fit}
    found = (
        inside.compute(scores_of_members, others=named_rows(outside), **asked),
        outside.compute(scores_of_others, members=named_rows(inside), **asked),
    )
    wholes = [np.full(len(case), np.nan) for case in (members, others)]
    for whole, places, part in zip(wholes, (chosen.inside, chosen.outside), found, strict=True):
        whole[places] = part
    return Sides(*wholes)


def scores_of_members(case: Case[Any], *, fit: str, others: list[Any]) -> npt.NDArray[np.float64]:
    """[m]: what a fit says of the members, who are the case's rows."""
    other = case_of(case, others)
    return other.compute(of_both, fit=fit, members=named_rows(case))["inside"]


def scores_of_others(case: Case[Any], *, fit: str, members: list[Any]) -> npt.NDArray[np.float64]:
    """[n]: what a fit says of the others, who are the case's rows."""
    return case.compute(of_both, fit=fit, members=members)["outside"]


def of_both(case: Case[Any], *, fit: str, members: list[Any]) -> dict[str, npt.NDArray[np.float64]]:
    """What a fit says of both sides, the case's rows being the others."""
    module, _, name = fit.partition(":")
    made: Sides = getattr(importlib.import_module(module), name)(case_of(case, members), case)
    return {"inside": made.inside.astype(np.float64), "outside": made.outside.astype(np.float64)}


def named_rows(case: Case[Any]) -> list[Any]:
    """A split and rows of it, as a parameter of `compute` can carry them."""
    whole = case.training if case.split == "training" else case.audit
    rows = np.arange(len(whole))
    return [case.split, (rows if case.rows is None else rows[case.rows]).tolist()]


def case_of(case: Case[Any], named: list[Any]) -> Case[Any]:
    """The rows that `named_rows` named, of any case of the same audit."""
    split, rows = named
    whole = case.training if split == "training" else case.audit
    return whole.narrowed(np.asarray(rows, dtype=np.int64))


def one_thread() -> AbstractContextManager[Any]:
    """Sums of one thread are the same whatever the machine does beside."""
    from threadpoolctl import threadpool_limits

    limited: AbstractContextManager[Any] = threadpool_limits(limits=1)
    return limited
