"""Nothing in a report keeps a person from reading it, says axe-core in a real browser: WCAG 2.2 AA, light and dark."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe import NEEDS_AXE, axe_source, violations
from browser import CHROMIUM, NEEDS_BROWSER, Tab, open_tab
from drawn_reports import drawn_result

from auditkit.report import render_html
from auditkit.report.page import SummaryOf, render_page
from auditkit.testing.results import toy_result

SOURCE = axe_source()
EXAMPLES = Path(__file__).parents[2] / "examples"
# Those whose predictions are there, or made in seconds.
TRAINED = ("heart_disease", "prediction_sets", "hiring_scores", "new_analyser", "blood_pressure")


pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason=NEEDS_BROWSER),
    pytest.mark.skipif(SOURCE is None, reason=NEEDS_AXE),
]


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with open_tab(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    made = {"toy": toy_result(), "drawn": drawn_result()}
    for name, result in made.items():
        (folder / f"{name}.html").write_bytes(render_html(result, None))
    (folder / "summary.html").write_bytes(render_page(toy_result(), None, summary=SummaryOf(None)))
    return {name: folder / f"{name}.html" for name in (*made, "summary")}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["toy", "drawn", "summary"])
def test_a_report_keeps_nobody_from_reading_it(tab: Tab, pages: dict[str, Path], name: str, scheme: str) -> None:
    assert SOURCE
    assert violations(tab, pages[name], SOURCE, scheme=scheme) == []


def test_nor_does_it_on_a_telephone(tab: Tab, pages: dict[str, Path]) -> None:
    assert SOURCE
    assert violations(tab, pages["toy"], SOURCE, scheme="light", width=390) == []


def test_what_it_looks_for_it_finds(tab: Tab, pages: dict[str, Path], tmp_path: Path) -> None:
    assert SOURCE
    broken = tmp_path / "broken.html"
    page = pages["toy"].read_text(encoding="utf-8")
    broken.write_text(page.replace('<html lang="en">', "<html>"), encoding="utf-8")
    assert any(one.startswith("html-has-lang") for one in violations(tab, broken, SOURCE, scheme="light"))


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", TRAINED)
def test_the_report_of_an_example_keeps_nobody_from_reading_it(tab: Tab, tmp_path: Path, home: Path, name: str) -> None:
    assert SOURCE
    assert home.is_dir()
    here = tmp_path / "examples"
    shutil.copytree(EXAMPLES, here, ignore=shutil.ignore_patterns("third_party_*", "__pycache__"))
    folder = here / name
    script = next((one for one in ("train.py", "prepare.py") if (folder / one).is_file()), None)
    if script and name != "heart_disease":  # whose model is there
        made = subprocess.run([sys.executable, script], cwd=folder, capture_output=True, text=True, check=False)
        assert made.returncode == 0, made.stderr
    command = [sys.executable, "-m", "auditkit", "run", "audit.toml", "--out", "bundle", "--no-pdf"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    page = folder / "bundle" / "report.html"
    assert page.is_file(), done.stderr
    for scheme in ("light", "dark"):
        assert violations(tab, page, SOURCE, scheme=scheme) == [], scheme
