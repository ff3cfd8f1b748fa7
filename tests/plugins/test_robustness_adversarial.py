"""`robustness.adversarial`: a line, on which FGSM is the worst there is, and gradients that do not show the way."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_images import build_images, files_of, pixels

from auditkit import AuditError, ClassScores, Encoded, NotApplicable, Unit
from auditkit.checks.asking import ask
from auditkit.spec import DataSpec
from auditkit.testing import toy_case, with_model
from auditkit_image import open_image_classifier
from auditkit_robustness.adversarial import accept_attacks, adversarial
from auditkit_robustness.attacking.gradients import _stepped, begun, climbed, one_step, vanishing
from auditkit_robustness.attacking.rows import Rows
from auditkit_robustness.attacking.searching import noisy, searched
from auditkit_robustness.attacking.signs import Sign, signs_of
from auditkit_robustness.planted_attacks import Halves, of_halves

SIDE = 3


def rng(seed=0):
    return np.random.default_rng(seed)


def draws(count, seed=0):
    return [rng([seed, place]) for place in range(count)]


def by_sign(outputs, _, true):
    return (outputs[:, 1] >= outputs[:, 0]).numpy() == true


def rows_of(module, shown, true):
    """Rows [m, u, 1] from 0 to 1 under a module of two outputs, whose edge is where they are equal."""
    at = torch.tensor(shown, dtype=torch.float32)
    units = ((Unit("x"),) * at.shape[1],) * len(at)
    encoded = Encoded(module, at, (), torch.zeros_like(at), units, torch.tensor(0.0), torch.tensor(1.0))
    names = tuple(map(str, range(len(at))))
    return Rows.of(
        encoded, np.array(true), names, lambda outputs, places: by_sign(outputs, places, np.array(true)[places])
    )


def line(weights, bias, shown):
    away = shown[:, :, 0] @ torch.tensor(weights, dtype=torch.float32) + bias
    return torch.stack([-away / 2, away / 2], dim=1)


WEIGHTS = [0.5, -1.0, 2.0, -0.25]


def on_a_line():
    """Points in the middle of [0, 1]^4 whose distance from the edge is known: (rows, |margin|, true)."""
    draw = rng(4)
    shown = draw.uniform(0.3, 0.7, (60, 4, 1))
    away = shown[:, :, 0] @ np.array(WEIGHTS) - 0.6
    return rows_of(partial(line, WEIGHTS, -0.6), shown, (away >= 0).astype(int)), np.abs(away)


@pytest.mark.parametrize("radius", [0.02, 0.05, 0.1])
def test_on_a_line_one_step_and_many_break_what_the_weights_sum_decides(radius):
    rows, away = on_a_line()
    # The worst change of a line is epsilon against every weight: it moves by epsilon * ||w||_1, and none moves it more.
    worst = away < radius * np.abs(WEIGHTS).sum()
    assert 3 < worst.sum() < 58
    np.testing.assert_array_equal(one_step(rows, rows.places, radius), worst)
    np.testing.assert_array_equal(climbed(rows, rows.places, radius, steps=8)[0], worst)
    start = begun(rows, rows.places, radius, draws(60))
    np.testing.assert_array_equal(climbed(rows, rows.places, radius, steps=20, start=start)[0], worst)
    # Without gradients there is nothing else to find, and noise finds less.
    blind = searched(rows, rows.places, radius, draws(60), queries=60)
    assert not (blind & ~worst).any()
    assert blind.sum() > 0.8 * worst.sum()
    assert not (noisy(rows, rows.places, radius, draws(60)) & ~worst).any()


def test_nothing_leaves_the_ball_or_the_range_from_black_to_white():
    draw = rng(2)
    rows = rows_of(partial(line, WEIGHTS, -0.6), draw.uniform(0, 1, (40, 4, 1)), draw.integers(0, 2, 40))
    start = begun(rows, rows.places, 0.3, draws(40))
    assert np.abs(start).max() <= 0.3
    _, shown = climbed(rows, rows.places, 0.3, steps=5, start=start)
    assert float((shown - rows.inputs).abs().max()) <= 0.3 + 1e-6
    assert float(shown.min()) >= 0
    assert float(shown.max()) <= 1


def small_net(seed):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        layers = (torch.nn.Flatten(), torch.nn.Linear(6, 16), torch.nn.Tanh(), torch.nn.Linear(16, 2))
        return torch.nn.Sequential(*layers).eval()


@pytest.mark.filterwarnings("ignore:Input Tensor 0 did not already require gradients")
def test_with_its_traps_mended_captums_own_pgd_ends_where_this_one_does():
    from captum.robust import PGD

    net, draw = small_net(3), rng(5)
    shown = draw.uniform(0.2, 0.8, (12, 6, 1))
    with torch.no_grad():
        true = net(torch.tensor(shown, dtype=torch.float32)).argmax(dim=1)
    rows = rows_of(net, shown, true.tolist())
    _, ended = climbed(rows, rows.places, 0.1, steps=10)
    pgd = PGD(net, loss_func=lambda out, _: -rows.margin(out, rows.places), lower_bound=0.0, upper_bound=1.0)
    pgd.fgsm.zero_thresh = 0.0
    theirs = pgd.perturb(rows.inputs.clone().requires_grad_(), 0.1, 2.5 * 0.1 / 10, 10, target=None)
    torch.testing.assert_close(ended, theirs.detach(), atol=1e-6, rtol=0)


def test_what_captum_takes_for_no_gradient_is_one():
    from captum.robust import FGSM

    faint = partial(line, [1e-7, -1e-7, 1e-7, 1e-7], 0.0)
    rows = rows_of(faint, np.full((2, 4, 1), 0.5), [1, 1])
    left = FGSM(faint, loss_func=lambda out, _: -rows.margin(out, rows.places))
    stayed = left.perturb(rows.inputs.clone().requires_grad_(), 0.1, target=None)
    torch.testing.assert_close(stayed.detach(), rows.inputs)  # the trap
    _, ended = climbed(rows, rows.places, 0.1, steps=4)
    torch.testing.assert_close((ended - rows.inputs).abs(), torch.full_like(ended, 0.1))


@pytest.mark.parametrize(
    "module",
    [
        lambda at: line(WEIGHTS, -0.6, torch.round(at * 15) / 15),
        lambda at: line(WEIGHTS, -0.6, at.detach()),
        lambda at: line(WEIGHTS, -0.6, at) * torch.nan,
        lambda at: (400 * line(WEIGHTS, -0.6, at)).sigmoid(),
    ],
    ids=["rounded", "cut off", "no number", "saturated"],
)
def test_a_gradient_that_shows_no_way_is_seen(module):
    shown = np.full((5, 4, 1), 0.5) + np.array([0.4, -0.4, 0.4, -0.4])[:, None]
    assert vanishing(rows_of(module, shown, [1] * 5)).all()
    assert not vanishing(rows_of(partial(line, WEIGHTS, -0.6), shown, [1] * 5)).any()


def test_a_sign_counts_from_two_rows_and_a_twentieth_on():
    shown = [np.arange(of) < rows for rows, of in ((1, 5), (2, 5), (2, 40), (2, 41), (3, 60))]
    assert [Sign("", one.astype(float)).counts for one in shown] == [False, True, True, False, True]
    found = signs_of(np.array([1, 1, 5, 0, 1], np.uint8), np.array([True, True, True, True, False]))
    assert [(sign.name, np.nansum(sign.shown)) for sign in found][:3] == [
        ("no gradient", 3), ("one step breaks more than many", 0), ("fewer steps break more", 1),
    ]  # fmt: skip


QUICK = {"steps": 4, "restarts": 2, "queries": 10, "most_rows": 100}


def size(epsilon):
    return {"conditions": {"epsilon": f"{epsilon}/255"}}


def test_the_numbers_of_a_line_over_pixels_by_hand():
    # Halves that lie 9 of 255 apart turn with 4.5 of 255: the left mean falls by it, and the right one rises by it.
    case = of_halves(apart={"dark": 9, "bright": 21})(rng())
    said = ask(adversarial, case, QUICK | {"epsilons": (4.0, 5.0, 10.0, 11.0)})
    assert [said.value("robust_accuracy", **size(one)) for one in (4, 5, 10, 11)] == [1.0, 0.5, 0.5, 0.0]
    assert said.value("robust_accuracy_loss", group={}, **size(5)) == 0.5
    assert said.value("robust_accuracy_loss", group={"film": "dark"}, **size(5)) == 1.0
    assert said.value("robust_accuracy_loss", group={"film": "bright"}, **size(5)) == 0.0
    assert said.value("robust_accuracy_loss_difference", group={"film": "*"}, **size(5)) == 1.0
    for attack, wanted in (("noise", 1.0), ("FGSM", 0.5), ("PGD", 0.5)):
        about = {"conditions": {"attack": attack, "epsilon": "5/255"}}
        assert said.value("attacked_accuracy", **about) == wanted, attack
    assert {one.value for one in said.of("gradient_masking_share")} == {0.0}
    (robust,) = said.of("robust_accuracy", **size(5))
    # Wilson's interval of 20 of 40, and Newcombe's paired one of 20 lost of 40.
    assert (robust.interval.low, robust.interval.high) == pytest.approx((0.3520, 0.6480), abs=1e-4)
    assert robust.interval.method == "wilson"


def test_a_masked_gradient_is_never_a_pass():
    case = of_halves(apart={"dark": 40, "bright": 40}, rounds=True)(rng())
    said = ask(adversarial, case, QUICK)
    signs = {one.conditions["sign"]: one.value for one in said.of("gradient_masking_share")}
    assert signs["no gradient"] == signs["no bound, and still right"] == 1.0
    for one in said.of("robust_accuracy"):
        assert (one.value, one.interval.low) == (1.0, 0.0)
        assert "masked" in one.interval.method
    for one in said.of("robust_accuracy_loss"):
        assert one.interval.high == 1.0
    for one in said.of("robust_accuracy_loss_difference"):
        assert (one.interval.low, one.interval.high) == (0.0, 1.0)
    noise, fgsm = (
        said.of("attacked_accuracy", conditions={"attack": name, "epsilon": "2/255"})[0] for name in ("noise", "FGSM")
    )
    assert noise.interval.low > 0.8
    assert fgsm.interval.low == 0.0


@dataclass(frozen=True)
class Misled(Halves):
    """The same line, whose gradient points the wrong way: only a blind search breaks it."""

    def encoded(self, inputs):
        found = super().encoded(inputs)

        def module(at):
            way = found.module(at)
            return (way + way.detach() * 0).detach() + (way.detach() - way)

        return Encoded(module, found.inputs, (), found.baseline, found.units, found.least, found.most)


def test_a_gradient_that_points_elsewhere_is_found_by_a_search_without_one():
    case = of_halves(apart={"dark": 6, "bright": 6})(rng())
    said = ask(adversarial, with_model(case, Misled()), {"epsilons": (80.0,), "steps": 4, "restarts": 2, "queries": 80})
    signs = {one.conditions["sign"]: one.value for one in said.of("gradient_masking_share")}
    assert signs["no gradient"] == 0.0
    assert signs["blind search breaks more"] > 0.5
    (robust,) = said.of("robust_accuracy", **size(80))
    assert robust.interval.low == 0.0


def test_rows_that_are_wrong_anyway_are_not_attacked_and_unknown_ones_not_counted():
    case = of_halves(apart={"dark": 40, "bright": 40})(rng())
    true = ["yes" if row % 2 else "no" for row in range(40)]
    true[0], true[1] = "yes", None
    other = toy_case(case.predictions, true, positive="yes", inputs=case.inputs)
    said = ask(adversarial, with_model(other, Halves()), QUICK | {"epsilons": (2.0,)})
    (robust,) = said.of("robust_accuracy")
    assert (robust.value, robust.n) == (38 / 39, 39)
    assert said.of("gradient_masking_share")[0].n == 38
    assert said.value("robust_accuracy_loss") == 0.0


def test_a_model_that_is_always_wrong_has_nothing_to_attack():
    case = of_halves(apart={"dark": 40, "bright": 40})(rng())
    other = toy_case(case.predictions, ["no" if row % 2 else "yes" for row in range(40)], inputs=case.inputs)
    said = ask(adversarial, with_model(other, Halves()), QUICK)
    assert {one.value for one in said.of("robust_accuracy")} == {0.0}
    assert {one.value for one in said.of("gradient_masking_share")} == {None}


def test_the_threshold_of_the_audit_decides():
    case = of_halves(apart={"dark": 9, "bright": 9})(rng())
    true = ["yes" if row % 2 else "no" for row in range(40)]
    # At a threshold of 0.9 a yes needs a difference of ln(9) / 40 = 14 of 255: no yes is right before.
    strict = toy_case(case.predictions, true, positive="yes", threshold=0.9, inputs=case.inputs)
    said = ask(adversarial, with_model(strict, Halves()), QUICK | {"epsilons": (4.0, 12.0)})
    assert said.value("robust_accuracy", **size(4)) == 0.5
    assert said.value("robust_accuracy", **size(12)) == 0.0  # -9 + 24 = 15 of 255


def test_an_image_models_pixels_lie_between_black_and_white(tmp_path):
    films = files_of(tmp_path, [pixels(seed) for seed in range(3)])
    data = DataSpec(audit="rows.csv", input="path", target="label")
    model = open_image_classifier(
        build_images(tmp_path / "model"), device="cpu", labels={}, spec_folder=tmp_path, target_classes=(), data=data
    )
    encoded = model.encoded(films)
    # The processor takes 0.5 off and divides by 0.5.
    assert encoded.least.tolist() == pytest.approx([-1.0] * 3)
    assert encoded.most.tolist() == pytest.approx([1.0] * 3)
    said = model.predict(films)
    true = [said.classes[place] for place in said.scores.argmax(axis=1)]
    case = with_model(toy_case(said, true, inputs=films), model)
    found = ask(adversarial, case, QUICK | {"epsilons": (1.0, 64.0)})
    small, large = (found.value("robust_accuracy", **size(one)) for one in (1, 64))
    assert large <= small
    assert found.of("robust_accuracy")[0].n == 3


def test_who_cannot_be_attacked_is_told_why():
    case = of_halves(apart={"dark": 9, "bright": 9})(rng())
    bare = toy_case(case.predictions, inputs=case.inputs)
    with pytest.raises(NotApplicable, match="do not say what is right"):
        ask(adversarial, with_model(bare, Halves()), QUICK)

    class Endless(Halves):
        def encoded(self, inputs):
            found = super().encoded(inputs)
            return Encoded(found.module, found.inputs, (), found.baseline, found.units)

    with pytest.raises(NotApplicable, match="no least and no most"):
        ask(adversarial, with_model(case, Endless()), QUICK)

    class Deaf:
        def predict(self, inputs):
            return ClassScores(("no", "yes"), np.full((len(inputs), 2), 0.5))

    with pytest.raises(NotApplicable, match="not"):
        ask(adversarial, with_model(case, Deaf()), QUICK)


@pytest.mark.parametrize(
    "options", [{"epsilons": ()}, {"epsilons": (0.0,)}, {"epsilons": (300.0,)}, {"steps": 0}, {"queries": 0}]
)
def test_attacks_that_are_none_are_refused(options):
    with pytest.raises(AuditError):
        accept_attacks(**options)


def test_the_order_of_the_rows_has_no_part():
    case = of_halves(apart={"dark": 9, "bright": 13})(rng())
    turned = np.arange(40)[::-1]
    other = toy_case(
        case.predictions.take(turned),
        [("no", "yes")[row % 2] for row in turned],
        positive="yes",
        inputs=pd.Series(list(case.inputs)[::-1], dtype=object),
    )
    how = QUICK | {"epsilons": (4.0, 6.0)}
    one, two = (ask(adversarial, with_model(each, Halves()), how) for each in (case, other))
    for metric in ("attacked_accuracy", "robust_accuracy"):
        assert [each.value for each in one.of(metric)] == [each.value for each in two.of(metric)]


def basic(shown):
    """captum's own `BasicModel` (tests/helpers/basic_models.py): 1 - relu(1 - x), of which a row has five outputs."""
    return 1 - torch.relu(1 - shown)


