"""Popularity, variety and targets of exposure: by hand, by enumeration, and as the peers' own tests have them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from auditkit.statistics import (
    JointSums,
    Ratios,
    SharedSpread,
    attention,
    attention_inequity,
    distinct_seen,
    expected_exposure,
    gini,
    long_tail,
    novelty_of,
    served,
    shannon_entropy,
    target_exposure,
    unevenness,
)


def test_the_numbers_of_holisticai():
    """Items that stand 3, 4, 5 and 6 times: tests/bias/metrics/test_bias_recommender.py, Apache-2.0."""
    counts = np.array([3, 4, 5, 6], dtype=float)
    assert gini(counts, corrected=True) == pytest.approx(0.1851851851851852)
    assert shannon_entropy(counts) == pytest.approx(1.9546859469463558)


def test_the_numbers_of_microsofts_recommenders():
    """`diversity_data` of tests/unit/recommenders/evaluation/conftest.py, MIT; novelty is of uses there, not users."""
    had, shown = np.array([1, 2, 4, 3, 4, 3, 4, 5]), np.array([3, 5, 2, 5, 1, 2])
    novelty = novelty_of(np.bincount(had)[1:], len(had))
    assert novelty == pytest.approx([3, 3, 2, 1.41504, 3], abs=1e-5)
    assert novelty[shown - 1].mean() == pytest.approx(2.83333, abs=1e-5)
    assert shannon_entropy(np.bincount(shown)) == pytest.approx(1.9183, abs=1e-4)
    lists = shown.reshape(3, 2) - 1
    assert distinct_seen(lists, 5, 3).value / 5 == 0.8


def padded(lists):
    rows = np.full((len(lists), max(map(len, lists.values()))), None, dtype=object)
    for row, items in zip(rows, lists.values(), strict=True):
        row[: len(items)] = [str(item) for item in items]
    return rows


@pytest.mark.parametrize(("k", "expected"), [(1, [0, 1, 1 / 3, 1 / 3]), (3, [0, 1, 5 / 9, 1])])
def test_average_precision_as_rectools_documents_it(k, expected):
    """The example of rectools.metrics.MAP, 0.19.0, Apache-2.0, which divides by the user's relevant items."""
    wanted = padded({1: "12", 2: "1", 3: "134", 4: "123"})
    worth = np.array([[1, 1, 0], [1, 0, 0], [1, 1, 1], [1, 1, 1]], dtype=float)
    found = served(padded({1: "78", 2: "12", 3: "1234", 4: "123"}), wanted, worth, k)
    assert found.scores()["average_precision"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("k", "gained", "reciprocal"),
    [(1, [0, 0, 1, 1, 0], [0, 0, 1, 1, 0]), (3, [0, 0, 1, None, None], [0, 0, 1, 1, 1 / 3])],
)
def test_the_tables_of_rectools(k, gained, reciprocal):
    """tests/metrics/test_ranking.py of RecTools, Apache-2.0, which divides by what k hits would be worth."""
    shown = {1: "........1", 2: "2", 3: "123", 4: "1", 5: "..1...2.3"}
    wanted = {1: "1", 2: "1", 3: "123", 4: "1", 5: "1234"}
    worth = np.array([[1] * len(own) + [0] * (4 - len(own)) for own in wanted.values()], dtype=float)
    lists = padded({user: [item if item != "." else f"-{user}{place}" for place, item in enumerate(own)]
                    for user, own in shown.items()})  # fmt: skip
    found = served(lists, padded(wanted), worth, k)
    assert found.scores()["reciprocal_rank"] == pytest.approx(reciprocal)
    perfect = attention(3).sum()
    expected = [
        one if one is not None else value
        for one, value in zip(gained, [0, 0, 1, 1 / perfect, 0.5 / perfect], strict=True)
    ]
    assert found.gains @ attention(k) / attention(k).sum() == pytest.approx(expected)


@pytest.mark.parametrize(("head", "expected"), [(0.5, "ddd"), (0.51, "dd"), (0.9, "d"), (0.99, "d")], ids=str)
def test_the_long_tail_begins_below_the_head(head, expected):
    # 4 uses of a, 2 of b, 1 each of c and d, none of e: c and d are as popular, and e is always of the tail.
    tail = long_tail(np.array([4, 2, 1, 1, 0]), head)
    sizes = {"ddd": [0, 1, 1, 1, 1], "dd": [0, 0, 1, 1, 1], "d": [0, 0, 0, 0, 1]}
    assert tail.tolist() == [bool(one) for one in sizes[expected]]


def test_distinct_items_are_counted_as_over_all_draws():
    """The mean over all subsets, and the jackknife by leaving out each list in turn."""
    rng = np.random.default_rng(2)
    lists = np.array([rng.permutation(7)[:3] for _ in range(7)])
    lists[0, 2] = -1

    def over_all(some, size):
        draws = list(itertools.combinations(range(len(some)), size))
        return np.mean([len(np.unique(some[list(draw)][some[list(draw)] >= 0])) for draw in draws])

    found = distinct_seen(lists, 9, 3)
    assert found.value == pytest.approx(over_all(lists, 3))
    left = np.array([over_all(np.delete(lists, user, axis=0), 3) for user in range(7)])
    assert found.error == pytest.approx(np.sqrt(6 / 7 * np.sum((left - left.mean()) ** 2)))
    assert distinct_seen(lists, 9, 3, units=np.arange(7)).error == pytest.approx(found.error)
    assert np.isnan(distinct_seen(lists, 9, 7).error)


