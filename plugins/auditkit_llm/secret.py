"""The key of an endpoint: read from the environment, sent to the endpoint, and found nowhere else."""

from __future__ import annotations

import contextlib
import json
import os
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from auditkit import ModelError

_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_SAYS_KEY = re.compile(r"KEY|TOKEN|SECRET|PASSWORD")
_NEVER = re.compile(r"api[-_]?key|secret|password|authorization|bearer|token$", re.IGNORECASE)
_SHORTEST = 8
"""Characters of a key; what is shorter would be found in any text, and taken out of it."""
_INSTEAD = "[the key]"


@dataclass(frozen=True)
class Secret:
    """A key that shows itself to nobody, or none at all."""

    _value: str = field(default="", repr=False)

    def __bool__(self) -> bool:
        """Whether there is one."""
        return bool(self._value)

    @property
    def headers(self) -> dict[str, str]:
        """What a request bears."""
        return {"Authorization": f"Bearer {self._value}"} if self._value else {}

    def scrub(self, text: str) -> str:
        """A text without the key, also where it is written as JSON or as a part of a URL."""
        if not self._value:
            return text
        for spelling in {self._value, json.dumps(self._value)[1:-1], quote(self._value, safe="")}:
            text = text.replace(spelling, _INSTEAD)
        return text

    def scrub_json(self, text: str) -> str:
        """The same of a text that may be JSON, also where that writes any of the key's letters by their numbers."""
        if self._value and "\\" in text:
            # What cannot be read is told as it is: nobody puts it together again.
            with contextlib.suppress(ValueError, RecursionError):
                text = json.dumps(json.loads(text), ensure_ascii=False)
        return self.scrub(text)


def read_secret(variable: str | None, *, beside: Any) -> Secret:
    """The key in a variable of the environment; none when none is named.

    Args:
        variable: `[model] key_env`.
        beside: what else the spec says of the model, as JSON values: the key must not be in it.

    Raises:
        ModelError: the name is no variable's (it may be the key itself, and is not told), the variable is not set, or
            its value is no key, or stands in the spec.
    """
    if variable is None:
        return Secret()
    if not _VARIABLE.fullmatch(variable):
        raise ModelError(
            "[model] key_env is not the name of an environment variable in capital letters; it is not shown, for it "
            "may be the key",
            hint='key_env = "OPENAI_API_KEY", and in the shell: export OPENAI_API_KEY=...; a key that stood in a file '
            "is to be replaced",
        )
    value = os.environ.get(variable, "").strip()
    if not value:
        shown = f" '{variable}'" if _SAYS_KEY.search(variable) else ""
        raise ModelError(
            f"the environment variable{shown} that [model] key_env names is not set",
            hint="in the shell that runs auditkit: export NAME=..., the key; it never stands in the spec",
        )
    if len(value) < _SHORTEST or not value.isascii() or not value.isprintable() or " " in value:
        raise ModelError(
            "the environment variable that [model] key_env names holds no key: a key has at least "
            f"{_SHORTEST} letters and digits, without spaces",
            hint="copy the key anew: export NAME=...",
        )
    if value in json.dumps(beside, default=str, ensure_ascii=False):
        raise ModelError(
            "the key stands in the spec too", hint="take it out, and have it replaced: who read the spec has read it"
        )
    return Secret(value)


def refuse_secrets(parameters: dict[str, Any]) -> None:
    """Refuse further keys of a request that are called like a secret."""
    for name in parameters:
        if _NEVER.search(name):
            raise ModelError(
                f"[model] parameters has a key '{name[:40]}', which is called like a secret",
                hint='a key never stands in the spec: key_env = "OPENAI_API_KEY" names the variable that holds it',
            )
