"""What a gate could see: by simulation of the decision itself, by hand, and as `auditkit plan` prints it."""

from __future__ import annotations

import numpy as np
import pytest
from commands import small_rows
from scipy import stats

from auditkit.gating.power import RIGHT, means_power, shares_power
from auditkit.statistics import Pairs, paired_difference, paired_score_limits

MARGIN = 0.02


@pytest.mark.parametrize(("n", "alpha", "discordance"), [(150, 0.05, 0.05), (800, 0.05 / 6, 0.1), (5000, 0.025, 0.02)])
def test_losses_are_found_as_often_as_is_told(n: int, alpha: float, discordance: float) -> None:
    power, rng, draws = shares_power(n, MARGIN, alpha, discordance=discordance), np.random.default_rng(n), 4000
    found = []
    for loss in (power.found, 0.0):
        chances = [discordance / 2, discordance / 2 + loss, RIGHT - discordance / 2 - loss]
        gained, lost, both, neither = rng.multinomial(n, [*chances, 1 - sum(chances)], draws).T
        pairs = Pairs(both, gained, lost, neither)
        ends = [limits(pairs, 1 - 2 * alpha) for limits in (paired_score_limits, paired_difference)]
        fails = np.maximum(ends[0].high, ends[1].high) < -MARGIN
        passes = np.minimum(ends[0].low, ends[1].low) >= -MARGIN
        found.append((fails.mean(), passes.mean()))
    error = (0.25 / draws) ** 0.5
    assert found[0][0] == pytest.approx(0.8, abs=0.02 + 3 * error)
    assert found[1][1] == pytest.approx(power.passes, abs=0.02 + 3 * error)
    assert found[1][0] <= alpha


def test_more_rows_find_less_and_pass_more() -> None:
    powers = [shares_power(n, MARGIN, 0.05) for n in (50, 200, 1000, 5000, 20_000)]
    assert [one.found for one in powers] == sorted((one.found for one in powers), reverse=True)
    assert [one.passes for one in powers] == sorted(one.passes for one in powers)
    assert powers[-1].passes > 0.99


def test_a_handful_of_rows_finds_nothing() -> None:
    assert shares_power(2, MARGIN, 0.001).found == 1


def test_the_power_of_a_mean_by_hand() -> None:
    # 400 rows of standard deviation .2: a standard error of .01; 1.645 and .842 of them beyond the margin
    power = means_power(400, MARGIN, 0.05)
    assert power.found == pytest.approx(0.02 + (1.6449 + 0.8416) * 0.01, abs=1e-5)
    assert power.passes == pytest.approx(stats.norm.cdf(2 - 1.6449), abs=1e-4)


def test_a_plan_says_what_a_gate_could_see(make_folder) -> None:
    folder = make_folder()
    folder.write_rows(small_rows(1200))
    folder.spec()
    out = folder.run_here("plan", "audit.toml").out
    head = out.index("what a gate could see of a later release")
    lines = out[head:].splitlines()
    assert "an equal model is right about other rows in 5%" in lines[0]
    assert lines[2].split()[:4] == ["accuracy", "all", "1,200", "0.02"]
    told = shares_power(1200, MARGIN, 0.05 / 5)
    assert float(lines[2].split()[4]) == pytest.approx(told.found, abs=0.001)
    assert [line.split()[1] for line in lines[3:7]] == ["sex", "sex", "band", "band"]


def test_a_plan_follows_the_policy(make_folder) -> None:
    folder = make_folder()
    folder.write_rows(small_rows(1200))
    table = '\n[policy.baseline]\nmetric = "true_positive_rate"\nmargin = 0.05\ngroup = []\nalpha = 0.025\n'
    folder.spec(more=table)
    out = folder.run_here("plan", "audit.toml").out
    positives = sum(row[2] == "yes" for row in small_rows(1200))
    line = next(line for line in out.splitlines() if line.startswith("true_positive_rate"))
    assert line.split()[1:4] == ["all", str(positives), "0.05"]
