"""Scores as places in order: what is counted by them is what a sort of the scores finds, ties and gaps included."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditkit.statistics import advantage, delong, places_of, roc, tpr_at_fpr
from auditkit_privacy.reach.ranked import Ranked, canonical_order
from auditkit_privacy.validity.chance import chance_variance, permutation_p

SEEDS = st.integers(0, 10**6)


def drawn(seed, rows, kinds, *, gaps=True):
    """Scores with many ties, or few, and some rows of which nothing is said."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, kinds, rows) / 7 - 1
    scores[rng.random(rows) < 0.1] *= -0.0  # 0 and -0 are one score
    if gaps:
        scores[rng.random(rows) < 0.2] = np.nan
    return scores, rng.random(rows) < 0.5


@given(SEEDS, st.integers(0, 60), st.sampled_from([1, 3, 1000]))
def test_places_and_rows_are_those_of_a_stable_sort(seed, rows, kinds):
    scores, _ = drawn(seed, rows, kinds)
    found = Ranked.of(scores)
    said = ~np.isnan(scores)
    assert found.places[said].tolist() == np.unique(scores[said], return_inverse=True)[1].tolist()
    assert (found.places[~said] == -1).all()
    assert found.rows.tolist() == np.argsort(scores, kind="stable").tolist()


@given(SEEDS, st.integers(0, 60), st.lists(st.sampled_from([1, 2, 5, 1000]), max_size=4))
def test_the_canonical_order_is_that_of_lexsort(seed, rows, kinds):
    columns = [drawn(seed + place, rows, kind)[0] for place, kind in enumerate(kinds)]
    member = drawn(seed, rows, 2)[1]
    found = canonical_order([Ranked.of(column) for column in columns], member)
    assert found.tolist() == np.lexsort([*columns, member]).tolist()


@given(SEEDS, st.integers(2, 80), st.sampled_from([2, 9, 1000]))
def test_areas_curves_and_chances_by_places_are_those_of_the_scores(seed, rows, kinds):
    scores, member = drawn(seed, rows, kinds, gaps=False)
    member[:2] = True, False
    places = Ranked.of(scores).places
    assert delong(places, member) == delong(scores, member)
    by_places, by_scores = roc(places, member), roc(scores, member)
    assert by_places.true_positives.tolist() == by_scores.true_positives.tolist()
    assert by_places.false_positives.tolist() == by_scores.false_positives.tolist()
    assert by_places.thresholds[1:].tolist() == np.unique(places)[::-1].tolist()
    assert chance_variance(places, member) == chance_variance(scores, member)
    chances = [permutation_p(one, member, None, np.random.default_rng(seed)) for one in (places, scores)]
    assert chances[0] == chances[1]


@pytest.mark.parametrize("kinds", [9, 10**9])
def test_rates_by_places_are_those_of_the_scores(kinds):
    scores, member = drawn(3, 400, kinds, gaps=False)
    scores[member] += 0.5
    both = Ranked.of(scores).places, scores
    rates = [tpr_at_fpr(one, member, 0.1, rng=np.random.default_rng(1)) for one in both]
    reached = [advantage(one, member, rng=np.random.default_rng(1)) for one in both]
    assert rates[0] == rates[1]
    assert reached[0] == reached[1]


def test_whole_numbers_far_apart_are_sorted_and_not_counted():
    far = np.array([10**12, 0, 10**12, 5])
    assert places_of(far)[0].tolist() == [2, 0, 2, 1]
    near = np.array([3, 0, 3, 1])
    assert places_of(near)[0] is near
    assert places_of(near)[1] == 4
    member = np.array([True, False, False, True])
    assert delong(far, member) == delong(far.astype(float), member)
    assert roc(far, member).thresholds[1:].tolist() == [10**12, 5, 0]
    assert places_of(np.array([-1, 2]))[0].tolist() == [0, 1]
