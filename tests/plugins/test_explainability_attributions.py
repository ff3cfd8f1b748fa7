"""Attributions: a line, whose pieces are known; captum's own pairs; pictures and texts through real adapters."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from tiny_images import build_images, files_of, pixels

from auditkit import AuditError, ClassScores, Encoded, LabelScores, NotApplicable, Unit, Values
from auditkit.checks.asking import ask
from auditkit.spec import DataSpec
from auditkit.testing import toy_case, with_model
from auditkit_explainability.attributing import (
    DEEP_LIFT,
    GRADIENT,
    GRADIENT_INPUT,
    GUIDED,
    INTEGRATED,
    KERNEL_SHAP,
    OCCLUSION,
    RANDOM,
    SMOOTHED,
    Asker,
    attributions,
    methods_of,
    scores_of,
    targets_of,
)
from auditkit_explainability.attributing.gradients import Climb, integrated, smoothed
from auditkit_explainability.attributing.networks import NO_NETWORK
from auditkit_explainability.attributions import accept_pieces, attributed_answers
from auditkit_explainability.pieces import pieces_of
from auditkit_explainability.pieces.words import words_in
from auditkit_image import open_image_classifier

WEIGHTS = np.array([2.0, -1.0, 0.5])
NAMES = ("a", "b", "c")


@dataclass(frozen=True)
class Line:
    """The log-odds are a weighted sum of three columns; differentiable when asked to be."""

    bias: float = 0.25

    def predict(self, inputs):
        odds = inputs[list(NAMES)].to_numpy(dtype=float) @ WEIGHTS + self.bias
        share = 1 / (1 + np.exp(-odds))
        return ClassScores(("no", "yes"), np.column_stack([1 - share, share]))


@dataclass(frozen=True)
class SlopedLine(Line):
    batch_size: int = 7

    def encoded(self, inputs):
        at = torch.tensor(inputs[list(NAMES)].to_numpy(dtype=np.float32))

        def module(shown):
            odds = shown @ torch.tensor(WEIGHTS, dtype=shown.dtype) + self.bias
            return torch.stack([-odds / 2, odds / 2], dim=1)

        units = tuple(Unit(name) for name in NAMES)
        return Encoded(module, at, (), torch.zeros_like(at), (units,) * len(at))


def a_table(count=20, seed=0):
    draw = np.random.default_rng(seed)
    return pd.DataFrame({name: draw.normal(size=count).round(3) for name in NAMES})


def on_a_line(model, count=21):
    rows = a_table(count)
    said = model.predict(rows)
    return with_model(toy_case(said, ["yes"] * count, positive="yes", inputs=rows), model), rows


def known(rows):
    """Of each row and column what it adds to the log-odds of the class that is decided, beside the median row."""
    middle = np.sort(rows.to_numpy(), axis=0)[(len(rows) - 1) // 2]
    adds = (rows.to_numpy() - middle) * WEIGHTS
    decided = rows.to_numpy() @ WEIGHTS + 0.25 > 0
    return np.where(decided[:, None], adds, -adds)


@pytest.mark.parametrize("method", [OCCLUSION, KERNEL_SHAP])
def test_on_a_line_whoever_asks_finds_weight_times_distance(method):
    case, rows = on_a_line(Line())
    found = attributions(case, method)
    np.testing.assert_allclose(found.by_piece, known(rows), atol=1e-6)


@pytest.mark.parametrize("method", [INTEGRATED, GRADIENT_INPUT])
def test_on_a_line_gradients_find_half_of_it_in_each_classs_output(method):
    """The log-odds of one class are shared by the two outputs: its own has half."""
    case, rows = on_a_line(SlopedLine())
    found = attributions(case, method)
    np.testing.assert_allclose(found.by_piece, known(rows) / 2, atol=1e-5)
    np.testing.assert_allclose(found.elsewhere, 0.0)
    if method == INTEGRATED:
        assert found.gap.max() < 1e-4
        assert set(found.steps.tolist()) == {15}


def test_the_gradient_alone_is_its_size():
    case, _ = on_a_line(SlopedLine())
    np.testing.assert_allclose(attributions(case, GRADIENT).by_piece, np.tile(np.abs(WEIGHTS) / 2, (21, 1)), atol=1e-6)


def test_a_rows_random_attributions_follow_what_it_holds():
    case, _ = on_a_line(Line())
    first = attributions(case, RANDOM)
    turned = case.narrowed(np.arange(21)[::-1].astype(np.int64))
    np.testing.assert_array_equal(attributions(turned, RANDOM).by_piece, first.by_piece[::-1])
    assert not np.allclose(attributions(case, RANDOM, draw=1).by_piece, first.by_piece)


def test_a_number_that_is_missing_is_worth_nothing_and_the_gap_says_what_it_did():
    """The model counts a missing `a` as 1, the row compared with has the median: what lies between nobody can climb."""

    class Filling(SlopedLine):
        def _filled(self, inputs):
            return inputs.assign(a=inputs["a"].fillna(1.0))

        def predict(self, inputs):
            return super().predict(self._filled(inputs))

        def encoded(self, inputs):
            whole = super().encoded(self._filled(inputs))
            at = torch.tensor(inputs[list(NAMES)].to_numpy(dtype=np.float32))
            return replace(whole, inputs=at, module=lambda shown: whole.module(torch.where(shown.isnan(), 1.0, shown)))

    rows = a_table(21).assign(a=[np.nan, *np.linspace(-1, 1, 20)])
    model = Filling()
    case = with_model(toy_case(model.predict(rows), ["yes"] * 21, positive="yes", inputs=rows), model)
    found = attributions(case, INTEGRATED)
    assert found.by_piece[0, 0] == 0.0
    assert np.isfinite(found.by_piece).all()
    middle = np.sort(rows["a"].dropna().to_numpy())[9]
    unknown, change = abs(1.0 * (1 - middle)), abs(attributions(case, OCCLUSION).by_piece[0].sum() / 2)
    assert found.gap[0] == pytest.approx(unknown / change, rel=1e-3)
    assert found.gap[1:].max() < 1e-4
    assert len(found.of(0)) == 3


def test_methods_are_by_gradients_only_where_there_are_any():
    assert methods_of(on_a_line(Line())[0]) == (OCCLUSION, KERNEL_SHAP)
    assert methods_of(on_a_line(SlopedLine())[0]) == (INTEGRATED, GRADIENT_INPUT, OCCLUSION)
    with pytest.raises(NotApplicable):
        attributions(on_a_line(Line())[0], INTEGRATED)


def climb_of(module, at, classes=1):
    inputs = torch.tensor([at], dtype=torch.float32)
    encoded = Encoded(
        lambda shown: module(shown)[:, None].expand(-1, classes), inputs, (), torch.zeros_like(inputs), ()
    )
    return Climb(encoded, torch.zeros_like(inputs), torch.zeros(1, dtype=torch.int64))


@pytest.mark.parametrize(
    "module",
    [
        lambda x: torch.relu(torch.relu(x[:, 0]) - 1 - torch.relu(x[:, 1])),
        lambda x: torch.relu(torch.relu(x[:, 0] - 1) - torch.relu(x[:, 1])),
    ],
    ids=["captum's BasicModel2", "captum's BasicModel3"],
)
def test_two_networks_of_one_function_have_the_same_integrated_gradients(module):
    """Sundararajan et al. (2017), section 2.2: at (3, 1) from zero they are (1.5, -0.5) of both."""
    found, steps = integrated(climb_of(module, [3.0, 1.0]), ladder=(511,))
    np.testing.assert_allclose(found[0].numpy(), [1.5, -0.5], atol=0.005)
    assert steps.tolist() == [511]


def test_smoothing_a_line_adds_its_weights_times_the_mean_noise():
    """Of F = w x: w (x - 0) + w mean(noise), the noise a tenth of the row's range, drawn by what the row holds."""
    at, weights = np.array([3.0, 1.0, -1.0], dtype=np.float32), np.array([2.0, -1.0, 0.5])
    found, steps = smoothed(climb_of(lambda x: x @ torch.tensor(weights, dtype=torch.float32), at.tolist()))
    seed = int.from_bytes(hashlib.sha256(at.tobytes()).digest()[:16], "big")
    rng = np.random.default_rng(seed)
    noise = np.mean([rng.standard_normal(3) for _ in range(5)], axis=0) * 0.1 * 4.0
    np.testing.assert_allclose(found[0].numpy(), weights * (at + noise), rtol=1e-5)
    assert steps.tolist() == [75]


