"""Multicalibration: MCGrad 0.1.5 on the same rows, a hand-worked case, what is exact, and what the draws promise."""

from typing import Any

import numpy as np
import pytest

from auditkit.statistics.calibration import (
    LEAST_VARIANCE,
    Partition,
    SegmentedRows,
    cumulative_error,
    detectable_drift,
    multicalibration,
)
from auditkit.statistics.calibration.multicalibration import paired, unpaired

EVERYBODY = 1


def rows_of(n: int, *, seed: int = 0, **more: Any) -> SegmentedRows:
    """Calibrated rows, everybody and two attributes."""
    rng = np.random.default_rng(seed)
    scores = rng.beta(1.5, 3, n)
    parts = [Partition(np.zeros(n, dtype=int), EVERYBODY), *(Partition(rng.integers(0, k, n), k) for k in (2, 3))]
    return SegmentedRows(scores, rng.random(n) < scores, parts, **more)


def found(rows: SegmentedRows, draws: int = 99, seed: int = 1) -> Any:
    return multicalibration(rows, rng=np.random.default_rng(seed), draws=draws)


def test_agrees_with_mcgrad() -> None:
    # mcgrad 0.1.5, MulticalibrationError(max_depth=2, min_samples_per_segment=10), on these rows: it works in float32
    rng = np.random.RandomState(5)
    scores = np.round(rng.uniform(0.05, 0.95, 600), 12)
    sex, band = rng.choice(["F", "M"], 600), rng.choice(["old", "young", "mid"], 600)
    chance = np.clip(scores + 0.12 * ((sex == "F") & (band == "old")), 0, 1)
    came_true = rng.uniform(size=600) < chance
    of_sex, of_band = np.searchsorted(["F", "M"], sex), np.searchsorted(["mid", "old", "young"], band)
    parts = [Partition(np.zeros(600, dtype=int), 1), Partition(of_sex, 2), Partition(of_band, 3)]
    answer = found(SegmentedRows(scores, came_true, [*parts, Partition(of_sex * 3 + of_band, 6)]))
    sigmas = [1.2369628, 1.2999969, 0.98660374, 2.0579016, 1.8048652, 1.0015562]
    sigmas += [2.0501807, 2.7699218, 1.1584265, 1.0149347, 1.7989993, 0.919781]
    assert answer.standardised == pytest.approx(sigmas, abs=2e-5)
    assert answer.spread[7] == pytest.approx(0.12037116, abs=1e-6)
    value, low, high = answer.error()
    assert value == pytest.approx(0.048144195, abs=1e-6)
    assert 5 * answer.overall == pytest.approx(0.08690533, abs=1e-6)
    # Its p-value, the smallest of all twelve, is .0224; adjusted for looking at twelve it is no alarm.
    assert answer.p[7] > 0.05
    assert low == 0.0 < value < high


def test_by_hand() -> None:
    # Each segment's rows as in the hand-worked case of the cumulative errors: sums 0, -.1, .6, 0, -.8 of four rows.
    scores, came_true = np.array([0.1, 0.3, 0.6, 0.8] * 2), np.array([False, True, False, False] * 2)
    one = Partition(np.array([0] * 4 + [1] * 4), 2)
    some = Partition(np.array([-1, 0, 0, -1, -1, -1, 1, 1]), 2)
    answer = found(SegmentedRows(scores, came_true, [one, some]))
    assert answer.spread == pytest.approx([1.4 / 4, 1.4 / 4, 0.7 / 2, 1.4 / 2], abs=1e-9)
    assert answer.n.tolist() == [4, 4, 2, 2]
    # Variances .7 and less are below the floor.
    assert answer.scatter == pytest.approx(np.sqrt(LEAST_VARIANCE) / answer.n)


@pytest.mark.parametrize("seed", range(3))
def test_each_segment_has_its_cumulative_error(seed: int) -> None:
    rows = rows_of(400, seed=seed)
    answer = found(rows)
    place = 0
    for partition in rows.partitions:
        for code in range(partition.count):
            inside = partition.codes == code
            alone = cumulative_error(rows.scores[inside], rows.came_true[inside])
            assert alone is not None
            assert answer.spread[place] == pytest.approx(alone.spread, abs=1e-9)
            assert answer.scatter[place] == pytest.approx(alone.scatter)
            place += 1


@pytest.mark.parametrize("given", [{}, {"weights": "some"}, {"units": "pairs"}])
def test_the_order_of_rows_changes_nothing_that_is_seen(given: dict[str, str]) -> None:
    rng = np.random.default_rng(8)
    more: dict[str, Any] = {}
    if "weights" in given:
        more["weights"] = rng.uniform(0.2, 3, 300)
    if "units" in given:
        more["units"] = np.arange(300) // 2
    rows = rows_of(300, **more)
    rows = SegmentedRows(np.round(rows.scores, 1), rows.came_true, rows.partitions, **more)
    order = rng.permutation(300)
    parts = [Partition(one.codes[order], one.count) for one in rows.partitions]
    mixed = SegmentedRows(
        rows.scores[order], rows.came_true[order], parts, **{name: values[order] for name, values in more.items()}
    )
    one, other = found(rows), found(mixed)
    np.testing.assert_allclose(one.standardised, other.standardised, rtol=1e-9)


