"""Adjusted p-values: statsmodels and scipy as witnesses, by hand, and the level of max-T by simulation."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control
from statsmodels.stats.multitest import multipletests

from auditkit.statistics import benjamini_hochberg, benjamini_yekutieli, holm, max_t

ADJUSTMENTS = {"holm": holm, "fdr_bh": benjamini_hochberg, "fdr_by": benjamini_yekutieli}
P_VALUES = [
    0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, 0.212, 0.216, 0.222, 0.251, 0.269, 0.275, 0.34, 0.341, 0.384,
    0.569, 0.594, 0.696, 0.762, 0.94, 0.942, 0.975, 0.986,
]  # fmt: skip
"""Garcia-Arenzana et al. (2014), worked out in McDonald, Handbook of Biological Statistics: multiple comparisons."""


def test_the_25_published_p_values() -> None:
    assert benjamini_hochberg(P_VALUES)[:5] == pytest.approx([0.025, 0.1, 0.21, 0.21, 0.21], abs=5e-4)


def test_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert benjamini_hochberg([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
    assert benjamini_yekutieli([0.01, 0.04, 0.03]) == pytest.approx([0.055, 0.22 / 3, 0.22 / 3])


@pytest.mark.parametrize("name", ADJUSTMENTS)
def test_adjustments_agree_with_statsmodels(name: str) -> None:
    rng = np.random.default_rng(4)
    for values in (P_VALUES, rng.permutation(P_VALUES), [0.2], [0.0, 1.0, 0.5], rng.random(200) ** 3, [0.01] * 7):
        assert ADJUSTMENTS[name](values) == pytest.approx(multipletests(values, method=name)[1])


@given(st.lists(st.sampled_from([0.0, 1e-9, 0.004, 0.01, 0.01, 0.3, 1.0]), min_size=1, max_size=30))
def test_false_discovery_rates_agree_with_scipy_on_ties(values: list[float]) -> None:
    assert benjamini_hochberg(values) == pytest.approx(false_discovery_control(values))
    assert benjamini_yekutieli(values) == pytest.approx(false_discovery_control(values, method="by"))


@pytest.mark.parametrize("adjust", ADJUSTMENTS.values(), ids=ADJUSTMENTS)
def test_tests_that_could_not_be_made_do_not_count(adjust: Callable[[Any], Any]) -> None:
    adjusted = adjust([0.01, np.nan, 0.03, np.nan])
    assert np.isnan(adjusted).tolist() == [False, True, False, True]
    assert adjusted[[0, 2]] == pytest.approx(adjust([0.01, 0.03]))
    assert len(adjust([])) == 0
    assert np.isnan(adjust([np.nan])).all()


@pytest.mark.parametrize("adjust", ADJUSTMENTS.values(), ids=ADJUSTMENTS)
@pytest.mark.parametrize("values", [[1.2], [-0.1, 0.5], [[0.1, 0.2]]], ids=str)
def test_what_is_no_p_value_is_refused(adjust: Callable[[Any], Any], values: Any) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        adjust(values)


def test_max_t_by_hand() -> None:
    null = [[0, 1], [2, 0], [1, 3], [0, 0]]
    # 2.5 is beaten by the largest of one draw (3); 1 alone by 1 and 3, and never less than the one before it.
    assert max_t([1, 2.5], null) == pytest.approx([0.6, 0.4])
    assert max_t([1, 2.5], null, step_down=False) == pytest.approx([0.8, 0.4])


def test_max_t_of_one_test_is_its_monte_carlo_p_value() -> None:
    null = np.arange(99.0)[:, None]
    assert max_t([89.0], null) == pytest.approx([11 / 100])
    assert max_t([1000.0], null) == pytest.approx([1 / 100])


def test_tests_that_always_agree_cost_as_much_as_one() -> None:
    null = np.random.default_rng(5).normal(size=(999, 1))
    assert max_t([2.0] * 6, np.repeat(null, 6, axis=1)) == pytest.approx(np.repeat(max_t([2.0], null), 6))


def test_max_t_leaves_out_what_is_not_a_test() -> None:
    null = np.array([[0.0, 9.0, np.nan], [1.0, 9.0, 5.0]])
    adjusted = max_t([0.5, np.nan, 4.0], null)
    assert np.isnan(adjusted).tolist() == [False, True, False]
    assert adjusted[[0, 2]] == pytest.approx([2 / 3, 2 / 3])
    assert np.isnan(max_t([np.nan], [[1.0]])).all()
    with pytest.raises(ValueError, match="not of"):
        max_t([1.0, 2.0], [[1.0]])


@pytest.mark.parametrize("step_down", [True, False])
@pytest.mark.parametrize("agreement", [0.0, 0.9])
def test_max_t_errs_no_more_often_than_its_level(*, step_down: bool, agreement: float) -> None:
    """1,000 families of 8 tests, all true: any p-value of .05 or less is an error."""
    rng, families, draws, tests = np.random.default_rng(6), 1000, 199, 8
    errors = 0
    for _ in range(families):
        shared = rng.normal(size=(draws + 1, 1))
        both = np.sqrt(agreement) * shared + np.sqrt(1 - agreement) * rng.normal(size=(draws + 1, tests))
        errors += max_t(both[0], both[1:], step_down=step_down).min() <= 0.05
    # Exactly .05 (10 of 200 draws): the simulation's two standard errors are .014.
    assert errors / families == pytest.approx(0.05, abs=0.02)
