"""How many shadow models are trained: as many as are asked for, or as many as a bound on the rows taught allows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from auditkit import AuditError, Text, Trainings

MOST_TAUGHT = 0.75
"""The share of the rows that a shadow is taught at most, so that enough shadows are left without each row."""
AT_ONCE = 16
"""Shadow models that are trained, and kept, together."""
ENOUGH = 16
"""Shadow models from which a bound on their number leaves an attack that may speak for the model: see decision 17."""
FEWEST = 2
"""One with each row, and one without."""


@dataclass(frozen=True)
class Budget:
    """What was asked for, and what it is bounded by. The bound is of rows: one of time would go by the machine."""

    wanted: int = 0
    """Shadow models that the spec asks for."""
    taught: int = 0
    """Rows that each of them is taught."""
    most_rows: int = 0
    """Rows that all of them may be taught together; 0: as many as it takes."""

    @classmethod
    def of(cls, members: int, others: int, *, wanted: int, most_rows: int) -> Self:
        """For so many rows on either side that take part."""
        return cls(wanted, rows_taught(members, others), most_rows)

    @property
    def models(self) -> int:
        """Shadow models that are trained; 0 where the bound leaves fewer than an attack needs."""
        allowed = min(self.wanted, self.most_rows // max(self.taught, 1)) if self.most_rows else self.wanted
        return allowed if allowed >= FEWEST else 0

    @property
    def is_capped(self) -> bool:
        """Whether fewer are trained than were asked for."""
        return self.models < self.wanted

    @property
    def is_weak(self) -> bool:
        """Whether so few are left that nothing which the attack does not find speaks for the model."""
        return self.is_capped and self.models < ENOUGH

    def capped(self) -> Text:
        """What is said of an attack that was bounded."""
        return Text.of(
            "capped at {models} of {wanted} shadow models: shadow_rows = {most}, and each is taught {taught} rows. The "
            "attack is weaker than was asked for, and what it reaches is a lower bound",
            models=self.models,
            wanted=self.wanted,
            most=self.most_rows,
            taught=self.taught,
        )


def rows_taught(members: int, others: int) -> int:
    """How many rows a shadow is taught: as many as the model was, but at most `MOST_TAUGHT` of all that take part."""
    return min(members, int(MOST_TAUGHT * (members + others)))


def trainings(*, shadow_models: int, shadow_rows: int, training: int, audit: int) -> Trainings:
    """What the check would train, of all rows; those that are on both sides are left out when it runs."""
    budget = Budget.of(training, audit, wanted=shadow_models, most_rows=shadow_rows)
    note = f", of {shadow_models} that are asked for: shadow_rows caps them" if budget.is_capped else ""
    return Trainings(budget.models, budget.taught, AT_ONCE, note)


def refuse_budget(*, shadow_models: int, shadow_rows: int) -> None:
    """Refuse what asks for no attack.

    Raises:
        AuditError: a number is below 0, there is one model alone, or a bound on nothing.
    """
    if shadow_models < 0 or shadow_models == 1:
        raise AuditError(
            f"option 'shadow_models' is '{shadow_models}'",
            hint="one is taught a row and another is not: shadow_models = 16, or 0 for none",
        )
    if shadow_rows < 0 or (shadow_rows and not shadow_models):
        why = "bounds nothing: no shadow models are asked for" if shadow_rows > 0 else f"is '{shadow_rows}'"
        raise AuditError(
            f"option 'shadow_rows' {why}",
            hint="shadow_models = 64, and shadow_rows = 500_000: rows that they are taught at most, all together",
        )
