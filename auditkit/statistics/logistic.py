"""Logistic regression of counts on a few columns, and shares that are standardised by it: for confounders of a gap."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

_RIDGE = 1e-6
"""Of all rows: so small that no coefficient that the data know moves in its third digit, and enough where they
separate."""
_STEPS = 30
_NEAR = 1e-7
_LONGEST = 4.0
"""Of a step of Newton's, in any coefficient: where hits are separated there is no end to go to."""


def fit_logistic(columns: Floats, hits: Floats, n: Floats) -> npt.NDArray[np.float64]:
    """The coefficients [..., columns] of the likeliest logit(hits / n), by Newton's steps, many samples at once.

    A ridge of a millionth of n holds coefficients that the data do not: of a column that repeats others, or that
    separates hits from misses.

    Args:
        columns: [m, columns], with one of ones where there is to be an intercept.
        hits: [..., m].
        n: [..., m]; 0: the row counts for nothing.
    """
    fitted = np.zeros((*hits.shape[:-1], columns.shape[1]))
    held = _RIDGE * n.sum(axis=-1)[..., None]
    ridge = held[..., None] * np.eye(columns.shape[1])
    products = (columns[:, :, None] * columns[:, None]).reshape(len(columns), -1)
    for _ in range(_STEPS):
        share = _expit(fitted @ columns.T)
        slope = (hits - n * share) @ columns - held * fitted
        mass = n * share * (1 - share)
        curve = (mass @ products).reshape(*hits.shape[:-1], *ridge.shape[-2:]) + ridge
        step = np.clip(np.linalg.solve(curve, slope[..., None])[..., 0], -_LONGEST, _LONGEST)
        fitted = fitted + step
        if np.abs(step).max(initial=0.0) < _NEAR:
            break
    return np.asarray(fitted)


def standardised_shares(groups: Integers, covariates: Floats, hits: Floats, n: Floats) -> npt.NDArray[np.float64]:
    """The share of hits [..., groups] that each group would have, had its members the covariates of all.

    A logistic regression with a level for each group and a slope for each covariate predicts it, averaged over all rows
    by their n. Source: Lane and Nelder (1982), Biometrics 38, 613-621.

    Args:
        groups: [m], from 0, none empty.
        covariates: [m, k].
        hits: [..., m].
        n: [..., m].
    """
    count = int(groups.max()) + 1
    spread = covariates.std(axis=0)
    kept = (covariates - covariates.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    levels = (groups[:, None] == np.arange(count)).astype(float)
    fitted = fit_logistic(np.column_stack([levels, kept]), hits, n)
    slopes = fitted[..., count:] @ kept.T
    total = np.maximum(n.sum(axis=-1), np.finfo(float).tiny)
    shares = [(n * _expit(fitted[..., [place]] + slopes)).sum(axis=-1) / total for place in range(count)]
    return np.stack(shares, axis=-1)


def _expit(values: Floats) -> npt.NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -500, 500))))
