"""Differential fairness: worked by hand, AIF360's figures, coverage."""

from typing import Any

import numpy as np
import pytest

from auditkit.statistics import UnitCounts, differential_fairness

# Chosen and not, by two attributes of two labels each: (0, 0), (0, 1), (1, 0), (1, 1).
CROSSED = np.array([[30, 70], [60, 40], [12, 38], [4, 76]])


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_two_groups_by_hand() -> None:
    # (60 + 1/2) / 101 against (30 + 1/2) / 101; of those not chosen 70.5 against 40.5, which is less
    found = differential_fairness(np.array([[30, 70], [60, 40]]), rng=rng())
    assert found.value == pytest.approx(np.log(60.5 / 30.5))
    assert (found.decision, found.lowest, found.highest) == (0, 0, 1)
    assert 0 < found.low < found.value < found.high


@pytest.mark.parametrize(
    ("counts", "epsilon"),
    [
        # smoothed_empirical_differential_fairness() of AIF360 0.6.1 for the rows that CROSSED counts
        (CROSSED.reshape(2, 2, 2).sum(axis=1), 1.2738818849414215),
        (CROSSED.reshape(2, 2, 2).sum(axis=0), 0.23594395342045416),
        (CROSSED, 2.3778946060917012),
    ],
    ids=["one attribute", "the other", "crossed"],
)
def test_it_is_aif360s(counts: Any, epsilon: float) -> None:
    assert differential_fairness(counts, rng=rng()).value == pytest.approx(epsilon, rel=1e-12)


def test_a_class_that_nobody_of_a_group_was_given_is_far_from_sure() -> None:
    found = differential_fairness(np.array([[0, 50], [4, 46]]), rng=rng())
    assert found.value == pytest.approx(np.log(4.5 / 0.5))
    assert found.low == 0
    assert found.high > 4


def test_three_classes_share_the_row_that_is_added() -> None:
    found = differential_fairness(np.array([[10, 20, 30], [30, 20, 10]]), rng=rng())
    assert found.value == pytest.approx(np.log((30 + 1 / 3) / (10 + 1 / 3)))


def test_rows_told_thrice_are_hardly_more_certain_when_they_share_a_unit() -> None:
    counts = np.array([[60, 140], [120, 80]])
    each = np.repeat(np.array([[1, 0], [0, 1], [1, 0], [0, 1]]), counts.ravel(), axis=0)
    groups = np.repeat([0, 1], 200)
    once = differential_fairness(counts, rng=rng())
    thrice = differential_fairness(3 * counts, rng=rng(), units=UnitCounts(3 * each, groups))
    assert thrice.high - thrice.low == pytest.approx(once.high - once.low, rel=0.1)


def _held(chances: Any, sizes: Any, draws: int) -> float:
    logs = np.log(chances)
    truth, held, source = float(np.ptp(logs, axis=0).max()), 0, rng(3)
    for _ in range(draws):
        counts = np.array([source.multinomial(n, p) for n, p in zip(sizes, chances, strict=True)])
        found = differential_fairness(counts, rng=source, replicates=500)
        held += found.low <= truth + 1e-9 <= found.high + 2e-9
    return held / draws


def _chances(groups: int, chosen: float, times: float) -> Any:
    shares = np.full(groups, chosen)
    shares[0] *= times
    return np.column_stack([shares, 1 - shares])


@pytest.mark.parametrize(("chosen", "times"), [(0.3, 1.0), (0.1, 2.0)], ids=["equal", "twice as likely"])
def test_the_interval_holds_the_truth(chosen: float, times: float) -> None:
    held = _held(_chances(4, chosen, times), [400, 200, 100, 50], 150)
    assert held >= 0.95 - 2 * np.sqrt(0.95 * 0.05 / 150)


@pytest.mark.slow
@pytest.mark.parametrize("groups", [2, 5, 10])
@pytest.mark.parametrize("n", [30, 200, 2000])
def test_the_interval_holds_the_truth_at_many_rates(groups: int, n: int) -> None:
    sizes = [n] * (groups - 1) + [max(n // 8, 30)]
    for chosen in (0.02, 0.1, 0.3):
        for times in (1.0, 2.0):
            held = _held(_chances(groups, chosen, times), sizes, 200)
            assert held >= 0.95 - 3 * np.sqrt(0.95 * 0.05 / 200), (chosen, times)