def test_weights_of_one_size_are_no_weights() -> None:
    rows = rows_of(200)
    alike = SegmentedRows(rows.scores, rows.came_true, rows.partitions, weights=np.full(200, 0.37))
    one, other = found(rows), found(alike)
    np.testing.assert_array_equal(one.p, other.p)
    assert one.error() == other.error()


def test_units_of_a_row_each_and_rows_twice() -> None:
    rows = rows_of(300)
    twice = SegmentedRows(
        np.repeat(rows.scores, 2),
        np.repeat(rows.came_true, 2),
        [Partition(np.repeat(one.codes, 2), one.count) for one in rows.partitions],
        units=np.repeat(np.arange(300), 2),
    )
    alone = SegmentedRows(rows.scores, rows.came_true, rows.partitions, units=np.full(300, -1))
    one, other = found(alone), found(twice)
    # The same people said twice: errors are the same, and no more certain.
    assert one.spread == pytest.approx(other.spread, abs=1e-9)
    assert other.standardised == pytest.approx(one.standardised, rel=0.1)
    strangers = found(SegmentedRows(twice.scores, twice.came_true, twice.partitions))
    assert (strangers.standardised > 1.2 * other.standardised).all()


def test_two_draws_in_one_number_come_apart_again() -> None:
    rng = np.random.default_rng(0)
    numbers = rng.integers(-(2**18), 2**18, (6, 1000), dtype=np.int32)
    lower, upper = unpaired(np.cumsum(paired(numbers), axis=1))
    np.testing.assert_array_equal(lower, np.cumsum(numbers[::2], axis=1))
    np.testing.assert_array_equal(upper, np.cumsum(numbers[1::2], axis=1))


def test_the_number_of_draws_is_as_asked_and_a_seed_says_all() -> None:
    one, other = found(rows_of(120), draws=7), found(rows_of(120), draws=7)
    assert len(one.largest) == 7
    np.testing.assert_array_equal(one.largest, other.largest)


def test_a_group_that_is_far_off_is_found_and_named() -> None:
    rng = np.random.default_rng(3)
    n = 2000
    scores, of_five = rng.uniform(0.1, 0.9, n), rng.integers(0, 20, n)
    chance = np.where(of_five == 7, scores**3, scores)
    parts = [Partition(np.zeros(n, dtype=int), 1), Partition(of_five, 20), Partition(of_five // 10, 2)]
    answer = found(SegmentedRows(scores, rng.random(n) < chance, parts), draws=199)
    assert int(np.argmin(answer.p)) == 1 + 7
    assert answer.p[8] == pytest.approx(1 / 200)
    assert answer.p[np.arange(len(answer.p)) != 8].min() > 0.05
    value, low, high = answer.error()
    assert 0 < low < value < high
    everybody = np.arange(len(answer.p)) == 0
    assert answer.error(everybody)[1] == 0.0


def test_one_event_where_none_was_expected_is_no_alarm_and_many_are() -> None:
    scores = np.concatenate([np.full(100, 1e-4), np.full(300, 0.5)])
    parts = [Partition(np.repeat([0, 1], [100, 300]), 2)]
    half = np.arange(300) < 150
    for events, alarm in ((1, False), (30, True)):
        came_true = np.concatenate([np.arange(100) < events, half])
        answer = found(SegmentedRows(scores, came_true, parts), draws=199)
        assert (answer.p[0] < 0.05) == alarm


def test_the_detectable_drift_is_that_of_a_normal_where_the_walk_only_drifts() -> None:
    # Far out the spread is the last sum, whose standard deviation is 1: at the critical value power is about one half.
    drift = detectable_drift(6.0, rng=np.random.default_rng(0), power=0.5)
    assert 5.0 < drift < 6.0
    assert detectable_drift(6.0, rng=np.random.default_rng(0), power=0.8) == pytest.approx(drift + 0.84, abs=0.15)


def test_segments_have_rows() -> None:
    rows = rows_of(10)
    with pytest.raises(ValueError, match="no segments"):
        found(SegmentedRows(rows.scores, rows.came_true, []))
    with pytest.raises(ValueError, match="no rows"):
        found(SegmentedRows(rows.scores, rows.came_true, [Partition(np.zeros(10, dtype=int), 2)]))


def test_the_level_over_a_few_calibrated_models() -> None:
    alarms = sum(found(rows_of(200, seed=seed), draws=99, seed=seed).p.min() <= 0.05 for seed in range(120))
    # 6 are expected; 14 or more of 120 have a chance of 0.2%
    assert alarms < 14
