"""`auditkit diff` on bundles: row by row where the rows are the same, and never of a bundle that cannot be trusted."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from typing import Any

import pytest
from commands import HEADER, SPEC, Folder, as_csv, naming, small_rows

Row = tuple[str, ...]


def turned(row: Row) -> Row:
    """The same person with the opposite answer."""
    return (*row[:3], row[4], row[3])


def right(row: Row) -> bool:
    return (float(row[4]) > float(row[3])) == (row[2] == "yes")


ROWS = small_rows(600)
WORSE = [turned(row) if row[0] == "F" and place % 5 < 2 else row for place, row in enumerate(ROWS)]
FEW = [("X", *row[1:]) if place < 7 else row for place, row in enumerate(ROWS)]


@pytest.fixture(scope="module")
def bundles(make_folder: Callable[[], Folder]) -> Folder:
    """A release, one that is worse for women under a stricter policy, and one with a group of seven."""
    folder = make_folder()
    tables = {"old": ROWS, "worse": WORSE, "few": FEW}
    for name, table in tables.items():
        folder.write(f"{name}.csv", as_csv(HEADER, table))
        text = SPEC.replace("rows.csv", f"{name}.csv")
        text = text.replace("min = 0.5", "min = 0.75") if name == "worse" else text
        folder.write(f"{name}.toml", text + naming(("performance.overall", "fairness.gaps")))
        assert folder.run_here("run", f"{name}.toml", "--out", name, "--no-pdf").code in {0, 1, 5}
    return folder


def told(folder: Folder, *arguments: str) -> dict[str, Any]:
    answer = folder.run_here("diff", *arguments, "--allow-dev-key", "--json")
    found: dict[str, Any] = json.loads(answer.out)
    assert answer.code == found["exit_code"]
    return found


def test_the_same_rows_are_held_against_each_other_one_by_one(bundles):
    found = told(bundles, "old", "worse")
    (one,) = [m for m in found["measurements"] if (m["metric"], m["group"]) == ("accuracy", {})]
    by_hand = (sum(map(right, WORSE)) - sum(map(right, ROWS))) / len(ROWS)
    assert one["change"] == pytest.approx(by_hand)
    assert (found["paired"], one["how"], one["says"]) == (True, "paired", "differs")
    assert one["interval"]["low"] < by_hand < one["interval"]["high"] < 0


def test_a_rule_that_turned_is_told_with_its_cause(bundles):
    answer = bundles.run_here("diff", "old", "worse", "--allow-dev-key")
    assert answer.code == 1
    assert "rule accuracy>=0.75: min  0.5 -> 0.75" in answer.out
    assert "the number changed" in answer.out
    assert "more than chance does" in answer.out
    assert "worse.csv" in answer.out


def test_a_bundle_and_itself_do_not_differ(bundles):
    answer = bundles.run_here("diff", "old", "old", "--allow-dev-key")
    assert answer.code == 0
    assert "it is the same result" in answer.out
    assert "nothing that is judged differs" in answer.out
    found = told(bundles, "old", "old")
    assert (found["facts"], found["checks"], {one["says"] for one in found["measurements"]}) == ([], [], {"same"})


def test_what_is_withheld_of_few_people_is_withheld_here(bundles):
    found = told(bundles, "old", "few")
    (size,) = [one for one in found["facts"] if one["what"] == "audit split: rows of sex X"]
    assert (size["old"], size["new"]) == (None, "withheld")
    few = [one for one in found["measurements"] if one["group"].get("sex") == "X"]
    assert all(one["new"] is None and one["new_n"] is None and one["interval"] is None for one in few)


def test_a_bundle_that_cannot_be_trusted_is_not_compared(bundles, tmp_path):
    answer = bundles.run_here("diff", "old", "worse")
    assert (answer.code, "--allow-dev-key" in answer.err) == (4, True)
    copy = tmp_path / "copy"
    shutil.copytree(bundles.path / "worse", copy)
    document = copy / "result.json"
    document.write_bytes(document.read_bytes().replace(b"A small audit", b"B small audit", 1))
    for pair in (("old", str(copy)), (str(copy), "old")):
        answer = bundles.run_here("diff", *pair, "--allow-dev-key")
        assert (answer.code, answer.out, "cannot be trusted" in answer.err) == (4, "", True)


def test_a_folder_that_is_not_there_is_a_mistake(bundles):
    answer = bundles.run_here("diff", "old", "nowhere", "--allow-dev-key")
    assert (answer.code, "there is no bundle 'nowhere'" in answer.err) == (2, True)
