"""Privacy: the robust attack without all pairs, the attacks on a million rows, and shadow networks side by side.

Everything is measured in one run. Each fast way is held against the slow one's answer before either is timed.
"""

from __future__ import annotations

import argparse
import gc
import time
import tracemalloc
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.timing import side_by_side

PAIRS = 10_000
"""The most rows of which all pairs are compared."""
THREADS = (1, 2)
NETWORKS = 64


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks privacy", description=__doc__)
    parser.add_argument("--sizes", nargs="*", type=float, default=(1e3, 3e3, 1e4, 3e4, 1e5), help="rows a side")
    parser.add_argument("--rows", type=float, default=1e6, help="members and others that every attack scores")
    parser.add_argument("--networks", type=int, default=NETWORKS, help="%(default)s unless said")
    parser.add_argument("--epochs", type=int, default=5, help="of each network; %(default)s unless said")
    parser.add_argument("--runs", type=int, default=3, help="of each contestant; %(default)s unless said")
    parser.add_argument("--threads", nargs="*", type=int, default=THREADS, help="%(default)s unless said")
    wanted = parser.parse_args(arguments)
    print(*pairs([int(size) for size in wanted.sizes], wanted.runs), "", sep="\n")
    print(*attacks(int(wanted.rows)), "", sep="\n")
    print(*networks(wanted.networks, wanted.epochs, wanted.runs, wanted.threads), sep="\n")


def pairs(sizes: Sequence[int], runs: int) -> list[str]:
    """The robust attack of n members against n others, sorted and with all pairs."""
    from auditkit_privacy.attacks import rmia

    lines = ["| rows a side | sorted, s | MiB | all pairs, s | MiB |", "|--:|--:|--:|--:|--:|"]
    found: dict[str, list[tuple[int, float, float]]] = {"sorted": [], "all pairs": []}
    for size in sizes:
        rng = np.random.default_rng(size)
        ratios, population = rng.normal(1, 1, size), rng.normal(0, 1, size)
        ways = {"sorted": lambda r=ratios, p=population: rmia.robust_scores(r, p)}
        if size <= PAIRS:
            ways["all pairs"] = lambda r=ratios, p=population: (r[:, None] - p >= 0).mean(axis=1)
            _must_agree(ways["sorted"](), ways["all pairs"]())
        taken = side_by_side(ways, runs)
        cells = []
        for name, points in found.items():
            if name not in ways:
                cells += ["", ""]
                continue
            memory = _most_memory(ways[name])
            points.append((size, taken[name].fastest, memory))
            cells += [f"{taken[name].fastest:.4f}", f"{memory:.1f}"]
        lines.append(f"| {size:,} | " + " | ".join(cells) + " |")
    grown = [
        f"{name}: {_growth(points, 1):.2f} in time, {_growth(points, 2):.2f} in memory"
        for name, points in found.items()
        if len(points) > 1
    ]
    return [*lines, "", f"Growth, as a power of the rows: {'; '.join(grown)}."]


def attacks(rows: int) -> list[str]:
    """The attacks that need no other model, with the area of each, on so many rows."""
    from auditkit.statistics import delong
    from auditkit_privacy.attacks import scores

    rng = np.random.default_rng(1)
    logits = rng.normal(size=(rows, 3))
    targets = rng.integers(0, 3, rows)
    member = np.arange(rows) < rows // 2
    logits[np.arange(rows), targets] += 1 + 0.2 * member
    chances = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    logs = scores.log_probabilities(chances)
    ways: dict[str, Callable[[], Any]] = {
        "loss": lambda: scores.true_log_probability(chances, targets),
        "modified entropy": lambda: scores.modified_entropy(chances, targets),
        "scaled logit": lambda: scores.scaled_logit(logs, targets),
        "hinge": lambda: scores.hinge(logs, targets),
    }
    lines, total = ["| attack | scores, s | area, s |", "|---|--:|--:|"], 0.0
    for name, score in ways.items():
        begun = time.perf_counter()
        said = score()
        scored = time.perf_counter()
        delong(said, member)
        ended = time.perf_counter()
        total += ended - begun
        lines.append(f"| {name} | {scored - begun:.2f} | {ended - scored:.2f} |")
    return [*lines, "", f"All of them on {rows:,} rows: {total:.1f} s."]


def networks(count: int, epochs: int, runs: int, several: Sequence[int] = THREADS) -> list[str]:
    """Networks trained stacked, and one after another at the number of threads that is best for them."""
    import torch

    from auditkit_tabular.stacked import Recipe, train_one, train_stacked

    rows, width = 600, 13
    rng = np.random.default_rng(2)
    table = rng.normal(size=(rows, width)).astype(np.float32)
    inputs = torch.from_numpy(table)
    truth = torch.from_numpy((table[:, 0] + rng.normal(size=rows) > 0).astype(np.int64))
    taught = [rng.permutation(rows)[: rows // 2] for _ in range(count)]
    recipe = Recipe(epochs=epochs, learning_rate=0.01, rows=32)
    loss = torch.nn.functional.cross_entropy

    def fresh(seed: int) -> Any:
        torch.manual_seed(seed)
        layers = torch.nn
        return layers.Sequential(layers.Linear(width, 16), layers.ReLU(), layers.Linear(16, 2))

    def alone() -> list[Any]:
        return [train_one(fresh(seed), inputs, truth, taught[seed], recipe, seed, loss) for seed in range(count)]

    def together() -> list[Any]:
        return train_stacked([fresh(seed) for seed in range(count)], inputs, truth, taught, recipe, range(count), loss)

    torch.set_num_threads(several[0])
    for one, other in zip(alone(), together(), strict=True):
        for mine, its in zip(one.parameters(), other.parameters(), strict=True):
            _must_agree(mine.detach().numpy(), its.detach().numpy(), within=1e-3)
    ways = {
        f"{name}, {threads} thread{'s' * (threads > 1)}": _with_threads(train, threads)
        for threads in several
        for name, train in (("one after another", alone), ("stacked", together))
    }
    taken = side_by_side(ways, runs)
    lines = [f"| {count} networks, {epochs} epochs | wall, s | work, s |", "|---|--:|--:|"]
    lines += [f"| {name} | {one.fastest:.2f} | {one.least_work:.2f} |" for name, one in taken.items()]
    best = [min(one.fastest for way, one in taken.items() if way.startswith(name)) for name in ("one", "stacked")]
    return [*lines, "", f"Stacked, each at its best: {best[0] / best[1]:.1f} times as fast."]


def _with_threads(work: Callable[[], Any], threads: int) -> Callable[[], Any]:
    def run() -> Any:
        import torch

        torch.set_num_threads(threads)
        return work()

    return run


def _must_agree(first: Any, second: Any, *, within: float = 1e-12) -> None:
    if not np.allclose(first, second, atol=within):
        raise SystemExit("error: the two ways give different answers, so that their times say nothing")


def _most_memory(work: Callable[[], Any]) -> float:
    """MiB that numpy holds at most beyond what was there."""
    gc.collect()
    tracemalloc.start()
    work()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most / 2**20


def _growth(points: Sequence[tuple[int, float, float]], place: int) -> float:
    """The slope of the line through the points on two log scales."""
    logs = np.log([[point[0], point[place]] for point in points])
    return float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0])
