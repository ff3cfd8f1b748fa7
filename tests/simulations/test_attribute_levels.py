"""How often answers and lists are said to tell an attribute that they do not tell."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from auditkit import ClassScores, Rankings
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_splits
from auditkit_privacy.attribute_inference import attribute_inference
from auditkit_privacy.recommendations import recommendations

USERS, ITEMS, SHOWN = 200, 200, 10
ROWS, CLASSES = 200, 10
MANY = pytest.param(120, marks=pytest.mark.slow)


def said(check, case):
    return ask(check, replace(case, is_control=True), {})


def outside(found, truth):
    return found.interval.low > truth or found.interval.high < truth


def most(count):
    return 0.05 + 2 * np.sqrt(0.05 * 0.95 / count)


def recommended(seed):
    """Users whose lists and histories have nothing to do with the sex, of items of which few are shown to many."""
    rng = np.random.default_rng([71, seed])
    liked = 1 / np.sqrt(1 + np.arange(ITEMS))
    names = tuple(f"user {user}" for user in range(USERS))

    def lists():
        drawn = [rng.choice(ITEMS, SHOWN, replace=False, p=liked / liked.sum()) for _ in names]
        return Rankings(names, np.array([[f"item {item}" for item in row] for row in drawn], dtype=object))

    about = {"inputs": pd.DataFrame({"user": names}), "seed": seed}
    sex = np.where(rng.permutation(USERS) % 2, "F", "M").tolist()
    had = lists()
    return with_splits(toy_case(lists(), groups={"sex": sex}, **about), training=toy_case(had, truth=had, **about))


@pytest.mark.parametrize("count", [6, MANY])
def test_lists_that_tell_nothing_are_said_to_no_more_often_than_promised(count):
    audits = [said(recommendations, recommended(seed)) for seed in range(count)]
    for metric, truth in (("list_attribute_auc", 0.5), ("history_attribute_auc", 0.5), ("list_attribute_auc_gain", 0)):
        found = [audit.of(metric, group={"sex": "F"})[0] for audit in audits]
        assert np.mean([outside(one, truth) for one in found]) <= most(count), metric


def answered(seed):
    """Answers of ten classes, at random, of rows of which nothing else is known that tells anything."""
    rng = np.random.default_rng([73, seed])
    scores = rng.dirichlet(np.ones(CLASSES), ROWS)
    classes = tuple(f"class {place}" for place in range(CLASSES))
    inputs = pd.DataFrame({"number": rng.integers(0, 2, ROWS)})
    sex = np.where(rng.permutation(ROWS) % 2, "F", "M").tolist()
    targets = [classes[place % 2] for place in range(ROWS)]
    return toy_case(ClassScores(classes, scores), targets, {"sex": sex}, inputs=inputs, seed=seed)


@pytest.mark.parametrize("count", [6, MANY])
def test_answers_that_tell_nothing_are_said_to_no_more_often_than_promised(count):
    audits = [said(attribute_inference, answered(seed)) for seed in range(count)]
    about = {"conditions": {"attribute": "sex"}}
    for metric, truth in (("attribute_inference_rate", 0.5), ("attribute_inference_gain", 0.0)):
        found = [audit.of(metric, **about)[0] for audit in audits]
        assert np.mean([outside(one, truth) for one in found]) <= most(count), metric
    gains = [audit.of("attribute_inference_auc_gain", group={"sex": "F"})[0] for audit in audits]
    assert np.mean([outside(one, 0.0) for one in gains]) <= most(count)
