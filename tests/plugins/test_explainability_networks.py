"""What looks inside a network: DeepLift and guided Grad-CAM, by hand, beside captum's own, and where they cannot."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path

import captum.attr
import numpy as np
import pandas as pd
import pytest
import torch
from tiny_images import build_images, files_of, pixels
from torch.nn import AvgPool2d, Conv2d, Flatten, Linear, Module, ModuleList, ReLU, Sequential
from torch.nn import functional as F  # noqa: N812  as everybody writes it

from auditkit import AuditError, ClassScores, Encoded, NotApplicable, Unit
from auditkit.checks.asking import ask
from auditkit.spec import DataSpec
from auditkit.testing import toy_case, with_model
from auditkit_explainability.attributing import (
    DEEP_LIFT,
    GRADIENT_INPUT,
    GUIDED,
    INTEGRATED,
    OCCLUSION,
    SMOOTHED,
    attributions,
    methods_of,
    targets_of,
)
from auditkit_explainability.attributing.gradients import Climb, first_climb
from auditkit_explainability.attributing.networks import (
    NO_CONVOLUTION,
    NO_NETWORK,
    NO_RELU,
    OWN_RELU,
    REUSED,
    SEVERAL,
    STEPS_UNKNOWN,
    UNPLACED,
    deep_lift,
    guided,
)
from auditkit_explainability.attributions import accept_pieces, attributed_answers
from auditkit_explainability.judged.qualities import suiting
from auditkit_image import open_image_classifier

# captum warns of its hooks, and sets what it needs by itself.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:captum")


class Differences(Module):
    """captum's BasicModel3: relu(relu(x1 - 1) - relu(x2))."""

    def __init__(self, *, inplace=False, reused=False):
        super().__init__()
        self.first = ReLU(inplace=inplace)
        self.second = self.first if reused else ReLU(inplace=inplace)
        self.last = self.first if reused else ReLU(inplace=inplace)

    def forward(self, shown):
        return self.last(self.first(shown[:, :1] - 1) - self.second(shown[:, 1:]))


class Picture(Module):
    """A convolution of one place, a ReLU, and the mean of what is left, four times."""

    def __init__(self, relu=None, weight=2.0):
        super().__init__()
        self.see = Conv2d(1, 1, 1, bias=False)
        torch.nn.init.constant_(self.see.weight, weight)
        self.relu = relu

    def forward(self, shown):
        return 4 * (self.relu or F.relu)(self.see(shown)).mean(dim=(2, 3))


SEEN = [[1.0, 2.0], [-1.0, 3.0]]


def climb_of(network, at, *, outputs=None, baseline=None):
    inputs = torch.tensor(at, dtype=torch.float32)
    zero = torch.zeros_like(inputs) if baseline is None else torch.tensor(baseline, dtype=torch.float32)
    encoded = Encoded(outputs or network, inputs, (), zero, (), network=network)
    return Climb(encoded, zero, torch.zeros(len(inputs), dtype=torch.int64))


def of_picture(network, at=SEEN):
    """A picture of one channel, its places one after another."""
    tall, wide = np.shape(at)
    return climb_of(
        network,
        np.reshape(at, (1, tall * wide, 1)),
        outputs=lambda shown: network(shown.reshape(len(shown), tall, wide, 1).permute(0, 3, 1, 2)),
    )


def test_deep_lift_hands_differences_back_through_each_activation():
    """x1 - 1 rises by 3, from -1 to 2, and its ReLU by 2: x1 has 3 * 2/3 = 2; x2 has -1; the last ReLU passes all."""
    found, _ = deep_lift(climb_of(Differences(), [[3.0, 1.0]]))
    np.testing.assert_allclose(found.numpy(), [[2.0, -1.0]], rtol=1e-6)


@pytest.mark.parametrize("inplace", [False, True])
def test_deep_lift_is_captums_and_adds_up(inplace):
    at, zero = [[3.0, 1.0], [2.0, 4.0], [5.0, 0.5]], [[0.5, 0.2], [4.0, 0.0], [0.0, 0.0]]
    climb = climb_of(Differences(inplace=inplace), at, baseline=zero)
    found, _ = deep_lift(climb)
    own = captum.attr.DeepLift(Differences())
    expected = own.attribute(torch.tensor(at), torch.tensor(zero), target=0)
    np.testing.assert_allclose(found.numpy(), expected.detach().numpy(), rtol=1e-6)
    np.testing.assert_allclose(climb.gap(found).numpy(), 0.0, atol=1e-6)
    assert climb.encoded.network.first.inplace is inplace