def test_targets_share_the_ranks():
    """Diaz et al. (2020): two of five items are relevant, at depth 3: they share 1 + 0.6309, three others 0.5."""
    own, others = target_exposure(np.array([2, 0, 4]), np.array([3, 5, 1]), attention(3))
    second = 1 / np.log2(3)
    assert own == pytest.approx([(1 + second) / 2, 0, (1.5 + second) / 4])
    assert others == pytest.approx([0.5 / 3, (1.5 + second) / 5, 0])


def test_expected_exposure_by_hand():
    # Two users, two groups: mean attention (2, 1), mean target (1, 1).
    columns = np.array([[3.0, 0, 1, 1, 1], [1, 2, 1, 1, 1]])
    found = expected_exposure(JointSums.of(columns), 2, level=0.95, rng=np.random.default_rng(0))
    assert (found.loss.value, found.disparity, found.relevance) == (
        pytest.approx(1),
        pytest.approx(5),
        pytest.approx(3),
    )
    assert found.loss.value == pytest.approx(found.disparity - 2 * found.relevance + 2)  # the target's square is 2
    # Disparity moves with 2 x (2, 1) . attention: 12 and 8 of the users, of the mean 10; halved, and by 2 / (2 - 1).
    assert found.disparity_error == pytest.approx(np.sqrt(2 * (2**2 + 2**2) / 2**2))


def test_unevenness_and_inequity_by_hand():
    sums = JointSums.of(np.array([[1.0, 0, 2, 2], [1, 1, 2, 2], [0, 0, 0, 0]]))
    about = {"level": 0.95, "rng": np.random.default_rng(0)}
    found = unevenness(sums, 2, **about)  # rates 1/2 and 1/4: deviation 1/8 of the mean 3/8
    assert found.value == pytest.approx(1 / 3)
    assert attention_inequity(sums, 2, **about).value == pytest.approx(2 * (2 / 3 - 1 / 2))
    assert unevenness(JointSums.of(np.array([[0.0, 0, 2, 2]] * 3)), 2, **about) is None


def test_lengths_hold_what_they_promise():
    """Of 200 draws at level 0.95 at least 0.9 hold, alike and unlike: fewer have a chance below 0.002."""
    rng, held = np.random.default_rng(4), np.zeros(4)
    for _ in range(200):
        for place, gap in enumerate((0.0, 0.4)):
            shown = rng.gamma(2.0, 1.0, (120, 3)) * [1 - gap, 1, 1]
            sums = JointSums.of(np.hstack([shown, np.ones((120, 3)) * 2]))
            true = np.array([1 - gap, 1, 1])
            found = unevenness(sums, 3, level=0.95, rng=rng)
            held[2 * place] += found.limits.low <= np.std(true) / true.mean() <= found.limits.high
            apart = attention_inequity(sums, 3, level=0.95, rng=rng)
            held[2 * place + 1] += apart.limits.low <= np.abs(true / true.sum() - 1 / 3).sum() <= apart.limits.high
    assert held.min() >= 180


def offered(rng, providers, *, users=150, items=3, gap=0.0):
    """The ratio of attention to two groups, of as many providers each, whose goods are liked unlike each other's."""
    count = 2 * providers
    whose = np.repeat(np.arange(count), items)
    liked = rng.normal(0, 0.6, count)[whose] - gap * (whose >= providers)
    top = np.argsort(-(liked + rng.gumbel(size=(users, len(liked)))), axis=1)[:, :10]
    given = np.zeros((users, count))
    np.add.at(given, (np.arange(users)[:, None], whose[top]), attention(10)[None, :])
    group = np.arange(count) // providers
    sizes = np.full((users, 2), float(providers * items))
    columns = np.hstack([given[:, :providers].sum(1)[:, None], given[:, providers:].sum(1)[:, None], sizes])
    by_provider, within = np.zeros((count, 4)), np.zeros((4, 4))
    for one in range(count):
        cells = np.zeros((users, 4))
        cells[:, group[one]], cells[:, 2 + group[one]] = given[:, one], items
        by_provider[one] = cells.sum(axis=0)
        within += cells.T @ cells
    shared = SharedSpread.of(by_provider, within, providers=providers)
    both = np.array([True, True])
    return [Ratios.of(JointSums.of(columns, shared=one), 2).smallest_by_largest(both, 0.95) for one in (None, shared)]


def test_intervals_over_providers_hold_for_other_providers():
    """Users alone say that 8 of 10 equal worlds are unequal; of 40 two-way intervals 5 false ones have 5 in 100."""
    rng = np.random.default_rng(5)
    found = [offered(rng, 6) for _ in range(40)]
    alone, both = (np.mean([pair[way].high < 1 for pair in found]) for way in (0, 1))
    assert alone > 0.4
    assert both <= 0.125
