"""Data that are empty, broken or hostile: a clear two-line error that leaves nothing behind, or an honest finding."""

from __future__ import annotations

import html.parser
import json
from collections.abc import Callable

import pytest
from commands import HEADER, Folder, as_csv, naming, small_rows

HOSTILE = (
    "<script>alert(1)</script>",
    "{{7*7}}",
    "=cmd|' /C calc'!A0",
    "\x1b[31mred\x1b]0;owned\x07",
    "\u202eright to left\u200f",
    "two\nlines\rof it",
    "<img src=x onerror=alert(1)>",
    'quoted" onload="alert(1)',
    "</style><svg/onload=alert(1)>",
)

ROWS = small_rows()
TEXT = as_csv(HEADER, ROWS)


def one_changed(column: str, value: str, place: int = 4) -> str:
    rows = [list(row) for row in ROWS]
    rows[place][HEADER.index(column)] = value
    return as_csv(HEADER, rows)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param("", ("'rows.csv' is empty",), id="empty"),
        pytest.param(",".join(HEADER) + "\n", ("'rows.csv' has no rows",), id="header-only"),
        pytest.param(TEXT.replace("p_yes", "p_yse"), ("no column 'p_yes'", "did you mean 'p_yse'?"), id="no-column"),
        pytest.param(TEXT.replace("outcome", "band", 1), ("two columns named 'band'",), id="twice"),
        pytest.param(one_changed("p_yes", "nan"), ("NaN or infinite", "row 5"), id="nan"),
        pytest.param(one_changed("p_yes", "inf"), ("NaN or infinite", "row 5"), id="infinite"),
        pytest.param(one_changed("p_yes", ""), ("missing", "row 5"), id="no-score"),
        pytest.param(one_changed("p_yes", "-0.25"), ("below 0 or above 1", "row 5"), id="negative"),
        pytest.param(one_changed("p_yes", "0.999"), ("do not sum to 1", "row 5"), id="sum"),
        pytest.param(one_changed("p_yes", "high"), ("'high' in row 5", "number"), id="word"),
        pytest.param(one_changed("outcome", "maybe"), ("'maybe'", "none of the model's classes"), id="target"),
        pytest.param(one_changed("band", "Zürich").encode("latin-1"), ("is not utf-8", "latin-1"), id="latin-1"),
        pytest.param(TEXT + "1,2,3,4,5,6,7\n", ("rows.csv", "7"), id="ragged"),
        pytest.param(b"\x00\x01\x02PAR1\xff\xfe" * 50, ("rows.csv",), id="binary"),
    ],
)
def test_data_that_cannot_be_meant_are_refused_and_leave_nothing(folder, content, words):
    folder.write("rows.csv", content)
    folder.run_here().refused(*words)
    folder.nothing_written()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('positive = "yes"', 'positive = "yse"', ("'yse'", "did you mean 'yes'?")),
        ('audit = "rows.csv"', 'audit = "row.csv"', ("'row.csv' does not exist", "did you mean 'rows.csv'?")),
        ('audit = "rows.csv"', 'audit = "site"', ("'site' is a folder",)),
        ('adapter = "recorded"', 'adapter = "recordde"', ("did you mean 'recorded'?",)),
        ("seed = 7", "sede = 7", ("did you mean 'seed'?",)),
        ("[policy]", "[polcy]", ("did you mean 'policy'?",)),
        ("[policy]\n", '[policy]\nextends = ["baselin"]\n', ("did you mean 'baseline'?",)),
        ("[policy]\n", '[[checks]]\nuse = "fairnes"\n[policy]\n', ("did you mean 'fairness'?",)),
        ("[policy]\n", '[[checks]]\nuse = "fairness.gaps"\ndepht = 1\n[policy]\n', ("did you mean 'depth'?",)),
        ("[policy]\n", '[[checks]]\nuse = "fairness.gaps"\ndepth = "two"\n[policy]\n', ("'two'", "int")),
        ("[policy]\n", '[[checks]]\nuse = "fairness.metric"\n[policy]\n', ("needs the option 'metric'",)),
        ('positive = "yes"', 'positve = "yes"', ("did you mean 'positive'?",)),
        ('name = "A small audit"', "name = ", ("audit.toml",)),
    ],
)
def test_a_misspelt_spec_is_refused_and_leaves_nothing(folder, old, new, words):
    folder.spec((old, new))
    folder.run_here().refused(*words)
    folder.nothing_written()


