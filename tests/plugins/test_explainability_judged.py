"""The formulas that judge attributions: worked by hand, and side by side with captum and the figures of its tests."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from auditkit_explainability.judged.accounting import completeness_gap, infidelity, unaccounted
from auditkit_explainability.judged.agreeing import (
    chance_of_signs,
    feature_agreement,
    rank_agreement,
    rank_correlation,
    ranks,
    sign_agreement,
    top,
)
from auditkit_explainability.judged.removing import (
    CURVE,
    SHARES,
    area,
    comprehensiveness,
    dealt,
    first_of,
    order_of,
    sufficiency,
)
from auditkit_explainability.judged.shape import complexity, entropy_rise, histogram_entropy, sparseness
from auditkit_explainability.judged.steadiness import max_sensitivity, relative_change, relative_stability


def generator():
    return np.random.default_rng(4)


# What pieces do when they are taken away.


def test_the_piece_that_speaks_the_most_for_the_answer_comes_first_and_one_against_it_last():
    assert order_of(np.array([0.1, -3.0, 0.5, 0.0]), generator()).tolist() == [2, 0, 3, 1]


def test_equals_come_in_an_order_by_chance():
    firsts = {int(order_of(np.zeros(4), np.random.default_rng(seed))[0]) for seed in range(40)}
    assert firsts == {0, 1, 2, 3}


def test_random_attributions_hold_the_same_numbers_in_another_order():
    values, order = np.array([0.1, -3.0, 0.5, 0.0]), np.array([3, 1, 0, 2])
    made = dealt(values, order)
    assert made.tolist() == [0.0, 0.1, -3.0, 0.5]
    assert order_of(made, generator()).tolist() == order.tolist()


@pytest.mark.parametrize(
    ("pieces", "share", "taken"),
    [(20, 0.01, 1), (20, 0.05, 1), (20, 0.1, 2), (20, 0.2, 4), (20, 0.5, 10), (3, 0.5, 2), (1, 0.01, 1), (7, 1.0, 7)],
)
def test_shares_of_pieces_are_rounded_up(pieces, share, taken):
    order = np.arange(pieces)[::-1]
    assert np.flatnonzero(first_of(order, share)).tolist() == sorted(order[:taken].tolist())


def test_the_curve_holds_every_share_of_eraser():
    assert set(SHARES) <= set(CURVE)


def test_areas_by_hand():
    # 1 to 0.5 over a half is 0.375, 0.5 to 0 over the other 0.125.
    assert area([0.0, 0.5, 1.0], np.array([1.0, 0.5, 0.0])) == pytest.approx(0.5)
    assert area([0.0, 0.1, 1.0], np.array([1.0, 0.0, 0.0])) == pytest.approx(0.05)


def test_erasers_two_numbers_by_hand():
    assert comprehensiveness(0.9, np.array([0.9, 0.5, 0.1])) == pytest.approx((0.0 + 0.4 + 0.8) / 3)
    assert sufficiency(0.9, np.array([0.2, 0.7, 0.9])) == pytest.approx((0.7 + 0.2 + 0.0) / 3)


# Whether they account for it.


def test_completeness_by_hand():
    assert completeness_gap(np.array([1.0, 2.0, -0.5]), 3.0, 0.0) == pytest.approx(0.5 / 3)
    assert completeness_gap(np.array([1.0, 2.0]), 3.0, 0.0) == 0.0


def test_infidelity_by_hand():
    told, changes = np.array([1.0, 2.0]), np.array([2.0, 2.0])
    assert infidelity(told, changes) == pytest.approx((1 + 0) / 2)
    # The scale that fits best is (2 + 4) / (1 + 4) = 1.2: told are 1.2 and 2.4.
    assert infidelity(told, changes, normalise=True) == pytest.approx((0.8**2 + 0.4**2) / 2)
    assert unaccounted(told, changes) == pytest.approx(((0.8**2 + 0.4**2) / 2) / 4)


def test_a_line_is_accounted_for_whatever_the_scale_and_its_negative_accounts_for_nothing():
    draw = generator()
    weights, gone = draw.normal(size=6), draw.random((40, 6)) < 0.5
    changes = gone @ weights
    assert infidelity(gone @ weights, changes) == pytest.approx(0.0, abs=1e-12)
    assert unaccounted(7 * (gone @ weights), changes) == pytest.approx(0.0, abs=1e-12)
    assert infidelity(-(gone @ weights), changes, normalise=True) == pytest.approx(0.0, abs=1e-12)
    assert unaccounted(-(gone @ weights), changes) == 1.0


def test_where_nothing_changes_nothing_is_known():
    assert np.isnan(unaccounted(np.array([1.0, 2.0]), np.zeros(2)))
    assert unaccounted(np.zeros(2), np.array([1.0, 2.0])) == 1.0


def test_many_rows_at_once():
    told, changes = generator().normal(size=(2, 5, 9))
    rows = [float(unaccounted(*pair)) for pair in zip(told, changes, strict=True)]
    assert unaccounted(told, changes) == pytest.approx(rows)


@pytest.mark.parametrize("normalise", [False, True])
def test_infidelity_agrees_with_captum(normalise):
    torch, metrics = pytest.importorskip("torch"), pytest.importorskip("captum.metrics")
    draw = generator()
    weights = torch.tensor(draw.normal(size=(5, 3)))

    def model(at):
        return torch.tanh(at @ weights).sum(dim=1)

    inputs, values = torch.tensor(draw.normal(size=(4, 5))), torch.tensor(draw.normal(size=(4, 5)))
    steps = torch.tensor(draw.normal(size=(4, 8, 5)) * 0.3)

    def perturbed(at):
        return steps.reshape(-1, 5), at - steps.reshape(-1, 5)

    wanted = metrics.infidelity(model, perturbed, inputs, values, n_perturb_samples=8, normalize=normalise)
    told = (steps * values[:, None]).sum(dim=2)
    changes = model(inputs)[:, None] - model((inputs[:, None] - steps).reshape(-1, 5)).reshape(4, 8)
    found = infidelity(told.numpy(), changes.numpy(), normalise=normalise)
    assert found == pytest.approx(wanted.numpy(), rel=1e-9)


@pytest.mark.parametrize("taken", [[[0, 0, 1], [1, 0, 0], [0, 1, 0]], [[0, 1, 1], [1, 1, 0], [1, 0, 1]], [[1, 1, 1]]])
def test_captums_figures_of_infidelity_of_a_layered_model(taken):
    """`tests/metrics/test_infidelity.py` of captum, `basic_multilayer_sensitivity_n`: 0.0 for each, within 1e-4."""
    torch, attr = pytest.importorskip("torch"), pytest.importorskip("captum.attr")
    from captum.testing.helpers.basic_models import BasicModel_MultiLayer

    model, row, gone = BasicModel_MultiLayer(), torch.tensor([[1.0, 2.5, 3.3]]), torch.tensor(taken).float()
    for method in (attr.IntegratedGradients(model), attr.FeatureAblation(model)):
        told = gone @ method.attribute(row, target=0)[0].detach()
        with torch.no_grad():
            changes = model(row)[0, 0] - model((1 - gone) * row)[:, 0]
        assert infidelity(told.numpy(), changes.numpy()) == pytest.approx(0.0, abs=1e-4)


def test_captums_figures_of_infidelity_from_a_baseline():
    """Of the same file, `tpl_target_w_baseline`: all taken out at once it is the gap squared, 0.10686 and 0."""
    torch, attr = pytest.importorskip("torch"), pytest.importorskip("captum.attr")
    from captum.testing.helpers.basic_models import BasicModel_MultiLayer

    model, given, baseline = BasicModel_MultiLayer(), torch.arange(1.0, 13.0).view(4, 3), torch.ones(4, 3)
    beside, targets = (given.clone(), True), [(0, 1, 1), (0, 1, 1), (1, 1, 1), (0, 1, 1)]
    how = {"target": targets, "additional_forward_args": beside, "baselines": baseline}
    told = attr.IntegratedGradients(model).attribute(given, **how).sum(dim=1)
    with torch.no_grad():
        whole, nothing = (model(at, *beside) for at in (given, baseline))
    changes = torch.stack([(whole - nothing)[row][target] for row, target in enumerate(targets)])
    found = infidelity(told.numpy()[:, None], changes.numpy()[:, None])
    assert found == pytest.approx([0.10686, 0.0, 0.0, 0.0], abs=1e-4)


def test_captums_figure_of_infidelity_of_a_small_step():
    """Of the same file, `basic_infidelity_single`: BasicModel2 at (3, 1), whose slopes are told as 0.5 and -0.5."""
    told, change = 0.5 * 0.0009 - 0.5 * 0.0121, 1.0 - (3 - 0.0009 - 1 - (1 - 0.0121))
    assert infidelity(np.array([told]), np.array([change])) == pytest.approx(0.0000316, abs=5e-7)


# Whether they keep still.


def test_max_sensitivity_by_hand():
    own = np.array([3.0, 4.0])
    assert max_sensitivity(own, np.array([[3.0, 4.0], [3.0, 5.0], [0.0, 0.0]])) == pytest.approx(1.0)
    assert max_sensitivity(own, np.array([[3.0, 4.0], [3.0, 5.0]])) == pytest.approx(0.2)
    assert np.isnan(max_sensitivity(np.zeros(2), np.ones((1, 2))))


def test_relative_stability_by_hand():
    own, others = np.array([1.0, -2.0]), np.array([[1.5, -2.0], [1.0, -3.0], [9.0, 9.0]])
    assert relative_change(own, others[:2]) == pytest.approx(np.array([[0.5, 0.0], [0.0, 0.5]]))
    same = np.array([True, True, False])
    assert relative_stability(own, others, np.array([0.1, 0.25, 1e-9]), same) == pytest.approx(5.0)
    assert relative_stability(own, others[:1], np.array([0.0]), same[:1]) == pytest.approx(0.5 / 1e-4)
    assert np.isnan(relative_stability(own, others, np.ones(3), np.zeros(3, dtype=bool)))


def test_a_part_of_nothing_is_taken_of_the_least():
    assert relative_change(np.array([0.0, -1e-9]), np.array([[1e-4, -1e-9]])) == pytest.approx(np.array([[1.0, 0.0]]))


@pytest.mark.filterwarnings("ignore::UserWarning:captum")  # DeepLift tells what it sets in the model and undoes
@pytest.mark.parametrize(
    ("baseline", "rows", "wanted"),
    [(False, 1, [0.006, 0.01, 0.001, 0.008]), (True, 10, [0.01, 0.003, 0.001, 0.001])],
)
def test_captums_figures_of_max_sensitivity(baseline, rows, wanted):
    """Of `tests/metrics/test_sensitivity.py` of captum, within 0.05 as there, and side by side to rounding."""
    torch, attr = pytest.importorskip("torch"), pytest.importorskip("captum.attr")
    from captum.metrics import sensitivity_max
    from captum.testing.helpers.basic_models import BasicModel_MultiLayer

    model, given = BasicModel_MultiLayer(), torch.arange(1.0, 13.0).view(4, 3)
    targets = [(0, 1, 1), (0, 1, 1), (1, 1, 1), (0, 1, 1)]
    step = torch.arange(-2, 2).view(-1)[: given[0].numel()].float() / 100
    add = torch.arange(1, 13).view(4, 3).float() if baseline else None
    method = attr.DeepLift(model) if baseline else attr.IntegratedGradients(model)
    how = {"target": targets, "additional_forward_args": (add, True)}
    how |= {"baselines": torch.ones(4, 3)} if baseline else {}
    own, others = (method.attribute(at, **how).detach().numpy() for at in (given, given + step))
    found = [max_sensitivity(*pair) for pair in zip(own, others[:, None], strict=True)]
    assert found == pytest.approx(wanted, abs=0.05)
    theirs = sensitivity_max(method.attribute, given, lambda at: at + step, n_perturb_samples=rows, **how)
    assert found == pytest.approx(theirs.numpy(), abs=1e-5)


# What shape they have.


def test_sparseness_and_complexity_by_hand():
    assert sparseness(np.array([1.0, -1.0, 1.0, 1.0])) == pytest.approx(0.0)
    assert sparseness(np.array([0.0, 0.0, -5.0, 0.0])) == pytest.approx(3 / 4)
    # Sizes 1, 3: (2 - 3) * 1 + (4 - 3) * 3 = 2, of 2 * 4.
    assert sparseness(np.array([-3.0, 1.0])) == pytest.approx(1 / 4)
    assert complexity(np.ones(4)) == pytest.approx(np.log(4))
    assert complexity(np.array([0.0, 2.0])) == 0.0
    assert np.isnan(sparseness(np.zeros(3)))
    assert np.isnan(complexity(np.zeros(3)))


def test_the_entropy_of_a_histogram_by_hand():
    assert histogram_entropy(np.full(9, 0.3)) == 0.0
    assert histogram_entropy(np.array([0.0, 0.0, 1.0, 1.0])) == pytest.approx(np.log(2))
    assert histogram_entropy(np.arange(100.0)) == pytest.approx(np.log(100))
    assert histogram_entropy(np.array([1.0, np.nextafter(1.0, 2.0)])) == pytest.approx(np.log(2))


def test_the_rise_of_entropy_by_hand():
    sparse, spread = np.array([0.0] * 3 + [1.0]), np.array([0.0, 1.0, 2.0, 3.0])
    before = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25))
    entropies = [histogram_entropy(one) for one in (sparse, spread, -3 * sparse, np.ones(4))]
    assert entropies == pytest.approx([before, np.log(4), before, 0.0])
    assert entropy_rise(*entropies[:2]) == pytest.approx((np.log(4) - before) / before)
    assert np.isnan(entropy_rise(entropies[3], entropies[1]))


# Whether they agree.


def test_agreement_by_hand():
    first, second = np.array([5.0, -4.0, 1.0, 0.5]), np.array([3.0, 4.0, 0.1, -0.2])
    one, other = (top(values, 2, np.arange(4.0)) for values in (first, second))
    assert (one.tolist(), other.tolist()) == ([0, 1], [1, 0])
    assert feature_agreement(one, other) == 1.0
    assert rank_agreement(one, other) == 0.0
    assert sign_agreement(first, second, one, other) == 0.5


def test_what_chance_makes_agree_is_what_all_ways_of_dealing_give():
    first, second = np.array([5.0, -4.0, 1.0, 0.5, 0.0]), np.array([3.0, 4.0, 0.1, -2.0, -0.2])
    one, ties = top(first, 3, np.arange(5.0)), np.arange(5.0)
    ways = [np.array(way) for way in itertools.permutations(second)]
    tops = [top(way, 3, ties) for way in ways]
    assert np.mean([feature_agreement(one, other) for other in tops]) == pytest.approx(3 / 5)
    assert np.mean([rank_agreement(one, other) for other in tops]) == pytest.approx(1 / 5)
    signs = [sign_agreement(first, way, one, other) for way, other in zip(ways, tops, strict=True)]
    assert np.mean(signs) == pytest.approx(chance_of_signs(first, second, one, top(second, 3, ties)))
    assert np.mean([rank_correlation(first, way) for way in ways]) == pytest.approx(0.0, abs=1e-12)


def test_ranks_share_the_mean_of_theirs():
    assert ranks(np.array([2.0, 1.0, 2.0, 5.0])).tolist() == [2.5, 1.0, 2.5, 4.0]


@pytest.mark.parametrize(("first", "second", "wanted"), [([-1, 1, 1], [0, 0, 2], 0.5), ([0, 1, 0, 1], [1, 2, 1, 0], 0)])
def test_rank_correlation_agrees_with_the_figures_of_quantus(first, second, wanted):
    """`tests/functions/test_similarity_func.py` of Quantus."""
    assert rank_correlation(np.array(first, float), np.array(second, float)) == pytest.approx(wanted)


def test_rank_correlation_agrees_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    draw = generator()
    for _ in range(20):
        first, second = draw.integers(0, 5, (2, 9)).astype(float)
        assert rank_correlation(first, second) == pytest.approx(stats.spearmanr(first, second).statistic)


def test_equals_have_no_rank_correlation():
    assert np.isnan(rank_correlation(np.ones(3), np.arange(3.0)))
