"""What every exporter promises: each law is a function that says what it saw; its docstring says what to do."""

from __future__ import annotations

import csv
import io
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree as ET

from auditkit.errors import NotApplicable
from auditkit.plugin import Exporter
from auditkit.result import AuditResult
from auditkit.testing.loops import bare_loop, elsewhere, found_as
from auditkit.testing.other_results import hostile_result, silent_result
from auditkit.testing.results import toy_result

LOOPS = 20.0
"""What an export may cost unless it is said otherwise, in bare loops of a million steps: about half a second."""


@dataclass
class ExporterSubject:
    """An exporter, and what it may cost."""

    exporter: Exporter
    budget: float = LOOPS

    def each(self) -> Iterator[tuple[str, AuditResult]]:
        """Results, each with what it is."""
        yield "a result with everything in it", toy_result()
        yield "a result without a measurement or a rule", silent_result()
        yield "a result whose names hold quotes, commas, line breaks and markup", hostile_result()

    def files(self, result: AuditResult) -> tuple[Any, ...]:
        """What it writes of a result, one file; none, where it raises NotApplicable."""
        try:
            return (self.exporter.run(result),)
        except NotApplicable:
            return ()


def _words(subject: ExporterSubject) -> Iterator[str]:
    """Write a docstring: its first line says what the file is for."""
    if not subject.exporter.title:
        yield "there is no docstring"


def _bytes(subject: ExporterSubject) -> Iterator[str]:
    """Return bytes, e.g. text.encode(), for every result: withheld and undefined numbers, no rule, no finding."""
    for name, result in subject.each():
        for content in subject.files(result):
            if not isinstance(content, bytes):
                yield f"of {name} it made a {type(content).__name__}"


def _well_formed(subject: ExporterSubject) -> Iterator[str]:
    """Write with a writer of the format, such as json, csv or ElementTree: names come from data, and hold anything."""
    for name, result in subject.each():
        for content in subject.files(result):
            fault = _fault(subject.exporter.id, content)
            if fault is not None:
                yield f"'{subject.exporter.id}' of {name}: {fault}"


def _fault(file: str, content: bytes) -> str | None:
    """Why a file is not what its ending says; None: it is, or the ending says nothing."""
    ending = file.rpartition(".")[2].lower()
    try:
        if ending in {"json", "sarif"}:
            json.loads(content)
        elif ending == "jsonl":
            for line in content.splitlines():
                json.loads(line)
        elif ending == "xml":
            ET.fromstring(content)  # noqa: S314  what the exporter wrote just now
        elif ending == "csv":
            widths = {len(row) for row in csv.reader(io.StringIO(content.decode(), newline=""), strict=True)}
            if len(widths) > 1:
                return f"its rows have {min(widths)} to {max(widths)} cells"
        elif ending in {"md", "txt", "html", "svg", "yaml", "yml"}:
            content.decode()
    except (ValueError, csv.Error, ET.ParseError) as error:
        return f"{type(error).__name__}: {error}"
    return None


def _repeated(subject: ExporterSubject) -> Iterator[str]:
    """Look at no clock, draw nothing and keep no state: the time of the audit stands in result.run."""
    for name, result in subject.each():
        if subject.files(result) != subject.files(result):
            yield f"{name}, twice, made different files"


def _other_process(subject: ExporterSubject) -> Iterator[str]:
    """Go through sets in sorted order and never hash() a text: both differ from one process to the next."""
    place, here = found_as(subject.exporter), subject.files(toy_result())
    if place is None or not here:
        return  # made inside a function or a notebook: no other process can find it; or it writes nothing of this one
    done = elsewhere(_CHILD, place)
    if done.fault:
        yield done.fault
    elif done.out != here[0]:
        yield f"another process, with PYTHONHASHSEED={done.seed}, made another file"


_CHILD = """
import importlib, os, pickle, sys
sys.path[:] = os.environ["KIT_PATH"].split(os.pathsep)
module, name = pickle.loads(sys.stdin.buffer.read())
from auditkit.testing.results import toy_result
sys.stdout.buffer.write(getattr(importlib.import_module(module), name).run(toy_result()))
"""


def _untouched(subject: ExporterSubject) -> Iterator[str]:
    """Change nothing in the result: other exporters and the report are given the same one."""
    for name, result in subject.each():
        before = result.to_json()
        subject.files(result)
        if result.to_json() != before:
            yield f"{name} was changed"


def _budget(subject: ExporterSubject) -> Iterator[str]:
    """Write down what is there: the result is judged, and there is nothing left to compute or to fetch."""
    took = float(sys.maxsize)
    for _ in range(3):
        began = time.process_time()
        subject.files(toy_result())
        took = min(took, time.process_time() - began)
    ratio = took / bare_loop()
    if ratio > subject.budget:
        yield f"it cost {ratio:.0f} bare loops of a million steps, over {subject.budget:g}"


EXPORTER_LAWS: dict[str, Callable[[ExporterSubject], Iterator[str]]] = {
    "words": _words,
    "bytes": _bytes,
    "well formed": _well_formed,
    "repeated call": _repeated,
    "another process": _other_process,
    "result untouched": _untouched,
    "time budget": _budget,
}
