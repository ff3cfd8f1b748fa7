"""The attacks that train shadow models, as the check lists them; their mathematics is in modules beside this one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, Text
from auditkit_privacy.attacks import bavaria, lira, rmia
from auditkit_privacy.attacks.attack import Attack, Target
from auditkit_privacy.attacks.shadows import Shadows
from auditkit_privacy.people.sides import Sides

Floats = npt.NDArray[np.floating]

_NEEDS = Text.of("models trained as this one was, on random parts of the rows: shadow_models")


def _likelihood_ratio(it: Shadows) -> Floats:
    few = len(it.scores) <= bavaria.FEW
    attack = bavaria.online_scores if few else lira.online_scores
    return attack(it.own, it.scores, it.taught)


def _offline_ratio(it: Shadows) -> Floats:
    few = len(it.scores) <= bavaria.FEW
    attack = bavaria.offline_scores if few else lira.offline_scores
    return attack(it.own, it.scores, it.taught)


def _robust(it: Shadows) -> Floats:
    return _against_others(it, rmia.online_ratios(_log_chance(it.own), it.chances, it.taught))


def _robust_offline(it: Shadows) -> Floats:
    share = rmia.tuned_share(it.chances, it.taught)
    outside = np.where(it.taught, np.nan, it.chances)
    return _against_others(it, rmia.offline_ratios(_log_chance(it.own), outside, share=share))


def _calibrated(it: Shadows) -> Floats:
    outside = np.where(it.taught, np.nan, _log_chance(it.scores))
    return rmia.calibrated_loss(_log_chance(it.own), outside)


def _log_chance(scaled_logits: Floats) -> Floats:
    """Ln p of the log odds of p."""
    return np.asarray(-np.logaddexp(0, -scaled_logits))


def _against_others(it: Shadows, ratios: Floats) -> Floats:
    """The rows that are no members are the population, and none of them is held against itself."""
    population = ratios[~it.member]
    found = np.empty(len(ratios))
    found[it.member] = rmia.robust_scores(ratios[it.member], population)
    found[~it.member] = rmia.robust_scores_of_population(population)
    return found


RATIO = "likelihood ratio"

SCORES: Mapping[str, Callable[[Shadows], Floats]] = MappingProxyType(
    {
        RATIO: _likelihood_ratio,
        "likelihood ratio, offline": _offline_ratio,
        "robust": _robust,
        "robust, offline": _robust_offline,
        "calibrated loss": _calibrated,
    }
)

_SOURCES = {
    RATIO: "Carlini et al. (2022), IEEE S&P; up to 16 shadow models BaVarIA, arXiv 2603.11799",
    "likelihood ratio, offline": "the same, without shadows that were taught the row",
    "robust": "Zarifzadeh, Liu and Shokri (2024), ICML",
    "robust, offline": "the same, without shadows that were taught the row",
    "calibrated loss": "Watson et al. (2022), ICLR",
}


def scores_by_shadows(case: Case[Any], *, attack: str, models: int, first: int | None = None) -> Floats:
    """[rows of the case]: an attack's scores, for the members' case or the others'; NaN where none can be trained.

    Args:
        case: of either side.
        attack: one of `SCORES`.
        models: how many shadow models there are.
        first: how many of them the attacker has; absent: all.
    """
    try:
        shadows = Shadows.of(case.audit, models)
        found = SCORES[attack](shadows if first is None else shadows.first(first))
    except NotApplicable:
        # Kept like any other answer, so that a replay, which has no model to ask, finds it.
        return np.full(len(case), np.nan)
    return found[-len(case) :] if case.split == "audit" else found[: len(case)]


def times_taught(case: Case[Any], *, models: int, first: int | None = None) -> npt.NDArray[np.int64]:
    """[rows of the case]: how many shadow models, or of the first so many, were taught each row."""
    taught = Shadows.of(case.audit, models).taught[:first]
    found = np.asarray(taught.sum(axis=0, dtype=np.int64))
    return found[-len(case) :] if case.split == "audit" else found[: len(case)]


def _score(target: Target, *, attack: str) -> Sides | None:
    models = target.budget.models
    if not target.budget.wanted:
        raise NotApplicable("no shadow models are asked for")
    if not models:
        said = target.budget.capped()
        raise NotApplicable(said.msgid, hint="raise shadow_rows, or leave it out", **said.params)
    sides = (target.members, target.others)
    found = [side.compute(scores_by_shadows, attack=attack, models=models) for side in sides]
    if all(np.isnan(part).all() for part in found):
        raise NotApplicable("the model cannot be trained anew, or gives no scores of classes")
    return Sides(*found)


SHADOWING: tuple[Attack, ...] = tuple(
    Attack(name, "P3", _NEEDS, _SOURCES[name], partial(_score, attack=name)) for name in SCORES
)
