"""What an isolated worker says to the supervisor, as JSON: to unpickle what a plugin wrote would be to run it.

The plugin holds the worker's end of the pipe. Whatever it writes there ends as a message, as nothing yet, or as a
ValueError, and never keeps the supervisor waiting.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Mapping
from multiprocessing.connection import Connection
from typing import Any

from pydantic import TypeAdapter

from auditkit.checks.events import CheckFinished, CheckStarted, PlanMade, Predicting, Stage
from auditkit.checks.measuring import Measured
from auditkit.errors import AuditError
from auditkit.finding import Finding
from auditkit.terminal import printable


@dataclasses.dataclass(frozen=True)
class Rights:
    """The first message: what could not be taken from the worker -> why. It is said before any plugin is imported."""

    kept: Mapping[str, str]


_EVENTS = {kind.__name__: kind for kind in (Stage, Predicting, PlanMade, CheckStarted, CheckFinished, Rights)}
_LONGEST = 256 << 20
"""Bytes of one message: far more than the findings of any plan."""
_HEAD = 8
"""Bytes that say how long the message behind them is."""
_LONGEST_TEXT = 1000


class PlainPipe:
    """A pipe that carries the messages of a worker, and nothing else."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe
        self._held = bytearray()

    def send(self, message: object) -> None:
        """Send an event, a Measured, an AuditError, or in words how the worker ended."""
        raw = encoded(message)
        left = memoryview(len(raw).to_bytes(_HEAD, "big") + raw)
        while left:
            left = left[os.write(self._pipe.fileno(), left) :]

    def next(self) -> Any | None:
        """The next message of what was read; None: it has not all come yet.

        Raises:
            ValueError: it is no such message.
        """
        length = int.from_bytes(self._held[:_HEAD], "big")
        if len(self._held) >= _HEAD and length > _LONGEST:
            raise ValueError(f"a message of {length} bytes")
        if len(self._held) < _HEAD + length:
            return None
        raw = bytes(self._held[_HEAD : _HEAD + length])
        del self._held[: _HEAD + length]
        return decoded(raw)

    def read(self) -> None:
        """Read what has come; called when something has.

        Raises:
            EOFError: the other end is closed.
        """
        came = os.read(self._pipe.fileno(), 1 << 20)
        if not came:
            raise EOFError
        self._held += came

    def close(self) -> None:
        """Close this end."""
        self._pipe.close()


def encoded(message: object) -> bytes:
    """A message as JSON."""
    if isinstance(message, CheckFinished):
        plain: Any = {**vars(message), "finding": message.finding.model_dump(mode="json")}
    elif isinstance(message, Measured):
        plain = message.model_dump(mode="json")
    elif isinstance(message, AuditError):
        plain = {"message": message.message, "hint": message.hint}
    elif type(message).__name__ in _EVENTS:
        plain = dataclasses.asdict(message)  # type: ignore[call-overload]
    else:
        plain = str(message)
    kind = "AuditError" if isinstance(message, AuditError) else type(message).__name__
    return json.dumps({"kind": kind, "said": plain}).encode()


def decoded(raw: bytes) -> Any:
    """The message that JSON says. Its texts are cut, and cannot steer a terminal.

    Raises:
        ValueError: it says none.
    """
    try:
        found = json.loads(raw)
        kind, said = found["kind"], found["said"]
        if kind == "Measured":
            return Measured.model_validate_json(json.dumps(said))
        if kind == "AuditError":
            return AuditError(_words(said["message"]), hint=_words(said["hint"]))
        return _event(_EVENTS[kind], said) if kind in _EVENTS else _words(said)
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no message of a worker: {type(error).__name__}") from error


def _event(kind: type[Any], said: dict[str, Any]) -> Any:
    if said.keys() - {field.name for field in dataclasses.fields(kind)}:
        raise ValueError(f"no message of a worker: a {kind.__name__} with more")
    if kind is CheckFinished:
        said = {**said, "finding": Finding.model_validate_json(json.dumps(said["finding"]))}
    plain = {name: _words(value) if isinstance(value, str) else value for name, value in said.items()}
    if not all(math.isfinite(value) for value in plain.values() if isinstance(value, float)):
        raise ValueError(f"no message of a worker: a {kind.__name__} with a number that is none")
    return TypeAdapter[Any](kind).validate_python(plain)


def _words(said: object) -> str:
    return printable(str(said)[:_LONGEST_TEXT])
