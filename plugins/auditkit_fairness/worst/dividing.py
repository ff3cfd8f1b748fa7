"""The parts of the rows that are looked at: of each attribute and column, and crossed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import AuditError, Case, NotApplicable, Text
from auditkit.segments import Divided, divided_by
from auditkit.statistics import Parts, Slices, slices_of
from auditkit_fairness.worst.losses import Losses

Integers = npt.NDArray[np.integer]

FEWEST_ROWS, FEWEST_SHARE = 30, 0.01
"""People that a slice has at least: thirty, and one in a hundred of all, and as many as the policy's smallest group."""
DEEPEST, MOST_BINS = 3, 20


def accept_search(*, data: Any, depth: int = 2, bins: int = 5, columns: Sequence[str] = (), **_: Any) -> None:
    """Refuse slices of no column, or of more than a person reads, and columns that the spec does not name.

    Raises:
        AuditError: one of them cannot be meant.
    """
    if not 1 <= depth <= DEEPEST:
        raise AuditError(f"option 'depth' is {depth}", hint=f"from 1 to {DEEPEST}: how many columns name a slice")
    if not 2 <= bins <= MOST_BINS:  # noqa: PLR2004  one part is all rows
        raise AuditError(f"option 'bins' is {bins}", hint=f"from 2 to {MOST_BINS} parts of a column of numbers")
    given = (data.input,) if isinstance(data.input, str) else tuple(data.input or ())
    known = [*map(str, data.groups), *(str(one) for one in given if one not in data.groups)]
    strange = next((name for name in columns if name not in known), None)
    if strange is not None and known:
        raise AuditError(
            f"option 'columns' names '{strange}'", hint=f"[data] groups and input name: {', '.join(known)}"
        )


@dataclass(frozen=True)
class Divisions:
    """What the rows with a loss are divided by."""

    columns: tuple[Divided, ...]
    rows: Integers
    """[n], places in the case."""

    @classmethod
    def of(cls, case: Case[Any], rows: Integers, *, columns: Sequence[str] = (), bins: int = 5) -> Divisions:
        """Those of a case.

        Raises:
            NotApplicable: there is nothing to go by.
        """
        found = tuple(divided_by(case, columns=columns, bins=bins))
        if not found:
            hint = 'name protected attributes, or the columns of a table: [data] groups = ["sex"], input = ["age"]'
            raise NotApplicable("there are no groups, and no columns of numbers or categories, to go by", hint=hint)
        return cls(found, rows)

    @cached_property
    def parts(self) -> tuple[Parts, ...]:
        """Of each column."""
        return tuple(Parts(one.codes[self.rows], len(one.words)) for one in self.columns)

    def slices(self, losses: Losses, *, least: int, depth: int) -> Slices:
        """All that are large enough."""
        owners = None if losses.units is None else losses.owners
        return slices_of(self.parts, least=least, depth=depth, owners=owners)

    def words(self, slice_: Sequence[tuple[int, int]]) -> Text:
        """What holds of the rows in a slice."""
        told = [self.columns[column].words[part] for column, part in slice_]
        found = told[0]
        for one in told[1:]:
            found = Text.of("{one}, and {other}", one=found, other=one)
        return found

    def named(self, slice_: Sequence[tuple[int, int]]) -> dict[str, dict[str, str]]:
        """What a measurement of a slice is about: the groups of protected attributes, and what else holds, in signs."""
        group, others = {}, []
        for column, part in slice_:
            own = self.columns[column]
            label = own.labels[part]
            if label is None:
                others.append(f"{own.name} {own.signs[part]}")
            else:
                group[own.name] = label
        return {"group": group, "conditions": {"slice": ", ".join(others)} if others else {}}


def least_people(case: Case[Any], losses: Losses) -> int:
    """How many people a slice must have."""
    people = int(losses.owners.max(initial=-1)) + 1
    return max(FEWEST_ROWS, case.min_group_size, int(np.ceil(FEWEST_SHARE * people)))
