"""From a folder to sheets: small TOML files, or Markdown with TOML between two lines of +++. None is trusted."""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from auditkit.errors import SpecError, did_you_mean
from auditkit.governance.record import KINDS, Kind
from auditkit.governance.sheets import LONGEST, SHEETS, Sheet
from auditkit.specs.source import Source, misread
from auditkit.specs.values import frozen
from auditkit.terminal import printable

if TYPE_CHECKING:
    from auditkit.spec import AuditSpec

LARGEST = 256 * 2**10
"""Bytes of a record."""
MOST = 200
"""Files of a folder that are looked at."""
_FENCE = "+++"
_STEERING = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of Unicode that no text needs: they move a cursor, turn a line round, or are not seen."""


@dataclass(frozen=True)
class Read:
    """A sheet and the file that it was read from."""

    kind: Kind
    sheet: Sheet
    source: str
    """Relative to the spec's folder."""


def read_sheets(spec: AuditSpec) -> tuple[Read, ...]:
    """Every record of the folder that the spec names, by file name; none when it names none.

    Raises:
        SpecError: there is no such folder, or a file in it is none that can be read: it is too large, leads out of the
            folder, holds control characters, is no TOML, or has keys or types that its kind has not. The line is named.
    """
    named = spec.governance.records
    if named is None:
        return ()
    folder = within(spec.folder, named)
    if folder is None:
        raise spec.source.error(
            ("governance", "records"), f"is '{named}', which leads out of the spec's folder", 'records = "governance"'
        )
    if not folder.is_dir():
        raise spec.source.error(
            ("governance", "records"), f"is '{named}', and there is no such folder", f"make it: mkdir {named}"
        )
    return tuple(_read(folder, spec))


def within(root: Path, named: str) -> Path | None:
    """The path in a folder, links followed; None: it leads out of it, or is no path."""
    try:
        found = (root / named).resolve()
        return found if found.is_relative_to(root.resolve()) else None
    except (OSError, ValueError, RuntimeError):
        return None


def _read(folder: Path, spec: AuditSpec) -> Iterator[Read]:
    names = sorted(one.name for one in os.scandir(folder) if one.name.endswith((".toml", ".md")) and one.name[0] != ".")
    if len(names) > MOST:
        raise SpecError(f"'{printable(folder.name)}' holds {len(names)} records", hint=f"keep at most {MOST}")
    root = spec.folder.resolve()
    for name in names:
        where = f"{folder.relative_to(root)}/{name}" if folder != root else name
        found = within(folder, name)
        if found is None:
            raise SpecError(f"{printable(where)}: leads out of its folder", hint="put the file itself there")
        text = _text(found, printable(where))
        if (one := _sheet(text, where, spec)) is not None:
            yield one


def _text(path: Path, where: str) -> str:
    try:
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise SpecError(f"{where}: is not a regular file", hint="a record is a .toml or .md file")
            raw = file.read(LARGEST + 1)
    except OSError as error:
        raise SpecError(f"{where}: cannot be read: {error.strerror}", hint=f"ls -l {where}") from None
    if len(raw) > LARGEST:
        raise SpecError(f"{where}: is too large to be a record", hint=f"a record has at most {LARGEST >> 10} KiB")
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise misread(where, line, "is not UTF-8", "save the file with the encoding UTF-8") from None
    for number, line_of in enumerate(text.split("\n"), start=1):
        wrong = next((char for char in line_of if char != "\t" and unicodedata.category(char) in _STEERING), "")
        if wrong:
            code = wrong.encode("unicode_escape").decode()
            raise misread(where, number, f"has the control character {code}", "take it out, and save the file again")
    return text


def _sheet(text: str, where: str, spec: AuditSpec) -> Read | None:
    """The sheet in a file; None: a Markdown file without front matter, such as a README, is no record."""
    head, body, skipped = _parted(text, where) if where.endswith(".md") else (text, "", 0)
    if head is None:
        return None
    content, lines = _parsed(head, where, skipped)
    kind = _kind(content, where)
    if body:
        if "text" in content:
            raise misread(where, 1, "has a key text, and a text below", "keep one of the two")
        if len(body) > LONGEST:
            line = skipped + head.count("\n") + 2
            raise misread(where, line, f"has a text of {len(body)} characters", f"at most {LONGEST}")
        content["text"] = body
    source = Source(printable(where), spec.folder, content, lines, "toml")
    document = SHEETS[kind]
    try:
        sheet = document.model_validate(frozen(content), strict=True)
    except ValidationError as error:
        from auditkit.specs.wording import worded

        raise worded(error, source, document) from None
    return Read(kind, sheet, where)


def _parsed(head: str, where: str, skipped: int) -> tuple[dict[str, Any], dict[Any, int]]:
    from auditkit.specs.toml import parse_toml

    try:
        # Lines that were cut off count: what is wrong is named by its line in the file.
        return parse_toml("\n" * skipped + head, printable(where))
    except RecursionError:
        raise misread(
            printable(where), 1, "is nested too deeply", "a record has tables and lists, and no more"
        ) from None


def _parted(text: str, where: str) -> tuple[str | None, str, int]:
    """Front matter, text, and how many lines stand before the front matter's first."""
    lines = text.split("\n")
    if lines[0].strip() != _FENCE:
        if lines[0].strip() == "---":
            raise misread(where, 1, "has YAML in front", "records have TOML there, between two lines of +++")
        return None, "", 0
    end = next((place for place, line in enumerate(lines[1:], start=1) if line.strip() == _FENCE), None)
    if end is None:
        raise misread(where, 1, "has front matter that is not closed", "close it with a line of +++")
    return "\n".join(lines[1:end]), "\n".join(lines[end + 1 :]).strip(), 1


def _kind(content: dict[str, Any], where: str) -> Kind:
    said = content.get("kind", Path(where).stem)
    known: dict[Any, Kind] = {kind: kind for kind in KINDS}
    if isinstance(said, str) and said in known:
        return known[said]
    those = f'say which, e.g. kind = "owners"; there are: {", ".join(KINDS)}'
    if not isinstance(said, str):
        raise misread(printable(where), 1, "has a kind that is no text", those)
    raise misread(
        printable(where),
        1,
        f"is of no kind that there is: '{printable(said)[:60]}'",
        did_you_mean(said, KINDS, otherwise=those),
    )
