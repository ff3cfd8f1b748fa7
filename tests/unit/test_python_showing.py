"""A result as a table, in a notebook and at a prompt: every number, in words, and never as markup."""

from __future__ import annotations

import re
import subprocess
import sys

import pandas as pd

from auditkit import AuditResult
from auditkit.finding import Interval, Measurement
from auditkit.showing.frame import TYPES
from auditkit.testing.results import toy_result

NASTY = "<script>alert(1)</script>\x1b[31m"


def holding(one):
    """A result whose one finding holds this one measurement."""
    found = next(finding for finding in toy_result().findings if finding.measurements)
    return toy_result().model_copy(update={"findings": (found.model_copy(update={"measurements": (one,)}),)})


def test_a_row_says_all_of_a_measurement():
    interval = Interval(low=0.25, high=0.75, level=0.9, method="wilson", simultaneous=True)
    one = Measurement(
        metric="m", value=0.5, n=40, interval=interval, group={"sex": "F"}, label="yes", versus={"sex": "M"},
        conditions={"noise": "3"}, unit="days",
    )  # fmt: skip
    (row,) = holding(one).to_frame().to_dict("records")
    said = {
        "metric": "m", "value": 0.5, "n": 40, "low": 0.25, "high": 0.75, "level": 0.9, "method": "wilson",
        "simultaneous": True, "exact": False, "group": "sex=F", "group:sex": "F", "label": "yes", "versus": "sex=M",
        "conditions": "noise=3", "unit": "days", "withheld": False, "status": "measured",
    }  # fmt: skip
    assert {name: row[name] for name in said} == said


def test_every_measurement_is_a_row_and_silence_is_one_too():
    result = toy_result()
    frame = result.to_frame()
    silent = [finding for finding in result.findings if finding.status != "measured"]
    assert len(frame) == sum(len(finding.measurements) for finding in result.findings) + len(silent)
    assert len(silent) > 0
    said = frame[frame["metric"].isna()]
    assert said["undefined"].tolist() == [str(finding.reason) for finding in silent]
    assert frame["value"].isna().sum() == frame["undefined"].notna().sum()
    assert set(TYPES) <= set(frame.columns)
    assert [str(frame[name].dtype) for name in ("value", "n", "exact")] == ["float64", "Int64", "boolean"]


def test_a_result_without_findings_is_an_empty_table():
    frame = toy_result().model_copy(update={"findings": ()}).to_frame()
    assert len(frame) == 0
    pd.testing.assert_index_equal(frame.columns, pd.Index(list(TYPES)))


def test_nothing_out_of_data_is_markup_in_a_notebook():
    result = toy_result().model_copy(update={"name": NASTY})
    page = result._repr_html_()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\x1b" not in page
    assert not re.search(r"\bon\w+=|https?:|<link|<img|<style", page)
    assert len(page) < 20_000


def test_a_notebook_shows_the_verdict_and_each_rule():
    result = toy_result()
    page = result._repr_html_()
    assert f">{result.verdict.outcome.upper()}</span>" in page
    assert page.count('<th scope="row"') == min(len(result.verdict.judgements), 12)
    assert page.count("<li>") == 3


def test_a_prompt_shows_one_line_and_print_a_few():
    result = toy_result().model_copy(update={"name": f"Line\n{NASTY}"})
    assert result.verdict.outcome.upper() in repr(result)
    assert repr(result).isprintable()
    assert all(line.isprintable() for line in str(result).splitlines())
    assert len(str(result).splitlines()) <= 1 + 13 + 3
    assert AuditResult.from_json(result.to_json()) == result != toy_result()


LAZY = """
import sys
import auditkit
heavy = {"numpy", "pandas", "pydantic", "torch", "transformers", "sklearn", "scipy", "pyarrow", "jinja2"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert "audit" in dir(auditkit)
auditkit.audit
assert not {"torch", "transformers", "sklearn", "jinja2", "weasyprint"} & set(sys.modules)
import auditkit.auditing
assert callable(auditkit.audit)
"""


def test_importing_auditkit_imports_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", LAZY], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
