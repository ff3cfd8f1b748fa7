"""`paired-prompts`: the rows that templates and phrases make together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditkit import DataError, loader
from auditkit_conversation.asked.swapping import rows_of_prompts
from auditkit_conversation.asked.templates import PERSON, Asked, Phrases, Template, read_asked

if TYPE_CHECKING:
    import pandas as pd

MOST_ROWS = 200_000


@loader("paired-prompts")
def load_paired_prompts(path: Path) -> pd.DataFrame:
    """Prompts about one person and about another, made of templates with a place for who they are about.

    The file, in TOML, names sets of templates that are `ready` (`medical`), or has `[[templates]]` of its own with an
    `id` and a text a language, in which `{person}` stands once; `contrasts` names what persons differ in (`sex`, `age`,
    `ethnicity`, or a table `[words.NAME]` of one's own), `lines` in how many phrases, `languages` which languages.
    `prompts` names a CSV file of prompts that people wrote, in which the words for who it is about are swapped. The
    columns are `prompt`, `template`, `pair`, `neutral`, `language`, `emergency`, and one for each contrast.
    """
    import pandas as pd

    asked = read_asked(path)
    rows = list(rows_of(asked, path.name))
    if asked.prompts:
        rows += rows_of_prompts(asked, path.parent / asked.prompts)
    names = ["prompt", "template", "pair", "neutral", "language", "emergency", *(one.name for one in asked.contrasts)]
    return pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names})


def rows_of(asked: Asked, where: str) -> Iterator[dict[str, Any]]:
    """A row for each template, language, contrast, line of phrases, and side.

    Raises:
        DataError: no phrases suit a text, the languages are none of the templates', or there would be too many rows.
    """
    count, languages = 0, asked.languages or tuple({name: None for one in asked.templates for name, _ in one.texts})
    known = {name for one in asked.templates for name, _ in one.texts}
    for name in languages:
        if name not in known:
            raise DataError(f"'{where}': no template is in '{name}'", hint=f"languages = {sorted(known)}")
    for template in asked.templates:
        for language, text in template.texts:
            if language not in languages:
                continue
            for phrases in (*asked.contrasts, *([asked.neutral] if asked.neutral else [])):
                for row in _of_phrases(template, language, text, phrases, asked.lines, where):
                    count += 1
                    if count > MOST_ROWS:
                        raise DataError(f"'{where}' makes more than {MOST_ROWS:,} prompts", hint="lines = 1")
                    yield row


def _of_phrases(
    template: Template, language: str, text: str, phrases: Phrases, lines: int, where: str
) -> Iterator[dict[str, Any]]:
    suiting = phrases.suiting(text, lines)
    if not suiting:
        raise DataError(
            f"'{where}': no phrases of '{phrases.name}' are in the script of {language} of '{template.id}'",
            hint=f"[words.{phrases.name}] with lines of your own, in that language",
        )
    flag = template.is_emergency
    for number, line in enumerate(suiting):
        for side, phrase in zip(phrases.sides, line, strict=True):
            yield {
                "prompt": _filled(text, phrase),
                "template": template.id,
                "pair": f"{template.id}, {language}, {phrases.name}, {number + 1}",
                "neutral" if phrases.is_neutral else phrases.name: side,
                "language": language,
                "emergency": None if flag is None else "yes" if flag else "no",
            }


def _filled(text: str, phrase: str) -> str:
    filled = text.replace(PERSON, phrase)
    return filled[0].upper() + filled[1:] if text.lstrip().startswith(PERSON) else filled