def test_deep_lift_says_where_it_cannot():
    with pytest.raises(NotApplicable, match=REUSED):
        deep_lift(climb_of(Differences(reused=True), [[3.0, 1.0]]))
    with pytest.raises(NotApplicable, match=NO_NETWORK):
        deep_lift(climb_of(None, [[3.0, 1.0]], outputs=Differences()))
    two = ModuleList([Differences(), Differences()])
    with pytest.raises(NotApplicable, match=SEVERAL):
        deep_lift(climb_of(two, [[3.0, 1.0]], outputs=lambda shown: sum(one(shown) for one in two)))


@pytest.mark.parametrize("inplace", [False, True])
def test_guided_grad_cam_by_hand(inplace):
    """The map is A = 2 x = (2, 4, -2, 6), its slopes (1, 1, 0, 1), their mean 3/4: relu(3/4 A) = (1.5, 3, 0, 4.5).

    Guided slopes of the picture are 2 (1, 1, 0, 1).
    """
    network = Picture(ReLU(inplace=inplace))
    found, _ = guided(of_picture(network))
    np.testing.assert_allclose(found.numpy().ravel(), [3.0, 6.0, 0.0, 9.0], rtol=1e-6)
    assert network.relu.inplace is inplace


def test_a_slope_that_points_down_is_not_guided_on():
    """Of -mean: slopes into the ReLU are negative, none is passed; the map's mean slope is negative, its ReLU none."""
    found, _ = guided(of_picture(Sequential(Picture(ReLU()), Linear(1, 1, bias=False)).apply(_minus)))
    np.testing.assert_allclose(found.numpy().ravel(), 0.0)


def _minus(module):
    if isinstance(module, Linear):
        torch.nn.init.constant_(module.weight, -1.0)


def small_network():
    torch.manual_seed(3)
    layers = [
        ("first", Conv2d(3, 4, 3, padding=1)), ("relu", ReLU(inplace=True)), ("pool", AvgPool2d(2)),
        ("second", Conv2d(4, 5, 3, padding=1)), ("again", ReLU(inplace=True)), ("end", AvgPool2d(4)),
        ("one", Conv2d(5, 3, 1)), ("flat", Flatten()),
    ]  # fmt: skip
    network = Sequential(OrderedDict(layers)).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return network


@pytest.mark.parametrize("layer", ["", "first"])
def test_guided_grad_cam_is_captums(layer):
    """Of the last convolution that sees several places, which is the second, or of the one that is named."""
    network = small_network()
    shown = torch.rand(4, 3, 8, 8, generator=torch.Generator().manual_seed(1))
    flat = shown.permute(0, 2, 3, 1).reshape(4, 64, 3)
    encoded = Encoded(
        lambda at: network(at.reshape(-1, 8, 8, 3).permute(0, 3, 1, 2)), flat, (), torch.zeros_like(flat), (),
        network=network,
    )  # fmt: skip
    targets = torch.tensor([0, 1, 2, 1])
    found, _ = guided(Climb(encoded, encoded.baseline, targets), layer)
    own = captum.attr.GuidedGradCam(network, getattr(network, layer or "second"))
    for one in network:
        one.inplace = False
    expected = own.attribute(shown, targets, interpolate_mode="bilinear")
    assert expected.abs().max() > 1e-4
    np.testing.assert_allclose(
        found.numpy(), expected.detach().permute(0, 2, 3, 1).reshape(4, 64, 3).numpy(), rtol=1e-4, atol=1e-7
    )


def test_guided_grad_cam_says_where_it_cannot():
    with pytest.raises(NotApplicable, match=OWN_RELU):
        guided(of_picture(Picture()))
    with pytest.raises(NotApplicable, match=NO_RELU):
        guided(of_picture(Picture(torch.nn.GELU())))
    with pytest.raises(NotApplicable, match=NO_CONVOLUTION):
        guided(of_picture(Sequential(Flatten(), Linear(4, 1), ReLU())))
    with pytest.raises(NotApplicable, match=UNPLACED):
        guided(of_picture(Sequential(AvgPool2d((1, 2)), Picture(ReLU()))))
    with pytest.raises(AuditError, match="no convolution named 'relu'") as refused:
        guided(of_picture(Picture(ReLU())), "relu")
    assert refused.value.hint == "they are see"


class OnTables:
    """Two columns through a network of one output."""

    batch_size = 4

    def __init__(self, network):
        self.network = network.eval()

    def predict(self, inputs):
        with torch.no_grad():
            odds = self.network(self._at(inputs)).double().numpy()[:, 0]
        yes = 1 / (1 + np.exp(-odds))
        return ClassScores(("yes",), yes[:, None], "score")

    def encoded(self, inputs):
        at = self._at(inputs)
        units = ((Unit("a"), Unit("b")),) * len(at)
        return Encoded(self.network, at, (), torch.zeros_like(at), units, network=self.network)

    def _at(self, inputs):
        return torch.tensor(inputs[["a", "b"]].to_numpy(dtype=np.float32))


