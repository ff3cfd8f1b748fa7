"""What an audit can see: the normal formula against statsmodels, and the promise over all counts."""

import numpy as np
import pytest
from statsmodels.stats.power import NormalIndPower

from auditkit.statistics import (
    detectable_difference,
    detectable_gaps,
    largest_other,
    rows_for_difference,
    tells_apart,
)


def test_the_formula_by_hand() -> None:
    # (1.95996 + 0.84162) sqrt(.5 * .5 * (1/100 + 1/100)) = 2.80158 * 0.0707107
    assert detectable_difference(100, 100) == pytest.approx(0.198102, abs=1e-6)
    # 2.80158^2 * .5 * .5 * 2 / .1^2 = 392.44
    assert rows_for_difference(0.1) == 393


@pytest.mark.parametrize(("n_1", "ratio", "share", "level"), [(100, 1.0, 0.5, 0.95), (50, 8.0, 0.1, 0.99)])
def test_the_formula_agrees_with_statsmodels(n_1: int, ratio: float, share: float, level: float) -> None:
    solved = NormalIndPower().solve_power(nobs1=n_1, alpha=1 - level, power=0.8, ratio=ratio)
    found = detectable_difference(n_1, n_1 * ratio, share, level=level)
    assert found == pytest.approx(solved * np.sqrt(share * (1 - share)), rel=1e-4)
    needed = NormalIndPower().solve_power(
        effect_size=0.1 / np.sqrt(share * (1 - share)), alpha=1 - level, power=0.8, ratio=ratio
    )
    assert rows_for_difference(0.1, share, level=level, ratio=ratio) == pytest.approx(needed, abs=1)


def test_bonferroni_is_a_higher_level() -> None:
    assert detectable_difference(80, 90, comparisons=10) == detectable_difference(80, 90, level=1 - 0.05 / 10)


def test_each_group_is_held_against_the_largest_other_one() -> None:
    assert largest_other(np.array([40, 300, 100])).tolist() == [1, 2, 1]
    assert largest_other(np.array([100, 100])).tolist() == [1, 0]


def test_large_groups_need_what_the_formula_says() -> None:
    found = detectable_gaps(np.array([40_000.0, 90_000.0]), 0.4)
    assert found.value == pytest.approx(detectable_difference(40_000, 90_000, 0.4), rel=0.03)


def test_rare_shares_and_small_groups_need_more_than_the_formula_says() -> None:
    found = detectable_gaps(np.array([60.0, 900.0]), 0.05)
    assert found.value.min() > 1.1 * float(detectable_difference(60, 900, 0.05))


def chance_found(sizes: tuple[int, int], rates: tuple[float, float], comparisons: int) -> float:
    """The chance that a gap is found, added up over every pair of counts."""
    from scipy import stats

    counts = [np.arange(n + 1) for n in sizes]
    one, two = (part.ravel().astype(float) for part in np.meshgrid(*counts, indexing="ij"))
    samples = [(hits, np.full(len(hits), float(n))) for hits, n in zip((one, two), sizes, strict=True)]
    found = tells_apart(*samples, comparisons=comparisons) | tells_apart(*samples[::-1], comparisons=comparisons)
    chances = [stats.binom.pmf(count, n, rate) for count, n, rate in zip(counts, sizes, rates, strict=True)]
    return float(np.outer(*chances).ravel()[found].sum())


@pytest.mark.parametrize(
    ("sizes", "share", "comparisons"),
    [((40, 60), 0.4, 1), ((35, 200), 0.1, 1), ((50, 50), 0.3, 10), ((40, 90), 0.9, 3)],
)
def test_the_promise_is_kept_over_all_counts(sizes: tuple[int, int], share: float, comparisons: int) -> None:
    promised = detectable_gaps(np.array(sizes, dtype=float), share, comparisons=comparisons).value[0]
    kept = [
        chance_found(sizes, (share + sign * promised, share), comparisons)
        for sign in (-1, 1)
        if 0 <= share + sign * promised <= 1
    ]
    # Each direction keeps it; the harder one no more than that, but for the steps in which counts come.
    assert 0.79 <= min(kept) <= 0.84


def test_a_gap_that_the_room_below_hides_is_not_promised() -> None:
    # From 0.1 a group of 30 cannot fall far enough; what is promised is more than any fall.
    found = detectable_gaps(np.array([30.0, 400.0]), 0.1, comparisons=5).value[0]
    assert found > 0.1
    assert chance_found((30, 400), (0.1 + found, 0.1), 5) == pytest.approx(0.8, abs=0.03)


def test_of_many_groups_most_gaps_lie_between_those_worked_out() -> None:
    sizes = np.random.default_rng(3).integers(30, 3000, 300).astype(float)
    many = detectable_gaps(sizes, 0.2, comparisons=44_850)
    few = [5, 50, 299]
    alone = detectable_gaps(sizes[[*few, int(np.argmax(sizes))]], 0.2, comparisons=44_850)
    assert many.value[few] == pytest.approx(alone.value[:3], rel=0.03)
    assert (np.diff(many.value[np.argsort(sizes)][:-1]) <= 1e-9).all()
