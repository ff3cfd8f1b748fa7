"""From one number an answer to differences between sides, pair by pair: which rows differ in the person alone."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case
from auditkit_conversation.reading import has_role

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.integer]


@dataclass(frozen=True)
class Contrast:
    """Sides that pairs are asked about: the groups of an attribute, or the wordings of a neutral swap."""

    attribute: str
    """Empty: the neutral swap."""
    sides: tuple[str, ...]
    side: Integers
    """[n]: of each row, among the sides; -1: it belongs to no pair of this contrast."""
    pair: Integers
    """[n]: rows of one number are asked alike but for the side, numbered from 0; -1 as above."""
    family: Integers
    """[pairs]: the template that each pair is made of."""

    @property
    def meetings(self) -> tuple[tuple[int, int], ...]:
        """Each two of its sides."""
        return tuple(combinations(range(len(self.sides)), 2))

    @cached_property
    def rows(self) -> Integers:
        """[sides]: prompts of each side that are in a pair."""
        return np.asarray(np.bincount(self.side[self.side >= 0], minlength=len(self.sides)))

    @cached_property
    def whose(self) -> Integers:
        """[n]: the template of each row; -1: it belongs to no pair."""
        return np.where(self.pair >= 0, self.family[np.maximum(self.pair, 0)], -1)

    def of(self, answers: Floats) -> Floats:
        """[pairs, sides]: the mean of answers [n, samples] of a side's rows of a pair; NaN where there is none."""
        known = np.isfinite(answers)
        cells = np.maximum(self.pair, 0) * len(self.sides) + np.maximum(self.side, 0)
        inside = self.pair >= 0
        count = len(self.family) * len(self.sides)
        sums = np.bincount(cells[inside], np.where(known, answers, 0.0).sum(axis=1)[inside], minlength=count)
        sizes = np.bincount(cells[inside], known.sum(axis=1)[inside], minlength=count)
        means = np.divide(sums, sizes, out=np.full(count, np.nan), where=sizes > 0)
        return np.asarray(means.reshape(len(self.family), len(self.sides)))

    def between(self, answers: Floats) -> Floats:
        """[templates, meetings]: how far the one side lies above the other, on average over a template's pairs."""
        means = self.of(answers)
        apart = np.stack([means[:, one] - means[:, other] for one, other in self.meetings], axis=1)
        _, place = np.unique(self.family, return_inverse=True)
        known = np.isfinite(apart)
        sums, sizes = (np.zeros((place.max(initial=-1) + 1, apart.shape[1])) for _ in range(2))
        np.add.at(sums, place.ravel(), np.where(known, apart, 0.0))
        np.add.at(sizes, place.ravel(), known)
        return np.asarray(np.divide(sums, sizes, out=np.full(sums.shape, np.nan), where=sizes > 0))


def contrasts_of(case: Case[Any], *, attributes: tuple[str, ...] = ()) -> tuple[list[Contrast], Contrast | None]:
    """The attributes that pairs differ in, and the neutral swap; None: there is none.

    Args:
        case: names `pair` in `[data.expected]`, and may name `same_question` and `neutral`.
        attributes: of its groups; empty: all.
    """
    pair = case.compute(codes_of, role="pair")
    same = case.compute(codes_of, role="same_question") if has_role(case, "same_question") else pair
    # A row without a template of its own is one of its pair's.
    family = np.where(same >= 0, same, len(same) + np.maximum(pair, 0))
    neutral = case.compute(codes_of, role="neutral") if has_role(case, "neutral") else None
    is_control = np.zeros(len(pair), dtype=bool) if neutral is None else neutral >= 0
    groups = dict(case.groups) if case.has_groups else {}
    wanted = attributes or tuple(groups)
    found = [
        _contrast(name, groups[name].vocabulary, np.where(is_control, -1, groups[name].codes), pair, family)
        for name in wanted
    ]
    kept = [one for one in found if one is not None]
    if neutral is None:
        return kept, None
    wordings = tuple(f"wording {number + 1}" for number in range(int(neutral.max(initial=-1)) + 1))
    return kept, _contrast("", wordings, neutral, pair, family)


def codes_of(case: Case[Any], *, role: str) -> Integers:
    """[n]: equal numbers for equal cells of a column of `[data.expected]`, -1 for empty ones: no word of them."""
    return np.asarray(case.expected[role].codes, dtype=np.int64)


def _contrast(
    attribute: str, sides: tuple[str, ...], side: Integers, pair: Integers, family: Integers
) -> Contrast | None:
    """Of pairs with two sides at least; None where there is none."""
    inside = (side >= 0) & (pair >= 0)
    held = np.unique(np.stack([pair[inside], side[inside]], axis=1), axis=0)
    numbers, sizes = np.unique(held[:, 0], return_counts=True)
    numbers = numbers[sizes > 1]
    if not len(numbers):
        return None
    place = np.searchsorted(numbers, pair)
    place = np.where(place < len(numbers), place, 0)
    belongs = inside & (numbers[place] == pair)
    pairs = np.where(belongs, place, -1)
    first = np.flatnonzero(belongs)[np.unique(pairs[belongs], return_index=True)[1]]
    return Contrast(attribute, tuple(sides), np.where(belongs, side, -1), pairs, np.asarray(family[first]))
