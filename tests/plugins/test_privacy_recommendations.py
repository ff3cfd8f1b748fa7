"""`privacy.recommendations`: what lists tell of users, beside what their own histories do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from auditkit import Rankings, Table
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_splits
from auditkit_privacy.recommendations import recommendations

LIST, HISTORY, GAIN = "list_attribute_auc", "history_attribute_auc", "list_attribute_auc_gain"


def lists(kind, strength, *, seed, length=5):
    """Of twenty items, half of either kind: each user's are of their own kind with this chance."""
    rng = np.random.default_rng([41, seed])
    own = rng.random((len(kind), length)) < strength
    places = np.array([rng.permutation(10)[:length] for _ in kind]) + 10 * np.where(
        own, kind[:, None], 1 - kind[:, None]
    )
    return np.array([[f"item {place:02}" for place in row] for row in places], dtype=object)


def users(rows, *, shown=0.5, had=None, seed=1, **fields):
    kind = np.random.default_rng([43, seed]).permutation(rows) % 2
    names = tuple(f"user {row}" for row in range(rows))
    groups = {"sex": [("F", "M")[code] for code in kind]}
    inputs = pd.DataFrame({"user": names})
    audit = toy_case(Rankings(names, lists(kind, shown, seed=seed)), groups=groups, inputs=inputs, **fields)
    if had is None:
        return audit
    order = np.random.default_rng([47, seed]).permutation(rows)  # the training names them in another order
    theirs = tuple(names[row] for row in order)
    truth = Rankings(theirs, lists(kind, had, seed=seed + 100)[order])
    training = toy_case(truth, truth=truth, inputs=pd.DataFrame({"user": theirs}))
    return with_splits(audit, training=training)


def said(case):
    return ask(recommendations, replace(case, is_control=True), {})


def test_lists_that_suit_one_sex_tell_the_sex():
    case = users(200, shown=0.8)
    found = said(case).of(LIST, group={"sex": "F"})[0]
    assert found.interval.low > 0.8
    assert found.n == case.groups["sex"].counts()[0]
    # Another classifier, on all users at once: no outside witness tells the halves, but it lies near.
    items = sorted(set(case.predictions.items.ravel()))
    shown = np.array([[item in row for item in items] for row in case.predictions.items], dtype=float)
    women = case.groups["sex"].codes == 0
    witness = LogisticRegression().fit(shown[:100], women[:100]).predict_proba(shown[100:])[:, 1]
    assert found.value == pytest.approx(roc_auc_score(women[100:], witness), abs=0.08)


def test_lists_that_do_not_depend_on_the_sex_tell_nothing():
    found = said(users(300)).of(LIST, group={"sex": "F"})[0]
    assert found.interval.low < 0.5 < found.interval.high


def test_what_lists_tell_less_than_histories_is_below_nothing():
    readings = said(users(200, shown=0.6, had=0.9))
    assert readings.of(HISTORY, group={"sex": "F"})[0].interval.low > 0.85
    gain = readings.of(GAIN, group={"sex": "F"})[0]
    assert gain.interval.high < 0
    shown, had = (readings.of(metric, group={"sex": "F"})[0].value for metric in (LIST, HISTORY))
    assert gain.value == pytest.approx(shown - had)


def test_what_lists_tell_beyond_histories_counts_against_the_recommender():
    assert said(users(200, shown=0.9, had=0.5)).of(GAIN, group={"sex": "M"})[0].interval.low > 0.2


def test_without_training_interactions_histories_are_not_known():
    readings = said(users(100, shown=0.9))
    assert {found.metric for found in readings.measurements} == {LIST}
    (table,) = [one for one in readings if isinstance(one, Table)]
    assert "no training rows" in str(table.title)


def test_few_users_are_not_told_apart():
    assert all(found.value is None for found in said(users(16, shown=1.0)).measurements)


def test_users_of_one_household_are_as_uncertain_as_households_are_few():
    few = users(40, shown=0.7)
    rows = np.repeat(np.arange(40), 10)
    groups = {"sex": np.array(few.groups["sex"].labels(), dtype=object)[rows].tolist()}
    copies = Rankings(tuple(f"user {row}" for row in range(400)), few.predictions.items[rows])
    alone, shared = (
        said(toy_case(copies, groups=groups, units=units)).of(LIST, group={"sex": "F"})[0].interval
        for units in (None, rows.tolist())
    )
    assert shared.high - shared.low > 2 * (alone.high - alone.low)


def test_a_user_without_history_is_like_every_other_without_one():
    case = users(120, shown=0.9, had=0.9)
    strangers = case.training.narrowed(np.arange(0))
    nobody = with_splits(case.audit, training=toy_case(strangers.predictions, truth=strangers.truth,
                                                       inputs=pd.DataFrame({"user": []})))  # fmt: skip
    found = said(nobody).of(HISTORY, group={"sex": "F"})[0]
    assert found.value == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_histories_of_nobody_who_is_asked_tell_exactly_nothing(seed):
    # One half always has more women than the other, and what learns from it finds everybody likelier to be one.
    case = users(90, had=0.9, seed=seed)
    strangers = tuple(f"stranger {row}" for row in range(90))
    theirs = replace(case.training.predictions, users=strangers)
    training = toy_case(theirs, truth=theirs, inputs=pd.DataFrame({"user": strangers}))
    found = said(with_splits(users(90, seed=seed), training=training)).of(HISTORY, group={"sex": "F"})[0]
    assert found.value == pytest.approx(0.5, abs=1e-12)
