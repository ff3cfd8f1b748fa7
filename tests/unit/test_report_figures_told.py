"""Every figure says n and interval: no table, sentence or rule of a page has a value without them."""

from __future__ import annotations

import functools
import html
import re
from collections.abc import Iterator

import pytest
from drawn_reports import drawn_result

from auditkit.report import render_html
from auditkit.report.compose import compose
from auditkit.report.wording import Wording
from auditkit.testing.results import toy_result

DASH = "\N{EN DASH}"
MADE = {"toy": toy_result, "drawn": drawn_result}
NUMBER = r"(?:[<>] )?−?[\d.,%]+"  # noqa: RUF001  a minus
INTERVAL = re.compile(rf"{NUMBER} to {NUMBER}|exact|none|{DASH}")
COUNTED = re.compile(rf"[\d,]+|withheld|{DASH}")
SENTENCE = re.compile(r"Measured: ([^<]+?)\.(?=[\s<])")


@functools.cache
def page(name: str) -> str:
    return re.sub(r"<(script|style).*?</\1>", "", render_html(MADE[name](), None).decode(), flags=re.DOTALL)


def said(cell: str) -> str:
    return html.unescape(" ".join(re.sub(r"<[^>]+>", "", cell).split()))


def tables(name: str) -> Iterator[tuple[list[str], list[list[str]]]]:
    """The heads of each table of a page, and its rows."""
    for table in re.findall(r"<table.*?</table>", page(name), re.DOTALL):
        head, _, body = table.partition("</thead>")
        heads = [said(cell) for cell in re.findall(r"<th.*?</th>", head, re.DOTALL)]
        rows = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in re.findall(r"<tr.*?</tr>", body, re.DOTALL)]
        yield heads, [[said(cell) for cell in row] for row in rows]


@pytest.mark.parametrize("name", MADE)
def test_a_table_of_values_has_a_column_of_n_and_one_of_intervals(name):
    found = 0
    for heads, rows in tables(name):
        if "Value" not in heads:
            continue
        (interval,) = [place for place, head in enumerate(heads) if "nterval" in head]
        for row in rows:
            value, low_to_high, n = row[heads.index("Value")], row[interval], row[heads.index("n")]
            found += value not in {DASH, "withheld"}
            assert COUNTED.fullmatch(n), (heads, row)
            assert INTERVAL.fullmatch(low_to_high) or low_to_high == "withheld", (heads, row)
            assert value in {DASH, "withheld"} or n != DASH, (heads, row)
    assert found > 20


@pytest.mark.parametrize("name", MADE)
def test_a_plot_has_a_table_of_its_numbers(name):
    text = page(name)
    figures = re.findall(r"<figure>.*?</figure>", text, re.DOTALL)
    assert len(figures) > 5
    for figure in figures:
        assert "<table" in figure, figure[:200]


@pytest.mark.parametrize("name", MADE)
def test_a_sentence_with_a_number_says_its_interval_and_n(name):
    sentences = [said(one) for one in SENTENCE.findall(page(name))]
    assert len(sentences) > 3
    for one in sentences:
        assert re.search(r"95% interval .+ to .+, n = |\((exact|none)\), n = ", one + " "), one


def test_each_rule_that_a_number_decided_shows_its_interval_and_n():
    for rule in compose(toy_result(), None, Wording.of(toy_result())).rules:
        if rule.value not in {DASH, "withheld"}:
            assert INTERVAL.fullmatch(rule.interval), rule
            assert COUNTED.fullmatch(rule.n), rule
            assert rule.n != DASH, rule


def test_a_check_leads_to_the_cards_of_its_metrics():
    text = page("toy")
    entries = dict(re.findall(r'<div class="card" id="(metric-\d+)">\s*<h3><bdi>([^<]+)', text))
    sections = re.findall(r'<article class="check".*?</article>', text, re.DOTALL)
    links = [re.findall(r'<a href="#(metric-\d+)"><bdi>([^<]+)', section) for section in sections]
    assert sum(map(len, links)) > 3
    assert all(entries[anchor] == name for found in links for anchor, name in found)
