"""Attacks with one reference model: by hand, where the best attack is known, and through a spec that names one."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from scipy import special, stats
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from auditkit import ClassScores, NotApplicable, Table, Values
from auditkit.checks.asking import ask
from auditkit.checks.measuring import measure, open_case
from auditkit.compute import Broker
from auditkit.errors import ModelError, SpecError
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.spec import read_spec
from auditkit.testing import toy_case, with_reference_model, with_splits
from auditkit_privacy.attacks.referring import REFERRING, SCORES
from auditkit_privacy.membership import membership
from auditkit_privacy.people.members import Members
from auditkit_privacy.reach.trying import target_of

AUC = "membership_auc"
ATTACKS = {attack.name: attack for attack in REFERRING}


def inputs(rows, rng):
    return pd.DataFrame({"age": rng.normal(size=rows), "pressure": rng.normal(size=rows)})


def two_classes(odds):
    """Scores whose scaled logit of the class "yes", which is true of all rows, is `odds`."""
    return ClassScores(("no", "yes"), np.column_stack([special.expit(-odds), special.expit(odds)]))


def held(own, reference, *, kind=two_classes, seed=0):
    """A case of log odds of members and others, by the model and by its reference."""
    rng = np.random.default_rng([5, seed])
    sides = [toy_case(kind(odds), ["yes"] * len(odds), positive="yes", inputs=inputs(len(odds), rng)) for odds in own]
    case = with_splits(sides[1], training=sides[0])
    return with_reference_model(case, {"training": kind(reference[0]), "audit": kind(reference[1])})


def scores(case, name):
    return ATTACKS[name].score(target_of(Members.of(case)))


def test_the_scores_by_hand():
    case = held([np.array([2.0, 0.0]), np.array([1.0, -1.0, 0.0])], [np.array([1.0, 0.0]), np.array([1.0, 0.0, -1.0])])
    logit = scores(case, "calibrated logit, one reference")
    assert logit.inside.tolist() == pytest.approx([1.0, 0.0])
    assert logit.outside.tolist() == pytest.approx([0.0, -1.0, 1.0])
    loss = scores(case, "calibrated loss, one reference")
    assert loss.inside[0] == pytest.approx(np.log(special.expit(2.0) / special.expit(1.0)))
    # p / ((1.3 q + .7) / 2): 1.067, .741 | .886, .398, .953
    robust = scores(case, "robust, one reference")
    assert robust.inside.tolist() == pytest.approx([1.0, 1 / 3])
    assert robust.outside.tolist() == pytest.approx([1 / 2, 0.0, 1.0])


def test_without_a_reference_the_attacks_say_what_they_lack():
    case = replace(held([np.zeros(2)] * 2, [np.zeros(2)] * 2), is_control=True)
    bare = replace(case, settings=replace(case.settings, reference_model=""))
    with pytest.raises(NotApplicable, match="names no reference_model"):
        scores(bare, "robust, one reference")
    with pytest.raises(NotApplicable, match="no reference model"):
        _ = bare.by_reference


@pytest.mark.parametrize(("knows", "side"), [(0, "training"), (1, "audit")])
def test_a_reference_that_knows_one_side_is_not_used(knows, side):
    rng = np.random.default_rng(9)
    own, reference = rng.normal(size=(2, 2, 60))
    reference[knows] += 2.0
    # a clean model: without the reference nothing is found, and the reference's knowledge is not laid to its charge
    for name in ATTACKS:
        with pytest.raises(NotApplicable) as raised:
            scores(held(own, reference), name)
        assert raised.value.params["side"] == side
        assert np.isfinite(scores(held(own, reference - 2.0 * (np.arange(2) == knows)[:, None]), name).joined).all()


def gaussian(seed, *, rows=150, size=150):
    """A model that says the mean of its rows, and the log density of a row under it; its reference knows the truth.

    A row's score is -|x - mean|^2 / 2. With the population's mean, 0, for a reference it is x m - |m|^2 / 2, which
    orders rows nearly as their exact likelihood ratio does, (n x m - |x|^2 / 2) / (n - 1) and a constant. The area of
    that is the one of two normal distributions sqrt(size / rows) apart.
    """
    rng = np.random.default_rng([11, seed])
    sides = rng.normal(size=(2, rows, size))
    mean = sides[0].mean(axis=0)
    own = [-((side - mean) ** 2).sum(axis=1) / 2 for side in sides]
    reference = [-(side**2).sum(axis=1) / 2 for side in sides]
    return held(own, reference, kind=raw_scores, seed=seed)


def raw_scores(odds):
    return ClassScores(("no", "yes"), np.column_stack([np.zeros_like(odds), odds]), "score")


def read(case):
    return ask(membership, replace(case, is_control=True), {})


BEST = stats.norm.cdf(1 / np.sqrt(2))


def test_the_best_attack_on_a_mean_is_found_within_its_interval():
    readings = read(gaussian(100))
    beside = readings.of(AUC, conditions={"attack": "calibrated logit, one reference"})[0]
    assert beside.interval.low < BEST < beside.interval.high
    strongest = readings.of(AUC, conditions={}, label=None)[0]
    assert strongest.interval.low < BEST < strongest.interval.high
    assert readings.of(AUC, conditions={"attack": "scaled logit"})[0].value < beside.value - 0.05
    levels = next(one for one in readings if isinstance(one, Table) and "strong" in str(one.title))
    said = {row[0]: str(row[2]) for row in levels.rows}
    assert said["P2"] == "ran: calibrated logit, one reference"
    assert said["P3"].startswith("did not run")


@pytest.mark.slow
def test_the_interval_holds_the_best_attack_on_a_mean_over_seeds():
    found = [read(gaussian(seed)).of(AUC, conditions={}, label=None)[0] for seed in range(100, 120)]
    held_in = sum(one.interval.low < BEST < one.interval.high for one in found)
    assert held_in >= 17  # of 20 at 95%: fewer have a chance of 1.6%
    assert np.mean([one.value for one in found]) == pytest.approx(BEST, abs=0.03)


def test_numbers_are_held_against_a_reference_too():
    rng = np.random.default_rng(3)
    truth, hard = rng.normal(size=(2, 200)), rng.normal(size=(2, 200)) * 3
    own = [truth[0] + hard[0] * 0.5, truth[1] + hard[1]]
    sides = [
        toy_case(Values(said), truth=Values(known), inputs=inputs(200, rng))
        for said, known in zip(own, truth, strict=True)
    ]
    case = with_splits(sides[1], training=sides[0])
    reference = {"training": Values(truth[0] + hard[0]), "audit": Values(truth[1] + hard[1])}
    found = scores(with_reference_model(case, reference), "calibrated loss, one reference")
    assert found.inside == pytest.approx((hard[0] ** 2) * 0.75)
    assert found.outside == pytest.approx(np.zeros(200), abs=1e-12)
    assert scores(with_reference_model(case, reference), "robust, one reference") is None
    member = np.arange(400) < 200
    plain = roc_auc_score(member, -((np.concatenate(own) - np.concatenate(truth)) ** 2))
    assert roc_auc_score(member, found.joined) > plain + 0.1
    assert set(SCORES) == set(ATTACKS)


COLUMNS = [f"x{place}" for place in range(40)]
HARD = 1.0


def people(rng, rows):
    """Numbers that say something of the class, of some rows much: what is easy for one model is easy for another."""
    frame = pd.DataFrame(rng.normal(size=(rows, 40)).round(4), columns=COLUMNS)
    return frame.assign(ill=np.where(rng.random(rows) < special.expit(HARD * frame["x0"]), "yes", "no"))


def fitted(rows, where, name, *, c):
    skops.io.dump(LogisticRegression(C=c, max_iter=500).fit(rows[COLUMNS], rows["ill"]), where / name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A model that learnt 120 rows by heart, one that did not, and for each one of other 120 rows."""
    where = tmp_path_factory.mktemp("beside")
    rng = np.random.default_rng(1)
    training, audit, other = people(rng, 120), people(rng, 160), people(rng, 120)
    training.to_csv(where / "train.csv", index=False)
    audit.to_csv(where / "audit.csv", index=False)
    for name, c in (("by_heart", 1e3), ("careful", 1e-4)):
        fitted(training, where, f"{name}.skops", c=c)
        fitted(other, where, f"{name}_other.skops", c=c)
    return where


