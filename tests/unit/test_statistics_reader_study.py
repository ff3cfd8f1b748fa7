"""A model against readers: RJafroc's numbers, by hand, and intervals over other readers and cases."""

from __future__ import annotations

import numpy as np
import pytest

from auditkit.statistics import auc_merit, delong, interchange, model_against_readers, readers_twice, share_merit


def roe_metz(rng, disease, readers, *, gap, skill, shared):
    """Scores of a model and of readers: normal, the diseased one higher, with a part that all share in each case.

    Source: Roe and Metz (1997), Acad. Radiol. 4, 298-303, with one modality read by the model.
    """
    cases = rng.standard_normal(len(disease))
    columns = []
    for _ in range(readers):
        apart = skill * rng.standard_normal(2)
        own = np.sqrt(1 - shared**2) * rng.standard_normal(len(disease))
        columns.append(gap * disease + apart[disease] + shared * cases + own)
    return disease + cases, np.stack(columns, axis=1)


def test_areas_against_a_panel_are_those_of_rjafroc():
    # The values stand in the tests of Google Health's reader study (Apache-2.0), who had them from RJafroc.
    disease = np.repeat([1, 0], [200, 800])
    model, readers = roe_metz(np.random.RandomState(1987), disease, 10, gap=1.0, skill=0.075, shared=0.6)
    merits = [auc_merit(scores, disease == 1) for scores in readers.T]
    found = model_against_readers(auc_merit(model, disease == 1), merits)
    assert found.value == pytest.approx(-0.00584125, abs=1e-8)
    assert found.p_value() == pytest.approx(0.6560453, abs=1e-7)
    assert (found.low, found.high) == (pytest.approx(-0.03233184, abs=1e-8), pytest.approx(0.02064934, abs=1e-8))
    assert found.df == pytest.approx(31.00905, abs=1e-5)


def read_twice(rng, disease, readers, *, gap, shares):
    """Scores [n, readers, 2] of readers who read all cases in two ways that are as good.

    Source: Roe and Metz (1997), as above; the shares are the variances of the case, of the case in a way of reading, of
    the case for a reader, of the rest, and of a reader's skill, in all and in a way.
    """
    case, way_case, reader_case, rest, skill, way_skill = np.sqrt(shares)
    healthy, scores = 1 - disease, np.empty((len(disease), readers, 2))
    cases = case * rng.randn(len(disease))
    ways = [way_case * rng.randn(len(disease)) for _ in range(2)]
    for reader in range(readers):
        found, missed = skill * rng.randn(2)
        own = reader_case * rng.randn(len(disease))
        for way in range(2):
            found_so, missed_so = way_skill * rng.randn(2)
            skills = (found + found_so) * disease + (missed + missed_so) * healthy
            noise = rest * rng.randn(len(disease))
            scores[:, reader, way] = gap * disease + skills + cases + own + ways[way] + noise
    return scores


def test_areas_of_readers_in_two_ways_are_those_of_rjafroc():
    # As above: the values of Google Health's tests, which are RJafroc's, of high correlation and alike readers.
    disease = np.repeat([0, 1], 200)
    shares = np.array([0.3, 0.3, 0.2, 0.2, 0.0082, 0.0082])
    scores = read_twice(np.random.RandomState(1987), disease, 10, gap=0.821, shares=shares)
    before, after = ([auc_merit(one, disease == 1) for one in scores[:, :, way].T] for way in range(2))
    found = readers_twice(before, after)
    assert found.value == pytest.approx(0.00451, abs=1e-6)
    assert found.p_value() == pytest.approx(0.8502715, abs=1e-6)
    assert (found.low, found.high) == (pytest.approx(-0.0428444, abs=1e-6), pytest.approx(0.0518644, abs=1e-6))
    assert found.df == pytest.approx(85.5242, abs=1e-4)
    assert found.model - found.readers == pytest.approx(found.value)


def test_a_model_is_a_second_way_in_which_all_readers_read_alike():
    disease = np.repeat([1, 0], 40)
    model, readers = roe_metz(np.random.default_rng(2), disease, 4, gap=1.0, skill=0.2, shared=0.6)
    one, merits = auc_merit(model, disease == 1), [auc_merit(scores, disease == 1) for scores in readers.T]
    assert readers_twice(merits, [one] * 4) == model_against_readers(one, merits)
    with pytest.raises(ValueError, match="4 readers read in the first way and 3 in the second"):
        readers_twice(merits, merits[:3])


def test_an_area_and_what_is_left_of_it_without_each_case():
    scores, positive = np.array([0.1, 0.4, 0.35, 0.8, 0.4]), np.array([False, False, True, True, True])
    found = auc_merit(scores, positive)
    assert found.value == delong(scores, positive).value
    again = [delong(np.delete(scores, case), np.delete(positive, case)).value for case in range(5)]
    assert found.left_out == pytest.approx(again)


