"""The attacks with one reference model, as the check lists them: how much surer than it the model is of a row.

A row that is easy for everybody is easy for a model that was trained on other people, too. What is left of the model's
score when the reference's is taken away is what it owes to having seen the row, or to chance. That the reference has
seen neither the training rows nor the audit rows is the word of whoever named it: one that knows training rows makes
the attacks weaker, and one that knows audit rows makes members of people who are none. So it is attacked first: where
it tells the two sides apart by itself, nothing is taken away.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, NotApplicable, Text, Texts
from auditkit.statistics import delong
from auditkit_privacy.attacks import rmia
from auditkit_privacy.attacks.attack import Attack, Target
from auditkit_privacy.attacks.signals import signals_of
from auditkit_privacy.attacks.text_signals import text_signal
from auditkit_privacy.people.members import Members
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.reach.choosing import FEWEST

Floats = npt.NDArray[np.floating]

_NEEDS = Text.of("a model of the same kind that was trained on other people: reference_model")

_LEVEL = 0.99
"""Of the interval around what the reference tells by itself, as the blind baseline's."""
_CHANCE = 0.5


def _calibrated(own: Floats, reference: Floats, member: npt.NDArray[np.bool_]) -> Floats:  # noqa: ARG001
    return rmia.calibrated_loss(own, reference[np.newaxis])


def _robust(own: Floats, reference: Floats, member: npt.NDArray[np.bool_]) -> Floats:
    """The rows that are no members are the population, and none of them is held against itself."""
    ratios = rmia.offline_ratios(own, np.exp(reference)[np.newaxis])
    found = np.empty(len(ratios))
    found[member] = rmia.robust_scores(ratios[member], ratios[~member])
    found[~member] = rmia.robust_scores_of_population(ratios[~member])
    return found


SCORES: Mapping[str, tuple[str, Callable[[Floats, Floats, npt.NDArray[np.bool_]], Floats], str]] = MappingProxyType(
    {
        "calibrated loss, one reference": ("loss", _calibrated, "Watson et al. (2022), ICLR"),
        "calibrated logit, one reference": (
            "scaled logit",
            _calibrated,
            "Carlini et al. (2022), IEEE S&P: offline, of one model, with one variance",
        ),
        "robust, one reference": ("loss", _robust, "Zarifzadeh, Liu and Shokri (2024), ICML: offline, of one model"),
    }
)
"""Attack -> the signal that it reads of both models, what it makes of them, and its source."""


def scores_by_reference(case: Case[Any], *, attack: str) -> Floats:
    """[rows of the case]: an attack's scores, for the members' case or the others'; NaN where the models give none."""
    signal, score, _ = SCORES[attack]
    sides = Members.of(case.audit)
    both = sides.members, sides.others
    try:
        own, reference = [signals_of(side) for side in both], [_of_reference(side, signal) for side in both]
    except NotApplicable:
        # Kept like any other answer, so that a replay, which has no model to ask, finds it.
        return np.full(len(case), np.nan)
    if any(signal not in one for one in (*own, *reference)):
        return np.full(len(case), np.nan)
    member = np.arange(len(both[0]) + len(both[1])) < len(both[0])
    said = [np.concatenate([one[signal] for one in sides]) for sides in (own, reference)]
    found = score(said[0], said[1], member)
    return found[-len(case) :] if case.split == "audit" else found[: len(case)]


def scores_of_reference(case: Case[Any], *, signal: str) -> Floats:
    """[rows of the case]: what the reference says by itself; NaN where it says nothing."""
    try:
        return np.asarray(_of_reference(case, signal).get(signal, np.full(len(case), np.nan)))
    except NotApplicable:
        return np.full(len(case), np.nan)


def _refuse_one_that_knows(target: Target, signal: str) -> None:
    """Refuse a reference whose own scores tell the sides apart: it was trained on rows of one of them.

    Raises:
        NotApplicable: the interval around its area does not hold one half.
    """
    alone = Sides(*[side.compute(scores_of_reference, signal=signal) for side in (target.members, target.others)])
    if alone.fewer < FEWEST:
        return
    places, member = alone.placed
    units = Members.of(target.others.audit).units()
    people = None if units is None else np.asarray(units.joined[alone.ranked.said])
    area = delong(places, member, level=_LEVEL, units=people)
    if area is not None and not area.low <= _CHANCE <= area.high:
        side = "training" if area.value > _CHANCE else "audit"
        said = "the reference is surer of the {side} rows, as if it had been trained on them: name one that saw neither"
        raise NotApplicable(said, side=side)


def _of_reference(case: Case[Any], signal: str) -> Mapping[str, Floats]:
    if not isinstance(case.predictions, Texts):
        return signals_of(case.by_reference)
    # Not kept by itself, as the model's own are: what is kept is what comes of both.
    return {signal: text_signal(case.by_reference, signal=signal)}


def _are_chances(signals: Mapping[str, Any]) -> bool:
    """Whether the loss is the log of one class's probability, and no squared error."""
    return "modified entropy" in signals


def _score(target: Target, *, attack: str) -> Sides | None:
    if not target.members.settings.reference_model:
        raise NotApplicable("the spec names no reference_model")
    if SCORES[attack][0] not in target.signals or ("robust" in attack and not _are_chances(target.signals)):
        return None
    sides = (target.members, target.others)
    _refuse_one_that_knows(target, SCORES[attack][0])
    found = [side.compute(scores_by_reference, attack=attack) for side in sides]
    if all(np.isnan(part).all() for part in found):
        raise NotApplicable("the model and its reference give no scores that can be compared")
    return Sides(*found)


REFERRING: tuple[Attack, ...] = tuple(
    Attack(name, "P2", _NEEDS, source, partial(_score, attack=name)) for name, (_, _, source) in SCORES.items()
)
