"""`auditkit selftest`: measured rates beside rates that can be worked out, and what is said where there are none."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from auditkit import ClassScores, Interval, Measurement, NotApplicable, check, clean, planted
from auditkit.checks.selftesting import Terms, Trial, judged, selftest
from auditkit.cli import main
from auditkit.statistics import wilson
from auditkit.testing import above, every, near, not_above, toy_case

ROWS = 100


def yes_of(share):
    """A hundred rows, so many of which are a yes."""

    def make(_):
        yes = np.where(np.arange(ROWS) < round(share * ROWS), 0.9, 0.1)
        return toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])))

    return make


def rate(case):
    """How often it says yes."""
    yield Measurement.share("rate", case.predictions.scores[:, 1] > 0.5)


def overconfident(case):
    """The same with an interval a tenth as wide."""
    (found,) = rate(case)
    low, high = (found.value + (end - found.value) / 10 for end in (found.interval.low, found.interval.high))
    yield found.model_copy(update={"interval": Interval(low=low, high=high, level=case.level, method="wrong")})


def made(function, *controls):
    return check("a.check", on=ClassScores, controls=controls)(function)


def tried(function, *controls, seeds=200, **terms):
    return selftest([made(function, *controls)], Terms(range(seeds), **terms))


def exact_rate(share, bound):
    """How often Wilson's interval of a share of a hundred draws lies above a bound."""
    counts = np.arange(ROWS + 1)
    low, _ = wilson(counts, ROWS)
    return float(stats.binom.pmf(counts, ROWS, share)[low > bound].sum())


@pytest.mark.parametrize("share", [0.55, 0.6, 0.65])
def test_the_power_is_that_of_binomial_draws(share):
    (trial,) = tried(rate, planted("a share", yes_of(share), above("rate", 0.5)))
    assert (trial.redrawn, trial.runs) == (True, 200)
    # 200 draws of a known chance: four standard errors
    known = exact_rate(share, 0.5)
    assert trial.rate == pytest.approx(known, abs=4 * np.sqrt(known * (1 - known) / 200))


def test_a_twin_on_its_bound_alarms_about_as_often_as_the_level_allows():
    (trial,) = tried(rate, clean("half", yes_of(0.5), not_above("rate", 0.5)))
    assert exact_rate(0.5, 0.5) < 0.05
    assert (trial.declared, trial.holds) == (0.05, True)
    assert trial.rate < 0.08


def test_intervals_that_are_too_narrow_are_told():
    (trial,) = tried(overconfident, clean("half", yes_of(0.5), not_above("rate", 0.5)), seeds=60)
    assert not trial.holds
    assert trial.rate > 0.2


def test_limits_by_hand():
    (trial,) = tried(rate, planted("all", yes_of(1.0), above("rate", 0.5)), seeds=20)
    # Clopper and Pearson of 20 in 20: 0.025 ** (1 / 20)
    assert (trial.low, trial.high) == (pytest.approx(0.025 ** (1 / 20)), 1.0)


def test_a_defect_that_is_found_too_seldom_is_told_and_what_is_declared_counts():
    weak = planted("a share", yes_of(0.55), above("rate", 0.5))
    (trial,) = tried(rate, weak, seeds=60)
    assert (trial.declared, trial.holds) == (0.8, False)
    (trial,) = tried(rate, weak.declaring(0.1), seeds=60)
    assert (trial.declared, trial.holds) == (0.1, True)


def test_a_rate_is_held_to_what_chance_allows_among_all_controls():
    # The lower limit of 4 in 20 is 0.057: too many for one control that declares 0.05, and not for one of twelve.
    trial = Trial(
        check="a.check", kind="clean", title="a", redrawn=True, runs=20, hits=4, low=0.06, high=0.44, declared=0.05
    )
    assert not judged(trial, 1).holds
    assert judged(trial, 12).holds
    assert not judged(trial.model_copy(update={"hits": 12}), 200).holds


