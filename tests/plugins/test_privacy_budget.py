"""A cap on shadow models: how many it leaves, what the report says it costs, and that no rule passes by it."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from auditkit import AuditError, Finding, Interval, Measurement, Table, Text
from auditkit.checks.asking import Readings, ask
from auditkit.checks.measuring import open_case
from auditkit.compute import Broker
from auditkit.evidence import EvidenceStore
from auditkit.host import Host
from auditkit.judging import judge
from auditkit.policy import Policy, Rule
from auditkit.spec import read_spec
from auditkit_privacy.attacks import bavaria
from auditkit_privacy.attacks.budget import Budget, refuse_budget
from auditkit_privacy.attacks.shadows import Shadows
from auditkit_privacy.membership import membership
from auditkit_privacy.validity.effort import bounded

AUC = "membership_auc"
COLUMNS = [f"x{place}" for place in range(12)]
ROWS = 100


@pytest.mark.parametrize(
    ("wanted", "most_rows", "models", "is_weak"),
    [
        (64, 0, 64, False),  # no cap
        (64, 64 * 700, 64, False),  # one that does not bite
        (64, 12_000, 17, False),  # 12,000 / 700 = 17.1
        (64, 15 * 700, 15, True),
        (64, 1_399, 0, True),  # one alone is no attack
        (8, 8 * 700 - 1, 7, True),
        (8, 0, 8, False),  # few, but as many as were asked for
        (0, 0, 0, False),
    ],
)
def test_a_cap_of_rows_leaves_so_many_models(wanted: int, most_rows: int, models: int, *, is_weak: bool) -> None:
    found = Budget.of(700, 900, wanted=wanted, most_rows=most_rows)
    assert (found.taught, found.models, found.is_weak) == (700, models, is_weak)
    assert found.is_capped == (models < wanted)


def test_of_a_model_that_was_taught_nearly_all_rows_a_shadow_is_taught_three_quarters() -> None:
    assert Budget.of(900, 100, wanted=4, most_rows=1_600).models == 2  # 750 rows each


@pytest.mark.parametrize(("models", "rows"), [(1, 0), (-2, 0), (0, 500), (4, -1)])
def test_what_asks_for_no_attack_is_refused(models: int, rows: int) -> None:
    with pytest.raises(AuditError, match="option 'shadow_"):
        refuse_budget(shadow_models=models, shadow_rows=rows)
    refuse_budget(shadow_models=0, shadow_rows=0)
    refuse_budget(shadow_models=2, shadow_rows=10)


def measured(metric: str = AUC, **conditions: str) -> Measurement:
    interval = Interval(low=0.5, high=0.55, level=0.95, method="delong")
    return Measurement(metric=metric, value=0.52, n=700, interval=interval, conditions=conditions)


def test_what_a_weak_attack_reaches_is_a_lower_bound() -> None:
    weak = Budget.of(700, 700, wanted=64, most_rows=5_600)
    found = bounded(measured(), weak).interval
    assert found is not None
    assert (found.low, found.high) == (0.5, 1.0)
    assert found.method == "delong, up to anything: 8 of 64 shadow models"
    assert bounded(measured("membership_tpr_at_fpr_0.1"), weak).interval == found
    assert bounded(measured(attack="likelihood ratio"), weak).interval == found
    assert bounded(measured("heuristic_epsilon"), weak).interval is None
    # an attack that trains nothing reaches what it reaches, and so does what is no attack
    for one in (measured(attack="loss"), measured("membership_tail_at_fnr_0.01")):
        assert bounded(one, weak) == one
    assert bounded(measured(), Budget.of(700, 700, wanted=64, most_rows=11_200)) == measured()


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A model that knows nothing but noise, and not by heart: 100 people on either side, of whom 24 in 100 are ill."""
    where: Path = tmp_path_factory.mktemp("budget")
    rng = np.random.default_rng(4)
    for name in ("train", "audit"):
        frame = pd.DataFrame(rng.normal(size=(ROWS, len(COLUMNS))).round(4), columns=COLUMNS)
        frame.assign(ill=np.where(rng.random(ROWS) < 0.5, "yes", "no")).to_csv(where / f"{name}.csv", index=False)
    training = pd.read_csv(where / "train.csv")
    skops.io.dump(LogisticRegression(C=0.1).fit(training[COLUMNS], training["ill"]), where / "model.skops")
    (where / "audit.toml").write_text(
        f"""name = "budget"
[model]
adapter = "tabular"
path = "model.skops"
[data]
audit = "audit.csv"
training = "train.csv"
input = {COLUMNS}
target = "ill"
""".replace("'", '"'),
        encoding="utf-8",
    )
    spec = read_spec(where / "audit.toml")
    return open_case(spec, Broker(spec, Host.installed(spec)), EvidenceStore.open(where))[0]


