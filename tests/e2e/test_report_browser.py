"""The report in a real browser: it asks for nothing, breaks no policy, and fits a telephone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, NEEDS_BROWSER, Tab, open_tab

from auditkit.report import render_html
from auditkit.testing.results import measured, toy_result

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_BROWSER),
]


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with open_tab(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("report") / "report.html"
    page.write_bytes(render_html(toy_result(), None))
    return page


@pytest.fixture(scope="module")
def hostile_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    long, script = "W" * 5000, "<script>document.title = 'owned'</script>"
    rates = tuple(
        measured("accuracy", 0.5, 90, 0.2, 0.9, group={long: label}) for label in (long, script, "\u202egnp.exe")
    )
    finding = toy_result().findings[1].model_copy(update={"measurements": rates})
    page = tmp_path_factory.mktemp("hostile") / "report.html"
    page.write_bytes(render_html(toy_result(name=script + long, findings=(finding,)), None))
    return page


def test_page_asks_for_nothing_but_itself(tab: Tab, report: Path) -> None:
    tab.visit(report, width=1280)
    assert [event["request"]["url"] for event in tab.named("Network.requestWillBeSent")] == [report.as_uri()]


def test_browser_has_nothing_to_complain_about(tab: Tab, report: Path) -> None:
    tab.visit(report, width=1280)
    tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    complaints = [
        *tab.named("Log.entryAdded"),
        *tab.named("Runtime.consoleAPICalled"),
        *tab.named("Runtime.exceptionThrown"),
    ]
    assert complaints == []


def test_style_sheet_is_applied_under_the_policy(tab: Tab, report: Path) -> None:
    tab.visit(report, width=1280)
    assert tab.evaluate("getComputedStyle(document.querySelector('.verdict')).borderLeftWidth") == "8px"


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_page_never_scrolls_sideways(tab: Tab, report: Path, hostile_report: Path, width: int) -> None:
    for page in (report, hostile_report):
        tab.visit(page, width=width)
        tab.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width, page


def test_hostile_label_runs_nothing(tab: Tab, hostile_report: Path) -> None:
    tab.visit(hostile_report, width=1280)
    assert tab.evaluate("document.title").startswith("<script>document.title = 'owned'</script>")
    assert tab.evaluate("document.scripts.length") == 1


def test_links_are_large_enough_to_hit(tab: Tab, report: Path) -> None:
    tab.visit(report, width=390)
    heights = tab.evaluate(
        "[...document.querySelectorAll('.contents a, summary, .choices label')]"
        ".filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect().height)"
    )
    assert min(heights) >= 24


def test_rule_takes_the_whole_row_on_a_telephone(tab: Tab, report: Path) -> None:
    tab.visit(report, width=390)
    shares = tab.evaluate(
        "[...document.querySelectorAll('.rules tbody td, .rules tbody th')]"
        ".map(cell => cell.offsetWidth / cell.parentElement.clientWidth)"
    )
    assert min(shares) == pytest.approx(1.0)


VISIBLE = (
    "[...document.querySelectorAll('.check')].filter(one => one.checkVisibility()).map(one => one.dataset.outcome)"
)


def test_a_reader_chooses_by_outcome_and_by_area_without_a_script(tab: Tab, report: Path) -> None:
    tab.visit(report, width=1280)
    everything = tab.evaluate(VISIBLE)
    tab.evaluate("document.getElementById('show-error').click()")
    assert tab.evaluate(VISIBLE) == [one for one in everything if one == "error"] != everything
    tab.evaluate("document.getElementById('show-all').click(), document.getElementById('show-area-2').click()")
    shown = "[...document.querySelectorAll('.area')].filter(one => one.checkVisibility()).map(one => one.dataset.area)"
    assert tab.evaluate(shown) == ["2"]


def test_a_print_shows_what_the_reader_left_out(tab: Tab, report: Path) -> None:
    tab.visit(report, width=1280)
    everything = tab.evaluate(VISIBLE)
    tab.evaluate("document.getElementById('show-error').click()")
    tab.call("Emulation.setEmulatedMedia", media="print")
    try:
        assert tab.evaluate(VISIBLE) == everything
    finally:
        tab.call("Emulation.setEmulatedMedia", media="")


def test_what_a_link_leads_to_is_shown_though_it_was_left_out(tab: Tab, report: Path) -> None:
    tab.visit(report, width=1280)
    tab.evaluate("document.getElementById('show-error').click()")
    tab.evaluate("location.hash = document.querySelector('.check[data-outcome=\"fail\"]').id")
    assert "fail" in tab.evaluate(VISIBLE)


@pytest.mark.parametrize(("width", "shown"), [(390, "contents-inside"), (1280, "contents-beside")])
def test_contents_stand_in_one_place_and_stay_at_hand_where_there_is_room(
    tab: Tab, report: Path, width: int, shown: str
) -> None:
    tab.visit(report, width=width)
    found = (
        "[...document.querySelectorAll('.contents')].filter(one => one.checkVisibility()).map(one => one.classList[1])"
    )
    assert tab.evaluate(found) == [shown]
    tab.evaluate("document.getElementById('glossary').scrollIntoView() || 1")
    top = tab.evaluate(f"document.querySelector('.{shown}').getBoundingClientRect().top")
    assert (0 <= top < 844) == (shown == "contents-beside")
