"""One thing to say about a line of a policy, and the file it is said of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from auditkit.errors import AuditError
from auditkit.policy import Policy, Rule
from auditkit.specs.source import Keys, Source
from auditkit.terminal import printable

Level = Literal["error", "warning"]


@dataclass(frozen=True)
class Remark:
    """A line of a policy, and what is wrong there.

    An error: the audit would be refused, would end without a verdict, or the rule could not say anything else; or a
    waiver has ended. A warning: the rest.
    """

    line: int
    level: Level
    message: str
    """Begins with the key."""
    hint: str = ""

    @classmethod
    def of(cls, error: AuditError, source: Source) -> Remark:
        """What an audit would be refused with."""
        place, _, rest = error.message.partition(": ")
        name, _, line = place.rpartition(":")
        if name == printable(source.name) and line.isdigit():
            return cls(int(line), "error", rest, error.hint)
        return cls(1, "error", error.message, error.hint)


@dataclass(frozen=True)
class Read:
    """A policy as it was read."""

    source: Source
    table: Keys
    """Where it stands in its file: `("policy",)` in a spec, `()` in a file of its own."""
    policy: Policy
    rules: tuple[Rule, ...]
    """Those of the packs and files that it extends too, with their ids."""

    def remark(self, level: Level, keys: Keys, message: str, hint: str = "") -> Remark:
        """One about a key of this policy: `("rules", 0, "metric")`."""
        whole = (*self.table, *keys)
        said = f"{self.source.label(whole)} {message}".strip()
        return Remark(self.source.line(whole), level, printable(said), printable(hint))
