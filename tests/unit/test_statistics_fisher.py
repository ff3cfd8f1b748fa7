"""One tail of Fisher's exact test, against scipy.stats, which is too slow to import in an audit."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy import stats

from auditkit.statistics.fisher import hypergeometric_tail


def test_the_lady_tasting_tea() -> None:
    # Fisher (1935): all four cups of eight right by chance once in 70 times, three or more 17 times.
    np.testing.assert_allclose(hypergeometric_tail([5, 4, 3, 0], 4, 4, 8), [0, 1 / 70, 17 / 70, 1], rtol=1e-14)


def test_every_small_table_is_scipys() -> None:
    asked = [
        (hits, rows, marked, total)
        for total in range(1, 13)
        for rows, marked in product(range(total + 1), repeat=2)
        for hits in range(total + 2)
    ]
    hits, rows, marked, total = np.array(asked).T
    expected = stats.hypergeom.sf(hits - 1, total, marked, rows)
    np.testing.assert_allclose(hypergeometric_tail(hits, rows, marked, total), expected, rtol=1e-13, atol=0)


@pytest.mark.parametrize("top", [100, 10_000, 1_000_000])
def test_large_tables_are_scipys(top: int) -> None:
    rng = np.random.default_rng(8)
    total = rng.integers(2, top, 300)
    rows, marked = rng.integers(1, total + 1), rng.integers(1, total + 1)
    mean = rows * marked / total
    deviation = np.sqrt(mean * (1 - marked / total) * (total - rows) / (total - 1))
    lowest, highest = np.maximum(0, rows + marked - total), np.minimum(rows, marked)
    hits = np.clip(np.ceil(mean + rng.uniform(-6, 20, 300) * deviation), lowest, highest).astype(int)
    expected = stats.hypergeom.sf(hits - 1, total, marked, rows)
    found = hypergeometric_tail(hits, rows, marked, total)
    is_told = expected > 1e-280
    np.testing.assert_allclose(found[is_told], expected[is_told], rtol=1e-14 * top + 1e-13)
    assert found[~is_told] == pytest.approx(0, abs=1e-270)


@pytest.mark.parametrize(
    ("first", "second"),
    [((2, 28), (57, 9913)), ((30, 0), (2, 40)), ((1, 1_999_999), (0, 30)), ((700, 300), (350, 650)), ((0, 5), (0, 9))],
    ids=["rare", "all and few", "one in two million", "far apart", "none"],
)
def test_it_is_fishers_exact_test(first: tuple[int, int], second: tuple[int, int]) -> None:
    expected = stats.fisher_exact([first, second], alternative="greater").pvalue
    found = hypergeometric_tail(first[0], sum(first), first[0] + second[0], sum(first) + sum(second))
    assert float(found) == pytest.approx(expected, rel=1e-14 * (sum(first) + sum(second)) + 1e-13)


def test_shapes_broadcast() -> None:
    found = hypergeometric_tail(np.array([[1], [2]]), np.array([3, 4, 5]), 3, 20)
    assert found.shape == (2, 3)
    assert float(found[1, 2]) == pytest.approx(stats.hypergeom.sf(1, 20, 3, 5), rel=1e-13)
