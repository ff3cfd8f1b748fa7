"""What the template of the summary is given beside the report's own context. Contract: docs/templates.md."""

from __future__ import annotations

from dataclasses import dataclass

from auditkit.report.context import Fact


@dataclass(frozen=True)
class BriefFinding:
    """One of the findings that a summary tells about."""

    outcome: str
    word: str
    title: str
    sentence: str
    meaning: str
    """The question that its number answers; empty: no card says it."""
    because: str
    """Why the rule stands; empty: there is none."""


@dataclass(frozen=True)
class Brief:
    """The summary that stands alone; every text is cut so that two pages hold it."""

    scope: str
    verdict: tuple[str, ...]
    """What the verdict means, then what must be read with it."""
    facts: tuple[Fact, ...]
    """What was audited, by what policy, when, who signed and until when that holds."""
    use: tuple[Fact, ...]
    """What it is for, whom it affects, who reviews it: by the word of the spec."""
    worst: tuple[BriefFinding, ...]
    sure: tuple[str, ...]
    """How far the numbers carry, and what would decide what they leave open."""
    since: str
    """How it compares with the audit before, or that there is none."""
    unseen: tuple[str, ...]
    """What was not looked at, and why."""
    small: tuple[str, ...]
    """Groups that are too small to be judged."""
    waivers: tuple[str, ...]
    """Those that some rule's outcome rests on."""
    limits: tuple[str, ...]
    """What the audit cannot show."""
    signoffs: tuple[Fact, ...]
    """What others decided of the bundle."""
    command: str
    """What a reader types to check the bundle."""
