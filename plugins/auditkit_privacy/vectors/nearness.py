"""Telling members from others by their vectors alone: half of the members are known, the other half is to be found.

Where training draws the vectors of its rows together, a member lies nearer to other members than somebody else does.
A member must not be looked for among vectors that hold its own, nor those of its person, or near twins: they would make
it near whatever the training did. So the members are halved by person. One half is what the attacker knows, and is not
judged; of the other those that have a near twin in it are left out, as the others that have one are. Given what the
attacker knows, members and others are then alike unless the training made them differ.

Source: Song and Raghunathan (2020), "Information leakage in embedding models", CCS, for the question.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Text
from auditkit_privacy.attacks import Attack, Target
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.people.together import fitted, one_thread
from auditkit_privacy.people.twins import Keyed, Phrased
from auditkit_privacy.reach.trying import Attempts, Tried, judged
from auditkit_privacy.validity.blind import folds_of, order_of_content, units_of

Floats = npt.NDArray[np.floating]
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

NEAREST, CENTRE, NORM = "nearest neighbour", "centre", "norm"

_TWO = 2
_DIGITS = 9
_BLOCK = 1_024


def fit_nearest(members: Case[Any], others: Case[Any]) -> Sides:
    """The distance to the nearest member that is known, with its sign turned: what `fitted` runs."""
    looked = Looked.of(members, others)
    return looked.scored(-nearest(looked.vectors, looked.known))


def fit_centre(members: Case[Any], others: Case[Any]) -> Sides:
    """The distance to the mean of the members that are known, with its sign turned."""
    looked = Looked.of(members, others)
    centre = looked.known.mean(axis=0) if len(looked.known) else np.zeros(looked.vectors.shape[1])
    return looked.scored(-np.sqrt(((looked.vectors - centre) ** 2).sum(axis=1)))


def fit_norm(members: Case[Any], others: Case[Any]) -> Sides:
    """How long the vector is, as the model made it: a model is often louder of what it has seen."""
    looked = Looked.of(members, others)
    return looked.scored(looked.lengths)


@dataclass(frozen=True)
class Looked:
    """The vectors of both sides, the members first, by the spread of the members that are known."""

    vectors: Floats
    """[m + n, d]."""
    lengths: Floats
    """[m + n]: before they were scaled."""
    known: Floats
    """[k, d]: of the members that the attacker knows."""
    is_judged: Flags
    """[m + n]: of whom something is said."""
    members: int

    @classmethod
    def of(cls, members: Case[Any], others: Case[Any]) -> Looked:
        """Of two sides that are alike but for the training."""
        raw = np.concatenate([np.asarray(case.embeddings, dtype=np.float64) for case in (members, others)])
        count = len(members)
        member = np.arange(len(raw)) < count
        order = order_of_content(members, others)
        folds = folds_of(units_of(members, others), member, order, others.rng("members that are known"), _TWO)
        is_known = member & (folds == 0)
        is_judged = ~is_known
        is_judged[:count] &= ~_twins_of_known(members, is_known[:count])
        spread = raw[is_known].std(axis=0) if is_known.any() else np.zeros(raw.shape[1])
        # A number that training has made the same for all members may be what tells them.
        spread = np.where(spread > 0, spread, raw.std(axis=0))
        scaled = raw / np.where(spread > 0, spread, np.inf)
        lengths = np.sqrt((raw**2).sum(axis=1))
        return cls(scaled, lengths, scaled[is_known], is_judged, count)

    def scored(self, scores: Floats) -> Sides:
        """The same with NaN for those of whom nothing is said, to so many digits that all machines agree."""
        with np.errstate(divide="ignore"):
            size = np.floor(np.log10(np.abs(scores).max(initial=1e-300)))
        step = 10.0 ** (size - _DIGITS)
        told = np.where(self.is_judged & np.isfinite(scores), np.round(scores / step) * step, np.nan)
        return Sides(told[: self.members], told[self.members :])


def nearest(vectors: Floats, known: Floats) -> Floats:
    """[n]: the Euclidean distance of each of [n, d] to the nearest of [k, d]; infinite where none is known."""
    if not len(known):
        return np.full(len(vectors), np.inf)
    squares = (known**2).sum(axis=1)
    with one_thread():
        parts = []
        for start in range(0, len(vectors), _BLOCK):
            block = vectors[start : start + _BLOCK]
            apart = (block**2).sum(axis=1)[:, np.newaxis] + squares - 2 * block @ known.T
            parts.append(np.sqrt(np.clip(apart, 0.0, None)).min(axis=1))
    return np.concatenate(parts) if parts else np.zeros(0)


def _twins_of_known(members: Case[Any], known: Flags) -> Flags:
    """[m]: which members have a near twin among those that are known; nobody where nobody can look."""
    keyed = Keyed.of(members)
    if keyed is None:
        return np.zeros(len(known), dtype=bool)
    found = np.isin(keyed.rounded, keyed.rounded[known])
    if keyed.prose is not None:
        found |= Phrased.of(keyed.prose).alike(Phrased.of(keyed.prose[known]))
    return np.asarray(found)


def _score(target: Target, *, fit: str) -> Sides:
    everybody = Sides(np.arange(len(target.members)), np.arange(len(target.others)))
    return fitted(fit, target.members, target.others, everybody)


def _attack(name: str, fit: str, source: str) -> Attack:
    whole = f"{__name__}:{fit}"
    needs = Text.of("the vectors of both, and of some rows that were trained on")
    return Attack(name, "P1", needs, source, partial(_score, fit=whole))


ATTACKS = (
    _attack(NEAREST, "fit_nearest", "Song & Raghunathan 2020"),
    _attack(CENTRE, "fit_centre", "Song & Raghunathan 2020"),
    _attack(NORM, "fit_norm", "auditkit"),
)


def attempts_of(target: Target, units: Sides | None, *, level: float, rng: np.random.Generator) -> Attempts:
    """Every attack on the vectors, on the rows that take part, each judged by itself."""
    found = {attack.name: (attack, attack.score(target)) for attack in ATTACKS}
    tried = {
        name: Tried(attack, scores, *judged(scores, units, level, rng))
        for name, (attack, scores) in found.items()
        if scores is not None
    }
    return Attempts(target, units, tried, {})
