"""How often the intervals of `fairness.exposure-remedies` hold what lists made anew would show the population."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from auditkit.statistics import attention, det_const_sort, det_greedy
from auditkit_fairness.exposure_remedies import Tried, exposure_remedies
from auditkit_fairness.rankings.planted_remedies import LISTED, ranked_below
from auditkit_fairness.rankings.reranked import Reranking, ways

pytestmark = pytest.mark.slow
LEVEL, CASES, POPULATION, DEPTH = 0.9, 100, 8_000, 10
ABOUT = {"candidates": LISTED, "relevant_from": None}
GENTLE = "DetGreedy in turns to catalogue shares by kind"
RATIO = "remedied_exposure_per_item_at_10_ratio"


def drawn(seed: int, users: int):
    case = ranked_below(np.random.default_rng(seed), by=1.0, users=users)
    return replace(case, settings=replace(case.settings, level=LEVEL, seed=seed))


def ratio_of(lists) -> float:
    """Attention to fish by that to bread, or the other way round, of [users, depth] labels; as many items of each."""
    shown = attention(DEPTH) @ (lists == 1).mean(axis=0)
    return min(shown, attention(DEPTH).sum() - shown) / max(shown, attention(DEPTH).sum() - shown)


def anew(way: Reranking, labels, due, strength, rng) -> np.ndarray:
    shares = np.tile(due, (len(labels), 1))
    if way.algorithm == "DetConstSort":
        taken = det_const_sort(labels, shares, DEPTH)
    elif way.algorithm == "DetGreedy":
        taken = det_greedy(labels, shares, DEPTH)
    else:
        own = np.stack([(labels[:, :DEPTH] == group).mean(axis=1) for group in (0, 1)], axis=1)
        taken = det_greedy(labels, (1 - strength) * own + strength * shares, DEPTH, rng.random(shares.shape))
        taken = np.tile(np.arange(DEPTH), (len(labels), 1)) if strength == 0 else taken
    return np.take_along_axis(labels, taken, axis=1)


@pytest.mark.parametrize("users", [200, 800])
def test_intervals_hold_what_would_be_shown_to_the_population(users):
    rng, held, asked = np.random.default_rng(5), Counter(), Counter()
    whole = ranked_below(rng, by=1.0, users=POPULATION).predictions.items
    labels = np.array([[int(name.split()[1]) % 2 for name in row] for row in whole.tolist()])
    truths: dict[tuple[str, object], float] = {}
    for seed in range(CASES):
        case = drawn(seed, users)
        for way in ways(case, "kind", {}, ABOUT):
            tried = Tried(case, way, ("bread", "fish"), np.array([20, 20]), 1)
            (one,) = [one for one in tried.measurements() if one.metric == RATIO]
            # What either half has fitted is taken as given, and used on half of the population.
            fitted = tuple(sorted(set(zip(*tried_fits(tried), strict=True))))
            if (way.name, fitted) not in truths:
                lists = [labels[:, :DEPTH]]
                if way.algorithm != "none":
                    lists = [anew(way, labels, np.array(due), strength, rng) for *due, strength in fitted]
                truths[way.name, fitted] = ratio_of(np.concatenate(lists))
            truth = truths[way.name, fitted]
            held[way.name] += one.interval is None or one.interval.low <= truth <= one.interval.high
            asked[way.name] += 1
    # A rate of 0.9 over 100 cases is seen at 0.78 or below once in five thousand times.
    assert min(held[name] / asked[name] for name in asked) > 0.78, held


def tried_fits(tried: Tried):
    return tried.column("due 0"), tried.column("due 1"), tried.column("strength")


@pytest.mark.parametrize("by", [1.5, 0.0])
def test_a_gap_is_mended_and_without_one_no_list_is_changed(by):
    for seed in range(20):
        case = ranked_below(np.random.default_rng(seed), by=by)
        found = {
            (one.metric, one.conditions["remedy"]): one
            for one in exposure_remedies.run(case, candidates=LISTED, shares=None, relevant_from=None)
            if hasattr(one, "metric")
        }
        before, after = found[RATIO, "none"], found[RATIO, GENTLE]
        changed = found["remedied_lists_changed_at_10", GENTLE].value
        if by:
            assert before.interval.high < 0.3
            assert after.interval.low > 0.7
            assert changed > 0.5
        else:
            assert (before.value, changed) == (after.value, 0.0)