def test_a_picture_of_one_colour_has_no_range_and_no_noise():
    climb = climb_of(lambda x: (x**2).sum(1), [0.5, 0.5])
    np.testing.assert_allclose(smoothed(climb)[0].numpy(), integrated(climb)[0].numpy(), atol=1e-6)


def test_of_pictures_the_gradient_is_smoothed_too(films):
    assert methods_of(films) == (INTEGRATED, SMOOTHED, GRADIENT_INPUT, DEEP_LIFT, GUIDED, OCCLUSION)
    whole = attributions(films, SMOOTHED, most=16).by_piece
    alone = attributions(films.narrowed(np.array([3])), SMOOTHED, most=16).by_piece
    np.testing.assert_allclose(alone[0], whole[3], rtol=1e-3, atol=1e-5)


def test_steps_are_raised_until_the_sum_is_right_or_said_to_be_short():
    """Sigmoids that rise within 2 % of the way, which 15 points do not meet, and within a 2000th, which none do."""
    steep, cliff = (climb_of(lambda x, by=by: torch.sigmoid(by * (x[:, 0] - 0.5137)), [1.0]) for by in (200, 20000))
    found, steps = integrated(steep)
    assert 15 < steps[0] <= 511
    assert float(steep.gap(found)) <= 0.05
    found, steps = integrated(cliff)
    assert steps.tolist() == [511]
    assert float(cliff.gap(found)) > 0.05


