"""How long `auditkit --help` and `auditkit verify` take, beside bare Python and bare typer."""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PEERS = Path(__file__).with_name("peers.toml")
EXAMPLE = Path(__file__).parent.parent / "examples" / "heart_disease"

Command = Sequence[str]


@dataclass(frozen=True)
class Timing:
    """How long one command took, over all runs."""

    command: Command
    seconds: tuple[float, ...]

    @property
    def name(self) -> str:
        """The command as one would type it."""
        return shlex.join(self.command)

    @property
    def median(self) -> float:
        """Seconds; a median, since one run in the company of a busy neighbour says nothing."""
        return statistics.median(self.seconds)


def main(arguments: list[str]) -> None:
    """Measure and print."""
    settings = tomllib.loads(PEERS.read_text("utf-8"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks cold-start", description=__doc__)
    parser.add_argument("--runs", type=int, default=settings["cold-start"]["runs"], help="how often each command runs")
    parser.add_argument("--bundle", type=Path, help="the bundle to verify; absent: the heart disease audit is run once")
    asked = parser.parse_args(arguments)
    environment = {**os.environ, **settings["threads"]}
    with tempfile.TemporaryDirectory(prefix="auditkit-cold-start-") as folder:
        bundle = asked.bundle or make_bundle(Path(folder), environment)
        ours = [["auditkit", "--help"], ["auditkit", "verify", str(bundle), "--allow-dev-key"]]
        timings = side_by_side([*settings["cold-start"]["peers"], *ours], asked.runs, environment)
    print_table(timings)


def make_bundle(folder: Path, environment: Mapping[str, str]) -> Path:
    """Audit the example; its verdict, and so the exit code, is not what is measured."""
    shutil.copytree(EXAMPLE, folder / "example")
    bundle = folder / "bundle"
    command = installed(["auditkit", "run", str(folder / "example" / "audit.toml"), "--out", str(bundle)])
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if not bundle.is_dir():
        sys.exit(f"error: the example audit wrote no bundle\n{finished.stderr}")
    return bundle


def side_by_side(commands: Sequence[Command], runs: int, environment: Mapping[str, str]) -> list[Timing]:
    """Time the commands in turns, so that a slow moment slows all of them; a first round warms the caches."""
    seconds: list[list[float]] = [[] for _ in commands]
    for turn in range(runs + 1):
        for place, command in enumerate(commands):
            taken = time_once(command, environment)
            if turn:
                seconds[place].append(taken)
    return [Timing(command, tuple(taken)) for command, taken in zip(commands, seconds, strict=True)]


def time_once(command: Command, environment: Mapping[str, str]) -> float:
    """Seconds from start to exit; a command that fails ends the benchmark, since its time would mean nothing."""
    started = time.perf_counter()
    finished = subprocess.run(installed(command), env=environment, capture_output=True, text=True, check=False)
    taken = time.perf_counter() - started
    if finished.returncode:
        sys.exit(f"error: '{shlex.join(command)}' ended with {finished.returncode}\n{finished.stderr}")
    return taken


def installed(command: Command) -> list[str]:
    """The same command by the `python` and the `auditkit` of this environment, whatever PATH says."""
    program = sys.executable if command[0] == "python" else str(Path(sys.executable).with_name(command[0]))
    return [program, *command[1:]]


def print_table(timings: Sequence[Timing]) -> None:
    """Milliseconds, and how many times bare Python; the first command is the floor."""
    floor = timings[0].median
    print(
        f"{'median':>8} {'fastest':>8} {'slowest':>8} {'times':>6}   command, {len(timings[0].seconds)} runs each, ms"
    )
    for timing in timings:
        spread = f"{min(timing.seconds) * 1000:8.0f} {max(timing.seconds) * 1000:8.0f}"
        print(f"{timing.median * 1000:8.0f} {spread} {timing.median / floor:6.1f}   {timing.name}")
