"""The report in a real browser: it asks for nothing, breaks no policy, and fits a telephone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auditkit.report import render_html
from auditkit.testing.results import measured, toy_result

CHROMIUM = shutil.which("chromium")

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="needs a browser: apt-get install chromium"),
]

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-sync",
    "--no-first-run",
    "--remote-debugging-pipe",
)


class Tab:
    """One tab, driven over the DevTools protocol's pipe: messages are JSON with a zero byte behind each."""

    def __init__(self, ask: int, answers: int) -> None:
        self._ask, self._answers = ask, answers
        self._number, self._session, self._rest = 0, "", b""
        self.events: list[dict[str, Any]] = []

    def open(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def visit(self, page: Path, *, width: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=844, deviceScaleFactor=1, mobile=False)
        self.events.clear()
        self.call("Page.navigate", url=page.as_uri())
        while not self.named("Page.loadEventFired"):
            self.events.append(self._read())

    def evaluate(self, expression: str) -> Any:
        return self.call("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def named(self, method: str) -> list[dict[str, Any]]:
        return [event["params"] for event in self.events if event["method"] == method]

    def call(self, method: str, **params: Any) -> Any:
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._ask, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._number:
                return answer["result"]
            self.events.append(answer)

    def _read(self) -> Any:
        while b"\0" not in self._rest:
            more = os.read(self._answers, 1 << 16)
            assert more, "the browser is gone"
            self._rest += more
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    (their_ask, ask), (answers, their_answers) = os.pipe(), os.pipe()
    profile = tmp_path_factory.mktemp("profile")
    command = f'exec "$@" 3<&{their_ask} 4>&{their_answers}'
    browser = subprocess.Popen(
        ["bash", "-c", command, "bash", str(CHROMIUM), *FLAGS, f"--user-data-dir={profile}"],
        pass_fds=(their_ask, their_answers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(their_ask)
    os.close(their_answers)
    opened = Tab(ask, answers)
    try:
        opened.open()
        yield opened
        opened.call("Target.getTargets")
    finally:
        browser.terminate()
        browser.wait(timeout=30)
        os.close(ask)
        os.close(answers)


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
        "[...document.querySelectorAll('.contents a, summary')].map(one => one.getBoundingClientRect().height)"
    )
    assert min(heights) >= 24


def test_rule_takes_the_whole_row_on_a_telephone(tab: Tab, report: Path) -> None:
    tab.visit(report, width=390)
    shares = tab.evaluate(
        "[...document.querySelectorAll('.rules tbody td, .rules tbody th')]"
        ".map(cell => cell.offsetWidth / cell.parentElement.clientWidth)"
    )
    assert min(shares) == pytest.approx(1.0)
