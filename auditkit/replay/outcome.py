"""What a replay says: of each part of the result whether it was recomputed, and where the two differ."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, computed_field

from auditkit.document import Document
from auditkit.policy import Outcome

State = Literal["equal", "close", "differs", "does not apply", "not replayed"]


class Difference(Document):
    """A place where the signed result and the recomputed one are not the same."""

    where: str = Field(description="what the value is, in words: metric, group, field")
    signed: str | int | float | None
    recomputed: str | int | float | None


class Tolerance(Document):
    """How far the values of one metric may lie apart on two machines, and how far they did."""

    metric: str = Field(
        description="empty: the check's tables and charts, and the ends of its intervals; '(controls)': what these saw"
    )
    within: float = Field(description="relative to the larger of two values; 0: the same to the last bit")
    because: str
    values: int = Field(description="numbers that were held against it")
    close: int = Field(description="of them, those that are not the same to the last bit, and within it")
    largest: float = Field(description="how far apart, relative to the larger, the farthest of these are")


class Turn(Document):
    """A rule whose outcome would be another one, were its numbers as far off as their tolerance allows."""

    rule: str
    outcome: Outcome = Field(description="of the recomputed numbers")
    may_be: Outcome


class Part(Document):
    """One part of the result: a check, the data, the verdict."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)
    replayed: bool = True
    why: str = Field(default="", description="why it was not replayed")
    needed: bool = Field(default=True, description="whether it holds values that should have been replayed")
    left: int = Field(default=0, description="measurements of the signed result that were not recomputed")
    applies: bool = Field(default=True, description="false: a check with nothing to say, at the audit and again here")
    values: int = Field(default=0, description="numbers that were compared")
    close: int = Field(default=0, description="of them, those that are within their tolerance, and not equal")
    tolerances: tuple[Tolerance, ...] = Field(default=(), description="by metric")
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
    turns: tuple[Turn, ...] = Field(default=(), description="rules that lie at their bound within the tolerance")

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
