"""Reference rows and periods by the command line: measured, judged, replayed; and a third audit of twelve."""

from __future__ import annotations

import json
import random

import pytest
from commands import as_csv, small_rows

HEADER = ("sex", "band", "outcome", "p_no", "p_yes", "age", "day")
CHECKS = ("shift.columns", "shift.joint", "shift.predictions", "shift.periods", "performance.overall")
INPUT = ('audit = "rows.csv"', 'audit = "rows.csv"\nreference = "before.csv"\nperiod = "day"\ninput = ["age"]')
PLAN = "\n[policy.reaudit]\nlook = 3\nlooks = 12\n"


def rows(count, seed, *, older=0.0):
    draw = random.Random(seed + 100)
    return [
        (*row, f"{draw.gauss(50 + older, 12):.1f}", f"2025-{1 + place * 4 // count:02}-11")
        for place, row in enumerate(small_rows(count, seed))
    ]


def of(finding, metric, **about):
    return [
        one
        for one in finding["measurements"]
        if one["metric"] == metric and all(one[name] == value for name, value in about.items())
    ]


@pytest.fixture(scope="module")
def audited(make_folder):
    folder = make_folder()
    folder.write("rows.csv", as_csv(HEADER, rows(240, 3, older=15)))
    folder.write("before.csv", as_csv(HEADER, rows(300, 4)))
    folder.spec(INPUT, more=PLAN, checks=CHECKS)
    answer = folder.run_here()
    assert answer.code in {0, 5}, answer
    return folder


def test_a_column_that_has_moved_is_found_and_one_that_has_not_is_not(audited):
    finding = audited.finding("shift.columns")
    (age,) = of(finding, "population_stability_index", conditions={"column": "age"})
    (sex,) = of(finding, "population_stability_index", conditions={"column": "sex"})
    assert age["interval"]["low"] > 0.25
    assert sex["interval"]["low"] == 0
    (largest,) = of(finding, "largest_population_stability_index", group={})
    assert largest["value"] == age["value"]


def test_predictions_are_made_of_reference_rows_that_hold_the_models_columns(audited):
    finding = audited.finding("shift.predictions")
    assert finding["status"] == "measured"
    assert of(finding, "score_ks_distance")[0]["interval"]["low"] == 0
    assert of(finding, "estimated_label_share_difference")


def test_months_are_followed(audited):
    finding = audited.finding("shift.periods")
    named = [one["conditions"]["period"] for one in of(finding, "accuracy") if one["conditions"]]
    assert named == ["2025-01", "2025-02", "2025-03", "2025-04"]
    (gap,) = of(finding, "accuracy_period_gap")
    assert gap["interval"]["low"] <= 0


def test_the_third_of_twelve_audits_takes_its_part_of_what_may_err(audited):
    level = audited.result()["provenance"]["level"]
    assert level == pytest.approx(1 - 0.05 / 12)
    (accuracy,) = of(audited.finding("performance.overall"), "accuracy")
    assert accuracy["interval"]["level"] == level
    assert "look 3 of 12" in audited.page()


def test_a_replay_recomputes_what_rests_on_no_inputs(audited):
    answer = audited.run_here("replay", "audit-audit", "--json", "--allow-dev-key")
    parts = {part["name"]: part for part in json.loads(answer.out)["parts"]}
    for check in ("shift.periods", "shift.predictions"):
        assert parts[check]["state"] in {"equal", "close"}, parts[check]
    assert parts["shift.columns"]["why"] == "the evidence holds no inputs"


def test_a_gate_that_plans_other_re_audits_is_refused(audited):
    audited.write("bar.toml", "extends = []\n[reaudit]\nlook = 4\nlooks = 12\n")
    audited.run_here("gate", "audit-audit", "--policy", "bar.toml", "--allow-dev-key").refused("plans re-audits")


@pytest.mark.parametrize(
    ("plan", "said"),
    [("look = 13\nlooks = 12", "look 13 is none of the 12 looks"), ('look = 1\nspending = "pocock"', "looks = 12")],
)
def test_a_plan_that_cannot_be_is_refused(folder, plan, said):
    folder.write_rows(small_rows())
    folder.spec(more=f"\n[policy.reaudit]\n{plan}\n")
    folder.run_here().refused(said)
