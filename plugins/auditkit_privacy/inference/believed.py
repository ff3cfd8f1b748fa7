"""The gates of attribute inference: what must hold before members are held against others, all of them printed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from auditkit import Control, Table, Text
from auditkit.statistics import Limits, count_false_alarms
from auditkit_privacy.inference.reached import apart, rate
from auditkit_privacy.reach.choosing import owners_of
from auditkit_privacy.validity.chance import by_appearance
from auditkit_privacy.validity.gates import FAILED, NOT_TRIED, PASSED, Gates

Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer]

LEVEL = 0.99
DRAWS = 20
FEWEST_OTHERS = 40


@dataclass(frozen=True)
class Negative:
    """Others of whom a random half is called members: how often an attack did better on one half."""

    alarms: int
    allowed: int

    @property
    def passed(self) -> bool:
        """Whether no more intervals left out no difference than chance allows."""
        return self.alarms <= self.allowed

    def control(self) -> Control:
        """As the finding carries it."""
        return Control(
            kind="clean",
            title=Text.of("Random halves of the non-members, one of them called members"),
            expected=Text.of(
                "no attack does better on one: at most {allowed} of {draws} intervals leave out no difference",
                allowed=self.allowed,
                draws=DRAWS,
            ),
            observed=Text.of("{count} of {draws}", count=self.alarms, draws=DRAWS),
            passed=self.passed,
        )


def negative_control(hits: Flags, units: Integers | None, level: float, rng: np.random.Generator) -> Negative | None:
    """Halves of the others, [n], compared as members and others are; None with too few of them."""
    if len(hits) < FEWEST_OTHERS:
        return None
    # By what is known of them alone, so that the order of a file has no part.
    owners = owners_of(units, len(hits))
    order = np.lexsort(
        (np.bincount(owners)[owners], np.bincount(owners, hits)[owners], owners if units is None else hits)
    )
    owners = by_appearance(owners[order])
    hits, theirs = hits[order], None if units is None else owners
    lows = []
    for _ in range(DRAWS):
        drawn = np.zeros(int(owners.max()) + 1, dtype=bool)
        drawn[rng.permutation(len(drawn))[: len(drawn) // 2]] = True
        fake = drawn[owners]
        if fake.all() or not fake.any():
            return None
        parts = [rate(hits[side], None if theirs is None else theirs[side], level) for side in (fake, ~fake)]
        found = apart(parts[0], parts[1], level)
        lows.append(max(float(found.low), -float(found.high)))
    told = count_false_alarms(np.maximum(np.array(lows), 0.0), level=level)
    return Negative(told.count, told.allowed)


@dataclass(frozen=True)
class Imputed:
    """How much better the baseline does on members than on others, which the model has no part in."""

    attribute: str
    limits: Limits

    @property
    def tells(self) -> bool:
        """Whether the two sides differ without the model."""
        return bool(self.limits.low > 0 or self.limits.high < 0)


@dataclass(frozen=True)
class Believed:
    """All gates, those that compare members with others; without training rows nothing is compared."""

    gates: Gates | None
    imputed: tuple[Imputed, ...]
    negative: Negative | None

    def why_not(self, attribute: str) -> Text | None:
        """Why members cannot be held against others; None: they can."""
        if self.gates is None:
            return Text.of(
                "there are no training rows: what is told of members cannot be held against what is told of others"
            )
        blind = self.gates.blind
        if blind.area is None or not self.gates.members.twins_seen:
            return Text.of("nobody could look whether members and others differ without the model")
        if blind.tells:
            return Text.of(
                "confounded: a classifier that never sees the model tells members from others (area {value}, {low} to "
                "{high}), so that an attack says nothing of the model",
                value=blind.area.value,
                low=blind.area.low,
                high=blind.area.high,
            )
        unlike = next((one for one in self.imputed if one.attribute == attribute and one.tells), None)
        if unlike is not None:
            return Text.of(
                "confounded: the attribute can be told without the model of members and of others at different rates "
                "({low} to {high} apart), so that an attack says nothing of the model",
                low=float(unlike.limits.low),
                high=float(unlike.limits.high),
            )
        return None

    def table(self) -> Table:
        """All gates, with what was seen at each."""
        rows = [self._compared()]
        if self.gates is not None:
            rows = [
                self.gates.blind_row(),
                *map(_imputed, self.imputed),
                self.gates.twins_row(),
                self.gates.people_row(),
            ]
        rows += [self._negative(), _halves()]
        return Table(
            title=Text.of("Whether the attacks can be believed"),
            columns=(Text.of("gate"), Text.of("what was seen"), Text.of("outcome")),
            rows=tuple(rows),
            prominent=True,
        )

    def _compared(self) -> tuple[Text, Text, Text]:
        name = Text.of("members are compared with others")
        return name, Text.of("the data name no training rows"), Text.of(NOT_TRIED)

    def _negative(self) -> tuple[Text, Text, Text]:
        name = Text.of("negative control: no attack does better on one of two random halves of the others")
        if self.negative is None:
            return name, Text.of("there are too few others, or no training rows"), Text.of(NOT_TRIED)
        seen = Text.of(
            "{count} of {draws} intervals leave out no difference; {allowed} are allowed",
            count=self.negative.alarms,
            draws=DRAWS,
            allowed=self.negative.allowed,
        )
        return name, seen, Text.of(PASSED if self.negative.passed else FAILED)


def _imputed(one: Imputed) -> tuple[Text, Text, Text]:
    name = Text.of("'{attribute}' can be told without the model of both sides alike", attribute=one.attribute)
    seen = Text.of(
        "{low} to {high} more often of members, at 99%", low=float(one.limits.low), high=float(one.limits.high)
    )
    return name, seen, Text.of(FAILED if one.tells else PASSED)


def _halves() -> tuple[Text, Text, Text]:
    name = Text.of("learnt on one half of the people, judged on the other")
    return name, Text.of("either half is told of by what was learnt from the other"), Text.of(PASSED)
