"""What a replay says: of each part of the result whether it was recomputed, and where the two differ."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, computed_field

from auditkit.document import Document

CLOSE = 1e-9
"""Relative: what another machine, or another version of a library, may change in the last bits of a sum."""

CLOSE_TO_ZERO = 1e-12
"""Absolute: a difference of two equal numbers is seldom 0 to the last bit, and has no relative error."""

State = Literal["equal", "close", "differs", "does not apply", "not replayed"]


class Difference(Document):
    """A place where the signed result and the recomputed one are not the same."""

    where: str = Field(description="what the value is, in words: metric, group, field")
    signed: str | int | float | None
    recomputed: str | int | float | None


class Part(Document):
    """One part of the result: a check, the data, the verdict."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)
    replayed: bool = True
    why: str = Field(default="", description="why it was not replayed")
    needed: bool = Field(default=True, description="whether it holds values that should have been replayed")
    applies: bool = Field(default=True, description="false: a check with nothing to say, at the audit and again here")
    values: int = Field(default=0, description="numbers that were compared")
    close: int = Field(default=0, description="of them, those that are equal within 1e-9, relative, and not exactly")
    withheld: int = Field(default=0, description="measurements that were recomputed, and withheld again")
    differences: tuple[Difference, ...] = ()
    taken: tuple[str, ...] = Field(
        default=(), description="functions whose numbers a row were taken as the evidence has them, not computed again"
    )
    reworded: int = Field(default=0, description="texts that another version of the code words in another way")

    # mypy does not allow a decorator above a property: https://github.com/python/mypy/issues/1362
    @computed_field  # type: ignore[prop-decorator]
    @property
    def state(self) -> State:
        """The worst that can be said of it."""
        if self.differences:
            return "differs"
        if not self.replayed:
            return "not replayed"
        if not self.applies:
            return "does not apply"
        return "close" if self.close else "equal"


class Version(Document):
    """Something that may change a number, and is not what it was."""

    name: str
    audit: str | None = Field(description="at the audit; None: it had no part")
    here: str | None = Field(description="on this machine; None: it is not installed")


class Replay(Document):
    """A bundle, recomputed."""

    path: str
    name: str
    rows: int
    parts: tuple[Part, ...] = Field(description="the data, every check in the order of the result, the verdict")
    signed_verdict: str
    verdict: str = Field(description="of the recomputed measurements; of what was not replayed as it is signed")
    versions: tuple[Version, ...] = Field(description="what differs between the audit's machine and this one")

    def __getitem__(self, name: str) -> Part:
        """The first part of this name."""
        return next(part for part in self.parts if part.name == name)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def exit_code(self) -> int:
        """1 when a value differs; else 2 when one that should have been replayed could not be; else 0."""
        if any(part.differences for part in self.parts):
            return 1
        return 2 if any(part.needed and not part.replayed for part in self.parts) else 0
