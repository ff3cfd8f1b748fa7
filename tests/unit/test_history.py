"""`auditkit history`: releases in order, each number through them, what is due; nothing of what nobody may believe."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date
from math import sqrt
from typing import Any

import pytest
from commands import HEADER, SPEC, Folder, as_csv, naming, small_rows

from auditkit.document import Text
from auditkit.errors import SpecError
from auditkit.history import index
from auditkit.history.due import due_of
from auditkit.history.finding import bundles_at, content_digest
from auditkit.numerals import number

Row = tuple[str, ...]
DAYS = {"first": 1767225600, "second": 1775001600, "third": 1782864000}
"""The first of January, April and July 2026."""
ROWS = small_rows(600)
OTHERS = small_rows(600, seed=4)
WORSE = [(*row[:3], row[4], row[3]) if place % 3 == 0 else row for place, row in enumerate(small_rows(600, seed=5))]
WAIVER = """
[[policy.waivers]]
metric = "accuracy"
owner = "A. Name"
approved_by = "B. Name"
expires = 2026-08-01
reason = "until the next release"
"""


@pytest.fixture(scope="module")
def bundles(make_folder: Callable[[], Folder]) -> Folder:
    """Three releases of one audit, on people of their own; the last is worse, and its policy has a waiver."""
    folder = make_folder()
    (folder.path / "all").mkdir()
    for name, table in (("first", ROWS), ("second", OTHERS), ("third", WORSE)):
        folder.write(f"{name}.csv", as_csv(HEADER, table))
        text = SPEC.replace("rows.csv", f"{name}.csv") + (WAIVER if name == "third" else "")
        folder.write(f"{name}.toml", text + naming(("performance.overall",)))
        folder.settings["SOURCE_DATE_EPOCH"] = str(DAYS[name])
        assert folder.run_here("run", f"{name}.toml", "--out", f"all/{name}", "--no-pdf").code == 0
    folder.settings["SOURCE_DATE_EPOCH"] = str(DAYS["third"] + 86400 * 20)
    return folder


def told(folder: Folder, *arguments: str, place: str = "all") -> dict[str, Any]:
    answer = folder.run_here("history", place, "--allow-dev-key", "--json", *arguments)
    found: dict[str, Any] = json.loads(answer.out)
    assert answer.code == found["exit_code"]
    return found


def share(rows: Sequence[Row]) -> float:
    """How often the decision at one half is right."""
    return sum((float(row[4]) >= 0.5) == (row[2] == "yes") for row in rows) / len(rows)


def wilson(p: float, n: int, z: float = 1.959963984540054) -> tuple[float, float]:
    centre, half = p + z * z / (2 * n), z * sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return (centre - half) / (1 + z * z / n), (centre + half) / (1 + z * z / n)


def test_every_number_is_that_of_its_release(bundles):
    (audit,) = told(bundles)["audits"]
    assert [one["path"] for one in audit["releases"]] == ["all/first", "all/second", "all/third"]
    (series,) = audit["series"]
    assert [one["told"]["value"] for one in series["points"]] == pytest.approx([*map(share, (ROWS, OTHERS, WORSE))])
    assert [one["metric"] for one in series["rules"]] == ["accuracy"]
    assert audit["left_out"] > 0


def test_a_change_is_judged_by_newcombes_interval_in_holms_steps(bundles):
    (audit,) = told(bundles)["audits"]
    last, first = audit["series"][0]["since_last"], audit["series"][0]["since_first"]
    assert (last["moved"], first["moved"]) == (True, True)
    assert last["value"] == pytest.approx(share(WORSE) - share(OTHERS))
    # Newcombe (1998), method 10, at the normal quantile of 1 - .05 / 4: both falls are claimed at the first step.
    for change, before in ((last, OTHERS), (first, ROWS)):
        new, old = share(WORSE), share(before)
        high, low = wilson(new, 600, 2.241402727604945)[1], wilson(old, 600, 2.241402727604945)[0]
        by_hand = new - old + sqrt((high - new) ** 2 + (old - low) ** 2)
        assert change["interval"]["high"] == pytest.approx(by_hand)
        assert by_hand < 0


def test_releases_that_do_not_differ_are_said_not_to(bundles, tmp_path):
    for name in ("first", "second"):
        shutil.copytree(bundles.path / "all" / name, tmp_path / name)
    (audit,) = told(bundles, place=str(tmp_path))["audits"]
    change = audit["series"][0]["since_last"]
    assert change["moved"] is False
    assert audit["series"][0]["since_first"] is None
    new, old = share(OTHERS), share(ROWS)
    low, high = (wilson(new, 600), wilson(old, 600))
    by_hand = new - old - sqrt((new - low[0]) ** 2 + (high[1] - old) ** 2)
    assert change["interval"]["low"] == pytest.approx(by_hand)


def test_what_ended_is_overdue_and_what_soon_ends_is_soon(bundles):
    (audit,) = told(bundles)["audits"]
    by_kind = {one["kind"]: (one["on"], one["state"]) for one in audit["due"]}
    assert by_kind == {"audit": ("2027-07-01", "later"), "waiver": ("2026-08-01", "soon")}
    bundles.settings["SOURCE_DATE_EPOCH"] = str(DAYS["third"] + 86400 * 32)
    answer = bundles.run_here("history", "all", "--allow-dev-key", "--out", "late.html")
    bundles.settings["SOURCE_DATE_EPOCH"] = str(DAYS["third"] + 86400 * 20)
    assert answer.code == 1
    page = (bundles.path / "late.html").read_text(encoding="utf-8")
    assert "No longer to be relied on: what has run out is listed as overdue (1)." in page
    assert 'class="word is-warn"' in page
    assert "OVERDUE  2026-08-01  the waiver of A. Name on accuracy" in answer.out


@pytest.mark.parametrize(
    ("until", "state"),
    [
        ("2026-07-31", "overdue"),
        ("2026-08-01", "soon"),
        ("2026-08-31", "soon"),
        ("2026-09-01", "later"),
        (None, "open"),
    ],
)
def test_the_last_day_still_counts(until, state):
    (one,) = due_of([("waiver", until, Text.of("w").to_json().decode())], date(2026, 8, 1), 30)
    assert one.state == state


def test_a_changed_bundle_is_left_out_and_named(bundles, tmp_path):
    shutil.copytree(bundles.path / "all", tmp_path / "all")
    document = tmp_path / "all" / "second" / "result.json"
    document.write_bytes(document.read_bytes().replace(b"A small audit", b"B small audit", 1))
    found = told(bundles, place=str(tmp_path / "all"))
    assert found["exit_code"] == 4
    assert [one["path"].endswith("second") for one in found["refused"]] == [True]
    assert len(found["audits"][0]["releases"]) == 2
    answer = bundles.run_here("history", str(tmp_path / "all"))  # nobody allowed the development key
    assert (answer.code, "TRUSTED" in answer.out, "accuracy" in answer.out) == (4, True, False)


def test_what_lost_its_statements_is_refused_and_not_overlooked(bundles, tmp_path):
    shutil.copytree(bundles.path / "all", tmp_path / "all")
    for name in ("attestation.dsse.json", "manifest.dsse.json"):
        (tmp_path / "all" / "first" / name).unlink()
    assert [one["path"].endswith("first") for one in told(bundles, place=str(tmp_path / "all"))["refused"]] == [True]


def test_the_index_holds_what_the_bundles_say_and_follows_them(bundles, tmp_path):
    shutil.copytree(bundles.path / "all", tmp_path / "all")
    place, index = str(tmp_path / "all"), tmp_path / "index.sqlite"
    before = told(bundles, "--index", str(index), place=place)
    assert told(bundles, "--index", str(index), place=place) == before == told(bundles, place=place)
    with sqlite3.connect(index) as file:
        values = file.execute("SELECT value FROM measurement WHERE metric = 'accuracy' ORDER BY value").fetchall()
    assert [value for (value,) in values] == pytest.approx(sorted(map(share, (ROWS, OTHERS, WORSE))))
    # A number that somebody wrote into the index is not believed for longer than the bundle is the same.
    document = tmp_path / "all" / "third" / "result.json"
    document.write_bytes(document.read_bytes() + b" ")
    assert [one["path"].endswith("third") for one in told(bundles, "--index", str(index), place=place)["refused"]] == [
        True
    ]
    shutil.rmtree(tmp_path / "all" / "third")
    after = told(bundles, "--index", str(index), place=place)
    assert (len(after["audits"][0]["releases"]), after["refused"]) == (2, [])
    assert told(bundles, "--index", str(index), "--rebuild", place=place) == after


def test_another_file_is_never_taken_for_an_index(bundles, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("not an index", encoding="utf-8")
    answer = bundles.run_here("history", "all", "--allow-dev-key", "--index", str(notes), "--rebuild")
    assert (answer.code, "is no index of auditkit" in answer.err) == (2, True)
    assert notes.read_text(encoding="utf-8") == "not an index"


def test_a_copy_of_a_release_is_no_release(bundles, tmp_path):
    shutil.copytree(bundles.path / "all", tmp_path / "all")
    shutil.copytree(bundles.path / "all" / "first", tmp_path / "all" / "again")
    found = told(bundles, place=str(tmp_path / "all"))
    assert (len(found["audits"][0]["releases"]), len(found["copies"])) == (3, 1)


def test_an_audit_made_again_with_the_same_result_is_not_due(bundles, tmp_path, monkeypatch):
    shutil.copytree(bundles.path / "all" / "first", tmp_path / "all" / "first")
    # The day of signing is no part of a result, so that nothing but the bundle tells the two audits apart.
    monkeypatch.setitem(bundles.settings, "SOURCE_DATE_EPOCH", str(DAYS["second"]))
    assert bundles.run_here("run", "first.toml", "--out", str(tmp_path / "all" / "again"), "--no-pdf").code == 0
    found = told(bundles, place=str(tmp_path / "all"))
    ((release,),) = [one["releases"] for one in found["audits"]]
    assert release["created"].startswith("2026-04-01")
    assert [one.endswith("first") for one in found["copies"]] == [True]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere",), "there is no 'nowhere'"),
        ((".venv-none",), "there is no"),
        (("all", "--name", "A smal audit"), "did you mean 'A small audit'"),
        (("all", "--metric", "acuracy"), "no release has a number 'acuracy'"),
        (("all", "--out", "missing/h.html"), "cannot be written as a page"),
        (("all", "--index", "missing/i.sqlite"), "cannot be used: No such file"),
        (("all", "--index", "all"), "cannot be used: Is a directory"),
        (("all", "--language", "xx"), "no catalogue for 'xx'"),
    ],
)
def test_what_is_asked_wrongly_is_a_mistake(bundles, arguments, says):
    answer = bundles.run_here("history", *arguments, "--allow-dev-key")
    assert (answer.code, says in answer.err) == (2, True), answer.err


def test_the_page_shows_the_numbers_and_is_made_the_same_twice(bundles):
    pages = []
    for _ in range(2):
        answer = bundles.run_here("history", "all", "--allow-dev-key", "--out", "h.html", "--force")
        assert answer.code == 0
        pages.append((bundles.path / "h.html").read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    assert all(number(share(rows)) in pages[0] for rows in (ROWS, OTHERS, WORSE))
    assert "the waiver of A. Name on accuracy" in pages[0]
    assert "<script" not in pages[0]
    assert "No longer to be relied on" not in pages[0]
    again = bundles.run_here("history", "all", "--allow-dev-key", "--out", "h.html")
    assert (again.code, "--force" in again.err) == (2, True)


def test_a_link_in_a_bundle_is_not_followed(bundles, tmp_path):
    shutil.copytree(bundles.path / "all", tmp_path / "all")
    before = content_digest(tmp_path / "all" / "first")
    (tmp_path / "all" / "first" / "extra").symlink_to(tmp_path)
    assert content_digest(tmp_path / "all" / "first") != before
    assert len(bundles_at(tmp_path / "all")) == 3


def test_a_locked_index_is_waited_for_and_then_named_with_what_to_do(bundles, tmp_path, monkeypatch):
    path = tmp_path / "history.sqlite"
    told(bundles, "--index", str(path))
    monkeypatch.setattr(index, "_PATIENCE", 0.0)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(SpecError, match="locked") as caught, index.opened(path) as ours:
            ours.execute("SELECT path FROM bundle").fetchall()
    assert "another process" in str(caught.value.hint)
