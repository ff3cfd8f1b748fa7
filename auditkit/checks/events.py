"""What an audit tells whoever watches it: a stage begins, a check begins, a check has ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from auditkit.finding import Finding


@dataclass(frozen=True)
class Stage:
    """A stage begins."""

    name: str


@dataclass(frozen=True)
class Predicting:
    """A batch has been predicted."""

    split: str
    done: int
    """Batches."""
    of: int
    seconds_left: float
    """For the rest of this split, as those that were run now took."""


@dataclass(frozen=True)
class PlanMade:
    """The checks that will run, in order."""

    checks: tuple[str, ...]


@dataclass(frozen=True)
class CheckStarted:
    """The check at this place of the plan begins."""

    place: int
    check: str


@dataclass(frozen=True)
class CheckFinished:
    """A check has ended."""

    place: int
    finding: Finding
    seconds: float
    resumed: bool
    detail: str = ""
    """What a crash said. For whoever runs the audit: it may quote rows, so it is never part of the result."""


Event = Stage | Predicting | PlanMade | CheckStarted | CheckFinished
Listener = Callable[[Event], None]
