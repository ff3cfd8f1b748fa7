"""Privacy: the robust attack without all pairs, the attacks and the check on a million rows, notes, shadow networks.

Everything is measured in one run. Each fast way is held against the slow one's answer before either is timed.
"""

from __future__ import annotations

import argparse
import gc
import random
import resource
import sys
import time
import tomllib
import tracemalloc
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.timing import once, side_by_side

PAIRS = 10_000
"""The most rows of which all pairs are compared."""
THREADS = (1, 2)
NETWORKS = 64


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks privacy", description=__doc__)
    parser.add_argument("--sizes", nargs="*", type=float, default=(1e3, 3e3, 1e4, 3e4, 1e5), help="rows a side")
    parser.add_argument("--rows", type=float, default=1e6, help="members and others that every attack scores")
    parser.add_argument("--notes", type=float, default=1e5, help="in which personal data are looked for")
    parser.add_argument("--networks", type=int, default=NETWORKS, help="%(default)s unless said")
    parser.add_argument("--epochs", type=int, default=4, help="of each network; %(default)s unless said")
    parser.add_argument("--runs", type=int, default=2, help="of each contestant; %(default)s unless said")
    parser.add_argument("--threads", nargs="*", type=int, default=THREADS, help="%(default)s unless said")
    wanted = parser.parse_args(arguments)
    print(*pairs([int(size) for size in wanted.sizes], wanted.runs), "", sep="\n")
    print(*attacks(int(wanted.rows)), "", sep="\n")
    print(*notes(int(wanted.notes)), "", sep="\n")
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
    """Every attack that needs no other model, with the area under its ROC; then the whole check on the same rows."""
    from auditkit.checks.asking import ask
    from auditkit_privacy.attacks import ATTACKS
    from auditkit_privacy.membership import membership
    from auditkit_privacy.reach.trying import judged, target_of

    case = long_table(2_000)
    ask(membership, replace(case, is_control=False), {})  # imports
    case = long_table(rows)
    members, lines, total = _Sides(case.training, case), ["| attack | seconds | area |", "|---|--:|--:|"], 0.0
    begun = time.perf_counter()
    target = target_of(members)
    total += time.perf_counter() - begun
    lines.append(f"| what the model says of the true class, for all of them | {total:.2f} | |")
    for attack in ATTACKS:
        begun = time.perf_counter()
        scores = attack.score(target) if attack.level == "P1" else None
        if scores is None:
            continue
        area, _ = judged(scores, None, case.settings.level, np.random.default_rng(0))
        taken = time.perf_counter() - begun
        total += taken
        lines.append(f"| {attack.name} | {taken:.2f} | {'' if area is None else format(area.value, '.3f')} |")
    begun = time.perf_counter()
    ask(membership, replace(long_table(rows), is_control=False), {})
    whole = time.perf_counter() - begun
    said = f"All attacks on {rows:,} rows: {total:.1f} s. The whole check, with its gates and its rates: {whole:.1f} s"
    return [*lines, "", f"{said}, at most {_peak():.0f} MB."]


@dataclass(frozen=True)
class _Sides:
    """Who is a member and who is not, when nobody looks for rows that are both."""

    members: Any
    others: Any


