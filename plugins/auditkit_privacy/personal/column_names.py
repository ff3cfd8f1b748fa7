"""Columns that are called as direct identifiers are: by their name alone, whatever they hold."""

from __future__ import annotations

import re

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[\u3400-\u9fff]+|[0-9]+")

_ALONE = frozenset(
    """
    name forename firstname surname lastname fullname mrn ssn nhs email mail phone telephone mobile fax address street
    passport iban dob birthdate birthday url ip
    """.split()  # noqa: SIM905  words are read more easily than strings
)
_PHRASES = (
    ("patient", "id"), ("person", "id"), ("subject", "id"), ("user", "id"), ("national", "id"), ("resident", "id"),
    ("medical", "record"), ("record", "number"), ("hospital", "number"), ("social", "security"),
    ("account", "number"), ("licence", "number"), ("license", "number"), ("birth", "date"), ("date", "of", "birth"),
    ("insurance", "number"), ("full", "name"), ("health", "plan"),
)  # fmt: skip
_OF_PERSONS = frozenset(
    """
    first last full patient given family middle maiden person user client customer mother
    """.split()  # noqa: SIM905  same
)
_CHINESE = ("姓名", "身份证", "手机", "电话", "住址", "地址", "病历号", "住院号", "邮箱", "出生日期", "护照", "医保")


def looks_identifying(column: str) -> bool:
    """Whether a column is called as direct identifiers are."""
    if any(word in column for word in _CHINESE):
        return True
    words = [word.lower() for word in _WORDS.findall(column)]
    if any(_holds(words, phrase) for phrase in _PHRASES):
        return True
    for place, word in enumerate(words):
        # The name of a drug or of a ward is nobody's.
        is_things = word == "name" and place > 0 and words[place - 1] not in _OF_PERSONS
        if word in _ALONE and not is_things:
            return True
    return False


def _holds(words: list[str], phrase: tuple[str, ...]) -> bool:
    return any(tuple(words[start : start + len(phrase)]) == phrase for start in range(len(words)))