def test_sensitivity_without_each_case_by_hand():
    found = share_merit(np.array([True, True, False, True]), np.array([True, True, True, False]))
    assert found.value == pytest.approx(2 / 3)
    assert found.left_out == pytest.approx([1 / 2, 1 / 2, 1, 2 / 3])
    assert share_merit(np.array([True]), np.array([True])) is None


def test_people_are_left_out_with_all_of_their_cases():
    right, among = np.array([True, True, False, True]), np.array([True, True, True, False])
    found = share_merit(right, among, np.array([7, 7, 3, 3]))
    assert found.left_out == pytest.approx([1, 0])  # without 3's: both of 7 right; without 7's: one of 3 wrong
    assert share_merit(right, among, np.array([7, 7, 7, 3])) is None


def test_the_method_by_hand_of_two_readers():
    # Four cases; the model is right in 4, the readers in 3 and 2: differences .25 and .5.
    all_cases = np.ones(4, dtype=bool)
    model = share_merit(all_cases, all_cases)
    one = share_merit(np.array([True, True, True, False]), all_cases)
    two = share_merit(np.array([True, False, True, False]), all_cases)
    found = model_against_readers(model, [one, two])
    assert (found.value, found.readers) == (pytest.approx(0.375), pytest.approx(0.625))
    # Without each case the differences are 1/3 1/3 1/3 0 and 2/3 1/3 2/3 1/3; the readers' own variance is .03125.
    first, second = np.array([1 / 3, 1 / 3, 1 / 3, 0]), np.array([2 / 3, 1 / 3, 2 / 3, 1 / 3])
    between = ((first - 0.25) * (second - 0.5)).sum() / 3 * 9 / 4
    spread = 0.03125 + 2 * between
    assert found.se == pytest.approx(np.sqrt(spread / 2))
    assert found.df == pytest.approx((spread / 0.03125) ** 2)


def test_a_margin_asks_whether_the_model_is_worse_by_so_much():
    all_cases = np.ones(40, dtype=bool)
    rng = np.random.default_rng(3)
    model, *readers = (share_merit(rng.random(40) < 0.8, all_cases) for _ in range(5))
    found = model_against_readers(model, readers)
    assert found.p_value(0.3) < found.p_value(0.1) < found.p_value(0.01)
    assert found.p_value() == pytest.approx(2 * min(found.p_value(1e-12), 1 - found.p_value(1e-12)), abs=1e-6)


def test_one_reader_is_no_panel():
    merit = share_merit(np.array([True, False]), np.array([True, True]))
    with pytest.raises(ValueError, match="two readers or more"):
        model_against_readers(merit, [merit])
    with pytest.raises(ValueError, match="same cases"):
        model_against_readers(merit, [merit, share_merit(np.ones(3, bool), np.ones(3, bool))])


def test_readers_who_all_say_the_same_leave_the_uncertainty_of_the_cases():
    right, all_cases = np.arange(20) < 15, np.ones(20, dtype=bool)
    same = share_merit(right, all_cases)
    found = model_against_readers(share_merit(np.arange(20) < 10, all_cases), [same, same, same])
    assert found.df == np.inf
    assert found.low < found.value < found.high


def test_interchange_by_hand():
    readings = np.array([[1, 1, 1], [1, 1, 0], [0, 0, -1], [1, -1, -1]])
    found = interchange(np.array([1, 0, 0, 1]), readings)
    assert found.cases == 3  # the fourth was read by one
    assert found.among_readers == pytest.approx((1 + 1 / 3 + 1) / 3)
    assert found.with_model == pytest.approx((1 + 1 / 3 + 1) / 3)
    assert found.value == pytest.approx(0.0)
    worse = interchange(np.array([0, 0, 1, 1]), readings)
    assert worse.value == pytest.approx((1 + 1 / 3 + 1 - (0 + 1 / 3 + 0)) / 3)
    assert interchange(np.array([1]), readings[:1]) is None


@pytest.mark.slow
@pytest.mark.parametrize("merit", ["sensitivity", "area"])
@pytest.mark.parametrize("readers", [3, 8])
def test_the_interval_holds_the_difference_for_other_readers_and_cases(merit, readers):
    rng = np.random.default_rng(11)
    disease = np.repeat([1, 0], [60, 140])
    held = 0
    for _ in range(500):
        model, panel = roe_metz(rng, disease, readers, gap=1.0, skill=0.2, shared=0.6)

        def of(scores):
            return auc_merit(scores, disease == 1) if merit == "area" else share_merit(scores > 0.5, disease == 1)

        found = model_against_readers(of(model), [of(scores) for scores in panel.T])
        truth = _area(0.0) - _area(0.2) if merit == "area" else _sensitivity(0.0) - _sensitivity(0.2)
        held += found.low <= truth <= found.high
    assert held / 500 >= 0.92


def _sensitivity(skill):
    # Readers whose skill is spread have a mean share below that of one in their middle.
    from scipy import stats

    return float(stats.norm.cdf(0.5 / np.sqrt(1 + skill**2)))


def _area(skill):
    from scipy import stats

    return float(stats.norm.cdf(1 / np.sqrt(2 + 2 * skill**2)))
