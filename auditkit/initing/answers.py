"""What a person has said so far, by options or at a prompt, and what a draft still asks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from auditkit.errors import AuditError, SpecError
from auditkit.initing.toml import toml_value

EACH = "*"
"""In the place of a positive class: every class in turn."""

_OPTIONS = {
    "model.adapter": "--adapter",
    "data.loader": "--loader",
    "data.target": "--target",
    "data.positive": "--positive",
    "data.input": "--input",
    "data.groups": "--attribute",
    "data.unit": "--unit",
    "task": "--task",
}
"""Keys of the spec that have an option of their own; every other one is `--set`."""


@dataclass(frozen=True)
class Question:
    """Something that a person has to say."""

    key: str
    """Of the spec, with its table: `data.target`."""
    asks: str
    """The question, as a sentence without its mark."""
    guess: Any = None
    """What is proposed; None: nothing."""
    choices: tuple[str, ...] = ()
    """What it can be; empty: anything."""
    is_many: bool = False
    """Whether several can be named."""
    is_text: bool = True
    """Whether the answer is a text; else it is a value as TOML writes it."""

    @property
    def option(self) -> str:
        """The option that answers it, with what is proposed."""
        names = self.guess if isinstance(self.guess, list) else [] if self.guess is None else [self.guess]
        option = _OPTIONS.get(self.key)
        if option is not None:
            return " ".join(f"{option} {_quoted(str(name))}" for name in names or ["NAME"])
        said = "VALUE" if self.guess is None else self.guess if isinstance(self.guess, str) else toml_value(self.guess)
        return f"--set {_quoted(f'{self.key}={said}')}"


class OpenQuestionsError(SpecError):
    """There is nobody to ask, and something is open."""

    def __init__(self, questions: tuple[Question, ...]) -> None:
        count = "one question is" if len(questions) == 1 else f"{len(questions)} questions are"
        options = " ".join(one.option for one in questions)
        super().__init__(f"{count} open, and nobody is there to ask", hint=f"add what answers them: {options}")
        self.questions = questions


@dataclass(frozen=True)
class Answers:
    """What was said, by key of the spec; None: there is none of it."""

    said: Mapping[str, Any] = field(default_factory=dict)

    def __contains__(self, key: str) -> bool:
        return key in self.said

    def get(self, key: str) -> Any:
        """The answer; None: there is none, or it is none."""
        return self.said.get(key)

    def also(self, key: str, value: Any) -> Answers:
        """The same with one more."""
        return Answers({**self.said, key: value})

    def others(self, *known: str) -> dict[str, Any]:
        """The answers to keys that nobody asked about."""
        return {key: value for key, value in self.said.items() if key not in known}


def value_of(text: str) -> Any:
    """A value as TOML writes it; what is none is a text."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except (tomllib.TOMLDecodeError, RecursionError, ValueError):  # no TOML: it is meant as it stands
        return text


def setting_of(written: str) -> tuple[str, Any]:
    """What `--set KEY=VALUE` says.

    Raises:
        AuditError: it names no key, or one of no table.
    """
    key, sign, value = written.partition("=")
    table, _, name = key.strip().partition(".")
    is_known = (table in {"model", "data"} and name) or (table in {"name", "seed", "task"} and not name)
    if not sign or not is_known:
        raise AuditError(
            f"--set '{written}' sets no key of a spec",
            hint="--set model.KEY=VALUE or --set data.KEY=VALUE, e.g. --set model.module=net:build",
        )
    if "." in name:
        raise AuditError(
            f"--set '{written}': '{name}' lies too deep", hint=f"--set '{table}.KEY={{...}}', a whole table"
        )
    return key.strip(), value_of(value.strip())


def _quoted(text: str) -> str:
    """A word as a shell takes it."""
    import shlex

    return shlex.quote(text)
