"""The search of all slices by two columns, with its max-T, beside two tools that rank slices and test none.

Ours takes the columns as codes, as `fairness.worst-slices` has them; SliceLine a table of codes and the losses, and
DivExplorer a table that is made before the clock runs. What is named in `benchmarks/peers.toml` and not installed is
left out. The score of SliceLine's best slice must be the one that ours says.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics import Parts, Slices, search_slices, sliceline_score, slices_of
from benchmarks.timing import side_by_side

SEED = 20_261_123
PARTS = 5
LEAST = 0.01
_AGREE = 1e-9


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks slices", description=__doc__)
    parser.add_argument("--rows", type=float, default=1e6)
    parser.add_argument("--columns", type=int, default=29, help="of 5 parts each: 29 make 10,295 slices")
    parser.add_argument("--draws", type=int, default=999)
    parser.add_argument("--runs", type=int, default=1, help="the fastest counts")
    parser.add_argument("--alone", action="store_true", help="leave the peers out")
    asked = parser.parse_args(arguments)
    codes, losses = rows(int(asked.rows), asked.columns)
    columns = [Parts(one, PARTS) for one in codes.T]
    slices = slices_of(columns, least=int(LEAST * len(losses)))
    contestants: dict[str, Callable[[], Any]] = {
        "auditkit, slices": lambda: slices_of(columns, least=int(LEAST * len(losses))),
        "auditkit, effects": lambda: best_score(slices, losses),
        "auditkit, max-T": lambda: searched(slices, losses, asked.draws),
    }
    for name, make in () if asked.alone else (("sliceline", of_sliceline), ("divexplorer", of_divexplorer)):
        if importlib.util.find_spec(name) is not None:
            contestants[name] = make(codes, losses)
    print(f"{len(losses):,} rows, {len(slices):,} slices, {asked.draws} draws; the fastest of {asked.runs} runs")
    taken = side_by_side(contestants, asked.runs)
    ours = taken["auditkit, max-T"].fastest
    for name, one in taken.items():
        print(
            f"{name:18} {one.fastest:8.2f} s, work {one.least_work:8.2f} s, {one.fastest / ours:7.2f} times the max-T"
        )
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB")
    if "sliceline" in contestants:
        theirs, own = contestants["sliceline"](), best_score(slices, losses)
        said = "agree" if abs(theirs - own) < _AGREE else "differ"
        print(f"the best score: sliceline {theirs:.9f}, auditkit {own:.9f}: they {said}")


def rows(count: int, columns: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Codes [n, columns] and wrong decisions [n], more of them in a slice of 4%."""
    draw = np.random.default_rng(SEED)
    codes = draw.integers(0, PARTS, (count, columns))
    bad = (codes[:, 0] == 1) & (codes[:, 1] == 2)  # noqa: PLR2004  some part
    return codes, (draw.random(count) < np.where(bad, 0.4, 0.1)).astype(float)


def searched(slices: Slices, losses: npt.NDArray[np.float64], draws: int) -> float:
    """The smallest adjusted p."""
    return float(search_slices(losses, slices, rng=np.random.default_rng(SEED), draws=draws).p.min())


def best_score(slices: Slices, losses: npt.NDArray[np.float64]) -> float:
    """The largest score of SliceLine, of all slices."""
    total = [np.bincount(slices.cells_of(one), losses, one.all_cells)[one.cells] for one in slices.crossings]
    mean = np.concatenate(total) / slices.rows
    return float(sliceline_score(mean, slices.rows, overall=float(losses.mean()), n=len(losses)).max())


def of_sliceline(codes: npt.NDArray[np.int64], losses: npt.NDArray[np.float64]) -> Callable[[], float]:
    """Its ten best slices of two columns; it prunes what cannot be among these."""
    from sliceline.slicefinder import Slicefinder

    def work() -> float:
        finder = Slicefinder(alpha=0.95, k=10, max_l=2, min_sup=int(LEAST * len(losses)), verbose=False)
        finder.fit(codes + 1, losses)
        return float(max(one["slice_score"] for one in finder.top_slices_statistics_))

    return work


def of_divexplorer(codes: npt.NDArray[np.int64], losses: npt.NDArray[np.float64]) -> Callable[[], Any]:
    """All itemsets with a hundredth of the rows, which here are of two columns at most, with divergence and t."""
    import pandas as pd
    from divexplorer import DivergenceExplorer

    table = pd.DataFrame({f"c{place}": one for place, one in enumerate(codes.T)}).assign(wrong=losses.astype(int))
    explorer = DivergenceExplorer(table)
    return lambda: explorer.get_pattern_divergence(
        min_support=LEAST, attributes=list(table.columns[:-1]), boolean_outcomes=["wrong"]
    )
