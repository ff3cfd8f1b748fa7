"""What every document that auditkit writes has in common: frozen, closed, finite, canonical; and the texts in it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, reduce
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, SerializerFunctionWrapHandler, model_serializer

from auditkit.numerals import bound_number, number
from auditkit.plain_json import written


class Document(BaseModel):
    """A thing that is written to disk: frozen, no unknown fields, no NaN or infinity."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    def to_json(self) -> bytes:
        """Canonical JSON (RFC 8785): the same document always gives the same bytes."""
        return canonical_json(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, raw: bytes | str) -> Self:
        """Read it back; raises pydantic's ValidationError when it is not such a document."""
        return cls.model_validate_json(raw)


class Grown(Document):
    """A document that has keys which its first version lacked.

    Where such a key keeps its default it is not written, so that what says nothing new keeps its bytes and digest.
    """

    grown: ClassVar[frozenset[str]] = frozenset()

    @model_serializer(mode="wrap")
    def _without_unsaid(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        said: dict[str, Any] = write(self)
        fields = type(self).model_fields
        unsaid = {name for name in self.grown if getattr(self, name) == fields[name].get_default()}
        return {name: value for name, value in said.items() if name not in unsaid}


class Text(Document):
    """Words that a person will read: a message id with `{names}`, and what they stand for.

    Catalogues translate the id; the parameters are data and stay as they are, but for one that is a Text itself, such
    as the reason that a reason quotes. `{name:percent}` prints a share as a percentage, `{name:bound}` a bound as its
    author wrote it.
    """

    msgid: str
    params: dict[str, Text | str | int | float] = Field(default_factory=dict)

    @classmethod
    def of(cls, msgid: str, /, **params: Text | str | float) -> Self:
        """`Text.of("{count} rows", count=3)`."""
        return cls(msgid=msgid, params=params)

    @classmethod
    def joined(cls, parts: Iterable[Text]) -> Text:
        """Several texts as one: `a; b; c`."""
        return reduce(lambda one, other: Text.of("{one}; {other}", one=one, other=other), parts)

    @classmethod
    def listed(cls, names: Iterable[Text | str]) -> Text:
        """Names beside each other, with the commas of the language: `a, b, c`."""
        parts = [one if isinstance(one, Text) else Text.of("{name}", name=one) for one in names]
        return reduce(lambda one, other: Text.of("{one}, {other}", one=one, other=other), parts)

    def render(self, translate: Callable[[str], str] = str) -> str:
        """The words, in the language of `translate`."""
        said = {
            name: value.render(translate) if isinstance(value, Text) else value for name, value in self.params.items()
        }
        return fill(translate(self.msgid), said)

    def __str__(self) -> str:
        """The words in English."""
        return self.render()


# Not str.format: a message id must not be able to reach into the attributes of what it is given.
_PLACEHOLDER = re.compile(r"(\{(\w+)(?::(\w+))?\})")


def fill(pattern: str, params: Mapping[str, str | float]) -> str:
    """Put the parameters where their names stand; a name without a parameter stays as it is written."""
    first, places = _taken_apart(pattern)
    said = [first]
    for whole, name, style, after in places:
        said += (show(params[name], style) if name in params else whole, after)
    return "".join(said)


def places(pattern: str) -> tuple[str, ...]:
    """The names that stand in it, in order."""
    return tuple(name for _, name, _, _ in _taken_apart(pattern)[1])


@lru_cache(maxsize=4096)
def _taken_apart(pattern: str) -> tuple[str, tuple[tuple[str, str, str | None, str], ...]]:
    """What stands before the first name; and each name as it is written, itself, its style, and what follows it."""
    first, *rest = _PLACEHOLDER.split(pattern)
    return first, tuple(zip(rest[::4], rest[1::4], rest[2::4], rest[3::4], strict=True))


def show(value: str | float, style: str | None = None) -> str:
    """A parameter as people read it: a number as tables print it."""
    if isinstance(value, str | bool):
        return str(value)
    if style == "percent":
        return f"{value:.1%}".replace(".0%", "%")
    return bound_number(value) if style == "bound" else number(value)


def canonical_json(value: Any) -> bytes:
    """RFC 8785 bytes of a JSON value; NaN, infinity and integers above 2**53 are refused."""
    plain = written(value)
    if plain is not None:
        return plain
    import rfc8785

    return rfc8785.dumps(value)


def digest_of(value: Any) -> str:
    """The SHA-256, in hex, of a JSON value's canonical bytes."""
    return hashlib.sha256(canonical_json(value)).hexdigest()
