"""Tests, lines, curves and debiased errors of calibration: by hand, and against statsmodels, scikit-learn and MAPIE."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special, stats
from sklearn.isotonic import IsotonicRegression
from sklearn.metrics import brier_score_loss, log_loss

from auditkit.statistics.calibration import (
    ALIKE,
    ONE_SCORE,
    POINTS,
    SEPARATED,
    SURE,
    Deposit,
    Kinds,
    Recalibration,
    binned_error,
    brier_limits,
    consistency_band,
    corp_curve,
    decompositions,
    equal_mass,
    equal_width,
    hosmer_lemeshow,
    in_the_large,
    kumar_squared_error,
    null_of,
    recalibration,
    smooth_error,
    smooth_errors,
    spiegelhalter,
    squared_error,
    summed,
)
from auditkit.statistics.calibration.recalibration import _Rows


def rows(n: int = 400, *, seed: int = 1, sharp: float = 1.5):
    """Scores whose log odds are `sharp` times as large as they should be, and what came true."""
    rng = np.random.default_rng(seed)
    true = rng.beta(1.2, 1.5, n)
    return special.expit(sharp * special.logit(true)), rng.random(n) < true


def test_binned_errors_of_torchmetrics():
    # The examples of torchmetrics' binary and multiclass calibration errors, with 2 and 3 bins: .29 and .2.
    scores, came_true = np.array([0.25, 0.25, 0.55, 0.75, 0.75]), np.array([0, 0, 1, 1, 1])
    found = binned_error((came_true - scores) / 5, equal_width(scores, 2), 2)
    assert found == pytest.approx(0.29)
    # Of four rows the highest of three probabilities, and whether its class was the target's.
    confidence, right = np.array([0.55, 0.55, 0.6, 0.9]), np.array([0, 0, 1, 1])
    assert binned_error((right - confidence) / 4, equal_width(confidence, 3), 3) == pytest.approx(0.2)


def test_the_binned_error_of_nine_points_that_verified_calibration_has():
    # Four rows of one bin that are off by .25 and five of another by .2: 4/9 x .25 + 5/9 x .2.
    scores = np.array([0.25] * 4 + [0.8] * 5)
    came_true = np.array([True, True, False, False, True, True, True, False, False])
    found = binned_error((came_true - scores) / 9, equal_width(scores, 2), 2)
    assert found == pytest.approx(4 / 9 * 0.25 + 5 / 9 * 0.2)
    # Kumar's squares of the same bins: less .5 x .5 / 3, and .6 x .4 / 4.
    wanted = 4 / 9 * (0.0625 - 0.25 / 3) + 5 / 9 * (0.04 - 0.06)
    assert kumar_squared_error(scores, came_true, (scores > 0.6).astype(int)) == pytest.approx(wanted)


def test_bins_of_equal_mass_keep_a_score_together_and_weigh():
    scores = np.array([0.1, 0.2, 0.2, 0.6, 0.9])
    assert equal_mass(scores, 2).tolist() == [0, 0, 0, 1, 1]
    assert equal_mass(np.arange(10) / 10, 5).tolist() == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]
    heavy = np.array([0.6, 0.1, 0.1, 0.1, 0.1])
    assert equal_mass(scores, 2, heavy).tolist() == [0, 1, 1, 1, 1]


def test_spiegelhalter_by_hand_and_as_mapie_has_it():
    # (1 - .8)(1 - 1.6) + (0 - .2)(1 - .4) = -.24 over sqrt(2 x .36 x .16)
    found = spiegelhalter(np.array([0.8, 0.2]), np.array([True, False]))
    assert found is not None
    assert found.z == pytest.approx(-0.24 / np.sqrt(2 * 0.36 * 0.16))
    # MAPIE 0.9's own tests: 13.906833, and a one-sided p of .174832.
    old = np.random.RandomState(1)
    came_true, scores = old.choice([0, 1], size=100), old.uniform(size=100)
    mapie = spiegelhalter(scores, came_true > 0)
    assert mapie is not None
    assert mapie.z == pytest.approx(13.906833, abs=1e-6)
    old = np.random.RandomState(1)
    scores, drawn = old.uniform(size=100), old.uniform(size=100)
    calibrated = spiegelhalter(scores, drawn <= scores)
    assert calibrated is not None
    assert calibrated.p_value == pytest.approx(2 * 0.174832, abs=2e-6)


def test_spiegelhalter_is_undefined_where_nothing_is_left_to_chance():
    assert spiegelhalter(np.array([0.5, 0.0, 1.0]), np.array([True, False, True])) is None


def test_units_stand_in_spiegelhalters_variance_and_weights_like_it():
    scores, came_true = rows(60)
    twice = spiegelhalter(np.repeat(scores, 2), np.repeat(came_true, 2), units=np.repeat(np.arange(60), 2))
    once = spiegelhalter(scores, came_true, units=np.arange(60))
    weighted = spiegelhalter(scores, came_true, weights=np.full(60, 7.0))
    plain = spiegelhalter(scores, came_true)
    assert twice is not None
    assert once is not None
    assert weighted is not None
    assert plain is not None
    assert twice.z == pytest.approx(once.z)
    assert weighted.z == pytest.approx(plain.z)


def test_hosmer_lemeshow_by_hand():
    # Bin 0: 4 rows of .25, one came true, as expected. Bin 1: 4 of .5, all did: (4 - 2)^2 / (2 x .5) = 4.
    scores = np.array([0.25] * 4 + [0.5] * 4)
    came_true = np.array([1, 0, 0, 0, 1, 1, 1, 1]) > 0
    found = hosmer_lemeshow(scores, came_true, np.repeat([0, 1], 4))
    assert found is not None
    assert (found.statistic, found.freedom, found.bins) == (pytest.approx(4.0), 2, 2)
    assert found.p_value == pytest.approx(stats.chi2.sf(4.0, 2))
    assert hosmer_lemeshow(scores, came_true, np.repeat([0, 1], 4), fitted=True) is None
    places = equal_mass(rows(200)[0], 10)
    inside, outside = (hosmer_lemeshow(*rows(200), places, fitted=fitted) for fitted in (True, False))
    assert inside is not None
    assert outside is not None
    assert (inside.freedom, outside.freedom) == (8, 10)


def test_hosmer_lemeshow_is_undefined_where_a_sure_bin_is_wrong():
    scores = np.array([0.0, 0.0, 0.5, 0.5])
    places = np.array([0, 0, 1, 1])
    assert hosmer_lemeshow(scores, np.array([True, False, True, False]), places) is None
    right = hosmer_lemeshow(scores, np.array([False, False, True, False]), places)
    assert right is not None
    assert right.bins == 1


def test_in_the_large_by_hand():
    scores, came_true = np.full(20, 0.25), np.arange(20) < 8
    found = in_the_large(scores, came_true)
    assert found is not None
    assert (found.observed, found.expected, found.ratio) == (8, 5, pytest.approx(1.6))
    assert found.z == pytest.approx(3 / np.sqrt(20 * 0.25 * 0.75))
    # Wilson's limits of 8 of 20 are .2188 and .6134 (statsmodels 0.14), over .25.
    assert found.limits == pytest.approx((0.2188 / 0.25, 0.6134 / 0.25), abs=1e-3)
    assert in_the_large(np.zeros(3), np.zeros(3) > 0) is None


def test_the_line_agrees_with_statsmodels():
    scores, came_true = rows()
    found = recalibration(scores, came_true)
    assert isinstance(found, Recalibration)
    logits = special.logit(scores)
    line = sm.GLM(came_true, sm.add_constant(logits), family=sm.families.Binomial()).fit()
    alone = sm.GLM(came_true, np.ones((400, 1)), family=sm.families.Binomial(), offset=logits).fit()
    assert (found.beside, found.slope.value) == pytest.approx(tuple(line.params))
    assert found.intercept.value == pytest.approx(alone.params[0])
    null = float(np.sum(np.log(np.where(came_true, scores, 1 - scores))))
    assert found.statistic == pytest.approx(2 * (line.llf - null))
    assert found.p_value == pytest.approx(stats.chi2.sf(found.statistic, 2))
    # The profile's ends: there the likelihood ratio is at the critical value.
    for end in found.slope.limits:
        held = sm.GLM(came_true, np.ones((400, 1)), family=sm.families.Binomial(), offset=end * logits).fit()
        assert 2 * (line.llf - held.llf) == pytest.approx(stats.chi2.ppf(0.95, 1), abs=1e-4)


def test_the_line_of_rows_that_share_units_has_the_sandwich():
    scores, came_true = rows(200)
    units = np.repeat(np.arange(100), 2)
    found = recalibration(scores, came_true, units=units)
    assert isinstance(found, Recalibration)
    fit = sm.GLM(came_true, sm.add_constant(special.logit(scores)), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": units, "use_correction": False}
    )
    assert found.method == "robust wald"
    half = (found.slope.limits.high - found.slope.limits.low) / 2
    assert half == pytest.approx(1.959964 * fit.bse[1] * np.sqrt(100 / 99), rel=1e-5)
    assert found.slope.value == pytest.approx(fit.params[1])


@pytest.mark.parametrize(
    ("scores", "came_true", "why"),
    [
        ([0, 1, 1], [0, 1, 0], SURE),
        ([0.2, 0.4, 0.6], [1, 1, 1], ALIKE),
        ([0.4, 0.4, 0.4], [1, 0, 1], ONE_SCORE),
        ([0.2, 0.4, 0.6], [0, 0, 1], SEPARATED),
        ([0.2, 0.4, 0.4, 0.6], [1, 1, 0, 0], SEPARATED),
    ],
)
def test_there_is_no_line(scores, came_true, why):
    assert recalibration(np.array(scores, dtype=float), np.array(came_true) > 0) == why


def test_rows_that_are_sure_are_left_out_of_the_line():
    scores, came_true = rows(100)
    found = recalibration(np.append(scores, [0.0, 1.0]), np.append(came_true, [True, True]))
    alone = recalibration(scores, came_true)
    assert isinstance(found, Recalibration)
    assert isinstance(alone, Recalibration)
    assert (found.left_out, found.slope) == (2, alone.slope)


def test_the_curve_agrees_with_scikit_learn():
    scores, came_true = rows()
    curve = corp_curve(scores, came_true)
    other = IsotonicRegression().fit(scores, came_true).predict(curve.scores)
    assert curve.fitted == pytest.approx(other)
    assert curve.rows.sum() == 400


def test_scores_are_taken_apart_exactly():
    scores, came_true = rows()
    parts = decompositions(corp_curve(scores, came_true))
    for one in parts.values():
        assert one.score == pytest.approx(one.miscalibration - one.discrimination + one.uncertainty)
        assert min(one.miscalibration, one.discrimination) >= 0
    brier, log = parts["brier_score"], parts["log_loss"]
    assert brier.score == pytest.approx(brier_score_loss(came_true, scores))
    assert log.score == pytest.approx(log_loss(came_true, scores))
    assert brier.uncertainty == pytest.approx(came_true.mean() * (1 - came_true.mean()))
    refitted = IsotonicRegression().fit(scores, came_true).predict(scores)
    assert brier.miscalibration == pytest.approx(brier.score - brier_score_loss(came_true, refitted))


def test_a_perfect_oracle_is_all_discrimination():
    came_true = np.arange(20) < 5
    parts = decompositions(corp_curve(came_true.astype(float), came_true))["brier_score"]
    assert (parts.score, parts.miscalibration) == (0, 0)
    assert parts.discrimination == parts.uncertainty == pytest.approx(0.1875)


def test_the_band_holds_curves_of_calibrated_models():
    rng = np.random.default_rng(4)
    scores = rng.beta(1, 2, 150)
    band = consistency_band(scores, np.full(150, 1 / 150), level=0.9, rng=rng)
    pointwise, everywhere = [], 0
    for _ in range(150):
        curve = corp_curve(scores, rng.random(150) < scores)
        pointwise.append(np.mean((band.low <= curve.fitted + 1e-6) & (curve.fitted <= band.high + 1e-6)))
        everywhere += bool(
            np.all((band.low_everywhere <= curve.fitted + 1e-6) & (curve.fitted <= band.high_everywhere + 1e-6))
        )
    assert np.mean(pointwise) > 0.87
    assert everywhere / 150 > 0.9 - 2 * np.sqrt(0.09 / 150)


def test_limits_hold_the_parts_and_tell_a_sharpened_model():
    scores, came_true = rows(800, sharp=3.0)
    shares = np.full(800, 1 / 800)
    parts = decompositions(corp_curve(scores, came_true))["brier_score"]
    limits = brier_limits(scores, came_true, shares, level=0.95, rng=np.random.default_rng(0))
    assert 0 < limits.miscalibration.low <= parts.miscalibration <= limits.miscalibration.high
    assert limits.discrimination.low <= parts.discrimination <= limits.discrimination.high


def test_debiased_errors_by_hand():
    # One bin: residuals .5, .5, -.5. Pairs: .25 - .25 - .25 = -.25, thrice over: 2 x (-.25) / (3 x 2).
    scores, came_true = np.array([0.5, 0.5, 0.5]), np.array([True, True, False])
    shares, places = np.full(3, 1 / 3), np.zeros(3, dtype=int)
    residuals = shares * (came_true - scores)
    found = squared_error(residuals, shares, places, rng=np.random.default_rng(0))
    assert found is not None
    assert found.squared == pytest.approx(-0.25 / 3)
    assert found.root == 0
    # By Kumar: a sixth squared, less two thirds times one third over two.
    assert kumar_squared_error(scores, came_true, places) == pytest.approx(1 / 36 - 1 / 9)
    alone = squared_error(residuals, shares, np.arange(3), rng=np.random.default_rng(0))
    assert alone is None


def test_the_debiased_error_is_right_on_average_where_the_plain_one_is_not():
    rng = np.random.default_rng(3)
    scores = np.repeat([0.2, 0.5, 0.8], 20)
    shares, places, found, plain = np.full(60, 1 / 60), np.repeat([0, 1, 2], 20), [], []
    for _ in range(400):
        residuals = shares * ((rng.random(60) < scores + 0.1) - scores)
        one = squared_error(residuals, shares, places, rng=rng, draws=2)
        assert one is not None
        found.append(one.squared)
        plain.append(np.sum(np.bincount(places, residuals) ** 2) * 3)
    assert np.mean(found) == pytest.approx(0.01, abs=3 * np.std(found) / 20)
    assert np.mean(plain) > 0.015


def test_many_smooth_errors_at_once_are_those_one_by_one():
    rng = np.random.default_rng(2)
    scores = rng.beta(0.5, 1, 300)
    shares = np.full(300, 1 / 300)
    worlds = [shares * ((rng.random(300) < scores) - scores) for _ in range(8)] + [np.zeros(300)]
    masses = np.array([Deposit.on_grid(scores, POINTS).totals(world) for world in worlds])
    assert smooth_errors(masses) == pytest.approx([smooth_error(scores, world) for world in worlds], abs=2e-5)


@pytest.mark.parametrize("n", [300, 6000])
def test_rows_drawn_by_kind_scatter_as_rows_one_by_one_do(n):
    rng = np.random.default_rng(5)
    scores = np.where(rng.random(n) < 0.5, rng.random(n), 0.25)
    shares = rng.choice([1.0, 3.0], n)
    shares /= shares.sum()
    places = equal_width(scores, 4)
    kinds = Kinds.of(scores, shares, places)
    assert kinds.rows.sum() == n
    assert float(kinds.rows @ (kinds.shares * kinds.chances)) == pytest.approx(float(shares @ scores))
    drawn = np.concatenate([summed(kinds, block, kinds.places[0], 4) for block in kinds.residuals(rng, 2000)])
    variance = np.bincount(places, shares**2 * scores * (1 - scores))
    assert drawn.var(axis=0) == pytest.approx(variance, rel=0.15)
    assert np.abs(drawn.mean(axis=0)).max() < 4 * np.sqrt(variance.max() / 2000)


def test_a_null_counts_itself():
    null = null_of(3.0, np.array([0.0, 1.0, 2.0, 3.0]))
    assert (null.mean, null.high, null.test.p_value) == (1.5, 3.0, 2 / 5)


@pytest.mark.parametrize("slope", [0.5, 3.0, 2000.0, -5000.0])
def test_beside_a_slope_the_intercept_is_that_of_the_greatest_likelihood_however_steep(slope):
    draw = np.random.default_rng(0)
    odds = draw.normal(size=50)
    hits = (draw.random(50) < special.expit(odds)).astype(float)
    rows = _Rows(np.column_stack([np.ones(50), odds]), hits, np.ones(50))
    found = rows.fit(np.array([0.0, slope]), held=1)
    tried = np.linspace(-3 * abs(slope) - 5, 3 * abs(slope) + 5, 20_001)
    assert found[1] == slope
    assert rows.likelihood(found) >= max(rows.likelihood(np.array([one, slope])) for one in tried) - 1e-3
    assert rows.beside(slope) == pytest.approx(found, abs=1e-6)
