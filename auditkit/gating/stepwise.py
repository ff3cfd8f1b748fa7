"""Holm's steps over a family of comparisons, in both directions, and the intervals that say the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from auditkit.statistics.intervals import Limits


@dataclass(frozen=True)
class Claim:
    """One comparison in a family: where its bound is, and what is known for any error that is allowed."""

    limits: Callable[[float], Limits]
    """From the error at either end to the ends of the difference."""
    bound: float
    """The largest loss that may be: -0.02 of what is better high, 0.02 of what is better low."""
    higher_is_better: bool
    alpha: float
    """How often the whole family may claim wrongly that one is met, and as often that one is not."""


@dataclass(frozen=True)
class Step:
    """What came of one comparison."""

    low: float
    high: float
    low_error: float
    """What was allowed to err at this end, at the step that decided."""
    high_error: float

    @property
    def level(self) -> float:
        """The confidence of the interval, taken for itself."""
        return 1 - self.low_error - self.high_error


def stepwise(claims: Sequence[Claim]) -> tuple[Step, ...]:
    """Decide all comparisons by Holm's procedure, once for each direction.

    That a loss is smaller than its margin, and that it is larger, are two families of one-sided claims. Each is gone
    through in Holm's steps: with k claims open, those are made that hold at alpha / k; then the rest at a larger part.
    The chance of any wrong claim that a loss is small is at most alpha, and so is that of any wrong claim that one is
    large, however the comparisons depend on each other. Each end of an interval is told at the part of alpha at which
    its claim was made, or at last could not be: an interval then lies wholly on one side of its bound exactly where
    Holm decides so. Told for themselves, ends of claims that were made late are not simultaneous.
    Source: Holm (1979), Scand. J. Stat. 6, 65-70; for ends at the steps Strassburger and Bretz (2008), Stat. Med. 27,
    4914-4927.
    """
    good, bad = _errors(claims, kept=True), _errors(claims, kept=False)
    steps = []
    for claim, small, large in zip(claims, good, bad, strict=True):
        low_error, high_error = (small, large) if claim.higher_is_better else (large, small)
        steps.append(Step(claim.limits(low_error).low, claim.limits(high_error).high, low_error, high_error))
    return tuple(steps)


def _errors(claims: Sequence[Claim], *, kept: bool) -> list[float]:
    """The part of alpha at which each claim of one direction was made, or at last was not."""
    found = [0.0] * len(claims)
    still = list(range(len(claims)))
    while still:
        parts = {place: claims[place].alpha / len(still) for place in still}
        made = [place for place in still if _holds(claims[place], parts[place], kept=kept)]
        for place in made or still:
            found[place] = parts[place]
        still = [place for place in still if place not in made] if made else []
    return found


def _holds(claim: Claim, error: float, *, kept: bool) -> bool:
    low, high = claim.limits(error)
    if claim.higher_is_better:
        return bool(low >= claim.bound) if kept else bool(high < claim.bound)
    return bool(high <= claim.bound) if kept else bool(low > claim.bound)
