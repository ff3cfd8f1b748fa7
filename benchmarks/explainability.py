"""What explanations cost, beside captum row by row and beside Quantus: the same rows and models, in turns."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks import climbing, deletion
from benchmarks.climbing import Found, Subject
from benchmarks.timing import Taken, side_by_side

LEAST = 3.0
"""Times the rows a second of captum's loop."""
_HEAD = f"{'model':44}{'rows':>5}{'one by one':>11}{'together':>10}{'faster':>8}{'work':>6}"


def main(arguments: list[str]) -> None:
    """Measure and print."""
    import torch

    parser = argparse.ArgumentParser(prog="python -m benchmarks explainability", description=__doc__)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--threads", type=int, default=2, help="torch's")
    parser.add_argument("--runs", type=int, default=3, help="of each, in turns")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(asked.threads)
    print(
        f"{asked.threads} thread(s) of the CPU, {asked.runs} runs each, in turns. Rows a second; faster: by the clock,"
    )
    print("fastest runs; work: by the processor, which a busy machine disturbs less.")
    subjects = list(climbing.subjects(asked.rows))
    print(f"\nintegrated gradients, {climbing.SAME} steps of either\n{_HEAD}{'furthest apart':>16}")
    for subject in subjects:
        found, taken = _both(subject, (climbing.SAME,), (climbing.SAME,), asked.runs)
        apart = float(np.abs(found["loop"].by_place - found["ours"].by_place).max())
        print(f"{_line(subject, taken)}{apart:16.1e}", flush=True)
    _until_they_add_up(subjects, asked.runs)
    _deletions(max(8, asked.rows // 2), asked.runs)


def _until_they_add_up(subjects: list[Subject], runs: int) -> None:
    """The same completeness: each raises the steps of a row until its gap is at most 5 %."""
    from auditkit_explainability.attributing.stepping import STEPS

    steps = f"{climbing.RAISED[-1]} steps of the loop, {STEPS[-1]} together"
    print(f"\nintegrated gradients, until a row adds up to {climbing.TOLERANCE:.0%}, or {steps};")
    print("of either gradients a row, the largest gap, and the part of rows that is short")
    print(f"{_HEAD}{'gradients':>13}{'gap':>12}{'short':>12}")
    for subject in subjects:
        found, taken = _both(subject, climbing.RAISED, STEPS, runs)
        sides = found["loop"], found["ours"]
        gradients = " | ".join(f"{one.steps.mean():.0f}" for one in sides)
        gaps = " | ".join(f"{one.gap.max():.2f}" for one in sides)
        short = " | ".join(f"{np.mean(one.gap > climbing.TOLERANCE):.0%}" for one in sides)
        print(f"{_line(subject, taken)}{gradients:>13}{gaps:>12}{short:>12}  {_met(_ratio(taken), LEAST)}", flush=True)


def _both(
    subject: Subject, theirs: tuple[int, ...], ours: tuple[int, ...], runs: int
) -> tuple[dict[str, Found], dict[str, Taken]]:
    contestants: Mapping[str, Callable[[], Found]] = {
        "loop": lambda: climbing.by_loop(subject, theirs),
        "ours": lambda: climbing.by_auditkit(subject, ours),
    }
    # What is not timed also warms up.
    found = {name: work() for name, work in contestants.items()}
    return found, side_by_side(contestants, runs)


def _line(subject: Subject, taken: Mapping[str, Taken]) -> str:
    count, loop, ours = len(subject.inputs), taken["loop"], taken["ours"]
    work = loop.least_work / ours.least_work
    rates = f"{count / loop.fastest:11,.0f}{count / ours.fastest:10,.0f}"
    return f"{subject.name:44}{count:5}{rates}{_ratio(taken):8.1f}{work:6.1f}"


def _ratio(taken: Mapping[str, Taken]) -> float:
    return taken["loop"].fastest / taken["ours"].fastest


def _met(ratio: float, least: float) -> str:
    return "met" if ratio >= least else f"NOT MET: at least {least:g}"


def _deletions(rows: int, runs: int) -> None:
    """Deletion curves, 64 steps a picture, and the model alone: nobody can be faster than that."""
    subject = deletion.pictures(rows)
    draw = np.random.default_rng(0)
    orders = np.stack([draw.permutation(deletion.GRID**2) for _ in range(rows)])
    contestants: dict[str, Callable[[], Any]] = {
        "auditkit": lambda: deletion.ours(subject, orders),
        "Quantus, PixelFlipping": lambda: deletion.theirs(subject, orders),
        "the model alone": lambda: deletion.alone(subject),
    }
    steps = orders.size
    print(f"\ndeletion curves of {rows} pictures of {deletion.SIDE} x {deletion.SIDE}, {steps:,} steps; steps a second")
    try:
        found = {name: work() for name, work in contestants.items()}
    except ModuleNotFoundError:
        print("Quantus is not installed: see benchmarks/peers.toml")
        return
    taken = side_by_side(contestants, runs)
    own, other = taken["auditkit"], taken["Quantus, PixelFlipping"]
    for name, one in taken.items():
        work = other.least_work / one.least_work
        print(
            f"{name:34}{steps / one.fastest:12,.0f}   {other.fastest / one.fastest:5.1f} times Quantus, work {work:.1f}"
        )
    apart = float(np.abs(found["auditkit"] - found["Quantus, PixelFlipping"]).max())
    print(f"furthest apart {apart:.1e}  {_met(other.fastest / own.fastest, deletion.LEAST)}")