def test_a_module_that_writes_into_what_it_is_given_is_climbed():
    climb = climb_of(lambda x: torch.nn.functional.relu(x, inplace=True).sum(1), [3.0, -1.0])
    np.testing.assert_allclose(integrated(climb)[0][0].numpy(), [3.0, 0.0], atol=1e-5)


def test_the_target_is_the_class_decided_and_its_log_odds():
    said = ClassScores(("no", "yes"), np.array([[0.8, 0.2], [0.4, 0.6]]))
    case = toy_case(said, ["no", "yes"], positive="yes")
    np.testing.assert_array_equal(targets_of(case, said), [0, 1])
    np.testing.assert_allclose(scores_of(said, np.array([0, 1])), np.log([4.0, 1.5]))
    np.testing.assert_allclose(scores_of(said, np.array([0, 1]), as_probability=True), [0.8, 0.6])
    values = Values(np.array([3.0, 4.0]))
    np.testing.assert_allclose(scores_of(values, np.zeros(2, dtype=int)), [3.0, 4.0])
    labels = LabelScores(("cough", "fever"), np.array([[0.1, 0.9]]))
    np.testing.assert_array_equal(targets_of(case, labels), [1])


def classifier(path):
    data = DataSpec(audit="rows.csv", input="path", target="label")
    return open_image_classifier(
        path, device="cpu", labels={}, spec_folder=Path(), target_classes=("benign",), data=data
    )


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    folder = tmp_path_factory.mktemp("films")
    model = classifier(build_images(folder / "model", kind="resnet"))
    shown = files_of(folder, [pixels(seed) for seed in range(5)])
    said = model.predict(shown)
    return with_model(toy_case(said, [said.classes[0]] * 5, inputs=pd.Series(list(shown), dtype=object)), model)


def test_prepared_pixels_belong_to_the_region_that_they_come_from(films):
    pieces = pieces_of(films, most=4)
    units = films.broker.model.encoded(films.inputs[:1]).units[0]
    owner = pieces.of_units(0, units)
    side = round(len(units) ** 0.5)
    grid = owner.reshape(side, side)
    half = side // 2
    expected = np.array([[0, 1], [2, 3]])
    for down, rows in enumerate((grid[: half - 1], grid[half + 1 :])):
        for right, part in enumerate((rows[:, : half - 1], rows[:, half + 1 :])):
            assert set(part.ravel().tolist()) == {expected[down, right]}


def test_a_filled_region_is_the_mean_colour_and_the_rest_stays(films):
    pieces = pieces_of(films, most=4)
    own = pieces.pixels[0]
    (made,) = pieces.without(np.array([0]), [np.array([True, False, False, False])])
    tall, wide = own.shape[0] // 2, own.shape[1] // 2
    np.testing.assert_array_equal(made[tall + 1 :], own[tall + 1 :])
    assert (made[: tall - 1, : wide - 1] == own.reshape(-1, 3).mean(0).round()).all()


