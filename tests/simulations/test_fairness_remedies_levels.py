"""How often the intervals of `fairness.remedies` hold what thresholds fitted to all rows would do in the population."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy import stats

from auditkit import ClassScores
from auditkit.testing import toy_case
from auditkit_fairness.remedies.rows import Answers, Tried
from auditkit_fairness.remedies.thresholds import threshold_remedies
from auditkit_fairness.what_would_help import remedies

pytestmark = pytest.mark.slow
CENTRES = {("A", True): 0.62, ("A", False): 0.38, ("B", True): 0.52, ("B", False): 0.30}
SPREAD, SHARE_OF_B, SICK = 0.15, 0.4, {"A": 0.45, "B": 0.35}
LEVEL, CASES, AS_IT_IS = 0.9, 200, {"A": 0.5, "B": 0.5}
RATES = {"true_positive_rate": True, "false_positive_rate": False}


def drawn(n: int, rng: np.random.Generator):
    groups = np.where(rng.random(n) < SHARE_OF_B, "B", "A")
    wanted = rng.random(n) < [SICK[name] for name in groups]
    centres = [CENTRES[name, bool(one)] for name, one in zip(groups, wanted, strict=True)]
    scores = rng.normal(centres, SPREAD)
    said = ClassScores(("no", "yes"), np.column_stack([1 - scores, scores]))
    targets = ["yes" if one else "no" for one in wanted]
    return toy_case(said, targets, {"group": groups.tolist()}, positive="yes", level=LEVEL)


def true_rates(thresholds: dict[str, float]) -> dict[str, dict[str, float]]:
    """Rate -> group -> its share of the population, worked out from the normal distribution."""
    rates = {
        rate: {name: stats.norm.sf((thresholds[name] - CENTRES[name, side]) / SPREAD) for name in "AB"}
        for rate, side in RATES.items()
    }
    found, alarms = rates["true_positive_rate"], rates["false_positive_rate"]
    rates["selection_rate"] = {name: SICK[name] * found[name] + (1 - SICK[name]) * alarms[name] for name in "AB"}
    return rates


def thresholds_of(remedy, answers: Answers) -> dict[str, float]:
    """The threshold of each group, found by asking about every score: those that it chooses, and those it does not."""
    grid = np.linspace(-0.5, 1.5, 20_001)
    fitted = remedy.fit(answers, np.random.default_rng(0))
    found = {}
    for code, name in enumerate("AB"):
        asked = Answers(grid, grid >= 0.5, grid >= 0.5, {"group": np.full(len(grid), code)}, None, None)
        chosen = fitted.decide(asked)
        found[name] = float(grid[chosen][0]) if chosen.any() else np.inf
    return found


@pytest.mark.parametrize("n", [400, 1600])
def test_intervals_hold_what_would_be_fitted_to_all_rows(n):
    rng = np.random.default_rng(n)
    before, held = true_rates(AS_IT_IS), Counter()
    for _ in range(CASES):
        case = drawn(n, rng)
        (tried,) = Tried.each_of(case)
        said = {
            (one.metric.removeprefix("remedied_"), one.conditions["remedy"], tuple(one.group.values())): one
            for one in remedies(case)
            if hasattr(one, "metric")
        }
        for remedy in threshold_remedies("group", ("A", "B"), tried.answers, least=30):
            after = true_rates(thresholds_of(remedy, tried.answers))
            for metric, rate in (
                ("demographic_parity_difference", "selection_rate"),
                ("equal_opportunity_difference", "true_positive_rate"),
                ("false_positive_rate_difference", "false_positive_rate"),
            ):
                interval = said[metric, remedy.name, ("*",)].interval
                held[remedy.name, metric] += interval.low <= abs(after[rate]["A"] - after[rate]["B"]) <= interval.high
            for rate in RATES:
                of_groups = after[rate]
                interval = said[f"{rate}_change", remedy.name, ("B",)].interval
                held[remedy.name, rate] += interval.low <= of_groups["B"] - before[rate]["B"] <= interval.high
    # Each interval is one of a family, and so holds the truth more often than the level.
    shares = {key: count / CASES for key, count in held.items()}
    assert len(shares) == 4 * 5
    assert min(shares.values()) >= LEVEL, shares
    assert np.mean([*shares.values()]) >= 0.95, shares