def degenerate(name: str) -> list[tuple[str, ...]]:
    rows = {
        "one-group": [("F", *row[1:]) for row in ROWS],
        "a-group-of-one": [("X" if place == 0 else row[0], *row[1:]) for place, row in enumerate(ROWS)],
        "no-positives": [(*row[:2], "no", *row[3:]) for row in ROWS],
        "constant": [(*row[:3], "0.500", "0.500") for row in ROWS],
        "one-row": [ROWS[0]],
        "no-targets": [(*row[:2], "", *row[3:]) for row in ROWS],
        "no-groups-known": [("", "", *row[2:]) for row in ROWS],
    }
    return rows[name]


@pytest.mark.parametrize(
    "name",
    ["one-group", "a-group-of-one", "no-positives", "constant", "one-row", "no-targets", "no-groups-known"],
)
def test_a_degenerate_case_gives_honest_findings(folder, name):
    folder.write_rows(degenerate(name))
    folder.spec(checks=())
    answer = folder.run_here()
    assert answer.code in {0, 1, 5}, answer
    assert "Traceback" not in answer.err
    assert {finding["status"] for finding in folder.result()["findings"]} <= {"measured", "not_applicable"}
    assert folder.page()


class Markup(html.parser.HTMLParser):
    """The elements and attributes of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.script_types: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        if tag == "script":
            self.script_types.add(dict(attrs).get("type", "text/javascript"))


@pytest.fixture(scope="session")
def hostile(make_folder: Callable[[], Folder]) -> Folder:
    folder = make_folder()
    names = [HOSTILE[place % len(HOSTILE)] for place in range(900)]
    yes, no = HOSTILE[0], HOSTILE[3]
    scores = [row[4] for row in small_rows(900)]
    rows = [
        (name, yes if float(p) > 0.5 else no, f"{1 - float(p):.3f}", p) for name, p in zip(names, scores, strict=True)
    ]
    folder.write_rows(rows, (HOSTILE[1], HOSTILE[4], HOSTILE[2], HOSTILE[7]))
    folder.write("audit.json", json.dumps({}))
    quoted = {name: json.dumps(name) for name in HOSTILE}
    folder.write(
        "audit.toml",
        f"""\
