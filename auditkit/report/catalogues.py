"""Message catalogues: a report's English texts in another language.

A folder of templates may hold `locale/LANGUAGE.po`, or `locale/LANGUAGE/NAME.po` where several people write one each.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from gettext import c2py
from pathlib import Path
from typing import TYPE_CHECKING

from auditkit.errors import PluginError
from auditkit.report.sources import template_dir

if TYPE_CHECKING:
    from auditkit.spec import AuditSpec

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
    form: Callable[[int], int] = lambda _: 0
    """Which of the plural forms a number takes."""

    def __call__(self, text: str) -> str:
        """The text in the language."""
        return self.known.get(text, text)

    def plural(self, one: str, many: str, count: int) -> str:
        """The form of a text for so many things."""
        forms = self.plurals.get(one)
        if forms is None:
            return one if count == 1 else many
        return forms[min(self.form(count), len(forms) - 1)]


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
    known = Catalogue({})
    for folder in reversed(_folders(template_dirs)):
        place = folder / FOLDER
        for path in [*sorted((place / language).glob("*.po")), place / f"{language}.po"]:
            if path.is_file():
                read = read_catalogue(path)
                known = Catalogue({**known.known, **read.known}, {**known.plurals, **read.plurals}, read.form)
    return known


def read_catalogue(path: Path) -> Catalogue:
    """The translated texts of a .po file; those marked fuzzy, and those without a translation, are left out.

    Raises:
        PluginError: see `translator`.
    """
    from babel.messages.pofile import PoFileError, read_po

    try:
        told = _PLACES.sub(b"", path.read_bytes())
        catalogue = read_po(io.BytesIO(told), abort_invalid=True)
        form = c2py(catalogue.plural_expr)
    except (PoFileError, OSError, ValueError) as error:
        raise PluginError(f"the catalogue '{path}' cannot be read: {error}", hint="msgfmt --check FILE.po") from error
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
    return Catalogue(known, plurals, form)


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
