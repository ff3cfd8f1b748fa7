"""A form that is filled from a result, as Markdown and as DOCX: headings, words, lists and tables, and visible holes.

One list of parts makes both files, so that neither says what the other does not.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from auditkit import AuditResult, Text, translator
from auditkit.governance import Kind
from auditkit_exports.markdown import shown
from auditkit_exports.plain import plain
from auditkit_exports.stated import joined, record

if TYPE_CHECKING:
    from docx.document import Document

_LONGEST = 4000
_LONGEST_CELL = 600


class Hole(str):
    """What stands where a person must write."""

    __slots__ = ()


@dataclass(frozen=True)
class Heading:
    """A title; of level 0 that of the form."""

    text: str
    level: int


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    text: str


@dataclass(frozen=True)
class Items:
    """A list."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """A table: each row has a cell a column."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass
class Form:
    """Parts, one after the other, in the language of the result's report."""

    result: AuditResult
    parts: list[Heading | Words | Items | Grid] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._translate = translator(self.result.language)

    def say(self, text: Text) -> str:
        """A text in the language of the report, on one line."""
        return plain(text.render(self._translate), _LONGEST)

    def hole(self, who: Text, what: Text) -> Hole:
        """What stands where somebody must write: no reader takes it for an answer."""
        return Hole(self.say(Text.of("[TO BE WRITTEN BY {who}: {what}]", who=who, what=what)))

    def asked(self, what: Text, who: Text, *said: str) -> tuple[Text, str]:
        """A matter, and the first thing that is said of it; a hole for whoever must say it where nothing is."""
        return what, next(filter(None, said), "") or self.hole(who, what)

    def record(self, kind: Kind, *keys: str) -> str:
        """What the record of a kind says under these keys, with the day on which it ended where it has."""
        found = record(self.result, kind)
        said = "" if found is None else joined(*(found.says(key) for key in keys))
        if found is None or not said or found.status != "expired" or not found.expires:
            return said
        return f"{said} {self.say(Text.of('(The record ended on {day}.)', day=found.expires))}"

    def heading(self, text: Text, level: int = 1) -> None:
        """Begin a part."""
        self.parts.append(Heading(self.say(text), level))

    def words(self, text: Text | str) -> None:
        """Add a paragraph; nothing where there is nothing to say."""
        said = self.say(text) if isinstance(text, Text) else text
        if said:
            self.parts.append(Words(said))

    def items(self, items: Iterable[str]) -> None:
        """Add a list; nothing where it is empty."""
        kept = tuple(one for one in items if one)
        if kept:
            self.parts.append(Items(kept))

    def facts(self, *pairs: tuple[Text, str]) -> None:
        """Add a table of what is said of each matter, or of who must say it."""
        self.grid((Text.of("what"), Text.of("stated")), [(self.say(what), said) for what, said in pairs])

    def grid(self, columns: Sequence[Text], rows: Sequence[tuple[str, ...]]) -> None:
        """Add a table; nothing where it has no rows."""
        if rows:
            self.parts.append(Grid(tuple(map(self.say, columns)), tuple(rows)))

    def holes(self) -> int:
        """How many places wait for a person."""
        return sum(isinstance(said, Hole) for part in self.parts for said in _said(part))

    def markdown(self) -> bytes:
        """The form as Markdown, in which nothing that came from elsewhere is markup."""
        return ("\n\n".join(map(_in_markdown, self.parts)) + "\n").encode()

    def docx(self) -> bytes:
        """The form as a Word document; the same result gives the same bytes."""
        import docx

        document = docx.Document()
        about = document.core_properties
        about.title = next((part.text[:200] for part in self.parts if isinstance(part, Heading)), "")
        about.author = about.last_modified_by = "auditkit"
        about.comments, about.language = "", self.result.language
        about.created = about.modified = datetime.fromisoformat(self.result.run.created).replace(tzinfo=None)
        for part in self.parts:
            _into(document, part)
        _speak(document, self.result.language)
        whole = io.BytesIO()
        document.save(whole)
        return _without_clock(whole.getvalue())


def _said(part: Heading | Words | Items | Grid) -> Iterable[str]:
    match part:
        case Items():
            return part.items
        case Grid():
            return (cell for row in part.rows for cell in row)
        case _:
            return (part.text,)


def _in_markdown(part: Heading | Words | Items | Grid) -> str:
    match part:
        case Heading():
            return f"{'#' * (part.level + 1)} {shown(part.text, _LONGEST)}"
        case Items():
            return "\n".join(f"- {_marked(one, _LONGEST)}" for one in part.items)
        case Grid():
            lines = [part.columns, ("---",) * len(part.columns)]
            head = [f"| {' | '.join(map(shown, lines[0]))} |", f"|{'|'.join(lines[1])}|"]
            return "\n".join(
                [*head, *(f"| {' | '.join(_marked(cell, _LONGEST_CELL) for cell in row)} |" for row in part.rows)]
            )
        case _:
            return _marked(part.text, _LONGEST)


def _marked(text: str, longest: int) -> str:
    said = shown(text, longest)
    return f"**{said}**" if isinstance(text, Hole) else said


def _into(document: Document, part: Heading | Words | Items | Grid) -> None:
    match part:
        case Heading():
            document.add_heading(plain(part.text, _LONGEST), part.level)
        case Items():
            for one in part.items:
                _write(document.add_paragraph(style="List Bullet"), one, _LONGEST)
        case Grid():
            table = document.add_table(rows=len(part.rows) + 1, cols=len(part.columns), style="Table Grid")
            for row, told in zip(table.rows, (part.columns, *part.rows), strict=True):
                for cell, text in zip(row.cells, told, strict=True):
                    _write(cell.paragraphs[0], text, _LONGEST_CELL)
            _repeat_head(table)
        case _:
            _write(document.add_paragraph(), part.text, _LONGEST)


def _write(paragraph: Any, text: str, longest: int) -> None:
    from docx.enum.text import WD_COLOR_INDEX

    run = paragraph.add_run(plain(text, longest))
    if isinstance(text, Hole):
        run.bold, run.font.highlight_color = True, WD_COLOR_INDEX.YELLOW


def _repeat_head(table: Any) -> None:
    """Mark the first row as the head: a screen reader names its cells, and each page shows it again."""
    from docx.oxml import OxmlElement

    table.rows[0]._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))  # noqa: SLF001  python-docx offers no other way
    for cell in table.rows[0].cells:
        for run in cell.paragraphs[0].runs:
            run.bold = True


def _speak(document: Document, language: str) -> None:
    """Say in which language the document is, to spelling and to screen readers."""
    from docx.oxml.ns import qn

    for one in document.styles.element.iter(qn("w:lang")):
        one.set(qn("w:val"), language)
        one.set(qn("w:eastAsia"), language if language.startswith(("zh", "ja", "ko")) else "zh-CN")


def _without_clock(archive: bytes) -> bytes:
    """The same files, at one time: a ZIP tells when each was written."""
    whole = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as read, zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as written:
        for name in read.namelist():
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            written.writestr(info, read.read(name))
    return whole.getvalue()
