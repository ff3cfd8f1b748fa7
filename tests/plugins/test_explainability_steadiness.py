"""Stability, randomised models and agreement: by hand, on networks whose explanations are known, and restored after."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy import stats

from auditkit import AuditError, ClassScores, Encoded, NotApplicable, Table, Unit, Values
from auditkit.checks.asking import ask
from auditkit.checks.controls import run_control
from auditkit.perturbation import Rows
from auditkit.testing import toy_case, with_model
from auditkit_explainability.agreement import accept_methods, methods_agreement
from auditkit_explainability.attributing import GRADIENT_INPUT, INTEGRATED, KERNEL_SHAP, OCCLUSION
from auditkit_explainability.attributing.gradients import Climb, gradient_times_input
from auditkit_explainability.judged.comparing import agreements
from auditkit_explainability.judged.keeping import moves, randomised
from auditkit_explainability.judged.nearby import Entropies, Neighbour, Ranges, random_parameters
from auditkit_explainability.judged.options import accept_gradients
from auditkit_explainability.judged.qualities import BY_CHANCE, OWN
from auditkit_explainability.planted.faithfulness import of_slope
from auditkit_explainability.planted.steadiness import Sparse, of_network
from auditkit_explainability.randomisation import accept_randomisations, over_models, randomisation
from auditkit_explainability.stability import better, stability

EFFORT = {"neighbours": 3, "radius": 0.02, "column": ""}


def rng(seed=2):
    return np.random.default_rng(seed)


# Neighbours.


def encoded(values, units=None, **ends):
    at = torch.tensor(values, dtype=torch.float64)
    names = units or ((Unit("x"),) * at.shape[1],) * len(at)
    return Encoded(lambda shown: torch.stack([-shown.sum(1), shown.sum(1)], 1), at, (), at * 0, names, **ends)


def neighbour_of(given, radius=0.1):
    seen = {}

    def method(climb):
        seen["inputs"] = climb.encoded.inputs
        return gradient_times_input(climb)

    one = Neighbour(method, ClassScores(("no", "yes"), np.full((len(given.inputs), 2), 0.5)), [rng(), rng(3)], radius)
    one(Climb(given, given.baseline, torch.ones(len(given.inputs), dtype=torch.int64)))
    return one, seen["inputs"]


def test_neighbours_lie_within_the_radius_of_their_rows_range():
    given = encoded([[0.0, 4.0, 2.0], [5.0, 5.5, 6.0]])
    one, shown = neighbour_of(given)
    moved = (shown - given.inputs).abs()
    assert moved[0].max() <= 0.4
    assert moved[1].max() <= 0.1
    assert moved.max() > 0
    assert one.output_moved == pytest.approx(((shown - given.inputs).sum(1).abs() * np.sqrt(2)).tolist())
    relative = ((shown - given.inputs) / given.inputs)[1].norm()
    assert one.input_moved[1] == pytest.approx(float(relative))
    assert one.same == [True, True]


def test_neighbours_stay_between_black_and_white():
    given = encoded([[0.0, 1.0, 1.0], [1.0, 0.0, 0.0]], least=torch.zeros(1).double(), most=torch.ones(1).double())
    _, shown = neighbour_of(given, radius=1.0)
    assert shown.min() >= 0
    assert shown.max() <= 1


def test_a_tables_numbers_move_by_the_range_of_their_own_column():
    """A row holds an age and a yes or no: a fiftieth of the ages' range would turn the other round."""
    ages = np.linspace(20.0, 80.0, 41)
    given = encoded([[age, float(place % 2), 7.0] for place, age in enumerate(ages)])
    ranges = Ranges()
    climb = Climb(given, given.baseline, torch.ones(41, dtype=torch.int64))
    assert float(ranges(climb)[0].abs().max()) == 0
    assert ranges.reach.tolist() == pytest.approx([60.0, 1.0, 0.0])

    draws = [rng(place) for place in range(41)]
    said = ClassScores(("no", "yes"), np.full((41, 2), 0.5))
    seen = {}

    def method(moved):
        seen["inputs"] = moved.encoded.inputs
        return gradient_times_input(moved)

    Neighbour(method, said, draws, 0.02, ranges.reach)(climb)
    moved = (seen["inputs"] - given.inputs).abs().amax(dim=0)
    assert 1.0 < float(moved[0]) <= 1.2
    assert 0.01 < float(moved[1]) <= 0.02
    assert float(moved[2]) == 0


