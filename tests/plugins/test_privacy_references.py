"""Attacks with reference and shadow models: published values, brute force beside each, a model with a known best."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from auditkit.statistics import delong
from auditkit_privacy.attacks import bavaria, lira, rmia

NAN = np.nan


def test_calibrated_loss_leaves_out_who_is_no_reference() -> None:
    log_p = np.array([-0.1, -2.0, -1.0])
    references = np.array([[-1.0, -2.0, NAN], [-3.0, NAN, NAN]])
    assert rmia.calibrated_loss(log_p, references).tolist() == pytest.approx([1.9, 0.0, NAN], nan_ok=True)


def test_robust_ratios_by_hand() -> None:
    # out mean .4 of .6 and .2: ((1.3)(.4) + .7) / 2 = .61; a true 0 is no mask: ((1.3)(0) + .7) / 2 = .35
    references = np.array([[0.6, 0.0, NAN], [0.2, NAN, NAN]])
    found = rmia.offline_ratios(np.log([0.9, 0.7, 0.5]), references, share=0.3)
    assert np.exp(found).tolist() == pytest.approx([0.9 / 0.61, 2.0, NAN], nan_ok=True)
    trained = np.array([[True, False, True], [False, True, True]])
    online = rmia.online_ratios(np.log([0.9, 0.7, 0.5]), np.array([[0.6, 0.0, 0.4], [0.2, 0.5, 0.4]]), trained)
    assert np.exp(online).tolist() == pytest.approx([0.9 / 0.4, 0.7 / 0.25, NAN], nan_ok=True)


@given(st.integers(0, 10**6), st.integers(1, 30), st.integers(1, 30), st.sampled_from([-1.0, 0.0, 0.5]))
def test_robust_scores_agree_with_all_pairs(seed: int, n: int, m: int, log_gamma: float) -> None:
    rng = np.random.default_rng(seed)
    # steps of a half, so that ties are exact
    ratios, population = (rng.integers(-4, 5, size) / 2 for size in (n, m))
    ratios[rng.random(n) < 0.2] = NAN
    population[rng.random(m) < 0.2] = NAN
    known = population[~np.isnan(population)]
    pairs = ratios[:, None] - known[None, :] >= log_gamma
    wanted = np.where(np.isnan(ratios), NAN, pairs.mean(axis=1) if len(known) else NAN)
    found = rmia.robust_scores(ratios, population, log_gamma=log_gamma)
    assert found.tolist() == pytest.approx(wanted.tolist(), nan_ok=True)
    own = rmia.robust_scores_of_population(population, log_gamma=log_gamma)
    for place, value in enumerate(own):
        rest = np.delete(population, place)
        rest = rest[~np.isnan(rest)]
        missing = np.isnan(population[place]) or not len(rest)
        wanted_one = NAN if missing else (population[place] - rest >= log_gamma).mean()
        assert value == pytest.approx(wanted_one, nan_ok=True)


def test_the_share_is_tuned_on_references_alone() -> None:
    rng = np.random.default_rng(2)
    trained = rng.random((6, 400)) < 0.5
    hard = rng.uniform(0.05, 0.95, 400)
    p = np.clip(np.where(trained, (1.2 * hard + 0.8) / 2, hard) + rng.normal(0, 0.05, trained.shape), 0.01, 0.99)
    areas = []
    for share in rmia.GRID:
        found = 0.0
        for place in range(6):
            rest = np.where(trained, NAN, p)[np.arange(6) != place]
            ratios = rmia.offline_ratios(np.log(p[place]), rest, share=share)
            found += delong(ratios[~np.isnan(ratios)], trained[place][~np.isnan(ratios)]).value
        areas.append(found)
    assert rmia.tuned_share(p, trained) == rmia.GRID[int(np.argmax(areas))]
    assert rmia.tuned_share(p[:1], trained[:1]) == rmia.OFFLINE


SHADOWS = np.array([[-1, 0, 0, NAN], [1, 2, 20, NAN]])
SCORES = np.array([1.0, 0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("shared", "wanted"),
    [
        (False, [1.41893853, 1.41893853, 3.72152363, 2.72537178]),
        (True, [2.69682468, 2.69682468, 4.15270703, 2.87983121]),
    ],
)
def test_log_densities_are_the_published_ones(shared: bool, wanted: list[float]) -> None:  # noqa: FBT001  a parameter
    # TensorFlow Privacy, advanced_mia_test.py, TestLiRA.test_with_one_augmentation
    assert (-lira.log_density(SCORES, SHADOWS, shared=shared)).tolist() == pytest.approx(wanted, abs=1e-7)
    # with a model and its mirror image nothing is told: "both"
    both, trained = np.concatenate([SHADOWS, SHADOWS]), np.arange(4)[:, None] < np.array([2, 2, 2, 2])
    assert lira.online_scores(SCORES, both, trained, shared=shared).tolist() == pytest.approx([0, 0, 0, 0])


def test_two_augmentations_are_averaged() -> None:
    # the same file, test_two_augmentations: 2.57023108
    each = [
        -lira.log_density(np.array([s]), np.array(x)[:, None], shared=False)[0]
        for s, x in ((1.0, [-1, 1.0]), (0.0, [0, 20.0]))
    ]
    assert np.mean(each) == pytest.approx(2.57023108, abs=1e-7)


def test_offline_scores_order_as_the_one_sided_chance_does() -> None:
    shadows = np.array([[-1.0, 0.0], [1.0, 2.0], [9.0, 9.0]])
    trained = np.array([[False, False], [False, False], [True, True]])
    found = lira.offline_scores(np.array([1.0, 40.0]), shadows, trained, shared=False)
    assert found.tolist() == pytest.approx([-np.log(special.ndtr(-1.0)), -stats.norm.logsf(39.0)])


def test_the_predictive_distribution_integrates_the_prior_out() -> None:
    prior = bavaria.Prior(mean=0.5, strength=2.0, shape=3.0, scale=4.0)
    shadows = np.array([[1.0], [2.5], [NAN]])
    found = np.exp(bavaria.Predictive.of(shadows, prior).log_density(np.array([1.7])))[0]

    mu, variance = np.meshgrid(np.linspace(-14, 15, 1501), np.geomspace(0.05, 500, 1200))
    weight = stats.invgamma.pdf(variance, 3.0, scale=4.0) * stats.norm.pdf(mu, 0.5, np.sqrt(variance / 2.0)) * variance

    def evidence(data: list[float]) -> float:
        """Over a grid of means, and of variances whose logs are even."""
        return float((weight * np.prod([stats.norm.pdf(x, mu, np.sqrt(variance)) for x in data], axis=0)).sum())

    assert found == pytest.approx(evidence([1.0, 2.5, 1.7]) / evidence([1.0, 2.5]), rel=1e-3)


def test_a_row_without_shadows_has_the_prior_and_one_with_many_its_own() -> None:
    prior = bavaria.Prior(mean=0.5, strength=2.0, shape=3.0, scale=4.0)
    nothing = bavaria.Predictive.of(np.full((3, 1), NAN), prior)
    assert (nothing.freedom[0], nothing.centre[0], nothing.spread[0]) == pytest.approx((6, 0.5, np.sqrt(4 * 3 / 6)))
    many = np.random.default_rng(0).normal(7, 3, (20_000, 1))
    own = bavaria.Predictive.of(many, prior)
    assert (own.centre[0], own.spread[0]) == pytest.approx((many.mean(), many.std()), rel=1e-3)


def test_the_prior_is_found_again() -> None:
    rng = np.random.default_rng(5)
    variance = stats.invgamma.rvs(3.0, scale=6.0, size=20_000, random_state=rng)
    means = rng.normal(2.0, np.sqrt(variance / 0.5))
    shadows = rng.normal(means, np.sqrt(variance), (6, 20_000))
    shadows[rng.random(shadows.shape) < 0.2] = NAN
    prior = bavaria.Prior.of(shadows)
    assert (prior.mean, prior.shape, prior.scale) == pytest.approx((2.0, 3.0, 6.0), rel=0.08)
    assert prior.strength == pytest.approx(0.5, rel=0.15)
    equal = bavaria.Prior.of(rng.normal(0, 2, (5, 5000)))
    assert equal.scale / equal.shape == pytest.approx(4.0, rel=0.05)
    assert bavaria.Prior.of(np.full((1, 4), NAN)).mean == 0


# A model whose best attack is known: it publishes the mean of its training rows.


def mean_models(shadows: int, seed: int, *, n: int = 500, width: int = 400) -> tuple[Any, Any, Any, Any, Any]:
    """A model of n people, who of 2 n is a member, shadows of fresh people with each row and without it.

    Gives scores [2n] of the model and [k, 2n] of shadows, [k, 2n] whether with the row, [2n] members, and the exact log
    likelihood ratio [2n].
    """
    rng = np.random.default_rng(seed)
    people, member = rng.normal(size=(2 * n, width)), np.arange(2 * n) < n
    target = people[member].mean(axis=0)
    # the mean is N(x / n, (n - 1) / n^2) with the row x, and N(0, 1 / n) without
    inside = stats.norm.logpdf(target, people / n, np.sqrt(n - 1) / n).sum(axis=1)
    outside = stats.norm.logpdf(target, 0, np.sqrt(1 / n)).sum()
    half = shadows // 2
    others = rng.normal(0, np.sqrt(n - 1) / n, (half, width)) @ people.T + (people**2).sum(axis=1) / n
    fresh = rng.normal(0, np.sqrt(1 / n), (shadows - half, width)) @ people.T
    trained = np.broadcast_to(np.arange(shadows)[:, None] < half, (shadows, 2 * n))
    return people @ target, np.concatenate([others, fresh]), trained, member, inside - outside


@pytest.mark.parametrize(
    ("attack", "shadows", "lost"),
    [
        (lira.online_scores, 64, 0.02),
        (lira.offline_scores, 64, 0.02),
        (bavaria.online_scores, 16, 0.04),
        (bavaria.offline_scores, 16, 0.04),
    ],
)
def test_attacks_on_a_mean_come_close_to_the_best_there_is(attack: Any, shadows: int, lost: float) -> None:
    scores, others, trained, member, exact = mean_models(shadows, seed=11)
    best = delong(exact, member)
    found = delong(attack(scores, others, trained), member)
    # 400 numbers of 500 rows: the area is about Phi(sqrt(400 / 500 / 2)) = .74
    assert best.value == pytest.approx(special.ndtr(np.sqrt(0.4)), abs=0.04)
    assert found.low <= best.value <= found.high
    assert found.value > best.value - lost


def test_a_student_takes_the_place_of_a_variance_that_few_shadows_cannot_tell() -> None:
    scores, others, trained, member, _ = mean_models(4, seed=3)
    student = delong(bavaria.online_scores(scores, others, trained), member)
    plain = delong(lira.online_scores(scores, others, trained, shared=False), member)
    assert student.value > plain.value
