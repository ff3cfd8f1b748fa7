"""Put a check's question to a case, and take down what it answers: the same way in an audit, a control and a test."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from auditkit.finding import LEVEL, Chart, Control, Measurement, Reading, Table
from auditkit.shown import Passage, Squares

if TYPE_CHECKING:
    from auditkit.case import Case
    from auditkit.plugin import Check


class Readings(tuple[Reading, ...]):
    """All that a check yielded, in order."""

    __slots__ = ()

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """The numbers among them."""
        return tuple(reading for reading in self if isinstance(reading, Measurement))

    @property
    def controls(self) -> tuple[Control, ...]:
        """The controls among them."""
        return tuple(reading for reading in self if isinstance(reading, Control))

    def of(
        self,
        metric: str,
        *,
        group: Mapping[str, str] | None = None,
        label: str | None = None,
        conditions: Mapping[str, str] | None = None,
    ) -> tuple[Measurement, ...]:
        """The measurements of a metric; of one group, class or condition when that is given."""
        return tuple(
            found
            for found in self.measurements
            if found.metric == metric
            and (group is None or found.group == dict(group))
            and (label is None or found.label == label)
            and (conditions is None or found.conditions == dict(conditions))
        )

    def value(self, metric: str, **about: Any) -> float | None:
        """The value of the one measurement of a metric; `about` as in `of`.

        Raises:
            LookupError: there is none, or more than one.
        """
        found = self.of(metric, **about)
        if len(found) != 1:
            raise LookupError(f"'{metric}' was measured {len(found)} times")
        return found[0].value


def ask(check: Check, case: Case[Any], options: Mapping[str, Any]) -> Readings:
    """What a check says of a case, each reading valid; raises what the check raises."""
    level = LEVEL.set(case.level)
    try:
        return Readings([exact(reading) for reading in check.run(case, **options)])
    finally:
        LEVEL.reset(level)


def exact(reading: Any) -> Reading:
    """A reading in exactly its own class and valid: a check's own child, or one that was never validated, is rebuilt.

    A child cannot be sent to another process or read back; what fits no field makes this check fail, not the audit.
    """
    for kind in (Measurement, Table, Chart, Passage, Squares, Control):
        if isinstance(reading, kind):
            # By the parent's serialiser: a child's own fields, here or further in, have no place in a finding.
            content = TypeAdapter[Reading](kind).dump_python(reading, warnings=False)
            return kind.model_validate(content)
    raise TypeError(f"a check yields measurements, tables, charts, examples and controls, not {type(reading).__name__}")


def place_of(error: BaseException) -> str:
    """File and line where an exception was raised, without the folders of this machine."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "the check"