def test_rows_of_which_nothing_moves_have_no_neighbours():
    case = of_slope("right")(rng())
    same = case.narrowed(np.array([0]))
    found = moves(same, method="gradient", named=True, effort=EFFORT)
    assert np.isnan(found[OWN]).all()


def test_padding_does_not_move_and_changes_nothing_of_what_is_drawn():
    part = (Unit("a"), Unit("b"), None)
    padded = encoded([[1.0, 3.0, 99.0], [2.0, 3.0, 99.0]], (part, part))
    plain = encoded([[1.0, 3.0], [2.0, 3.0]])
    (_, one), (_, other) = neighbour_of(padded), neighbour_of(plain)
    assert torch.equal(one[:, 2], padded.inputs[:, 2])
    assert torch.equal(one[:, :2], other)


def test_a_decision_that_turns_is_no_neighbour_of_the_same():
    given = encoded([[0.5, -0.49], [-0.5, 0.51]])
    one, shown = neighbour_of(given, radius=1.0)
    assert one.same == ((shown.sum(1) > 0) == (given.inputs.sum(1) > 0)).tolist()
    assert False in one.same


# Stability.


def test_contrast_by_hand():
    assert better("", np.array([1.0, 0.0, 2.0]), np.array([3.0, 5.0, 2.0])) == pytest.approx([0.5, 1.0, 0.0])
    assert np.isnan(better("", np.zeros(1), np.zeros(1))).all()


def test_the_gradient_of_a_line_does_not_move_at_all():
    case = of_slope("right")(rng())
    found = moves(case, method="gradient", named=True, effort=EFFORT)
    assert found[OWN][0] == pytest.approx(np.zeros(len(case)))
    # A row that lies at the edge of the decision may have no neighbour of the same one.
    known = np.isfinite(found[OWN]).all(axis=0)
    assert known.sum() > 0.9 * len(case)
    assert found[OWN][:, known] == pytest.approx(np.zeros((3, known.sum())))
    assert (found[BY_CHANCE][:, known] > 0).all()


def test_neighbours_are_drawn_by_what_a_row_holds():
    case = of_slope("right")(rng())
    turned = case.narrowed(np.arange(len(case))[::-1].astype(np.int64))
    first, second = (moves(one, method=GRADIENT_INPUT, named=True, effort=EFFORT) for one in (case, turned))
    for side in (OWN, BY_CHANCE):
        np.testing.assert_allclose(first[side][:, ::-1], second[side], rtol=1e-3)


def test_a_steady_explanation_and_one_that_leaps():
    steady, leaping = (
        ask(stability, of_slope(slope)(rng()), {"methods": (GRADIENT_INPUT,), "neighbours": 4})
        for slope in ("right", "wild")
    )
    about = {"conditions": {"method": GRADIENT_INPUT}}
    assert steady.value("stability_over_random", group={}, **about) > 0.8
    assert leaping.value("stability_over_random", group={}, **about) < 0.6
    assert steady.value("max_sensitivity", **about) < 0.2 < leaping.value("max_sensitivity", **about)


def test_models_without_gradients_have_no_random_parameters_and_their_texts_no_neighbours():
    table = pd.DataFrame({"a": [0.0, 1.0], "b": [1.0, 0.0]})
    model = Silent()
    texts = pd.Series(["a cough for days", "no fever at all"], dtype=object)
    case = with_model(toy_case(model.predict(table), inputs=texts), model)
    with pytest.raises(NotApplicable, match="another text"):
        ask(stability, case, {})
    case = with_model(toy_case(model.predict(table), inputs=table), model)
    with pytest.raises(NotApplicable, match="no gradients"):
        ask(randomisation, case, {})


class Silent:
    def predict(self, inputs):
        return Values(inputs["a"].to_numpy(float))