def captums_loss(place):
    return lambda outputs, _: -torch.log(outputs[:, place])


@pytest.mark.parametrize(
    ("shown", "target", "epsilon", "how", "wanted"),
    [
        ([2, -9, 9, 1, -3], 1, 0.1, {}, [2, -8.9, 9, 1, -3]),
        ([9, 10, -6, -1], 3, 0.2, {"targeted": True}, [9, 10, -6, -1.2]),
        ([9, 10, -6, -1], 3, 0.2, {"targeted": True, "most": 5.0}, [5, 5, -5, -1.2]),
    ],
)
def test_captum_takes_the_steps_that_its_own_tests_publish(shown, target, epsilon, how, wanted):
    # captum tests/robust/test_FGSM.py, faac087: the step that ours rests on.
    from captum.robust import FGSM

    most = how.pop("most", float("inf"))
    fgsm = FGSM(basic, lower_bound=-most, upper_bound=most)
    found = fgsm.perturb(torch.tensor([shown], dtype=torch.float32, requires_grad=True), epsilon, target, **how)
    torch.testing.assert_close(found.detach(), torch.tensor([wanted], dtype=torch.float32))


def test_captums_many_steps_end_as_its_own_tests_publish():
    # captum tests/robust/test_PGD.py, faac087. After a step what it hands on asks for no gradients, and it warns.
    from captum.robust import PGD

    given = torch.tensor([[2.0, -9.0, 9.0, 1.0, -3.0]], requires_grad=True)
    with pytest.warns(UserWarning, match="did not already require gradients"):
        found = PGD(basic).perturb(given, radius=0.2, step_size=0.1, step_num=3, target=4)
    torch.testing.assert_close(found.detach(), torch.tensor([[2.0, -9.0, 9.0, 1.0, -2.8]]))


def test_our_step_is_captums_in_the_range_of_a_models_inputs():
    at = torch.tensor([[2.0, -9.0, 9.0, 1.0, -3.0]])
    encoded = Encoded(basic, at, (), torch.zeros_like(at), ((Unit("x"),) * 5,), torch.tensor(-10.0), torch.tensor(10.0))
    rows = Rows.of(encoded, np.array([1]), ("0",), lambda outputs, _: by_sign(outputs, None, np.array([1])))
    # From 0, which is -10, to 1, which is 10: a step of 0.1 is 0.005 of the way.
    found = _stepped(rows, rows.places, captums_loss(1), rows.inputs, 0.005)
    torch.testing.assert_close(20 * found - 10, torch.tensor([[2.0, -8.9, 9.0, 1.0, -3.0]]), atol=1e-5, rtol=0)
