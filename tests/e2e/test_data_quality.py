"""Data quality by the command line: planted faults are found, clean twins are silent, and marks are replayed."""

from __future__ import annotations

import hashlib
import json
import random

import pytest
from commands import as_csv, small_rows

HEADER = ("sex", "band", "outcome", "p_no", "p_yes", "age", "lactate", "day")
INPUT = (
    'audit = "rows.csv"',
    'audit = "rows.csv"\nreference = "people.csv"\nperiod = "day"\ninput = ["age", "lactate"]',
)
CHECKS = """
[[checks]]
use = "data-quality.missing-values"
[[checks]]
use = "data-quality.impossible-values"
ranges = { age = [0, 120] }
as_of = 2025-12-31
[[checks]]
use = "data-quality.sample-size"
[[checks]]
use = "data-quality.representativeness"
population = { sex = { F = 0.5, M = 0.5 } }
source = "a census"
[[checks]]
use = "data-quality.site-shortcut"
sites = ["band"]
most_rows = 120
[[checks]]
use = "data-quality.provenance"
croissant = "croissant.json"
trained_until = 2024-12-31
"""


def rows(count, seed, *, faulty=False):
    draw, made = random.Random(seed + 50), []
    for place, (sex, *others) in enumerate(small_rows(count, seed)):
        if faulty and sex == "F" and place % 3:
            continue
        age, lactate = f"{draw.gauss(50, 12):.1f}", f"{draw.gauss(2, 0.5):.2f}"
        if faulty and sex == "F" and draw.random() < 0.7:
            lactate = ""
        day = f"2025-{1 + place % 12:02}-11"
        made.append((sex, *others, age, lactate, day))
    if faulty:
        made[0] = (*made[0][:5], "430", "inf", "2024-05-05")
        made[1] = (*made[1][:5], "999", "2.0", "2031-01-01")
    return made


@pytest.fixture(scope="module")
def audited(make_folder):
    found = {}
    for name in ("faulty", "clean"):
        folder = make_folder()
        text = as_csv(HEADER, rows(240, 3, faulty=name == "faulty"))
        folder.write("rows.csv", text)
        folder.write("people.csv", as_csv(HEADER, rows(240, 4)))
        said = hashlib.sha256((folder.path / "rows.csv").read_bytes()).hexdigest() if name == "clean" else "0" * 64
        parts = [{"@type": "cr:FileObject", "@id": "rows.csv", "sha256": said}]
        folder.write("croissant.json", json.dumps({"name": "rows", "license": "CC0", "distribution": parts}))
        folder.spec(INPUT, more=CHECKS, checks=())
        answer = folder.run_here()
        assert answer.code in {0, 1, 3, 5}, answer
        found[name] = folder
    return found


@pytest.mark.parametrize(
    ("check", "metric", "about", "bound"),
    [
        ("missing-values", "largest_missing_rate_gap", {"group": {"sex": "*"}}, 0.1),
        ("missing-values", "suspected_missing_columns", {}, 0.5),
        ("impossible-values", "impossible_row_count", {}, 1.5),
        ("provenance", "file_hash_mismatch_count", {}, 0.5),
        ("provenance", "before_training_cut_rate", {}, 0.0),
    ],
)
def test_planted_faults_are_found_and_their_clean_twin_is_silent(audited, check, metric, about, bound):
    def low(name):
        finding = audited[name].finding(f"data-quality.{check}")
        (one,) = (m for m in finding["measurements"] if m["metric"] == metric and m["group"] == about.get("group", {}))
        return one["interval"]["low"] if one.get("interval") else one["value"]

    assert low("faulty") > bound
    assert low("clean") <= bound


def test_a_group_that_is_too_rare_is_found_beside_the_reference_and_the_people(audited):
    for name, is_rare in (("faulty", True), ("clean", False)):
        measured = audited[name].finding("data-quality.representativeness")["measurements"]
        for metric in ("population_share_ratio", "reference_share_ratio"):
            (one,) = (m for m in measured if m["metric"] == metric and m["group"] == {"sex": "F"})
            assert (one["interval"]["high"] < 1) is is_rare


def test_a_replay_recomputes_what_rests_on_marks_of_the_cells(audited):
    answer = audited["faulty"].run_here("replay", "audit-audit", "--json", "--allow-dev-key")
    parts = {part["name"]: part for part in json.loads(answer.out)["parts"]}
    for name, part in parts.items():
        if any(check in name for check in ("missing-values", "impossible", "sample-size", "representativeness")):
            assert part["state"] in {"equal", "close"}, part
    assert any("missing-values" in name for name in parts)