def on_a_table(network):
    draw = np.random.default_rng(0)
    rows = pd.DataFrame({"a": draw.normal(size=12), "b": draw.normal(size=12)})
    model = OnTables(network)
    return with_model(toy_case(model.predict(rows), ["yes"] * 12, inputs=rows), model)


class Cubed(Module):
    """No module that captum knows cubes."""

    def forward(self, shown):
        return (shown**3).sum(dim=1, keepdim=True) + shown.prod(dim=1, keepdim=True)


def network_of_two():
    torch.manual_seed(5)
    return Sequential(Linear(2, 6), ReLU(), Linear(6, 1))


def test_deep_lift_is_tried_where_it_adds_up():
    case = on_a_table(network_of_two())
    assert methods_of(case) == (INTEGRATED, GRADIENT_INPUT, DEEP_LIFT, OCCLUSION)
    assert attributions(case, DEEP_LIFT).gap.max() < 1e-4
    assert DEEP_LIFT not in methods_of(on_a_table(Cubed()))


def told(case, **options):
    found = ask(attributed_answers, case, options)
    return found, [one for one in found if hasattr(one, "rows")]


def test_the_check_says_why_a_network_is_not_looked_into():
    found, (table,) = told(on_a_table(network_of_two()))
    assert found.value("attribution_completeness", conditions={"method": DEEP_LIFT}) == pytest.approx(0.0, abs=1e-4)
    assert [str(line[0]) for line in table.rows] == [INTEGRATED, GRADIENT_INPUT, DEEP_LIFT, OCCLUSION]
    assert str(table.rows[2][-1]) == "must add up"
    _, (_, refused) = told(on_a_table(Cubed()))
    assert [tuple(map(str, line)) for line in refused.rows] == [(DEEP_LIFT, STEPS_UNKNOWN)]


def test_methods_that_are_named_are_tried_alone():
    found, (table,) = told(on_a_table(Cubed()), methods=(DEEP_LIFT,))
    assert [str(line[0]) for line in table.rows] == [DEEP_LIFT]
    assert found.value("attribution_completeness", conditions={"method": DEEP_LIFT}) > 0.05
    (rate,) = found.of("attribution_incomplete_rate")
    assert "not among the methods" in str(rate.undefined)
    accept_pieces(methods=(f"{GUIDED} at see",), most_rows=1)
    with pytest.raises(AuditError, match="grad-cam") as refused:
        accept_pieces(methods=("grad-cam",))
    assert f"{GUIDED} at LAYER" in refused.value.hint


def open_films(folder, kind):
    data = DataSpec(audit="rows.csv", input="path", target="label")
    model = open_image_classifier(
        build_images(folder / kind, kind=kind), device="cpu", labels={}, spec_folder=Path(),
        target_classes=("benign",), data=data,
    )  # fmt: skip
    shown = files_of(folder, [pixels(seed) for seed in range(4)])
    said = model.predict(shown)
    return with_model(toy_case(said, [said.classes[0]] * 4, inputs=pd.Series(list(shown), dtype=object)), model)


def test_a_real_models_films_are_looked_into_as_captum_does(tmp_path):
    films = open_films(tmp_path, "resnet")
    assert methods_of(films) == (INTEGRATED, SMOOTHED, GRADIENT_INPUT, DEEP_LIFT, GUIDED, OCCLUSION)
    targets = targets_of(films, films.predictions)
    climb = first_climb(films, targets)
    found, _ = guided(climb)
    network = films.broker.model.module
    convolutions = {name: one for name, one in network.named_modules() if isinstance(one, Conv2d)}
    wrapped = _Logits(network)
    shown = climb.encoded.inputs.reshape(4, 16, 16, 3).permute(0, 3, 1, 2)
    last = list(convolutions.values())[-1]
    own = captum.attr.GuidedGradCam(wrapped, last)
    expected = own.attribute(shown.contiguous(), torch.tensor(targets), interpolate_mode="bilinear")
    np.testing.assert_allclose(
        found.numpy(), expected.detach().permute(0, 2, 3, 1).reshape(4, 256, 3).numpy(), rtol=1e-3, atol=1e-6
    )
    whole = attributions(films, GUIDED, most=16).by_piece.sum(axis=1)
    np.testing.assert_allclose(whole, found.numpy().sum(axis=(1, 2)), rtol=1e-4)
    named = attributions(films, f"{GUIDED} at {next(iter(convolutions))}", most=16)
    assert not np.allclose(named.by_piece, attributions(films, GUIDED, most=16).by_piece)


class _Logits(Module):
    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, shown):
        return self.network(shown).logits


def test_of_a_transformer_it_is_said_why_not(tmp_path):
    films = open_films(tmp_path, "vit")
    assert not {DEEP_LIFT, GUIDED} & set(suiting(films))
    _, (_, refused) = told(films)
    assert [tuple(map(str, line)) for line in refused.rows] == [(DEEP_LIFT, STEPS_UNKNOWN), (GUIDED, NO_RELU)]
