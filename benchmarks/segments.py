"""How often multicalibration's max-T errs, and how often it finds what it says it would find.

    python -m benchmarks calibration --promises

prints the tables of docs/calibration-by-group.md, by simulation from a fixed seed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from auditkit.statistics.calibration import (
    Partition,
    SegmentedRows,
    detectable_drift,
    multicalibration,
    range_p,
)

SEED = 20_261_123
DRAWS = 99
MODELS = 200
LEVEL = 0.05


@dataclass(frozen=True)
class Promise:
    """How often a segment is called wrong, of calibrated models, or of models with one group of 5% that is off."""

    what: str
    segments: int
    uncorrected: float
    """How often the smallest p of all segments, by the law for many rows, is under 5%."""
    adjusted: float
    """How often the smallest adjusted p is; of planted ones, how often that of the group itself."""

    def __str__(self) -> str:
        return f"| {self.what} | {self.segments} | {self.uncorrected:.3f} | {self.adjusted:.3f} |"


HEAD = "| models | segments | smallest p of all | adjusted p |\n|---|--:|--:|--:|"


def levels(models: int = MODELS) -> Iterator[Promise]:
    """Of calibrated models: probabilities spread out, and rare events, with few segments and with many."""
    for name, a, b in (("spread scores", 1.5, 2.5), ("rare events", 0.6, 8.0)):
        for attributes in ((2,), (2, 3), (2, 5, 6)):
            rng = np.random.default_rng([SEED, *attributes, round(a * 10)])
            found = [_smallest(_rows(rng, 2000, a, b, attributes), rng) for _ in range(models)]
            plain, adjusted = np.mean(np.array([pair[:2] for pair in found]) <= LEVEL, axis=0)
            yield Promise(f"calibrated, {name}, 2,000 rows", found[0][2], float(plain), float(adjusted))
    rng = np.random.default_rng([SEED, 9])
    found = [_smallest(_people(rng, 400), rng) for _ in range(models)]
    plain, adjusted = np.mean(np.array([pair[:2] for pair in found]) <= LEVEL, axis=0)
    yield Promise("calibrated, 400 people of 1 to 9 rows", found[0][2], float(plain), float(adjusted))


def powers(models: int = MODELS) -> Iterator[Promise]:
    """Of models where one group of a twentieth of the rows is off by what was told as found in four audits of five."""
    for n in (2_000, 6_000):
        rng = np.random.default_rng([SEED, n])
        plain, adjusted, segments = [], [], 0
        for _ in range(models):
            rows = _rows(rng, n, 1.5, 2.5, (20, 3))
            told = multicalibration(rows, rng=rng, draws=DRAWS)
            shift = detectable_drift(told.critical(), rng=rng, steps=64, draws=400) * float(told.scatter[1])
            inside = rows.partitions[1].codes == 0
            chance = np.where(inside, np.clip(rows.scores + shift, 0, 1), rows.scores)
            found = multicalibration(
                SegmentedRows(rows.scores, rng.random(n) < chance, rows.partitions), rng=rng, draws=DRAWS
            )
            plain.append(float(range_p(found.standardised[1])))
            adjusted.append(float(found.p[1]))
            segments = len(found.p)
        shares = [float(np.mean(np.array(one) <= LEVEL)) for one in (plain, adjusted)]
        yield Promise(f"one group of 5% off as told, {n:,} rows: that group", segments, *shares)


def _smallest(rows: SegmentedRows, rng: np.random.Generator) -> tuple[float, float, int]:
    found = multicalibration(rows, rng=rng, draws=DRAWS)
    return float(np.min(range_p(found.standardised))), float(found.p.min()), len(found.p)


def _rows(rng: np.random.Generator, n: int, a: float, b: float, attributes: tuple[int, ...]) -> SegmentedRows:
    """Calibrated rows with attributes, bands, and their crossings."""
    scores = rng.beta(a, b, n)
    codes = [*(rng.permutation(n) % size for size in attributes), (scores.argsort().argsort() * 5) // n]
    sizes = (*attributes, 5)
    parts = [Partition(np.zeros(n, dtype=np.int64), 1)]
    parts += [Partition(one, size) for one, size in zip(codes, sizes, strict=True)]
    for i in range(len(sizes)):
        for j in range(i + 1, len(sizes)):
            _, crossed = np.unique(codes[i] * sizes[j] + codes[j], return_inverse=True)
            parts.append(Partition(crossed.ravel(), int(crossed.max()) + 1))
    return SegmentedRows(scores, rng.random(n) < scores, parts)


def _people(rng: np.random.Generator, people: int) -> SegmentedRows:
    """People whose rows share their luck: right on average for each score, and no more certain for having many rows."""
    times = rng.integers(1, 10, people)
    units = np.repeat(np.arange(people), times)
    scores = rng.beta(1.5, 2.5, len(units))
    came_true = rng.random(people)[units] < scores
    of_person = rng.integers(0, 4, people)
    parts = [Partition(np.zeros(len(units), dtype=np.int64), 1), Partition(of_person[units], 4)]
    return SegmentedRows(scores, came_true, parts, units=units)
