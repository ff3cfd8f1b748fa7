"""One table of interactions divided by time, training that is later than the audit, and what a recommender is told."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest

from auditkit import AuditError
from auditkit.data.history import history_of
from auditkit.data.interactions import Table
from auditkit.data.reader import read_dataset
from auditkit.data.tasks import contradiction
from auditkit.data.timesplit import times_of
from auditkit.host import Host
from auditkit.spec import make_spec, read_spec
from auditkit.specs.source import Source

HOST = Host.installed()
TOPK = "user,item,rank\nu1,a,1\nu2,b,1\n"
ROWS = """\
user,item,time
u1,a,2026-01-01
u2,b,2026-01-05T10:00:00Z
u1,b,2026-02-01
u3,a,2026-01-20
u2,c,2026-01-31T23:59:59Z
u1,c,2026-03-01
"""


def read(folder, data, rows=ROWS, *, loader="interactions", **files):
    for name, content in {"rows": rows, "topk": TOPK, **files}.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")
    path = folder / "audit.toml"
    head = f'name = "a"\n[model]\nadapter = "recorded"\n[data]\naudit = "rows.csv"\nloader = "{loader}"\n'
    named = 'rankings = "topk.csv"\n' if loader == "interactions" else 'predicted = "item"\n'
    path.write_text(head + named + data)
    spec = read_spec(path)
    if (mistake := contradiction(spec)) is not None:
        raise mistake
    return read_dataset(spec, HOST)


def items_of(split):
    return {
        user: [item for item in row if item] for user, row in zip(split.truth.users, split.truth.items, strict=True)
    }


@pytest.mark.parametrize("written", ["2026-02-01", '"2026-02-01"', "2026-02-01T00:00:00Z", "2026-02-01T01:00:00+01:00"])
def test_what_is_at_or_after_the_moment_is_judged(tmp_path, written):
    found = read(tmp_path, f"split_at = {written}")
    assert items_of(found.audit) == {"u1": ["b", "c"]}
    assert items_of(found.training) == {"u1": ["a"], "u2": ["b", "c"], "u3": ["a"]}
    (note,) = found.notes
    assert (note.params["count"], note.params["rows"]) == (2, 6)
    assert found.files["training"] == found.files["audit"]


def test_numbers_are_times_too(tmp_path):
    rows = "user,item,when\nu1,a,100\nu1,b,200.5\nu2,a,201\nu2,c,99\n"
    found = read(tmp_path, 'time = "when"\nsplit_at = 200.5', rows)
    assert (items_of(found.audit), items_of(found.training)) == ({"u1": ["b"], "u2": ["a"]}, {"u1": ["a"], "u2": ["c"]})


def test_the_last_of_each_user_is_held_out(tmp_path):
    found = read(tmp_path, 'holdout = "last"')
    assert items_of(found.audit) == {"u2": ["c"], "u1": ["c"]}
    assert items_of(found.training) == {"u1": ["a", "b"], "u2": ["b"], "u3": ["a"]}
    held, alone, leak = found.notes
    assert (held.params["count"], alone.params["count"]) == (2, 1)
    # Only u1's row of February is later than the first that is audited, u2's of January; no user's own is.
    assert (leak.params["count"], leak.params["rows"], leak.params["own"]) == (1, 4, 0)


def test_of_rows_at_one_time_the_last_of_the_table_is_held_out(tmp_path):
    found = read(tmp_path, 'holdout = "last"', "user,item,time\nu1,a,5\nu1,b,7\nu1,c,7\nu1,d,6\n")
    assert items_of(found.audit) == {"u1": ["c"]}


def test_training_that_is_later_is_counted(tmp_path):
    later = "user,item,time\nu1,x,2026-01-02\nu3,y,2025-12-31\nu9,x,2026-04-01\nu3,z,2026-01-19\n"
    (note,) = read(tmp_path, 'training = "t.csv"', t=later).notes
    # u1's of 2 January is later than u1's own first, of the 1st; u3's of the 19th is not later than the 20th.
    assert (note.params["count"], note.params["rows"], note.params["own"]) == (3, 4, 1)
    assert note.params["moment"] == "2026-01-01"
    before = "user,item,time\nu1,x,2026-01-01\nu9,x,2025-01-01\n"
    assert read(tmp_path, 'training = "t.csv"', t=before).notes == ()
    assert read(tmp_path, 'training = "t.csv"', t="user,item\nu1,x\n").notes == ()


@pytest.mark.parametrize(
    ("data", "rows", "said"),
    [
        ("split_at = 2027-01-01", ROWS, "split_at is '2027-01-01', which leaves no row of 'rows.csv' to the audit"),
        ("split_at = 2020-01-01", ROWS, "leaves no row of 'rows.csv' to the training split"),
        ('holdout = "last"', "user,item,time\nu1,a,1\nu2,b,2\n", "leaves no row of 'rows.csv' to the audit split"),
        ("split_at = 5", ROWS, "is '5', and 'rows.csv' column 'time' holds dates: wanted a date"),
        ("split_at = 2026-01-01", "user,item,time\nu1,a,1\nu2,b,2\n", "holds numbers: wanted a number"),
        ('split_at = "soon"', ROWS, "is 'soon', and 'rows.csv' column 'time' holds dates: wanted a date"),
        ("split_at = 2026-01-01", ROWS.replace("2026-03-01", ""), "column 'time' is empty in 1 rows, first in row 6"),
        ("split_at = 2026-01-01", ROWS.replace("2026-03-01", "01.03.2026"), "holds '01.03.2026' in row 6"),
        ("split_at = 2026-01-01", ROWS.replace("2026-03-01", "7"), "holds '7' in row 6; wanted a date and time, or"),
        ("split_at = 2026-01-01", "user,item\nu1,a\n", "'rows.csv' has no column 'time'"),
        ('split_at = 2026-01-01\nholdout = "last"', ROWS, "[data] holdout is given, and so is split_at"),
        ('holdout = "last"\ntraining = "t.csv"', ROWS, "[data] holdout is given, and so is a table of training rows"),
        ('holdout = "first"', ROWS, '[data] holdout is "first"; wanted "last"'),
        (
            "split_at = 2026-01-10",
            ROWS + "u2,b,2025-12-01\n",
            "'rows.csv' has user 'u2' with item 'b' in row 2 and again in row 7",
        ),
        (
            "split_at = 2026-01-10",
            "user,item,time,rating\nu1,a,2026-02-01,1\nu1,b,2026-01-01,2\nu2,,2026-02-01,\nu2,a,2026-02-02,high\n",
            "'rows.csv' column 'rating' holds 'high' in row 4",
        ),
        ("split_at = true", ROWS, "[data] split_at is true; wanted text"),
        ('time = "when"\ntraining = "topk.csv"', ROWS, "'rows.csv' has no column 'when'"),
    ],
)  # fmt: skip
def test_mistakes_are_told(tmp_path, data, rows, said):
    with pytest.raises(AuditError) as refused:
        read(tmp_path, data, rows)
    assert said in refused.value.message
    assert refused.value.hint


def test_other_tables_are_not_divided(tmp_path):
    with pytest.raises(AuditError, match="only a table of interactions is divided by time"):
        read(tmp_path, "split_at = 2026-01-01", loader="csv")


def test_times_of_two_kinds_are_not_compared(tmp_path):
    with pytest.raises(AuditError, match=r"holds dates in 'rows.csv' and numbers in 't.csv'"):
        read(tmp_path, 'time = "time"\ntraining = "t.csv"', t="user,item,time\nu1,x,5\n")


@pytest.mark.parametrize("cell", ["5", "31/01/2024 09:00", ""])
def test_a_column_that_only_happens_to_be_called_time_stops_nothing(tmp_path, cell):
    found = read(tmp_path, 'training = "t.csv"', t=f"user,item,time\nu1,x,{cell}\nu2,x,\n")
    assert not any("later" in note.msgid for note in found.notes)


def test_a_day_that_stands_for_never_is_a_day(tmp_path):
    found = read(tmp_path, 'time = "time"\ntraining = "t.csv"', t="user,item,time\nu1,x,9999-12-31\n")
    assert [note.params["moment"] for note in found.notes if "later" in note.msgid] == ["2026-01-01"]


@pytest.mark.parametrize(
    "cells",
    [
        [pd.Timestamp("2026-01-02"), pd.Timestamp("2026-01-01", tz="UTC")],
        [datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)],
        [date(2026, 1, 2), date(2026, 1, 1)],
    ],
)
def test_times_of_any_type_are_read(cells):
    spec = make_spec(Source(content={"name": "a", "model": {"adapter": "recommender"}, "data": {"audit": "a.csv"}}))
    table = Table(spec, pd.DataFrame({"time": pd.Series(cells, dtype=object)}), "t")
    found = times_of(table)
    assert found.kind == "dates"
    assert found.moments.tolist() == [1767312000_000000, 1767225600_000000]


def test_a_recommender_is_told_who_had_what(tmp_path):
    found = read(tmp_path, "split_at = 2026-02-01")
    assert found.history is None  # recorded rankings ask for none
    told = history_of(found.audit, found.training)
    had = {
        user: [told.items[code] for code in told.codes[told.starts[i] : told.starts[i + 1]]]
        for i, user in enumerate(told.users)
    }
    assert had == {"u1": ["a"], "u2": ["b", "c"], "u3": ["a"]}
    assert dict(zip(told.items, told.counts.tolist(), strict=True)) == {"a": 2, "b": 1, "c": 1}
    assert told.asked == ("u1",)
    assert dict(zip(told.wanted, told.wanted_rows.tolist(), strict=True)) == {"b": 1, "c": 1}
    alone = history_of(found.audit, None)
    assert (alone.has_training, alone.users, alone.starts.tolist()) == (False, (), [0])
    assert alone.digest != told.digest