name = {quoted[HOSTILE[6]]}
[model]
adapter = "recorded"
[data]
audit = "rows.csv"
target = {quoted[HOSTILE[4]]}
positive = {quoted[yes]}
classes = [{quoted[no]}, {quoted[yes]}]
scores = [{quoted[HOSTILE[2]]}, {quoted[HOSTILE[7]]}]
groups = [{quoted[HOSTILE[1]]}]
[policy]
[[policy.rules]]
metric = "selection_rate_difference"
group = {quoted[HOSTILE[1]]}
max = 0.9
because = {quoted[HOSTILE[8]]}
[[policy.rules]]
metric = "selection_rate"
group = "any"
max = 0.001
because = {quoted[HOSTILE[3]]}
"""
        + naming(("fairness.gaps", "fairness.group-rates", "fairness.tests", "performance.overall")),
    )
    answer = folder.run_here()
    folder.write("answer.out", answer.out)
    folder.write("answer.err", answer.err)
    assert answer.code in {0, 1, 5}, answer
    return folder


def test_hostile_labels_keep_their_names_in_the_result(hostile):
    said = json.dumps(hostile.result(), ensure_ascii=False)
    for label in (HOSTILE[0], HOSTILE[3], HOSTILE[4]):
        assert json.dumps(label, ensure_ascii=False)[1:-1] in said


def test_hostile_labels_never_become_markup(hostile):
    found = Markup()
    found.feed(hostile.page())
    assert not found.tags & {"img", "iframe", "object", "base"}
    # The report carries its own data in blocks that no browser runs.
    assert all(kind.startswith("application/vnd.auditkit.") for kind in found.script_types)
    assert not {name for name in found.attributes if name.startswith("on")}
    assert "{{7*7}}" in hostile.page()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in hostile.page()


def test_hostile_labels_never_steer_the_terminal(hostile):
    for name in ("answer.out", "answer.err"):
        said = (hostile.path / name).read_text(encoding="utf-8")
        assert [c for c in said if not (c.isprintable() or c == "\n")] == []
        assert "\nlines" not in said


def test_plan_shows_hostile_names_without_obeying_them(hostile):
    answer = hostile.run("plan", "audit.toml")
    assert answer.code == 0, answer
    assert [c for c in answer.out + answer.err if not (c.isprintable() or c == "\n")] == []


def test_a_hostile_bundle_verifies(hostile):
    assert hostile.run_here("verify", "audit-audit", "--allow-dev-key").code == 0


@pytest.mark.parametrize("label", [r"\ud800", r"\u0000", r"a\ud83d"])
def test_a_label_that_no_file_can_hold_is_an_error_and_no_crash(folder, label):
    rows = [dict(zip(HEADER, row, strict=True)) for row in ROWS]
    text = "\n".join(json.dumps(row) for row in rows).replace('"young"', f'"{label}"')
    folder.write("rows.jsonl", text)
    folder.spec(('audit = "rows.csv"', 'loader = "jsonl"\naudit = "rows.jsonl"'))
    answer = folder.run_here()
    if answer.code == 0:
        assert folder.page()
    else:
        answer.refused("rows.jsonl")
        folder.nothing_written()


def test_latin_1_windows_line_ends_and_a_byte_order_mark_are_read(folder):
    rows = [(row[0], "Zürich" if row[1] == "old" else "Köln", *row[2:]) for row in ROWS]
    text = as_csv(HEADER, rows)
    folder.write("rows.csv", text)
    assert folder.run_here().code == 0
    expected = folder.result()["findings"]
    folder.write("rows.csv", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    answer = folder.run_here("run", "audit.toml", "--force")
    assert answer.code == 0, answer
    assert folder.result()["findings"] == expected
    folder.write("rows.csv", text.encode("latin-1"))
    folder.spec(('audit = "rows.csv"', 'encoding = "latin-1"\naudit = "rows.csv"'))
    assert folder.run_here("run", "audit.toml", "--force").code == 0
    assert folder.result()["findings"] == expected


@pytest.mark.parametrize("loader", ["parquet", "jsonl"])
def test_typed_cells_are_the_labels_that_a_csv_would_hold(folder, loader):
    import pandas as pd

    frame = pd.DataFrame(
        {
            "sex": pd.Series(["None", "02"] * 100, dtype=object),
            "band": pd.Series([bool(place % 3) for place in range(200)]),
            "outcome": pd.Series([1 + (row[2] == "yes") for row in ROWS]),
            "p_no": [float(row[3]) for row in ROWS],
            "p_yes": [float(row[4]) for row in ROWS],
        }
    )
    if loader == "parquet":
        frame.to_parquet(folder.path / "rows.parquet")
    else:
        frame.to_json(folder.path / "rows.jsonl", orient="records", lines=True)
    folder.spec(
        ('audit = "rows.csv"', f'loader = "{loader}"\naudit = "rows.{loader}"'),
        ('positive = "yes"', "positive = 2"),
        ('classes = ["no", "yes"]', "classes = [1, 2]"),
    )
    assert folder.run_here().code == 0
    (split,) = folder.result()["data"]["splits"]
    groups = {a["name"]: {g["label"] for g in a["groups"]} for a in split["attributes"]}
    assert groups == {"sex": {"None", "02"}, "band": {"true", "false"}}
    assert split["target_classes"] == ["1", "2"]


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_ten_thousand_classes_end_in_a_report_within_minutes(folder):
    import resource

    classes = [f"c{number}" for number in range(10_000)]
    rows = []
    for place, row in enumerate(ROWS):
        scores = ["0"] * len(classes)
        scores[place * 37] = "1"
        rows.append((row[0], classes[place * 37 if place % 4 else 5], *scores))
    folder.write_rows(rows, ("sex", "outcome", *classes))
    names = json.dumps(classes)
    folder.write(
        "audit.toml",
        f'name = "Many classes"\n[model]\nadapter = "recorded"\n[data]\naudit = "rows.csv"\ntarget = "outcome"\n'
        f'groups = ["sex"]\nscores = {names}\n',
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    answer = folder.run(timeout=1100)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # Of the processor, and three times what an idle one takes: each pair of classes would take hours.
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    assert answer.code in {0, 1, 5}, answer.err[-2000:]
    assert {finding["status"] for finding in folder.result()["findings"]} <= {"measured", "not_applicable"}
    assert folder.page()
    assert seconds < 180
