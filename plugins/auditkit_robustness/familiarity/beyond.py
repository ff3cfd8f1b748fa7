"""Rows held against the known ones: who lies beyond a percentile, and how well a score tells one from the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit.perturbation import Found, Rows
from auditkit.statistics import Auc, CoverageLaw, Limits, combined, delong, threshold_of
from auditkit_robustness.familiarity.scoring import Held, Score

Floats = npt.NDArray[np.floating]


def beyond(score: Score, alpha: float) -> Floats | None:
    """[n]: 1 for a row that lies beyond all but `alpha` of the known ones, 1/2 if by one half of these alone.

    None: there are too few known rows for such a percentile.
    """
    laws = [CoverageLaw.of(len(held.known), alpha) for held in score.held]
    if any(law.is_vacuous for law in laws):
        return None
    return np.asarray(np.mean([held.rows > threshold_of(held.known, alpha) for held in score.held], axis=0))


@dataclass(frozen=True)
class Share:
    """How many rows lie beyond, and how many would if they were like the known ones."""

    found: Found
    expected: float
    p_value: float | None
    """Of so many or more, were rows exchangeable; None: rows share units, or weigh differently."""


def share_beyond(score: Score, alpha: float, rows: Rows, known: Case[Any]) -> Share | None:
    """The share of rows beyond a percentile of the known ones; None: see `beyond`.

    Its interval knows of the known rows too: the share of new rows beyond the k-th of m known ones is itself random,
    Beta(m + 1 - k, k). Wilson's limits of the share and that law's are put together (Zou and Donner 2008).
    """
    flags, laws = beyond(score, alpha), [CoverageLaw.of(_people(known, held), alpha) for held in score.held]
    if flags is None or any(law.is_vacuous for law in laws):
        return None
    found = rows.share(flags)
    expected = float(np.mean([1 - CoverageLaw.of(len(held.known), alpha).mean for held in score.held]))
    if found.value is None or found.limits is None:
        return Share(found, expected, None)
    tail = (1 - rows.level) / 2
    ends = np.mean([1 - law.quantiles(1 - tail, tail) for law in laws], axis=0)
    law_limits = Limits(min(float(ends[0]), expected), max(float(ends[1]), expected))
    both = [np.array(pair) for pair in zip(found.limits, law_limits, strict=True)]
    off = combined(np.array([found.value, expected]), Limits(both[0], both[1]), [1.0, -1.0])
    limits = Limits(max(float(off.low) + expected, 0.0), min(float(off.high) + expected, 1.0))
    method = f"{found.method}, with the beta law of the known rows"
    is_plain = rows.is_plain and known.units is None and known.weights is None
    return Share(Found(found.value, found.n, limits, method, found.people), expected,
                 _p_value(score, alpha) if is_plain else None)  # fmt: skip


def _p_value(score: Score, alpha: float) -> float:
    """One-sided, by the beta-binomial law; of two halves twice the smaller."""
    found = []
    for held in score.held:
        inside = int(np.count_nonzero(held.rows <= threshold_of(held.known, alpha)))
        found.append(CoverageLaw.of(len(held.known), alpha).at_most(inside, len(held.rows)))
    return float(min(1.0, len(found) * max(0.0, min(found))))


def _people(known: Case[Any], held: Held) -> int:
    """How many known people there are: so many rows the percentile is worth."""
    if known.units is None:
        return len(held.known)
    codes = known.units.codes[held.places]
    return len(np.unique(codes[codes >= 0])) + int(np.count_nonzero(codes < 0))


def told_apart(score: Score, case: Case[Any], known: Case[Any]) -> Auc | None:
    """How well the score tells rows from known ones; of two halves the mean, and the mean of the ends."""
    found = []
    for held in score.held:
        marks = np.concatenate([np.ones(len(held.rows), dtype=bool), np.zeros(len(held.known), dtype=bool)])
        both = np.concatenate([held.rows, held.known])
        one = delong(
            both, marks, level=case.level, weights=_weights(case, known, held), units=_units(case, known, held)
        )
        if one is None:
            return None
        found.append(one)
    value, low, high = (float(np.mean([getattr(one, end) for one in found])) for end in ("value", "low", "high"))
    method = found[0].method + (", mean of both halves of the known rows" if len(found) > 1 else "")
    return Auc(value, found[0].variance, low, high, method, found[0].positives, found[0].negatives)


def _weights(case: Case[Any], known: Case[Any], held: Held) -> Floats | None:
    if case.weights is None and known.weights is None:
        return None
    own = np.ones(len(held.rows)) if case.weights is None else case.weights
    others = np.ones(len(held.known)) if known.weights is None else known.weights[held.places]
    return np.concatenate([own, others])


def _units(case: Case[Any], known: Case[Any], held: Held) -> npt.NDArray[np.int64] | None:
    """Whose rows they are; nobody of the rows is taken for one of the known."""
    if case.units is None and known.units is None:
        return None
    own = np.full(len(held.rows), -1) if case.units is None else case.units.codes
    others = np.full(len(held.known), -1) if known.units is None else known.units.codes[held.places]
    return np.concatenate([own, np.where(others >= 0, others + own.max(initial=-1) + 1, -1)]).astype(np.int64)


def places_among(score: Score) -> Floats:
    """[n]: the share of the known rows that are less strange, half of those as strange; the mean over halves."""
    found = []
    for held in score.held:
        order = np.sort(held.known)
        below, upto = (np.searchsorted(order, held.rows, side=side) for side in ("left", "right"))
        found.append((below + upto) / (2 * len(order)))
    return np.asarray(np.mean(found, axis=0))