def test_what_is_exact_is_tried_as_it_is_and_no_rate_is_made_of_it():
    (exact, both) = tried(
        rate,
        planted("half", yes_of(0.5), near("rate", 0.5)),
        planted("nine in ten", yes_of(0.9), every(near("rate", 0.9), above("rate", 0.5))),
    )
    assert (exact.redrawn, exact.runs, exact.hits, exact.low, exact.holds) == (False, 3, 3, None, True)
    assert (both.redrawn, both.runs, both.rate) == (True, 200, 1.0)
    (wrong,) = tried(rate, planted("half", yes_of(0.5), near("rate", 0.4)))
    assert (wrong.hits, wrong.holds) == (0, False)


def test_rows_that_must_stay_as_they_are_do():
    (trial,) = tried(rate, clean("half", yes_of(0.5), not_above("rate", 0.5)).not_redrawn("twins are neighbours"))
    assert (trial.redrawn, trial.why, trial.runs, trial.hits) == (False, "twins are neighbours", 3, 0)


def test_a_run_that_raises_is_a_miss_and_is_told():
    def raises(case):
        """Does not apply to some rows."""
        if case.rng("coin").random() < 0.5:
            raise NotApplicable("tails")
        yield from rate(case)

    (found, twin) = tried(
        raises,
        planted("all", yes_of(1.0), above("rate", 0.5)),
        clean("none", yes_of(0.0), not_above("rate", 0.5)),
        seeds=40,
    )
    assert 0 < found.hits < 40
    assert 0 < twin.hits < 40
    assert "it did not apply at seed" in found.why
    assert not found.holds


def test_a_check_that_needs_an_option_and_a_control_that_is_dear_are_not_tried():
    def choosing(case, *, bound: float):
        """Needs a bound."""
        yield from (found for found in rate(case) if found.value > bound)

    one = planted("all", yes_of(1.0), above("rate", 0.5))
    (trial,) = tried(choosing, one)
    assert (trial.runs, trial.rate, trial.holds) == (0, None, True)
    assert "bound" in trial.why
    (trial,) = tried(rate, one, most_seconds=0.0)
    assert trial.runs == 0
    assert trial.why.startswith("a run takes ")


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(["selftest", *arguments])
    return left.value.code


def test_the_command_says_each_rate_with_its_interval(capsys):
    assert run("fairness.gaps", "--seeds", "5") == 0
    said = capsys.readouterr().out
    assert "two groups with the same rows" in said
    # 5 in 5: 0.025 ** (1 / 5) = 0.478
    assert "1.00 0.48 to 1.00 at least 0.8" in " ".join(said.split())
    assert "4 controls tried at seeds 0 to 4, 0 not; 0 miss what they declare" in said


def test_the_command_tells_machines_and_writes_a_page(capsys):
    assert run("fairness.four-fifths", "fairness.gaps", "--seeds", "3", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["seeds"], told["level"]) == ([0, 1, 2], 0.95)
    assert {trial["check"] for trial in told["trials"]} == {"fairness.four-fifths", "fairness.gaps"}
    assert run("fairness.four-fifths", "fairness.gaps", "--seeds", "3", "--markdown") == 0
    page = capsys.readouterr().out
    assert "| `fairness.gaps` | two groups with the same rows | 0.00 | 0.00 to 0.71 | at most 0.1 |" in page
    assert "| `fairness.four-fifths` | planted | one of two groups is selected half as often" in page


def test_a_check_that_misses_ends_with_1_and_a_wrong_name_with_2(capsys, monkeypatch):
    from auditkit.host import Host

    weak = planted("a share", yes_of(0.52), above("rate", 0.5))
    host = Host.installed()
    monkeypatch.setattr(Host, "installed", classmethod(lambda _: host))
    monkeypatch.setattr(host, "checks", {"a.check": made(rate, weak)})
    assert run("--seeds", "30") == 1
    assert "MISSED" in capsys.readouterr().out
    assert run("b.check") == 2
    assert run("--level", "2") == 2
    error, hint = capsys.readouterr().err.splitlines()[-2:]
    assert error.startswith("error: --level is '2.0'")
    assert hint.startswith("  hint: ")
