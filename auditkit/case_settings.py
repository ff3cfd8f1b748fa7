"""CaseSettings: what the spec says that every check needs to know."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from auditkit.governance.record import Record
from auditkit.stated import Stated

SIGNED = ("governance", "stated", "files")
"""Settings that stand in the result itself, so that evidence does not repeat them."""
NEEDS_STATED = "stated"
"""What a check names among its `needs` whose finding rests on `stated` or `files`."""


@dataclass(frozen=True)
class CaseSettings:
    """What the spec says that every check needs to know."""

    seed: int = 0
    level: float = 0.95
    min_group_size: int = 30
    positive: tuple[str, ...] = ()
    threshold: float | None = None
    depth: int = 10
    """How deep rankings are looked at."""
    protected_inputs: tuple[tuple[str, str], ...] = ()
    """Which input column carries which protected attribute: (attribute, column)."""
    recorded: tuple[str, ...] = ()
    """The columns of `inputs` that hold recorded predictions, and say nothing of the person; of rankings their file."""
    given: tuple[str, ...] = ()
    """The columns that the spec names as the model's input."""
    quasi_identifiers: tuple[str, ...] = ()
    """The columns by which somebody who knows a person could find their row."""
    readers: tuple[str, ...] = ()
    """The columns of what readers, clinicians for example, said of the rows."""
    expected: tuple[str, ...] = ()
    """The roles for which the spec names a column of what answers are to hold."""
    period: str = ""
    """The column that says when each row was; empty: the spec names none."""
    periods: tuple[str, ...] = ()
    """Its labels, in order; none where they are dates."""
    checkpoints: tuple[tuple[str, str], ...] = ()
    """Earlier states of the model, in order: (name, digest of its files)."""
    reference_model: str = ""
    """Where the spec says that a model lies to hold this one against; empty: nowhere."""
    train: str = ""
    """The function that trains the model again, and the digest of its code; empty: the spec names none."""
    claimed_epsilon: float | None = None
    """The epsilon that the model's training is said to have kept; None: nobody claims one."""
    claimed_delta: float = 0.0
    examples: str = "none"
    """Which rows a check may show: none, synthetic (what the spec's author made up), released (the audit's)."""
    kept_back: tuple[str, ...] = ()
    """Columns of which no example shows what a row holds: they say who somebody is, or belong to no model."""
    contraindications: str = ""
    """The table of what must not be recommended to whom; empty: the spec names none."""
    item_groups: tuple[tuple[str, tuple[str, ...], tuple[int, ...], int], ...] = ()
    """Attributes of items: (attribute, its labels, how many items have each, how many items there are)."""
    provider: str = ""
    """The column that says who offers each item; empty: the spec names none."""
    governance: tuple[Record, ...] = field(default=(), repr=False)
    """Who answers for the model: the records that the spec names. No other check's numbers rest on them, so that they
    are no part of a case's key."""
    stated: Stated = field(default=Stated(), repr=False)
    """What the spec's author says of use, people and data; no part of the key either, but of one that needs it."""
    files: tuple[tuple[str, Any], ...] = field(default=(), repr=False)
    """The file that each split was read from: (split, FileDigest). The same."""
