"""What every section of a spec is made of: names, lists of them, and mistakes that several keys make together."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from pydantic import Field, StringConstraints
from pydantic_core import PydanticCustomError

Name = Annotated[str, StringConstraints(min_length=1)]
Names = tuple[Name, ...]
OneOrMore = Name | Annotated[Names, Field(min_length=1)]


def mistake(message: str, *keys: str, hint: str = "", example: tuple[str, Any] | None = None) -> PydanticCustomError:
    """What a cross-check raises; `specs.wording` puts the file, the line and the key in front."""
    return PydanticCustomError(
        "mistake", "{message}", {"message": message, "keys": keys, "hint": hint, "example": example}
    )


def refuse_repeats(key: str, names: tuple[str, ...]) -> None:
    """Refuse a name that stands in a list twice."""
    for name, times in Counter(names).items():
        if times > 1:
            raise mistake(f"names '{name}' more than once", key, hint="keep one of them")
