"""How often the intervals of judged metrics of data quality hold what is true, over many drawn tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import ClassScores
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model, with_splits
from auditkit_data_quality.copies import duplicates
from auditkit_data_quality.label_noise import label_noise
from auditkit_data_quality.leakage import leakage
from auditkit_data_quality.missing_values import missing_values
from auditkit_data_quality.representativeness import representativeness
from auditkit_data_quality.site_shortcut import Coin, site_shortcut

ROWS = 300


def case_of(inputs, targets=None, groups=None, **about):
    said = ClassScores(("no", "yes"), np.full((len(inputs), 2), 0.5))
    return toy_case(said, targets, groups, inputs=inputs, positive="yes", **about)


def missing_gap(draw):
    """Three in ten cells of women are missing, one in ten of men."""
    is_woman = np.arange(ROWS) % 2 == 0
    cells = np.where(draw.random(ROWS) < np.where(is_woman, 0.3, 0.1), np.nan, draw.normal(size=ROWS))
    case = case_of(pd.DataFrame({"lactate": cells}), groups={"sex": np.where(is_woman, "F", "M").tolist()})
    return missing_values, case, {}, "largest_missing_rate_gap", {"sex": "*"}, 0.2


def share_ratio(draw):
    """Four in ten are women, of whom half of the people are."""
    sexes = np.where(draw.random(ROWS) < 0.4, "F", "M").tolist()
    options = {"population": {"sex": {"F": 0.5, "M": 0.5}}, "source": ""}
    case = case_of(np.zeros((ROWS, 1)), groups={"sex": sexes})
    return representativeness, case, options, "population_share_ratio", {"sex": "F"}, 0.8


def copies(draw):
    """Of what was seen, one in ten stands there twice: two rows of eleven."""
    seen = draw.normal(size=(ROWS, 3))
    twice = np.repeat(seen, 1 + (draw.random(ROWS) < 0.1), axis=0)
    case = case_of(pd.DataFrame(twice, columns=list("abc")))
    return duplicates, case, {"tolerance": 0.001}, "duplicate_rate", {}, 0.2 / 1.1


def leaks(draw):
    """One audit row in ten is a training row."""
    inside, outside = draw.normal(size=(2, ROWS, 3))
    leaked = draw.random(ROWS) < 0.1
    outside[leaked] = inside[leaked]
    audit, training = (case_of(pd.DataFrame(one, columns=list("abc"))) for one in (outside, inside))
    options = {"tolerance": 0.001, "site": ""}
    return leakage, with_splits(audit, training=training), options, "exact_leakage_rate", {}, 0.1


def noise(draw):
    """One in ten is of the class that the model finds unlikely, and two in ten targets are turned round: .26."""
    says_yes = draw.random(ROWS) < 0.5
    is_other = (draw.random(ROWS) < 0.1) ^ (draw.random(ROWS) < 0.2)
    yes = np.where(says_yes, 0.9, 0.1)
    targets = np.where(says_yes ^ is_other, "yes", "no").tolist()
    case = toy_case(ClassScores(("no", "yes"), np.column_stack([1 - yes, yes])), targets, positive="yes")
    return label_noise, case, {}, "likely_wrong_label_rate", {}, 0.1 * 0.8 + 0.9 * 0.2


def shortcut(draw):
    """Seven in ten are ill at one site and three at the other: .7 x .7 + half of the ties, 2 x .7 x .3."""
    south = draw.random(ROWS) < 0.5
    ill = draw.random(ROWS) < np.where(south, 0.7, 0.3)
    case = case_of(
        pd.DataFrame({"age": np.zeros(ROWS)}), np.where(ill, "yes", "no").tolist(),
        {"site": np.where(south, "s", "n").tolist()},
    )  # fmt: skip
    options = {"sites": ("site",), "most_rows": ROWS}
    return site_shortcut, with_model(case, Coin()), options, "site_target_auc", None, 0.7


DRAWN = [missing_gap, share_ratio, copies, leaks, noise, shortcut]


def held(drawn, seeds):
    found = 0
    for seed in range(seeds):
        check, case, options, metric, group, truth = drawn(np.random.default_rng([17, seed]))
        about = {} if group is None else {"group": group}
        one = ask(check, case, options).of(metric, **about)[0]
        found += one.interval.low <= truth <= one.interval.high
    return found


@pytest.mark.parametrize("drawn", DRAWN, ids=lambda one: one.__name__)
def test_intervals_hold_what_is_true_in_a_few_tables(drawn):
    """Of 3 intervals at .95 two and more miss once in 140."""
    assert held(drawn, 3) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("drawn", DRAWN, ids=lambda one: one.__name__)
def test_intervals_hold_what_is_true_in_95_of_100_tables(drawn):
    """Of 100 intervals at .95 so few as 87 hold once in 600."""
    assert held(drawn, 100) > 87
