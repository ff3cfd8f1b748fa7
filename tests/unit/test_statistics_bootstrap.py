"""The bootstrap on counts and units: scipy.stats.bootstrap, rows drawn one by one, and cases by hand as witnesses."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from scipy import stats

from auditkit.statistics import (
    Bootstrap,
    bootstrap_clusters,
    bootstrap_counts,
    resample_clusters,
    resample_counts,
    summarise,
)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def gap(counts: Any) -> Any:
    """The share of the second cell in the first group, less that in the second."""
    rates = counts[..., 1] / counts.sum(axis=-1)
    return rates[..., 0] - rates[..., 1]


def odds(counts: Any) -> Any:
    return counts[..., 0, 1] / counts[..., 0, 0]


def test_replicates_keep_group_sizes_and_empty_cells() -> None:
    counts = np.array([[30, 0, 20], [0, 0, 0], [0, 7, 0], [1, 2, 3]])
    drawn = resample_counts(counts, 500, rng())
    assert drawn.shape == (500, 4, 3)
    assert (drawn.sum(axis=2) == counts.sum(axis=1)).all()
    assert (drawn[:, counts == 0] == 0).all()
    assert (drawn >= 0).all()


def test_an_empty_last_cell_stays_empty_where_shares_do_not_add_up_to_one() -> None:
    # ten shares of a tenth add up to a little less than 1 in binary
    counts = np.array([[1] * 10 + [0]]) * 10**8
    assert (resample_counts(counts, 200, rng())[..., -1] == 0).all()


def test_replicates_have_the_moments_of_rows_drawn_one_by_one() -> None:
    counts = np.array([[50, 30, 20]])
    drawn = resample_counts(counts, 40_000, rng())[:, 0]
    share = counts[0] / 100
    expected = 100 * (np.diag(share) - np.outer(share, share))  # the multinomial's
    assert drawn.mean(axis=0) == pytest.approx(counts[0], abs=0.15)
    assert np.cov(drawn.T) == pytest.approx(expected, abs=0.6)


def test_the_standard_error_of_a_share_is_the_textbooks() -> None:
    found = bootstrap_counts(np.array([[70, 30], [80, 20]]), gap, rng=rng(), replicates=20_000)
    assert found.value == pytest.approx(0.1)
    assert found.error == pytest.approx((0.7 * 0.3 / 100 + 0.8 * 0.2 / 100) ** 0.5, rel=0.02)


def test_whole_units_are_drawn_again() -> None:
    cells = np.array([[1, 0], [0, 2], [5, 5]])
    drawn = resample_clusters(cells, 2000, rng())
    assert drawn.shape == (2000, 1, 2)
    assert drawn.dtype == np.int64
    # every total is one of the 10 ways to draw 3 units of 3
    ways = {tuple(cells[list(places)].sum(axis=0)) for places in np.ndindex(3, 3, 3)}
    assert {tuple(total) for total in drawn[:, 0].tolist()} == ways
    assert len(ways) == 10


def test_strata_keep_their_number_of_units() -> None:
    cells = np.array([[1, 0], [1, 1], [1, 4], [1, 9]])
    drawn = resample_clusters(cells, 300, rng(), np.array([0, 2, 2, 2]))
    assert drawn.shape == (300, 3, 2)
    assert (drawn[..., 0] == [1, 0, 3]).all()


def test_units_are_drawn_in_chunks_when_they_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = rng(1).random((50, 3))
    whole = resample_clusters(cells, 100, rng())
    monkeypatch.setattr("auditkit.statistics.bootstrap._CHUNK_BYTES", 50 * 32 * 7)
    assert resample_clusters(cells, 100, rng()) == pytest.approx(whole)


def test_units_of_equal_rows_are_drawn_as_counts_are() -> None:
    # 300 units of one row each in three cells: the multinomial of `resample_counts`
    cells = np.repeat(np.eye(3, dtype=np.int64), [150, 90, 60], axis=0)
    drawn = resample_clusters(cells, 20_000, rng())[:, 0]
    assert (drawn.sum(axis=1) == 300).all()
    assert drawn.std(axis=0) == pytest.approx(np.sqrt([75, 63, 48]), rel=0.03)


def test_picking_units_and_drawing_kinds_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    cells = rng(3).integers(0, 3, (400, 2))
    found = []
    for pick in (0, 10**9):
        monkeypatch.setattr("auditkit.statistics.bootstrap._PICK", pick)
        found.append(resample_clusters(cells, 20_000, rng())[:, 0])
    assert found[0].mean(axis=0) == pytest.approx(found[1].mean(axis=0), abs=0.7)
    assert np.cov(found[0].T) == pytest.approx(np.cov(found[1].T), rel=0.05, abs=12)


def test_copies_of_rows_in_one_unit_are_no_further_evidence() -> None:
    hits = rng(2).random(400) < 0.3
    cells = np.stack([~hits, hits], axis=1).astype(np.int64)

    def share(totals: Any) -> Any:
        return totals[:, 0, 1] / totals[:, 0].sum(axis=-1)

    once = bootstrap_clusters(cells, share, rng=rng())
    copied = bootstrap_clusters(cells * 9, share, rng=rng())
    assert copied.error == pytest.approx(once.error)
    assert copied.bca() == pytest.approx(once.bca())


def test_percentile_and_basic_by_hand() -> None:
    found = Bootstrap(value=4.0, replicates=np.arange(101.0) / 10, dropped=0)
    assert found.percentile(0.9) == pytest.approx((0.5, 9.5))
    assert found.basic(0.9) == pytest.approx((-1.5, 7.5))


def test_bca_by_hand() -> None:
    # 40 of 101 replicates lie below 4 and one ties: z0 = ndtri(41.5 / 103), and the ends are ndtr(2 z0 ± z)
    found = Bootstrap(value=4.0, replicates=np.arange(101.0) / 10, dropped=0)
    bias = stats.norm.ppf(41.5 / 103)
    ends = stats.norm.cdf(2 * bias + np.array([-1, 1]) * stats.norm.ppf(0.95))
    assert found.bca(0.9) == pytest.approx(ends * 10)


def test_replicates_without_a_value_are_dropped_and_counted() -> None:
    found = summarise(1.0, np.array([1.0, np.nan, 2.0, np.inf, -np.inf]))
    assert (found.replicates.tolist(), found.dropped) == ([1.0, 2.0], 3)
    assert found.unstable


def test_a_denominator_of_two_rows_is_unstable_and_one_of_many_is_not() -> None:
    assert bootstrap_counts(np.array([[2, 8]]), odds, rng=rng()).unstable
    assert not bootstrap_counts(np.array([[50, 50]]), odds, rng=rng()).unstable


def test_nothing_is_said_when_no_replicate_has_a_value() -> None:
    found = bootstrap_counts(np.array([[0, 3]]), odds, rng=rng(), replicates=50)
    assert (found.dropped, len(found.replicates)) == (50, 0)
    assert found.unstable
    assert np.isnan([found.error, *found.percentile(), *found.basic(), *found.bca()]).all()


def test_rates_that_do_not_vary_give_a_point() -> None:
    found = bootstrap_counts(np.array([[0, 30], [20, 0]]), gap, rng=rng())
    assert found.bca() == (1.0, 1.0)


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_bca_agrees_with_scipys_on_rows(level: float) -> None:
    # scipy leaves out row by row, and is given our replicates; it does not add 1 and 2 to the share below
    counts = np.array([[66, 4], [41, 13]])
    found = bootstrap_counts(counts, gap, rng=rng(), replicates=9999)
    rows = [np.repeat([0, 1], cells) for cells in counts]

    def rows_gap(one: Any, two: Any, axis: int) -> Any:
        return one.mean(axis=axis) - two.mean(axis=axis)

    theirs = stats.bootstrap(
        rows,
        rows_gap,
        n_resamples=0,
        confidence_level=level,
        method="BCa",
        bootstrap_result=SimpleNamespace(bootstrap_distribution=found.replicates),
    )
    assert found.bca(level) == pytest.approx(tuple(theirs.confidence_interval), abs=2e-3)
    assert found.bca(level) != pytest.approx(found.percentile(level), abs=2e-3)


@pytest.mark.parametrize("method", ["percentile", "basic"])
def test_intervals_agree_with_scipys_replicates_of_rows(method: str) -> None:
    counts = np.array([[66, 4], [41, 13]])
    found = bootstrap_counts(counts, gap, rng=rng(), replicates=20_000)
    rows = [np.repeat([0, 1], cells) for cells in counts]
    theirs = stats.bootstrap(
        rows,
        lambda one, two, axis: one.mean(axis=axis) - two.mean(axis=axis),
        n_resamples=20_000,
        method=method,
        rng=rng(1),
    )
    assert getattr(found, method)() == pytest.approx(tuple(theirs.confidence_interval), abs=0.012)


def test_the_acceleration_of_units_is_that_of_their_rows() -> None:
    counts = np.array([[66, 4], [41, 13]])
    by_rows = bootstrap_counts(counts, gap, rng=rng(), replicates=10)
    cells = np.concatenate([np.repeat(np.eye(2, dtype=np.int64), group, axis=0) for group in counts])
    by_units = bootstrap_clusters(cells, gap, rng=rng(), replicates=10, strata=np.repeat([0, 1], counts.sum(axis=1)))
    assert by_units.value == by_rows.value
    assert by_units.acceleration == pytest.approx(by_rows.acceleration)


def test_the_acceleration_of_a_mean_is_a_sixth_of_its_skewness() -> None:
    # for one share p of n: skewness (1 - 2p) / sqrt(p (1 - p)), and so a = that / (6 sqrt(n))
    found = bootstrap_counts(np.array([[90, 10]]), lambda counts: counts[:, 0, 1] / 100, rng=rng(), replicates=10)
    assert found.acceleration == pytest.approx(0.8 / 0.3 / 6 / 10)