# Random parameters.


def a_network():
    with torch.random.fork_rng():
        torch.manual_seed(4)
        return torch.nn.Sequential(torch.nn.Linear(6, 5), torch.nn.LayerNorm(5), torch.nn.Linear(5, 2))


def parameters(network):
    return [one.detach().clone() for one in network.parameters()]


def test_parameters_are_random_for_a_while_and_then_their_own_to_the_last_bit():
    network = a_network()
    before = parameters(network)
    with random_parameters(network, rng()):
        during = parameters(network)
    after = parameters(network)
    assert not any(torch.equal(*pair) for pair in zip(before[:2], during[:2], strict=True))
    assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))
    # The weights of a norm are all 1: they have no spread, and keep it.
    assert torch.equal(before[2], during[2])


def test_parameters_come_back_when_something_breaks_meanwhile():
    network = a_network()
    before = parameters(network)
    with pytest.raises(RuntimeError, match="broken"), random_parameters(network, rng()):
        raise RuntimeError("broken")
    assert all(torch.equal(*pair) for pair in zip(before, parameters(network), strict=True))


def test_random_parameters_have_the_mean_and_spread_of_the_networks_own():
    network = torch.nn.Linear(300, 300)
    own = network.weight.detach() * 3 + 1
    with torch.no_grad():
        network.weight.copy_(own)
    with random_parameters(network, rng()):
        assert float(network.weight.detach().mean()) == pytest.approx(float(own.mean()), abs=0.01)
        assert float(network.weight.detach().std()) == pytest.approx(float(own.std()), rel=0.02)


def test_tied_half_precision_parameters_are_exchanged_once_and_stay_tied():
    network = torch.nn.ModuleList([torch.nn.Linear(4, 4, bias=False), torch.nn.Linear(4, 4, bias=False)])
    network[1].weight = network[0].weight
    network = network.to(torch.bfloat16)
    before = network[0].weight.detach().clone()
    with random_parameters(network, rng()):
        assert network[0].weight is network[1].weight
        assert network[0].weight.dtype == torch.bfloat16
        assert not torch.equal(network[0].weight, before)
    assert torch.equal(network[0].weight, before)


def test_a_network_without_parameters_cannot_be_random():
    with pytest.raises(NotApplicable, match="no parameters"), random_parameters(torch.nn.ReLU(), rng()):
        pass


def randomly(case):
    return randomised(case, method=GRADIENT_INPUT, named=True, effort={"randomisations": 2, "column": ""})


def test_each_batch_sees_the_same_random_model():
    case = of_network(follows=True)(rng())
    model = Sparse()
    smaller = with_model(toy_case(case.predictions, positive="yes", inputs=case.inputs), replace(model, batch_size=7))
    np.testing.assert_allclose(randomly(smaller), randomly(with_model(case, model)), rtol=1e-5)


def test_an_explanation_that_follows_the_network_and_one_that_does_not():
    follows, fixed = (randomly(of_network(follows=one)(rng())) for one in (True, False))
    assert (follows[0] > 0).mean() > 0.9
    assert follows[1].mean() < 0.9
    assert fixed[0] == pytest.approx(np.zeros(fixed[0].shape))
    assert fixed[1] == pytest.approx(np.ones(fixed[1].shape))


def test_the_luck_of_rows_and_of_models_adds_up_by_hand():
    numbers = np.array([np.linspace(0, 1, 12), np.linspace(1, 2, 12), np.linspace(2, 3, 12)])
    rows = Rows(None, None, 0.95)
    half = stats.t.ppf(0.975, 11) * np.linspace(1, 2, 12).std(ddof=1) / np.sqrt(12)
    for is_another, factor in ((True, np.sqrt(1 + 1 / 3)), (False, np.sqrt(1 / 3))):
        found = over_models(rows, numbers, is_another=is_another)
        away = np.hypot(half, stats.t.ppf(0.975, 2) * 1.0 * factor)
        assert found.value == pytest.approx(1.5)
        assert (found.limits.low, found.limits.high) == pytest.approx((1.5 - away, 1.5 + away))


