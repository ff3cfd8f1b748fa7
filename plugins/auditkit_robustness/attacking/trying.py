"""A case's rows put through all attacks, once, and what came of it as a number a row: for a replay has no inputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, ClassScores, Differentiable, NotApplicable
from auditkit.perturbation import decided, marks, right
from auditkit_robustness.attacking.gradients import begun, climbed, one_step, vanishing
from auditkit_robustness.attacking.rows import Flags, Integers, Rows
from auditkit_robustness.attacking.searching import noisy, searched

Codes = npt.NDArray[np.uint8]

STEPS_OF_255 = 255.0
WHOLE = 1.0
"""A radius within which every picture is any other."""
_MOST_AT_ONCE, _LARGE = 32, 1e30

NOISE, FGSM, PGD, ANY = 1, 2, 4, 8
"""What broke a row, of one radius; `ANY` of all that was tried there or within a smaller one."""
VANISHING, STEP_ALONE, FEWER, LONGER, BLIND, UNBROKEN = 1, 2, 4, 8, 16, 32
"""What a row tells of its gradient, see `signs`."""


@dataclass(frozen=True)
class Effort:
    """How hard is looked."""

    steps: int
    restarts: int
    queries: int


def broken(case: Case[ClassScores], *, place: int, epsilons: Sequence[float], effort: dict[str, int]) -> Codes:
    """[n]: what broke a row within one radius: 1 noise, 2 FGSM, 4 PGD, 8 anything; 0 also where it was wrong before."""
    return np.asarray(case.compute(attacked, epsilons=epsilons, effort=effort)["broken"][place])


def told(case: Case[ClassScores], *, epsilons: Sequence[float], effort: dict[str, int]) -> Codes:
    """[n]: what a row tells of its gradient; see `signs`."""
    return np.asarray(case.compute(attacked, epsilons=epsilons, effort=effort)["told"])


def attacked(case: Case[ClassScores], *, epsilons: Sequence[float], effort: dict[str, int]) -> dict[str, Codes]:
    """Every attack on every row that the model is right about: `broken` [radii, n] and `told` [n].

    Raises:
        NotApplicable: the model gives no gradients, or nobody knows between what ends its inputs lie.
    """
    model = case.model_that(Differentiable)  # type: ignore[type-abstract]  # a protocol is what is asked for
    standing = np.flatnonzero(right(case, case.predictions, np.arange(len(case))) == 1)
    names = np.array(marks(case.inputs), dtype=object)
    # In an order that follows from what rows hold: a row's last bits depend on its neighbours in a batch.
    standing = standing[np.argsort(names[standing], kind="stable")]
    size = min(int(getattr(model, "batch_size", None) or _MOST_AT_ONCE), _MOST_AT_ONCE)
    found = {"broken": np.zeros((len(epsilons), len(case)), np.uint8), "told": np.zeros(len(case), np.uint8)}
    for start in range(0, max(len(standing), 1), size):
        chosen = standing[start : start + size]
        asked = chosen if len(chosen) else np.arange(min(len(case), 1))
        encoded = model.encoded(case.narrowed(asked.astype(np.int64)).inputs)
        if encoded.least is None or encoded.most is None:
            raise NotApplicable(
                "what the model takes has no least and no most, as black and white are a pixel's",
                hint="models of pictures have; see Encoded.least in the guide to adapters",
            )
        if not len(chosen):
            break
        rows = Rows.of(encoded, case.targets.codes[chosen], tuple(names[chosen]), _Judge(case, chosen))
        tried = _Tried(case, rows, tuple(one / STEPS_OF_255 for one in epsilons), Effort(**effort))
        tried.run()
        found["broken"][:, chosen], found["told"][chosen] = tried.broken, tried.told
    return found


@dataclass(frozen=True)
class _Judge:
    """Says whether decisions are right, as the audit decides."""

    case: Case[ClassScores]
    chosen: Integers

    def __call__(self, outputs: Any, places: Integers) -> Flags:
        # In numpy: torch wakes all its threads for a softmax of a few rows.
        numbers = outputs.float().cpu().numpy().clip(-_LARGE, _LARGE).astype(np.float64)
        odds = np.exp(numbers - numbers.max(axis=1, keepdims=True))
        scores = odds / odds.sum(axis=1, keepdims=True)
        said = decided(self.case, ClassScores(self.case.predictions.classes, scores))
        return np.asarray(said == self.case.targets.codes[self.chosen[places]])


@dataclass
class _Tried:
    """All attacks on a few rows, from the smallest radius to the largest."""

    case: Case[ClassScores]
    rows: Rows
    radii: tuple[float, ...]
    effort: Effort
    broken: Codes = field(init=False)
    told: Codes = field(init=False)

    def run(self) -> None:
        """Fill in what broke, and what is told of the gradients."""
        self.broken = np.zeros((len(self.radii), len(self.rows)), np.uint8)
        self.told = VANISHING * vanishing(self.rows).astype(np.uint8)
        everybody = self.rows.places
        for place, radius in enumerate(self.radii):
            if place:
                # A larger ball holds the smaller one: what was found there counts here too, and is not looked for.
                self.broken[place] |= self.broken[place - 1] & (PGD | ANY)
            thrown = noisy(self.rows, everybody, radius, self._draws(f"noise {place}"))
            self._note(place, NOISE | ANY, everybody, thrown)
            self._note(place, FGSM | ANY, everybody, one_step(self.rows, everybody, radius))
            for restart in range(self.effort.restarts):
                self._restart(place, radius, restart)
            alone = (self.broken[place] & FGSM > 0) & (self.broken[place] & PGD == 0)
            self.told[alone] |= STEP_ALONE
        self._doubt(len(self.radii) - 1)

    def _restart(self, place: int, radius: float, restart: int) -> None:
        """PGD once more on the rows that it has not broken; the first time from the rows themselves."""
        left = self._left(place, PGD)
        if len(left):
            start = begun(self.rows, left, radius, self._draws(f"start {restart}")) if restart else None
            flags, _ = climbed(self.rows, left, radius, steps=self.effort.steps, start=start)
            self._note(place, PGD | ANY, left, flags)

    def _doubt(self, last: int) -> None:
        """What else breaks rows that PGD left standing within the largest radius: signs that it does not see."""
        radius, steps = self.radii[last], self.effort.steps
        left = self._left(last, PGD)
        if not len(left):
            return
        fewer = climbed(self.rows, left, radius, steps=max(1, steps // 4))[0]
        longer = climbed(self.rows, left, radius, steps=2 * steps)[0]
        draws = self._draws("search")
        blind = searched(self.rows, left, radius, draws, queries=self.effort.queries)
        blind |= self.broken[last, left] & NOISE > 0
        unbroken = ~climbed(self.rows, left, WHOLE, steps=2 * steps)[0]
        for flags, sign in ((fewer, FEWER), (longer, LONGER), (blind, BLIND), (unbroken, UNBROKEN)):
            self.told[left[flags]] |= sign
        self._note(last, ANY, left, fewer | longer | blind)

    def _left(self, place: int, by: int) -> Integers:
        return np.flatnonzero(self.broken[place] & by == 0)

    def _note(self, place: int, what: int, rows: Integers, flags: Flags) -> None:
        self.broken[place, rows[flags]] |= what

    def _draws(self, name: str) -> list[np.random.Generator]:
        return [self.case.rng(f"{name} of {mark}") for mark in self.rows.marks]