def outcome(readings: Readings, bound: float) -> str:
    finding = Finding(
        check="privacy.membership", title=Text.of("x"), text=Text.of("x"), status="measured",
        measurements=readings.measurements,
    )  # fmt: skip
    rule = Rule(metric=AUC, max=bound, because="a test").identified()
    return str(judge(Policy(rules=(rule,)), [finding], ["training"], date(2026, 1, 1)).judgements[0].outcome)


def table(readings: Readings, beginning: str) -> Table:
    return next(one for one in readings if isinstance(one, Table) and str(one.title).startswith(beginning))


def test_no_rule_passes_by_an_attack_that_a_cap_made_weak(case: Any) -> None:
    readings = ask(membership, case, {"shadow_models": 64, "shadow_rows": 8 * ROWS})
    (found,) = readings.of(AUC, conditions={}, label=None)
    assert found.interval.high == 1
    assert outcome(readings, 0.99) == "inconclusive"
    gates = {str(row[0]): row for row in table(readings, "Whether the attacks").rows}
    (gate,) = (row for name, row in gates.items() if name.startswith("the shadow models"))
    assert str(gate[2]) == "NOT PASSED"
    assert str(gate[1]).startswith("capped at 8 of 64 shadow models: shadow_rows = 800, and each is taught 100 rows")
    grown = table(readings, "What more shadow models add")
    assert grown.prominent
    assert [row[0] for row in grown.rows] == [2, 4, 8, 64]
    assert str(grown.rows[-1][2]) == str(gate[1])
    # The line of all eight is the attack's own.
    (own,) = readings.of(AUC, conditions={"attack": "likelihood ratio"}, label=None)
    assert grown.rows[2][3] == pytest.approx(own.value)
    assert str(grown.rows[2][1]).startswith("4 (")
    # That of the first four is what scikit-learn makes of the attack with these alone.
    shadows = Shadows.of(case, 8).first(4)
    scores = bavaria.online_scores(shadows.own, shadows.scores, shadows.taught)
    assert grown.rows[1][3] == pytest.approx(roc_auc_score(shadows.member, scores))


def test_enough_models_under_a_cap_may_speak_for_the_model(case: Any) -> None:
    readings = ask(membership, case, {"shadow_models": 24, "shadow_rows": 16 * ROWS})
    assert outcome(readings, 0.99) == "pass"
    rows = table(readings, "Whether the attacks").rows
    assert [str(row[2]) for row in rows if str(row[1]).startswith("capped at 16 of 24")] == ["passed"]


def test_a_cap_below_two_models_trains_none_and_says_so(case: Any) -> None:
    readings = ask(membership, case, {"shadow_models": 16, "shadow_rows": ROWS})
    assert not readings.of(AUC, conditions={"attack": "likelihood ratio"})
    assert outcome(readings, 0.99) == "inconclusive"
    said = [str(row[3]) for row in table(readings, "What each attack").rows if row[0] == "likelihood ratio"]
    assert said[0].startswith("capped at 0 of 16 shadow models")


def test_without_a_cap_nothing_is_said_of_one(case: Any) -> None:
    readings = ask(membership, case, {"shadow_models": 4})
    grown = table(readings, "What more shadow models add")
    assert not grown.prominent
    assert [row[0] for row in grown.rows] == [2, 4]
    assert outcome(readings, 0.99) == "pass"
    assert [str(row[1]) for row in table(readings, "Whether the attacks").rows][-1] == "4, each on 100 rows"


def test_a_plan_is_told_how_many_are_trained() -> None:
    found = membership.trains(shadow_models=64, shadow_rows=12_000, training=700, audit=900)
    assert (found.models, found.rows, found.at_once) == (17, 700, 16)
    assert found.note == ", of 64 that are asked for: shadow_rows caps them"
    assert membership.trains(shadow_models=0, shadow_rows=0, training=700, audit=900).models == 0