def test_too_few_rows_tell_nothing_of_random_models():
    assert over_models(Rows(None, None, 0.95), np.ones((3, 5)), is_another=True).value is None


def verdicts(said):
    first = next(one for one in said if isinstance(one, Table))
    return {str(row[0]): str(row[-1]) for row in first.rows}


@pytest.mark.parametrize(
    ("follows", "word"), [(True, "follows what the model has learnt"), (False, "do not rely on this")]
)
def test_it_is_marked(follows, word):
    said = ask(randomisation, of_network(follows=follows)(rng()), {"methods": (GRADIENT_INPUT,)})
    assert verdicts(said) == {GRADIENT_INPUT: word}


def test_few_numbers_tell_nothing_of_their_histogram():
    """The line has six columns; it names its network, and has too few numbers for bins."""
    at = torch.linspace(0, 1, 6).reshape(1, 6)
    network = torch.nn.Linear(6, 1)
    given = Encoded(network, at, (), at * 0, ((Unit("x"),) * 6,), network=network)
    one = Entropies(gradient_times_input)
    one(Climb(given, given.baseline, torch.zeros(1, dtype=torch.int64)))
    assert np.isnan(one.found).all()


def test_a_network_that_is_not_named_cannot_be_random():
    with pytest.raises(NotApplicable, match="does not say on which parameters"):
        ask(randomisation, of_slope("right")(rng()), {"methods": (GRADIENT_INPUT,)})


# Agreement.


def test_agreement_on_a_line_is_all_that_chance_leaves():
    case = of_slope("right")(rng())
    found = agreements(case, methods=[GRADIENT_INPUT, OCCLUSION], named=True, effort={"top": 2, "column": ""})
    assert found[0] == pytest.approx(np.full(len(case), 1 - 2 / 6))
    assert found[1] == pytest.approx(np.full(len(case), 1 - 1 / 6))
    assert found[3] == pytest.approx(np.ones(len(case)))


def test_methods_that_attribute_nothing_do_not_agree_on_it():
    class Constant:
        def predict(self, rows):
            return ClassScores(("no", "yes"), np.full((len(rows), 2), 0.5))

    table = pd.DataFrame({name: np.arange(12.0) for name in "abc"})
    case = with_model(toy_case(Constant().predict(table), inputs=table), Constant())
    found = agreements(case, methods=[OCCLUSION, KERNEL_SHAP], named=True, effort={"top": 2, "column": ""})
    assert np.isnan(found).all()
    with pytest.raises(NotApplicable, match="attribute something"):
        ask(methods_agreement, case, {})


def test_pairs_are_held_together():
    said = ask(methods_agreement, of_slope("right")(rng()), {"top": 2})
    pairs = {one.conditions["methods"] for one in said.of("feature_agreement_over_chance")}
    assert pairs == {
        f"{INTEGRATED} and {GRADIENT_INPUT}", f"{INTEGRATED} and {OCCLUSION}", f"{GRADIENT_INPUT} and {OCCLUSION}"
    }  # fmt: skip
    assert all(one.interval.simultaneous for one in said.of("feature_agreement_over_chance"))
    assert {one.conditions["method"] for one in said.of("attribution_sparseness")} == {
        INTEGRATED, GRADIENT_INPUT, OCCLUSION
    }  # fmt: skip


@pytest.mark.parametrize(
    ("accept", "options"),
    [
        (accept_methods, {"methods": (OCCLUSION,)}),
        (accept_methods, {"top": 0}),
        (accept_gradients, {"methods": (OCCLUSION,)}),
        (accept_gradients, {"radius": 0.0}),
        (accept_gradients, {"neighbours": 0}),
        (accept_randomisations, {"randomisations": 1}),
    ],
)
def test_options_that_are_none_are_refused(accept, options):
    with pytest.raises(AuditError):
        accept(**options)


@pytest.mark.parametrize("check", [stability, randomisation, methods_agreement], ids=lambda check: check.id)
def test_controls_are_seen_at_another_level(check):
    for known in check.controls:
        control, _ = run_control(check, known, {}, level=0.9)
        assert control.passed, control.observed