def test_of_a_picture_the_sum_is_the_change_from_all_regions_filled(films):
    found = attributions(films, INTEGRATED, most=16)
    pieces = pieces_of(films, most=16)
    asker = Asker(films, pieces)
    full, empty = (
        model_outputs(films, inputs) for inputs in (films.inputs, pieces.without(np.arange(5), [np.ones(16, bool)] * 5))
    )
    picked = asker.targets
    change = (full - empty)[np.arange(5), picked]
    total = found.by_piece.sum(axis=1) + found.elsewhere
    near = np.abs(total - change) / np.maximum(np.abs(change), 0.01)
    np.testing.assert_allclose(near, found.gap, atol=1e-3)


def model_outputs(case, inputs):
    encoded = case.broker.model.encoded(inputs)
    with torch.no_grad():
        return encoded.module(encoded.inputs).numpy()


def test_of_a_text_the_sum_is_the_change_from_its_padding(tiny_bert):
    from tiny_bert import SENTENCES

    from auditkit.host import Host

    adapter = Host.installed().adapters["text-classifier"]
    given = {"data": DataSpec(audit="rows.csv"), "labels": {}, "target_classes": ("no", "yes"), "device": "cpu"}
    model = adapter(tiny_bert, **given)
    texts = pd.Series(list(SENTENCES[:5]), dtype=object)
    said = model.predict(texts)
    case = with_model(toy_case(said, ["no"] * 5, inputs=texts), model)
    found = attributions(case, INTEGRATED)
    assert found.by_piece.shape == (5, max(len(words_in(text)) for text in texts))
    encoded = model.encoded(texts)
    with torch.no_grad():
        ends = [encoded.module(at, *encoded.alongside).numpy() for at in (encoded.inputs, encoded.baseline)]
    change = (ends[0] - ends[1])[np.arange(5), targets_of(case, said)]
    total = np.nansum(found.by_piece, axis=1) + found.elsewhere
    np.testing.assert_allclose(total, change, atol=0.05 * np.maximum(np.abs(change), 0.01).max() + 1e-4)


def test_the_check_tells_what_adds_up_and_what_promises_nothing():
    case, _ = on_a_line(SlopedLine())
    found = ask(attributed_answers, case, {})
    for method in (INTEGRATED, GRADIENT_INPUT, OCCLUSION):
        assert found.value("attribution_completeness", conditions={"method": method}) == pytest.approx(0.0, abs=1e-4)
    assert found.value("attribution_incomplete_rate") == 0.0
    table, refused = (one for one in found if hasattr(one, "rows"))
    assert [tuple(map(str, line)) for line in refused.rows] == [(DEEP_LIFT, NO_NETWORK)]
    assert [str(line[0]) for line in table.rows] == [INTEGRATED, GRADIENT_INPUT, OCCLUSION]
    assert str(table.rows[0][2]) == "the model's output of the class that is decided, before any softmax"
    assert str(table.rows[2][2]) == "the log-odds of the class that is decided"
    assert str(table.rows[0][4]) == "15 to 15"


def test_the_check_asks_where_there_are_no_gradients():
    case, _ = on_a_line(Line())
    found = ask(attributed_answers, case, {})
    assert [one.conditions for one in found.of("attribution_completeness")] == [
        {"method": OCCLUSION}, {"method": KERNEL_SHAP}
    ]  # fmt: skip
    (rate,) = found.of("attribution_incomplete_rate")
    assert rate.value is None
    assert "no gradients" in str(rate.undefined)


def test_of_a_product_occlusion_does_not_add_up():
    """F = a b, at (3, 2) beside (1, 1): it falls by 4 without a, and by 3 without b, where the whole falls by 5."""

    class Product:
        def predict(self, inputs):
            return Values(inputs["a"].to_numpy(dtype=float) * inputs["b"].to_numpy(dtype=float))

    rows = pd.DataFrame({"a": [1.0, 1.0, 3.0], "b": [1.0, 1.0, 2.0]})
    case = with_model(toy_case(Product().predict(rows), inputs=rows), Product())
    found = attributions(case, OCCLUSION)
    np.testing.assert_allclose(found.by_piece[2], [4.0, 3.0])
    assert found.gap[2] == pytest.approx(2 / 5)
    np.testing.assert_allclose(attributions(case, KERNEL_SHAP).by_piece[2], [3.0, 2.0])


@pytest.mark.parametrize("option", ["most_rows", "most_pieces"])
def test_no_rows_and_no_pieces_are_refused(option):
    with pytest.raises(AuditError, match=option):
        accept_pieces(**{option: 0})
