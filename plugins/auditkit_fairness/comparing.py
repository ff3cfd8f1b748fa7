"""What comparisons between groups have in common: who is large enough to take part, and how a gap is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from auditkit import GroupCount, Interval, Measurement, Text
from auditkit.segments import Grouping
from auditkit.statistics import Gap

Better = Literal["lower", "higher", "target"]


@dataclass(frozen=True)
class Compared:
    """The groups of one grouping, for one question."""

    grouping: Grouping
    label: str | None
    n: npt.NDArray[np.integer]
    """[groups], the smallest denominator that each has in the comparison."""
    least: int
    """The policy's smallest group."""
    people: npt.NDArray[np.integer] | None = None
    """[groups], how many units those rows belong to; None: each row is one."""

    @property
    def takes_part(self) -> npt.NDArray[np.bool_]:
        """[groups], whether the group is large enough."""
        return np.asarray(self._judged_by >= max(self.least, 1))

    @property
    def _judged_by(self) -> npt.NDArray[np.integer]:
        return self.n if self.people is None else np.minimum(self.people, self.n)

    @property
    def labels(self) -> list[str]:
        """Of the groups that take part."""
        return [label for label, part in zip(self.grouping.labels, self.takes_part, strict=True) if part]

    @property
    def members(self) -> list[dict[str, str]]:
        """The groups that take part."""
        return [member for member, part in zip(self.grouping.members, self.takes_part, strict=True) if part]

    @property
    def too_few(self) -> Text | None:
        """Why there is nothing to compare, or None."""
        if np.count_nonzero(self.takes_part) < 2:  # noqa: PLR2004  a comparison is between two
            return Text.of("fewer than two groups have {least} rows to compare", least=self.least)
        return None

    def about(self, metric: str, better: Better) -> dict[str, Any]:
        """What a measurement of the gap says beside its value."""
        parts = zip(self.grouping.labels, self._judged_by, self.takes_part, strict=True)
        return {
            "metric": metric,
            "n": int(self.n[self.takes_part].sum()),
            "group": self.grouping.everyone,
            "label": self.label,
            "compared": tuple(GroupCount(label=label, n=int(n), compared=bool(part)) for label, n, part in parts),
            "better": better,
        }

    def measure(
        self,
        metric: str,
        gap: Gap | None,
        *,
        level: float,
        method: str,
        better: Better = "lower",
        undefined: Text | None = None,
    ) -> Measurement:
        """The gap as a measurement; without one, why there is none."""
        about = self.about(metric, better)
        if gap is None:
            return Measurement(value=None, undefined=self.too_few or undefined, **about)
        is_family = bool(np.count_nonzero(self.takes_part) > 2)  # noqa: PLR2004  more than one pair
        words = f"{method}, all pairs" if is_family else method
        interval = Interval(low=gap.low, high=gap.high, level=level, method=words, simultaneous=is_family)
        return Measurement(value=gap.value, interval=interval, **about)


def people_of(
    codes: npt.NDArray[np.integer], groups: int, units: npt.NDArray[np.integer] | None
) -> npt.NDArray[np.integer] | None:
    """[groups], how many units the rows of each belong to; None: each row is one.

    Args:
        codes: [n], the group of each row; -1: of none that is looked at.
        groups: how many there are.
        units: [n], whose rows they are; -1: of somebody who has no other. None: each row is a unit.
    """
    if units is None:
        return None
    inside = codes >= 0
    pairs = np.unique(np.column_stack([codes, units])[inside & (units >= 0)], axis=0)
    return np.bincount(pairs[:, 0], minlength=groups) + np.bincount(codes[inside & (units < 0)], minlength=groups)


def with_class(columns: tuple[str, ...], rows: list[tuple[Any, ...]], *, at: int = 1) -> tuple[Any, Any]:
    """A table's columns and rows without the class, which stands at a place of each row, when no row names one.

    With one positive class a column of None would be read as withheld.
    """
    if any(row[at] is not None for row in rows):
        return tuple(Text.of(name) for name in columns), tuple(
            (*row[:at], row[at] or "all", *row[at + 1 :]) for row in rows
        )
    names = (*columns[:at], *columns[at + 1 :])
    return tuple(Text.of(name) for name in names), tuple((*row[:at], *row[at + 1 :]) for row in rows)