def long_table(rows: int) -> Any:
    """A case of so many rows, half of them members, of whom the model is a little surer; nobody is on both sides."""
    from auditkit.testing import with_splits

    return with_splits(_side(rows // 2, 0.0, 2), training=_side(rows // 2, 0.3, 3))


def _side(rows: int, shift: float, seed: int) -> Any:
    import pandas as pd

    from auditkit import ClassScores
    from auditkit.testing import toy_case

    rng = np.random.default_rng([7, seed])
    odds = rng.normal(size=rows) + shift
    second = rng.random(rows) < 0.5  # noqa: PLR2004  half of the rows
    true = 1 / (1 + np.exp(-odds))
    third = (1 - true) * rng.random(rows)
    first = np.where(second, 1 - true - third, true)
    scores = np.column_stack([first, 1 - first - third, third])
    wards = np.array([f"ward {number}" for number in range(40)], dtype=object)
    inputs = pd.DataFrame(
        {"age": rng.normal(size=rows), "pressure": rng.normal(size=rows), "ward": wards[rng.integers(0, 40, rows)]}
    )
    said = ClassScores(("no", "yes", "maybe"), scores)
    sexes = np.where(rng.random(rows) < 0.5, "F", "M").tolist()  # noqa: PLR2004
    return toy_case(said, np.where(second, "yes", "no").tolist(), {"sex": sexes}, positive="yes", inputs=inputs)


def notes(count: int) -> list[str]:
    """Personal data looked for in plain notes, and in notes full of numbers: many at once, and one after another."""
    from auditkit_privacy.recognisers import scan, scan_all

    lines = ["| notes | characters each | many at once, s | one after another, s | found |", "|---|--:|--:|--:|--:|"]
    for name, texts in _notes(count).items():
        few = texts[: max(count // 10, 1)]
        if list(scan_all(few)) != [scan(text) for text in few]:
            raise SystemExit("error: the two ways find different things, so that their times say nothing")
        fast, _ = once(lambda texts=texts: list(scan_all(texts)))
        slow, _ = once(lambda few=few: [scan(text) for text in few])
        found = sum(map(len, scan_all(texts)))
        size = sum(map(len, texts)) / len(texts)
        lines.append(f"| {name}, {count:,} | {size:.0f} | {fast:.1f} | {slow * count / len(few):.1f} | {found:,} |")
    return [*lines, "", "One after another: by proportion from a tenth of them."]


def _notes(count: int) -> dict[str, list[str]]:
    draw = random.Random(5)
    signs = ("slept well on the ward", "breathless at rest", "a dry cough at times", "walks with a stick", "eats well")
    numbers = (
        "BP {a}/86 mmHg, HR {b}, SpO2 97% on 2 L, temp 38.4 at 14:32:10 on 2024-03-17.",
        "Accession 202403170012{b}; CT of the abdomen, 1.2.840.113619.2.55.3.28318688{b}.",
        "Enoxaparin 40 mg/0.4 mL; Na {a}, K 4.2, platelets {b},000; seen 03/17/2024.",
        "患者于2024年3月17日入院 体温38.5℃ 血压{a}/80mmHg 检查号202403170{b}.",
    )
    reached = ("", "", "", "", "", "", "", "", "", " Reach a.jones{a}@mail.example.org or +1 202 555 01{b}.")
    plain, full = [], []
    for _ in range(count):
        values = {"a": draw.randint(90, 190), "b": draw.randint(10, 99)}
        end = draw.choice(reached).format(**values)
        words = ", ".join(draw.choices(signs, k=5))
        plain.append(f"{draw.randint(20, 95)} years old, in room {draw.randint(1, 400)}: {words}.{end}")
        full.append(" ".join(draw.choices(numbers, k=3)).format(**values) + end)
    return {"plain": plain, "full of numbers": full}


HEART = Path(__file__).parents[1] / "examples" / "heart_table"


def networks(count: int, epochs: int, runs: int, several: Sequence[int] = THREADS) -> list[str]:
    """The heart example's network by its own recipe, stacked and one after another, each at its best thread count."""
    import torch

    from auditkit_tabular.stacked import Recipe, train_one, train_stacked

    sys.path.insert(0, str(HEART))
    import net
    import pandas as pd
    import train as example

    patients = pd.read_csv(example.PATIENTS, keep_default_na=False, na_values=[""])
    inputs = example.matrix(patients)
    truth = torch.tensor((patients["heart_disease"] == "yes").to_numpy(dtype=int))
    said = tomllib.loads((HEART / "network.toml").read_text(encoding="utf-8"))["model"]["recipe"]
    recipe = Recipe.of({**said, "epochs": epochs})
    rng = np.random.default_rng(2)
    taught = [rng.permutation(len(patients))[: len(patients) // 2] for _ in range(count)]
    loss = torch.nn.functional.cross_entropy
    scales = torch.tensor(patients[example.NUMBERS].std().to_numpy(dtype="float32"))

    def fresh(seed: int, *, drops: bool = True) -> Any:
        torch.manual_seed(seed)
        module = net.build()
        module.scales.copy_(scales)
        if not drops:
            module.layers[2].p = 0.0
        return module

    def alone(**changes: Any) -> list[Any]:
        return [
            train_one(fresh(seed, **changes), inputs, truth, taught[seed], recipe, seed, loss) for seed in range(count)
        ]

    def together(**changes: Any) -> list[Any]:
        modules = [fresh(seed, **changes) for seed in range(count)]
        return train_stacked(modules, inputs, truth, taught, recipe, range(count), loss)

    torch.set_num_threads(several[0])
    # What dropout draws differs between the two: without it both come to the same weights.
    for one, other in zip(alone(drops=False), together(drops=False), strict=True):
        for mine, its in zip(one.parameters(), other.parameters(), strict=True):
            _must_agree(mine.detach().numpy(), its.detach().numpy(), within=1e-3)
    ways = {
        f"{name}, {threads} thread{'s' * (threads > 1)}": _with_threads(way, threads)
        for threads in several
        for name, way in (("one after another", alone), ("stacked", together))
    }
    taken = side_by_side(ways, runs)
    steps = f"{epochs} of the recipe's {said['epochs']} epochs in steps of {recipe.rows} rows"
    lines = [f"| {count} networks of {HEART.name}, {steps} | wall, s | work, s |", "|---|--:|--:|"]
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


def _peak() -> float:
    """MB that this process has held at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


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
