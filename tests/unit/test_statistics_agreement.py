"""Agreement beyond chance: by hand, statsmodels 0.15.0, published tables, and intervals that hold what they promise."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.statistics import cohen_kappa, fleiss_kappa, gwet_ac1, imbalance


def pairs_of(table):
    """Two readers whose cross table this is."""
    cells = np.repeat(np.arange(np.size(table)), np.ravel(table))
    return np.divmod(cells, np.shape(table)[1])


BY_HAND = [[20, 5], [10, 15]]
"""Observed (20 + 15) / 50 = .7, expected .5 x .6 + .5 x .4 = .5, so kappa is .2 / .5."""
GRADES = [[11, 4, 1, 0], [3, 9, 5, 1], [0, 4, 12, 6], [1, 0, 5, 18]]

FLEISS = """
0 0 0 0 14  0 2 6 4 2  0 0 3 5 6  0 3 9 2 0  2 2 8 1 1  7 7 0 0 0  3 2 6 3 0  2 5 3 2 2  6 5 2 1 0  0 2 2 3 7
"""
"""Ten subjects by five classes, 14 raters; the example of Fleiss' kappa in textbooks, .210."""

N = -1
GWET = np.array([
    [0, 0, N, 0], [1, 1, 2, 1], [2, 2, 2, 2], [2, 2, 2, 2], [1, 1, 1, 1], [0, 1, 2, 3],
    [3, 3, 3, 3], [0, 0, 1, 0], [1, 1, 1, 1], [N, 4, 4, 4], [N, N, 0, 0], [N, N, 2, N],
])  # fmt: skip
"""Krippendorff's twelve units and four readers, which irrCAC ships as `cac.raw4raters`."""


def test_cohens_kappa_by_hand_and_with_its_published_error():
    found = cohen_kappa(*pairs_of(BY_HAND), 2)
    assert found.value == pytest.approx(0.4)
    assert (found.observed, found.expected, found.rows) == (pytest.approx(0.7), pytest.approx(0.5), 50)
    # Of large samples, so without the correction by n / (n - 1); statsmodels prints 0.1270.
    large = found.se * np.sqrt(49 / 50)
    assert large == pytest.approx(0.12699606, abs=1e-8)
    # Its published interval is Wald's: .1511 to .6489.
    assert (0.4 - 1.959964 * large, 0.4 + 1.959964 * large) == pytest.approx((0.1511, 0.6489), abs=5e-5)


# statsmodels.stats.inter_rater.cohens_kappa, 0.15.0
@pytest.mark.parametrize(
    ("distance", "kappa", "se"),
    [
        ("nominal", 0.49452401010951974, 0.07292233807965101),
        ("linear", 0.6523517382413088, 0.05911328102909497),
        ("quadratic", 0.7728446050593701, 0.0584052321097622),
    ],
)
def test_kappa_of_ordered_classes_is_that_of_statsmodels(distance, kappa, se):
    found = cohen_kappa(*pairs_of(GRADES), 4, distance=distance)
    assert found.value == pytest.approx(kappa, abs=1e-12)
    n = np.sum(GRADES)
    assert found.se * np.sqrt((n - 1) / n) == pytest.approx(se, abs=1e-12)


def test_fleiss_kappa_of_the_textbook():
    counts = np.array(FLEISS.split(), dtype=int).reshape(10, 5)
    readings = np.stack([np.repeat(np.arange(5), row) for row in counts])
    found = fleiss_kappa(readings, 5)
    assert found.value == pytest.approx(0.20993070442195522, abs=1e-12)  # statsmodels 0.15.0
    assert found.expected == pytest.approx(0.213, abs=5e-4)
    assert found.observed == pytest.approx(0.378, abs=5e-4)


def test_two_subjects_have_the_kappas_of_randolphs_calculator():
    # statsmodels' tests have them from justusrandolph.net/kappa: fixed margins .161905, free ones .214286.
    readings = np.array([[0] * 7 + [1], [0] * 3 + [1] * 5])
    found = fleiss_kappa(readings, 2)
    assert found.value == pytest.approx(0.161905, abs=6e-7)
    assert (found.observed - 1 / 2) / (1 - 1 / 2) == pytest.approx(0.214286, abs=6e-7)
    three = fleiss_kappa(np.array([[0] * 6 + [1], [1] * 7]), 3)
    assert three.value == pytest.approx(0.708333, abs=6e-7)
    assert (three.observed - 1 / 3) / (1 - 1 / 3) == pytest.approx(0.785714, abs=6e-7)


