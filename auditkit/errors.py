"""AuditError and its children: every failure that auditkit expects, each with a message, a hint and an exit code."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from auditkit.document import Text


class AuditError(Exception):
    """An expected failure: what is wrong, with the value in quotation marks, and what to type next."""

    exit_code: ClassVar[int] = 2
    # A plugin's own child may forget to call this class's constructor.
    message: str = ""
    hint: str = ""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __reduce__(self) -> tuple[Any, ...]:
        # Errors travel from the worker process to its supervisor; keyword-only arguments need help to be pickled.
        return _rebuild, (_nearest(type(self)), *_said(self))

    def __str__(self) -> str:
        """The message alone; the hint is printed on a line of its own."""
        return str(self.message)


class SpecError(AuditError):
    """The spec, or a policy file, says something that cannot be meant."""


class DataError(AuditError):
    """The data do not hold what the spec says they hold."""


class PluginError(AuditError):
    """A plugin could not be loaded, clashes with another, or breaks its contract."""


class ModelError(AuditError):
    """The model cannot be opened, or its predictions are not what its adapter promises."""


class CrashError(AuditError):
    """The audit itself could not go on: the model crashed, the disk is full, the evidence store is damaged."""

    exit_code = 3


class OutOfMemory(CrashError):  # noqa: N818  the words of the field
    """A batch does not fit into the memory of its device; the host tries again with fewer rows."""


class IntegrityError(AuditError):
    """A bundle is tampered with, unsigned, or signed by a key that the reader does not trust."""

    exit_code = 4


class NotApplicable(AuditError):  # noqa: N818  it is an honest answer, not an error
    """A check has nothing to say about this case, and says why.

    The message is a message id: its `{names}` are filled from `params`, so that a catalogue can translate it.
    """

    def __init__(self, message: str, *, hint: str = "", **params: Text | str | float) -> None:
        super().__init__(message, hint=hint)
        self.params = params

    def __reduce__(self) -> tuple[Any, ...]:
        params = {
            str(name): value if type(value) in _PLAIN or hasattr(value, "msgid") else str(value)
            for name, value in self.params.items()
        }
        return _rebuild, (_nearest(type(self)), *_said(self), params)


_PLAIN = (bool, int, float, str)


def _nearest(kind: type[AuditError]) -> type[AuditError]:
    """A class of auditkit's: a plugin's own child has a constructor and fields that nobody here can know."""
    return next(one for one in kind.__mro__ if one.__module__.partition(".")[0] == "auditkit")


def _said(error: AuditError) -> tuple[str, str]:
    """Message and hint as plain texts, whatever a plugin's child has made of them."""
    return words_of(error, most=None) or type(error).__name__, str(error.hint or "")


def _rebuild(
    kind: type[AuditError], message: str, hint: str, params: dict[str, str | float] | None = None
) -> AuditError:
    return kind(message, hint=hint, **(params or {}))


def words_of(error: BaseException, *, most: int | None = 500) -> str:
    """What an exception says, cut to so many characters and fit to be written down."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001  a plugin's exception may fail at this too
        said = "it cannot say what went wrong"
    return said[:most].encode("utf-8", errors="backslashreplace").decode("utf-8")


def did_you_mean(word: str, known: Iterable[str], *, otherwise: str = "") -> str:
    """A hint that names the nearest known word, or else `otherwise`, or else all that is known."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    if near:
        return f"did you mean '{near[0]}'?"
    if otherwise:
        return otherwise
    return f"known are: {', '.join(names)}" if names else "none is installed"
