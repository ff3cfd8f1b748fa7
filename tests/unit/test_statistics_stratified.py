"""One odds ratio over strata: Berkeley's admissions of 1973, statsmodels as witness, and the interval's coverage."""

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.contingency_tables import StratifiedTable

from auditkit.statistics import common_odds, robust_error, robust_freedom

BERKELEY = {
    "A": (512, 313, 89, 19),
    "B": (353, 207, 17, 8),
    "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244),
    "E": (53, 138, 94, 299),
    "F": (22, 351, 24, 317),
}
"""Men admitted and rejected, women admitted and rejected, of the six largest departments in the autumn of 1973.

Bickel, Hammel and O'Connell (1975), Science 187, 398-404; the counts are those of R's UCBAdmissions."""
TABLES = np.array([[[w, x], [m, n]] for m, n, w, x in BERKELEY.values()], dtype=float)


def test_berkeley_turns_round_when_departments_are_looked_at() -> None:
    found = common_odds(TABLES)
    assert found is not None
    # R 4: mantelhaen.test(UCBAdmissions, correct = FALSE) has men over women, 0.9046968 and p = 0.2169.
    assert 1 / found.ratio == pytest.approx(0.9046968, abs=1e-7)
    assert found.p == pytest.approx(0.21692, abs=1e-5)
    assert found.crude == pytest.approx(557 * 1493 / (1278 * 1198))
    assert found.crude < 0.55
    assert found.ratio > 1
    assert (found.strata, found.opposed) == (6, 4)


@pytest.mark.parametrize("seed", range(4))
def test_it_agrees_with_statsmodels(seed: int) -> None:
    tables = np.random.default_rng(seed).integers(3, 60, (5, 2, 2)).astype(float) if seed else TABLES
    witness = StratifiedTable(list(tables))
    found = common_odds(tables, level=0.9)
    assert found is not None
    assert found.ratio == pytest.approx(witness.oddsratio_pooled)
    assert (found.low, found.high) == pytest.approx(tuple(witness.oddsratio_pooled_confint(alpha=0.1)))
    assert found.p == pytest.approx(witness.test_null_odds(correction=False).pvalue)
    assert found.p_homogeneous == pytest.approx(witness.test_equal_odds(adjust=True).pvalue)


def test_one_stratum_is_the_plain_odds_ratio() -> None:
    found = common_odds(np.array([[[20.0, 10.0], [12.0, 18.0]]]))
    assert found is not None
    assert found.ratio == found.crude == pytest.approx(3.0)
    assert found.p_homogeneous is None


@pytest.mark.parametrize(
    "tables",
    [
        np.zeros((0, 2, 2)),
        np.array([[[5.0, 5], [0, 0]]]),
        np.array([[[5.0, 0], [7, 0]]]),
        np.array([[[5.0, 0], [2, 3]]]),
    ],
    ids=["none", "one group", "all hits", "no misses of one group"],
)
def test_what_tells_nothing_has_no_ratio(tables: np.ndarray) -> None:
    assert common_odds(tables) is None


def test_strata_that_tell_nothing_are_left_out() -> None:
    silent = np.array([[[5.0, 5], [0, 0]], [[4.0, 0], [9, 0]]])
    one, other = common_odds(TABLES), common_odds(np.concatenate([TABLES, silent]))
    assert one is not None
    assert other is not None
    assert (one.ratio, one.low, one.p, one.strata) == (other.ratio, other.low, other.p, other.strata)


def rows_of(tables: np.ndarray) -> np.ndarray:
    return np.repeat(np.arange(tables.size), tables.ravel().astype(int))


def test_the_robust_error_is_greenlands_where_rows_are_independent() -> None:
    found = common_odds(TABLES)
    assert found is not None
    plain = np.log(found.high / found.ratio) / 1.959964
    assert robust_error(TABLES, rows_of(TABLES)) == pytest.approx(plain, rel=0.01)


def test_rows_told_three_times_are_no_more_certain_when_they_share_a_unit() -> None:
    cells = rows_of(TABLES)
    once = robust_error(TABLES, cells, units=np.arange(len(cells)))
    thrice = robust_error(3 * TABLES, np.tile(cells, 3), units=np.tile(np.arange(len(cells)), 3))
    assert thrice == pytest.approx(once)
    heavy = robust_error(3 * TABLES, cells, weights=np.full(len(cells), 3.0))
    assert heavy == pytest.approx(once)


def test_the_interval_covers_and_the_test_holds_its_level() -> None:
    rng = np.random.default_rng(1)
    base, odds, sizes = np.array([0.2, 0.5, 0.8]), 1.8, np.array([[30, 60], [40, 20], [25, 50]])
    held = rejected = 0
    for _ in range(500):
        for truth in (odds, 1.0):
            own = base * truth / (1 - base + base * truth)
            hits = rng.binomial(sizes, np.column_stack([own, base]))
            found = common_odds(np.stack([hits, sizes - hits], axis=2).astype(float))
            assert found is not None
            held += truth == odds and found.low <= odds <= found.high
            rejected += truth == 1.0 and found.p <= 0.05
    noise = 3 * np.sqrt(0.05 * 0.95 / 500)
    assert held / 500 >= 0.95 - noise
    assert rejected / 500 <= 0.05 + noise


def test_few_units_have_few_degrees_of_freedom() -> None:
    # Groups alternate by cell: rows 0, 1, 4, 5 are of the first. Its three units have 2, 1 and 1 rows.
    cells, units = np.array([0, 1, 4, 5, 2, 3, 6, 7, -1]), np.array([0, 0, 1, 2, 3, 4, 5, 6, 7])
    assert robust_freedom(cells, units=units) == pytest.approx(16 / 6 - 1)
    assert robust_freedom(cells) == pytest.approx(3)
    assert robust_freedom(cells, units=np.zeros(9, dtype=int)) == 0


def test_few_units_seldom_make_a_difference_of_none() -> None:
    rng = np.random.default_rng(5)
    draws, rejected = 300, 0
    for _ in range(draws):
        units = np.repeat(np.arange(8), 6)
        group, stratum, share = units % 2, rng.integers(0, 2, 8)[units], rng.random(8)[units]
        cells = (stratum * 2 + group) * 2 + (rng.random(48) > share)
        tables = np.bincount(cells, minlength=8).reshape(2, 2, 2).astype(float)
        error, freedom = robust_error(tables, cells, units=units), robust_freedom(cells, units=units)
        found = common_odds(tables, error=error, freedom=freedom)
        rejected += found is not None and found.p <= 0.05
    assert rejected / draws < 0.09  # by the normal quantile 0.16


def test_a_known_error_of_endless_freedom_is_the_normal_one() -> None:
    found = common_odds(TABLES, error=0.1)
    assert found is not None
    assert np.log(found.high / found.ratio) == pytest.approx(0.1959964)
    assert found.p == pytest.approx(2 * norm.sf(abs(np.log(found.ratio)) / 0.1))