def test_missing_readings_are_those_of_irrcac():
    # irrCAC 1.0 prints to five digits: AC1 .77544 (.14295), Fleiss .76117 (.15302)
    ac1, fleiss = gwet_ac1(GWET, 5), fleiss_kappa(GWET, 5)
    assert (ac1.value, ac1.se) == (pytest.approx(0.77544, abs=5e-6), pytest.approx(0.14295, abs=5e-6))
    assert (fleiss.value, fleiss.se) == (pytest.approx(0.76117, abs=5e-6), pytest.approx(0.15302, abs=5e-6))
    assert ac1.rows == 11


def test_where_one_class_is_rare_kappa_is_low_and_ac1_is_not():
    first, second = pairs_of([[90, 5], [5, 0]])
    kappa, ac1, why = cohen_kappa(first, second, 2), gwet_ac1(np.stack([first, second], 1), 2), imbalance(first, second)
    assert kappa.value == pytest.approx((0.9 - 0.905) / 0.095)
    assert ac1.value == pytest.approx((0.9 - 0.095) / (1 - 0.095))  # pi is .95 and .05: 2 x .95 x .05 = .095
    assert (why.prevalence, why.bias, why.pabak) == (pytest.approx(0.9), pytest.approx(0), pytest.approx(0.8))


def test_what_nobody_read_or_all_call_the_same_has_no_kappa():
    none, same = np.array([-1, -1]), np.array([1, 1])
    assert cohen_kappa(none, same, 2) is None
    assert cohen_kappa(same, same, 2) is None
    assert fleiss_kappa(np.stack([same, none], 1), 2) is None
    assert gwet_ac1(np.stack([none, none], 1), 2) is None
    assert gwet_ac1(np.stack([same, same], 1), 2).value == 1.0


def test_perfect_agreement_of_few_rows_is_no_proof():
    first = np.array([0, 1] * 5)
    found = cohen_kappa(first, first, 2)
    assert found.value == 1.0
    assert found.high == 1.0
    assert found.low == pytest.approx((0.025**0.1 - 0.5) / 0.5)  # Clopper and Pearson of 10 of 10


def test_rows_of_one_person_count_as_one():
    first, second = pairs_of(BY_HAND)
    once = cohen_kappa(first, second, 2)
    units = np.tile(np.arange(50), 4)
    again = cohen_kappa(np.tile(first, 4), np.tile(second, 4), 2, units=units)
    assert (again.value, again.se) == (pytest.approx(once.value), pytest.approx(once.se))


@pytest.mark.slow
@pytest.mark.parametrize("statistic", ["cohen", "fleiss", "ac1"])
@pytest.mark.parametrize("n", [15, 30, 100, 400])
@pytest.mark.parametrize(("agreeing", "rare"), [(0.9, 0.5), (0.9, 0.1), (0.98, 0.3), (0.6, 0.5)])
def test_intervals_hold_the_truth(statistic, n, agreeing, rare):
    rng = np.random.default_rng(1)
    shares = np.array([[rare * agreeing, rare * (1 - agreeing)], [(1 - rare) * (1 - agreeing), (1 - rare) * agreeing]])
    mean = (shares.sum(axis=0) + shares.sum(axis=1)) / 2
    expected = {"cohen": shares.sum(axis=1) @ shares.sum(axis=0), "fleiss": mean @ mean, "ac1": mean @ (1 - mean)}
    truth = (np.trace(shares) - expected[statistic]) / (1 - expected[statistic])
    held, told = 0, 0
    for cells in rng.choice(4, size=(1000, n), p=shares.ravel()):
        first, second = np.divmod(cells, 2)
        both = np.stack([first, second], axis=1)
        found = {
            "cohen": lambda: cohen_kappa(first, second, 2),  # noqa: B023  called at once
            "fleiss": lambda: fleiss_kappa(both, 2),  # noqa: B023
            "ac1": lambda: gwet_ac1(both, 2),  # noqa: B023
        }[statistic]()
        if found is not None:
            told += 1
            held += found.low <= truth <= found.high
    assert held / told >= 0.92
