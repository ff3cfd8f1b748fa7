"""What an isolated worker says to the supervisor, as JSON: to unpickle what a plugin wrote would be to run it."""

from __future__ import annotations

import dataclasses
import json
from multiprocessing.connection import Connection
from typing import Any

from auditkit.checks.events import CheckFinished, CheckStarted, PlanMade, Predicting, Stage
from auditkit.checks.measuring import Measured
from auditkit.errors import AuditError
from auditkit.finding import Finding

_EVENTS = {kind.__name__: kind for kind in (Stage, Predicting, PlanMade, CheckStarted)}
_LONGEST = 256 << 20
"""Bytes of one message: far more than the findings of any plan."""


class PlainPipe:
    """A pipe that carries the messages of a worker, and nothing else."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def send(self, message: object) -> None:
        """Send an event, a Measured, an AuditError, or in words how the worker ended."""
        self._pipe.send_bytes(encoded(message))

    def recv(self) -> Any:
        """What was sent.

        Raises:
            ValueError: it is no such message.
            EOFError: the other end is closed.
        """
        return decoded(self._pipe.recv_bytes(_LONGEST))

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
    """The message that JSON says.

    Raises:
        ValueError: it says none.
    """
    try:
        found = json.loads(raw)
        kind, said = found["kind"], found["said"]
        if kind == "CheckFinished":
            return CheckFinished(**{**said, "finding": Finding.model_validate_json(json.dumps(said["finding"]))})
        if kind == "Measured":
            return Measured.model_validate_json(json.dumps(said))
        if kind == "AuditError":
            return AuditError(str(said["message"]), hint=str(said["hint"]))
        if kind == "PlanMade":
            return PlanMade(tuple(map(str, said["checks"])))
        return _EVENTS[kind](**said) if kind in _EVENTS else str(said)
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"no message of a worker: {type(error).__name__}") from error
