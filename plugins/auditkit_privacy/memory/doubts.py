"""Of which rows an attack could not tell, and why: one that was kept from trying must not look like safety.

A row that did not come counts as one that may come wherever its answer was cut off before it could hold the text, it is
asked for with the words of others too, or what stands around it keeps the model from going on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from auditkit import Case, Text
from auditkit_privacy.memory.reproducing import (
    alike,
    asked_alike,
    cut_short,
    drawn_apart,
    drawn_short,
    read_plainly,
    room,
)
from auditkit_privacy.memory.rows import FEWEST, MemoryRows
from auditkit_privacy.people.sides import Sides
from auditkit_privacy.validity.gates import FAILED, PASSED

Flags = npt.NDArray[np.bool_]

TOLERATED = 0.1
"""The share of a side's rows in doubt above which a difference has no value; below, its interval holds both ends."""
SAME = 0.9
"""The share of training rows with one and the same answer above which nobody knows whether they were read."""
_LIKELY = float(np.log(0.5))
_ROOMS = 50
"""What a number of tokens that is to be typed is rounded up to."""


@dataclass(frozen=True)
class Doubt:
    """A reason for which an attack could not tell of some rows."""

    gate: Text
    said: str
    """What is wrong with `{count}` of `{rows}` rows of a `{side}`, and what to type."""
    rows: Sides
    """Flags."""
    about: dict[str, Any] = field(default_factory=dict)
    """What else is said."""

    def why(self, missed: Sides) -> Text | None:
        """What it says, where it is of more than is tolerated of either side's rows, and these did not come."""
        for side, rows, open_rows in zip(("training", "audit"), _each(missed), _each(self.of(missed)), strict=True):
            count = int(np.count_nonzero(open_rows))
            if count > TOLERATED * len(rows):
                return Text.of(self.said, count=count, rows=len(rows), side=side, **self.about)
        return None

    def of(self, missed: Sides) -> Sides:
        """Rows in doubt that did not come."""
        return Sides(self.rows.inside & missed.inside, self.rows.outside & missed.outside)

    def row(self, missed: Sides) -> tuple[Text, Text, Text]:
        """Of the table of gates: what was seen."""
        inside, outside = (int(np.count_nonzero(one)) for one in _each(self.of(missed)))
        seen = Text.of(
            "not so of {inside} training and {outside} audit rows that did not come", inside=inside, outside=outside
        )
        return self.gate, seen, Text.of(PASSED if self.why(missed) is None else FAILED)


@dataclass(frozen=True)
class Doubts:
    """All reasons together."""

    reasons: Sequence[Doubt] = ()

    def why_not(self, found: Sides) -> Text | None:
        """Why a difference between the sides' flags has no value; None: it has."""
        missed = Sides(~found.inside, ~found.outside)
        return next((why for one in self.reasons if (why := one.why(missed)) is not None), None)

    def at_most(self, found: Sides) -> Sides:
        """The flags, with those set of which nobody could tell."""
        for one in self.reasons:
            found = Sides(found.inside | one.rows.inside, found.outside | one.rows.outside)
        return found

    def narrowed(self, inside: npt.NDArray[np.int64], outside: npt.NDArray[np.int64]) -> Doubts:
        """Of some rows of either side."""
        return Doubts(
            [
                Doubt(one.gate, one.said, Sides(one.rows.inside[inside], one.rows.outside[outside]), one.about)
                for one in self.reasons
            ]
        )


NONE = Doubts()


def doubts_of(rows: MemoryRows, most: int) -> Doubts:
    """Why the answers that the audit decodes may not show what the model knows."""
    alike_in = rows.inside.compute(alike, most=most)
    is_read = len(alike_in) < FEWEST or alike_in.max() <= SAME * len(alike_in)
    same = Sides(
        np.zeros(len(rows.inside), dtype=bool) if is_read else alike_in == alike_in.max(),
        np.zeros(len(rows.outside), dtype=bool),
    )
    answered = Doubt(
        Text.of("what the model answers depends on what it is asked"),
        "{count} of {rows} {side} rows have one and the same answer, so that it is not known whether they were read: "
        "look into [model] system and template, and the model's chat template",
        same,
    )
    return Doubts([_cut_off(rows, cut_short, most=most), _shared(rows), answered, _in_the_way(rows)])


def doubts_of_draws(rows: MemoryRows, samples: int) -> Doubts:
    """Why answers that were drawn anew may not."""
    different = Sides(*(side.compute(drawn_apart, samples=samples) for side in _sides(rows)))
    are_drawn = samples == 1 or bool((different.joined > 1).any())
    fixed = Doubt(
        Text.of("answers that are drawn differ"),
        "every row was given the same answer in all draws, {count} of {rows} {side} rows without their text: nothing "
        "was drawn; [model] temperature = 1.0, if the endpoint heeds it",
        Sides(*(np.full(len(side), not are_drawn) for side in _sides(rows))),
    )
    return Doubts([_cut_off(rows, drawn_short, samples=samples), _shared(rows), fixed, _in_the_way(rows)])


def _cut_off(rows: MemoryRows, asked: Any, **how: Any) -> Doubt:
    wanted = max((int(side.compute(room).max(initial=1)) for side in _sides(rows)), default=1)
    return Doubt(
        Text.of("answers have room for what is to come"),
        "{count} of {rows} {side} rows were answered with less than their text when the answer was cut off: "
        "[model] max_tokens = {tokens}, and no stop",
        Sides(*(side.compute(asked, **how) > 0 for side in _sides(rows))),
        {"tokens": -(-wanted // _ROOMS) * _ROOMS},
    )


def _shared(rows: MemoryRows) -> Doubt:
    return Doubt(
        Text.of("no two rows of a side are asked for with the same words"),
        "{count} of {rows} {side} rows are asked for with the words of others, so that no answer can be all of theirs: "
        "[data] input = a column that tells them apart",
        Sides(*(side.compute(asked_alike) > 1 for side in _sides(rows))),
    )


def _in_the_way(rows: MemoryRows) -> Doubt:
    return Doubt(
        Text.of("what stands around a beginning lets the model go on"),
        "{count} of {rows} {side} rows did not come, but are more likely than not to where the model reads their "
        "beginning as it stands: [model] template = '{template}', no system, and a folder without a chat template",
        Sides(*(_comes_plainly(side) for side in _sides(rows))),
        {"template": "{prompt}"},
    )


def _comes_plainly(side: Case[Any]) -> Flags:
    # Behind the rows of a control there is no model to ask.
    if side.is_control:
        return np.zeros(len(side), dtype=bool)
    return np.asarray(side.compute(read_plainly) >= _LIKELY)


def _sides(rows: MemoryRows) -> tuple[Case[Any], Case[Any]]:
    return rows.inside, rows.outside


def _each(sides: Sides) -> tuple[Flags, Flags]:
    return sides.inside, sides.outside
