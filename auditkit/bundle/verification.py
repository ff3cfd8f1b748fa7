"""What verifying says: one line a question, and what follows from them. Asking the questions stands in `verify`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, Self

from pydantic import computed_field

from auditkit.bundle.countersigned import Told
from auditkit.bundle.pades_judging import Level
from auditkit.document import Document
from auditkit.errors import AuditError, IntegrityError
from auditkit.terminal import printable

State = Literal["OK", "FAIL", "NOT CHECKED"]
Kind = Literal["bundle", "report", "pdf"]
"""A folder, a report.html that came alone, a report.pdf that came alone."""

FILE, SIGNED_BY, TRUSTED, ASSURANCE = "FILE", "SIGNED BY", "TRUSTED", "ASSURANCE"
TIME, MODEL, SPEC, SEALED, DATA, PLUGINS = "TIME", "MODEL", "SPEC", "SEALED", "DATA", "PLUGINS"
FILES, RESULT, RENDERING, EVIDENCE = "FILES", "RESULT", "RENDERING", "EVIDENCE"
PDF, COUNTERSIGNED, EXPIRES, SEQUENCE = "PDF", "COUNTERSIGNED", "EXPIRES", "SEQUENCE"
CURRENT, VERDICT = "CURRENT", "VERDICT"

LINES = (
    *(FILE, SIGNED_BY, TRUSTED, ASSURANCE, TIME, MODEL, SPEC, SEALED, DATA, PLUGINS),
    *(FILES, RESULT, RENDERING, PDF, EVIDENCE, COUNTERSIGNED, EXPIRES, SEQUENCE, CURRENT, VERDICT),
)
"""Every line, in the order in which a reader wants them; each verification has all of them."""

Question = Callable[[], str]
"""Returns the text of an OK, or raises an AuditError for FAIL, or NotChecked."""

_ABOUT_BYTES = (FILE, FILES, RESULT, RENDERING, PDF, EVIDENCE)
_SETTLES = {"bundle": FILES, "report": RENDERING, "pdf": PDF}
"""The line without whose OK nobody can say that this kind of thing is intact."""
_INTEGRITY_FAILURE = IntegrityError.exit_code


class NotChecked(Exception):  # noqa: N818  it is an answer, not an error
    """A question was not asked, and why; never to be taken for a yes."""


class Line(Document):
    """The answer to one question."""

    name: str
    state: State
    text: str
    hint: str = ""

    @classmethod
    def ask(cls, name: str, question: Question) -> Self:
        """Ask: a text is OK, an AuditError FAIL, a NotChecked NOT CHECKED."""
        try:
            return cls(name=name, state="OK", text=printable(question()))
        except NotChecked as why:
            return cls(name=name, state="NOT CHECKED", text=printable(str(why)))
        except AuditError as error:
            return cls(name=name, state="FAIL", text=printable(error.message), hint=printable(error.hint))


class Verification(Document):
    """What a reader learns about a bundle or a report: the lines, and *intact*, *signed*, *trusted* apart."""

    path: str
    kind: Kind
    lines: tuple[Line, ...]
    countersignatures: tuple[Told, ...] = ()
    """What others decided of it; none where one of them does not hold."""
    pades: Level | None = None
    """The baseline level at which the PDF is signed; None where there is none, or anything is wrong with it."""
    development: bool = False
    """The signer says that theirs is a development key."""
    development_allowed: bool = False
    """The reader said that a development key will do."""

    def __getitem__(self, name: str) -> Line:
        """The line of this name."""
        return next(line for line in self.lines if line.name == name)

    # mypy does not allow a decorator above a property: https://github.com/python/mypy/issues/1362
    @computed_field  # type: ignore[prop-decorator]
    @property
    def intact(self) -> bool:
        """Every byte is as it was signed. A lone page is only when it could be rendered again and was the same."""
        return self[FILE].state == self[_SETTLES[self.kind]].state == self[RESULT].state == "OK" and not any(
            self[name].state == "FAIL" for name in _ABOUT_BYTES
        )

    @computed_field  # type: ignore[prop-decorator]
    @property
    def signed(self) -> bool:
        """All signatures hold, whoever made them."""
        return self[SIGNED_BY].state == "OK"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def trusted(self) -> bool:
        """The reader's own key or trust file vouches for whoever signed."""
        return self.signed and self[TRUSTED].state == "OK"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def exit_code(self) -> int:
        """0 when it is intact, signed, by somebody whom the reader accepts, and nothing failed; else 4."""
        accepted = self.trusted or (self.development and self.development_allowed)
        failed = any(line.state == "FAIL" for line in self.lines)
        return 0 if self.intact and self.signed and accepted and not failed else _INTEGRITY_FAILURE


def unasked(reason: str) -> Question:
    """A question that cannot be asked, and why."""

    def ask() -> str:
        raise NotChecked(reason)

    return ask


def refused(error: AuditError) -> Question:
    """A question that has already been answered by this failure."""

    def ask() -> str:
        raise error

    return ask
