"""Maps that make probabilities truer: by hand, and as scipy, statsmodels and scikit-learn have them."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import optimize, special
from sklearn.isotonic import IsotonicRegression

from auditkit.statistics.calibration import Line, RisingCurve, Temperature
from auditkit.statistics.calibration.remapping import LARGEST_TEMPERATURE, logits, logs
from auditkit.statistics.calibration.roots import falling_root


def even(n: int) -> np.ndarray:
    return np.full(n, 1 / n)


def sharpened(n: int = 800, classes: int = 4, by: float = 2.0, seed: int = 3):
    rng = np.random.default_rng(seed)
    heights = rng.normal(size=(n, classes)) * 1.5
    true = special.softmax(heights, axis=1)
    targets = np.array([rng.choice(classes, p=row) for row in true])
    return special.softmax(by * heights, axis=1), targets


def test_a_root_by_hand():
    assert falling_root(lambda x: 2 - x**2, 0.0, 2.0) == pytest.approx(np.sqrt(2), abs=1e-11)


def test_a_temperature_by_hand():
    # Always 0.9 of one class, and right in 3 of 4: ln 9 / T = ln 3, so that T is 2.
    chances = np.tile([0.1, 0.9], (4, 1))
    found = Temperature.fitted(chances, np.array([1, 1, 1, 0]), even(4))
    assert found.value == pytest.approx(2.0)
    assert found(chances)[0] == pytest.approx([0.25, 0.75])


def test_a_temperature_is_the_one_that_scipy_finds():
    chances, targets = sharpened()
    masses = np.random.default_rng(4).uniform(0.5, 2, len(targets))

    def loss(log_temperature: float) -> float:
        scaled = special.log_softmax(np.log(chances) / np.exp(log_temperature), axis=1)
        return float(-masses @ scaled[np.arange(len(targets)), targets])

    best = optimize.minimize_scalar(loss, bracket=(-1, 1), tol=1e-12)
    assert Temperature.fitted(chances, targets, masses).value == pytest.approx(np.exp(best.x), rel=1e-6)


def test_a_temperature_stays_in_its_range():
    chances = np.tile([0.1, 0.9], (4, 1))
    assert Temperature.fitted(chances, np.zeros(4, int), even(4)).value == LARGEST_TEMPERATURE
    assert Temperature.fitted(chances, np.ones(4, int), even(4)).value == pytest.approx(1 / LARGEST_TEMPERATURE)
    flat = np.full((4, 2), 0.5)
    assert Temperature.fitted(flat, np.array([0, 1, 1, 0]), even(4)).value == 1.0


@given(
    arrays(float, (5, 3), elements=st.floats(0, 1)).filter(lambda chances: (chances.sum(axis=1) > 0).all()),
    st.floats(0.01, 100),
)
def test_no_temperature_makes_another_class_the_likeliest(chances, temperature):
    chances = chances / chances.sum(axis=1, keepdims=True)
    made = Temperature(temperature)(chances)
    assert made.sum(axis=1) == pytest.approx(np.ones(5))
    top = chances.argmax(axis=1)
    assert (made[np.arange(5), top] >= made.max(axis=1) - 1e-9).all()


def test_a_map_that_changes_an_order_is_an_error():
    with pytest.raises(AssertionError, match="changed an order"):
        Temperature(-1.0)(np.array([[0.2, 0.8]]))


def test_a_line_is_that_of_statsmodels():
    chances, targets = sharpened(classes=2)
    found = Line.fitted(chances[:, 1], targets == 1, even(len(targets)))
    fitted = sm.Logit(targets == 1, sm.add_constant(special.logit(chances[:, 1]))).fit(disp=0)
    assert (found.intercept, found.slope) == pytest.approx(tuple(fitted.params), rel=1e-6)
    assert found(chances[:, 1]) == pytest.approx(fitted.predict(), rel=1e-6)


def test_scores_that_separate_are_left_as_they_are():
    found = Line.fitted(np.array([0.1, 0.2, 0.8, 0.9]), np.array([False, False, True, True]), even(4))
    assert (found.intercept, found.slope) == (0.0, 1.0)
    assert found(np.array([0.0, 0.3, 1.0])) == pytest.approx([0.0, 0.3, 1.0])


def test_a_rising_curve_is_scikit_learns_but_for_its_ends():
    chances, targets = sharpened(classes=2)
    came_true = targets == 1
    masses = np.random.default_rng(5).uniform(0.5, 2, len(targets))
    found = RisingCurve.fitted_to(chances[:, 1], came_true, masses)
    peer = IsotonicRegression(out_of_bounds="clip").fit(chances[:, 1], came_true, sample_weight=masses)
    asked = np.linspace(0, 1, 101)
    least = 1 / (len(targets) + 2)
    assert found(asked) == pytest.approx(np.clip(peer.predict(asked), least, 1 - least), abs=1e-9)


def test_what_was_never_seen_is_given_as_laplace_has_it():
    found = RisingCurve.fitted_to(np.array([0.1, 0.2, 0.8]), np.array([False, False, True]), even(3))
    assert found(np.array([0.1, 0.5, 0.8, 1.0])) == pytest.approx([0.2, 0.5, 0.8, 0.8])


def test_logs_are_finite():
    assert logs(np.array([0.0, 1.0])) == pytest.approx([np.log(1e-15), 0.0])
    assert logits(np.array([0.0, 0.5, 1.0])) == pytest.approx([np.log(1e-15), 0.0, -np.log(1e-15)])
