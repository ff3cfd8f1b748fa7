"""Message catalogues: a report's English texts in another language.

A folder of templates may hold `locale/LANGUAGE.po`, or `locale/LANGUAGE/NAME.po` where several people write one each.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, reduce
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.errors import PluginError
from auditkit.report import beside
from auditkit.report.sources import template_dir

if TYPE_CHECKING:
    from auditkit.spec import AuditSpec

_READER = b"1"
"""Counts what `read_catalogue` makes of the same text: what was kept of another is not taken."""
ENGLISH = "en"
FOLDER = "locale"
_PLACES = re.compile(rb"^#:.*", re.MULTILINE)
"""Where a text is from: most of a file, and nothing that a report says."""
_PLACEHOLDER = re.compile(r"\{\w+(?::\w+)?\}")


@dataclass(frozen=True)
class Catalogue:
    """Says texts in another language; one that it has not stays English."""

    known: Mapping[str, str]
    plurals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By the English text of one thing."""
    numbered: str = "0"
    """Which of the plural forms a number `n` takes, as catalogues say it: an expression of C."""

    def __call__(self, text: str) -> str:
        """The text in the language."""
        return self.known.get(text, text)

    def plural(self, one: str, many: str, count: int) -> str:
        """The form of a text for so many things."""
        forms = self.plurals.get(one)
        if forms is None:
            return one if count == 1 else many
        return forms[min(_form(self.numbered)(count), len(forms) - 1)]

    def over(self, other: Catalogue) -> Catalogue:
        """Both; of two translations of a text this one's counts, and so does its way to tell plural forms."""
        return Catalogue({**other.known, **self.known}, {**other.plurals, **self.plurals}, self.numbered)


def languages(template_dirs: Sequence[Path] = ()) -> tuple[str, ...]:
    """The languages that a report can be rendered in: English, and those that a catalogue is there for."""
    places = [folder / FOLDER for folder in _folders(template_dirs)]
    found = {path.stem for place in places for path in place.glob("*.po")}
    found |= {path.parent.name for place in places for path in place.glob("*/*.po")}
    return (ENGLISH, *sorted(found))


def translator(language: str, template_dirs: Sequence[Path] = ()) -> Callable[[str], str]:
    """What says a text of the report in a language; a text that no catalogue has stays English.

    Args:
        language: a BCP 47 tag, e.g. `zh-CN`.
        template_dirs: searched in order, before the shipped folder; of two catalogues that have a text the first
            counts.

    Raises:
        PluginError: a catalogue cannot be read, or a translation leaves out or makes up a `{name}`.
    """
    if language == ENGLISH:
        return str
    known = _shipped(language)
    for folder in reversed(template_dirs):
        for path in _files(folder, language):
            known = read_catalogue(path).over(known)
    return known


def _files(folder: Path, language: str) -> list[Path]:
    """The catalogues in a folder of templates; of two that have a text the later counts."""
    place = folder / FOLDER
    return [path for path in (*sorted((place / language).glob("*.po")), place / f"{language}.po") if path.is_file()]


def _shipped(language: str) -> Catalogue:
    """The shipped catalogues of a language as one, which is read once from their text and then as it was kept."""
    files = {path: _bytes(path) for path in _files(template_dir(), language)}
    total = hashlib.sha256(_READER)
    for path, told in files.items():
        total.update(f"{path.name}\0{len(told)}\0".encode() + told)
    place = beside.place_of(template_dir() / FOLDER / f"{language}.po")
    if (kept := beside.recall(place, total.digest())) is not None:
        return Catalogue(*kept)
    known = reduce(lambda one, other: other.over(one), map(read_catalogue, files), Catalogue({}))
    if files:
        beside.keep(place, total.digest(), (known.known, known.plurals, known.numbered))
    return known


@lru_cache
def _form(numbered: str) -> Callable[[int], int]:
    from gettext import c2py

    return c2py(numbered)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> PluginError:
    return PluginError(f"the catalogue '{path}' cannot be read: {error}", hint="msgfmt --check FILE.po")


def read_catalogue(path: Path) -> Catalogue:
    """The translated texts of a .po file; those marked fuzzy, and those without a translation, are left out.

    Raises:
        PluginError: see `translator`.
    """
    from babel.messages.pofile import PoFileError, read_po

    told = _PLACES.sub(b"", _bytes(path))
    try:
        catalogue = read_po(io.BytesIO(told), abort_invalid=True)
        _form(catalogue.plural_expr)
    except (PoFileError, ValueError) as error:
        raise _unreadable(path, error) from error
    known: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    for message in catalogue:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, str) and isinstance(message.string, str):
            if message.string:
                _refuse_lost(path, message.id, message.string)
                known[message.id] = message.string
        elif (said := tuple(message.string or ())) and all(said):
            plurals[message.id[0]] = said
            for one in said:
                _refuse_lost(path, message.id[1], one)
    return Catalogue(known, plurals, catalogue.plural_expr)


def locale_of(language: str) -> str:
    """Babel's name of a language: the script of Chinese decides which words its dates have."""
    return {"zh-CN": "zh_Hans_CN"}.get(language, language.replace("-", "_"))


def refuse_language(spec: AuditSpec, template_dirs: Sequence[Path]) -> None:
    """Refuse a report in a language that no catalogue is there for.

    Raises:
        SpecError: the spec asks for one.
    """
    wanted = spec.report.language
    if wanted not in languages(template_dirs):
        raise spec.source.error(
            ("report", "language"),
            f"is '{wanted}', which no installed plugin has a catalogue for",
            'language = "en", or install a plugin with templates/locale/' + f"{wanted}.po",
        )


def _folders(template_dirs: Sequence[Path]) -> list[Path]:
    return [*template_dirs, template_dir()]


def _refuse_lost(path: Path, text: str, said: str) -> None:
    wanted, given = (sorted(_PLACEHOLDER.findall(one)) for one in (text, said))
    if wanted != given:
        raise PluginError(
            f"the catalogue '{path}' says '{said}' for '{text}'",
            hint=f"a translation has the same names in braces: {', '.join(wanted) or 'none'}",
        )
