"""Calibration of many rows: the smooth error beside relplot's, its null, and multicalibration's max-T.

The same rows for both. relplot (`benchmarks/peers.toml`) is installed in the benchmark's environment alone: without it
its column is left out. First our smoothed size is held against the exact one, a sum over the kernel's reflections, at
several widths and at the one that is the answer.
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import resource
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics.calibration import (
    NARROWEST,
    POINTS,
    Deposit,
    Kinds,
    Partition,
    SegmentedRows,
    drawn_statistics,
    multicalibration,
    smooth_error,
    smooth_errors,
    smoothed_size,
    waves_of,
)
from benchmarks import segments
from benchmarks.timing import side_by_side

SEED = 20_261_122
WIDTHS = (NARROWEST, 0.001, 0.003, 0.01, 0.03, 0.1, 0.15, 0.3, 0.6, 1.0)
ATTRIBUTES = (2, 3, 4, 5)
"""Groups of each attribute: with bands, crossings and everybody, 158 segments."""
BANDS = 5
_EXACT_ROWS = 300


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks calibration", description=__doc__)
    parser.add_argument("--rows", type=float, default=1e6, help="of the smooth error and its null")
    parser.add_argument("--segmented", type=float, default=1e5, help="rows of the max-T")
    parser.add_argument("--draws", type=int, default=999)
    parser.add_argument("--runs", type=int, default=3, help="the fastest counts; the null and the max-T run once")
    parser.add_argument("--promises", action="store_true", help="instead: how often the max-T errs, and finds")
    asked = parser.parse_args(arguments)
    if asked.promises:
        print(segments.HEAD)
        for promise in itertools.chain(segments.powers(), segments.levels()):
            print(promise, flush=True)
        return
    errors = errors_by_width()
    print(f"distance from the exact size of {_EXACT_ROWS} rows, by width of the kernel:")
    print(", ".join(f"{width:.4g}: {error:.1e}" for width, error in errors.items()) + "\n")
    print("| what | rows | seconds | work | value |\n|---|--:|--:|--:|--:|")
    scores, came_true = rows_of(int(asked.rows))
    residuals = (came_true - scores) / len(scores)
    contestants: dict[str, Callable[[], Any]] = {"smooth error, auditkit": lambda: smooth_error(scores, residuals)}
    if importlib.util.find_spec("relplot"):
        from relplot import smECE

        contestants["smooth error, relplot"] = lambda: smECE(scores, came_true.astype(float))
    _timed(contestants, len(scores), asked.runs)
    _timed({f"its null, {asked.draws} draws": lambda: _null(scores, asked.draws)}, len(scores), 1)
    rows = segmented(int(asked.segmented))
    count = sum(one.count for one in rows.partitions)
    rng = np.random.default_rng(SEED)
    name = f"max-T of {count} segments, {asked.draws} draws"
    _timed({name: lambda: multicalibration(rows, rng=rng, draws=asked.draws).critical()}, len(rows.scores), 1)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


def _timed(contestants: dict[str, Callable[[], Any]], rows: int, runs: int) -> None:
    answers: dict[str, Any] = {}

    def kept(name: str, work: Callable[[], Any]) -> Callable[[], None]:
        return lambda: answers.update({name: work()})

    taken = side_by_side({name: kept(name, work) for name, work in contestants.items()}, runs)
    for name, seconds in taken.items():
        print(
            f"| {name} | {rows:,} | {seconds.fastest:.2f} | {seconds.least_work:.2f} | {answers[name]:.5f} |",
            flush=True,
        )


def rows_of(n: int) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.bool_]]:
    """Probabilities, somewhat too extreme, and outcomes."""
    rng = np.random.default_rng(SEED)
    scores = rng.beta(0.8, 1.2, n)
    return scores, rng.random(n) < 0.05 + 0.9 * scores


def _null(scores: npt.NDArray[np.floating], draws: int) -> float:
    """The 95% point of the smooth error in worlds where the probabilities are true."""
    kinds = Kinds.of(scores, np.full(len(scores), 1 / len(scores)))
    deposit = Deposit.on_grid(kinds.chances, POINTS)
    owners = np.arange(len(kinds.rows))
    spread = deposit.totals_by_owner(np.ones(len(owners)), owners, len(owners))
    found = drawn_statistics(
        kinds, lambda block: smooth_errors(np.asarray((spread.T @ block.T).T)), np.random.default_rng(SEED), draws
    )
    return float(np.quantile(found, 0.95))


def segmented(n: int) -> SegmentedRows:
    """Calibrated rows with four attributes, their crossings, bands of scores, and groups within bands."""
    rng = np.random.default_rng(SEED)
    scores = rng.beta(1.2, 3, n)
    came_true = rng.random(n) < scores
    codes = [*(rng.integers(0, size, n) for size in ATTRIBUTES), (scores.argsort().argsort() * BANDS) // n]
    sizes = (*ATTRIBUTES, BANDS)
    parts = [Partition(np.zeros(n, dtype=np.int64), 1)]
    parts += [Partition(one, size) for one, size in zip(codes, sizes, strict=True)]
    for i, j in itertools.combinations(range(len(sizes)), 2):
        parts.append(Partition(codes[i] * sizes[j] + codes[j], sizes[i] * sizes[j]))
    return SegmentedRows(scores, came_true, parts)


def errors_by_width() -> dict[float, float]:
    """How far our smoothed size is from the exact one, at each width, and at the width that is the answer."""
    scores, came_true = rows_of(_EXACT_ROWS)
    residuals = (came_true - scores) / len(scores)
    found = {}
    for width in sorted([*WIDTHS, smooth_error(scores, residuals)]):
        ours = float(smoothed_size(waves_of(scores, residuals, width), width))
        found[width] = abs(ours - exact_size(scores, residuals, width))
    return found


def exact_size(scores: npt.NDArray[np.floating], residuals: npt.NDArray[np.floating], width: float) -> float:
    """The integral of |sum of residuals times a Gaussian around each score and its mirror images|, on a fine grid."""
    steps = 20_000
    total = 0.0
    places = (np.arange(steps) + 0.5) / steps
    turns = range(-int(np.ceil(5 * width)) - 1, int(np.ceil(5 * width)) + 2)
    for piece in np.array_split(places, 20):
        curve = np.zeros(len(piece))
        for image in itertools.chain(*((scores + 2 * turn, 2 * turn - scores) for turn in turns)):
            with np.errstate(under="ignore"):
                kernel = np.exp(-(((piece[:, np.newaxis] - image) / width) ** 2) / 2)
            curve += kernel @ residuals
        total += float(np.abs(curve).sum())
    return float(total / steps / (width * np.sqrt(2 * np.pi)))
