"""Metrics of rankings for many users, beside RecTools and the recommenders package on those that they share.

The same lists for all: users by items, of which each user went for some. Ours takes item names as the audit has them, a
table of users by ranks; a peer takes its own table, a row for each user and item, which is made before the clock runs.
What is named in `benchmarks/peers.toml` and not installed is left out. The values must agree.
"""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit.statistics import attention, code_items, gini, novelty_of, served, shannon_entropy
from benchmarks.timing import side_by_side

SEED = 20_261_123
DEPTH = 10
Items = npt.NDArray[np.object_]
_AGREE = 1e-9


def main(arguments: list[str]) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks ranking", description=__doc__)
    parser.add_argument("--users", type=float, default=1e5)
    parser.add_argument("--items", type=int, default=100, help="on each user's list")
    parser.add_argument("--catalogue", type=int, default=1000, help="items that there are")
    parser.add_argument("--wanted", type=int, default=5, help="items that each user went for")
    parser.add_argument("--runs", type=int, default=3, help="the fastest counts")
    asked = parser.parse_args(arguments)
    shown, wanted, before = lists(int(asked.users), asked.items, asked.catalogue, asked.wanted)
    contestants: dict[str, Callable[[], dict[str, float]]] = {"auditkit": lambda: ours(shown, wanted, before)}
    for name, make in (("rectools", of_rectools), ("recommenders", of_recommenders)):
        if importlib.util.find_spec(name) is not None:
            contestants[name] = make(shown, wanted, before)
    found = {name: work() for name, work in contestants.items()}
    for name, values in found.items():
        for metric, value in values.items():
            if abs(value - found["auditkit"][metric]) > _AGREE:
                print(f"{name} says {metric} = {value:.6f}, and auditkit {found['auditkit'][metric]:.6f}")
    print(f"{len(shown):,} users, {asked.items} items each; the fastest of {asked.runs} runs")
    taken = side_by_side(contestants, asked.runs)
    for name, one in taken.items():
        times = one.fastest / taken["auditkit"].fastest
        print(
            f"{name:13} {one.fastest:7.2f} s, work {one.least_work:7.2f} s, {times:6.1f} times, "
            f"{len(found[name])} metrics"
        )


def lists(users: int, items: int, catalogue: int, wanted: int) -> tuple[Items, Items, Items]:
    """[users, items] recommended, [users, wanted] gone for, and as many had before, none of them recommended: names."""
    draw = np.random.default_rng(SEED)
    names = np.array([f"item {place}" for place in range(catalogue)], dtype=object)
    # A random start and stride of a permutation: lists without repeats, at no cost.
    order = draw.permutation(catalogue)
    start = draw.integers(catalogue, size=(users, 1))
    shown = order[(start + np.arange(items)) % catalogue]
    own = order[
        (start + draw.integers(1, max(catalogue // wanted, 2), size=(users, wanted)).cumsum(axis=1)) % catalogue
    ]
    # One of as many pieces of what is left each, so that nobody had an item twice: a peer refuses what was had before.
    step = max((catalogue - items) // wanted, 1)
    places = np.arange(wanted) * step + draw.integers(step, size=(users, wanted))
    had = order[(start + items + places) % catalogue]
    return names[shown], names[own], names[had]


def ours(shown: Items, wanted: Items, before: Items) -> dict[str, float]:
    """What `performance.ranking`, `fairness.item-exposure` and `fairness.popularity` make their numbers of."""
    found = served(shown, wanted, np.ones(wanted.shape), DEPTH)
    scores = found.scores()
    items, had = code_items(shown[:, :DEPTH], before)
    size = int(max(items.max(), had.max())) + 1
    received = np.bincount(items.ravel(), np.broadcast_to(attention(DEPTH), items.shape).ravel(), size)
    recommended, used = (np.bincount(one.ravel(), minlength=size) for one in (items, had))
    return {name: float(one.mean()) for name, one in scores.items()} | {
        "coverage": float(np.count_nonzero(recommended)) / np.count_nonzero(used),
        "entropy": shannon_entropy(recommended),
        "gini": gini(received),
        "popularity": float(used[items].mean()),
        "novelty": float(novelty_of(used, len(had))[items].mean()),
    }


def of_rectools(shown: Items, wanted: Items, before: Items) -> Callable[[], dict[str, float]]:
    """RecTools' `calc_metrics` on the metrics that both have."""
    from rectools.metrics import (
        MAP,
        MRR,
        NDCG,
        AvgRecPopularity,
        HitRate,
        MeanInvUserFreq,
        Precision,
        Recall,
        calc_metrics,
    )

    metrics = {
        "recall": Recall(DEPTH),
        "precision": Precision(DEPTH),
        "hit_rate": HitRate(DEPTH),
        "reciprocal_rank": MRR(DEPTH),
        "average_precision": MAP(DEPTH),
        "ndcg": NDCG(DEPTH, divide_by_achievable=True),
        "popularity": AvgRecPopularity(DEPTH),
        "novelty": MeanInvUserFreq(DEPTH),
    }
    told, own, had = (table(one, "user_id", "item_id") for one in (shown, wanted, before))
    told["rank"] = np.tile(np.arange(1, shown.shape[1] + 1), len(shown))
    return lambda: {name: float(value) for name, value in calc_metrics(metrics, told, own, had).items()}


def of_recommenders(shown: Items, wanted: Items, before: Items) -> Callable[[], dict[str, float]]:
    """The recommenders package, a metric a call, as it has them."""
    from recommenders.evaluation.python_evaluation import (
        catalog_coverage,
        distributional_coverage,
        ndcg_at_k,
        precision_at_k,
        recall_at_k,
    )
    from recommenders.evaluation.python_evaluation import map as average_precision

    told, own, had = (table(one, "userID", "itemID") for one in (shown, wanted, before))
    told["prediction"] = np.tile(np.arange(shown.shape[1], 0, -1.0), len(shown))
    own["rating"] = 1.0
    top = table(shown[:, :DEPTH], "userID", "itemID")
    about: dict[str, Any] = {"k": DEPTH, "relevancy_method": "top_k"}

    def work() -> dict[str, float]:
        return {
            "recall": float(recall_at_k(own, told, **about)),
            "precision": float(precision_at_k(own, told, **about)),
            "ndcg": float(ndcg_at_k(own, told, **about)),
            "average_precision": float(average_precision(own, told, **about)),
            "coverage": float(catalog_coverage(had, top)),
            "entropy": float(distributional_coverage(had, top)),
        }

    return work


def table(rows: npt.NDArray[np.object_], user: str, item: str) -> Any:
    """A row for each user and item."""
    import pandas as pd

    return pd.DataFrame({user: np.repeat(np.arange(len(rows)), rows.shape[1]), item: rows.ravel()})
