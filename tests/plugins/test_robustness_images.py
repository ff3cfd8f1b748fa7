"""`robustness.images`: corruptions as ImageNet-C publishes them, and what a model loses that is thrown by them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tiny_images import files_of, pixels

from auditkit import AuditError, ClassScores, NotApplicable, Table
from auditkit.checks.asking import ask
from auditkit.data.reader import inputs_digest
from auditkit.testing import toy_case, with_model
from auditkit_robustness.corrupting import COMMON, SCANNERS, corrupted
from auditkit_robustness.corrupting.blurs import disk, filtered, streak
from auditkit_robustness.corrupting.constants import strength
from auditkit_robustness.images import Corrupted, accept_corruptions, images
from auditkit_robustness.planted_pictures import of_pictures


def rng(seed=0):
    return np.random.default_rng(seed)


def slopes(side=96):
    down, across = np.mgrid[:side, :side]
    return np.stack([down * 2 + 30, across * 2 + 40, (down * across) % 256], axis=2).astype(np.uint8)


# What imagecorruptions 1.1.2 makes of `slopes()` (numpy 2.4.6, opencv 5.0.0.93, scikit-image 0.26.0, Pillow 13.0.0):
# one number of each channel and the mean of all, at the severities 1, 3 and 5.
PUBLISHED = {
    "contrast": [[94, 137, 105, 126.9], [109, 136, 113, 126.88], [121, 135, 120, 126.92]],
    "brightness": [[56, 158, 90, 144.14], [63, 182, 107, 167.76], [63, 182, 107, 177.28]],
    "jpeg compression": [[65, 153, 122, 127.57], [54, 143, 117, 127.66], [43, 147, 123, 127.48]],
    "pixelate": [[51, 139, 88, 127.54], [52, 138, 87, 127.47], [49, 139, 107, 127.66]],
    "defocus blur": [[49, 139, 132, 126.78], [49, 139, 129, 126.92], [50, 141, 129, 128.63]],
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_corruption_without_chance_is_that_of_imagecorruptions(name):
    for severity, wanted in zip((1, 3, 5), PUBLISHED[name], strict=True):
        found = corrupted(slopes(), name, severity, rng())
        spots = [int(found[place]) for place in ((10, 20, 0), (50, 50, 1), (80, 33, 2))]
        assert [*spots, found.mean()] == pytest.approx(wanted, abs=1.01 if name != "jpeg compression" else 3)


# Mean and standard deviation of a grey picture of 128 at the severities 1, 3 and 5, by imagecorruptions 1.1.2.
NOISES = {
    "gaussian noise": [(127.6, 20.4), (127.4, 45.5), (127.5, 80.9)],
    "shot noise": [(127.6, 23.3), (127.2, 51.2), (120.2, 87.8)],
    "impulse noise": [(128.0, 21.9), (128.0, 38.5), (127.8, 66.3)],
}


@pytest.mark.parametrize("name", NOISES)
def test_a_noise_has_the_moments_of_that_of_imagecorruptions(name):
    for severity, wanted in zip((1, 3, 5), NOISES[name], strict=True):
        found = corrupted(np.full((224, 224, 3), 128, dtype=np.uint8), name, severity, rng(severity)).astype(float)
        assert (found.mean(), found.std()) == pytest.approx(wanted, abs=0.8)


# ImageNet-C (Hendrycks and Dietterich 2019), imagenet_c/corruptions.py: severities 1 to 5, pictures of 224 pixels.
STRENGTHS = {
    "gaussian noise": [0.08, 0.12, 0.18, 0.26, 0.38],
    "shot noise": [60, 25, 12, 5, 3],
    "impulse noise": [0.03, 0.06, 0.09, 0.17, 0.27],
    "defocus blur": [(3, 0.1), (4, 0.5), (6, 0.5), (8, 0.5), (10, 0.5)],
    "glass blur": [(0.7, 1, 2), (0.9, 2, 1), (1, 2, 3), (1.1, 3, 2), (1.5, 4, 2)],
    "contrast": [0.4, 0.3, 0.2, 0.1, 0.05],
    "brightness": [0.1, 0.2, 0.3, 0.4, 0.5],
    "jpeg compression": [25, 18, 15, 10, 7],
    "pixelate": [0.6, 0.5, 0.4, 0.3, 0.25],
}


@pytest.mark.parametrize("name", STRENGTHS)
def test_the_strengths_at_five_severities_are_those_published(name):
    assert [strength(name, severity, is_small=False) for severity in (1, 2, 3, 4, 5)] == STRENGTHS[name]


def test_small_pictures_get_the_strengths_of_cifar():
    grey = np.full((32, 32, 3), 128, dtype=np.uint8)
    spreads = [corrupted(grey, "gaussian noise", severity, rng()).std() for severity in (1, 5)]
    assert spreads == pytest.approx([0.04 * 255, 0.10 * 255], rel=0.05)
    small = [strength("gaussian noise", severity, is_small=True) for severity in (1, 2, 3, 4, 5)]
    assert small == [0.04, 0.06, 0.08, 0.09, 0.10]
    assert corrupted(grey, "brightness", 1, rng()).mean() == pytest.approx(128 + 0.05 * 255, abs=1)


@pytest.mark.parametrize("name", [*COMMON, *SCANNERS])
@pytest.mark.parametrize("shape", [(20, 31, 3), (70, 66), (1, 5, 3)])
def test_a_corruption_keeps_the_shape_and_is_the_same_for_the_same_random_numbers(name, shape):
    picture = rng(1).integers(0, 255, shape, dtype=np.uint8)
    one, other = (corrupted(picture, name, 3, rng(2)) for _ in range(2))
    assert one.shape == shape
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, other)


def test_a_black_picture_stays_finite():
    for name in (*COMMON, *SCANNERS):
        found = corrupted(np.zeros((40, 40, 3), dtype=np.uint8), name, 5, rng())
        assert found.max() <= 255


def test_kernels_sum_to_one_and_a_filter_is_what_it_is_by_hand():
    from scipy import ndimage

    for kernel in (disk(3, 0.1), disk(6, 0.5), streak(10, 3, 30.0)):
        assert kernel.sum() == pytest.approx(1, abs=1e-5)
    picture = rng().random((40, 30, 3), dtype=np.float32)
    kernel = rng(1).random((5, 7)).astype(np.float32)
    slow = np.stack([ndimage.correlate(picture[:, :, place], kernel, mode="mirror") for place in range(3)], axis=2)
    np.testing.assert_allclose(filtered(picture, kernel), slow, atol=1e-4)


def test_the_numbers_of_one_corruption_by_hand():
    case = of_pictures(fragile=True)(rng())
    said = ask(images, case, {"severities": (2,), "corruptions": ("gaussian noise",)})
    about = {"conditions": {"corruption": "gaussian noise", "severity": "2"}}
    assert said.value("perturbed_flip_rate", **about) == 1.0
    assert said.value("perturbed_accuracy", **about) == 0.0
    assert said.value("perturbed_accuracy_loss", **about) == 1.0
    assert said.value("perturbed_score_shift", **about) == pytest.approx(0.8, abs=1e-6)
    (ratio,) = said.of("corruption_error_ratio", conditions={})
    assert ratio.value is None  # it makes no error before


def test_errors_are_told_by_the_models_own():
    case = of_pictures(fragile=True, hurts_dark=True, rows=80)(rng())
    true = ["yes" if row % 2 else "no" for row in range(80)]
    wrong = [
        ("no" if label == "yes" else "yes") if row % 4 == 3 and row % 8 == 7 else label
        for row, label in enumerate(true)
    ]
    other = with_model(
        toy_case(case.predictions, wrong, positive="yes", inputs=case.inputs, min_group_size=10), case.broker.model
    )
    said = ask(images, other, {"severities": (1,), "corruptions": ("gaussian noise",), "most_rows": 80})
    # 10 of 80 bright ones are wrong before and after; 40 dark ones turn wrong.
    (ratio,) = said.of("corruption_error_ratio", conditions={})
    assert ratio.value == pytest.approx(50 / 10)
    assert ratio.interval.low < 5 < ratio.interval.high


class OfFiles:
    """Scores the mean of what it is shown."""

    def predict(self, inputs):
        from auditkit.images import Reading, decode

        shown = [
            cell if isinstance(cell, np.ndarray) else np.asarray(decode(cell.read(), Reading(), channels=3))
            for cell in inputs
        ]
        yes = np.array([one.mean() / 255 for one in shown])
        return ClassScores(("no", "yes"), np.column_stack([1 - yes, yes]))


def test_files_are_decoded_and_large_ones_brought_to_the_size_of_the_constants(tmp_path):
    films = files_of(tmp_path, [pixels(seed, shape=(300, 400, 3)) for seed in range(3)])
    case = with_model(toy_case(OfFiles().predict(films), inputs=films), OfFiles())
    seen = []

    class Watching(OfFiles):
        def predict(self, inputs):
            seen.extend(cell.shape for cell in inputs)
            return super().predict(inputs)

    said = ask(images, with_model(case, Watching()), {"severities": (1,), "corruptions": ("brightness",)})
    assert set(seen) == {(224, 299, 3)}
    assert len(seen) == 3 * 3  # as shown, as shown again (kept by the store of an audit), and brighter
    (moved,) = said.of("perturbed_score_shift", conditions={"corruption": "brightness", "severity": "1"})
    assert 0.03 < moved.value < 0.11
    assert not said.of("perturbed_accuracy")  # nobody says what is right


def test_pictures_in_memory_have_a_digest_of_their_pixels():
    one, other = (pd.Series([np.full((40, 40), value, dtype=np.uint8)] * 2, dtype=object) for value in (3, 4))
    assert inputs_digest(one) != inputs_digest(other)
    assert inputs_digest(one) == inputs_digest(list(one))


def test_what_is_no_picture_is_not_corrupted():
    case = toy_case(ClassScores(("no", "yes"), np.array([[0.5, 0.5]] * 2)), inputs=pd.Series(["a", "b"], dtype=object))
    with pytest.raises(NotApplicable, match="pictures"):
        ask(images, case, {})


@pytest.mark.parametrize(
    "given", [{"severities": (0,)}, {"severities": ()}, {"corruptions": ("rain",)}, {"most_rows": 0}]
)
def test_what_there_is_none_of_is_refused(given):
    with pytest.raises(AuditError, match="option"):
        accept_corruptions(**given)


def test_a_table_has_a_line_a_corruption_and_a_column_a_severity():
    case = of_pictures(fragile=True)(rng())
    how = {"severities": (1, 4), "corruptions": ("fog", "gamma", "frost")}
    common, scanners, every = (one for one in ask(images, case, how) if isinstance(one, Table))
    assert [row[0] for row in common.rows] == ["fog", "frost"]
    assert [row[0] for row in scanners.rows] == ["gamma"]
    assert [head.msgid for head in common.columns] == [
        "corruption", "changed 1", "changed 4", "right 1", "right 4", "error ratio"
    ]  # fmt: skip
    (_, *quoted) = common.rows[1]
    assert [(one.metric, one.conditions.get("severity")) for one in quoted] == [
        ("perturbed_flip_rate", "1"), ("perturbed_flip_rate", "4"), ("perturbed_accuracy", "1"),
        ("perturbed_accuracy", "4"), ("corruption_error_ratio", None),
    ]  # fmt: skip
    assert len(every.rows) == 6
    assert common.prominent
    assert not every.prominent


def test_pixels_are_corrupted_without_a_model():
    # As `python -m benchmarks robustness` has it, which predicts by itself.
    cells = pd.Series([pixels(seed) for seed in range(2)], dtype=object)
    changer = Corrupted(toy_case(ClassScores(("no", "yes"), np.full((2, 2), 0.5)), inputs=cells))
    changed = list(changer.changed({"corruption": "contrast", "severity": "3"}).inputs)
    assert [one.shape for one in changed] == [one.shape for one in cells]
