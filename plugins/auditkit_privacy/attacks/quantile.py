"""The quantile attack: how far a row's score is above what people with such inputs, who were not trained on, reach.

Source: Bertran et al. (2023), "Scalable membership inference attacks via quantile regression", NeurIPS. The regressor
learns from non-members alone and is judged on them too, so it is cross-fitted: no row is judged by one that learnt from
that person. A member is judged by one of the same regressors, drawn at random, and not by their mean, whose errors are
smaller.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable
from auditkit_privacy.attacks.attack import Target
from auditkit_privacy.attacks.signals import signals_of
from auditkit_privacy.people.features import Features
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.people.together import fitted, one_thread
from auditkit_privacy.validity.blind import FOLDS, folds_of, order_of_content, units_of

Floats = npt.NDArray[np.floating]

QUANTILE = 0.9
"""One in ten non-members with such inputs is above the line that is learnt."""
MOST_ROWS = 10_000
"""Rows a side that take part."""
FEWEST = 100
"""Non-members to learn from; of fewer a tenth is too few."""

_ROUNDS = 25
_LEAF = 30
_DEGENERATE = 1e-6

FIT = "auditkit_privacy.attacks.quantile:fit_quantiles"


def quantile_attack(target: Target) -> Sides | None:
    """The main signal less the quantile that a regressor expects of the row's inputs.

    Raises:
        NotApplicable: there are too few non-members, or nothing in the inputs foretells the signal.
    """
    if "correctness" in target.signals or "min-k" in target.signals:
        return (
            None  # of right and wrong there are no quantiles; and what a text says foretells little of how likely it is
        )
    if len(target.others) < FEWEST:
        raise NotApplicable("fewer than {count} people who were not trained on are there to learn from", count=FEWEST)
    found = fitted(FIT, target.members, target.others, target.sample(MOST_ROWS, "quantile"))
    if np.isnan(found.outside).all():
        raise NotApplicable("nothing that is known of the rows foretells what the model says of them")
    return found


def fit_quantiles(members: Case[Any], others: Case[Any]) -> Sides:
    """What `fitted` runs; NaN throughout where a regressor says the same of everybody."""
    features = Features.of(members, others).dense()
    signals = [next(iter(signals_of(case).values())) for case in (members, others)]
    order = order_of_content(members, others)
    member = np.arange(len(members) + len(others)) < len(members)
    folds = folds_of(units_of(members, others), member, order, others.rng("quantile folds"))
    signal = np.concatenate(signals)
    expected = cross_fitted(features, signal, folds, order[~member[order]])
    spread = float(np.nanstd(signal[~member]))
    if not features.shape[1] or np.nanstd(expected[~member]) <= _DEGENERATE * max(spread, _DEGENERATE):
        return Sides(np.full(len(members), np.nan), np.full(len(others), np.nan))
    above = signal - expected
    return Sides(above[: len(members)], above[len(members) :])


def cross_fitted(
    features: Floats, signal: Floats, folds: npt.NDArray[np.integer], learners: npt.NDArray[np.integer]
) -> Floats:
    """[r]: the quantile that a regressor of the other folds' non-members expects of each row.

    Args:
        features: [r, d].
        signal: [r].
        folds: [r], from 0; of a member which regressor judges it.
        learners: the non-members' places, in an order that their content decides.
    """
    from sklearn.ensemble import HistGradientBoostingRegressor

    expected = np.full(len(signal), np.nan)
    if not features.shape[1]:
        return expected
    with one_thread():
        for fold in range(FOLDS):
            learns = learners[folds[learners] != fold]
            judged = np.flatnonzero(folds == fold)
            if not len(judged) or not len(learns):
                continue
            trees = HistGradientBoostingRegressor(
                loss="quantile", quantile=QUANTILE, max_iter=_ROUNDS, max_leaf_nodes=7, min_samples_leaf=_LEAF,
                early_stopping=False, random_state=0,
            )  # fmt: skip
            expected[judged] = trees.fit(features[learns], signal[learns]).predict(features[judged])
    return expected
