"""Hostile names in the exports: whatever a label holds, no format breaks, and no reader takes it for a command."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from exported import HOSTILE, drenched, exported, host, sarif_schema, words_of_docx
from huggingface_hub import ModelCard
from junitparser import JUnitXml
from markdown_it import MarkdownIt
from oscal_bindings import parse_assessment_results

LONG = "W" * 200_000
WORDS = [*HOSTILE, LONG]
INERT = {"text", "softbreak", "code_inline", "strong_open", "strong_close"}
COMMENT = "<!-- -->"


def tokens_of(markdown):
    return [
        token
        for block in MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
        for token in (block.children or [])
    ]


@pytest.mark.parametrize("word", WORDS)
def test_junit_is_read_whatever_it_is_called(word):
    found = JUnitXml.fromstring(exported("junit.xml", drenched(word)))
    assert (found.tests, found.failures, found.skipped) == (2, 1, 1)


@pytest.mark.parametrize("word", WORDS)
def test_sarif_obeys_its_schema_whatever_it_is_called(word):
    log = json.loads(exported("results.sarif", drenched(word)))
    jsonschema.Draft7Validator(sarif_schema(), format_checker=jsonschema.FormatChecker()).validate(log)
    driver, results = log["runs"][0]["tool"]["driver"], log["runs"][0]["results"]
    assert len({rule["id"] for rule in driver["rules"]}) == 2
    for result in results:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9_.~%/-]+", uri)


@pytest.mark.parametrize("word", WORDS)
def test_an_annotation_is_one_command_on_one_line(word):
    lines = exported("github-annotations.txt", drenched(word)).decode().split("\n")
    assert lines.pop() == ""
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::notice"]
    for line in lines:
        assert line.isprintable()
        # What the runner reads: properties up to the first `::` after the command's own, each without `,` or `:`.
        properties = line.partition(" ")[2].partition("::")[0]
        assert [pair.partition("=")[0] for pair in properties.split(",")] == ["file", "line", "title"]
        assert ":" not in properties


def test_a_percent_cannot_smuggle_a_line_into_an_annotation():
    line = exported("github-annotations.txt", drenched("%0A::error::owned")).decode().splitlines()[0]
    message = line.split("::", 2)[2]
    # decoded as the runner decodes it, it says what the name says, and nothing more
    decoded = message.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%")
    assert "\n" not in decoded
    assert "%0A::error::owned" in decoded


@pytest.mark.parametrize("name", ["summary.md", "model-card.md", "technical-documentation.md", "datasheet.md"])
@pytest.mark.parametrize("word", WORDS)
def test_markdown_marks_nothing_up(word, name):
    text = exported(name, drenched(word)).decode()
    body = text.split("---\n", 2)[2] if name == "model-card.md" else text
    for token in tokens_of(body):
        assert token.type in INERT or token.content == COMMENT, (token.type, token.content)
    assert not re.search(
        r"(?<!\\)[@#](?=\w)|https?://(?!\\)|www\.(?=\w)", re.sub(r"^#+ ", "", body, flags=re.MULTILINE)
    )
    assert len(text) < 1 << 20


@pytest.mark.parametrize("word", WORDS)
def test_a_table_keeps_its_columns(word):
    parsed = MarkdownIt("commonmark").enable("table").parse(exported("summary.md", drenched(word)).decode())
    cells = [token.type for token in parsed if token.type in {"tr_open", "td_open", "th_open"}]
    assert cells == ["tr_open", *["th_open"] * 5, *["tr_open", *["td_open"] * 5] * 2]


@pytest.mark.parametrize("word", WORDS)
def test_the_head_of_a_model_card_holds_texts_alone(word):
    text = exported("model-card.md", drenched(word)).decode()
    head = yaml.safe_load(re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)[1])
    assert list(head) == ["license", "base_model", "datasets", "tags", "model-index"]
    assert isinstance(head["license"], str)
    assert isinstance(head["model-index"][0]["name"], str)
    ModelCard(text, ignore_metadata_errors=False)


@pytest.mark.parametrize("word", WORDS)
def test_oscal_and_cyclonedx_stay_valid(word):
    result = drenched(word)
    parse_assessment_results(exported("oscal-assessment-results.json", result))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(exported("ml-bom.cdx.json", result).decode()) is None


@pytest.mark.parametrize("word", WORDS)
def test_no_export_holds_a_character_that_steers_a_terminal(word):
    for name, content in host().export(drenched(word)).items():
        text = words_of_docx(content) if name.endswith(".docx") else content.decode("utf-8")
        assert all(char.isprintable() or char == "\n" for char in text), name


def test_two_long_names_with_one_beginning_stay_two():
    problems = json.loads(exported("gl-code-quality.json", drenched(LONG)))
    assert len({problem["check_name"] for problem in problems}) == 2
    assert all(len(problem["description"]) < 5_000 for problem in problems)
