"""Hostile words in every text of a result: real readers of each format find text, and nothing that does something."""

from __future__ import annotations

import contextlib
import io
import json
import re
import subprocess
import xml.etree.ElementTree as ET
from shutil import which

import pytest
import tinyhtml5
from drenched import drenched
from exported import drenched as drenched_for_exports
from exported import exported, host, words_of_docx
from hostile_words import HOSTILE_WORDS, WORDS
from markdown_it import MarkdownIt
from pyhanko.pdf_utils.generic import DictionaryObject, Reference
from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader

from auditkit.cli.console import printable_lines
from auditkit.cli.run import waiver_lines, worst_lines
from auditkit.document import Text
from auditkit.finding import Control
from auditkit.policy import Waiver
from auditkit.report import render_html
from auditkit.report.pdf import render_pdf
from auditkit.report.wording import visible
from auditkit.terminal import printable

HTML = "{http://www.w3.org/1999/xhtml}"
DATA = {"application/vnd.auditkit.result+json", "application/vnd.auditkit.attestation+json"}
STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def soaked(word):
    """As `drenched`, and in controls, in what runs on trust, in where a model is from, and in approvals."""
    result = drenched(word)
    text = Text(msgid="said: {word}", params={"word": word})
    title = Text(msgid=word or " ")
    control = Control(kind="planted", title=title, expected=text, observed=title, passed=False)
    finding = result.findings[0].model_copy(
        update={"controls": (control,), "notes": (text, title), "hint": word, "reason": title}
    )
    old = result.policy.policy.waivers[0]
    waiver = Waiver(**{**old.model_dump(exclude_none=True), "approved_by": word.strip() or "x"})
    policy = result.policy.policy.model_copy(update={"waivers": (waiver,)})
    subject = result.subject.model_copy(
        update={"trusted": (text,), "class_name": word, "remote": {"model": word, "endpoint": word}}
    )
    plugins = tuple(one.model_copy(update={"name": word, "version": word}) for one in result.provenance.plugins)
    return result.model_copy(
        update={
            "findings": (finding, *result.findings[1:]),
            "policy": result.policy.model_copy(update={"policy": policy}),
            "subject": subject,
            "provenance": result.provenance.model_copy(update={"plugins": plugins, "libraries": {word: word}}),
        }
    )


def elements(page):
    """Of a page as a browser reads it: (tag, attributes, text)."""
    return [
        (one.tag.removeprefix(HTML), dict(one.attrib), "".join(one.itertext()))
        for one in tinyhtml5.parse(page.decode()).iter()
        if isinstance(one.tag, str)
    ]


HARMLESS = [tag for tag, _, _ in elements(render_html(soaked("plain"), None))]


@pytest.mark.parametrize("word", WORDS)
def test_a_browser_reads_text_and_the_same_elements(word):
    page = render_html(soaked(word), None)
    found = elements(page)
    assert [tag for tag, _, _ in found] == HARMLESS
    for tag, attributes, text in found:
        assert not [name for name in attributes if str(name).startswith("on") or name == "style"]
        assert attributes.get("href", "#").startswith("#"), tag
        assert "src" not in attributes or attributes["src"].startswith("data:image/")
        assert tag != "script" or attributes["type"] in DATA
        if tag not in ("script", "style", "html", "head", "body"):
            assert not STEERING.search(text), repr(text)
    shown = " ".join(text for tag, _, text in found if tag in ("bdi", "li", "p", "td", "th"))
    assert " ".join(visible(word).split()) in " ".join(shown.split())


@pytest.mark.parametrize("word", WORDS)
def test_the_documents_in_the_page_say_what_the_result_says(word):
    result = soaked(word)
    scripts = [text for tag, _, text in elements(render_html(result, None)) if tag == "script"]
    assert [json.loads(one) for one in scripts] == [json.loads(result.to_json())]


@pytest.mark.slow
def test_a_pdf_holds_text_and_nothing_that_does_something():
    """All words in one, since each PDF takes seconds."""
    result = soaked("plain")
    notes = tuple(Text(msgid="{word}", params={"word": word}) for word in WORDS)
    finding = result.findings[0].model_copy(update={"notes": notes, "controls": ()})
    paper = render_pdf(result.model_copy(update={"findings": (finding,)}), None, full=True).pdf
    reader = PdfFileReader(io.BytesIO(paper))
    kinds = set()
    for number in range(1, int(reader.trailer["/Size"])):
        with contextlib.suppress(PdfReadError):  # a free entry
            one = reader.get_object(Reference(number, 0, reader))
            if isinstance(one, DictionaryObject):
                kinds |= {str(one.get("/S")), str(one.get("/Type"))}
                assert not {"/JS", "/JavaScript", "/Launch", "/AA", "/URI"} & set(one)
    assert not {"/JavaScript", "/Launch", "/URI", "/GoToR", "/SubmitForm", "/ImportData"} & kinds
    if which("pdftotext"):
        said = subprocess.run(["pdftotext", "-", "-"], input=paper, capture_output=True, check=True).stdout.decode()
        assert not re.search(r"[\x00-\x08\x0b\x0e-\x1f\u202a-\u202e\u2066-\u2069]", said)
        assert "{{7*7}}" in said
        assert "alert(1)" in said


@pytest.mark.parametrize("word", WORDS)
def test_a_terminal_is_told_lines_and_nothing_that_steers_it(word):
    result = soaked(word)
    lines = [*worst_lines(result), *waiver_lines(result)]
    said = printable_lines(lines)
    assert said.count("\n") == len(lines) - 1
    assert all(one.isprintable() or one == "\n" for one in said)
    assert printable(word).isprintable()


@pytest.mark.parametrize("word", WORDS)
def test_no_export_lets_a_word_do_something(word):
    for name, content in host().export(drenched_for_exports(word), sorted(host().exporters)).items():
        text = words_of_docx(content) if name.endswith(".docx") else content.decode("utf-8")
        assert all(char.isprintable() or char == "\n" for char in text), name
        if name.endswith((".json", ".sarif")):
            json.loads(text)
        elif name.endswith(".xml"):
            assert "<!" not in text.split("?>", 1)[-1], "neither a DOCTYPE, nor an entity, nor CDATA"
            _xml_of_words(name, text)
        elif name.endswith(".csv"):
            assert not re.search(r'(?m)(^|[,;\t])"?[=+@\t\r-](?![\d.])', text)


def _xml_of_words(name, text):
    # Its own exports: whether they declare entities was asked before.
    harmless = ET.fromstring(exported(name, drenched_for_exports("plain")).decode().split("?>", 1)[-1])  # noqa: S314
    shape = [(one.tag, sorted(one.attrib)) for one in ET.fromstring(text).iter()]  # noqa: S314
    assert shape == [(one.tag, sorted(one.attrib)) for one in harmless.iter()]


@pytest.mark.parametrize("word", HOSTILE_WORDS["markdown"] + HOSTILE_WORDS["html"])
def test_markdown_has_no_link_no_picture_and_no_markup(word):
    for name in ("summary.md", "model-card.md", "technical-documentation.md", "datasheet.md"):
        text = exported(name, drenched_for_exports(word)).decode()
        body = text.split("---\n", 2)[2] if name == "model-card.md" else text
        tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(body)
        found = {one.type for token in tokens for one in (token, *(token.children or [])) if one.content != "<!-- -->"}
        assert not {"link_open", "image", "html_inline", "html_block", "fence", "s_open"} & found
