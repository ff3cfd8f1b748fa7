"""Attacks on models that write: by hand, of a model that knows its texts by heart, and held against a reference."""

from __future__ import annotations

import zlib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from auditkit import Likelihoods, NotApplicable, Texts
from auditkit.checks.asking import ask
from auditkit.testing import toy_case, with_model, with_reference_model, with_splits
from auditkit_privacy.attacks.referring import REFERRING
from auditkit_privacy.attacks.writing import lowest_logs, lowest_standardised, mean_log, zlib_ratio
from auditkit_privacy.membership import membership
from auditkit_privacy.people.members import Members
from auditkit_privacy.reach.trying import target_of

AUC = "membership_auc"
SAID = Likelihoods.of_rows(
    [
        np.array([[-1.0, -2.0, -3.0, -4.0, -5.0], [-2.0] * 5, [1.0, 1.0, 1.0, 2.0, 4.0]]),
        np.zeros((3, 0)),
        np.array([[-0.5], [-0.5], [0.0]]),
    ]
)


def test_the_scores_by_hand():
    assert mean_log(SAID).tolist() == pytest.approx([-3.0, np.nan, -0.5], nan_ok=True)
    texts = ["aaaaaaaaaaaa", "", "b"]
    sizes = [len(zlib.compress(text.encode())) for text in texts]
    assert zlib_ratio(SAID, texts).tolist() == pytest.approx([-15 / sizes[0], np.nan, -0.5 / sizes[2]], nan_ok=True)
    # a fifth of five tokens is one: the least likely; of one token it is that one
    assert lowest_logs(SAID).tolist() == pytest.approx([-5.0, np.nan, -0.5], nan_ok=True)
    assert lowest_logs(SAID, share=0.4).tolist() == pytest.approx([-4.5, np.nan, -0.5], nan_ok=True)
    # (1, 0, -1, -1, -.75): standardised, the third and the fourth token are the lowest; no deviation is no surprise
    assert lowest_standardised(SAID).tolist() == pytest.approx([-1.0, np.nan, 0.0], nan_ok=True)
    assert lowest_standardised(SAID, share=0.6).tolist() == pytest.approx([-2.75 / 3, np.nan, 0.0], nan_ok=True)


WORDS = ("fever", "cough", "rash", "pain", "nausea", "fall", "burn", "bite")


def notes(rows, seed):
    rng = np.random.default_rng([3, seed])
    return [" ".join([*rng.choice(WORDS, 6), str(rng.integers(10**6))]) for _ in range(rows)]


class Writer:
    """Finds each word as likely as its length says, and what it knows by heart likelier; how hard a note is differs."""

    def __init__(self, by_heart=(), *, shift=1.0, hard=True):
        self.by_heart, self.shift, self.hard = set(by_heart), shift, hard

    def predict(self, inputs):
        return Texts(tuple(("I see.",) for _ in inputs))

    def likelihoods(self, texts, before=None):  # noqa: ARG002  it looks at the text alone
        rows = []
        for text in texts:
            count = len(text.split())
            own = np.random.default_rng(zlib.crc32(text.encode()))
            hard = 3 + 2 * own.random() if self.hard else 4.0
            logs = -hard - own.random(count) + self.shift * (text in self.by_heart) * own.random()
            rows.append(np.stack([logs, np.full(count, -4.0), np.full(count, 1.0)]))
        return Likelihoods.of_rows(rows)


def case_of(*, by_heart=True, rows=80, reference=None, truth=None, **options):
    inside, outside = notes(rows, 1), notes(rows, 2)
    model = Writer(inside if by_heart else (), **options)
    known = None if truth is None else Texts(tuple((text,) for text in truth))
    sides = [
        toy_case(model.predict(texts), inputs=pd.Series(texts, dtype=object), truth=known)
        for texts in (inside, outside)
    ]
    case = with_model(with_splits(sides[1], training=sides[0]), model)
    if reference is None:
        return case
    beside = replace(case.broker, _model=reference)
    return with_reference_model(replace(case, broker=replace(case.broker, _reference=beside)), {})


def areas(case):
    found = ask(membership, replace(case, is_control=True), {}).of(AUC, label=None)
    return {one.conditions.get("attack"): one for one in found}


def test_a_model_that_knows_its_texts_by_heart_is_found():
    found = areas(case_of(shift=3.0))
    assert set(found) == {None, "loss", "zlib ratio", "min-k", "min-k++"}
    assert found[None].interval.low > 0.6


def test_a_model_that_does_not_is_told_apart_by_nothing():
    found = areas(case_of(by_heart=False))
    assert found[None].interval.low < 0.5 < found[None].interval.high


def test_a_reference_takes_away_what_is_hard_for_everybody():
    case = case_of(shift=1.0, reference=Writer())
    found = areas(case)
    beside = found["calibrated loss, one reference"]
    assert beside.value > found["loss"].value + 0.1
    # by hand: what is left is what was learnt by heart
    scores = next(one for one in REFERRING if one.name.startswith("calibrated loss")).score(target_of(Members.of(case)))
    assert scores.outside == pytest.approx(np.zeros(80), abs=1e-6)
    assert (scores.inside > 0).all()


def test_an_answer_that_the_data_name_is_weighed_after_its_prompt():
    asked = []

    class Asked(Writer):
        def likelihoods(self, texts, before=None):
            asked.append((list(texts), before))
            return super().likelihoods(texts, before)

    answers = notes(80, 5)
    case = case_of(truth=answers)
    case = with_model(case, Asked())
    target_of(Members.of(case))
    pairs = {pair for texts, before in asked for pair in zip(texts, before, strict=True)}
    wanted = {(answer, f"{text}\n") for seed in (1, 2) for answer, text in zip(answers, notes(80, seed), strict=True)}
    assert pairs == wanted


def test_a_model_that_gives_no_likelihoods_is_not_attacked():
    case = case_of()

    class Mute:
        predict = Writer.predict

    with pytest.raises(NotApplicable) as raised:
        areas(with_model(case, Mute()))
    assert raised.value.params["capability"] == "GivesLikelihoods"
