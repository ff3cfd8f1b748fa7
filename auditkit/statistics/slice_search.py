"""In which slices losses are larger than elsewhere: tested all at once, however the slices overlap.

Of rows that are units of their own and count alike, losses are dealt out anew among the rows (a permutation test);
where they share units, or have weights, what whole units add changes its sign. Either way all slices are looked at in
the same draws, so that the largest of their statistics says what the largest is by chance (max-T).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.counts import own_units
from auditkit.statistics.multiplicity import max_t
from auditkit.statistics.slices import Crossing, Parts, Slices

Floats = npt.NDArray[np.floating]
Integers = npt.NDArray[np.integer]

DRAWS = 999
_FINE, _COARSE = 20, 12
"""Bits of a loss in whole numbers, so that sums are the same in whatever order they are made: fine where all rows are
dealt out freely, coarse where sums of several draws share one number."""
_WORK = 2e9
"""Sums of rows in slices, over all draws, up to which every row is dealt out freely."""
SHIFTS, BLOCKS = 15, 128
"""Of many rows: blocks, in each of which losses move on by one of so many steps."""
_MANTISSA = 52
_AT_ONCE = 1 << 21
_EXACT = 1 << 24
"""Sums below this are exact in 32 bits."""
_BATCH = 384
_UNITS = 4096


@dataclass(frozen=True)
class Searched:
    """What was found of each slice, against all rows outside it."""

    effect: Floats
    """[slices], the mean loss inside less that outside, in these very rows: of the largest of many it is too large."""
    error: Floats
    """[slices], its standard error."""
    p: Floats
    """[slices], that losses are larger inside: adjusted by max-T, step-down, for all slices."""
    largest: Floats
    """[draws], the largest of all statistics where no slice differs."""
    furthest: Floats
    """[draws], the largest of all statistics in either direction."""

    @property
    def statistic(self) -> Floats:
        """[slices], the effect in standard errors."""
        return _ratio(self.effect, self.error)

    def critical(self, level: float = 0.95) -> float:
        """How large the largest statistic is seldom by chance alone."""
        return float(np.quantile(self.largest, level, method="higher"))

    def bounds(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """[slices] each: between which the true effects of all slices lie at once, also of those picked as largest."""
        reach = float(np.quantile(self.furthest, level, method="higher")) * self.error
        return self.effect - reach, self.effect + reach


def slice_effects(
    losses: Floats, slices: Slices, *, weights: Floats | None = None, units: Integers | None = None
) -> tuple[Floats, Floats]:
    """Of each slice, [slices] each: the mean loss inside less that outside, and its standard error (Welch's).

    To the sum of squares of either side goes one of an average row, so that few rows without a loss are not certain.

    Args:
        losses: [n].
        slices: of these rows.
        weights: [n], how much each row counts, above 0.
        units: [n], whose each row is; -1: a unit of its own.
    """
    if weights is not None or units is not None:
        return _Flipped.of(losses, slices, weights, units, None, 1).found
    whole = _Whole.of(losses, _FINE)
    effect, error = _welch(slices.rows, [whole.sums(slices, one) for one in whole.values], whole)
    return effect * whole.step, error * whole.step


def search_slices(
    losses: Floats,
    slices: Slices,
    *,
    rng: np.random.Generator,
    draws: int = DRAWS,
    weights: Floats | None = None,
    units: Integers | None = None,
) -> Searched:
    """The effect of every slice on the losses, with p adjusted for all slices.

    Losses that count alike are dealt out among the rows: where that would be more than `_WORK` sums, the rows are put
    at random into 128 blocks, in each of which all losses move on by a fifteenth of the block's length, or by several.
    These are permutations too, and a group of them, so that the test is as exact; a fifteenth of the information is
    lost. Where rows weigh differently or share units, each unit's part in a slice's effect keeps or changes its sign,
    in all slices together, which holds the level over many units; of more than 4,096 units random ones are put
    together. The rows must come in an order that does not depend on the file's.
    Sources: Westfall and Young (1993), algorithm 2.8; Hemerik and Goeman (2018), TEST 27, 811-825, for groups of
    permutations; Janssen (1997), Stat. Probab. Lett. 36, 9-21, for statistics in their own standard errors; Hemerik,
    Goeman and Finos (2020), J. R. Stat. Soc. B 82, 841-864, for signs.

    Args:
        losses: [n], of rows that have one.
        slices: of these rows, one or more.
        rng: where the draws come from.
        draws: how many.
        weights: [n], how much each row counts, above 0.
        units: [n], whose each row is; -1: a unit of its own.

    Raises:
        ValueError: there are no slices.
    """
    if not len(slices):
        raise ValueError("there are no slices")
    if weights is not None or units is not None:
        flipped = _Flipped.of(losses, slices, weights, units, rng, draws)
        (effect, error), null = flipped.found, flipped.null
        seen = _ratio(effect, error)
    else:
        many = len(slices.crossings) * len(losses) * draws > _WORK
        whole = _Whole.of(losses, _COARSE if many else _FINE)
        own, null = (_moved_on if many else _dealt)(whole, slices, rng, draws)
        effect, error = _welch(slices.rows, own, whole)
        seen = _ratio(effect, error)
        effect, error = (
            slice_effects(losses, slices) if many and not whole.is_binary else (effect * whole.step, error * whole.step)
        )
    return Searched(effect, error, max_t(seen, null), null.max(axis=1), np.maximum(null.max(axis=1), -null.min(axis=1)))


@dataclass(frozen=True)
class _Whole:
    """Losses of all rows in whole numbers, and their squares where they are not losses themselves."""

    values: tuple[Integers, ...]
    """[n] each: the loss, from 0; and, of more than two kinds of loss, its square in steps."""
    step: float
    """What 1 is as a loss."""
    squared: float
    """What 1 is of the squares."""

    @classmethod
    def of(cls, losses: Floats, bits: int) -> _Whole:
        least, most = float(losses.min()), float(losses.max())
        if not most > least:
            return cls((np.zeros(len(losses), dtype=np.int64),), 1.0, 1.0)
        if np.isin(losses, (least, most)).all():
            return cls(((losses == most).astype(np.int64),), most - least, 1.0)
        top = float((1 << bits) - 1)
        values = np.rint((losses - least) / (most - least) * top).astype(np.int64)
        # Squares keep as many bits: their sums over all rows stay exact.
        return cls((values, np.rint(values**2.0 / top).astype(np.int64)), (most - least) / top, top)

    @property
    def is_binary(self) -> bool:
        """Whether there are two kinds of loss, or one."""
        return len(self.values) == 1

    @property
    def totals(self) -> tuple[int, ...]:
        return tuple(int(one.sum()) for one in self.values)

    @property
    def n(self) -> int:
        return len(self.values[0])

    def sums(self, slices: Slices, values: Integers) -> Floats:
        """[slices], of values [n]."""
        found = [
            np.bincount(slices.cells_of(one), weights=values, minlength=one.all_cells)[one.cells]
            for one in slices.crossings
        ]
        return np.concatenate(found) if found else np.zeros(0)


def _ratio(effect: Floats, error: Floats) -> Floats:
    return np.divide(effect, error, out=np.zeros_like(effect), where=error > 0)


def _welch(rows: Integers, sums: list[Floats], whole: _Whole) -> tuple[Floats, Floats]:
    """The effects, and their standard errors, of sums [..., slices] of losses and of squares, in steps."""
    inside, outside = rows.astype(float), float(whole.n) - rows
    total = whole.totals[0]
    squares = sums[-1] * whole.squared
    all_squares = whole.totals[-1] * whole.squared
    one, other = sums[0] / inside, (total - sums[0]) / outside
    average = max(all_squares - total**2 / whole.n, 0.0) / whole.n
    of_one = np.maximum(squares - inside * one**2, 0.0) + average
    of_other = np.maximum(all_squares - squares - outside * other**2, 0.0) + average
    return one - other, np.sqrt(of_one / inside**2 + of_other / outside**2)


Dealt = tuple[list[Floats], Floats]
"""Sums [slices] of losses, and of their squares where these are kept too; and all statistics in draws [draws, slices].
"""


def _dealt(whole: _Whole, slices: Slices, rng: np.random.Generator, draws: int) -> Dealt:
    """Losses dealt out among all rows."""
    from scipy import sparse

    n = whole.n
    lines = []
    for one in slices.crossings:
        own = _places(slices.cells_of(one), one)
        kept = np.flatnonzero(own >= 0)
        lines.append(sparse.csr_array((np.ones(len(kept)), (own[kept], kept)), shape=(len(one.cells), n)))
    member = sparse.vstack(lines, format="csr")
    step, null = max(min(draws, _AT_ONCE // max(n, 1)), 1), []
    for start in range(0, draws, step):
        some = min(step, draws - start)
        order = rng.permuted(np.broadcast_to(np.arange(n)[:, None], (n, some)), axis=0)
        sums = [np.asarray(member @ one.astype(float)[order]).T for one in whole.values]
        null.append(_ratio(*_welch(slices.rows, sums, whole)))
    return [np.asarray(member @ one.astype(float)) for one in whole.values], np.concatenate(null)


def _places(cells: Integers, crossing: Crossing) -> Integers:
    """[n]: the slice of each row among the crossing's, from the cells of rows; -1: in none that is looked at."""
    place = np.full(crossing.all_cells, -1, dtype=np.int64)
    place[crossing.cells] = np.arange(len(crossing.cells))
    return place[cells]


def _moved_on(whole: _Whole, slices: Slices, rng: np.random.Generator, draws: int) -> Dealt:
    """Losses moved on within blocks of rows that are put together at random."""
    length = whole.n // (BLOCKS * SHIFTS) * SHIFTS
    if length == 0:
        return _dealt(whole, slices, rng, draws)
    order = rng.permutation(whole.n)
    placed, rest = order[: BLOCKS * length], order[BLOCKS * length :]
    chosen = rng.integers(0, SHIFTS, (draws, BLOCKS)) + SHIFTS * np.arange(BLOCKS)
    picks = np.zeros((BLOCKS * SHIFTS, draws), dtype=np.float32 if max(whole.totals) < _EXACT else np.float64)
    picks[chosen.T, np.arange(draws)] = 1
    packs = [_packed(one[placed].reshape(BLOCKS, length)) for one in whole.values]
    inside = Slices(tuple(Parts(one.codes[placed], one.count) for one in slices.columns), ())
    own: list[list[Floats]] = [[] for _ in packs]
    null = []
    for together in _batches(slices.crossings):
        in_blocks: list[list[Floats]] = [[] for _ in packs]
        still: list[list[Floats]] = [[] for _ in packs]
        for one in together:
            cells, fixed = inside.cells_of(one), slices.cells_of(one, rest)
            cells.reshape(BLOCKS, length)[:] += np.arange(BLOCKS)[:, None] * one.all_cells
            for place, (values, pack) in enumerate(zip(whole.values, packs, strict=True)):
                in_blocks[place].append(pack.sums(cells, one))
                counts = np.bincount(fixed, values[rest], one.all_cells)[one.cells]
                still[place].append(np.asarray(counts, dtype=float))
        sums = []
        for place, (parts, others) in enumerate(zip(in_blocks, still, strict=True)):
            block, outside = np.concatenate(parts), np.concatenate(others)
            own[place].append(block[:, ::SHIFTS].sum(axis=1) + outside)
            sums.append((block.astype(picks.dtype) @ picks).T + outside)
        null.append(_ratio(*_welch(np.concatenate([one.rows for one in together]), sums, whole)))
    return [np.concatenate(parts) for parts in own], np.concatenate(null, axis=1)


def _batches(crossings: Sequence[Crossing]) -> Iterator[list[Crossing]]:
    """Of some hundred slices each, so that what is made of them stays near the processor."""
    batch: list[Crossing] = []
    for one in crossings:
        batch.append(one)
        if sum(len(each.cells) for each in batch) >= _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


@dataclass(frozen=True)
class _Packed:
    """Values of all rows at each of the steps that they can move on by, several in one number."""

    numbers: Sequence[Floats]
    """[n] each."""
    bits: int
    """Of each of those in one number."""
    held: int
    """How many these are."""

    def sums(self, cells: Integers, crossing: Crossing) -> Floats:
        """[slices, blocks x steps]; cells [n] are numbered on from block to block."""
        count, found = crossing.all_cells, []
        for number in self.numbers:
            total = np.bincount(cells, weights=number, minlength=BLOCKS * count).reshape(BLOCKS, count)
            left = total[:, crossing.cells].astype(np.int64)
            for _ in range(self.held):
                found.append(left & ((1 << self.bits) - 1))
                left = left >> self.bits
        return np.stack(found[:SHIFTS], axis=-1).transpose(1, 0, 2).reshape(len(crossing.cells), -1)


def _packed(values: Integers) -> _Packed:
    """Values [blocks, length], moved on by each number of steps."""
    bits = max(int(values.sum(axis=1).max()).bit_length(), 1)
    held = max(min(_MANTISSA // bits, SHIFTS), 1)
    step, numbers = values.shape[1] // SHIFTS, []
    for first in range(0, SHIFTS, held):
        number = np.zeros(values.size)
        for place in range(min(held, SHIFTS - first)):
            number += np.roll(values, (first + place) * step, axis=1).ravel() * float(1 << (bits * place))
        numbers.append(number)
    return _Packed(numbers, bits, held)


@dataclass(frozen=True)
class _Flipped:
    """Effects of rows that have weights or share units, and the statistics where units' parts have other signs."""

    found: tuple[Floats, Floats]
    null: Floats
    """[draws, slices]"""

    @classmethod
    def of(
        cls,
        losses: Floats,
        slices: Slices,
        weights: Floats | None,
        units: Integers | None,
        rng: np.random.Generator | None,
        draws: int,
    ) -> _Flipped:
        mass = np.ones(len(losses)) if weights is None else np.asarray(weights, dtype=float)
        whose = np.arange(len(losses)) if units is None else np.unique(own_units(units), return_inverse=True)[1].ravel()
        count = int(whose.max(initial=-1)) + 1
        blocks, block = count, whose
        if rng is not None and count > _UNITS:
            blocks, block = _UNITS, (rng.permutation(count) % _UNITS)[whose]
        signs = None if rng is None else rng.integers(0, 2, (blocks, draws), dtype=np.int8) * 2.0 - 1.0
        centre = float(np.average(losses, weights=mass))
        part = mass * (losses - centre)
        average = float(np.dot(part, part)) / len(losses)
        by_unit = np.asarray(np.bincount(whose, part, count), dtype=float)
        in_block = by_unit if blocks == count else np.asarray(np.bincount(block, part, blocks), dtype=float)
        effect, error, null = [], [], []
        for one in slices.crossings:
            cells = slices.cells_of(one)
            inside = np.bincount(cells, mass, one.all_cells)[one.cells]
            outside = float(mass.sum()) - inside
            scale = _Scale(inside[:, None], outside[:, None])
            parts = scale.parts(_by_unit(cells, part, whose, count, one), by_unit)
            added = average * (inside**-2.0 + outside**-2.0)
            effect.append(parts.sum(axis=1))
            error.append(np.sqrt((parts**2).sum(axis=1) + added))
            if signs is not None:
                flipped = parts
                if blocks != count:
                    flipped = scale.parts(_by_unit(cells, part, block, blocks, one), in_block)
                spread = np.sqrt((flipped**2).sum(axis=1) + added)
                null.append(_ratio(flipped @ signs, spread[:, None]).T)
        joined = (np.concatenate(effect), np.concatenate(error))
        return cls(joined, np.concatenate(null, axis=1) if null else np.zeros((0, len(joined[0]))))


@dataclass(frozen=True)
class _Scale:
    """The weight inside and outside of slices, [slices, 1] each."""

    inside: Any
    outside: Any

    def parts(self, inside: Floats, everywhere: Floats) -> Floats:
        """[slices, units]: what each unit adds to the effect."""
        return np.asarray(inside / self.inside - (everywhere - inside) / self.outside)


def _by_unit(cells: Integers, part: Floats, whose: Integers, count: int, one: Crossing) -> Floats:
    """[slices, units], sums of the parts of rows inside."""
    own = _places(cells, one)
    kept = own >= 0
    summed = np.bincount(own[kept] * count + whose[kept], part[kept], len(one.cells) * count)
    return np.asarray(summed, dtype=float).reshape(len(one.cells), count)
