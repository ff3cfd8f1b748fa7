"""One .po file: brought up to date with the texts that are found, and counted."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

_PLACEHOLDER = re.compile(r"\{\w+(?::\w+)?\}")
_CHINESE = re.compile("[\u4e00-\u9fff]")
_HALF_WIDTH = re.compile(
    "[\u4e00-\u9fff][,;:?!](?:[\u4e00-\u9fff{ ]|$)|[\u4e00-\u9fff]\\.$|[\u4e00-\u9fff] ?\\([\u4e00-\u9fff]"
)
_CLOSE = re.compile("[\u4e00-\u9fff][A-Za-z0-9]|[A-Za-z0-9][\u4e00-\u9fff]")
_WIDE = re.compile("[，。；：？！] +(?=\\S)|(?<=\\S) +[，。；：？！]")
_HEAD = """\
# The texts of auditkit's reports in Chinese. How to translate: docs/translating.md.
"""


@dataclass(frozen=True)
class Count:
    """How far a catalogue is."""

    translated: int
    all: int
    file: str


def read(path: Path) -> Catalog:
    """A catalogue; an empty one when there is no file."""
    if not path.is_file():
        return Catalog()
    with path.open("rb") as stream:
        return read_po(stream, abort_invalid=True)


def update(
    path: Path, language: str, texts: Mapping[str, Sequence[str]], known: Iterable[Catalog], plurals: Mapping[str, str]
) -> Count:
    """Write a catalogue of these texts, in the order of their files, with every translation that is known already.

    Args:
        path: the file; what it has and `texts` lacks is kept at its end, as obsolete.
        language: a BCP 47 tag.
        texts: each with the files that it is in.
        known: catalogues to take translations from: its own as it was, and others that a text may have moved from.
        plurals: of a text of one thing, that of many.
    """
    old = read(path)
    before = [old, *known]
    new = Catalog(locale=language.replace("-", "_"), header_comment=_HEAD.strip(), fuzzy=False)
    for text in sorted(texts, key=lambda one: (texts[one][0], one)):
        said = next((found for one in before if (found := _translation(one, text)) is not None), None)
        comments = () if said is None else said.user_comments
        flags = () if said is None else said.flags
        new.add(
            (text, plurals[text]) if text in plurals else text,
            said.string if said else "",
            [(file, 0) for file in texts[text]],
            flags,
            user_comments=comments,
        )
    for message in [*old, *old.obsolete.values()]:
        text = message.id[0] if isinstance(message.id, tuple) else message.id
        if text and is_said(message) and text not in texts:
            new.obsolete[text] = message
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written(new, language))
    return Count(sum(is_said(one) and not one.fuzzy for one in new if one.id), len(texts), path.name)


def mistakes_in(path: Path) -> Iterator[str]:
    """What is wrong with translations: lost names, half-width marks among Chinese letters, wrong spaces."""
    for message in read(path):
        text, said = message.id, message.string
        if not text or not said or not isinstance(text, str) or not isinstance(said, str):
            continue
        where = f"{message.lineno}: '{said}'"
        if sorted(_PLACEHOLDER.findall(text)) != sorted(_PLACEHOLDER.findall(said)):
            yield f"{where} has not the names in braces of '{text}'"
        if found := _HALF_WIDTH.search(said):
            yield f"{where} has a half-width mark in '{found[0]}': write ， ； ： ？ ！ 。 （ ）"
        if found := _CLOSE.search(said):
            yield f"{where} has no space in '{found[0]}', between Chinese and Latin letters or digits"
        if found := _WIDE.search(said):
            yield f"{where} has a space beside the full-width mark in '{found[0]}'"
        if said != said.strip() and text == text.strip():
            yield f"{where} begins or ends with a space"
        if (
            text.endswith(".") != said.endswith(("。", ".", "！", "？", "）"))
            and _CHINESE.search(said)
            and text.endswith(".")
        ):
            yield f"{where} has no 。 at its end, where the text is a sentence"
        if not text.endswith((".", "?", "!")) and said.endswith("。"):
            yield f"{where} ends in 。, where the text is no whole sentence"


def _translation(catalogue: Catalog, text: str) -> Message | None:
    found = catalogue.get(text) or catalogue.obsolete.get(text)
    return found if found is not None and is_said(found) else None


def is_said(message: Message) -> bool:
    """Whether it has a translation, in all its forms."""
    said = message.string or ""
    return bool(said) if isinstance(said, str) else all(said)


def written(catalogue: Catalog, language: str) -> bytes:
    """The file's bytes, with no date in them: the same texts and translations are the same bytes."""
    for message in [*catalogue, *catalogue.obsolete.values()]:
        message.flags.discard("python-format")  # Babel takes "50% gets" for a directive, which msgfmt then misses.
    stream = io.BytesIO()
    write_po(stream, catalogue, width=100, omit_header=True, include_lineno=False)
    head = (
        f'{_HEAD}msgid ""\nmsgstr ""\n"Language: {language}\\n"\n"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
        '"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
    )
    return head.encode() + stream.getvalue()
