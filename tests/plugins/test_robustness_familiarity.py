"""`robustness.out-of-distribution`: scores by hand and by scikit-learn, their law, and rows strange to a model."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from auditkit import AuditError, ClassScores, Encoded, NotApplicable, Unit, Values
from auditkit.checks.asking import ask
from auditkit.perturbation import Rows
from auditkit.statistics import CoverageLaw, delong
from auditkit.testing import toy_case, with_model, with_splits
from auditkit_robustness.familiarity.beyond import beyond, places_among, share_beyond, told_apart
from auditkit_robustness.familiarity.distances import Classes, kth_distance, shrunk_covariance
from auditkit_robustness.familiarity.scoring import Held, Score, energies, halves, split_of
from auditkit_robustness.out_of_distribution import accept_rows, out_of_distribution
from auditkit_robustness.planted_familiarity import Vectors, of_clouds


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize(("rows", "width"), [(40, 5), (12, 30), (300, 8)])
def test_the_covariance_is_shrunk_as_scikit_learn_shrinks_it(rows, width):
    from sklearn.covariance import ledoit_wolf

    drawn = rng(rows).normal(size=(rows, width)) * np.linspace(1, 3, width)
    centred = drawn - drawn.mean(axis=0)
    expected, _ = ledoit_wolf(centred, assume_centered=True)
    np.testing.assert_allclose(shrunk_covariance(centred), expected, rtol=1e-6, atol=1e-7)


def test_mahalanobis_is_the_distance_to_the_nearest_class():
    drawn = rng(1).normal(size=(60, 3))
    codes = np.arange(60) % 3
    codes[:3] = -1
    fitted = Classes.of(drawn + codes[:, None] * 4, codes)
    others = rng(2).normal(size=(5, 3)) * 5
    kept = codes >= 0
    means = [(drawn + codes[:, None] * 4)[codes == name].mean(axis=0) for name in range(3)]
    centred = (drawn + codes[:, None] * 4)[kept] - np.array(means)[codes[kept]]
    inverse = np.linalg.inv(shrunk_covariance(centred))
    slow = [min((row - mean) @ inverse @ (row - mean) for mean in means) for row in others]
    np.testing.assert_allclose(fitted.squared(others), slow)


def test_vectors_that_do_not_vary_have_a_distance_too():
    flat = np.ones((10, 4))
    assert np.isfinite(Classes.of(flat, np.zeros(10, dtype=int)).squared(flat)).all()


def test_neighbours_are_counted_by_direction():
    known = np.array([[1.0, 0.0], [2.0, 0.0], [0.0, 3.0], [-1.0, 0.0]])
    found = [kth_distance(np.array([[5.0, 0.0]]), known, k)[0] for k in (1, 2, 3, 4, 9)]
    # To the same direction 0, to a right angle the root of 2, to the opposite 2; no more than there are.
    assert found == pytest.approx([0, 0, np.sqrt(2), 2, 2], abs=1e-7)


def test_energy_is_less_the_log_of_the_summed_exponentials():
    class Shown:
        batch_size = 2

        def predict(self, inputs):
            return ClassScores(("a", "b"), np.full((len(inputs), 2), 0.5))

        def encoded(self, inputs):
            at = torch.tensor(np.asarray(inputs, dtype=np.float32))[:, None, None]
            module = lambda given: torch.cat([given[:, 0], 2 * given[:, 0]], dim=1)  # noqa: E731  short
            return Encoded(module, at, (), at * 0, ((Unit("x"),),) * len(at))

    given = pd.Series([0.0, 1.0, -1.0, 300.0])
    case = with_model(toy_case(Shown().predict(given), inputs=given), Shown())
    expected = [-np.log(2), -np.log(np.e + np.e**2), -np.log(np.exp(-1) + np.exp(-2)), -600.0]
    assert energies(case) == pytest.approx(expected, rel=1e-6)


def one_of(rows, known):
    return Score("toy", (Held(np.array(rows, dtype=float), np.array(known, dtype=float), np.arange(len(known))),))


def plain(predictions=None, rows=0):
    return toy_case(predictions or ClassScores(("no", "yes"), np.full((rows, 2), 0.5)))


def test_beyond_is_above_the_percentile_of_split_conformal_prediction():
    known = np.arange(1, 100)  # of 99 the 95th smallest is 95
    assert beyond(one_of([94, 95, 95.5, 1000], known), 0.05).tolist() == [0, 0, 1, 1]
    assert beyond(one_of([98, 99, 99.5, 1000], known), 0.01).tolist() == [0, 0, 1, 1]
    assert beyond(one_of([1.0], known[:98]), 0.01) is None
    two = Score("toy", (*one_of([10, 96], known).held, *one_of([96, 96], known).held))
    assert beyond(two, 0.05).tolist() == [0.5, 1]


def test_the_share_is_told_with_both_uncertainties():
    known, rows = np.arange(1, 100), [200.0] * 12 + [1.0] * 88
    case = plain(rows=100)
    share = share_beyond(one_of(rows, known), 0.05, Rows.of(case), plain(rows=99))
    law = CoverageLaw.of(99, 0.05)
    assert (share.found.value, share.expected) == (0.12, pytest.approx(0.05))
    # Wilson's limits of 12 in 100 are 0.0700 and 0.1981, those of Beta(5, 95) 0.0168 and 0.1019.
    low = 0.12 - np.hypot(0.12 - 0.0700, float(1 - law.quantiles(0.025)[0]) - 0.05)
    high = 0.12 + np.hypot(0.1981 - 0.12, 0.05 - float(1 - law.quantiles(0.975)[0]))
    assert tuple(share.found.limits) == pytest.approx((low, high), abs=2e-4)
    assert share.p_value == pytest.approx(law.at_most(88, 100))


def test_the_share_holds_what_it_promises():
    """Of 2,000 draws of 60 known rows and 80 others alike, the interval leaves out 5 % in about one of twenty."""
    draw, missed, found = rng(7), 0, []
    case, known = plain(rows=80), plain(rows=60)
    for _ in range(2000):
        share = share_beyond(one_of(draw.normal(size=80), draw.normal(size=60)), 0.05, Rows.of(case), known)
        missed += not share.found.limits.low <= share.expected <= share.found.limits.high
        found.append(share.p_value)
    assert missed / 2000 < 0.06
    assert np.mean(np.array(found) <= 0.05) < 0.06


def test_the_area_and_the_places_by_hand():
    score = one_of([1.0, 2.0, 3.0], [2.0, 0.0])
    assert places_among(score).tolist() == [0.5, 0.75, 1.0]
    area = told_apart(score, plain(rows=3), plain(rows=2))
    assert area.value == pytest.approx(0.75)
    assert area.value == pytest.approx(delong(np.array([1.0, 2, 3, 2, 0]), np.arange(5) < 3).value)


def test_halves_keep_equal_rows_and_people_together_whatever_their_order():
    given = pd.DataFrame({"x": [1, 1, 2, 3, 4, 5, 6, 7]})
    said = ClassScores(("no", "yes"), np.full((8, 2), 0.5))
    case = toy_case(said, inputs=given)
    side = halves(case)
    assert side[0] == side[1]
    assert sorted(np.bincount(side[1:])) == [3, 4]
    turned = toy_case(said, inputs=given.iloc[::-1])
    assert halves(turned).tolist() == side[::-1].tolist()
    people = halves(toy_case(said, inputs=given, units=["a", "b", "b", "a", "c", "c", "d", None]))
    assert people[0] == people[3]
    assert people[1] == people[2]


QUICK = {"most_rows": 240, "neighbours": 5}


def about(score, **more):
    return {"conditions": {"score": score, **more}}


def test_rows_far_from_the_known_are_found_and_their_errors_foretold():
    said = ask(out_of_distribution, of_clouds(strange=0.25)(rng()), QUICK)
    share = said.value("unfamiliar_share", group={}, **about("mahalanobis", beyond="95th"))
    assert 0.25 < share < 0.35  # a quarter, and a twentieth of the others
    (within,) = said.of("unfamiliar_error_rate", **about("mahalanobis", rows="within"))
    (outside,) = said.of("unfamiliar_error_rate", **about("mahalanobis", rows="beyond"))
    assert outside.interval.low > within.interval.high
    assert within.n + outside.n == 240
    (area,) = said.of("unfamiliarity_error_auc", **about("mahalanobis"))
    assert area.interval.low > 0.5
    # The largest probability rests on a column that is as ever: it knows nothing of them.
    assert said.value("unfamiliar_share", group={}, **about("confidence", beyond="95th")) < 0.12
    (blind,) = said.of("unfamiliarity_auc", **about("confidence"))
    assert blind.interval.low < 0.5 < blind.interval.high


def test_recorded_predictions_have_probabilities_alone():
    case = of_clouds(strange=0.25)(rng())
    case = replace(case, settings=replace(case.settings, recorded=("p_no", "p_yes")), _kept={}, _whole={})
    said = ask(out_of_distribution, case, QUICK)
    assert {one.conditions["score"] for one in said.of("unfamiliarity_auc")} == {"confidence"}


def test_training_rows_stand_in_for_a_reference_and_none_is_told():
    case = of_clouds()(rng())
    alone = toy_case(case.predictions, inputs=case.inputs)
    with pytest.raises(NotApplicable, match="at home with"):
        ask(out_of_distribution, with_model(alone, Vectors()), QUICK)
    trained = with_model(with_splits(alone, training=alone), Vectors())
    assert split_of(trained) == "training"
    assert ask(out_of_distribution, trained, QUICK).of("unfamiliarity_error_auc") == ()


def test_few_known_rows_leave_the_percentile_untold():
    case = of_clouds(rows=24)(rng())
    said = ask(out_of_distribution, case, QUICK)
    (share,) = said.of("unfamiliar_share", group={}, **about("mahalanobis", beyond="95th"))
    assert share.value is None
    assert said.of("unfamiliar_share", group={}, **about("confidence", beyond="95th"))[0].value is not None
    assert said.of("unfamiliar_share", group={}, **about("confidence", beyond="99th"))[0].value is None


def test_numbers_have_vectors_alone_and_nobody_errs():
    class Numbers(Vectors):
        def predict(self, inputs):
            return Values(inputs["c0"].to_numpy(dtype=float))

    classes = of_clouds()(rng())
    case, known = (toy_case(Numbers().predict(one.inputs), inputs=one.inputs) for one in (classes, classes.reference))
    said = ask(out_of_distribution, with_model(with_splits(case, reference=known), Numbers()), QUICK)
    assert {one.conditions["score"] for one in said.of("unfamiliarity_auc")} == {"mahalanobis", "neighbours"}
    assert said.of("unfamiliar_error_rate") == ()


@pytest.mark.parametrize("options", [{"most_rows": 10}, {"neighbours": 0}])
def test_too_little_is_refused(options):
    with pytest.raises(AuditError):
        accept_rows(**options)
