"""A long report is kept short: what gives way, what never does, and that each check says so."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from auditkit.finding import Control, Interval, Measurement, Table
from auditkit.report import render_html
from auditkit.report.areas import _control
from auditkit.report.compose import compose
from auditkit.report.figures import Column, Grid
from auditkit.report.page import render_page
from auditkit.report.room import MOST_OCTETS, PAPER, SCREEN, fitted, left_out, shortened, trimmed
from auditkit.report.sheets import millimetres, millimetres_besides, octets
from auditkit.report.wording import Wording
from auditkit.testing import toy_result


def gap(metric: str, value: float, attribute: str = "sex", groups: int = 6) -> list[Measurement]:
    return [
        Measurement(
            metric=metric,
            value=value,
            n=400,
            better="lower",
            group={attribute: f"group {place}"},
            interval=Interval(low=value - 0.01, high=value + 0.01, level=0.95, method="wilson"),
        )
        for place in range(groups)
    ]


def long_result(checks: int = 12, plots: int = 20):
    """Checks alike: `plots` plots, a table of 60 rows, a control that passed; no rule is about any but the first."""
    short = toy_result()
    first = next(one for one in short.findings if one.status == "measured" and one.measurements)
    many = tuple(
        first.model_copy(
            update={
                "check": f"extra.check-{place}",
                "measurements": tuple(one for n in range(plots) for one in gap(f"metric_{n}", 0.2)),
                "controls": (passed(f"control of {place}"),),
                "evidence": (table(60),),
            }
        )
        for place in range(checks)
    )
    return short.model_copy(update={"findings": (*short.findings, *many)}).sealed()


def passed(title: str, *, is_passed: bool = True) -> Control:
    return Control.model_validate(
        {
            "kind": "clean",
            "title": {"msgid": title},
            "expected": {"msgid": "nothing"},
            "observed": {"msgid": "nothing" if is_passed else "something"},
            "passed": is_passed,
        }
    )


def table(rows: int) -> Table:
    return Table.model_validate(
        {
            "title": {"msgid": "Rows of a table"},
            "columns": [{"msgid": "Name"}, {"msgid": "Value"}],
            "rows": [[f"row {place}", float(place)] for place in range(rows)],
        }
    )


@pytest.fixture(scope="module")
def composed():
    result = long_result()
    wording = Wording.of(result)
    return compose(result, None, wording, paper=True), wording


def sections(report):
    return {one.check: one for area in report.areas for one in area.checks}


def test_a_report_that_fits_is_left_as_it_is(composed):
    report, wording = composed
    assert fitted(report, wording, paper=True, most=1e9) is report


def test_a_long_report_gets_shorter_and_loses_no_check_and_no_rule(composed):
    report, wording = composed
    short = fitted(report, wording, paper=True, most=100.0)
    assert list(sections(short)) == list(sections(report))
    assert short.rules == report.rules
    assert short.front == report.front
    for name, one in sections(report).items():
        assert sections(short)[name].rules == one.rules
    assert sum(map(millimetres, sections(short).values())) < sum(map(millimetres, sections(report).values()))


def test_what_a_rule_is_about_has_its_room_before_what_none_is_about(composed):
    report, wording = composed
    judged = [name for name, one in sections(report).items() if one.rules]
    assert judged
    least = sum(millimetres(trimmed(one, PAPER[-1], wording, paper=True)) for one in sections(report).values())
    extra = sum(millimetres(sections(report)[name]) for name in judged)
    short = fitted(report, wording, paper=True, most=millimetres_besides(report) + least + extra)
    assert [sections(short)[name].left_out for name in judged] == [""] * len(judged)
    assert sections(short)["extra.check-11"].left_out


def test_plots_with_a_bound_stay_where_all_others_go(composed):
    report, wording = composed
    for one in sections(report).values():
        kept = trimmed(one, PAPER[-1], wording, paper=True).forests
        assert [plot.id for plot in kept] == [plot.id for plot in one.forests if plot.bounds]


def test_a_control_that_failed_stays(composed):
    report, wording = composed
    one = sections(report)["extra.check-0"]
    rows = tuple(_control(control, wording) for control in (passed("bad", is_passed=False), passed("good")))
    short = trimmed(replace(one, controls=rows), PAPER[-1], wording, paper=True)
    assert [row.title for row in short.controls] == ["bad"]
    assert [row.title for row in short.more_controls] == ["good"]


def test_a_shortened_table_says_of_how_many_rows():
    grid = Grid("Rows", (Column("a"),), tuple((str(n),) for n in range(40)), folded="", count=1840)
    wording = Wording()
    said = shortened(grid, 12, wording, paper=True)
    assert len(said.rows) == 12
    assert said.folded == "12 of 1,840 rows are shown; all are in the attached result.json."
    assert shortened(grid, 40, wording, paper=True) is grid


def test_what_is_left_out_is_named_and_where_it_is():
    said = left_out(["A", "B", "C", "D", "E"], 2, Wording(), paper=True)
    assert said == (
        "Not in this file, to keep it short: A; B; C, and 2 more. The numbers are in report.html and in the attached "
        "result.json. Notes that are left out here: 2."
    )
    assert left_out([], 0, Wording(), paper=False) == ""


def test_each_room_is_smaller_than_the_one_before(composed):
    report, wording = composed
    for ladder, cost, paper in ((PAPER, millimetres, True), (SCREEN, octets, False)):
        for one in sections(report).values():
            costs = [cost(trimmed(one, room, wording, paper=paper)) for room in ladder]
            # A sentence about what is left out may take a little more than one small thing that is.
            assert all(later <= earlier + 400 for earlier, later in itertools.pairwise(costs)), costs


def test_a_page_of_a_large_result_keeps_within_its_limit_and_points_to_the_numbers():
    result = long_result(checks=20, plots=12)
    page = render_html(result, None)
    assert len(render_page(result, None, full=True)) > MOST_OCTETS
    assert len(page) <= MOST_OCTETS
    assert b"Not on this page, to keep it short: " in page or b"<details><summary>More plots" in page
    assert page == render_html(result, None)
    for number in range(20):
        assert f"extra.check-{number}<".encode() in page
