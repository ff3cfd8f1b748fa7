"""Shadow models of a real estimator: what they are taught, what they find out, and that nothing is trained twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression

from auditkit import NotApplicable
from auditkit.checks.measuring import open_case
from auditkit.compute import Broker
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.spec import read_spec
from auditkit.statistics import delong
from auditkit_privacy.attacks.attack import Target
from auditkit_privacy.attacks.budget import MOST_TAUGHT
from auditkit_privacy.attacks.shadowing import SCORES, SHADOWING
from auditkit_privacy.attacks.shadows import Shadows, answers_of_shadows
from auditkit_privacy.people.members import Members

COLUMNS = [f"x{place}" for place in range(40)]


def people(rng: np.random.Generator, rows: int) -> Any:
    """Numbers that say little of the class: a model of 41 numbers learns much of it by heart."""
    frame = pd.DataFrame(rng.normal(size=(rows, 40)).round(4), columns=COLUMNS)
    return frame.assign(ill=np.where(rng.random(rows) < 0.3 + 0.4 * (frame["x0"] > 0), "yes", "no"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("shadows")
    rng = np.random.default_rng(1)
    training, audit = people(rng, 120), people(rng, 160)
    training.to_csv(where / "train.csv", index=False)
    audit.to_csv(where / "audit.csv", index=False)
    fitted = LogisticRegression(C=1e3, max_iter=500).fit(training[COLUMNS], training["ill"])
    skops.io.dump(fitted, where / "model.skops")
    (where / "audit.toml").write_text(
        f"""name = "shadows"
[model]
adapter = "tabular"
path = "model.skops"
[data]
loader = "csv"
audit = "audit.csv"
training = "train.csv"
input = {COLUMNS}
target = "ill"
""".replace("'", '"'),
        encoding="utf-8",
    )
    return where


@pytest.fixture(scope="module")
def case(folder: Path) -> Any:
    spec = read_spec(folder / "audit.toml")
    return open_case(spec, Broker(spec, Host.installed(spec)), EvidenceStore.open(folder))[0]


def test_shadows_are_taught_as_many_rows_as_the_model_and_never_the_same(case: Any) -> None:
    shadows = Shadows.of(case, 8)
    assert shadows.taught.sum(axis=1).tolist() == [120] * 8
    assert shadows.member.sum() == 120
    assert len(np.unique(shadows.taught, axis=0)) == 8
    # the rows that a shadow was taught fit it better
    assert shadows.scores[shadows.taught].mean() > shadows.scores[~shadows.taught].mean() + 1
    again = answers_of_shadows(case, first=0, count=8)
    assert np.array_equal(again["scores"], shadows.scores.astype(np.float32))


def test_a_shadow_is_the_model_trained_on_those_rows(case: Any) -> None:
    kept = answers_of_shadows(case, first=2, count=1)
    pool = pd.concat([case.training.inputs, case.audit.inputs], ignore_index=True)
    truth = np.concatenate([np.asarray(side.targets.codes) for side in (case.training, case.audit)])
    rows = kept["taught"][0]
    fitted = LogisticRegression(C=1e3, max_iter=500).fit(pool[rows].astype(float), truth[rows])
    chances = fitted.predict_log_proba(pool.astype(float))
    logit = np.where(truth == 1, 1, -1) * (chances[:, 1] - chances[:, 0])
    assert kept["scores"][0] == pytest.approx(logit, rel=1e-2, abs=1e-2)


def test_shadows_find_out_more_than_the_loss(case: Any) -> None:
    sides = Members.of(case)
    target = Target(sides.members, sides.others, {}, shadow_models=8)
    areas = {}
    for attack in SHADOWING:
        found = attack.score(target)
        values, member = found.finite()
        areas[attack.name] = delong(values, member).value
    own = Shadows.of(case, 8)
    plain = delong(own.own, own.member).value
    assert set(areas) == set(SCORES)
    assert areas["likelihood ratio"] > plain + 0.03
    assert min(areas.values()) > plain


def test_what_was_trained_is_kept(case: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    Shadows.of(case, 8)

    def refuse(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr("auditkit.case.retrained", refuse)
    assert len(Shadows.of(case, 8).scores) == 8


def test_without_leave_nothing_is_trained(case: Any) -> None:
    sides = Members.of(case)
    with pytest.raises(NotApplicable, match="no shadow models"):
        SHADOWING[0].score(Target(sides.members, sides.others, {}))


def test_a_model_that_cannot_be_trained_refuses_the_attack(folder: Path) -> None:
    spec = read_spec(folder / "audit.toml")
    recorded = folder / "recorded.csv"
    people(np.random.default_rng(3), 40).assign(said="yes").to_csv(recorded, index=False)
    data = spec.data.model_copy(
        update={"audit": "recorded.csv", "training": "recorded.csv", "predicted": "said", "input": ("x1",)}
    )
    other = spec.model_copy(update={"data": data, "model": spec.model.model_copy(update={"adapter": "recorded"})})
    case = open_case(other, Broker(other, Host.installed(other)), EvidenceStore.open(folder))[0]
    with pytest.raises(NotApplicable, match="cannot be trained anew"):
        SHADOWING[0].score(Target(case.training, case, {}, shadow_models=4))


def test_a_model_of_nearly_all_rows_leaves_some_shadows_without_each(folder: Path) -> None:
    spec = read_spec(folder / "audit.toml")
    rng = np.random.default_rng(2)
    few = people(rng, 30)
    few.to_csv(folder / "few.csv", index=False)
    data = spec.data.model_copy(update={"audit": "few.csv"})
    other = spec.model_copy(update={"data": data})
    case = open_case(other, Broker(other, Host.installed(other)), EvidenceStore.open(folder))[0]
    assert Shadows.of(case, 1).taught.sum() == int(MOST_TAUGHT * 150)
