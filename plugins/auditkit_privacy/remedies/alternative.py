"""Another model, or the same one that hands out less: what it says of each row, in the numbers that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Text
from auditkit_privacy.attacks.signals import of_chances
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.remedies.handing import Remedy

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

RIGHT, CONFIDENCE, LOSS = "right", "confidence", "loss"
SIGNALS = ("scaled logit", LOSS, "modified entropy", "hinge")
NUMBERS = (*SIGNALS, CONFIDENCE, RIGHT)
"""What is kept of a row of another model: enough for every attack that reads answers, and for what they are worth."""
SMALLEST = 1e-15
"""What a probability of the true class is taken for at least in a log loss, as `performance.overall` takes it."""


@dataclass(frozen=True)
class Alternative:
    """What is said of the rows on both sides, m members and n others."""

    name: str
    words: Text
    signals: Mapping[str, Sides]
    """Attack -> a number a row, the higher the more like a member."""
    right: Floats
    """[n]: 1 where the class decided for is the true one."""
    log_chance: Floats | None
    """[n]: ln p of the true class; None: no probabilities are handed out."""
    confidence: Floats | None
    """[n]: the probability of the class decided for; None as above."""

    @classmethod
    def of(
        cls, name: str, words: Text, inside: Mapping[str, Floats], outside: Mapping[str, Floats], zero: float = 0.0
    ) -> Self:
        """From the numbers a row of the members and of the others, as `numbers_of` gives them."""
        signals = {name: Sides(inside[name], outside[name]) for name in SIGNALS if name in inside}
        if not signals:
            signals = {"correctness": Sides(inside[RIGHT], outside[RIGHT])}
        chance: Floats | None = outside.get(LOSS)
        if chance is not None:
            chance = np.asarray(np.clip(chance, np.log(max(zero, SMALLEST)), 0.0))
        return cls(name, words, signals, outside[RIGHT], chance, outside.get(CONFIDENCE))


def numbers_of(case: Case[Any], said: ClassScores, remedy: Remedy | None = None) -> dict[str, Floats]:
    """Name -> [n] of `NUMBERS`, or the last alone where the class alone is handed out.

    Args:
        case: whose truth it is, and how classes are decided for.
        said: n rows of probabilities of the classes of the case, in its order.
        remedy: what is done to them; None: nothing.
    """
    probabilities: Floats = np.asarray(said.scores, dtype=np.float64)
    targets = case.targets.codes
    decided = _decided(case, said)
    if remedy is not None:
        if remedy.apply is None:
            return {RIGHT: (decided == targets).astype(np.float64)}
        probabilities = remedy.apply(probabilities, decided)
        decided = _decided(case, ClassScores(said.classes, probabilities))
    found = dict(of_chances(_summing_to_one(probabilities), targets))
    found[CONFIDENCE] = np.clip(probabilities[np.arange(len(decided)), decided], 0.0, 1.0)
    found[RIGHT] = (decided == targets).astype(np.float64)
    return found


def _summing_to_one(probabilities: Floats) -> Floats:
    """As an attacker, and whoever reads them, would take them: rounded ones may sum to more or less, or all be 0."""
    totals = probabilities.sum(axis=1, keepdims=True)
    even = np.full_like(probabilities, 1 / probabilities.shape[1])
    return np.asarray(np.divide(probabilities, totals, out=even, where=totals > 0))


def _decided(case: Case[Any], said: ClassScores) -> Integers:
    named = case.settings.positive
    return said.decide(named[0] if len(named) == 1 else None, case.settings.threshold)
