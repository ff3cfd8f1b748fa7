"""What a policy names in `[policy.baseline]`: intersections, where comparisons stand, and how they are waived."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from commands import HEADER, SPEC, Answer, Folder, as_csv, naming, small_rows

from auditkit.gating import Gated


def spec_of(name: str) -> str:
    return SPEC.replace("rows.csv", f"{name}.csv") + naming(("performance.overall",))


@pytest.fixture(scope="module")
def releases(make_folder: Callable[[], Folder]) -> Folder:
    """A baseline, one that is worse for women, and one whose audit left out the older women."""
    folder = make_folder()
    rows = small_rows(1200)
    worse = [(*row[:3], row[4], row[3]) if row[0] == "F" and place % 5 < 2 else row for place, row in enumerate(rows)]
    tables = {"old": rows, "bad": worse, "some": [row for row in rows if row[:2] != ("F", "old")]}
    for name, table in tables.items():
        folder.write(f"{name}.csv", as_csv(HEADER, table))
        folder.write(f"{name}.toml", spec_of(name))
        assert folder.run_here("run", f"{name}.toml", "--out", name).code == 0
    return folder


def gate(folder: Folder, bundle: str, *options: str) -> Answer:
    return folder.run_here("gate", bundle, "--allow-dev-key", *options)


def told(folder: Folder, bundle: str, *options: str) -> Gated:
    return Gated.from_json(gate(folder, bundle, "--json", *options).out)


RULE = '[[rules]]\nmetric = "accuracy"\nmin = 0.5\nbecause = "a test"\n'


def test_an_intersection_that_the_audit_left_out_keeps_the_release_from_passing(releases):
    releases.write("both.toml", RULE + '[[baseline]]\nmetric = "accuracy"\ngroup = ["sex", "band"]\nmargin = 0.1\n')
    found = told(releases, "some", "--baseline", "old", "--policy", "both.toml")
    lost = next(one for one in found.comparisons if one.group == {"sex": "F", "band": "old"})
    assert (lost.outcome, lost.change) == ("inconclusive", None)
    assert "the candidate was not" in str(lost.reason)
    # Of one that neither audit has anybody in, nothing is asked.
    nobody = told(releases, "some", "--baseline", "some", "--policy", "both.toml")
    assert {(one.group["sex"], one.group["band"]) for one in nobody.comparisons} == {
        ("F", "young"),
        ("M", "young"),
        ("M", "old"),
    }


def test_what_is_exported_says_which_baseline_and_where_it_is_asked_for(releases):
    asked = "".join(f'[[baseline]]\nmetric = "{name}"\n' for name in ("accuracy", "brier_score"))
    releases.write("asked.toml", RULE + asked)
    exports = ("--export", "summary.md", "--export", "results.sarif")
    gate(releases, "bad", "--baseline", "old", "--policy", "asked.toml", *exports)
    summary = (releases.path / "summary.md").read_text("utf-8")
    assert "The baseline is" in summary
    assert "paired, row by row: 1,200 rows are in both" in summary
    (run,) = json.loads((releases.path / "results.sarif").read_bytes())["runs"]
    found = {
        (one["ruleId"][: len("baseline:accuracy")], one["locations"][0]["physicalLocation"]["region"]["startLine"])
        for one in run["results"]
    }
    assert found == {("baseline:accuracy", 5), ("baseline:brier_sc", 7)}


def test_a_comparison_is_waived_by_the_name_of_its_change_and_not_by_its_metric(releases):
    waiver = '[[waivers]]\nmetric = "{}"\nowner = "A. Name"\napproved_by = "B. Name"\nreason = "a test"\nexpires = {}\n'
    ends = (datetime.now(UTC).date() + timedelta(days=90)).isoformat()
    for metric, outcome in (("accuracy", "fail"), ("accuracy_change", "waived")):
        releases.write("waived.toml", RULE + "[baseline]\nmargin = 0.05\n" + waiver.format(metric, ends))
        found = told(releases, "bad", "--baseline", "old", "--policy", "waived.toml")
        assert {one.rule: one.outcome for one in found.comparisons}["baseline:accuracy[sex=F]>=-0.05"] == outcome
    releases.write("waived.toml", RULE + "[baseline]\nmargin = 0.05\n" + waiver.format("acuracy_change", ends))
    answer = gate(releases, "bad", "--baseline", "old", "--policy", "waived.toml")
    assert (answer.code, "names 'acuracy_change', which is no rule's" in answer.err) == (2, True)
