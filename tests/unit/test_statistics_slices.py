"""Slices of rows: which are looked at, and which of them do worse than chance allows."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.statistics import (
    Parts,
    detectable_excess,
    divergence_t,
    search_slices,
    slice_effects,
    sliceline_score,
    slices_of,
    withheld_parts,
)

SEARCH = "auditkit.statistics.slice_search"


def columns_of(*columns):
    return [Parts(np.array(one), max(one) + 1) for one in columns]


def made(n, columns, *, seed=0, rate=0.2, parts=3):
    rng = np.random.default_rng(seed)
    return [Parts(rng.integers(0, parts, n), parts) for _ in range(columns)], (rng.random(n) < rate).astype(float)


def test_slices_are_the_parts_of_columns_and_their_crossings():
    found = slices_of(columns_of([0, 0, 1, 1] * 20, [0, 1] * 40), least=10)
    assert found.named == (
        ((0, 0),), ((0, 1),), ((1, 0),), ((1, 1),),
        ((0, 0), (1, 0)), ((0, 0), (1, 1)), ((0, 1), (1, 0)), ((0, 1), (1, 1)),
    )  # fmt: skip
    assert found.rows.tolist() == [40] * 4 + [20] * 4
    assert found.inside(5).tolist() == [False, True, False, False] * 20


def test_what_holds_the_rows_of_a_wider_slice_is_not_looked_at_again():
    found = slices_of(columns_of([0, 1] * 40, [0, 1] * 40), least=10)
    assert len(found) == 4, "the crossings are the parts themselves, or empty"


def test_a_slice_and_what_is_left_beside_it_are_large_enough():
    found = slices_of(columns_of([0] * 29 + [1] * 71), least=30)
    assert len(found) == 0


def test_people_are_counted_and_not_their_rows():
    column = columns_of([0] * 60 + [1] * 60)
    assert len(slices_of(column, least=30)) == 2
    assert len(slices_of(column, least=30, owners=np.arange(120) // 3)) == 0, "each has 20 people"


def test_rows_in_no_part_are_no_slice_and_hide_what_would_give_few_of_them_away():
    codes = np.array([-1] * 5 + [0] * 40 + [1] * 55)
    found = slices_of([Parts(codes, 2)], least=10)
    assert found.named == (((0, 1),),), "of 100 people less 55 less 40 there are 5"


def test_a_small_part_takes_the_next_smallest_with_it():
    assert withheld_parts(np.array([4, 30, 20])).tolist() == [True, False, True]
    assert withheld_parts(np.array([4, 6, 20])).tolist() == [True, True, False]
    assert withheld_parts(np.array([40, 0, 20])).tolist() == [False, False, False]


def test_an_effect_by_hand():
    """3 of 4 against 1 of 4; of either side a sum of squares of .75, and .25 of an average row: sqrt(1/16 + 1/16)."""
    slices = slices_of(columns_of([0, 0, 0, 0, 1, 1, 1, 1]), least=2)
    effect, error = slice_effects(np.array([1, 1, 1, 0, 1, 0, 0, 0.0]), slices)
    assert (len(slices), len(effect)) == (0, 0), "a part of fewer than ten people is none"
    slices = slices_of(columns_of([0] * 40 + [1] * 40), least=2)
    effect, error = slice_effects(np.tile(np.repeat([1, 1, 1, 0, 1, 0, 0, 0.0], 10), 1), slices)
    assert effect == pytest.approx([0.5, -0.5])
    assert error == pytest.approx([np.sqrt(2 * 7.75) / 40] * 2)


def test_effects_are_those_of_a_plain_loop_also_under_weights_and_units():
    columns, losses = made(600, 3)
    losses = losses * np.linspace(0.5, 3, 600)
    slices, rng = slices_of(columns, least=20), np.random.default_rng(1)
    weights = rng.choice([1.0, 2.0], 600)
    plain, _ = slice_effects(losses, slices)
    weighed, _ = slice_effects(losses, slices, weights=weights)
    for place in range(len(slices)):
        inside = slices.inside(place)
        assert plain[place] == pytest.approx(losses[inside].mean() - losses[~inside].mean(), abs=1e-5)
        means = [np.average(losses[rows], weights=weights[rows]) for rows in (inside, ~inside)]
        assert weighed[place] == pytest.approx(means[0] - means[1])


def t_of(losses, slices):
    effect, error = slice_effects(losses, slices)
    return effect / error


def test_losses_dealt_out_are_those_of_a_plain_loop():
    columns, losses = made(90, 2)
    slices = slices_of(columns, least=10)
    found = search_slices(losses, slices, rng=np.random.default_rng(5), draws=20)
    order = np.random.default_rng(5).permuted(np.broadcast_to(np.arange(90)[:, None], (90, 20)), axis=0)
    null = np.array([t_of(losses[one], slices) for one in order.T])
    assert found.largest == pytest.approx(null.max(axis=1))
    assert found.furthest == pytest.approx(np.abs(null).max(axis=1))
    assert found.statistic == pytest.approx(t_of(losses, slices))
    worst = int(np.argmax(found.statistic))
    assert found.p[worst] == (1 + np.sum(null.max(axis=1) >= found.statistic[worst] - 1e-12)) / 21


@pytest.mark.parametrize("is_binary", [True, False])
def test_losses_moved_on_are_permutations_and_those_of_a_plain_loop(monkeypatch, is_binary):
    monkeypatch.setattr(f"{SEARCH}._WORK", 0)
    monkeypatch.setattr(f"{SEARCH}.BLOCKS", 4)
    n, length = 4 * 45 + 7, 45
    columns, losses = made(n, 3)
    if not is_binary:
        losses = np.random.default_rng(2).integers(0, 4096, n) / 4095  # steps that are kept as they are
        losses[:2] = 0, 1
    slices = slices_of(columns, least=10)
    found = search_slices(losses, slices, rng=np.random.default_rng(5), draws=12)
    rng = np.random.default_rng(5)
    order, chosen = rng.permutation(n), rng.integers(0, 15, (12, 4))
    null = []
    for steps in chosen:
        dealt = losses.copy()
        for block, step in enumerate(steps):
            rows = order[block * length : (block + 1) * length]
            dealt[rows] = np.roll(losses[rows], step * length // 15)
        assert sorted(dealt) == sorted(losses)
        null.append(t_of(dealt, slices).max())
    assert found.largest == pytest.approx(null, abs=1e-3 if not is_binary else 1e-9)


def test_units_change_their_sign_as_wholes():
    columns, losses = made(300, 2)
    units, slices = np.arange(300) // 3, slices_of(columns, least=10)
    found = search_slices(losses, slices, rng=np.random.default_rng(5), draws=6, units=units)
    signs = np.random.default_rng(5).integers(0, 2, (100, 6), dtype=np.int8) * 2.0 - 1.0
    away = losses - losses.mean()
    null = []
    for place in range(len(slices)):
        inside = slices.inside(place)
        part = np.where(inside, away / inside.sum(), -away / (~inside).sum())
        by_unit = part.reshape(100, 3).sum(axis=1)
        average = np.mean(away**2) * (inside.sum() ** -2.0 + (~inside).sum() ** -2.0)
        null.append(by_unit @ signs / np.sqrt((by_unit**2).sum() + average))
    assert found.largest == pytest.approx(np.max(null, axis=0))


def test_losses_that_are_all_alike_find_nothing():
    columns, _ = made(200, 2)
    slices = slices_of(columns, least=10)
    for units in (None, np.arange(200) // 2):
        found = search_slices(np.ones(200), slices, rng=np.random.default_rng(0), draws=9, units=units)
        assert (found.p == 1).all()
        assert (found.effect == 0).all()


def test_a_planted_slice_is_found_and_its_bounds_hold():
    columns, losses = made(3000, 4)
    bad = (columns[0].codes == 1) & (columns[2].codes == 0)
    losses[bad] = np.random.default_rng(9).random(bad.sum()) < 0.45
    slices = slices_of(columns, least=30)
    found = search_slices(losses, slices, rng=np.random.default_rng(1), draws=199)
    place = slices.named.index(((0, 1), (2, 0)))
    low, high = found.bounds()
    assert found.p[place] == 1 / 200
    assert 0 < low[place] < 0.25 < high[place]


def test_without_slices_there_is_nothing_to_search():
    with pytest.raises(ValueError, match="no slices"):
        search_slices(np.zeros(3), slices_of([], least=10), rng=np.random.default_rng(0))


def test_sliceline_scores_are_those_of_its_own_tests():
    """DataDome/sliceline, tests/test_slicefinder.py: alpha .95, 8 rows, 4 errors."""
    sizes, errors = np.array([3, 4, 4]), np.array([3, 3, 4])
    score = sliceline_score(errors / sizes, sizes, overall=0.5, n=8)
    assert score == pytest.approx([0.8666666666666666, 0.425, 0.9])
    sizes, errors = np.array([6, 6, 1, 1, 1, 1, 3, 4]), np.array([4, 4, 1, 1, 1, 1, 1, 3])
    score = sliceline_score(errors / sizes, sizes, overall=0.5, n=8)
    assert score == pytest.approx([0.3, 0.3, 0.6, 0.6, 0.6, 0.6, -0.4, 0.425])
    assert np.isnan(sliceline_score([0.0], [5], overall=0.0, n=10)).all()


def test_divergence_by_hand():
    """Beta(9, 3) has mean 3/4 and variance 27/1872; Beta(21, 81) mean 21/102 and variance 1701/1071612."""
    wanted = (0.75 - 21 / 102) / np.sqrt(27 / 1872 + 1701 / 1071612)
    assert divergence_t([8], [10], all_hits=20, n=100) == pytest.approx([wanted])
    assert wanted == pytest.approx(4.3002, abs=1e-4)


def smallest_p(seed, *, units=False, heavy=False):
    rng = np.random.default_rng([71, seed])
    columns = [Parts(rng.integers(0, 3, 600), 3) for _ in range(4)]
    losses = rng.exponential(1.0, 600) if heavy else (rng.random(600) < 0.15).astype(float)
    owners = None
    if units:
        owners = np.arange(600) // 3
        losses = (rng.random(200) < 0.15)[owners].astype(float)
        columns = [Parts(rng.integers(0, 3, 200)[owners], 3) for _ in range(4)]
    found = search_slices(losses, slices_of(columns, least=30), rng=rng, draws=99, units=owners)
    return float(found.p.min())


def test_of_like_rows_some_slice_is_found_in_few_audits():
    found = [smallest_p(seed) <= 0.05 for seed in range(40)]
    assert sum(found) <= 6, "of 40 audits at 5%, more than 6 are had in less than 1 of 100"


@pytest.mark.slow
@pytest.mark.parametrize("of", [{}, {"heavy": True}, {"units": True}])
def test_of_like_rows_some_slice_is_found_in_one_audit_of_twenty(of):
    found = np.mean([smallest_p(seed, **of) <= 0.05 for seed in range(400)])
    assert found <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_what_can_be_found_by_hand():
    """Of numbers (2.5 + .8416) standard errors; of a rate that is always 1 nothing more can be found."""
    assert detectable_excess(2.5, 0.1, rows=50, n=1000) == pytest.approx(0.33416, abs=1e-4)
    assert detectable_excess(2.5, 0.1, rows=50, n=1000, rate=1.0) is None
    found = detectable_excess(2.5, 0.0, rows=100, n=10_000, rate=0.1)
    spread = np.sqrt((0.1 + found) * (0.9 - found) / 100 + 0.09 / 9900 + 0.1 / 100**2)
    assert found == pytest.approx(3.3416 * spread, rel=1e-4)


@pytest.mark.slow
def test_a_slice_of_three_in_a_hundred_is_found_as_often_as_the_report_says():
    """Four times of five, of 150 audits: by less than three standard errors below."""
    found = 0
    for seed in range(150):
        rng, n = np.random.default_rng([5, seed]), 4000
        columns = [Parts(np.where(rng.random(n) < share, 0, 1 + rng.integers(0, 3, n)), 4) for share in (0.15, 0.2)]
        columns += [Parts(rng.integers(0, parts, n), parts) for parts in (4, 2)]
        losses, slices = (rng.random(n) < 0.15).astype(float), slices_of(columns, least=40)
        place = slices.named.index(((0, 0), (1, 0)))
        before = search_slices(losses, slices, rng=rng, draws=199)
        more = detectable_excess(
            before.critical(), before.error[place], rows=int(slices.rows[place]), n=n, rate=losses.mean()
        )
        bad = slices.inside(place)
        losses[bad] = rng.random(bad.sum()) < 0.15 + more
        found += search_slices(losses, slices, rng=rng, draws=199).p[place] <= 0.05
    assert found / 150 >= 0.8 - 3 * np.sqrt(0.16 / 150)