def spec_of(folder, name, *, beside=None):
    named = f'reference_model = "{beside}"' if beside else ""
    (folder / f"{name}.toml").write_text(
        f"""name = "beside"
[model]
adapter = "tabular"
path = "{name}.skops"
{named}
[data]
audit = "audit.csv"
training = "train.csv"
input = {COLUMNS}
target = "ill"
[[checks]]
use = "privacy.membership"
""".replace("'", '"'),
        encoding="utf-8",
    )
    return read_spec(folder / f"{name}.toml")


def measured(spec):
    return measure(spec, Host.installed(spec), lambda _: None)


def areas(found):
    return {
        one.conditions.get("attack"): one
        for one in found.findings[0].measurements
        if one.metric == AUC and not one.group and one.label is None
    }


def test_a_spec_names_a_reference_model_and_the_result_tells_which(folder):
    result = measured(spec_of(folder, "by_heart", beside="by_heart_other.skops"))
    found = areas(result)
    alone = [one.value for name, one in found.items() if name and "reference" not in name]
    assert found["robust, one reference"].value > max(alone) + 0.01
    beside = result.subject.reference_model
    assert beside.path == "by_heart_other.skops"
    assert beside.digest != result.subject.digest
    assert [one.name for one in beside.files] == ["by_heart_other.skops"]


def test_another_reference_is_another_question_and_predicts_nothing_anew(folder):
    keys = []
    for beside in (None, "by_heart_other.skops", "careful_other.skops"):
        spec = spec_of(folder, "by_heart", beside=beside)
        keys.append(open_case(spec, Broker(spec, Host.installed(spec)), EvidenceStore.open(folder))[0].keys["audit"])
    assert len({rows for rows, _ in keys}) == 3
    assert len({predictions for _, predictions in keys}) == 1


def test_a_reference_that_cannot_be_opened_ends_the_audit(folder):
    with pytest.raises(ModelError, match="nowhere"):
        measured(spec_of(folder, "by_heart", beside="nowhere.skops"))
    shutil.copy(folder / "by_heart.skops", folder / "copy.skops")
    with pytest.raises(ModelError, match=r"'copy.skops' holds the same files as the model"):
        measured(spec_of(folder, "by_heart", beside="copy.skops"))
    with pytest.raises(SpecError, match="which is the model itself"):
        spec_of(folder, "by_heart", beside="by_heart.skops")
