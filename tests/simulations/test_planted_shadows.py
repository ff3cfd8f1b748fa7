"""Tables whose model was overfit, or trained well, over 20 seeds, attacked with shadow models in the whole check."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
import pytest
import skops.io
from planted_members import SEEDS, outcome, overall
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from auditkit.checks.asking import ask
from auditkit.checks.measuring import open_case
from auditkit.compute import Broker
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.spec import read_spec
from auditkit_privacy.attacks.shadowing import SCORES
from auditkit_privacy.membership import membership

ROWS, WIDTH, SHADOWS = 800, 4, 8
COLUMNS = [f"x{place}" for place in range(WIDTH)]
pytestmark = pytest.mark.slow


def learnt(by_heart):
    """Before it is fitted: the nearest rows' labels, which of a row that is known is its own; or five coefficients."""
    return KNeighborsClassifier(5, weights="distance", algorithm="brute") if by_heart else LogisticRegression(C=0.01)


def people(rng):
    frame = pd.DataFrame(rng.normal(size=(ROWS, WIDTH)).round(4), columns=COLUMNS)
    return frame.assign(ill=np.where(rng.random(ROWS) < 0.3 + 0.4 * (frame["x0"] > 0), "yes", "no"))


def audited(folder, seed, *, by_heart):
    """The readings of the whole check, shadow models too, of a model in a folder of its own."""
    folder.mkdir()
    rng = np.random.default_rng([seed, 31])
    training, audit = people(rng), people(rng)
    training.to_csv(folder / "train.csv", index=False)
    audit.to_csv(folder / "audit.csv", index=False)
    fitted = learnt(by_heart).fit(training[COLUMNS], training["ill"])
    skops.io.dump(fitted, folder / "model.skops")
    columns = ", ".join(f'"{name}"' for name in COLUMNS)
    (folder / "audit.toml").write_text(
        f'name = "shadows"\nseed = {seed}\n[model]\nadapter = "tabular"\npath = "model.skops"\n[data]\n'
        f'audit = "audit.csv"\ntraining = "train.csv"\ninput = [{columns}]\ntarget = "ill"\npositive = "yes"\n',
        encoding="utf-8",
    )
    spec = read_spec(folder / "audit.toml")
    case = open_case(spec, Broker(spec, Host.installed(spec)), EvidenceStore.open(folder))[0]
    return ask(membership, case, {"shadow_models": SHADOWS})


def test_a_model_that_knows_its_rows_is_found_with_shadow_models_and_one_that_learnt_with_care_is_not(tmp_path):
    outcomes, low, high = {True: Counter(), False: Counter()}, [], []
    for seed in range(SEEDS):
        for by_heart, counts in outcomes.items():
            readings = audited(tmp_path / f"{seed}-{by_heart}", seed, by_heart=by_heart)
            counts[outcome(readings)] += 1
            if (found := overall(readings).interval) is not None:
                (low if by_heart else high).append(found.low if by_heart else found.high)
            ran = {one.conditions["attack"] for one in readings.of("membership_auc") if "attack" in one.conditions}
            assert set(SCORES) <= ran
    # The blind baseline, at 99%, calls a split in a hundred confounded that is not: two of them in 20 are rare.
    assert outcomes[True]["fail"] >= SEEDS - 2, outcomes
    assert outcomes[True]["pass"] == 0, outcomes
    assert outcomes[False]["pass"] >= SEEDS - 2, outcomes
    assert outcomes[False]["fail"] == 0, outcomes
    assert min(low) > 0.6
    assert np.median(high) < 0.6
