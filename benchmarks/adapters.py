"""How long adapters take to predict, beside a bare loop and `transformers.pipeline`, each at its best batch size."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import contests, memory
from benchmarks.contests import Contest
from benchmarks.timing import Taken, best_size, side_by_side

OF_BARE = 1.05
"""Times the bare loop, at most."""
OF_PIPELINE = 1.3
"""Times as fast as the pipeline, at least, on texts of mixed length."""
ROWS: dict[str, tuple[Callable[[Path, int], Contest], int]] = {
    "text": (contests.texts, 2000),
    "tokens": (contests.entities, 2000),
    "image": (contests.images, 400),
    "network": (contests.network, 200_000),
    "estimator": (contests.estimator, 100_000),
    "recommender": (contests.recommender, 50_000),
}
"""What is timed, and on how many rows."""
ON_DEVICES = ("text", "tokens", "image", "network")
"""Those that run on another device too."""
_TRIED = 8
"""Batch sizes are tried on one row of so many."""


@dataclass(frozen=True)
class Outcome:
    """One contest, timed."""

    contest: Contest
    bare_size: int
    pipeline_size: int | None
    taken: dict[str, Taken]


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks adapters", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=sorted(ROWS), help="some of the adapters")
    parser.add_argument("--device", default="cpu", help="where the models run, e.g. cuda; then only those of torch")
    parser.add_argument("--share", type=float, default=1.0, help="of the rows; 0.1 is a quick look")
    parser.add_argument("--runs", type=int, default=5, help="how often each of them predicts all rows")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="torch's, for all of them")
    parser.add_argument("--memory", action="store_true", help="then how memory grows with the rows, which takes long")
    asked = parser.parse_args(arguments)
    set_threads(asked.threads)
    print(
        f"{asked.threads} thread(s), {asked.runs} runs each, in turns; seconds of the fastest run\n{HEADING}",
        flush=True,
    )
    on_cpu = asked.device == "cpu"
    names = asked.only or (ROWS if on_cpu else ON_DEVICES)
    if not on_cpu and not set(names) <= set(ON_DEVICES):
        parser.error(f"--device {asked.device} is for {', '.join(ON_DEVICES)}; the others run on the CPU alone")
    for name in names:
        make, rows = ROWS[name]
        make = make if on_cpu else partial(make, device=asked.device)
        with tempfile.TemporaryDirectory(prefix="auditkit-adapters-") as folder:
            print(line(timed(make(Path(folder), max(int(rows * asked.share), 16)), asked.runs)), flush=True)
    if asked.memory:
        memory.main([])


def set_threads(count: int) -> None:
    """Let torch and NumPy use so many threads, and transformers say nothing."""
    import threadpoolctl
    import torch
    import transformers

    torch.set_num_threads(count)
    threadpoolctl.threadpool_limits(count)
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()


def timed(contest: Contest, runs: int) -> Outcome:
    """Find the best batch sizes of the others, then time all in turns.

    Raises:
        AssertionError: they do not give the same answers, and so did not do the same work.
    """
    few = max(contest.rows // _TRIED, min(contest.rows, max(contest.sizes)))
    bare_size = best_size(lambda size: contest.bare(few, size), contest.sizes)
    contestants: dict[str, Callable[[], Any]] = {
        "ours": contest.ours,
        "bare": lambda: contest.bare(contest.rows, bare_size),
    }
    pipeline_size = None
    if (piped := contest.pipeline) is not None:
        pipeline_size = best_size(lambda size: piped(few, size), contest.sizes)
        contestants["pipeline"] = lambda: piped(contest.rows, pipeline_size)
    refuse_others({name: run() for name, run in contestants.items()}, contest.agree)
    return Outcome(contest, bare_size, pipeline_size, side_by_side(contestants, runs))


def refuse_others(answers: dict[str, Any], agree: Callable[[Any, Any], bool]) -> None:
    """Stop where somebody's answers are not ours."""
    for name, found in answers.items():
        if not agree(answers["ours"], found):
            raise AssertionError(f"'{name}' answers otherwise than 'ours'")


HEADING = (
    f"{'adapter':<22} {'rows':>8} | {'auditkit':>8} {'bare loop':>13} {'ratio':>6} {'work':>6} {'median':>6} |"
    f" {'pipeline':>13} {'faster':>6} {'work':>6}"
)


def line(found: Outcome) -> str:
    """One row of the table."""
    ours, bare, piped = found.taken["ours"], found.taken["bare"], found.taken.get("pipeline")
    text = (
        f"{found.contest.name:<22} {found.contest.rows:>8,} | {ours.fastest:8.2f} {bare.fastest:8.2f} "
        f"@{found.bare_size:<5}{ours.fastest / bare.fastest:5.2f} {ours.least_work / bare.least_work:6.2f} "
        f"{ours.median / bare.median:6.2f} |"
    )
    if piped is None:
        return f"{text} {'-':>13}"
    return (
        f"{text} {piped.fastest:8.2f} @{found.pipeline_size:<4}{piped.fastest / ours.fastest:6.2f} "
        f"{piped.least_work / ours.least_work:6.2f}"
    )
