"""How often vectors are said to tell what they do not tell, and how often what they tell is found."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from auditkit import ClassScores
from auditkit.statistics import delong
from auditkit.testing import toy_case, with_model, with_splits
from auditkit_privacy.inference.halved import area_of_halves
from auditkit_privacy.vectors.besides import distance_ratio
from auditkit_privacy.vectors.nearness import fit_nearest
from auditkit_privacy.vectors.planted import Embedding
from auditkit_privacy.vectors.probing import VECTORS, half_of, told

ROWS, WIDTH = 160, 24
MANY = pytest.param(150, marks=pytest.mark.slow)


def vectors_of(rng, rows):
    """Correlated, with a few directions that carry most, as those of networks are."""
    spread = 1 / np.sqrt(1 + np.arange(WIDTH))
    return (rng.normal(size=(rows, WIDTH)) * spread) @ rng.normal(size=(WIDTH, WIDTH))


def case_of(model, places, woman, seed):
    table = pd.DataFrame({"number": 100 + places})
    scores = ClassScores(("no", "yes"), np.full((len(places), 2), 0.5))
    sex = {"sex": np.where(woman[places], "F", "M").tolist()}
    return with_model(toy_case(scores, ["no", "yes"] * (len(places) // 2), sex, inputs=table, seed=seed), model)


def areas(count, *, carries):
    """Of so many audits, each of other people, the area from vectors of which one direction carries the sex."""
    for seed in range(count):
        rng = np.random.default_rng([61, seed])
        woman = rng.permutation(ROWS) % 2 == 0
        vectors = vectors_of(rng, ROWS)
        vectors[:, 3] += carries * woman * vectors[:, 3].std()
        case = case_of(Embedding(vectors), np.arange(ROWS), woman, seed)
        scores, half = told(case, source=VECTORS, attribute="sex", value=0), half_of(case, attribute="sex")
        has = case.groups["sex"].codes == 0
        yield area_of_halves(scores, has, half, None, 0.95), delong(scores, has, level=0.95)


@pytest.mark.parametrize("count", [6, MANY])
def test_vectors_that_tell_nothing_are_said_to_no_more_often_than_promised(count):
    found = list(areas(count, carries=0.0))
    most = 0.05 + 2 * np.sqrt(0.05 * 0.95 / count)
    assert np.mean([one.low > 0.5 or one.high < 0.5 for one, _ in found]) <= most
    if count > 100:  # as if the halves were independent, which is why they are not taken to be
        assert np.mean([one.low > 0.5 or one.high < 0.5 for _, one in found]) > most


@pytest.mark.parametrize("count", [6, MANY])
def test_what_one_direction_carries_is_found(count):
    assert np.mean([one.low > 0.5 for one, _ in areas(count, carries=1.5)]) >= 0.8


def nearness(count, *, draws):
    """Of so many audits the area and the ratio, where the vectors of members lie by `draws` nearer to their mean."""
    for seed in range(count):
        rng = np.random.default_rng([67, seed])
        vectors = vectors_of(rng, 2 * ROWS)
        member = rng.permutation(2 * ROWS) < ROWS
        vectors[member] *= 1 - draws
        woman = np.zeros(2 * ROWS, dtype=bool)
        model = Embedding(vectors)
        audit, training = (case_of(model, np.flatnonzero(side), woman, seed) for side in (~member, member))
        case = with_model(with_splits(audit, training=training), model)
        scores = fit_nearest(case.training, case)
        values, inside = scores.finite()
        yield delong(values, inside, level=0.95), distance_ratio(scores, None, 0.95)


@pytest.mark.parametrize("count", [6, MANY])
def test_members_like_others_are_said_to_be_nearer_no_more_often_than_promised(count):
    found = list(nearness(count, draws=0.0))
    most = 0.05 + 2 * np.sqrt(0.05 * 0.95 / count)
    assert np.mean([area.low > 0.5 or area.high < 0.5 for area, _ in found]) <= most
    assert np.mean([ratio.low > 1 or ratio.high < 1 for _, ratio in found]) <= most


@pytest.mark.parametrize("count", [6, MANY])
def test_members_that_are_drawn_together_are_found(count):
    found = list(nearness(count, draws=0.3))
    assert np.mean([area.low > 0.5 for area, _ in found]) >= 0.8
    assert np.mean([ratio.high < 1 for _, ratio in found]) >= 0.8
